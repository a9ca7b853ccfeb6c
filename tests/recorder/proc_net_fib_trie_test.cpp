// SPDX-License-Identifier: MIT
#include "recorder/readers/proc_net_fib_trie.h"

#include <catch2/catch.hpp>

#include "recorder/readers/proc_net_route.h"
#include "recorder/recorder.h"
#include "recorder/text_fields.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

/// As Linux 6.18 prints it, but for the addresses.
const std::string trie = "Id 100:\n"
                         "  |-- 198.51.100.0\n"
                         "     /24 universe UNICAST\n"
                         "Main:\n"
                         "  +-- 0.0.0.0/0 3 0 4\n"
                         "     |-- 0.0.0.0\n"
                         "        /0 universe UNICAST\n"
                         "     +-- 10.1.1.0/31 1 0 0\n"
                         "        |-- 10.1.1.0\n"
                         "           /24 link UNICAST\n"
                         "        |-- 10.1.1.1\n"
                         "           /32 host LOCAL\n"
                         "        |-- 10.1.1.255\n"
                         "           /32 link BROADCAST tos=4\n"
                         "Local:\n"
                         "  +-- 127.0.0.0/8 2 0 2\n"
                         "     |-- 127.0.0.0\n"
                         "        /8 host LOCAL\n"
                         "     |-- 127.0.0.1\n"
                         "        /32 host LOCAL\n"
                         "     |-- 127.255.255.255\n"
                         "        /32 link BROADCAST\n"
                         "     |-- 10.1.1.1\n"
                         "        /32 host LOCAL\n";

/// 10.1.1.0/24, 10.1.0.0/16, 10.1.1.0/24 on another interface, and one with a gateway.
const std::string v0_24 = "v0\t0001010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
const std::string v1_24 = "v1\t0001010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
const std::string v1_16 = "v1\t0000010A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
const std::string gateway_24 = "v0\t0001010A\t0100000A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

std::uint32_t number(const char* text) {
  const IpAddress address = parse_ip_address(text).value();
  std::uint32_t value = 0;
  for (const char byte : address.bytes()) {
    value = value << 8U | static_cast<std::uint8_t>(byte);
  }
  return value;
}

/// "v0 10.1.1.1/24 ..." of what was placed, then "- 10.1.1.2 ..." of what was left out.
std::string place(const std::vector<const char*>& hosts, const std::vector<const char*>& broadcasts,
                  const std::string& routes_text, const std::vector<Subnet4>& loopbacks = {}) {
  LocalFacts4 facts;
  std::ranges::transform(hosts, std::back_inserter(facts.hosts), number);
  std::ranges::transform(broadcasts, std::back_inserter(facts.broadcasts), number);
  facts.loopbacks = loopbacks;
  RouteRows route_rows(routes);
  Lines lines(routes_text);
  while (const auto line = lines.next()) {
    REQUIRE(add_proc_route(route_rows, *line) == Verdict::kept);
  }
  AddressRows rows(addresses);
  const auto left_out = add_proc_addresses4(rows, facts, std::move(route_rows).build());
  const Table table = std::move(rows).build();
  std::string text;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Address row = addresses.row(table, i);
    CHECK_FALSE(row.flags);
    CHECK_FALSE(row.scope);
    text += row.interface + " " + format_ip_address(row.address) + "/" + std::to_string(row.prefix_length) + " ";
  }
  for (const IpAddress& address : left_out) {
    text += "- " + format_ip_address(address) + " ";
  }
  return text;
}

} // namespace

TEST_CASE("the routing tables name the addresses of the host and of broadcasts once", "[recorder]") {
  FibTrieLines lines;
  Lines text(trie);
  std::size_t routes_seen = 0;
  while (const auto line = text.next()) {
    CAPTURE(std::string(*line));
    const Verdict verdict = lines.add(*line);
    CHECK((verdict == Verdict::kept || verdict == Verdict::heading));
    routes_seen += verdict == Verdict::kept ? 1U : 0U;
  }
  CHECK(routes_seen == 9);
  const LocalFacts4 facts = std::move(lines).facts();
  CHECK(facts.hosts == std::vector{number("10.1.1.1"), number("127.0.0.1")});
  CHECK(facts.broadcasts == std::vector{number("10.1.1.255"), number("127.255.255.255")});
  CHECK(facts.loopbacks == std::vector{Subnet4{number("127.0.0.0"), 8}});
}

