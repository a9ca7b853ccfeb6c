// SPDX-License-Identifier: MIT
#include "report/view.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/error.h"
#include "report/rows_csv.h"
#include "tables/conntrack.h"
#include "tables/resolved_name.h"
#include "tables/service.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"
#include "tables/user.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

using Names = std::vector<std::string>;

Socket connection() {
  Socket made;
  made.local_address = parse_ip_address("127.0.0.1").value();
  made.local_port = 6010;
  made.remote_address = parse_ip_address("127.0.0.1").value();
  made.remote_port = 40000;
  made.state = TcpState::established;
  made.uid = 998;
  return made;
}

Snapshot named_snapshot() {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, sockets, {connection()});
  add_table(snapshot, users, {User{998, "systemd-timesync"}});
  add_table(snapshot, services, {Service{"tcp", 6010, "x11-ssh-offset"}, Service{"udp", 40000, "not-tcp"}});
  return snapshot;
}

ViewOptions internet_extended() {
  ViewOptions options;
  options.extend = 1;
  options.sockets.ipv4 = true;
  return options;
}

} // namespace

TEST_CASE("services and users have the names of the recorded host, whole", "[report]") {
  const std::string text = format_view(named_snapshot(), internet_extended());
  CHECK(text.find("tcp        0      0 127.0.0.1:x11-ssh-offset 127.0.0.1:40000         ESTABLISHED systemd-timesync 0")
        != std::string::npos);
}

TEST_CASE("peers have the names that were looked up, unless -n or --numeric-hosts is given", "[report]") {
  Snapshot snapshot = empty_snapshot();
  Socket mapped = connection();
  mapped.local_address = parse_ip_address("::ffff:10.0.0.1").value();
  mapped.remote_address = parse_ip_address("::ffff:192.0.2.7").value();
  Socket unnamed = connection();
  unnamed.remote_address = parse_ip_address("192.0.2.8").value();
  add_table(snapshot, sockets, {mapped, unnamed});
  add_table(snapshot, resolved_names,
            {ResolvedName{
               parse_ip_address("192.0.2.7").value(), NameAnswer::named, "web1.example\n\x1b[31m", NameSource::dns, {}},
             ResolvedName{parse_ip_address("192.0.2.8").value(), NameAnswer::unnamed, {}, NameSource::dns, {}}});
  ViewOptions options;
  options.sockets.tcp = true;
  const std::string text = format_view(snapshot, options);
  CHECK(text.find("10.0.0.1:6010           web1.example\\x0a\\x1b[31m:40000 ESTABLISHED") != std::string::npos);
  CHECK(text.find("192.0.2.8:40000 ") != std::string::npos);
  ViewOptions numeric = options;
  numeric.numeric = true;
  ViewOptions numeric_hosts = options;
  numeric_hosts.numeric_hosts = true;
  for (const ViewOptions& without : {numeric, numeric_hosts}) {
    CHECK(format_view(snapshot, without).find("192.0.2.7:40000 ") != std::string::npos);
    CHECK(format_view(snapshot, without).find("web1") == std::string::npos);
    CHECK(wanted_tables(without, false).loaded.back() != resolved_names.name());
  }
}

TEST_CASE("masqueraded flows show the names of hosts as well", "[report]") {
  Snapshot snapshot = empty_snapshot();
  Conntrack flow;
  flow.source = parse_ip_address("10.0.0.7").value();
  flow.destination = parse_ip_address("192.0.2.7").value();
  flow.nat.set(NatKind::source);
  add_table(snapshot, conntracks, {flow});
  add_table(
    snapshot, resolved_names,
    {ResolvedName{parse_ip_address("192.0.2.7").value(), NameAnswer::named, "web1.example", NameSource::dns, {}}});
  ViewOptions options;
  options.masquerade = true;
  CHECK(format_view(snapshot, options).find("10.0.0.7             web1.example ") != std::string::npos);
  options.wide = true;
  CHECK(format_view(snapshot, options).find("web1.example") != std::string::npos);
  options.numeric_hosts = true;
  CHECK(format_view(snapshot, options).find("192.0.2.7") != std::string::npos);
  CHECK(format_view(snapshot, options).find("web1") == std::string::npos);
}

