// SPDX-License-Identifier: MIT
#include "recorder/names/peer_names.h"

#include <catch2/catch.hpp>

#include "tables/address.h"
#include "tables/socket.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

IpAddress ip(const std::string& text) {
  return *parse_ip_address(text);
}

Snapshot with_peers(const std::vector<std::string>& peers, const std::string& netns = "") {
  Snapshot snapshot;
  snapshot.info.clocks.boottime_ns = 5'000'000'000'000;
  Table& table = snapshot.tables.emplace_back(sockets.spec());
  for (const std::string& peer : peers) {
    Socket socket;
    socket.netns = netns;
    socket.local_address = ip(peer.find(':') == std::string::npos ? "10.0.0.1" : "fd00::1");
    socket.remote_address = ip(peer);
    sockets.append(table, socket);
  }
  return snapshot;
}

// A resolver that knows some names and counts what it is asked.
struct FakeResolver {
  std::map<IpAddress, DnsAnswer> known;
  std::vector<IpAddress> asked;
  std::string trouble;

  AskNames ask() {
    return [this](std::span<const IpAddress> addresses_asked, std::int64_t) {
      DnsAnswers answers;
      answers.trouble = trouble;
      for (const IpAddress& address : addresses_asked) {
        asked.push_back(address);
        if (const auto found = known.find(address); found != known.end()) {
          answers.answers.push_back(found->second);
        }
      }
      return answers;
    };
  }
  void learn(const std::string& address, NameAnswer answer, std::string name = "", std::uint32_t ttl_s = 0) {
    known[ip(address)] = DnsAnswer{ip(address), answer, std::move(name), ttl_s};
  }
};

std::map<std::string, ResolvedName> names_of(const Snapshot& snapshot) {
  std::map<std::string, ResolvedName> names;
  const Table* table = snapshot.find_table("resolved_name");
  REQUIRE(table != nullptr);
  for (std::size_t row = 0; row < table->size(); ++row) {
    const ResolvedName name = resolved_names.row(*table, row);
    names.emplace(format_ip_address(name.address), name);
  }
  return names;
}

constexpr std::int64_t two_seconds = 2'000'000'000;
constexpr std::int64_t minute = 60'000'000'000;

} // namespace

TEST_CASE("peers are the remote addresses that mean somebody else, each once", "[recorder]") {
  Snapshot snapshot =
    with_peers({"192.0.2.7", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7", "127.0.0.1", "::1", "::ffff:127.0.0.1",
                "0.0.0.0", "::", "169.254.1.1", "fe80::1", "10.0.0.1", "10.0.0.9", "10.0.0.10"});
  Table& own = snapshot.tables.emplace_back(addresses.spec());
  Address here;
  here.address = ip("10.0.0.9");
  addresses.append(own, here);
  here.netns = "elsewhere";
  here.address = ip("10.0.0.10");
  addresses.append(own, here);
  CHECK(peer_addresses(snapshot) == std::vector{ip("10.0.0.10"), ip("192.0.2.7"), ip("2001:db8::7")});
  CHECK(peer_addresses(Snapshot()).empty());
}

TEST_CASE("what came back is recorded, and what did not is counted", "[recorder]") {
  FakeSystem system;
  FakeResolver resolver;
  resolver.learn("192.0.2.1", NameAnswer::named, "web1.example\x1b[31m", 300);
  resolver.learn("192.0.2.2", NameAnswer::unnamed);
  resolver.learn("192.0.2.3", NameAnswer::failed);
  Snapshot snapshot = with_peers({"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"});
  PeerNames(system, two_seconds, resolver.ask()).add_to(snapshot);
  const auto names = names_of(snapshot);
  REQUIRE(names.size() == 3);
  CHECK(names.at("192.0.2.1").name == "web1.example\x1b[31m");
  CHECK(names.at("192.0.2.1").source == NameSource::dns);
  CHECK_FALSE(names.at("192.0.2.1").looked_up);
  CHECK(names.at("192.0.2.2").answer == NameAnswer::unnamed);
  CHECK_FALSE(names.at("192.0.2.2").name);
  CHECK(names.at("192.0.2.3").answer == NameAnswer::failed);
  const Capture* capture = snapshot.find_capture("resolved_name");
  REQUIRE(capture != nullptr);
  CHECK(capture->status == CaptureStatus::partial);
  CHECK(capture->detail == "1 of 4 addresses not answered in 2 s");
  CHECK(capture->rows == 3);
}

