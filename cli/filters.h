// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/event.h"
#include "diff/facts.h"
#include "tables/snapshot.h"

namespace hindstat {

/// What is to be shown, as typed. Between options AND, between the values of one OR; a value that begins with ! must
/// not hold.
struct FilterOptions {
  std::vector<std::string> events;       ///< "sock.opened", "opened", "sock"
  std::vector<std::string> states;       ///< "CLOSE_WAIT", "close-wait"
  std::vector<std::string> ports;        ///< "443", "8000-8099"; of either end.
  std::vector<std::string> local_ports;  ///< The same of this end.
  std::vector<std::string> remote_ports; ///< The same of the other end.
  std::vector<std::string> addresses;    ///< "10.0.0.5", "10.0.0.0/8"
  std::vector<std::string> peers;        ///< The same of the other end.
  std::vector<std::string> prefixes;     ///< Routes to a part of it; "default" is the default route itself.
  std::vector<std::string> processes;    ///< Command names, patterns of sh(1), pids.
  std::vector<std::string> users;        ///< Names, patterns, uids.
  std::vector<std::string> devices;      ///< Interfaces: names, patterns.
  std::vector<std::string> severities;   ///< "warn": that and worse.
  std::vector<std::string> ignored;      ///< Columns, "uid" or "socket.uid".
  std::vector<std::string> only;         ///< Columns.
  std::vector<std::string> least_deltas; ///< "1%", "4096"; all have to be reached.
  bool no_loopback = false;
  bool raw = false; ///< Show timers and notes as well.
};

/// The filters of the tools, read once. They hide what was found and never change what is matched.
class Filter {
public:
  /// Throws Error for a value that is none.
  explicit Filter(const FilterOptions& options);

  /// Nothing is filtered.
  [[nodiscard]] bool empty() const {
    return conditions_.empty() && !filters_columns();
  }
  /// Kinds of events that were named one by one: they are shown although they are hidden elsewhere.
  [[nodiscard]] const std::vector<std::string>& named_events() const {
    return named_events_;
  }
  /// Takes out the events that do not fit, and the ignored columns of the others; adds what --raw asks for. Both
  /// snapshots are those of the events' rows.
  void apply(std::vector<Event>& events, const Snapshot& before, const Snapshot& after) const;
  /// Whether a row fits; conditions on events do not count.
  [[nodiscard]] bool accepts(const Facts& facts) const;

private:
  using Test = std::function<bool(const Event*, const Facts&)>;
  struct Condition {
    std::vector<Test> wanted;   ///< One has to hold, where there is one.
    std::vector<Test> unwanted; ///< None may hold.
    bool about_events = false;
  };
  struct LeastDelta {
    double amount = 0;
    bool percent = false;
  };

  template <typename Read>
  void add_condition(const std::vector<std::string>& values, Read&& read, bool about_events = false);
  void add_events(const FilterOptions& options);
  void add_ends(const FilterOptions& options);
  void add_holders(const FilterOptions& options);
  [[nodiscard]] bool fits(const Event* event, const Facts& facts) const;
  [[nodiscard]] bool filters_columns() const {
    return !ignored_.empty() || !only_.empty() || !least_deltas_.empty();
  }
  [[nodiscard]] bool keep_columns(Event& event, const Snapshot& before, const Snapshot& after) const;
  [[nodiscard]] bool moved_enough(const Event& event, const Snapshot& before, const Snapshot& after) const;

  std::vector<Condition> conditions_;
  std::vector<std::string> named_events_;
  std::vector<std::string> ignored_;
  std::vector<std::string> only_;
  std::vector<LeastDelta> least_deltas_;
  bool raw_ = false;
};

/// Which tables are compared: those chosen by name, or all but some.
struct TableChoice {
  std::vector<std::string> tables;    ///< All when empty.
  std::vector<std::string> protocols; ///< Of table socket only these; all when empty.
  std::vector<std::string> named;     ///< The tables that were asked for by name.
};
/// "socket", "!route", and the short names: tcp, udp, ... are parts of socket, and if, addr, mcast, cache, stats, nat
/// and arp are tables. Throws Error for a name that is none.
[[nodiscard]] TableChoice choose_tables(const std::vector<std::string>& names);

/// An option whose list has one value a time, comma-split and repeatable: it never swallows a selector.
template <typename App>
auto* add_list_option(App& app, const std::string& name, std::vector<std::string>& values, const std::string& help,
                      const std::string& value) {
  return app.add_option(name, values, help)
    ->option_text(value)
    ->expected(1)
    ->take_all()
    ->delimiter(',')
    ->allow_extra_args(false);
}

/// The filters on what rows are about, of a tool whose command line is `app` (CLI::App, which only mains include).
template <typename App>
void add_row_filters(App& app, FilterOptions& filters, const std::string& group) {
  add_list_option(app, "--state", filters.states, "In this state, before or after", "CLOSE_WAIT")->group(group);
  add_list_option(app, "--port", filters.ports, "With this port at either end", "N|N-M")->group(group);
  add_list_option(app, "--lport", filters.local_ports, "With this port here", "N|N-M")->group(group);
  add_list_option(app, "--rport", filters.remote_ports, "With this port at the other end", "N|N-M")->group(group);
  add_list_option(app, "--addr", filters.addresses, "With an address of this network", "IP[/LEN]")->group(group);
  add_list_option(app, "--peer", filters.peers, "The same of the other end", "IP[/LEN]")->group(group);
  add_list_option(app, "--prefix", filters.prefixes, "Routes to this prefix and its parts", "IP/LEN|default")
    ->group(group);
  add_list_option(app, "--dev", filters.devices, "Of this interface", "NAME")->group(group);
  add_list_option(app, "--proc", filters.processes, "Held by this program", "NAME|PID")->group(group);
  add_list_option(app, "--user", filters.users, "Held by this user", "NAME|UID")->group(group);
  app.add_flag("--no-loopback", filters.no_loopback, "Nothing of lo, 127.0.0.0/8 and ::1")->group(group);
}

/// The filters on events.
template <typename App>
void add_event_filters(App& app, FilterOptions& filters, const std::string& group) {
  add_list_option(app, "--event", filters.events, "Of this kind: sock.opened, opened, route", "KIND")->group(group);
  add_list_option(app, "--severity", filters.severities, "At least so bad", "note|info|warn|crit")->group(group);
  add_list_option(app, "--ignore", filters.ignored, "A change of this column is none", "COLUMN")->group(group);
  add_list_option(app, "--only", filters.only, "Only changes of this column", "COLUMN")->group(group);
  add_list_option(app, "--min-delta", filters.least_deltas, "Levels and counters that moved so much", "N|N%")
    ->group(group);
  app.add_flag("--raw", filters.raw, "Show timers and notes of the rows, which are never compared")->group(group);
}

} // namespace hindstat
