// SPDX-License-Identifier: MIT
#include "diff/sockets.h"

#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using S = TcpState;

namespace {

const Process postgres = process(802, "postgres");

// The server's end of a connection, and the client's end of another.
Socket server(S state, std::uint64_t cookie = 0, std::uint32_t inode = 0) {
  return tcp(state, "10.0.0.5", 5432, "10.0.1.9", 51514, cookie, inode);
}
Socket client(S state, std::uint64_t cookie = 0, std::uint32_t inode = 0) {
  return tcp(state, "10.0.0.5", 40000, "10.0.9.2", 6379, cookie, inode);
}

} // namespace

TEST_CASE("a connection that is there only after was opened", "[diff]") {
  const Socket service = listener("0.0.0.0", 5432, 1, 10);
  Socket opened = server(S::established, 0x1ff8, 53770);
  opened.pid = 802;
  const auto events = diff_sockets_of({service}, {service, opened}, {postgres}, {postgres});
  REQUIRE(in_words(events) == Lines{"sock.opened tcp 10.0.0.5:5432 <- 10.0.1.9:51514 dir=inbound state=ESTABLISHED"});
  CHECK(events[0].incarnation == "c:1ff8");
  CHECK(events[0].owner == "postgres[802]");
  CHECK(events[0].before_row == -1);
  CHECK(events[0].after_row == 1);
  CHECK(events[0].confidence == Confidence::proven);
}

TEST_CASE("the direction is in the key", "[diff]") {
  CHECK(in_words(diff_sockets_of({}, {client(S::established, 1)}))
        == Lines{"sock.opened tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound state=ESTABLISHED"});
  CHECK(in_words(diff_sockets_of({}, {tcp(S::established, "::1", 80, "::1", 40000, 1)}))
        == Lines{"sock.opened tcp [::1]:80 <> [::1]:40000 dir=local state=ESTABLISHED"});
  const Socket mapped = tcp(S::established, "::ffff:10.0.0.5", 443, "::ffff:10.0.1.9", 5, 1);
  CHECK(in_words(diff_sockets_of({listener("::", 443, 2)}, {listener("::", 443, 2), mapped}))
        == Lines{"sock.opened tcp 10.0.0.5:443 <- 10.0.1.9:5 dir=inbound dual=true state=ESTABLISHED"});
}

TEST_CASE("a connection that only left TIME_WAIT came and went", "[diff]") {
  const auto events = diff_sockets_of({}, {client(S::time_wait, 7)});
  CHECK(in_words(events)
        == Lines{"sock.opened tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound state=TIME_WAIT came_and_went=true"});
}

TEST_CASE("a closed connection is one event, whatever goes with it", "[diff]") {
  Socket open = client(S::established, 7, 53769);
  open.uid = 1000;
  open.pid = 802;
  open.send_queue = 100'000;
  const Socket waiting = client(S::time_wait, 7); // Owner, inode and queue are gone.
  const auto events = diff_sockets_of({open}, {waiting}, {postgres}, {});
  REQUIRE(in_words(events)
          == Lines{"sock.closed tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound from=ESTABLISHED to=TIME_WAIT "
                   "via=FIN_WAIT1 skipped=1-2 closer=local"});
  CHECK(events[0].owner == "postgres[802]");
  CHECK(events[0].incarnation == "c:7");
}

