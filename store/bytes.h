// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hindstat {

/// Throws Error("damaged: " + reason); the caller that knows path and snapshot puts them in front.
[[noreturn]] void refuse_block(std::string_view reason);

/// Reads bytes that may come from a stranger: every method throws Error when they end early.
class ByteReader {
public:
  /// `bytes` must outlive the reader.
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {
  }

  [[nodiscard]] bool at_end() const {
    return bytes_.empty();
  }
  [[nodiscard]] std::size_t left() const {
    return bytes_.size();
  }
  [[nodiscard]] std::uint8_t byte() {
    return static_cast<std::uint8_t>(take(1).front());
  }
  /// Seven bits a byte, least significant first, at most 10 bytes.
  [[nodiscard]] std::uint64_t varint() {
    if (!bytes_.empty() && static_cast<std::uint8_t>(bytes_.front()) < 0x80) {
      const auto value = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      return value;
    }
    return long_varint();
  }
  /// out.size() varints.
  void varints(std::span<std::uint64_t> out);
  /// A varint that must be at most `limit`; `what` names it in the error.
  [[nodiscard]] std::uint64_t count(std::uint64_t limit, std::string_view what);
  [[nodiscard]] std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      refuse_block("it ends early");
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

private:
  [[nodiscard]] std::uint64_t long_varint();

  std::string_view bytes_;
};

void append_varint(std::string& out, std::uint64_t value);
/// Bytes that append_varint() writes: 1 to 10.
[[nodiscard]] std::size_t varint_size(std::uint64_t value);

/// Small distances from zero, of either sign, become small numbers: 0, -1, 1, -2, 2 -> 0, 1, 2, 3, 4 (modulo 2^64).
[[nodiscard]] constexpr std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (std::uint64_t{0} - (difference >> 63));
}
[[nodiscard]] constexpr std::uint64_t unzigzag(std::uint64_t value) {
  return (value >> 1) ^ (std::uint64_t{0} - (value & 1));
}

} // namespace hindstat
