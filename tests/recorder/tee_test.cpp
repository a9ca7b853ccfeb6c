// SPDX-License-Identifier: MIT
#include "recorder/tee_system.h"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/error.h"
#include "base/unique_fd.h"
#include "recorder/bundle_system.h"
#include "recorder/live_system.h"
#include "recorder/recorder.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/temporary_tree.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

/// The law of bundles: everything but the recorder's timings is the same.
void check_same(const Snapshot& a, const Snapshot& b) {
  SnapshotInfo info = a.info;
  info.took_ns = b.info.took_ns;
  CHECK(info == b.info);
  REQUIRE(a.tables.size() == b.tables.size());
  for (std::size_t i = 0; i < a.tables.size(); ++i) {
    CAPTURE(a.tables[i].spec().name);
    CHECK(a.tables[i] == b.tables[i]);
  }
  REQUIRE(a.captures.size() == b.captures.size());
  for (std::size_t i = 0; i < a.captures.size(); ++i) {
    const Capture& left = a.captures[i];
    const Capture& right = b.captures[i];
    CAPTURE(left.table);
    CHECK(left.table == right.table);
    CHECK(left.status == right.status);
    CHECK(left.detail == right.detail);
    CHECK(left.source == right.source);
    CHECK(left.coverage == right.coverage);
    CHECK(left.rows == right.rows);
    CHECK(left.skipped == right.skipped);
    CHECK(left.rejected == right.rejected);
    CHECK(left.example == right.example);
  }
}

/// Every file's bytes and every link's target by their place.
std::map<std::string, std::string> content(const std::string& directory) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = std::filesystem::relative(entry.path(), directory).string();
    if (entry.is_symlink()) {
      all[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      all[name].assign(std::istreambuf_iterator<char>(file), {});
    }
  }
  return all;
}

/// Records `system` into a bundle and the bundle into another one; all three snapshots and both bundles must agree.
void check_fixed_point(std::unique_ptr<System> system) {
  const TemporaryTree tree;
  const RecordOptions options{"", true};
  const Snapshot first = record_snapshot(*tee_into_bundle(std::move(system), tree.path("a")), options);
  const Snapshot second = record_snapshot(*tee_into_bundle(open_bundle(tree.path("a")), tree.path("b")), options);
  const Snapshot third = record_snapshot(*open_bundle(tree.path("b")), {});
  check_same(first, second);
  check_same(first, third);
  CHECK(content(tree.path("a")) == content(tree.path("b")));
}

std::unique_ptr<FakeSystem> rich_system() {
  auto system = std::make_unique<FakeSystem>();
  inet_diag_msg timed = diag_message(80);
  timed.idiag_timer = 2;
  timed.idiag_expires = 7000;
  system->dumps["sock_diag-tcp-inet"] = {
    {NetlinkBuilder().message(20, 0, bytes_of(timed)).message(20, 0, bytes_of(diag_message(81))).done().bytes(), {}}};
  system->dumps["sock_diag-udp-inet"] = {{NetlinkBuilder().message(20, 0, bytes_of(timed)).bytes(), {EPERM, false}}};
  system->dumps["sock_diag-udp-inet6"] = {{NetlinkBuilder().done(NLM_F_DUMP_INTR).bytes(), {0, true}},
                                          {NetlinkBuilder().done().bytes(), {}}};
  system->files["/proc/net/udp"] = {EACCES, {}};
  system->files["/proc/net/raw"] = {0, "header\nnonsense\n"};
  system->files["/etc/machine-id"] = {EACCES, {}};
  system->owners.sockets = {{4711, 7, 3}, {4711, 8, 3}, {9999, 9, 1}};
  system->owners.processes = {{7, 12, "7 (a b) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 250 1 1\n",
                               "0::/system.slice/x.service\n", "Max open files 1 2 files\n", "/usr/bin/a"},
                              {8, 2, "nonsense", "", "", ""}};
  system->owners.processes_seen = 90;
  system->owners.processes_denied = 12;
  system->named = {{"blue", "/run/netns/blue", 17}};
  return system;
}

} // namespace

TEST_CASE("recording a bundle through the tee and replaying it is a fixed point: a made-up system", "[recorder]") {
  check_fixed_point(rich_system());
}

TEST_CASE("recording a bundle through the tee and replaying it is a fixed point: a system with nothing", "[recorder]") {
  auto system = std::make_unique<FakeSystem>();
  system->owners.error = EACCES;
  system->links.clear();
  check_fixed_point(std::move(system));
}

