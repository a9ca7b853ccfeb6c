// SPDX-License-Identifier: MIT
#include "store/row_query.h"

#include <catch2/catch.hpp>

#include <cstdio>

#include "base/error.h"

using namespace hindstat;

namespace {

using Cells = std::vector<std::optional<std::string>>;

QueryRows some_rows() {
  return {"event", {"ev", "table", "port", "owner"}, 4, [](std::size_t row) {
            const std::vector<Cells> rows{{"sock.opened", "socket", "443", "nginx[5]"},
                                          {"sock.closed", "socket", "99", std::nullopt},
                                          {"route.added", "route", std::nullopt, std::nullopt},
                                          {"sock.opened", "socket", "1024", "it's; \"quoted\" -- so"}};
            return rows.at(row);
          }};
}

std::vector<std::size_t> where(const std::string& condition) {
  return rows_where(some_rows(), condition);
}

using Found = std::vector<std::size_t>;

} // namespace

TEST_CASE("a condition finds rows, numbers compare as numbers", "[store]") {
  CHECK(where("ev = 'sock.opened'") == Found{0, 3});
  CHECK(where("port > 99") == Found{0, 3});
  CHECK(where("port BETWEEN 90 AND 500") == Found{0, 1});
  CHECK(where("owner IS NULL") == Found{1, 2});
  CHECK(where("\"table\" = 'route' OR owner LIKE 'nginx%'") == Found{0, 2});
  CHECK(where("owner LIKE '%; \"quoted\" --%' -- and a remark") == Found{3});
  CHECK(where("0").empty());
  CHECK(where("NULL").empty());
  CHECK(where("ev IN (SELECT ev FROM event GROUP BY ev HAVING count(*) > 1)") == Found{0, 3});
  CHECK(where("EXISTS (SELECT 1 FROM json_each('[443, 1]') WHERE value = port)") == Found{0});
  CHECK(where("json_extract('{\"a\":' || coalesce(port, 0) || '}', '$.a') = 443") == Found{0});
}

TEST_CASE("a condition cannot do anything but read", "[store]") {
  const std::string file = "/tmp/hindstat-row-query-test.db";
  std::remove(file.c_str());
  for (const char* condition :
       {"1; DROP TABLE event", "1) ; DELETE FROM event WHERE (1", "(SELECT load_extension('x'))",
        "1 IN (SELECT 1 FROM pragma_database_list)",
        "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) "
        "SELECT count(*) FROM r)",
        "1) UNION SELECT 77 FROM event WHERE (1", "1) UNION ALL SELECT 0 FROM event WHERE (1", "", ";", ")", "--",
        "no_such_column = 1", "ev = \"no_such_text\"", "writefile('/tmp/hindstat-row-query-test.db', 'x')",
        "ATTACH '/tmp/hindstat-row-query-test.db' AS x", "PRAGMA user_version", "randomblob(900000000) IS NULL",
        "zeroblob(900000000) IS NULL", "abs(-9223372036854775808) > port"}) {
    INFO(condition);
    CHECK_THROWS_AS(where(condition), Error);
  }
  CHECK_THROWS_AS(where(std::string("1\0 OR 1", 7)), Error);
  CHECK(std::fopen(file.c_str(), "r") == nullptr);
}

TEST_CASE("a condition that takes too long is ended", "[store]") {
  QueryRows many = some_rows();
  many.columns = {"n"};
  many.count = 3000;
  many.cells = [](std::size_t row) { return Cells{std::to_string(row)}; };
  try {
    static_cast<void>(
      rows_where(many, "(SELECT count(*) FROM event a, event b, event c WHERE a.n + b.n + c.n = 5) > 0", 0.2));
    FAIL("it came to an end");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "--where took more than 0.2 s");
  }
}
