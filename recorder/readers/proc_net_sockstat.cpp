// SPDX-License-Identifier: MIT
//
// /proc/net/sockstat (net/ipv4/proc.c sockstat_seq_show), /proc/net/sockstat6:
//   TCP: inuse 1 orphan 148 tw 0 alloc 4404 mem 187
#include "recorder/readers/proc_net_sockstat.h"

#include "recorder/text_fields.h"

namespace hindstat {

Verdict add_socket_statistics(StatisticRows& rows, std::string_view line) {
  Fields fields(line);
  SocketStatistic row;
  const std::string_view protocol = fields.next();
  if (protocol.size() < 2 || protocol.find(':') != protocol.size() - 1) {
    return Verdict::rejected;
  }
  row.protocol = protocol.substr(0, protocol.size() - 1);
  const std::size_t before = rows.size();
  for (std::string_view name = fields.next(); !name.empty(); name = fields.next()) {
    const auto value = fields.next_number<std::uint64_t>();
    if (!value) {
      rows.truncate(before);
      return Verdict::rejected;
    }
    row.name = name;
    row.value = *value;
    rows.add(row);
  }
  return rows.size() > before ? Verdict::kept : Verdict::rejected;
}

} // namespace hindstat
