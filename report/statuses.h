// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// "socket: partial: 3 records could not be parsed", with " of NAME" for a namespace other than the recorder's own.
/// Raw text: escape_terminal() is the printer's.
[[nodiscard]] std::string describe_capture(const Capture& capture);

/// The captures of one table, the recorder's own namespace first.
[[nodiscard]] std::vector<Capture> captures_of(const Snapshot& snapshot, std::string_view table);

} // namespace hindstat
