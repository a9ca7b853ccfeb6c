// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tables/table.h"

namespace hindstat::fuzz {

/// A law that does not hold for the input. Nothing catches it but the replayer, which names the input.
class BrokenLaw : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// Throws BrokenLaw unless `holds`; `law` is the sentence that should be true.
inline void require(bool holds, const char* law) {
  if (!holds) {
    throw BrokenLaw(law);
  }
}

/// The input of a target.
using Input = std::span<const std::byte>;

[[nodiscard]] inline std::string_view as_text(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

/// The input as an argument of a command, which ends at its first NUL.
[[nodiscard]] inline std::string_view as_argument(Input input) {
  const std::string_view text = as_text(input);
  return text.substr(0, text.find('\0'));
}

/// Whether `part` is empty or lies in `whole`: what a parser says about the lifetime of its views.
[[nodiscard]] bool lies_in(std::string_view part, std::string_view whole);

/// Takes a target's parameters off the front of its input; zeros when the input has ended.
class Parameters {
public:
  explicit Parameters(Input input) : rest_(input) {
  }

  [[nodiscard]] std::uint8_t byte() {
    if (rest_.empty()) {
      return 0;
    }
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  [[nodiscard]] Input rest() const {
    return rest_;
  }

private:
  Input rest_;
};

/// The laws of a table that a reader made: columns of one length, null only where the spec allows it, cells and ids in
/// range, at most `most_rows` rows.
void require_sound(const Table& table, std::size_t most_rows);

/// The same, and a store gives the table back equal.
void require_recordable(const Table& table, std::size_t most_rows);

/// The laws of a table, whatever it holds: a store gives it back equal, as a keyframe and as changes against `base`.
void require_storable(const Table& table, const Table& base);

} // namespace hindstat::fuzz
