// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tables/ip_address.h"

namespace hindstat {

/// The first PTR record of a DNS answer.
struct PtrRecord {
  std::string name; ///< Bytes as they came, labels joined with dots; "." for the root.
  std::uint32_t ttl_s = 0;
};

/// An answer's message, RFC 1035 section 4. nullopt when it is malformed anywhere up to its first PTR record, has none,
/// or the name is longer than a name may be (255 octets on the wire). Terminates for every input: a compression pointer
/// must point back.
[[nodiscard]] std::optional<PtrRecord> parse_ptr_record(std::span<const std::byte> message);

/// The name under which an address's PTR record stands: "4.3.2.1.in-addr.arpa", "1.0...d.f.ip6.arpa".
[[nodiscard]] std::string reverse_name(const IpAddress& address);

/// One line of /etc/hosts.
struct HostsEntry {
  IpAddress address;
  std::string_view name; ///< The first one; lies in the line.
};
/// nullopt when the line is a remark or not one of that file's.
[[nodiscard]] std::optional<HostsEntry> parse_hosts_line(std::string_view line);

} // namespace hindstat
