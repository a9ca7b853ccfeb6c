// SPDX-License-Identifier: MIT
// Tables that the kernel tells twice, by netlink and in files: both witnesses are heard about the same moment and must
// say the same, cell by cell. Exempt are columns, by name and with the reason; never rows.
#include <catch2/catch.hpp>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

// After netinet/in.h, with which it shares definitions.
#include <linux/mroute.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "base/unique_fd.h"
#include "recorder/bundle_system.h"
#include "recorder/live_system.h"
#include "recorder/recorder.h"
#include "recorder/tee_system.h"
#include "tables/catalog.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/new_namespace.h"
#include "tests/recorder/temporary_tree.h"
#include "tests/recorder/witness_rules.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

/// What netlink says before and after the moment of /proc, and what /proc says; of a saved bundle before is after.
struct Witnesses {
  Snapshot netlink_before;
  Snapshot proc;
  Snapshot netlink_after;
};

/// How often each row occurs that the other witness, whose capture is given, can list too.
std::map<std::string, std::size_t> count_rows(const WitnessRule& rule, const Snapshot& snapshot,
                                              const RowsRule& unlisted, const Capture& other) {
  std::map<std::string, std::size_t> counts;
  const Table& table = *snapshot.find_table(rule.table);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (unlisted.applies == nullptr || !unlisted.applies(table, i, other)) {
      ++counts[show_row(rule, table, i)];
    }
  }
  return counts;
}

/// Checks one table and returns how many rows both witnesses tell. The rule of before and after: what netlink says both
/// times /proc must say, and what /proc says netlink must say at least once; each row as often.
std::size_t check_table(const WitnessRule& rule, const Witnesses& witnesses) {
  for (const Snapshot* snapshot : {&witnesses.netlink_before, &witnesses.proc, &witnesses.netlink_after}) {
    REQUIRE(snapshot->find_table(rule.table) != nullptr);
    const Capture& capture = *snapshot->find_capture(rule.table);
    CHECK(capture.source == (snapshot == &witnesses.proc ? "proc" : "netlink"));
    CHECK(capture.rejected == 0);
  }
  const Capture& proc_capture = *witnesses.proc.find_capture(rule.table);
  const Capture& netlink_capture = *witnesses.netlink_before.find_capture(rule.table);
  auto before = count_rows(rule, witnesses.netlink_before, rule.not_in_proc, proc_capture);
  auto after = count_rows(rule, witnesses.netlink_after, rule.not_in_proc, proc_capture);
  auto proc = count_rows(rule, witnesses.proc, rule.not_in_netlink, netlink_capture);
  std::set<std::string> rows;
  for (const auto* counts : {&before, &after, &proc}) {
    for (const auto& [row, count] : *counts) {
      rows.insert(row);
    }
  }
  std::size_t agreed = 0;
  for (const std::string& row : rows) {
    INFO(row);
    const auto [least, most] = std::minmax({before[row], after[row]});
    CHECK(proc[row] >= least);
    CHECK(proc[row] <= most);
    agreed += std::min(proc[row], least);
  }
  return agreed;
}

/// Hides /proc/net, so that netlink alone can tell.
class WithoutProcNet : public WithoutNetlink {
public:
  using WithoutNetlink::WithoutNetlink;
  FileRead read_file(const char* path) const override {
    return std::string_view(path).starts_with("/proc/net/") ? FileRead{ENOENT, {}} : WithoutNetlink::read_file(path);
  }
  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    return source().netlink_dump(request, sink);
  }
};

Witnesses hear(const std::string& bundle, const std::string& later_bundle) {
  return {record_snapshot(WithoutProcNet(open_bundle(bundle)), {}),
          record_snapshot(WithoutNetlink(open_bundle(bundle)), {}),
          record_snapshot(WithoutProcNet(open_bundle(later_bundle)), {})};
}

