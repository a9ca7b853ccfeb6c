// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "diff/event.h"
#include "tables/socket.h"

namespace hindstat {

/// A moment of a TCP connection's life, as an event tells it.
struct LifeEvent {
  enum class Kind : std::uint8_t {
    opened,  ///< Into `to`; a closing state: it came and went.
    moved,   ///< From `from` to `to`, within the open or within the closing states.
    closed,  ///< From an open state to `to`, or gone.
    gone,    ///< The rest of it, in `from`, is no longer there.
    reopened ///< Another one in `to` has its addresses and ports.
  };
  std::uint64_t connection = 0; ///< Event::connection
  Kind kind = Kind::opened;
  std::optional<TcpState> from;
  std::optional<TcpState> to;
};

/// What an event says of a TCP connection's life; nothing for all others.
[[nodiscard]] std::optional<LifeEvent> life_event_of(const Event& event);

/// A duration that two snapshots bound from each side, ns.
struct DurationBounds {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// How long some things took: each was between two bounds, so that quantiles are, too (nearest rank).
struct DurationQuantiles {
  std::size_t count = 0;
  DurationBounds median;
  DurationBounds p95;
  DurationBounds longest;
};

/// How long connections were in one state.
struct StateDwell {
  TcpState state = TcpState::established;
  DurationQuantiles whole;        ///< Those that entered and left it within the range.
  std::size_t entered_before = 0; ///< Left it, but were in it from the start of the range on.
  std::size_t still = 0;          ///< Entered it, and were in it at its end.
};

/// Lives of TCP connections in a range. What began before it or did not end in it has no known length and is in no
/// quantile.
struct Lifetimes {
  DurationQuantiles whole;               ///< Opened and closed within the range.
  std::size_t from_before = 0;           ///< Closed here, there from the start of the range on.
  std::size_t still_open = 0;            ///< Opened here, open at its end.
  std::optional<std::size_t> throughout; ///< Open from its start to its end; nullopt when that is not known.
  std::vector<StateDwell> states;        ///< By state, only those that were left or entered.
};

/// Follows connections from step to step by their events alone.
class LifeTracker {
public:
  /// `before_ns` to `after_ns`: the step, on a clock that does not jump.
  void add(std::span<const LifeEvent> events, std::int64_t before_ns, std::int64_t after_ns);
  /// `open_at_start`: TCP connections that were open in the first snapshot.
  [[nodiscard]] Lifetimes finish(std::uint64_t open_at_start) const;

private:
  // Moments: last seen before, first seen after it happened.
  struct Moment {
    std::int64_t before_ns = 0;
    std::int64_t after_ns = 0;
  };
  struct Life {
    std::optional<Moment> opened; ///< Absent: it was there from the start.
    bool open = true;
    TcpState state = TcpState::established;
    std::optional<Moment> entered; ///< When it came into `state`.
  };
  struct Dwell {
    std::vector<DurationBounds> whole;
    std::size_t entered_before = 0;
  };

  void leave(Life& life, const Moment& now);
  void close(Life& life, const Moment& now);
  void begin(const LifeEvent& event, const Moment& now);

  std::unordered_map<std::uint64_t, Life> lives_;
  std::vector<DurationBounds> whole_;
  std::size_t from_before_ = 0;
  std::map<TcpState, Dwell> dwells_;
};

} // namespace hindstat
