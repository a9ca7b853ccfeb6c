// SPDX-License-Identifier: MIT
#include "diff/interfaces.h"

#include <fmt/format.h>

#include <map>

#include "diff/counter_delta.h"
#include "diff/interface_match.h"
#include "diff/row_events.h"
#include "tables/format.h"
#include "tables/interface.h"

namespace hindstat {

namespace {

// What the kernel derives from the state of the device and of its carrier.
constexpr std::uint32_t derived_flags = static_cast<std::uint32_t>(InterfaceFlag::running)
                                        | static_cast<std::uint32_t>(InterfaceFlag::lower_up)
                                        | static_cast<std::uint32_t>(InterfaceFlag::dormant);
constexpr std::uint32_t up_flag = static_cast<std::uint32_t>(InterfaceFlag::up);

std::string format_flags(std::uint32_t bits) {
  std::string text;
  for (const ValueName& name : NamesOf<InterfaceFlag>::values) {
    if ((bits & name.value) != 0) {
      text += (text.empty() ? "" : ",") + std::string(name.name);
      bits &= ~name.value;
    }
  }
  return bits == 0 ? text : fmt::format("{}{}{:#x}", text, text.empty() ? "" : ",", bits);
}

class InterfaceDiffer {
public:
  InterfaceDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table) {
  }

  TableDiff run() {
    const InterfaceMatch match = match_interfaces(table_, context_.same_boot);
    for (const std::uint32_t row : match.removed) {
      add(rows_.removed("if.removed", row), interfaces.row(before_, row).name);
    }
    for (const std::uint32_t row : match.added) {
      add(rows_.added("if.added", row), interfaces.row(after_, row).name);
    }
    for (const RowPair& pair : match.recreated) {
      Event event = rows_.changed("if.recreated", pair);
      for (std::size_t column = 0; column < before_.spec().columns.size(); ++column) {
        const Role role = before_.spec().columns[column].role;
        if (role == Role::incarnation || role == Role::state || role == Role::attribute) {
          rows_.add_change(event, column, pair);
        }
      }
      add(std::move(event), interfaces.row(after_, pair.after).name);
    }
    for (const RowPair& pair : match.stayed) {
      compare(pair);
    }
    return std::move(diff_);
  }

private:
  void add(Event event, const std::string& name) {
    event.key = name;
    diff_.events.push_back(std::move(event));
  }

  void compare(RowPair pair) {
    const Interface before = interfaces.row(before_, pair.before);
    const Interface after = interfaces.row(after_, pair.after);
    if (before.name != after.name) {
      Event event = rows_.changed("if.renamed", pair);
      event.fields = {{"from", before.name}, {"to", after.name}};
      rows_.add_change(event, interfaces.index_of<&Interface::name>(), pair);
      add(std::move(event), after.name);
    }
    const bool attached = compare_state(pair, before, after);
    compare_flags(pair, before, after);
    Event mtu = rows_.changed("if.mtu", pair);
    if (rows_.add_change(mtu, interfaces.index_of<&Interface::mtu>(), pair)) {
      mtu.fields = {{"from", mtu.changed.front().from.value_or("")}, {"to", mtu.changed.front().to.value_or("")}};
      add(std::move(mtu), after.name);
    }
    compare_attributes(pair, after, attached);
    if (context_.same_boot) {
      compare_counters(pair, after);
    }
  }

  // Up and down, else the carrier. Returns whether the event says the queueing discipline, too: the kernel attaches
  // one when an interface is first set up.
  bool compare_state(RowPair pair, const Interface& before, const Interface& after) {
    const std::uint32_t differing = before.flags && after.flags ? before.flags->bits ^ after.flags->bits : 0;
    const std::uint64_t changes = carrier_changes(before, after);
    const bool set = (differing & up_flag) != 0;
    Event event = rows_.changed(!set ? "if.carrier" : after.flags->has(InterfaceFlag::up) ? "if.up" : "if.down", pair);
    constexpr std::size_t operstate = interfaces.index_of<&Interface::operstate>();
    const bool oper_differs = before.operstate && after.operstate && rows_.add_change(event, operstate, pair);
    if (!set && !oper_differs && (differing & derived_flags) == 0 && changes == 0) {
      return false;
    }
    if ((differing & (derived_flags | up_flag)) != 0) {
      event.changed.push_back({"flags", format_flags(before.flags->bits & (derived_flags | up_flag)),
                               format_flags(after.flags->bits & (derived_flags | up_flag))});
    }
    if (changes != 0) {
      event.fields.push_back({"carrier_changes", fmt::format("{}", changes)});
    }
    if (!set && changes != 0) {
      event.fields.push_back({"flaps", fmt::format("{}", changes / 2 + changes % 2)});
    }
    const bool attached = set && (before.qdisc == "noop" || after.qdisc == "noop")
                          && rows_.add_change(event, interfaces.index_of<&Interface::qdisc>(), pair);
    add(std::move(event), after.name);
    return attached;
  }

