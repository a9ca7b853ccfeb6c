// SPDX-License-Identifier: MIT
// What holds for every diff, over what real machines recorded.
#include <algorithm>
#include <map>

#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "tests/diff/diff_fixture.h"
#include "tests/tables/random_table.h"

using namespace hindstat;

namespace {

Snapshot record_sample(const std::string& name) {
  return record_snapshot(*open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/" + name), {});
}

struct Sample {
  Snapshot before;
  Snapshot after;
};

std::vector<Sample> all_samples() {
  std::vector<Sample> samples;
  for (const std::string name : {"client", "gateway", "server"}) {
    samples.push_back({record_sample(name), record_sample(name + "-later")});
  }
  return samples;
}

Snapshot shuffle(Snapshot snapshot, Rng& rng) {
  for (Table& table : snapshot.tables) {
    table = shuffled(table, rng);
  }
  std::ranges::shuffle(snapshot.captures, rng);
  return snapshot;
}

Lines sorted_words(const Diff& diff) {
  Lines lines = in_words(diff.events);
  std::ranges::sort(lines);
  return lines;
}

} // namespace

TEST_CASE("a recorded machine does not differ from itself", "[diff]") {
  Rng rng(1);
  for (const Sample& sample : all_samples()) {
    CHECK(in_words(diff_snapshots(sample.before, sample.before, {}).events).empty());
    CHECK(in_words(diff_snapshots(sample.after, shuffle(sample.after, rng), {}).events).empty());
  }
}

TEST_CASE("the order of what was recorded does not matter", "[diff]") {
  Rng rng(2);
  for (const Sample& sample : all_samples()) {
    const Lines expected = sorted_words(diff_snapshots(sample.before, sample.after, {}));
    CHECK_FALSE(expected.empty());
    CHECK(sorted_words(diff_snapshots(shuffle(sample.before, rng), shuffle(sample.after, rng), {})) == expected);
  }
}

TEST_CASE("what happened to the sockets of a machine happens mirrored the other way", "[diff]") {
  for (const Sample& sample : all_samples()) {
    const auto forward = diff_snapshots(sample.before, sample.after, {}).events;
    const auto backward = diff_snapshots(sample.after, sample.before, {}).events;
    for (const auto& [one, other] :
         {std::pair("listen.added", "listen.removed"), std::pair("listen.workers", "listen.workers"),
          std::pair("sock.queue", "sock.queue")}) {
      CHECK(count_events(forward, one) == count_events(backward, other));
      CHECK(count_events(forward, other) == count_events(backward, one));
    }
    // Backwards a connection that ended in TIME_WAIT comes back from it: a step, and no opening.
    const auto gone = std::ranges::count_if(
      forward, [](const Event& event) { return event.spec->name == "sock.closed" && event.after_row < 0; });
    CHECK(static_cast<std::size_t>(gone) <= count_events(backward, "sock.opened"));
  }
}

TEST_CASE("every event of a machine is of rows that were recorded", "[diff]") {
  for (const Sample& sample : all_samples()) {
    for (const Event& event : diff_snapshots(sample.before, sample.after, {}).events) {
      INFO(in_words(event));
      const auto check = [&](const Snapshot& snapshot, std::int64_t row) {
        const Table* table = snapshot.find_table(event.table);
        CHECK((row < 0 || (table != nullptr && row < static_cast<std::int64_t>(table->size()))));
      };
      check(sample.before, event.before_row);
      check(sample.after, event.after_row);
      CHECK((event.table == "host" || event.before_row >= 0 || event.after_row >= 0));
    }
  }
}