TEST_CASE("the hosts file is asked first, and nobody else about what it knows", "[recorder]") {
  FakeSystem system;
  system.files["/etc/hosts"] = {0, "127.0.0.1 localhost\n192.0.2.1 first second\n192.0.2.1 third\n"};
  FakeResolver resolver;
  resolver.learn("192.0.2.2", NameAnswer::named, "other", 300);
  Snapshot snapshot = with_peers({"192.0.2.1", "192.0.2.2"});
  PeerNames(system, two_seconds, resolver.ask()).add_to(snapshot);
  CHECK(names_of(snapshot).at("192.0.2.1").name == "first");
  CHECK(names_of(snapshot).at("192.0.2.1").source == NameSource::hosts);
  CHECK(resolver.asked == std::vector{ip("192.0.2.2")});
  CHECK(snapshot.find_capture("resolved_name")->status == CaptureStatus::complete);
}

TEST_CASE("a watch asks again only when an answer has become stale", "[recorder]") {
  FakeSystem system;
  FakeResolver resolver;
  resolver.learn("192.0.2.1", NameAnswer::named, "short", 1);
  resolver.learn("192.0.2.2", NameAnswer::named, "long", 600);
  PeerNames names(system, two_seconds, resolver.ask());
  const std::vector<std::string> peers{"192.0.2.1", "192.0.2.2", "192.0.2.3"};
  Snapshot first = with_peers(peers);
  names.add_to(first);
  CHECK(resolver.asked.size() == 3);
  for (int second = 1; second < 60; ++second) {
    system.clocks.boottime_ns += 1'000'000'000;
    Snapshot next = with_peers(peers);
    names.add_to(next);
    REQUIRE(resolver.asked.size() == 3);
    CHECK(names_of(next).at("192.0.2.1").looked_up == 5'000'000U);
    CHECK(next.find_capture("resolved_name")->detail == first.find_capture("resolved_name")->detail);
  }
  system.clocks.boottime_ns += minute; // A name holds for a minute at least, silence too.
  Snapshot later = with_peers(peers);
  names.add_to(later);
  CHECK(resolver.asked.size() == 5);
  CHECK_FALSE(names_of(later).at("192.0.2.1").looked_up);
  CHECK(names_of(later).at("192.0.2.2").looked_up == 5'000'000U);
}

TEST_CASE("of very many peers only so many are asked for at once, and the capture says so", "[recorder]") {
  FakeSystem system;
  FakeResolver resolver;
  std::vector<std::string> peers;
  for (int i = 0; i < 1500; ++i) {
    peers.push_back("198.51." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    resolver.learn(peers.back(), NameAnswer::unnamed);
  }
  PeerNames names(system, two_seconds, resolver.ask());
  Snapshot first = with_peers(peers);
  names.add_to(first);
  CHECK(resolver.asked.size() == 1000);
  CHECK(names_of(first).size() == 1000);
  CHECK(first.find_capture("resolved_name")->detail == "500 of 1500 addresses not asked for: at most 1000 are at once");
  Snapshot second = with_peers(peers);
  names.add_to(second);
  CHECK(resolver.asked.size() == 1500);
  CHECK(second.find_capture("resolved_name")->status == CaptureStatus::complete);
}

TEST_CASE("without sockets nobody is asked; trouble is told", "[recorder]") {
  FakeSystem system;
  FakeResolver resolver;
  resolver.trouble = "Could not contact DNS servers";
  PeerNames names(system, two_seconds, resolver.ask());
  Snapshot empty;
  names.add_to(empty);
  CHECK(resolver.asked.empty());
  CHECK(empty.find_table("resolved_name") == nullptr);
  CHECK(empty.find_capture("resolved_name")->status == CaptureStatus::absent);
  Snapshot snapshot = with_peers({"192.0.2.1"});
  names.add_to(snapshot);
  CHECK(snapshot.find_capture("resolved_name")->detail
        == "1 of 1 addresses not answered in 2 s: Could not contact DNS servers");
}
