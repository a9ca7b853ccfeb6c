// SPDX-License-Identifier: MIT
// The list of everything that can happen. It is public: names and fields are in JSON and keep their meaning; the golden
// dump of the tests makes each change visible.
#include "diff/event.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace hindstat {

namespace {

using Fields = std::string_view;

constexpr std::array<Fields, 1> reboot_fields{"downtime_at_most_s"};
constexpr std::array<Fields, 1> clock_fields{"step_s"};
constexpr std::array<Fields, 3> gap_fields{"gap_s", "usual_s", "after_a_s"};
constexpr std::array<Fields, 3> listener_fields{"dual", "state", "workers"};
constexpr std::array<Fields, 3> listen_restarted_fields{"dual", "owner_before", "sockets"};
constexpr std::array<Fields, 3> listen_from_to_fields{"dual", "from", "to"};
constexpr std::array<Fields, 3> listen_owner_fields{"dual", "kind", "owner_before"};
constexpr std::array<Fields, 5> reach_fields{"dual", "from", "to", "workers", "owner_before"};
constexpr std::array<Fields, 2> restarted_fields{"owner_before", "sockets"};
constexpr std::array<Fields, 2> from_to_fields{"from", "to"};
constexpr std::array<Fields, 4> opened_fields{"dir", "dual", "state", "came_and_went"};
constexpr std::array<Fields, 8> closed_fields{"dir", "dual",    "from",   "to",
                                              "via", "skipped", "closer", "possibly_reset"};
constexpr std::array<Fields, 7> step_fields{"dir", "dual", "from", "to", "via", "skipped", "closer"};
constexpr std::array<Fields, 5> reopened_fields{"dir", "dual", "from", "to", "reason"};
constexpr std::array<Fields, 3> state_fields{"dir", "dual", "state"};
constexpr std::array<Fields, 4> stalled_fields{"dir", "dual", "state", "retries"};
constexpr std::array<Fields, 4> reaped_fields{"dir", "dual", "from", "to"};
constexpr std::array<Fields, 4> owner_fields{"dir", "dual", "kind", "owner_before"};
constexpr std::array<Fields, 5> queue_fields{"dir", "dual", "kind", "queue", "length"};
constexpr std::array<Fields, 3> drops_fields{"dir", "dual", "drops"};
constexpr std::array<Fields, 2> socket_fields{"dir", "dual"};
constexpr std::array<Fields, 4> route_fields{"hops", "best_changed", "default_lost", "default_changed"};
constexpr std::array<Fields, 5> hop_fields{"old", "new", "best_changed", "default_lost", "default_changed"};
constexpr std::array<Fields, 3> best_fields{"best_changed", "default_lost", "default_changed"};
constexpr std::array<Fields, 1> delta_fields{"deltas"};
constexpr std::array<Fields, 3> flap_fields{"aspect", "transitions", "steps"};
constexpr std::array<Fields, 1> workers_field{"workers"};
constexpr std::array<Fields, 2> unix_owner_fields{"kind", "owner_before"};
constexpr std::array<Fields, 1> kind_field{"kind"};
constexpr std::array<Fields, 1> up_down_fields{"carrier_changes"};
constexpr std::array<Fields, 2> carrier_fields{"carrier_changes", "flaps"};
constexpr std::array<Fields, 2> flag_fields{"set", "cleared"};
constexpr std::array<Fields, 1> counters_field{"counters"};
constexpr std::array<Fields, 2> rate_fields{"deltas", "per_second"};
constexpr std::array<Fields, 4> counted_fields{"delta", "per_second", "at_least", "since_boot"};

constexpr std::array event_specs{
  EventSpec{"host.rebooted", "host", '!', Severity::warn, reboot_fields, "The machine was started again.", false},
  EventSpec{"host.clock_step", "host", '!', Severity::warn, clock_fields,
            "The wall clock moved against the time since boot.", false},
  EventSpec{"recorder.gap", "host", '!', Severity::note, gap_fields,
            "Nothing was recorded for more than 5 times the usual interval.", true},

  EventSpec{"listen.added", "socket", '+', Severity::info, listener_fields, "A TCP socket listens that did not.",
            false},
  EventSpec{"listen.removed", "socket", '-', Severity::info, listener_fields, "A TCP socket no longer listens.", false},
  EventSpec{"listen.widened", "socket", '!', Severity::warn, reach_fields,
            "The service listens at an address where more can reach it.", false},
  EventSpec{"listen.narrowed", "socket", '~', Severity::info, reach_fields,
            "The service listens at an address where fewer can reach it.", false},
  EventSpec{"listen.restarted", "socket", '!', Severity::info, listen_restarted_fields,
            "The same service has new sockets for the same address.", false},
  EventSpec{"listen.owner", "socket", '~', Severity::info, listen_owner_fields,
            "Another process or user holds the socket that listens; kind: restarted, changed or unknown.", false},
  EventSpec{"listen.workers", "socket", '~', Severity::info, listen_from_to_fields,
            "More or fewer sockets listen at the same address (SO_REUSEPORT).", false},
  EventSpec{"listen.backlog", "socket", '~', Severity::info, listen_from_to_fields,
            "The limit of the accept queue changed.", false},

  EventSpec{"sock.opened", "socket", '+', Severity::info, opened_fields,
            "A connection or datagram socket is there that was not; came_and_went: it was closed again, too.", false},
  EventSpec{"sock.closed", "socket", '-', Severity::info, closed_fields,
            "A connection or datagram socket was closed; possibly_reset: resets were counted, and no row is left.",
            false},
  EventSpec{"sock.reopened", "socket", '!', Severity::warn, reopened_fields,
            "The connection ended and another took its addresses and ports.", false},
  EventSpec{"sock.state", "socket", '>', Severity::info, step_fields,
            "A connection changed its state among the open or among the closing ones.", false},
  EventSpec{"sock.accepted", "socket", '>', Severity::note, state_fields,
            "The application accepted a waiting connection.", false},
  EventSpec{"sock.orphaned", "socket", '>', Severity::note, state_fields,
            "The application closed a socket that the kernel still works on.", false},
  EventSpec{"sock.owner", "socket", '~', Severity::info, owner_fields,
            "The first process or the user that holds the socket changed; kind: restarted, changed or unknown.", false},
  EventSpec{"sock.changed", "socket", '~', Severity::info, socket_fields, "An attribute of the socket changed.", false},
  EventSpec{"sock.queue", "socket", '~', Severity::note, queue_fields,
            "A queue grew or shrank by at least 4096 bytes and half, or an accept queue passed half of its limit; kind "
            "stuck: it is that long and nothing moved.",
            false},
  EventSpec{"sock.stalled", "socket", '!', Severity::warn, stalled_fields,
            "What was sent is not acknowledged and was sent again.", false},
  EventSpec{"sock.zero_window", "socket", '!', Severity::warn, state_fields,
            "The peer no longer takes data; its window is probed.", false},
  EventSpec{"sock.drops", "socket", '~', Severity::warn, drops_fields, "Datagrams were dropped at the socket.", false},
  EventSpec{"sock.bound", "socket", '+', Severity::note, state_fields,
            "A TCP socket is bound that neither listens nor is connected.", false},
  EventSpec{"sock.unbound", "socket", '-', Severity::note, state_fields, "A TCP socket that was only bound is gone.",
            false},
  EventSpec{"sock.reaped", "socket", '-', Severity::note, reaped_fields,
            "The rest of a connection that was closed before is gone.", true},

  EventSpec{"route.added", "route", '+', Severity::info, route_fields, "There is a new route.", false},
  EventSpec{"route.removed", "route", '-', Severity::info, route_fields, "A route is gone.", false},
  EventSpec{"route.nexthop", "route", '~', Severity::info, hop_fields, "The route has another next hop.", false},
  EventSpec{"route.ecmp", "route", '~', Severity::info, hop_fields, "The set of next hops or their weights changed.",
            false},
  EventSpec{"route.metric", "route", '~', Severity::info, best_fields, "The same next hops have another metric.",
            false},
  EventSpec{"route.replaced", "route", '~', Severity::info, hop_fields,
            "The only route to the prefix was replaced by another.", false},
  EventSpec{"route.attr", "route", '~', Severity::info, best_fields, "Only attributes or flags of the route changed.",
            false},

  EventSpec{"unix.listen.added", "unix_socket", '+', Severity::info, workers_field,
            "A unix socket listens that did not.", false},
  EventSpec{"unix.listen.removed", "unix_socket", '-', Severity::info, workers_field,
            "A unix socket no longer listens.", false},
  EventSpec{"unix.listen.restarted", "unix_socket", '!', Severity::info, restarted_fields,
            "The same program listens at the same name with a new socket.", false},
  EventSpec{"unix.listen.workers", "unix_socket", '~', Severity::info, from_to_fields,
            "More or fewer sockets listen at the same name.", false},
  EventSpec{"unix.listen.backlog", "unix_socket", '~', Severity::info, from_to_fields,
            "The limit of the accept queue changed.", false},
  EventSpec{"unix.bound",
            "unix_socket",
            '+',
            Severity::info,
            {},
            "A unix socket has a name and does not listen (datagrams).",
            false},
  EventSpec{"unix.unbound",
            "unix_socket",
            '-',
            Severity::info,
            {},
            "A unix socket that had a name and did not listen is gone.",
            false},
  EventSpec{"unix.rebound", "unix_socket", '!', Severity::info, restarted_fields,
            "The same program has a new socket of the same name, which does not listen.", false},
  EventSpec{"unix.owner", "unix_socket", '~', Severity::info, unix_owner_fields,
            "The first process or the user that holds the socket changed; kind: restarted, changed or unknown.", false},
  EventSpec{"unix.queue", "unix_socket", '~', Severity::note, kind_field,
            "Unread bytes grew or shrank by at least 4096 and half, or an accept queue passed half of its limit.",
            false},

  EventSpec{"if.added", "interface", '+', Severity::info, {}, "There is a new interface.", false},
  EventSpec{"if.removed", "interface", '-', Severity::warn, {}, "An interface is gone.", false},
  EventSpec{"if.recreated",
            "interface",
            '!',
            Severity::warn,
            {},
            "Another interface has the name: its index is new, its counters started again.",
            false},
  EventSpec{"if.renamed", "interface", '~', Severity::info, from_to_fields, "An interface has another name.", false},
  EventSpec{"if.up", "interface", '+', Severity::info, up_down_fields,
            "An interface was set up; what its carrier did meanwhile is part of it.", false},
  EventSpec{"if.down", "interface", '-', Severity::warn, up_down_fields,
            "An interface was set down; what its carrier did meanwhile is part of it.", false},
  EventSpec{"if.carrier", "interface", '~', Severity::warn, carrier_fields,
            "The carrier or the operational state changed without being told to; flaps: how often it may have gone.",
            false},
  EventSpec{"if.mtu", "interface", '~', Severity::info, from_to_fields, "The largest packet changed.", false},
  EventSpec{"if.flags", "interface", '~', Severity::info, flag_fields,
            "Flags that somebody sets changed (PROMISC, ALLMULTI, NOARP).", false},
  EventSpec{"if.changed", "interface", '~', Severity::info, {}, "Other attributes of an interface changed.", false},
  EventSpec{"if.counter_reset", "interface", '!', Severity::warn, counters_field,
            "Counters of an interface started again, though the interface did not.", false},
  EventSpec{"if.counted", "interface", '#', Severity::note, rate_fields, "What an interface counted.", true},

  EventSpec{"if.addr.added", "address", '+', Severity::info, {}, "An interface has a new address.", false},
  EventSpec{"if.addr.removed", "address", '-', Severity::info, {}, "An address is gone.", false},
  EventSpec{"if.addr.moved", "address", '~', Severity::warn, from_to_fields, "An address is at another interface.",
            false},
  EventSpec{"if.addr.changed",
            "address",
            '~',
            Severity::info,
            {},
            "Attributes, flags or the subnet of an address changed.",
            false},
  EventSpec{"if.addr.settled",
            "address",
            '>',
            Severity::note,
            {},
            "The check for duplicates of an IPv6 address ended, or began.",
            true},

  EventSpec{"stat.reset", "protocol_counter", '!', Severity::warn, counters_field,
            "Counters of the protocols started again within one boot.", false},
  EventSpec{"stat.changed", "protocol_counter", '~', Severity::info, {}, "A setting of a protocol changed.", false},
  EventSpec{"stat.errors", "protocol_counter", '#', Severity::warn, counted_fields,
            "Errors, drops, overflows, failures, retransmissions or timeouts were counted.", false},
  EventSpec{"stat.counted", "protocol_counter", '#', Severity::note, counted_fields,
            "A counter of a protocol counted; shown when the table is asked for by name.", true, true},
  EventSpec{"stat.level",
            "*",
            '#',
            Severity::note,
            {},
            "A level moved by more than 8 and half; shown when the table is asked for by name.",
            true,
            true},

  EventSpec{
    "mcast.joined", "multicast_group", '+', Severity::info, {}, "An interface joined a multicast group.", false},
  EventSpec{"mcast.left", "multicast_group", '-', Severity::info, {}, "An interface left a multicast group.", false},
  EventSpec{"mcast.users", "multicast_group", '~', Severity::note, from_to_fields,
            "More or fewer members use a group of an interface.", false},

  EventSpec{"mcast.link_joined",
            "link_group",
            '+',
            Severity::note,
            {},
            "An interface receives another link-layer group; shown when the table is asked for by name.",
            true,
            true},
  EventSpec{"mcast.link_left",
            "link_group",
            '-',
            Severity::note,
            {},
            "An interface no longer receives a link-layer group; shown when the table is asked for by name.",
            true,
            true},
  EventSpec{"mcast.link_users",
            "link_group",
            '~',
            Severity::note,
            {},
            "More or fewer need a link-layer group; shown when the table is asked for by name.",
            true,
            true},

  EventSpec{"row.added", "*", '+', Severity::info, {}, "A row is there that was not.", false},
  EventSpec{"row.removed", "*", '-', Severity::info, {}, "A row is gone.", false},
  EventSpec{"row.changed", "*", '~', Severity::info, delta_fields, "Columns of a row changed.", false},
  EventSpec{"row.counted", "*", '#', Severity::note, delta_fields, "Only counters of a row grew.", true},
  EventSpec{"range.flap", "*", '!', Severity::warn, flap_fields,
            "In a range: a thing came and went, or a value went to and fro, at least 3 times.", false},
};

constexpr std::array<std::string_view, 8> boolean_fields{"came_and_went", "best_changed",    "default_lost",
                                                         "at_least",      "default_changed", "since_boot",
                                                         "dual",          "possibly_reset"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The run of digits at the start of `text`, without leading zeros.
std::string_view number_at(std::string_view text) {
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  return text.substr(0, end);
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

} // namespace

std::span<const EventSpec> event_catalog() {
  return event_specs;
}

const EventSpec& event_spec(std::string_view name) {
  const auto it = std::ranges::find(event_specs, name, &EventSpec::name);
  assert(it != event_specs.end());
  return *it;
}

const std::string* find_field(const Event& event, std::string_view name) {
  const auto it = std::ranges::find(event.fields, name, &EventField::name);
  return it == event.fields.end() ? nullptr : &it->value;
}

bool is_boolean_field(std::string_view name) {
  return std::ranges::find(boolean_fields, name) != boolean_fields.end();
}

bool has_flag(const Event& event, std::string_view name) {
  const std::string* value = find_field(event, name);
  return value != nullptr && *value == "true";
}

Severity severity_of(const Event& event) {
  return event.severity.value_or(event.spec->severity);
}

std::string_view name_of(Severity severity) {
  constexpr std::array<std::string_view, 5> names{"", "note", "info", "warn", "crit"};
  return names.at(static_cast<std::size_t>(severity));
}

std::string_view name_of(Confidence confidence) {
  constexpr std::array<std::string_view, 4> names{"", "proven", "consistent", "inferred"};
  return names.at(static_cast<std::size_t>(confidence));
}

std::string describe_event_spec(const EventSpec& spec) {
  std::string fields;
  for (const std::string_view field : spec.fields) {
    fields += (fields.empty() ? "" : " ") + std::string(field);
  }
  return fmt::format("{}  {} {} {}{}  [{}]  {}\n", spec.name, spec.table, spec.sigil, name_of(spec.severity),
                     spec.shown_when_chosen ? " hidden unless chosen"
                     : spec.hidden          ? " hidden"
                                            : "",
                     fields, spec.sentence);
}

bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view run_a = number_at(a);
      const std::string_view run_b = number_at(b);
      const std::string_view digits_a = without_zeros(run_a);
      const std::string_view digits_b = without_zeros(run_b);
      if (digits_a.size() != digits_b.size()) {
        return digits_a.size() < digits_b.size();
      }
      if (digits_a != digits_b) {
        return digits_a < digits_b;
      }
      if (run_a.size() != run_b.size()) {
        return run_a.size() < run_b.size();
      }
      a.remove_prefix(run_a.size());
      b.remove_prefix(run_b.size());
    } else if (a.front() != b.front()) {
      return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

std::size_t count_events(std::span<const Event> events, std::string_view name) {
  return static_cast<std::size_t>(
    std::ranges::count_if(events, [&](const Event& event) { return event.spec->name == name; }));
}

std::string natural_order_key(std::string_view text) {
  // A run of digits: '0', the number of digits without leading zeros, those digits, the length of the run.
  const auto length = [](std::string_view run) { return static_cast<char>(std::min<std::size_t>(run.size(), 255)); };
  std::string key;
  key.reserve(text.size() + 24);
  while (!text.empty()) {
    if (!is_digit(text.front())) {
      key += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string_view run = number_at(text);
    const std::string_view digits = without_zeros(run);
    key += '0';
    key += length(digits);
    key += digits;
    key += length(run);
    text.remove_prefix(run.size());
  }
  return key;
}

} // namespace hindstat
