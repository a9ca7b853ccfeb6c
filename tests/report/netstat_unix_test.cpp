// SPDX-License-Identifier: MIT
// The expected lines are those of net-tools 2.10 (`netstat -xanp`) for sockets that were really there.
#include "report/netstat_unix.h"

#include <catch2/catch.hpp>
#include <string>

#include "tables/process.h"
#include "tables/unix_socket.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

UnixSocket unix_socket(UnixType type, UnixState state, std::uint32_t inode, std::uint32_t references,
                       std::optional<std::string> name = std::nullopt) {
  UnixSocket made;
  made.type = type;
  made.state = state;
  made.inode = inode;
  made.references = references;
  made.name = std::move(name);
  return made;
}

Snapshot lab_snapshot() {
  using enum UnixType;
  using enum UnixState;
  std::vector<UnixSocket> rows{
    unix_socket(stream, connected, 876981, 3),
    unix_socket(dgram, unconnected, 876991, 2, std::string("\0dd913", 6)),
    unix_socket(stream, connecting, 0, 3, "/run/lab/stream.sock"),
    unix_socket(seqpacket, listening, 876982, 2, "/run/lab/seqpacket.sock"),
    unix_socket(stream, listening, 876990, 2, std::string("\0lab\0with\0nuls", 14)),
  };
  rows[0].pid = 20886;
  Process python;
  python.pid = 20886;
  python.comm = "python3";
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, unix_sockets, rows);
  add_table(snapshot, processes, {python});
  return snapshot;
}

} // namespace

TEST_CASE("unix sockets are printed as netstat -xanp prints them", "[report]") {
  CHECK(format_unix_sockets(lab_snapshot(), UnixView{.all = true, .programs = true})
        == "Active UNIX domain sockets (servers and established)\n"
           "Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path\n"
           "unix  2      [ ACC ]     STREAM     LISTENING     876990   -                    @lab@with@nuls\n"
           "unix  2      [ ACC ]     SEQPACKET  LISTENING     876982   -                    /run/lab/seqpacket.sock\n"
           "unix  2      [ ]         DGRAM                    876991   -                    @dd913\n"
           "unix  3      [ ]         STREAM     CONNECTING    0        -                    /run/lab/stream.sock\n"
           "unix  3      [ ]         STREAM     CONNECTED     876981   20886/python3        \n");
}

TEST_CASE("without -a unix sockets that listen are left out, and with -l all others", "[report]") {
  CHECK(format_unix_sockets(lab_snapshot(), UnixView{})
        == "Active UNIX domain sockets (w/o servers)\n"
           "Proto RefCnt Flags       Type       State         I-Node   Path\n"
           "unix  2      [ ]         DGRAM                    876991   @dd913\n"
           "unix  3      [ ]         STREAM     CONNECTING    0        /run/lab/stream.sock\n"
           "unix  3      [ ]         STREAM     CONNECTED     876981   \n");
  CHECK(format_unix_sockets(lab_snapshot(), UnixView{.listening = true})
        == "Active UNIX domain sockets (only servers)\n"
           "Proto RefCnt Flags       Type       State         I-Node   Path\n"
           "unix  2      [ ACC ]     STREAM     LISTENING     876990   @lab@with@nuls\n"
           "unix  2      [ ACC ]     SEQPACKET  LISTENING     876982   /run/lab/seqpacket.sock\n");
}

TEST_CASE("a hostile unix path keeps to its line and says its bytes", "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, unix_sockets,
            {unix_socket(UnixType::stream, UnixState::listening, 7, 2, "/run/a b\n\x1b[2Jtcp \xff\\")});
  const std::string text = format_unix_sockets(snapshot, UnixView{.all = true});
  CHECK(text.find(" 7        /run/a b\\x0a\\x1b[2Jtcp \\xff\\\\\n") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("an empty unix table differs from one that was not collected", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK(format_unix_sockets(snapshot, UnixView{}) == "unix_socket: not collected: not in this snapshot\n");
  snapshot.captures.push_back(made_capture("unix_socket", CaptureStatus::denied, "no access"));
  CHECK(format_unix_sockets(snapshot, UnixView{}) == "unix_socket: not collected: denied: no access\n");
  snapshot.captures.clear();
  add_table(snapshot, unix_sockets, {});
  CHECK(format_unix_sockets(snapshot, UnixView{})
        == "Active UNIX domain sockets (w/o servers)\n"
           "Proto RefCnt Flags       Type       State         I-Node   Path\n");
}

TEST_CASE("a reference count that was not recorded is a dash", "[report]") {
  UnixSocket row = unix_socket(UnixType::dgram, UnixState::unconnected, 5, 0);
  row.references.reset();
  row.netns = "lab";
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, unix_sockets, {row});
  snapshot.captures.push_back(made_capture("unix_socket", CaptureStatus::complete, "", "lab"));
  CHECK(format_unix_sockets(snapshot, UnixView{})
        == "Active UNIX domain sockets (w/o servers)\n"
           "Proto RefCnt Flags       Type       State         I-Node   Path\n"
           "Active UNIX domain sockets (w/o servers) in network namespace lab\n"
           "Proto RefCnt Flags       Type       State         I-Node   Path\n"
           "unix  -      [ ]         DGRAM                    5        \n");
}

} // namespace hindstat
