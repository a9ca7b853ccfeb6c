// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/event.h"
#include "tables/ip_address.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Which end of a connection, flow or path an address or a port is of.
enum class End : std::uint8_t { none, local, remote };

struct AddressFact {
  IpAddress address;        ///< IPv4 also where it was mapped into IPv6.
  std::uint8_t length = 32; ///< Bits: 32 or 128 for a host.
  End end = End::none;
  bool prefix = false; ///< Of a column that is a prefix, as the destination of a route.
};

struct PortFact {
  std::uint32_t port = 0;
  End end = End::none;
};

/// What a row, or an event with the rows before and after it, is about: what filters ask for. From the row's columns
/// by their declared kinds, roles and names, so that a new table has facts, too.
struct Facts {
  std::vector<AddressFact> addresses;
  std::vector<PortFact> ports;
  std::vector<std::string> states;  ///< As format_cell() writes them; each flag by itself.
  std::vector<std::string> devices; ///< Names of interfaces.
  std::vector<std::uint32_t> uids;
  std::vector<std::string> users; ///< Their names as recorded.
  std::vector<std::uint32_t> pids;
  std::vector<std::string> processes; ///< Command names.
};

/// Finds facts. Both snapshots outlive it; tables user and process of theirs name uids and pids.
class FactFinder {
public:
  FactFinder(const Snapshot& before, const Snapshot& after) : sides_{Side(before), Side(after)} {
  }

  /// Of the rows before and after (Event::before_row, after_row), and of the event's own owner and states.
  [[nodiscard]] Facts facts_of(const Event& event);
  /// Of a row of a table of the snapshot after.
  [[nodiscard]] Facts facts_of_row(const Table& table, std::size_t row);

private:
  struct Side {
    explicit Side(const Snapshot& of) : snapshot(&of) {
    }

    const Snapshot* snapshot;
    bool named = false;
    std::unordered_map<std::uint32_t, std::string> users;
    std::unordered_map<std::uint32_t, std::string> processes;
  };
  void add_row(Facts& facts, Side& side, const Table& table, std::size_t row);
  static void name_all(Side& side);

  Side sides_[2];
};

/// The columns whose change an event is: those that it names, else those in which its rows differ, of roles state and
/// attribute, or else gauges and counters. None for an event that is no change of columns: what came, went, was
/// reopened or restarted.
[[nodiscard]] std::vector<std::string> changed_columns(const Event& event, const Snapshot& before,
                                                       const Snapshot& after);

/// Adds to `changed` what is never compared: timers and notes of the event's rows, where they differ or only one side
/// has them.
void add_raw_columns(Event& event, const Snapshot& before, const Snapshot& after);

} // namespace hindstat
