// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/recorder.h"

namespace hindstat {

/// Which machine `system` is and who asks: everything of SnapshotInfo but `took_ns`. Throws Error when the machine has
/// no name and `options` give none.
[[nodiscard]] SnapshotInfo read_host_info(const System& system, const RecordOptions& options);

/// The inode in "net:[4026531840]"; nullopt for any other text.
[[nodiscard]] std::optional<std::uint64_t> parse_namespace_link(std::string_view target);

} // namespace hindstat
