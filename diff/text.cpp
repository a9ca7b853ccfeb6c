// SPDX-License-Identifier: MIT
// The diff for people: "+  tcp 10.0.0.5:5432 <- 10.0.1.9:51514  postgres[802]  ESTABLISHED". Sigils work without
// colour; what is folded or hidden is counted, never silent.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/escape.h"
#include "base/line_break.h"
#include "base/text_table.h"
#include "diff/folding.h"
#include "diff/output.h"
#include "tables/protocol_counter.h"
#include "tables/socket.h"
#include "tables/sockstat.h"

namespace hindstat {

namespace {

constexpr std::size_t least_words = 24; // Narrower than that nothing is broken.
constexpr std::size_t indent_below = 5;

// Tables whose lines are under one heading.
constexpr std::string_view statistics = "stats (per second)";
std::string_view section_of(const Event& event) {
  const bool counted = event.table == protocol_counters.name() || event.table == socket_statistics.name()
                       || event.spec->name.starts_with("stat.");
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

  // "compared: " and "socket, route", broken where the terminal ends.
  void broken(std::string_view begin, std::string_view text) {
    const std::size_t room = options_.width > begin.size() + least_words ? options_.width - begin.size() : 0;
    std::string indent(begin);
    for (const std::string& part : break_line(text, room)) {
      line(indent + part);
      indent.assign(begin.size(), ' ');
    }
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
    broken("compared: ", answer.compared.empty() ? "nothing" : join_words(answer.compared));
    for (const NotCompared& skipped : answer.not_compared) {
      const std::string netns = skipped.netns.empty() ? "" : fmt::format(" in namespace {}", skipped.netns);
      broken("not compared: ",
             escape_terminal(fmt::format("{}{} ({}: {})", skipped.table, netns, skipped.side, skipped.reason)));
    }
    for (const std::string& doubt : answer.doubts) {
      broken("doubt: ", escape_terminal(doubt));
    }
    for (const std::string& note : answer.notes) {
      broken("note: ", escape_terminal(note));
    }
    if (!labels_.filter.empty()) {
      broken("filter: ", fmt::format("{}  ({} of {} events)", escape_terminal(labels_.filter), diff_.events.size(),
                                     diff_.events.size() + labels_.filtered));
    }
    line("");
  }

  void write_side(std::string_view name, const SideLabel& side, const std::string& span) {
    const SnapshotInfo& info = side.snapshot->info;
    const std::string distance = side.distance.empty() ? "" : fmt::format("  ({})", side.distance);
    line(fmt::format("{} {}  {}{}{}", name, escape_terminal(name_of(side)),
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

  // One compared table: its name, its rows, its events.
  struct Summary {
    std::string table;
    std::string rows;
    std::string events;
  };

  [[nodiscard]] std::string format_summaries(const std::vector<Summary>& summaries) const {
    std::size_t used = 4; // Two gaps of two blanks.
    std::size_t table = 0;
    std::size_t rows = 0;
    for (const Summary& one : summaries) {
      table = std::max(table, display_width(one.table));
      rows = std::max(rows, display_width(one.rows));
    }
    used += table + rows;
    TextTable lines({TextTable::Align::left, TextTable::Align::right, TextTable::Align::left});
    for (const Summary& one : summaries) {
      const std::vector<std::string> parts =
        break_line(one.events, options_.width > used + least_words ? options_.width - used : 0);
      lines.add({one.table, one.rows, parts.front()});
      for (std::size_t i = 1; i < parts.size(); ++i) {
        lines.add({"", "", parts[i]});
      }
    }
    return lines.format();
  }

  void write_summary() {
    std::vector<std::string> unchanged;
    std::vector<Summary> summaries;
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
      summaries.push_back({table, format_rows(table) + ":", text});
    }
    const bool filtered = !labels_.filter.empty();
    if (!any) {
      line(diff_.comparability.compared.empty() ? "nothing could be compared"
           : filtered                           ? "no difference that fits the filter"
                                                : "no difference");
    }
    out_ += format_summaries(summaries);
    // What the filter left out is not known to be unchanged.
    if (any && !unchanged.empty() && !filtered) {
      broken("no change: ", join_words(unchanged));
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

  // In the third column the owner, or for statistics the rate. Words that have no room beside it stand below.
  void write_lines(const std::vector<const Event*>& events, bool rates) {
    const FoldedLines folded = fold_lines(events, options_.all);
    using Align = TextTable::Align;
    TextTable lines({Align::left, Align::left, rates ? Align::right : Align::left, Align::left});
    const std::size_t room = room_for_words(folded.lines, rates);
    const bool below = options_.width != 0 && room == 0;
    std::vector<std::vector<std::string>> words_below;
    for (const FoldedLine& one : folded.lines) {
      const std::string words = escape_terminal(one.words);
      std::vector<std::string> parts = break_line(words, below ? room_below() : room);
      lines.add({color_sign(one), escape_terminal(one.key), third_column(one, rates), below ? "" : parts.front()});
      for (std::size_t i = 1; i < parts.size() && !below; ++i) {
        lines.add({color_nothing(), "", "", parts[i]});
      }
      words_below.push_back(below ? std::move(parts) : std::vector<std::string>());
    }
    out_ += below ? put_below(lines.format(), words_below) : lines.format();
    for (const std::string& note : folded.notes) {
      line("   ... " + note + " (--all)");
    }
  }

  [[nodiscard]] std::size_t room_below() const {
    return options_.width > indent_below + least_words ? options_.width - indent_below : 0;
  }

  // `lines` has a line for each element of `words`.
  [[nodiscard]] static std::string put_below(std::string_view lines,
                                             const std::vector<std::vector<std::string>>& words) {
    std::string text;
    for (const std::vector<std::string>& parts : words) {
      const std::size_t end = lines.find('\n') + 1;
      text += lines.substr(0, end);
      lines.remove_prefix(end);
      for (const std::string& part : parts) {
        text += part.empty() ? "" : std::string(indent_below, ' ') + part + '\n';
      }
    }
    return text;
  }

  [[nodiscard]] static std::string third_column(const FoldedLine& one, bool rates) {
    const std::string* rate = find_field(*one.event, "per_second");
    return escape_terminal(rates && rate != nullptr ? *rate : one.owner);
  }

  // What the columns before leave of the terminal; 0 where lines are not broken.
  [[nodiscard]] std::size_t room_for_words(const std::vector<FoldedLine>& lines, bool rates) const {
    constexpr std::size_t gaps = 2 + 3 * 2; // The sign, and two blanks between columns.
    std::size_t key = 0;
    std::size_t third = 0;
    for (const FoldedLine& one : lines) {
      key = std::max(key, display_width(escape_terminal(one.key)));
      third = std::max(third, display_width(third_column(one, rates)));
    }
    const std::size_t used = gaps + key + third;
    return options_.width > used + least_words ? options_.width - used : 0;
  }

  [[nodiscard]] std::string color_sign(const FoldedLine& one) const {
    return color_sign_of(*one.event, options_.color);
  }
  // As wide as a sign to whoever counts characters.
  [[nodiscard]] std::string color_nothing() const {
    return options_.color ? "\x1b[39m \x1b[0m" : "";
  }

  // A line about connections has no place below what a filter made of other tables.
  void write_coverage() {
    const bool any =
      std::ranges::any_of(diff_.events, [&](const Event& event) { return event.table == sockets.name(); });
    if (!labels_.filter.empty() && !any) {
      return;
    }
    for (const OpenCoverage& one : diff_.coverage) {
      line("");
      const std::string where = one.netns.empty() ? "" : fmt::format(" in namespace {}", escape_terminal(one.netns));
      const double percent = 100 * static_cast<double>(one.seen) / static_cast<double>(one.counted);
      broken(fmt::format("coverage{}: ", where),
             one.seen == one.counted
               ? fmt::format("saw every TCP open that the kernel counted ({})", group_digits(one.seen))
               : fmt::format("saw {} of ~{} TCP opens ({:.1f}%); shorter connections are invisible to snapshots",
                             group_digits(one.seen), group_digits(one.counted), percent));
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

  const Diff& diff_;
  const DiffLabels& labels_;
  const TextOptions& options_;
  std::string out_;
};

} // namespace

std::string format_diff_text(const Diff& diff, const DiffLabels& labels, const TextOptions& options) {
  return TextWriter(diff, labels, options).run();
}

} // namespace hindstat
