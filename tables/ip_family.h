// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "tables/kinds.h"

namespace hindstat {

/// For rows that belong to a family and need not have an address.
enum class IpFamily : std::uint8_t { none = 0, ipv4 = 4, ipv6 = 6 };

template <>
struct NamesOf<IpFamily> {
  static constexpr std::array values = {ValueName{0, "none"}, ValueName{4, "IPv4"}, ValueName{6, "IPv6"}};
};

} // namespace hindstat