/// Two bundles of the calling thread's namespace, one after the other; again while new links still count the reports
/// and solicitations that they begin with.
Witnesses hear_when_quiet(const TemporaryTree& tree) {
  constexpr int most_tries = 40;
  const RecordOptions options{"", true};
  for (int tries = 1;; ++tries) {
    const std::string first = tree.path("first" + std::to_string(tries));
    const std::string second = tree.path("second" + std::to_string(tries));
    static_cast<void>(record_snapshot(*tee_into_bundle(open_live_system(), first), options));
    static_cast<void>(record_snapshot(*tee_into_bundle(open_live_system(), second), options));
    Witnesses witnesses = hear(first, second);
    if (*witnesses.netlink_before.find_table("interface") == *witnesses.netlink_after.find_table("interface")) {
      return witnesses;
    }
    REQUIRE(tries < most_tries);
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
}

UniqueFd listen_on(int family, std::uint16_t port) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  const auto* const address =
    family == AF_INET ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  REQUIRE(::bind(fd.get(), address, family == AF_INET ? sizeof(v4) : sizeof(v6)) == 0);
  REQUIRE(::listen(fd.get(), 7) == 0);
  return fd;
}

UniqueFd connect_to(std::uint16_t port, int type) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

/// A routing daemon's socket with two interfaces and a route between them; the kernel forgets both with it.
UniqueFd route_multicast() {
  UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP));
  const int version = 1;
  REQUIRE(::setsockopt(fd.get(), IPPROTO_IP, MRT_INIT, &version, sizeof(version)) == 0);
  const std::array<const char*, 2> interfaces = {"v0", "v1"};
  for (vifi_t i = 0; i < interfaces.size(); ++i) {
    vifctl vif{};
    vif.vifc_vifi = i;
    vif.vifc_flags = VIFF_USE_IFINDEX;
    vif.vifc_threshold = 1;
    vif.vifc_lcl_ifindex = static_cast<int>(::if_nametoindex(interfaces[i]));
    REQUIRE(::setsockopt(fd.get(), IPPROTO_IP, MRT_ADD_VIF, &vif, sizeof(vif)) == 0);
  }
  mfcctl route{};
  route.mfcc_origin.s_addr = htonl(0x0a090063);
  route.mfcc_mcastgrp.s_addr = htonl(0xe84d0001);
  route.mfcc_ttls[1] = 5;
  REQUIRE(::setsockopt(fd.get(), IPPROTO_IP, MRT_ADD_MFC, &route, sizeof(route)) == 0);
  return fd;
}

UniqueFd bind_abstract(std::string_view name) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path + 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(fd.get(), 3) == 0);
  return fd;
}

/// On the loopback, where no such frame comes.
UniqueFd bind_packet(int type, std::uint16_t protocol) {
  UniqueFd fd(::socket(AF_PACKET, type | SOCK_CLOEXEC, 0));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = 1;
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

UniqueFd bind_netlink(int protocol, std::uint32_t groups) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

/// Links, addresses, groups and routes of each kind that the two witnesses may see differently.
constexpr const char* furnish =
  "ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && "
  "ip addr add 10.9.0.1/24 brd + dev v0 && ip addr add 10.9.0.2/24 dev v0 && ip addr add 10.9.4.1/22 brd + dev v1 && "
  "ip addr add 10.9.1.1 peer 10.9.1.2 dev v0 && ip addr add 10.9.4.77/32 dev lo && "
  "ip addr add 192.0.2.1/26 brd + dev v1 && ip addr add 198.51.100.1/31 dev v1 && "
  "ip addr add fd09::1/64 dev v0 nodad && ip addr add fd09:1::1 peer fd09:1::2 dev v1 nodad && "
  "ip route add default via 10.9.0.9 metric 50 && ip route add 172.16.0.0/12 via 10.9.0.8 dev v0 advmss 1200 rtt 160ms "
  "window 4096 && ip route add 10.20.0.0/16 nexthop via 10.9.0.8 weight 2 nexthop via 10.9.4.8 && "
  "ip route add unreachable 10.30.0.0/16 && ip route add blackhole 10.31.0.0/16 && ip route add prohibit 10.32.0.0/16 "
  "&& "
  "ip route add 10.40.0.0/16 via 10.9.0.8 table 100 && ip route add fd20::/32 via fd09::8 metric 7 && "
  "ip route add unreachable fd21::/32 && ip route add fd22::/32 nexthop via fd09::8 dev v0 nexthop via fd09::9 dev v0 "
  "&& "
  "ip neigh add 10.9.0.50 lladdr 02:00:00:00:00:50 dev v0 nud permanent && "
  "ip neigh add 10.9.0.51 lladdr 02:00:00:00:00:51 dev v0 nud reachable && ip neigh add proxy 10.9.0.52 dev v0 && "
  "ip neigh add fd09::50 lladdr 02:00:00:00:00:50 dev v0 nud permanent && "
  "ip addr add 239.1.2.3 dev v0 autojoin && ip addr add ff05::77 dev v0 autojoin && "
  "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
  "s.sendto(b'x' * 100, ('127.0.0.1', 9))\"";

} // namespace

