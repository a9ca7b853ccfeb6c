// SPDX-License-Identifier: MIT
// Routes to one prefix are matched by metric and type, then by their next hops, then one to one. Only prefixes of which
// a row changed are looked at.
#include "diff/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "diff/route_object.h"
#include "tables/change_set.h"
#include "tables/format.h"

namespace hindstat {

namespace {

std::string key_bytes(const Table& table, std::uint32_t row) {
  std::string key;
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    if (table.spec().columns[i].role == Role::key) {
      const std::string cell = format_cell(table.spec().columns[i], table.column(i), row);
      key += fmt::format("{}{}:", table.column(i).is_null(row) ? "-" : "", cell.size());
      key += cell;
    }
  }
  return key;
}

// What the kernel derives from the state of the links.
constexpr std::uint32_t link_flags = static_cast<std::uint32_t>(RouteFlag::dead)
                                     | static_cast<std::uint32_t>(RouteFlag::linkdown)
                                     | static_cast<std::uint32_t>(RouteFlag::unresolved);

std::string format_route_flags(std::uint32_t bits) {
  std::string text;
  for (const ValueName& name : NamesOf<RouteFlag>::values) {
    if ((bits & name.value) != 0) {
      text += (text.empty() ? "" : ",") + std::string(name.name);
    }
  }
  return text;
}

struct Candidates {
  std::vector<const RouteObject*> before;
  std::vector<const RouteObject*> after;
};

class RouteDiffer {
public:
  RouteDiffer(const ComparedTable& table, const InterfaceRenames& renames)
    : sides_(table), before_(table.before.table()), after_(table.after.table()), renames_(renames) {
  }

  std::vector<Event> run() {
    struct Rows {
      std::vector<std::uint32_t> before;
      std::vector<std::uint32_t> after;
    };
    const auto is_key = [](const ColumnSpec& column) { return column.role == Role::key; };
    const auto keys_before = before_.row_hashes_if(is_key);
    const auto keys_after = after_.row_hashes_if(is_key);
    const auto touched = find_touched(keys_before, keys_after);
    std::unordered_map<std::string, Rows> groups;
    for (std::uint32_t row = 0; row < keys_before.size() && !touched.empty(); ++row) {
      if (touched.contains(keys_before[row])) {
        groups[key_bytes(before_, row)].before.push_back(row);
      }
    }
    for (std::uint32_t row = 0; row < keys_after.size() && !touched.empty(); ++row) {
      if (touched.contains(keys_after[row])) {
        groups[key_bytes(after_, row)].after.push_back(row);
      }
    }
    for (const auto& [key, rows] : groups) {
      compare_groups(make_route_group(before_, rows.before, renames_), make_route_group(after_, rows.after));
    }
    return std::move(events_);
  }

private:
  using Hashes = std::vector<std::uint64_t>;

  [[nodiscard]] std::unordered_set<std::uint64_t> find_touched(const Hashes& keys_before,
                                                               const Hashes& keys_after) const {
    const Pairing pairing = pair_rows(before_, after_);
    std::unordered_set<std::uint64_t> touched;
    for (std::size_t row = 0; row < keys_before.size(); ++row) {
      if (pairing.after_of[row] == Pairing::none || pairing.by[row] != PairedBy::equal) {
        touched.insert(keys_before[row]);
      }
    }
    for (std::size_t row = 0; row < keys_after.size(); ++row) {
      if (pairing.before_of[row] == Pairing::none) {
        touched.insert(keys_after[row]);
      }
    }
    return touched;
  }

