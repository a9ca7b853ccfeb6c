// SPDX-License-Identifier: MIT
//
// /proc/net/arp (net/ipv4/arp.c arp_seq_show, arp_state_to_flags); flags are ATF_*, zeros stand for no address:
//   IP address       HW type     Flags       HW address            Mask     Device
//   10.77.1.1        0x1         0x2         7a:0f:8a:2b:6e:01     *        c0
#include "recorder/readers/proc_net_arp.h"

#include <net/if_arp.h>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

std::optional<std::uint32_t> next_hex(Fields& fields) {
  const std::string_view word = fields.next();
  return word.starts_with("0x") ? parse_number<std::uint32_t>(word.substr(2), 16) : std::nullopt;
}

} // namespace

Verdict add_arp_line(NeighbourRows& rows, std::string_view line) {
  if (line.starts_with("IP address")) {
    return Verdict::heading;
  }
  Fields fields(line);
  const auto address = parse_ip_address(fields.next());
  const auto type = next_hex(fields);
  const auto flags = next_hex(fields);
  const std::string_view link_address = fields.next();
  const std::string_view mask = fields.next();
  const std::string_view interface = fields.next();
  if (!address || !type || !flags || mask.empty() || interface.empty()) {
    return Verdict::rejected;
  }
  Neighbour row;
  row.interface = interface;
  row.address = *address;
  row.proxy = (*flags & ATF_PUBL) != 0;
  if (link_address.find_first_not_of("0:*") != std::string_view::npos) {
    row.link_address = link_address;
  }
  if (!row.proxy) {
    row.resolution = (*flags & ATF_PERM) != 0  ? NeighbourResolution::permanent
                     : (*flags & ATF_COM) != 0 ? NeighbourResolution::resolved
                                               : NeighbourResolution::unresolved;
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
