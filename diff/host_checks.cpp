// SPDX-License-Identifier: MIT
#include "diff/host_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "diff/recording.h"

namespace hindstat {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t largest_quiet_step_ns = 2 * second_ns;
// Without boot ids: two clocks that drifted apart by more than this were not one boot.
constexpr std::int64_t largest_same_boot_step_ns = 3600 * second_ns;

std::int64_t wall_progress(const Snapshot& before, const Snapshot& after) {
  return after.info.clocks.realtime_ns - before.info.clocks.realtime_ns;
}

std::int64_t boottime_progress(const Snapshot& before, const Snapshot& after) {
  return after.info.clocks.boottime_ns - before.info.clocks.boottime_ns;
}

std::string describe_host(const SnapshotInfo& info) {
  return info.machine_id.empty() ? info.host : fmt::format("{} ({})", info.host, info.machine_id.substr(0, 12));
}

bool is_same_host(const SnapshotInfo& a, const SnapshotInfo& b) {
  const bool ids_known = !a.machine_id.empty() && !b.machine_id.empty();
  return a.host == b.host && (!ids_known || a.machine_id == b.machine_id);
}

bool is_same_boot(const Snapshot& before, const Snapshot& after) {
  if (!before.info.boot_id.empty() && !after.info.boot_id.empty()) {
    return before.info.boot_id == after.info.boot_id;
  }
  const std::int64_t wall = wall_progress(before, after);
  const std::int64_t boottime = boottime_progress(before, after);
  return (wall < 0) == (boottime < 0) && std::llabs(wall - boottime) <= largest_same_boot_step_ns;
}

Event host_event(std::string_view name, const SnapshotInfo& info) {
  Event event;
  event.spec = &event_spec(name);
  event.table = event.spec->table;
  event.key = info.host;
  return event;
}

class HostChecker {
public:
  HostChecker(const Snapshot& before, const Snapshot& after, const DiffOptions& options)
    : before_(before), after_(after), options_(options) {
  }

  Gate run() {
    check_host();
    check_clocks();
    check_namespace();
    check_recorders();
    check_gaps();
    return std::move(gate_);
  }

private:
  [[nodiscard]] Comparability& result() {
    return gate_.comparability;
  }

  void check_host() {
    result().same_host = is_same_host(before_.info, after_.info);
    if (!result().same_host) {
      throw Error(fmt::format("two hosts, {} and {}: only snapshots of one host can be compared",
                              describe_host(before_.info), describe_host(after_.info)));
    }
  }

  void check_clocks() {
    Comparability& answer = result();
    const std::int64_t wall = wall_progress(before_, after_);
    const std::int64_t boottime = boottime_progress(before_, after_);
    answer.same_boot = is_same_boot(before_, after_);
    answer.elapsed_ns = answer.same_boot ? boottime : wall;
    if (answer.elapsed_ns < 0) {
      answer.doubts.push_back("B was recorded before A: what is said to appear did in fact disappear");
    }
    if (!answer.same_boot) {
      report_reboot();
      return;
    }
    if (before_.info.boot_id.empty() || after_.info.boot_id.empty()) {
      answer.doubts.push_back("the boot was not recorded: that it is the same one is concluded from the clocks");
    }
    answer.clock_step_ns = wall - boottime;
    if (std::llabs(answer.clock_step_ns) > largest_quiet_step_ns) {
      Event event = host_event("host.clock_step", after_.info);
      event.fields.push_back(
        {"step_s", fmt::format("{:+.1f}", static_cast<double>(answer.clock_step_ns) / double{second_ns})});
      event.confidence = Confidence::proven;
      gate_.events.push_back(std::move(event));
    }
  }

