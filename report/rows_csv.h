// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "report/rows_json.h"
#include "tables/table.h"

namespace hindstat {

/// One block of CSV (RFC 4180): the line "table,COLUMN,..." with the columns of the catalog, then one line a row, which
/// begins with the table's name. Values are those of the text form; null is an empty field, an empty text is "".
/// Bytes that are not plain text are \xHH, as escape_terminal() writes them.
void write_rows_csv(const Table& table, std::span<const std::uint32_t> rows, const TextSink& sink);

} // namespace hindstat
