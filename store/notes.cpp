// SPDX-License-Identifier: MIT
#include "store/notes.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "store/checksum.h"
#include "store/records.h"

namespace hindstat {

namespace {

std::int64_t to_sql(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

void bind_bytes(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

std::string uid_of(const Mark& mark) {
  return Checksum().add(mark.host).add(mark.machine_id).add(mark.at_ns).add(mark.made_ns).add(mark.text).value128();
}

std::string uid_of(const Gap& gap) {
  return Checksum().add(gap.host).add(gap.machine_id).add(name_of(gap.reason)).add(gap.first_ns).value128();
}

std::uint64_t checksum_of(const std::string& uid, const Mark& mark) {
  Checksum sum;
  sum.add(uid).add(mark.host).add(mark.machine_id).add(mark.at_ns).add(mark.made_ns).add(mark.text);
  return sum.value();
}

std::uint64_t checksum_of(const std::string& uid, const std::string& note, std::int64_t made_ns) {
  return Checksum().add(uid).add(note).add(made_ns).value();
}

std::uint64_t checksum_of(const std::string& uid, const std::string& reason, const Gap& gap) {
  Checksum sum;
  sum.add(uid).add(gap.host).add(gap.machine_id).add(reason).add(gap.first_ns).add(gap.last_ns).add(gap.count);
  return sum.value();
}

std::uint64_t stored_checksum(SQLite::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.getColumn(column).getInt64());
}

std::string describe_damage(const char* what, const std::string& uid) {
  return fmt::format("{} {} is damaged and left out (its checksum does not match)", what, format_uid(uid));
}

} // namespace

std::string_view name_of(Obstacle reason) {
  return reason == Obstacle::full ? "full" : reason == Obstacle::busy ? "busy" : "";
}

Obstacle find_obstacle(std::string_view name) {
  return name == "full" ? Obstacle::full : name == "busy" ? Obstacle::busy : Obstacle::none;
}

std::string_view describe(Obstacle reason) {
  return reason == Obstacle::full ? "the disk was full" : reason == Obstacle::busy ? "the store was busy" : "";
}

StoreNotes Notes::load() {
  StoreNotes notes;
  load_marks(notes);
  load_pins(notes);
  load_gaps(notes);
  return notes;
}

void Notes::load_marks(StoreNotes& notes) {
  // LEFT: a lost host row must not make marks disappear in silence.
  SQLite::Statement select(*database_, "SELECT m.uid, h.name, h.machine_id, m.at_ns, m.made_ns, m.text, m.checksum"
                                       " FROM mark m LEFT JOIN host h ON h.id = m.host_id ORDER BY m.at_ns, m.uid");
  while (select.executeStep()) {
    const std::string uid = select.getColumn(0).getString();
    Mark mark;
    mark.uid = format_uid(uid);
    mark.host = select.getColumn(1).getString();
    mark.machine_id = select.getColumn(2).getString();
    mark.at_ns = select.getColumn(3).getInt64();
    mark.made_ns = select.getColumn(4).getInt64();
    mark.text = select.getColumn(5).getString();
    if (checksum_of(uid, mark) != stored_checksum(select, 6)) {
      notes.damage.push_back(describe_damage("mark", uid));
    } else {
      notes.marks.push_back(std::move(mark));
    }
  }
}

void Notes::load_pins(StoreNotes& notes) {
  SQLite::Statement select(*database_, "SELECT uid, note, made_ns, checksum FROM pin ORDER BY made_ns, uid");
  while (select.executeStep()) {
    const std::string uid = select.getColumn(0).getString();
    Pin pin{format_uid(uid), select.getColumn(1).getString(), select.getColumn(2).getInt64()};
    if (checksum_of(uid, pin.note, pin.made_ns) != stored_checksum(select, 3)) {
      notes.damage.push_back(describe_damage("pin", uid));
    } else {
      notes.pins.push_back(std::move(pin));
    }
  }
}

void Notes::load_gaps(StoreNotes& notes) {
  SQLite::Statement select(*database_, "SELECT g.uid, h.name, h.machine_id, g.reason, g.first_ns, g.last_ns, g.count,"
                                       " g.checksum FROM gap g LEFT JOIN host h ON h.id = g.host_id"
                                       " ORDER BY g.first_ns, g.uid");
  while (select.executeStep()) {
    const std::string uid = select.getColumn(0).getString();
    const std::string reason = select.getColumn(3).getString();
    Gap gap;
    gap.host = select.getColumn(1).getString();
    gap.machine_id = select.getColumn(2).getString();
    gap.reason = find_obstacle(reason);
    gap.first_ns = select.getColumn(4).getInt64();
    gap.last_ns = select.getColumn(5).getInt64();
    gap.count = static_cast<std::uint64_t>(select.getColumn(6).getInt64());
    if (checksum_of(uid, reason, gap) != stored_checksum(select, 7)) {
      notes.damage.push_back(describe_damage("gap", uid));
    } else {
      notes.gaps.push_back(std::move(gap));
    }
  }
}

std::int64_t Notes::find_or_insert_host(const std::string& host, const std::string& machine_id) {
  SQLite::Statement insert(*database_, "INSERT OR IGNORE INTO host (name, machine_id) VALUES (?, ?)");
  insert.bind(1, host);
  insert.bind(2, machine_id);
  insert.exec();
  SQLite::Statement select(*database_, "SELECT id FROM host WHERE name = ? AND machine_id = ?");
  select.bind(1, host);
  select.bind(2, machine_id);
  if (!select.executeStep()) {
    throw Error("damaged (the host just inserted is not there)");
  }
  return select.getColumn(0).getInt64();
}

void Notes::add(const Mark& mark) {
  const std::string uid = uid_of(mark);
  SQLite::Statement insert(*database_, "INSERT OR IGNORE INTO mark (uid, host_id, at_ns, made_ns, text, checksum)"
                                       " VALUES (?, ?, ?, ?, ?, ?)");
  bind_bytes(insert, 1, uid);
  insert.bind(2, find_or_insert_host(mark.host, mark.machine_id));
  insert.bind(3, mark.at_ns);
  insert.bind(4, mark.made_ns);
  insert.bind(5, mark.text);
  insert.bind(6, to_sql(checksum_of(uid, mark)));
  insert.exec();
}

void Notes::pin(const std::string& uid, const std::string& note, std::int64_t made_ns) {
  SQLite::Statement insert(*database_, "INSERT OR REPLACE INTO pin (uid, note, made_ns, checksum) VALUES (?, ?, ?, ?)");
  bind_bytes(insert, 1, uid);
  insert.bind(2, note);
  insert.bind(3, made_ns);
  insert.bind(4, to_sql(checksum_of(uid, note, made_ns)));
  insert.exec();
}

bool Notes::unpin(const std::string& uid) {
  SQLite::Statement remove(*database_, "DELETE FROM pin WHERE uid = ?");
  bind_bytes(remove, 1, uid);
  return remove.exec() > 0;
}

void Notes::add(const Gap& gap) {
  const std::string uid = uid_of(gap);
  SQLite::Statement insert(*database_, "INSERT INTO gap (uid, host_id, reason, first_ns, last_ns, count, checksum)"
                                       " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO UPDATE SET"
                                       " last_ns = excluded.last_ns, count = excluded.count,"
                                       " checksum = excluded.checksum WHERE excluded.count > gap.count");
  bind_bytes(insert, 1, uid);
  insert.bind(2, find_or_insert_host(gap.host, gap.machine_id));
  insert.bind(3, std::string(name_of(gap.reason)));
  insert.bind(4, gap.first_ns);
  insert.bind(5, gap.last_ns);
  insert.bind(6, to_sql(gap.count));
  insert.bind(7, to_sql(checksum_of(uid, std::string(name_of(gap.reason)), gap)));
  insert.exec();
}

void Notes::merge(const StoreNotes& other) {
  for (const Mark& mark : other.marks) {
    add(mark);
  }
  for (const Gap& gap : other.gaps) {
    add(gap);
  }
  const std::vector<Pin> known = load().pins;
  for (const Pin& theirs : other.pins) {
    const auto ours = std::ranges::find(known, theirs.uid, &Pin::uid);
    if (ours == known.end() || std::tie(ours->made_ns, ours->note) < std::tie(theirs.made_ns, theirs.note)) {
      pin(parse_uid(theirs.uid), theirs.note, theirs.made_ns);
    }
  }
}

} // namespace hindstat
