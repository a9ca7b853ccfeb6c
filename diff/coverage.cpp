// SPDX-License-Identifier: MIT
// What the kernel counts and when (net/ipv4/tcp.c, tcp_output.c, tcp_minisocks.c): ActiveOpens when a SYN is sent,
// PassiveOpens when a handshake is complete and its socket made, AttemptFails when a socket in SYN_SENT or SYN_RECV is
// given up. A row in SYN_RECV is a request that is not counted yet; it is when it leaves that state.
#include "diff/coverage.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "diff/source_coverage.h"
#include "diff/tcp_counters.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

struct Opens {
  std::uint64_t seen = 0;
  std::uint64_t given_up = 0; ///< Attempts of before A that are gone: their ActiveOpens is in A already.
};

std::string_view field(const Event& event, std::string_view name) {
  const std::string* value = find_field(event, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::map<std::string, Opens> count_opens(std::span<const Event> events) {
  constexpr std::string_view request = "SYN_RECV";
  std::map<std::string, Opens> opens;
  for (const Event& event : events) {
    if (event.table != sockets.name() || !event.key.starts_with("tcp ")) {
      continue;
    }
    const std::string_view kind = event.spec->name;
    const std::string_view from = field(event, "from");
    const std::string_view to = field(event, "to");
    const bool opened = kind == "sock.opened" && field(event, "state") != request;
    const bool reopened = kind == "sock.reopened" && to != request;
    const bool completed = (kind == "sock.state" || kind == "sock.closed") && from == request && !to.empty();
    opens[event.netns].seen += opened || reopened || completed ? 1U : 0U;
    opens[event.netns].given_up += kind == "sock.closed" && from == "SYN_SENT" && to.empty() ? 1U : 0U;
  }
  return opens;
}

// All TCP sockets of the namespace were read.
bool saw_tcp(const Snapshot& snapshot, const std::string& netns) {
  const Capture* capture = snapshot.find_capture(sockets.name(), netns);
  if (capture == nullptr || capture->status != CaptureStatus::complete) {
    return false;
  }
  constexpr std::array<std::string_view, 3> silent{"denied", "failed", "late"};
  const auto answers = [&](std::string_view word) {
    return std::ranges::find(silent, find_coverage(capture->coverage, word)) == silent.end();
  };
  return answers("tcp") && answers("tcp6");
}

constexpr std::array open_counters{CounterName{"Tcp", "ActiveOpens"}, CounterName{"Tcp", "PassiveOpens"},
                                   CounterName{"Tcp", "AttemptFails"}};

} // namespace

std::vector<OpenCoverage> measure_coverage(std::span<const Event> events, const Snapshot& before, const Snapshot& after,
                                           bool same_boot) {
  std::vector<OpenCoverage> measured;
  if (!same_boot || after.info.clocks.boottime_ns <= before.info.clocks.boottime_ns) {
    return measured;
  }
  std::map<std::string, Opens> opens = count_opens(events);
  for (const Capture& capture : before.captures) {
    if (capture.table != sockets.name() || !saw_tcp(before, capture.netns) || !saw_tcp(after, capture.netns)) {
      continue;
    }
    const auto growth = growth_of_counters(before, after, capture.netns, open_counters);
    if (growth.size() != open_counters.size()) {
      continue;
    }
    const Opens& seen = opens[capture.netns];
    const std::uint64_t fails = growth.at("AttemptFails");
    const std::uint64_t failed = fails - std::min(fails, seen.given_up);
    const std::uint64_t begun = growth.at("ActiveOpens") + growth.at("PassiveOpens");
    // The counters are read a moment before the sockets, and requests that were reset count as failed attempts, too.
    const std::uint64_t counted = std::max(begun - std::min(begun, failed), seen.seen);
    if (counted != 0) {
      measured.push_back({capture.netns, seen.seen, counted});
    }
  }
  return measured;
}

} // namespace hindstat
