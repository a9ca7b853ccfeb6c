// SPDX-License-Identifier: MIT
// Netlink: the walk over a datagram's messages and attributes, and the payload of one message of each kind.
#include "recorder/netlink_message.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/readers/ethtool_link_modes.h"
#include "recorder/readers/family_diag.h"
#include "recorder/readers/genetlink_family.h"
#include "recorder/readers/link_sockets.h"
#include "recorder/readers/rtnetlink_address.h"
#include "recorder/readers/rtnetlink_link.h"
#include "recorder/readers/rtnetlink_multicast.h"
#include "recorder/readers/rtnetlink_multicast_route.h"
#include "recorder/readers/rtnetlink_neighbour.h"
#include "recorder/readers/rtnetlink_nexthop.h"
#include "recorder/readers/rtnetlink_route.h"
#include "recorder/readers/rtnetlink_route_exception.h"
#include "recorder/readers/rtnetlink_rule.h"
#include "recorder/readers/sock_diag.h"
#include "recorder/readers/socket_rows.h"
#include "recorder/readers/tcp_metrics.h"
#include "recorder/readers/unix_diag.h"
#include "recorder/readers/unix_rows.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

namespace {

constexpr std::uint64_t boottime_ms = 5'000'000;

InterfaceNames some_names() {
  return InterfaceNames{0, {{1, "lo"}, {2, "eth0"}, {3, "lan0"}}};
}

} // namespace

void netlink_messages(Input input) {
  std::size_t bytes = 0;
  NetlinkMessages messages(input);
  while (const auto message = messages.next()) {
    require(lies_in(as_text(message->payload), as_text(input)), "a payload lies in its datagram");
    bytes += message->payload.size();
    std::size_t attribute_bytes = 0;
    NetlinkAttributes attributes(message->payload);
    while (const auto attribute = attributes.next()) {
      require(lies_in(as_text(attribute->value), as_text(message->payload)), "an attribute lies in its message");
      attribute_bytes += attribute->value.size();
    }
    require(attribute_bytes <= message->payload.size(), "attributes do not overlap");
  }
  require(bytes <= input.size(), "messages do not overlap");
  for (const std::uint32_t sequence : {0U, 1U}) {
    const DumpProgress progress = dump_progress(input, sequence, sequence);
    require(progress.error >= 0, "an error is a positive errno value");
  }
}

void rtnetlink_link(Input input) {
  if (const auto link = parse_link(input)) {
    require(link->row.ifindex != 0 && !link->row.name.empty(), "a link has an index and a name");
    TableBuilder<std::remove_const_t<decltype(interfaces)>> rows(interfaces);
    rows.add(link->row);
    require_recordable(std::move(rows).build(), 1);
  }
}

void rtnetlink_address(Input input) {
  AddressRows rows(addresses);
  const Verdict verdict = add_address_message(rows, input, some_names(), boottime_ms);
  require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
  require_recordable(std::move(rows).build(), 1);
}

void rtnetlink_route(Input input) {
  RouteRows rows(routes);
  const Verdict verdict = add_route_message(rows, input, some_names(), boottime_ms);
  require((rows.size() != 0) == (verdict == Verdict::kept), "a message that is kept has rows, others have none");
  constexpr std::size_t next_hop_bytes = 8; // struct rtnexthop
  require_recordable(std::move(rows).build(), 1 + input.size() / next_hop_bytes);
}

void rtnetlink_route_exception(Input input) {
  for (const int family : {AF_INET, AF_INET6}) {
    RouteExceptionRows rows(route_exceptions);
    const Verdict verdict = add_route_exception_message(rows, input, family, some_names(), boottime_ms);
    require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
    require_recordable(std::move(rows).build(), 1);
  }
}

void rtnetlink_neighbour(Input input) {
  for (const int family : {AF_INET, AF_INET6}) {
    NeighbourRows rows(neighbours);
    const Verdict verdict = add_neighbour_message(rows, input, family, some_names(), boottime_ms);
    require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
    require_recordable(std::move(rows).build(), 1);
  }
}

void rtnetlink_rule(Input input) {
  for (const int family : {AF_INET, AF_INET6}) {
    RuleRows rows(rules);
    const Verdict verdict = add_rule_message(rows, input, family);
    require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
    require_recordable(std::move(rows).build(), 1);
  }
}

