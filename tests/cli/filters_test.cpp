// SPDX-License-Identifier: MIT
#include "cli/filters.h"

#include "base/error.h"
#include "cli/filter_values.h"
#include "cli/terminal.h"
#include "diff/diff.h"
#include "tables/conntrack.h"
#include "tables/interface.h"
#include "tables/user.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

using Values = std::vector<std::string>;

/// nginx[802] of www-data accepted 10.0.1.9:5000 at 443 and lost 10.0.1.8:5001; root's sshd closes ::1; the default
/// route moved; a route came; the queue of 443 grew.
struct Scene {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);

  Scene() {
    const auto of_nginx = [](Socket socket) {
      socket.uid = 33;
      socket.pid = 802;
      return socket;
    };
    const Socket kept = of_nginx(tcp(TcpState::established, "10.0.0.5", 443, "10.0.1.7", 4999, 1, 21));
    Socket grown = kept;
    grown.recv_queue = 50'000;
    const Socket lost = of_nginx(tcp(TcpState::established, "10.0.0.5", 443, "10.0.1.8", 5001, 2, 22));
    const Socket fresh = of_nginx(tcp(TcpState::close_wait, "10.0.0.5", 443, "10.0.1.9", 5000, 3, 23));
    Socket local = tcp(TcpState::established, "::1", 22, "::1", 40000, 4, 24);
    local.pid = 9;
    const Socket local_later = tcp(TcpState::time_wait, "::1", 22, "::1", 40000, 4);
    const Socket gone = tcp(TcpState::time_wait, "10.0.0.5", 443, "10.0.1.6", 4998, 6);
    add_table(a, make_table(sockets, {kept, lost, local, gone}));
    add_table(b, make_table(sockets, {grown, fresh, local_later}));
    for (Snapshot* side : {&a, &b}) {
      add_table(*side, make_table(processes, {process(802, "nginx"), process(9, "sshd")}));
    }
    add_table(a, make_table(routes, {route_to("0.0.0.0", 0, "10.0.0.1", "eth0")}));
    add_table(
      b, make_table(routes, {route_to("0.0.0.0", 0, "10.0.0.2", "eth0"), route_to("10.9.0.0", 16, nullptr, "eth1")}));
    for (Snapshot* side : {&a, &b}) {
      add_table(*side, make_table(users, {User{33, "www-data"}, User{0, "root"}}));
    }
  }
};

/// "sock.opened 10.0.1.9", kinds and the last address of what is left.
std::string left(const FilterOptions& options) {
  const Scene scene;
  Diff diff = diff_snapshots(scene.a, scene.b, {});
  Filter(options).apply(diff.events, scene.a, scene.b);
  std::string text;
  for (const Event& event : diff.events) {
    text += (text.empty() ? "" : " ") + std::string(event.spec->name);
  }
  return text;
}

FilterOptions with(Values FilterOptions::*member, Values values) {
  FilterOptions options;
  options.*member = std::move(values);
  return options;
}

