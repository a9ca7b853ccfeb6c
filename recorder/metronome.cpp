// SPDX-License-Identifier: MIT
#include "recorder/metronome.h"

#include <algorithm>
#include <cassert>

namespace hindstat {

Metronome::Metronome(std::int64_t began_ns, std::int64_t every_ns, std::optional<std::int64_t> length_ns)
  : began_ns_(began_ns), every_ns_(every_ns) {
  assert(every_ns > 0 && "beats follow each other");
  if (length_ns) {
    last_ = std::max<std::int64_t>(*length_ns - 1, 0) / every_ns;
  }
}

std::optional<std::int64_t> Metronome::next_due(std::int64_t now_ns) const {
  const std::int64_t passed = std::max<std::int64_t>(now_ns - began_ns_, 0);
  const std::int64_t not_over = passed / every_ns_ + (passed % every_ns_ != 0 ? 1 : 0);
  // The first beat is what the watch begins with, however long the beginning took.
  const std::int64_t beat = next_ == 0 ? 0 : std::max(next_, not_over);
  return is_over(beat) ? std::nullopt : std::optional(began_ns_ + beat * every_ns_);
}

std::optional<DueBeat> Metronome::take(std::int64_t now_ns) {
  const std::int64_t beat = std::max(next_, (now_ns - began_ns_) / every_ns_);
  if (is_over(beat)) {
    return std::nullopt;
  }
  const std::int64_t due_ns = began_ns_ + beat * every_ns_;
  const DueBeat taken{due_ns, std::max<std::int64_t>(now_ns - due_ns, 0), static_cast<std::uint64_t>(beat - next_)};
  next_ = beat + 1;
  return taken;
}

} // namespace hindstat
