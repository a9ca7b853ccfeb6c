// SPDX-License-Identifier: MIT
// hindstat_fuzz_seeds SAMPLES OUT: writes OUT/TARGET/NAME, the inputs from which each target's fuzzing starts, made of
// the bundles in SAMPLES.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "recorder/bundle_system.h"
#include "recorder/netlink_message.h"
#include "recorder/recorder.h"
#include "store/block_codec.h"
#include "store/compression.h"
#include "store/disguise.h"
#include "store/layout.h"
#include "store/store.h"
#include "tests/fuzz/recording_sources.h"
#include "tests/fuzz/targets.h"
#include "tests/tables/laws.h"

namespace hindstat::fuzz {

namespace {

namespace fs = std::filesystem;

/// Longer seeds make fuzzing slow; what they would show is in the shorter ones too.
constexpr std::size_t longest_seed = 16'384;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class Seeds {
public:
  explicit Seeds(fs::path directory) : directory_(std::move(directory)) {
    fs::remove_all(directory_);
  }

  /// Left out: what is empty, too long, or there already (bundles have much in common).
  void add(std::string_view target, const std::string& bytes) {
    if (!bytes.empty() && bytes.size() <= longest_seed && known_.emplace(target, bytes).second) {
      add_whole(target, bytes);
    }
  }

