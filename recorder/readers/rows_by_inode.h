// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace hindstat {

/// Where a socket is: a row of one of several tables.
struct RowPlace {
  std::uint32_t table = 0;
  std::uint32_t row = 0;

  friend bool operator==(const RowPlace&, const RowPlace&) = default;
};

/// Rows of socket tables by inode, which no two sockets of a host share: open addressing with Fibonacci hashing, at
/// most half full.
class RowsByInode {
public:
  /// `rows`: how many will be put at most.
  explicit RowsByInode(std::size_t rows)
    : bits_(static_cast<int>(std::bit_width(2 * rows + 1))), slots_(std::size_t{1} << bits_) {
  }

  /// The first place that was put under the inode (never 0): `place` itself when it is new.
  RowPlace put(std::uint32_t inode, RowPlace place) {
    Slot& slot = slots_[find_slot(inode)];
    if (slot.inode == 0) {
      slot = {inode, place};
    }
    return slot.place;
  }

  [[nodiscard]] std::optional<RowPlace> find(std::uint32_t inode) const {
    const Slot& slot = slots_[find_slot(inode)];
    return slot.inode != 0 ? std::optional(slot.place) : std::nullopt;
  }

private:
  struct Slot {
    std::uint32_t inode = 0; ///< 0: free. No socket has that inode.
    RowPlace place;
  };

  [[nodiscard]] std::size_t find_slot(std::uint32_t inode) const {
    constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;
    std::size_t at = (inode * golden) >> (64 - bits_);
    while (slots_[at].inode != 0 && slots_[at].inode != inode) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  int bits_;
  std::vector<Slot> slots_;
};

} // namespace hindstat
