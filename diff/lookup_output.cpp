// SPDX-License-Identifier: MIT
// hindstat-diff --to ADDRESS.
#include "diff/lookup_output.h"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "base/escape.h"
#include "base/json_writer.h"
#include "base/text_table.h"

namespace hindstat {

namespace {

void write_answer(JsonWriter& json, const RouteAnswer& answer) {
  json.begin_object().key("known").boolean(answer.known);
  if (!answer.known) {
    json.key("why").string(answer.why_unknown).end_object();
    return;
  }
  json.key("result").string(answer.result);
  for (const auto& [name, value] :
       {std::pair("route", &answer.by), std::pair("rule", &answer.rule), std::pair("learned", &answer.learned)}) {
    if (!value->empty()) {
      json.key(name).string(*value);
    }
  }
  json.key("ignored").begin_array();
  for (const std::string& sentence : answer.ignored) {
    json.string(sentence);
  }
  json.end_array().end_object();
}

// "via 10.0.0.1 dev eth0  10.9.0.0/16 metric 50  32766: from all lookup main"
void add_line(TextTable& lines, std::string_view side, const RouteAnswer& answer) {
  if (!answer.known) {
    lines.add({std::string(side), "not known", escape_terminal(answer.why_unknown)});
    return;
  }
  std::string by = answer.by.empty() ? "" : "by " + answer.by;
  by += answer.learned.empty() ? "" : fmt::format("{}learned: {}", by.empty() ? "" : ", ", answer.learned);
  lines.add({std::string(side), escape_terminal(answer.result), escape_terminal(by),
             escape_terminal(answer.rule.empty() ? "" : "rule " + answer.rule)});
}

} // namespace

bool LookedUp::is_same() const {
  const auto way = [](const RouteAnswer& answer) { return std::tie(answer.result, answer.by, answer.learned); };
  return is_known() && way(before) == way(after);
}

std::vector<LookedUp> look_up_both(const Snapshot& before, const Snapshot& after, const IpAddress& address) {
  std::set<std::string> namespaces;
  for (const Snapshot* side : {&before, &after}) {
    for (const Capture& capture : side->captures) {
      if (capture.table == routes.name()) {
        namespaces.insert(capture.netns);
      }
    }
  }
  if (namespaces.empty()) {
    namespaces.insert("");
  }
  std::vector<LookedUp> found;
  for (const std::string& netns : namespaces) {
    found.push_back({netns, find_best_route(before, netns, address), find_best_route(after, netns, address)});
  }
  return found;
}

std::string format_lookup_text(const std::vector<LookedUp>& found, const IpAddress& address, const DiffLabels& labels) {
  std::string out;
  for (const auto& [side, label] : {std::pair("A", &labels.before), std::pair("B", &labels.after)}) {
    const SnapshotInfo& info = label->snapshot->info;
    out += fmt::format("{}  {}  {}  snapshot {}\n", side, escape_terminal(info.host),
                       labels.format_time(info.clocks.realtime_ns), label->id);
  }
  for (const LookedUp& one : found) {
    out += fmt::format("\n{}to {}: {}\n", one.netns.empty() ? "" : fmt::format("[{}] ", escape_terminal(one.netns)),
                       format_ip_address(address),
                       !one.is_known() ? "not comparable"
                       : one.is_same() ? "the same way"
                                       : "another way");
    using Align = TextTable::Align;
    TextTable lines({Align::left, Align::left, Align::left, Align::left});
    add_line(lines, "A", one.before);
    add_line(lines, "B", one.after);
    out += lines.format();
    std::set<std::string> said;
    for (const RouteAnswer* answer : {&one.before, &one.after}) {
      for (const std::string& sentence : answer->ignored) {
        if (said.insert(sentence).second) {
          out += fmt::format("   {}\n", escape_terminal(sentence));
        }
      }
    }
  }
  return out;
}

std::string format_lookup_json(const std::vector<LookedUp>& found, const IpAddress& address, const DiffLabels& labels) {
  std::string out;
  for (const LookedUp& one : found) {
    JsonWriter json;
    json.begin_object().key("v").number(std::uint64_t{1}).key("ev").string("lookup");
    json.key("to").string(format_ip_address(address)).key("netns").string(one.netns);
    json.key("same");
    if (one.is_known()) {
      json.boolean(one.is_same());
    } else {
      json.null();
    }
    json.key("t").begin_array();
    json.string(labels.format_time(labels.before.snapshot->info.clocks.realtime_ns));
    json.string(labels.format_time(labels.after.snapshot->info.clocks.realtime_ns)).end_array();
    json.key("a");
    write_answer(json, one.before);
    json.key("b");
    write_answer(json, one.after);
    json.end_object();
    out += json.text() + "\n";
  }
  return out;
}

} // namespace hindstat
