// SPDX-License-Identifier: MIT
// What queues, timers and counters of connections say.
#include "tables/sysctl.h"
#include "tables/tcp_info.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using S = TcpState;

namespace {

Socket sender(SocketTimer timer, std::uint8_t retries, std::uint32_t send_queue, S state = S::established) {
  Socket socket = tcp(state, "10.0.0.5", 40000, "10.0.9.2", 6379, 7, 5);
  socket.timer = timer;
  socket.timer_retries = retries;
  socket.send_queue = send_queue;
  return socket;
}

const std::string name = " tcp 10.0.0.5:40000 -> 10.0.9.2:6379 dir=outbound ";

TcpInfo moved(std::uint64_t acknowledged, std::uint64_t received) {
  TcpInfo info;
  info.cookie = 7;
  info.bytes_acked = acknowledged;
  info.bytes_received = received;
  return info;
}

std::vector<Event> diff_with_counters(const Socket& socket, const TcpInfo& before, const TcpInfo& after) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(sockets, {socket}));
  add_table(b, make_table(sockets, {socket}));
  add_table(a, make_table(tcp_infos, {before}));
  add_table(b, make_table(tcp_infos, {after}));
  return diff_snapshots(a, b, {{"socket"}, {}}).events;
}

} // namespace

TEST_CASE("data that is sent again and again is a stall, and its queue is part of it", "[diff]") {
  const auto events = diff_sockets_of({sender(SocketTimer::off, 0, 0)}, {sender(SocketTimer::on, 4, 20'000)});
  REQUIRE(in_words(events) == Lines{"sock.stalled" + name + "state=ESTABLISHED retries=4"});
  CHECK(severity_of(events[0]) == Severity::warn);
  CHECK(events[0].confidence == Confidence::proven);
  REQUIRE(events[0].changed.size() == 2);
  CHECK(events[0].changed[0].column == "timer_retries");
  CHECK(events[0].changed[1].column == "send_queue");
  const auto further = diff_sockets_of({sender(SocketTimer::on, 4, 20'000)}, {sender(SocketTimer::on, 5, 20'000)});
  CHECK(in_words(further) == Lines{"sock.stalled" + name + "state=ESTABLISHED retries=5"});
  CHECK(diff_sockets_of({sender(SocketTimer::on, 4, 99)}, {sender(SocketTimer::off, 0, 0)}).empty());
  CHECK(diff_sockets_of({sender(SocketTimer::off, 0, 0)}, {sender(SocketTimer::on, 0, 99)}).empty());
}

TEST_CASE("a first retransmission is no more than a note", "[diff]") {
  const auto events = diff_sockets_of({sender(SocketTimer::off, 0, 0)}, {sender(SocketTimer::on, 1, 10)});
  REQUIRE(events.size() == 1);
  CHECK(severity_of(events[0]) == Severity::note);
}

TEST_CASE("a handshake that nobody answers is a stall, too", "[diff]") {
  CHECK(in_words(
          diff_sockets_of({sender(SocketTimer::on, 1, 1, S::syn_sent)}, {sender(SocketTimer::on, 3, 1, S::syn_sent)}))
        == Lines{"sock.stalled" + name + "state=SYN_SENT retries=3"});
}

TEST_CASE("a peer that takes no more is a zero window, once", "[diff]") {
  const auto events = diff_sockets_of({sender(SocketTimer::off, 0, 0)}, {sender(SocketTimer::probe, 2, 50'000)});
  REQUIRE(in_words(events) == Lines{"sock.zero_window" + name + "state=ESTABLISHED"});
  CHECK(severity_of(events[0]) == Severity::warn);
  // From then on it is a queue that does not move.
  CHECK(in_words(diff_sockets_of({sender(SocketTimer::probe, 2, 50'000)}, {sender(SocketTimer::probe, 7, 50'000)}))
        == Lines{"sock.queue" + name + "kind=stuck queue=send_queue length=50000"});
  CHECK(in_words(diff_sockets_of({sender(SocketTimer::probe, 2, 50'000)}, {sender(SocketTimer::off, 0, 0)}))
        == Lines{"sock.queue" + name + "kind=shrank queue=send_queue"});
}

TEST_CASE("a receive queue that grows with a zero window is told beside it", "[diff]") {
  Socket after = sender(SocketTimer::probe, 0, 50'000);
  after.recv_queue = 9000;
  CHECK(in_words(diff_sockets_of({sender(SocketTimer::off, 0, 0)}, {after}))
        == Lines{"sock.queue" + name + "kind=grew queue=recv_queue", "sock.zero_window" + name + "state=ESTABLISHED"});
}

TEST_CASE("a long queue that is as it was is stuck, unless time or data went on", "[diff]") {
  Socket unread = sender(SocketTimer::off, 0, 0);
  unread.recv_queue = 4096;
  const auto events = diff_sockets_of({unread}, {unread});
  REQUIRE(in_words(events) == Lines{"sock.queue" + name + "kind=stuck queue=recv_queue length=4096"});
  CHECK(events[0].confidence == Confidence::consistent);
  CHECK(diff_sockets_of({unread}, {unread}, {}, {}, 0).empty());
  Socket little = unread;
  little.recv_queue = 4095;
  CHECK(diff_sockets_of({little}, {little}).empty());
  Socket closing = sender(SocketTimer::off, 0, 9000, S::fin_wait1);
  CHECK(diff_sockets_of({closing}, {closing}).empty());

  CHECK(diff_with_counters(unread, moved(0, 4096), moved(0, 9999)).empty());
  const auto counted = diff_with_counters(unread, moved(0, 4096), moved(99, 4096));
  REQUIRE(counted.size() == 1);
  CHECK(counted[0].confidence == Confidence::proven);
  const Socket unsent = sender(SocketTimer::off, 0, 9000);
  CHECK(diff_with_counters(unsent, moved(1, 0), moved(2, 0)).empty());
  CHECK(diff_with_counters(unsent, moved(1, 0), moved(1, 7)).size() == 1);
}

TEST_CASE("without an identity a wait longer than the kernel's patience is doubtful", "[diff]") {
  Socket unsent = sender(SocketTimer::on, 4, 9000);
  unsent.cookie = std::nullopt;
  unsent.inode = 0;
  CHECK(diff_sockets_of({unsent}, {unsent}, {}, {}, 900).at(0).confidence == Confidence::consistent);
  const auto events = diff_sockets_of({unsent}, {unsent}, {}, {}, 1000);
  REQUIRE(events.size() == 1);
  CHECK(events[0].confidence == Confidence::inferred);
  REQUIRE(events[0].why.size() == 1);
  CHECK_THAT(events[0].why[0], Catch::Contains("924.6 s") && Catch::Contains("tcp_retries2"));
}

TEST_CASE("across a reboot no queue is stuck", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(600);
  b.info.boot_id = "99999999-2222-3333-4444-555555555555";
  Socket service = listener("0.0.0.0", 80, 1, 1);
  service.recv_queue = 128;
  add_table(a, make_table(sockets, {service}));
  add_table(b, make_table(sockets, {service}));
  CHECK(in_words(diff_snapshots(a, b, {{"socket"}, {}}).events).size() == 1); // The reboot.
}
