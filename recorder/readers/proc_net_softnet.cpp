// SPDX-License-Identifier: MIT
//
// /proc/net/softnet_stat (net/core/net-procfs.c softnet_seq_show), one line a CPU that is online, all hexadecimal:
//   processed dropped time_squeeze 0 0 0 0 0 cpu_collision received_rps flow_limit backlog cpu input_qlen process_qlen
#include "recorder/readers/proc_net_softnet.h"

#include <vector>

#include "recorder/text_fields.h"

namespace hindstat {

Verdict add_softnet_line(SoftnetRows& rows, std::string_view line) {
  constexpr std::size_t least = 3;
  constexpr std::size_t most = 64;
  std::vector<std::uint32_t> values;
  Fields fields(line);
  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    const auto value = parse_number<std::uint32_t>(word, 16);
    if (!value || values.size() == most) {
      return Verdict::rejected;
    }
    values.push_back(*value);
  }
  if (values.size() < least) {
    return Verdict::rejected;
  }
  const auto at = [&values](std::size_t index) {
    return index < values.size() ? std::optional(values[index]) : std::nullopt;
  };
  const std::uint32_t cpu = at(12).value_or(static_cast<std::uint32_t>(rows.size()));
  rows.add({cpu, values[0], values[1], values[2], at(9), at(10), at(11)});
  return Verdict::kept;
}

} // namespace hindstat
