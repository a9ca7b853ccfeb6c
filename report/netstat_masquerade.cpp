// SPDX-License-Identifier: MIT
// Masqueraded flows as net-tools 2.10 prints them with -M -n:
//   tcp   7:12.00 10.77.1.2            10.77.2.2            40000 -> 7000 (61740)
#include "report/netstat_masquerade.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "base/text_table.h"
#include "report/recorded_names.h"
#include "report/statuses.h"
#include "tables/conntrack.h"
#include "tables/format.h"

namespace hindstat {

namespace {

using Port = std::optional<std::uint16_t>;

std::string format_protocol(const Conntrack& flow) {
  return format_enum(NamesOf<FlowProtocol>::values, static_cast<std::uint64_t>(flow.protocol));
}

bool is_icmp(const Conntrack& flow) {
  return flow.icmp_id.has_value();
}

// "7:12.00", minutes, seconds and hundredths; "-" for flows that have no timeout (offloaded ones).
std::string format_expiry(const Conntrack& flow, std::int64_t boottime_ns) {
  if (!flow.expires) {
    return "-";
  }
  const std::uint64_t now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(boottime_ns, 0)) / 1'000'000;
  const std::uint64_t left = (*flow.expires - std::min(*flow.expires, now_ms)) / 10;
  return fmt::format("{}:{:02}.{:02}", left / 6000, left / 100 % 60, left % 100);
}

std::string format_number(const auto& value) {
  return value ? fmt::format("{}", *value) : "-";
}

class Writer {
public:
  Writer(const Snapshot& snapshot, const MasqueradeView& view)
    : view_(view), boottime_ns_(snapshot.info.clocks.boottime_ns),
      names_(snapshot,
             NameChoice{.programs = false, .services = view.service_names, .users = false, .hosts = view.host_names}) {
  }

  [[nodiscard]] std::string format(const std::vector<Conntrack>& flows) const {
    return view_.wide ? format_wide(flows) : format_narrow(flows);
  }

private:
  [[nodiscard]] std::string format_port(const Conntrack& flow, Port port) const {
    if (!port) {
      return "-";
    }
    switch (flow.protocol) {
      case FlowProtocol::tcp:
        return names_.format_port(SocketProtocol::tcp, *port);
      case FlowProtocol::udp:
        return names_.format_port(SocketProtocol::udp, *port);
      default:
        return fmt::format("{}", *port);
    }
  }

  // "40000 -> 7000 (61740)"; for ICMP "51545 -> 8/0 (51545)".
  [[nodiscard]] std::string format_ports(const Conntrack& flow) const {
    if (is_icmp(flow)) {
      return fmt::format("{} -> {}/{} ({})", format_number(flow.icmp_id), format_number(flow.icmp_type),
                         format_number(flow.icmp_code), format_number(flow.reply_icmp_id));
    }
    return fmt::format("{} -> {} ({})", format_port(flow, flow.source_port), format_port(flow, flow.destination_port),
                       format_port(flow, flow.reply_destination_port));
  }

  // net-tools' "%-4s%3ld:%02ld.%02ld ", with a blank between the two where they would touch.
  [[nodiscard]] std::string format_start(const Conntrack& flow) const {
    const std::string protocol = format_protocol(flow);
    const std::string expiry = format_expiry(flow, boottime_ns_);
    const bool touch = protocol.size() >= 4 && expiry.size() >= 9;
    return fmt::format("{:<4}{}{:>9} ", protocol, touch ? " " : "", expiry);
  }

  [[nodiscard]] std::string format_narrow(const std::vector<Conntrack>& flows) const {
    std::string out = view_.extend
                        ? "prot   expire    initseq delta prevd source               destination          ports\n"
                        : "prot   expire source               destination          ports\n";
    for (const Conntrack& flow : flows) {
      out += format_start(flow);
      if (view_.extend) {
        out += fmt::format("{:>10} {:>5} {:>5} ", flow.sequence_position.value_or(0), flow.sequence_delta.value_or(0),
                           flow.sequence_delta && !flow.sequence_previous_delta
                             ? "-"
                             : fmt::format("{}", flow.sequence_previous_delta.value_or(0)));
      }
      out += fmt::format("{:<20} {:<20} {}\n", names_.format_host(flow.source), names_.format_host(flow.destination),
                         format_ports(flow));
    }
    return out;
  }

  // "10.77.1.2:40000", "10.77.1.2 id 51545" for ICMP, "10.77.1.2" without ports.
  [[nodiscard]] std::string format_end(const Conntrack& flow, const std::optional<IpAddress>& address, Port port,
                                       Port icmp_id = {}) const {
    std::string text = address ? names_.format_host(*address) : "-";
    if (port) {
      text += ':';
      text += format_port(flow, port);
    }
    if (icmp_id) {
      text += fmt::format(" id {}", *icmp_id);
    }
    return text;
  }

