// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "diff/event.h"
#include "diff/memory.h"
#include "diff/recording.h"
#include "tables/snapshot.h"
#include "tables/touched_rows.h"

namespace hindstat {

struct DiffOptions {
  std::vector<std::string> tables;    ///< Only these; all when empty.
  std::vector<std::string> protocols; ///< Of table socket only these ("tcp"); all when empty.
  bool cross_namespaces = false;      ///< Compare snapshots of two network namespaces of one host, too.
  /// Events are only counted: those of sockets need neither names nor owners, and none an order.
  bool unnamed = false;
  RecordingTimes recorded = {}; ///< For finding gaps; empty when they are not known.
};

/// A table that could not be compared, and why.
struct NotCompared {
  std::string table;
  std::string netns;
  std::string side;   ///< "A", "B" or "both".
  std::string reason; ///< "not collected: permission denied ..."
};

/// What may be concluded from a comparison of two snapshots (diff-semantics 3.2).
struct Comparability {
  bool same_host = true;
  bool same_boot = true;
  bool same_namespace =
    true; ///< False with DiffOptions::cross_namespaces where they are two: nothing is the same object.
  std::int64_t elapsed_ns = 0;    ///< CLOCK_BOOTTIME from A to B; CLOCK_REALTIME across boots.
  std::int64_t clock_step_ns = 0; ///< Wall clock progress minus elapsed; 0 across boots.
  bool owners_comparable = true;  ///< False when one side could see owners and the other could not.
  std::vector<NotCompared> not_compared;
  std::vector<std::string> compared; ///< Names of tables.
  std::vector<std::string> doubts;   ///< One sentence each, in the order of importance.
  std::vector<std::string> notes;    ///< What was done with the rows that a reader should know; no doubt.

  /// Whether an object of A may be the same one in B.
  [[nodiscard]] bool same_objects() const {
    return same_boot && same_namespace;
  }
};

/// TCP connections that were opened in one namespace: what no snapshot saw is no event, but it is counted.
struct OpenCoverage {
  std::string netns;
  std::uint64_t seen = 0;    ///< Opens that events tell.
  std::uint64_t counted = 0; ///< Opens that the kernel counted, about; at least `seen`, never 0.
};

/// Things of which the kernel counted more than the events tell: they happened, and no snapshot saw them.
struct Unseen {
  std::string netns;
  std::string what;          ///< "resets": of open TCP connections. "failed_attempts": connections that were not made.
  std::uint64_t seen = 0;    ///< At most so many of them are among the events.
  std::uint64_t counted = 0; ///< More than `seen`.
};

/// Everything that happened from A to B, each change once.
struct Diff {
  Comparability comparability;
  std::vector<Event> events;          ///< Deterministic: by table (catalog order), kind, key.
  std::vector<OpenCoverage> coverage; ///< Of the namespaces for which it is known.
  std::vector<Unseen> unseen;
  std::vector<std::string> chosen; ///< The tables that were asked for by name; some events are shown then only.
};

/// Throws Error when the snapshots are of two hosts.
[[nodiscard]] Diff diff_snapshots(const Snapshot& before, const Snapshot& after, const DiffOptions& options);
/// The same, with what is known of the two: only rows that may differ are looked at. `memory` was in the step that
/// ended with `before`, or is new.
[[nodiscard]] Diff diff_step(const Snapshot& before, const Snapshot& after, std::span<const TouchedRows> touched,
                             DiffMemory& memory, const DiffOptions& options);

} // namespace hindstat
