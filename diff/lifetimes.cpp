// SPDX-License-Identifier: MIT
#include "diff/lifetimes.h"

#include <algorithm>

#include "diff/tcp_states.h"

namespace hindstat {

namespace {

std::optional<TcpState> state_in(const Event& event, std::string_view field) {
  const std::string* text = find_field(event, field);
  if (text == nullptr) {
    return std::nullopt;
  }
  const auto name = std::ranges::find(NamesOf<TcpState>::values, *text, &ValueName::name);
  return name == NamesOf<TcpState>::values.end() ? std::nullopt : std::optional(static_cast<TcpState>(name->value));
}

// Nearest rank of each bound by itself: the true quantile lies between the two.
DurationQuantiles quantiles_of(const std::vector<DurationBounds>& durations) {
  DurationQuantiles quantiles{durations.size(), {}, {}, {}};
  if (durations.empty()) {
    return quantiles;
  }
  std::vector<std::int64_t> least;
  std::vector<std::int64_t> most;
  for (const DurationBounds& duration : durations) {
    least.push_back(duration.least);
    most.push_back(duration.most);
  }
  std::ranges::sort(least);
  std::ranges::sort(most);
  const auto at = [&](std::size_t percent) {
    const std::size_t rank = (durations.size() * percent + 99) / 100;
    return DurationBounds{least[rank - 1], most[rank - 1]};
  };
  quantiles.median = at(50);
  quantiles.p95 = at(95);
  quantiles.longest = at(100);
  return quantiles;
}

} // namespace

std::optional<LifeEvent> life_event_of(const Event& event) {
  const std::string_view name = event.spec->name;
  if (!name.starts_with("sock.") || !event.key.starts_with("tcp ") || event.connection == 0) {
    return std::nullopt;
  }
  LifeEvent life{0, LifeEvent::Kind::opened, state_in(event, "from"), state_in(event, "to")};
  if (name == "sock.opened") {
    life.to = state_in(event, "state");
  } else if (name == "sock.closed") {
    life.kind = LifeEvent::Kind::closed;
  } else if (name == "sock.state") {
    life.kind = LifeEvent::Kind::moved;
  } else if (name == "sock.reopened") {
    life.kind = LifeEvent::Kind::reopened;
  } else if (name == "sock.reaped") {
    life.kind = LifeEvent::Kind::gone;
  } else {
    return std::nullopt;
  }
  life.connection = event.connection;
  return life;
}

void LifeTracker::add(std::span<const LifeEvent> events, std::int64_t before_ns, std::int64_t after_ns) {
  const Moment now{before_ns, after_ns};
  for (const LifeEvent& event : events) {
    if (event.kind == LifeEvent::Kind::opened) {
      begin(event, now);
      continue;
    }
    const auto it = lives_.try_emplace(event.connection).first;
    Life& life = it->second;
    if (event.from) {
      if (life.state != *event.from) {
        life.entered.reset(); // It was not seen to enter the state that it leaves.
      }
      life.state = *event.from;
      life.open = tcp_phase(*event.from) == TcpPhase::open;
    }
    leave(life, now);
    if (event.kind == LifeEvent::Kind::reopened) {
      close(life, now);
      begin(event, now);
    } else if (event.kind == LifeEvent::Kind::moved && life.open && event.to
               && tcp_phase(*event.to) == TcpPhase::open) {
      life.state = *event.to;
      life.entered = now;
    } else if (event.kind == LifeEvent::Kind::moved && !life.open && event.to
               && tcp_phase(*event.to) == TcpPhase::open) {
      begin(event, now); // A socket that was used anew.
    } else {
      close(life, now);
      if (event.to && tcp_phase(*event.to) == TcpPhase::closing) {
        life.state = *event.to;
        life.entered = now;
      } else {
        lives_.erase(it);
      }
    }
  }
}

void LifeTracker::begin(const LifeEvent& event, const Moment& now) {
  Life& life = lives_[event.connection];
  life = Life{};
  life.opened = now;
  life.state = event.to.value_or(TcpState::established);
  life.entered = now;
  life.open = true;
  if (tcp_phase(life.state) == TcpPhase::closing) {
    close(life, now); // It came and went between two snapshots.
  }
}

void LifeTracker::close(Life& life, const Moment& now) {
  if (!life.open) {
    return;
  }
  life.open = false;
  if (!life.opened) {
    ++from_before_;
    return;
  }
  const std::int64_t least = std::max<std::int64_t>(now.before_ns - life.opened->after_ns, 0);
  whole_.push_back({least, now.after_ns - life.opened->before_ns});
}

void LifeTracker::leave(Life& life, const Moment& now) {
  Dwell& dwell = dwells_[life.state];
  if (!life.entered) {
    ++dwell.entered_before;
    return;
  }
  const std::int64_t least = std::max<std::int64_t>(now.before_ns - life.entered->after_ns, 0);
  dwell.whole.push_back({least, now.after_ns - life.entered->before_ns});
}

Lifetimes LifeTracker::finish(std::uint64_t open_at_start) const {
  Lifetimes lifetimes;
  lifetimes.whole = quantiles_of(whole_);
  lifetimes.from_before = from_before_;
  std::map<TcpState, std::size_t> still;
  std::size_t moved = 0; // Open from the start on, and known by a step within the open states.
  for (const auto& [connection, life] : lives_) {
    lifetimes.still_open += life.open && life.opened ? 1U : 0U;
    moved += life.open && !life.opened ? 1U : 0U;
    still[life.state] += life.entered ? 1U : 0U;
  }
  lifetimes.throughout =
    std::max<std::size_t>(open_at_start - std::min<std::uint64_t>(open_at_start, from_before_), moved);
  for (const auto& [state, count] : still) {
    if (count != 0 && !dwells_.contains(state)) {
      lifetimes.states.push_back({state, {}, 0, count});
    }
  }
  for (const auto& [state, dwell] : dwells_) {
    lifetimes.states.push_back({state, quantiles_of(dwell.whole), dwell.entered_before, still[state]});
  }
  std::ranges::sort(lifetimes.states, {}, &StateDwell::state);
  return lifetimes;
}

} // namespace hindstat
