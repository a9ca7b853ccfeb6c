// SPDX-License-Identifier: MIT
// Coverage as the recorder writes it: "tcp=netlink tcp6=absent udp=proc owners=complete", "inet=netlink inet6=proc".
#include "diff/source_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "tables/address.h"
#include "tables/conntrack_stat.h"
#include "tables/format.h"
#include "tables/multicast_group.h"
#include "tables/other_route.h"
#include "tables/other_socket.h"
#include "tables/protocol_counter.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tables/sockstat.h"
#include "tables/unix_socket.h"

namespace hindstat {

namespace {

constexpr std::size_t v6_bytes = 16;
constexpr std::string_view owners_word = "owners";
constexpr std::array<std::string_view, 4> no_answers{"absent", "denied", "failed", "late"};

// Calls `each` with every "word=value".
template <typename Each>
void for_each_word(std::string_view coverage, Each&& each) {
  while (!coverage.empty()) {
    const std::size_t end = std::min(coverage.find(' '), coverage.size());
    const std::string_view token = coverage.substr(0, end);
    if (const std::size_t equals = token.find('='); equals != std::string_view::npos) {
      each(token.substr(0, equals), token.substr(equals + 1));
    }
    coverage.remove_prefix(std::min(end + 1, coverage.size()));
  }
}

bool answered(std::string_view value) {
  return std::ranges::find(no_answers, value) == no_answers.end();
}

// The file of /proc/net that holds a group of counters.
std::string file_of_group(std::string_view group) {
  constexpr std::array<std::string_view, 6> snmp_groups{"Ip", "Icmp", "IcmpMsg", "Tcp", "Udp", "UdpLite"};
  if (group.ends_with('6')) {
    return "snmp6";
  }
  if (group == "Sctp") {
    return "sctp";
  }
  return std::ranges::find(snmp_groups, group) != snmp_groups.end() ? "snmp" : "netstat";
}

// Which source a row comes from, as coverage names it; "" for tables with one source.
std::string source_of_row(const Table& table, std::uint32_t row) {
  if (table.spec().name == sockets.name()) {
    const auto protocol = sockets.column<&Socket::protocol>(table).raw(row);
    const bool v6 = sockets.column<&Socket::local_address>(table).bytes(row).size() == v6_bytes;
    return format_enum(NamesOf<SocketProtocol>::values, protocol) + (v6 ? "6" : "");
  }
  if (table.spec().name == unix_sockets.name()) {
    return unix_sockets.column<&UnixSocket::inode>(table).raw(row) == 0 ? "embryos" : "unix";
  }
  if (table.spec().name == routes.name()) {
    return routes.column<&Route::destination>(table).bytes(row).size() == v6_bytes ? "inet6" : "inet";
  }
  if (table.spec().name == addresses.name()) {
    return addresses.column<&Address::address>(table).bytes(row).size() == v6_bytes ? "inet6" : "inet";
  }
  if (table.spec().name == multicast_groups.name()) {
    return multicast_groups.column<&MulticastGroup::group>(table).bytes(row).size() == v6_bytes ? "igmp6" : "igmp";
  }
  if (table.spec().name == protocol_counters.name()) {
    return file_of_group(protocol_counters.column<&ProtocolCounter::group>(table).bytes(row));
  }
  if (table.spec().name == socket_statistics.name()) {
    const bool v6 = socket_statistics.column<&SocketStatistic::protocol>(table).bytes(row).ends_with('6');
    return v6 ? "sockstat6" : "sockstat";
  }
  if (table.spec().name == other_sockets.name()) {
    return format_enum(NamesOf<OtherFamily>::values, other_sockets.column<&OtherSocket::family>(table).raw(row));
  }
  if (table.spec().name == other_routes.name()) {
    return format_enum(NamesOf<OtherRouteFamily>::values, other_routes.column<&OtherRoute::family>(table).raw(row));
  }
  if (table.spec().name == conntrack_statistics.name()) {
    return conntrack_statistics.column<&ConntrackStatistic::count>(table).is_null(row) ? "" : "counters";
  }
  return "";
}

class SourceFilter {
public:
  SourceFilter(ComparedTable& table, const Capture& before, const Capture& after, Comparability& answer)
    : table_(table), before_(before), after_(after), answer_(answer) {
  }

