// SPDX-License-Identifier: MIT
// Tables sysctl, softnet and interface_counter6.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "recorder/readers/proc_net_softnet.h"
#include "recorder/readers/sysctl_reader.h"
#include "recorder/recorder.h"
#include "tables/interface_counter6.h"
#include "tables/sysctl.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

/// A host with one other namespace, made of the same files.
class WithNamespace : public FakeSystem {
public:
  std::map<std::string, FileRead, std::less<>> inside;

  WithNamespace() {
    named = {{"blue", "/run/netns/blue", 77, 0}};
  }
  std::unique_ptr<System> enter(const NamespaceId&) const override {
    auto entered = std::make_unique<FakeSystem>();
    entered->files.insert(inside.begin(), inside.end());
    return entered;
  }
};

Snapshot record_all(const System& system) {
  RecordOptions options;
  options.namespaces.all = true;
  return record_snapshot(system, options);
}

} // namespace

TEST_CASE("the list of settings has no repeats, and nothing that is no setting of the network", "[recorder]") {
  const auto list = recorded_sysctls();
  CHECK(std::set<std::string_view>(list.begin(), list.end()).size() == list.size());
  for (const std::string_view path : list) {
    CAPTURE(path);
    CHECK(path.starts_with("net/"));
    CHECK(path.find("key") == std::string_view::npos);
    CHECK(path.find('.') == std::string_view::npos);
  }
}

TEST_CASE("settings are recorded by name, with one blank between numbers", "[recorder]") {
  FakeSystem system;
  system.files["/proc/sys/net/ipv4/ip_local_port_range"] = {0, "32768\t60999\n"};
  system.files["/proc/sys/net/ipv4/ip_local_reserved_ports"] = {0, "\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Table& table = *snapshot.find_table("sysctl");
  REQUIRE(table.size() == 2);
  CHECK(sysctls.row(table, 0).name == "net.ipv4.ip_local_port_range");
  CHECK(sysctls.row(table, 0).value == "32768 60999");
  CHECK(sysctls.row(table, 1).value.empty());
  CHECK(snapshot.find_capture("sysctl")->status == CaptureStatus::complete);
  system.files["/proc/sys/net/ipv4/ip_forward"] = {EACCES, ""};
  CHECK(record_snapshot(system, {}).find_capture("sysctl")->status == CaptureStatus::partial);
  CHECK(record_snapshot(FakeSystem(), {}).find_capture("sysctl")->status == CaptureStatus::absent);
}

TEST_CASE("settings of another namespace are read where it has a socket or forwards", "[recorder]") {
  WithNamespace system;
  system.inside["/proc/sys/net/ipv4/ip_forward"] = {0, "0\n"};
  system.inside["/proc/net/sockstat"] = {0, "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n"};
  const Snapshot unused = record_all(system);
  CHECK(unused.find_capture("sysctl", "blue")->status == CaptureStatus::absent);
  CHECK(unused.find_capture("sysctl", "blue")->detail
        == "not read: the namespace has no internet socket and does not forward");
  system.inside["/proc/sys/net/ipv4/ip_forward"] = {0, "1\n"};
  CHECK(record_all(system).find_capture("sysctl", "blue")->status == CaptureStatus::complete);
  system.inside["/proc/sys/net/ipv4/ip_forward"] = {0, "0\n"};
  system.inside["/proc/net/sockstat"] = {0, "sockets: used 3\nTCP: inuse 1 orphan 0 tw 0 alloc 0 mem 0\n"};
  CHECK(record_all(system).find_capture("sysctl", "blue")->status == CaptureStatus::complete);
}

TEST_CASE("TCP is not asked for in another namespace that counts none, and the capture says so", "[recorder]") {
  WithNamespace system;
  system.dumps["sock_diag-tcp-inet"] = {{{}, {}}};
  system.dumps["sock_diag-tcp-inet6"] = {{{}, {}}};
  system.inside["/proc/net/tcp"] = {0, "  sl  local_address rem_address\nnot looked at\n"};
  system.inside["/proc/net/sockstat"] = {0, "sockets: used 4\nTCP: inuse 0 orphan 9 tw 0 alloc 0 mem 0\n"};
  system.inside["/proc/net/sockstat6"] = {0, "TCP6: inuse 0\n"};
  const Snapshot skipped = record_all(system);
  const Capture& capture = *skipped.find_capture("socket", "blue");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage.starts_with("tcp=netlink tcp6=netlink udp=absent"));
  CHECK(capture.coverage.find(" no_tcp=sockstat") != std::string::npos);
  CHECK(capture.rejected == 0);
  for (const std::string counted : {"TCP: inuse 1 orphan 0 tw 0", "TCP: inuse 0 orphan 0 tw 1", "UDP: inuse 0"}) {
    CAPTURE(counted);
    system.inside["/proc/net/sockstat"] = {0, "sockets: used 4\n" + counted + "\n"};
    CHECK(record_all(system).find_capture("socket", "blue")->rejected == 1);
  }
  system.inside["/proc/net/sockstat"] = {0, "sockets: used 4\nTCP: inuse 0 orphan 9 tw 0 alloc 0 mem 0\n"};
  system.inside["/proc/net/sockstat6"] = {0, "TCP6: inuse 2\n"};
  CHECK(record_all(system).find_capture("socket", "blue")->rejected == 1);
  // The recorder's own namespace is always asked.
  system.dumps.clear();
  system.files.insert(system.inside.begin(), system.inside.end());
  system.inside.clear();
  CHECK(record_all(system).find_capture("socket")->rejected == 1);
}

