// SPDX-License-Identifier: MIT
#include "recorder/readers/conntrack_rows.h"

namespace hindstat {

bool set_tuples(Conntrack& row, const FlowTuple& original, const FlowTuple& reply) {
  if (!original.is_whole() || !reply.is_whole() || original.source->is_v6() != reply.source->is_v6()) {
    return false;
  }
  row.source = *original.source;
  row.destination = *original.destination;
  row.source_port = original.source_port;
  row.destination_port = original.destination_port;
  row.icmp_type = original.icmp_type;
  row.icmp_code = original.icmp_code;
  row.icmp_id = original.icmp_id;
  row.reply_source = reply.source;
  row.reply_destination = reply.destination;
  row.reply_source_port = reply.source_port;
  row.reply_destination_port = reply.destination_port;
  row.reply_icmp_type = reply.icmp_type;
  row.reply_icmp_code = reply.icmp_code;
  row.reply_icmp_id = reply.icmp_id;
  // A zone of one direction only leaves the other in the default zone.
  const std::uint16_t both = row.zone;
  row.zone = original.zone.value_or(both);
  if (const std::uint16_t reply_zone = reply.zone.value_or(both); reply_zone != row.zone) {
    row.reply_zone = reply_zone;
  }
  return true;
}

FlagSet<NatKind> derive_nat(const Conntrack& row) {
  FlagSet<NatKind> nat;
  if (row.reply_destination != row.source || row.reply_destination_port != row.source_port
      || row.reply_icmp_id != row.icmp_id) {
    nat.set(NatKind::source);
  }
  if (row.reply_source != row.destination || row.reply_source_port != row.destination_port) {
    nat.set(NatKind::destination);
  }
  return nat;
}

} // namespace hindstat
