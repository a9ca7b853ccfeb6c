// SPDX-License-Identifier: MIT
// The tables of unix sockets, users and services as a whole recording makes them.
#include <catch2/catch.hpp>

#include <map>

#include "recorder/recorder.h"
#include "tables/service.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tables/unix_socket.h"
#include "tables/user.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/unix_message.h"

using namespace hindstat;
using namespace hindstat::test;
using namespace std::string_view_literals;

namespace {

constexpr int sock_diag_type = 20; // SOCK_DIAG_BY_FAMILY
const std::string header = "Num       RefCount Protocol Flags    Type St Inode Path\n";
const std::string listener_line = "000000000a: 00000002 00000000 00010000 0001 01 100 @x@y\n";
const std::string embryo_line = "000000000b: 00000003 00000000 00000000 0001 02     0 @x@y\n";
const std::string bound_line = "000000000c: 00000005 00000000 00000000 0002 01 101 /run/a b\n";
const std::string icmp_line = "    7: 0100007F:0017 00000000:0000 07 00000000:00000300 00:00000000 00000000 33 0 555 2 "
                              "00000000cf3ad960 4\n";

std::vector<std::byte> unix_dump() {
  unix_diag_msg bound = unix_message(101, 7);
  bound.udiag_type = SOCK_DGRAM;
  const auto bound_bytes = NetlinkBuilder()
                             .value(bound)
                             .attribute_text(UNIX_DIAG_NAME, "/run/a b\0"sv)
                             .attribute_value(7, std::uint32_t{33}) // UNIX_DIAG_UID
                             .bytes();
  return NetlinkBuilder()
    .message(sock_diag_type, 0, named_unix_message(100, 10, "\0x\0y"sv))
    .message(sock_diag_type, 0, bound_bytes)
    .done()
    .bytes();
}

std::vector<UnixSocket> unix_rows(const Snapshot& snapshot) {
  std::vector<UnixSocket> rows;
  const Table& table = *snapshot.find_table("unix_socket");
  for (std::size_t i = 0; i < table.size(); ++i) {
    rows.push_back(unix_sockets.row(table, i));
  }
  return rows;
}

/// A system that has unix sockets from both sources.
class UnixSystem : public FakeSystem {
public:
  UnixSystem() {
    dumps["sock_diag-unix"] = {{unix_dump(), {}}};
    files["/proc/net/unix"] = {0, header + listener_line + embryo_line + bound_line};
  }
};

} // namespace

TEST_CASE("unix sockets are netlink's, with reference counts and embryos of /proc", "[recorder]") {
  const Snapshot snapshot = record_snapshot(UnixSystem(), {});
  const Capture& capture = *snapshot.find_capture("unix_socket");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.source == "netlink+proc");
  CHECK(capture.coverage == "unix=netlink embryos=proc owners=complete");
  const auto rows = unix_rows(snapshot);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "\0x\0y"sv);
  CHECK(rows[0].state == UnixState::listening);
  CHECK(rows[0].type == UnixType::stream);
  CHECK(rows[0].cookie == 0x200000001ULL);
  CHECK(rows[0].references == 2U);
  CHECK(rows[1].name == "/run/a b");
  CHECK(rows[1].state == UnixState::unconnected);
  CHECK(rows[1].type == UnixType::dgram);
  CHECK(rows[1].references == 5U);
  CHECK(rows[1].uid == 33U);
  CHECK(rows[2].name == "\0x@y"sv); // /proc cannot say which "@" is a NUL.
  CHECK(rows[2].state == UnixState::connecting);
  CHECK(rows[2].inode == 0);
  CHECK_FALSE(rows[2].cookie);
  CHECK_FALSE(rows[2].uid);
}

