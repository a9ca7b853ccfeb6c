// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tables/ip_address.h"
#include "tables/resolved_name.h"

namespace hindstat {

/// What the resolver said about one address.
struct DnsAnswer {
  IpAddress address;
  NameAnswer answer = NameAnswer::failed;
  std::string name;        ///< NameAnswer::named: bytes as they came.
  std::uint32_t ttl_s = 0; ///< NameAnswer::named: how long it holds.
};

struct DnsAnswers {
  std::vector<DnsAnswer> answers; ///< In the order in which they came; addresses without an answer are not here.
  std::string trouble;            ///< What kept the others from being answered, where that is known; else empty.
};

/// Asks for the names of addresses, each once, and returns after `timeout_ns` at the latest.
using AskNames = std::function<DnsAnswers(std::span<const IpAddress> addresses, std::int64_t timeout_ns)>;

/// AskNames by PTR queries to the resolver of this machine (/etc/resolv.conf), at most 100 under way at once. This is
/// the only place of the recorder that sends anything to anybody.
[[nodiscard]] DnsAnswers ask_dns(std::span<const IpAddress> addresses, std::int64_t timeout_ns);

} // namespace hindstat
