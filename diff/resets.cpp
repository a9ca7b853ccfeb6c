// SPDX-License-Identifier: MIT
// EstabResets counts every connection that goes to CLOSE straight from ESTABLISHED or CLOSE_WAIT (net/ipv4/tcp.c,
// tcp_set_state), TCPAbort* those that were given up, be it later in their lives. OutRsts alone proves nothing: the
// kernel answers a closed port with a reset, too; it is named beside the others.
#include "diff/resets.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "diff/tcp_counters.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

constexpr std::array reset_counters{
  CounterName{"Tcp", "EstabResets"},
  CounterName{"TcpExt", "TCPAbortOnData"},
  CounterName{"TcpExt", "TCPAbortOnClose"},
  CounterName{"TcpExt", "TCPAbortOnMemory"},
  CounterName{"TcpExt", "TCPAbortOnTimeout"},
  CounterName{"TcpExt", "TCPAbortOnLinger"},
  CounterName{"Tcp", "OutRsts"},
};
constexpr std::string_view no_proof_alone = "OutRsts";

// "EstabResets +1, OutRsts +2"; "" where nothing was reset.
std::string find_evidence(const Snapshot& before, const Snapshot& after, const std::string& netns) {
  const auto growth = growth_of_counters(before, after, netns, reset_counters);
  std::string evidence;
  bool proves = false;
  for (const CounterName& counter : reset_counters) {
    const auto it = growth.find(counter.name);
    if (it != growth.end() && it->second != 0) {
      evidence += fmt::format("{}{} +{}", evidence.empty() ? "" : ", ", counter.name, it->second);
      proves = proves || counter.name != no_proof_alone;
    }
  }
  return proves ? evidence : "";
}

bool is_gone_from(const Event& event, std::string_view state) {
  const std::string* from = find_field(event, "from");
  return from != nullptr && *from == state;
}

bool may_have_been_reset(const Event& event) {
  return event.spec->name == "sock.closed" && event.key.starts_with("tcp ") && find_field(event, "to") == nullptr
         && (is_gone_from(event, "ESTABLISHED") || is_gone_from(event, "CLOSE_WAIT"));
}

// A connection that closed in order leaves one end in TIME_WAIT, or was seen on its way there.
bool closed_in_order(const Event& event) {
  return (event.spec->name == "sock.closed" && find_field(event, "to") != nullptr) || has_flag(event, "came_and_went");
}

// "tcp B <> A" for "tcp A <> B"; "" for all but local connections.
std::string name_other_end(const std::string& key) {
  constexpr std::string_view arrow = " <> ";
  const std::size_t space = key.find(' ');
  const std::size_t middle = key.find(arrow);
  if (middle == std::string::npos || space >= middle) {
    return "";
  }
  return fmt::format("{} {}{}{}", key.substr(0, space), key.substr(middle + arrow.size()), arrow,
                     key.substr(space + 1, middle - space - 1));
}

} // namespace

void mark_possible_resets(std::vector<Event>& events, const Snapshot& before, const Snapshot& after, bool same_boot) {
  if (!same_boot) {
    return;
  }
  std::map<std::string, std::string> evidence_in;
  std::set<std::pair<std::string, std::string>> in_order;
  for (const Event& event : events) {
    if (closed_in_order(event)) {
      in_order.emplace(event.netns, event.key);
    }
  }
  for (Event& event : events) {
    if (!may_have_been_reset(event)) {
      continue;
    }
    auto known = evidence_in.find(event.netns);
    if (known == evidence_in.end()) {
      known = evidence_in.emplace(event.netns, find_evidence(before, after, event.netns)).first;
    }
    if (!known->second.empty() && !in_order.contains({event.netns, name_other_end(event.key)})) {
      event.fields.push_back({"possibly_reset", "true"});
      event.why.push_back(fmt::format("possibly reset: {}", known->second));
    }
  }
}

} // namespace hindstat
