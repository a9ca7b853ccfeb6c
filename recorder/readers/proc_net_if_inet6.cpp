// SPDX-License-Identifier: MIT
//
// /proc/net/if_inet6 (net/ipv6/addrconf.c if6_seq_show), no header, all but the last hexadecimal:
//   ADDRESS                          INDEX LENGTH SCOPE FLAGS DEVICE
//   fe8000000000000028d8d1fffe4c7357 04    40     20    80    g1
#include "recorder/readers/proc_net_if_inet6.h"

#include <tuple>

#include "recorder/text_fields.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::uint32_t loopback_scope = 0x10; // IPV6_ADDR_LOOPBACK and its kin, include/net/ipv6.h
constexpr std::uint32_t link_scope = 0x20;
constexpr std::uint32_t site_scope = 0x40;

/// What the kernel makes of the same in RTM_NEWADDR (addrconf.c rt_scope()).
RouteScope scope_of(std::uint32_t scope) {
  if ((scope & loopback_scope) != 0) {
    return RouteScope::host;
  }
  if ((scope & link_scope) != 0) {
    return RouteScope::link;
  }
  return (scope & site_scope) != 0 ? RouteScope::site : RouteScope::universe;
}

} // namespace

Verdict add_proc_address6(AddressRows& rows, std::string_view line) {
  constexpr std::uint8_t longest_prefix = 128;
  Fields fields(line);
  const auto address = parse_hex_address6(fields.next());
  const auto ifindex = fields.next_number<std::uint32_t>(16);
  const auto prefix_length = fields.next_number<std::uint8_t>(16);
  const auto scope = fields.next_number<std::uint32_t>(16);
  const auto flags = fields.next_number<std::uint8_t>(16);
  const std::string_view interface = fields.next();
  if (!address || !ifindex || !prefix_length || *prefix_length > longest_prefix || !scope || !flags
      || interface.empty()) {
    return Verdict::rejected;
  }
  Address row;
  row.interface = interface;
  row.address = *address;
  row.prefix_length = *prefix_length;
  row.scope = scope_of(*scope);
  row.flags = FlagSet<AddressFlag>(*flags);
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
