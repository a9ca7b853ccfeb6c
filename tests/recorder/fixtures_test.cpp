// SPDX-License-Identifier: MIT
// Captures of other machines, where they are at hand: $HINDSTAT_FIXTURES, else ../shared/fixtures beside the project.
#include <catch2/catch.hpp>

#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "recorder/netlink_message.h"
#include "recorder/readers/address_reader.h"
#include "recorder/readers/interface_reader.h"
#include "recorder/readers/multicast_reader.h"
#include "recorder/readers/proc_net_conntrack.h"
#include "recorder/readers/proc_net_route.h"
#include "recorder/readers/proc_net_socket.h"
#include "recorder/readers/proc_net_unix.h"
#include "recorder/readers/proc_table_reader.h"
#include "recorder/readers/rtnetlink_route.h"
#include "recorder/readers/sock_diag.h"
#include "recorder/readers/unix_rows.h"
#include "recorder/text_fields.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

/// The directory, or nothing (said aloud) when this machine has no fixtures.
std::optional<std::filesystem::path> fixtures() {
  const char* const chosen = std::getenv("HINDSTAT_FIXTURES");
  const std::filesystem::path path =
    chosen != nullptr ? chosen : std::filesystem::path(HINDSTAT_SOURCE_DIR) / "../shared/fixtures";
  if (!std::filesystem::is_directory(path)) {
    WARN("skipped: fixtures absent, set HINDSTAT_FIXTURES");
    WARN("looked in " + path.string());
    return std::nullopt;
  }
  return path;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&name](std::string_view ending) { return name == ending; });
}

} // namespace

TEST_CASE("every line of captured /proc/net socket files is understood", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  std::size_t lines_read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root / "lab-6.18")) {
    const std::string name = entry.path().filename().string();
    const bool tcp = ends_with_any(name, {"tcp", "tcp6"});
    if (entry.path().parent_path().filename() != "proc_net"
        || (!tcp && !ends_with_any(name, {"udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"}))) {
      continue;
    }
    const std::string text = read(entry.path());
    Lines lines(text);
    std::ignore = lines.next();
    while (const auto line = lines.next()) {
      CAPTURE(entry.path().string(), std::string(*line));
      const auto socket = parse_proc_socket(*line, !tcp);
      REQUIRE(socket);
      CHECK(socket->local_address.is_v6() == name.ends_with('6'));
      CHECK(socket->drops.has_value() == !tcp);
      ++lines_read;
    }
  }
  CHECK(lines_read > 100);
}

TEST_CASE("every record of captured /proc/net/unix files is understood", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  UnixRows rows;
  std::size_t newlines = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root / "lab-6.18")) {
    if (entry.path().filename() != "unix" || entry.path().parent_path().filename() != "proc_net") {
      continue;
    }
    const std::string text = read(entry.path());
    std::size_t lines = 0;
    ProcUnixRecords records(text);
    while (const auto record = records.next()) {
      CAPTURE(entry.path().string(), std::string(record->text));
      REQUIRE(record->socket);
      CHECK(rows.add(*record->socket));
      const auto further = static_cast<std::size_t>(std::ranges::count(record->text, '\n'));
      newlines += further;
      lines += 1 + further;
    }
    CHECK(lines + 1 == static_cast<std::size_t>(std::ranges::count(text, '\n')));
  }
  CHECK(rows.size() >= 40);
  CHECK(newlines > 0);
}

TEST_CASE("every line of captured /proc/net route files is understood", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  RouteRows rows(routes);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root / "lab-6.18")) {
    const bool v4 = entry.path().filename() == "route";
    if (entry.path().parent_path().filename() != "proc_net" || (!v4 && entry.path().filename() != "ipv6_route")) {
      continue;
    }
    const std::string text = read(entry.path());
    Lines lines(text);
    if (v4) {
      std::ignore = lines.next();
    }
    while (const auto line = lines.next()) {
      CAPTURE(entry.path().string(), std::string(*line));
      CHECK((v4 ? add_proc_route(rows, *line) : add_proc_route6(rows, *line)) != Verdict::rejected);
    }
  }
  CHECK(rows.size() > 50);
}

TEST_CASE("a dump that ss wrote is read as a reply of sock_diag", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  const std::string dump = read(*root / "lab-6.18/binary/server.ss-D");
  NetlinkMessages messages(std::as_bytes(std::span(dump)));
  std::size_t count = 0;
  while (const auto message = messages.next()) {
    if (message->type == SOCK_DIAG_BY_FAMILY) {
      CHECK(parse_inet_diag(message->payload));
      ++count;
    }
  }
  CHECK_FALSE(messages.malformed());
  CHECK(count > 10);
}

