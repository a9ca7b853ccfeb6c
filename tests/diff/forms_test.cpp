// SPDX-License-Identifier: MIT
// The forms of output beside text and JSON.
#include <algorithm>

#include "diff/event_record.h"
#include "diff/output.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using Catch::Contains;

namespace {

struct Scene {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  DiffLabels labels;

  Scene(const std::vector<Socket>& before, const std::vector<Socket>& after) {
    add_table(a, make_table(sockets, before));
    add_table(b, make_table(sockets, after));
    add_table(a, make_table(routes, {}));
    add_table(b, make_table(routes, {}));
    labels.store = "/s.db";
    labels.before.snapshot = &a;
    labels.before.id = 1;
    labels.before.uid = "aa";
    labels.after.snapshot = &b;
    labels.after.id = 2;
    labels.after.uid = "bb";
    labels.format_time = [](std::int64_t ns) { return std::to_string(ns / second_ns - 1'795'230'540); };
    labels.format_duration = labels.format_time;
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  [[nodiscard]] Diff diff() const {
    return diff_snapshots(a, b, {});
  }
};

Socket connection(TcpState state, std::uint16_t port, std::uint64_t cookie) {
  return tcp(state, "10.0.0.5", 5432, "10.0.1.9", port, cookie);
}

Socket named(std::string bound) {
  Socket socket = connection(TcpState::established, 9, 9);
  socket.netns = std::move(bound);
  return socket;
}

} // namespace

TEST_CASE("counts by table, kind and sign", "[diff]") {
  const Scene scene({connection(TcpState::established, 6, 8), connection(TcpState::time_wait, 5, 7)},
                    {connection(TcpState::close_wait, 6, 8), connection(TcpState::established, 7, 9),
                     connection(TcpState::time_wait, 8, 10)});
  CHECK(format_diff_shortstat(scene.diff(), false)
        == "1 table changed, 1 opened or added (+), 1 came and went (+-), 1 next state (>)\n");
  CHECK(format_diff_shortstat(scene.diff(), true)
        == "1 table changed, 1 opened or added (+), 1 closed or removed (-), 1 came and went (+-), 1 next state (>)\n");
  CHECK(format_diff_stat(scene.diff(), scene.labels, false) == R"(table   rows A  rows B   churn  events  kind
socket       2       3  60.0 %       2  sock.opened
                                     1  sock.state
                                     1  sock.reaped  hidden
no change: route
1 table changed, 1 opened or added (+), 1 came and went (+-), 1 next state (>)
)");
  const Scene none({}, {});
  CHECK(format_diff_stat(none.diff(), none.labels, false) == "no change: socket, route\nno difference\n");
}

TEST_CASE("a line an event holds its sign, its table and its key", "[diff]") {
  const Scene scene({connection(TcpState::established, 6, 8)}, {connection(TcpState::close_wait, 6, 8)});
  CHECK(format_diff_name_status(scene.diff(), false, false) == ">\tsocket\ttcp 10.0.0.5:5432 -> 10.0.1.9:6\n");
  CHECK(format_diff_name_status(scene.diff(), false, true).back() == '\0');
}

TEST_CASE("porcelain begins with its version and ends with the counts", "[diff]") {
  Scene scene({connection(TcpState::established, 6, 8)}, {connection(TcpState::close_wait, 6, 8)});
  scene.labels.filtered = 4;
  const std::string text = format_diff_porcelain(scene.diff(), scene.labels, {false, 1}, false);
  CHECK(text
        == "hindstat-diff\t1\nstore\t/s.db\na\t1\taa\tgw1\t0\t\nb\t2\tbb\tgw1\t60\t\n"
           "event\t>\tsock.state\tsocket\t\ttcp 10.0.0.5:5432 -> 10.0.1.9:6\tc:8\t\tinfo\tproven\t0\t60\tESTABLISHED\t"
           "CLOSE_WAIT\tESTABLISHED > CLOSE_WAIT, peer closed first\nend\t1\t0\t4\t1\n");
  std::string nul = format_diff_porcelain(scene.diff(), scene.labels, {false, 1}, true);
  std::ranges::replace(nul, '\0', '\n');
  CHECK(nul == text);
}

TEST_CASE("hostile names break no record", "[diff]") {
  const std::string name = "a\tb\nc\x1b[2J,\"d\"";
  Scene scene({}, {named(name)});
  for (Snapshot* side : {&scene.a, &scene.b}) {
    side->captures.push_back(side->captures.front());
    side->captures.back().netns = name;
  }
  for (const std::string& text : {format_diff_porcelain(scene.diff(), scene.labels, {}, false),
                                  format_diff_name_status(scene.diff(), false, false)}) {
    CHECK_THAT(text, Contains("a\\x09b\\x0ac\\x1b[2J,\"d\""));
    CHECK(text.find('\x1b') == std::string::npos);
  }
  CHECK_THAT(format_diff_csv(scene.diff(), scene.labels, false), Contains(",\"a\\x09b\\x0ac\\x1b[2J,\"\"d\"\"\","));
}

TEST_CASE("CSV has a line of names and one an event", "[diff]") {
  const Scene scene({connection(TcpState::established, 6, 8)}, {connection(TcpState::close_wait, 6, 8)});
  CHECK(
    format_diff_csv(scene.diff(), scene.labels, false)
    == "ev,sign,table,netns,key,inc,owner,severity,conf,t_before,t_after,fields,changed,why,sentence\r\n"
       "sock.state,>,socket,\"\",tcp 10.0.0.5:5432 -> 10.0.1.9:6,c:8,,info,proven,0,60,\"{\"\"dir\"\":\"\"outbound\"\","
       "\"\"from\"\":\"\"ESTABLISHED\"\",\"\"to\"\":\"\"CLOSE_WAIT\"\",\"\"closer\"\":\"\"peer\"\"}\","
       "\"{\"\"state\"\":[\"\"ESTABLISHED\"\",\"\"CLOSE_WAIT\"\"]}\",\"\",\"ESTABLISHED > CLOSE_WAIT, peer closed "
       "first\"\r\n");
}

TEST_CASE("an event has a cell for each column of SQL", "[diff]") {
  const Scene scene({connection(TcpState::established, 6, 8)}, {connection(TcpState::close_wait, 6, 8)});
  const Diff diff = scene.diff();
  FactFinder finder(scene.a, scene.b);
  const auto names = event_columns();
  const auto cells = event_cells(diff.events.at(0), scene.labels, finder);
  REQUIRE(names.size() == cells.size());
  const auto cell = [&](const std::string& name) {
    return cells.at(static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()));
  };
  CHECK(cell("ev") == "sock.state");
  CHECK(cell("local_port") == "5432");
  CHECK(cell("remote_address") == "10.0.1.9");
  CHECK(cell("from") == "ESTABLISHED");
  CHECK(cell("closer") == "peer");
  CHECK(cell("workers") == std::nullopt);
  auto sorted = names;
  std::ranges::sort(sorted);
  CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
}

TEST_CASE("a label takes the place of host and number", "[diff]") {
  Scene scene({}, {});
  scene.labels.before.label = "before the deploy";
  CHECK_THAT(format_diff_text(scene.diff(), scene.labels, {}),
             Contains("\nA before the deploy  0\n") && Contains("\nB gw1 #2  60"));
  CHECK_THAT(format_diff_json(scene.diff(), scene.labels, {}), Contains("\"label\":\"before the deploy\""));
}

TEST_CASE("a filter is named, and what it left out is counted and not called unchanged", "[diff]") {
  Scene scene({}, {connection(TcpState::established, 7, 9)});
  scene.labels.filter = "--port 7";
  scene.labels.filtered = 41;
  CHECK_THAT(format_diff_text(scene.diff(), scene.labels, {}),
             Contains("\nfilter: --port 7  (1 of 42 events)\n") && !Contains("no change"));
  const Diff nothing = [&] {
    Diff diff = scene.diff();
    diff.events.clear();
    return diff;
  }();
  CHECK_THAT(format_diff_text(nothing, scene.labels, {}), Contains("\nno difference that fits the filter\n"));
  const std::string json = format_diff_json(scene.diff(), scene.labels, {});
  CHECK_THAT(json, Contains("\"filter\":\"--port 7\"") && Contains("\"filtered\":41"));
}

TEST_CASE("no line is longer than the terminal, and nothing is lost by breaking it", "[diff]") {
  const Scene scene({connection(TcpState::established, 6, 8)}, {connection(TcpState::time_wait, 6, 8)});
  const std::string wide = format_diff_text(scene.diff(), scene.labels, {false, false, 0});
  const std::string narrow = format_diff_text(scene.diff(), scene.labels, {false, false, 80});
  CHECK_THAT(wide, Contains("we closed first, via FIN_WAIT1 (1-2 states unseen)\n"));
  CHECK_THAT(narrow, Contains("we closed\n") || Contains("we\n") || Contains("first,\n"));
  const auto words = [](std::string text) {
    std::ranges::replace(text, '\n', ' ');
    const auto last = std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; });
    text.erase(last, text.end());
    return text;
  };
  CHECK(words(wide) == words(narrow));
  const std::string colored = format_diff_text(scene.diff(), scene.labels, {false, true, 80});
  CHECK_THAT(colored, Contains("\x1b[31m-\x1b[0m"));
}
