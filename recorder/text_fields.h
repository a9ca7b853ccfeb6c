// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace hindstat {

/// The whole of `text` as a number without "+", prefix or blanks; nullopt for anything else, and for what
/// does not fit.
template <typename Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc() && stopped == end && !text.empty() ? std::optional<Number>(value) : std::nullopt;
}

/// What stands before the first `separator` in `text`, and what follows it; all and nothing when there is none.
struct Split {
  std::string_view before;
  std::string_view after;
};
[[nodiscard]] inline Split split_at(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  return at == std::string_view::npos ? Split{text, {}} : Split{text.substr(0, at), text.substr(at + 1)};
}

/// `text` without blanks and line ends at its end.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

/// Walks the words of a line; blanks and tabs part them. Views lie in the line.
class Fields {
public:
  explicit Fields(std::string_view line) : rest_(line) {
  }

  /// The next word; empty at the end.
  [[nodiscard]] std::string_view next() {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t begin = rest_.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
      rest_ = {};
      return {};
    }
    const std::size_t end = std::min(rest_.find_first_of(blanks, begin), rest_.size());
    const std::string_view word = rest_.substr(begin, end - begin);
    rest_ = rest_.substr(end);
    return word;
  }

  /// The next word as a number.
  template <typename Number>
  [[nodiscard]] std::optional<Number> next_number(int base = 10) {
    return parse_number<Number>(next(), base);
  }

private:
  std::string_view rest_;
};

/// Walks the lines of a text; the last one need not end with a newline. Views lie in the text.
class Lines {
public:
  explicit Lines(std::string_view text) : rest_(text) {
  }

  /// nullopt at the end.
  [[nodiscard]] std::optional<std::string_view> next() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    const Split split = split_at(rest_, '\n');
    rest_ = split.after;
    return split.before;
  }

private:
  std::string_view rest_;
};

} // namespace hindstat
