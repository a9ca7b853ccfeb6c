// SPDX-License-Identifier: MIT
#include "store/disk_space.h"

#include <sys/statvfs.h>

#include <algorithm>

namespace hindstat {

std::uint64_t DiskSpace::reserve() const {
  constexpr std::uint64_t most = 8'388'608;
  constexpr std::uint64_t share = 16;
  return std::min(most, total / share);
}

std::optional<DiskSpace> find_disk_space(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0 || status.f_blocks == 0) {
    return std::nullopt;
  }
  const std::uint64_t unit = status.f_frsize != 0 ? status.f_frsize : status.f_bsize;
  return DiskSpace{status.f_blocks * unit, status.f_bavail * unit};
}

} // namespace hindstat
