// SPDX-License-Identifier: MIT
#include "store/records.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "store/checksum.h"

namespace hindstat {

namespace {

// LEFT: a lost host or boot row must not make snapshots disappear in silence.
constexpr const char* select_snapshots =
  "SELECT s.id, s.boot_id, s.sequence, s.uid, s.realtime_ns, s.boottime_ns, s.took_ns, s.ntp_offset_us,"
  " s.ntp_maxerror_us, s.ntp_status, s.recorder, s.euid, s.capabilities, s.net_namespace, s.captures_layout,"
  " s.captures_rows, s.captures_base, s.checksum, s.captures, b.origin, b.boot_uuid, b.kernel_release, h.name,"
  " h.machine_id, s.previous FROM snapshot s LEFT JOIN boot b ON b.id = s.boot_id LEFT JOIN host h ON h.id = "
  "b.host_id ";

// SQLite has signed 64-bit integers; what is unsigned here keeps its bits.
std::int64_t to_sql(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::uint64_t get_unsigned(SQLite::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.getColumn(column).getInt64());
}

template <typename Value>
std::optional<Value> get_optional(SQLite::Statement& row, int column) {
  if (row.isColumnNull(column)) {
    return std::nullopt;
  }
  return static_cast<Value>(row.getColumn(column).getInt64());
}

template <typename Value>
void bind_optional(SQLite::Statement& statement, int index, const std::optional<Value>& value) {
  if (value) {
    statement.bind(index, static_cast<std::int64_t>(*value));
  } else {
    statement.bind(index);
  }
}

void bind_blob(SQLite::Statement& statement, int index, const std::string& bytes) {
  assert(bytes.size() <= std::numeric_limits<int>::max());
  statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
}

// A statement that is kept and not reset would hold the read lock.
class ResetAfterUse {
public:
  explicit ResetAfterUse(SQLite::Statement& statement) : statement_(&statement) {
  }
  ~ResetAfterUse() {
    statement_->tryReset();
  }
  ResetAfterUse(const ResetAfterUse&) = delete;
  ResetAfterUse& operator=(const ResetAfterUse&) = delete;

private:
  SQLite::Statement* statement_;
};

} // namespace

SQLite::Statement& Records::prepared(std::optional<SQLite::Statement>& statement, const std::string& sql) {
  if (!statement) {
    statement.emplace(*database_, sql);
  }
  return *statement;
}

std::uint64_t block_checksum(const BlockRecord& block, const Layout& layout, std::string_view payload) {
  return Checksum().add(payload).add(block.row_count).add(block.content_sum).add(layout.checksum()).value();
}

std::uint64_t Records::checksum_of(const SnapshotRecord& record) {
  const SnapshotInfo& info = record.info;
  Checksum sum;
  sum.add(record.uid).add(record.previous.value_or("")).add(record.origin).add(record.sequence);
  sum.add(info.host).add(info.machine_id).add(info.boot_id).add(info.kernel_release);
  sum.add(info.clocks.realtime_ns).add(info.clocks.boottime_ns).add(info.took_ns);
  sum.add(info.clocks.ntp_offset_us).add(info.clocks.ntp_maxerror_us);
  sum.add(info.clocks.ntp_status ? std::optional<std::int64_t>(*info.clocks.ntp_status) : std::nullopt);
  sum.add(info.recorder).add(std::uint64_t{info.euid}).add(info.capabilities).add(info.net_namespace);
  sum.add(layouts_->get(record.captures_layout).checksum()).add(record.captures_rows);
  sum.add(record.captures_base ? std::optional<std::int64_t>(to_sql(*record.captures_base)) : std::nullopt);
  return sum.add(record.captures).value();
}

FoundSnapshot Records::read_row(SQLite::Statement& row) {
  FoundSnapshot found;
  SnapshotRecord& record = found.record;
  record.id = row.getColumn(0).getInt64();
  record.boot_id = row.getColumn(1).getInt64();
  record.sequence = get_unsigned(row, 2);
  record.uid = row.getColumn(3).getString();
  record.info.clocks.realtime_ns = row.getColumn(4).getInt64();
  record.info.clocks.boottime_ns = row.getColumn(5).getInt64();
  record.info.took_ns = row.getColumn(6).getInt64();
  record.info.clocks.ntp_offset_us = get_optional<std::int64_t>(row, 7);
  record.info.clocks.ntp_maxerror_us = get_optional<std::int64_t>(row, 8);
  record.info.clocks.ntp_status = get_optional<std::int32_t>(row, 9);
  record.info.recorder = row.getColumn(10).getString();
  record.info.euid = row.getColumn(11).getUInt();
  record.info.capabilities = get_unsigned(row, 12);
  record.info.net_namespace = get_unsigned(row, 13);
  record.captures_layout = row.getColumn(14).getInt64();
  record.captures_rows = get_unsigned(row, 15);
  record.captures_base = get_optional<std::uint64_t>(row, 16);
  record.captures = row.getColumn(18).getString();
  record.origin = row.getColumn(19).getString();
  record.info.boot_id = row.getColumn(20).getString();
  record.info.kernel_release = row.getColumn(21).getString();
  record.info.host = row.getColumn(22).getString();
  record.info.machine_id = row.getColumn(23).getString();
  if (!row.isColumnNull(24)) {
    record.previous = row.getColumn(24).getString();
  }
  try {
    if (checksum_of(record) != get_unsigned(row, 17)) {
      found.damage = fmt::format("snapshot {} is damaged (its checksum does not match)", record.id);
    }
  } catch (const Error& e) { // Its layout
    found.damage = fmt::format("snapshot {}: {}", record.id, e.what());
  }
  return found;
}

SnapshotRecord Records::read_snapshot(SQLite::Statement& row) {
  FoundSnapshot found = read_row(row);
  if (!found.damage.empty()) {
    throw Error(found.damage);
  }
  return std::move(found.record);
}

std::vector<FoundSnapshot> Records::find_snapshots(std::int64_t boot_id, std::uint64_t from, std::int64_t most) {
  SQLite::Statement select(*database_, std::string(select_snapshots)
                                         + "WHERE s.boot_id = ? AND s.sequence >= ? ORDER BY s.sequence LIMIT ?");
  select.bind(1, boot_id);
  select.bind(2, to_sql(from));
  select.bind(3, most);
  std::vector<FoundSnapshot> found;
  while (select.executeStep()) {
    found.push_back(read_row(select));
  }
  return found;
}

std::vector<FoundSnapshot> Records::find_all_snapshots() {
  // In the order of the tree, and sorted here: in a tree where pages are children of several others the ids do not
  // ascend, and rows without end would come.
  SQLite::Statement select(*database_, std::string(select_snapshots) + "ORDER BY s.id");
  std::vector<FoundSnapshot> records;
  while (select.executeStep()) {
    records.push_back(read_row(select));
    if (records.size() > 1 && records.back().record.id <= records[records.size() - 2].record.id) {
      throw Error("damaged (snapshots are there twice)");
    }
  }
  // A damaged page may lose rows in silence, but not the same number in the table and in its indexes.
  SQLite::Statement count(*database_, "SELECT count(*) FROM (SELECT 1 FROM snapshot LIMIT ?)");
  count.bind(1, to_sql(records.size() + 1));
  count.executeStep();
  if (get_unsigned(count, 0) != records.size()) {
    throw Error("damaged (the table of snapshots and its index do not agree)");
  }
  std::ranges::sort(records, {}, [](const FoundSnapshot& found) {
    const SnapshotInfo& info = found.record.info;
    return std::tuple(std::string_view(info.host), std::string_view(info.machine_id), info.clocks.realtime_ns,
                      found.record.id);
  });
  return records;
}

std::vector<SnapshotRecord> Records::all_snapshots() {
  std::vector<SnapshotRecord> records;
  for (FoundSnapshot& found : find_all_snapshots()) {
    if (!found.damage.empty()) {
      throw Error(found.damage);
    }
    records.push_back(std::move(found.record));
  }
  return records;
}

std::optional<SnapshotRecord> Records::find_snapshot(std::int64_t id) {
  SQLite::Statement select(*database_, std::string(select_snapshots) + "WHERE s.id = ?");
  select.bind(1, id);
  return select.executeStep() ? std::optional(read_snapshot(select)) : std::nullopt;
}

std::optional<SnapshotRecord> Records::find_snapshot(std::int64_t boot_id, std::uint64_t sequence) {
  SQLite::Statement& select =
    prepared(select_sequence_, std::string(select_snapshots) + "WHERE s.boot_id = ? AND s.sequence = ?");
  const ResetAfterUse reset(select);
  select.bind(1, boot_id);
  select.bind(2, to_sql(sequence));
  return select.executeStep() ? std::optional(read_snapshot(select)) : std::nullopt;
}

std::optional<std::int64_t> Records::find_uid(const std::string& uid) {
  SQLite::Statement select(*database_, "SELECT id FROM snapshot WHERE uid = ?");
  bind_blob(select, 1, uid);
  return select.executeStep() ? std::optional(select.getColumn(0).getInt64()) : std::nullopt;
}

std::uint64_t Records::last_sequence(std::int64_t boot_id) {
  SQLite::Statement select(*database_,
                           "SELECT max(coalesce((SELECT max(sequence) FROM snapshot WHERE boot_id = ?1), 0),"
                           " coalesce((SELECT max(sequence) FROM tombstone WHERE boot_id = ?1), 0))");
  select.bind(1, boot_id);
  select.executeStep();
  return get_unsigned(select, 0);
}

std::optional<std::string> Records::last_uid(std::int64_t boot_id) {
  // Boots of one host follow each other in the order in which this store first saw them.
  SQLite::Statement select(
    *database_, "SELECT uid FROM (SELECT uid, boot_id, sequence FROM snapshot UNION ALL"
                " SELECT uid, boot_id, sequence FROM tombstone) WHERE boot_id = (SELECT max(b.id) FROM boot b"
                " JOIN boot same ON same.host_id = b.host_id AND same.origin = b.origin WHERE same.id = ?1"
                " AND (b.id IN (SELECT boot_id FROM snapshot) OR b.id IN (SELECT boot_id FROM tombstone)))"
                " ORDER BY sequence DESC LIMIT 1");
  select.bind(1, boot_id);
  return select.executeStep() ? std::optional(select.getColumn(0).getString()) : std::nullopt;
}

std::optional<std::int64_t> Records::find_boot(const std::string& host, const std::string& machine_id,
                                               const std::string& boot_uuid) {
  SQLite::Statement select(*database_, "SELECT b.id FROM boot b JOIN host h ON h.id = b.host_id WHERE h.name = ? AND"
                                       " h.machine_id = ? AND b.boot_uuid = ? AND b.origin = (SELECT origin FROM store)"
                                       " ORDER BY b.id DESC");
  select.bind(1, host);
  select.bind(2, machine_id);
  select.bind(3, boot_uuid);
  return select.executeStep() ? std::optional(select.getColumn(0).getInt64()) : std::nullopt;
}

std::uint64_t Records::sequence_before(std::int64_t boot_id, std::uint64_t sequence) {
  SQLite::Statement select(*database_, "SELECT max(sequence) FROM snapshot WHERE boot_id = ? AND sequence < ?");
  select.bind(1, boot_id);
  select.bind(2, to_sql(sequence));
  select.executeStep();
  return get_unsigned(select, 0); // NULL is 0.
}

std::optional<PlacedBlock> Records::find_block(std::int64_t boot_id, std::uint64_t stored_at, std::uint64_t sequence,
                                               const std::string& table) {
  SQLite::Statement& select =
    prepared(find_block_, "SELECT b.id, s.sequence FROM snapshot s JOIN block b ON b.snapshot_id = s.id"
                          " JOIN layout l ON l.id = b.layout_id WHERE s.boot_id = ?1 AND s.sequence ="
                          " (SELECT min(sequence) FROM snapshot WHERE boot_id = ?1 AND sequence >= ?2)"
                          " AND s.sequence <= ?3 AND l.table_name = ?4");
  const ResetAfterUse reset(select);
  select.bind(1, boot_id);
  select.bind(2, to_sql(stored_at));
  select.bind(3, to_sql(sequence));
  select.bind(4, table);
  if (!select.executeStep()) {
    return std::nullopt;
  }
  const PlacedBlock found{select.getColumn(0).getInt64(), get_unsigned(select, 1)};
  // The index said so. When it is damaged it may lead to another block, which would be loaded without complaint: the
  // row itself is asked.
  SQLite::Statement& place =
    prepared(place_block_, "SELECT s.boot_id, s.sequence, l.table_name FROM block b JOIN snapshot s"
                           " ON s.id = b.snapshot_id JOIN layout l ON l.id = b.layout_id WHERE b.id = ?");
  const ResetAfterUse reset_place(place);
  place.bind(1, found.id);
  if (!place.executeStep() || place.getColumn(0).getInt64() != boot_id || get_unsigned(place, 1) != found.sequence
      || place.getColumn(2).getString() != table) {
    throw Error(fmt::format("block {} is not where its index has it", found.id));
  }
  return found;
}

BlockRecord Records::load_block(std::int64_t id) {
  SQLite::Statement& select =
    prepared(select_block_, "SELECT base_id, layout_id, row_count, content_sum, checksum FROM block WHERE id = ?");
  const ResetAfterUse reset(select);
  select.bind(1, id);
  if (!select.executeStep()) {
    throw Error(fmt::format("block {} is missing", id));
  }
  return BlockRecord{id,
                     get_optional<std::int64_t>(select, 0),
                     select.getColumn(1).getInt64(),
                     get_unsigned(select, 2),
                     get_unsigned(select, 3),
                     get_unsigned(select, 4)};
}

std::uint64_t Records::payload_size(std::int64_t block_id) {
  SQLite::Statement select(*database_, "SELECT length(payload) FROM block WHERE id = ?");
  select.bind(1, block_id);
  return select.executeStep() ? get_unsigned(select, 0) : 0;
}

std::uint64_t Records::last_snapshot_bytes() {
  SQLite::Statement select(*database_, "SELECT length(captures) + coalesce((SELECT sum(length(payload)) FROM block"
                                       " WHERE snapshot_id = snapshot.id), 0) FROM snapshot ORDER BY id DESC LIMIT 1");
  return select.executeStep() ? get_unsigned(select, 0) : 0;
}

std::string Records::own_origin() {
  SQLite::Statement select(*database_, "SELECT origin, checksum FROM store WHERE id = 1");
  if (!select.executeStep()) {
    throw Error("damaged (its origin is missing)");
  }
  const std::string origin = select.getColumn(0).getString();
  if (Checksum().add(origin).value() != get_unsigned(select, 1)) {
    throw Error("damaged (the checksum of its origin does not match)");
  }
  return origin;
}

void Records::find_or_insert_boot(SnapshotRecord& record) {
  record.origin = own_origin();
  record.boot_id = find_or_insert_boot(record.origin, record.info);
}

std::int64_t Records::find_or_insert_boot(const std::string& origin, const SnapshotInfo& info) {
  SQLite::Statement add_host(*database_, "INSERT OR IGNORE INTO host (name, machine_id) VALUES (?, ?)");
  add_host.bind(1, info.host);
  add_host.bind(2, info.machine_id);
  add_host.exec();
  SQLite::Statement add_boot(*database_, "INSERT OR IGNORE INTO boot (host_id, origin, boot_uuid, kernel_release)"
                                         " SELECT id, ?3, ?4, ?5 FROM host WHERE name = ?1 AND machine_id = ?2");
  SQLite::Statement select(*database_, "SELECT b.id FROM boot b JOIN host h ON h.id = b.host_id WHERE h.name = ?1 AND"
                                       " h.machine_id = ?2 AND b.origin = ?3 AND b.boot_uuid = ?4 AND"
                                       " b.kernel_release = ?5");
  for (SQLite::Statement* statement : {&add_boot, &select}) {
    statement->bind(1, info.host);
    statement->bind(2, info.machine_id);
    bind_blob(*statement, 3, origin);
    statement->bind(4, info.boot_id);
    statement->bind(5, info.kernel_release);
  }
  add_boot.exec();
  if (!select.executeStep()) {
    throw Error("damaged (the boot just inserted is not there)");
  }
  return select.getColumn(0).getInt64();
}

std::int64_t Records::insert_snapshot(const SnapshotRecord& record) {
  SQLite::Statement insert(*database_,
                           "INSERT INTO snapshot (boot_id, sequence, uid, realtime_ns, boottime_ns, took_ns,"
                           " ntp_offset_us, ntp_maxerror_us, ntp_status, recorder, euid, capabilities, net_namespace,"
                           " captures_layout, captures_rows, captures_base, checksum, captures, previous)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const SnapshotInfo& info = record.info;
  insert.bind(1, record.boot_id);
  insert.bind(2, to_sql(record.sequence));
  bind_blob(insert, 3, record.uid);
  insert.bind(4, info.clocks.realtime_ns);
  insert.bind(5, info.clocks.boottime_ns);
  insert.bind(6, info.took_ns);
  bind_optional(insert, 7, info.clocks.ntp_offset_us);
  bind_optional(insert, 8, info.clocks.ntp_maxerror_us);
  bind_optional(insert, 9, info.clocks.ntp_status);
  insert.bind(10, info.recorder);
  insert.bind(11, static_cast<std::int64_t>(info.euid));
  insert.bind(12, to_sql(info.capabilities));
  insert.bind(13, to_sql(info.net_namespace));
  insert.bind(14, record.captures_layout);
  insert.bind(15, to_sql(record.captures_rows));
  bind_optional(insert, 16, record.captures_base);
  insert.bind(17, to_sql(checksum_of(record)));
  bind_blob(insert, 18, record.captures);
  if (record.previous) {
    bind_blob(insert, 19, *record.previous);
  }
  insert.exec();
  return database_->getLastInsertRowid();
}

std::int64_t Records::insert_block(std::int64_t snapshot_id, const BlockRecord& block, const std::string& payload) {
  SQLite::Statement insert(*database_, "INSERT INTO block (snapshot_id, layout_id, base_id, row_count, content_sum,"
                                       " checksum, payload) VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, snapshot_id);
  insert.bind(2, block.layout_id);
  bind_optional(insert, 3, block.base_id);
  insert.bind(4, to_sql(block.row_count));
  insert.bind(5, to_sql(block.content_sum));
  insert.bind(6, to_sql(block_checksum(block, layouts_->get(block.layout_id), payload)));
  bind_blob(insert, 7, payload);
  insert.exec();
  return database_->getLastInsertRowid();
}

void Records::update_block(const BlockRecord& block, const std::string& payload) {
  SQLite::Statement update(*database_, "UPDATE block SET base_id = ?, checksum = ?, payload = ? WHERE id = ?");
  bind_optional(update, 1, block.base_id);
  update.bind(2, to_sql(block_checksum(block, layouts_->get(block.layout_id), payload)));
  bind_blob(update, 3, payload);
  update.bind(4, block.id);
  update.exec();
}

void Records::update_captures(const SnapshotRecord& record) {
  SQLite::Statement update(*database_,
                           "UPDATE snapshot SET captures_base = ?, checksum = ?, captures = ? WHERE id = ?");
  bind_optional(update, 1, record.captures_base);
  update.bind(2, to_sql(checksum_of(record)));
  bind_blob(update, 3, record.captures);
  update.bind(4, record.id);
  update.exec();
}

} // namespace hindstat
