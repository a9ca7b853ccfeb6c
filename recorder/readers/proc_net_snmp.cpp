// SPDX-License-Identifier: MIT
//
// /proc/net/snmp and /proc/net/netstat (net/ipv4/proc.c), two lines a group:
//   Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens ...
//   Tcp: 1 200 120000 -1 12 ...
// Kernels insert new names anywhere, so a number is known by its name and never by its position.
// /proc/net/snmp6 (net/ipv6/proc.c) and /proc/net/sctp/snmp (net/sctp/proc.c sctp_snmp_seq_show), one line a number:
// "Ip6InReceives                   	8", "SctpCurrEstab                   	0".
#include "recorder/readers/proc_net_snmp.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> levels = {{
  {"Ip", "Forwarding"},
  {"Ip", "DefaultTTL"},
  {"Tcp", "RtoAlgorithm"},
  {"Tcp", "RtoMin"},
  {"Tcp", "RtoMax"},
  {"Tcp", "MaxConn"}, // RFC 4022: -1 is a dynamic limit.
  {"Tcp", "CurrEstab"},
  {"MPTcpExt", "MPCurrEstab"},
  {"Sctp", "CurrEstab"},
}};

constexpr std::array<std::string_view, 4> groups6 = {"Ip6", "Icmp6", "Udp6", "UdpLite6"};
constexpr std::array<std::string_view, 1> sctp_groups = {"Sctp"};

bool add_counter(CounterRows& rows, std::string_view group, std::string_view name, std::string_view value) {
  ProtocolCounter row;
  row.group = group;
  row.name = name;
  if (is_level(group, name)) {
    row.level = parse_number<std::int64_t>(value);
  } else {
    row.count = parse_number<std::uint64_t>(value);
  }
  if (!row.level && !row.count) {
    return false;
  }
  rows.add(row);
  return true;
}

/// A line of one number, whose name begins with that of its group.
Verdict add_named_counter(CounterRows& rows, std::string_view line, std::span<const std::string_view> groups) {
  Fields fields(line);
  const std::string_view full_name = fields.next();
  const std::string_view value = fields.next();
  const auto group =
    std::ranges::find_if(groups, [&](std::string_view prefix) { return full_name.starts_with(prefix); });
  if (group == groups.end() || full_name.size() == group->size() || !fields.next().empty()) {
    return Verdict::rejected;
  }
  return add_counter(rows, *group, full_name.substr(group->size()), value) ? Verdict::kept : Verdict::rejected;
}

} // namespace

bool is_level(std::string_view group, std::string_view name) {
  return std::ranges::find(levels, std::pair(group, name)) != levels.end();
}

std::string_view counter_group(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view group = line.substr(0, colon);
  return colon == std::string_view::npos || group.find_first_of(" \t\r") != std::string_view::npos ? std::string_view()
                                                                                                   : group;
}

Verdict add_counter_group(CounterRows& rows, std::string_view names, std::string_view values) {
  const std::string_view group = counter_group(names);
  if (group.empty() || counter_group(values) != group) {
    return Verdict::rejected;
  }
  const std::size_t before = rows.size();
  Fields name_fields(names.substr(group.size() + 1));
  Fields value_fields(values.substr(group.size() + 1));
  while (true) {
    const std::string_view name = name_fields.next();
    const std::string_view value = value_fields.next();
    if (name.empty() && value.empty()) {
      return Verdict::kept;
    }
    if (name.empty() || !add_counter(rows, group, name, value)) {
      rows.truncate(before);
      return Verdict::rejected;
    }
  }
}

Verdict add_counter6(CounterRows& rows, std::string_view line) {
  return add_named_counter(rows, line, groups6);
}

Verdict add_sctp_counter(CounterRows& rows, std::string_view line) {
  return add_named_counter(rows, line, sctp_groups);
}

} // namespace hindstat
