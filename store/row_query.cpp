// SPDX-License-Identifier: MIT
// A condition of the user on rows in memory. What reaches SQLite is text from a command line, perhaps of a script that
// builds it: the authorizer leaves nothing but reading the one table, and a clock ends what takes too long.
#include "store/row_query.h"

#include <sqlite3.h>

#include <array>
#include <cassert>
#include <chrono>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

namespace {

using Clock = std::chrono::steady_clock;

struct CloseDatabase {
  void operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
  }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text += c == '"' ? "\"\"" : std::string(1, c);
  }
  return text + '"';
}

// Functions of SQLite that do more than compute.
constexpr std::array<std::string_view, 6> refused_functions{"load_extension", "fts3_tokenizer", "readfile",
                                                            "writefile",      "edit",           "randomblob"};

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      for (const std::string_view name : refused_functions) {
        if (second != nullptr && name == second) {
          return SQLITE_DENY;
        }
      }
      return SQLITE_OK;
    default:
      static_cast<void>(first);
      return SQLITE_DENY;
  }
}

class MemoryTable {
public:
  explicit MemoryTable(const QueryRows& rows) : rows_(rows) {
    sqlite3* opened = nullptr;
    const int code =
      sqlite3_open_v2(":memory:", &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK) {
      throw Error("no memory for the rows of --where");
    }
    // A column that is misspelled in double quotes is a mistake, no text.
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    std::string columns;
    for (const std::string& column : rows.columns) {
      columns += (columns.empty() ? "" : ", ") + quoted(column) + " NUMERIC";
    }
    step_to_end(prepare(fmt::format("CREATE TABLE {} ({})", quoted(rows.name), columns)));
    // Tables made of a JSON text declare themselves when they are first used, which the authorizer would refuse. Where
    // they are not built in a condition that uses them says so.
    for (const char* sql : {"SELECT 1 FROM json_each('[]')", "SELECT 1 FROM json_tree('[]')"}) {
      sqlite3_exec(opened, sql, nullptr, nullptr, nullptr);
    }
  }

  void fill() {
    std::string marks;
    for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
      marks += i == 0 ? "?" : ", ?";
    }
    const Statement insert =
      prepare(fmt::format("INSERT INTO {} (rowid, {}) VALUES (?, {})", quoted(rows_.name), column_list(), marks));
    step_to_end(prepare("BEGIN"));
    for (std::size_t row = 0; row < rows_.count; ++row) {
      const auto cells = rows_.cells(row);
      assert(cells.size() == rows_.columns.size());
      sqlite3_bind_int64(insert.get(), 1, static_cast<sqlite3_int64>(row));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const int place = static_cast<int>(i) + 2;
        if (cells[i]) {
          sqlite3_bind_text(insert.get(), place, cells[i]->data(), static_cast<int>(cells[i]->size()),
                            SQLITE_TRANSIENT);
        } else {
          sqlite3_bind_null(insert.get(), place);
        }
      }
      step_to_end(insert);
      sqlite3_reset(insert.get());
    }
    step_to_end(prepare("COMMIT"));
  }

  /// From here on only reading is allowed.
  Statement prepare_condition(const std::string& condition) {
    if (condition.find('\0') != std::string::npos) {
      throw Error("--where holds a NUL");
    }
    sqlite3_set_authorizer(database_.get(), authorize, nullptr);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_SQL_LENGTH, 100'000);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_LENGTH, 10'000'000);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_EXPR_DEPTH, 200);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_COMPOUND_SELECT, 10);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
    sqlite3_limit(database_.get(), SQLITE_LIMIT_WORKER_THREADS, 0);
    return prepare(fmt::format("SELECT rowid FROM {} WHERE ({}\n) ORDER BY rowid", quoted(rows_.name), condition));
  }

  std::vector<std::size_t> run(const Statement& statement, double most_seconds) {
    end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(most_seconds));
    constexpr int steps_between_looks = 10'000;
    sqlite3_progress_handler(
      database_.get(), steps_between_looks,
      [](void* self) { return Clock::now() > static_cast<MemoryTable*>(self)->end_ ? 1 : 0; }, this);
    std::vector<std::size_t> found;
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
      const sqlite3_int64 row = sqlite3_column_int64(statement.get(), 0);
      // "1) UNION SELECT 7 FROM event WHERE (1" closes the bracket around it.
      if (row < 0 || static_cast<std::size_t>(row) >= rows_.count
          || (!found.empty() && static_cast<std::size_t>(row) <= found.back())) {
        throw Error("--where is one condition, not the end of one and the beginning of another");
      }
      found.push_back(static_cast<std::size_t>(row));
    }
    if (code == SQLITE_INTERRUPT) {
      throw Error(fmt::format("--where took more than {} s", most_seconds));
    }
    if (code != SQLITE_DONE) {
      fail();
    }
    return found;
  }

private:
  [[nodiscard]] std::string column_list() const {
    std::string columns;
    for (const std::string& column : rows_.columns) {
      columns += (columns.empty() ? "" : ", ") + quoted(column);
    }
    return columns;
  }

  [[noreturn]] void fail() {
    throw Error(fmt::format("--where: {}", sqlite3_errmsg(database_.get())));
  }

  Statement prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, &rest);
    Statement owned(statement);
    if (code != SQLITE_OK || statement == nullptr) {
      fail();
    }
    if (std::string_view(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest)).find_first_not_of(" \n")
        != std::string_view::npos) {
      throw Error("--where is one condition, without ;");
    }
    return owned;
  }

  void step_to_end(const Statement& statement) {
    const int code = sqlite3_step(statement.get());
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
      fail();
    }
  }

  const QueryRows& rows_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  Clock::time_point end_;
};

} // namespace

void check_condition(const QueryRows& rows, const std::string& condition) {
  MemoryTable table(rows);
  table.prepare_condition(condition);
}

std::vector<std::size_t> rows_where(const QueryRows& rows, const std::string& condition, double most_seconds) {
  MemoryTable table(rows);
  table.fill();
  const Statement statement = table.prepare_condition(condition);
  return table.run(statement, most_seconds);
}

} // namespace hindstat
