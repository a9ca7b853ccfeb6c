// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace hindstat {

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Lower case (ASCII), without blanks around it.
[[nodiscard]] inline std::string lowered(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  const auto last = text.find_last_not_of(" \t");
  std::string out(first == std::string_view::npos ? "" : text.substr(first, last - first + 1));
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// Eats a text from the left; what does not fit is left alone.
class Cursor {
public:
  explicit Cursor(std::string_view text) : rest_(text) {
  }

  [[nodiscard]] bool done() const {
    return rest_.empty();
  }
  /// True where the text began with it.
  bool take(char c) {
    if (!rest_.starts_with(c)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view characters) {
    return !rest_.empty() && characters.find(rest_.front()) != std::string_view::npos && take(rest_.front());
  }
  bool blanks() {
    bool any = false;
    while (take(' ') || take('\t')) {
      any = true;
    }
    return any;
  }
  std::string_view letters() {
    return take_while([](char c) { return c >= 'a' && c <= 'z'; });
  }
  std::string_view digits() {
    return take_while(is_digit);
  }
  /// Between `least` and `most` digits, no more following.
  std::optional<int> number(std::size_t least, std::size_t most) {
    const std::string_view text = digits();
    int value = 0;
    if (text.size() < least || text.size() > most) {
      return std::nullopt;
    }
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  /// Exactly two digits; more may follow.
  std::optional<int> two_digits() {
    if (rest_.size() < 2 || !is_digit(rest_[0]) || !is_digit(rest_[1])) {
      return std::nullopt;
    }
    const int value = (rest_[0] - '0') * 10 + (rest_[1] - '0');
    rest_.remove_prefix(2);
    return value;
  }

private:
  template <typename Accept>
  std::string_view take_while(Accept&& accept) {
    std::size_t length = 0;
    while (length < rest_.size() && accept(rest_[length])) {
      ++length;
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view rest_;
};

} // namespace hindstat
