// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hindstat {

/// "1h30m", "1 h 30 min" in lower case, as ns; nullopt for anything else and for what does not fit 64 bits.
[[nodiscard]] std::optional<std::int64_t> read_duration(std::string_view text);

} // namespace hindstat
