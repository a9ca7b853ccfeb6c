// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/system.h"

namespace hindstat {

/// Everything that can be read from `fd` up to `limit` bytes; more than that is EFBIG. Where it takes longer than
/// `limit_ns` (0: as long as it takes) ETIMEDOUT with what was read until then.
[[nodiscard]] FileRead read_to_end(int fd, std::size_t limit = std::size_t{1} << 30, std::int64_t limit_ns = 0);

/// The whole file `name` in `directory_fd` (or AT_FDCWD). Neither its last component nor anything that is no regular
/// file is followed or waited for: ELOOP, EINVAL.
[[nodiscard]] FileRead read_file_at(int directory_fd, const char* name);

/// Target of the symbolic link `name` in `directory_fd`, at most 4095 bytes.
[[nodiscard]] LinkRead read_link_at(int directory_fd, const char* name);

/// Names in the directory `fd`, which stays the caller's.
[[nodiscard]] DirectoryRead read_directory(int fd);

} // namespace hindstat
