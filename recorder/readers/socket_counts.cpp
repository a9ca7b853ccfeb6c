// SPDX-License-Identifier: MIT
//
// /proc/net/sockstat{,6} (net/ipv4/proc.c, net/ipv6/proc.c): "TCP: inuse 1 orphan 0 tw 0 alloc 4 mem 1", "RAW6: inuse
// 0". A socket of UDP, UDP-Lite and raw is counted when it enters the hash that sock_diag and the files walk.
#include "recorder/readers/socket_counts.h"

#include <array>
#include <map>
#include <string_view>

#include "recorder/readers/proc_net_sockstat.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

/// Of "TCP: inuse 1 tw 2" the sum 3 under "TCP". Nothing where one of the lines is not understood.
std::optional<Counts> parse_counts(ReadContext& context) {
  StatisticRows rows(socket_statistics);
  for (const char* path : {"/proc/net/sockstat", "/proc/net/sockstat6"}) {
    const FileRead& file = context.shared_file(path);
    // Without IPv6 there is no second file, and no socket in it.
    if (file.error != 0 && (rows.size() == 0 || status_of_error(file.error) != CaptureStatus::absent)) {
      return std::nullopt;
    }
    Lines lines(file.bytes);
    while (const auto line = lines.next()) {
      if (add_socket_statistics(rows, *line) != Verdict::kept) {
        return std::nullopt;
      }
    }
  }
  const Table table = std::move(rows).build();
  Counts counts;
  bool told_waiting = false;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const SocketStatistic row = socket_statistics.row(table, i);
    const bool waiting = row.protocol == "TCP" && row.name == "tw";
    told_waiting = told_waiting || waiting;
    if (waiting || row.name == "inuse") {
      counts[row.protocol] += row.value;
    }
  }
  return told_waiting ? std::optional(counts) : std::nullopt;
}

struct CountedProtocol {
  SocketProtocol protocol;
  std::string_view v4;
  std::string_view v6;
};

constexpr auto counted_protocols = std::to_array<CountedProtocol>({
  {SocketProtocol::tcp, "TCP", "TCP6"},
  {SocketProtocol::mptcp, "TCP", "TCP6"},
  {SocketProtocol::udp, "UDP", "UDP6"},
  {SocketProtocol::udplite, "UDPLITE", "UDPLITE6"},
  {SocketProtocol::raw, "RAW", "RAW6"},
});

} // namespace

SocketCounts::SocketCounts(ReadContext& context) {
  const std::optional<Counts> counts = parse_counts(context);
  if (!counts) {
    return;
  }
  for (const CountedProtocol& counted : counted_protocols) {
    const auto v4 = counts->find(counted.v4);
    const auto v6 = counts->find(counted.v6);
    if (counted.protocol == SocketProtocol::tcp) {
      tcp_ = (v4 != counts->end() ? v4->second : 0) + (v6 != counts->end() ? v6->second : 0);
    }
    if (v4 != counts->end() && v4->second == 0 && (v6 == counts->end() || v6->second == 0)) {
      absent_.insert(counted.protocol);
    }
  }
}

} // namespace hindstat
