// SPDX-License-Identifier: MIT
#include "recorder/readers/proc_net_unix.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace hindstat;

namespace {

const std::string header = "Num       RefCount Protocol Flags    Type St Inode Path\n";

std::string line(const std::string& inode_and_path, const std::string& state = "03") {
  return "00000000aa7688c0: 00000003 00000000 00000000 0001 " + state + " " + inode_and_path + "\n";
}

std::vector<ProcUnixRecord> records_of(const std::string& text) {
  std::vector<ProcUnixRecord> records;
  ProcUnixRecords walk(text);
  while (const auto record = walk.next()) {
    records.push_back(*record);
  }
  return records;
}

} // namespace

TEST_CASE("a socket of /proc/net/unix is read with its numbers and path", "[recorder]") {
  const std::string text =
    header + "cdd09a63: 0000000a 00000000 00010000 0005 01 876978 /run/seq.sock\n" + line("   42");
  const auto records = records_of(text);
  REQUIRE(records.size() == 2);
  const ProcUnixSocket& first = records[0].socket.value();
  CHECK(first.references == 10);
  CHECK(first.flags == 0x10000);
  CHECK(first.type == 5);
  CHECK(first.state == 1);
  CHECK(first.inode == 876978);
  CHECK(first.name == "/run/seq.sock");
  CHECK(records[1].socket.value().inode == 42);
  CHECK(records[1].socket.value().state == 3);
  CHECK_FALSE(records[1].socket.value().name);
}

TEST_CASE("blanks and newlines belong to the path", "[recorder]") {
  const std::string text = header + line("1  /run/two  blanks ") + line("2 /run/a\nb\n\n c: 00000003") + line("3 @x y")
                           + line("4 \n") + line("5 /last\n");
  const auto records = records_of(text);
  REQUIRE(records.size() == 5);
  CHECK(records[0].socket->name == " /run/two  blanks ");
  CHECK(records[1].socket->name == "/run/a\nb\n\n c: 00000003");
  CHECK(records[2].socket->name == "@x y");
  CHECK(records[3].socket->name == "\n");
  CHECK(records[4].socket->name == "/last\n");
}

TEST_CASE("what cannot be part of a path is no socket and ends no walk", "[recorder]") {
  const std::string long_line(200, 'x');
  const std::string text = header + "what is this\n" + line("7") + "after a socket without a path\n" + line("8 /run/x")
                           + long_line + "\n" + line("9 /y");
  const auto records = records_of(text);
  REQUIRE(records.size() == 6);
  CHECK_FALSE(records[0].socket);
  CHECK(records[0].text == "what is this");
  CHECK(records[1].socket->inode == 7);
  CHECK_FALSE(records[2].socket);
  CHECK(records[3].socket->name == "/run/x");
  CHECK_FALSE(records[4].socket);
  CHECK(records[5].socket->name == "/y");
}

TEST_CASE("a path with newlines is never longer than an address", "[recorder]") {
  std::string path = "/";
  for (int i = 0; i < 53; ++i) {
    path += "\na";
  }
  const auto whole = records_of(header + line("1 " + path + "b"));
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].socket->name->size() == 108);
  CHECK(records_of(header + line("1 " + path + "bc")).size() == 2);
}

TEST_CASE("lines that do not have the kernel's widths begin no socket", "[recorder]") {
  for (const char* text :
       {"", "00000000aa7688c0: 3 00000000 00000000 0001 03 12", "x: 00000003 00000000 00000000 0001 03",
        "00000000aa7688c0 00000003 00000000 00000000 0001 03 12", "Num RefCount Protocol",
        ": 00000003 00000000 00000000 0001 03 12", "x: 00000003 00000000 00000000 0001 03 99999999999",
        "x: 0000000g 00000000 00000000 0001 03 12", "x: 00000003 00000000 00000000 0001 3 12"}) {
    CAPTURE(text);
    const std::string file = header + text + "\n";
    const auto records = records_of(file);
    REQUIRE(records.size() == 1);
    CHECK_FALSE(records[0].socket);
  }
}

TEST_CASE("a file of unix sockets cut at any byte is read within its bytes", "[recorder]") {
  const std::string text = header + line("11 /run/a\nb") + line("12") + line("13 @c") + "nonsense";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string part = text.substr(0, size);
    std::size_t covered = 0;
    for (const ProcUnixRecord& record : records_of(part)) {
      covered += record.text.size();
    }
    CHECK(covered <= part.size());
    CHECK(records_of(part).size() <= 4);
  }
  CHECK(records_of("").empty());
  CHECK(records_of(header).empty());
}
