// SPDX-License-Identifier: MIT
// Kinds and names of columns say what they hold: "local_port" is a port of this end, "gateway" an address of another.
#include "diff/facts.h"

#include <algorithm>
#include <optional>

#include "tables/format.h"
#include "tables/interface.h"
#include "tables/process.h"
#include "tables/user.h"

namespace hindstat {

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A flow's source is this end of it; answers go the other way round.
End end_of(std::string_view column) {
  const bool reply = column.starts_with("reply_");
  if (column.starts_with("local_") || column == "preferred_source" || column == "port") {
    return End::local;
  }
  if (column.starts_with("remote_") || column.starts_with("peer") || column == "gateway") {
    return End::remote;
  }
  if (contains(column, "source")) {
    return reply ? End::remote : End::local;
  }
  if (contains(column, "destination")) {
    return reply ? End::local : End::remote;
  }
  return End::none;
}

/// The column that holds the length of the prefix in this one.
std::string length_column(std::string_view column) {
  if (column == "destination" || column == "address") {
    return "prefix_length";
  }
  return std::string(column) + "_prefix_length";
}

std::optional<std::uint8_t> find_length(const Table& table, std::string_view column, std::size_t row) {
  for (const std::string& name : {length_column(column), std::string(column) + "_length"}) {
    const Column* length = table.find_column(name);
    if (length != nullptr && !length->is_null(row)) {
      return static_cast<std::uint8_t>(std::min<std::uint64_t>(length->raw(row), 128));
    }
  }
  return std::nullopt;
}

void add_address(Facts& facts, const Table& table, const ColumnSpec& spec, const Column& column, std::size_t row) {
  if (spec.name.starts_with("mask_")) {
    return;
  }
  const IpAddress address = column.address(row).unmapped();
  const auto host = static_cast<std::uint8_t>(address.is_v4() ? 32 : 128);
  const auto length = find_length(table, spec.name, row);
  // The address of an interface is a host, and its prefix is that of its subnet.
  const bool prefix = length.has_value() && spec.name != "address";
  facts.addresses.push_back({address, prefix ? std::min(*length, host) : host, end_of(spec.name), prefix});
}

void add_states(Facts& facts, const ColumnSpec& spec, const std::string& text) {
  if (!is_flags(spec.kind)) {
    facts.states.push_back(text);
    return;
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    facts.states.push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

bool is_port(const ColumnSpec& spec) {
  return spec.name == "local_port" || spec.name == "remote_port"
         || (spec.kind == Kind::u16 && (spec.name == "port" || spec.name.ends_with("_port")));
}

bool is_device(const Table& table, const ColumnSpec& spec) {
  return spec.kind == Kind::text
         && (spec.name == "interface" || spec.name.ends_with("_interface")
             || (spec.name == "name" && table.spec().name == interfaces.name()));
}

/// Raw and ping sockets have a protocol number or an identifier there.
bool has_ports(const Table& table, std::size_t row) {
  const auto protocol = table.spec().find_column("protocol");
  if (!protocol || table.spec().columns[*protocol].kind != Kind::enumeration) {
    return true;
  }
  const std::string name = format_cell(table.spec().columns[*protocol], table.column(*protocol), row);
  return name != "raw" && name != "icmp";
}

/// The kernel says uid 0 of sockets that nobody holds.
bool is_held(const Table& table, std::size_t row) {
  const Column* inode = table.find_column("inode");
  return inode == nullptr || inode->raw(row) != 0;
}

template <typename Value>
void add_once(std::vector<Value>& values, Value value) {
  if (std::ranges::find(values, value) == values.end()) {
    values.push_back(std::move(value));
  }
}

const Table* table_of(const Snapshot& snapshot, const Event& event, std::int64_t row) {
  const Table* table = row < 0 ? nullptr : snapshot.find_table(event.table);
  return table != nullptr && static_cast<std::uint64_t>(row) < table->size() ? table : nullptr;
}

bool is_compared(Role role) {
  return role == Role::state || role == Role::attribute;
}

bool is_measured(Role role) {
  return role == Role::gauge || role == Role::counter;
}

std::optional<std::string> cell(const Table* table, std::size_t column, std::int64_t row) {
  if (table == nullptr || table->column(column).is_null(static_cast<std::size_t>(row))) {
    return std::nullopt;
  }
  return format_cell(table->spec().columns[column], table->column(column), static_cast<std::size_t>(row));
}

} // namespace

void FactFinder::name_all(Side& side) {
  side.named = true;
  if (const Table* table = side.snapshot->find_table(users.name())) {
    for (std::size_t row = 0; row < table->size(); ++row) {
      side.users.emplace(static_cast<std::uint32_t>(users.column<&User::uid>(*table).raw(row)),
                         users.column<&User::name>(*table).bytes(row));
    }
  }
  if (const Table* table = side.snapshot->find_table(processes.name())) {
    for (std::size_t row = 0; row < table->size(); ++row) {
      side.processes.emplace(static_cast<std::uint32_t>(processes.column<&Process::pid>(*table).raw(row)),
                             processes.column<&Process::comm>(*table).bytes(row));
    }
  }
}

void FactFinder::add_row(Facts& facts, Side& side, const Table& table, std::size_t row) {
  if (!side.named) {
    name_all(side);
  }
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    const ColumnSpec& spec = table.spec().columns[i];
    const Column& column = table.column(i);
    if (column.is_null(row)) {
      continue;
    }
    const auto number = static_cast<std::uint32_t>(is_interned(spec.kind) ? 0 : column.raw(row));
    if (spec.kind == Kind::address) {
      add_address(facts, table, spec, column, row);
    } else if (is_port(spec)) {
      if (has_ports(table, row) && (number != 0 || spec.role != Role::key)) {
        facts.ports.push_back({number, end_of(spec.name)});
      }
    } else if (is_device(table, spec)) {
      add_once(facts.devices, std::string(column.bytes(row)));
    } else if (spec.role == Role::state) {
      add_states(facts, spec, format_cell(spec, column, row));
    } else if (spec.name == "uid" && is_held(table, row)) {
      add_once(facts.uids, number);
      if (const auto named = side.users.find(number); named != side.users.end()) {
        add_once(facts.users, named->second);
      }
    } else if (spec.name == "pid") {
      add_once(facts.pids, number);
      if (const auto named = side.processes.find(number); named != side.processes.end()) {
        add_once(facts.processes, named->second);
      }
    } else if (spec.name == "comm" && spec.kind == Kind::text) {
      add_once(facts.processes, std::string(column.bytes(row)));
    }
  }
}

Facts FactFinder::facts_of(const Event& event) {
  Facts facts;
  const std::int64_t rows[2] = {event.before_row, event.after_row};
  for (std::size_t i = 0; i < 2; ++i) {
    if (const Table* table = table_of(*sides_[i].snapshot, event, rows[i])) {
      add_row(facts, sides_[i], *table, static_cast<std::size_t>(rows[i]));
    }
  }
  // "postgres[802]"
  if (const std::size_t bracket = event.owner.rfind('['); bracket != std::string::npos) {
    add_once(facts.processes, event.owner.substr(0, bracket));
  }
  for (const std::string_view name : {"from", "to", "state"}) {
    const std::string* state = event.spec->name.starts_with("sock.") ? find_field(event, name) : nullptr;
    if (state != nullptr) {
      add_once(facts.states, *state);
    }
  }
  return facts;
}

Facts FactFinder::facts_of_row(const Table& table, std::size_t row) {
  Facts facts;
  add_row(facts, sides_[1], table, row);
  return facts;
}

std::vector<std::string> changed_columns(const Event& event, const Snapshot& before, const Snapshot& after) {
  std::vector<std::string> names;
  constexpr std::string_view signs_of_change = "~>#";
  if (signs_of_change.find(event.spec->sigil) == std::string_view::npos || event.spec->name.ends_with(".workers")) {
    return names;
  }
  for (const EventChange& change : event.changed) {
    names.push_back(change.column);
  }
  const Table* a = table_of(before, event, event.before_row);
  const Table* b = table_of(after, event, event.after_row);
  const auto add_if = [&](bool (*wanted)(Role)) {
    for (std::size_t i = 0; a != nullptr && b != nullptr && i < a->spec().columns.size(); ++i) {
      const ColumnSpec& spec = a->spec().columns[i];
      if (wanted(spec.role)
          && !Table::cells_equal(a->column(i), static_cast<std::size_t>(event.before_row), b->column(i),
                                 static_cast<std::size_t>(event.after_row))) {
        names.emplace_back(spec.name);
      }
    }
  };
  if (names.empty()) {
    add_if(is_compared);
  }
  if (names.empty()) {
    add_if(is_measured);
  }
  return names;
}

void add_raw_columns(Event& event, const Snapshot& before, const Snapshot& after) {
  const Table* a = table_of(before, event, event.before_row);
  const Table* b = table_of(after, event, event.after_row);
  const Table* known = a != nullptr ? a : b;
  if (known == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < known->spec().columns.size(); ++i) {
    const ColumnSpec& spec = known->spec().columns[i];
    if (spec.role != Role::timer && spec.role != Role::note) {
      continue;
    }
    std::optional<std::string> from = cell(a, i, event.before_row);
    std::optional<std::string> to = cell(b, i, event.after_row);
    if (from != to) {
      event.changed.push_back({std::string(spec.name), std::move(from), std::move(to)});
    }
  }
}

} // namespace hindstat
