// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/recorder.h"

namespace hindstat {

/// Which machine `system` is and who asks: everything of SnapshotInfo but `took_ns`. Throws Error when the machine has
/// no name and `options` give none.
[[nodiscard]] SnapshotInfo read_host_info(const System& system, const RecordOptions& options);

/// Effective uid and capabilities of whoever reads `system`.
struct Privileges {
  std::uint32_t euid = 0;
  std::uint64_t capabilities = 0; ///< Bits as in linux/capability.h.

  /// Whether every process of the machine may be looked into, as far as capabilities go.
  [[nodiscard]] bool may_read_any_process() const;
};

/// From /proc/self/status; no capability when it is not there.
[[nodiscard]] Privileges read_privileges(const System& system);

/// The inode in "net:[4026531840]"; nullopt for any other text.
[[nodiscard]] std::optional<std::uint64_t> parse_namespace_link(std::string_view target);
/// "net:[4026531840]"
[[nodiscard]] std::string format_namespace_link(std::uint64_t inode);

} // namespace hindstat