  void add_whole(std::string_view target, const std::string& bytes) {
    const fs::path place = directory_ / target;
    fs::create_directories(place);
    std::ofstream(place / fmt::format("{:03}", count_[std::string(target)]++), std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

private:
  fs::path directory_;
  std::map<std::string, int> count_;
  std::set<std::pair<std::string, std::string>> known_;
};

/// The target that parses a file of a bundle, by the file's path in it; "" for none.
std::string_view target_of(const std::string& path) {
  static const std::map<std::string_view, std::string_view> by_path = {{"proc/net/fib_trie", "proc_net_fib_trie"},
                                                                       {"proc/net/unix", "proc_net_unix"},
                                                                       {"proc/net/route", "proc_net_route"},
                                                                       {"proc/net/ipv6_route", "proc_net_route"},
                                                                       {"proc/net/rt_cache", "proc_net_rt_cache"},
                                                                       {"proc/net/ip_mr_cache", "proc_net_mr_cache"},
                                                                       {"proc/net/ip6_mr_cache", "proc_net_mr_cache"},
                                                                       {"proc/net/ip_mr_vif", "proc_net_mr_cache"},
                                                                       {"proc/net/ip6_mr_vif", "proc_net_mr_cache"},
                                                                       {"proc/net/mcfilter", "proc_net_mcfilter"},
                                                                       {"proc/net/mcfilter6", "proc_net_mcfilter"},
                                                                       {"proc/net/dev_mcast", "proc_net_mcfilter"},
                                                                       {"proc/net/arp", "proc_net_arp"},
                                                                       {"proc/net/rt6_stats", "proc_net_stat"},
                                                                       {"proc/net/stat/rt_cache", "proc_net_stat"},
                                                                       {"proc/net/stat/arp_cache", "proc_net_stat"},
                                                                       {"proc/net/stat/ndisc_cache", "proc_net_stat"},
                                                                       {"proc/sys/kernel/osrelease", "kernel_version"},
                                                                       {"proc/net/dev", "proc_net_dev"},
                                                                       {"proc/net/if_inet6", "proc_net_if_inet6"},
                                                                       {"proc/net/igmp", "proc_net_igmp"},
                                                                       {"proc/net/igmp6", "proc_net_igmp"},
                                                                       {"proc/net/snmp", "proc_net_snmp"},
                                                                       {"proc/net/snmp6", "proc_net_snmp"},
                                                                       {"proc/net/netstat", "proc_net_snmp"},
                                                                       {"proc/net/sockstat", "proc_net_sockstat"},
                                                                       {"proc/net/sockstat6", "proc_net_sockstat"},
                                                                       {"proc/net/packet", "proc_net_link_sockets"},
                                                                       {"proc/net/netlink", "proc_net_link_sockets"},
                                                                       {"etc/passwd", "name_files"},
                                                                       {"etc/services", "name_files"},
                                                                       {"clocks", "bundle_format"},
                                                                       {"owners", "bundle_format"},
                                                                       {"namespaces", "bundle_format"},
                                                                       {"errors", "bundle_format"}};
  if (const auto found = by_path.find(path); found != by_path.end()) {
    return found->second;
  }
  if (path.find("conntrack") != std::string::npos) {
    return "conntrack_lines";
  }
  if (path.starts_with("proc/net/")) {
    return "proc_net_socket"; // All others are one a protocol and family.
  }
  const bool of_process = path.ends_with("/stat") || path.ends_with("/limits") || path.ends_with("/cgroup");
  return of_process ? "process_facts" : "";
}

std::string_view target_of_dump(const std::string& name) {
  return name == "sock_diag-unix"                                         ? "unix_diag"
         : name == "sock_diag-packet"                                     ? "packet_diag"
         : name == "sock_diag-netlink"                                    ? "netlink_diag"
         : name.starts_with("sock_diag-")                                 ? "sock_diag"
         : name.starts_with("rtnetlink-addr-")                            ? "rtnetlink_address"
         : name.starts_with("rtnetlink-route-cached-")                    ? "rtnetlink_route_exception"
         : name.starts_with("rtnetlink-route-")                           ? "rtnetlink_route"
         : name.starts_with("rtnetlink-multicast-")                       ? "rtnetlink_multicast"
         : name.starts_with("genetlink-") || name.starts_with("ethtool-") ? "ethtool_link_modes"
         : name.starts_with("ctnetlink-")                                 ? "ctnetlink_messages"
         : name.starts_with("rtnetlink-rule-")                            ? "rtnetlink_rule"
         : name.starts_with("rtnetlink-neigh-")                           ? "rtnetlink_neighbour"
         : name == "rtnetlink-nexthop"                                    ? "rtnetlink_nexthop"
         : name == "tcp_metrics"                                          ? "tcp_metrics"
         : name.starts_with("rtnetlink-link")                             ? "rtnetlink_link"
                                                                          : "";
}

void add_dump(Seeds& seeds, const std::string& name, const std::string& bytes) {
  seeds.add("netlink_messages", bytes);
  const std::string_view target = target_of_dump(name);
  NetlinkMessages messages(std::as_bytes(std::span(bytes)));
  while (const auto message = messages.next()) {
    if (target == "rtnetlink_route") { // The same message, of multicast routing and of the cache.
      std::string cached(as_text(message->payload));
      constexpr std::size_t second_byte_of_flags = 9;
      if (cached.size() > second_byte_of_flags) {
        cached[second_byte_of_flags] = '\2'; // RTM_F_CLONED
        seeds.add("rtnetlink_route_exception", cached);
        cached.front() = '\x80'; // RTNL_FAMILY_IPMR
        seeds.add("rtnetlink_multicast_route", cached);
      }
    }
    if (!target.empty() && !message->payload.empty()) {
      seeds.add(target, std::string(as_text(message->payload)));
    }
  }
}

/// One source of the archive that the target recording reads.
std::string archived(std::size_t source, const std::string& bytes) {
  const std::string content = bytes.substr(0, 2000);
  std::string out;
  out += static_cast<char>(source);
  out += static_cast<char>(content.size() % 256);
  out += static_cast<char>(content.size() / 256);
  return out + content;
}

void add_recordings(Seeds& seeds, const fs::path& bundle) {
  std::string by_proc;
  for (std::size_t i = 0; i < recorded_files.size(); ++i) {
    by_proc += archived(i, read_file(bundle / recorded_files[i].substr(1)));
  }
  std::string by_netlink;
  for (std::size_t i = 0; i < recorded_dumps.size(); ++i) {
    by_netlink += archived(recorded_files.size() + i, read_file(bundle / "netlink" / recorded_dumps[i]));
  }
  seeds.add("recording", by_proc.substr(0, longest_seed));
  seeds.add("recording", by_netlink.substr(0, longest_seed));
}

/// Without "netns/NAME/" in front.
std::string in_first_namespace(const std::string& path) {
  return path.starts_with("netns/") ? path.substr(path.find('/', std::string_view("netns/").size()) + 1) : path;
}

void add_files(Seeds& seeds, const fs::path& bundle) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(bundle)) {
    if (entry.is_regular_file() && !entry.is_symlink()) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    const std::string path = in_first_namespace(file.lexically_relative(bundle).generic_string());
    if (path.starts_with("netlink/")) {
      add_dump(seeds, file.filename(), read_file(file));
    } else if (const std::string_view target = target_of(path); !target.empty()) {
      seeds.add(target, read_file(file));
    }
  }
}

/// A body behind its tag, and the whole frame.
void add_block(Seeds& seeds, std::string_view target, const std::string& parameters, const std::string& payload,
               bool with_frame) {
  try {
    Decompressor decompressor;
    const std::string body(decompressor.decompress(payload, longest_seed));
    seeds.add(target, parameters + body.substr(1));
  } catch (const Error&) {
    return; // Too long.
  }
  if (with_frame) {
    seeds.add("block_frame", parameters + payload);
  }
}

void add_blocks(Seeds& seeds) {
  const std::vector<TableSpec> specs = specs_under_law();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string choice(1, static_cast<char>(i));
    constexpr unsigned char seed = 7; // As many rows, and the base that targets make of it.
    Rng rng(seed);
    const Table made = random_table(specs[i], seed, rng);
    const std::string keyframe = encode_keyframe(made);
    add_block(seeds, "block_keyframe", choice, keyframe, false);
    Table base(specs[i]);
    BlockDecoder().apply(keyframe, made.size(), base);
    const Table after = mutate(base, rng, 0.4);
    const std::string parameters =
      choice + static_cast<char>(seed) + static_cast<char>(static_cast<unsigned char>(after.size()));
    add_block(seeds, "block_changes", parameters, encode_changes(compare(base, after), base), true);
    seeds.add("change_sets", choice + "\x20\x40seeds..." + choice);
    seeds.add("layout", format_columns_json(specs[i]));
  }
}

