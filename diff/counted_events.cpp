// SPDX-License-Identifier: MIT
#include "diff/counted_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace hindstat {

namespace {

constexpr std::size_t names_in_a_sentence = 5;

// What a counter of failures is to be held against: what was tried in the same time.
struct Share {
  std::string_view part;
  std::string_view whole;
  bool whole_excludes_part;
};
constexpr std::array shares{
  Share{"TcpRetransSegs", "TcpOutSegs", false}, Share{"UdpRcvbufErrors", "UdpInDatagrams", true},
  Share{"Udp6RcvbufErrors", "Udp6InDatagrams", true}, Share{"conntrack insert_failed", "conntrack insert", true}};

} // namespace

std::string list_names(std::vector<std::string> names) {
  std::ranges::sort(names, natural_less);
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), names_in_a_sentence); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > names_in_a_sentence ? fmt::format("{} and {} more", text, names.size() - names_in_a_sentence)
                                            : text;
}

CountedEvents::OfNamespace& CountedEvents::of(const std::string& netns) {
  const auto [it, is_new] = namespaces_.try_emplace(netns);
  if (is_new) {
    it->second.time = counted_time(*context_.before, *context_.after, table_, netns, context_.same_boot);
  }
  return it->second;
}

const CountedTime& CountedEvents::time_of(const std::string& netns) {
  return of(netns).time;
}

bool CountedEvents::add(Event event, const CounterDelta& delta, bool is_error) {
  if (delta.kind == DeltaKind::implausible) {
    return false;
  }
  OfNamespace& counters = of(event.netns);
  if (delta.kind == DeltaKind::reset) {
    note_fall(counters, event);
  }
  if (delta.amount == 0) {
    return true;
  }
  event.fields.push_back({"delta", fmt::format("{}", delta.amount)});
  std::string rate = format_rate(delta.amount, counters.time);
  if (delta.kind == DeltaKind::reset) {
    event.fields.push_back({"at_least", "true"});
    event.why.push_back(rate.empty() ? "started again"
                                     : fmt::format("started again, the rate is unknown (at least {} a second)", rate));
  } else if (!rate.empty()) {
    event.fields.push_back({"per_second", std::move(rate)});
  } else {
    event.why.emplace_back("the rate is unknown: when the two were read is not");
  }
  if (delta.kind == DeltaKind::since_boot) {
    event.fields.push_back({"since_boot", "true"});
  } else if (delta.kind == DeltaKind::wrapped) {
    event.confidence = Confidence::inferred;
    event.why.emplace_back("wrapped at 2^32");
  }
  if (is_error) {
    event.spec = &event_spec("stat.errors");
  }
  counters.counted.push_back(std::move(event));
  return true;
}

void CountedEvents::note_fall(OfNamespace& counters, const Event& event) {
  const auto rank = [](const Event& e) { return std::tuple(e.key, e.changed.front().from, e.changed.front().to); };
  if (!counters.reset || rank(event) < rank(*counters.reset)) {
    counters.reset = event;
  }
  counters.fallen.push_back(event.key);
}

void CountedEvents::add_share(Event& event, const std::map<std::string, std::uint64_t>& deltas) {
  const auto* share = std::ranges::find(shares, event.key, &Share::part);
  if (share == shares.end() || !deltas.contains(event.key) || !deltas.contains(std::string(share->whole))) {
    return;
  }
  const auto part = static_cast<double>(deltas.at(event.key));
  const double whole =
    static_cast<double>(deltas.at(std::string(share->whole))) + (share->whole_excludes_part ? part : 0);
  const double percent = 100 * part / whole;
  event.fields.push_back({"percent", percent < 100 ? fmt::format("{:.2g}", percent) : fmt::format("{:.0f}", percent)});
  event.fields.push_back({"of", std::string(share->whole)});
}

// Counters of a namespace start again together: that one of them did casts doubt on those that look as if not.
void CountedEvents::finish(TableDiff& diff) {
  for (auto& [netns, counters] : namespaces_) {
    std::map<std::string, std::uint64_t> deltas; // Of those that are known.
    for (const Event& event : counters.counted) {
      if (!counters.reset) {
        deltas[event.key] = std::stoull(*find_field(event, "delta"));
      }
    }
    for (Event& event : counters.counted) {
      if (counters.reset && find_field(event, "at_least") == nullptr) {
        event.confidence = Confidence::inferred;
        event.why.emplace_back("others started again");
      }
      add_share(event, deltas);
      diff.events.push_back(std::move(event));
    }
    if (counters.reset) {
      Event event = std::move(*counters.reset);
      event.spec = &event_spec("stat.reset");
      event.key = "counters";
      event.fields = {{"counters", fmt::format("{}", counters.fallen.size())}};
      event.changed.clear();
      event.why = {list_names(counters.fallen) + " fell"};
      diff.events.push_back(std::move(event));
    }
  }
}

} // namespace hindstat
