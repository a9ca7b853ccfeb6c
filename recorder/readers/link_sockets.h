// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/netlink_socket.h"
#include "tables/packet_socket.h"

namespace hindstat {

/// Collects the rows of table packet_socket.
using PacketRows = TableBuilder<std::remove_const_t<decltype(packet_sockets)>>;
/// Collects the rows of table netlink_socket.
using NetlinkRows = TableBuilder<std::remove_const_t<decltype(netlink_sockets)>>;

/// Adds the row of one packet_diag message's payload. Rejected: what is too short, or of another family.
[[nodiscard]] Verdict add_packet_message(PacketRows& rows, std::span<const std::byte> payload,
                                         const InterfaceNames& names);
/// Adds the row of one line of /proc/net/packet below its heading.
[[nodiscard]] Verdict add_proc_packet(PacketRows& rows, std::string_view line, const InterfaceNames& names);

/// Adds the row of one netlink_diag message's payload. Skipped: the socket that the dump was asked on, whose port is
/// `own_port`.
[[nodiscard]] Verdict add_netlink_message(NetlinkRows& rows, std::span<const std::byte> payload,
                                          std::uint32_t own_port);
/// Adds the row of one line of /proc/net/netlink below its heading.
[[nodiscard]] Verdict add_proc_netlink(NetlinkRows& rows, std::string_view line);

/// The payloads of requests for every socket of the family.
[[nodiscard]] std::array<std::byte, 20> packet_diag_request();
[[nodiscard]] std::array<std::byte, 20> netlink_diag_request();

} // namespace hindstat
