// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "recorder/system.h"

namespace hindstat {

/// Sends one dump request in the network namespace of the calling thread and hands every datagram that holds part of
/// the answer to `sink`. An answer that takes longer than the request allows, or stays out for 5 s, is ETIMEDOUT; what
/// came of it was handed on.
[[nodiscard]] DumpEnd run_netlink_dump(const NetlinkRequest& request, const DatagramSink& sink);

/// Dumps of one thread, one after the other: the socket of the last one stays open for the next of the same protocol,
/// because to open one costs as much as a short answer.
class NetlinkDumps {
public:
  NetlinkDumps();
  NetlinkDumps(const NetlinkDumps&) = delete;
  NetlinkDumps& operator=(const NetlinkDumps&) = delete;
  ~NetlinkDumps();

  /// As run_netlink_dump().
  [[nodiscard]] DumpEnd run(const NetlinkRequest& request, const DatagramSink& sink);
  /// Closes the socket: before what counts sockets is read, in which the recorder must not see itself.
  void close();

private:
  struct Open;
  std::unique_ptr<Open> open_;
};

} // namespace hindstat
