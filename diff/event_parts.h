// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "diff/event.h"

namespace hindstat {

/// Adds a field that says something: none for "".
inline void add_field(Event& event, std::string_view name, std::string value) {
  if (!value.empty()) {
    event.fields.push_back({std::string(name), std::move(value)});
  }
}

/// Adds a column that went from one value to another; nullopt is null.
template <typename Value, typename Format>
void add_change(Event& event, std::string_view column, const std::optional<Value>& from, const std::optional<Value>& to,
                Format&& format) {
  const auto text = [&](const std::optional<Value>& value) {
    return value ? std::optional<std::string>(format(*value)) : std::nullopt;
  };
  event.changed.push_back({std::string(column), text(from), text(to)});
}

/// Adds a column of numbers where it changed.
inline void add_step(Event& event, std::string_view column, std::uint32_t from, std::uint32_t to) {
  if (from != to) {
    event.changed.push_back({std::string(column), std::to_string(from), std::to_string(to)});
  }
}

[[nodiscard]] inline Confidence confidence_of(bool proven) {
  return proven ? Confidence::proven : Confidence::consistent;
}

} // namespace hindstat