TEST_CASE("lines that are no part of a routing table are refused, and routes below them too", "[recorder]") {
  for (const char* line : {"", "x", "|--", "  |-- 10.1.1", "|-- ::1", "Main", "/32 host LOCAL"}) {
    CAPTURE(line);
    FibTrieLines lines;
    CHECK(lines.add(line) == Verdict::rejected);
    CHECK(lines.add("  /32 host LOCAL") == Verdict::rejected);
    CHECK(std::move(lines).facts().hosts.empty());
  }
  for (const char* line : {"/", "/33 host LOCAL", "/x host LOCAL", "/32 host", "/32", "/-1 host LOCAL"}) {
    CAPTURE(line);
    FibTrieLines lines;
    CHECK(lines.add("|-- 10.1.1.1") == Verdict::heading);
    CHECK(lines.add(line) == Verdict::rejected);
  }
}

TEST_CASE("an IPv4 address is on the interface of the subnet that only it can have made", "[recorder]") {
  CHECK(place({"10.1.1.1"}, {"10.1.1.255"}, v0_24) == "v0 10.1.1.1/24 ");
  CHECK(
    place({"10.1.1.1", "127.0.0.1"}, {"10.1.1.255", "127.255.255.255"}, gateway_24 + v0_24, {{number("127.0.0.0"), 8}})
    == "v0 10.1.1.1/24 lo 127.0.0.1/8 ");
  // A wider subnet of another interface has an address of its own elsewhere.
  CHECK(place({"10.1.1.1", "10.1.2.1"}, {"10.1.1.255", "10.1.255.255"}, v0_24 + v1_16) == "v0 10.1.1.1/24 - 10.1.2.1 ");
}

TEST_CASE("an IPv4 address that may be on several interfaces is left out", "[recorder]") {
  CHECK(place({"10.1.1.1"}, {"10.1.1.255"}, "") == "- 10.1.1.1 ");                           // no route
  CHECK(place({"10.1.1.1"}, {"10.1.1.255"}, gateway_24) == "- 10.1.1.1 ");                   // not a connected one
  CHECK(place({"10.1.1.1"}, {}, v0_24) == "- 10.1.1.1 ");                                    // a route by hand
  CHECK(place({"10.1.1.1"}, {"10.1.1.255"}, v0_24 + v1_24) == "- 10.1.1.1 ");                // two interfaces
  CHECK(place({"10.1.1.1", "10.1.1.2"}, {"10.1.1.255"}, v0_24) == "- 10.1.1.1 - 10.1.1.2 "); // one may be elsewhere
  // Two subnets that end alike: either may be a route by hand.
  const std::string v1_25 = "v1\t8001010A\t00000000\t0001\t0\t0\t0\t80FFFFFF\t0\t0\t0\n";
  CHECK(place({"10.1.1.129"}, {"10.1.1.255"}, v0_24 + v1_25) == "- 10.1.1.129 ");
  // Subnets of 31 bits have no broadcast address, and a default route is none.
  CHECK(place({"10.1.1.1"}, {"255.255.255.255"}, "v0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n")
        == "- 10.1.1.1 ");
}

TEST_CASE("without netlink the IPv4 addresses are those that leave no doubt, and the others are named", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/fib_trie"] = {0, trie};
  system.files["/proc/net/route"] = {0, v0_24};
  const Snapshot placed = record_snapshot(system, {});
  CHECK(placed.find_capture("address")->coverage == "inet=proc inet6=absent");
  CHECK(placed.find_capture("address")->status == CaptureStatus::partial);
  CHECK(placed.find_capture("address")->rejected == 0);
  CHECK(placed.find_table("address")->size() == 2);

  for (int i = 1; i <= 9; ++i) {
    system.files["/proc/net/fib_trie"].bytes += "|-- 10.9.0." + std::to_string(i) + "\n   /32 host LOCAL\n";
  }
  const Snapshot some = record_snapshot(system, {});
  CHECK(some.find_capture("address")->coverage == "inet=partial inet6=absent");
  CHECK_THAT(some.find_capture("address")->detail,
             Catch::Contains("left out: 10.9.0.1, 10.9.0.2, ") && Catch::EndsWith("10.9.0.8 and 1 more"));
  CHECK(some.find_table("address")->size() == 2);

  system.files["/proc/net/route"] = {EACCES, {}};
  CHECK(record_snapshot(system, {}).find_table("address")->size() == 1); // 127.0.0.1
}
