// SPDX-License-Identifier: MIT
#include "recorder/recorder.h"

#include <catch2/catch.hpp>

#include <linux/rtnetlink.h>

#include <set>

#include "recorder/host_info.h"
#include "recorder/readers.h"
#include "tables/catalog.h"
#include "tables/network_namespace.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr int sock_diag_type = 20; // SOCK_DIAG_BY_FAMILY
const std::string tcp_header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
const std::string tcp_line =
  "   0: 0100007F:1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
  "876780 1 000000000454d76b 100 0 0 10 0\n";

std::vector<std::byte> diag_dump(std::initializer_list<std::uint16_t> ports, int flags = 0) {
  NetlinkBuilder builder;
  for (const std::uint16_t port : ports) {
    builder.message(sock_diag_type, flags, bytes_of(diag_message(port)));
  }
  return builder.done(flags).bytes();
}

std::vector<std::byte> route_dump() {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_type = RTN_UNICAST;
  rtmsg cached = header;
  cached.rtm_flags = RTM_F_CLONED;
  return NetlinkBuilder()
    .message(RTM_NEWROUTE, 0, bytes_of(header))
    .message(RTM_NEWROUTE, 0, bytes_of(cached))
    .message(RTM_NEWROUTE, 0, {})
    .done()
    .bytes();
}

std::string stat_of(const std::string& name) {
  return "7 (" + name + ") S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 250 1 1\n";
}

std::set<std::uint16_t> local_ports(const Snapshot& snapshot) {
  std::set<std::uint16_t> ports;
  const Table& table = *snapshot.find_table("socket");
  for (std::size_t row = 0; row < table.size(); ++row) {
    ports.insert(sockets.row(table, row).local_port);
  }
  return ports;
}

} // namespace

TEST_CASE("a host is described by its files", "[recorder]") {
  FakeSystem system;
  system.files["/etc/machine-id"] = {0, "0123456789abcdef0123456789abcdef\n"};
  system.files["/proc/sys/kernel/random/boot_id"] = {0, "b1\n"};
  system.files["/proc/sys/kernel/osrelease"] = {0, "6.1.0-18-amd64\n"};
  system.files["/proc/self/status"] = {0, "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nCapEff:\t00000000a80425fb\n"};
  const SnapshotInfo info = read_host_info(system, {});
  CHECK(info.host == "gw1");
  CHECK(info.machine_id == "0123456789abcdef0123456789abcdef");
  CHECK(info.boot_id == "b1");
  CHECK(info.kernel_release == "6.1.0-18-amd64");
  CHECK(info.euid == 1001);
  CHECK(info.capabilities == 0xa80425fb);
  CHECK(info.net_namespace == 4026531840);
  CHECK(info.recorder == "hindstat 0.1.0");
  CHECK(info.clocks == system.clocks);
  CHECK(read_host_info(system, {"label"}).host == "label");
}

TEST_CASE("the link of a namespace names its inode or nothing", "[recorder]") {
  CHECK(parse_namespace_link("net:[4026531840]") == 4026531840U);
  for (const char* text : {"", "net:[", "net:[]", "net:[x]", "mnt:[1]", "net:[1", "net:[-1]"}) {
    CHECK_FALSE(parse_namespace_link(text));
  }
}

TEST_CASE("every reader keeps each of its tables exactly once, also when no source answers", "[recorder]") {
  RecordOptions options;
  options.tcp_info = true;
  const Snapshot snapshot = record_snapshot(FakeSystem(), options);
  std::set<std::string> expected;
  for (const Reader& reader : readers()) {
    std::string_view names = reader.tables;
    while (!names.empty()) {
      const std::size_t blank = std::min(names.find(' '), names.size());
      expected.emplace(names.substr(0, blank));
      names.remove_prefix(std::min(blank + 1, names.size()));
    }
  }
  std::set<std::string> captured;
  for (const Capture& capture : snapshot.captures) {
    captured.insert(capture.table);
    CHECK(find_table_spec(capture.table) != nullptr);
    CHECK(was_collected(capture.status) == (snapshot.find_table(capture.table) != nullptr));
  }
  CHECK(captured == expected);
  CHECK(snapshot.captures.size() == expected.size());
}

TEST_CASE("tables and captures come in the order of the catalog", "[recorder]") {
  const Snapshot snapshot = record_snapshot(FakeSystem(), {});
  std::vector<std::string> names;
  for (const Capture& capture : snapshot.captures) {
    names.push_back(capture.table);
  }
  std::vector<std::string> ordered;
  for (const TableSpec& spec : catalog()) {
    if (std::ranges::find(names, spec.name) != names.end()) {
      ordered.emplace_back(spec.name);
    }
  }
  CHECK(names == ordered);
}

