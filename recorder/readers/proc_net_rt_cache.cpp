// SPDX-License-Identifier: MIT
//
// /proc/net/rt_cache of kernels before 3.6 (net/ipv4/route.c), addresses as words in host byte order, flags and type of
// service hexadecimal, each line padded to 127 characters. Linux 2.0 (rt_cache_get_info):
//   Iface Destination Gateway Flags RefCnt Use Metric Source MTU Window IRTT HH ARP
//   "%s\t%08lX\t%08lX\t%02X\t%d\t%u\t%d\t%08lX\t%d\t%lu\t%u\t%d\t%1d"
// and from 2.2 on (rt_cache_seq_show), in some 2.1 with a further column Hash:
//   Iface Destination Gateway Flags RefCnt Use Metric Source MTU Window IRTT TOS HHRef HHUptod SpecDst
//   "%s\t%08lX\t%08lX\t%8X\t%d\t%u\t%d\t%08lX\t%d\t%u\t%u\t%02X\t%d\t%1d\t%08X"
#include "recorder/readers/proc_net_rt_cache.h"

#include "recorder/text_fields.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

template <typename Target, typename Value>
bool set(Target& target, const std::optional<Value>& value) {
  if (value) {
    target = *value;
  }
  return value.has_value();
}

/// What both layouts begin with.
bool read_common(Fields& fields, RouteCacheEntry& row) {
  const std::string_view interface = fields.next();
  if (!interface.empty() && interface != "*") {
    row.interface = interface;
  }
  return set(row.destination, parse_hex_address4(fields.next())) && set(row.gateway, parse_hex_address4(fields.next()))
         && set(row.flags, fields.next_number<std::uint32_t>(16))
         && set(row.references, fields.next_number<std::int32_t>())
         && set(row.uses, fields.next_number<std::uint32_t>()) && set(row.metric, fields.next_number<std::int32_t>())
         && set(row.source, parse_hex_address4(fields.next())) && set(row.mtu, fields.next_number<std::uint32_t>())
         && set(row.window, fields.next_number<std::uint32_t>()) && set(row.irtt, fields.next_number<std::uint32_t>());
}

} // namespace

Verdict RtCacheLines::add(RouteCacheRows& rows, std::string_view line) {
  if (line.starts_with("Iface")) {
    layout_ = line.find("SpecDst") != std::string_view::npos ? Layout::linux_2_2
              : line.find("ARP") != std::string_view::npos   ? Layout::linux_2_0
                                                             : Layout::unknown;
    return layout_ != Layout::unknown ? Verdict::heading : Verdict::rejected;
  }
  Fields fields(line);
  RouteCacheEntry row;
  if (layout_ == Layout::unknown || !read_common(fields, row)) {
    return Verdict::rejected;
  }
  if (layout_ == Layout::linux_2_2 && !set(row.tos, fields.next_number<std::uint8_t>(16))) {
    return Verdict::rejected;
  }
  if (!set(row.hh_references, fields.next_number<std::int32_t>())
      || !set(row.hh_up_to_date, fields.next_number<std::int32_t>())) {
    return Verdict::rejected;
  }
  if (layout_ == Layout::linux_2_2 && !set(row.specific_destination, parse_hex_address4(fields.next()))) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