TEST_CASE("every table has two witnesses or a reason why not, and the rules name columns of their tables",
          "[recorder]") {
  const std::vector<WitnessRule> rules = witness_rules();
  const std::vector<SingleWitness> singles = single_witnesses();
  for (const TableSpec& spec : catalog()) {
    CAPTURE(spec.name);
    const auto rule = std::ranges::find(rules, spec.name, &WitnessRule::table);
    const bool single = std::ranges::find(singles, spec.name, &SingleWitness::table) != singles.end();
    CHECK((rule != rules.end()) != single);
    if (rule == rules.end()) {
      continue;
    }
    for (const ColumnsRule& columns : rule->columns) {
      for (const std::string_view column : columns.columns) {
        CAPTURE(column);
        CHECK(std::ranges::find(spec.columns, column, &ColumnSpec::name) != spec.columns.end());
      }
    }
  }
  CHECK(rules.size() + singles.size() == catalog().size());
}

TEST_CASE("netlink and /proc agree about every table of the sample gw1 that both tell", "[recorder]") {
  const std::string sample = std::string(HINDSTAT_SOURCE_DIR) + "/samples/gw1";
  const Witnesses witnesses = hear(sample, sample);
  const std::map<std::string_view, std::size_t> expected = {
    {"socket", 16},  {"unix_socket", 14},     {"route", 26},    {"interface", 5},
    {"address", 10}, {"multicast_group", 22}, {"neighbour", 4}, {"multicast_route", 0}};
  for (const WitnessRule& rule : witness_rules()) {
    if (is_younger_than_samples(rule.table)) {
      continue;
    }
    CAPTURE(rule.table);
    CHECK(check_table(rule, witnesses) == expected.at(rule.table));
  }
}

TEST_CASE("netlink and /proc agree about every table of a live namespace that both tell", "[recorder]") {
  const bool entered = in_new_namespace([] {
    REQUIRE(std::system(furnish) == 0);
    const UniqueFd listener = listen_on(AF_INET, 7001);
    const UniqueFd listener6 = listen_on(AF_INET6, 7002);
    const UniqueFd client = connect_to(7001, SOCK_STREAM);
    const UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const UniqueFd waiting = connect_to(7001, SOCK_STREAM);
    REQUIRE(::send(client.get(), "hello", 5, 0) == 5);
    const UniqueFd datagram = connect_to(7003, SOCK_DGRAM);
    const UniqueFd abstract = bind_abstract(std::string_view("a\0b", 3));
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    const UniqueFd one(pair[0]);
    const UniqueFd other(pair[1]);

    const UniqueFd router = route_multicast();
    const UniqueFd packet = bind_packet(SOCK_RAW, 0x88cc);
    const UniqueFd packet_of_all = bind_packet(SOCK_DGRAM, 0x0800);
    const UniqueFd routes_listener = bind_netlink(NETLINK_ROUTE, 0x11);
    const UniqueFd events_listener = bind_netlink(NETLINK_KOBJECT_UEVENT, 1);

    const TemporaryTree tree;
    const Witnesses witnesses = hear_when_quiet(tree);
    const std::map<std::string_view, std::size_t> least = {
      {"socket", 6},    {"unix_socket", 3}, {"packet_socket", 2}, {"netlink_socket", 6},   {"route", 15},
      {"interface", 3}, {"address", 6},     {"neighbour", 3},     {"multicast_group", 12}, {"multicast_route", 1}};
    for (const WitnessRule& rule : witness_rules()) {
      CAPTURE(rule.table);
      CHECK(check_table(rule, witnesses) >= least.at(rule.table));
    }
    CHECK(witnesses.proc.find_capture("address")->coverage == "inet=partial inet6=proc");
  });
  if (!entered) {
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
  }
}
