// SPDX-License-Identifier: MIT
// The live kernel: the two sources of each table must tell the same of the same objects.
#include "recorder/live_system.h"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <future>
#include <latch>
#include <set>

#include "base/error.h"
#include "base/unique_fd.h"
#include "recorder/host_info.h"
#include "recorder/recorder.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/new_namespace.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::uint32_t inode_of(const UniqueFd& fd) {
  struct stat status {};
  REQUIRE(::fstat(fd.get(), &status) == 0);
  return static_cast<std::uint32_t>(status.st_ino);
}

sockaddr_in6 any_port(const in6_addr& address) {
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_addr = address;
  return name;
}

void bind_any(const UniqueFd& fd, int family) {
  if (family == AF_INET6) {
    const sockaddr_in6 name = any_port(in6addr_loopback);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
    return;
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
}

void connect_to(const UniqueFd& fd, const UniqueFd& listener) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), size) == 0);
}

/// Sockets of many kinds in the namespace of the calling thread.
std::vector<UniqueFd> make_sockets() {
  std::vector<UniqueFd> all;
  const auto make = [&all](int family, int type, int protocol = 0) -> UniqueFd& {
    all.emplace_back(::socket(family, type | SOCK_CLOEXEC, protocol));
    return all.back();
  };
  all.reserve(16);
  for (const int family : {AF_INET, AF_INET6}) {
    UniqueFd& listener = make(family, SOCK_STREAM);
    REQUIRE(listener);
    bind_any(listener, family);
    REQUIRE(::listen(listener.get(), 17) == 0);
    UniqueFd& client = make(family, SOCK_STREAM);
    connect_to(client, listener);
    const int on = 1;
    REQUIRE(::setsockopt(client.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0);
    UniqueFd& receiver = make(family, SOCK_DGRAM);
    bind_any(receiver, family);
    UniqueFd& sender = make(family, SOCK_DGRAM);
    connect_to(sender, receiver);
    REQUIRE(::send(sender.get(), "x", 1, 0) == 1);
    if (UniqueFd& lite = make(family, SOCK_DGRAM, IPPROTO_UDPLITE)) {
      bind_any(lite, family);
    }
    make(family, SOCK_RAW, 99); // Only with CAP_NET_RAW.
  }
  std::erase_if(all, [](const UniqueFd& fd) { return !fd; });
  return all;
}

std::map<std::uint32_t, Socket> by_inode(const Snapshot& snapshot) {
  std::map<std::uint32_t, Socket> rows;
  const Table& table = *snapshot.find_table("socket");
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Socket socket = sockets.row(table, row);
    rows.emplace(socket.inode, socket);
  }
  return rows;
}

/// Unix sockets of many kinds; abstract names only, so that no file is left behind.
std::vector<UniqueFd> make_unix_sockets() {
  std::vector<UniqueFd> all;
  const auto address = [](std::string_view name) {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    std::ranges::copy(name, made.sun_path);
    return std::pair(made, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
  };
  const auto make = [&all](int type) -> int {
    all.emplace_back(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    REQUIRE(all.back());
    return all.back().get();
  };
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {
    using namespace std::string_literals;
    const std::string name = "\0hindstat\0 test\n"s + std::to_string(::getpid()) + std::to_string(type);
    const auto [listening, size] = address(name);
    const int listener = make(type);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&listening), size) == 0);
    REQUIRE(::listen(listener, 17) == 0);
    REQUIRE(::connect(make(type), reinterpret_cast<const sockaddr*>(&listening), size) == 0);
  }
  const sa_family_t family = AF_UNIX; // Binding to no name makes the kernel choose one.
  REQUIRE(::bind(make(SOCK_DGRAM), reinterpret_cast<const sockaddr*>(&family), sizeof(family)) == 0);
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  all.emplace_back(pair[0]);
  all.emplace_back(pair[1]);
  return all;
}

std::map<std::uint32_t, UnixSocket> unix_by_inode(const Snapshot& snapshot) {
  std::map<std::uint32_t, UnixSocket> rows;
  const Table& table = *snapshot.find_table("unix_socket");
  for (std::size_t row = 0; row < table.size(); ++row) {
    const UnixSocket socket = unix_sockets.row(table, row);
    rows.emplace(socket.inode, socket);
  }
  return rows;
}

struct RouteKey {
  std::string destination;
  int length;
  std::string gateway;
  std::string interface;
  std::uint32_t metric;
  std::string type;

  auto operator<=>(const RouteKey&) const = default;
};

std::set<RouteKey> route_keys(const Snapshot& snapshot, bool v4) {
  std::set<RouteKey> keys;
  const Table& table = *snapshot.find_table("route");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Route row = routes.row(table, i);
    const bool shown_in_proc = row.destination.is_v4() ? row.table == 254 && row.hop.value_or(0) == 0 : true;
    if (row.destination.is_v4() == v4 && shown_in_proc) {
      keys.insert({format_ip_address(row.destination), row.prefix_length,
                   row.gateway ? format_ip_address(*row.gateway) : "", row.interface.value_or(""), row.metric,
                   std::to_string(static_cast<int>(row.type))});
    }
  }
  return keys;
}

} // namespace

