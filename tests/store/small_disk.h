// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>

#include "tests/store/made.h"

namespace hindstat {

/// A file system of its own in a mount namespace of this process.
class SmallDisk {
public:
  explicit SmallDisk(const TemporaryDirectory& directory) : path_(directory.file("small")) {
    std::filesystem::create_directory(path_);
  }
  ~SmallDisk() {
    if (is_mounted_) {
      ::umount2(path_.c_str(), MNT_DETACH);
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// False where that needs more rights. What was there before is gone.
  [[nodiscard]] bool mount(int kilobytes) {
    if (is_mounted_) {
      ::umount2(path_.c_str(), MNT_DETACH);
    }
    const std::string options = "size=" + std::to_string(kilobytes) + "k";
    is_mounted_ = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
                  && ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
    return is_mounted_;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return path_ + "/" + name;
  }

private:
  std::string path_;
  bool is_mounted_ = false;
};

} // namespace hindstat