TEST_CASE("recording a bundle through the tee and replaying it is a fixed point: this machine", "[recorder]") {
  const UniqueFd listener(::socket(AF_INET6, SOCK_STREAM, 0));
  REQUIRE(::listen(listener.get(), 5) == 0);
  check_fixed_point(open_live_system());
}

TEST_CASE("a bundle is for its owner and says when it was taken", "[recorder]") {
  const TemporaryTree tree;
  const Snapshot snapshot = record_snapshot(*tee_into_bundle(rich_system(), tree.path("a")), {});
  struct stat status {};
  REQUIRE(::stat(tree.path("a").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(::stat(tree.path("a/proc/7/stat").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(open_bundle(tree.path("a"))->now() == snapshot.info.clocks);
}

TEST_CASE("a bundle is not saved over anything", "[recorder]") {
  const TemporaryTree tree;
  tree.file("occupied/x", "x");
  tree.file("file", "x");
  for (const char* name : {"occupied", "file", "missing/parent"}) {
    CHECK_THROWS_AS(tee_into_bundle(rich_system(), tree.path(name)), Error);
  }
  tree.directory("empty");
  CHECK_NOTHROW(tee_into_bundle(rich_system(), tree.path("empty")));
}

TEST_CASE("names that were listed are in the bundle, and become what is read later", "[recorder]") {
  const TemporaryTree tree;
  auto system = std::make_unique<FakeSystem>();
  system->directories["/proc/net/dev_snmp6"] = {0, {"eth0", "lo", "sub"}};
  system->directories["/proc/net/dev_snmp6/sub"] = {0, {"x"}};
  system->directories["/proc/net/stat"] = {EACCES, {}};
  system->files["/proc/net/dev_snmp6/lo"] = {0, "ifIndex 1\n"};
  const auto tee = tee_into_bundle(std::move(system), tree.path("a"));
  CHECK(tee->list_directory("/proc/net/dev_snmp6").names.size() == 3);
  CHECK(tee->read_file("/proc/net/dev_snmp6/lo").bytes == "ifIndex 1\n");
  CHECK(tee->list_directory("/proc/net/dev_snmp6/sub").names.size() == 1);
  CHECK(tee->list_directory("/proc/net/stat").error == EACCES);
  const auto bundle = open_bundle(tree.path("a"));
  auto names = bundle->list_directory("/proc/net/dev_snmp6").names;
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"eth0", "lo", "sub"});
  CHECK(bundle->read_file("/proc/net/dev_snmp6/lo").bytes == "ifIndex 1\n");
  CHECK(bundle->list_directory("/proc/net/dev_snmp6/sub").names == std::vector<std::string>{"x"});
  CHECK(bundle->list_directory("/proc/net/stat").error == EACCES);
}

TEST_CASE("a bundle that cannot be written ends the recording with an error", "[recorder]") {
  const TemporaryTree tree;
  const auto tee = tee_into_bundle(rich_system(), tree.path("a"));
  std::filesystem::remove_all(tree.path("a"));
  CHECK_THROWS_AS(record_snapshot(*tee, {}), Error);
}

TEST_CASE("a bundle holds both witnesses where both are asked, and the tables are the same", "[recorder]") {
  const TemporaryTree tree;
  const auto sample = [] { return open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/gw1"); };
  const Snapshot one = record_snapshot(*tee_into_bundle(sample(), tree.path("one")), {});
  const Snapshot both = record_snapshot(*tee_into_bundle(sample(), tree.path("both")), {"", true});
  check_same(one, both);
  const auto files_of_one = content(tree.path("one"));
  const auto files_of_both = content(tree.path("both"));
  for (const char* name : {"dev", "fib_trie", "route", "ipv6_route", "if_inet6", "tcp", "udp6"}) {
    CAPTURE(name);
    CHECK_FALSE(files_of_one.contains("proc/net/" + std::string(name)));
    CHECK(files_of_both.at("proc/net/" + std::string(name))
          == content(std::string(HINDSTAT_SOURCE_DIR) + "/samples/gw1").at("proc/net/" + std::string(name)));
  }
  CHECK_FALSE(files_of_one.contains("netlink/rtnetlink-multicast-inet"));
  CHECK(files_of_both.contains("netlink/rtnetlink-multicast-inet"));
}
