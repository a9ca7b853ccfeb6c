// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "tables/snapshot.h"

namespace hindstat {

/// The processes of a snapshot by pid, for naming the owners of sockets. The snapshot outlives it.
class Owners {
public:
  explicit Owners(const Snapshot& snapshot);

  /// What makes a restarted program the same one: its executable, else its command name; "" when unknown.
  [[nodiscard]] std::string program(std::optional<std::uint32_t> pid) const;
  /// "postgres[802]"; "pid 802" for a process that was not recorded; "" without a pid. Not escaped.
  [[nodiscard]] std::string describe(std::optional<std::uint32_t> pid) const;

private:
  const Table* processes_;
  std::unordered_map<std::uint32_t, std::uint32_t> row_of_pid_;
};

} // namespace hindstat