TEST_CASE("a source that is not there is absent, a forbidden one denied: neither is an empty table", "[recorder]") {
  FakeSystem system;
  const Snapshot absent = record_snapshot(system, {});
  CHECK(absent.find_capture("socket")->status == CaptureStatus::absent);
  CHECK(absent.find_capture("route")->status == CaptureStatus::absent);
  CHECK(absent.find_capture("socket_owner")->status == CaptureStatus::absent);
  CHECK(absent.find_table("socket") == nullptr);
  for (const char* dump : {"sock_diag-tcp-inet", "rtnetlink-route-inet"}) {
    system.dumps[dump] = {{{}, {EPERM, false}}};
  }
  system.files["/proc/net/tcp"] = {EACCES, {}};
  system.files["/proc/net/route"] = {EACCES, {}};
  system.owners.error = EACCES;
  const Snapshot denied = record_snapshot(system, {});
  CHECK(denied.find_capture("socket")->status == CaptureStatus::denied);
  CHECK(denied.find_capture("route")->status == CaptureStatus::denied);
  CHECK(denied.find_capture("process")->status == CaptureStatus::denied);
  CHECK_THAT(denied.find_capture("process")->detail, Catch::Contains("Permission denied"));
}

TEST_CASE("sockets come from netlink, and from /proc where netlink does not answer", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({80, 443}), {}}};
  system.files["/proc/net/raw"] = {0, tcp_header
                                        + " 255: 00000000:0001 00000000:0000 07 00000000:00002240 00:00000000 00000000 "
                                          "0 0 876963 2 00000000cf3ad960 5\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.source == "netlink+proc");
  CHECK(capture.coverage
        == "tcp=netlink tcp6=absent udp=absent udp6=absent udplite=absent udplite6=absent raw=proc raw6=absent "
           "icmp=absent icmp6=absent mptcp=absent mptcp6=absent sctp=absent sctp6=absent dccp=absent dccp6=absent "
           "owners=complete");
  CHECK(capture.rows == 3);
  const Socket raw = sockets.row(*snapshot.find_table("socket"), 2);
  CHECK(raw.protocol == SocketProtocol::raw);
  CHECK(raw.local_port == 1);
  CHECK(raw.drops == 5U);
}

TEST_CASE("one dump tells the TCP sockets of both families", "[recorder]") {
  inet_diag_msg v6 = diag_message(22);
  v6.idiag_family = AF_INET6;
  FakeSystem system;
  system.dumps["sock_diag-tcp"] = {{NetlinkBuilder()
                                      .message(TCPDIAG_GETSOCK, 2, bytes_of(diag_message(443)))
                                      .message(TCPDIAG_GETSOCK, 2, bytes_of(v6))
                                      .done(2)
                                      .bytes(),
                                    {}}};
  // A kernel that answers the first is not asked for each family: these rows would be the same ones again.
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({80}), {}}};
  system.dumps["sock_diag-tcp-inet6"] = {{diag_dump({81}), {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(local_ports(snapshot) == std::set<std::uint16_t>{22, 443});
  CHECK_THAT(snapshot.find_capture("socket")->coverage, Catch::StartsWith("tcp=netlink tcp6=netlink udp=absent"));
  const Table& table = *snapshot.find_table("socket");
  CHECK(sockets.row(table, 0).local_address.is_v4());
  CHECK_FALSE(sockets.row(table, 1).local_address.is_v4());
}

TEST_CASE("where the dump of both families fails half way, each family is asked for", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp"] = {
    {NetlinkBuilder().message(TCPDIAG_GETSOCK, 2, bytes_of(diag_message(443))).bytes(), {ENOBUFS, false}}};
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({80}), {}}};
  RecordOptions options;
  options.tcp_info = true;
  const Snapshot snapshot = record_snapshot(system, options);
  CHECK(local_ports(snapshot) == std::set<std::uint16_t>{80});
  CHECK_THAT(snapshot.find_capture("socket")->coverage, Catch::StartsWith("tcp=netlink tcp6=absent udp=absent"));
  CHECK(snapshot.find_capture("tcp_info")->coverage == "tcp=netlink tcp6=absent");
}

