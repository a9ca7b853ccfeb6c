// SPDX-License-Identifier: MIT
// The part of Records that is about snapshots that are gone.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/checksum.h"
#include "store/records.h"

namespace hindstat {

namespace {

// LEFT: as for snapshots.
constexpr const char* select_tombstones =
  "SELECT t.uid, t.boot_id, t.sequence, t.previous, t.realtime_ns, t.reason, t.gone_ns, t.checksum, b.origin,"
  " b.boot_uuid, b.kernel_release, h.name, h.machine_id, t.gone_here FROM tombstone t LEFT JOIN boot b ON b.id = "
  "t.boot_id"
  " LEFT JOIN host h ON h.id = b.host_id ";

std::uint64_t stone_checksum(const TombstoneRecord& stone) {
  Checksum sum;
  sum.add(stone.uid).add(stone.previous.value_or("")).add(stone.origin).add(stone.sequence);
  sum.add(stone.host).add(stone.machine_id).add(stone.boot_uuid).add(stone.kernel_release);
  return sum.add(stone.realtime_ns).add(stone.reason).add(stone.gone_ns).add(std::uint64_t{stone.gone_here}).value();
}

TombstoneRecord read_stone(SQLite::Statement& row) {
  TombstoneRecord stone;
  stone.uid = row.getColumn(0).getString();
  stone.boot_id = row.getColumn(1).getInt64();
  stone.sequence = static_cast<std::uint64_t>(row.getColumn(2).getInt64());
  if (!row.isColumnNull(3)) {
    stone.previous = row.getColumn(3).getString();
  }
  stone.realtime_ns = row.getColumn(4).getInt64();
  stone.reason = row.getColumn(5).getString();
  stone.gone_ns = row.getColumn(6).getInt64();
  stone.origin = row.getColumn(8).getString();
  stone.boot_uuid = row.getColumn(9).getString();
  stone.kernel_release = row.getColumn(10).getString();
  stone.host = row.getColumn(11).getString();
  stone.machine_id = row.getColumn(12).getString();
  stone.gone_here = row.getColumn(13).getInt() != 0;
  if (stone_checksum(stone) != static_cast<std::uint64_t>(row.getColumn(7).getInt64())) {
    throw Error(fmt::format("tombstone {} is damaged (its checksum does not match)", format_uid(stone.uid)));
  }
  return stone;
}

} // namespace

std::string format_uid(std::string_view uid) {
  std::string text;
  for (const char byte : uid) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

std::string parse_uid(std::string_view digits) {
  constexpr std::size_t length = 32;
  constexpr int base = 16;
  std::string uid;
  for (std::size_t at = 0; at + 2 <= digits.size(); at += 2) {
    unsigned value = 0;
    const auto* const end = digits.data() + at + 2;
    if (std::from_chars(digits.data() + at, end, value, base).ptr != end) {
      break;
    }
    uid += static_cast<char>(value);
  }
  if (digits.size() != length || uid.size() * 2 != length) {
    throw Error(fmt::format("'{}' is no uid of 32 hexadecimal digits", escape_terminal(digits)));
  }
  return uid;
}

TombstoneRecord tombstone_of(const SnapshotRecord& record, std::string_view reason, std::int64_t gone_ns) {
  const SnapshotInfo& info = record.info;
  return {record.uid,          record.boot_id,
          record.origin,       info.host,
          info.machine_id,     info.boot_id,
          info.kernel_release, record.sequence,
          record.previous,     info.clocks.realtime_ns,
          std::string(reason), gone_ns};
}

std::optional<TombstoneRecord> Records::find_tombstone(const std::string& uid) {
  SQLite::Statement select(*database_, std::string(select_tombstones) + "WHERE t.uid = ?");
  select.bind(1, uid.data(), static_cast<int>(uid.size()));
  return select.executeStep() ? std::optional(read_stone(select)) : std::nullopt;
}

std::vector<TombstoneRecord> Records::all_tombstones() {
  SQLite::Statement select(*database_,
                           std::string(select_tombstones) + "ORDER BY h.name, h.machine_id, t.realtime_ns, t.uid");
  std::vector<TombstoneRecord> stones;
  while (select.executeStep()) {
    stones.push_back(read_stone(select));
  }
  return stones;
}

void Records::insert_tombstone(const TombstoneRecord& stone) {
  SQLite::Statement insert(*database_,
                           "INSERT OR IGNORE INTO tombstone (uid, boot_id, sequence, previous, realtime_ns, reason,"
                           " gone_ns, gone_here, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, stone.uid.data(), static_cast<int>(stone.uid.size()));
  insert.bind(2, stone.boot_id);
  insert.bind(3, static_cast<std::int64_t>(stone.sequence));
  if (stone.previous) {
    insert.bind(4, stone.previous->data(), static_cast<int>(stone.previous->size()));
  }
  insert.bind(5, stone.realtime_ns);
  insert.bind(6, stone.reason);
  insert.bind(7, stone.gone_ns);
  insert.bind(8, static_cast<int>(stone.gone_here));
  insert.bind(9, static_cast<std::int64_t>(stone_checksum(stone)));
  insert.exec();
}

void Records::merge_tombstone(TombstoneRecord stone) {
  stone.gone_here = false;
  if (find_uid(stone.uid)) {
    return;
  }
  if (const auto known = find_tombstone(stone.uid)) {
    const auto rank = [](const TombstoneRecord& of) {
      constexpr std::array reasons{removed_reason, pruned_reason, thinned_reason, lost_reason, not_exported_reason};
      return std::pair(std::ranges::find(reasons, of.reason) - reasons.begin(), of.gone_ns);
    };
    if (known->gone_here || rank(*known) <= rank(stone)) {
      return;
    }
    delete_tombstone(stone.uid);
  }
  SnapshotInfo info;
  info.host = stone.host;
  info.machine_id = stone.machine_id;
  info.boot_id = stone.boot_uuid;
  info.kernel_release = stone.kernel_release;
  stone.boot_id = find_or_insert_boot(stone.origin, info);
  insert_tombstone(stone);
}

void Records::delete_tombstone(const std::string& uid) {
  SQLite::Statement remove(*database_, "DELETE FROM tombstone WHERE uid = ?");
  remove.bind(1, uid.data(), static_cast<int>(uid.size()));
  remove.exec();
}

} // namespace hindstat
