// SPDX-License-Identifier: MIT
// One event in words. Kinds without words of their own say their changed columns.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "diff/output.h"

namespace hindstat {

namespace {

std::string field(const Event& event, std::string_view name) {
  const std::string* value = find_field(event, name);
  return value == nullptr ? "" : *value;
}

void append(std::string& text, const std::string& part, std::string_view separator = ", ") {
  if (!part.empty()) {
    text += text.empty() ? part : std::string(separator) + part;
  }
}

std::string format_change(const EventChange& change) {
  if (!change.from) {
    return fmt::format("{} {}", change.column, change.to.value_or("-"));
  }
  const auto value = [](const std::optional<std::string>& cell) { return cell.value_or("").empty() ? "-" : *cell; };
  return fmt::format("{} {} -> {}", change.column, value(change.from), value(change.to));
}

std::string format_changes(const Event& event) {
  std::string text;
  const bool gone = event.after_row < 0;
  for (const EventChange& change : event.changed) {
    append(text, gone ? fmt::format("{} {}", change.column, change.from.value_or("-")) : format_change(change));
  }
  return text;
}

std::string format_closer(const Event& event) {
  const std::string closer = field(event, "closer");
  return closer == "local" ? "we closed first" : closer == "peer" ? "peer closed first" : "";
}

std::string times(const std::string& count) {
  return count == "1" ? "once" : count + " times";
}

// "via FIN_WAIT1", and how many states more there were that no snapshot saw.
std::string format_way(const Event& event) {
  const std::string via = field(event, "via");
  const std::string skipped = field(event, "skipped");
  if (skipped.empty()) {
    return "";
  }
  const bool all_named = !via.empty() && via.find(' ') == std::string::npos && skipped == "1";
  return all_named     ? "via " + via
         : via.empty() ? fmt::format("{} states unseen", skipped)
                       : fmt::format("via {} ({} states unseen)", via, skipped);
}

std::string describe_step(const Event& event) {
  const std::string to = field(event, "to");
  const std::string_view arrow = event.spec->name == "sock.state" ? ">" : "->";
  std::string text = fmt::format("{} {} {}", field(event, "from"), arrow, to.empty() ? "gone" : to);
  append(text, format_closer(event));
  append(text, format_way(event));
  return text;
}

std::string describe_opened(const Event& event) {
  std::string text = field(event, "state");
  append(text, has_flag(event, "came_and_went") ? "came and went" : "");
  return text;
}

std::string describe_listener(const Event& event) {
  const std::string workers = field(event, "workers");
  return workers.empty() ? field(event, "state") : fmt::format("{} x{}", field(event, "state"), workers);
}

std::string describe_restart(const Event& event) {
  const std::string sockets = field(event, "sockets");
  std::string text = sockets == "1" ? "restarted" : fmt::format("restarted, {} sockets", sockets);
  const std::string before = field(event, "owner_before");
  append(text, before.empty() ? "" : "was " + before);
  append(text, format_changes(event));
  return text;
}

// Where it listens now is the key.
std::string describe_reach(const Event& event) {
  const std::string workers = field(event, "workers");
  const std::string before = field(event, "owner_before");
  std::string text = "LISTEN" + (workers.empty() ? "" : " x" + workers);
  append(text, fmt::format("{} from {}", event.spec->name == "listen.widened" ? "widened" : "narrowed",
                           field(event, "from")));
  append(text, before.empty() ? "" : "was " + before);
  return text;
}

std::string describe_queue(const Event& event) {
  const std::string kind = field(event, "kind");
  return kind == "stuck" ? fmt::format("stuck: {} {}", field(event, "queue"), field(event, "length"))
                         : fmt::format("{}: {}", kind, format_changes(event));
}

std::string describe_stall(const Event& event) {
  const std::string retries = field(event, "retries");
  std::string text = field(event, "state");
  append(text, retries.empty() ? "zero window" : fmt::format("stalled, sent again {}", times(retries)));
  for (const EventChange& change : event.changed) {
    append(text, change.column == "timer_retries" ? "" : format_change(change));
  }
  return text;
}

std::string describe_owner(const Event& event) {
  std::string text = fmt::format("owner {}", field(event, "kind"));
  const std::string before = field(event, "owner_before");
  append(text, before.empty() ? "" : "was " + before);
  append(text, format_changes(event));
  return text;
}

std::string describe_route(const Event& event) {
  std::string text = field(event, "hops");
  const std::string before = field(event, "old");
  if (!before.empty() || !field(event, "new").empty()) {
    text = fmt::format("{} -> {}", before.empty() ? "-" : before, field(event, "new"));
  } else {
    append(text, format_changes(event));
  }
  const bool alone = event.before_row < 0 || event.after_row < 0;
  if (has_flag(event, "default_lost")) {
    append(text, "DEFAULT ROUTE LOST");
  } else if (has_flag(event, "default_changed")) {
    append(text, "DEFAULT ROUTE CHANGED");
  } else if (has_flag(event, "best_changed") && !alone) {
    append(text, "best route changed");
  }
  return text;
}

// What a new or lost row said, without the columns named.
std::string format_values(const Event& event, std::initializer_list<std::string_view> without) {
  std::string text;
  for (const EventChange& change : event.changed) {
    if (std::ranges::find(without, std::string_view(change.column)) == without.end()) {
      append(text, fmt::format("{} {}", change.column, (event.after_row < 0 ? change.from : change.to).value_or("-")));
    }
  }
  return text;
}

std::string describe_device(const Event& event) {
  return format_values(event, {"qdisc", "txqlen"});
}

// Nothing of an address that is as most are.
std::string describe_address(const Event& event) {
  std::string text;
  for (const EventChange& change : event.changed) {
    const std::string value = (event.after_row < 0 ? change.from : change.to).value_or("");
    const bool usual = (change.column == "scope" && value == "global")
                       || (change.column == "flags" && (value.empty() || value == "permanent"))
                       || change.column == "broadcast" || change.column == "label";
    append(text, usual ? "" : fmt::format("{} {}", change.column, value));
  }
  return text;
}

// What the carrier did: its last step, and how often it changed where that is more than the step.
std::string describe_carrier(const Event& event) {
  std::string text = event.spec->name == "if.up" ? "set up" : event.spec->name == "if.down" ? "set down" : "";
  for (const EventChange& change : event.changed) {
    if (change.column != "flags") {
      append(text, format_change(change));
    } else if (text.empty() || event.spec->name == "if.carrier") {
      const auto runs = [](const std::optional<std::string>& flags) {
        return flags.value_or("").find("LOWER_UP") != std::string::npos;
      };
      const bool lost = runs(change.from) && !runs(change.to);
      const bool back = !runs(change.from) && runs(change.to);
      append(text, lost ? "carrier lost" : back ? "carrier back" : "");
    }
  }
  const std::string changes = field(event, "carrier_changes");
  if (event.spec->name == "if.carrier" && event.changed.empty()) {
    const std::string flaps = field(event, "flaps");
    append(text, fmt::format("carrier came and went, {} {}", flaps, flaps == "1" ? "flap" : "flaps"));
  } else if (!changes.empty() && changes != "1") {
    append(text, fmt::format("carrier changed {} times", changes));
  }
  return text;
}

std::string describe_flags(const Event& event) {
  std::string text;
  for (const std::string_view name : {"set", "cleared"}) {
    if (const std::string flags = field(event, name); !flags.empty()) {
      append(text, fmt::format("{} {}", flags, name));
    }
  }
  return text;
}

std::string describe_counted(const Event& event) {
  return fmt::format("{}+{}{}", has_flag(event, "at_least") ? "at least " : "", field(event, "delta"),
                     has_flag(event, "since_boot") ? " since the boot" : "");
}

std::string describe_interface_counters(const Event& event) {
  const std::string rates = field(event, "per_second");
  return rates.empty() ? field(event, "deltas") : fmt::format("{}; a second: {}", field(event, "deltas"), rates);
}

// "3 -> 40": what moved is the key.
std::string describe_level(const Event& event) {
  const EventChange& level = event.changed.front();
  return fmt::format("{} -> {}", level.from.value_or("-"), level.to.value_or("-"));
}

std::string describe_unix_listener(const Event& event) {
  const std::string workers = field(event, "workers");
  return workers.empty() ? "LISTENING" : "LISTENING x" + workers;
}

std::string describe_steps(const Event& event) {
  return fmt::format("{} -> {}", field(event, "from"), field(event, "to"));
}

std::string describe_any(const Event& event) {
  std::string text;
  for (const EventField& one : event.fields) {
    if (one.name != "dir") {
      append(text, fmt::format("{} {}", one.name, one.value));
    }
  }
  append(text, format_changes(event));
  return text;
}

// "operstate to and fro 5 times within 3 steps, down at first, up at last"
std::string describe_flap(const Event& event) {
  const EventChange& change = event.changed.front();
  return fmt::format("{} to and fro {} times within {} steps, {} at first, {} at last", field(event, "aspect"),
                     field(event, "transitions"), field(event, "steps"), change.from.value_or("-"),
                     change.to.value_or("-"));
}

struct Words {
  std::string_view name;
  std::string (*describe)(const Event&);
};

constexpr std::array words{
  Words{"recorder.gap",
        [](const Event& e) {
          return fmt::format("nothing was recorded for {} s, usually it is every {} s", field(e, "gap_s"),
                             field(e, "usual_s"));
        }},
  Words{"listen.added", describe_listener},
  Words{"listen.removed", describe_listener},
  Words{"listen.widened", describe_reach},
  Words{"listen.narrowed", describe_reach},
  Words{"listen.owner", describe_owner},
  Words{"listen.restarted", describe_restart},
  Words{"listen.workers",
        [](const Event& e) { return fmt::format("LISTEN x{} -> x{}", field(e, "from"), field(e, "to")); }},
  Words{"listen.backlog",
        [](const Event& e) { return fmt::format("backlog {} -> {}", field(e, "from"), field(e, "to")); }},
  Words{"sock.opened", describe_opened},
  Words{"sock.closed", describe_step},
  Words{"sock.reopened", describe_step},
  Words{"sock.state", describe_step},
  Words{"sock.reaped", describe_step},
  Words{"sock.accepted", [](const Event& e) { return field(e, "state") + ", accepted"; }},
  Words{"sock.orphaned", [](const Event& e) { return field(e, "state") + ", orphaned"; }},
  Words{"sock.owner", describe_owner},
  Words{"sock.changed", format_changes},
  Words{"sock.queue", describe_queue},
  Words{"sock.stalled", describe_stall},
  Words{"sock.zero_window", describe_stall},
  Words{"sock.drops", [](const Event& e) { return fmt::format("{} datagrams dropped", field(e, "drops")); }},
  Words{"sock.bound", [](const Event& e) { return field(e, "state"); }},
  Words{"sock.unbound", [](const Event& e) { return field(e, "state"); }},
  Words{"route.added", describe_route},
  Words{"route.removed", describe_route},
  Words{"route.nexthop", describe_route},
  Words{"route.ecmp", describe_route},
  Words{"route.metric", describe_route},
  Words{"route.replaced", describe_route},
  Words{"route.attr", describe_route},
  Words{"unix.listen.added", describe_unix_listener},
  Words{"unix.listen.removed", describe_unix_listener},
  Words{"unix.listen.restarted", describe_restart},
  Words{"unix.listen.workers",
        [](const Event& e) { return "LISTENING x" + field(e, "from") + " -> x" + field(e, "to"); }},
  Words{"unix.listen.backlog", [](const Event& e) { return "backlog " + describe_steps(e); }},
  Words{"unix.bound", [](const Event&) { return std::string("bound"); }},
  Words{"unix.unbound", [](const Event&) { return std::string("gone"); }},
  Words{"unix.rebound", describe_restart},
  Words{"unix.owner", describe_owner},
  Words{"unix.queue", [](const Event& e) { return fmt::format("{}: {}", field(e, "kind"), format_changes(e)); }},
  Words{"if.added", describe_device},
  Words{"if.removed", describe_device},
  Words{"if.recreated", [](const Event& e) { return "another device: " + format_changes(e); }},
  Words{"if.renamed", [](const Event& e) { return "was " + field(e, "from"); }},
  Words{"if.up", describe_carrier},
  Words{"if.down", describe_carrier},
  Words{"if.carrier", describe_carrier},
  Words{"if.mtu", [](const Event& e) { return "mtu " + describe_steps(e); }},
  Words{"if.flags", describe_flags},
  Words{"if.changed", format_changes},
  Words{"if.counter_reset", [](const Event& e) { return "started again: " + field(e, "counters"); }},
  Words{"if.counted", describe_interface_counters},
  Words{"if.addr.added", describe_address},
  Words{"if.addr.removed", describe_address},
  Words{"if.addr.moved", [](const Event& e) { return fmt::format("moved from {}", field(e, "from")); }},
  Words{"if.addr.changed", format_changes},
  Words{"if.addr.settled", format_changes},
  Words{"stat.reset", [](const Event& e) { return field(e, "counters") + " counters started again"; }},
  Words{"stat.changed", describe_level},
  Words{"stat.errors", describe_counted},
  Words{"stat.counted", describe_counted},
  Words{"stat.level", describe_level},
  Words{"mcast.users", [](const Event& e) { return "users " + describe_steps(e); }},
  Words{"range.flap", describe_flap},
  Words{"row.added", format_changes},
  Words{"row.removed", format_changes},
};

} // namespace

std::string describe_event(const Event& event) {
  const auto* known = std::ranges::find(words, event.spec->name, &Words::name);
  std::string text = known != words.end() ? known->describe(event) : describe_any(event);
  if (event.spec->table == "host") {
    text = std::string(event.spec->name.substr(event.spec->name.find('.') + 1)) + (text.empty() ? "" : ": ") + text;
  }
  for (const std::string& why : event.why) {
    append(text, why);
  }
  if (event.confidence == Confidence::inferred) {
    append(text, "inferred");
  }
  return text;
}

} // namespace hindstat
