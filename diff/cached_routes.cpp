// SPDX-License-Identifier: MIT
// Today's routing cache holds exceptions only: path MTUs and redirects of single destinations, each with a timer
// (net/ipv4/route.c fnhe, net/ipv6/route.c rt6_exception). They live and die with the route that they are of.
#include "diff/cached_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "diff/best_route.h"
#include "diff/cache_churn.h"
#include "diff/counter_delta.h"
#include "diff/interface_rows.h"
#include "diff/routes.h"
#include "diff/row_events.h"
#include "tables/change_set.h"
#include "tables/route_exception.h"

namespace hindstat {

namespace {

// Timers are told in whole seconds, kept to one second and checked by the kernel now and then.
constexpr std::int64_t slack_ms = 5000;
constexpr std::uint64_t refreshed_by_ms = 2000;

RouteException row_of(const Table& table, std::uint32_t row) {
  return route_exceptions.row(table, row);
}

// "10.9.9.9 dev eth0"
std::string name_exception(const RouteException& row) {
  std::string text = format_prefix(row.destination, row.prefix_length);
  const auto add = [&](std::string_view word, const std::string& value) { text += fmt::format(" {} {}", word, value); };
  if (row.source && row.source_prefix_length != 0) {
    add("from", format_prefix(*row.source, row.source_prefix_length));
  }
  if (row.interface) {
    add("dev", *row.interface);
  }
  if (row.in_interface) {
    add("iif", *row.in_interface);
  }
  if (row.tos != 0) {
    add("tos", fmt::format("{:#x}", row.tos));
  }
  if (row.mark) {
    add("mark", fmt::format("{:#x}", *row.mark));
  }
  if (row.uid) {
    add("uid", fmt::format("{}", *row.uid));
  }
  if (const std::string table = format_route_table(row.table); table != "main") {
    add("table", table);
  }
  return text;
}

// IPv6 does not flag a redirect, but it alone has no timer of its own.
bool is_redirect(const RouteException& row) {
  return row.flags.has(RouteCacheFlag::redirected) || row.protocol == RouteProtocol::redirect
         || (row.destination.is_v6() && row.gateway && !row.mtu && !row.expires);
}

std::vector<EventField> describe_learned(const RouteException& row) {
  std::vector<EventField> fields;
  const bool redirect = is_redirect(row);
  fields.push_back({"kind", redirect && row.mtu ? "pmtu,redirect"
                            : redirect          ? "redirect"
                            : row.mtu           ? "pmtu"
                                                : "other"});
  if (row.mtu) {
    fields.push_back({"mtu", fmt::format("{}", *row.mtu)});
  }
  if (redirect && row.gateway) {
    fields.push_back({"gateway", format_ip_address(*row.gateway)});
  }
  return fields;
}

// A prefix whose routes are not the same in A and B.
struct ChangedPrefix {
  std::string event; // "route.replaced default"
  Route route;
};

auto whole_key(const RouteException& row, const InterfaceRenames& renames) {
  const auto present = [&](const std::optional<std::string>& name) {
    const auto found = renames.find({row.netns, name.value_or("")});
    return found == renames.end() ? name : std::optional(found->second);
  };
  return std::tuple(row.netns, row.table, row.destination, row.prefix_length, row.source, row.source_prefix_length,
                    row.tos, present(row.interface), present(row.in_interface), row.mark, row.uid);
}

class ExceptionDiffer {
public:
  ExceptionDiffer(const ComparedTable& table, const RuleContext& context)
    : before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table),
      churn_(before_, after_) {
  }