  void run() {
    std::map<std::string, std::array<std::string, 2>> words;
    for (const std::size_t side : {0U, 1U}) {
      for_each_word(side == 0 ? before_.coverage : after_.coverage, [&](std::string_view word, std::string_view value) {
        if (word != owners_word) {
          words[std::string(word)][side] = value;
        }
      });
    }
    bool ways_differ = before_.source != after_.source;
    for (const auto& [word, values] : words) {
      ways_differ = check_word(word, values) || ways_differ;
    }
    if (ways_differ) {
      table_.sources_differ = true;
      answer_.doubts.push_back(
        fmt::format("{}{} was read from {} in A and from {} in B: only what both say is compared", before_.table,
                    in_namespace(), name_source(before_), name_source(after_)));
    }
  }

private:
  // True when the two sides read this source in two ways.
  bool check_word(const std::string& word, const std::array<std::string, 2>& values) {
    const bool in_before = answered(values[0]);
    const bool in_after = answered(values[1]);
    if (!in_before || !in_after) {
      const bool dropped =
        drop_rows([&](const Table& table, std::uint32_t row) { return source_of_row(table, row) == word; });
      const std::string& value = in_before ? values[1] : values[0];
      // A kernel that lacks a protocol on both sides, or on one and has no such socket on the other: nothing to say.
      if (dropped || value != "absent") {
        report(in_before ? "B" : in_after ? "A" : "both", fmt::format("{} not collected: {}", word, value));
      }
      return false;
    }
    const bool differ = !values[0].empty() && !values[1].empty() && values[0] != values[1];
    if (differ && before_.table == routes.name()) {
      restrict_routes(word);
    }
    return differ;
  }

  // /proc/net/route holds table main only; /proc/net/ipv6_route does not say which table a route is in.
  void restrict_routes(const std::string& word) {
    if (word == "inet6") {
      drop_rows([&](const Table& table, std::uint32_t row) { return source_of_row(table, row) == word; });
      report("both", "IPv6 routes were read from netlink and from /proc, which does not say their table");
      return;
    }
    drop_rows([&](const Table& table, std::uint32_t row) {
      return source_of_row(table, row) == word && routes.column<&Route::table>(table).raw(row) != Route{}.table;
    });
    answer_.notes.emplace_back("route: of two sources only IPv4 routes of table main are compared");
  }

  template <typename Predicate>
  bool drop_rows(Predicate&& is_dropped) {
    bool dropped = false;
    for (SideRows* side : {&table_.before, &table_.after}) {
      const Table& table = side->table();
      const Column* netns = table.find_column("netns");
      std::vector<std::uint32_t> kept;
      for (std::uint32_t row = 0; row < table.size(); ++row) {
        const bool here = netns == nullptr || netns->bytes(row) == before_.netns;
        if (!here || !is_dropped(table, row)) {
          kept.push_back(row);
        }
      }
      if (kept.size() != table.size()) {
        dropped = true;
        side->keep(kept);
      }
    }
    return dropped;
  }

  void report(const std::string& side, std::string reason) {
    answer_.not_compared.push_back({before_.table, before_.netns, side, std::move(reason)});
  }
  [[nodiscard]] std::string in_namespace() const {
    return before_.netns.empty() ? "" : fmt::format(" in namespace {}", before_.netns);
  }
  [[nodiscard]] static std::string name_source(const Capture& capture) {
    return capture.source.empty() ? "an unknown source" : capture.source;
  }

  ComparedTable& table_;
  const Capture& before_;
  const Capture& after_;
  Comparability& answer_;
};

} // namespace

std::string_view find_coverage(std::string_view coverage, std::string_view word) {
  std::string_view found;
  for_each_word(coverage, [&](std::string_view name, std::string_view value) {
    if (name == word) {
      found = value;
    }
  });
  return found;
}

void restrict_to_common_sources(ComparedTable& table, const Capture& before, const Capture& after,
                                Comparability& answer) {
  SourceFilter(table, before, after, answer).run();
}

} // namespace hindstat
