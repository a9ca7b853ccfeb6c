// SPDX-License-Identifier: MIT
// What holds for the events of any two, and of any three, tables of sockets.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "diff/socket_events.h"
#include "tests/diff/diff_fixture.h"
#include "tests/tables/random_table.h"

using namespace hindstat;
using S = TcpState;

namespace {

constexpr int rounds = 300;
constexpr std::array listening_on{"0.0.0.0", "127.0.0.1", "10.0.0.5", "::", "::1"};

/// One connection of a machine over three snapshots: its row in each, or none. Its states go forward only.
struct Life {
  std::array<std::optional<Socket>, 3> seen;
};

const std::array ways{
  std::vector{S::syn_sent, S::established, S::fin_wait1, S::fin_wait2, S::time_wait},
  std::vector{S::syn_recv, S::established, S::close_wait, S::last_ack},
  std::vector{S::syn_sent, S::established, S::fin_wait1, S::closing, S::time_wait},
};

class World {
public:
  explicit World(std::uint32_t seed) : rng_(seed) {
    std::uint64_t cookie = 0;
    const std::size_t lives = pick(12);
    for (std::size_t i = 0; i < lives; ++i) {
      lives_.push_back(random_life(++cookie));
    }
  }

  [[nodiscard]] std::vector<Socket> table(std::size_t moment) {
    std::vector<Socket> rows{listener("0.0.0.0", 80, 1000, 1000)};
    for (const Life& life : lives_) {
      if (life.seen.at(moment)) {
        rows.push_back(*life.seen.at(moment));
      }
    }
    std::ranges::shuffle(rows, rng_);
    return rows;
  }
  [[nodiscard]] const std::vector<Life>& lives() const {
    return lives_;
  }

private:
  std::size_t pick(std::size_t count) {
    return rng_() % count;
  }