TEST_CASE("routes that ip saved are read as replies of rtnetlink", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  constexpr std::size_t magic_size = 4;
  const std::string saved = read(*root / "lab-6.18/binary/gateway.ip-route-save");
  NetlinkMessages messages(std::as_bytes(std::span(saved)).subspan(magic_size));
  RouteRows rows(routes);
  while (const auto message = messages.next()) {
    if (message->type == RTM_NEWROUTE) {
      CHECK(add_route_message(rows, message->payload, {}, 0) != Verdict::rejected);
    }
  }
  CHECK_FALSE(messages.malformed());
  CHECK(rows.size() > 5);
}

TEST_CASE("captured files of interfaces, addresses, counters and groups are understood whole", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  constexpr std::array<const char*, 9> names = {"dev",      "if_inet6",  "snmp", "netstat", "snmp6",
                                                "sockstat", "sockstat6", "igmp", "igmp6"};
  std::size_t directories = 0;
  std::map<std::string, std::size_t> rows;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root)) {
    const bool holds_counters = entry.is_directory() && std::filesystem::exists(entry.path() / "igmp6")
                                && std::filesystem::exists(entry.path() / "dev");
    if (!holds_counters) {
      continue;
    }
    FakeSystem system;
    for (const char* name : names) {
      if (std::filesystem::exists(entry.path() / name)) {
        system.files["/proc/net/" + std::string(name)] = {0, read(entry.path() / name)};
      }
    }
    ReadContext context(system, 0, {}, false);
    read_interfaces(context);
    read_addresses(context);
    read_protocol_counters(context);
    read_socket_statistics(context);
    read_multicast_groups(context);
    for (const Capture& capture : context.captures) {
      CAPTURE(entry.path().string(), capture.table, capture.example);
      CHECK(capture.rejected == 0);
      rows[capture.table] += capture.rows;
    }
    ++directories;
  }
  CHECK(directories >= 5);
  CHECK(rows["interface"] > 20);
  CHECK(rows["address"] > 30);
  CHECK(rows["protocol_counter"] > 1500);
  CHECK(rows["sockstat"] > 80);
  CHECK(rows["multicast_group"] > 100);
}

TEST_CASE("every line of captured flows and counters of connection tracking is understood", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  ConntrackRows flows(conntracks);
  std::size_t counter_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root)) {
    const std::string name = entry.path().filename().string();
    const bool counters = name == "nf_conntrack" && entry.path().parent_path().filename() == "stat";
    const bool listing = name.find("conntrack_-L") != std::string::npos
                         && (name.ends_with("conntrack_-L") || name.ends_with("extended")
                             || name.ends_with("id,timestamp") || name.ends_with("-nat"));
    if (!entry.is_regular_file() || (name != "nf_conntrack" && !listing)) {
      continue;
    }
    const std::string text = read(entry.path());
    ConntrackStatLines stat;
    Lines lines(text);
    bool torn = false;
    while (const auto line = lines.next()) {
      CAPTURE(entry.path().string(), std::string(*line));
      // One listing has the last words of conntrack, from stderr, in the middle of a row: "use=conntrack v1.4.5 ...".
      const bool is_rest = torn && line->find('=') == std::string_view::npos;
      torn = line->find("flow entries have been shown") != std::string_view::npos;
      const Verdict verdict = counters ? stat.add(*line) : add_conntrack_line(flows, *line, {});
      CHECK((verdict == Verdict::rejected) == (torn || is_rest));
    }
    counter_files += counters ? 1U : 0U;
  }
  CHECK(flows.size() > 500);
  CHECK(counter_files >= 7);
}

TEST_CASE("NAT that follows from the text is what conntrack selects, but for ICMP", "[recorder]") {
  const auto root = fixtures();
  if (!root) {
    return;
  }
  const auto count = [&](const char* option, NatKind kind, const char* listing) {
    std::size_t selected = 0;
    const std::string chosen = read(*root / "lab-6.18/t0/g/cmd" / option);
    Lines chosen_lines(chosen);
    while (const auto line = chosen_lines.next()) {
      selected += line->starts_with("icmp") ? 0U : 1U;
    }
    std::size_t derived = 0;
    const std::string all = read(*root / "lab-6.18/t0/g/cmd" / listing);
    Lines all_lines(all);
    while (const auto line = all_lines.next()) {
      ConntrackRows rows(conntracks);
      REQUIRE(add_conntrack_line(rows, *line, {}) == Verdict::kept);
      const Conntrack flow = conntracks.row(std::move(rows).build(), 0);
      derived += !flow.icmp_id && flow.nat.has(kind) ? 1U : 0U;
    }
    CHECK(selected > 0);
    CHECK(derived == selected);
  };
  count("conntrack_-L_--src-nat", NatKind::source, "conntrack_-L");
  count("conntrack_-L_--dst-nat", NatKind::destination, "conntrack_-L");
}
