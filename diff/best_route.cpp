// SPDX-License-Identifier: MIT
// What fib_lookup() of the kernel would say, from the tables of a snapshot: rules in the order of their priorities
// (net/core/fib_rules.c), the longest prefix with a usable next hop, the lowest metric.
#include "diff/best_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "diff/policy.h"
#include "tables/format.h"
#include "tables/route_exception.h"
#include "tables/rule.h"

namespace hindstat {

namespace {

constexpr std::array<std::uint32_t, 3> tables_without_rules{255, 254, 253}; // local, main, default

bool is_limited(const Route& route) {
  return route.tos != 0 || route.source_prefix_length != 0;
}

// What a rule asks of a packet beside its destination cannot be answered.
bool asks_for_more(const Rule& rule) {
  return rule.source_length != 0 || rule.tos != 0 || rule.mark || rule.in_interface || rule.out_interface
         || rule.l3_master || rule.first_uid || rule.ip_protocol || rule.first_source_port
         || rule.first_destination_port || rule.tunnel_id || rule.dscp || rule.suppress_interface_group;
}

bool matches(const Rule& rule, const IpAddress& address) {
  const bool inside = rule.destination_length == 0
                      || (rule.destination && is_in_prefix(address, *rule.destination, rule.destination_length));
  return inside != rule.flags.has(RuleFlag::inverted);
}

std::vector<Rule> rules_of(const Table& table, const std::string& netns, IpFamily family) {
  std::vector<Rule> found;
  for (std::size_t row = 0; row < table.size(); ++row) {
    Rule rule = rules.row(table, row);
    if (rule.netns == netns && rule.family == family) {
      found.push_back(std::move(rule));
    }
  }
  std::ranges::sort(found, {},
                    [](const Rule& rule) { return std::tuple(rule.priority, rule.table, format_rule(rule)); });
  return found;
}

class Lookup {
public:
  Lookup(const Snapshot& snapshot, const std::string& netns, const IpAddress& address)
    : snapshot_(snapshot), netns_(netns), address_(address), routes_(snapshot.find_table(routes.name())) {
  }

  RouteAnswer run() {
    const Capture* capture = snapshot_.find_capture(routes.name(), netns_);
    if (capture == nullptr || !was_collected(capture->status)) {
      answer_.why_unknown = capture == nullptr ? "not collected"
                            : capture->detail.empty()
                              ? fmt::format("not collected: {}", format_status(capture->status))
                              : fmt::format("not collected: {}: {}", format_status(capture->status), capture->detail);
      return std::move(answer_);
    }
    answer_.known = true;
    if (capture->status == CaptureStatus::partial) {
      answer_.ignored.push_back(fmt::format("routes may be missing: {}", capture->detail));
    }
    const Capture* rules_capture = snapshot_.find_capture(rules.name(), netns_);
    const Table* rule_table = snapshot_.find_table(rules.name());
    if (rules_capture == nullptr || !was_collected(rules_capture->status) || rule_table == nullptr) {
      answer_.ignored.emplace_back("rules were not recorded: the tables local, main and default were asked");
      ask_tables_without_rules();
    } else {
      walk(rules_of(*rule_table, netns_, address_.is_v4() ? IpFamily::ipv4 : IpFamily::ipv6));
    }
    if (answer_.result.empty()) {
      answer_.result = "no route";
    }
    return std::move(answer_);
  }

private:
  void ask_tables_without_rules() {
    for (const std::uint32_t table : tables_without_rules) {
      if (ask(table, std::nullopt)) {
        return;
      }
    }
  }

  void walk(const std::vector<Rule>& in_order) {
    std::uint32_t next = 0; // Where the last goto leads.
    for (const Rule& rule : in_order) {
      if (rule.priority < next) {
        continue;
      }
      if (asks_for_more(rule)) {
        answer_.ignored.push_back(
          fmt::format("rule not followed, it asks for more than the destination: {}", format_rule(rule)));
        continue;
      }
      if (!matches(rule, address_) || rule.flags.has(RuleFlag::unresolved)) {
        continue;
      }
      if (rule.action == RuleAction::go_to) {
        next = rule.goto_priority.value_or(0);
      } else if (obey(rule)) {
        answer_.rule = format_rule(rule);
        return;
      }
    }
  }

