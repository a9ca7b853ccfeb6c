// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "report/recorded_names.h"

namespace hindstat {

/// "Active Internet connections (w/o servers)": `what` is what stands between, the rest follows from -a and -l; a
/// namespace other than the recorder's own is named. Terminal-safe, with the end of the line.
[[nodiscard]] std::string format_socket_title(std::string_view what, bool all, bool listening,
                                              const std::string& netns);

/// The heading of the owner's cell, as wide as the cell.
[[nodiscard]] std::string format_owner_heading();

/// The owner's cell of -p: "812/sshd", padded and never cut; where there is none, `instead` if it is not empty.
[[nodiscard]] std::string format_owner(const RecordedNames& names, std::optional<std::uint32_t> pid,
                                       const std::string& instead = "");

} // namespace hindstat
