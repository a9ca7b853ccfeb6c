// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tables/capture.h"
#include "tables/table.h"

namespace hindstat {

/// Takes output piece by piece.
using TextSink = std::function<void(std::string_view)>;

/// {"table":"socket", columns as in the catalog}, one line a row. A column that is itself called "table" is written
/// with the table's name in front: "route_table".
void write_rows_json(const Table& table, std::span<const std::uint32_t> rows, const TextSink& sink);

/// One capture in the same form: {"table":"capture","capture_table":"socket","netns":"",...} and a newline.
[[nodiscard]] std::string format_capture_json(const Capture& capture);

/// Every row, ordered by key.
[[nodiscard]] std::vector<std::uint32_t> rows_by_key(const Table& table);

} // namespace hindstat