void add_recorded(Seeds& seeds, const fs::path& bundle) {
  const Snapshot snapshot = record_snapshot(*open_bundle(bundle), {});
  const std::vector<TableSpec> specs = specs_under_law();
  for (const Table& table : snapshot.tables) {
    const auto spec = std::ranges::find(specs, table.spec().name, &TableSpec::name);
    const std::string choice(1, static_cast<char>(spec - specs.begin()));
    const std::string payload = encode_keyframe(table);
    add_block(seeds, "block_keyframe", choice, payload, false);
    seeds.add("block_frame", choice + '\0' + static_cast<char>(static_cast<unsigned char>(table.size())) + payload);
  }
}

/// Stores of a few small tables: a whole one for the file, its beginning for the header.
void add_stores(Seeds& seeds, const fs::path& bundle, const fs::path& scratch) {
  Snapshot snapshot = record_snapshot(*open_bundle(bundle), {});
  std::erase_if(snapshot.tables, [](const Table& table) { return table.size() > 20; });
  {
    StoreWriter writer(scratch);
    for (int i = 0; i < 3; ++i) {
      writer.append(snapshot);
      snapshot.info.clocks.realtime_ns += 60'000'000'000;
      snapshot.info.clocks.boottime_ns += 60'000'000'000;
    }
  }
  const std::string bytes = read_file(scratch);
  fs::remove(scratch);
  seeds.add("file_header", bytes.substr(0, 100));
  seeds.add("file_header", bytes.substr(0, 4096));
  seeds.add_whole("store_file", bytes);
}

