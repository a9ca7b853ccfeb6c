// SPDX-License-Identifier: MIT
// What people type, and the texts that reach their terminal.
#include <array>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/escape.h"
#include "cli/durations.h"
#include "cli/range_selection.h"
#include "cli/selector.h"
#include "cli/sizes.h"
#include "cli/text_cursor.h"
#include "cli/times.h"
#include "store/gap_file.h"
#include "store/records.h"
#include "tables/ip_address.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"

namespace hindstat::fuzz {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
// 2026-11-21 03:00:00 UTC
constexpr std::int64_t three_ns = 1'795'230'000 * second_ns;

/// gw1 every minute from 03:00, gw2 half a minute later, and two machines called twin.
std::vector<SnapshotEntry> some_entries() {
  std::vector<SnapshotEntry> entries;
  std::int64_t id = 0;
  const auto add = [&](const char* host, char machine, std::int64_t at_ns) {
    SnapshotEntry entry;
    entry.id = SnapshotId(++id);
    entry.uid = fmt::format("{:02x}cd{:028x}", id, 7);
    entry.info.host = host;
    entry.info.machine_id = std::string(32, machine);
    entry.info.clocks.realtime_ns = at_ns;
    entries.push_back(entry);
  };
  for (std::int64_t i = 0; i < 5; ++i) {
    add("gw1", 'a', three_ns + i * 60 * second_ns);
    add("gw2", 'b', three_ns + (i * 60 + 30) * second_ns);
    add("twin", i % 2 == 0 ? 'c' : 'd', three_ns + i * 10 * second_ns);
  }
  return entries;
}

void require_time_again(std::int64_t moment_ns, const Zone& zone) {
  const auto again = find_time(format_time(moment_ns, zone), zone, moment_ns);
  const std::int64_t part_ns = (moment_ns % second_ns + second_ns) % second_ns;
  require(again == moment_ns - part_ns, "a time that is printed reads back, less the part of a second");
}

} // namespace

void times(Input input) {
  const std::string_view text = as_argument(input);
  constexpr std::array<const char*, 4> zones = {"UTC", "Europe/Berlin", "Asia/Kolkata", "<+03>-3"};
  for (const char* name : zones) {
    try {
      const Zone zone{name};
      const auto moment = find_time(text, zone, three_ns);
      require(!moment || *moment <= three_ns, "a time in the future is refused");
      require(!moment || parse_time(text, zone, three_ns) == moment, "both ways to read a time agree");
      if (moment && *moment > 0) { // Before 1900 offsets had seconds, which are not printed.
        require_time_again(*moment, zone);
      }
    } catch (const Error&) {}
  }
  if (const auto length = read_duration(lowered(text))) {
    require(*length >= 0, "a length of time is not negative");
    require(parse_duration(std::to_string(*length / second_ns)) == *length / second_ns * second_ns,
            "whole seconds read back");
    require(!format_duration(*length).empty(), "a length of time can be printed");
  }
  try {
    std::ignore = parse_size(text);
  } catch (const Error&) {}
  try {
    require(format_uid(parse_uid(text)).size() == text.size(), "a uid reads back");
  } catch (const Error&) {}
  for (const Gap& gap : parse_gaps(text)) {
    require(gap.reason != Obstacle::none, "a gap has a reason");
  }
}

namespace {

/// What is typed as A..B, --around TIME or --last DUR.
void select_some_range(const std::vector<SnapshotEntry>& entries, std::string text, std::uint8_t choice,
                       const SelectorOptions& options) {
  RangeRequest request;
  request.each = (choice & 1) != 0;
  switch ((choice >> 1) % 3) {
    case 0:
      request.snapshots = {std::move(text)};
      break;
    case 1:
      request.around = std::move(text);
      break;
    default:
      request.last = std::move(text);
      break;
  }
  const RangeSelection range = select_range(entries, request, options);
  require(!range.snapshots.empty(), "what is selected holds a snapshot");
  require(
    range.kind == RangeSelection::Kind::pair
      || (range.snapshots.front().id == range.before.entry.id && range.snapshots.back().id == range.after.entry.id),
    "a range begins and ends with its ends");
  for (std::size_t i = 1; range.kind == RangeSelection::Kind::range && i < range.snapshots.size(); ++i) {
    require(range.snapshots[i].info.machine_id == range.snapshots[0].info.machine_id, "a range is of one host");
    require(range.snapshots[i - 1].info.clocks.realtime_ns <= range.snapshots[i].info.clocks.realtime_ns,
            "a range is in the order of time");
  }
}

} // namespace

void selector(Input input) {
  static const std::vector<SnapshotEntry> entries = some_entries();
  Parameters parameters(input);
  const std::uint8_t choice = parameters.byte();
  SelectorOptions options;
  options.this_host = (choice & 1) != 0 ? "gw1" : "elsewhere";
  options.this_machine_id = (choice & 2) != 0 ? std::string(32, 'a') : "";
  constexpr std::array matches = {TimeMatch::at_or_before, TimeMatch::nearest, TimeMatch::after};
  options.match = matches[(choice >> 2) % matches.size()];
  if ((choice & 16) != 0) {
    options.max_gap_ns = 90 * second_ns;
  }
  options.zone = Zone{"UTC"};
  options.now_ns = three_ns + 3600 * second_ns;
  try {
    const Selected selected = select_snapshot(entries, as_argument(parameters.rest()), options);
    require(selected.entry.uid == entries[static_cast<std::size_t>(selected.entry.id.value() - 1)].uid,
            "what is selected is one of the entries");
    if (selected.asked_ns) {
      const std::int64_t taken = selected.entry.info.clocks.realtime_ns;
      require(options.match != TimeMatch::at_or_before || taken <= *selected.asked_ns, "at or before is not after");
      require(options.match != TimeMatch::after || taken >= *selected.asked_ns, "after is not before");
      // With a limit the moment is near, and the difference no overflow.
      require(!options.max_gap_ns || std::abs(taken - *selected.asked_ns) <= *options.max_gap_ns,
              "the gap is within its limit");
    }
  } catch (const Error& error) {
    require(std::string_view(error.what()).size() > 10, "a refusal is a sentence");
  }
  try {
    select_some_range(entries, std::string(as_argument(parameters.rest())), choice, options);
  } catch (const Error& error) {
    require(std::string_view(error.what()).size() > 10, "a refusal of a range is a sentence");
  }
}

void texts(Input input) {
  const std::string_view text = as_text(input);
  if (const auto address = parse_ip_address(text)) {
    require(parse_ip_address(format_ip_address(*address)) == address, "parse_ip_address(format_ip_address(x)) == x");
  }
  if (const auto address = IpAddress::from_bytes(text)) {
    require(parse_ip_address(format_ip_address(*address)) == address, "parse_ip_address(format_ip_address(x)) == x");
  }
  const std::string safe = escape_terminal(text);
  for (const char c : safe) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "nothing that is escaped moves the cursor");
  }
  std::string json;
  append_json_string(json, text);
  const auto read = nlohmann::json::parse(json, nullptr, false);
  require(read.is_string(), "an escaped text is a JSON string");
  append_json_string(json = "", read.get<std::string>());
  require(nlohmann::json::parse(json) == read, "a JSON string reads back");
  append_json_string(json = "", safe);
  require(nlohmann::json::parse(json).get<std::string>() == safe, "what is safe for a terminal is UTF-8");
}

} // namespace hindstat::fuzz
