// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hindstat {

/// How bad an event is by default.
enum class Severity : std::uint8_t { note = 1, info = 2, warn = 3, crit = 4 };

/// How sure an event is: proven (identity by cookie, inode or kernel rule), consistent (nothing contradicts it),
/// inferred (by timers or counters).
enum class Confidence : std::uint8_t { proven = 1, consistent = 2, inferred = 3 };

/// What kind of thing can happen. The list is public: names and fields are in JSON and never change meaning.
struct EventSpec {
  std::string_view name;  ///< "sock.opened"
  std::string_view table; ///< Table it is about; "*" for any.
  char sigil = '~';       ///< + - ~ ! > as in text output.
  Severity severity = Severity::info;
  std::span<const std::string_view> fields; ///< Extra members its JSON may hold.
  std::string_view sentence;                ///< What it means.
  bool hidden = false;                      ///< Only shown with --all; never a difference of the exit status.
  bool shown_when_chosen = false;           ///< Hidden, but shown when its table was asked for by name.
};

/// Every kind of event, in the order in which they are printed.
[[nodiscard]] std::span<const EventSpec> event_catalog();
/// Asserts that the name is in the catalog.
[[nodiscard]] const EventSpec& event_spec(std::string_view name);

/// A named value of an event; text is raw (not escaped).
struct EventField {
  std::string name;
  std::string value;
};

/// A column that changed.
struct EventChange {
  std::string column;
  std::optional<std::string> from; ///< nullopt is null.
  std::optional<std::string> to;
};

/// One thing that happened between two snapshots.
struct Event {
  const EventSpec* spec = nullptr;
  std::string table;
  std::string netns;
  std::string key;         ///< For people and for matching: "tcp 10.0.0.5:5432 <- 10.0.1.9:51514".
  std::string incarnation; ///< "c:1ff8" (cookie), "i:53770" (inode), "" when unknown.
  std::string owner;       ///< "postgres[802]" when known.
  std::vector<EventField> fields;
  std::vector<EventChange> changed;
  Confidence confidence = Confidence::consistent;
  std::optional<Severity> severity; ///< Where it differs from the kind's.
  std::vector<std::string> why;
  std::int64_t before_row = -1; ///< Row of the table in A; -1 when there is none.
  std::int64_t after_row = -1;
};

/// The value of a field of an event; nullptr when it has none of that name.
[[nodiscard]] const std::string* find_field(const Event& event, std::string_view name);

/// Fields that are "true" or "false", and booleans in JSON. A field that is absent is false.
[[nodiscard]] bool is_boolean_field(std::string_view name);
[[nodiscard]] bool has_flag(const Event& event, std::string_view name);

/// The event's own severity, or its kind's.
[[nodiscard]] Severity severity_of(const Event& event);
/// "note", "info", "warn", "crit".
[[nodiscard]] std::string_view name_of(Severity severity);
/// "proven", "consistent", "inferred".
[[nodiscard]] std::string_view name_of(Confidence confidence);

/// One line a kind of event: "sock.opened  socket + info  fields  Sentence."; the golden dump of the list.
[[nodiscard]] std::string describe_event_spec(const EventSpec& spec);

/// The order of keys for people: runs of digits compare as numbers, all else byte by byte.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

/// Bytes whose order is that of natural_less(), and that end before any other's continuation.
[[nodiscard]] std::string natural_order_key(std::string_view text);

/// The events of one kind.
[[nodiscard]] std::size_t count_events(std::span<const Event> events, std::string_view name);

} // namespace hindstat
