// SPDX-License-Identifier: MIT
#include "diff/tcp_timeouts.h"

#include "tables/sysctl.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using Catch::Contains;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Snapshot with_settings(std::int64_t seconds, const Settings& settings, const std::string& netns = "") {
  std::vector<Sysctl> rows;
  for (const auto& [name, value] : settings) {
    Sysctl row;
    row.netns = netns;
    row.name = "net.ipv4." + name;
    row.value = value;
    rows.push_back(row);
  }
  Snapshot snapshot = snapshot_at(seconds);
  add_table(snapshot, make_table(sysctls, rows), netns);
  return snapshot;
}

Socket waiting(TcpState state) {
  return tcp(state, "10.0.0.5", 5432, "10.0.1.9", 51514);
}

std::vector<Event> diff_with(const Settings& before, const Settings& after, const Socket& from, const Socket& to,
                             std::int64_t seconds) {
  Snapshot a = with_settings(0, before);
  Snapshot b = with_settings(seconds, after);
  add_table(a, make_table(sockets, {from})).coverage = "tcp=netlink owners=complete";
  add_table(b, make_table(sockets, {to})).coverage = "tcp=netlink owners=complete";
  return diff_snapshots(a, b, {{"socket"}, {}}).events;
}

} // namespace

TEST_CASE("the kernel's defaults are those of its documentation", "[diff]") {
  const TcpTimeouts timeouts(snapshot_at(0), snapshot_at(60));
  const TcpLimits& limits = timeouts.of("");
  CHECK(limits.fin_wait2.ms == 60'000);
  CHECK(limits.syn_sent.ms == 127'000);
  CHECK(limits.syn_recv.ms == 63'000);
  CHECK(limits.unacknowledged.ms == 924'600);
  CHECK(limits.doubtful_retries == 3);
  CHECK_THAT(limits.fin_wait2.why, Contains("was not recorded"));
}

TEST_CASE("newer kernels try a connection at even distances first", "[diff]") {
  Snapshot newer = snapshot_at(60);
  newer.info.kernel_release = "6.5.0-1-amd64";
  CHECK(TcpTimeouts(newer, newer).of("").syn_sent.ms == 131'000);
  newer.info.kernel_release = "";
  CHECK(TcpTimeouts(newer, newer).of("").syn_sent.ms == 131'000);
  newer.info.kernel_release = "5.19";
  CHECK(TcpTimeouts(newer, newer).of("").syn_sent.ms == 127'000);
}

TEST_CASE("limits are those of the namespace, and of the two sides the longer one", "[diff]") {
  const Settings lab{{"tcp_fin_timeout", "10"},
                     {"tcp_syn_retries", "20"},
                     {"tcp_synack_retries", "1"},
                     {"tcp_retries1", "5"},
                     {"tcp_retries2", "8"}};
  const TcpTimeouts timeouts(with_settings(0, lab, "blue"), with_settings(9, {{"tcp_fin_timeout", "20"}}, "blue"));
  const TcpLimits& blue = timeouts.of("blue");
  CHECK(blue.fin_wait2.ms == 20'000);
  CHECK(blue.fin_wait2.why == "net.ipv4.tcp_fin_timeout 20");
  CHECK(blue.syn_sent.ms == 127'000 + 14 * 120'000); // No distance is longer than 120 s.
  CHECK(blue.syn_recv.ms == 3'000);
  CHECK(blue.unacknowledged.ms == 102'200);
  CHECK(blue.doubtful_retries == 5);
  CHECK(timeouts.of("").fin_wait2.ms == 60'000);
}

TEST_CASE("values that are no numbers, or absurd ones, do no harm", "[diff]") {
  const Settings odd{{"tcp_fin_timeout", "18446744073709551615"},
                     {"tcp_syn_retries", "18446744073709551615"},
                     {"tcp_synack_retries", "-1"},
                     {"tcp_retries1", "0"},
                     {"tcp_retries2", "15 "}};
  const TcpTimeouts timeouts(with_settings(0, odd), with_settings(9, odd));
  CHECK(timeouts.of("").fin_wait2.ms == 1'000'000'000);
  CHECK(timeouts.of("").syn_sent.ms > 127'000);
  CHECK(timeouts.of("").syn_recv.ms == 63'000);
  CHECK(timeouts.of("").doubtful_retries == 1);
  CHECK(timeouts.of("").unacknowledged.ms == 924'600);
}

TEST_CASE("how long a state may last is what was recorded", "[diff]") {
  const Socket orphan = waiting(TcpState::fin_wait2);
  const Settings short_one{{"tcp_fin_timeout", "10"}};
  CHECK(diff_with(short_one, short_one, orphan, orphan, 14).empty());
  const auto events = diff_with(short_one, short_one, orphan, orphan, 16);
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "sock.reopened");
  CHECK(events[0].confidence == Confidence::inferred);
  CHECK(events[0].why == Lines{"FIN_WAIT2 lasts 10 s at most", "net.ipv4.tcp_fin_timeout 10"});
  CHECK(diff_with(short_one, {{"tcp_fin_timeout", "60"}}, orphan, orphan, 16).empty());

  const Socket asking = waiting(TcpState::syn_sent);
  CHECK(diff_with({{"tcp_syn_retries", "20"}}, {}, asking, asking, 600).empty());
  const auto without = diff_with({}, {}, asking, asking, 600);
  REQUIRE(without.size() == 1);
  CHECK_THAT(without[0].why.at(1), Contains("net.ipv4.tcp_syn_retries was not recorded"));
}

TEST_CASE("two states that both end soon last as long as both", "[diff]") {
  const auto count = [](std::int64_t seconds) {
    return count_events(diff_with({}, {}, waiting(TcpState::fin_wait2), waiting(TcpState::time_wait), seconds),
                        "sock.reopened");
  };
  CHECK(count(124) == 0);
  CHECK(count(126) == 1);
  CHECK(diff_with({}, {}, waiting(TcpState::syn_sent), waiting(TcpState::established), 100'000).front().spec->name
        == "sock.state");
}

TEST_CASE("the timer of TIME_WAIT judges, unless a FIN that came again started it anew", "[diff]") {
  const std::uint64_t now_ms = 10'000'000; // Of the snapshot before.
  Socket before = waiting(TcpState::time_wait);
  before.timer = SocketTimer::timewait;
  before.timer_expires = now_ms + 12'000;
  const auto reopened = [&](std::int64_t seconds, std::uint64_t expires_ms) {
    Socket after = before;
    after.timer_expires = expires_ms;
    return count_events(diff_with({}, {}, before, after, seconds), "sock.reopened");
  };
  CHECK(reopened(16, now_ms + 12'000) == 0);          // Within the slack.
  CHECK(reopened(30, now_ms + 31'000) == 0);          // It would have begun 29 s before A.
  CHECK(reopened(30, now_ms + 12'000 + 64'000) == 0); // It began again when the old one still ran.
  CHECK(reopened(30, now_ms + 12'000 + 66'000) == 1); // It began when the old one was over.
}
