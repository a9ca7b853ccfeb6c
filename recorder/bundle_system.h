// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "recorder/system.h"

namespace hindstat {

/// A bundle (bundle_format.h) as a System. Its time stands still: now() is what the file `clocks` says; without that
/// file it is proc/uptime and the time that file was written. Nothing outside `directory` is ever opened: symbolic
/// links resolve inside it (openat2, Linux 5.6), and only regular files are read. Throws Error when the directory
/// cannot be opened, has no `proc`, or does not say when it was taken.
[[nodiscard]] std::unique_ptr<System> open_bundle(const std::string& directory);

} // namespace hindstat
