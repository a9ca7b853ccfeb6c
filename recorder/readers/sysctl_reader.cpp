// SPDX-License-Identifier: MIT
// The one list of the settings that give meaning to the other tables. None of them tells a key or a secret.
#include "recorder/readers/sysctl_reader.h"

#include <algorithm>
#include <array>

#include "recorder/readers/proc_net_sockstat.h"
#include "recorder/readers/table_parts.h"
#include "tables/sysctl.h"

namespace hindstat {

namespace {

constexpr auto sysctl_paths = std::to_array<const char*>({
  // Backlogs and buffers.
  "net/core/somaxconn",
  "net/core/netdev_max_backlog",
  "net/core/netdev_budget",
  "net/core/netdev_budget_usecs",
  "net/core/rmem_default",
  "net/core/rmem_max",
  "net/core/wmem_default",
  "net/core/wmem_max",
  "net/core/optmem_max",
  "net/core/default_qdisc",
  "net/ipv4/tcp_max_syn_backlog",
  "net/ipv4/tcp_abort_on_overflow",
  "net/ipv4/tcp_syncookies",
  "net/ipv4/tcp_mem",
  "net/ipv4/tcp_rmem",
  "net/ipv4/tcp_wmem",
  "net/ipv4/udp_mem",
  "net/unix/max_dgram_qlen",
  // Ports.
  "net/ipv4/ip_local_port_range",
  "net/ipv4/ip_local_reserved_ports",
  "net/ipv4/ip_unprivileged_port_start",
  "net/ipv4/ip_nonlocal_bind",
  "net/ipv6/ip_nonlocal_bind",
  "net/ipv6/bindv6only",
  // Retries and timeouts.
  "net/ipv4/tcp_syn_retries",
  "net/ipv4/tcp_synack_retries",
  "net/ipv4/tcp_retries1",
  "net/ipv4/tcp_retries2",
  "net/ipv4/tcp_orphan_retries",
  "net/ipv4/tcp_max_orphans",
  "net/ipv4/tcp_fin_timeout",
  "net/ipv4/tcp_max_tw_buckets",
  "net/ipv4/tcp_tw_reuse",
  "net/ipv4/tcp_keepalive_time",
  "net/ipv4/tcp_keepalive_intvl",
  "net/ipv4/tcp_keepalive_probes",
  // How TCP behaves.
  "net/ipv4/tcp_congestion_control",
  "net/ipv4/tcp_timestamps",
  "net/ipv4/tcp_sack",
  "net/ipv4/tcp_window_scaling",
  "net/ipv4/tcp_ecn",
  "net/ipv4/tcp_mtu_probing",
  "net/ipv4/tcp_fastopen",
  "net/ipv4/tcp_slow_start_after_idle",
  "net/ipv4/tcp_no_metrics_save",
  "net/mptcp/enabled",
  // Forwarding and what is let in.
  "net/ipv4/ip_forward",
  "net/ipv4/ip_default_ttl",
  "net/ipv4/ip_no_pmtu_disc",
  "net/ipv4/conf/all/forwarding",
  "net/ipv4/conf/default/forwarding",
  "net/ipv4/conf/all/rp_filter",
  "net/ipv4/conf/default/rp_filter",
  "net/ipv4/conf/all/accept_redirects",
  "net/ipv4/conf/all/send_redirects",
  "net/ipv4/conf/all/accept_source_route",
  "net/ipv4/conf/all/arp_ignore",
  "net/ipv4/conf/all/arp_announce",
  "net/ipv6/conf/all/forwarding",
  "net/ipv6/conf/default/forwarding",
  "net/ipv6/conf/all/disable_ipv6",
  "net/ipv6/conf/default/disable_ipv6",
  "net/ipv6/conf/all/accept_ra",
  "net/ipv6/conf/default/accept_ra",
  "net/ipv6/conf/all/accept_redirects",
  "net/bridge/bridge-nf-call-iptables",
  "net/bridge/bridge-nf-call-ip6tables",
  // Limits of routes and neighbours.
  "net/ipv4/route/max_size",
  "net/ipv4/route/gc_timeout",
  "net/ipv4/route/mtu_expires",
  "net/ipv4/route/min_pmtu",
  "net/ipv4/route/redirect_number",
  "net/ipv4/neigh/default/gc_thresh1",
  "net/ipv4/neigh/default/gc_thresh2",
  "net/ipv4/neigh/default/gc_thresh3",
  "net/ipv4/neigh/default/gc_stale_time",
  "net/ipv6/route/max_size",
  "net/ipv6/route/gc_timeout",
  "net/ipv6/route/mtu_expires",
  "net/ipv6/neigh/default/gc_thresh1",
  "net/ipv6/neigh/default/gc_thresh2",
  "net/ipv6/neigh/default/gc_thresh3",
  "net/ipv4/ipfrag_high_thresh",
  "net/ipv4/ipfrag_time",
  "net/ipv4/igmp_max_memberships",
  // Connection tracking.
  "net/netfilter/nf_conntrack_max",
  "net/netfilter/nf_conntrack_buckets",
  "net/netfilter/nf_conntrack_acct",
  "net/netfilter/nf_conntrack_helper",
  "net/netfilter/nf_conntrack_tcp_loose",
  "net/netfilter/nf_conntrack_generic_timeout",
  "net/netfilter/nf_conntrack_icmp_timeout",
  "net/netfilter/nf_conntrack_tcp_timeout_syn_sent",
  "net/netfilter/nf_conntrack_tcp_timeout_established",
  "net/netfilter/nf_conntrack_tcp_timeout_close_wait",
  "net/netfilter/nf_conntrack_tcp_timeout_time_wait",
  "net/netfilter/nf_conntrack_udp_timeout",
  "net/netfilter/nf_conntrack_udp_timeout_stream",
});

using SysctlRows = TableBuilder<std::remove_const_t<decltype(sysctls)>>;

/// "net/ipv4/ip_forward" as sysctl(8) writes it. None of the list has a dot of its own.
std::string name_of_path(std::string_view path) {
  std::string name(path);
  std::ranges::replace(name, '/', '.');
  return name;
}

/// What parts numbers is a tab in some files and a blank in others.
std::string value_of(std::string_view text) {
  std::string value;
  Fields fields(text);
  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    value.append(value.empty() ? "" : " ").append(trimmed(word));
  }
  return value;
}

bool is_on(ReadContext& context, const char* path) {
  const FileRead& file = context.shared_file(path);
  return file.error == 0 && trimmed(file.bytes) != "0";
}

void read_lines_of(std::string_view text, StatisticRows& rows) {
  Lines lines(text);
  while (const auto line = lines.next()) {
    std::ignore = add_socket_statistics(rows, *line);
  }
}

/// Whether nothing in the namespace can feel a setting.
bool is_unused(ReadContext& context) {
  // Not "sockets: used", which counts what the recorder itself asks on.
  StatisticRows rows(socket_statistics);
  for (const char* path : {"/proc/net/sockstat", "/proc/net/sockstat6"}) {
    const FileRead& file = context.shared_file(path);
    read_lines_of(file.bytes, rows);
  }
  const Table table = std::move(rows).build();
  bool has_sockets = table.empty();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const SocketStatistic row = socket_statistics.row(table, i);
    has_sockets = has_sockets || ((row.name == "inuse" || row.name == "tw") && row.value != 0);
  }
  return !has_sockets && !is_on(context, "/proc/sys/net/ipv4/ip_forward")
         && !is_on(context, "/proc/sys/net/ipv6/conf/all/forwarding");
}

} // namespace

