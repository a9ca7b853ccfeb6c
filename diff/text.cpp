// SPDX-License-Identifier: MIT
// The diff for people: "+  tcp 10.0.0.5:5432 <- 10.0.1.9:51514  postgres[802]  ESTABLISHED". Sigils work without
// colour; what is folded or hidden is counted, never silent.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/escape.h"
#include "base/text_table.h"
#include "diff/output.h"
#include "tables/protocol_counter.h"
#include "tables/sockstat.h"

namespace hindstat {

namespace {

constexpr std::size_t lines_before_folding = 20;

// Tables whose lines are under one heading.
constexpr std::string_view statistics = "stats (per second)";
std::string_view section_of(const Event& event) {
  const bool counted = event.table == protocol_counters.name() || event.table == socket_statistics.name();
  return counted ? statistics : std::string_view(event.table);
}

// "9,340"
std::string group_digits(std::uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t place = text.size(); place > 3; place -= 3) {
    text.insert(place - 3, ",");
  }
  return text;
}

std::string_view short_name(std::string_view kind) {
  return kind.substr(kind.find('.') + 1);
}

// "2 opened, 1 closed"
std::string list_counts(const std::vector<std::pair<std::string, std::size_t>>& counts) {
  std::string text;
  for (const auto& [kind, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, short_name(kind));
  }
  return text;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

class TextWriter {
public:
  TextWriter(const Diff& diff, const DiffLabels& labels, const TextOptions& options)
    : diff_(diff), labels_(labels), options_(options) {
  }

  std::string run() {
    write_header();
    write_summary();
    for (const std::string_view section : sections()) {
      write_section(section);
    }
    write_coverage();
    write_unseen();
    return std::move(out_);
  }

private:
  [[nodiscard]] bool is_shown(const Event& event) const {
    return hindstat::is_shown(diff_, event, options_.all);
  }

  void line(const std::string& text) {
    out_ += text;
    out_ += '\n';
  }

  void write_header() {
    const Comparability& answer = diff_.comparability;
    line(fmt::format("store {}", escape_terminal(labels_.store)));
    write_side("A", labels_.before, "");
    std::string span = fmt::format("  {} {}", labels_.format_duration(std::llabs(answer.elapsed_ns)),
                                   answer.elapsed_ns < 0 ? "earlier" : "later");
    span += answer.same_boot ? "  same boot" : "  another boot";
    write_side("B", labels_.after, span);
    for (const DiffMark& mark : labels_.marks) {
      line(fmt::format("mark {}  {}: {}", labels_.format_time(mark.at_ns), escape_terminal(mark.host),
                       escape_terminal(mark.text)));
    }
    line(fmt::format("compared: {}", answer.compared.empty() ? "nothing" : join_words(answer.compared)));
    for (const NotCompared& skipped : answer.not_compared) {
      const std::string netns = skipped.netns.empty() ? "" : fmt::format(" in namespace {}", skipped.netns);
      line(escape_terminal(
        fmt::format("not compared: {}{} ({}: {})", skipped.table, netns, skipped.side, skipped.reason)));
    }
    for (const std::string& doubt : answer.doubts) {
      line(escape_terminal("doubt: " + doubt));
    }
    for (const std::string& note : answer.notes) {
      line(escape_terminal("note: " + note));
    }
    line("");
  }

  void write_side(std::string_view name, const SideLabel& side, const std::string& span) {
    const SnapshotInfo& info = side.snapshot->info;
    const std::string distance = side.distance.empty() ? "" : fmt::format("  ({})", side.distance);
    line(fmt::format("{} {} #{}  {}{}{}", name, escape_terminal(info.host), side.id,
                     labels_.format_time(info.clocks.realtime_ns), span, escape_terminal(distance)));
  }

  // In the order of the event catalog.
  [[nodiscard]] std::vector<std::pair<std::string, std::size_t>> count_of(const std::string& table, bool shown) const {
    std::vector<std::pair<std::string, std::size_t>> counts;
    for (const Event& event : diff_.events) {
      if (event.table != table || is_shown(event) != shown) {
        continue;
      }
      if (counts.empty() || counts.back().first != event.spec->name) {
        counts.emplace_back(event.spec->name, 0);
      }
      ++counts.back().second;
    }
    return counts;
  }

  [[nodiscard]] std::string format_rows(const std::string& table) const {
    const auto rows = [&](const SideLabel& side) {
      const Table* found = side.snapshot->find_table(table);
      return found == nullptr ? 0 : found->size();
    };
    return fmt::format("{} -> {} rows", rows(labels_.before), rows(labels_.after));
  }

  void write_summary() {
    std::vector<std::string> unchanged;
    TextTable lines({TextTable::Align::left, TextTable::Align::right, TextTable::Align::left});
    const bool any = std::ranges::any_of(diff_.events, [&](const Event& event) { return is_shown(event); });
    for (const std::string& table : diff_.comparability.compared) {
      const std::string shown = list_counts(count_of(table, true));
      const std::string hidden = list_counts(count_of(table, false));
      if (shown.empty() && hidden.empty()) {
        unchanged.push_back(table);
        continue;
      }
      std::string text = shown.empty() ? "no change" : shown;
      text += hidden.empty() ? "" : fmt::format("  ({} hidden, --all shows them)", hidden);
      lines.add({table, format_rows(table) + ":", text});
    }
    if (!any) {
      line(diff_.comparability.compared.empty() ? "nothing could be compared" : "no difference");
    }
    out_ += lines.format();
    if (any && !unchanged.empty()) {
      line("no change: " + join_words(unchanged));
    }
  }

  [[nodiscard]] std::vector<std::string_view> sections() const {
    std::vector<std::string_view> sections;
    for (const Event& event : diff_.events) {
      if (is_shown(event) && std::ranges::find(sections, section_of(event)) == sections.end()) {
        sections.push_back(section_of(event));
      }
    }
    return sections;
  }

  void write_section(std::string_view section) {
    line("");
    line(std::string(section));
    std::vector<const Event*> events;
    std::size_t hidden = 0;
    for (const Event& event : diff_.events) {
      if (section_of(event) == section && is_shown(event)) {
        events.push_back(&event);
      } else if (section_of(event) == section) {
        ++hidden;
      }
    }
    write_lines(events, section == statistics);
    if (section == statistics && hidden != 0) {
      line(fmt::format("   ... {} more that count no errors (--all)", hidden));
    }
  }

  // In the third column the owner, or for statistics the rate.
  void write_lines(const std::vector<const Event*>& events, bool rates) {
    const std::set<std::string> ends = options_.all ? std::set<std::string>() : collect_ends(events);
    using Align = TextTable::Align;
    TextTable lines({Align::left, Align::left, rates ? Align::right : Align::left, Align::left});
    std::vector<std::pair<std::string_view, std::size_t>> counts; // Lines of each kind, in their order.
    for (const Event* event : events) {
      std::string what = describe_event(*event);
      if (const Ends both = name_ends(*event, what); ends.contains(both.other) && both.own != both.other) {
        if (both.other < both.own) {
          continue;
        }
        what += ", both ends";
      }
      if (counts.empty() || counts.back().first != event->spec->name) {
        counts.emplace_back(event->spec->name, 0);
      }
      if (++counts.back().second <= lines_before_folding || options_.all) {
        const std::string* rate = find_field(*event, "per_second");
        lines.add({format_sigil(*event), format_key(*event),
                   escape_terminal(rates && rate != nullptr ? *rate : event->owner), escape_terminal(what)});
      }
    }
    out_ += lines.format();
    for (const auto& [name, count] : counts) {
      if (count > lines_before_folding && !options_.all) {
        line(fmt::format("   ... {} more {} (--all)", count - lines_before_folding, name));
      }
    }
  }

  void write_coverage() {
    for (const OpenCoverage& one : diff_.coverage) {
      line("");
      const std::string where = one.netns.empty() ? "" : fmt::format(" in namespace {}", escape_terminal(one.netns));
      const double percent = 100 * static_cast<double>(one.seen) / static_cast<double>(one.counted);
      line(one.seen == one.counted
             ? fmt::format("coverage{}: saw every TCP open that the kernel counted ({})", where, group_digits(one.seen))
             : fmt::format("coverage{}: saw {} of ~{} TCP opens ({:.1f}%); shorter connections are invisible to "
                           "snapshots",
                           where, group_digits(one.seen), group_digits(one.counted), percent));
    }
  }

  // What the kernel counted and no snapshot saw is no event.
  void write_unseen() {
    for (const Unseen& one : diff_.unseen) {
      const std::string where = one.netns.empty() ? "" : fmt::format(" in namespace {}", escape_terminal(one.netns));
      const std::string_view what = one.what == "resets" ? "resets of TCP connections" : "failed attempts to connect";
      line(fmt::format("unseen{}: the kernel counted {} {}, of which the lines above hold {} at most", where,
                       group_digits(one.counted), what, group_digits(one.seen)));
    }
  }

  // A connection of the machine with itself is two sockets; where the same happened to both ends it is one line. Names
  // of the two ends of such a change; empty for all others.
  struct Ends {
    std::string own;
    std::string other;
  };
  [[nodiscard]] static Ends name_ends(const Event& event, const std::string& what) {
    constexpr std::string_view arrow = " <> ";
    const std::size_t middle = event.key.find(arrow);
    const std::size_t space = event.key.find(' ');
    if (middle == std::string::npos || space >= middle || find_field(event, "dir") == nullptr) {
      return {};
    }
    const std::string local = event.key.substr(space + 1, middle - space - 1);
    const std::string remote = event.key.substr(middle + arrow.size());
    const auto name = [&](const std::string& from, const std::string& to) {
      return fmt::format("{} {} {} {} {} {}", event.spec->name, event.netns, event.key.substr(0, space), from, to,
                         what);
    };
    return {name(local, remote), name(remote, local)};
  }
  [[nodiscard]] static std::set<std::string> collect_ends(const std::vector<const Event*>& events) {
    std::set<std::string> ends;
    for (const Event* event : events) {
      if (Ends both = name_ends(*event, describe_event(*event)); !both.own.empty()) {
        ends.insert(std::move(both.own));
      }
    }
    return ends;
  }

  [[nodiscard]] std::string format_key(const Event& event) const {
    const std::string key = escape_terminal(event.key);
    return event.netns.empty() ? key : fmt::format("[{}] {}", escape_terminal(event.netns), key);
  }

  [[nodiscard]] std::string format_sigil(const Event& event) const {
    std::string sigil = has_flag(event, "came_and_went") ? "+-" : std::string(1, event.spec->sigil);
    if (!options_.color) {
      return sigil;
    }
    const char color = event.spec->sigil == '+'   ? '2'
                       : event.spec->sigil == '-' ? '1'
                       : event.spec->sigil == '!' ? '5'
                       : event.spec->sigil == '>' ? '6'
                                                  : '3';
    return fmt::format("\x1b[3{}m{}\x1b[0m", color, sigil);
  }

  const Diff& diff_;
  const DiffLabels& labels_;
  const TextOptions& options_;
  std::string out_;
};

} // namespace

bool is_shown(const Diff& diff, const Event& event, bool all) {
  const EventSpec& spec = *event.spec;
  return all || !spec.hidden
         || (spec.shown_when_chosen && std::ranges::find(diff.chosen, event.table) != diff.chosen.end());
}

std::map<std::string, std::size_t> count_by_name(const Diff& diff, bool shown, bool all) {
  std::map<std::string, std::size_t> counts;
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, all) == shown) {
      ++counts[std::string(event.spec->name)];
    }
  }
  return counts;
}

bool has_differences(const Diff& diff) {
  return std::ranges::any_of(diff.events, [](const Event& event) { return !event.spec->hidden; });
}

std::string format_diff_text(const Diff& diff, const DiffLabels& labels, const TextOptions& options) {
  return TextWriter(diff, labels, options).run();
}

} // namespace hindstat
