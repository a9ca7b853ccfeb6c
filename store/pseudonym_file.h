// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "store/pseudonyms.h"

namespace hindstat {

/// The map of an anonymised export, in a file that only its owner can read; locked while this lives.
class PseudonymFile {
public:
  /// Reads it, or makes an empty one with a fresh key. Throws Error with the path: for a link, a file that others can
  /// read or own, one that is no such map or larger than 256 MB; try_again when another export has it.
  explicit PseudonymFile(const std::string& path);
  /// A file that was made and not saved is removed.
  ~PseudonymFile();
  PseudonymFile(const PseudonymFile&) = delete;
  PseudonymFile& operator=(const PseudonymFile&) = delete;

  [[nodiscard]] Pseudonyms& pseudonyms() {
    return pseudonyms_;
  }
  /// Replaces the file in one step. Throws Error (try_again when the disk is full); then it is what it was.
  void save();

private:
  void open();
  [[nodiscard]] std::string read() const;

  std::string path_;     // For messages.
  std::string resolved_; // For opening.
  UniqueFd fd_;
  bool is_new_ = false;
  Pseudonyms pseudonyms_;
};

} // namespace hindstat
