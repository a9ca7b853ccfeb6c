// SPDX-License-Identifier: MIT
#include "recorder/metronome.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace hindstat;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t began = 5'000 * ms;

// A clock that only moves when somebody waits or works.
struct FakeClock {
  std::int64_t now_ns = began;

  void wait_until(std::int64_t moment_ns) {
    now_ns = std::max(now_ns, moment_ns);
  }
};

// Records until the end: recording number i takes work[i] (0 where there is none), waiting oversleeps by
// `overslept`[i].
std::vector<DueBeat> watch(Metronome metronome, std::vector<std::int64_t> work = {},
                           std::vector<std::int64_t> overslept = {}) {
  FakeClock clock;
  std::vector<DueBeat> taken;
  while (const auto due = metronome.next_due(clock.now_ns)) {
    clock.wait_until(*due);
    clock.now_ns += taken.size() < overslept.size() ? overslept[taken.size()] : 0;
    const auto beat = metronome.take(clock.now_ns);
    if (!beat) {
      break;
    }
    clock.now_ns += taken.size() < work.size() ? work[taken.size()] : 0;
    taken.push_back(*beat);
  }
  return taken;
}

} // namespace

TEST_CASE("beats are where they belong, however long each recording takes", "[recorder]") {
  const auto taken = watch(Metronome(began, 200 * ms, 2000 * ms), {30 * ms, 0, 199 * ms, 200 * ms, 7 * ms});
  REQUIRE(taken.size() == 10);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    CHECK(taken[i].due_ns == began + static_cast<std::int64_t>(i) * 200 * ms);
    CHECK(taken[i].late_ns == 0);
    CHECK(taken[i].skipped == 0);
  }
}

TEST_CASE("a recording that takes longer than a beat skips those that passed and doubles none", "[recorder]") {
  const auto taken = watch(Metronome(began, 100 * ms, 1000 * ms), {0, 350 * ms, 101 * ms});
  REQUIRE(taken.size() == 6); // 0, 100, then 500, then 700, 800, 900.
  CHECK(taken[2].due_ns == began + 500 * ms);
  CHECK(taken[2].skipped == 3);
  CHECK(taken[2].late_ns == 0);
  CHECK(taken[3].due_ns == began + 700 * ms);
  CHECK(taken[3].skipped == 1);
  CHECK(taken[4].skipped == 0);
}

TEST_CASE("who oversleeps takes the beat that it is now, late, and skips the others", "[recorder]") {
  const auto taken = watch(Metronome(began, 100 * ms, 1000 * ms), {}, {0, 5 * ms, 333 * ms, 0});
  REQUIRE(taken.size() == 7);
  CHECK(taken[1].late_ns == 5 * ms);
  CHECK(taken[1].skipped == 0);
  CHECK(taken[2].due_ns == began + 500 * ms);
  CHECK(taken[2].late_ns == 33 * ms);
  CHECK(taken[2].skipped == 3);
  CHECK(taken[3].due_ns == began + 600 * ms);
  CHECK(taken[3].late_ns == 0);
}

TEST_CASE("every beat is either taken, skipped or after the end", "[recorder]") {
  std::vector<std::int64_t> work;
  for (std::int64_t i = 0; i < 50; ++i) {
    work.push_back(i * i * 7 % 260 * ms);
  }
  std::uint64_t seen = 0;
  std::int64_t last = 0;
  for (const DueBeat& beat : watch(Metronome(began, 100 * ms, 20'000 * ms), work, work)) {
    CHECK(beat.due_ns > last);
    CHECK((beat.due_ns - began) % (100 * ms) == 0);
    CHECK(beat.late_ns < 100 * ms);
    seen += 1 + beat.skipped;
    CHECK(static_cast<std::int64_t>(seen - 1) == (beat.due_ns - began) / (100 * ms));
    last = beat.due_ns;
  }
  CHECK(seen <= 200);
}

TEST_CASE("a length says which beats there are: those before its end, at least one", "[recorder]") {
  CHECK(watch(Metronome(began, 100 * ms, 1)).size() == 1);
  CHECK(watch(Metronome(began, 100 * ms, 0)).size() == 1);
  CHECK(watch(Metronome(began, 100 * ms, 100 * ms)).size() == 1);
  CHECK(watch(Metronome(began, 100 * ms, 101 * ms)).size() == 2);
  CHECK(watch(Metronome(began, 100 * ms, 250 * ms)).size() == 3);
}

TEST_CASE("the first beat is taken however long the beginning took", "[recorder]") {
  Metronome metronome(began, 1000 * ms, 1);
  CHECK(metronome.next_due(began + 1) == began);
  CHECK(metronome.take(began + 7 * ms)->late_ns == 7 * ms);
  CHECK_FALSE(metronome.next_due(began + 8 * ms));
}

TEST_CASE("who sleeps past the end takes no beat any more", "[recorder]") {
  CHECK(watch(Metronome(began, 100 * ms, 500 * ms), {}, {0, 0, 5'000 * ms}).size() == 2);
}

TEST_CASE("without a length there is always a next beat", "[recorder]") {
  Metronome metronome(began, 100 * ms);
  REQUIRE(metronome.take(began));
  const std::int64_t a_year_later = began + 365LL * 86'400'000 * ms + 1;
  CHECK(metronome.next_due(a_year_later) == a_year_later - 1 + 100 * ms);
  const auto beat = metronome.take(a_year_later);
  REQUIRE(beat);
  CHECK(beat->late_ns == 1);
  CHECK(beat->skipped == 365ULL * 864'000 - 1);
}

TEST_CASE("a clock that reads less than before takes no beat twice", "[recorder]") {
  Metronome metronome(began, 100 * ms);
  CHECK(metronome.take(began)->due_ns == began);
  CHECK(metronome.next_due(began - 700 * ms) == began + 100 * ms);
  CHECK(metronome.take(began - 700 * ms)->due_ns == began + 100 * ms);
}