void tcp_metrics(Input input) {
  TcpMetricRows rows(hindstat::tcp_metrics);
  const Verdict verdict = add_tcp_metrics_message(rows, input, boottime_ms);
  require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
  require_recordable(std::move(rows).build(), 1);
}

void rtnetlink_multicast_route(Input input) {
  for (const int family : {RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR}) {
    MulticastRouteRows rows(multicast_routes);
    const Verdict verdict = add_multicast_route_message(rows, input, family, some_names(), boottime_ms);
    require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
    require_recordable(std::move(rows).build(), 1);
  }
}

void rtnetlink_nexthop(Input input) {
  NexthopRows rows(nexthops);
  const Verdict verdict = add_nexthop_message(rows, input, some_names());
  require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
  require_recordable(std::move(rows).build(), 1);
}

void rtnetlink_multicast(Input input) {
  for (const int family : {AF_INET, AF_INET6}) {
    MulticastRows rows(multicast_groups);
    const Verdict verdict = add_multicast_message(rows, input, family, some_names());
    require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
    require_recordable(std::move(rows).build(), 1);
  }
}

void ethtool_link_modes(Input input) {
  if (const auto mode = parse_link_mode(input)) {
    require(mode->ifindex != 0, "a mode is an interface's");
    LinkModes modes;
    modes.modes.emplace(mode->ifindex, *mode);
    Interface row;
    row.ifindex = mode->ifindex;
    modes.add_to(row);
    TableBuilder<std::remove_const_t<decltype(interfaces)>> rows(interfaces);
    rows.add(row);
    require_recordable(std::move(rows).build(), 1);
  }
  const auto family = parse_family(input, "ethtool");
  require(!family || as_text(input).find("ethtool") != std::string_view::npos, "a family is found by its name");
}

void sock_diag(Input input) {
  const auto socket = parse_inet_diag(input);
  if (!socket) {
    return;
  }
  require(socket->local_address.is_v4() == socket->remote_address.is_v4(), "both ends are of one family");
  require(lies_in(socket->congestion_control, as_text(input)) && lies_in(as_text(socket->tcp_info), as_text(input)),
          "what an attribute holds lies in the message");
  TcpInfoRows infos;
  SocketRows rows(&infos);
  for (const auto protocol : {SocketProtocol::tcp, SocketProtocol::udp, SocketProtocol::udplite, SocketProtocol::raw,
                              SocketProtocol::icmp, SocketProtocol::mptcp, SocketProtocol::sctp}) {
    rows.add(protocol, *socket, some_names(), boottime_ms);
  }
  require(infos.size() <= 1, "only a TCP socket has a row of tcp_info");
  require_recordable(std::move(infos).build(), 1);
  require_recordable(std::move(rows).build(), 7);
}

void unix_diag(Input input) {
  const auto socket = parse_unix_diag(input);
  if (!socket) {
    return;
  }
  require(lies_in(socket->name.value_or(""), as_text(input)), "a name lies in its message");
  UnixRows rows;
  const bool added = rows.add(*socket, std::nullopt);
  require(rows.size() == (added ? 1U : 0U), "a socket that is added is one row");
  require_recordable(std::move(rows).build(), 1);
}

void packet_diag(Input input) {
  PacketRows rows(packet_sockets);
  const Verdict verdict = add_packet_message(rows, input, some_names());
  require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
  require_recordable(std::move(rows).build(), 1);
}

void netlink_diag(Input input) {
  NetlinkRows rows(netlink_sockets);
  const Verdict verdict = add_netlink_message(rows, input, 0);
  require(rows.size() == (verdict == Verdict::kept ? 1U : 0U), "a message that is kept is one row");
  require_recordable(std::move(rows).build(), 1);
}

void family_diag(Input input) {
  OtherSocketRows rows(other_sockets);
  std::size_t kept = 0;
  for (const Verdict verdict : {add_vsock_message(rows, input), add_xdp_message(rows, input, some_names()),
                                add_tipc_message(rows, input), add_smc_message(rows, input, some_names())}) {
    kept += verdict == Verdict::kept ? 1U : 0U;
  }
  require(rows.size() == kept, "a message that is kept is one row");
  require_recordable(std::move(rows).build(), 4);
  require(parse_diag_addresses(input).size() <= input.size() / 128, "an address has a whole struct sockaddr_storage");
}

} // namespace hindstat::fuzz