TEST_CASE("netlink and /proc tell the same of the same sockets", "[recorder]") {
  const auto made = make_sockets();
  const auto netlink = by_inode(record_snapshot(*open_live_system(), {}));
  const auto proc = by_inode(record_snapshot(WithoutNetlink(open_live_system()), {}));
  REQUIRE(made.size() >= 10);
  std::set<SocketProtocol> protocols;
  for (const UniqueFd& fd : made) {
    REQUIRE(netlink.contains(inode_of(fd)));
    REQUIRE(proc.contains(inode_of(fd)));
    const Socket& a = netlink.at(inode_of(fd));
    const Socket& b = proc.at(inode_of(fd));
    CAPTURE(static_cast<int>(a.protocol), format_ip_address(a.local_address), a.local_port);
    protocols.insert(a.protocol);
    CHECK(a.protocol == b.protocol);
    CHECK(a.local_address == b.local_address);
    CHECK(a.local_port == b.local_port);
    CHECK(a.remote_address == b.remote_address);
    CHECK(a.remote_port == b.remote_port);
    CHECK(a.state == b.state);
    CHECK(a.recv_queue == b.recv_queue);
    CHECK(a.send_queue == b.send_queue);
    CHECK(a.uid == b.uid);
    CHECK(a.timer == b.timer);
    CHECK(a.timer_retries == b.timer_retries);
    CHECK(a.drops == b.drops);
    if (a.timer_expires && b.timer_expires) {
      CHECK(std::abs(static_cast<std::int64_t>(*a.timer_expires - *b.timer_expires)) < 2000);
    }
    CHECK(a.timer_expires.has_value() == b.timer_expires.has_value());
    CHECK_FALSE(b.cookie);
  }
  CHECK(protocols.contains(SocketProtocol::tcp));
  CHECK(protocols.contains(SocketProtocol::udp));
}

TEST_CASE("netlink and /proc tell the same of the same unix sockets", "[recorder]") {
  const auto made = make_unix_sockets();
  const auto netlink = unix_by_inode(record_snapshot(*open_live_system(), {}));
  const auto proc = unix_by_inode(record_snapshot(WithoutNetlink(open_live_system()), {}));
  REQUIRE(made.size() == 7);
  for (const UniqueFd& fd : made) {
    REQUIRE(netlink.contains(inode_of(fd)));
    REQUIRE(proc.contains(inode_of(fd)));
    const UnixSocket& a = netlink.at(inode_of(fd));
    const UnixSocket& b = proc.at(inode_of(fd));
    std::string name = a.name.value_or("-");
    std::ranges::replace(name.begin() + 1, name.end(), '\0', '@');
    CAPTURE(name);
    CHECK(name == b.name.value_or("-"));
    CHECK(a.type == b.type);
    CHECK(a.state == b.state);
    CHECK(a.references == b.references);
    CHECK(b.pid == a.pid);
    CHECK(b.fd == a.fd);
    CHECK(a.uid == ::getuid());
    CHECK(a.cookie.value_or(0) != 0);
  }
  const UnixSocket& listener = netlink.at(inode_of(made[0]));
  CHECK(listener.state == UnixState::listening);
  CHECK(listener.recv_queue == 1U);
  CHECK(listener.send_queue == 17U);
  CHECK(netlink.at(inode_of(made[1])).state == UnixState::connected);
  CHECK(netlink.at(inode_of(made[6])).peer_inode == inode_of(made[5]));
}

TEST_CASE("a live socket has its cookie, backlog, queue and timer", "[recorder]") {
  const auto made = make_sockets();
  const auto rows = by_inode(record_snapshot(*open_live_system(), {}));
  const Socket& listener = rows.at(inode_of(made[0]));
  CHECK(listener.state == TcpState::listen);
  CHECK(listener.backlog == 17U);
  CHECK(listener.recv_queue == 1); // The connection that nobody accepted.
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  REQUIRE(::getsockopt(made[0].get(), SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0);
  CHECK(listener.cookie == cookie);
  const Socket& client = rows.at(inode_of(made[1]));
  CHECK(client.state == TcpState::established);
  CHECK(client.timer == SocketTimer::keepalive);
  const auto now_ms = static_cast<std::uint64_t>(open_live_system()->now().boottime_ns / 1'000'000);
  CHECK(client.timer_expires.value() > now_ms + 7'000'000); // tcp_keepalive_time is two hours.
  CHECK(client.timer_expires.value() < now_ms + 7'300'000);
}

TEST_CASE("a snapshot of this machine is complete and says who took it", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*open_live_system(), {});
  CHECK_FALSE(snapshot.info.host.empty());
  CHECK_FALSE(snapshot.info.boot_id.empty());
  CHECK(snapshot.info.euid == ::geteuid());
  CHECK(snapshot.info.took_ns > 0);
  CHECK(snapshot.info.net_namespace != 0);
  CHECK(snapshot.find_capture("socket")->status == CaptureStatus::complete);
  CHECK(snapshot.find_capture("route")->status == CaptureStatus::complete);
  CHECK(snapshot.find_capture("network_namespace")->rows >= 1);
}

