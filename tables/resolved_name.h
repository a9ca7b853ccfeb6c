// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// What came back for an address.
enum class NameAnswer : std::uint8_t {
  named = 1,
  unnamed = 2, ///< There is no name for it: NXDOMAIN, or no PTR record.
  failed = 3,  ///< The resolver refused or failed, or its answer is malformed.
};

template <>
struct NamesOf<NameAnswer> {
  static constexpr std::array values = {ValueName{1, "named"}, ValueName{2, "unnamed"}, ValueName{3, "failed"}};
};

enum class NameSource : std::uint8_t { hosts = 1, dns = 2 };

template <>
struct NamesOf<NameSource> {
  static constexpr std::array values = {ValueName{1, "hosts"}, ValueName{2, "dns"}};
};

/// The host name of a peer in table socket, where the recorder was asked for it (--resolve). Source: /etc/hosts of the
/// recorded host, else its resolver (a PTR query). Whoever owns the address decides what its name is: hostile text.
struct ResolvedName {
  IpAddress address;
  NameAnswer answer = NameAnswer::unnamed;
  std::optional<std::string> name;
  NameSource source = NameSource::dns;
  std::optional<std::uint64_t> looked_up;
};

inline constexpr auto resolved_names = define_table<ResolvedName>(
  "resolved_name", "Host names of the peers, as they were looked up with --resolve.",
  field<&ResolvedName::address>("address", Role::key, "Remote address in table socket; IPv4 also where it was mapped."),
  field<&ResolvedName::answer>("answer", Role::state, "What came back; an address without an answer has no row."),
  field<&ResolvedName::name>("name", Role::attribute,
                             "Bytes of the first name, labels joined with dots, at most 253; null when there is none."),
  field<&ResolvedName::source>("source", Role::attribute, "Who knew."),
  field<&ResolvedName::looked_up>("looked_up", Role::note,
                                  "When a watch had asked, where it was for an earlier snapshot; null: for this one.",
                                  Unit::boottime_ms));

} // namespace hindstat
