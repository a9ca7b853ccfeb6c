// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "cli/times.h"
#include "store/store.h"

namespace hindstat {

/// The marks of the host of `info` from one moment to the other, both included.
[[nodiscard]] std::vector<Mark> marks_between(const StoreNotes& notes, const SnapshotInfo& info, std::int64_t from_ns,
                                              std::int64_t to_ns);

/// Marks, pins and gaps for people, below a listing: a section for each that there is, "" for none. Pins are shown
/// for the snapshots in `entries`.
[[nodiscard]] std::string format_notes(const StoreNotes& notes, const std::vector<SnapshotEntry>& entries,
                                       const Zone& zone);
/// "3 recordings could not be stored: the disk was full"
[[nodiscard]] std::string describe_gap(const Gap& gap);

/// One object: "kind":"mark", uid, host, machine_id, time, made, text.
void write_mark(JsonWriter& json, const Mark& mark);
/// One object: "kind":"gap", host, machine_id, reason, first, last, count.
void write_gap(JsonWriter& json, const Gap& gap);

/// The notes of pinned snapshots by their uid.
[[nodiscard]] std::map<std::string, std::string> pin_notes(const StoreNotes& notes);

} // namespace hindstat
