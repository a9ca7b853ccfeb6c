// SPDX-License-Identifier: MIT
// What holds for every diff, over random tables of every spec in the catalog.
#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>

#include "diff/output.h"
#include "diff/socket_events.h"
#include "diff/torn_reads.h"
#include "tables/catalog.h"
#include "tables/change_set.h"
#include "tables/interface.h"
#include "tables/protocol_counter.h"
#include "tables/unix_socket.h"
#include "tests/diff/diff_fixture.h"
#include "tests/diff/random_sockets.h"
#include "tests/tables/random_table.h"

using namespace hindstat;

namespace {

/// Of this process: what other load does to the wall clock says nothing about an algorithm.
double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

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

// Random texts are rarely names that rules know: interfaces, sockets and counters of few names, all values plausible
// or at the edge of what a column holds.
TwoTables random_plausible(Rng& rng) {
  const auto pick = [&](std::uint64_t count) { return rng() % count; };
  const auto number = [&] { return pick(6) == 0 ? ~0ULL - pick(2) : pick(3) == 0 ? 4'294'967'290 + pick(9) : pick(9); };
  const auto make_interfaces = [&] {
    std::vector<Interface> rows;
    for (std::uint64_t i = 0; i < pick(6); ++i) {
      Interface row;
      row.name = "eth" + std::to_string(pick(3));
      row.ifindex = static_cast<std::uint32_t>(pick(4));
      row.flags = FlagSet<InterfaceFlag>(static_cast<std::uint32_t>(pick(4) == 0 ? 0x10041 : pick(0x200)));
      row.operstate = static_cast<OperState>(pick(7));
      row.mtu = 1500 + static_cast<std::uint32_t>(pick(2));
      row.carrier_changes = static_cast<std::uint32_t>(pick(4));
      row.rx_bytes = number();
      rows.push_back(row);
    }
    return make_table(interfaces, rows);
  };
  const auto make_counters = [&] {
    constexpr std::array<std::string_view, 5> names{"InErrs", "RetransSegs", "InSegs", "CurrEstab", "InType3"};
    std::vector<ProtocolCounter> rows;
    for (std::uint64_t i = 0; i < pick(6); ++i) {
      ProtocolCounter row;
      row.group = pick(2) == 0 ? "Tcp" : "IcmpMsg";
      row.name = names.at(pick(names.size()));
      if (row.name == "CurrEstab") {
        row.level = static_cast<std::int64_t>(number());
      } else {
        row.count = number();
      }
      rows.push_back(row);
    }
    return make_table(protocol_counters, rows);
  };
  const auto make_unix = [&] {
    std::vector<UnixSocket> rows;
    for (std::uint64_t i = 0; i < pick(8); ++i) {
      UnixSocket row;
      row.type = pick(2) == 0 ? UnixType::stream : UnixType::dgram;
      row.name = pick(4) == 0 ? std::nullopt : std::optional("/run/" + std::to_string(pick(2)));
      row.state = static_cast<UnixState>(1 + pick(5));
      row.inode = static_cast<std::uint32_t>(pick(5));
      row.cookie = pick(3) == 0 ? std::nullopt : std::optional(pick(5));
      row.pid = static_cast<std::uint32_t>(1 + pick(2));
      row.recv_queue = static_cast<std::uint32_t>(pick(3) * 5000);
      row.send_queue = static_cast<std::uint32_t>(pick(2) * 128);
      rows.push_back(row);
    }
    return make_table(unix_sockets, rows);
  };
  switch (pick(3)) {
    case 0:
      return {make_interfaces(), make_interfaces()};
    case 1:
      return {make_counters(), make_counters()};
    default:
      return {make_unix(), make_unix()};
  }
}

std::vector<TwoTables> pairs_under_law(Rng& rng) {
  std::vector<TwoTables> pairs;
  for (int round = 0; round < 20 * rounds; ++round) {
    pairs.push_back(random_plausible(rng));
  }
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
    CHECK(everything(diff_tables(pair.before, pair.before, 0).events).empty());
    for (const Event& event : diff_tables(pair.before, pair.before).events) { // Ten seconds later.
      INFO(everything(event));
      const std::string* kind = find_field(event, "kind");
      CHECK((kind != nullptr && *kind == "stuck"));
    }
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

TEST_CASE("what happens one way happens mirrored the other way", "[diff]") {
  Rng rng(4);
  std::map<std::string_view, std::string_view> mirror{
    {"row.added", "row.removed"},
    {"route.added", "route.removed"},
    {"if.added", "if.removed"},
    {"if.up", "if.down"},
    {"if.addr.added", "if.addr.removed"},
    {"mcast.joined", "mcast.left"},
    {"unix.listen.added", "unix.listen.removed"},
    {"unix.bound", "unix.unbound"},
  };
  for (const std::string_view both : {"if.recreated",
                                      "if.renamed",
                                      "if.carrier",
                                      "if.mtu",
                                      "if.flags",
                                      "if.changed",
                                      "if.counter_reset",
                                      "if.counted",
                                      "if.addr.moved",
                                      "if.addr.changed",
                                      "if.addr.settled",
                                      "stat.reset",
                                      "stat.changed",
                                      "stat.errors",
                                      "stat.counted",
                                      "mcast.users",
                                      "unix.listen.restarted",
                                      "unix.listen.workers",
                                      "unix.listen.backlog",
                                      "unix.rebound",
                                      "unix.owner",
                                      "unix.queue"}) {
    mirror.emplace(both, both);
  }
  for (const TwoTables& pair : pairs_under_law(rng)) {
    if (pair.before.spec().name == sockets.name()) {
      continue; // What a socket's state may become has a direction: the counting rule is its law.
    }
    const auto forward = diff_tables(pair.before, pair.after).events;
    const auto backward = diff_tables(pair.after, pair.before, -10).events;
    for (const auto& [there, back] : mirror) {
      INFO(pair.before.spec().name << " " << there);
      CHECK(count_events(forward, there) == count_events(backward, back));
      CHECK(count_events(forward, back) == count_events(backward, there));
    }
  }
}

TEST_CASE("what was counted is the same number both ways, and never one beyond what was read", "[diff]") {
  Rng rng(6);
  for (int round = 0; round < 20 * rounds; ++round) {
    const TwoTables pair = random_plausible(rng);
    const auto amounts = [](const std::vector<Event>& events) {
      std::vector<std::string> found;
      for (const Event& event : events) {
        if (const std::string* delta = find_field(event, "delta")) {
          CHECK(delta->find('-') == std::string::npos);
          CHECK(std::stoull(*delta) <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
          found.push_back(event.key + " " + *delta);
        }
      }
      std::ranges::sort(found);
      return found;
    };
    INFO(round);
    CHECK(amounts(diff_tables(pair.before, pair.after).events)
          == amounts(diff_tables(pair.after, pair.before, -10).events));
  }
}

TEST_CASE("a table alone explains all that changed in it", "[diff]") {
  Rng rng(7);
  const std::array<std::string_view, 3> with_rules{"interface", "address", "multicast_group"};
  for (const TwoTables& pair : pairs_under_law(rng)) {
    if (std::ranges::find(with_rules, pair.before.spec().name) == with_rules.end()) {
      continue;
    }
    // Rows that differ in a state or an attribute and have one partner at most are in an event each.
    const auto events = diff_tables(pair.before, pair.after).events;
    const Pairing pairing = pair_rows(pair.before, pair.after);
    for (std::uint32_t row = 0; row < pair.before.size(); ++row) {
      const bool gone = pairing.after_of[row] == Pairing::none;
      INFO(pair.before.spec().name << " row " << row);
      CHECK((!gone || std::ranges::any_of(events, [&](const Event& event) { return event.before_row == row; })));
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
  const double began = cpu_seconds();
  const Diff diff = diff_tables(a, b);
  const double took = cpu_seconds() - began;
  CHECK(diff.events.size() >= 1500);
  INFO("2 x 40,000 sockets in " << took << " s of CPU");
  CHECK(took < 10); // With sanitizers; a quadratic diff takes minutes.
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
  const double began = cpu_seconds();
  const Diff diff = diff_tables(rows_with(1), rows_with(1'000'000));
  CHECK(cpu_seconds() - began < 10);
  CHECK(diff.events.size() == 1); // One service, restarted.
}
