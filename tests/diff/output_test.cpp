// SPDX-License-Identifier: MIT
#include "diff/output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using Catch::Contains;
using nlohmann::json;

namespace {

struct Scene {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);

  Scene(const std::vector<Socket>& before, const std::vector<Socket>& after, const std::vector<Process>& owners = {}) {
    add_table(a, make_table(sockets, before));
    add_table(b, make_table(sockets, after)).took_us = 2000;
    add_table(a, make_table(processes, owners));
    add_table(b, make_table(processes, owners));
  }

  [[nodiscard]] DiffLabels labels() const {
    DiffLabels made;
    made.store = "/var/lib/hindstat/hindstat.db";
    made.before = {&a, 4816, "aa", ""};
    made.after = {&b, 4817, "bb", "asked for 03:10:00, exactly"};
    made.format_time = [](std::int64_t ns) { return fmt::format("t{}", ns / 1'000'000 - 1'795'230'540'000); };
    made.format_duration = [](std::int64_t ns) { return fmt::format("{} s", ns / second_ns); };
    return made;
  }
  [[nodiscard]] Diff diff() const {
    return diff_snapshots(a, b, {});
  }
  [[nodiscard]] std::string text(bool all = false, bool color = false) const {
    return format_diff_text(diff(), labels(), {all, color});
  }
  [[nodiscard]] std::vector<json> lines(bool all = false, int exit = 1) const {
    std::istringstream stream(format_diff_json(diff(), labels(), {all, exit}));
    std::vector<json> parsed;
    for (std::string line; std::getline(stream, line);) {
      parsed.push_back(json::parse(line));
    }
    return parsed;
  }
};

Socket connection(TcpState state, std::uint16_t port, std::uint64_t cookie = 0) {
  return tcp(state, "10.0.0.5", 5432, "10.0.1.9", port, cookie);
}

} // namespace

TEST_CASE("the text says who was compared and what happened", "[diff]") {
  Socket owned = connection(TcpState::established, 7, 9);
  owned.inode = 5;
  owned.pid = 802;
  const Scene scene({connection(TcpState::established, 6, 8)}, {connection(TcpState::time_wait, 6, 8), owned},
                    {process(802, "postgres")});
  CHECK(scene.text() == R"(store /var/lib/hindstat/hindstat.db
A gw1 #4816  t0
B gw1 #4817  t60000  60 s later  same boot  (asked for 03:10:00, exactly)
compared: socket, process

socket  1 -> 2 rows:  1 opened, 1 closed
no change: process

socket
+  tcp 10.0.0.5:5432 -> 10.0.1.9:7  postgres[802]  ESTABLISHED
-  tcp 10.0.0.5:5432 -> 10.0.1.9:6                 ESTABLISHED -> TIME_WAIT, we closed first, via FIN_WAIT1 (1-2 states unseen)
)");
}

TEST_CASE("hidden events are counted, and shown with --all", "[diff]") {
  const Scene scene({connection(TcpState::time_wait, 6, 8)}, {});
  CHECK_THAT(scene.text(), Contains("no difference") && Contains("1 reaped hidden") && !Contains("\n-"));
  CHECK_THAT(scene.text(true), Contains("-  tcp 10.0.0.5:5432 -> 10.0.1.9:6  TIME_WAIT -> gone"));
  CHECK_FALSE(has_differences(scene.diff()));
}

TEST_CASE("what could not be compared and what is in doubt is said", "[diff]") {
  Scene scene({}, {});
  scene.b.captures[1].status = CaptureStatus::denied;
  scene.b.captures[1].detail = "run as root";
  scene.b.captures[0].status = CaptureStatus::partial;
  const std::string text = scene.text();
  CHECK_THAT(text, Contains("not compared: process (B: not collected: denied: run as root)"));
  CHECK_THAT(text, Contains("doubt: socket of B is partial"));
  CHECK_THAT(text, Contains("no difference"));
}

