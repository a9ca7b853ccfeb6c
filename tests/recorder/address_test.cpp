// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "recorder/readers/proc_net_if_inet6.h"
#include "recorder/readers/rtnetlink_address.h"
#include "recorder/recorder.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::uint64_t boottime_ms = 100'000;

const InterfaceNames names = {0, {{2, "eth0"}}};

ifaddrmsg header(int family, std::uint8_t prefix_length, std::uint32_t index = 2) {
  ifaddrmsg message{};
  message.ifa_family = static_cast<std::uint8_t>(family);
  message.ifa_prefixlen = prefix_length;
  message.ifa_flags = IFA_F_PERMANENT;
  message.ifa_index = index;
  return message;
}

struct Parsed {
  Verdict verdict;
  std::vector<Address> rows;
};

template <typename Add>
Parsed parse(Add&& add) {
  AddressRows rows(addresses);
  const Verdict verdict = add(rows);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(addresses.row(table, i));
  }
  return parsed;
}

Parsed parse_message(std::span<const std::byte> payload) {
  return parse([&](AddressRows& rows) { return add_address_message(rows, payload, names, boottime_ms); });
}

Parsed parse_line(std::string_view line) {
  return parse([&](AddressRows& rows) { return add_proc_address6(rows, line); });
}

NetlinkBuilder& add_address(NetlinkBuilder& builder, int type, const char* text) {
  const IpAddress address = parse_ip_address(text).value();
  return builder.attribute_text(type, address.bytes());
}

std::vector<std::byte> dhcp_address() {
  NetlinkBuilder builder;
  builder.value(header(AF_INET, 24));
  add_address(builder, IFA_ADDRESS, "10.0.0.5");
  add_address(builder, IFA_LOCAL, "10.0.0.5");
  add_address(builder, IFA_BROADCAST, "10.0.0.255");
  const ifa_cacheinfo lifetimes{60, 3600, 0, 0};
  return builder.attribute_text(IFA_LABEL, std::string_view("eth0:1\0", 7))
    .attribute_value(IFA_FLAGS, std::uint32_t{IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY})
    .attribute_value(IFA_CACHEINFO, lifetimes)
    .bytes();
}

const std::string link_local = "fe8000000000000028d8d1fffe4c7357 04 40 20 80       g1";

} // namespace

TEST_CASE("an IPv4 address has its label, flags and lifetimes", "[recorder]") {
  const auto parsed = parse_message(dhcp_address());
  REQUIRE(parsed.rows.size() == 1);
  const Address& row = parsed.rows[0];
  CHECK(row.interface == "eth0");
  CHECK(format_ip_address(row.address) == "10.0.0.5");
  CHECK(row.prefix_length == 24);
  CHECK_FALSE(row.peer); // IFA_ADDRESS and IFA_LOCAL are alike
  CHECK(format_ip_address(row.broadcast.value()) == "10.0.0.255");
  CHECK(row.label == "eth0:1");
  CHECK(row.scope == RouteScope::universe);
  CHECK(row.flags.value().has(AddressFlag::noprefixroute)); // beyond the eight bits of the header
  CHECK_FALSE(row.flags.value().has(AddressFlag::permanent));
  CHECK(row.preferred_until == boottime_ms + 60'000);
  CHECK(row.valid_until == boottime_ms + 3'600'000);
}

TEST_CASE("the address of a point-to-point link is IFA_LOCAL, its peer IFA_ADDRESS", "[recorder]") {
  NetlinkBuilder builder;
  builder.value(header(AF_INET6, 128, 7));
  add_address(builder, IFA_ADDRESS, "fd77::2");
  add_address(builder, IFA_LOCAL, "fd77::1");
  const auto row = parse_message(builder.bytes()).rows.at(0);
  CHECK(format_ip_address(row.address) == "fd77::1");
  CHECK(format_ip_address(row.peer.value()) == "fd77::2");
  CHECK(row.flags.value().has(AddressFlag::permanent)); // without IFA_FLAGS those of the header
  CHECK(row.interface == "if7");                        // an interface that came after the names were read
}

TEST_CASE("an address for ever has no lifetimes, a deprecated one none to become so", "[recorder]") {
  const auto with_lifetimes = [](std::uint32_t preferred, std::uint32_t valid) {
    NetlinkBuilder builder;
    builder.value(header(AF_INET6, 64));
    add_address(builder, IFA_ADDRESS, "fd77::1");
    return parse_message(builder.attribute_value(IFA_CACHEINFO, ifa_cacheinfo{preferred, valid, 0, 0}).bytes())
      .rows.at(0);
  };
  CHECK_FALSE(with_lifetimes(0xffffffff, 0xffffffff).preferred_until);
  CHECK_FALSE(with_lifetimes(0xffffffff, 0xffffffff).valid_until);
  CHECK_FALSE(with_lifetimes(0, 10).preferred_until);
  CHECK(with_lifetimes(0, 10).valid_until == boottime_ms + 10'000);
}

TEST_CASE("an address message cut at any byte is refused or is one row", "[recorder]") {
  const auto message = dhcp_address();
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse_message(cut(message, size));
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
    CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(ifaddrmsg) + 8));
  }
}

