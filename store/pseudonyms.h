// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "tables/ip_address.h"

namespace hindstat {

/// What stands for what in anonymised stores: the key under which addresses were scrambled, and every name, address and
/// MAC that was met. Whoever has it can undo the anonymity.
struct Pseudonyms {
  /// By what was recorded: "nginx" is "process-4". No two of one kind have the same pseudonym.
  using Names = std::map<std::string, std::string, std::less<>>;

  std::string key;                                 ///< Scrambler::key_bytes of them.
  std::map<std::string, Names, std::less<>> names; ///< By kind: "host", "process", "user", ...
  std::map<IpAddress, IpAddress> addresses;
  std::map<std::pair<IpAddress, std::uint8_t>, IpAddress> networks; ///< With the number of bits that count.
  std::map<MacAddress, MacAddress> macs;

  /// The pseudonym of a name, "STEM-NUMBER", new if it had none. The kind has one sequence of numbers.
  [[nodiscard]] const std::string& find_or_add(std::string_view kind, std::string_view name, std::string_view stem);
  /// The same, nullptr if it has none.
  [[nodiscard]] const std::string* find(std::string_view kind, std::string_view name) const;

private:
  std::map<std::string, std::uint64_t, std::less<>> last_numbers_; // By kind, once it was asked for.
};

/// The map as a file, JSON that people can search:
///
///   {"hindstat_map": 1, "key": "64 hexadecimal digits",
///    "names": {"host": {"gw1": "host-1", ...}, ...},
///    "addresses": {"10.0.0.1": "10.83.7.201", ...}, "networks": {"10.0.0.0/24": "10.83.7.0/24", ...},
///    "macs": {"02:...": "06:...", ...}}
///
/// Names are escaped as the tools show them (escape_terminal), in both directions.
[[nodiscard]] std::string format_pseudonyms(const Pseudonyms& pseudonyms);
/// The opposite. Throws Error, a sentence with the place and without the path, for anything else: also where an address
/// does not become what the key makes of it.
[[nodiscard]] Pseudonyms parse_pseudonyms(std::string_view json);

} // namespace hindstat
