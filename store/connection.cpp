// SPDX-License-Identifier: MIT
// Opening follows https://www.sqlite.org/security.html ("Untrusted SQLite Database Files"): nothing that the file says
// about itself is run (no triggers, views, virtual tables, extensions), and every row that counts has its checksum.
#include "store/connection.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/escape.h"
#include "store/checksum.h"
#include "store/file_header.h"
#include "store/lock_holder.h"
#include "store/schema.h"

namespace hindstat {

namespace {

// A path as an SQLite URI: everything but plain characters in hexadecimal.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/'
                       || c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

bool is_not_empty(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

int primary(const SQLite::Exception& e) {
  return e.getErrorCode() & 0xFF;
}

} // namespace

Connection::Connection(const std::string& path, Mode mode, std::uint32_t file_mode, std::string undone)
  : path_(path), resolved_(resolve_directory(path)), mode_(mode), undone_(std::move(undone)) {
  if (undone_.empty()) {
    undone_ = mode == Mode::write ? "nothing was recorded" : "nothing was changed";
  }
  if (mode == Mode::salvage) {
    run_sql([&] { open(resolved_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW); });
  } else if (mode != Mode::read) {
    open_writer(file_mode);
  } else {
    open_reader();
  }
}

void Connection::open_reader() {
  look_ = open_to_look(resolved_, path_);
  if (read_file_kind(look_, path_) == FileKind::empty) {
    throw Error(fmt::format("{}: is empty", path_));
  }
  std::string name = resolved_;
  int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW;
  try {
    open(name, flags);
    require_tables();
    return;
  } catch (const SQLite::Exception& e) {
    const int extended = e.getExtendedErrorCode();
    const bool cannot_lock = primary(e) == SQLITE_CANTOPEN || primary(e) == SQLITE_READONLY
                             || extended == SQLITE_IOERR_LOCK || extended == SQLITE_IOERR_RDLOCK;
    if (extended == SQLITE_READONLY_ROLLBACK) {
      roll_back_interrupted();
    } else if (cannot_lock && !has_journal()) {
      // A medium without locks, or a store in WAL mode in a directory that is not ours: with nothing to be rolled back
      // the file can be read as it is.
      name = immutable_uri(resolved_);
      flags |= SQLITE_OPEN_URI;
    } else {
      fail(e);
    }
  }
  run_sql([&] {
    open(name, flags);
    require_tables();
  });
}

void Connection::open_writer(std::uint32_t file_mode) {
  if (mode_ == Mode::write) {
    create_file(resolved_, path_, file_mode);
  }
  look_ = open_to_look(resolved_, path_);
  const FileKind kind = read_file_kind(look_, path_);
  if (mode_ == Mode::change && kind == FileKind::empty) {
    throw Error(fmt::format("{}: is empty", path_));
  }
  run_sql([&] {
    open(resolved_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
    database_->exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA");
    if (kind != FileKind::store) {
      create_schema();
    }
    database_->exec("PRAGMA journal_mode = DELETE");
    require_tables();
  });
}

void Connection::open(const std::string& name, int flags) {
  database_.reset();
  database_.emplace(name, flags, busy_milliseconds);
  harden();
}

void Connection::harden() {
  sqlite3* handle = database_->getHandle();
  for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                      {SQLITE_DBCONFIG_ENABLE_VIEW, 0}}) {
    sqlite3_db_config(handle, option, value, nullptr);
  }
  // The largest value is a payload; SQL comes from this program, and from the file's CREATE statements.
  constexpr int longest_value = 512 * 1024 * 1024;
  constexpr int longest_sql = 100'000;
  constexpr int deepest_expression = 100;
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, longest_value);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, longest_sql);
  sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, deepest_expression);
  database_->exec("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
  if (mode_ == Mode::read) {
    // A load reads each page of a chain once: a small cache is used again and again instead of growing.
    database_->exec("PRAGMA cache_size = -256");
  }
}