  TableDiff run() {
    const Pairing pairing = pair_rows(before_, after_);
    RowMatch match;
    for (std::uint32_t row = 0; row < before_.size(); ++row) {
      if (pairing.after_of[row] == Pairing::none) {
        match.removed.push_back(row);
      } else {
        match.changed.push_back({row, pairing.after_of[row]});
      }
    }
    for (std::uint32_t row = 0; row < after_.size(); ++row) {
      if (pairing.before_of[row] == Pairing::none) {
        match.added.push_back(row);
      }
    }
    if (!context_.renames.empty()) {
      const auto pairs = pair_single(
        match, before_, after_, row_of, [&](const RouteException& row) { return whole_key(row, context_.renames); },
        [&](const RouteException& row) { return whole_key(row, {}); });
      match.changed.insert(match.changed.end(), pairs.begin(), pairs.end());
    }
    count_due(match);
    for (const RowPair& pair : match.changed) {
      compare(pair);
    }
    for (const std::uint32_t row : match.added) {
      Event event = rows_.added("cache.created", row);
      event.changed.clear();
      add(std::move(event), row_of(after_, row), &CacheChurn::Numbers::created);
    }
    for (const std::uint32_t row : match.removed) {
      forget(row);
    }
    if (!context_.same_boot && !match.removed.empty()) {
      diff_.notes.push_back(
        fmt::format("route_exception: another boot: {} entries of A ended with the one before", match.removed.size()));
    }
    churn_.add_to(diff_, "cache.churn", context_);
    return std::move(diff_);
  }

private:
  void add(Event event, const RouteException& row, std::size_t CacheChurn::Numbers::*number) {
    event.key = name_exception(row);
    if (event.fields.empty()) {
      event.fields = describe_learned(row);
    }
    if (number != nullptr) {
      churn_.count(event, number);
    }
    diff_.events.push_back(std::move(event));
  }

  // Moment of B's reading of the namespace, on the clock of the timers.
  [[nodiscard]] std::int64_t read_at_ms(const std::string& netns) const {
    return boottime_of_reading(*context_.after, route_exceptions.name(), netns) / 1'000'000;
  }

  [[nodiscard]] std::optional<std::int64_t> left_ms(const RouteException& row) const {
    return row.expires ? std::optional(time_left_ms(*row.expires, read_at_ms(row.netns))) : std::nullopt;
  }
  // Whether its timer says that it should be in B.
  [[nodiscard]] bool is_due(const RouteException& row) const {
    return left_ms(row).value_or(0) > slack_ms;
  }

  struct Due {
    std::size_t all = 0;
    std::size_t gone = 0;
  };
  using Group = std::pair<std::string, bool>; // Namespace and whether it is IPv4.
  static Group group_of(const RouteException& row) {
    return {row.netns, row.destination.is_v4()};
  }

  void count_due(const RowMatch& match) {
    for (const RowPair& pair : match.changed) {
      const RouteException row = row_of(before_, pair.before);
      due_[group_of(row)].all += is_due(row) ? 1U : 0U;
    }
    for (const std::uint32_t removed : match.removed) {
      const RouteException row = row_of(before_, removed);
      Due& due = due_[group_of(row)];
      due.all += is_due(row) ? 1U : 0U;
      due.gone += is_due(row) ? 1U : 0U;
    }
  }

  void compare(RowPair pair) {
    const RouteException before = row_of(before_, pair.before);
    const RouteException after = row_of(after_, pair.after);
    constexpr std::size_t mtu = route_exceptions.index_of<&RouteException::mtu>();
    constexpr std::size_t gateway = route_exceptions.index_of<&RouteException::gateway>();
    constexpr std::size_t flags = route_exceptions.index_of<&RouteException::flags>();
    const auto add_step = [&](std::string_view name, std::size_t column, bool with_flags) {
      Event event = rows_.changed(name, pair);
      if (rows_.add_change(event, column, pair)) {
        const EventChange change = event.changed.front();
        event.fields = {{"old", change.from.value_or("")}, {"new", change.to.value_or("")}};
        if (with_flags) {
          rows_.add_change(event, flags, pair);
        }
        add(std::move(event), after, nullptr);
        return true;
      }
      return false;
    };
    add_step("cache.pmtu", mtu, false);
    const bool redirected = add_step("cache.redirect", gateway, true);
    Event other = rows_.changed("cache.changed", pair);
    for (std::size_t column = 0; column < before_.spec().columns.size(); ++column) {
      if (before_.spec().columns[column].role == Role::attribute && column != mtu && column != gateway
          && !(redirected && column == flags)) {
        rows_.add_change(other, column, pair);
      }
    }
    if (!other.changed.empty()) {
      other.key = name_exception(after);
      diff_.events.push_back(std::move(other));
    }
    if (context_.same_boot && before.expires && after.expires
        && (*before.expires > *after.expires ? *before.expires - *after.expires : *after.expires - *before.expires)
             > refreshed_by_ms) {
      add(rows_.changed("cache.refreshed", pair), after, &CacheChurn::Numbers::refreshed);
    }
  }

