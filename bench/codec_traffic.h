// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tables/process.h"
#include "tables/route.h"
#include "tables/snapshot.h"
#include "tables/socket.h"

namespace hindstat {

/// Generated connections of a busy server. Half of those that are not in TIME_WAIT have a keepalive timer, 5 % of the
/// rows are in TIME_WAIT; addresses, ports, inodes, cookies, pids and descriptors are handed out as Linux does.
class BusyServer {
public:
  BusyServer(std::size_t count, std::uint64_t seed);

  /// Lets `churn` (0 to 1) of the connections close into TIME_WAIT, as many TIME_WAIT rows expire and as many new
  /// connections open; keepalive timers that are due start again.
  void step(double churn);
  /// Table socket, its rows in the random order of the kernel's hash table.
  /// Table socket. A row keeps its place, a new one takes that of one that is gone: as in the kernel's hash table,
  /// where the place tells nothing of the age.
  [[nodiscard]] const Table& table() const {
    return table_;
  }
  /// Table process: the workers of the services, with the descriptors that they have open now.
  [[nodiscard]] Table processes() const;
  /// CLOCK_BOOTTIME, which goes on with each step.
  [[nodiscard]] std::uint64_t now_ms() const {
    return now_ms_;
  }

private:
  struct Service {
    std::string name;
    std::uint16_t port;
    std::uint32_t uid;
    std::uint32_t first_pid;
    std::uint32_t workers;
  };

  [[nodiscard]] Socket opened();
  void close(std::size_t index);
  [[nodiscard]] std::uint32_t take_fd(std::uint32_t pid);
  [[nodiscard]] std::uint64_t below(std::uint64_t limit);

  std::mt19937_64 random_;
  std::vector<Service> services_;
  std::vector<IpAddress> clients_;
  Table table_;
  std::vector<std::uint32_t> live_;   // Rows.
  std::deque<std::uint32_t> closing_; // Rows in TIME_WAIT, the oldest first.
  std::map<std::uint32_t, std::set<std::uint32_t>> free_fds_;
  std::map<std::uint32_t, std::uint32_t> next_fd_;
  std::uint64_t cookie_ = 4'000;
  std::uint32_t inode_ = 53'000;
  std::uint64_t now_ms_ = 86'400'000;
};

/// An idle machine's tables, minute by minute: descriptors come and go, a keepalive timer or two starts again, and now
/// and then cron's connection opens and closes.
class IdleMachine {
public:
  explicit IdleMachine(std::uint64_t seed);

  /// The snapshot of the next minute, with captures whose timings jitter.
  [[nodiscard]] Snapshot next();

private:
  [[nodiscard]] std::uint64_t below(std::uint64_t limit);
  void add_sockets();
  void add_processes();
  void add_routes();

  std::mt19937_64 random_;
  std::vector<Socket> sockets_;
  std::vector<Process> processes_;
  std::vector<Route> routes_;
  int minute_ = 0;
  std::uint32_t inode_ = 60'000;
  std::uint64_t cookie_ = 900;
};

/// Host, boot and clocks `seconds` after the first snapshot.
[[nodiscard]] SnapshotInfo made_info(std::int64_t seconds);

} // namespace hindstat