/// The map of a small table, and texts of every kind.
void add_disguises(Seeds& seeds) {
  Pseudonyms pseudonyms;
  pseudonyms.key = std::string(Scrambler::key_bytes, '\x07');
  Disguise disguise(pseudonyms);
  Rng rng(5);
  for (const char* table : {"route", "interface", "process"}) {
    static_cast<void>(disguise.table(random_table(*find_table_spec(table), 6, rng)));
  }
  seeds.add("pseudonyms", format_pseudonyms(pseudonyms));
  for (const char* text :
       {"eth0.100", "br-0123456789ab", "acme:1", "a b/5", "net:[4026531840]", "0123456789ab", "/usr/bin/x (deleted)",
        "a.service", "*10.0.0.1 fd77::1", "52:54:00:12:34:56", "0a:01:02:03", "AA:BB:CC:DD:EE:FF", "DL1ABC*,DL2DEF",
        "left out: 10.0.0.1, fd77::.", "/proc/net/arp: /home/x"}) {
    for (char content = 0; content <= static_cast<char>(Content::context); ++content) {
      seeds.add("disguise", std::string{content, static_cast<char>(content % 5)} + text);
    }
  }
}

void add_typed(Seeds& seeds) {
  for (const char* text : {"2026-11-21 02:10:05.25 +0100", "2026-11-21T02:10Z", "02:10", "yesterday 03:10", "y 3:10",
                           "mon 03:00:59", "sunday", "15 min ago", "1h30m ago", "now", "today", "1795229000.5",
                           "2026-03-29 02:30", "2025-10-26 02:30", "1 h 30 min", "90", "1w2d3h4m5s6ms"}) {
    seeds.add("times", text);
    seeds.add("selector", std::string(1, '\x05') + text);
  }
  for (const char* text : {"@latest", "@first", "@-3", "7", "#12", "uid:07cd", "gw2:@latest", "twin:03:01",
                           "aaaaaa:@-1", "gw1:2026-11-21 03:02:30", "nobody:@first"}) {
    for (const char choice : {'\0', '\3', '\5', '\x1a'}) {
      seeds.add("selector", std::string(1, choice) + text);
    }
  }
  for (const char* text :
       {"10.0.0.0/8", "::ffff:10.0.0.0/104", "443", "8000-8099", "close-wait", "port > 1 AND ev LIKE 's%'",
        "ev IN (SELECT ev FROM event)", "1) UNION SELECT 9 FROM event WHERE (1", "1; ATTACH 'x' AS y",
        "json_extract('{}', '$.a') IS NULL"}) {
    seeds.add("filters", text);
  }
  for (const char* text : {"1..3", "..", "@first..@latest", "03:02 +-2m", "1h", "gw2:2..6"}) {
    for (const char choice : {'\0', '\2', '\4', '\7'}) {
      seeds.add("selector", std::string(1, choice) + text);
    }
  }
  // Changes of rows (store_rows_fuzz.cpp): bytes of bodies, a number, a text, a null, a row that goes.
  for (const std::string& changes :
       {std::string("\0\0\7\1\0\0\0\5\0\42", 10), std::string("\0\0\6\0\1\2\0\3\1\3abc\0\4\2\1", 16),
        std::string("\11\0\1\377\21\1\2\0\0\0\0\0\0\1\0", 15), std::string("\14\0\3\4text\31\2\0\36\1\5", 14),
        std::string("\0\0\7\3\3\1\0\20\2\3\0\30\0\7\0\0\7\2\5\0\0\12\0\1", 24)}) {
    seeds.add("store_rows", changes);
  }
  for (const char* text : {"10.0.0.1", "fd77::1", "::ffff:10.0.0.1", "\x0a\x01\x02\x03", "a\\b\x1b[2J\u202e\u00e9\x80",
                           "\"\n\t\x01", "\xf0\x9f\x90\xa7\xed\xa0\x80"}) {
    seeds.add("texts", text);
  }
  seeds.add(
    "conntrack_lines",
    "ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.10.21 dst=203.0.113.80 sport=40000 dport=443 packets=3 "
    "bytes=180 src=203.0.113.80 dst=203.0.113.5 sport=443 dport=40000 [ASSURED] mark=0 zone=0 use=2\n"
    "ipv4 2 icmp 1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.9 type=0 code=0 id=7\n"
    "tcp      6 55 CLOSE_WAIT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 "
    "sport=2 dport=1 use=1\n"
    "300 l3proto = 2 proto=6 src=10.0.0.1 dst=10.0.0.2 sport=0 dport=21 PERMANENT ftp\n");
  seeds.add("conntrack_lines", "entries  clashres found new\n00000003  00000000 0000001f 00000002\n");
  seeds.add("conntrack_lines",
            "Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=40956,40960,40960)\n"
            "TCP C0A80A15 9C40 CB007150 01BB F000 00000000      0      0   89000\n");
  seeds.add("bundle_format", "error=EACCES\nprocesses_seen=3\nprocesses_denied=1\nfds 23=12\n");
  seeds.add("bundle_format", "4026532201 /run/netns/blue\n4026532202 /run/docker/netns/default\n");
  seeds.add("bundle_format", "EACCES /proc/net/nf_conntrack\nEIO /proc/net/tcp\n");
  seeds.add("proc_net_arp", "10.77.1.1        0x1         0x2         7a:0f:8a:2b:6e:01     *        c0\n");
  seeds.add("proc_net_stat", "entries  in_hit   in_slow_tot\n00000007 00000000 0000028d\n00000007 00000001 000000f0\n");
  seeds.add("proc_net_stat", "0009 0006 000e 0007 0000 0000 0000\n");
  seeds.add("proc_net_mcfilter", "  4     g1 0xe84d0001 0x0a4d0202      1      0\n");
  seeds.add("proc_net_mcfilter",
            "  4     g1 ff3e0000000000000000000000000001 fd770002000000000000000000000002      1      0\n");
  seeds.add("proc_net_mcfilter", "4    g1              1     0     333300000001\n");
  seeds.add("proc_net_mr_cache", "01004DE8 02024D0A 0          3      300        1  1:1    2:5  \n"
                                 " 0 g1              300       3         0       0 00000 0102030A 00000000\n");
  seeds.add("proc_net_mr_cache", "ff3e:0000:0000:0000:0000:0000:0000:0001 fd77::2 -1         0        0        0\n");
  seeds.add("kernel_version", "2.6.32-754.el6.x86_64\n");
  seeds.add("proc_net_rt_cache",
            "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\t"
            "TOS\tHHRef\tHHUptod\tSpecDst\n"
            "eth0\t0B01A8C0\t0B01A8C0\t       0\t1\t12\t0\t0201A8C0\t1500\t0\t300\t10\t-1\t1\t0201A8C0\n");
  seeds.add("proc_net_rt_cache",
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tHH\t"
            "ARP\neth0\t0B01A8C0\t0101A8C0\t07\t1\t12\t0\t0201A8C0\t1500\t32767\t300\t2\t1\n");
  seeds.add("proc_net_link_sockets",
            "sk RefCnt Type Proto  Iface R Rmem   User   Inode\n"
            "0000000016a8586d 3      3    88cc   2     1 704    1000   4711\n"
            "0000000000000000 15  4294963151 00000002 0        0        0     2        7        "
            "1584\n");
  seeds.add("proc_net_softnet",
            "000ae101 00000000 00000001 0 0 0 0 0 00000000 00000000 00000000 00000000 00000001 0 0\n");
  // Made from the kernel's own formats (net/sctp/proc.c).
  seeds.add("proc_net_sctp", "d6a2b9c1 0f3e1a77 2   10  29   7046      0 21591 10.77.1.2 10.77.2.2 \n"
                             "1c9a8f02 0f3e1a77 2   1   3  0       1        0        0       0 21593 7046  41022  "
                             "*10.77.1.2 <-> *10.77.1.1 10.77.2.1 \t   30000    10    10   10    0    0        0\n");
  // Made from the kernel's own formats, as tests/recorder/proc_net_families_test.cpp says.
  seeds.add("proc_net_families",
            "c5a1b000 ax0 G4KLX-1 GB7BPQ-2,GB7CIP* 3 5 2 5 0 10 0 3 120 300 0 1200 0 10 5 2 256 3 12 4711\n"
            "G4KLX-1   GB7BPQ-2  GB7CIP    nr0  01/02 03/04  1   5   2   5   0/120  0/05   0/180   0/015  0/03   4     "
            "3    12 4713\n"
            "2080175524 GB7BPQ-2  2080175520 G4KLX-1   rose0 0A1 00001  3  5  2  5   0 200   5 180   5   0/000     0   "
            " 12 4715\n"
            "31211234   31219876   x25tap0 00A  3  5  2  5   0   3 200 180 180     0    12 4717\n");
  seeds.add("proc_net_families",
            "00001234:000000000001:4003  00005678:00AABBCCDDEE:0451  00000000  00000010  01     000\n"
            "02   FF00:01:80  0000:00:00  00000000:00000010 07 0\n"
            "00:1a:7d:da:71:13 (1) ac:de:48:00:11:22 (2) 1 25 0x0041 0x0043 672 1024 2 3\n"
            "00:1A:7D:DA:71:13 00:00:00:00:00:00 4 3\n"
            "0000000016a8586d 2      0      0      1000   4720   0     \n"
            "00005678   00001234     00AABBCCDDEE\n0002:00     FF00:05  3     eth0\n31210000         4       x0\n");
  // A message of vsock_diag, and one of tipc_diag with a nest of one attribute.
  seeds.add("family_diag",
            std::string("\x28\x01\x01\x00\x02\x00\x00\x00\x00\x04\x00\x00\x2a\x00\x00\x00\x88\x13\x00\x00"
                        "\x67\x12\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00",
                        32));
  seeds.add("family_diag", std::string("\x0c\x00\x02\x80\x08\x00\x02\x00\x2d\x0c\x00\x00", 12));
  // Messages of packet_diag and netlink_diag: a bare one each, behind a family, and attributes that the fuzzer changes.
  seeds.add("packet_diag", std::string("\x11\x03\xcc\x88\x67\x12\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
                                       "\x1c\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
                                       "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00",
                                       44));
  seeds.add("netlink_diag", std::string("\x10\x03\x00\x00\x64\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                                        "\x67\x12\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
                                        "\x0c\x00\x01\x00\x11\x00\x00\x00\x04\x00\x00\x00",
                                        40));
  // An answer with a CNAME record and a PTR record that points back into the question.
  seeds.add("ptr_record", std::string("\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0\x01"
                                      "7\x07in-addr\x04"
                                      "arpa\0\0\x0c\0\x01"
                                      "\xc0\x0c\0\x05\0\x01\0\0\x01\x2c\0\x03\x01"
                                      "x\0"
                                      "\xc0\x0c\0\x0c\0\x01\0\0\x01\x2c\0\x05\x02gw\xc0\x0e",
                                      64));
  seeds.add("name_files", "127.0.0.1\tlocalhost\nfd00::7 web1.example web1 # rack 4\n");
  seeds.add("process_facts", "net:[4026531840]");
  seeds.add("process_facts", "0::/system.slice/docker-" + std::string(64, '4') + ".scope\n4:memory:/lxc/web\n");
}

int make(const fs::path& samples, const fs::path& out) {
  Seeds seeds(out);
  std::vector<fs::path> bundles;
  for (const auto& entry : fs::directory_iterator(samples)) {
    if (fs::is_directory(entry.path() / "proc")) {
      bundles.push_back(entry.path());
    }
  }
  std::ranges::sort(bundles);
  for (const fs::path& bundle : bundles) {
    add_files(seeds, bundle);
    add_recordings(seeds, bundle);
    add_recorded(seeds, bundle);
    add_stores(seeds, bundle, out.string() + ".db");
  }
  add_blocks(seeds);
  add_typed(seeds);
  add_disguises(seeds);
  return 0;
}

} // namespace

} // namespace hindstat::fuzz

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: hindstat_fuzz_seeds SAMPLES OUT\n");
    return 2;
  }
  return hindstat::fuzz::make(argv[1], argv[2]);
}
