// SPDX-License-Identifier: MIT
// Which source of connection tracking is asked, and what is said when none answers.
#include "recorder/readers/conntrack_reader.h"

#include <catch2/catch.hpp>

#include <map>

#include "recorder/bundle_format.h"
#include "recorder/live_system.h"
#include "recorder/recorder.h"
#include "tables/conntrack.h"
#include "tables/conntrack_stat.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/flow_message.h"
#include "tests/recorder/new_namespace.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr const char* count_file = "/proc/sys/net/netfilter/nf_conntrack_count";
constexpr int flow_answer = 0x100;       // NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW
constexpr int statistics_answer = 0x104; // IPCTNL_MSG_CT_GET_STATS_CPU
const std::string text_line =
  "ipv4     2 udp      17 24 src=10.77.1.2 dst=10.77.2.2 sport=4 dport=53 src=10.77.2.2 dst=10.77.2.1 sport=53 "
  "dport=4 mark=0 zone=0 use=2\n";

struct Read {
  std::map<std::string, Capture> captures;
  std::map<std::string, Table> tables;

  [[nodiscard]] Conntrack flow(std::size_t row = 0) const {
    return conntracks.row(tables.at("conntrack"), row);
  }
  [[nodiscard]] std::map<std::string, ConntrackStatistic> statistics() const {
    std::map<std::string, ConntrackStatistic> found;
    const Table& table = tables.at("conntrack_stat");
    for (std::size_t i = 0; i < table.size(); ++i) {
      const ConntrackStatistic row = conntrack_statistics.row(table, i);
      found.emplace(row.name, row);
    }
    return found;
  }
};

Read read(const System& system) {
  ReadContext context(system, 0, {}, false);
  read_connection_tracking(context);
  Read found;
  for (Capture& capture : context.captures) {
    found.captures.emplace(capture.table, capture);
  }
  for (Table& table : context.tables) {
    const std::string name(table.spec().name);
    found.tables.emplace(name, std::move(table));
  }
  CHECK(context.captures.size() == 3);
  return found;
}

FakeDump flows(int count, int flags = 0) {
  NetlinkBuilder dump;
  for (int i = 0; i < count; ++i) {
    dump.message(flow_answer, flags, masqueraded_flow().bytes());
  }
  return {dump.done(flags).bytes(), {0, flags != 0}};
}

} // namespace

TEST_CASE("where there is no connection tracking, ctnetlink is not asked", "[recorder]") {
  const FakeSystem system;
  const Read found = read(system);
  CHECK(system.dumps_asked == 0);
  CHECK(found.tables.empty());
  for (const auto& [table, capture] : found.captures) {
    CHECK(capture.status == CaptureStatus::absent);
    CHECK(capture.detail.starts_with("this network namespace has no connection tracking"));
  }
}

