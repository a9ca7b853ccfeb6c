// SPDX-License-Identifier: MIT
#include "store/bytes.h"

#include <bit>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

void refuse_block(std::string_view reason) {
  throw Error(fmt::format("damaged: {}", reason));
}

std::uint64_t ByteReader::long_varint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes_.size() && i < 10; ++i) {
    const auto next = static_cast<std::uint8_t>(bytes_[i]);
    value |= static_cast<std::uint64_t>(next & 0x7FU) << (7 * i);
    if (next < 0x80) {
      if (i == 9 && next > 1) {
        break;
      }
      bytes_.remove_prefix(i + 1);
      return value;
    }
  }
  refuse_block(bytes_.size() < 10 ? "it ends early" : "a number has more than 64 bits");
}

void ByteReader::varints(std::span<std::uint64_t> out) {
  const char* next = bytes_.data();
  const char* const end = next + bytes_.size();
  for (std::uint64_t& value : out) {
    if (next != end && static_cast<std::uint8_t>(*next) < 0x80) {
      value = static_cast<std::uint8_t>(*next++);
    } else {
      bytes_ = std::string_view(next, static_cast<std::size_t>(end - next));
      value = long_varint();
      next = bytes_.data();
    }
  }
  bytes_ = std::string_view(next, static_cast<std::size_t>(end - next));
}

std::uint64_t ByteReader::count(std::uint64_t limit, std::string_view what) {
  const std::uint64_t value = varint();
  if (value > limit) {
    refuse_block(fmt::format("{} is {}, more than {}", what, value, limit));
  }
  return value;
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
