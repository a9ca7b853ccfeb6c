// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/address.h"

namespace hindstat {

/// Collects the rows of table address from either source.
using AddressRows = TableBuilder<std::remove_const_t<decltype(addresses)>>;

/// Adds the row of one RTM_NEWADDR message's payload. Skipped: families other than IPv4 and IPv6; rejected: a payload
/// whose lengths do not fit together or without an address. An interface that `names` does not know (it came during
/// the recording) is named "if" and its index. `boottime_ms`: when the dump began; lifetimes count from there.
[[nodiscard]] Verdict add_address_message(AddressRows& rows, std::span<const std::byte> payload,
                                          const InterfaceNames& names, std::uint64_t boottime_ms);

} // namespace hindstat
