// SPDX-License-Identifier: MIT
#include "tests/tables/random_table.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

namespace {

enum class Fruit : std::uint8_t { apple = 1, pear = 2 };
enum class Small : std::uint8_t { a = 1, b = 2 };
enum class Middle : std::uint16_t { a = 1, b = 0x8000 };
enum class Large : std::uint32_t { a = 1, b = 0x80000000U };

} // namespace

template <>
struct NamesOf<Fruit> {
  static constexpr std::array values = {ValueName{1, "apple"}, ValueName{2, "pear"}};
};
template <>
struct NamesOf<Small> {
  static constexpr std::array values = {ValueName{1, "a"}, ValueName{2, "b"}};
};
template <>
struct NamesOf<Middle> {
  static constexpr std::array values = {ValueName{1, "a"}, ValueName{0x8000, "b"}};
};
template <>
struct NamesOf<Large> {
  static constexpr std::array values = {ValueName{1, "a"}, ValueName{0x80000000U, "b"}};
};

namespace {

struct Everything {
  std::string name;
  std::optional<IpAddress> address;
  std::optional<std::uint64_t> identity;
  std::string serial;
  Fruit fruit = Fruit::apple;
  bool yes = false;
  std::optional<bool> maybe;
  std::uint8_t tiny = 0;
  std::uint16_t port = 0;
  std::int32_t level = 0;
  std::optional<std::int64_t> balance;
  FlagSet<Small> small;
  FlagSet<Middle> middle;
  std::optional<FlagSet<Large>> large;
  MacAddress mac;
  std::uint32_t packets = 0;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> expires;
  std::optional<std::string> remark;
};

constexpr auto everything = define_table<Everything>(
  "everything", "Every kind and role.", field<&Everything::name>("name", Role::key, "Text."),
  field<&Everything::address>("address", Role::key, "Address."),
  field<&Everything::identity>("identity", Role::incarnation, "Number.", Unit::hex),
  field<&Everything::serial>("serial", Role::incarnation, "Text."),
  field<&Everything::fruit>("fruit", Role::state, "Enum."), field<&Everything::yes>("yes", Role::attribute, "Bool."),
  field<&Everything::maybe>("maybe", Role::attribute, "Bool."),
  field<&Everything::tiny>("tiny", Role::attribute, "One byte."),
  field<&Everything::port>("port", Role::attribute, "Two bytes."),
  field<&Everything::level>("level", Role::gauge, "Signed."),
  field<&Everything::balance>("balance", Role::gauge, "Signed."),
  field<&Everything::small>("small", Role::attribute, "Flags."),
  field<&Everything::middle>("middle", Role::attribute, "Flags."),
  field<&Everything::large>("large", Role::attribute, "Flags."),
  field<&Everything::mac>("mac", Role::attribute, "Mac."),
  field<&Everything::packets>("packets", Role::counter, "Counter.", Unit::packets),
  field<&Everything::bytes>("bytes", Role::counter, "Counter.", Unit::bytes),
  field<&Everything::expires>("expires", Role::timer, "Timer.", Unit::boottime_ms),
  field<&Everything::remark>("remark", Role::note, "Text."));

std::uint64_t below(Rng& rng, std::uint64_t limit) {
  return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(rng);
}

std::string random_text(Rng& rng) {
  static const std::array<std::string, 8> texts{"",
                                                "eth0",
                                                "nginx",
                                                std::string("a\0b", 3),
                                                "\x1b[31mred",
                                                "\xff\xfe",
                                                std::string(300, 'x'),
                                                "gr\xc3\xbcn \"quoted\"\n"};
  return below(rng, 4) == 0 ? "t" + std::to_string(below(rng, 1000)) : texts[below(rng, texts.size())];
}

std::string random_address(Rng& rng) {
  std::string bytes(below(rng, 2) == 0 ? 4 : 16, '\0');
  if (below(rng, 4) != 0) {
    bytes.back() = static_cast<char>(below(rng, 256));
    bytes.front() = static_cast<char>(below(rng, 3) * 0x55);
  }
  return bytes;
}

std::uint64_t random_number(Rng& rng, std::size_t width) {
  const std::uint64_t all = width == 8 ? ~0ULL : (1ULL << (8 * width)) - 1;
  switch (below(rng, 5)) {
    case 0:
      return all;
    case 1:
      return rng() & all;
    case 2:
      return (all >> 1) + below(rng, 2); // The edge of the sign.
    default:
      return below(rng, 6);
  }
}

void append_random(Column& column, const ColumnSpec& spec, Rng& rng) {
  if (spec.nullable && below(rng, 3) == 0) {
    column.append_null();
  } else if (spec.kind == Kind::text) {
    column.append_bytes(random_text(rng));
  } else if (spec.kind == Kind::address) {
    column.append_bytes(random_address(rng));
  } else if (spec.kind == Kind::boolean) {
    column.append_raw(below(rng, 2));
  } else if (spec.kind == Kind::mac) {
    column.append_raw(random_number(rng, 6));
  } else {
    column.append_raw(random_number(rng, width_of(spec.kind)));
  }
}

void append_random_row(Table& table, Rng& rng) {
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    append_random(table.column(i), table.spec().columns[i], rng);
  }
  table.row_appended();
}

std::vector<std::uint32_t> all_rows(const Table& table) {
  std::vector<std::uint32_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

} // namespace

Table random_table(const TableSpec& spec, std::size_t rows, Rng& rng) {
  Table table(spec);
  for (std::size_t i = 0; i < rows; ++i) {
    append_random_row(table, rng);
  }
  return table;
}

Table shuffled(const Table& table, Rng& rng) {
  auto rows = all_rows(table);
  std::shuffle(rows.begin(), rows.end(), rng);
  return table.select(rows);
}

Table mutate(const Table& table, Rng& rng, double churn) {
  std::uniform_real_distribution<double> chance(0.0, 1.0);
  Table result(table.spec());
  for (const std::uint32_t row : all_rows(table)) {
    if (chance(rng) < churn) {
      continue;
    }
    result.append_row(table, row);
    if (chance(rng) < churn) {
      const std::size_t index = below(rng, table.spec().columns.size());
      Column one(table.spec().columns[index].kind);
      append_random(one, table.spec().columns[index], rng);
      result.column(index).set_from(result.size() - 1, one, 0);
    }
    if (chance(rng) < churn / 4) {
      result.append_row(table, row);
    }
  }
  const auto wanted = static_cast<std::size_t>(churn * static_cast<double>(table.size() + 1));
  for (std::size_t i = 0; i < wanted; ++i) {
    append_random_row(result, rng);
  }
  return shuffled(result, rng);
}

const TableSpec& all_kinds_spec() {
  static const TableSpec spec = everything.spec();
  return spec;
}

} // namespace hindstat