  void compare_groups(const RouteGroup& before, const RouteGroup& after) {
    best_before_ = find_best(before);
    best_after_ = find_best(after);
    best_differs_ = (best_before_ == nullptr) != (best_after_ == nullptr)
                    || (best_before_ != nullptr
                        && (best_before_->metric != best_after_->metric || best_before_->type != best_after_->type
                            || !have_equal_hops(*best_before_, *best_after_)));
    const std::size_t first_event = events_.size();
    Candidates left;
    for (const RouteObject& a : before) {
      if (const RouteObject* b = find_same(after, a)) {
        compare_same(a, *b);
      } else {
        left.before.push_back(&a);
      }
    }
    for (const RouteObject& b : after) {
      if (find_same(before, b) == nullptr) {
        left.after.push_back(&b);
      }
    }
    report_left(std::move(left));
    say_default_once(first_event);
  }

  // Groups are in the order of metric and type.
  [[nodiscard]] static const RouteObject* find_same(const RouteGroup& group, const RouteObject& wanted) {
    const auto rank = [](const RouteObject& x) { return std::pair(x.metric, x.type); };
    const auto it = std::ranges::lower_bound(group, rank(wanted), {}, rank);
    return it != group.end() && rank(*it) == rank(wanted) ? &*it : nullptr;
  }

  void report_left(Candidates left) {
    pair_by_hops(left);
    if (left.before.size() == 1 && left.after.size() == 1) {
      report_replaced(*left.before.front(), *left.after.front());
      return;
    }
    for (const RouteObject* a : left.before) {
      report_alone("route.removed", a, nullptr);
    }
    for (const RouteObject* b : left.after) {
      report_alone("route.added", nullptr, b);
    }
  }

  // A weight or an identifier that one source does not know is no difference.
  [[nodiscard]] std::vector<NextHop> comparable_hops(const RouteObject& object) const {
    std::vector<NextHop> hops = object.hops;
    if (sides_.sources_differ) {
      for (NextHop& hop : hops) {
        hop.weight = std::nullopt;
        hop.nexthop_id = std::nullopt;
        hop.onlink = false;
      }
      std::ranges::sort(hops);
    }
    return hops;
  }
  [[nodiscard]] bool have_equal_hops(const RouteObject& a, const RouteObject& b) const {
    const std::vector<NextHop> hops_a = comparable_hops(a);
    const std::vector<NextHop> hops_b = comparable_hops(b);
    // Of a multipath route /proc tells the first hop.
    return hops_a == hops_b
           || (sides_.sources_differ
               && (std::ranges::includes(hops_a, hops_b) || std::ranges::includes(hops_b, hops_a)));
  }

  // Metric and type are equal.
  void compare_same(const RouteObject& a, const RouteObject& b) {
    if (have_equal_hops(a, b)) {
      compare_attributes(a, b);
      return;
    }
    const bool single = a.hops.size() == 1 && b.hops.size() == 1;
    Event event = make(single ? "route.nexthop" : "route.ecmp", &a, &b, format_route(row_of(a, before_)));
    event.fields.insert(event.fields.begin(), {{"old", format_hops(a.hops)}, {"new", format_hops(b.hops)}});
    if (single) {
      add_changes(event, a.rows.front(), b.rows.front());
    }
    events_.push_back(std::move(event));
  }

  // The next hops are equal, and in one order, where both sources tell all of them.
  void compare_attributes(const RouteObject& a, const RouteObject& b) {
    compare_links(a, b);
    Event event = make("route.attr", &a, &b, format_route(row_of(a, before_)));
    for (std::size_t i = 0; i < std::min(a.rows.size(), b.rows.size()) && event.changed.empty(); ++i) {
      add_changes(event, a.rows[i], b.rows[i]);
      std::erase_if(event.changed, [&](const EventChange& change) {
        return change.column == "flags"
               && other_flags(flags_of(before_, a.rows[i])) == other_flags(flags_of(after_, b.rows[i]));
      });
    }
    if (!event.changed.empty()) {
      events_.push_back(std::move(event));
    }
  }