TEST_CASE("options -n, --numeric-ports and --numeric-users leave those names out, --numeric-hosts does not",
          "[report]") {
  const Snapshot snapshot = named_snapshot();
  ViewOptions numeric = internet_extended();
  numeric.numeric = true;
  const std::string plain = format_view(snapshot, numeric);
  CHECK(plain.find("127.0.0.1:6010          127.0.0.1:40000         ESTABLISHED 998        0") != std::string::npos);
  ViewOptions ports = internet_extended();
  ports.numeric_ports = true;
  CHECK(format_view(snapshot, ports).find("127.0.0.1:6010  ") != std::string::npos);
  CHECK(format_view(snapshot, ports).find("systemd-timesync") != std::string::npos);
  ViewOptions uids = internet_extended();
  uids.numeric_users = true;
  CHECK(format_view(snapshot, uids).find("x11-ssh-offset") != std::string::npos);
  CHECK(format_view(snapshot, uids).find("systemd-timesync") == std::string::npos);
  ViewOptions hosts = internet_extended();
  hosts.numeric_hosts = true;
  CHECK(format_view(snapshot, hosts) == format_view(snapshot, internet_extended()));
}

TEST_CASE("without names in the snapshot everything is numeric", "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, sockets, {connection()});
  ViewOptions numeric = internet_extended();
  numeric.numeric = true;
  CHECK(format_view(snapshot, internet_extended()) == format_view(snapshot, numeric));
}

TEST_CASE("without options internet sockets come first and unix sockets after them", "[report]") {
  Snapshot snapshot = named_snapshot();
  add_table(snapshot, unix_sockets, {});
  const std::string text = format_view(snapshot, ViewOptions());
  CHECK(text.find("Active Internet connections (w/o servers)\n") == 0);
  CHECK(text.find("Active UNIX domain sockets (w/o servers)\n") != std::string::npos);
  CHECK(wanted_tables(ViewOptions(), true).shown == Names{"socket", "unix_socket"});
  ViewOptions unix_only;
  unix_only.unix_domain = true;
  CHECK(format_view(snapshot, unix_only).find("Internet") == std::string::npos);
  unix_only.sockets.tcp = true;
  CHECK(wanted_tables(unix_only, true).shown == Names{"socket", "unix_socket"});
  ViewOptions tcp_only;
  tcp_only.sockets.tcp = true;
  CHECK(wanted_tables(tcp_only, true).shown == Names{"socket"});
}

TEST_CASE("a view loads the tables it looks names up in, and shows them as rows of their own", "[report]") {
  ViewOptions options = internet_extended();
  options.sockets.programs = true;
  CHECK(wanted_tables(options, false).shown == Names{"socket"});
  CHECK(wanted_tables(options, false).loaded == Names{"socket", "process", "service", "resolved_name", "user"});
  CHECK(wanted_tables(options, true).loaded == Names{"socket", "process"});
  ViewOptions links;
  links.interfaces = true;
  CHECK(wanted_tables(links, true).shown == Names{"interface"});
  links.extend = 1;
  CHECK(wanted_tables(links, false).loaded == Names{"interface", "address"});
  CHECK(wanted_tables(links, true).shown == Names{"interface", "address"});
}

TEST_CASE("option -A names families as -4, -6 and -x do", "[report]") {
  ViewOptions options;
  options.families = {"inet", "unix"};
  const ViewOptions checked = check_view(options);
  CHECK(checked.sockets.ipv4);
  CHECK_FALSE(checked.sockets.ipv6);
  CHECK(checked.unix_domain);
  options.families = {"ax25", "bluetooth", "appletalk"};
  CHECK(check_view(options).others
        == std::vector{OtherFamily::ax25, OtherFamily::l2cap, OtherFamily::rfcomm, OtherFamily::ddp});
  options.families = {"econet"};
  CHECK_THROWS_WITH(check_view(options), "-A econet: the families recorded are inet, inet6, unix, ax25, netrom, rose, "
                                         "x25, ipx, ddp, l2cap, rfcomm, vsock, xdp, tipc and smc");
}

