// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tables/ip_address.h"

namespace hindstat {

/// One endpoint of /proc/net/sctp/eps, or one association of /proc/net/sctp/assocs. Of several addresses the address is
/// the primary one, which the kernel marks with a star; else the first.
struct SctpRecord {
  bool is_association = false;
  std::uint8_t state = 0; ///< Of the association, else of the socket, which uses TCP's numbers.
  IpAddress local_address;
  IpAddress remote_address; ///< Unspecified, and of the local one's family, for an endpoint.
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  std::uint32_t recv_queue = 0;
  std::uint32_t send_queue = 0;
  std::uint32_t uid = 0;
  std::uint32_t inode = 0;
  std::vector<IpAddress> locals;  ///< All of them, in the kernel's order.
  std::vector<IpAddress> remotes; ///< Empty for an endpoint.
};

/// Reads one line below the heading of /proc/net/sctp/eps. nullopt when the line is not one of that file's.
[[nodiscard]] std::optional<SctpRecord> parse_sctp_endpoint(std::string_view line);
/// The same of /proc/net/sctp/assocs.
[[nodiscard]] std::optional<SctpRecord> parse_sctp_association(std::string_view line);

} // namespace hindstat
