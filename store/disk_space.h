// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hindstat {

/// What statvfs(3) says of a file system, in bytes.
struct DiskSpace {
  std::uint64_t total = 0;
  std::uint64_t available = 0; ///< To programs without privileges, also when this one has them.

  /// What a recording leaves free, at most 8 MiB: removing snapshots needs room for a journal first.
  [[nodiscard]] std::uint64_t reserve() const;
};

/// Of the file system that holds `path`; nullopt where it does not say.
[[nodiscard]] std::optional<DiskSpace> find_disk_space(const std::string& path);

} // namespace hindstat
