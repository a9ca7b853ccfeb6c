// SPDX-License-Identifier: MIT
#include "recorder/raw_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <memory>

#include "base/unique_fd.h"

namespace hindstat {

namespace {

constexpr std::size_t first_read = std::size_t{16} * 1024; // Most files of /proc fit.

struct CloseDirectory {
  void operator()(DIR* directory) const {
    ::closedir(directory);
  }
};

} // namespace

FileRead read_to_end(int fd, std::size_t limit, std::int64_t limit_ns) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point began = limit_ns != 0 ? Clock::now() : Clock::time_point();
  FileRead read;
  std::size_t size = 0;
  while (true) {
    if (size == read.bytes.size()) {
      read.bytes.resize(size == 0 ? first_read : 2 * size);
    }
    const ssize_t count = ::read(fd, read.bytes.data() + size, read.bytes.size() - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return {errno, {}};
    }
    if (count == 0) {
      read.bytes.resize(size);
      return read;
    }
    size += static_cast<std::size_t>(count);
    if (size > limit) {
      return {EFBIG, {}};
    }
    if (limit_ns != 0 && Clock::now() - began >= std::chrono::nanoseconds(limit_ns)) {
      read.bytes.resize(size);
      read.error = ETIMEDOUT;
      return read;
    }
  }
}

FileRead read_file_at(int directory_fd, const char* name) {
  const UniqueFd fd(::openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    return {errno, {}};
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) {
    return {errno, {}};
  }
  return S_ISREG(status.st_mode) ? read_to_end(fd.get()) : FileRead{EINVAL, {}};
}

LinkRead read_link_at(int directory_fd, const char* name) {
  std::array<char, PATH_MAX> target; // NOLINT(cppcoreguidelines-pro-type-member-init): readlinkat fills what is used
  const ssize_t length = ::readlinkat(directory_fd, name, target.data(), target.size() - 1);
  if (length < 0) {
    return {errno, {}};
  }
  return {0, std::string(target.data(), static_cast<std::size_t>(length))};
}

DirectoryRead read_directory(int fd) {
  // fdopendir takes its descriptor over; a fresh one also starts at the first name.
  UniqueFd own(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) {
    return {errno, {}};
  }
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(own.get()));
  if (directory == nullptr) {
    return {errno, {}};
  }
  std::ignore = own.release();
  DirectoryRead read;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") {
      read.names.emplace_back(name);
    }
  }
  read.error = errno;
  return read;
}

} // namespace hindstat