  // What became of the links of the next hops, which nobody told the route.
  void compare_links(const RouteObject& a, const RouteObject& b) {
    Event event = make("route.state", &a, &b, format_route(row_of(a, before_)));
    std::vector<NextHop> hops;
    for (std::size_t i = 0; i < std::min(a.rows.size(), b.rows.size()); ++i) {
      const std::uint32_t from = flags_of(before_, a.rows[i]) & link_flags;
      const std::uint32_t to = flags_of(after_, b.rows[i]) & link_flags;
      if (from == to
          || (sides_.sources_differ
              && (before_.column(flags_column).is_null(a.rows[i]) || after_.column(flags_column).is_null(b.rows[i])))) {
        continue;
      }
      if (hops.empty()) {
        event.changed.push_back({"flags", format_route_flags(from), format_route_flags(to)});
        event.before_row = sides_.before.origin(a.rows[i]);
        event.after_row = sides_.after.origin(b.rows[i]);
      }
      hops.push_back(b.hops[i]);
    }
    if (!hops.empty()) {
      const EventChange change = event.changed.front();
      event.fields.insert(
        event.fields.begin(),
        {{"hops", format_hops(hops)}, {"from", change.from.value_or("")}, {"to", change.to.value_or("")}});
      events_.push_back(std::move(event));
    }
  }

  static std::uint32_t flags_of(const Table& table, std::uint32_t row) {
    return static_cast<std::uint32_t>(table.column(flags_column).raw(row));
  }
  static std::uint32_t other_flags(std::uint32_t flags) {
    return flags & ~link_flags;
  }

  void pair_by_hops(Candidates& left) {
    std::map<std::pair<RouteType, std::vector<NextHop>>, std::vector<const RouteObject*>> waiting;
    for (auto b = left.after.rbegin(); b != left.after.rend(); ++b) {
      waiting[{(*b)->type, comparable_hops(**b)}].push_back(*b); // The lowest metric is on top.
    }
    std::vector<const RouteObject*> rest;
    for (const RouteObject* a : left.before) {
      const auto found = waiting.find({a->type, comparable_hops(*a)});
      if (found == waiting.end() || found->second.empty()) {
        rest.push_back(a);
        continue;
      }
      const RouteObject* b = found->second.back();
      found->second.pop_back();
      Event event = make("route.metric", a, b, prefix_of(*a, before_));
      add_changes(event, a->rows.front(), b->rows.front());
      events_.push_back(std::move(event));
    }
    left.before = std::move(rest);
    left.after.clear();
    for (const auto& [hops, objects] : waiting) {
      left.after.insert(left.after.end(), objects.begin(), objects.end());
    }
  }

  void report_replaced(const RouteObject& a, const RouteObject& b) {
    Event event = make("route.replaced", &a, &b, prefix_of(a, before_));
    event.fields.insert(event.fields.begin(), {{"old", describe(a)}, {"new", describe(b)}});
    add_changes(event, a.rows.front(), b.rows.front());
    events_.push_back(std::move(event));
  }

  void report_alone(std::string_view name, const RouteObject* a, const RouteObject* b) {
    const RouteObject& object = a != nullptr ? *a : *b;
    Event event = make(name, a, b, format_route(row_of(object, a != nullptr ? before_ : after_)));
    if (std::string hops = format_hops(object.hops); !hops.empty()) {
      event.fields.insert(event.fields.begin(), {"hops", std::move(hops)});
    }
    events_.push_back(std::move(event));
  }

  [[nodiscard]] static Route row_of(const RouteObject& object, const Table& table) {
    return routes.row(table, object.rows.front());
  }
  [[nodiscard]] static std::string prefix_of(const RouteObject& object, const Table& table) {
    return format_route_prefix(row_of(object, table));
  }

  [[nodiscard]] static std::string describe(const RouteObject& object) {
    std::string text = object.type == RouteType::unicast
                         ? ""
                         : format_enum(NamesOf<RouteType>::values, static_cast<std::uint8_t>(object.type));
    const auto add = [&](const std::string& word) { text += (text.empty() || word.empty() ? "" : " ") + word; };
    add(format_hops(object.hops));
    add(object.metric == 0 ? "" : fmt::format("metric {}", object.metric));
    return text;
  }

