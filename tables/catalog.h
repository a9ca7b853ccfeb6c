// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tables/table.h"

namespace hindstat {

/// Every table that hindstat knows, in the order in which it is recorded and printed.
[[nodiscard]] std::span<const TableSpec> catalog();

/// nullptr for a name that is no table.
[[nodiscard]] const TableSpec* find_table_spec(std::string_view name);

/// What is wrong with a spec, one sentence each that begins with "table.column: "; empty when it is well made.
[[nodiscard]] std::vector<std::string> lint_table_spec(const TableSpec& spec);

/// One line a column: "socket.state  enumeration state none  Doc."; the golden dump of the catalog.
[[nodiscard]] std::string describe_table_spec(const TableSpec& spec);

/// docs/tables.md: every table and column in Markdown.
[[nodiscard]] std::string document_catalog();

} // namespace hindstat
