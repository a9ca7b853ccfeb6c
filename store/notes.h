// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/obstacle.h"

namespace hindstat {

/// What an operator had to say about a moment of a host. Times are CLOCK_REALTIME, ns.
struct Mark {
  std::string uid; ///< 32 hexadecimal digits, the same in every store; computed by Notes.
  std::string host;
  std::string machine_id;
  std::int64_t at_ns = 0;   ///< The moment it is about.
  std::int64_t made_ns = 0; ///< When it was written.
  std::string text;
};

/// A snapshot that pruning leaves alone, and why.
struct Pin {
  std::string uid; ///< Of the snapshot, 32 hexadecimal digits; it need not be in this file.
  std::string note;
  std::int64_t made_ns = 0;
};

/// Recordings that could not be stored, in one go for one reason. What nobody attempted is in none.
struct Gap {
  std::string host;
  std::string machine_id;
  Obstacle reason = Obstacle::none; ///< full or busy
  std::int64_t first_ns = 0;        ///< CLOCK_REALTIME of the first of them
  std::int64_t last_ns = 0;         ///< and of the last.
  std::uint64_t count = 0;

  friend bool operator==(const Gap&, const Gap&) = default;
};

/// Everything in a store that is about snapshots and not in them.
struct StoreNotes {
  std::vector<Mark> marks;         ///< By at_ns.
  std::vector<Pin> pins;           ///< By made_ns.
  std::vector<Gap> gaps;           ///< By first_ns.
  std::vector<std::string> damage; ///< A sentence for each row that is left out because it is damaged.
};

/// "full" or "busy", as gap.reason has it.
[[nodiscard]] std::string_view name_of(Obstacle reason);
/// The opposite; Obstacle::none for any other text.
[[nodiscard]] Obstacle find_obstacle(std::string_view name);
/// "the disk was full", "the store was busy"
[[nodiscard]] std::string_view describe(Obstacle reason);

/// The SQL of the tables mark, pin and gap.
class Notes {
public:
  /// `database` must outlive this.
  explicit Notes(SQLite::Database& database) : database_(&database) {
  }

  [[nodiscard]] StoreNotes load();

  // The rest needs a write transaction.

  /// What is there already stays as it is.
  void add(const Mark& mark);
  /// Replaces the note of a snapshot that is pinned already. `uid` is 16 bytes.
  void pin(const std::string& uid, const std::string& note, std::int64_t made_ns);
  /// Whether it was pinned.
  bool unpin(const std::string& uid);
  /// A gap that is there already only grows.
  void add(const Gap& gap);
  /// What another store knows. Of two pins of one snapshot the later one stays, so that the order of merging does not
  /// matter.
  void merge(const StoreNotes& other);

private:
  [[nodiscard]] std::int64_t find_or_insert_host(const std::string& host, const std::string& machine_id);
  void load_marks(StoreNotes& notes);
  void load_pins(StoreNotes& notes);
  void load_gaps(StoreNotes& notes);

  SQLite::Database* database_;
};

} // namespace hindstat
