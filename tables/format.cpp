// SPDX-License-Identifier: MIT
#include "tables/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace hindstat {

namespace {

// Calls `each` with the name of every bit that is set; bits without a name come last, together, as one number.
template <typename Each>
void for_each_flag(std::span<const ValueName> names, std::uint64_t bits, Each&& each) {
  for (const ValueName& name : names) {
    if ((bits & name.value) != 0) {
      each(std::string(name.name));
      bits &= ~std::uint64_t{name.value};
    }
  }
  if (bits != 0) {
    each(fmt::format("{:#x}", bits));
  }
}

} // namespace

std::string format_enum(std::span<const ValueName> names, std::uint64_t value) {
  const auto it = std::ranges::find(names, value, &ValueName::value);
  return it == names.end() ? fmt::format("{}", value) : std::string(it->name);
}

std::string format_cell(const ColumnSpec& spec, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    return "";
  }
  switch (spec.kind) {
    case Kind::boolean:
      return column.raw(row) != 0 ? "yes" : "no";
    case Kind::enumeration:
      return format_enum(spec.names, column.raw(row));
    case Kind::flags8:
    case Kind::flags16:
    case Kind::flags32: {
      std::string text;
      for_each_flag(spec.names, column.raw(row),
                    [&](const std::string& name) { text += text.empty() ? name : "," + name; });
      return text;
    }
    case Kind::mac:
      return format_mac_address(MacAddress{column.raw(row)});
    case Kind::text:
      return std::string(column.bytes(row));
    case Kind::address:
      return format_ip_address(column.address(row));
    case Kind::i32:
    case Kind::i64:
      return fmt::format("{}", column.signed_value(row));
    case Kind::u8:
    case Kind::u16:
    case Kind::u32:
    case Kind::u64:
      break;
  }
  switch (spec.unit) {
    case Unit::hex:
      return fmt::format("{:x}", column.raw(row));
    case Unit::octal:
      return fmt::format("{:o}", column.raw(row));
    default:
      return fmt::format("{}", column.raw(row));
  }
}

void write_json_cell(JsonWriter& json, const ColumnSpec& spec, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    json.null();
  } else if (spec.kind == Kind::boolean) {
    json.boolean(column.raw(row) != 0);
  } else if (is_flags(spec.kind)) {
    json.begin_array();
    for_each_flag(spec.names, column.raw(row), [&](const std::string& name) { json.string(name); });
    json.end_array();
  } else if (is_signed(spec.kind)) {
    json.number(column.signed_value(row));
  } else if (is_interned(spec.kind) || spec.kind == Kind::enumeration || spec.kind == Kind::mac
             || spec.unit == Unit::hex || spec.unit == Unit::octal) {
    json.string(format_cell(spec, column, row));
  } else {
    json.number(column.raw(row));
  }
}

void write_json_row(JsonWriter& json, const Table& table, std::size_t row) {
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    json.key(table.spec().columns[i].name);
    write_json_cell(json, table.spec().columns[i], table.column(i), row);
  }
}

} // namespace hindstat
