// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/protocol_counter.h"

namespace hindstat {

/// Collects the rows of table protocol_counter.
using CounterRows = TableBuilder<std::remove_const_t<decltype(protocol_counters)>>;

/// Whether the kernel uses this number as a level or setting, not as a counter.
[[nodiscard]] bool is_level(std::string_view group, std::string_view name);

/// "TcpExt" of "TcpExt: SyncookiesSent ..."; empty when the line does not begin with a group.
[[nodiscard]] std::string_view counter_group(std::string_view line);

/// Adds the rows of one group of /proc/net/snmp or /proc/net/netstat: a line of names and one of values. Rejected (and
/// nothing added): lines of two groups, not as many values as names, a value that is no number.
[[nodiscard]] Verdict add_counter_group(CounterRows& rows, std::string_view names, std::string_view values);

/// Adds the row of one line of /proc/net/snmp6: "Ip6InReceives 8" becomes group Ip6, name InReceives.
[[nodiscard]] Verdict add_counter6(CounterRows& rows, std::string_view line);

/// The same of /proc/net/sctp/snmp: "SctpCurrEstab 0" becomes group Sctp, name CurrEstab.
[[nodiscard]] Verdict add_sctp_counter(CounterRows& rows, std::string_view line);

} // namespace hindstat
