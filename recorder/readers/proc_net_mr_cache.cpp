// SPDX-License-Identifier: MIT
//
// /proc/net/ip_mr_cache (net/ipv4/ipmr.c ipmr_mfc_seq_show), addresses as words in host byte order, and ip6_mr_cache
// (net/ipv6/ip6mr.c ip6mr_mfc_seq_show); an unresolved entry has -1 or 65535 for Iif and no interfaces out:
//   Group    Origin   Iif     Pkts    Bytes    Wrong Oifs
//   01004DE8 02004D0A 0          3      300        0  1:1    2:5
// /proc/net/ip_mr_vif and ip6_mr_vif:
//   Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote
//    0 g1              300       3         0       0 00000 0102030A 00000000
#include "recorder/readers/proc_net_mr_cache.h"

#include "recorder/text_fields.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

std::optional<IpAddress> parse_address(std::string_view word) {
  return word.find(':') != std::string_view::npos ? parse_ip_address(word) : parse_hex_address4(word);
}

std::string vif_name(const std::map<int, std::string>& vifs, int number) {
  const auto found = vifs.find(number);
  return found != vifs.end() ? found->second : "vif" + std::to_string(number);
}

} // namespace

std::optional<MulticastVif> parse_mr_vif_line(std::string_view line) {
  Fields fields(line);
  const auto number = fields.next_number<int>();
  const std::string_view name = fields.next();
  return number && !name.empty() ? std::optional(MulticastVif{*number, std::string(name)}) : std::nullopt;
}

Verdict add_mr_cache_line(MulticastRouteRows& rows, std::string_view line, const std::map<int, std::string>& vifs) {
  if (line.starts_with("Group")) {
    return Verdict::heading;
  }
  constexpr int most_vifs = 32; // MAXVIFS, MAXMIFS
  Fields fields(line);
  const auto group = parse_address(fields.next());
  const auto source = parse_address(fields.next());
  const auto parent = fields.next_number<int>();
  MulticastRoute row;
  row.packets = fields.next_number<std::uint64_t>();
  row.bytes = fields.next_number<std::uint64_t>();
  row.wrong_interface = fields.next_number<std::uint64_t>();
  if (!group || !source || group->is_v6() != source->is_v6() || !parent || !row.packets || !row.bytes
      || !row.wrong_interface) {
    return Verdict::rejected;
  }
  row.group = *group;
  row.source = *source;
  row.unresolved = *parent < 0 || *parent >= most_vifs;
  if (row.unresolved) {
    row.packets = row.bytes = row.wrong_interface = std::nullopt;
  } else {
    row.in_interface = vif_name(vifs, *parent);
  }

  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    const Split out = split_at(word, ':');
    const auto number = parse_number<int>(out.before);
    const auto ttl = parse_number<unsigned>(out.after);
    if (!number || !ttl) {
      return Verdict::rejected;
    }
    add_out_interface(row, vif_name(vifs, *number), *ttl);
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
