// SPDX-License-Identifier: MIT
#include "recorder/bundle_system.h"

#include <catch2/catch.hpp>

#include <linux/netlink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "recorder/bundle_format.h"
#include "recorder/recorder.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/temporary_tree.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void minimal(const TemporaryTree& tree) {
  tree.file("proc/sys/kernel/hostname", "gw1\n");
  tree.file("clocks", "realtime_ns=1700000000000000000\nboottime_ns=5000000000\n");
}

std::string error_of(const std::string& directory) {
  try {
    std::ignore = open_bundle(directory);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string received(const System& system, DumpEnd& end) {
  std::string all;
  end = system.netlink_dump({"some-dump", NETLINK_ROUTE, 0, {}, false}, [&all](std::span<const std::byte> bytes) {
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return all;
}

} // namespace

TEST_CASE("a bundle gives its files, links and clocks", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  tree.file("proc/net/tcp", "x\n");
  tree.link("proc/self/ns/net", "net:[42]");
  tree.file("clocks", "realtime_ns=17\nboottime_ns=5\nntp_offset_us=-3\nntp_maxerror_us=8\nntp_status=64\n");
  const auto bundle = open_bundle(tree.path());
  CHECK(bundle->read_file("/proc/net/tcp").bytes == "x\n");
  CHECK(bundle->read_file("/proc/net/udp").error == ENOENT);
  CHECK(bundle->read_file("/proc/net").error == EINVAL);
  CHECK(bundle->read_link("/proc/self/ns/net").target == "net:[42]");
  CHECK(bundle->read_link("/proc/net/tcp").error == EINVAL);
  CHECK(bundle->list_directory("/proc/net").names == std::vector<std::string>{"tcp"});
  CHECK(bundle->list_directory("/proc/none").error == ENOENT);
  CHECK(bundle->now() == Clocks{17, 5, -3, 8, 64});
}

TEST_CASE("nothing outside a bundle can be read through it", "[recorder]") {
  const TemporaryTree outside;
  outside.file("secret", "secret");
  outside.file("net/tcp", "secret");
  const TemporaryTree tree;
  minimal(tree);
  tree.link("proc/net", outside.path("net"));
  tree.link("etc/machine-id", outside.path("secret"));
  tree.link("etc/up", "../../../../../../../../.." + outside.path("secret"));
  tree.link("netlink", outside.path());
  tree.link("proc/self", "/proc/self");
  const auto bundle = open_bundle(tree.path());
  CHECK(bundle->read_file("/proc/net/tcp").error == ENOENT);
  CHECK(bundle->read_file("/etc/machine-id").error == ENOENT);
  CHECK(bundle->read_file("/etc/up").error == ENOENT);
  CHECK(bundle->read_file("/../../../../../../../../etc/passwd").error == ENOENT);
  DumpEnd end;
  CHECK(received(*bundle, end).empty());
  CHECK(end.error == ENOENT);
  CHECK(bundle->read_file("/proc/self/status").error != 0);
}

TEST_CASE("links inside a bundle are followed inside it", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  tree.file("proc/self/net/tcp", "inside");
  tree.link("proc/net", "/proc/self/net"); // As in a copy of /proc: absolute, but meant from the bundle's root.
  CHECK(open_bundle(tree.path())->read_file("/proc/net/tcp").bytes == "inside");
}

TEST_CASE("a pipe or device in a bundle is neither waited for nor opened", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  tree.directory("proc/net");
  REQUIRE(::mkfifo(tree.path("proc/net/tcp").c_str(), 0600) == 0);
  CHECK(open_bundle(tree.path())->read_file("/proc/net/tcp").error == EINVAL);
}

TEST_CASE("what a bundle says of refused reads comes back", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  tree.file("errors", "EACCES proc/net/nf_conntrack\nnonsense\nEWHAT proc/x\nEPERM proc/self/ns/net\n");
  const auto bundle = open_bundle(tree.path());
  CHECK(bundle->read_file("/proc/net/nf_conntrack").error == EACCES);
  CHECK(bundle->read_link("/proc/self/ns/net").error == EPERM);
  CHECK(bundle->read_file("/proc/x").error == ENOENT);
}

TEST_CASE("a saved netlink reply ends as it ended when it was recorded", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  const auto bundle = open_bundle(tree.path());
  DumpEnd end;
  const std::string good = text_of(NetlinkBuilder().message(20, 2, {}).done().bytes());
  tree.file("netlink/some-dump", good);
  CHECK(received(*bundle, end) == good);
  CHECK(end.error == 0);
  CHECK_FALSE(end.interrupted);
  tree.file("netlink/some-dump", text_of(NetlinkBuilder().message(20, 2, {}).done(NLM_F_DUMP_INTR).bytes()));
  received(*bundle, end);
  CHECK(end.interrupted);
  tree.file("netlink/some-dump", text_of(NetlinkBuilder().message(20, 2, {}).refusal(EPERM).bytes()));
  received(*bundle, end);
  CHECK(end.error == EPERM);
  for (std::size_t size = 0; size < good.size(); ++size) {
    tree.file("netlink/some-dump", good.substr(0, size));
    received(*bundle, end);
    CAPTURE(size);
    CHECK(end.error == EBADMSG);
  }
}

TEST_CASE("without a file clocks the time is that of proc/uptime", "[recorder]") {
  const TemporaryTree tree;
  tree.file("proc/uptime", "5025.12 9876.54\n");
  const Clocks clocks = open_bundle(tree.path())->now();
  CHECK(clocks.boottime_ns == 5'025'120'000'000);
  struct stat status {};
  REQUIRE(::stat(tree.path("proc/uptime").c_str(), &status) == 0);
  CHECK(clocks.realtime_ns / 1'000'000'000 == status.st_mtim.tv_sec);
}

TEST_CASE("a directory that is no bundle is refused in one sentence", "[recorder]") {
  const TemporaryTree tree;
  CHECK_THAT(error_of(tree.path("none")), Catch::Contains("cannot open bundle") && Catch::Contains("No such file"));
  CHECK_THAT(error_of(tree.path()), Catch::Contains("no directory proc"));
  tree.directory("proc");
  CHECK_THAT(error_of(tree.path()), Catch::Contains("does not say when it was taken"));
  tree.file("proc/uptime", "soon");
  CHECK_THAT(error_of(tree.path()), Catch::Contains("does not say when it was taken"));
  for (const char* clocks : {"", "realtime_ns=1\n", "realtime_ns=1\nboottime_ns=x\n", "realtime_ns=1\nboottime_ns=-1\n",
                             "realtime_ns=9223372036854775807\nboottime_ns=1\n"}) {
    tree.file("clocks", clocks);
    CHECK_THAT(error_of(tree.path()), Catch::Contains("realtime_ns and boottime_ns"));
  }
}

TEST_CASE("a bundle without a host name needs a label", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  tree.file("proc/sys/kernel/hostname", "\n");
  const auto bundle = open_bundle(tree.path());
  CHECK_THROWS_WITH(record_snapshot(*bundle, {}), Catch::Contains("--host"));
  CHECK(record_snapshot(*bundle, {"gw1"}).info.host == "gw1");
}

TEST_CASE("owners of a bundle come from its process tree and the file owners", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  CHECK(open_bundle(tree.path())->socket_owners().error == ENOENT); // No process was copied: not "no owners".
  tree.file("proc/10/stat", "10 (p) S 1");
  tree.link("proc/10/fd/3", "socket:[4711]");
  const OwnerScan alone = open_bundle(tree.path())->socket_owners();
  REQUIRE(alone.processes.size() == 1);
  CHECK(alone.processes[0].fd_count == 1);
  tree.file("owners", "error=0\nprocesses_seen=90\nprocesses_denied=12\nfds 10=7\nfds 11=9\n");
  const OwnerScan scan = open_bundle(tree.path())->socket_owners();
  CHECK(scan.processes_seen == 90);
  CHECK(scan.processes_denied == 12);
  CHECK(scan.processes[0].fd_count == 7);
  CHECK(scan.sockets.size() == 1);
  tree.file("owners", "error=EACCES\nprocesses_seen=0\nprocesses_denied=0\n");
  CHECK(open_bundle(tree.path())->socket_owners().error == EACCES);
  tree.file("owners", "processes_seen=many\n");
  CHECK_THROWS_WITH(open_bundle(tree.path())->socket_owners(), Catch::Contains("owners"));
}

TEST_CASE("other namespaces of a bundle have their own proc/net and netlink, and cannot lead out", "[recorder]") {
  const TemporaryTree tree;
  minimal(tree);
  tree.file("namespaces", "4026532222 /run/netns/blue\n");
  tree.file("netns/blue/proc/net/tcp", "blue");
  tree.file("netns/blue/netlink/some-dump", text_of(NetlinkBuilder().done().bytes()));
  const auto bundle = open_bundle(tree.path());
  const auto named = bundle->namespaces();
  REQUIRE(named.size() == 1);
  CHECK(named[0].name == "blue");
  CHECK(named[0].inode == 4026532222);
  const auto blue = bundle->enter(named[0]);
  CHECK(blue->read_file("/proc/net/tcp").bytes == "blue");
  CHECK(blue->read_file("/proc/sys/kernel/hostname").bytes == "gw1\n");
  DumpEnd end;
  CHECK_FALSE(received(*blue, end).empty());
  CHECK_THROWS_AS(bundle->enter({"red", "/run/netns/red", 1}), Error);
  CHECK_THROWS_AS(bundle->enter({"../..", "x", 1}), Error);
  tree.file("namespaces", "x\n");
  CHECK_THROWS_AS(bundle->namespaces(), Error);
}

TEST_CASE("the texts of a bundle are read back as they were written", "[recorder]") {
  const Clocks clocks{1'700'000'000'123'456'789, 42, -5, {}, 8192};
  CHECK(bundle::parse_clocks(bundle::format_clocks(clocks)) == clocks);
  const bundle::OwnerFacts facts{0, 5, 2, {{1, 10}, {7, 3}}};
  const auto read = bundle::parse_owner_facts(bundle::format_owner_facts(facts));
  REQUIRE(read);
  CHECK(read->processes_seen == 5);
  CHECK(read->processes_denied == 2);
  CHECK(read->fd_counts == facts.fd_counts);
  for (int error = 1; error <= 133; ++error) {
    if (::strerrorname_np(error) != nullptr) {
      const auto errors = bundle::parse_errors(bundle::format_error_line(error, "proc/a b"));
      CHECK(errors.at("proc/a b") == error);
    }
  }
}

TEST_CASE("the texts of a bundle cut at any byte are refused or read", "[recorder]") {
  const std::string clocks = bundle::format_clocks({1'700'000'000'123'456'789, 42, -5, 7, 8192});
  const std::string owners = bundle::format_owner_facts({0, 5, 2, {{1, 10}, {7, 3}}});
  const std::string namespaces = bundle::format_namespaces({{"blue", "/run/netns/blue", 17}});
  for (std::size_t size = 0; size < owners.size(); ++size) {
    const auto facts = bundle::parse_owner_facts(owners.substr(0, size));
    CHECK((!facts || facts->fd_counts.size() <= 2));
  }
  for (std::size_t size = 0; size < clocks.size(); ++size) {
    const auto read = bundle::parse_clocks(clocks.substr(0, size));
    CHECK((!read || read->realtime_ns == 1'700'000'000'123'456'789));
  }
  for (std::size_t size = 1; size < namespaces.size() - 1; ++size) {
    const auto read = bundle::parse_namespaces(namespaces.substr(0, size));
    CHECK((!read || !read->front().name.empty()));
  }
}
