// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "recorder/names/dns_client.h"
#include "recorder/system.h"
#include "tables/snapshot.h"

namespace hindstat {

/// The remote addresses in table socket, each once and unmapped, ascending; without those that say nothing (loopback,
/// unspecified, link-local) and those of the namespace itself. Empty when there is no such table.
[[nodiscard]] std::vector<IpAddress> peer_addresses(const Snapshot& snapshot);

/// Looks up the host names of a snapshot's peers and remembers them for the next snapshots of the same watch.
class PeerNames {
public:
  /// `timeout_ns`: for all names of one snapshot together. `system` must outlive this: its /etc/hosts is read first,
  /// its clock says what has become stale.
  PeerNames(const System& system, std::int64_t timeout_ns, AskNames ask = ask_dns)
    : system_(&system), timeout_ns_(timeout_ns), ask_(std::move(ask)) {
  }

  /// Adds table resolved_name and its capture, which is partial when not all of them were answered in time. Asks for at
  /// most 1000 addresses, and for none again before its answer has become stale.
  void add_to(Snapshot& snapshot);

private:
  struct Known {
    ResolvedName row;
    bool is_answered = false;   ///< Else it was asked for in vain.
    std::uint64_t stale_ms = 0; ///< CLOCK_BOOTTIME.
  };

  [[nodiscard]] std::uint64_t now_ms() const;
  void forget_stale(const std::vector<IpAddress>& peers);
  void read_hosts_file(const std::vector<IpAddress>& peers);
  [[nodiscard]] std::vector<IpAddress> unknown(const std::vector<IpAddress>& peers) const;
  [[nodiscard]] std::string ask_for(const std::vector<IpAddress>& addresses);
  [[nodiscard]] Table rows_of(const std::vector<IpAddress>& peers, std::uint64_t began_ms) const;

  const System* system_;
  std::int64_t timeout_ns_;
  AskNames ask_;
  std::map<IpAddress, Known> known_;
};

/// Says in the snapshot why it has no table resolved_name, though it was asked for.
void add_no_names(Snapshot& snapshot, std::string why);

} // namespace hindstat
