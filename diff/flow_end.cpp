// SPDX-License-Identifier: MIT
#include "diff/flow_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "diff/counter_delta.h"
#include "tables/conntrack_stat.h"

namespace hindstat {

namespace {

constexpr std::int64_t slack_ms = 5000;
// A connection that was reset is kept for so long (nf_conntrack_tcp_timeout_close).
constexpr double seconds_of_close = 10;

bool is_closing(std::string_view state) {
  constexpr std::array<std::string_view, 10> states{"CLOSE",    "TIME_WAIT",     "LAST_ACK",         "FIN_WAIT", // TCP
                                                    "TIMEWAIT", "CLOSEREQ",      "CLOSING",                      // DCCP
                                                    "CLOSED",   "SHUTDOWN_SENT", "SHUTDOWN_ACK_SENT"};           // SCTP
  return std::ranges::find(states, state) != states.end();
}

std::optional<std::uint64_t> early_drops(const Snapshot& snapshot, const std::string& netns) {
  const Table* table = snapshot.find_table(conntrack_statistics.name());
  for (std::size_t row = 0; table != nullptr && row < table->size(); ++row) {
    const ConntrackStatistic statistic = conntrack_statistics.row(*table, row);
    if (statistic.netns == netns && statistic.name == "early_drop") {
      return statistic.count;
    }
  }
  return std::nullopt;
}

} // namespace

FlowEnds::Facts& FlowEnds::facts_of(std::string_view name) {
  if (const auto known = facts_.find(name); known != facts_.end()) {
    return known->second;
  }
  const std::string netns(name);
  Facts& facts = facts_[netns];
  facts.read_at_ms = boottime_of_reading(*context_.after, conntracks.name(), netns) / 1'000'000;
  facts.seconds = counted_time(*context_.before, *context_.after, conntracks.name(), netns, context_.same_boot).seconds;
  const auto a = early_drops(*context_.before, netns);
  const auto b = early_drops(*context_.after, netns);
  facts.early_drops = a && b && *b > *a ? *b - *a : 0;
  return facts;
}

bool FlowEnds::is_due(std::optional<std::uint64_t> expires, std::string_view state, const Facts& facts) {
  return expires && time_left_ms(*expires, facts.read_at_ms) > slack_ms && !is_closing(state);
}

// Of every flow, so only the cells that it needs.
void FlowEnds::count(const Table& before, std::uint32_t row, bool gone) {
  const Column& expires = conntracks.column<&Conntrack::expires>(before);
  Facts& facts = facts_of(conntracks.column<&Conntrack::netns>(before).bytes(row));
  if (is_due(expires.is_null(row) ? std::nullopt : std::optional(expires.raw(row)),
             conntracks.column<&Conntrack::state>(before).bytes(row), facts)) {
    ++facts.due;
    facts.gone += gone ? 1U : 0U;
  }
}

FlowEnd FlowEnds::end_of(const Conntrack& flow) {
  const Facts& facts = facts_of(flow.netns);
  const std::string state = flow.state.value_or("");
  if (is_closing(state)) {
    return {"closed", Confidence::consistent, {}};
  }
  if (!flow.expires) {
    return {"", Confidence::inferred, {"no timer was recorded"}};
  }
  if (!is_due(flow.expires, state, facts)) {
    return {"timed_out", Confidence::inferred, {}};
  }
  FlowEnd end{"early", Confidence::consistent, {}};
  end.flushed = facts.gone > 1 && 5 * facts.gone >= 4 * facts.due;
  if (end.flushed) {
    end.why.push_back(fmt::format("{} of {} flows that should have stayed are gone", facts.gone, facts.due));
  } else if (flow.protocol == FlowProtocol::tcp && facts.seconds > seconds_of_close) {
    end.why.emplace_back("it may have been closed and forgotten meanwhile");
  }
  const bool is_assured = flow.flags && flow.flags->has(FlowFlag::assured);
  if (facts.early_drops != 0 && !is_assured) {
    end.why.push_back(fmt::format("the table was full, {} flows were dropped early", facts.early_drops));
  }
  return end;
}

} // namespace hindstat
