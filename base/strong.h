// SPDX-License-Identifier: MIT
#pragma once

#include <compare>

namespace hindstat {

/// A value that mixes with no other: two instances with different tags neither compare nor convert.
template <typename Tag, typename Value>
class Strong {
public:
  using value_type = Value;

  constexpr Strong() = default;
  explicit constexpr Strong(Value value) : value_(value) {
  }

  [[nodiscard]] constexpr Value value() const {
    return value_;
  }

  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

private:
  Value value_{};
};

} // namespace hindstat