  void report_reboot() {
    Event event = host_event("host.rebooted", after_.info);
    event.confidence = Confidence::proven;
    const std::int64_t downtime = result().elapsed_ns - after_.info.clocks.boottime_ns;
    if (downtime >= 0) {
      event.fields.push_back({"downtime_at_most_s", fmt::format("{}", downtime / second_ns)});
    }
    if (before_.info.boot_id != after_.info.boot_id) {
      event.changed.push_back({"boot_id", before_.info.boot_id, after_.info.boot_id});
    }
    if (before_.info.kernel_release != after_.info.kernel_release) {
      event.changed.push_back({"kernel_release", before_.info.kernel_release, after_.info.kernel_release});
    }
    gate_.events.push_back(std::move(event));
    result().notes.push_back("another boot: sockets are compared as services, not as the same objects");
  }

  void check_namespace() {
    const std::uint64_t a = before_.info.net_namespace;
    const std::uint64_t b = after_.info.net_namespace;
    if (!result().same_boot || a == 0 || b == 0 || a == b) {
      return;
    }
    if (!options_.cross_namespaces) {
      throw Error(fmt::format("two network namespaces of {}, net:[{}] and net:[{}]: only snapshots recorded in one "
                              "namespace can be compared, others with --cross-netns",
                              before_.info.host, a, b));
    }
    result().same_namespace = false;
    result().doubts.push_back(fmt::format("two network namespaces, net:[{}] and net:[{}]: sockets are compared as "
                                          "services, interfaces by name, counters not at all",
                                          a, b));
  }

  // Another program, or one with other rights, may tell more or less. What it did tell is in the captures; where they
  // are alike this is for the reader's information.
  void check_recorders() {
    const SnapshotInfo& a = before_.info;
    const SnapshotInfo& b = after_.info;
    if (a.euid != b.euid || a.capabilities != b.capabilities) {
      result().notes.push_back(fmt::format("A was recorded {}, B {}", describe_rights(a), describe_rights(b)));
    }
    if (a.recorder != b.recorder && !a.recorder.empty() && !b.recorder.empty()) {
      result().notes.push_back(fmt::format("A was recorded by {}, B by {}", a.recorder, b.recorder));
    }
  }
  [[nodiscard]] static std::string describe_rights(const SnapshotInfo& info) {
    return fmt::format("with uid {} and capabilities {:x}", info.euid, info.capabilities);
  }

  void check_gaps() {
    const auto gaps = options_.recorded.gaps_between(before_.info.clocks.realtime_ns, after_.info.clocks.realtime_ns);
    if (gaps.empty()) {
      return;
    }
    const std::int64_t usual = options_.recorded.usual_ns().value_or(0);
    const auto seconds = [](std::int64_t ns) {
      const double s = static_cast<double>(ns) / 1e9;
      return s < 10 && s > 0 ? fmt::format("{:.1f}", s) : fmt::format("{:.0f}", s);
    };
    std::int64_t longest = 0;
    for (const RecordingGap& gap : gaps) {
      longest = std::max(longest, gap.to_ns - gap.from_ns);
      Event event = host_event("recorder.gap", after_.info);
      event.fields.push_back({"gap_s", seconds(gap.to_ns - gap.from_ns)});
      event.fields.push_back({"usual_s", seconds(usual)});
      event.fields.push_back(
        {"after_a_s",
         seconds(gap.from_ns - std::min(before_.info.clocks.realtime_ns, after_.info.clocks.realtime_ns))});
      event.confidence = Confidence::proven;
      gate_.events.push_back(std::move(event));
    }
    result().doubts.push_back(
      fmt::format("nothing was recorded for {} s{}, and usually it is every {} s: what came and "
                  "went meanwhile is not seen",
                  seconds(longest), gaps.size() == 1 ? "" : fmt::format(" ({} gaps, this the longest)", gaps.size()),
                  seconds(usual)));
  }

  const Snapshot& before_;
  const Snapshot& after_;
  const DiffOptions& options_;
  Gate gate_;
};

} // namespace

Gate check_hosts(const Snapshot& before, const Snapshot& after, const DiffOptions& options) {
  return HostChecker(before, after, options).run();
}

} // namespace hindstat
