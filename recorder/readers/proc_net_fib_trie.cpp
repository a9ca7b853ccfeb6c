// SPDX-License-Identifier: MIT
//
// /proc/net/fib_trie (net/ipv4/fib_trie.c fib_trie_seq_show), a trie a table; inner nodes begin with "+--", leaves with
// "|--", and under a leaf stand the routes to it:
//   Local:
//     +-- 0.0.0.0/1 2 0 2
//           |-- 10.1.1.1
//              /32 host LOCAL
//        |-- 10.1.1.255
//           /32 link BROADCAST tos=4
// Without rules of routing the tables main and local are one, and it is printed under both names. With an address comes
// (devinet.c, fib_frontend.c fib_add_ifaddr): itself as LOCAL; when the interface is up its subnet, which is UNICAST or
// on the loopback device LOCAL, and below 31 bits the last address of the subnet as BROADCAST.
#include "recorder/readers/proc_net_fib_trie.h"

#include <algorithm>
#include <map>
#include <set>

#include "recorder/text_fields.h"
#include "tables/route.h"

namespace hindstat {

namespace {

constexpr std::uint8_t longest_prefix = 32;
constexpr const char* loopback_device = "lo"; // The kernel makes one in each namespace, under this name.

std::uint32_t number_of(const IpAddress& address) {
  std::uint32_t number = 0;
  for (const char byte : address.bytes()) {
    number = number << 8U | static_cast<std::uint8_t>(byte);
  }
  return number;
}

IpAddress address_of(std::uint32_t number) {
  return IpAddress::v4({static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
                        static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
}

std::optional<std::uint32_t> parse_number4(std::string_view text) {
  const auto address = parse_ip_address(text);
  return address && address->is_v4() ? std::optional(number_of(*address)) : std::nullopt;
}

/// Of a subnet of 0 to 32 bits.
std::uint32_t last_of(const Subnet4& subnet) {
  return static_cast<std::uint32_t>(subnet.prefix | (std::uint64_t{0xffffffff} >> subnet.length));
}

template <typename Value>
void sort_once(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

using PlacedSubnet = std::pair<Subnet4, std::string>; // and its interface

/// Subnets that may have been made with an address, by their last address.
std::map<std::uint32_t, std::set<PlacedSubnet>> subnets_of(const LocalFacts4& facts, const Table& connected) {
  constexpr std::uint8_t longest_with_broadcast = 30;
  std::map<std::uint32_t, std::set<PlacedSubnet>> subnets;
  const auto add = [&](const Subnet4& subnet, const std::string& interface) {
    if (subnet.length != 0 && subnet.length <= longest_with_broadcast
        && std::ranges::binary_search(facts.broadcasts, last_of(subnet))) {
      subnets[last_of(subnet)].emplace(subnet, interface);
    }
  };
  for (std::size_t i = 0; i < connected.size(); ++i) {
    const Route route = routes.row(connected, i);
    if (route.type == RouteType::unicast && !route.gateway && route.interface) {
      add({number_of(route.destination), route.prefix_length}, *route.interface);
    }
  }
  for (const Subnet4& subnet : facts.loopbacks) {
    add(subnet, loopback_device);
  }
  return subnets;
}

} // namespace

Verdict FibTrieLines::add(std::string_view line) {
  Fields fields(line);
  const std::string_view word = fields.next();
  if (word == "|--") {
    leaf_ = parse_number4(fields.next());
    return leaf_ ? Verdict::heading : Verdict::rejected;
  }
  if (word.starts_with('/')) {
    return add_route(line);
  }
  leaf_.reset();
  // Inner nodes and names of tables: "Main:", "Id 100:".
  return word == "+--" || trimmed(line).ends_with(':') ? Verdict::heading : Verdict::rejected;
}

Verdict FibTrieLines::add_route(std::string_view line) {
  Fields fields(line);
  const auto length = parse_number<std::uint8_t>(fields.next().substr(1));
  const std::string_view scope = fields.next();
  const std::string_view type = fields.next();
  if (!leaf_ || !length || *length > longest_prefix || scope.empty() || type.empty()) {
    return Verdict::rejected;
  }
  if (type == "LOCAL" && *length == longest_prefix) {
    facts_.hosts.push_back(*leaf_);
  } else if (type == "LOCAL") {
    facts_.loopbacks.push_back({*leaf_, *length});
  } else if (type == "BROADCAST") {
    facts_.broadcasts.push_back(*leaf_);
  }
  return Verdict::kept;
}

LocalFacts4 FibTrieLines::facts() && {
  sort_once(facts_.hosts);
  sort_once(facts_.broadcasts);
  sort_once(facts_.loopbacks);
  return std::move(facts_);
}

std::vector<IpAddress> add_proc_addresses4(AddressRows& rows, const LocalFacts4& facts, const Table& connected) {
  std::set<std::uint32_t> placed;
  for (const auto& [last, candidates] : subnets_of(facts, connected)) {
    const auto& [subnet, interface] = *candidates.begin();
    const auto first_host = std::ranges::lower_bound(facts.hosts, subnet.prefix);
    const auto end_of_hosts = std::ranges::upper_bound(facts.hosts, last);
    if (candidates.size() == 1 && end_of_hosts - first_host == 1) {
      Address row;
      row.interface = interface;
      row.address = address_of(*first_host);
      row.prefix_length = subnet.length;
      rows.add(row);
      placed.insert(*first_host);
    }
  }
  std::vector<IpAddress> left_out;
  for (const std::uint32_t host : facts.hosts) {
    if (!placed.contains(host)) {
      left_out.push_back(address_of(host));
    }
  }
  return left_out;
}

} // namespace hindstat
