// SPDX-License-Identifier: MIT
// What a recording does not ask because a module would be loaded, and what it leaves because time is up.
#include "recorder/restraint.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "recorder/netlink_dump.h"
#include "recorder/raw_file.h"
#include "recorder/recorder.h"
#include "tables/socket.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/unique_fd.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr int sock_diag_type = 20; // SOCK_DIAG_BY_FAMILY

const std::string tcp_header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
const std::string tcp_line =
  "   0: 0100007F:1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
  "876780 1 000000000454d76b 100 0 0 10 0\n";

std::vector<std::byte> sockets_on(std::initializer_list<std::uint16_t> ports) {
  NetlinkBuilder builder;
  for (const std::uint16_t port : ports) {
    builder.message(sock_diag_type, 0, bytes_of(diag_message(port)));
  }
  return builder.bytes();
}

/// A host on which time passes: `call_ns` with each call, and one dump never ends.
class SlowSystem : public FakeSystem {
public:
  std::int64_t call_ns = 0;
  std::string endless;       ///< The name of a dump that brings a socket a ms, for ever.
  std::string silent = "no"; ///< The name of a dump that brings nothing.
  mutable std::int64_t now_ns = 0;
  mutable std::set<std::string> asked;

  FileRead read_file(const char* path) const override {
    now_ns += call_ns;
    return FakeSystem::read_file(path);
  }
  DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
    asked.emplace(request.name);
    now_ns += call_ns;
    if (request.name != endless && request.name != silent) {
      return FakeSystem::netlink_dump(request, sink);
    }
    REQUIRE(request.limit_ns > 0);
    const std::int64_t until = now_ns + request.limit_ns;
    for (; now_ns < until; now_ns += ms) {
      if (request.name == endless) {
        sink(sockets_on({static_cast<std::uint16_t>(1 + now_ns / ms % 60000)}));
      }
    }
    return {ETIMEDOUT, false};
  }

  [[nodiscard]] RecordOptions options() const {
    RecordOptions options;
    options.clock = [this] { return now_ns; };
    return options;
  }
};

/// A host on which the diag families are modules, of which some are loaded.
class ModularSystem : public SlowSystem {
public:
  explicit ModularSystem(const std::string& loaded) {
    files["/proc/sys/kernel/osrelease"] = {0, "6.1.0-18-amd64\n"};
    files["/proc/modules"] = {0, loaded};
    files["/lib/modules/6.1.0-18-amd64/modules.builtin"] = {
      0, "kernel/net/unix/unix_diag.ko\nkernel/net/unix/unix.ko\nkernel/net/packet/af_packet.ko\n"};
    files["/proc/net/tcp"] = {0, tcp_header + tcp_line};
    files["/proc/net/tcp6"] = {0, tcp_header};
    files["/proc/sys/net/netfilter/nf_conntrack_count"] = {0, "3\n"};
  }
};

