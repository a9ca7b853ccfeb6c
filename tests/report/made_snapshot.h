// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tables/snapshot.h"
#include "tables/table_spec.h"

namespace hindstat {

/// 1000 s after boot.
inline Snapshot empty_snapshot() {
  Snapshot snapshot;
  snapshot.info.host = "gw1";
  snapshot.info.clocks.realtime_ns = 1'795'230'000'000'000'000;
  snapshot.info.clocks.boottime_ns = 1'000'000'000'000;
  return snapshot;
}

inline Capture made_capture(std::string table, CaptureStatus status = CaptureStatus::complete, std::string detail = "",
                            std::string netns = "") {
  Capture capture;
  capture.table = std::move(table);
  capture.netns = std::move(netns);
  capture.status = status;
  capture.detail = std::move(detail);
  return capture;
}

/// A table of these rows.
template <typename Definition>
Table made_table(const Definition& definition, const std::vector<typename Definition::Row>& rows) {
  Table table(definition.spec());
  for (const auto& row : rows) {
    definition.append(table, row);
  }
  return table;
}

/// Adds a table and its complete capture in the own namespace.
template <typename Definition>
void add_table(Snapshot& snapshot, const Definition& definition, const std::vector<typename Definition::Row>& rows) {
  snapshot.tables.push_back(made_table(definition, rows));
  snapshot.captures.push_back(made_capture(std::string(definition.name())));
}

} // namespace hindstat
