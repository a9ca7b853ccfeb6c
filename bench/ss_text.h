// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table.h"

namespace hindstat {

/// What `ss -tanpeo` (iproute2 6.1) writes about these rows of table socket to a file: its columns as wide as the
/// longest cell, trailing spaces included. The rows keep their places from snapshot to snapshot, as in the kernel's
/// hash table. `processes`: table process, for the names. `boottime_ms`: the moment, for the timers; without it they
/// are left out, as by `ss -tanpe`.
[[nodiscard]] std::string ss_text(const Table& sockets, const Table& processes,
                                  std::optional<std::uint64_t> boottime_ms);

} // namespace hindstat
