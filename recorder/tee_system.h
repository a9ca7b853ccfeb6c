// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "recorder/system.h"

namespace hindstat {

/// A System that hands on what `source` says and keeps it as a bundle (bundle_format.h) in `directory`, which is made
/// if it is not there. Recording through it and recording the bundle give the same tables: therefore its time stands
/// still at the moment it was made, and captures take 0 us. The bundle is whole when the recording has returned.
/// Throws Error when the directory cannot be made or is not empty; every method throws Error when it cannot write
/// (try_again for a full disk).
[[nodiscard]] std::unique_ptr<System> tee_into_bundle(std::unique_ptr<System> source, const std::string& directory);

} // namespace hindstat
