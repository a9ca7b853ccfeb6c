// SPDX-License-Identifier: MIT
// The files of /proc/net: each target gets a whole file.
#include <algorithm>
#include <tuple>

#include "recorder/readers/bluetooth_sockets.h"
#include "recorder/readers/link_sockets.h"
#include "recorder/readers/proc_net_arp.h"
#include "recorder/readers/proc_net_dev.h"
#include "recorder/readers/proc_net_families.h"
#include "recorder/readers/proc_net_fib_trie.h"
#include "recorder/readers/proc_net_if_inet6.h"
#include "recorder/readers/proc_net_igmp.h"
#include "recorder/readers/proc_net_mcfilter.h"
#include "recorder/readers/proc_net_mr_cache.h"
#include "recorder/readers/proc_net_route.h"
#include "recorder/readers/proc_net_rt_cache.h"
#include "recorder/readers/proc_net_sctp.h"
#include "recorder/readers/proc_net_snmp.h"
#include "recorder/readers/proc_net_socket.h"
#include "recorder/readers/proc_net_sockstat.h"
#include "recorder/readers/proc_net_softnet.h"
#include "recorder/readers/proc_net_stat.h"
#include "recorder/readers/proc_net_unix.h"
#include "recorder/readers/socket_rows.h"
#include "recorder/readers/unix_rows.h"
#include "recorder/text_fields.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

namespace {

constexpr std::uint64_t boottime_ms = 5'000'000;

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

std::size_t count_words(std::string_view text) {
  Fields fields(text);
  std::size_t words = 0;
  while (!fields.next().empty()) {
    ++words;
  }
  return words;
}

/// `add(line)` for every line; at most one row each, and one exactly where it says so.
template <typename Rows, typename Add>
void add_lines(Rows& rows, std::string_view text, Add&& add) {
  Lines lines(text);
  while (const auto line = lines.next()) {
    const std::size_t before = rows.size();
    const Verdict verdict = add(*line);
    require(rows.size() - before == (verdict == Verdict::kept ? 1U : 0U), "a line that is kept is one row");
  }
}

} // namespace

void proc_net_socket(Input input) {
  const std::string_view text = as_text(input);
  for (const bool with_drops : {false, true}) {
    SocketRows rows;
    Lines lines(text);
    while (const auto line = lines.next()) {
      if (const auto socket = parse_proc_socket(*line, with_drops)) {
        require(socket->local_address.is_v4() == socket->remote_address.is_v4(), "both ends are of one family");
        require(with_drops || !socket->drops, "the drop counter is there only where it was asked for");
        rows.add(with_drops ? SocketProtocol::udp : SocketProtocol::tcp, *socket, boottime_ms);
      }
    }
    require_recordable(std::move(rows).build(), count_lines(text));
  }
}

