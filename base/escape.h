// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace hindstat {

/// `text` made safe for a terminal: control characters, DEL, C1 controls, bidirectional overrides and bytes that are
/// not UTF-8 become \xHH; a backslash becomes two. Names of processes, interfaces and hosts pass here before printing.
[[nodiscard]] std::string escape_terminal(std::string_view text);

/// Appends `text` as a JSON string with its quotes (RFC 8259). Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

} // namespace hindstat
