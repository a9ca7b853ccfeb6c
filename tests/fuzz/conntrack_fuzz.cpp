// SPDX-License-Identifier: MIT
// Connection tracking: ctnetlink's messages, and the text files of every kernel since 2.0.
#include <tuple>

#include "recorder/readers/ctnetlink.h"
#include "recorder/readers/proc_net_conntrack.h"
#include "recorder/readers/proc_net_ip_masquerade.h"
#include "recorder/text_fields.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

namespace {

constexpr ReadMoment moment{5'000'000, 1'700'000'000};

void require_rows(std::size_t before, std::size_t after, Verdict verdict) {
  require(after - before == (verdict == Verdict::kept ? 1U : 0U), "a record that is kept is one row");
}

} // namespace

void ctnetlink_messages(Input input) {
  ConntrackRows flows(conntracks);
  const Verdict of_flow = add_flow_message(flows, input, moment);
  require_rows(0, flows.size(), of_flow);
  require_recordable(std::move(flows).build(), 1);
  ExpectationRows expectations(conntrack_expectations);
  const Verdict of_expectation = add_expectation_message(expectations, input, moment);
  require_rows(0, expectations.size(), of_expectation);
  require_recordable(std::move(expectations).build(), 1);
  ConntrackCounters counters;
  if (add_statistics_message(counters, input) != Verdict::kept) {
    require(counters.empty(), "a message that is not kept counts nothing");
  }
}

void conntrack_lines(Input input) {
  const std::string_view text = as_text(input);
  ConntrackRows flows(conntracks);
  ExpectationRows expectations(conntrack_expectations);
  ConntrackStatLines statistics;
  IpMasqueradeLines masquerade(moment);
  ConntrackRows masqueraded(conntracks);
  std::size_t lines_read = 0;
  Lines lines(text);
  while (const auto line = lines.next()) {
    ++lines_read;
    const std::size_t before = flows.size();
    const Verdict flow = add_conntrack_line(flows, *line, moment);
    require_rows(before, flows.size(), flow);
    const std::size_t expected = expectations.size();
    const Verdict expectation = add_expectation_line(expectations, *line, moment);
    require_rows(expected, expectations.size(), expectation);
    const std::size_t old = masqueraded.size();
    const Verdict masquerading = masquerade.add(masqueraded, *line);
    require_rows(old, masqueraded.size(), masquerading);
    std::ignore = statistics.add(*line);
  }
  require_recordable(std::move(flows).build(), lines_read);
  require_recordable(std::move(expectations).build(), lines_read);
  require_recordable(std::move(masqueraded).build(), lines_read);
}

} // namespace hindstat::fuzz
