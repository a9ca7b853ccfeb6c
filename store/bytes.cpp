// SPDX-License-Identifier: MIT
#include "store/bytes.h"

#include <bit>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

void refuse_block(std::string_view reason) {
  throw Error(fmt::format("damaged: {}", reason));
}

std::uint8_t ByteReader::byte() {
  return static_cast<std::uint8_t>(take(1).front());
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    value |= static_cast<std::uint64_t>(next & 0x7FU) << shift;
    if (next < 0x80) {
      if (shift == 63 && next > 1) {
        break;
      }
      return value;
    }
  }
  refuse_block("a number has more than 64 bits");
}

std::uint64_t ByteReader::count(std::uint64_t limit, std::string_view what) {
  const std::uint64_t value = varint();
  if (value > limit) {
    refuse_block(fmt::format("{} is {}, more than {}", what, value, limit));
  }
  return value;
}

std::string_view ByteReader::take(std::size_t size) {
  if (size > bytes_.size()) {
    refuse_block("it ends early");
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

} // namespace hindstat