std::string refusal(const FilterOptions& options) {
  try {
    const Filter filter(options);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

const std::string everything = "sock.opened sock.closed sock.closed sock.queue sock.reaped route.added route.nexthop";

} // namespace

TEST_CASE("without filters everything is left", "[cli]") {
  CHECK(left({}) == everything);
  CHECK(Filter({}).empty());
}

TEST_CASE("events are chosen by name, by the end and by the beginning of it", "[cli]") {
  CHECK(left(with(&FilterOptions::events, {"sock.opened"})) == "sock.opened");
  CHECK(left(with(&FilterOptions::events, {"opened", "added"})) == "sock.opened route.added");
  CHECK(left(with(&FilterOptions::events, {"route"})) == "route.added route.nexthop");
  CHECK(left(with(&FilterOptions::events, {"!sock"})) == "route.added route.nexthop");
  CHECK(left(with(&FilterOptions::events, {"sock", "!closed", "!reaped"})) == "sock.opened sock.queue");
  CHECK(Filter(with(&FilterOptions::events, {"reaped"})).named_events() == Values{"sock.reaped"});
  CHECK(Filter(with(&FilterOptions::events, {"sock"})).named_events().empty());
  CHECK(refusal(with(&FilterOptions::events, {"open"})).find("there is no event 'open'") == 0);
  CHECK(refusal(with(&FilterOptions::events, {"!"})) == "a filter has an empty value");
}

TEST_CASE("a severity is that and what is worse", "[cli]") {
  CHECK(left(with(&FilterOptions::severities, {"note"})) == everything);
  CHECK(left(with(&FilterOptions::severities, {"!info"})) == "sock.queue sock.reaped");
  CHECK(refusal(with(&FilterOptions::severities, {"bad"})).find("'bad' is no severity") == 0);
}

TEST_CASE("states fit before and after, however they are written", "[cli]") {
  CHECK(left(with(&FilterOptions::states, {"close-wait"})) == "sock.opened");
  CHECK(left(with(&FilterOptions::states, {"TIME_WAIT"})) == "sock.closed sock.reaped");
  CHECK(left(with(&FilterOptions::states, {"estab", "CLOSE_WAIT"}))
        == "sock.opened sock.closed sock.closed sock.queue");
  CHECK(refusal(with(&FilterOptions::states, {"CLOSEWAITING"})).find("'CLOSEWAITING' is no state") == 0);
}

TEST_CASE("ports are of either end or of one", "[cli]") {
  CHECK(left(with(&FilterOptions::ports, {"5000"})) == "sock.opened");
  CHECK(left(with(&FilterOptions::ports, {"5000-5001"})) == "sock.opened sock.closed");
  CHECK(left(with(&FilterOptions::local_ports, {"5000"})).empty());
  CHECK(left(with(&FilterOptions::local_ports, {"443"})) == "sock.opened sock.closed sock.queue sock.reaped");
  CHECK(left(with(&FilterOptions::remote_ports, {"5000", "40000"})) == "sock.opened sock.closed");
  CHECK(left(with(&FilterOptions::ports, {"!443"})) == "sock.closed route.added route.nexthop");
}

TEST_CASE("addresses, peers and prefixes", "[cli]") {
  CHECK(left(with(&FilterOptions::addresses, {"10.0.1.8"})) == "sock.closed");
  CHECK(left(with(&FilterOptions::addresses, {"10.0.1.8/31"})) == "sock.opened sock.closed");
  CHECK(left(with(&FilterOptions::peers, {"10.0.0.0/24"})) == "route.nexthop");
  CHECK(left(with(&FilterOptions::addresses, {"::1"})) == "sock.closed");
  CHECK(left(with(&FilterOptions::prefixes, {"10.0.0.0/8"})) == "route.added");
  CHECK(left(with(&FilterOptions::prefixes, {"0.0.0.0/0"})) == "route.added route.nexthop");
  CHECK(left(with(&FilterOptions::prefixes, {"default"})) == "route.nexthop");
  CHECK(left(with(&FilterOptions::prefixes, {"10.9.128.0/17"})).empty());
}

TEST_CASE("programs, users and interfaces", "[cli]") {
  CHECK(left(with(&FilterOptions::processes, {"nginx"})) == "sock.opened sock.closed sock.queue");
  CHECK(left(with(&FilterOptions::processes, {"ng*", "9"})) == "sock.opened sock.closed sock.closed sock.queue");
  CHECK(left(with(&FilterOptions::processes, {"802"})) == "sock.opened sock.closed sock.queue");
  CHECK(left(with(&FilterOptions::users, {"www-data"})) == "sock.opened sock.closed sock.queue");
  CHECK(left(with(&FilterOptions::users, {"0"})) == "sock.closed");
  CHECK(left(with(&FilterOptions::devices, {"eth1"})) == "route.added");
  CHECK(left(with(&FilterOptions::devices, {"eth*"})) == "route.added route.nexthop");
}

TEST_CASE("all filters have to fit", "[cli]") {
  FilterOptions options = with(&FilterOptions::processes, {"nginx"});
  options.events = {"closed", "queue"};
  options.peers = {"10.0.1.8", "10.0.1.9"};
  CHECK(left(options) == "sock.closed");
}

TEST_CASE("what is on the loopback can be left out", "[cli]") {
  FilterOptions options;
  options.no_loopback = true;
  CHECK(left(options) == "sock.opened sock.closed sock.queue sock.reaped route.added route.nexthop");
}

TEST_CASE("changes of ignored columns are none, and what came and went stays", "[cli]") {
  CHECK(left(with(&FilterOptions::ignored, {"recv_queue"}))
        == "sock.opened sock.closed sock.closed sock.reaped route.added route.nexthop");
  CHECK(left(with(&FilterOptions::ignored, {"socket.recv_queue", "route.gateway"}))
        == "sock.opened sock.closed sock.closed sock.reaped route.added");
  CHECK(left(with(&FilterOptions::ignored, {"unix_socket.recv_queue"})) == everything);
  CHECK(left(with(&FilterOptions::only, {"recv_queue"})) == "sock.queue");
  CHECK(left(with(&FilterOptions::only, {"gateway", "state"})) == "route.nexthop");
  CHECK(refusal(with(&FilterOptions::only, {"no_such_column"})).find("no table has a column 'no_such_column'") == 0);
}

TEST_CASE("levels that moved too little are no change, other changes stay", "[cli]") {
  CHECK(left(with(&FilterOptions::least_deltas, {"50000"})) == everything);
  CHECK(left(with(&FilterOptions::least_deltas, {"50001"})).find("sock.queue") == std::string::npos);
  CHECK(left(with(&FilterOptions::least_deltas, {"1%"})) == everything);
  CHECK(left(with(&FilterOptions::least_deltas, {"1%", "50001"})).find("sock.queue") == std::string::npos);
  for (const char* wrong : {"", "%", "-1", "x", "1%%", "nan", "inf"}) {
    CHECK(refusal(with(&FilterOptions::least_deltas, {wrong})).find("is no least change") != std::string::npos);
  }
}

TEST_CASE("tables are chosen by name, by protocol, and by what they are not", "[cli]") {
  CHECK(choose_tables({}).tables.empty());
  CHECK(choose_tables({"tcp", "route"}).tables == Values{"route", "socket"});
  CHECK(choose_tables({"tcp", "route"}).protocols == Values{"tcp"});
  CHECK(choose_tables({"tcp", "socket"}).protocols.empty());
  CHECK(choose_tables({"nat", "if", "cache"}).tables
        == Values{"conntrack", "interface", "route_exception", "route_cache"});
  const TableChoice others = choose_tables({"!socket", "!route"});
  CHECK(others.named.empty());
  CHECK(others.tables.size() > 20);
  CHECK(std::ranges::find(others.tables, "socket") == others.tables.end());
  const TableChoice no_tcp = choose_tables({"!tcp"});
  CHECK(no_tcp.tables.empty());
  CHECK(std::ranges::find(no_tcp.protocols, "tcp") == no_tcp.protocols.end());
  CHECK(no_tcp.protocols.size() > 4);
  CHECK_THROWS_AS(choose_tables({"route", "!route"}), Error);
  CHECK_THROWS_AS(choose_tables({"tcp", "!tcp"}), Error);
  CHECK_THROWS_AS(choose_tables({"rout"}), Error);
}

TEST_CASE("networks hold what is inside them", "[cli]") {
  CHECK(parse_prefix("10.0.0.0/9").holds(ip("10.127.0.1"), 32));
  CHECK_FALSE(parse_prefix("10.0.0.0/9").holds(ip("10.128.0.1"), 32));
  CHECK_FALSE(parse_prefix("10.0.0.0/9").holds(ip("10.0.0.0"), 8));
  CHECK(parse_prefix("0.0.0.0/0").holds(ip("1.2.3.4"), 32));
  CHECK_FALSE(parse_prefix("0.0.0.0/0").holds(ip("::1"), 128));
  CHECK(parse_prefix("::ffff:10.0.0.0/104").holds(ip("10.1.2.3"), 32));
  CHECK(parse_prefix("fd77::/63").holds(ip("fd77:0:0:1::9"), 128));
  for (const char* wrong : {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "/8", "fd77::/129", "::ffff:10.0.0.0/8", "x/8"}) {
    CHECK_THROWS_AS(parse_prefix(wrong), Error);
  }
  for (const char* wrong : {"", "-", "1-", "-1", "65536", "5-4", "http", "1-2-3"}) {
    CHECK_THROWS_AS(parse_port_range(wrong), Error);
  }
}

TEST_CASE("the pager is the user's, and under sudo nothing but less", "[cli]") {
  CHECK(choose_pager({nullptr, nullptr, "xterm", false, true}) == "less -FRX");
  CHECK(choose_pager({nullptr, nullptr, "xterm", false, false}).empty());
  CHECK(choose_pager({nullptr, "more -s", "xterm", false, true}) == "more -s");
  CHECK(choose_pager({"most", "more", "xterm", false, true}) == "most");
  CHECK(choose_pager({"", "more", "xterm", false, true}).empty());
  CHECK(choose_pager({nullptr, "cat", "xterm", false, true}).empty());
  CHECK(choose_pager({nullptr, "more", "dumb", false, true}).empty());
  CHECK(choose_pager({nullptr, "more", nullptr, false, true}).empty());
  CHECK(choose_pager({nullptr, "sh -c 'id'", "xterm", true, true}) == "less -FRX");
  CHECK(choose_pager({nullptr, "sh -c 'id'", "xterm", true, false}).empty());
}