  // Ports are few, so that one connection follows another with the same name; never two at one moment.
  Life random_life(std::uint64_t cookie) {
    Life life;
    const auto& way = ways.at(pick(ways.size()));
    const bool inbound = pick(2) == 0;
    const auto peer = static_cast<std::uint16_t>(1 + pick(4));
    const std::size_t born = pick(3);
    const std::size_t last = born + pick(3 - born);
    std::size_t step = pick(way.size());
    for (std::size_t moment = born; moment <= last; ++moment) {
      Socket socket = tcp(way[step], "10.0.0.5", inbound ? 80 : 40'000, "10.0.0.9", peer, cookie);
      const bool held = way[step] == S::established || way[step] == S::close_wait || way[step] == S::syn_sent;
      socket.inode = held ? static_cast<std::uint32_t>(cookie) : 0;
      const auto name = std::tuple(moment, inbound, peer);
      if (taken_.insert(name).second) {
        life.seen.at(moment) = socket;
      } else {
        break;
      }
      step += pick(way.size() - step);
    }
    return life;
  }

  Rng rng_;
  std::vector<Life> lives_;
  std::set<std::tuple<std::size_t, bool, std::uint16_t>> taken_;
};

std::vector<Event> diff_in_order(const std::vector<Socket>& before, const std::vector<Socket>& after) {
  return diff_sockets_of(before, after);
}

/// What a list of events says of one connection: its first state and its last, each "" for not there.
struct Span {
  std::string from;
  std::string to;
  bool operator==(const Span&) const = default;
};
using Spans = std::map<std::string, Span>; ///< By cookie.

std::string text(const Event& event, std::string_view field) {
  const std::string* value = find_field(event, field);
  return value == nullptr ? "" : *value;
}

/// Reads the events of two snapshots back into what they say; a successor ends what `before` had at its name.
Spans read_events(const std::vector<Event>& events, const std::vector<Socket>& before) {
  Spans spans;
  for (const Event& event : events) {
    const std::string_view name = event.spec->name;
    if (name == "sock.opened") {
      spans[event.incarnation] = {"", text(event, "state")};
    } else if (name == "sock.closed" || name == "sock.state" || name == "sock.reaped") {
      spans[event.incarnation] = {text(event, "from"), text(event, "to")};
    } else if (name == "sock.reopened") {
      const Socket& old = before.at(static_cast<std::size_t>(event.before_row));
      spans[format_incarnation(old)] = {text(event, "from"), ""};
      spans[event.incarnation] = {"", text(event, "to")};
    }
  }
  return spans;
}

/// The same over a..b and b..c, one after the other.
Spans fold(const Spans& first, const Spans& second) {
  Spans folded = first;
  for (const auto& [cookie, span] : second) {
    const auto [it, is_new] = folded.try_emplace(cookie, span);
    if (!is_new) {
      REQUIRE(it->second.to == span.from); // What the first left is what the second found.
      it->second.to = span.to;
    }
  }
  std::erase_if(folded, [](const auto& entry) { return entry.second.from == entry.second.to; });
  return folded;
}

std::size_t count_open(const std::vector<Socket>& rows) {
  return static_cast<std::size_t>(
    std::ranges::count_if(rows, [](const Socket& socket) { return tcp_phase(socket.state) == TcpPhase::open; }));
}

} // namespace

TEST_CASE("the events of a..c are those of a..b and b..c folded", "[diff]") {
  for (std::uint32_t round = 0; round < rounds; ++round) {
    World world(round);
    const auto a = world.table(0);
    const auto b = world.table(1);
    const auto c = world.table(2);
    INFO(round);
    const Spans folded = fold(read_events(diff_in_order(a, b), a), read_events(diff_in_order(b, c), b));
    const Spans direct = read_events(diff_in_order(a, c), a);
    CHECK((folded == direct));
  }
}

TEST_CASE("every connection is opened once and closed once, over any number of steps", "[diff]") {
  for (std::uint32_t round = 0; round < rounds; ++round) {
    World world(round);
    std::map<std::string, std::pair<int, int>> counted; // Opened and closed, by cookie.
    ConnectionCount sum;
    for (std::size_t moment = 0; moment < 3; ++moment) {
      const auto before = moment == 0 ? std::vector<Socket>() : world.table(moment - 1);
      const auto events = diff_in_order(before, world.table(moment));
      for (const auto& [cookie, span] : read_events(events, before)) {
        counted[cookie].first += span.from.empty() ? 1 : 0;
        counted[cookie].second += span.to.empty() ? 1 : 0;
      }
      const ConnectionCount count = count_connections(events);
      sum.opened += count.opened;
      sum.closed += count.closed;
    }
    INFO(round);
    for (const auto& [cookie, count] : counted) {
      INFO(cookie);
      CHECK(count.first == 1);
      CHECK(count.second <= 1);
    }
    CHECK(sum.opened == sum.closed + count_open(world.table(2)));
    std::size_t lives = 0;
    for (const Life& life : world.lives()) {
      lives += std::ranges::any_of(life.seen, [](const auto& seen) { return seen.has_value(); }) ? 1U : 0U;
    }
    CHECK(sum.opened == lives);
  }
}

TEST_CASE("mirrored, what was opened is closed, and what was widened is narrowed", "[diff]") {
  Rng rng(77);
  const auto pick = [&](std::size_t count) { return rng() % count; };
  const std::map<std::string_view, std::string_view> mirror{
    {"listen.added", "listen.removed"},
    {"listen.widened", "listen.narrowed"},
    {"listen.restarted", "listen.restarted"},
    {"listen.workers", "listen.workers"},
    {"listen.owner", "listen.owner"},
    {"listen.backlog", "listen.backlog"},
    {"sock.reopened", "sock.reopened"},
    {"sock.owner", "sock.owner"},
    {"sock.queue", "sock.queue"},
    {"sock.changed", "sock.changed"},
    {"sock.bound", "sock.unbound"},
  };
  const std::vector<Process> programs{process(1, "nginx"), process(2, "haproxy"), process(3, "nginx")};
  for (int round = 0; round < rounds; ++round) {
    const auto make = [&] {
      std::vector<Socket> rows;
      for (std::size_t i = pick(6); i > 0; --i) {
        const auto cookie = 1 + pick(6);
        Socket socket = listener(listening_on.at(pick(listening_on.size())), static_cast<std::uint16_t>(80 + pick(2)),
                                 cookie, static_cast<std::uint32_t>(cookie));
        socket.pid = static_cast<std::uint32_t>(1 + pick(3));
        socket.recv_queue = static_cast<std::uint32_t>(pick(3) * 64);
        socket.backlog = static_cast<std::uint32_t>(128 + pick(2));
        rows.push_back(socket);
      }
      for (std::size_t i = pick(6); i > 0; --i) {
        Socket socket = tcp(S::established, "10.0.0.5", 80, "10.0.0.9", static_cast<std::uint16_t>(1 + pick(3)),
                            10 + pick(9), static_cast<std::uint32_t>(1 + pick(9)));
        socket.send_queue = static_cast<std::uint32_t>(pick(3) * 50'000);
        rows.push_back(socket);
      }
      return rows;
    };
    const auto a = make();
    const auto b = make();
    const auto forward = diff_sockets_of(a, b, programs, programs);
    const auto backward = diff_sockets_of(b, a, programs, programs, -10);
    INFO(round);
    CAPTURE(in_words(forward), in_words(backward));
    for (const auto& [name, mirrored] : mirror) {
      INFO(name);
      CHECK(count_events(forward, name) == count_events(backward, mirrored));
      CHECK(count_events(forward, mirrored) == count_events(backward, name));
    }
    CHECK(count_events(forward, "sock.opened") == count_events(backward, "sock.closed"));
  }
}

TEST_CASE("each event of a socket names its rows", "[diff]") {
  for (std::uint32_t round = 0; round < rounds; ++round) {
    World world(round);
    const auto a = world.table(0);
    const auto b = world.table(1);
    for (const Event& event : diff_in_order(a, b)) {
      INFO(round << " " << in_words(event));
      const auto check = [&](const std::vector<Socket>& rows, std::int64_t row, std::string_view state) {
        if (row >= 0) {
          const Socket& socket = rows.at(static_cast<std::size_t>(row));
          CHECK(event.key.find(format_endpoint(socket.remote_address, socket.remote_port)) != std::string::npos);
          CHECK((state.empty() || format_tcp_state(socket.state) == state));
        }
      };
      CHECK((event.before_row >= 0) == (event.spec->name != "sock.opened"));
      const bool gone =
        text(event, "to").empty() && (event.spec->name == "sock.closed" || event.spec->name == "sock.reaped");
      CHECK((event.after_row >= 0) != gone);
      check(a, event.before_row, text(event, "from"));
      check(b, event.after_row, text(event, "to"));
    }
  }
}
