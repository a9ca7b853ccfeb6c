// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "diff/key_index.h"
#include "diff/socket_names.h"
#include "tables/snapshot.h"
#include "tables/touched_rows.h"

namespace hindstat {

/// What a series of comparisons, each from where the one before ended, keeps from step to step, so that a step takes
/// time in proportion to what changed. A new one may begin anywhere.
class DiffMemory {
public:
  /// Goes on to a step. `touched`: what is known of the two snapshots' tables. Of each table named the result has the
  /// rows by which its rules have to compare it; a table that is not in the result is compared as a whole.
  [[nodiscard]] std::vector<TouchedRows> begin_step(const Snapshot& before, const Snapshot& after,
                                                    std::span<const TouchedRows> touched);
  /// During a step: the names of the sockets of both sides; nullptr where nothing is known of the table.
  [[nodiscard]] const SocketNames* socket_names() const {
    return names_ ? &*names_ : nullptr;
  }
  /// To be called when the step is done, with what begin_step() had.
  void end_step(const Snapshot& before, std::span<const TouchedRows> touched);

private:
  std::map<std::string_view, KeyIndex> keys_; ///< By table.
  std::optional<SocketNames> names_;
};

} // namespace hindstat
