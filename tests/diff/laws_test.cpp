// SPDX-License-Identifier: MIT
// What holds for every diff, over random tables of every spec in the catalog.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <tuple>

#include "diff/output.h"
#include "diff/socket_events.h"
#include "diff/torn_reads.h"
#include "tables/catalog.h"
#include "tests/diff/diff_fixture.h"
#include "tests/tables/random_table.h"

using namespace hindstat;

namespace {

constexpr int rounds = 20;
constexpr std::size_t most_rows = 60;

Snapshot with_table(std::int64_t seconds, Table table) {
  std::map<std::string, bool> namespaces{{"", true}};
  if (const Column* netns = table.find_column("netns")) {
    for (std::size_t row = 0; row < netns->size(); ++row) {
      namespaces[std::string(netns->bytes(row))] = true;
    }
  }
  Snapshot snapshot = snapshot_at(seconds);
  const Capture first = add_table(snapshot, std::move(table));
  for (const auto& [netns, there] : namespaces) {
    if (!netns.empty()) {
      snapshot.captures.push_back(first);
      snapshot.captures.back().netns = netns;
    }
  }
  return snapshot;
}

struct TwoTables {
  Table before;
  Table after;
};

TwoTables random_pair(const TableSpec& spec, Rng& rng) {
  Table before = random_table(spec, rng() % most_rows, rng);
  Table after = mutate(before, rng, 0.3);
  return {std::move(before), std::move(after)};
}

// Random enum values rarely make a state machine: sockets of few addresses in plausible states.
Table random_sockets(Rng& rng, std::size_t rows) {
  const auto pick = [&](std::uint64_t count) { return rng() % count; };
  std::vector<Socket> made;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto state = static_cast<TcpState>(1 + pick(13));
    const bool listens = state == TcpState::listen;
    Socket socket = tcp(state, "10.0.0.5", static_cast<std::uint16_t>(1 + pick(3)), listens ? "0.0.0.0" : "10.0.0.9",
                        listens ? std::uint16_t{0} : static_cast<std::uint16_t>(1 + pick(4)),
                        pick(3) == 0 ? 0 : pick(40), static_cast<std::uint32_t>(pick(3) == 0 ? 0 : pick(40)));
    socket.protocol = pick(5) == 0 ? SocketProtocol::udp : SocketProtocol::tcp;
    socket.uid = static_cast<std::uint32_t>(pick(2));
    made.push_back(socket);
  }
  return make_table(sockets, made);
}

std::size_t count_open(const Table& table) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Socket socket = sockets.row(table, row);
    count += socket.protocol == SocketProtocol::tcp && tcp_phase(socket.state) == TcpPhase::open ? 1U : 0U;
  }
  return count;
}

Diff diff_tables(const Table& before, const Table& after, std::int64_t seconds = 10) {
  Snapshot a = with_table(0, before);
  Snapshot b = with_table(seconds, after);
  for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    for (const Capture& capture : from->captures) { // Both collected every namespace: a missing one is empty.
      if (to->find_capture(capture.table, capture.netns) == nullptr) {
        to->captures.push_back(capture);
      }
    }
  }
  return diff_snapshots(a, b, {});
}

std::string everything(const Event& event) {
  std::string text = in_words(event) + "|" + event.netns + "|" + event.incarnation + "|" + event.owner;
  for (const EventChange& change : event.changed) {
    text += "|" + change.column + ":" + change.from.value_or("-") + ">" + change.to.value_or("-");
  }
  for (const std::string& why : event.why) {
    text += "|" + why;
  }
  return text + "|" + std::string(name_of(event.confidence));
}

Lines everything(const std::vector<Event>& events) {
  Lines lines;
  std::ranges::transform(events, std::back_inserter(lines), [](const Event& event) { return everything(event); });
  return lines;
}

std::vector<TwoTables> pairs_under_law(Rng& rng) {
  std::vector<TwoTables> pairs;
  for (const TableSpec& spec : catalog()) {
    for (int round = 0; round < rounds; ++round) {
      pairs.push_back(random_pair(spec, rng));
    }
  }
  for (int round = 0; round < 10 * rounds; ++round) {
    const std::size_t rows = rng() % 20;
    pairs.push_back({random_sockets(rng, rows), random_sockets(rng, rows)});
  }
  return pairs;
}

} // namespace

TEST_CASE("a snapshot does not differ from itself", "[diff]") {
  Rng rng(1);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    INFO(pair.before.spec().name);
    CHECK(everything(diff_tables(pair.before, pair.before).events).empty());
  }
}

TEST_CASE("the order of rows does not matter", "[diff]") {
  Rng rng(2);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    INFO(pair.before.spec().name);
    const Lines expected = everything(diff_tables(pair.before, pair.after).events);
    CHECK(everything(diff_tables(shuffled(pair.before, rng), shuffled(pair.after, rng)).events) == expected);
  }
}

