// SPDX-License-Identifier: MIT
#include "store/block_codec.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/column_codec.h"
#include "tables/process.h"
#include "tables/socket_owner.h"
#include "tests/store/sweep.h"
#include "tests/tables/laws.h"

using namespace hindstat;

namespace {

Table decoded(const std::string& payload, std::uint64_t rows, Table table) {
  BlockDecoder().apply(payload, rows, table);
  return table;
}

// The body of a payload, packed again: bodies are cut and flipped behind zstd's own checks.
std::string body_of(const std::string& payload) {
  Decompressor decompressor;
  return std::string(decompressor.decompress(payload, most_bytes));
}

// Reading every cell of a damaged block's table must be safe. Returns whether it was decoded.
bool survives(const std::string& payload, std::uint64_t rows, const Table& base) {
  try {
    const Table table = decoded(payload, rows, base);
    REQUIRE(table.size() == rows);
    for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
      REQUIRE(table.column(i).size() == rows);
    }
    static_cast<void>(table.content_sum());
    for (std::size_t row = 1; row < table.size(); ++row) {
      static_cast<void>(Table::compare_rows(table, row - 1, table, row));
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Small tables of every spec, so that every byte and bit can be tried.
template <typename Visit>
void for_small_blocks(Visit&& visit) {
  for (const TableSpec& spec : specs_under_law()) {
    Rng rng(5);
    INFO(spec.name);
    const Table before = random_table(spec, 4, rng);
    const Table after = mutate(before, rng, 0.4);
    const std::string keyframe = encode_keyframe(before);
    const Table base = decoded(keyframe, before.size(), Table(spec));
    visit(keyframe, before.size(), Table(spec));
    visit(encode_changes(compare(base, after), base), after.size(), base);
  }
}

} // namespace

TEST_CASE("a keyframe of any table decodes to the same rows", "[store]") {
  for (const TableSpec& spec : specs_under_law()) {
    Rng rng(2);
    for (const std::size_t rows : {0U, 1U, 2U, 63U, 64U, 65U, 500U}) {
      INFO(spec.name << " with " << rows << " rows");
      const Table table = random_table(spec, rows, rng);
      REQUIRE(decoded(encode_keyframe(table), rows, Table(spec)) == table);
    }
  }
}

TEST_CASE("the order of rows does not change a keyframe's size", "[store]") {
  Rng rng(3);
  const Table table = random_table(all_kinds_spec(), 300, rng);
  CHECK(encode_keyframe(table).size() == encode_keyframe(shuffled(table, rng)).size());
}

TEST_CASE("every position of a long chain decodes to what was packed", "[store]") {
  for (const TableSpec& spec : specs_under_law()) {
    Rng rng(4);
    Table now = random_table(spec, 40, rng);
    Table chain = decoded(encode_keyframe(now), now.size(), Table(spec));
    for (int step = 0; step < 150; ++step) {
      INFO(spec.name << ", step " << step);
      // Sometimes the table empties, sometimes it is all new.
      now = step % 50 == 49 ? Table(spec) : mutate(now, rng, step % 20 == 19 ? 1.0 : 0.08);
      if (now.empty() && step % 50 != 49) {
        now = random_table(spec, 30, rng);
      }
      const std::string payload = encode_changes(compare(chain, now), chain);
      BlockDecoder().apply(payload, now.size(), chain);
      REQUIRE(chain == now);
    }
  }
}

TEST_CASE("a change set's slots are those that applying it in place gives", "[store]") {
  Rng rng(6);
  for (int round = 0; round < 40; ++round) {
    Table base = decoded(encode_keyframe(random_table(all_kinds_spec(), 30, rng)), 30, Table(all_kinds_spec()));
    const ChangeSet changes = compare(base, mutate(base, rng, 0.3));
    const std::string payload = encode_changes(changes, base);
    Table in_place = base;
    apply_in_place(changes, in_place);
    BlockDecoder().apply(payload, in_place.size(), base);
    REQUIRE(base.size() == in_place.size());
    for (std::size_t row = 0; row < base.size(); ++row) {
      REQUIRE(Table::compare_rows(base, row, in_place, row) == 0);
    }
  }
}

TEST_CASE("a block cut at any byte is refused", "[store]") {
  for_small_blocks([](const std::string& payload, std::uint64_t rows, const Table& base) {
    for (std::size_t size = 0; size < payload.size(); ++size) {
      REQUIRE_FALSE(survives(payload.substr(0, size), rows, base));
    }
    const std::string body = body_of(payload);
    for (std::size_t size = 0; size < body.size(); ++size) {
      REQUIRE_FALSE(survives(compress(body.substr(0, size)), rows, base));
    }
    REQUIRE_FALSE(survives(compress(body + '\0'), rows, base));
  });
}

TEST_CASE("a block with any bit flipped is refused or decodes to a valid table", "[store][soak]") {
  constexpr std::size_t stride = 9;
  constexpr std::size_t bits_of_tag = 8;
  for_small_blocks([](const std::string& payload, std::uint64_t rows, const Table& base) {
    std::string damaged = payload;
    for (const std::size_t bit : swept(8 * damaged.size(), stride)) {
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      survives(damaged, rows, base);
      damaged[bit / 8] = payload[bit / 8];
    }
    const std::string body = body_of(payload);
    std::string damaged_body = body;
    std::size_t refused = 0;
    for (const std::size_t bit : swept(8 * body.size(), stride, bits_of_tag)) {
      damaged_body[bit / 8] = static_cast<char>(damaged_body[bit / 8] ^ (1 << (bit % 8)));
      refused += survives(compress(damaged_body), rows, base) ? 0U : 1U;
      damaged_body[bit / 8] = body[bit / 8];
    }
    REQUIRE(refused > bits_of_tag / 2); // 'K' and 'C' are a bit apart.
  });
}

TEST_CASE("random bytes are no block", "[store]") {
  Rng rng(7);
  for (const TableSpec& spec : {processes.spec(), all_kinds_spec()}) {
    const Table base = decoded(encode_keyframe(random_table(spec, 20, rng)), 20, Table(spec));
    for (int round = 0; round < 3000; ++round) {
      std::string body(1 + rng() % 200, '\0');
      for (char& byte : body) {
        byte = static_cast<char>(rng() % 3 == 0 ? rng() : rng() % 4);
      }
      body.front() = round % 2 == 0 ? 'K' : 'C';
      survives(compress(body), rng() % 40, round % 2 == 0 ? Table(spec) : base);
    }
  }
}

TEST_CASE("the worked example of docs/format.md is what is written", "[store]") {
  const auto owners = [](const std::vector<SocketOwner>& rows) {
    TableBuilder builder(socket_owners);
    for (const SocketOwner& row : rows) {
      builder.add(row);
    }
    return std::move(builder).build();
  };
  const Table first = owners({{"", 5000, 802, 3}, {"", 5002, 802, 4}, {"", 5004, 802, 5}});
  const Table second = owners({{"", 5000, 802, 3}, {"blue", 5100, 900, 7}, {"", 5004, 802, 5}});
  const std::string keyframe = encode_keyframe(first);
  CHECK(body_of(keyframe)
        == std::string("K\x03\x01\0\0\0\0\0\0\x21\x88\x27\x04\x04\0\0\xa2\x06\0\x21\x03\x02\x02", 23));
  const Table base = decoded(keyframe, 3, Table(socket_owners.spec()));
  const std::string changes = encode_changes(compare(base, second), base);
  CHECK(body_of(changes)
        == std::string("C\x03\x01\0\x01\x01\x01\0\x04"
                       "blue\0\0\0\x01\0\0\0\xec\x27\0\0\0\x84\x07\0\0\0\x07",
                       31));
  const Table after = decoded(changes, 3, base);
  CHECK(socket_owners.row(after, 1).netns == "blue");
}

TEST_CASE("a small frame that claims to hold much is refused before anything is allocated", "[store]") {
  const std::string zeros = compress(std::string(100'000'000, '\0'));
  REQUIRE(zeros.size() < 20'000);
  Table table(processes.spec());
  BlockDecoder decoder;
  CHECK_THROWS_WITH(decoder.apply(zeros, 1, table), Catch::Contains("claims to hold"));
  CHECK_THROWS_WITH(decoder.apply(zeros, most_rows + 1, table), Catch::Contains("too many"));
  CHECK_THROWS_WITH(decoder.apply(zeros, most_rows, table), Catch::Contains("too many"));
  // A frame header alone: 1 GiB in a 12-byte frame.
  const std::string header("\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x40\x01\x00\x00", 12);
  CHECK_THROWS_AS(decoder.apply(header, 1'000'000, table), Error);
}

TEST_CASE("a text that no reader would accept is not written", "[store]") {
  Process process;
  TableBuilder builder(processes);
  process.comm = std::string(longest_text, 'x');
  builder.add(process);
  Table table = std::move(builder).build();
  CHECK(decoded(encode_keyframe(table), 1, Table(processes.spec())) == table);
  process.comm += 'x';
  processes.append(table, process);
  CHECK_THROWS_WITH(encode_keyframe(table), Catch::Contains("longer than 65536"));
}

TEST_CASE("a change set against another table is refused", "[store]") {
  Rng rng(8);
  const Table base = decoded(encode_keyframe(random_table(all_kinds_spec(), 20, rng)), 20, Table(all_kinds_spec()));
  const Table after = mutate(base, rng, 0.2);
  const std::string payload = encode_changes(compare(base, after), base);
  Table other = random_table(all_kinds_spec(), 21, rng);
  CHECK_THROWS_WITH(BlockDecoder().apply(payload, after.size(), other), Catch::Contains("another number of rows"));
  Table right = base;
  CHECK_THROWS_WITH(BlockDecoder().apply(payload, after.size() + 1, right), Catch::Contains("another number of rows"));
  Table keyed = base;
  CHECK_THROWS_WITH(BlockDecoder().apply(encode_keyframe(after), after.size(), keyed), Catch::Contains("unknown kind"));
}