TEST_CASE("other families come unasked where they were collected, and alone where they were asked for", "[report]") {
  CHECK(wanted_tables(ViewOptions(), true).if_collected == Names{"other_socket"});
  ViewOptions tcp;
  tcp.sockets.tcp = true;
  CHECK(wanted_tables(tcp, true).if_collected.empty());
  ViewOptions x25;
  x25.families = {"x25"};
  CHECK(wanted_tables(check_view(x25), false).shown == Names{"other_socket"});
  CHECK(wanted_tables(check_view(x25), false).loaded == Names{"other_socket"});
  x25.route = true;
  CHECK(wanted_tables(check_view(x25), false).shown == Names{"other_route"});
  x25.families = {"x25", "inet"};
  CHECK(wanted_tables(check_view(x25), false).shown == Names{"route", "other_route"});
  x25.cache = true;
  CHECK_THROWS_WITH(check_view(x25), "-C is the cache of inet and inet6: no other family has one");
  ViewOptions ax25;
  ax25.families = {"ax25"};
  ax25.route = true;
  CHECK_THROWS_WITH(check_view(ax25), "-r -A ax25: the routes recorded are those of inet, inet6, ipx, ddp and x25");
  ax25.route = false;
  ax25.statistics = true;
  CHECK_THROWS_WITH(check_view(ax25), "-i, -s, -g and -M show inet and inet6 only");
}

TEST_CASE("what is not recorded is refused with a sentence", "[report]") {
  const auto refused = [](bool ViewOptions::*flag) {
    ViewOptions options;
    options.*flag = true;
    try {
      static_cast<void>(check_view(options));
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::trouble);
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused(&ViewOptions::continuous).starts_with("-c: a recorded moment does not repeat"));
  CHECK(refused(&ViewOptions::context) == "-Z: security contexts are not recorded");
  CHECK(refused(&ViewOptions::verbose).empty());
}

TEST_CASE("two tables at once, or sockets in a table that has none, are refused", "[report]") {
  ViewOptions two;
  two.route = true;
  two.statistics = true;
  CHECK_THROWS_AS(check_view(two), Error);
  ViewOptions route;
  route.route = true;
  route.sockets.tcp = true;
  CHECK_THROWS_AS(check_view(route), Error);
  ViewOptions statistics;
  statistics.statistics = true;
  statistics.sockets.tcp = true;
  CHECK_NOTHROW(check_view(statistics));
  statistics.sockets.programs = true;
  CHECK_THROWS_AS(check_view(statistics), Error);
  ViewOptions masquerade;
  masquerade.masquerade = true;
  CHECK_NOTHROW(check_view(masquerade));
  CHECK(has_view(masquerade));
  masquerade.groups = true;
  CHECK_THROWS_AS(check_view(masquerade), Error);
}

TEST_CASE("option -M takes flows, and names where they are not refused", "[report]") {
  ViewOptions options;
  options.masquerade = true;
  CHECK(wanted_tables(options, false).shown == Names{"conntrack"});
  CHECK(wanted_tables(options, false).loaded == Names{"conntrack", "service", "resolved_name"});
  CHECK(wanted_tables(options, true).loaded == Names{"conntrack"});
  options.numeric_ports = true;
  CHECK(wanted_tables(options, false).loaded == Names{"conntrack", "resolved_name"});
  options.numeric_hosts = true;
  CHECK(wanted_tables(options, false).loaded == Names{"conntrack"});
}

TEST_CASE("rows as CSV begin with the table's name, and null differs from an empty text", "[report]") {
  UnixSocket row;
  row.name = std::string("\0a,\"b\"", 6);
  row.inode = 7;
  UnixSocket unnamed;
  unnamed.name = "";
  const Table table = made_table(unix_sockets, {row, unnamed});
  std::string text;
  write_rows_csv(table, std::vector<std::uint32_t>{0, 1}, [&](std::string_view line) { text += line; });
  CHECK(text
        == "table,netns,type,name,cookie,inode,state,peer_inode,recv_queue,send_queue,uid,references,pid,fd\r\n"
           "unix_socket,\"\",STREAM,\"\\x00a,\"\"b\"\"\",,7,UNCONNECTED,,,,,,,\r\n"
           "unix_socket,\"\",STREAM,\"\",,0,UNCONNECTED,,,,,,,\r\n");
}

} // namespace hindstat
