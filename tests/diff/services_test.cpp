// SPDX-License-Identifier: MIT
#include "diff/sockets.h"

#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

Socket worker(std::uint64_t cookie, std::uint32_t pid) {
  Socket socket = listener("0.0.0.0", 8080, cookie, static_cast<std::uint32_t>(cookie));
  socket.pid = pid;
  return socket;
}

const std::vector<Process> programs{process(10, "nginx"), process(11, "nginx"), process(12, "nginx"),
                                    process(20, "haproxy")};

Lines diff_workers(const std::vector<Socket>& before, const std::vector<Socket>& after) {
  return in_words(diff_sockets_of(before, after, programs, programs));
}

} // namespace

TEST_CASE("listeners are added and removed, once for one address", "[diff]") {
  CHECK(diff_workers({}, {worker(1, 10)}) == Lines{"listen.added tcp 0.0.0.0:8080 state=LISTEN"});
  CHECK(diff_workers({worker(1, 10), worker(2, 11), worker(3, 12)}, {})
        == Lines{"listen.removed tcp 0.0.0.0:8080 state=LISTEN workers=3"});
}

TEST_CASE("one listener less of several is fewer workers", "[diff]") {
  CHECK(diff_workers({worker(1, 10), worker(2, 11), worker(3, 12)}, {worker(1, 10), worker(3, 12)})
        == Lines{"listen.workers tcp 0.0.0.0:8080 from=3 to=2"});
  CHECK(diff_workers({worker(1, 10)}, {worker(1, 10), worker(3, 12)})
        == Lines{"listen.workers tcp 0.0.0.0:8080 from=1 to=2"});
}

TEST_CASE("new sockets of the same program are a restart", "[diff]") {
  CHECK(diff_workers({worker(1, 10)}, {worker(2, 11)})
        == Lines{"listen.restarted tcp 0.0.0.0:8080 owner_before=nginx[10] sockets=1"});
  CHECK(diff_workers({worker(1, 10), worker(2, 10)}, {worker(3, 10), worker(4, 10)})
        == Lines{"listen.restarted tcp 0.0.0.0:8080 sockets=2"});
  CHECK(diff_workers({worker(1, 10), worker(2, 11), worker(3, 12)}, {worker(4, 10), worker(5, 11)})
        == Lines{"listen.restarted tcp 0.0.0.0:8080 sockets=2", "listen.workers tcp 0.0.0.0:8080 from=3 to=2"});
}

TEST_CASE("another program at the same address is another listener", "[diff]") {
  CHECK(diff_workers({worker(1, 10)}, {worker(2, 20)})
        == Lines{"listen.added tcp 0.0.0.0:8080 state=LISTEN", "listen.removed tcp 0.0.0.0:8080 state=LISTEN"});
}