  [[nodiscard]] Event make(std::string_view name, const RouteObject* a, const RouteObject* b, std::string key) const {
    const Route route = a != nullptr ? row_of(*a, before_) : row_of(*b, after_);
    Event event;
    event.spec = &event_spec(name);
    event.table = routes.name();
    event.netns = route.netns;
    event.key = std::move(key);
    event.confidence = Confidence::proven;
    if (a != nullptr) {
      event.before_row = sides_.before.origin(a->rows.front());
    }
    if (b != nullptr) {
      event.after_row = sides_.after.origin(b->rows.front());
    }
    add_best(event, a, b, route);
    return event;
  }

  // A change of a backup route must not shout: only events of the route that was, or now is, the best one say so.
  void add_best(Event& event, const RouteObject* a, const RouteObject* b, const Route& route) const {
    const bool was_best = a != nullptr && a == best_before_;
    const bool is_best = b != nullptr && b == best_after_;
    const bool best_changed = best_differs_ && (was_best || is_best);
    event.fields.push_back({"best_changed", best_changed ? "true" : "false"});
    if (!best_changed || !is_default_route(route)) {
      return;
    }
    if (best_before_ != nullptr && best_after_ == nullptr) {
      event.fields.push_back({"default_lost", "true"});
      event.severity = Severity::crit;
    } else if (best_before_ != nullptr) {
      event.fields.push_back({"default_changed", "true"});
      event.severity = Severity::warn;
    }
  }

  // Where the old best route went and another came, the new one tells it.
  void say_default_once(std::size_t first_event) {
    const std::span<Event> events = std::span(events_).subspan(first_event);
    const auto tells = [](const Event& event) { return has_flag(event, "default_changed"); };
    if (std::ranges::count_if(events, tells) < 2) {
      return;
    }
    for (Event& event : events) {
      if (event.after_row < 0 && tells(event)) {
        std::erase_if(event.fields, [](const EventField& field) { return field.name == "default_changed"; });
        event.severity.reset();
      }
    }
  }

  [[nodiscard]] bool is_renamed(std::uint32_t row_before, std::uint32_t row_after) const {
    const Route before = routes.row(before_, row_before);
    const auto renamed = renames_.find({before.netns, before.interface.value_or("")});
    return renamed != renames_.end() && routes.row(after_, row_after).interface == renamed->second;
  }

  // The columns that differ, but for the key and what is never compared.
  void add_changes(Event& event, std::uint32_t row_before, std::uint32_t row_after) const {
    const auto& columns = before_.spec().columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].role != Role::attribute && columns[i].role != Role::state) {
        continue;
      }
      const Column& a = before_.column(i);
      const Column& b = after_.column(i);
      const bool unknown = sides_.sources_differ && (a.is_null(row_before) || b.is_null(row_after));
      if (unknown || Table::cells_equal(a, row_before, b, row_after)
          || (i == routes.index_of<&Route::interface>() && is_renamed(row_before, row_after))) {
        continue;
      }
      const auto text = [&](const Column& column, std::uint32_t row) {
        return column.is_null(row) ? std::nullopt : std::optional(format_cell(columns[i], column, row));
      };
      event.changed.push_back({std::string(columns[i].name), text(a, row_before), text(b, row_after)});
    }
  }

  static constexpr std::size_t flags_column = routes.index_of<&Route::flags>();

  const ComparedTable& sides_;
  const Table& before_;
  const Table& after_;
  const InterfaceRenames& renames_;
  const RouteObject* best_before_ = nullptr;
  const RouteObject* best_after_ = nullptr;
  bool best_differs_ = false;
  std::vector<Event> events_;
};

} // namespace

TableDiff diff_routes(const ComparedTable& table, const RuleContext& context) {
  return {RouteDiffer(table, context.renames).run(), {}};
}

} // namespace hindstat
