// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/other_socket.h"

namespace hindstat {

/// Collects the rows of table other_socket.
using OtherSocketRows = TableBuilder<std::remove_const_t<decltype(other_sockets)>>;

/// Adds the row of one vsock_diag message's payload. Rejected: what is too short, or of another family.
[[nodiscard]] Verdict add_vsock_message(OtherSocketRows& rows, std::span<const std::byte> payload);
/// The same of xdp_diag.
[[nodiscard]] Verdict add_xdp_message(OtherSocketRows& rows, std::span<const std::byte> payload,
                                      const InterfaceNames& names);
/// The same of tipc_diag, whose messages are attributes alone: rejected is what has no TIPC_NLA_SOCK with a reference.
[[nodiscard]] Verdict add_tipc_message(OtherSocketRows& rows, std::span<const std::byte> payload);
/// The same of smc_diag.
[[nodiscard]] Verdict add_smc_message(OtherSocketRows& rows, std::span<const std::byte> payload,
                                      const InterfaceNames& names);

/// The payloads of requests for every socket of the family, in every state.
[[nodiscard]] std::array<std::byte, 24> vsock_diag_request();
[[nodiscard]] std::array<std::byte, 20> xdp_diag_request();
[[nodiscard]] std::array<std::byte, 8> tipc_diag_request();
[[nodiscard]] std::array<std::byte, 52> smc_diag_request();

} // namespace hindstat