TEST_CASE("unix sockets are /proc's alone where netlink does not answer", "[recorder]") {
  UnixSystem system;
  for (const bool half : {false, true}) {
    system.dumps.clear();
    if (half) {
      system.dumps["sock_diag-unix"] = {{unix_dump(), {ENOBUFS, false}}};
    }
    const Snapshot snapshot = record_snapshot(system, {});
    CHECK(snapshot.find_capture("unix_socket")->source == "proc");
    CHECK(snapshot.find_capture("unix_socket")->status == CaptureStatus::complete);
    CHECK(snapshot.find_capture("unix_socket")->coverage == "unix=proc embryos=proc owners=complete");
    const auto rows = unix_rows(snapshot);
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].state == UnixState::listening);
    CHECK(rows[0].name == "\0x@y"sv);
    CHECK_FALSE(rows[0].cookie);
    CHECK(rows[2].name == "/run/a b");
    CHECK(rows[2].inode == 101);
  }
}

TEST_CASE("unix sockets of netlink alone are partial and say what they lack", "[recorder]") {
  UnixSystem system;
  system.files["/proc/net/unix"] = {EACCES, {}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("unix_socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.source == "netlink");
  CHECK(capture.coverage == "unix=netlink embryos=denied owners=complete");
  CHECK_THAT(capture.detail, Catch::Contains("Permission denied"));
  CHECK(unix_rows(snapshot).size() == 2);
  CHECK_FALSE(unix_rows(snapshot)[0].references);
  system.dumps.clear();
  const Snapshot neither = record_snapshot(system, {});
  CHECK(neither.find_capture("unix_socket")->status == CaptureStatus::denied);
  CHECK(record_snapshot(FakeSystem(), {}).find_capture("unix_socket")->status == CaptureStatus::absent);
}

TEST_CASE("unix sockets of unknown type or state are counted as not understood", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/unix"] = {0, header + "0a: 00000002 00000000 00000000 0001 07 100 /x\n"
                                         + "0a: 00000002 00000000 00000000 0004 01 100 /x\n" + bound_line};
  const Capture proc = *record_snapshot(system, {}).find_capture("unix_socket");
  CHECK(proc.rejected == 2);
  CHECK(proc.rows == 1);
  CHECK(proc.example == "0a: 00000002 00000000 00000000 0001 07 100 /x");
  FakeSystem odd;
  odd.dumps["sock_diag-unix"] = {
    {NetlinkBuilder().message(sock_diag_type, 0, bytes_of(unix_message(1, 3))).done().bytes(), {}}};
  const Capture netlink = *record_snapshot(odd, {}).find_capture("unix_socket");
  CHECK(netlink.rejected == 1);
  CHECK(netlink.rows == 0);
}

TEST_CASE("owners of unix sockets are joined like those of internet sockets", "[recorder]") {
  UnixSystem system;
  system.owners.sockets = {{100, 9, 4}, {100, 8, 5}, {101, 9, 6}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(unix_rows(snapshot)[0].pid == 8U);
  CHECK(unix_rows(snapshot)[0].fd == 5U);
  CHECK(unix_rows(snapshot)[1].pid == 9U);
  CHECK_FALSE(unix_rows(snapshot)[2].pid);
  CHECK(snapshot.find_table("socket") == nullptr);
  const Table& further = *snapshot.find_table("socket_owner");
  REQUIRE(further.size() == 1);
  CHECK(socket_owners.row(further, 0).inode == 100);
  CHECK(socket_owners.row(further, 0).pid == 9);
}

TEST_CASE("ping sockets come from /proc", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/icmp"] = {0, "  sl  local_address\n" + icmp_line};
  system.files["/proc/net/icmp6"] = {EACCES, {}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK_THAT(capture.coverage, Catch::Contains(" icmp=proc icmp6=denied mptcp=absent "));
  CHECK(capture.source == "proc");
  const Socket row = sockets.row(*snapshot.find_table("socket"), 0);
  CHECK(row.protocol == SocketProtocol::icmp);
  CHECK(row.local_port == 23);
  CHECK(row.uid == 33);
  CHECK(row.drops == 4U);
  CHECK(row.state == TcpState::close);
}

TEST_CASE("users are named that a socket belongs to", "[recorder]") {
  UnixSystem system;
  system.files["/proc/net/icmp"] = {0, "  sl  local_address\n" + icmp_line};
  system.files["/etc/passwd"] = {0, "root:x:0:0::/:/bin/sh\n# x\nwww-data:x:33:33::/:\nweb:x:33:33::/:\n+::::\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("user")->status == CaptureStatus::complete);
  const Table& table = *snapshot.find_table("user");
  REQUIRE(table.size() == 1);
  CHECK(users.row(table, 0).uid == 33);
  CHECK(users.row(table, 0).name == "www-data");
  system.files["/etc/passwd"].bytes += "old:secret\n";
  const Capture partial = *record_snapshot(system, {}).find_capture("user");
  CHECK(partial.status == CaptureStatus::partial);
  CHECK(partial.example == "line 6");
}

TEST_CASE("services are named whose port a tcp or udp socket has at either end", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-tcp-inet"] = {
    {NetlinkBuilder().message(sock_diag_type, 0, bytes_of(diag_message(443))).done().bytes(), {}}};
  system.files["/etc/services"] = {0, "# x\nhttp 80/tcp\nhttps 443/tcp\nweb 443/tcp\nhttps 443/udp\n"
                                      "redis\t6379/tcp\nredis 6379/sctp\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("service")->status == CaptureStatus::complete);
  const Table& table = *snapshot.find_table("service");
  std::map<std::uint16_t, std::string> names;
  for (std::size_t i = 0; i < table.size(); ++i) {
    CHECK(services.row(table, i).protocol == "tcp");
    names.emplace(services.row(table, i).port, services.row(table, i).name);
  }
  CHECK(names == std::map<std::uint16_t, std::string>{{443, "https"}, {6379, "redis"}});
}

TEST_CASE("names are absent without their file, denied without leave, and absent without sockets", "[recorder]") {
  UnixSystem system;
  CHECK(record_snapshot(system, {}).find_capture("user")->status == CaptureStatus::absent);
  CHECK(record_snapshot(system, {}).find_capture("service")->status == CaptureStatus::absent);
  system.files["/etc/passwd"] = {EACCES, {}};
  CHECK(record_snapshot(system, {}).find_capture("user")->status == CaptureStatus::denied);
  FakeSystem empty;
  empty.files["/etc/passwd"] = {0, "root:x:0:0::/:/bin/sh\n"};
  empty.files["/etc/services"] = {0, "http 80/tcp\n"};
  for (const char* table : {"user", "service"}) {
    CHECK(record_snapshot(empty, {}).find_capture(table)->status == CaptureStatus::absent);
    CHECK(record_snapshot(empty, {}).find_capture(table)->detail == "there are no sockets to find names for");
  }
}

TEST_CASE("no bytes of the sources of unix sockets and names crash a recording", "[recorder]") {
  std::uint32_t seed = 3;
  const auto random = [&seed](std::size_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8U) % below;
  };
  for (int round = 0; round < 300; ++round) {
    UnixSystem system;
    auto& dump = system.dumps["sock_diag-unix"].front().bytes;
    dump[random(dump.size())] = static_cast<std::byte>(random(256));
    system.files["/etc/passwd"] = {0, "root:x:0:0::/:/bin/sh\nbird:x:33:1::/:\n"};
    system.files["/etc/services"] = {0, "# x\nhttp 80/tcp\nhttps 443/tcp # y\n"};
    for (const char* path : {"/proc/net/unix", "/etc/passwd", "/etc/services"}) {
      std::string& text = system.files[path].bytes;
      text[random(text.size())] = static_cast<char>(random(256));
      text.resize(random(3) == 0 ? random(text.size()) : text.size());
    }
    CHECK_NOTHROW(record_snapshot(system, {}));
  }
}
