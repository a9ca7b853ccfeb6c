// SPDX-License-Identifier: MIT
#include "diff/flow_name.h"

#include <fmt/format.h>

#include "tables/format.h"

namespace hindstat {

namespace {

std::string format_end(const std::optional<IpAddress>& address, std::optional<std::uint16_t> port) {
  const std::string text = address ? format_ip_address(*address) : "?";
  return !port                         ? text
         : address && address->is_v6() ? fmt::format("[{}]:{}", text, *port)
                                       : fmt::format("{}:{}", text, *port);
}

std::string public_source(const Conntrack& flow) {
  const std::string end = format_end(flow.reply_destination, flow.reply_destination_port);
  return flow.reply_icmp_id && flow.reply_icmp_id != flow.icmp_id ? fmt::format("{} id {}", end, *flow.reply_icmp_id)
                                                                  : end;
}

} // namespace

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

bool is_rewritten(const Conntrack& flow) {
  return flow.nat.bits != 0;
}

std::vector<EventField> describe_flow(const Conntrack& flow) {
  std::vector<EventField> fields;
  if (flow.state) {
    fields.push_back({"state", *flow.state});
  }
  if (flow.nat.has(NatKind::source)) {
    fields.push_back({"masqueraded_as", public_source(flow)});
  }
  if (flow.nat.has(NatKind::destination)) {
    fields.push_back({"served_by", format_end(flow.reply_source, flow.reply_source_port)});
  }
  return fields;
}

std::string format_mapping(const Conntrack& flow) {
  std::string text = flow.nat.has(NatKind::source) ? fmt::format("as {}", public_source(flow)) : "";
  if (flow.nat.has(NatKind::destination)) {
    text += fmt::format("{}to {}", text.empty() ? "" : " ", format_end(flow.reply_source, flow.reply_source_port));
  }
  return text.empty() ? "as it is" : text;
}

} // namespace hindstat
