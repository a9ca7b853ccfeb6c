// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace hindstat {

/// application_id of a store, "hind", and the format that this program reads and writes (user_version).
inline constexpr std::uint32_t store_application_id = 0x68696E64;
inline constexpr std::uint32_t store_format = 1;

/// What the first 100 bytes of a file say, read without SQLite.
enum class FileKind {
  store, ///< Ours, of a format that this program reads.
  empty, ///< No byte.
  blank, ///< An SQLite database that says nothing about itself: perhaps a creation that was interrupted.
};

/// Looks at a regular file. Throws Error with `path` for everything else: other files, newer stores, read errors.
[[nodiscard]] FileKind read_file_kind(const UniqueFd& fd, const std::string& path);

/// Opens a file to look at it, without following a symbolic link in its last component. Throws Error with `shown`.
[[nodiscard]] UniqueFd open_to_look(const std::string& path, const std::string& shown);

/// Creates the file, with exactly this mode, if it is not there; an existing one must be writable and keeps its mode.
/// Throws Error with `shown`: try_again when the disk is full; also when everyone can write to the directory and take
/// the new file away (no sticky bit), or an existing file in such a directory is another user's.
void create_file(const std::string& path, const std::string& shown, std::uint32_t mode);

/// "truncated to 8192 of 20480 bytes" when the file is shorter than its header says, else "".
[[nodiscard]] std::string describe_truncation(const UniqueFd& fd);

/// The path with its directory resolved and its last component as it is: what SQLITE_OPEN_NOFOLLOW wants. Throws Error
/// when the directory is not there.
[[nodiscard]] std::string resolve_directory(const std::string& path);

} // namespace hindstat
