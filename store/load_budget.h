// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace hindstat {

/// How much memory the rows of one load may take, asked before anything is allocated: a small file from a stranger can
/// claim millions of equal rows. What is allowed grows with the payloads that were read, up to a limit.
class LoadBudget {
public:
  /// Only the format's own limits hold: for what is read from a store of one's own to go on with it.
  [[nodiscard]] static LoadBudget unlimited();
  /// `limit`: bytes.
  explicit LoadBudget(std::uint64_t limit);

  /// A payload of so many bytes was read.
  void add_payload(std::uint64_t bytes) {
    payload_bytes_ += bytes;
  }
  /// Throws Error, with $HINDSTAT_MEMORY named where it would help, unless so many bytes may be allocated now.
  void require(std::uint64_t bytes) const;
  /// So many bytes stay allocated.
  void take(std::uint64_t bytes) {
    taken_ += bytes;
  }

private:
  std::uint64_t limit_;
  std::uint64_t payload_bytes_ = 0;
  std::uint64_t taken_ = 0;
};

/// $HINDSTAT_MEMORY, bytes with an optional K, M or G (powers of 1024), else 512 MiB. Throws Error for anything else.
[[nodiscard]] std::uint64_t load_memory_limit();

} // namespace hindstat