TEST_CASE("no protocol is asked for in another namespace that counts none of it", "[recorder]") {
  class Askers : public WithNamespace {
  public:
    mutable std::set<std::string> asked;
    std::unique_ptr<System> enter(const NamespaceId&) const override {
      class Entered : public FakeSystem {
      public:
        explicit Entered(const Askers& outer) : outer_(outer) {
          files.insert(outer.inside.begin(), outer.inside.end());
        }
        DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink&) const override {
          outer_.asked.emplace(request.name);
          return {};
        }

      private:
        const Askers& outer_;
      };
      return std::make_unique<Entered>(*this);
    }
  };
  Askers system;
  for (const char* protocol : {"tcp", "udp", "udplite", "raw", "mptcp"}) {
    system.dumps["sock_diag-" + std::string(protocol) + "-inet"] = {{{}, {}}};
    system.dumps["sock_diag-" + std::string(protocol) + "-inet6"] = {{{}, {}}};
  }
  system.dumps["sock_diag-unix"] = {{{}, {}}};
  system.dumps.erase("sock_diag-raw-inet");
  system.files["/proc/net/raw"] = {0, "heading\n"};
  const std::string idle =
    "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 4 mem 1\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\n"
    "RAW: inuse 0\nFRAG: inuse 0 memory 0\n";
  system.inside["/proc/net/sockstat"] = {0, idle};
  system.inside["/proc/net/sockstat6"] = {
    0, "TCP6: inuse 0\nUDP6: inuse 0\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n"};
  system.inside["/proc/net/unix"] = {0, "Num       RefCount Protocol Flags    Type St Inode Path\n"};
  const Snapshot snapshot = record_all(system);
  for (const std::string& dump : system.asked) {
    CAPTURE(dump);
    for (const char* protocol : {"-tcp-", "-udp-", "-udplite-", "-raw-", "-mptcp-", "_diag-unix"}) {
      CHECK(dump.find(protocol) == std::string::npos);
    }
  }
  CHECK(system.asked.contains("sock_diag-packet"));
  // They compare with what the recorder's own namespace told in the same way.
  const Capture& capture = *snapshot.find_capture("socket", "blue");
  CHECK(capture.coverage.starts_with("tcp=netlink tcp6=netlink udp=netlink udp6=netlink"
                                     " udplite=netlink udplite6=netlink raw=proc raw6=netlink"));
  for (const char* word : {" no_tcp=sockstat", " no_udp=sockstat", " no_udplite=sockstat", " no_raw=sockstat"}) {
    CHECK(capture.coverage.find(word) != std::string::npos);
  }
  CHECK(snapshot.find_capture("unix_socket", "blue")->coverage == "unix=netlink embryos=proc owners=complete");
  system.asked.clear();
  system.inside["/proc/net/sockstat6"] = {0, "TCP6: inuse 0\nUDP6: inuse 1\nUDPLITE6: inuse 0\nRAW6: inuse 0\n"};
  system.inside["/proc/net/unix"].bytes += "0000000000000000: 00000002 00000000 00000000 0002 01 4711\n";
  static_cast<void>(record_all(system));
  CHECK(system.asked.contains("sock_diag-udp-inet"));
  CHECK(system.asked.contains("sock_diag-unix"));
  CHECK_FALSE(system.asked.contains("sock_diag-udplite-inet"));
}

