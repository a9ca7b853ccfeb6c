// SPDX-License-Identifier: MIT
#pragma once

#include <endian.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "recorder/netlink_message.h"
#include "recorder/readers/conntrack_rows.h"

/// What the readers of ctnetlink's messages share: nested attributes whose numbers come in network order.
namespace hindstat::ctnetlink {

using Bytes = std::span<const std::byte>;

constexpr std::uint64_t ms_per_s = 1000;

[[nodiscard]] inline std::uint8_t from_network(std::uint8_t value) {
  return value;
}
[[nodiscard]] inline std::uint16_t from_network(std::uint16_t value) {
  return be16toh(value);
}
[[nodiscard]] inline std::uint32_t from_network(std::uint32_t value) {
  return be32toh(value);
}
[[nodiscard]] inline std::uint64_t from_network(std::uint64_t value) {
  return be64toh(value);
}

/// Reads an attribute's number into `target`, which may be an optional; false when the attribute is too short.
template <typename Number, typename Target>
[[nodiscard]] bool read_number(Target& target, Bytes value) {
  const auto number = load_value<Number>(value);
  if (number) {
    target = from_network(*number);
  }
  return number.has_value();
}

/// Calls `read_one(attribute)` for each; false when one returned false or the attributes are not whole.
template <typename ReadOne>
[[nodiscard]] bool read_attributes(Bytes attributes, ReadOne&& read_one) {
  NetlinkAttributes walk(attributes);
  while (const auto attribute = walk.next()) {
    if (!read_one(*attribute)) {
      return false;
    }
  }
  return !walk.malformed();
}

/// The value of attribute `type` as a number; false when it is there and too short.
template <typename Number, typename Target>
[[nodiscard]] bool read_nested_number(Target& target, Bytes attributes, std::uint16_t type) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    return attribute.type != type || read_number<Number>(target, attribute.value);
  });
}

/// Seconds from `moment` on; false when the attribute is too short.
[[nodiscard]] bool read_expiry(std::optional<std::uint64_t>& target, Bytes value, const ReadMoment& moment);

/// The parts of one tuple (CTA_TUPLE_ORIG and its kin); false when an attribute in it is too short.
[[nodiscard]] bool read_tuple(FlowTuple& tuple, Bytes attributes);

/// The family and the attributes after struct nfgenmsg; nullopt when the payload is too short.
[[nodiscard]] std::optional<std::pair<int, Bytes>> split_payload(Bytes payload);

} // namespace hindstat::ctnetlink
