// SPDX-License-Identifier: MIT
#include "recorder/readers/process_reader.h"

#include "recorder/readers/process_facts.h"
#include "recorder/readers/socket_owner_reader.h"
#include "tables/process.h"

namespace hindstat {

namespace {

constexpr std::uint64_t ms_per_tick = 10; // USER_HZ is 100.
constexpr std::uint64_t most_start_ticks = ~0ULL / ms_per_tick;

} // namespace

void read_processes(ReadContext& context) {
  Capture capture = context.begin(processes.name(), "proc");
  TableBuilder rows(processes);
  for (const ProcessFiles& files : context.owners().processes) {
    auto stat = parse_process_stat(files.stat);
    const bool valid = stat && stat->start_ticks <= most_start_ticks;
    count_verdict(capture, valid ? Verdict::kept : Verdict::rejected, [&] { return files.stat; });
    if (!valid) {
      continue;
    }
    CgroupMembership membership = parse_cgroup(files.cgroup);
    Process row;
    row.pid = files.pid;
    row.started = stat->start_ticks * ms_per_tick;
    row.comm = std::move(stat->comm);
    row.exe = files.exe.empty() ? std::nullopt : std::optional(files.exe);
    row.unit = std::move(membership.unit);
    row.container = std::move(membership.container);
    row.fd_count = files.fd_count;
    row.fd_limit = parse_fd_limit(files.limits);
    rows.add(row);
  }
  context.end(capture);
  keep_owner_table(context, std::move(capture), std::move(rows).build());
}

} // namespace hindstat
