// SPDX-License-Identifier: MIT
#include "diff/flaps.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace hindstat {

namespace {

// What of a thing may go to and fro: its being there, or one column.
constexpr std::string_view presence = "presence";

std::string aspect_of(const Event& event) {
  if (event.spec->name.starts_with("sock.") || event.spec->sigil == '#') {
    return "";
  }
  if ((event.before_row < 0) != (event.after_row < 0)) {
    return std::string(presence);
  }
  std::string columns;
  for (const EventChange& change : event.changed) {
    columns += (columns.empty() ? "" : " ") + change.column;
  }
  return columns;
}

// The values of the columns on one side: "down", "up".
std::string value_of(const Event& event, bool after) {
  if ((event.before_row < 0) != (event.after_row < 0)) {
    return (event.after_row < 0) == after ? "absent" : "present";
  }
  std::string values;
  for (const EventChange& change : event.changed) {
    values += (values.empty() ? "" : " ") + (after ? change.to : change.from).value_or("-");
  }
  return values;
}

using Thing = std::tuple<std::string, std::string, std::string, std::string>; // Table, netns, key, aspect.

// Each goes back to a value that it had.
bool goes_to_and_fro(const std::vector<RangeEvent>& events, const std::vector<std::size_t>& parts) {
  std::set<std::string> had;
  std::size_t back = 0;
  for (const std::size_t part : parts) {
    had.insert(value_of(events[part].event, false));
    back += had.contains(value_of(events[part].event, true)) ? 1U : 0U;
  }
  return parts.size() >= least_flaps && 2 * back + 1 >= parts.size();
}

Event make_flap(const std::vector<RangeEvent>& events, const std::vector<std::size_t>& parts,
                const std::string& aspect) {
  const RangeEvent& first = events[parts.front()];
  const RangeEvent& last = events[parts.back()];
  Event flap = first.event;
  flap.spec = &event_spec("range.flap");
  flap.fields = {{"aspect", aspect},
                 {"transitions", fmt::format("{}", parts.size())},
                 {"steps", fmt::format("{}", last.step - first.step + 1)}};
  flap.changed = {{aspect, value_of(first.event, false), value_of(last.event, true)}};
  flap.incarnation.clear();
  flap.severity.reset();
  flap.why.clear();
  for (const std::size_t part : parts) {
    flap.confidence = std::max(flap.confidence, events[part].event.confidence);
    const Severity severity = severity_of(events[part].event);
    if (severity > flap.severity.value_or(flap.spec->severity)) {
      flap.severity = severity;
    }
  }
  return flap;
}

} // namespace

std::vector<RangeEvent> fold_flaps(std::vector<RangeEvent> events) {
  std::map<Thing, std::vector<std::size_t>> things;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i].event;
    if (std::string aspect = aspect_of(event); !aspect.empty()) {
      things[{event.table, event.netns, event.key, std::move(aspect)}].push_back(i);
    }
  }
  std::map<std::size_t, Event> flaps; // By the place of the first part.
  std::set<std::size_t> parts;
  for (const auto& [thing, places] : things) {
    if (goes_to_and_fro(events, places)) {
      flaps.emplace(places.front(), make_flap(events, places, std::get<3>(thing)));
      parts.insert(places.begin(), places.end());
    }
  }
  std::vector<RangeEvent> folded;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (const auto flap = flaps.find(i); flap != flaps.end()) {
      folded.push_back({std::move(flap->second), events[i].step});
    } else if (!parts.contains(i)) {
      folded.push_back(std::move(events[i]));
    }
  }
  return folded;
}

} // namespace hindstat