bool says(const Capture& capture, std::string_view words) {
  return capture.detail.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("modules are those that are loaded and those that are built in", "[recorder]") {
  const ModularSystem system("udp_diag 16384 0 - Live 0x0000000000000000\naf-packet_diag 1 0\n");
  const KernelModules modules = KernelModules::read(system, "6.1.0-18-amd64");
  CHECK(modules.has("udp_diag"));
  CHECK(modules.has("af_packet_diag")); // As the kernel writes it.
  CHECK(modules.has("unix_diag"));
  CHECK_FALSE(modules.has("tcp_diag"));
  CHECK_FALSE(KernelModules::read(system, "another").has("unix_diag"));
  const KernelModules unable = KernelModules::read(FakeSystem(), "6.1.0-18-amd64");
  CHECK(unable.has("tcp_diag")); // No modules at all: it is built in, or there is none.
  FakeSystem secretive;
  secretive.files["/proc/modules"] = {EACCES, ""};
  CHECK_FALSE(KernelModules::read(secretive, "6.1.0-18-amd64").has("tcp_diag"));
}

TEST_CASE("a request is in the way of no module only where all that it needs is there", "[recorder]") {
  const auto obstacle = [](const std::string& loaded, std::string_view dump) {
    return KernelModules::read(ModularSystem(loaded), "6.1.0-18-amd64").find_obstacle(dump);
  };
  CHECK(obstacle("inet_diag 1\n", "sock_diag-tcp-inet") == "no cookies: tcp_diag is not loaded");
  CHECK(obstacle("inet_diag 1\ntcp_diag 1\n", "sock_diag-tcp-inet6") == std::nullopt);
  CHECK(obstacle("tcp_diag 1\n", "sock_diag-tcp-inet") == "no cookies: inet_diag is not loaded");
  CHECK(obstacle("", "sock_diag-unix") == std::nullopt);
  CHECK(obstacle("", "sock_diag-sctp-inet") == ""); // Without sctp there is nothing to lose.
  CHECK(obstacle("sctp 1\n", "sock_diag-sctp-inet") == "no cookies: sctp_diag is not loaded");
  CHECK(obstacle("nfnetlink 1\n", "ctnetlink-conntrack") == "no ctnetlink: nf_conntrack_netlink is not loaded");
  CHECK(obstacle("", "rtnetlink-route-inet") == std::nullopt);
  CHECK(obstacle("", "tcp_metrics") == std::nullopt);
  CHECK(obstacle("", "sock_diag-new") == "sock_diag-new not asked: the modules that it needs are not known");
}

TEST_CASE("what each request of a recording needs is in the one list", "[recorder]") {
  SlowSystem system;
  system.files["/proc/sys/net/netfilter/nf_conntrack_count"] = {0, "3\n"};
  RecordOptions options = system.options();
  options.tcp_info = true;
  options.all_witnesses = true;
  static_cast<void>(record_snapshot(system, options));
  CHECK(system.asked.contains("ctnetlink-conntrack"));
  CHECK(system.asked.size() > 25);
  for (const std::string& dump : system.asked) {
    CAPTURE(dump);
    CHECK(find_need(dump) != nullptr);
  }
  std::set<std::string_view> names;
  for (const ModuleNeed& need : module_needs()) {
    CAPTURE(need.dumps);
    CHECK(names.insert(need.dumps).second);
    CHECK(find_need(need.dumps) == &need); // No line hides another.
    CHECK(need.module.empty() == need.lost.empty());
  }
}

TEST_CASE("with --no-modules nothing is asked that would load one, and the captures say why", "[recorder]") {
  const ModularSystem system("inet_diag 1 2 - Live 0x0\nudp_diag 1 0 - Live 0x0\n");
  RecordOptions options = system.options();
  options.no_modules = true;
  const Snapshot snapshot = record_snapshot(system, options);
  for (const std::string& dump : system.asked) {
    CAPTURE(dump);
    CHECK_FALSE(dump.starts_with("sock_diag-tcp"));
    CHECK_FALSE(dump.starts_with("sock_diag-raw"));
    CHECK_FALSE(dump.starts_with("sock_diag-packet"));
    CHECK_FALSE(dump.starts_with("ctnetlink"));
  }
  CHECK(system.asked.contains("sock_diag-udp-inet"));
  CHECK(system.asked.contains("sock_diag-unix"));
  CHECK(system.asked.contains("rtnetlink-route-inet"));
  const Capture& sockets_capture = *snapshot.find_capture("socket");
  CHECK(sockets_capture.status == CaptureStatus::partial);
  CHECK(says(sockets_capture, "no cookies: tcp_diag is not loaded"));
  CHECK(says(sockets_capture, "no MPTCP sockets: mptcp_diag is not loaded"));
  CHECK_FALSE(says(sockets_capture, "udp_diag"));
  CHECK_FALSE(says(sockets_capture, "sctp_diag"));
  CHECK(sockets_capture.coverage.starts_with("tcp=proc tcp6=proc"));
  CHECK(snapshot.find_table("socket")->size() == 1);
  CHECK(says(*snapshot.find_capture("packet_socket"), "no cookies: af_packet_diag is not loaded"));
  CHECK(says(*snapshot.find_capture("conntrack"), "no ctnetlink: nf_conntrack_netlink is not loaded"));
  CHECK_FALSE(says(*snapshot.find_capture("route"), "not loaded"));

  options.no_modules = false;
  static_cast<void>(record_snapshot(system, options));
  CHECK(system.asked.contains("sock_diag-tcp-inet"));
  CHECK(system.asked.contains("ctnetlink-conntrack"));
}

TEST_CASE("a kernel without modules is asked everything, also with --no-modules", "[recorder]") {
  SlowSystem system;
  RecordOptions options = system.options();
  options.no_modules = true;
  const Snapshot snapshot = record_snapshot(system, options);
  CHECK(system.asked.contains("sock_diag-tcp-inet"));
  for (const Capture& capture : snapshot.captures) {
    CHECK_FALSE(says(capture, "not loaded"));
  }
}

TEST_CASE("connection tracking is not asked for where it is not there already", "[recorder]") {
  SlowSystem system;
  static_cast<void>(record_snapshot(system, system.options()));
  const auto asked = [&] {
    return std::ranges::any_of(system.asked, [](const std::string& dump) { return dump.starts_with("ctnetlink"); });
  };
  CHECK_FALSE(asked());
  system.files["/proc/sys/net/netfilter/nf_conntrack_count"] = {0, "1\n"};
  static_cast<void>(record_snapshot(system, system.options()));
  CHECK(asked());
}

TEST_CASE("a dump that never ends is left after the table's time, and what it brought is kept", "[recorder]") {
  SlowSystem system;
  system.endless = "sock_diag-tcp-inet";
  system.files["/proc/net/snmp"] = {0, "Tcp: ActiveOpens\nTcp: 7\n"};
  system.files["/proc/net/netstat"] = {0, "TcpExt: SyncookiesSent\nTcpExt: 0\n"};
  RecordOptions options = system.options();
  options.limits = {100 * ms, 0};
  const Snapshot snapshot = record_snapshot(system, options);
  CHECK(system.now_ns >= 100 * ms);
  CHECK(system.now_ns <= 102 * ms);
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(says(capture, "late: the deadline of 100 ms for a table passed"));
  CHECK(capture.coverage.starts_with("tcp=netlink tcp6=late udp=late"));
  CHECK(snapshot.find_table("socket")->size() == 100);
  CHECK(capture.rows == 100);
  // Other tables have time of their own.
  CHECK_FALSE(says(*snapshot.find_capture("protocol_counter"), "late"));
  CHECK(snapshot.find_capture("unix_socket")->status == CaptureStatus::absent);
}

TEST_CASE("a table whose source stays silent is late, not empty", "[recorder]") {
  SlowSystem system;
  system.silent = "sock_diag-tcp-inet";
  system.files["/proc/net/tcp"] = {0, tcp_header + tcp_line}; // Asked too late.
  RecordOptions options = system.options();
  options.limits = {100 * ms, 0};
  const Snapshot snapshot = record_snapshot(system, options);
  CHECK(snapshot.find_capture("socket")->status == CaptureStatus::late);
  CHECK(snapshot.find_capture("socket")->detail == "the deadline of 100 ms for a table passed");
  CHECK(snapshot.find_table("socket") == nullptr);
}

TEST_CASE("once the snapshot's time is up every table is late and no namespace is entered", "[recorder]") {
  SlowSystem system;
  system.call_ns = 30 * ms;
  system.named = {{"blue", "/run/netns/blue", 77, 0}};
  RecordOptions options = system.options();
  options.limits = {0, 1}; // 1 ns; the clock stands still until the first call.
  options.namespaces.all = true;
  const Snapshot snapshot = record_snapshot(system, options);
  std::size_t late = 0;
  for (const Capture& capture : snapshot.captures) {
    CAPTURE(capture.table, capture.detail, capture.coverage);
    late += capture.status == CaptureStatus::late ? 1U : 0U;
    CHECK((capture.status != CaptureStatus::complete || capture.table == "process")); // Of the walk beside the rest.
  }
  CHECK(late > 20);
  CHECK(system.now_ns < 300 * ms);
  const Capture& blue = *snapshot.find_capture("network_namespace", "blue");
  CHECK(blue.status == CaptureStatus::late);
  CHECK(blue.detail == "not read: the snapshot's deadline passed before");
}

TEST_CASE("without limits nothing is late however long it takes", "[recorder]") {
  SlowSystem system;
  system.call_ns = 3600'000 * ms;
  RecordOptions options = system.options();
  options.limits = {0, 0};
  for (const Capture& capture : record_snapshot(system, options).captures) {
    CHECK(capture.status != CaptureStatus::late);
    CHECK_FALSE(says(capture, "late"));
  }
}

TEST_CASE("of a file that took too long the whole lines are kept", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/tcp"] = {ETIMEDOUT, tcp_header + tcp_line + "   1: 0100007F:1B6"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(says(capture, "late: the deadline of 2 s for a table passed"));
  CHECK(capture.rejected == 0);
  CHECK(snapshot.find_table("socket")->size() == 1);
  system.files["/proc/net/tcp"] = {ETIMEDOUT, ""};
  CHECK(record_snapshot(system, {}).find_capture("socket")->status == CaptureStatus::late);
}

TEST_CASE("owners that were not reached in time are counted, and make no view that compares", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/tcp"] = {0, tcp_header + tcp_line};
  system.owners.processes_seen = 40;
  system.owners.processes_late = 12;
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("socket_owner")->status == CaptureStatus::partial);
  CHECK(says(*snapshot.find_capture("socket_owner"),
             "late: time was up before the descriptors of 12 processes were read to the end"));
  CHECK(snapshot.find_capture("process")->status == CaptureStatus::partial);
  CHECK(says(*snapshot.find_capture("process"), "12 processes"));
  CHECK(snapshot.find_capture("socket")->coverage.ends_with(" owners=late"));
}

TEST_CASE("a file without end and a dump without time are left with ETIMEDOUT", "[recorder]") {
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  REQUIRE(zero);
  const FileRead read = read_to_end(zero.get(), std::size_t{1} << 40, ms / 10);
  CHECK(read.error == ETIMEDOUT);
  CHECK_FALSE(read.bytes.empty());
  const rtgenmsg header{AF_UNSPEC};
  NetlinkRequest request{"rtnetlink-link", NETLINK_ROUTE, RTM_GETLINK, std::as_bytes(std::span(&header, 1)), false};
  std::size_t bytes = 0;
  const DatagramSink count = [&](std::span<const std::byte> datagram) { bytes += datagram.size(); };
  NetlinkDumps dumps;
  request.limit_ns = 1;
  CHECK(dumps.run(request, count).error == ETIMEDOUT);
  request.limit_ns = 60'000 * ms;
  // What is left of the first answer is not taken for the second, and the socket serves again.
  for (int i = 0; i < 3; ++i) {
    bytes = 0;
    CHECK(dumps.run(request, count).error == 0);
    CHECK(bytes > 0);
  }
}
