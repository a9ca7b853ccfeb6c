// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/unique_fd.h"
#include "store/obstacle.h"

namespace hindstat {

/// How long a process waits for another one that holds the store.
inline constexpr int busy_milliseconds = 5000;

/// Who may read a new store: its owner.
inline constexpr std::uint32_t default_file_mode = 0600;

/// A store file opened through SQLite, hardened against what a stranger may have put into it. At most one connection
/// to a file may live in a process while it writes: closing any descriptor of a file drops the process's locks on it.
class Connection {
public:
  enum class Mode {
    read,
    write,  ///< Creates the file, or completes a creation that was interrupted.
    change, ///< Writes to one that is there.
    salvage ///< A working copy of a damaged store: writable, and nothing of it needs to be there.
  };

  /// Throws Error with the path. Mode::write creates the file with `file_mode`. `undone`: what a sentence about a write
  /// that failed ends with, the same for all that this connection does.
  Connection(const std::string& path, Mode mode, std::uint32_t file_mode = default_file_mode, std::string undone = {});

  /// As the user named it.
  [[nodiscard]] const std::string& path() const {
    return path_;
  }
  /// With its directory resolved: for what stands beside the file.
  [[nodiscard]] const std::string& resolved() const {
    return resolved_;
  }
  [[nodiscard]] SQLite::Database& database() {
    return *database_;
  }

  /// Runs `work`. What SQLite throws becomes an Error; each Error gets the path in front.
  template <typename Work>
  auto run(Work&& work) -> decltype(work()) {
    try {
      return std::forward<Work>(work)();
    } catch (const SQLite::Exception& e) {
      fail(e);
    } catch (const ObstacleError& e) {
      throw ObstacleError(path_ + ": " + e.what(), e.obstacle());
    } catch (const Error& e) {
      throw Error(path_ + ": " + e.what(), e.code());
    }
  }

private:
  template <typename Work>
  void run_sql(Work&& work) {
    try {
      std::forward<Work>(work)();
    } catch (const SQLite::Exception& e) {
      fail(e);
    }
  }
  void open_reader();
  void open_writer(std::uint32_t file_mode);
  void open(const std::string& name, int flags);
  void harden();
  void require_tables();
  void create_schema();
  void roll_back_interrupted();
  [[nodiscard]] bool has_journal() const;
  [[noreturn]] void fail(const SQLite::Exception& e) const;

  std::string path_;     ///< For messages.
  std::string resolved_; ///< For opening.
  Mode mode_;
  std::string undone_;
  UniqueFd look_; ///< Outlives the database: see above.
  std::optional<SQLite::Database> database_;
};

} // namespace hindstat
