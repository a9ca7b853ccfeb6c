// SPDX-License-Identifier: MIT
// The one list of tables. A new table is its header, its reader, a test, and one line here.
#include "tables/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "tables/address.h"
#include "tables/beat.h"
#include "tables/conntrack.h"
#include "tables/conntrack_expectation.h"
#include "tables/conntrack_stat.h"
#include "tables/interface.h"
#include "tables/interface_counter6.h"
#include "tables/link_group.h"
#include "tables/multicast_group.h"
#include "tables/multicast_route.h"
#include "tables/multicast_source.h"
#include "tables/neighbour.h"
#include "tables/netlink_socket.h"
#include "tables/network_namespace.h"
#include "tables/nexthop.h"
#include "tables/other_route.h"
#include "tables/other_socket.h"
#include "tables/packet_socket.h"
#include "tables/process.h"
#include "tables/protocol_counter.h"
#include "tables/resolved_name.h"
#include "tables/route.h"
#include "tables/route_cache.h"
#include "tables/route_exception.h"
#include "tables/rule.h"
#include "tables/service.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tables/sockstat.h"
#include "tables/softnet.h"
#include "tables/sysctl.h"
#include "tables/table_stat.h"
#include "tables/tcp_info.h"
#include "tables/tcp_metric.h"
#include "tables/unix_socket.h"
#include "tables/user.h"

namespace hindstat {

namespace {

const std::array all_tables{
  sockets.spec(),
  unix_sockets.spec(),
  packet_sockets.spec(),
  netlink_sockets.spec(),
  tcp_infos.spec(),
  socket_owners.spec(),
  processes.spec(),
  routes.spec(),
  route_exceptions.spec(),
  route_cache_entries.spec(),
  tcp_metrics.spec(),
  rules.spec(),
  nexthops.spec(),
  neighbours.spec(),
  table_statistics.spec(),
  interfaces.spec(),
  addresses.spec(),
  protocol_counters.spec(),
  socket_statistics.spec(),
  interface_counters6.spec(),
  softnets.spec(),
  sysctls.spec(),
  multicast_groups.spec(),
  conntracks.spec(),
  conntrack_expectations.spec(),
  conntrack_statistics.spec(),
  multicast_sources.spec(),
  multicast_routes.spec(),
  link_groups.spec(),
  network_namespaces.spec(),
  users.spec(),
  services.spec(),
  other_sockets.spec(),
  other_routes.spec(),
  resolved_names.spec(),
  beats.spec(),
};

bool is_identifier(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_lower(name.front())
         && std::ranges::all_of(name, [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_sentence(std::string_view doc) {
  return doc.size() >= 2 && doc.front() >= 'A' && doc.front() <= 'Z' && doc.back() == '.';
}

std::string find_names_fault(const ColumnSpec& column) {
  if (column.names.empty() != (column.kind != Kind::enumeration && !is_flags(column.kind))) {
    return "names belong to enumerations and flag sets, and to each of them";
  }
  std::set<std::string_view> texts;
  std::set<std::uint32_t> values;
  for (const ValueName& name : column.names) {
    if (name.name.empty() || !texts.insert(name.name).second) {
      return fmt::format("value {} has no text of its own", name.value);
    }
    if (!values.insert(name.value).second) {
      return fmt::format("value {} is named twice", name.value);
    }
    if (is_flags(column.kind) && std::popcount(name.value) != 1) {
      return fmt::format("flag {} is not a single bit", name.value);
    }
  }
  return "";
}

std::vector<std::string> find_column_faults(const ColumnSpec& column) {
  std::vector<std::string> faults;
  if (!is_identifier(column.name)) {
    faults.emplace_back("the name is not lower case letters, digits and underscores");
  }
  if (!is_sentence(column.doc)) {
    faults.emplace_back("the doc is not a sentence (capital letter, full stop)");
  }
  const bool is_number = column.kind == Kind::u8 || column.kind == Kind::u16 || column.kind == Kind::u32
                         || column.kind == Kind::u64 || is_signed(column.kind);
  if ((column.role == Role::counter || column.role == Role::gauge || column.role == Role::timer) && !is_number) {
    faults.emplace_back("a counter, gauge or timer is a number");
  }
  if (column.role == Role::counter && is_signed(column.kind)) {
    faults.emplace_back("a counter is unsigned");
  }
  if (column.role == Role::timer && (column.kind != Kind::u64 || column.unit != Unit::boottime_ms)) {
    faults.emplace_back("a timer is a u64 in boottime_ms");
  }
  if (auto fault = find_names_fault(column); !fault.empty()) {
    faults.push_back(std::move(fault));
  }
  return faults;
}

} // namespace

std::span<const TableSpec> catalog() {
  return all_tables;
}

const TableSpec* find_table_spec(std::string_view name) {
  const auto it = std::ranges::find(all_tables, name, &TableSpec::name);
  return it == all_tables.end() ? nullptr : &*it;
}

std::vector<std::string> lint_table_spec(const TableSpec& spec) {
  std::vector<std::string> faults;
  if (!is_identifier(spec.name)) {
    faults.push_back(fmt::format("{}: the name is not lower case letters, digits and underscores", spec.name));
  }
  if (!is_sentence(spec.doc)) {
    faults.push_back(fmt::format("{}: the doc is not a sentence (capital letter, full stop)", spec.name));
  }
  if (std::ranges::none_of(spec.columns, [](const ColumnSpec& column) { return column.role == Role::key; })) {
    faults.push_back(fmt::format("{}: no column is a key", spec.name));
  }
  std::set<std::string_view> names;
  for (const ColumnSpec& column : spec.columns) {
    if (!names.insert(column.name).second) {
      faults.push_back(fmt::format("{}.{}: two columns have this name", spec.name, column.name));
    }
    for (const std::string& fault : find_column_faults(column)) {
      faults.push_back(fmt::format("{}.{}: {}", spec.name, column.name, fault));
    }
  }
  return faults;
}

std::string describe_table_spec(const TableSpec& spec) {
  std::string text = fmt::format("{}  {}\n", spec.name, spec.doc);
  for (const ColumnSpec& column : spec.columns) {
    text += fmt::format("  {}.{}  {}{} {} {}  {}\n", spec.name, column.name, name_of(column.kind),
                        column.nullable ? "?" : "", name_of(column.role), name_of(column.unit), column.doc);
    for (const ValueName& name : column.names) {
      text += fmt::format("    {} {}\n", name.value, name.name);
    }
  }
  return text;
}

std::string document_catalog() {
  std::string text = "# Tables\n\nGenerated from the catalog (tables/*.h); `./dev accept` writes it anew. `?` after a "
                     "kind: may be null, "
                     "which means not known or not applicable.\n";
  for (const TableSpec& spec : catalog()) {
    text += fmt::format("\n## {}\n\n{}\n\n| column | kind | role | unit | meaning |\n|---|---|---|---|---|\n",
                        spec.name, spec.doc);
    for (const ColumnSpec& column : spec.columns) {
      text +=
        fmt::format("| {} | {}{} | {} | {} | {} |\n", column.name, name_of(column.kind), column.nullable ? "?" : "",
                    name_of(column.role), column.unit == Unit::none ? "" : name_of(column.unit), column.doc);
    }
  }
  return text;
}

} // namespace hindstat
