// SPDX-License-Identifier: MIT
// Which conclusions two snapshots allow. "Not collected" is never "empty": a table that one side does not have is named
// as not compared and gives no events.
#include "diff/comparability.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "diff/source_coverage.h"
#include "tables/catalog.h"
#include "tables/netlink_socket.h"
#include "tables/other_socket.h"
#include "tables/packet_socket.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"

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

class GateKeeper {
public:
  GateKeeper(const Snapshot& before, const Snapshot& after, const DiffOptions& options,
             std::span<const TouchedRows> narrowed)
    : before_(before), after_(after), options_(options), narrowed_(narrowed) {
  }

  Gate run() {
    check_host();
    check_clocks();
    check_namespace();
    for (const TableSpec& spec : catalog()) {
      const bool wanted =
        options_.tables.empty() || std::ranges::find(options_.tables, spec.name) != options_.tables.end();
      if (wanted) {
        check_table(spec);
      }
    }
    say_partial_doubts();
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
    if (result().same_boot && a != 0 && b != 0 && a != b) {
      throw Error(fmt::format("two network namespaces of {}, net:[{}] and net:[{}]: only snapshots recorded in one "
                              "namespace can be compared",
                              before_.info.host, a, b));
    }
  }

  // The capture of a table in one namespace, where the rows say something.
  [[nodiscard]] static const Capture* find_collected(const Snapshot& snapshot, std::string_view table,
                                                     std::string_view netns) {
    const Capture* capture = snapshot.find_capture(table, netns);
    return capture != nullptr && was_collected(capture->status) ? capture : nullptr;
  }

  [[nodiscard]] static bool is_absent(const Snapshot& snapshot, std::string_view table, std::string_view netns) {
    const Capture* capture = snapshot.find_capture(table, netns);
    return capture != nullptr && capture->status == CaptureStatus::absent;
  }

  [[nodiscard]] static std::string reason(const Snapshot& snapshot, std::string_view table, std::string_view netns) {
    const Capture* capture = snapshot.find_capture(table, netns);
    if (capture == nullptr) {
      return netns.empty() ? "not collected: it was not asked for" : "not collected: the namespace was not recorded";
    }
    return capture->detail.empty()
             ? fmt::format("not collected: {}", format_status(capture->status))
             : fmt::format("not collected: {}: {}", format_status(capture->status), capture->detail);
  }

  void check_table(const TableSpec& spec) {
    std::set<std::string> namespaces;
    for (const Snapshot* side : {&before_, &after_}) {
      for (const Capture& capture : side->captures) {
        if (capture.table == spec.name) {
          namespaces.insert(capture.netns);
        }
      }
    }
    const bool asked_for = !options_.tables.empty();
    if (namespaces.empty() && asked_for) {
      namespaces.insert("");
    }
    std::vector<std::string> compared;
    std::vector<std::pair<const Capture*, const Capture*>> collected;
    ComparedTable table{side_rows(before_, spec), side_rows(after_, spec)};
    for (const std::string& netns : namespaces) {
      const Capture* a = find_collected(before_, spec.name, netns);
      const Capture* b = find_collected(after_, spec.name, netns);
      if (!asked_for && is_absent(before_, spec.name, netns) && is_absent(after_, spec.name, netns)) {
        continue; // What neither kernel has leaves nothing open.
      }
      if (a == nullptr || b == nullptr) {
        report_not_compared(spec, netns, a != nullptr, b != nullptr);
      } else if (!has_rows_without_owners(spec.name) && !have_same_view(*a, *b)) {
        result().not_compared.push_back({std::string(spec.name), netns, "both", describe_views(*a, *b)});
      } else {
        compared.push_back(netns);
        collected.emplace_back(a, b);
      }
    }
    if (!compared.empty()) {
      if (const auto rows = std::ranges::find(narrowed_, spec.name, &TouchedRows::table); rows != narrowed_.end()) {
        table.before.keep(rows->before);
        table.after.keep(rows->after);
      }
      keep_namespaces(table.before, compared);
      keep_namespaces(table.after, compared);
      for (const auto& [a, b] : collected) {
        check_captures(*a, *b, table);
      }
      result().compared.emplace_back(spec.name);
      gate_.tables.push_back(std::move(table));
    }
  }

  [[nodiscard]] static SideRows side_rows(const Snapshot& snapshot, const TableSpec& spec) {
    const Table* table = snapshot.find_table(spec.name);
    return table == nullptr ? SideRows(spec) : SideRows(*table);
  }