  // Whether the rule decides.
  bool obey(const Rule& rule) {
    switch (rule.action) {
      case RuleAction::look_up:
        return rule.table && ask(*rule.table, rule.suppress_prefix_length);
      case RuleAction::blackhole:
      case RuleAction::unreachable:
      case RuleAction::prohibit:
        answer_.result = format_enum(NamesOf<RuleAction>::values, static_cast<std::uint8_t>(rule.action));
        return true;
      default:
        return false;
    }
  }

  // Whether the table decides. `suppressed`: a prefix of so many bits or fewer does not count.
  bool ask(std::uint32_t table, std::optional<std::uint32_t> suppressed) {
    const auto found = routes_ == nullptr ? std::nullopt : find_longest_match(*routes_, netns_, table, address_);
    if (!found || found->best.type == RouteType::throw_route
        || (suppressed && found->route.prefix_length <= *suppressed)) {
      return false;
    }
    const std::string hops = format_hops(found->best.hops);
    answer_.result = hops;
    if (found->best.type != RouteType::unicast) {
      const std::string type = format_enum(NamesOf<RouteType>::values, static_cast<std::uint8_t>(found->best.type));
      answer_.result = hops.empty() ? type : fmt::format("{} {}", type, hops);
    }
    if (found->best.hops.size() == 1 && found->route.flags.has(RouteFlag::linkdown)) {
      answer_.result += " linkdown";
    }
    answer_.by = format_route(found->route);
    answer_.learned = find_learned(table);
    return true;
  }

  // What the kernel had learned about the address in that table.
  [[nodiscard]] std::string find_learned(std::uint32_t table) const {
    const Table* exceptions = snapshot_.find_table(route_exceptions.name());
    std::vector<std::string> found;
    for (std::size_t row = 0; exceptions != nullptr && row < exceptions->size(); ++row) {
      const RouteException exception = route_exceptions.row(*exceptions, row);
      if (exception.netns != netns_ || exception.table != table || exception.destination != address_) {
        continue;
      }
      std::string text;
      if (exception.flags.has(RouteCacheFlag::redirected) && exception.gateway) {
        text = fmt::format("via {}", format_ip_address(*exception.gateway));
      }
      if (exception.mtu) {
        text += fmt::format("{}mtu {}", text.empty() ? "" : " ", *exception.mtu);
      }
      if (!text.empty()) {
        found.push_back(std::move(text));
      }
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    std::string all;
    for (const std::string& text : found) {
      all += (all.empty() ? "" : ", ") + text;
    }
    return all;
  }

  const Snapshot& snapshot_;
  const std::string& netns_;
  const IpAddress& address_;
  const Table* routes_;
  RouteAnswer answer_;
};

} // namespace

bool is_in_prefix(const IpAddress& address, const IpAddress& prefix, std::uint8_t length) {
  const std::string_view a = address.bytes();
  const std::string_view b = prefix.bytes();
  if (a.size() != b.size() || length > 8 * a.size()) {
    return false;
  }
  const std::size_t whole = length / 8U;
  if (a.substr(0, whole) != b.substr(0, whole)) {
    return false;
  }
  const unsigned rest = length % 8U;
  return rest == 0
         || (static_cast<unsigned char>(a[whole]) >> (8U - rest))
              == (static_cast<unsigned char>(b[whole]) >> (8U - rest));
}

std::optional<MatchedRoute> find_longest_match(const Table& table, const std::string& netns, std::uint32_t id,
                                               const IpAddress& address) {
  std::map<std::uint8_t, std::vector<std::uint32_t>, std::greater<>> by_length;
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    const auto length = static_cast<std::uint8_t>(routes.column<&Route::prefix_length>(table).raw(row));
    if (routes.column<&Route::table>(table).raw(row) == id && routes.column<&Route::netns>(table).bytes(row) == netns
        && is_in_prefix(address, routes.column<&Route::destination>(table).address(row), length)
        && !is_limited(routes.row(table, row))) {
      by_length[length].push_back(row);
    }
  }
  for (const auto& [length, rows] : by_length) {
    const RouteGroup group = make_route_group(table, rows);
    if (const RouteObject* best = find_best(group)) {
      return MatchedRoute{routes.row(table, best->rows.front()), *best};
    }
  }
  return std::nullopt;
}

RouteAnswer find_best_route(const Snapshot& snapshot, const std::string& netns, const IpAddress& address) {
  return Lookup(snapshot, netns, address).run();
}

} // namespace hindstat