void Connection::require_tables() {
  // In one transaction: no writer is changing the size meanwhile.
  const SQLite::Transaction transaction(*database_);
  SQLite::Statement select(*database_, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND "
                                       "name IN ('store', 'host', 'boot', 'layout', 'snapshot', 'block', 'tombstone',"
                                       " 'mark', 'pin', 'gap', 'setting')");
  constexpr int tables = 11;
  if (!select.executeStep() || select.getColumn(0).getInt() != tables) {
    throw Error(fmt::format("{}: not a hindstat store (its tables are not there)", path_));
  }
  // A column that is computed would run what a stranger wrote, for each row.
  SQLite::Statement computed(*database_, "SELECT count(*) FROM sqlite_schema s, pragma_table_xinfo(s.name) c WHERE"
                                         " s.type = 'table' AND s.name IN ('store', 'host', 'boot', 'layout',"
                                         " 'snapshot', 'block', 'tombstone') AND c.hidden <> 0");
  if (!computed.executeStep() || computed.getColumn(0).getInt() != 0) {
    throw Error(fmt::format("{}: not a hindstat store (it has computed columns)", path_));
  }
  // Until the statement ends nobody may change the file, so that its header and its size belong together.
  if (const std::string truncation = describe_truncation(look_); !truncation.empty()) {
    throw Error(fmt::format("{}: {}", path_, truncation));
  }
}

// Runs when the file was new, or its creation was interrupted, or another process is creating it right now: then this
// one waits and finds the tables there.
void Connection::create_schema() {
  database_->exec("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL");
  SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
  if (database_->execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0) {
    database_->exec(schema_sql);
    const std::string origin = database_->execAndGet("SELECT randomblob(16)").getString();
    SQLite::Statement insert(*database_, "INSERT INTO store (id, origin, checksum) VALUES (1, ?, ?)");
    insert.bind(1, origin.data(), static_cast<int>(origin.size()));
    insert.bind(2, static_cast<std::int64_t>(Checksum().add(origin).value()));
    insert.exec();
  } else if (database_->execAndGet("PRAGMA application_id").getUInt() != store_application_id) {
    throw Error(fmt::format("{}: not a hindstat store (a database of another program)", path_));
  }
  transaction.commit();
}

void Connection::roll_back_interrupted() {
  try {
    open(resolved_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
    require_tables();
  } catch (const SQLite::Exception& e) {
    throw Error(fmt::format("{}: a writer was interrupted and left {}-journal; to read it once needs permission to "
                            "write here, or a copy of both files ({})",
                            path_, path_, e.what()));
  }
}

bool Connection::has_journal() const {
  return is_not_empty(resolved_ + "-journal") || is_not_empty(resolved_ + "-wal");
}

void Connection::fail(const SQLite::Exception& e) const {
  const bool writes = mode_ == Mode::write || mode_ == Mode::change;
  const std::string undone = writes ? "; " + undone_ : "";
  const int system_error = database_ ? sqlite3_system_errno(database_->getHandle()) : 0;
  const int code = primary(e);
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    throw ObstacleError(fmt::format("{}: held by {} for more than {} s{}", path_,
                                    format_lock_holder(find_lock_holder(look_.get())), busy_milliseconds / 1000,
                                    undone),
                        Obstacle::busy);
  }
  if (code == SQLITE_FULL || (code == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT))) {
    throw ObstacleError(fmt::format("{}: the disk is full{}", path_, undone), Obstacle::full);
  }
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    const std::string truncation = describe_truncation(look_);
    throw Error(fmt::format("{}: {}", path_,
                            truncation.empty() ? fmt::format("damaged ({})", escape_terminal(e.what())) : truncation));
  }
  const bool by_system = (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && system_error != 0;
  const std::string reason = by_system ? fmt::format(" ({})", std::strerror(system_error)) : "";
  throw Error(fmt::format("{}: {}{}{}", path_, escape_terminal(e.what()), reason, undone));
}

} // namespace hindstat