TEST_CASE("one protocol that is denied makes the sockets partial", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({80}), {}}};
  system.dumps["sock_diag-udp-inet"] = {{{}, {EPERM, false}}};
  system.files["/proc/net/udp"] = {EACCES, {}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.detail == "udp not readable: Permission denied (it needs root or CAP_DAC_READ_SEARCH)");
  CHECK_THAT(capture.coverage, Catch::Contains("udp=denied"));
}

TEST_CASE("an interrupted dump is repeated and only the last try's rows are kept", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({1, 2}), {0, true}}, {diag_dump({3}), {0, false}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(local_ports(snapshot) == std::set<std::uint16_t>{3});
  CHECK(snapshot.find_capture("socket")->status == CaptureStatus::complete);
}

TEST_CASE("a dump that stays interrupted is kept and marked", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({1, 2}), {0, true}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(local_ports(snapshot) == std::set<std::uint16_t>{1, 2});
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.rows == 2);
  CHECK(capture.detail == "interrupted: the table changed during the dump (3 tries)");
}

TEST_CASE("a dump that fails half way leaves no rows behind", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({1, 2}), {ENOBUFS, false}}};
  system.files["/proc/net/tcp"] = {0, tcp_header + tcp_line};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(local_ports(snapshot) == std::set<std::uint16_t>{7011});
  CHECK(snapshot.find_capture("socket")->source == "proc");
}

TEST_CASE("a dump for which the kernel had no room is asked for again", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({1, 2}), {ENOBUFS, false}}, {diag_dump({3, 4}), {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(local_ports(snapshot) == std::set<std::uint16_t>{3, 4});
  CHECK(snapshot.find_capture("socket")->coverage.starts_with("tcp=netlink"));
  CHECK(snapshot.find_capture("socket")->detail.find("buffer") == std::string::npos);
}

TEST_CASE("attributes of a newer kernel change no row, and broken ones take no neighbour along", "[recorder]") {
  const auto record_with = [](std::span<const std::byte> tail) {
    NetlinkBuilder builder;
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1, 2, 3}) {
      NetlinkBuilder payload;
      payload.raw(bytes_of(diag_message(port)));
      if (port == 2) {
        payload.raw(tail);
      }
      builder.message(sock_diag_type, 0, payload.bytes());
    }
    FakeSystem system;
    system.dumps["sock_diag-tcp-inet"] = {{builder.done().bytes(), {}}};
    return record_snapshot(system, {});
  };
  const Snapshot plain = record_with({});
  REQUIRE(plain.find_table("socket")->size() == 3);
  const std::vector<std::byte> unknown = NetlinkBuilder()
                                           .attribute_value(200, std::uint64_t{7})
                                           .attribute(0x8000 | 201, {})
                                           .attribute_value(63, 'x')
                                           .bytes();
  const std::vector<std::byte> overlong = {std::byte{255}, std::byte{0}, std::byte{2}, std::byte{0}, std::byte{1}};
  const std::vector<std::byte> too_short = {std::byte{1}, std::byte{0}, std::byte{2}, std::byte{0}};
  for (const auto& tail : {unknown, overlong, too_short}) {
    const Snapshot changed = record_with(tail);
    REQUIRE(changed.find_table("socket") != nullptr);
    CHECK(*changed.find_table("socket") == *plain.find_table("socket"));
  }
}

