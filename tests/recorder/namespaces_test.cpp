// SPDX-License-Identifier: MIT
#include "recorder/namespaces.h"

#include <catch2/catch.hpp>

#include <functional>

#include "recorder/recorder.h"
#include "tables/network_namespace.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::uint64_t own_inode = 4026531840;

std::vector<std::string> names_of(const std::vector<KnownNamespace>& namespaces) {
  std::vector<std::string> names;
  for (const KnownNamespace& known : namespaces) {
    names.push_back(known.netns);
  }
  return names;
}

FakeDump listener(std::uint16_t port, std::uint32_t inode) {
  inet_diag_msg message = diag_message(port);
  message.idiag_inode = inode;
  return {NetlinkBuilder().message(20, 0, bytes_of(message)).done().bytes(), {}};
}

/// A host whose namespaces can be entered.
class Host : public FakeSystem {
public:
  std::map<std::string, FakeDump> listeners; ///< By the name of the namespace.
  mutable std::vector<std::string> entered;

  std::unique_ptr<System> enter(const NamespaceId& id) const override {
    const auto found = listeners.find(id.name);
    if (found == listeners.end()) {
      throw Error("cannot enter network namespace " + id.path + ": No such file or directory");
    }
    entered.push_back(id.name);
    auto system = std::make_unique<FakeSystem>();
    system->dumps["sock_diag-tcp-inet"] = {found->second};
    return system;
  }
};

RecordOptions every_namespace() {
  RecordOptions options;
  options.namespaces.all = true;
  return options;
}

} // namespace

TEST_CASE("a namespace is called by its name, else by its container, else by its inode", "[recorder]") {
  FakeSystem system;
  const std::string id(64, 'a');
  system.files["/proc/70/cgroup"] = {0, "0::/system.slice/docker-" + id + ".scope\n"};
  system.files["/proc/80/cgroup"] = {0, "0::/system.slice/docker-" + id + ".scope\n"};
  system.files["/proc/90/cgroup"] = {0, "0::/user.slice\n"};
  system.named = {{"blue", "/run/netns/blue", 17, 70},
                  {"net:[4026531840]", "/proc/1/ns/net", own_inode, 1},
                  {"net:[18]", "/proc/70/ns/net", 18, 70},
                  {"net:[19]", "/proc/80/ns/net", 19, 80},
                  {"net:[20]", "/proc/90/ns/net", 20, 90}};
  const auto known = describe_namespaces(system, own_inode);
  CHECK(names_of(known) == std::vector<std::string>{"", "blue", "aaaaaaaaaaaa", "net:[19]", "net:[20]"});
  CHECK_FALSE(known[0].name);
  CHECK(known[1].name == "blue");
  CHECK(known[1].container == "aaaaaaaaaaaa");
  CHECK_FALSE(known[2].name);
  CHECK(known[3].container == "aaaaaaaaaaaa"); // The second of a container keeps its inode as name.
  CHECK_FALSE(known[4].container);
}

TEST_CASE("namespaces are chosen by name or by pattern, and names that nothing has are known", "[recorder]") {
  FakeSystem system;
  system.named = {
    {"blue", "/run/netns/blue", 17}, {"cni-1", "/run/netns/cni-1", 18}, {"cni-2", "/run/netns/cni-2", 19}};
  const auto known = describe_namespaces(system, own_inode);
  const auto chosen = [&](std::vector<std::string> patterns) {
    return names_of(select_namespaces(known, {false, std::move(patterns)}));
  };
  CHECK(chosen({"blue"}) == std::vector<std::string>{"blue"});
  CHECK(chosen({"cni-*"}) == std::vector<std::string>{"cni-1", "cni-2"});
  CHECK(chosen({"*"}) == std::vector<std::string>{"blue", "cni-1", "cni-2"});
  CHECK(chosen({"red"}).empty());
  CHECK(names_of(select_namespaces(known, {true, {}})) == chosen({"*"}));
  CHECK(find_missing(known, {false, {"red", "blue", "x*"}}) == std::vector<std::string>{"red"});
}

TEST_CASE("each namespace's rows carry its name, and owners are found across namespaces", "[recorder]") {
  Host system;
  system.named = {{"blue", "/run/netns/blue", 17}, {"red", "/run/netns/red", 18}};
  system.dumps["sock_diag-tcp-inet"] = {listener(22, 500)};
  system.listeners["blue"] = listener(80, 501);
  system.listeners["red"] = listener(81, 502);
  system.owners.processes_seen = 2;
  system.owners.sockets = {{500, 7, 3}, {501, 7, 4}, {501, 8, 4}};
  const Snapshot snapshot = record_snapshot(system, every_namespace());
  const Table& table = *snapshot.find_table("socket");
  std::map<std::string, Socket> found;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Socket socket = sockets.row(table, row);
    found[socket.netns] = socket;
  }
  REQUIRE(found.size() == 3);
  CHECK(found[""].local_port == 22);
  CHECK(found["blue"].local_port == 80);
  CHECK(found["blue"].pid == 7);
  CHECK(found["red"].local_port == 81);
  CHECK_FALSE(found["red"].pid);
  const Table& further = *snapshot.find_table("socket_owner");
  REQUIRE(further.size() == 1);
  CHECK(socket_owners.row(further, 0).netns == "blue");
  CHECK(socket_owners.row(further, 0).pid == 8);
  for (const char* netns : {"", "blue", "red"}) {
    const Capture* capture = snapshot.find_capture("socket", netns);
    REQUIRE(capture != nullptr);
    CHECK(capture->rows == 1);
    CHECK(capture->coverage.find("owners=complete") != std::string::npos);
  }
  CHECK(snapshot.find_capture("process", "blue") == nullptr); // Of the whole machine.
}

TEST_CASE("a namespace that vanished, is beyond the limit or is not there is a status", "[recorder]") {
  Host system;
  system.named = {{"blue", "/run/netns/blue", 17}, {"gone", "/run/netns/gone", 18}, {"red", "/run/netns/red", 19}};
  system.listeners["blue"] = listener(80, 501);
  system.listeners["red"] = listener(81, 502);
  const Snapshot vanished = record_snapshot(system, every_namespace());
  CHECK(vanished.find_capture("socket", "gone") == nullptr);
  REQUIRE(vanished.find_capture("network_namespace", "gone") != nullptr);
  CHECK(vanished.find_capture("network_namespace", "gone")->status == CaptureStatus::failed);
  CHECK(vanished.find_capture("socket", "red")->rows == 1);
  RecordOptions few = every_namespace();
  few.namespaces.most = 1;
  const Snapshot limited = record_snapshot(system, few);
  CHECK(limited.find_capture("socket", "blue") != nullptr);
  CHECK(limited.find_capture("socket", "red") == nullptr);
  CHECK(limited.find_capture("network_namespace", "red")->status == CaptureStatus::late);
  RecordOptions wrong;
  wrong.namespaces.patterns = {"green", "blue"};
  const Snapshot named = record_snapshot(system, wrong);
  CHECK(named.find_capture("network_namespace", "green")->status == CaptureStatus::absent);
  CHECK(named.find_capture("socket", "blue") != nullptr);
  CHECK(named.find_capture("socket", "red") == nullptr);
}

TEST_CASE("without being asked no other namespace is entered", "[recorder]") {
  Host system;
  system.named = {{"blue", "/run/netns/blue", 17}};
  system.listeners["blue"] = listener(80, 501);
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(system.entered.empty());
  CHECK(snapshot.find_table("network_namespace")->size() == 2);
}
