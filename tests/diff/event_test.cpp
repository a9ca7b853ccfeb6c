// SPDX-License-Identifier: MIT
#include "diff/event.h"

#include <catch2/catch.hpp>
#include <set>

#include "tables/catalog.h"
#include "tests/golden.h"
#include "tests/tables/random_table.h"

using namespace hindstat;

TEST_CASE("a change of the list of events is visible in its golden dump", "[diff]") {
  std::string dump;
  for (const EventSpec& spec : event_catalog()) {
    dump += describe_event_spec(spec);
  }
  check_golden("tests/golden/events.txt", dump);
}

TEST_CASE("every kind of event is well made", "[diff]") {
  std::set<std::string_view> names;
  for (const EventSpec& spec : event_catalog()) {
    INFO(spec.name);
    CHECK(names.insert(spec.name).second);
    CHECK(&event_spec(spec.name) == &spec);
    CHECK(spec.name.find('.') != std::string_view::npos);
    CHECK((spec.table == "*" || spec.table == "host" || find_table_spec(spec.table) != nullptr));
    CHECK(spec.sentence.ends_with('.'));
    CHECK(std::string_view("+-~!>#").find(spec.sigil) != std::string_view::npos);
    for (const std::string_view reserved : {"v", "ev", "table", "netns", "key", "t", "conf", "why", "changed"}) {
      CHECK(std::find(spec.fields.begin(), spec.fields.end(), reserved) == spec.fields.end());
    }
  }
}

TEST_CASE("keys are in the order of their numbers", "[diff]") {
  CHECK(natural_less("tcp 10.0.0.9:80", "tcp 10.0.0.10:80"));
  CHECK_FALSE(natural_less("tcp 10.0.0.10:80", "tcp 10.0.0.9:80"));
  CHECK(natural_less("a", "b"));
  CHECK(natural_less("a", "a1"));
  CHECK_FALSE(natural_less("a1", "a1"));
  CHECK(natural_less("a1", "a01"));
  CHECK(natural_less("18446744073709551616", "18446744073709551617"));
}

TEST_CASE("the order of keys is that of the bytes made of them", "[diff]") {
  Rng rng(5);
  const auto random_key = [&] {
    constexpr std::string_view letters = "0012/:9a ";
    std::string key;
    for (std::uint64_t length = rng() % 6; key.size() < length;) {
      key += letters[rng() % letters.size()];
    }
    return key;
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::string a = random_key();
    const std::string b = random_key();
    INFO("'" << a << "' and '" << b << "'");
    REQUIRE(natural_less(a, b) == (natural_order_key(a) < natural_order_key(b)));
  }
}