TEST_CASE("address messages that do not fit together are refused", "[recorder]") {
  CHECK(parse_message(bytes_of(header(AF_INET, 24))).verdict == Verdict::rejected); // no address
  CHECK(parse_message(bytes_of(header(AF_BRIDGE, 24))).verdict == Verdict::skipped);
  NetlinkBuilder wrong_family;
  wrong_family.value(header(AF_INET, 24));
  CHECK(parse_message(add_address(wrong_family, IFA_LOCAL, "fd77::1").bytes()).verdict == Verdict::rejected);
  NetlinkBuilder long_prefix;
  long_prefix.value(header(AF_INET, 33));
  CHECK(parse_message(add_address(long_prefix, IFA_LOCAL, "10.0.0.1").bytes()).verdict == Verdict::rejected);
}

TEST_CASE("addresses are read from /proc/net/if_inet6", "[recorder]") {
  const auto row = parse_line(link_local).rows.at(0);
  CHECK(format_ip_address(row.address) == "fe80::28d8:d1ff:fe4c:7357");
  CHECK(row.interface == "g1");
  CHECK(row.prefix_length == 64);
  CHECK(row.scope == RouteScope::link);
  CHECK(row.flags.value().has(AddressFlag::permanent));
  CHECK(parse_line("00000000000000000000000000000001 01 80 10 80       lo").rows.at(0).scope == RouteScope::host);
  CHECK(parse_line("fd770001000000000000000000000001 05 40 00 82      br0").rows.at(0).scope == RouteScope::universe);
}

TEST_CASE("a line of if_inet6 cut before the device, or no such line, is refused", "[recorder]") {
  for (std::size_t size = 0; size + 2 < link_local.size(); ++size) {
    CHECK(parse_line(link_local.substr(0, size)).verdict == Verdict::rejected);
  }
  for (const std::string line :
       {"fe80 04 40 20 80 g1", "fe8000000000000028d8d1fffe4c7357 04 81 20 80 g1",
        "fe8000000000000028d8d1fffe4c735z 04 40 20 80 g1", "fe8000000000000028d8d1fffe4c7357 04 40 20 180 g1"}) {
    CHECK(parse_line(line).verdict == Verdict::rejected);
  }
}

TEST_CASE("without netlink the addresses of IPv6 are kept and those of IPv4 said to be missing", "[recorder]") {
  FakeSystem system;
  CHECK(record_snapshot(system, {}).find_capture("address")->status == CaptureStatus::absent);
  system.files["/proc/net/if_inet6"] = {0, link_local + "\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("address");
  CHECK(snapshot.find_table("address")->size() == 1);
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.coverage == "inet=absent inet6=proc");
  CHECK(capture.detail.find("inet not readable") != std::string::npos);
}

TEST_CASE("each family of addresses is read from the source that answers", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-addr-inet"] = {{NetlinkBuilder().message(RTM_NEWADDR, 0, dhcp_address()).done().bytes(), {}}};
  const Snapshot v4_only = record_snapshot(system, {}); // A kernel without IPv6.
  CHECK(v4_only.find_capture("address")->coverage == "inet=netlink inet6=absent");
  CHECK(v4_only.find_table("address")->size() == 1);
  system.files["/proc/net/if_inet6"] = {0, link_local + "\n"};
  const Snapshot both = record_snapshot(system, {});
  CHECK(both.find_capture("address")->source == "netlink+proc");
  CHECK(both.find_table("address")->size() == 2);
}
