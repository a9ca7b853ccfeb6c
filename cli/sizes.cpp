// SPDX-License-Identifier: MIT
#include "cli/sizes.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/text_cursor.h"

namespace hindstat {

namespace {

constexpr std::string_view prefixes = "kmgt";

} // namespace

std::uint64_t parse_size(std::string_view text) {
  const std::string lower = lowered(text);
  double number = 0;
  const auto read = std::from_chars(lower.data(), lower.data() + lower.size(), number, std::chars_format::fixed);
  std::string_view unit(read.ptr, static_cast<std::size_t>(lower.data() + lower.size() - read.ptr));
  if (unit.ends_with('b')) {
    unit.remove_suffix(1);
  }
  const double step = unit.size() == 2 && unit[1] == 'i' ? 1024 : 1000;
  const std::size_t prefix = unit.empty() ? 0 : prefixes.find(unit[0]);
  constexpr double most = 9e18;
  const bool is_known = unit.empty() || (prefix != std::string_view::npos && (unit.size() == 1 || step > 1000));
  const double bytes = is_known ? number * std::pow(step, unit.empty() ? 0 : static_cast<double>(prefix) + 1) : -1;
  if (read.ec != std::errc() || !(bytes >= 1) || !(bytes <= most)) {
    throw Error(fmt::format("'{}' is no size: write 64k, 500M, 2G or 512MiB", text));
  }
  return static_cast<std::uint64_t>(bytes);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  constexpr std::array units{"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) {
    value /= 1000;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

} // namespace hindstat
