// SPDX-License-Identifier: MIT
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace hindstat::test {

/// Builds netlink messages byte by byte, padded as the kernel pads them.
class NetlinkBuilder {
public:
  template <typename Value>
  NetlinkBuilder& value(const Value& value) {
    return raw(std::as_bytes(std::span(&value, 1)));
  }

  NetlinkBuilder& raw(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) { // insert() has gcc 12 warn of an overflow that is none.
      bytes_.push_back(byte);
    }
    return *this;
  }

  NetlinkBuilder& attribute(int type, std::span<const std::byte> content) {
    value(nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + content.size()), static_cast<std::uint16_t>(type)});
    raw(content);
    return pad();
  }

  template <typename Value>
  NetlinkBuilder& attribute_value(int type, const Value& content) {
    return attribute(type, std::as_bytes(std::span(&content, 1)));
  }

  NetlinkBuilder& attribute_text(int type, std::string_view content) {
    return attribute(type, std::as_bytes(std::span(content)));
  }

  /// One whole message around `payload`.
  NetlinkBuilder& message(int type, int flags, std::span<const std::byte> payload, std::uint32_t sequence = 1) {
    value(nlmsghdr{static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload.size()), static_cast<std::uint16_t>(type),
                   static_cast<std::uint16_t>(flags), sequence, 0});
    raw(payload);
    return pad();
  }

  NetlinkBuilder& done(int flags = 0) {
    const int code = 0;
    return message(NLMSG_DONE, flags, std::as_bytes(std::span(&code, 1)));
  }

  NetlinkBuilder& refusal(int error) {
    nlmsgerr body{};
    body.error = -error;
    return message(NLMSG_ERROR, 0, std::as_bytes(std::span(&body, 1)));
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const {
    return bytes_;
  }

private:
  NetlinkBuilder& pad() {
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    return *this;
  }

  std::vector<std::byte> bytes_;
};

/// A copy of the first `size` bytes in memory of exactly that size, so that a read beyond it is found.
[[nodiscard]] inline std::vector<std::byte> cut(std::span<const std::byte> bytes, std::size_t size) {
  std::vector<std::byte> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  copy.shrink_to_fit();
  return copy;
}

} // namespace hindstat::test
