// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hindstat {

/// Whether a counter of table protocol_counter counts what went wrong: errors, drops, overflows, failures,
/// retransmissions, timeouts.
[[nodiscard]] bool is_error_counter(std::string_view group, std::string_view name);

/// Whether a level of that table is a setting (Forwarding, RtoMin), so that each change of it is one.
[[nodiscard]] bool is_setting(std::string_view group, std::string_view name);

} // namespace hindstat
