// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "tables/table.h"

namespace hindstat {

/// A cell for people: enum and flag names, whole addresses, hexadecimal identifiers; "" for null. Texts are raw:
/// escape_terminal() is the printer's.
[[nodiscard]] std::string format_cell(const ColumnSpec& spec, const Column& column, std::size_t row);

/// A cell as a JSON value: numbers as numbers, identifiers (Unit::hex), enums and addresses as strings, flags as an
/// array of names, null as null.
void write_json_cell(JsonWriter& json, const ColumnSpec& spec, const Column& column, std::size_t row);

/// The members of one row, "column":value, into an object that the caller has begun.
void write_json_row(JsonWriter& json, const Table& table, std::size_t row);

/// The text of an enum value, or its number.
[[nodiscard]] std::string format_enum(std::span<const ValueName> names, std::uint64_t value);

} // namespace hindstat
