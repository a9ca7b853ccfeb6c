// SPDX-License-Identifier: MIT
// The live kernel: interfaces, addresses, counters and groups.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <set>

#include "recorder/live_system.h"
#include "recorder/recorder.h"
#include "tables/address.h"
#include "tables/interface.h"
#include "tables/multicast_group.h"
#include "tables/protocol_counter.h"
#include "tables/sockstat.h"
#include "tests/recorder/new_namespace.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::map<std::string, Interface> interfaces_of(const Snapshot& snapshot) {
  std::map<std::string, Interface> rows;
  const Table& table = *snapshot.find_table("interface");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Interface row = interfaces.row(table, i);
    rows.emplace(row.name, row);
  }
  return rows;
}

/// "v0 fd09::1/64" and what is told of it.
std::map<std::string, Address> addresses_of(const Snapshot& snapshot, bool v6) {
  std::map<std::string, Address> rows;
  const Table& table = *snapshot.find_table("address");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Address row = addresses.row(table, i);
    if (row.address.is_v6() == v6) {
      rows.emplace(row.interface + " " + format_ip_address(row.address) + "/" + std::to_string(row.prefix_length), row);
    }
  }
  return rows;
}

std::set<std::string> groups_of(const Snapshot& snapshot) {
  std::set<std::string> names;
  const Table& table = *snapshot.find_table("multicast_group");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const MulticastGroup row = multicast_groups.row(table, i);
    names.insert(row.interface + " " + format_ip_address(row.group));
  }
  return names;
}

} // namespace

TEST_CASE("interfaces and addresses of a live namespace are its own", "[recorder]") {
  const bool entered = in_new_namespace([] {
    // Without IPv6 the ends of a veth send nothing by themselves; what is sent on lo has arrived when ping returns.
    const int status = std::system("ip link set lo up && ip link add br0 type bridge && "
                                   "ip link add v0 address 02:00:00:00:00:07 mtu 1400 txqueuelen 77 type veth "
                                   "peer name v1 && ip link set v1 master br0 && "
                                   "ip addr add 10.9.0.1/24 brd + dev v0 label v0:1 valid_lft 500 preferred_lft 400 && "
                                   "ip addr add 10.9.1.1 peer 10.9.1.2 dev v0 && "
                                   "ip addr add fd09::1/64 dev v0 nodad && "
                                   "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                                   "s.sendto(b'x' * 100, ('127.0.0.1', 9))\"");
    REQUIRE(status == 0);
    const auto system = open_live_system();
    const Snapshot netlink = record_snapshot(*system, {});
    CHECK(netlink.find_capture("interface")->status == CaptureStatus::complete);
    CHECK(netlink.find_capture("address")->status == CaptureStatus::complete);
    CHECK(netlink.find_capture("address")->coverage == "inet=netlink inet6=netlink");
    const auto by_name = interfaces_of(netlink);
    CHECK(by_name.at("lo").rx_bytes > 100);
    const Interface& v0 = by_name.at("v0");
    CHECK(format_mac_address(v0.mac.value()) == "02:00:00:00:00:07");
    CHECK(v0.mtu == 1400U);
    CHECK(v0.txqlen == 77U);
    CHECK(v0.kind == "veth");
    CHECK(v0.operstate == OperState::down);
    CHECK_FALSE(v0.flags.value().has(InterfaceFlag::up));
    CHECK(by_name.at("v1").master == "br0");

    const auto v6 = addresses_of(netlink, true);
    CHECK(v6.contains("v0 fd09::1/64"));
    const auto v4 = addresses_of(netlink, false);
    const Address& leased = v4.at("v0 10.9.0.1/24");
    CHECK(leased.label == "v0:1");
    CHECK(format_ip_address(leased.broadcast.value()) == "10.9.0.255");
    const auto now_ms = static_cast<std::uint64_t>(system->now().boottime_ns / 1'000'000);
    CHECK(leased.preferred_until.value() > now_ms + 350'000);
    CHECK(leased.valid_until.value() <= now_ms + 500'000);
    CHECK(format_ip_address(v4.at("v0 10.9.1.1/32").peer.value()) == "10.9.1.2");
    CHECK_FALSE(v4.at("v0 10.9.1.1/32").valid_until);
  });
  if (!entered) {
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
  }
}

TEST_CASE("counters, statistics and groups of a live namespace are its own", "[recorder]") {
  const bool entered = in_new_namespace([] {
    REQUIRE(std::system("ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 up && "
                        "ip link set v1 up && ip addr add 239.1.2.3 dev v0 autojoin")
            == 0);
    const Snapshot snapshot = record_snapshot(*open_live_system(), {});
    for (const char* table : {"protocol_counter", "sockstat", "multicast_group"}) {
      CAPTURE(table);
      CHECK(snapshot.find_capture(table)->status == CaptureStatus::complete);
      CHECK(snapshot.find_capture(table)->rejected == 0);
    }
    const auto groups = groups_of(snapshot);
    CHECK(groups.contains("lo 224.0.0.1"));
    CHECK(groups.contains("v0 239.1.2.3"));
    CHECK(groups.contains("v0 ff02::1"));
    std::map<std::string, ProtocolCounter> counters;
    const Table& table = *snapshot.find_table("protocol_counter");
    for (std::size_t i = 0; i < table.size(); ++i) {
      const ProtocolCounter row = protocol_counters.row(table, i);
      CHECK(row.count.has_value() != row.level.has_value());
      counters.emplace(row.group + "." + row.name, row);
    }
    CHECK(counters.size() == table.size());
    CHECK(counters.at("Tcp.MaxConn").level == -1);
    CHECK(counters.at("Tcp.CurrEstab").level == 0);
    CHECK(counters.at("TcpExt.ListenOverflows").count == 0U);
    CHECK(counters.contains("Ip6.InReceives"));
    CHECK(snapshot.find_table("sockstat")->size() > 10);
  });
  if (!entered) {
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
  }
}
