// SPDX-License-Identifier: MIT
// Which conclusions two snapshots allow. "Not collected" is never "empty": a table that one side does not have is named
// as not compared and gives no events.
#include "diff/comparability.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "diff/host_checks.h"
#include "diff/recording.h"
#include "diff/source_coverage.h"
#include "tables/catalog.h"
#include "tables/conntrack_stat.h"
#include "tables/interface_counter6.h"
#include "tables/netlink_socket.h"
#include "tables/other_socket.h"
#include "tables/packet_socket.h"
#include "tables/protocol_counter.h"
#include "tables/socket.h"
#include "tables/table_stat.h"
#include "tables/unix_socket.h"

namespace hindstat {

namespace {

class GateKeeper {
public:
  GateKeeper(const Snapshot& before, const Snapshot& after, const DiffOptions& options,
             std::span<const TouchedRows> narrowed)
    : before_(before), after_(after), options_(options), narrowed_(narrowed) {
  }

  Gate run() {
    gate_ = check_hosts(before_, after_, options_);
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
    if (!compared.empty() && !result().same_namespace && counts_of_one_namespace(spec.name)) {
      for (const std::string& netns : compared) {
        result().not_compared.push_back({std::string(spec.name), netns, "both", "they count in two namespaces"});
      }
      return;
    }
    if (!compared.empty()) {
      if (const auto rows = std::ranges::find(narrowed_, spec.name, &TouchedRows::table); rows != narrowed_.end()) {
        table.before.keep(rows->before);
        table.after.keep(rows->after);
      }
      keep_namespaces(table.before, compared);
      keep_namespaces(table.after, compared);
      check_layout(table);
      for (const auto& [a, b] : collected) {
        check_captures(*a, *b, table);
      }
      result().compared.emplace_back(spec.name);
      gate_.tables.push_back(std::move(table));
    }
  }

  [[nodiscard]] static bool counts_of_one_namespace(std::string_view table) {
    return table == protocol_counters.name() || table == interface_counters6.name()
           || table == conntrack_statistics.name() || table == table_statistics.name();
  }

  // What an older recorder did not record is no value.
  void check_layout(ComparedTable& table) {
    const auto columns =
      find_unrecorded_columns(table.before.table(), table.after.table(), before_.info.recorder != after_.info.recorder);
    if (columns.empty()) {
      return;
    }
    table.sources_differ = true;
    std::string names;
    for (const std::string_view column : columns) {
      names += (names.empty() ? "" : ", ") + std::string(column);
    }
    result().doubts.push_back(
      fmt::format("{}: only one side's recorder told {}: not compared", table.before.table().spec().name, names));
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