TEST_CASE("without cookies a closed connection is the same event, less certain", "[diff]") {
  const auto events = diff_sockets_of({client(S::established, 0, 53769)}, {client(S::time_wait)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "sock.closed");
  CHECK(events[0].confidence == Confidence::consistent);
}

TEST_CASE("an open connection that is gone was closed, a closing one was reaped and is hidden", "[diff]") {
  CHECK(in_words(diff_sockets_of({client(S::established, 7)}, {}))
        == Lines{"sock.closed tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound from=ESTABLISHED"});
  CHECK(in_words(diff_sockets_of({client(S::close_wait, 7)}, {}))
        == Lines{"sock.closed tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound from=CLOSE_WAIT closer=peer"});
  const auto reaped = diff_sockets_of({client(S::time_wait, 7)}, {});
  REQUIRE(in_words(reaped) == Lines{"sock.reaped tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound from=TIME_WAIT"});
  CHECK(reaped[0].spec->hidden);
}

TEST_CASE("steps among open and among closing states are states", "[diff]") {
  CHECK(in_words(diff_sockets_of({server(S::established, 7, 5)}, {server(S::close_wait, 7, 5)}))
        == Lines{"sock.state tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound from=ESTABLISHED to=CLOSE_WAIT "
                 "closer=peer"});
  CHECK(in_words(diff_sockets_of({server(S::fin_wait1, 7)}, {server(S::time_wait, 7)}))
        == Lines{"sock.state tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound from=FIN_WAIT1 to=TIME_WAIT "
                 "skipped=0-1 closer=local"});
}

TEST_CASE("an impossible step is another connection", "[diff]") {
  const auto events = diff_sockets_of({server(S::close_wait)}, {server(S::established)});
  REQUIRE(in_words(events)
          == Lines{"sock.reopened tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound from=CLOSE_WAIT to=ESTABLISHED "
                   "reason=impossible step"});
  CHECK(severity_of(events[0]) == Severity::warn);
}

TEST_CASE("another cookie or inode is another connection", "[diff]") {
  const auto cookie = diff_sockets_of({server(S::established, 7)}, {server(S::established, 8)});
  REQUIRE(cookie.size() == 1);
  CHECK(*find_field(cookie[0], "reason") == "new cookie");
  CHECK(cookie[0].confidence == Confidence::proven);
  const auto inode = diff_sockets_of({server(S::established, 0, 5)}, {server(S::established, 0, 6)});
  REQUIRE(inode.size() == 1);
  CHECK(*find_field(inode[0], "reason") == "new inode");
  const auto sudden = diff_sockets_of({server(S::fin_wait2)}, {server(S::fin_wait2, 0, 6)});
  REQUIRE(sudden.size() == 1);
  CHECK(sudden[0].spec->name == "sock.reopened");
}

TEST_CASE("equal cookies prove one socket even where the step is impossible", "[diff]") {
  const auto events = diff_sockets_of({server(S::time_wait, 7)}, {server(S::syn_sent, 7)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "sock.state");
  CHECK(events[0].why == Lines{"socket reused after disconnect"});
}

TEST_CASE("a state that lasted too long is another connection", "[diff]") {
  const auto after_seconds = [](S state, std::int64_t seconds, std::uint32_t inode = 0) {
    return diff_sockets_of({server(state, 0, inode)}, {server(state, 0, inode)}, {}, {}, seconds).size();
  };
  CHECK(after_seconds(S::time_wait, 60) == 0);
  CHECK(after_seconds(S::time_wait, 66) == 1);
  CHECK(after_seconds(S::fin_wait2, 66) == 1);
  CHECK(after_seconds(S::fin_wait2, 6600, 5) == 0);
  CHECK(after_seconds(S::syn_recv, 69) == 1);
  CHECK(after_seconds(S::syn_sent, 131) == 0);
  CHECK(after_seconds(S::syn_sent, 133) == 1);
  CHECK(after_seconds(S::close_wait, 100'000) == 0);
  CHECK(after_seconds(S::established, 100'000) == 0);
  Socket timed = server(S::time_wait);
  timed.timer = SocketTimer::timewait;
  timed.timer_expires = 10'000'000 + 12'000; // 12 s left.
  CHECK(diff_sockets_of({timed}, {timed}, {}, {}, 16).empty());
  Socket next = timed;
  next.timer_expires = 10'000'000 + 78'000; // Begun when the first was over.
  const auto expired = diff_sockets_of({timed}, {next}, {}, {}, 18);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].confidence == Confidence::inferred);
  CHECK(severity_of(expired[0]) == Severity::info);
}

TEST_CASE("an inode that comes is an accept, one that goes an orphan", "[diff]") {
  CHECK(in_words(diff_sockets_of({server(S::established, 7)}, {server(S::established, 7, 53516)}))
        == Lines{"sock.accepted tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound state=ESTABLISHED"});
  CHECK(in_words(diff_sockets_of({server(S::fin_wait2, 7, 5)}, {server(S::fin_wait2, 7)}))
        == Lines{"sock.orphaned tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound state=FIN_WAIT2"});
  CHECK(count_events(diff_sockets_of({server(S::fin_wait1, 7, 5)}, {server(S::time_wait, 7)}), "sock.orphaned") == 0);
}

TEST_CASE("owners are restarted, changed or unknown, and only compared with an inode", "[diff]") {
  const auto kind = [](std::uint32_t pid_after, std::uint32_t inode_after) -> std::string {
    Socket before = server(S::established, 7, 5);
    before.pid = 802;
    Socket after = server(S::established, 7, inode_after);
    after.pid = pid_after;
    const auto events =
      diff_sockets_of({before}, {after}, {postgres}, {postgres, process(900, "postgres"), process(901, "nginx")});
    const std::string* found = events.empty() ? nullptr : find_field(events.front(), "kind");
    return found == nullptr ? "" : *found;
  };
  CHECK(kind(802, 5).empty());
  CHECK(kind(900, 5) == "restarted");
  CHECK(kind(901, 5) == "changed");
  CHECK(kind(950, 5) == "unknown");
  CHECK(kind(901, 0).empty());
  Socket mine = server(S::established, 7, 5);
  Socket yours = mine;
  yours.uid = 33;
  CHECK(count_events(diff_sockets_of({mine}, {yours}), "sock.owner") == 1);
}

TEST_CASE("queues are told when they move by 4096 bytes and half", "[diff]") {
  const auto steps = [](std::uint32_t from, std::uint32_t to) {
    Socket before = server(S::established, 7, 5);
    before.recv_queue = from;
    Socket after = before;
    after.recv_queue = to;
    return in_words(diff_sockets_of({before}, {after}));
  };
  CHECK(steps(0, 4095).empty());
  CHECK(steps(100'000, 120'000).empty());
  CHECK(steps(0, 4096)
        == Lines{"sock.queue tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound kind=grew queue=recv_queue"});
  CHECK(steps(100'000, 20'000)
        == Lines{"sock.queue tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound kind=shrank queue=recv_queue"});
}

TEST_CASE("another interface is told, and drops are counted", "[diff]") {
  Socket bound = server(S::established, 7, 5);
  bound.bound_interface = "eth0";
  const auto events = diff_sockets_of({server(S::established, 7, 5)}, {bound});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "sock.changed");
  REQUIRE(events[0].changed.size() == 1);
  CHECK_FALSE(events[0].changed[0].from.has_value());
  CHECK(events[0].changed[0].to == "eth0");
  Socket dropping = udp("0.0.0.0", 53, 7, 5);
  dropping.drops = 12;
  CHECK(in_words(diff_sockets_of({udp("0.0.0.0", 53, 7, 5)}, {dropping}))
        == Lines{"sock.drops udp 0.0.0.0:53 drops=12"});
  CHECK(diff_sockets_of({dropping}, {udp("0.0.0.0", 53, 7, 5)}).empty());
}

TEST_CASE("datagram and raw sockets are opened and closed", "[diff]") {
  CHECK(in_words(diff_sockets_of({}, {udp("0.0.0.0", 68, 7, 5)})) == Lines{"sock.opened udp 0.0.0.0:68 state=CLOSE"});
  CHECK(in_words(diff_sockets_of({udp("0.0.0.0", 68, 7, 5)}, {})) == Lines{"sock.closed udp 0.0.0.0:68 from=CLOSE"});
  Socket raw = udp("::", 58, 7, 5);
  raw.protocol = SocketProtocol::raw;
  CHECK(in_words(diff_sockets_of({}, {raw})) == Lines{"sock.opened raw [::]:58 state=CLOSE"});
}

TEST_CASE("a bound TCP socket is no connection until it connects", "[diff]") {
  const auto bound = [](S state) { return tcp(state, "10.0.0.5", 7, "0.0.0.0", 0, 9, 5); };
  CHECK(in_words(diff_sockets_of({}, {bound(S::close)})) == Lines{"sock.bound tcp 10.0.0.5:7 state=CLOSE"});
  CHECK(in_words(diff_sockets_of({bound(S::bound_inactive)}, {}))
        == Lines{"sock.unbound tcp 10.0.0.5:7 state=BOUND_INACTIVE"});
  CHECK(in_words(diff_sockets_of({bound(S::close)}, {bound(S::listen)}))
        == Lines{"listen.added tcp 10.0.0.5:7 state=LISTEN"});
  CHECK(in_words(diff_sockets_of({server(S::close, 7, 5)}, {server(S::established, 7, 5)}))
        == Lines{"sock.opened tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound state=ESTABLISHED"});
  CHECK(in_words(diff_sockets_of({server(S::established, 7, 5)}, {server(S::close, 7, 5)}))
        == Lines{"sock.closed tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound from=ESTABLISHED to=CLOSE"});
}

TEST_CASE("timers are not told", "[diff]") {
  Socket before = server(S::established, 7, 5);
  before.timer = SocketTimer::keepalive;
  before.timer_expires = 1'000'000;
  Socket after = before;
  after.timer = SocketTimer::on;
  after.timer_expires = 9'000'000;
  CHECK(diff_sockets_of({before}, {after}).empty());
  before.timer = SocketTimer::probe;
  after.timer = SocketTimer::off;
  CHECK(diff_sockets_of({before}, {after}).empty());
}

TEST_CASE("a socket that was read twice counts once", "[diff]") {
  SECTION("the same row") {
    const Socket open = server(S::established, 7, 5);
    CHECK(diff_sockets_of({open, open}, {open}).empty());
  }
  SECTION("the same socket, further along") {
    CHECK(
      in_words(diff_sockets_of({server(S::established, 7, 5)}, {server(S::time_wait, 7), server(S::established, 7, 5)}))
        .size()
      == 1);
    CHECK(count_events(
            diff_sockets_of({server(S::established, 0, 5)}, {server(S::established, 0, 5), server(S::time_wait)}),
            "sock.closed")
          == 1);
  }
  SECTION("the same row without cookie and inode") {
    CHECK(diff_sockets_of({server(S::time_wait), server(S::time_wait)}, {server(S::time_wait)}).empty());
  }
  SECTION("a request, and the IPv6 socket that it became") {
    const Socket mapped = tcp(S::established, "::ffff:10.0.0.5", 5432, "::ffff:10.0.1.9", 51514, 7);
    CHECK(in_words(diff_sockets_of({}, {server(S::syn_recv, 7), mapped}))
          == Lines{"sock.opened tcp 10.0.0.5:5432 -> 10.0.1.9:51514 dir=outbound dual=true state=ESTABLISHED"});
  }
  SECTION("a successor is another socket") {
    const auto events =
      diff_sockets_of({server(S::time_wait, 7)}, {server(S::time_wait, 7), server(S::syn_sent, 8, 9)});
    CHECK(count_events(events, "sock.opened") == 1);
    CHECK(events.size() == 1);
  }
}

TEST_CASE("an IPv6 socket that talks IPv4 is one connection with its request", "[diff]") {
  const Socket service = listener("::", 5432, 1, 1);
  const auto mapped = [](S state, std::uint64_t cookie, std::uint32_t inode) {
    return tcp(state, "::ffff:10.0.0.5", 5432, "::ffff:10.0.1.9", 51514, cookie, inode);
  };
  CHECK(in_words(diff_sockets_of({service, server(S::syn_recv, 7)}, {service, mapped(S::established, 7, 5)}))
        == Lines{"sock.state tcp 10.0.0.5:5432 <- 10.0.1.9:51514 dir=inbound dual=true from=SYN_RECV to=ESTABLISHED",
                 "sock.accepted tcp 10.0.0.5:5432 <- 10.0.1.9:51514 dir=inbound dual=true state=ESTABLISHED"});
  CHECK(in_words(diff_sockets_of({service, server(S::syn_recv)}, {service, mapped(S::established, 0, 0)}))
        == Lines{"sock.state tcp 10.0.0.5:5432 <- 10.0.1.9:51514 dir=inbound dual=true from=SYN_RECV to=ESTABLISHED"});
  const auto other = diff_sockets_of({service, mapped(S::established, 7, 5)}, {service, server(S::syn_recv, 8)});
  REQUIRE(other.size() == 1);
  CHECK(other[0].spec->name == "sock.reopened");
}

TEST_CASE("an inode alone is less than a proof where one side knows cookies", "[diff]") {
  const auto confidence = [](std::uint64_t cookie_before) {
    return diff_sockets_of({server(S::established, cookie_before, 5)}, {server(S::close_wait, 0, 5)})[0].confidence;
  };
  CHECK(confidence(0) == Confidence::proven);
  CHECK(confidence(7) == Confidence::consistent);
}

TEST_CASE("a source that tells no inodes says nothing of owners and accepting", "[diff]") {
  // As the text of netstat -an has them: neither cookies nor inodes nor users.
  const auto plain = [](Socket socket) {
    socket.cookie = std::nullopt;
    socket.inode = 0;
    socket.uid = 0;
    return socket;
  };
  Socket held = server(S::fin_wait2, 7, 5);
  held.uid = 1000;
  Socket service = listener("0.0.0.0", 5432, 1, 1);
  service.uid = 1000;
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(1000);
  add_table(a, make_table(sockets, {plain(held), plain(service), plain(client(S::established, 9))}));
  a.captures.back().source = "netstat";
  add_table(b, make_table(sockets, {held, service, client(S::established, 9, 9)}));
  for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    CHECK(in_words(diff_snapshots(*from, *to, {{"socket"}, {}}).events).empty());
  }
}

TEST_CASE("several addresses of an SCTP association are attributes", "[diff]") {
  Socket before = server(S::established, 7, 5);
  before.protocol = SocketProtocol::sctp;
  before.remote_addresses = "*10.0.1.9,10.0.2.9";
  Socket after = before;
  after.remote_addresses = "*10.0.1.9";
  const auto events = diff_sockets_of({before}, {after});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "sock.changed");
  CHECK(events[0].changed.at(0).column == "remote_addresses");
}

TEST_CASE("sockets of MPTCP, SCTP and DCCP are opened, change their state and are closed", "[diff]") {
  for (const SocketProtocol protocol : {SocketProtocol::mptcp, SocketProtocol::sctp, SocketProtocol::dccp}) {
    const auto with = [&](S state) {
      Socket socket = server(state, 7, 5);
      socket.protocol = protocol;
      return socket;
    };
    const auto names = [](const std::vector<Event>& events) {
      Lines found;
      for (const Event& event : events) {
        found.emplace_back(event.spec->name);
      }
      return found;
    };
    CHECK(names(diff_sockets_of({}, {with(S::established)})) == Lines{"sock.opened"});
    CHECK(names(diff_sockets_of({with(S::established)}, {with(S::close_wait)})) == Lines{"sock.state"});
    CHECK(names(diff_sockets_of({with(S::established)}, {})) == Lines{"sock.closed"});
  }
}
