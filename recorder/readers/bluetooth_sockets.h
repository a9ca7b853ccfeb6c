// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "recorder/read_context.h"
#include "recorder/readers/family_diag.h"

namespace hindstat {

/// Adds the row of one line of /sys/kernel/debug/bluetooth/l2cap, which has no heading. Rejected: what is not of its
/// layouts, with or without the types of the addresses.
[[nodiscard]] Verdict add_l2cap_line(OtherSocketRows& rows, std::string_view line);
/// The same of /sys/kernel/debug/bluetooth/rfcomm.
[[nodiscard]] Verdict add_rfcomm_line(OtherSocketRows& rows, std::string_view line);

/// Adds the row of one line of /proc/net/l2cap or /proc/net/rfcomm below its heading: inode and owner, but neither
/// addresses nor state.
[[nodiscard]] Verdict add_proc_bluetooth_line(OtherSocketRows& rows, std::string_view line, OtherFamily family);

} // namespace hindstat