  void report_not_compared(const TableSpec& spec, const std::string& netns, bool in_before, bool in_after) {
    const std::string side = in_before ? "B" : in_after ? "A" : "both";
    std::string why = in_before ? reason(after_, spec.name, netns) : reason(before_, spec.name, netns);
    if (side == "both" && reason(after_, spec.name, netns) != why) {
      why = fmt::format("A {}; B {}", why, reason(after_, spec.name, netns));
    }
    result().not_compared.push_back({std::string(spec.name), netns, side, std::move(why)});
  }

  static void keep_namespaces(SideRows& rows, const std::vector<std::string>& namespaces) {
    const Column* netns = rows.table().find_column("netns");
    if (netns == nullptr) {
      return;
    }
    std::vector<std::uint32_t> kept;
    for (std::uint32_t row = 0; row < netns->size(); ++row) {
      if (std::ranges::find(namespaces, netns->bytes(row)) != namespaces.end()) {
        kept.push_back(row);
      }
    }
    if (kept.size() != netns->size()) {
      rows.keep(kept);
    }
  }

  void check_captures(const Capture& a, const Capture& b, ComparedTable& table) {
    const bool a_partial = a.status == CaptureStatus::partial;
    const bool b_partial = b.status == CaptureStatus::partial;
    table.before_partial = table.before_partial || a_partial;
    table.after_partial = table.after_partial || b_partial;
    const auto doubt_partial = [&](const Capture& capture, std::string_view side) {
      const std::string why = capture.detail.empty() ? "rows may be missing" : capture.detail;
      partial_doubts_[{capture.netns, std::string(side), why}].push_back(capture.table);
    };
    if (a_partial && b_partial && a.detail == b.detail) {
      doubt_partial(a, "A and B");
    } else {
      if (a_partial) {
        doubt_partial(a, "A");
      }
      if (b_partial) {
        doubt_partial(b, "B");
      }
    }
    restrict_to_common_sources(table, a, b, result());
    if (has_rows_without_owners(a.table)) {
      check_owners(a, b);
    }
  }

  // Tables whose rows are there whether or not their owners could be seen.
  [[nodiscard]] static bool has_rows_without_owners(std::string_view table) {
    return table == sockets.name() || table == unix_sockets.name() || table == packet_sockets.name()
           || table == netlink_sockets.name() || table == other_sockets.name();
  }

  // Whether both sides could see the same processes: all, or those of one user.
  [[nodiscard]] bool have_same_view(const Capture& a, const Capture& b) const {
    const std::string_view owners = find_coverage(a.coverage, "owners");
    return owners == find_coverage(b.coverage, "owners") && owners != "late" // Nobody knows whose were not reached.
           && (owners != "partial" || before_.info.euid == after_.info.euid);
  }
  [[nodiscard]] std::string describe_views(const Capture& a, const Capture& b) const {
    return fmt::format("A saw the owners of sockets {} (uid {}), B {} (uid {})",
                       describe_owners(find_coverage(a.coverage, "owners")), before_.info.euid,
                       describe_owners(find_coverage(b.coverage, "owners")), after_.info.euid);
  }

  void check_owners(const Capture& a, const Capture& b) {
    if (result().owners_comparable && !have_same_view(a, b)) {
      result().owners_comparable = false;
      doubt("", fmt::format("owners of sockets are not compared: {}", describe_views(a, b)));
    }
  }

  [[nodiscard]] static std::string_view describe_owners(std::string_view coverage) {
    return coverage == "complete" ? "wholly" : coverage == "partial" || coverage == "late" ? "in part" : "not at all";
  }

  void doubt(const std::string& netns, std::string sentence) {
    result().doubts.push_back(netns.empty() ? std::move(sentence)
                                            : fmt::format("in namespace {}: {}", netns, sentence));
  }

  // Tables that are partial for the same reason share a sentence.
  void say_partial_doubts() {
    for (const auto& [key, tables] : partial_doubts_) {
      const auto& [netns, side, why] = key;
      std::string names;
      for (const std::string& table : tables) {
        names += (names.empty() ? "" : ", ") + table;
      }
      doubt(netns, fmt::format("{} of {} {} partial: {}", names, side, tables.size() == 1 ? "is" : "are", why));
    }
  }

  const Snapshot& before_;
  const Snapshot& after_;
  const DiffOptions& options_;
  std::span<const TouchedRows> narrowed_;
  Gate gate_;
  std::map<std::array<std::string, 3>, std::vector<std::string>> partial_doubts_; // By namespace, side and reason.
};

} // namespace

Gate check_comparability(const Snapshot& before, const Snapshot& after, const DiffOptions& options,
                         std::span<const TouchedRows> narrowed) {
  return GateKeeper(before, after, options, narrowed).run();
}

} // namespace hindstat
