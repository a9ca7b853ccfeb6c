// SPDX-License-Identifier: MIT
// Protocol counters as net-tools 2.10 prints them with -s. Groups and counters that this program does not know follow
// those it knows, by name.
#include "report/netstat_statistics.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/statistics_sentences.h"
#include "report/statuses.h"
#include "tables/protocol_counter.h"

namespace hindstat {

namespace {

// "InType3" is before "InType11".
struct NumbersInOrder {
  using is_transparent = void;

  bool operator()(std::string_view a, std::string_view b) const {
    const std::string_view stem_a = a.substr(0, a.find_last_not_of("0123456789") + 1);
    const std::string_view stem_b = b.substr(0, b.find_last_not_of("0123456789") + 1);
    return std::tuple(stem_a, a.size(), a) < std::tuple(stem_b, b.size(), b);
  }
};

using Counters = std::map<std::string, ProtocolCounter, NumbersInOrder>;

constexpr std::uint8_t plain_indent = 4;

bool is_v6_group(std::string_view group) {
  return group.ends_with('6');
}

// netstat knows what Ip, Icmp, Tcp, Udp and TcpExt belong to; it prints every other group whatever was asked for.
bool is_selected(std::string_view group, const StatisticsView& view) {
  if (view.ipv4 != view.ipv6 && is_v6_group(group) != view.ipv6 && !(view.ipv6 && group == "Tcp")) {
    return false;
  }
  if (!view.tcp && !view.udp && !view.udplite && !view.raw && !view.sctp) {
    return true;
  }
  if (is_v6_group(group)) {
    group.remove_suffix(1);
  }
  if (group == "Tcp" || group == "TcpExt") {
    return view.tcp;
  }
  if (group == "Udp") {
    return view.udp;
  }
  if (group == "Sctp") {
    return view.sctp;
  }
  return (group != "Ip" && group != "Icmp") || view.raw;
}

std::size_t order_of_group(std::string_view group) {
  const auto groups = statistics_sentences();
  return static_cast<std::size_t>(std::ranges::find(groups, group, &CounterGroup::group) - groups.begin());
}

// With -6 alone netstat reads the IPv6 groups first and what both families share after them.
std::size_t order_of_group(std::string_view group, const StatisticsView& view) {
  const std::size_t last = statistics_sentences().size() + 1;
  return view.ipv6 && !view.ipv4 && !is_v6_group(group) ? last : order_of_group(group);
}

std::size_t order_of_counter(std::size_t group, std::string_view name) {
  const auto groups = statistics_sentences();
  if (group >= groups.size()) {
    return 0;
  }
  const auto sentences = groups[group].sentences;
  return static_cast<std::size_t>(std::ranges::find(sentences, name, &CounterSentence::name) - sentences.begin());
}

bool is_zero(const ProtocolCounter& counter) {
  return counter.count.value_or(0) == 0 && counter.level.value_or(0) == 0;
}

std::string format_value(const ProtocolCounter& counter) {
  return counter.count ? fmt::format("{}", *counter.count) : counter.level ? fmt::format("{}", *counter.level) : "-";
}

// /proc/net/snmp6 and sctp/snmp have the group's name in front of every counter's, and netstat leaves it there.
std::string format_named(const ProtocolCounter& counter) {
  const std::string prefix = is_v6_group(counter.group) || counter.group == "Sctp" ? counter.group : "";
  return fmt::format("{}{}: {}", escape_terminal(prefix), escape_terminal(counter.name), format_value(counter));
}

std::string format_sentence(const CounterSentence& sentence, const Counters& counters) {
  const std::string indent(sentence.indent, ' ');
  if (sentence.name.empty()) {
    return fmt::format("{}{}\n", indent, sentence.text);
  }
  const auto found = counters.find(sentence.name);
  if (found == counters.end() || sentence.shown == CounterSentence::Shown::never
      || (sentence.shown == CounterSentence::Shown::nonzero && is_zero(found->second))) {
    return "";
  }
  const std::string text = sentence.text.empty()
                             ? format_named(found->second)
                             : fmt::format(fmt::runtime(sentence.text), format_value(found->second));
  return fmt::format("{}{}\n", indent, text);
}

// `after_icmp`: the types of ICMP messages are set in like the histograms they follow.
std::string format_group(const std::string& group, const Counters& counters, bool after_icmp) {
  std::string out = escape_terminal(group) + ":\n";
  const auto groups = statistics_sentences();
  const std::size_t order = order_of_group(group);
  std::set<std::string_view> known;
  std::size_t indent = after_icmp && group == "IcmpMsg" ? 2 * plain_indent : plain_indent;
  if (order < groups.size()) {
    for (const CounterSentence& sentence : groups[order].sentences) {
      known.insert(sentence.name);
      out += format_sentence(sentence, counters);
      indent = sentence.indent;
    }
  }
  for (const auto& [name, counter] : counters) {
    if (!known.contains(name) && !is_zero(counter)) {
      out += fmt::format("{}{}\n", std::string(indent, ' '), format_named(counter));
    }
  }
  return out;
}

} // namespace

std::vector<std::uint32_t> select_statistics(const Table& table, const StatisticsView& view) {
  std::vector<std::tuple<std::string, std::size_t, std::string, std::size_t, std::string, std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const ProtocolCounter counter = protocol_counters.row(table, i);
    if (is_selected(counter.group, view)) {
      found.emplace_back(counter.netns, order_of_group(counter.group, view), counter.group,
                         order_of_counter(order_of_group(counter.group), counter.name), counter.name, i);
    }
  }
  std::ranges::sort(found);
  std::vector<std::uint32_t> rows;
  rows.reserve(found.size());
  for (const auto& key : found) {
    rows.push_back(std::get<std::uint32_t>(key));
  }
  return rows;
}

std::string format_statistics(const Snapshot& snapshot, const StatisticsView& view) {
  StatisticsView shown = view;
  shown.ipv4 = view.ipv4 || !view.ipv6;
  const Table* table = snapshot.find_table(protocol_counters.name());
  const std::vector<std::uint32_t> rows =
    table != nullptr ? select_statistics(*table, shown) : std::vector<std::uint32_t>();
  std::string out;
  for (const Capture& capture : captures_of(snapshot, protocol_counters.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    if (!capture.netns.empty()) {
      out += fmt::format("Statistics of network namespace {}\n", escape_terminal(capture.netns));
    }
    std::vector<std::string> order;
    std::map<std::string, Counters> groups;
    for (const std::uint32_t row : rows) {
      ProtocolCounter counter = protocol_counters.row(*table, row);
      if (counter.netns == capture.netns) {
        if (!groups.contains(counter.group)) {
          order.push_back(counter.group);
        }
        groups[counter.group].emplace(counter.name, std::move(counter));
      }
    }
    if (order.empty()) {
      out += fmt::format("{}: no rows\n", protocol_counters.name());
    }
    for (const std::string& group : order) {
      out += format_group(group, groups[group], groups.contains("Icmp"));
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", protocol_counters.name()) : out;
}

} // namespace hindstat
