// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hindstat {

/// XXH3 over a sequence of fields. A number is 8 bytes, least significant first; bytes are their length as a number,
/// then themselves; an optional number is 0, or 1 and the number.
class Checksum {
public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  Checksum& add(std::uint64_t number);
  Checksum& add(std::int64_t number) {
    return add(static_cast<std::uint64_t>(number));
  }
  Checksum& add(std::optional<std::int64_t> number);
  Checksum& add(std::string_view bytes);

  [[nodiscard]] std::uint64_t value() const;
  /// 16 bytes, most significant first.
  [[nodiscard]] std::string value128() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace hindstat
