// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "recorder/readers/rtnetlink_address.h"

namespace hindstat {

/// Adds the row of one line of /proc/net/if_inet6. The file has neither peers nor lifetimes, and of the flags the
/// lowest eight.
[[nodiscard]] Verdict add_proc_address6(AddressRows& rows, std::string_view line);

} // namespace hindstat