TEST_CASE("records that are not understood are counted, and the first is shown", "[recorder]") {
  FakeSystem system;
  const std::string nonsense = "   1: not a socket " + std::string(300, 'x');
  system.files["/proc/net/tcp"] = {0, tcp_header + tcp_line + nonsense + "\nmore\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.rejected == 2);
  CHECK(capture.example == nonsense.substr(0, 200));
  CHECK(capture.detail == "2 records not understood");
  CHECK(capture.rows == 1);
}

TEST_CASE("an IPv6 line in an IPv4 file is not understood", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/tcp6"] = {0, tcp_header + tcp_line};
  CHECK(record_snapshot(system, {}).find_capture("socket")->rejected == 1);
}

TEST_CASE("routes count what is skipped and what is not understood", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-route-inet"] = {{route_dump(), {}}};
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().done().bytes(), {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("route");
  CHECK(capture.rows == 1);
  CHECK(capture.skipped == 1);
  CHECK(capture.rejected == 1);
  CHECK(capture.source == "netlink");
  CHECK(capture.coverage == "inet=netlink inet6=absent");
}

TEST_CASE("routes from netlink without interface names are partial", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-route-inet"] = {{NetlinkBuilder().done().bytes(), {}}};
  system.dumps["rtnetlink-link"] = {{{}, {EPERM, false}}};
  const Capture capture = *record_snapshot(system, {}).find_capture("route");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK_THAT(capture.detail, Catch::Contains("interface names"));
}

TEST_CASE("routes from /proc say what they lack", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/route"] = {0, "Iface\tDestination\n" + std::string("c0\t00000000\t01014D0A\t0003\t0\t0\t0\t")
                                          + "00000000\t0\t0\t0\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("route");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.source == "proc");
  CHECK(capture.rows == 1);
  CHECK_THAT(capture.detail, Catch::Contains("table main only"));
}

TEST_CASE("owners that could not be read mark the tables of owners, not the sockets", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {{diag_dump({80}), {}}};
  system.owners.sockets = {{4711, 7, 3}, {4711, 8, 3}};
  system.owners.processes = {{7, 12, stat_of("a b"), "0::/system.slice/x.service\n", "", "/usr/bin/a"}};
  system.owners.processes_seen = 90;
  system.owners.processes_denied = 12;
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("socket")->status == CaptureStatus::complete);
  CHECK_THAT(snapshot.find_capture("socket")->coverage, Catch::EndsWith(" owners=partial"));
  for (const char* table : {"socket_owner", "process"}) {
    CHECK(snapshot.find_capture(table)->status == CaptureStatus::partial);
    CHECK(snapshot.find_capture(table)->detail
          == "descriptors of 12 processes not readable: run as root or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
  }
  const Socket socket = sockets.row(*snapshot.find_table("socket"), 0);
  CHECK(socket.pid == 7U);
  CHECK(socket.fd == 3U);
  const SocketOwner further = socket_owners.row(*snapshot.find_table("socket_owner"), 0);
  CHECK(further.pid == 8);
  const Process process = processes.row(*snapshot.find_table("process"), 0);
  CHECK(process.comm == "a b");
  CHECK(process.started == 2500U);
  CHECK(process.unit == "x.service");
  CHECK(process.fd_count == 12);
  CHECK(process.exe == "/usr/bin/a");
  CHECK_FALSE(process.fd_limit);
  // A recorder that has the capabilities is not told to get them.
  system.files["/proc/self/status"] = {0, "Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n"};
  CHECK(
    record_snapshot(system, {}).find_capture("process")->detail
    == "descriptors of 12 processes not readable, although the recorder has CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
}

TEST_CASE("network namespaces are the recorder's own and those with a name", "[recorder]") {
  FakeSystem system;
  system.named = {{"blue", "/run/netns/blue", 17}, {"own", "/run/netns/own", 4026531840}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Table& table = *snapshot.find_table("network_namespace");
  REQUIRE(table.size() == 2);
  const NetworkNamespace own = network_namespaces.row(table, 0);
  CHECK(own.own);
  CHECK(own.netns.empty());
  CHECK(own.name == "own");
  CHECK(own.inode == 4026531840);
  const NetworkNamespace blue = network_namespaces.row(table, 1);
  CHECK_FALSE(blue.own);
  CHECK(blue.netns == "blue");
  CHECK(blue.inode == 17);
  system.links.clear();
  CHECK(record_snapshot(system, {}).find_capture("network_namespace")->status == CaptureStatus::partial);
}

TEST_CASE("random bytes from every source neither crash nor hang a recording", "[recorder]") {
  std::uint32_t seed = 1;
  const auto random_byte = [&seed] {
    seed = seed * 1664525 + 1013904223;
    return static_cast<std::byte>(seed >> 24U);
  };
  for (int round = 0; round < 200; ++round) {
    FakeSystem system;
    for (const char* name : {"sock_diag-tcp-inet", "sock_diag-udp-inet6", "rtnetlink-route-inet",
                             "rtnetlink-route-inet6", "rtnetlink-link"}) {
      auto bytes = std::string_view(name).starts_with("sock") ? diag_dump({1, 2, 3}) : route_dump();
      for (int change = 0; change < 1 + round % 8; ++change) {
        bytes[(seed >> 8U) % bytes.size()] = random_byte();
        std::ignore = random_byte();
      }
      system.dumps[name] = {{bytes, {}}};
    }
    for (const char* path : {"/proc/net/raw", "/proc/net/udp"}) {
      std::string text = tcp_header + tcp_line;
      text[(seed >> 8U) % text.size()] = static_cast<char>(random_byte());
      system.files[path] = {0, text};
    }
    CHECK_NOTHROW(record_snapshot(system, {}));
  }
}
