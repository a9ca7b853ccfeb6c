// SPDX-License-Identifier: MIT
// An event as named texts: for SQL, and the parts of it that CSV holds.
#include "diff/event_record.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"

namespace hindstat {

namespace {

constexpr std::array<std::string_view, 21> fixed_columns{
  "ev",       "sign",    "table",    "netns",   "key", "inc",           "owner",      "severity",       "conf",
  "t_before", "t_after", "sentence", "changed", "why", "local_address", "local_port", "remote_address", "remote_port",
  "device",   "process", "user"};

// Members of all kinds, each once, in the order of the catalog.
std::vector<std::string_view> field_columns() {
  std::vector<std::string_view> names;
  for (const EventSpec& spec : event_catalog()) {
    for (const std::string_view name : spec.fields) {
      if (std::ranges::find(names, name) == names.end()
          && std::ranges::find(fixed_columns, name) == fixed_columns.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

using Cell = std::optional<std::string>;

Cell known(const std::string& text) {
  return text.empty() ? std::nullopt : Cell(text);
}

Cell address_of(const Facts& facts, End end) {
  const auto it = std::ranges::find(facts.addresses, end, &AddressFact::end);
  return it == facts.addresses.end() ? std::nullopt : Cell(format_ip_address(it->address));
}

Cell port_of(const Facts& facts, End end) {
  const auto it = std::ranges::find(facts.ports, end, &PortFact::end);
  return it == facts.ports.end() ? std::nullopt : Cell(std::to_string(it->port));
}

Cell first_of(const std::vector<std::string>& names) {
  return names.empty() ? std::nullopt : Cell(names.front());
}

void write_optional(JsonWriter& json, const std::optional<std::string>& value) {
  if (value) {
    json.string(*value);
  } else {
    json.null();
  }
}

} // namespace

std::vector<std::string> event_columns() {
  std::vector<std::string> names(fixed_columns.begin(), fixed_columns.end());
  for (const std::string_view name : field_columns()) {
    names.emplace_back(name);
  }
  return names;
}

std::vector<std::optional<std::string>> event_cells(const Event& event, const DiffLabels& labels, FactFinder& finder) {
  const EventTimes times = times_of(event, labels);
  const Facts facts = finder.facts_of(event);
  std::vector<Cell> cells{std::string(event.spec->name),
                          sign_of(event),
                          event.table,
                          event.netns,
                          event.key,
                          known(event.incarnation),
                          known(event.owner),
                          std::string(name_of(severity_of(event))),
                          std::string(name_of(event.confidence)),
                          labels.format_time(times.before_ns),
                          labels.format_time(times.after_ns),
                          describe_event(event),
                          changed_as_json(event),
                          reasons_as_json(event),
                          address_of(facts, End::local),
                          port_of(facts, End::local),
                          address_of(facts, End::remote),
                          port_of(facts, End::remote),
                          first_of(facts.devices),
                          first_of(facts.processes),
                          first_of(facts.users)};
  static const std::vector<std::string_view> names = field_columns();
  for (const std::string_view name : names) {
    const std::string* value = find_field(event, name);
    cells.push_back(value == nullptr ? std::nullopt : Cell(*value));
  }
  return cells;
}

std::string changed_as_json(const Event& event) {
  JsonWriter json;
  json.begin_object();
  for (const EventChange& change : event.changed) {
    json.key(change.column).begin_array();
    write_optional(json, change.from);
    write_optional(json, change.to);
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string fields_as_json(const Event& event) {
  JsonWriter json;
  json.begin_object();
  for (const EventField& field : event.fields) {
    json.key(field.name);
    if (is_boolean_field(field.name)) {
      json.boolean(field.value == "true");
    } else {
      json.string(field.value);
    }
  }
  json.end_object();
  return json.take();
}

std::string reasons_as_json(const Event& event) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& why : event.why) {
    json.string(why);
  }
  json.end_array();
  return json.take();
}

} // namespace hindstat