  void forget(std::uint32_t row) {
    if (!context_.same_boot) {
      return; // A note tells it.
    }
    const RouteException exception = row_of(before_, row);
    const Due due = due_[group_of(exception)];
    const bool emptied = due.gone > 0 && 5 * due.gone >= 4 * due.all;
    std::string_view name = "cache.expired";
    std::vector<std::string> why;
    Confidence confidence = Confidence::consistent;
    if (exception.expires && !is_due(exception)) {
      // Its time was over.
    } else if (const std::optional<std::string> cause = find_cause(exception)) {
      name = "cache.flushed";
      why.push_back(*cause);
    } else if (emptied) {
      name = "cache.flushed";
      why.push_back(fmt::format("{} of {} that should have stayed are gone", due.gone, due.all));
      confidence = Confidence::inferred;
    } else if (!exception.expires) {
      why.emplace_back("it had no timer");
      confidence = Confidence::inferred;
    } else {
      name = "cache.evicted";
      why.push_back(fmt::format("{} s before its time", *left_ms(exception) / 1000));
      confidence = Confidence::inferred;
    }
    Event event = rows_.removed(name, row);
    event.changed.clear();
    event.confidence = confidence;
    event.why = std::move(why);
    add(std::move(event), exception, &CacheChurn::Numbers::removed);
  }

  // What happened to the route that it was an exception of.
  [[nodiscard]] std::optional<std::string> find_cause(const RouteException& exception) {
    const Table* routes_before = context_.before->find_table(routes.name());
    if (routes_before == nullptr) {
      return std::nullopt;
    }
    find_changed_prefixes();
    const auto parent = find_longest_match(*routes_before, exception.netns, exception.table, exception.destination);
    const ChangedPrefix* cause = nullptr;
    for (const ChangedPrefix& changed : *changed_prefixes_) {
      const Route& route = changed.route;
      if (route.netns == exception.netns && route.table == exception.table
          && is_in_prefix(exception.destination, route.destination, route.prefix_length)
          && (!parent || route.prefix_length >= parent->route.prefix_length)
          && (cause == nullptr || route.prefix_length > cause->route.prefix_length)) {
        cause = &changed;
      }
    }
    return cause == nullptr ? std::nullopt : std::optional(cause->event);
  }

  void find_changed_prefixes() {
    if (changed_prefixes_) {
      return;
    }
    changed_prefixes_.emplace();
    const Table* routes_before = context_.before->find_table(routes.name());
    const Table* routes_after = context_.after->find_table(routes.name());
    const auto was_read = [](const Snapshot& snapshot, const std::string& netns) {
      const Capture* capture = snapshot.find_capture(routes.name(), netns);
      return capture != nullptr && was_collected(capture->status);
    };
    const SideRows a = routes_before == nullptr ? SideRows(routes.spec()) : SideRows(*routes_before);
    const SideRows b = routes_after == nullptr ? SideRows(routes.spec()) : SideRows(*routes_after);
    for (const Event& event : diff_routes({a, b}, context_).events) {
      if (!was_read(*context_.before, event.netns) || !was_read(*context_.after, event.netns)) {
        continue;
      }
      const bool in_before = event.before_row >= 0;
      const auto row = static_cast<std::size_t>(in_before ? event.before_row : event.after_row);
      changed_prefixes_->push_back(
        {fmt::format("{} {}", event.spec->name, event.key), routes.row(in_before ? a.table() : b.table(), row)});
    }
    std::ranges::sort(*changed_prefixes_, {}, &ChangedPrefix::event); // Whatever the order of rows.
  }

  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  TableDiff diff_;
  CacheChurn churn_;
  std::map<Group, Due> due_;
  std::optional<std::vector<ChangedPrefix>> changed_prefixes_;
};

} // namespace

TableDiff diff_route_exceptions(const ComparedTable& table, const RuleContext& context) {
  return ExceptionDiffer(table, context).run();
}

} // namespace hindstat