  [[nodiscard]] std::string format_wide(const std::vector<Conntrack>& flows) const {
    using Align = TextTable::Align;
    TextTable lines({Align::left, Align::right, Align::left, Align::left, Align::left, Align::left, Align::left,
                     Align::left, Align::left, Align::right, Align::right, Align::right, Align::right, Align::right,
                     Align::right});
    lines.add({"prot", "expire", "state", "nat", "source", "destination", "answered by", "answers to", "flags", "zone",
               "mark", "packets", "bytes", "reply packets", "reply bytes"});
    for (const Conntrack& flow : flows) {
      lines.add({format_protocol(flow), format_expiry(flow, boottime_ns_), escape_terminal(flow.state.value_or("-")),
                 format_nat(flow), format_end(flow, flow.source, flow.source_port, flow.icmp_id),
                 format_end(flow, flow.destination, flow.destination_port) + format_icmp_type(flow),
                 format_end(flow, flow.reply_source, flow.reply_source_port),
                 format_end(flow, flow.reply_destination, flow.reply_destination_port, flow.reply_icmp_id),
                 format_flags(flow), format_zone(flow), format_number(flow.mark), format_number(flow.packets),
                 format_number(flow.bytes), format_number(flow.reply_packets), format_number(flow.reply_bytes)});
    }
    return lines.format();
  }

  [[nodiscard]] static std::string format_icmp_type(const Conntrack& flow) {
    return flow.icmp_type ? fmt::format(" type {}/{}", *flow.icmp_type, format_number(flow.icmp_code)) : "";
  }

  // Whether a rule says MASQUERADE or SNAT is not kept with the flow.
  [[nodiscard]] static std::string format_nat(const Conntrack& flow) {
    const bool both = flow.nat.has(NatKind::source) && flow.nat.has(NatKind::destination);
    return both ? "snat,dnat" : flow.nat.has(NatKind::source) ? "snat" : "dnat";
  }

  [[nodiscard]] static std::string format_flags(const Conntrack& flow) {
    if (!flow.flags) {
      return "-";
    }
    std::string text = flow.flags->has(FlowFlag::replied) ? "replied" : "unreplied";
    for (const FlowFlag flag : {FlowFlag::assured, FlowFlag::offload, FlowFlag::hw_offload}) {
      if (flow.flags->has(flag)) {
        text += ',';
        text += format_enum(NamesOf<FlowFlag>::values, static_cast<std::uint64_t>(flag));
      }
    }
    return text;
  }

  [[nodiscard]] static std::string format_zone(const Conntrack& flow) {
    return flow.reply_zone ? fmt::format("{}/{}", flow.zone, *flow.reply_zone) : fmt::format("{}", flow.zone);
  }

  const MasqueradeView& view_;
  std::int64_t boottime_ns_;
  RecordedNames names_;
};

auto sort_key(const Conntrack& flow) {
  return std::tuple(flow.netns, flow.source.is_v6(), flow.protocol, flow.source, flow.source_port, flow.icmp_id,
                    flow.destination, flow.destination_port, flow.zone, flow.icmp_type, flow.icmp_code, flow.id);
}

} // namespace

std::vector<std::uint32_t> select_masquerade(const Table& table, const MasqueradeView& view) {
  const Column& rewritten = conntracks.column<&Conntrack::nat>(table);
  std::vector<std::pair<decltype(sort_key(Conntrack())), std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    if (rewritten.raw(i) == 0) {
      continue;
    }
    const Conntrack flow = conntracks.row(table, i);
    if (view.ipv4 == view.ipv6 || (flow.source.is_v6() ? view.ipv6 : view.ipv4)) {
      found.emplace_back(sort_key(flow), i);
    }
  }
  std::ranges::sort(found);
  std::vector<std::uint32_t> rows;
  rows.reserve(found.size());
  for (const auto& [key, row] : found) {
    rows.push_back(row);
  }
  return rows;
}

std::string format_masquerade(const Snapshot& snapshot, const MasqueradeView& view) {
  std::vector<Conntrack> all;
  if (const Table* table = snapshot.find_table(conntracks.name())) {
    for (const std::uint32_t row : select_masquerade(*table, view)) {
      all.push_back(conntracks.row(*table, row));
    }
  }
  const Writer writer(snapshot, view);
  std::string out;
  for (const Capture& capture : captures_of(snapshot, conntracks.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    out += "IP masquerading entries";
    out += capture.netns.empty() ? "\n" : fmt::format(" in network namespace {}\n", escape_terminal(capture.netns));
    std::vector<Conntrack> flows;
    std::ranges::copy_if(all, std::back_inserter(flows),
                         [&](const Conntrack& flow) { return flow.netns == capture.netns; });
    out += writer.format(flows);
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", conntracks.name()) : out;
}

} // namespace hindstat