TEST_CASE("more than 20 lines of a kind are folded and counted", "[diff]") {
  std::vector<Socket> many;
  for (std::uint16_t port = 1; port <= 30; ++port) {
    many.push_back(connection(TcpState::established, port, port));
  }
  const Scene scene({}, many);
  CHECK_THAT(scene.text(),
             Contains("... 10 more sock.opened (--all)") && Contains("10.0.1.9:20 ") && !Contains("10.0.1.9:21 "));
  CHECK_THAT(scene.text(true), Contains("10.0.1.9:30 ") && !Contains("more sock.opened"));
}

TEST_CASE("both ends of a local connection are one line of text and two events", "[diff]") {
  const Scene scene({}, {tcp(TcpState::established, "127.0.0.1", 80, "127.0.0.1", 40000, 1),
                         tcp(TcpState::established, "127.0.0.1", 40000, "127.0.0.1", 80, 2)});
  CHECK_THAT(scene.text(), Contains("both ends") && Contains("127.0.0.1:40000 <> 127.0.0.1:80")
                             && !Contains("127.0.0.1:80 <> 127.0.0.1:40000"));
  CHECK(scene.lines().size() == 4);
}

TEST_CASE("colours are only around the signs", "[diff]") {
  const Scene scene({}, {connection(TcpState::established, 7, 9)});
  CHECK_THAT(scene.text(false, true), Contains("\x1b[32m+\x1b[0m"));
  CHECK_THAT(scene.text(), !Contains("\x1b"));
}

TEST_CASE("names from the recorded host cannot act on the terminal", "[diff]") {
  Process evil = process(802, "\x1b]0;owned\a\n\xc2\x9b"
                              "31m");
  Socket owned = connection(TcpState::established, 7, 9);
  owned.inode = 5;
  owned.pid = 802;
  owned.netns = "\x1b[2J";
  Scene scene({}, {owned}, {evil});
  for (Snapshot* side : {&scene.a, &scene.b}) {
    side->info.host = "host\x1b[31m\r";
    side->captures.push_back(side->captures.front());
    side->captures.back().netns = owned.netns;
    side->captures.back().status = CaptureStatus::partial;
    side->captures.back().detail = "\x1b[5m";
    side->captures[1].status = CaptureStatus::failed;
    side->captures[1].detail = "\x1b[6m";
  }
  for (const bool all : {false, true}) {
    const std::string text = scene.text(all);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\a') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find("\xc2\x9b") == std::string::npos);
    CHECK_THAT(text, Contains("\\x1b[2J"));
  }
}

TEST_CASE("JSON lines hold the members that docs/diff-json.md requires", "[diff]") {
  Scene scene({connection(TcpState::established, 6, 8), connection(TcpState::time_wait, 5, 7)},
              {connection(TcpState::time_wait, 6, 8), connection(TcpState::fin_wait1, 7, 9)});
  scene.b.captures[1].status = CaptureStatus::absent;
  const auto lines = scene.lines();
  REQUIRE(lines.size() == 4);
  const json& header = lines.front();
  CHECK(header["v"] == 1);
  CHECK(header["ev"] == "header");
  CHECK(header["a"] == json{{"host", "gw1"}, {"id", 4816}, {"uid", "aa"}, {"t", "t0"}});
  CHECK(header["elapsed_s"] == 60.0);
  CHECK(header["same_boot"] == true);
  CHECK(header["compared"] == json::array({"socket"}));
  REQUIRE(header["skipped"].size() == 1);
  CHECK(header["skipped"][0]["table"] == "process");
  CHECK(header["skipped"][0]["side"] == "B");
  CHECK(header["doubts"].is_array());

  const json& opened = lines[1];
  CHECK(opened["ev"] == "sock.opened");
  CHECK(opened["came_and_went"] == true);
  CHECK(opened["state"] == "FIN_WAIT1");
  CHECK_FALSE(opened.contains("owner"));
  const json& closed = lines[2];
  CHECK(closed["ev"] == "sock.closed");
  CHECK(closed["changed"]["state"] == json::array({"ESTABLISHED", "TIME_WAIT"}));
  CHECK(closed["closer"] == "local");
  CHECK(closed["inc"] == "c:8");
  for (const json& event : {opened, closed}) {
    CHECK(event["v"] == 1);
    CHECK(event["table"] == "socket");
    CHECK(event["netns"] == "");
    CHECK(event["key"].is_string());
    CHECK(event["t"] == json::array({"t0", "t60002"}));
    CHECK(event["conf"] == "proven");
    CHECK(event["why"].is_array());
    CHECK(event["severity"] == "info");
  }
  const json& trailer = lines.back();
  CHECK(trailer["ev"] == "trailer");
  CHECK(trailer["counts"] == json{{"sock.opened", 1}, {"sock.closed", 1}});
  CHECK(trailer["hidden"] == json{{"sock.reaped", 1}});
  CHECK(trailer["connections"] == json{{"opened", 1}, {"closed", 2}, {"came_and_went", 1}});
  CHECK(trailer["truncated"] == false);
  CHECK(trailer["exit"] == 1);
  CHECK(scene.lines(true).back()["hidden"].empty());
  CHECK(scene.lines(true).size() == 5);
}