TEST_CASE("what the kernel does not have is ENOENT", "[recorder]") {
  const auto system = open_live_system();
  CHECK(system->read_file("/proc/net/no-such-file").error == ENOENT);
  CHECK(system->read_link("/proc/self/no-such-link").error == ENOENT);
  CHECK(system->list_directory("/proc/no-such-directory").error == ENOENT);
  CHECK(system->netlink_dump({"x", 9999, 0, {}, false}, [](std::span<const std::byte>) {}).error == EPROTONOSUPPORT);
  CHECK_THROWS_AS(system->enter({"none", "/run/netns/no-such-namespace", 1}), Error);
}

TEST_CASE("netlink and /proc tell the same of the same routes", "[recorder]") {
  const bool entered = in_new_namespace([] {
    const int status = std::system("ip link set lo up && ip link add v0 type veth peer name v1 && "
                                   "ip addr add 10.9.0.1/24 dev v0 && ip addr add fd09::1/64 dev v0 nodad && "
                                   "ip link set v0 up && ip link set v1 up && "
                                   "ip route add default via 10.9.0.2 metric 50 advmss 1300 && "
                                   "ip route add 10.10.0.0/16 via 10.9.0.3 dev v0 && "
                                   "ip route add unreachable 10.11.0.0/16 && "
                                   "ip route add blackhole 10.12.0.0/16 && "
                                   "ip route add 10.13.0.0/16 nexthop via 10.9.0.4 weight 3 nexthop via 10.9.0.5 && "
                                   "ip route add 10.14.0.0/16 via 10.9.0.2 table 100 && "
                                   "ip -6 route add default via fd09::2 metric 77 && "
                                   "ip -6 route add fd10::/32 via fd09::3");
    REQUIRE(status == 0);
    const auto system = open_live_system();
    const Snapshot netlink = record_snapshot(*system, {});
    const Snapshot proc = record_snapshot(WithoutNetlink(open_live_system()), {});
    CHECK(netlink.find_capture("route")->source == "netlink");
    CHECK(proc.find_capture("route")->source == "proc");
    CHECK(proc.find_capture("route")->rejected == 0);
    CHECK(route_keys(netlink, true) == route_keys(proc, true));
    CHECK(route_keys(netlink, true).size() == 6);
    CHECK(route_keys(netlink, false) == route_keys(proc, false));
    CHECK(route_keys(netlink, false).size() >= 5);
    const Table& table = *netlink.find_table("route");
    std::set<std::uint32_t> tables;
    int hops = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      const Route row = routes.row(table, i);
      tables.insert(row.table);
      hops += row.hop.has_value() ? 1 : 0;
      if (row.metric == 50) {
        CHECK(row.advmss == 1300U);
        CHECK(row.protocol == RouteProtocol::boot);
      }
    }
    CHECK(hops == 2);
    CHECK(tables.contains(100));
    CHECK(tables.contains(255));
  });
  if (!entered) {
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
  }
}

TEST_CASE("another namespace is read without any thread of ours leaving its own", "[recorder]") {
  std::latch done(1);
  std::promise<std::pair<bool, std::string>> place;
  auto ready = place.get_future();
  auto holder = std::async(std::launch::async, [&] {
    const bool entered = ::unshare(CLONE_NEWNET) == 0;
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const bool listens = ::listen(listener.get(), 3) == 0;
    place.set_value({entered && listens, "/proc/self/task/" + std::to_string(::syscall(SYS_gettid)) + "/ns/net"});
    done.wait();
  });
  const auto [entered, path] = ready.get();
  if (entered) {
    const auto here = open_live_system();
    const std::string before = here->read_link("/proc/self/ns/net").target;
    const auto there = here->enter({"there", path, 0});
    CHECK(there->read_link("/proc/self/ns/net").target != before);
    const Snapshot snapshot = record_snapshot(*there, {});
    CHECK(snapshot.find_table("socket")->size() == 1);
    CHECK(snapshot.info.net_namespace == parse_namespace_link(there->read_link("/proc/self/ns/net").target));
    const std::string tcp = there->read_file("/proc/net/tcp").bytes;
    CHECK(std::ranges::count(tcp, '\n') == 2);
    CHECK(here->read_link("/proc/self/ns/net").target == before);
  } else {
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
  }
  done.count_down();
  holder.get();
}