void proc_net_unix(Input input) {
  const std::string_view text = as_text(input);
  UnixRows rows;
  ProcUnixRecords records(text);
  const char* reached = text.data();
  while (const auto record = records.next()) {
    require(lies_in(record->text, text) && record->text.data() >= reached, "records follow each other in the text");
    reached = record->text.data() + record->text.size();
    if (record->socket) {
      require(lies_in(record->socket->name.value_or(""), record->text), "a name lies in its record");
      const std::size_t before = rows.size();
      const bool added = rows.add(*record->socket);
      require(rows.size() - before == (added ? 1U : 0U), "a socket that is added is one row");
    }
  }
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_route(Input input) {
  const std::string_view text = as_text(input);
  RouteRows rows(routes);
  RouteRows rows6(routes);
  add_lines(rows, text, [&](std::string_view line) { return add_proc_route(rows, line); });
  add_lines(rows6, text, [&](std::string_view line) { return add_proc_route6(rows6, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
  require_recordable(std::move(rows6).build(), count_lines(text));
}

void proc_net_rt_cache(Input input) {
  const std::string_view text = as_text(input);
  RouteCacheRows rows(route_cache_entries);
  RtCacheLines cache;
  add_lines(rows, text, [&](std::string_view line) { return cache.add(rows, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_arp(Input input) {
  const std::string_view text = as_text(input);
  NeighbourRows rows(neighbours);
  add_lines(rows, text, [&](std::string_view line) { return add_arp_line(rows, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_stat(Input input) {
  const std::string_view text = as_text(input);
  StatLines stat;
  TableStatisticRows rows(table_statistics);
  Lines lines(text);
  while (const auto line = lines.next()) {
    std::ignore = stat.add(*line);
    const std::size_t before = rows.size();
    const Verdict verdict = add_rt6_stats_line(rows, *line);
    require((rows.size() != before) == (verdict == Verdict::kept), "a line that is kept adds rows");
  }
  stat.add_to(rows, "rt_cache");
  require_recordable(std::move(rows).build(), count_words(text) + count_lines(text) * 7);
}

void proc_net_mr_cache(Input input) {
  const std::string_view text = as_text(input);
  std::map<int, std::string> vifs;
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (const auto vif = parse_mr_vif_line(*line)) {
      require(line->find(vif->name) != std::string_view::npos, "an interface stands in its line");
      vifs.emplace(vif->number, vif->name);
    }
  }
  MulticastRouteRows rows(multicast_routes);
  add_lines(rows, text, [&](std::string_view line) { return add_mr_cache_line(rows, line, vifs); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_mcfilter(Input input) {
  const std::string_view text = as_text(input);
  const InterfaceNames names{0, {{1, "lo"}, {4, "long-name0"}}};
  MulticastSourceRows sources(multicast_sources);
  add_lines(sources, text, [&](std::string_view line) { return add_mcfilter_line(sources, line, names); });
  require_recordable(std::move(sources).build(), count_lines(text));
  LinkGroupRows groups(link_groups);
  add_lines(groups, text, [&](std::string_view line) { return add_dev_mcast_line(groups, line); });
  require_recordable(std::move(groups).build(), count_lines(text));
}

void proc_net_fib_trie(Input input) {
  const std::string_view text = as_text(input);
  FibTrieLines trie;
  RouteRows connected(routes); // The text may be either file's: what both take is joined.
  Lines lines(text);
  while (const auto line = lines.next()) {
    std::ignore = trie.add(*line);
    std::ignore = add_proc_route(connected, *line);
  }
  const LocalFacts4 facts = std::move(trie).facts();
  const auto ascends = [](const auto& list) {
    return std::ranges::adjacent_find(list, std::ranges::greater_equal()) == list.end();
  };
  require(ascends(facts.hosts) && ascends(facts.broadcasts) && ascends(facts.loopbacks),
          "each list is ascending, without repeats");
  AddressRows rows(addresses);
  const auto others = add_proc_addresses4(rows, facts, std::move(connected).build());
  require(ascends(others), "the addresses that are left are ascending");
  require(rows.size() + others.size() >= facts.hosts.size(), "every address of the host is a row or left");
  require_recordable(std::move(rows).build(), 2 * count_lines(text));
}

void proc_net_dev(Input input) {
  const std::string_view text = as_text(input);
  InterfaceRows rows(interfaces);
  add_lines(rows, text, [&](std::string_view line) { return add_proc_interface(rows, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_if_inet6(Input input) {
  const std::string_view text = as_text(input);
  AddressRows rows(addresses);
  add_lines(rows, text, [&](std::string_view line) { return add_proc_address6(rows, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_igmp(Input input) {
  const std::string_view text = as_text(input);
  MulticastRows rows(multicast_groups);
  IgmpLines igmp(boottime_ms);
  add_lines(rows, text, [&](std::string_view line) { return igmp.add(rows, line); });
  MulticastRows rows6(multicast_groups);
  add_lines(rows6, text, [&](std::string_view line) { return add_igmp6_line(rows6, line, boottime_ms); });
  require_recordable(std::move(rows).build(), count_lines(text));
  require_recordable(std::move(rows6).build(), count_lines(text));
}

void proc_net_snmp(Input input) {
  const std::string_view text = as_text(input);
  CounterRows rows(protocol_counters);
  Lines lines(text);
  std::optional<std::string_view> above;
  while (const auto line = lines.next()) {
    require(lies_in(counter_group(*line), *line), "a group's name lies in its line");
    if (above) {
      const std::size_t before = rows.size();
      const Verdict verdict = add_counter_group(rows, *above, *line);
      require(verdict == Verdict::kept || rows.size() == before, "a group that is not kept adds nothing");
      require(rows.size() - before <= count_words(*line), "a group has no more rows than values");
    }
    above = line;
  }
  const std::size_t most_rows = count_words(text);
  require_recordable(std::move(rows).build(), most_rows);
  CounterRows rows6(protocol_counters);
  add_lines(rows6, text, [&](std::string_view line) { return add_counter6(rows6, line); });
  require_recordable(std::move(rows6).build(), count_lines(text));
  CounterRows sctp(protocol_counters);
  add_lines(sctp, text, [&](std::string_view line) { return add_sctp_counter(sctp, line); });
  require_recordable(std::move(sctp).build(), count_lines(text));
}

void proc_net_sockstat(Input input) {
  const std::string_view text = as_text(input);
  StatisticRows rows(socket_statistics);
  Lines lines(text);
  std::size_t most_rows = 0;
  while (const auto line = lines.next()) {
    const std::size_t before = rows.size();
    const Verdict verdict = add_socket_statistics(rows, *line);
    require(verdict == Verdict::kept || rows.size() == before, "a line that is not kept adds nothing");
    most_rows += count_words(*line) / 2;
  }
  require_recordable(std::move(rows).build(), most_rows);
}

void proc_net_softnet(Input input) {
  const std::string_view text = as_text(input);
  SoftnetRows rows(softnets);
  add_lines(rows, text, [&](std::string_view line) { return add_softnet_line(rows, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_sctp(Input input) {
  const std::string_view text = as_text(input);
  SocketRows rows;
  Lines lines(text);
  while (const auto line = lines.next()) {
    for (const auto& record : {parse_sctp_endpoint(*line), parse_sctp_association(*line)}) {
      if (record) {
        require(record->local_address.is_v4() == record->remote_address.is_v4(), "both ends are of one family");
        rows.add(*record);
      }
    }
  }
  require_recordable(std::move(rows).build(), 2 * count_lines(text));
}

void proc_net_link_sockets(Input input) {
  const std::string_view text = as_text(input);
  const InterfaceNames names{0, {{1, "lo"}, {2, "eth0"}}};
  PacketRows packets(packet_sockets);
  add_lines(packets, text, [&](std::string_view line) { return add_proc_packet(packets, line, names); });
  require_recordable(std::move(packets).build(), count_lines(text));
  NetlinkRows rows(netlink_sockets);
  add_lines(rows, text, [&](std::string_view line) { return add_proc_netlink(rows, line); });
  require_recordable(std::move(rows).build(), count_lines(text));
}

void proc_net_families(Input input) {
  const std::string_view text = as_text(input);
  OtherSocketRows ax25(other_sockets);
  Ax25Lines lines;
  add_lines(ax25, text, [&](std::string_view line) { return lines.add(ax25, line); });
  require_recordable(std::move(ax25).build(), count_lines(text));
  for (const auto add :
       {add_netrom_line, add_rose_line, add_x25_line, add_ipx_line, add_ddp_line, add_l2cap_line, add_rfcomm_line}) {
    OtherSocketRows rows(other_sockets);
    add_lines(rows, text, [&](std::string_view line) { return add(rows, line); });
    require_recordable(std::move(rows).build(), count_lines(text));
  }
  OtherSocketRows bluetooth(other_sockets);
  add_lines(bluetooth, text,
            [&](std::string_view line) { return add_proc_bluetooth_line(bluetooth, line, OtherFamily::l2cap); });
  require_recordable(std::move(bluetooth).build(), count_lines(text));
  for (const auto add : {add_ipx_route_line, add_ddp_route_line, add_x25_route_line}) {
    OtherRouteRows rows(other_routes);
    add_lines(rows, text, [&](std::string_view line) { return add(rows, line); });
    require_recordable(std::move(rows).build(), count_lines(text));
  }
}

} // namespace hindstat::fuzz
