// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Whether a source answered. "Not collected" is never "empty".
enum class CaptureStatus : std::uint8_t {
  complete = 1, ///< Every row the source holds; no rows means the table is empty.
  partial = 2,  ///< Some rows or columns are missing; detail says which and why.
  absent = 3,   ///< This kernel or bundle has no such source.
  denied = 4,   ///< The recorder lacked a privilege; detail names the one that would help.
  failed = 5,   ///< The source answered with an error.
  late = 6,     ///< The deadline passed first.
};

template <>
struct NamesOf<CaptureStatus> {
  static constexpr std::array values = {ValueName{1, "complete"}, ValueName{2, "partial"}, ValueName{3, "absent"},
                                        ValueName{4, "denied"},   ValueName{5, "failed"},  ValueName{6, "late"}};
};

/// How one table of one network namespace came to be: kept with the snapshot and shown by every tool.
struct Capture {
  std::string table;
  std::string netns; ///< "" is the recorder's own namespace.
  CaptureStatus status = CaptureStatus::complete;
  std::string detail;         ///< A sentence for people; empty when complete.
  std::string source;         ///< "netlink", "proc", "netlink+proc"; decides the store's chain.
  std::string coverage;       ///< What was asked and which source answered, "tcp=netlink raw=proc"; for machines.
  std::uint32_t began_us = 0; ///< After SnapshotInfo::clocks.boottime_ns.
  std::uint32_t took_us = 0;  ///< Duration of the read.
  std::uint32_t rows = 0;     ///< Rows kept.
  std::uint32_t skipped = 0;  ///< Records that belong to other tables.
  std::uint32_t rejected = 0; ///< Records that could not be parsed.
  std::string example;        ///< The first rejected record (at most 200 bytes).
  std::optional<std::uint64_t> stored_at; ///< Sequence of the snapshot whose block holds the rows; set by the store.
};

inline constexpr auto captures = define_table<Capture>(
  "capture", "How each table of a snapshot was read.",
  field<&Capture::table>("table", Role::key, "Table that was read."),
  field<&Capture::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Capture::status>("status", Role::state, "Whether the source answered."),
  field<&Capture::detail>("detail", Role::attribute, "Why it is not complete."),
  field<&Capture::source>("source", Role::attribute, "Where the rows come from."),
  field<&Capture::coverage>("coverage", Role::attribute, "What was asked and which source answered."),
  field<&Capture::began_us>("began_us", Role::note, "Start of the read after the snapshot's own start.",
                            Unit::microseconds),
  field<&Capture::took_us>("took_us", Role::note, "Duration of the read.", Unit::microseconds),
  field<&Capture::rows>("rows", Role::gauge, "Rows kept.", Unit::count),
  field<&Capture::skipped>("skipped", Role::gauge, "Records that belong to other tables.", Unit::count),
  field<&Capture::rejected>("rejected", Role::gauge, "Records that could not be parsed.", Unit::count),
  field<&Capture::example>("example", Role::note, "First record that could not be parsed."),
  field<&Capture::stored_at>("stored_at", Role::note, "Sequence of the snapshot whose block holds the rows."));

/// True where the table's rows say something: complete or partial.
[[nodiscard]] constexpr bool was_collected(CaptureStatus status) {
  return status == CaptureStatus::complete || status == CaptureStatus::partial;
}

/// "complete", "denied", ...; the number for values this program does not know.
[[nodiscard]] std::string format_status(CaptureStatus status);

} // namespace hindstat
