// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace hindstat {

/// One beat that is to be recorded.
struct DueBeat {
  std::int64_t due_ns = 0;   ///< Its moment, on the clock of the metronome.
  std::int64_t late_ns = 0;  ///< How much later it is now; never negative.
  std::uint64_t skipped = 0; ///< Beats between the one taken before and this one.
};

/// When a watch records: at `began`, `began + every`, `began + 2 every`, ... of one clock, without drift. No beat is
/// taken twice, and none is made up for: those that pass while the recorder is busy or stopped are skipped.
class Metronome {
public:
  /// `length_ns`, where given: only beats less than this after `began_ns`, at least the first. `every_ns` > 0.
  Metronome(std::int64_t began_ns, std::int64_t every_ns, std::optional<std::int64_t> length_ns = {});

  /// Until when to wait at `now_ns`, when the last recording is done: the first beat that is not over yet, but
  /// never without the very first. nullopt when there is none any more.
  [[nodiscard]] std::optional<std::int64_t> next_due(std::int64_t now_ns) const;

  /// Takes the beat of `now_ns`, which is at or after next_due(): the latest one whose moment has come. nullopt when
  /// it would be after the end.
  [[nodiscard]] std::optional<DueBeat> take(std::int64_t now_ns);

private:
  [[nodiscard]] bool is_over(std::int64_t beat) const {
    return last_ && beat > *last_;
  }

  std::int64_t began_ns_;
  std::int64_t every_ns_;
  std::optional<std::int64_t> last_; ///< Number of the last beat.
  std::int64_t next_ = 0;            ///< Number of the first beat not taken yet.
};

} // namespace hindstat
