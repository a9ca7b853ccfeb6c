// SPDX-License-Identifier: MIT
#include "recorder/owner_scan.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "base/unique_fd.h"
#include "tests/recorder/temporary_tree.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

OwnerScan scan(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(fd);
  return scan_socket_owners(fd.get());
}

std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> found(const OwnerScan& scan) {
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> all;
  for (const SocketFd& socket : scan.sockets) {
    all.emplace_back(socket.pid, socket.fd, socket.inode);
  }
  std::ranges::sort(all);
  return all;
}

void process(const TemporaryTree& tree, const std::string& pid) {
  tree.file(pid + "/stat", pid + " (p) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 1 1\n");
  tree.file(pid + "/cgroup", "0::/\n");
  tree.file(pid + "/limits", "Max open files 10 20 files\n");
  tree.link(pid + "/exe", "/usr/bin/p");
  tree.directory(pid + "/fd");
}

} // namespace

TEST_CASE("sockets are found among the descriptors of every process", "[recorder]") {
  const TemporaryTree tree;
  process(tree, "10");
  tree.link("10/fd/0", "/dev/null");
  tree.link("10/fd/3", "socket:[1111]");
  tree.link("10/fd/4", "pipe:[2222]");
  process(tree, "11");
  tree.link("11/fd/0", "/dev/null");
  process(tree, "200");
  tree.link("200/fd/5", "socket:[1111]");
  tree.link("200/fd/70", "socket:[3333]");
  tree.file("uptime", "1 1\n");
  tree.directory("net");
  const OwnerScan result = scan(tree.path());
  CHECK(result.error == 0);
  CHECK(found(result) == decltype(found(result)){{10, 3, 1111}, {200, 5, 1111}, {200, 70, 3333}});
  CHECK(result.processes_seen == 3);
  CHECK(result.processes_denied == 0);
  REQUIRE(result.processes.size() == 2);
  CHECK(result.processes[0].pid == 10);
  CHECK(result.processes[0].fd_count == 3);
  CHECK(result.processes[0].exe == "/usr/bin/p");
  CHECK(result.processes[0].cgroup == "0::/\n");
  CHECK(result.processes[1].pid == 200);
}

TEST_CASE("one process with many descriptors is read completely by all threads together", "[recorder]") {
  const TemporaryTree tree;
  process(tree, "10");
  process(tree, "11");
  constexpr std::uint32_t many = 3000;
  for (std::uint32_t fd = 0; fd < many; ++fd) {
    tree.link("10/fd/" + std::to_string(fd), "socket:[" + std::to_string(fd + 1) + "]");
  }
  const OwnerScan result = scan(tree.path());
  const auto all = found(result);
  REQUIRE(all.size() == many);
  for (std::uint32_t fd = 0; fd < many; ++fd) {
    CHECK(all[fd] == std::tuple(10U, fd, fd + 1));
  }
  REQUIRE(result.processes.size() == 1);
  CHECK(result.processes[0].fd_count == many);
}

TEST_CASE("hostile names, targets and links in a process tree are not sockets and are not followed", "[recorder]") {
  const TemporaryTree outside;
  process(outside, "77");
  outside.link("77/fd/1", "socket:[777]");
  outside.file("secret", "secret");
  const TemporaryTree tree;
  process(tree, "10");
  tree.link("10/fd/x", "socket:[1]");
  tree.link("10/fd/-1", "socket:[2]");
  tree.link("10/fd/99999999999", "socket:[3]");
  tree.link("10/fd/1", "socket:[]");
  tree.link("10/fd/2", "socket:[12");
  tree.link("10/fd/3", "socket:[99999999999]");
  tree.link("10/fd/4", "socket:[1]x");
  tree.link("10/fd/5", "socket:[" + std::string(3000, '1') + "]");
  tree.file("10/fd/6", "socket:[4]");
  tree.link("10/fd/7", "socket:[5]");
  tree.link("77", outside.path("77"));
  process(tree, "12");
  ::unlink(tree.path("12/stat").c_str());
  tree.link("12/stat", outside.path("secret"));
  tree.link("12/fd/1", "socket:[6]");
  process(tree, "13");
  ::unlink(tree.path("13/stat").c_str());
  REQUIRE(::mkfifo(tree.path("13/stat").c_str(), 0600) == 0);
  tree.link("13/fd/1", "socket:[7]");
  tree.file("14", "no directory");
  const OwnerScan result = scan(tree.path());
  CHECK(found(result) == decltype(found(result)){{10, 7, 5}, {12, 1, 6}, {13, 1, 7}});
  REQUIRE(result.processes.size() == 1); // Without its stat file a process is none.
  CHECK(result.processes[0].pid == 10);
}

TEST_CASE("a process whose descriptors are not readable is counted as denied", "[recorder]") {
  if (::geteuid() == 0) {
    // Root reads them all the same: the scan runs in a child that gives its privileges up.
    const TemporaryTree tree;
    process(tree, "10");
    tree.link("10/fd/1", "socket:[1]");
    REQUIRE(::chmod(tree.path("10/fd").c_str(), 0) == 0);
    REQUIRE(::chmod(tree.path().c_str(), 0755) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const bool dropped = ::setgid(65534) == 0 && ::setuid(65534) == 0;
      const OwnerScan result = scan(tree.path());
      ::_exit(dropped && result.processes_denied == 1 && result.processes_seen == 1 && result.sockets.empty() ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    return;
  }
  const TemporaryTree tree;
  process(tree, "10");
  REQUIRE(::chmod(tree.path("10/fd").c_str(), 0) == 0);
  const OwnerScan result = scan(tree.path());
  CHECK(result.processes_denied == 1);
  CHECK(result.processes_seen == 1);
  REQUIRE(::chmod(tree.path("10/fd").c_str(), 0700) == 0);
}

TEST_CASE("the scan of the live system finds a child's socket and leaves out the scanner itself", "[recorder]") {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  struct stat status {};
  REQUIRE(::fstat(socket.get(), &status) == 0);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    writing = UniqueFd();
    ::close(ends[1]);
    char byte = 0;
    ::_exit(static_cast<int>(::read(ends[0], &byte, 1)));
  }
  const OwnerScan result = scan("/proc");
  writing = UniqueFd();
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  std::vector<std::uint32_t> holders;
  for (const SocketFd& held : result.sockets) {
    if (held.inode == status.st_ino) {
      holders.push_back(held.pid);
      CHECK(held.fd == static_cast<std::uint32_t>(socket.get()));
    }
  }
  CHECK(holders == std::vector<std::uint32_t>{static_cast<std::uint32_t>(child)});
  const auto own = std::ranges::find(result.processes, static_cast<std::uint32_t>(child), &ProcessFiles::pid);
  REQUIRE(own != result.processes.end());
  CHECK(own->fd_count >= 2);
  CHECK_FALSE(own->stat.empty());
  CHECK_FALSE(own->exe.empty());
}
