// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/bytes.h"

namespace hindstat {

// A vector of n >= 1 integers; n is known from the context, n == 0 takes no bytes.
//
//   integers(n) := constant base:varint                                  every value is base
//                | offset_planes+w base:varint plane(n){w}               value = base + offset, w bytes, 1..8
//                | delta_planes+w first:varint plane(n-1){w}             value = value before + unzigzag(delta)
//                | offset_varints base:varint {offset:varint}(n)
//                | delta_varints first:varint {delta:varint}(n-1)
//   plane(m)    := byte(m)      the least significant byte of all m numbers; the next plane has the next byte
//
// Planes rather than whole numbers: zstd packs a plane of equal high bytes to nothing. Arithmetic is modulo 2^64.

/// The first byte of integers(n); planes add their number w. On disk: never changed.
enum class IntegerForm : std::uint8_t {
  constant = 0x00,
  offset_planes = 0x10,
  delta_planes = 0x20,
  offset_varints = 0x30,
  delta_varints = 0x40,
};

/// Appends integers(values.size()) in the form that takes the fewest bytes.
void append_integers(std::string& out, std::span<const std::uint64_t> values);

/// Reads integers(count) from the front, part by part.
class IntegerReader {
public:
  /// Throws Error when the bytes cannot be integers(count). `in` must outlive this, and be left alone until the last
  /// number is read; it stands behind them then.
  IntegerReader(ByteReader& in, std::size_t count);
  /// The next out.size() numbers. Throws Error when they are not there.
  void next(std::span<std::uint64_t> out);

private:
  [[nodiscard]] bool has_deltas() const {
    return form_ == IntegerForm::delta_planes || form_ == IntegerForm::delta_varints;
  }

  ByteReader* in_;
  IntegerForm form_ = IntegerForm::constant;
  unsigned planes_ = 0;
  std::uint64_t base_ = 0;              // Of deltas: the number before the next.
  bool began_ = false;                  // Of deltas: the first number, which has no delta, was read.
  const std::uint8_t* plane_ = nullptr; // Where the next number's lowest byte is.
  std::size_t plane_bytes_ = 0;         // From there to its next byte.
};

/// Throws Error when the bytes are no integers(count); allocates `count` integers only if the bytes are there.
[[nodiscard]] std::vector<std::uint64_t> read_integers(ByteReader& in, std::size_t count);

} // namespace hindstat
