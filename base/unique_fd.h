// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace hindstat {

/// Owns one file descriptor; -1 is "none", as in open(2).
class UniqueFd {
public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {
  }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
  }
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  [[nodiscard]] int get() const {
    return fd_;
  }
  [[nodiscard]] explicit operator bool() const {
    return fd_ >= 0;
  }
  /// Gives the descriptor up; the caller closes it.
  [[nodiscard]] int release() {
    return std::exchange(fd_, -1);
  }

private:
  int fd_ = -1;
};

} // namespace hindstat