TEST_CASE("events hold what the list of events says, and rows that exist", "[diff]") {
  Rng rng(3);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    INFO(pair.before.spec().name);
    for (const Event& event : diff_tables(pair.before, pair.after).events) {
      INFO(everything(event));
      CHECK(event.table == pair.before.spec().name);
      CHECK((event.spec->table == "*" || event.spec->table == event.table));
      for (const EventField& field : event.fields) {
        CHECK(std::ranges::find(event.spec->fields, field.name) != event.spec->fields.end());
      }
      CHECK(event.before_row < static_cast<std::int64_t>(pair.before.size()));
      CHECK(event.after_row < static_cast<std::int64_t>(pair.after.size()));
      CHECK((event.before_row >= 0 || event.after_row >= 0));
    }
  }
}

TEST_CASE("what appears one way disappears the other way", "[diff]") {
  Rng rng(4);
  const std::map<std::string_view, std::string_view> mirror{
    {"row.added", "row.removed"}, {"route.added", "route.removed"}, {"listen.added", "listen.removed"}};
  for (const TableSpec& spec : catalog()) {
    if (spec.name == "socket") {
      continue; // What a socket's state may become has a direction: the counting rule is its law.
    }
    for (int round = 0; round < rounds; ++round) {
      const TwoTables pair = random_pair(spec, rng);
      const auto forward = diff_tables(pair.before, pair.after).events;
      const auto backward = diff_tables(pair.after, pair.before, -10).events;
      for (const auto& [there, back] : mirror) {
        INFO(spec.name << " " << there);
        CHECK(count_events(forward, there) == count_events(backward, back));
        CHECK(count_events(forward, back) == count_events(backward, there));
      }
    }
  }
}

TEST_CASE("connections and listeners that come one way go the other way", "[diff]") {
  const std::vector<Socket> few{listener("0.0.0.0", 80, 1, 1),
                                tcp(TcpState::established, "10.0.0.5", 80, "10.0.0.9", 7, 2, 2)};
  std::vector<Socket> many = few;
  many.push_back(listener("0.0.0.0", 443, 3, 3));
  many.push_back(tcp(TcpState::established, "10.0.0.5", 443, "10.0.0.9", 8, 4, 4));
  many.push_back(udp("0.0.0.0", 53, 5, 5));
  const auto forward = diff_sockets_of(few, many);
  const auto backward = diff_sockets_of(many, few);
  CHECK(count_events(forward, "listen.added") == 1);
  CHECK(count_events(forward, "sock.opened") == 2);
  CHECK(count_events(backward, "listen.removed") == 1);
  CHECK(count_events(backward, "sock.closed") == 2);
  std::vector<std::string> keys_forward;
  std::vector<std::string> keys_backward;
  std::ranges::transform(forward, std::back_inserter(keys_forward), &Event::key);
  std::ranges::transform(backward, std::back_inserter(keys_backward), &Event::key);
  CHECK(keys_forward == keys_backward);
}

TEST_CASE("every connection is opened once and closed once", "[diff]") {
  Rng rng(5);
  for (int round = 0; round < 30 * rounds; ++round) {
    const std::size_t rows = rng() % 20;
    const Table a = random_sockets(rng, rows);
    const Table b = random_sockets(rng, rows);
    SideRows rows_a(a);
    SideRows rows_b(b);
    std::ignore = collapse_torn_reads(rows_a); // The law is about sockets, not about rows read twice.
    std::ignore = collapse_torn_reads(rows_b);
    const auto events = diff_tables(a, b, rng() % 2 == 0 ? 10 : 100).events;
    const ConnectionCount count = count_connections(events);
    INFO(round);
    CAPTURE(everything(events));
    CHECK(count_open(rows_a.table()) + count.opened == count_open(rows_b.table()) + count.closed);
  }
}

TEST_CASE("a diff of 40,000 sockets takes a moment", "[diff]") {
  std::vector<Socket> before;
  for (std::uint32_t i = 0; i < 40'000; ++i) {
    Socket socket =
      tcp(TcpState::established, "10.0.0.5", 443, "10.1.0.1", static_cast<std::uint16_t>(i), 1 + i, 1 + i);
    const auto third = static_cast<std::uint8_t>(i >> 14);
    socket.remote_address = IpAddress::v4({10, 1, third, 1});
    before.push_back(socket);
  }
  std::vector<Socket> after = before;
  for (std::uint32_t i = 0; i < 800; ++i) { // 2 % are replaced.
    after[i * 50].cookie = 1'000'000 + i;
    after[i * 50].remote_port = static_cast<std::uint16_t>(20'000 + i);
  }
  const Table a = make_table(sockets, before);
  const Table b = make_table(sockets, after);
  const auto began = std::chrono::steady_clock::now();
  const Diff diff = diff_tables(a, b);
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(diff.events.size() >= 1500);
  INFO("2 x 40,000 sockets in " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
  CHECK(took < std::chrono::seconds(5)); // With sanitizers and a busy machine; a quadratic diff takes minutes.
}

TEST_CASE("a hostile table with one key for all does not make the diff quadratic", "[diff]") {
  const auto rows_with = [](std::uint64_t first_cookie) {
    std::vector<Socket> made;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      Socket socket = udp("0.0.0.0", 53, first_cookie + i, i);
      socket.uid = i % 97;
      made.push_back(socket);
    }
    return make_table(sockets, made);
  };
  const auto began = std::chrono::steady_clock::now();
  const Diff diff = diff_tables(rows_with(1), rows_with(1'000'000));
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
  CHECK(diff.events.size() == 1); // One service, restarted.
}
