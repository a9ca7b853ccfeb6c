// SPDX-License-Identifier: MIT
#include "diff/folding.h"

#include <fmt/format.h>

#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

// "3 tcp 10.0.0.5:80 <- 10.0.1.0/24:*  owner"
Lines fold(const std::vector<Event>& events, bool all = false) {
  std::vector<const Event*> pointers;
  for (const Event& event : events) {
    pointers.push_back(&event);
  }
  const FoldedLines folded = fold_lines(pointers, all);
  Lines lines;
  for (const FoldedLine& line : folded.lines) {
    lines.push_back(fmt::format("{}  {}  {}", line.key, line.owner, line.words));
  }
  for (const std::string& note : folded.notes) {
    lines.push_back("... " + note);
  }
  return lines;
}

std::size_t events_in(const std::vector<Event>& events, bool all = false) {
  std::vector<const Event*> pointers;
  for (const Event& event : events) {
    pointers.push_back(&event);
  }
  std::size_t count = 0;
  for (const FoldedLine& line : fold_lines(pointers, all).lines) {
    count += line.count;
  }
  return count;
}

Socket peer(const std::string& address, std::uint16_t port, std::uint64_t cookie, std::uint32_t pid = 802) {
  Socket socket = tcp(TcpState::established, "10.0.0.5", 5432, address.c_str(), port, cookie, 100 + port);
  socket.pid = pid;
  return socket;
}

std::vector<Event> opened(std::vector<Socket> sockets, const std::vector<Process>& owners = {}) {
  const Socket service = listener("0.0.0.0", 5432, 1, 1);
  sockets.push_back(service);
  return diff_sockets_of({service}, sockets, owners, owners);
}

} // namespace

TEST_CASE("connections that are alike are one line when there are many", "[diff]") {
  std::vector<Socket> many;
  for (std::uint16_t i = 1; i <= 30; ++i) {
    many.push_back(peer(fmt::format("10.0.1.{}", i), static_cast<std::uint16_t>(1000 + i), 10U + i));
  }
  many.push_back(peer("10.0.2.9", 77, 99));
  const auto events = opened(many, {process(802, "postgres")});
  REQUIRE(events.size() == 31);
  CHECK(fold(events)
        == Lines{"30x tcp 10.0.0.5:5432 <- 10.0.1.0/24:*  postgres[802]  ESTABLISHED",
                 "tcp 10.0.0.5:5432 <- 10.0.2.9:77  postgres[802]  ESTABLISHED"});
  CHECK(fold(events, true).size() == 31);
  CHECK(events_in(events) == 31);
}

TEST_CASE("one peer keeps its address, and workers of one program are one owner", "[diff]") {
  std::vector<Socket> many;
  for (std::uint16_t i = 1; i <= 25; ++i) {
    many.push_back(peer("10.0.1.9", static_cast<std::uint16_t>(1000 + i), 10U + i, 800U + i % 2));
  }
  CHECK(fold(opened(many, {process(800, "postgres"), process(801, "postgres")}))
        == Lines{"25x tcp 10.0.0.5:5432 <- 10.0.1.9:*  postgres  ESTABLISHED"});
}

TEST_CASE("what is still too much is counted as events, not as lines", "[diff]") {
  std::vector<Socket> many;
  for (std::uint16_t net = 1; net <= 25; ++net) {
    for (std::uint16_t i = 0; i < 2; ++i) {
      many.push_back(peer(fmt::format("10.0.{}.{}", net, i + 1), static_cast<std::uint16_t>(net * 10 + i),
                          std::uint64_t{net} * 10U + i));
    }
  }
  const auto events = opened(many);
  const Lines lines = fold(events);
  REQUIRE(lines.size() == 21);
  CHECK(lines.back() == "... 10 more sock.opened");
  CHECK(events_in(events) == 40);
}

TEST_CASE("connections to one service are alike whatever their own port", "[diff]") {
  std::vector<Socket> many;
  for (std::uint16_t i = 1; i <= 25; ++i) {
    many.push_back(
      tcp(TcpState::established, "fd77::1", static_cast<std::uint16_t>(40000 + i), "fd77::9", 6379, 10U + i));
  }
  CHECK(fold(diff_sockets_of({}, many)) == Lines{"25x tcp [fd77::1]:* -> [fd77::9]:6379    ESTABLISHED"});
}
