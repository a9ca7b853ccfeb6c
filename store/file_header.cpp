// SPDX-License-Identifier: MIT
// SQLite's database header: https://www.sqlite.org/fileformat.html#the_database_header; big-endian user_version at 60
// and application_id at 68.
#include "store/file_header.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "store/obstacle.h"

namespace hindstat {

namespace {

constexpr std::size_t header_bytes = 100;
constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr std::size_t page_size_at = 16;
constexpr std::size_t page_count_at = 28;
constexpr std::size_t user_version_at = 60;
constexpr std::size_t application_id_at = 68;

using Header = std::array<unsigned char, header_bytes>;

std::uint32_t big_endian(const Header& header, std::size_t at) {
  return static_cast<std::uint32_t>(header[at]) << 24 | static_cast<std::uint32_t>(header[at + 1]) << 16
         | static_cast<std::uint32_t>(header[at + 2]) << 8 | header[at + 3];
}

[[noreturn]] void fail(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  switch (error) {
    case ENOENT:
      throw Error(fmt::format("{}: no such file", path));
    case ELOOP:
      throw Error(fmt::format("{}: is a symbolic link; name the file itself", path));
    default:
      if (full) {
        throw ObstacleError(fmt::format("{}: {}", path, std::strerror(error)), Obstacle::full);
      }
      throw Error(fmt::format("{}: {}", path, std::strerror(error)));
  }
}

// In a directory where everyone may write, a stranger can put a store in place of ours, or have one there already.
void require_safe_place(const std::string& path, const std::string& shown) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || (status.st_mode & S_IWOTH) == 0) {
    return;
  }
  const bool is_sticky = (status.st_mode & S_ISVTX) != 0;
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0 || (S_ISREG(file.st_mode) && file.st_size == 0)) {
    if (!is_sticky) {
      throw Error(fmt::format("{}: not created, because everyone can write to its directory and replace it: take the "
                              "right away (chmod o-w {}) or name another place",
                              shown, directory));
    }
    return;
  }
  if (S_ISREG(file.st_mode) && file.st_uid != ::geteuid() && file.st_uid != 0) {
    throw Error(fmt::format("{}: belongs to user {}, in a directory that everyone can write to; it is left alone",
                            shown, file.st_uid));
  }
}

} // namespace

FileKind read_file_kind(const UniqueFd& fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    fail(path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    throw Error(fmt::format("{}: is a directory", path));
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(fmt::format("{}: is no regular file", path));
  }
  Header header{};
  std::size_t size = 0;
  while (size < header.size()) {
    const ssize_t got = ::pread(fd.get(), header.data() + size, header.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno != EINTR) {
      fail(path, errno);
    }
    if (got == 0) {
      break;
    }
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  if (size == 0) {
    return FileKind::empty;
  }
  if (std::memcmp(header.data(), magic.data(), std::min(size, magic.size())) != 0 || size < magic.size()) {
    throw Error(fmt::format("{}: not a hindstat store (no SQLite database)", path));
  }
  if (size < header.size()) {
    throw Error(fmt::format("{}: truncated to {} bytes", path, size));
  }
  const std::uint32_t application = big_endian(header, application_id_at);
  const std::uint32_t format = big_endian(header, user_version_at);
  if (application == 0 && format == 0) {
    return FileKind::blank;
  }
  if (application != store_application_id) {
    throw Error(fmt::format("{}: not a hindstat store (a database of another program)", path));
  }
  if (format > store_format) {
    throw Error(
      fmt::format("{}: written by a newer hindstat (format {}; this program reads {})", path, format, store_format));
  }
  if (format == 0) {
    throw Error(fmt::format("{}: damaged (format 0)", path));
  }
  return FileKind::store;
}

UniqueFd open_to_look(const std::string& path, const std::string& shown) {
  // Without O_NONBLOCK a FIFO would wait for its writer.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    fail(shown, errno);
  }
  return fd;
}

void create_file(const std::string& path, const std::string& shown, std::uint32_t mode) {
  require_safe_place(path, shown);
  constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  UniqueFd fd(::open(path.c_str(), flags | O_EXCL, mode));
  if (fd) {
    ::fchmod(fd.get(), mode); // The umask took bits off; a file system without modes has none to set.
    return;
  }
  if (errno == EEXIST) {
    // With O_CREAT again: fs.protected_regular of Linux looks at no other opening.
    fd = UniqueFd(::open(path.c_str(), flags, mode));
  }
  if (!fd) {
    fail(shown, errno);
  }
}

std::string describe_truncation(const UniqueFd& fd) {
  Header header{};
  struct stat status {};
  if (::pread(fd.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())
      || ::fstat(fd.get(), &status) != 0) {
    return {};
  }
  const std::uint32_t stored_size = static_cast<std::uint32_t>(header[page_size_at]) << 8 | header[page_size_at + 1];
  const std::int64_t page_size = stored_size == 1 ? 65'536 : stored_size;
  const std::int64_t wanted = page_size * big_endian(header, page_count_at);
  if (status.st_size >= wanted) {
    return {};
  }
  return fmt::format("truncated to {} of {} bytes", status.st_size, wanted);
}

std::string resolve_directory(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(directory.c_str(), nullptr), &std::free);
  if (resolved == nullptr) {
    throw Error(fmt::format("{}: {}: {}", path, directory, std::strerror(errno)));
  }
  std::string result(resolved.get());
  if (result.back() != '/') {
    result += '/';
  }
  return result + path.substr(slash == std::string::npos ? 0 : slash + 1);
}

} // namespace hindstat
