// SPDX-License-Identifier: MIT
// --port 443,8443 --state '!TIME_WAIT': AND between options, OR within one, ! negates.
#include "cli/filters.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/filter_values.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

bool matches_name(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool any_matches(const std::string& pattern, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& name) { return matches_name(pattern, name); });
}

// "sock.opened" by its name, "opened" by its end, "sock" by its beginning.
bool names_kind(std::string_view text, std::string_view kind) {
  return kind == text || (kind.ends_with(text) && kind[kind.size() - text.size() - 1] == '.')
         || (kind.starts_with(text) && kind[text.size()] == '.');
}

bool is_loopback(const AddressFact& fact) {
  const std::string_view bytes = fact.address.bytes();
  return fact.address.is_v4() ? bytes.front() == '\x7f' && fact.length >= 8
                              : format_ip_address(fact.address) == "::1" && fact.length == 128;
}

Severity read_severity(const std::string& text) {
  for (const Severity severity : {Severity::note, Severity::info, Severity::warn, Severity::crit}) {
    if (text == name_of(severity)) {
      return severity;
    }
  }
  throw Error(fmt::format("'{}' is no severity: they are note, info, warn and crit", text));
}

// "uid", or "socket.uid": a column that a table has.
std::string checked_column(const std::string& text) {
  for (const TableSpec& spec : catalog()) {
    for (const ColumnSpec& column : spec.columns) {
      if (text == column.name || text == fmt::format("{}.{}", spec.name, column.name)) {
        return text;
      }
    }
  }
  throw Error(
    fmt::format("no table has a column '{}': write COLUMN or TABLE.COLUMN (docs/tables.md lists them)", text));
}

bool is_among(const std::vector<std::string>& columns, const std::string& table, const std::string& column) {
  return std::ranges::any_of(
    columns, [&](const std::string& one) { return one == column || one == fmt::format("{}.{}", table, column); });
}

double number_in(const Column& column, std::int64_t row) {
  const auto at = static_cast<std::size_t>(row);
  return is_signed(column.kind()) ? static_cast<double>(column.signed_value(at)) : static_cast<double>(column.raw(at));
}

} // namespace

template <typename Read>
void Filter::add_condition(const std::vector<std::string>& values, Read&& read, bool about_events) {
  if (values.empty()) {
    return;
  }
  Condition condition;
  condition.about_events = about_events;
  for (const std::string& value : values) {
    const bool negated = value.starts_with('!');
    const std::string text = value.substr(negated ? 1 : 0);
    if (text.empty()) {
      throw Error("a filter has an empty value");
    }
    (negated ? condition.unwanted : condition.wanted).emplace_back(read(text));
  }
  conditions_.push_back(std::move(condition));
}

void Filter::add_events(const FilterOptions& options) {
  add_condition(
    options.events,
    [&](const std::string& text) -> Test {
      if (std::ranges::none_of(event_catalog(), [&](const EventSpec& spec) { return names_kind(text, spec.name); })) {
        throw Error(
          fmt::format("there is no event '{}': docs/diff-json.md lists them (sock.opened, opened, sock)", text));
      }
      return [text](const Event* event, const Facts&) { return names_kind(text, event->spec->name); };
    },
    true);
  for (const std::string& text : options.events) {
    for (const EventSpec& spec : event_catalog()) {
      if (spec.name == text || spec.name.ends_with("." + text)) {
        named_events_.emplace_back(spec.name);
      }
    }
  }
  add_condition(
    options.severities,
    [](const std::string& text) -> Test {
      return [least = read_severity(text)](const Event* event, const Facts&) { return severity_of(*event) >= least; };
    },
    true);
}

void Filter::add_ends(const FilterOptions& options) {
  const auto of_port = [&](const std::vector<std::string>& values, End end) {
    add_condition(values, [end](const std::string& text) -> Test {
      return [range = parse_port_range(text), end](const Event*, const Facts& facts) {
        return std::ranges::any_of(facts.ports, [&](const PortFact& fact) {
          return (end == End::none || fact.end == end) && range.first <= fact.port && fact.port <= range.last;
        });
      };
    });
  };
  of_port(options.ports, End::none);
  of_port(options.local_ports, End::local);
  of_port(options.remote_ports, End::remote);
  const auto of_address = [&](const std::vector<std::string>& values, End end) {
    add_condition(values, [end](const std::string& text) -> Test {
      return [prefix = parse_prefix(text), end](const Event*, const Facts& facts) {
        return std::ranges::any_of(facts.addresses, [&](const AddressFact& fact) {
          return (end == End::none || fact.end == end) && prefix.holds(fact.address, fact.length);
        });
      };
    });
  };
  of_address(options.addresses, End::none);
  of_address(options.peers, End::remote);
  add_condition(options.prefixes, [](const std::string& text) -> Test {
    if (text == "default") {
      return [](const Event*, const Facts& facts) {
        return std::ranges::any_of(facts.addresses, [](const AddressFact& fact) {
          return fact.prefix && fact.end == End::remote && fact.length == 0;
        });
      };
    }
    return [prefix = parse_prefix(text)](const Event*, const Facts& facts) {
      return std::ranges::any_of(facts.addresses, [&](const AddressFact& fact) {
        return fact.prefix && prefix.holds(fact.address, fact.length);
      });
    };
  });
}

