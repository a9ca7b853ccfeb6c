// SPDX-License-Identifier: MIT
#include "store/integer_codec.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/tables/random_table.h"

using namespace hindstat;

namespace {

std::string packed(const std::vector<std::uint64_t>& values) {
  std::string bytes;
  append_integers(bytes, values);
  return bytes;
}

IntegerForm form_of(const std::string& bytes) {
  return static_cast<IntegerForm>(static_cast<std::uint8_t>(bytes.front()) & 0xF0U);
}

void require_round_trip(const std::vector<std::uint64_t>& values) {
  const std::string bytes = packed(values);
  ByteReader in(bytes);
  REQUIRE(read_integers(in, values.size()) == values);
  REQUIRE(in.at_end());
}

} // namespace

TEST_CASE("integers come back as they were in whatever form they take", "[store]") {
  Rng rng(1);
  require_round_trip({});
  require_round_trip({0});
  require_round_trip({~0ULL});
  require_round_trip({0, ~0ULL, 0, 1ULL << 63, ~0ULL});
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint64_t> values(rng() % 70);
    const unsigned base_shift = static_cast<unsigned>(rng() % 64);
    const unsigned step_shift = static_cast<unsigned>(rng() % 64);
    const std::uint64_t base = rng() >> base_shift;
    std::uint64_t running = base;
    for (std::uint64_t& value : values) {
      switch (round % 3) {
        case 0:
          value = base + (rng() >> step_shift);
          break;
        case 1:
          value = running += rng() >> step_shift;
          break;
        default:
          value = rng() % 20 == 0 ? rng() : base + rng() % 3;
      }
    }
    require_round_trip(values);
  }
}

TEST_CASE("integers take the form with the fewest bytes", "[store]") {
  CHECK(form_of(packed({7, 7, 7, 7})) == IntegerForm::constant);
  CHECK(packed(std::vector<std::uint64_t>(100'000, 7)).size() == 2);
  CHECK(form_of(packed({0, 200, 250, 130, 190, 10})) == IntegerForm::offset_planes);
  CHECK(form_of(packed({1000, 1100, 1190, 1270, 1370, 1460, 1560})) == IntegerForm::delta_planes);
  std::vector<std::uint64_t> rising_with_outlier;
  std::vector<std::uint64_t> small_with_outlier(50, 1);
  for (std::uint64_t i = 0; i < 50; ++i) {
    rising_with_outlier.push_back(i * 40 + (i > 20 ? 1'000'000'000 : 0));
    small_with_outlier[i] = i % 5;
  }
  small_with_outlier[20] = 1'000'000'000'000;
  CHECK(form_of(packed(rising_with_outlier)) == IntegerForm::delta_varints);
  CHECK(form_of(packed(small_with_outlier)) == IntegerForm::offset_varints);
}

TEST_CASE("integers cut anywhere are refused", "[store]") {
  for (const auto& values :
       {std::vector<std::uint64_t>{0, 200, 250, 130, 190, 10}, std::vector<std::uint64_t>{1, 2, 3, 4, 1ULL << 40},
        std::vector<std::uint64_t>{1000, 1100, 1190, 1270, 1370, 1460}, std::vector<std::uint64_t>{7, 7, 7}}) {
    const std::string bytes = packed(values);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ByteReader in(std::string_view(bytes).substr(0, size));
      REQUIRE_THROWS_AS(read_integers(in, values.size()), Error);
    }
  }
}

TEST_CASE("an unknown integer form and a number of more than 64 bits are refused", "[store]") {
  for (const unsigned tag : {0x01U, 0x10U, 0x19U, 0x20U, 0x31U, 0x50U, 0xFFU}) {
    const std::string bytes = std::string(1, static_cast<char>(tag)) + std::string(64, '\0');
    ByteReader in(bytes);
    REQUIRE_THROWS_AS(read_integers(in, 2), Error);
  }
  for (const std::string& bytes : {std::string(10, '\xff') + '\x01', std::string(9, '\xff') + '\x02'}) {
    ByteReader in(bytes);
    REQUIRE_THROWS_AS(in.varint(), Error);
  }
}