TEST_CASE("where nothing is tracked, the dump of the whole machine's table is skipped and said to be", "[recorder]") {
  FakeSystem system;
  system.files[count_file] = {0, "0\n"};
  system.files["/proc/net/stat/nf_conntrack"] = {0, "entries  found drop\n00000000  00000001 00000000\n"};
  system.files["/proc/sys/net/netfilter/nf_conntrack_max"] = {0, "262144\n"};
  const Read found = read(system);
  CHECK(system.dumps_asked == 0);
  for (const char* table : {"conntrack", "conntrack_expectation"}) {
    CHECK(found.captures.at(table).status == CaptureStatus::complete);
    CHECK(found.captures.at(table).coverage == std::string(table) + "=netlink dump=skipped");
    CHECK(found.tables.at(table).size() == 0);
  }
  const auto statistics = found.statistics();
  CHECK(statistics.at("entries").level == 0U);
  CHECK(statistics.at("max").level == 262'144U);
  CHECK(statistics.at("found").count == 1U);
  CHECK_FALSE(statistics.at("found").level);
}

TEST_CASE("flows come from ctnetlink, and a dump that was interrupted is repeated", "[recorder]") {
  FakeSystem system;
  system.files[count_file] = {0, "2\n"};
  system.files["/proc/net/nf_conntrack"] = {0, text_line};
  system.dumps["ctnetlink-conntrack"] = {flows(3, NLM_F_DUMP_INTR), flows(2)};
  const Read found = read(system);
  CHECK(found.captures.at("conntrack").status == CaptureStatus::complete);
  CHECK(found.captures.at("conntrack").coverage == "conntrack=netlink");
  CHECK(found.tables.at("conntrack").size() == 2);
  CHECK(found.flow().nat.has(NatKind::source));
  CHECK(found.flow().expires == 5'000'000'000'000U / 1'000'000 + 431'999'000U);
}

TEST_CASE("a message that is no flow is counted, and those beside it are kept", "[recorder]") {
  FakeSystem system;
  system.files[count_file] = {0, "2\n"};
  system.dumps["ctnetlink-conntrack"] = {{NetlinkBuilder()
                                            .message(flow_answer, 0, nfgen_header().bytes())
                                            .message(flow_answer, 0, masqueraded_flow().bytes())
                                            .done()
                                            .bytes(),
                                          {}}};
  const Read found = read(system);
  CHECK(found.captures.at("conntrack").status == CaptureStatus::partial);
  CHECK(found.captures.at("conntrack").rejected == 1);
  CHECK(found.captures.at("conntrack").example == "02000000");
  CHECK(found.tables.at("conntrack").size() == 1);
}

TEST_CASE("an ordinary user is denied, with the capability that would help, and still gets the counters",
          "[recorder]") {
  FakeSystem system;
  system.files[count_file] = {0, "48\n"};
  system.files["/proc/net/nf_conntrack"] = {EACCES, {}};
  system.files["/proc/net/nf_conntrack_expect"] = {EACCES, {}};
  system.files["/proc/net/stat/nf_conntrack"] = {0, "entries  found\n00000030  00000001\n"};
  for (const char* name : {"ctnetlink-conntrack", "ctnetlink-expectation"}) {
    system.dumps[name] = {{{}, {EPERM, false}}};
  }
  const Read found = read(system);
  for (const char* table : {"conntrack", "conntrack_expectation"}) {
    CHECK(found.captures.at(table).status == CaptureStatus::denied);
    CHECK(found.captures.at(table).detail.find("CAP_NET_ADMIN") != std::string::npos);
    CHECK(found.captures.at(table).coverage == std::string(table) + "=denied");
  }
  CHECK(found.captures.at("conntrack_stat").status == CaptureStatus::complete);
  CHECK(found.statistics().at("entries").level == 48U);
}

TEST_CASE("without ctnetlink the text files are read, the newest there is", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/nf_conntrack"] = {0, text_line + "nonsense\n"};
  system.files["/proc/net/ip_conntrack"] = {0, ""};
  const Read found = read(system);
  CHECK(system.dumps_asked == 0);
  CHECK(found.captures.at("conntrack").source == "proc");
  CHECK(found.captures.at("conntrack").coverage == "conntrack=proc");
  CHECK(found.captures.at("conntrack").rejected == 1);
  CHECK(found.captures.at("conntrack").example == "nonsense");
  CHECK(found.flow().nat.has(NatKind::source));

  FakeSystem old;
  old.files["/proc/net/ip_conntrack"] = {0, text_line.substr(text_line.find("udp"))};
  CHECK(read(old).flow().source_port == 4);

  FakeSystem oldest;
  oldest.files["/proc/net/ip_masquerade"] = {
    0, "Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=1,1,1)\n"
       "TCP 0A4D0102:9C40 0A4D0202:1B58 F12C 00000000      0      0   43200\n"};
  const Read masqueraded = read(oldest);
  CHECK(masqueraded.captures.at("conntrack").status == CaptureStatus::partial);
  CHECK(masqueraded.flow().reply_destination_port == 61740);
}

TEST_CASE("a dump that fails midway leaves none of its rows to those of the text file", "[recorder]") {
  FakeSystem system;
  system.files[count_file] = {0, "9\n"};
  system.files["/proc/net/nf_conntrack"] = {0, text_line};
  system.dumps["ctnetlink-conntrack"] = {{flows(2).bytes, {ENOBUFS, false}}};
  const Read found = read(system);
  CHECK(found.tables.at("conntrack").size() == 1);
  CHECK(found.captures.at("conntrack").status == CaptureStatus::complete);
  CHECK(found.captures.at("conntrack").rejected == 0);
  system.files.erase("/proc/net/nf_conntrack");
  CHECK(read(system).captures.at("conntrack").status == CaptureStatus::failed);
  CHECK(read(system).captures.at("conntrack").detail.find("No buffer space") != std::string::npos);
}

TEST_CASE("counters come from ctnetlink where the file is missing, and are partial where neither tells", "[recorder]") {
  FakeSystem system;
  system.files[count_file] = {0, "9\n"};
  auto cpu = nfgen_header();
  cpu.attribute_value(CTA_STATS_DROP, htobe32(3));
  system.dumps["ctnetlink-statistics"] = {{NetlinkBuilder()
                                             .message(statistics_answer, 0, cpu.bytes())
                                             .message(statistics_answer, 0, cpu.bytes())
                                             .done()
                                             .bytes(),
                                           {}}};
  const Read found = read(system);
  CHECK(found.captures.at("conntrack_stat").coverage == "counters=netlink");
  CHECK(found.statistics().at("drop").count == 6U);
  system.dumps["ctnetlink-statistics"] = {{{}, {EPERM, false}}};
  const Read denied = read(system);
  CHECK(denied.captures.at("conntrack_stat").status == CaptureStatus::partial);
  CHECK(denied.captures.at("conntrack_stat").coverage == "counters=denied");
  CHECK(denied.statistics().size() == 1);
}

TEST_CASE("a bundle keeps the settings of each network namespace apart", "[recorder]") {
  CHECK(bundle::place_of(count_file, "netns/gw/") == "netns/gw/proc/sys/net/netfilter/nf_conntrack_count");
  CHECK(bundle::place_of("/proc/sys/kernel/hostname", "netns/gw/") == "proc/sys/kernel/hostname");
}

TEST_CASE("the live kernel's counters are the same from netlink and from the file", "[recorder]") {
  class WithoutCounterFile : public WithoutNetlink {
  public:
    WithoutCounterFile() : WithoutNetlink(open_live_system()), live_(open_live_system()) {
    }
    FileRead read_file(const char* path) const override {
      return std::string_view(path) == "/proc/net/stat/nf_conntrack" ? FileRead{ENOENT, {}} : live_->read_file(path);
    }
    DumpEnd netlink_dump(const NetlinkRequest& request, const DatagramSink& sink) const override {
      return live_->netlink_dump(request, sink);
    }

  private:
    std::unique_ptr<System> live_;
  };
  const bool entered = in_new_namespace([] {
    const auto live = open_live_system();
    if (live->read_file(count_file).error != 0 || live->read_file("/proc/net/stat/nf_conntrack").error != 0) {
      WARN("skipped: this kernel has no connection tracking, or no file of its counters");
      return;
    }
    const Read file = read(*live);
    const Read netlink = read(WithoutCounterFile());
    CHECK(netlink.captures.at("conntrack_stat").coverage == "counters=netlink");
    const auto by_file = file.statistics();
    const auto by_netlink = netlink.statistics();
    CHECK(by_netlink.size() > 8);
    for (const auto& [name, row] : by_netlink) {
      CAPTURE(name);
      REQUIRE(by_file.contains(name));
      CHECK(by_file.at(name).count == row.count);
      CHECK(by_file.at(name).level == row.level);
    }
  });
  if (!entered) {
    WARN("skipped: making a network namespace needs CAP_SYS_ADMIN");
  }
}
