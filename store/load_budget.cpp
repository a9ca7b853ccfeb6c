// SPDX-License-Identifier: MIT
#include "store/load_budget.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"

namespace hindstat {

namespace {

constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t mebibyte = kibibyte * kibibyte;
constexpr std::uint64_t default_limit = 512 * mebibyte;
constexpr std::uint64_t free_bytes = 64 * mebibyte;
constexpr std::uint64_t bytes_per_payload_byte = 1024;
constexpr const char* variable = "HINDSTAT_MEMORY";

std::uint64_t unit_of(std::string_view suffix) {
  if (suffix.empty()) {
    return 1;
  }
  if (suffix.size() == 1) {
    switch (suffix.front()) {
      case 'k':
      case 'K':
        return kibibyte;
      case 'm':
      case 'M':
        return mebibyte;
      case 'g':
      case 'G':
        return kibibyte * mebibyte;
      default:
        break;
    }
  }
  return 0;
}

} // namespace

LoadBudget LoadBudget::unlimited() {
  LoadBudget budget(std::numeric_limits<std::uint64_t>::max());
  budget.payload_bytes_ = std::numeric_limits<std::uint64_t>::max() / bytes_per_payload_byte / 2;
  return budget;
}

LoadBudget::LoadBudget(std::uint64_t limit) : limit_(limit) {
}

void LoadBudget::require(std::uint64_t bytes) const {
  const std::uint64_t wanted = taken_ + bytes;
  if (wanted > free_bytes + bytes_per_payload_byte * payload_bytes_) {
    throw Error(fmt::format("damaged: it claims to hold {} MiB in {} bytes", wanted / mebibyte, payload_bytes_));
  }
  if (wanted > limit_) {
    throw Error(fmt::format("it needs {} MiB of memory, and one load may take {} (${} raises that)", wanted / mebibyte,
                            limit_ / mebibyte, variable));
  }
}

std::uint64_t load_memory_limit() {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    return default_limit;
  }
  const std::string_view text(value);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::uint64_t unit = unit_of(text.substr(static_cast<std::size_t>(end - text.data())));
  if (error != std::errc() || unit == 0 || number == 0 || number > std::numeric_limits<std::uint64_t>::max() / unit) {
    throw Error(fmt::format("${}: '{}' is no size such as 512M or 2G", variable, escape_terminal(text)));
  }
  return number * unit;
}

} // namespace hindstat