  std::uint64_t carrier_changes(const Interface& before, const Interface& after) {
    if (!context_.same_boot || !before.carrier_changes || !after.carrier_changes) {
      return 0;
    }
    const CounterDelta delta =
      count_between(*before.carrier_changes, *after.carrier_changes, time_of(after.netns), false);
    return delta.kind == DeltaKind::counted ? delta.amount : 0;
  }

  void compare_flags(RowPair pair, const Interface& before, const Interface& after) {
    if (!before.flags || !after.flags) {
      return;
    }
    const std::uint32_t others = ~(derived_flags | up_flag);
    const std::uint32_t set = after.flags->bits & ~before.flags->bits & others;
    const std::uint32_t cleared = before.flags->bits & ~after.flags->bits & others;
    if (set == 0 && cleared == 0) {
      return;
    }
    Event event = rows_.changed("if.flags", pair);
    if (set != 0) {
      event.fields.push_back({"set", format_flags(set)});
    }
    if (cleared != 0) {
      event.fields.push_back({"cleared", format_flags(cleared)});
    }
    event.changed.push_back(
      {"flags", format_flags(before.flags->bits & others), format_flags(after.flags->bits & others)});
    add(std::move(event), after.name);
  }

  void compare_attributes(RowPair pair, const Interface& after, bool attached) {
    Event event = rows_.changed("if.changed", pair);
    for (const std::size_t column :
         {interfaces.index_of<&Interface::mac>(), interfaces.index_of<&Interface::kind>(),
          interfaces.index_of<&Interface::master>(), interfaces.index_of<&Interface::txqlen>()}) {
      rows_.add_change(event, column, pair);
    }
    if (!attached) {
      rows_.add_change(event, interfaces.index_of<&Interface::qdisc>(), pair);
    }
    if (!event.changed.empty()) {
      add(std::move(event), after.name);
    }
  }

  // Counters of interfaces have 64 bits (carrier_changes 32): one that fell did not wrap.
  void compare_counters(RowPair pair, const Interface& after) {
    const CountedTime& time = time_of(after.netns);
    Event counted = rows_.changed("if.counted", pair);
    Event reset = rows_.changed("if.counter_reset", pair);
    std::string deltas;
    std::string rates;
    std::string fallen;
    const auto append = [](std::string& list, std::string_view name, const std::string& value) {
      list += fmt::format("{}{}{}{}", list.empty() ? "" : ", ", name, value.empty() ? "" : " ", value);
    };
    for (std::size_t column = 0; column < before_.spec().columns.size(); ++column) {
      const ColumnSpec& spec = before_.spec().columns[column];
      const Column& a = before_.column(column);
      const Column& b = after_.column(column);
      if (spec.role != Role::counter || a.is_null(pair.before) || b.is_null(pair.after)) {
        continue;
      }
      const CounterDelta delta = count_between(a.raw(pair.before), b.raw(pair.after), time, false);
      if (delta.kind == DeltaKind::reset) {
        rows_.add_change(reset, column, pair);
        append(fallen, spec.name, "");
      } else if (delta.kind == DeltaKind::counted && spec.name != "carrier_changes") { // That is if.carrier's.
        rows_.add_change(counted, column, pair);
        append(deltas, spec.name, fmt::format("+{}", delta.amount));
        if (const std::string rate = format_rate(delta.amount, time); !rate.empty()) {
          append(rates, spec.name, rate);
        }
      }
    }
    if (!fallen.empty()) {
      reset.fields = {{"counters", std::move(fallen)}};
      add(std::move(reset), after.name);
    }
    if (!deltas.empty()) {
      counted.fields = {{"deltas", std::move(deltas)}};
      if (!rates.empty()) {
        counted.fields.push_back({"per_second", std::move(rates)});
      }
      add(std::move(counted), after.name);
    }
  }

  const CountedTime& time_of(const std::string& netns) {
    const auto [it, is_new] = times_.try_emplace(netns);
    if (is_new) {
      it->second = counted_time(*context_.before, *context_.after, interfaces.name(), netns, context_.same_boot);
    }
    return it->second;
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  TableDiff diff_;
  std::map<std::string, CountedTime> times_; // By namespace.
};

} // namespace

TableDiff diff_interfaces(const ComparedTable& table, const RuleContext& context) {
  return InterfaceDiffer(table, context).run();
}

InterfaceRenames find_renames(const ComparedTable& table, bool same_boot) {
  InterfaceRenames renames;
  for (const RowPair& pair : match_interfaces(table, same_boot).stayed) {
    const Interface before = interfaces.row(table.before.table(), pair.before);
    const Interface after = interfaces.row(table.after.table(), pair.after);
    if (before.name != after.name) {
      renames.emplace(std::pair(before.netns, before.name), after.name);
    }
  }
  return renames;
}

} // namespace hindstat