void Filter::add_holders(const FilterOptions& options) {
  add_condition(options.states, [](const std::string& text) -> Test {
    return [state = parse_state(text)](const Event*, const Facts& facts) {
      return std::ranges::any_of(facts.states, [&](const std::string& one) { return plain_state(one) == state; });
    };
  });
  const auto of_holder = [&](const std::vector<std::string>& values, std::vector<std::uint32_t> Facts::*ids,
                             std::vector<std::string> Facts::*names) {
    add_condition(values, [ids, names](const std::string& text) -> Test {
      return [text, id = find_number(text), ids, names](const Event*, const Facts& facts) {
        return any_matches(text, facts.*names) || (id && std::ranges::find(facts.*ids, *id) != (facts.*ids).end());
      };
    });
  };
  of_holder(options.processes, &Facts::pids, &Facts::processes);
  of_holder(options.users, &Facts::uids, &Facts::users);
  add_condition(options.devices, [](const std::string& text) -> Test {
    return [text](const Event*, const Facts& facts) { return any_matches(text, facts.devices); };
  });
  if (options.no_loopback) {
    Condition condition;
    condition.unwanted.emplace_back([](const Event*, const Facts& facts) {
      return std::ranges::any_of(facts.addresses, is_loopback)
             || std::ranges::find(facts.devices, "lo") != facts.devices.end();
    });
    conditions_.push_back(std::move(condition));
  }
}

Filter::Filter(const FilterOptions& options) : raw_(options.raw) {
  add_events(options);
  add_ends(options);
  add_holders(options);
  std::ranges::transform(options.ignored, std::back_inserter(ignored_), checked_column);
  std::ranges::transform(options.only, std::back_inserter(only_), checked_column);
  for (const std::string& text : options.least_deltas) {
    const bool percent = text.ends_with('%');
    const auto amount = find_decimal(text.substr(0, text.size() - (percent ? 1 : 0)));
    if (!amount) {
      throw Error(fmt::format("'{}' is no least change: write a number, 4096, or a part of what it was, 1%", text));
    }
    least_deltas_.push_back({*amount, percent});
  }
}

bool Filter::fits(const Event* event, const Facts& facts) const {
  return std::ranges::all_of(conditions_, [&](const Condition& condition) {
    const auto holds = [&](const Test& test) { return test(event, facts); };
    return (condition.about_events && event == nullptr)
           || ((condition.wanted.empty() || std::ranges::any_of(condition.wanted, holds))
               && std::ranges::none_of(condition.unwanted, holds));
  });
}

bool Filter::accepts(const Facts& facts) const {
  return fits(nullptr, facts);
}

// False for an event that is nothing but changes of columns that do not count.
bool Filter::keep_columns(Event& event, const Snapshot& before, const Snapshot& after) const {
  const auto counts = [&](const std::string& column) {
    return !is_among(ignored_, event.table, column) && (only_.empty() || is_among(only_, event.table, column));
  };
  const std::vector<std::string> changed = changed_columns(event, before, after);
  if (changed.empty() ? !only_.empty() : std::ranges::none_of(changed, counts)) {
    return false;
  }
  std::erase_if(event.changed, [&](const EventChange& change) { return !counts(change.column); });
  return true;
}

// What is no level and no counter is not measured.
bool Filter::moved_enough(const Event& event, const Snapshot& before, const Snapshot& after) const {
  const std::vector<std::string> changed = changed_columns(event, before, after);
  const Table* a = before.find_table(event.table);
  const Table* b = after.find_table(event.table);
  const bool has_rows = event.before_row >= 0 && event.after_row >= 0 && a != nullptr && b != nullptr;
  if (changed.empty() || !has_rows) {
    return true;
  }
  bool enough = false;
  for (const std::string& name : changed) {
    const auto column = a->spec().find_column(name);
    if (!column
        || (a->spec().columns[*column].role != Role::gauge && a->spec().columns[*column].role != Role::counter)) {
      return true;
    }
    const double from = number_in(a->column(*column), event.before_row);
    const double moved = std::abs(number_in(b->column(*column), event.after_row) - from);
    enough = enough || std::ranges::all_of(least_deltas_, [&](const LeastDelta& least) {
               return moved >= (least.percent ? std::abs(from) * least.amount / 100 : least.amount);
             });
  }
  return enough;
}

void Filter::apply(std::vector<Event>& events, const Snapshot& before, const Snapshot& after) const {
  FactFinder finder(before, after);
  std::erase_if(events, [&](Event& event) {
    return (!conditions_.empty() && !fits(&event, finder.facts_of(event)))
           || (!least_deltas_.empty() && !moved_enough(event, before, after))
           || ((!ignored_.empty() || !only_.empty()) && !keep_columns(event, before, after));
  });
  if (raw_) {
    for (Event& event : events) {
      add_raw_columns(event, before, after);
    }
  }
}

} // namespace hindstat
