// SPDX-License-Identifier: MIT
#include "tests/diff/random_flows.h"

#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "tables/conntrack.h"
#include "tables/route_exception.h"
#include "tests/diff/diff_fixture.h"

namespace hindstat {

Table random_flows(Rng& rng) {
  const auto pick = [&](std::uint64_t count) { return rng() % count; };
  constexpr std::array<std::string_view, 4> states{"SYN_SENT", "ESTABLISHED", "TIME_WAIT", "CLOSE"};
  std::vector<Conntrack> rows;
  std::set<std::pair<std::uint64_t, std::uint64_t>> tuples; // The kernel has one flow of a tuple.
  for (std::uint64_t i = 0; i < pick(9); ++i) {
    const std::uint64_t client = pick(3);
    const std::uint64_t port = pick(2);
    if (!tuples.emplace(client, port).second) {
      continue;
    }
    Conntrack flow;
    flow.protocol = FlowProtocol::tcp;
    flow.source = IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(client)});
    flow.source_port = static_cast<std::uint16_t>(port);
    flow.destination = flow.reply_source.emplace(ip("192.0.2.1"));
    flow.destination_port = flow.reply_source_port.emplace(std::uint16_t{80});
    flow.nat = FlagSet<NatKind>(static_cast<std::uint8_t>(pick(4) == 0 ? 0 : 1));
    flow.reply_destination = flow.nat.bits == 0 ? flow.source : ip("203.0.113.5");
    flow.reply_destination_port = flow.nat.bits == 0 ? flow.source_port : static_cast<std::uint16_t>(pick(3));
    flow.id = pick(4) == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(1 + pick(3)));
    flow.state = states.at(pick(states.size()));
    flow.flags = FlagSet<FlowFlag>(static_cast<std::uint8_t>(pick(4)));
    flow.expires = pick(5) == 0 ? std::nullopt : std::optional<std::uint64_t>(10'000'000 + pick(40) * 1000);
    flow.packets = pick(3);
    rows.push_back(flow);
  }
  return make_table(conntracks, rows);
}

Table random_exceptions(Rng& rng) {
  const auto pick = [&](std::uint64_t count) { return rng() % count; };
  std::vector<RouteException> rows;
  std::set<std::uint64_t> hosts;
  for (std::uint64_t i = 0; i < pick(9); ++i) {
    const std::uint64_t host = pick(6);
    if (!hosts.insert(host).second) {
      continue;
    }
    RouteException row;
    row.destination = IpAddress::v4({10, 9, 9, static_cast<std::uint8_t>(host)});
    row.prefix_length = 32;
    row.interface = "eth0";
    row.gateway = IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(pick(2))});
    row.flags = FlagSet<RouteCacheFlag>(pick(2) == 0 ? 0U : static_cast<std::uint32_t>(RouteCacheFlag::redirected));
    row.mtu = pick(3) == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(1300 + pick(2)));
    row.expires = pick(5) == 0 ? std::nullopt : std::optional<std::uint64_t>(10'000'000 + pick(40) * 1000);
    rows.push_back(row);
  }
  return make_table(route_exceptions, rows);
}

} // namespace hindstat
