// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include "recorder/readers/interface_names.h"
#include "recorder/readers/proc_net_igmp.h"

namespace hindstat {

/// Adds the row of one message's payload that answers RTM_GETMULTICAST; it has neither users nor a pending report.
/// Skipped: messages of another family than `family`; rejected: a payload whose lengths do not fit together or without
/// a group. An interface that `names` does not know (it came during the recording) is named "if" and its index.
[[nodiscard]] Verdict add_multicast_message(MulticastRows& rows, std::span<const std::byte> payload, int family,
                                            const InterfaceNames& names);

} // namespace hindstat
