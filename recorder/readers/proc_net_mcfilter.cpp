// SPDX-License-Identifier: MIT
//
// /proc/net/mcfilter (net/ipv4/igmp.c igmp_mcf_seq_show), addresses big-endian, and mcfilter6 (net/ipv6/mcast.c):
//   Idx Device        MCA        SRC    INC    EXC
//     4     g1 0xe84d0001 0x0a4d0202      1      0
//   Idx Device                Multicast Address                   Source Address    INC    EXC
//     4     g1 ff3e0000000000000000000000000001 fd770002000000000000000000000002      1      0
// /proc/net/dev_mcast (net/core/net-procfs.c dev_mc_seq_show), no header:
//   4    g1              1     0     333300000001
#include "recorder/readers/proc_net_mcfilter.h"

#include "recorder/readers/table_parts.h"
#include "recorder/text_fields.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

/// "0xe84d0001" or 32 digits.
std::optional<IpAddress> parse_filter_address(std::string_view word) {
  if (!word.starts_with("0x")) {
    return parse_hex_address6(word);
  }
  const auto number = parse_number<std::uint32_t>(word.substr(2), 16);
  if (!number || word.size() != 10) {
    return std::nullopt;
  }
  const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(*number >> shift); };
  return IpAddress::v4({byte(24), byte(16), byte(8), byte(0)});
}

/// "333300000001" as "33:33:00:00:00:01"; empty when these are no bytes.
std::string format_address(std::string_view digits) {
  std::string text;
  if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return text;
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    text.append(text.empty() ? "" : ":").append(digits.substr(i, 2));
  }
  return text;
}

PartRead read_filters(ReadContext& context, const char* path, MulticastSourceRows& rows, Capture& capture) {
  const InterfaceNames& names = context.interfaces();
  const FileRead file = context.system().read_file(path);
  read_lines(file.bytes, capture, [&](std::string_view line) { return add_mcfilter_line(rows, line, names); });
  return {file.error};
}

PartRead read_dev_mcast(ReadContext& context, LinkGroupRows& rows, Capture& capture) {
  const FileRead file = context.system().read_file("/proc/net/dev_mcast");
  read_lines(file.bytes, capture, [&rows](std::string_view line) { return add_dev_mcast_line(rows, line); });
  return {file.error};
}

} // namespace

Verdict add_mcfilter_line(MulticastSourceRows& rows, std::string_view line, const InterfaceNames& names) {
  if (line.starts_with("Idx")) {
    return Verdict::heading;
  }
  Fields fields(line);
  const auto index = fields.next_number<std::uint32_t>();
  const std::string_view cut_name = fields.next();
  const auto group = parse_filter_address(fields.next());
  const auto source = parse_filter_address(fields.next());
  const auto including = fields.next_number<std::uint64_t>();
  const auto excluding = fields.next_number<std::uint64_t>();
  if (!index || cut_name.empty() || !group || !source || group->is_v6() != source->is_v6() || !including
      || !excluding) {
    return Verdict::rejected;
  }
  MulticastSource row;
  row.interface = names.find(*index).value_or(std::string(cut_name));
  row.group = *group;
  row.source = *source;
  row.including = *including;
  row.excluding = *excluding;
  rows.add(row);
  return Verdict::kept;
}

Verdict add_dev_mcast_line(LinkGroupRows& rows, std::string_view line) {
  Fields fields(line);
  const auto index = fields.next_number<std::uint32_t>();
  const std::string_view interface = fields.next();
  const auto users = fields.next_number<std::uint32_t>();
  const auto by_hand = fields.next_number<std::uint32_t>();
  std::string address = format_address(fields.next());
  if (!index || interface.empty() || !users || !by_hand || address.empty()) {
    return Verdict::rejected;
  }
  LinkGroup row;
  row.interface = interface;
  row.address = std::move(address);
  row.users = *users;
  row.added_by_hand = *by_hand;
  rows.add(row);
  return Verdict::kept;
}

void read_multicast_sources(ReadContext& context) {
  TableParts table(context, multicast_sources.name(), MulticastSourceRows(multicast_sources));
  table.read("mcfilter", {{"proc", std::bind_front(read_filters, std::ref(context), "/proc/net/mcfilter")}});
  table.read("mcfilter6", {{"proc", std::bind_front(read_filters, std::ref(context), "/proc/net/mcfilter6")}});
  std::move(table).keep("/proc/net does not answer");
}

void read_link_groups(ReadContext& context) {
  TableParts table(context, link_groups.name(), LinkGroupRows(link_groups));
  table.read("dev_mcast", {{"proc", std::bind_front(read_dev_mcast, std::ref(context))}});
  std::move(table).keep("/proc/net/dev_mcast does not answer");
}

} // namespace hindstat
