// SPDX-License-Identifier: MIT
#include "store/limits.h"

#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/checksum.h"

namespace hindstat {

namespace {

// Decimal, more than 0.
std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 ? std::optional(number) : std::nullopt;
}

std::optional<std::vector<Thinning>> parse_thinnings(std::string_view text) {
  std::vector<Thinning> found;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t colon = one.find(':');
    const auto every = parse_number(one.substr(0, colon));
    const auto after = colon == std::string_view::npos ? std::nullopt : parse_number(one.substr(colon + 1));
    if (!every || !after || (!found.empty() && found.back().after_ns >= *after)) {
      return std::nullopt;
    }
    found.push_back({*every, *after});
  }
  return found;
}

// Whether this program knows the setting and its value is one.
bool take(Limits& limits, const std::string& name, const std::string& value) {
  if (name == "thin") {
    auto found = parse_thinnings(value);
    limits.thin = found.value_or(std::vector<Thinning>());
    return found.has_value();
  }
  const auto number = parse_number(value);
  if (name == "keep_ns") {
    limits.keep_ns = number;
  } else if (name == "max_bytes" && number) {
    limits.max_bytes = static_cast<std::uint64_t>(*number);
  } else {
    return false;
  }
  return number.has_value();
}

std::uint64_t checksum_of(const std::string& name, const std::string& value) {
  return Checksum().add(name).add(value).value();
}

void insert(SQLite::Database& database, const std::string& name, const std::string& value) {
  SQLite::Statement statement(database, "INSERT INTO setting (name, value, checksum) VALUES (?, ?, ?)");
  statement.bind(1, name);
  statement.bind(2, value);
  statement.bind(3, static_cast<std::int64_t>(checksum_of(name, value)));
  statement.exec();
}

} // namespace

Limits load_limits(SQLite::Database& database) {
  Limits limits;
  SQLite::Statement select(database, "SELECT name, value, checksum FROM setting");
  while (select.executeStep()) {
    const std::string name = select.getColumn(0).getString();
    const std::string value = select.getColumn(1).getString();
    if (checksum_of(name, value) != static_cast<std::uint64_t>(select.getColumn(2).getInt64())) {
      throw Error(fmt::format("setting {} is damaged (its checksum does not match)", escape_terminal(name)));
    }
    if (!take(limits, name, value)) {
      throw Error(fmt::format("setting {} is '{}', which this program does not understand", escape_terminal(name),
                              escape_terminal(value)));
    }
  }
  return limits;
}

void store_limits(SQLite::Database& database, const Limits& limits) {
  database.exec("DELETE FROM setting WHERE name IN ('keep_ns', 'max_bytes', 'thin')");
  if (limits.keep_ns) {
    insert(database, "keep_ns", fmt::format("{}", *limits.keep_ns));
  }
  if (limits.max_bytes) {
    insert(database, "max_bytes", fmt::format("{}", *limits.max_bytes));
  }
  std::string thin;
  for (const Thinning& one : limits.thin) {
    thin += fmt::format("{}{}:{}", thin.empty() ? "" : ",", one.every_ns, one.after_ns);
  }
  if (!thin.empty()) {
    insert(database, "thin", thin);
  }
}

} // namespace hindstat
