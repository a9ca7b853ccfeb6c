// SPDX-License-Identifier: MIT
#include "recorder/readers/process_facts.h"

#include <catch2/catch.hpp>

using namespace hindstat;

namespace {

const std::string id = "4f8e1c2ab3d94f8e1c2ab3d94f8e1c2ab3d94f8e1c2ab3d94f8e1c2ab3d94f8e";
const std::string short_id = "4f8e1c2ab3d9";

} // namespace

TEST_CASE("a process's name and start are read from its stat file", "[recorder]") {
  const auto stat = parse_process_stat(
    "4505 (cat) R 4486 4486 2494 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 136418 3133440 413 18446744073709551615\n");
  REQUIRE(stat);
  CHECK(stat->comm == "cat");
  CHECK(stat->start_ticks == 136418);
}

TEST_CASE("a name may hold blanks, parentheses and line ends", "[recorder]") {
  for (const std::string name : {"lab worker: one", "a) R 1 1 1 (b", "(sd-pam)", "x\ny", ")", ""}) {
    const auto stat = parse_process_stat("7 (" + name + ") S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 1 1\n");
    REQUIRE(stat);
    CHECK(stat->comm == name);
    CHECK(stat->start_ticks == 99);
  }
}

TEST_CASE("a stat file cut before its start time is refused", "[recorder]") {
  const std::string text = "7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99";
  for (std::size_t size = 0; size < text.size() - 2; ++size) {
    CHECK_FALSE(parse_process_stat(text.substr(0, size)));
  }
  CHECK_FALSE(parse_process_stat(")x("));
  CHECK_FALSE(parse_process_stat("7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 -99"));
}

TEST_CASE("the soft limit of descriptors is read, unlimited is null", "[recorder]") {
  const std::string before = "Limit                     Soft Limit           Hard Limit           Units     \n";
  CHECK(parse_fd_limit(before + "Max open files            1024                 524288               files     \n")
        == 1024U);
  CHECK_FALSE(parse_fd_limit(before + "Max open files            unlimited            unlimited            files\n"));
  CHECK_FALSE(parse_fd_limit(before));
  CHECK_FALSE(parse_fd_limit("Max open files"));
  CHECK_FALSE(parse_fd_limit(""));
}

TEST_CASE("unit and container are read from cgroup paths", "[recorder]") {
  using Case = std::pair<std::string, CgroupMembership>;
  const std::vector<Case> cases = {
    {"0::/\n", {}},
    {"", {}},
    {"0::/system.slice/nginx.service\n", {"nginx.service", {}}},
    {"0::/user.slice/user-1000.slice/session-3.scope\n", {"session-3.scope", {}}},
    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-foo.service\n", {"app-foo.service", {}}},
    {"0::/system.slice/docker-" + id + ".scope\n", {{}, short_id}},
    {"0::/system.slice/docker-" + id + ".scope/system.slice/nginx.service\n", {"nginx.service", short_id}},
    {"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n", {{}, short_id}},
    {"0::/kubepods.slice/kubepods-pod1.slice/crio-" + id + ".scope\n", {{}, short_id}},
    {"0::/machine.slice/libpod-" + id + ".scope/container\n", {{}, short_id}},
    {"0::/machine.slice/libpod-conmon-" + id + ".scope\n", {"libpod-conmon-" + id + ".scope", {}}},
    {"0::/lxc.payload.web/system.slice/cron.service\n", {"cron.service", "web"}},
    {"4:memory:/lxc/web\n", {{}, "web"}},
    {"9:name=systemd:/docker/" + id + "\n4:memory:/other\n0::/\n", {{}, short_id}},
    {"4:memory:/docker/" + id + "\n9:name=systemd:/system.slice/ssh.service\n", {"ssh.service", {}}},
    {"4:memory:/kubepods/burstable/pod1/" + id + "\n", {{}, short_id}},
    {"0::/docker-tooshort.scope\n", {"docker-tooshort.scope", {}}},
    {"no colons at all\n::\n:\n", {}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(parse_cgroup(text) == expected);
  }
}

TEST_CASE("a cgroup file cut at any byte is read without harm", "[recorder]") {
  const std::string text = "9:name=systemd:/system.slice/docker-" + id + ".scope\n0::/a/b.service\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto membership = parse_cgroup(text.substr(0, size));
    CHECK((!membership.container || membership.container == short_id));
  }
}
