// SPDX-License-Identifier: MIT
// One event in words. Kinds without words of their own say their changed columns.
#include <fmt/format.h>

#include <array>

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
  return fmt::format("{} {} -> {}", change.column, *change.from, change.to.value_or("-"));
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

struct Words {
  std::string_view name;
  std::string (*describe)(const Event&);
};

constexpr std::array words{
  Words{"listen.added", describe_listener},
  Words{"listen.removed", describe_listener},
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
  Words{"sock.queue", [](const Event& e) { return fmt::format("{}: {}", field(e, "kind"), format_changes(e)); }},
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
  Words{"row.added", format_changes},
  Words{"row.removed", format_changes},
};

} // namespace

std::string describe_event(const Event& event) {
  std::string text;
  for (const Words& known : words) {
    if (known.name == event.spec->name) {
      text = known.describe(event);
      break;
    }
  }
  if (text.empty()) {
    text = describe_any(event);
  }
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