TEST_CASE("names that are not UTF-8 are valid JSON", "[diff]") {
  Socket owned = connection(TcpState::established, 7, 9);
  owned.inode = 5;
  owned.pid = 802;
  const Scene scene({}, {owned}, {process(802, "\xff\"\\\n")});
  CHECK(scene.lines()[1]["owner"] == "\xEF\xBF\xBD\"\\\n[802]");
}

TEST_CASE("one connect, one close and one new route are exactly three events", "[diff]") {
  const Socket service = listener("0.0.0.0", 22, 1, 10);
  Socket kept = connection(TcpState::established, 5, 2);
  kept.inode = 11;
  Socket kept_later = kept;
  kept_later.timer = SocketTimer::keepalive;
  kept_later.timer_expires = 12'345'678;
  kept_later.send_queue = 512;
  Socket closing = tcp(TcpState::established, "10.77.0.1", 40000, "10.77.0.2", 80, 3, 12);
  closing.uid = 1000;
  closing.pid = 802;
  Socket closed = tcp(TcpState::time_wait, "10.77.0.1", 40000, "10.77.0.2", 80, 3);
  closed.timer = SocketTimer::timewait;
  closed.timer_expires = 10'050'000;
  const Socket reaped = tcp(TcpState::time_wait, "10.77.0.1", 39999, "10.77.0.2", 80, 4);
  Socket opened = tcp(TcpState::established, "10.77.0.1", 40002, "10.77.0.2", 80, 5, 13);
  opened.pid = 802;
  Scene scene({service, kept, closing, reaped}, {opened, closed, kept_later, service}, {process(802, "client")});
  const Route link = route_to("10.77.0.0", 24, nullptr, "veth0");
  add_table(scene.a, make_table(routes, {link}));
  add_table(scene.b, make_table(routes, {link, route_to("10.99.0.0", 16, "10.77.0.2", "veth0")}));
  std::vector<std::string> kinds;
  for (const json& line : scene.lines()) {
    kinds.push_back(line["ev"]);
  }
  CHECK(kinds == Lines{"header", "sock.opened", "sock.closed", "route.added", "trailer"});
  const std::string text = scene.text();
  const auto signs = std::ranges::count_if(text, [&, previous = '\n'](char c) mutable {
    const bool sign = previous == '\n' && (c == '+' || c == '-' || c == '~' || c == '!' || c == '>' || c == '#');
    previous = c;
    return sign;
  });
  CHECK(signs == 3);
}

TEST_CASE("marks between the two snapshots are in text and JSON, and escaped for a terminal", "[diff]") {
  const Scene scene({}, {});
  DiffLabels labels = scene.labels();
  labels.marks = {{scene.a.info.clocks.realtime_ns, "gw1", "deploy\x1b[2J 4.2"}};
  const std::string text = format_diff_text(scene.diff(), labels, {});
  CHECK_THAT(text, Contains("\nmark t0  gw1: deploy\\x1b[2J 4.2\n"));
  const std::string lines = format_diff_json(scene.diff(), labels, {});
  const json header = json::parse(lines.substr(0, lines.find('\n')));
  REQUIRE(header["marks"].size() == 1);
  CHECK(header["marks"][0]["t"] == "t0");
  CHECK(header["marks"][0]["host"] == "gw1");
  CHECK(header["marks"][0]["text"] == "deploy\x1b[2J 4.2");
}
