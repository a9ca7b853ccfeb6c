// SPDX-License-Identifier: MIT
// Rows of tables, and what a store has beside them.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/error.h"
#include "store/disguise.h"
#include "tables/interface.h"

namespace hindstat {

namespace {

constexpr std::size_t uid_bytes = 16;

std::string_view name_of_value(const ColumnSpec& column, std::uint64_t value) {
  const auto found = std::ranges::find(column.names, value, &ValueName::value);
  return found != column.names.end() ? found->name : std::string_view();
}

// Text from the file; the reasons are hindstat's own.
std::string known_reason(const std::string& reason) {
  constexpr std::array reasons{pruned_reason, thinned_reason, removed_reason, not_exported_reason, lost_reason};
  return std::ranges::find(reasons, reason) != reasons.end() ? reason : std::string(not_exported_reason);
}

} // namespace

Table Disguise::table(const Table& table) {
  Table result(table.spec());
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    const ColumnSpec& column = table.spec().columns[i];
    if (is_interned(column.kind)) {
      hide_interned(table, i, content_of(table.spec().name, column), result.column(i));
      continue;
    }
    result.column(i) = table.column(i);
    if (column.kind == Kind::mac) {
      hide_macs(result.column(i));
    }
  }
  result.set_size(table.size());
  return result;
}

// Into an empty dictionary, so that nothing stays that no row has any more.
void Disguise::hide_interned(const Table& from, std::size_t index, Content content, Column& to) {
  const Column& column = from.column(index);
  const auto family = from.spec().find_column("family");
  const bool has_family = family && from.spec().columns[*family].kind == Kind::enumeration;
  const bool by_family = has_family && (content == Content::station || content == Content::station_list);
  // The same text is another thing beside another family or length.
  std::unordered_map<std::uint64_t, std::string> hidden;
  to.reserve(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) {
      to.append_null();
      continue;
    }
    const std::uint64_t beside = content == Content::prefix ? from.column(index + 1).raw(row)
                                 : by_family                ? from.column(*family).raw(row)
                                                            : 0;
    constexpr unsigned byte_bits = 8;
    auto [found, is_new] = hidden.try_emplace((column.raw(row) << byte_bits) | (beside & 0xFF));
    if (is_new && content == Content::mask) {
      found->second = column.bytes(row);
    } else if (is_new && content == Content::prefix) {
      found->second = prefix(column.address(row), beside).bytes();
    } else if (is_new && column.kind() == Kind::address) {
      found->second = address(column.address(row)).bytes();
    } else if (is_new) {
      const std::string_view name =
        by_family ? name_of_value(from.spec().columns[*family], beside) : std::string_view();
      found->second = text(content, column.bytes(row), name);
    }
    to.append_bytes(found->second);
  }
}

void Disguise::hide_macs(Column& column) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.is_null(row)) {
      column.set_raw(row, mac(MacAddress{column.raw(row)}).value);
    }
  }
}

void Disguise::learn_interfaces(const Table& table) {
  const Column& names = interfaces.column<&Interface::name>(table);
  const Column& kinds = interfaces.column<&Interface::kind>(table);
  for (std::size_t row = 0; row < table.size(); ++row) {
    static_cast<void>(interface(names.bytes(row), kinds.bytes(row)));
  }
}

Capture Disguise::capture(Capture capture) {
  const TableSpec spec = captures.spec();
  const auto hide = [&](std::string& cell, std::string_view column) {
    cell = text(content_of(spec.name, spec.columns[*spec.find_column(column)]), cell);
  };
  hide(capture.netns, "netns");
  hide(capture.detail, "detail");
  hide(capture.source, "source");
  hide(capture.coverage, "coverage");
  hide(capture.example, "example");
  return capture;
}

SnapshotInfo Disguise::info(SnapshotInfo info) {
  info.host = host(info.host);
  info.machine_id = machine_id(info.machine_id);
  info.boot_id = boot_id(info.boot_id);
  info.kernel_release = kernel_release(info.kernel_release);
  return info;
}

SnapshotRecord Disguise::record(SnapshotRecord record) {
  record.info = info(std::move(record.info));
  record.origin = scrambler_.digest("origin", record.origin, uid_bytes);
  record.uid = uid(record.uid);
  if (record.previous) {
    record.previous = uid(*record.previous);
  }
  return record;
}

TombstoneRecord Disguise::tombstone(TombstoneRecord stone) {
  stone.origin = scrambler_.digest("origin", stone.origin, uid_bytes);
  stone.uid = uid(stone.uid);
  if (stone.previous) {
    stone.previous = uid(*stone.previous);
  }
  stone.host = host(stone.host);
  stone.machine_id = machine_id(stone.machine_id);
  stone.boot_uuid = boot_id(stone.boot_uuid);
  stone.kernel_release = kernel_release(stone.kernel_release);
  stone.reason = known_reason(stone.reason);
  return stone;
}

StoreNotes Disguise::notes(StoreNotes notes) {
  for (Mark& mark : notes.marks) {
    mark.host = host(mark.host);
    mark.machine_id = machine_id(mark.machine_id);
    mark.text = name("mark", mark.text);
  }
  for (Pin& pin : notes.pins) {
    pin.uid = format_uid(uid(parse_uid(pin.uid)));
    pin.note = name("note", pin.note);
  }
  for (Gap& gap : notes.gaps) {
    gap.host = host(gap.host);
    gap.machine_id = machine_id(gap.machine_id);
  }
  notes.damage.clear();
  return notes;
}

std::string Disguise::uid(const std::string& uid) const {
  return scrambler_.digest("uid", uid, uid_bytes);
}

} // namespace hindstat