TEST_CASE("a diag family that the kernel lacks is asked for once, not in every namespace", "[recorder]") {
  class Counting : public WithNamespace {
  public:
    mutable std::map<std::string, int, std::less<>> asked;
    DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
      ++asked[std::string(request.name)];
      return WithNamespace::netlink_dump(request, sink);
    }
    std::unique_ptr<System> enter(const NamespaceId&) const override {
      class Entered : public FakeSystem {
      public:
        explicit Entered(const Counting& outer) : outer_(outer) {
        }
        DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
          return outer_.netlink_dump(request, sink);
        }

      private:
        const Counting& outer_;
      };
      return std::make_unique<Entered>(*this);
    }
  };
  Counting system;
  system.dumps["sock_diag-udp-inet"] = {{{}, {}}};
  static_cast<void>(record_all(system));
  CHECK(system.asked["sock_diag-sctp-inet"] == 1);
  CHECK(system.asked["sock_diag-udp-inet"] == 2);
}

TEST_CASE("softnet has a row for each CPU, of the columns that the kernel has", "[recorder]") {
  SoftnetRows rows(softnets);
  REQUIRE(
    add_softnet_line(rows, "000ae101 00000002 00000001 0 0 0 0 0 00000000 00000004 00000005 00000006 00000003 0 0")
    == Verdict::kept);
  REQUIRE(add_softnet_line(rows, "0000000f 00000000 00000000 0 0 0 0 0 00000000") == Verdict::kept);
  CHECK(add_softnet_line(rows, "0000000f 00000000") == Verdict::rejected);
  CHECK(add_softnet_line(rows, "0000000f 00000000 xyz") == Verdict::rejected);
  const Table table = std::move(rows).build();
  REQUIRE(table.size() == 2);
  const Softnet first = softnets.row(table, 0);
  CHECK(first.cpu == 3);
  CHECK(first.processed == 0xae101);
  CHECK(first.dropped == 2);
  CHECK(first.squeezed == 1);
  CHECK(first.steered == 4U);
  CHECK(first.flow_limited == 5U);
  CHECK(first.backlog == 6U);
  const Softnet old = softnets.row(table, 1);
  CHECK(old.cpu == 1);
  CHECK_FALSE(old.steered);
  CHECK_FALSE(old.backlog);
}

TEST_CASE("IPv6 counters of interfaces are read from /proc/net/dev_snmp6", "[recorder]") {
  FakeSystem system;
  system.directories["/proc/net/dev_snmp6"] = {0, {"eth0", "lo", "gone"}};
  system.files["/proc/net/dev_snmp6/eth0"] = {0,
                                              "ifIndex                         \t2\nIp6InReceives \t402\nnonsense\n"};
  system.files["/proc/net/dev_snmp6/lo"] = {0, "ifIndex \t1\nIcmp6OutMsgs \t18446744073709551615\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Table& table = *snapshot.find_table("interface_counter6");
  REQUIRE(table.size() == 2);
  const InterfaceCounter6 row = interface_counters6.row(table, 0);
  CHECK(row.interface == "eth0");
  CHECK(row.group == "Ip6");
  CHECK(row.name == "InReceives");
  CHECK(row.count == 402);
  CHECK(interface_counters6.row(table, 1).count == 18446744073709551615ULL);
  CHECK(snapshot.find_capture("interface_counter6")->rejected == 1);
  CHECK(record_snapshot(FakeSystem(), {}).find_capture("interface_counter6")->status == CaptureStatus::absent);
}
