// SPDX-License-Identifier: MIT
#include "recorder/readers/interface_names.h"

#include <algorithm>

namespace hindstat {

std::optional<std::string> InterfaceNames::find(std::uint32_t ifindex) const {
  const auto found = std::ranges::lower_bound(all, ifindex, {}, &std::pair<std::uint32_t, std::string>::first);
  return found != all.end() && found->first == ifindex ? std::optional(found->second) : std::nullopt;
}

std::string InterfaceNames::name_of(std::uint32_t ifindex) const {
  return find(ifindex).value_or("if" + std::to_string(ifindex));
}

} // namespace hindstat