std::span<const char* const> recorded_sysctls() {
  return sysctl_paths;
}

void read_sysctls(ReadContext& context) {
  Capture capture = context.begin(sysctls.name(), "proc");
  if (context.is_entered && is_unused(context)) {
    context.keep_missing(std::move(capture), CaptureStatus::absent,
                         "not read: the namespace has no internet socket and does not forward");
    return;
  }
  SysctlRows rows(sysctls);
  int refused = 0;
  for (const char* const path : recorded_sysctls()) {
    const FileRead file = context.system().read_file(("/proc/sys/" + std::string(path)).c_str());
    if (file.error == 0) {
      rows.add({"", name_of_path(path), value_of(file.bytes)});
    } else if (status_of_error(file.error) != CaptureStatus::absent) {
      refused = file.error;
    }
  }
  context.end(capture);
  if (rows.size() == 0) {
    context.keep_missing(std::move(capture), refused != 0 ? status_of_error(refused) : CaptureStatus::absent,
                         refused != 0 ? "/proc/sys/net does not answer: " + error_text(refused)
                                      : "there is no /proc/sys/net");
    return;
  }
  if (refused != 0) {
    mark_partial(capture, "some settings are not readable: " + error_text(refused));
  }
  context.keep(std::move(capture), std::move(rows).build());
}

} // namespace hindstat
