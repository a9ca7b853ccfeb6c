// SPDX-License-Identifier: MIT
// The one list of what the texts of the tables hold: it decides what an anonymised export hides, so that whoever wants
// to know what leaves the machine has one page to read. A text that is not in it is hidden whole and fails a test.
#include "tables/contents.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace hindstat {

namespace {

constexpr std::string_view any_table = "*";

struct Listed {
  std::string_view table; ///< Or any_table, for the columns of this name that no other line has.
  std::string_view column;
  Content content;
};

constexpr auto list = std::to_array<Listed>({
  {any_table, "netns", Content::netns},
  {any_table, "interface", Content::interface},
  {any_table, "in_interface", Content::interface},
  {any_table, "congestion_control", Content::word},
  {any_table, "helper", Content::word},
  {"socket", "bound_interface", Content::interface},
  {"socket", "local_addresses", Content::address_list},
  {"socket", "remote_addresses", Content::address_list},
  {"unix_socket", "name", Content::unix_name},
  {"netlink_socket", "further_groups", Content::word},
  {"process", "comm", Content::command},
  {"process", "exe", Content::program},
  {"process", "unit", Content::unit},
  {"process", "container", Content::container},
  {"route", "destination", Content::prefix},
  {"route", "source", Content::prefix},
  {"route_exception", "destination", Content::prefix},
  {"route_exception", "source", Content::prefix},
  {"tcp_metric", "fastopen_cookie", Content::secret},
  {"rule", "source", Content::prefix},
  {"rule", "destination", Content::prefix},
  {"rule", "out_interface", Content::interface},
  {"nexthop", "group", Content::word},
  {"neighbour", "link_address", Content::link_address},
  {"table_stat", "source", Content::word},
  {"table_stat", "name", Content::word},
  {"interface", "name", Content::interface},
  {"interface", "kind", Content::word},
  {"interface", "master", Content::interface},
  {"interface", "qdisc", Content::word},
  {"interface", "altnames", Content::interface_list},
  {"address", "label", Content::interface_label},
  {"protocol_counter", "group", Content::word},
  {"protocol_counter", "name", Content::word},
  {"sockstat", "protocol", Content::word},
  {"sockstat", "name", Content::word},
  {"interface_counter6", "group", Content::word},
  {"interface_counter6", "name", Content::word},
  {"sysctl", "name", Content::word},
  {"sysctl", "value", Content::word},
  {"conntrack", "state", Content::word},
  {"conntrack", "security_context", Content::context},
  {"conntrack", "labels", Content::word},
  {"conntrack_expectation", "mask_source", Content::mask},
  {"conntrack_expectation", "mask_destination", Content::mask},
  {"conntrack_stat", "name", Content::word},
  {"multicast_route", "out_interfaces", Content::interface_list},
  {"link_group", "address", Content::link_address},
  {"network_namespace", "name", Content::netns},
  {"network_namespace", "container", Content::container},
  {"user", "name", Content::user},
  {"service", "protocol", Content::word},
  {"service", "name", Content::service},
  {"other_socket", "local_address", Content::station},
  {"other_socket", "remote_address", Content::station},
  {"other_socket", "local_call", Content::station},
  {"other_socket", "remote_call", Content::station},
  {"other_socket", "via", Content::station_list},
  {"other_socket", "mode", Content::word},
  {"other_socket", "details", Content::word},
  {"other_route", "destination", Content::station},
  {"other_route", "gateway", Content::station},
  {"resolved_name", "name", Content::peer_name},
  {"capture", "table", Content::word},
  {"capture", "detail", Content::sentence},
  {"capture", "source", Content::word},
  {"capture", "coverage", Content::word},
  {"capture", "example", Content::evidence},
});

const Listed* find_listed(std::string_view table, std::string_view column) {
  const auto fits = [&](std::string_view wanted) {
    return std::ranges::find_if(list,
                                [&](const Listed& line) { return line.table == wanted && line.column == column; });
  };
  const auto own = fits(table);
  const auto found = own != list.end() ? own : fits(any_table);
  return found != list.end() ? &*found : nullptr;
}

bool holds_addresses(Content content) {
  return content == Content::address || content == Content::prefix || content == Content::mask;
}

} // namespace

std::string_view name_of(Content content) {
  constexpr std::array<std::string_view, 26> names{
    "number",  "unlisted",     "word",         "sentence", "evidence",  "address",         "prefix",
    "mask",    "address_list", "link_address", "netns",    "interface", "interface_label", "interface_list",
    "station", "station_list", "command",      "program",  "unit",      "container",       "unix_name",
    "user",    "peer_name",    "service",      "secret",   "context"};
  return names[static_cast<std::size_t>(content)];
}

Content content_of(std::string_view table, const ColumnSpec& column) {
  switch (column.kind) {
    case Kind::text: {
      const Listed* line = find_listed(table, column.name);
      return line != nullptr && !holds_addresses(line->content) ? line->content : Content::unlisted;
    }
    case Kind::address: {
      const Listed* line = find_listed(table, column.name);
      return line != nullptr && holds_addresses(line->content) ? line->content : Content::address;
    }
    case Kind::mac:
      return Content::link_address;
    default:
      return Content::number;
  }
}

std::vector<std::string> lint_contents(std::span<const TableSpec> specs) {
  std::vector<std::string> faults;
  std::vector<bool> used(list.size());
  for (const TableSpec& spec : specs) {
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      const ColumnSpec& column = spec.columns[i];
      const Listed* line = is_interned(column.kind) ? find_listed(spec.name, column.name) : nullptr;
      if (line != nullptr) {
        used[static_cast<std::size_t>(line - list.data())] = true;
      }
      const Content content = content_of(spec.name, column);
      if (content == Content::unlisted) {
        faults.push_back(fmt::format("{}.{}: contents.cpp does not say what this text holds", spec.name, column.name));
      }
      if (content == Content::prefix && (i + 1 == spec.columns.size() || spec.columns[i + 1].kind != Kind::u8)) {
        faults.push_back(fmt::format("{}.{}: the next column is no length of a prefix", spec.name, column.name));
      }
    }
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!used[i]) {
      faults.push_back(fmt::format("{}.{}: contents.cpp lists it and no table has it", list[i].table, list[i].column));
    }
  }
  return faults;
}

} // namespace hindstat
