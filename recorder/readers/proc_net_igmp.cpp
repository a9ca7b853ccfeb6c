// SPDX-License-Identifier: MIT
//
// /proc/net/igmp (net/ipv4/igmp.c igmp_mc_seq_show), groups as words in host byte order:
//   Idx	Device    : Count Querier	Group    Users Timer	Reporter
//   5	br0       :     2      V3
//   				010000E0     1 0:00000000		0
// Timer is whether a report is pending, and in how many ticks of USER_HZ, hexadecimal.
// /proc/net/igmp6 (net/ipv6/mcast.c igmp6_mc_seq_show), no header; flag 1 is a pending report:
//   INDEX DEVICE GROUP                            USERS FLAGS    TICKS
//   5     br0    ff0200000000000000000001ff000000     2 00000004 0
#include "recorder/readers/proc_net_igmp.h"

#include <tuple>

#include "recorder/text_fields.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::uint32_t timer_running = 1; // MAF_TIMER_RUNNING

/// nullopt for a timer that is not pending, and for one that has run out: its ticks are below 0 or wrapped around.
std::optional<std::uint64_t> expiry(bool pending, std::int64_t ticks, std::uint64_t boottime_ms) {
  constexpr std::int64_t ms_per_tick = 10;
  constexpr std::int64_t longest = 24LL * 60 * 60 * 100; // Reports are answered within an hour (RFC 3376, 9.8).
  if (!pending || ticks < 0 || ticks > longest) {
    return std::nullopt;
  }
  return boottime_ms + static_cast<std::uint64_t>(ticks * ms_per_tick);
}

/// The device of "5\tbr0       :     2      V3".
std::string_view parse_interface(std::string_view line) {
  Fields fields(line);
  const auto index = fields.next_number<std::uint32_t>();
  const std::size_t colon = line.rfind(':');
  if (!index || colon == std::string_view::npos) {
    return {};
  }
  const Split name = split_at(trimmed(line.substr(0, colon)), '\t');
  return name.after.find_first_of(" \t") == std::string_view::npos ? name.after : std::string_view();
}

} // namespace

Verdict IgmpLines::add(MulticastRows& rows, std::string_view line) {
  if (line.starts_with("Idx")) {
    return Verdict::heading;
  }
  if (!line.starts_with('\t')) {
    interface_ = parse_interface(line);
    return interface_.empty() ? Verdict::rejected : Verdict::heading;
  }
  Fields fields(line);
  const auto group = parse_hex_address4(fields.next());
  const auto users = fields.next_number<std::uint32_t>();
  const Split timer = split_at(fields.next(), ':');
  const auto pending = parse_number<std::uint32_t>(timer.before);
  const auto ticks = parse_number<std::uint64_t>(timer.after, 16);
  if (!group || !users || !pending || !ticks || interface_.empty()) {
    return Verdict::rejected;
  }
  MulticastGroup row;
  row.interface = interface_;
  row.group = *group;
  row.users = *users;
  row.report_expires = expiry(*pending != 0, static_cast<std::int64_t>(*ticks), boottime_ms_);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_igmp6_line(MulticastRows& rows, std::string_view line, std::uint64_t boottime_ms) {
  Fields fields(line);
  const auto index = fields.next_number<std::uint32_t>();
  const std::string_view interface = fields.next();
  const auto group = parse_hex_address6(fields.next());
  const auto users = fields.next_number<std::uint32_t>();
  const auto flags = fields.next_number<std::uint32_t>(16);
  const auto ticks = fields.next_number<std::int64_t>();
  if (!index || interface.empty() || !group || !users || !flags || !ticks) {
    return Verdict::rejected;
  }
  MulticastGroup row;
  row.interface = interface;
  row.group = *group;
  row.users = *users;
  row.report_expires = expiry((*flags & timer_running) != 0, *ticks, boottime_ms);
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
