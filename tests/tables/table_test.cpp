// SPDX-License-Identifier: MIT
#include "tables/table.h"

#include <catch2/catch.hpp>
#include <map>

#include "tables/format.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tests/tables/laws.h"

using namespace hindstat;

TEST_CASE("a row comes back from a table as it was put in", "[tables]") {
  Route route;
  route.destination = *parse_ip_address("fd77::");
  route.prefix_length = 64;
  route.gateway = parse_ip_address("fe80::1");
  route.interface = "eth0";
  route.protocol = static_cast<RouteProtocol>(99);
  route.flags.set(RouteFlag::linkdown);
  route.expires = 123456789012345;
  TableBuilder builder(routes);
  builder.add(route);
  builder.add(Route{});
  const Table table = std::move(builder).build();
  REQUIRE(table.size() == 2);
  const Route back = routes.row(table, 0);
  CHECK(back.destination == route.destination);
  CHECK(back.gateway == route.gateway);
  CHECK(back.interface == "eth0");
  CHECK(back.protocol == route.protocol);
  CHECK(back.flags == route.flags);
  CHECK(back.expires == route.expires);
  CHECK_FALSE(back.source.has_value());
  CHECK_FALSE(routes.row(table, 1).gateway.has_value());
}

TEST_CASE("a socket row costs about 110 bytes", "[tables]") {
  std::size_t bytes = 0;
  for (const ColumnSpec& column : sockets.spec().columns) {
    bytes += width_of(column.kind);
  }
  CHECK(bytes <= 110);
}

TEST_CASE("tables are equal when their rows are, in any order and with any dictionary ids", "[tables]") {
  for (const TableSpec& spec : specs_under_law()) {
    Rng rng(1);
    const Table table = random_table(spec, 50, rng);
    const Table other = shuffled(table, rng);
    INFO(spec.name);
    CHECK(table == other);
    CHECK(table.content_sum() == other.content_sum());
    Table fewer = other;
    fewer.truncate(49);
    CHECK_FALSE(table == fewer);
    CHECK(table.content_sum() != fewer.content_sum());
  }
}

TEST_CASE("a changed cell changes the content sum, null and zero included", "[tables]") {
  for (const TableSpec& spec : specs_under_law()) {
    Rng rng(2);
    const Table table = random_table(spec, 20, rng);
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      Table changed = table;
      if (changed.column(i).is_null(3)) {
        changed.column(i).set_null(3, false); // The raw value stays 0; interned kinds have an id 0 by now.
      } else {
        changed.column(i).set_null(3, true);
      }
      INFO(spec.name << "." << spec.columns[i].name);
      CHECK(changed.content_sum() != table.content_sum());
      CHECK_FALSE(changed == table);
    }
  }
}

TEST_CASE("truncating forgets rows and their nulls", "[tables]") {
  Column column(Kind::u16);
  for (int i = 0; i < 200; ++i) {
    column.append_null();
  }
  column.truncate(70);
  CHECK(column.size() == 70);
  CHECK(column.null_count() == 70);
  column.append_raw(5);
  CHECK_FALSE(column.is_null(70));
  CHECK(column.raw(70) == 5);
}

