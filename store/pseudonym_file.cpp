// SPDX-License-Identifier: MIT
#include "store/pseudonym_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "store/file_header.h"
#include "store/scrambler.h"

namespace hindstat {

namespace {

constexpr std::uint32_t owners_only = 0600;
constexpr mode_t of_others = 077;
constexpr off_t most_bytes = off_t{256} << 20;

[[noreturn]] void fail(const std::string& path, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  throw Error(fmt::format("{}: {}", path, std::strerror(error)), is_full ? ExitCode::try_again : ExitCode::trouble);
}

bool write_all(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fdatasync(fd.get()) == 0;
}

// The new name is to be there after a power cut.
void sync_directory(const std::string& path) {
  const UniqueFd directory(::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) {
    ::fsync(directory.get());
  }
}

} // namespace

PseudonymFile::PseudonymFile(const std::string& path) : path_(path), resolved_(resolve_directory(path)) {
  open();
  const std::string json = read();
  if (json.empty()) {
    is_new_ = true;
    pseudonyms_.key = Scrambler::fresh_key();
    return;
  }
  try {
    pseudonyms_ = parse_pseudonyms(json);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", path_, e.what()));
  }
}

PseudonymFile::~PseudonymFile() {
  if (is_new_) {
    ::unlink(resolved_.c_str());
  }
}

void PseudonymFile::open() {
  struct stat there {};
  if (::lstat(resolved_.c_str(), &there) != 0) {
    create_file(resolved_, path_, owners_only);
  }
  fd_ = UniqueFd(::open(resolved_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd_ && errno == ELOOP) {
    throw Error(fmt::format("{}: is a symbolic link, which a map is not taken from", path_));
  }
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) {
    fail(path_, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(fmt::format("{}: is no file", path_));
  }
  if (status.st_uid != ::geteuid()) {
    throw Error(fmt::format("{}: belongs to another user, who could undo the anonymity", path_));
  }
  if ((status.st_mode & of_others) != 0) {
    throw Error(fmt::format("{}: others may read it (mode {:04o}), and could undo the anonymity: chmod 600 it first",
                            path_, status.st_mode & 07777U));
  }
  if (status.st_size > most_bytes) {
    throw Error(fmt::format("{}: is too large for a map", path_));
  }
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(fmt::format("{}: another export has it at the moment", path_), ExitCode::try_again);
  }
  // Whoever had the lock before may have put another file in its place.
  if (::lstat(resolved_.c_str(), &there) != 0 || there.st_ino != status.st_ino || there.st_dev != status.st_dev) {
    throw Error(fmt::format("{}: another export has changed it just now", path_), ExitCode::try_again);
  }
}

std::string PseudonymFile::read() const {
  constexpr std::size_t step = std::size_t{1} << 16;
  std::string bytes;
  while (bytes.size() <= static_cast<std::size_t>(most_bytes)) {
    const std::size_t size = bytes.size();
    bytes.resize(size + step);
    const ssize_t got = ::read(fd_.get(), bytes.data() + size, step);
    if (got < 0 && errno != EINTR) {
      fail(path_, errno);
    }
    bytes.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got == 0) {
      break;
    }
  }
  return bytes;
}

void PseudonymFile::save() {
  const std::string beside = resolved_ + ".new";
  ::unlink(beside.c_str()); // Of an export that was killed; the lock says that none is at work.
  const UniqueFd fd(
    ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, static_cast<mode_t>(owners_only)));
  if (!fd || !write_all(fd, format_pseudonyms(pseudonyms_)) || ::rename(beside.c_str(), resolved_.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    fail(path_, error);
  }
  sync_directory(resolved_);
  is_new_ = false;
}

} // namespace hindstat
