// SPDX-License-Identifier: MIT
#include <algorithm>

#include "diff/event.h"

namespace hindstat {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The run of digits at the start of `text`, without leading zeros.
std::string_view number_at(std::string_view text) {
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  return text.substr(0, end);
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

} // namespace

bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view run_a = number_at(a);
      const std::string_view run_b = number_at(b);
      const std::string_view digits_a = without_zeros(run_a);
      const std::string_view digits_b = without_zeros(run_b);
      if (digits_a.size() != digits_b.size()) {
        return digits_a.size() < digits_b.size();
      }
      if (digits_a != digits_b) {
        return digits_a < digits_b;
      }
      if (run_a.size() != run_b.size()) {
        return run_a.size() < run_b.size();
      }
      a.remove_prefix(run_a.size());
      b.remove_prefix(run_b.size());
    } else if (a.front() != b.front()) {
      return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

std::string natural_order_key(std::string_view text) {
  std::string key;
  append_natural_order_key(key, text);
  return key;
}

void append_natural_order_key(std::string& key, std::string_view text) {
  // A run of digits: '0', the number of digits without leading zeros, those digits, the length of the run.
  const auto length = [](std::string_view run) { return static_cast<char>(std::min<std::size_t>(run.size(), 255)); };
  while (!text.empty()) {
    if (!is_digit(text.front())) {
      key += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string_view run = number_at(text);
    const std::string_view digits = without_zeros(run);
    key += '0';
    key += length(digits);
    key += digits;
    key += length(run);
    text.remove_prefix(run.size());
  }
}

} // namespace hindstat
