// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace hindstat {

/// Which store a tool uses without --store: $HINDSTAT_STORE; else for root /var/lib/hindstat/hindstat.db; for others
/// their own $XDG_STATE_HOME/hindstat/hindstat.db (default ~/.local/state) when `to_write` or when it exists, else the
/// system's when it is readable. Throws Error when reading and there is none, naming the places it looked at.
[[nodiscard]] std::string default_store_path(bool to_write);

} // namespace hindstat
