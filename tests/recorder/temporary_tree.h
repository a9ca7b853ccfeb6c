// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <stdlib.h>

namespace hindstat::test {

/// A directory of its own that is removed with all it holds.
class TemporaryTree {
public:
  TemporaryTree() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hindstat-test-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  [[nodiscard]] std::string path(std::string_view relative = {}) const {
    return (relative.empty() ? root_ : root_ / relative).string();
  }
  void file(std::string_view relative, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(path(relative)).parent_path());
    std::ofstream(path(relative), std::ios::binary) << content;
  }
  void link(std::string_view relative, std::string_view target) const {
    std::filesystem::create_directories(std::filesystem::path(path(relative)).parent_path());
    std::filesystem::create_symlink(target, path(relative));
  }
  void directory(std::string_view relative) const {
    std::filesystem::create_directories(path(relative));
  }

private:
  std::filesystem::path root_;
};

} // namespace hindstat::test