TEST_CASE("a restart of an unknown program is told with a doubt", "[diff]") {
  const auto events = diff_sockets_of({listener("::", 22, 1, 5)}, {listener("::", 22, 2, 6)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "listen.restarted");
  CHECK(events[0].confidence == Confidence::consistent);
  CHECK(events[0].why.size() == 1);
}

TEST_CASE("the accept queue and its limit are told", "[diff]") {
  const Socket calm = worker(1, 10);
  Socket busy = calm;
  busy.recv_queue = 64; // Half of 128.
  CHECK(diff_workers({calm}, {busy}) == Lines{"sock.queue tcp 0.0.0.0:8080 kind=grew queue=recv_queue"});
  CHECK(diff_workers({busy}, {calm}) == Lines{"sock.queue tcp 0.0.0.0:8080 kind=shrank queue=recv_queue"});
  Socket waiting = calm;
  waiting.recv_queue = 63;
  CHECK(diff_workers({calm}, {waiting}).empty());
  Socket longer = calm;
  longer.backlog = 4096;
  CHECK(diff_workers({calm}, {longer}) == Lines{"listen.backlog tcp 0.0.0.0:8080 from=128 to=4096"});
  CHECK(diff_workers({busy}, {busy}) == Lines{"sock.queue tcp 0.0.0.0:8080 kind=stuck queue=recv_queue length=64"});
  const auto long_with = [&](std::optional<std::uint32_t> limit, std::uint32_t queue) {
    Socket before = calm;
    before.backlog = limit;
    Socket after = before;
    after.recv_queue = queue;
    return diff_workers({before}, {after}).size();
  };
  CHECK(long_with(0, 1) == 1);
  CHECK(long_with(1, 1) == 1);
  CHECK(long_with(5, 2) == 0);
  CHECK(long_with(5, 3) == 1);
  CHECK(long_with(std::nullopt, 7) == 0);
  CHECK(long_with(std::nullopt, 8) == 1);
}

TEST_CASE("datagram services restart, too, and are a multiset", "[diff]") {
  const auto resolver = [](std::uint64_t cookie, std::uint32_t pid) {
    Socket socket = udp("0.0.0.0", 5353, cookie, static_cast<std::uint32_t>(cookie));
    socket.pid = pid;
    return socket;
  };
  CHECK(diff_workers({resolver(1, 10)}, {resolver(2, 11)})
        == Lines{"listen.restarted udp 0.0.0.0:5353 owner_before=nginx[10] sockets=1"});
  CHECK(diff_workers({resolver(1, 10)}, {resolver(2, 20)})
        == Lines{"sock.opened udp 0.0.0.0:5353 state=CLOSE", "sock.closed udp 0.0.0.0:5353 from=CLOSE"});
  CHECK(diff_workers({resolver(1, 10), resolver(2, 10)}, {resolver(1, 10)})
        == Lines{"sock.closed udp 0.0.0.0:5353 from=CLOSE"});
}

TEST_CASE("across a reboot services are compared and connections are others", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(600);
  b.info.boot_id = "99999999-2222-3333-4444-555555555555";
  b.info.clocks.boottime_ns = 60 * second_ns;
  const Socket connection = tcp(TcpState::established, "10.0.0.5", 8080, "10.0.0.9", 7, 5, 5);
  add_table(a, make_table(sockets, {worker(1, 10), connection, listener("::", 22, 9, 9)}));
  add_table(b, make_table(sockets, {worker(5, 12), connection}));
  add_table(a, make_table(processes, programs));
  add_table(b, make_table(processes, programs));
  const Diff diff = diff_snapshots(a, b, {{"socket"}, {}});
  CHECK(in_words(diff.events)
        == Lines{"host.rebooted gw1 downtime_at_most_s=540", "listen.removed tcp [::]:22 state=LISTEN",
                 "sock.reopened tcp 10.0.0.5:8080 <- 10.0.0.9:7 dir=inbound from=ESTABLISHED to=ESTABLISHED "
                 "reason=the machine was rebooted"});
  CHECK_FALSE(diff.comparability.same_boot);
}

TEST_CASE("another process with the same listening socket is another owner", "[diff]") {
  CHECK(diff_workers({worker(1, 10)}, {worker(1, 11)})
        == Lines{"listen.owner tcp 0.0.0.0:8080 kind=restarted owner_before=nginx[10]"});
  CHECK(diff_workers({worker(1, 10)}, {worker(1, 20)})
        == Lines{"listen.owner tcp 0.0.0.0:8080 kind=changed owner_before=nginx[10]"});
}

TEST_CASE("a service that more or fewer can reach is told as such", "[diff]") {
  const auto at = [](const char* address, std::uint64_t cookie, std::uint32_t pid, std::uint16_t port = 8080) {
    Socket socket = listener(address, port, cookie, static_cast<std::uint32_t>(cookie));
    socket.remote_address = ip(socket.local_address.is_v4() ? "0.0.0.0" : "::");
    socket.pid = pid;
    return socket;
  };
  const auto diff = [](const std::vector<Socket>& before, const std::vector<Socket>& after) {
    return diff_workers(before, after);
  };
  CHECK(diff({at("127.0.0.1", 1, 10)}, {at("0.0.0.0", 2, 11)})
        == Lines{"listen.widened tcp 0.0.0.0:8080 from=127.0.0.1:8080 to=0.0.0.0:8080 owner_before=nginx[10]"});
  CHECK(diff({at("0.0.0.0", 1, 10)}, {at("127.0.0.1", 2, 10)})
        == Lines{"listen.narrowed tcp 127.0.0.1:8080 from=0.0.0.0:8080 to=127.0.0.1:8080"});
  CHECK(diff({at("10.0.0.5", 1, 10)}, {at("0.0.0.0", 2, 10)})
        == Lines{"listen.widened tcp 0.0.0.0:8080 from=10.0.0.5:8080 to=0.0.0.0:8080"});
  CHECK(diff({at("127.0.0.1", 1, 10)}, {at("10.0.0.5", 2, 10)})
        == Lines{"listen.widened tcp 10.0.0.5:8080 from=127.0.0.1:8080 to=10.0.0.5:8080"});
  CHECK(diff({at("127.0.0.1", 1, 10), at("::1", 3, 10)}, {at("0.0.0.0", 2, 10), at("::", 4, 10)})
        == Lines{"listen.widened tcp 0.0.0.0:8080 from=127.0.0.1:8080 to=0.0.0.0:8080",
                 "listen.widened tcp [::]:8080 from=[::1]:8080 to=[::]:8080"});
  CHECK(diff({at("127.0.0.1", 1, 10)}, {at("::", 2, 10)})
        == Lines{"listen.widened tcp [::]:8080 from=127.0.0.1:8080 to=[::]:8080"});
  CHECK(diff({at("127.0.0.1", 1, 10), at("127.0.0.1", 2, 11)}, {at("0.0.0.0", 3, 10), at("0.0.0.0", 4, 11)})
        == Lines{"listen.widened tcp 0.0.0.0:8080 from=127.0.0.1:8080 to=0.0.0.0:8080 workers=2"});
  // Another address of the same kind, port or program is another service.
  CHECK(diff({at("10.0.0.5", 1, 10)}, {at("10.0.0.6", 2, 10)}).size() == 2);
  CHECK(diff({at("127.0.0.1", 1, 10)}, {at("0.0.0.0", 2, 10, 8081)}).size() == 2);
  CHECK(diff({at("127.0.0.1", 1, 10)}, {at("0.0.0.0", 2, 20)}).size() == 2);
  // The first stays: it is the other that is new.
  CHECK(diff({at("127.0.0.1", 1, 10)}, {at("127.0.0.1", 1, 10), at("0.0.0.0", 2, 10)})
        == Lines{"listen.added tcp 0.0.0.0:8080 state=LISTEN"});
}

TEST_CASE("the reach of a service whose program is unknown is told with a doubt", "[diff]") {
  const auto events = diff_sockets_of({listener("127.0.0.1", 22, 1, 5)}, {listener("0.0.0.0", 22, 2, 6)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "listen.widened");
  CHECK(severity_of(events[0]) == Severity::warn);
  CHECK(events[0].confidence == Confidence::consistent);
  CHECK(events[0].before_row == 0);
  CHECK(events[0].after_row == 0);
}

TEST_CASE("a restart tells what else is new", "[diff]") {
  Socket bound = worker(1, 10);
  bound.bound_interface = "eth0";
  const auto events = diff_sockets_of({bound}, {worker(2, 10)}, programs, programs);
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "listen.restarted");
  REQUIRE(events[0].changed.size() == 1);
  CHECK(events[0].changed[0].column == "bound_interface");
}

TEST_CASE("many addresses of one port do not make the diff quadratic", "[diff]") {
  std::vector<Socket> before;
  std::vector<Socket> after;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const auto address = IpAddress::v4({127, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    before.push_back(listener("0.0.0.0", 80, 1 + i, 1 + i));
    before.back().local_address = address;
    after.push_back(listener("0.0.0.0", 80, 100'000 + i, 100'000 + i));
    after.back().local_address =
      IpAddress::v4({10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
  }
  CHECK(count_events(diff_sockets_of(before, after), "listen.widened") == 3000);
}
