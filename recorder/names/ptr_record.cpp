// SPDX-License-Identifier: MIT
// RFC 1035, 4.1: header of 12 bytes (id, flags, four counts); questions: name, type, class; records: name, type, class,
// ttl, length, data. A name is labels, each after its length, ended by 0 or by a pointer (two bits set) to an earlier
// place of the message. RFC 1035 and 3596 for the names that addresses have.
#include "recorder/names/ptr_record.h"

#include <algorithm>
#include <array>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::uint16_t type_ptr = 12;
constexpr std::uint16_t class_in = 1;
constexpr std::size_t header_size = 12;
constexpr std::size_t longest_name = 255; // With the lengths of its labels and the last 0.

/// Reads a message from front to back; nothing is read beyond its end.
class Message {
public:
  explicit Message(std::span<const std::byte> bytes) : bytes_(bytes) {
  }

  [[nodiscard]] std::size_t at() const {
    return at_;
  }
  [[nodiscard]] bool skip(std::size_t count) {
    if (bytes_.size() - at_ < count) {
      return false;
    }
    at_ += count;
    return true;
  }
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t size) {
    const std::size_t begin = at_;
    if (!skip(size)) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = begin; i < at_; ++i) {
      value = value << 8 | octet(i);
    }
    return value;
  }

  /// The name here; afterwards this is behind it, also where it went on elsewhere.
  [[nodiscard]] std::optional<std::string> name() {
    std::string text;
    std::size_t size = 1;
    std::size_t lowest = at_; // Pointers have to lead before this.
    std::optional<std::size_t> behind;
    for (std::size_t at = at_; at < bytes_.size();) {
      const std::uint32_t length = octet(at);
      if (length == 0) {
        at_ = behind.value_or(at + 1);
        return text.empty() ? "." : text;
      }
      if ((length & 0xC0) == 0xC0 && at + 1 < bytes_.size()) {
        const std::size_t target = (length & 0x3F) << 8 | octet(at + 1);
        if (target >= lowest) {
          return std::nullopt;
        }
        behind = behind.value_or(at + 2);
        lowest = target;
        at = target;
        continue;
      }
      size += length + 1;
      if ((length & 0xC0) != 0 || size > longest_name || bytes_.size() - at - 1 < length) {
        return std::nullopt;
      }
      text += text.empty() ? "" : ".";
      text.append(reinterpret_cast<const char*>(bytes_.data()) + at + 1, length);
      at += length + 1;
    }
    return std::nullopt;
  }

private:
  [[nodiscard]] std::uint32_t octet(std::size_t at) const {
    return std::to_integer<std::uint32_t>(bytes_[at]);
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

} // namespace

std::optional<PtrRecord> parse_ptr_record(std::span<const std::byte> bytes) {
  Message message(bytes);
  if (bytes.size() < header_size || !message.skip(4)) {
    return std::nullopt;
  }
  const std::uint32_t questions = message.number(2).value_or(0);
  const std::uint32_t answers = message.number(2).value_or(0);
  if (!message.skip(4)) {
    return std::nullopt;
  }
  for (std::uint32_t i = 0; i < questions; ++i) {
    if (!message.name() || !message.skip(4)) {
      return std::nullopt;
    }
  }
  for (std::uint32_t i = 0; i < answers; ++i) {
    if (!message.name()) {
      return std::nullopt;
    }
    const auto type = message.number(2);
    const auto record_class = message.number(2);
    const auto ttl = message.number(4);
    const auto length = message.number(2);
    if (!type || !record_class || !ttl || !length) {
      return std::nullopt;
    }
    if (type == type_ptr && record_class == class_in) {
      const std::size_t end = message.at() + *length;
      auto name = message.name();
      return name && message.at() == end ? std::optional(PtrRecord{std::move(*name), *ttl}) : std::nullopt;
    }
    if (!message.skip(*length)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string reverse_name(const IpAddress& address) {
  const std::string_view bytes = address.bytes();
  std::string name;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const auto value = static_cast<unsigned char>(bytes[i]);
    if (address.is_v4()) {
      name += std::to_string(value) + '.';
    } else {
      constexpr std::string_view digits = "0123456789abcdef";
      name += {digits[value & 0xF], '.', digits[value >> 4], '.'};
    }
  }
  return name + (address.is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

std::optional<HostsEntry> parse_hosts_line(std::string_view line) {
  Fields fields(split_at(line, '#').before);
  const auto address = parse_ip_address(fields.next());
  const std::string_view name = fields.next();
  return address && !name.empty() ? std::optional(HostsEntry{*address, name}) : std::nullopt;
}

} // namespace hindstat
