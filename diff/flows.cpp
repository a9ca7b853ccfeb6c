// SPDX-License-Identifier: MIT
#include "diff/flows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "diff/rows.h"
#include "tables/conntrack.h"
#include "tables/format.h"

namespace hindstat {

namespace {

std::string format_end(const IpAddress& address, std::optional<std::uint16_t> port) {
  const std::string text = format_ip_address(address);
  return !port ? text : address.is_v6() ? fmt::format("[{}]:{}", text, *port) : fmt::format("{}:{}", text, *port);
}

std::string name_flow(const Conntrack& flow) {
  std::string text =
    fmt::format("{} {} > {}", format_enum(NamesOf<FlowProtocol>::values, static_cast<std::uint64_t>(flow.protocol)),
                format_end(flow.source, flow.source_port), format_end(flow.destination, flow.destination_port));
  if (flow.icmp_type) {
    text += fmt::format(" type {}/{}", *flow.icmp_type, flow.icmp_code.value_or(0));
  }
  if (flow.icmp_id) {
    text += fmt::format(" id {}", *flow.icmp_id);
  }
  if (flow.zone != 0) {
    text += fmt::format(" zone {}", flow.zone);
  }
  return text;
}

// The columns that say nothing of a flow that came or went: answers come from where it went to, go to where it came
// from, and nothing is marked.
std::vector<std::string_view> find_unremarkable(const Conntrack& flow) {
  const std::array all{
    std::pair<std::string_view, bool>{"flags", !flow.flags || flow.flags->bits == 0},
    std::pair<std::string_view, bool>{"nat", flow.nat.bits == 0},
    std::pair<std::string_view, bool>{"reply_source", flow.reply_source == flow.destination},
    std::pair<std::string_view, bool>{"reply_source_port", flow.reply_source_port == flow.destination_port},
    std::pair<std::string_view, bool>{"reply_destination", flow.reply_destination == flow.source},
    std::pair<std::string_view, bool>{"reply_destination_port", flow.reply_destination_port == flow.source_port},
    std::pair<std::string_view, bool>{"reply_icmp_id", flow.reply_icmp_id == flow.icmp_id},
    std::pair<std::string_view, bool>{"mark", flow.mark == 0U}};
  std::vector<std::string_view> found;
  for (const auto& [column, holds] : all) {
    if (holds) {
      found.push_back(column);
    }
  }
  return found;
}

} // namespace

std::vector<Event> diff_flows(const ComparedTable& table, const Table* before, const Table* after, bool same_boot) {
  std::vector<Event> events = diff_rows(table, same_boot);
  for (Event& event : events) {
    const bool gone = event.after_row < 0;
    const Table* const side = gone ? before : after;
    const std::int64_t row = gone ? event.before_row : event.after_row;
    if (side == nullptr || row < 0) {
      continue;
    }
    const Conntrack flow = conntracks.row(*side, static_cast<std::size_t>(row));
    event.key = name_flow(flow);
    if (gone || event.before_row < 0) {
      const std::vector<std::string_view> unremarkable = find_unremarkable(flow);
      std::erase_if(event.changed, [&](const EventChange& change) {
        return std::ranges::find(unremarkable, change.column) != unremarkable.end();
      });
    }
  }
  return events;
}

} // namespace hindstat