TEST_CASE("a column that is given the same value again and again holds what it was given last", "[tables]") {
  Rng rng(11);
  for (int round = 0; round < 300; ++round) {
    Column column(round % 2 == 0 ? Kind::u8 : Kind::u32);
    std::vector<std::optional<std::uint64_t>> expected(1 + rng() % 140);
    const auto some_value = [&] { return rng() % 3 == 0 ? std::nullopt : std::optional<std::uint64_t>(rng() % 2); };
    const auto first = some_value();
    column.assign_same(expected.size(), first);
    std::ranges::fill(expected, first);
    for (int step = 0; step < 12; ++step) {
      std::vector<std::uint32_t> rows;
      for (std::uint32_t row = 0; row < expected.size(); ++row) {
        if (rng() % 4 == 0) {
          rows.push_back(row);
        }
      }
      const auto value = some_value();
      switch (rng() % 5) {
        case 0:
          for (const std::uint32_t row : rows) {
            column.set_null(row, !value);
            column.set_raw(row, value.value_or(0));
          }
          break;
        case 1:
          column.set_cells(rows, std::vector<std::uint64_t>(rows.size(), value.value_or(0)), {});
          for (const std::uint32_t row : rows) {
            expected[row] = value.value_or(0);
          }
          rows.clear();
          break;
        case 2:
          value ? column.append_raw(*value) : column.append_null();
          expected.push_back(value);
          rows.clear();
          break;
        default:
          column.set_same(rows, value);
      }
      for (const std::uint32_t row : rows) {
        expected[row] = value;
      }
      REQUIRE(column.size() == expected.size());
      std::size_t nulls = 0;
      for (std::size_t row = 0; row < expected.size(); ++row) {
        nulls += expected[row] ? 0U : 1U;
        REQUIRE(column.is_null(row) == !expected[row]);
        REQUIRE(column.raw(row) == expected[row].value_or(0));
      }
      REQUIRE(column.null_count() == nulls);
    }
  }
}

TEST_CASE("a table of an older layout is read by column name", "[tables]") {
  const std::vector<ColumnSpec> old_columns{
    ColumnSpec{"local_port", Kind::u8, Role::key, Unit::none, false, "Narrower than today.", {}},
    ColumnSpec{"gone", Kind::u8, Role::key, Unit::none, false, "Dropped since.", {}},
  };
  Table old(TableSpec{"socket", "Old.", old_columns});
  old.column(0).append_raw(80);
  old.column(1).append_raw(1);
  old.row_appended();
  const Table now = old.converted_to(sockets.spec());
  REQUIRE(now.size() == 1);
  CHECK(sockets.column<&Socket::local_port>(now).raw(0) == 80);
  CHECK(sockets.column<&Socket::state>(now).is_null(0));
}

TEST_CASE("cells are written for people and as JSON", "[tables]") {
  Socket socket;
  socket.local_address = *parse_ip_address("::ffff:10.0.0.1");
  socket.cookie = 0xFFFFFFFFFFFFFFFEULL;
  socket.state = static_cast<TcpState>(77);
  TableBuilder builder(sockets);
  builder.add(socket);
  const Table table = std::move(builder).build();
  JsonWriter json;
  json.begin_object();
  write_json_row(json, table, 0);
  json.end_object();
  CHECK(json.text().find(R"("local_address":"::ffff:10.0.0.1")") != std::string::npos);
  CHECK(json.text().find(R"("cookie":"fffffffffffffffe")") != std::string::npos);
  CHECK(json.text().find(R"("state":"77")") != std::string::npos);
  CHECK(json.text().find(R"("pid":null)") != std::string::npos);
}

TEST_CASE("addresses are parsed, ordered and written whole", "[tables]") {
  CHECK(format_ip_address(*parse_ip_address("10.0.0.1")) == "10.0.0.1");
  CHECK(format_ip_address(*parse_ip_address("FD77:0:0::1")) == "fd77::1");
  CHECK_FALSE(parse_ip_address("10.0.0.256").has_value());
  CHECK_FALSE(parse_ip_address("").has_value());
  CHECK_FALSE(parse_ip_address(std::string_view("10.0.0.1\0x", 10)).has_value());
  CHECK(parse_ip_address("::ffff:10.0.0.1")->unmapped() == *parse_ip_address("10.0.0.1"));
  CHECK(*parse_ip_address("::ffff:10.0.0.1") != *parse_ip_address("10.0.0.1"));
  CHECK(*parse_ip_address("9.0.0.0") < *parse_ip_address("10.0.0.0"));
  CHECK(*parse_ip_address("255.0.0.0") < *parse_ip_address("::"));
  CHECK(parse_ip_address("::")->is_unspecified());
  CHECK(format_mac_address(MacAddress{0x020000000001}) == "02:00:00:00:00:01");
}
