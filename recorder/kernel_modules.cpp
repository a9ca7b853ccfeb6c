// SPDX-License-Identifier: MIT
//
// /proc/modules: "tcp_diag 16384 0 - Live 0x0000000000000000"; modules.builtin: "kernel/net/unix/unix_diag.ko". In
// files a module's name may have '-' where the kernel has '_'.
#include "recorder/kernel_modules.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr auto needs = std::to_array<ModuleNeed>({
  {"sock_diag-tcp", "tcp_diag", "inet_diag", "", "no cookies"},
  {"sock_diag-udp-", "udp_diag", "inet_diag", "", "no cookies"},
  {"sock_diag-udplite-", "udp_diag", "inet_diag", "", "no cookies"},
  {"sock_diag-raw-", "raw_diag", "inet_diag", "", "no cookies"},
  {"sock_diag-mptcp-", "mptcp_diag", "inet_diag", "", "no MPTCP sockets"},
  {"sock_diag-sctp-", "sctp_diag", "inet_diag", "sctp", "no cookies"},
  {"sock_diag-dccp-", "dccp_diag", "inet_diag", "dccp", "no DCCP sockets"},
  {"sock_diag-unix", "unix_diag", "", "unix", "no cookies and peers"},
  {"sock_diag-packet", "af_packet_diag", "", "af_packet", "no cookies"},
  {"sock_diag-netlink", "netlink_diag", "", "", "no cookies"},
  {"sock_diag-vsock", "vsock_diag", "", "vsock", "no vsock sockets"},
  {"sock_diag-xdp", "xsk_diag", "", "", "no XDP sockets"},
  {"sock_diag-tipc", "tipc_diag", "", "tipc", "no TIPC sockets"},
  {"sock_diag-smc", "smc_diag", "", "smc", "no SMC sockets"},
  {"ctnetlink-", "nf_conntrack_netlink", "nfnetlink", "", "no ctnetlink"},
  {"rtnetlink-", "", "", "", ""},
  {"genetlink-families", "", "", "", ""},
  {"ethtool-", "", "", "", ""},
  {"tcp_metrics", "", "", "", ""},
});

std::string kernel_name(std::string_view text) {
  std::string name(text);
  std::ranges::replace(name, '-', '_');
  return name;
}

} // namespace

std::span<const ModuleNeed> module_needs() {
  return needs;
}

const ModuleNeed* find_need(std::string_view dump) {
  const auto found = std::ranges::find_if(needs, [&](const ModuleNeed& need) { return dump.starts_with(need.dumps); });
  return found != needs.end() ? &*found : nullptr;
}

KernelModules KernelModules::read(const System& system, std::string_view release) {
  KernelModules modules;
  const FileRead loaded = system.read_file("/proc/modules");
  modules.all_ = loaded.error == ENOENT;
  if (modules.all_) {
    return modules;
  }
  Lines lines(loaded.bytes);
  while (const auto line = lines.next()) {
    Fields fields(*line);
    modules.names_.insert(kernel_name(fields.next()));
  }
  const FileRead builtin = system.read_file(("/lib/modules/" + std::string(release) + "/modules.builtin").c_str());
  Lines paths(builtin.bytes);
  while (const auto path = paths.next()) {
    const std::string_view file = trimmed(*path).substr(path->rfind('/') + 1);
    modules.names_.insert(kernel_name(file.substr(0, file.find('.'))));
  }
  return modules;
}

bool KernelModules::has(std::string_view module) const {
  return all_ || module.empty() || names_.contains(module);
}

std::optional<std::string> KernelModules::find_obstacle(std::string_view dump) const {
  const ModuleNeed* need = find_need(dump);
  if (need == nullptr) { // Not in the list: what it would load is not known.
    return all_ ? std::nullopt
                : std::optional(std::string(dump) + " not asked: the modules that it needs are not known");
  }
  if (has(need->module) && has(need->base)) {
    return std::nullopt;
  }
  if (!has(need->subject)) {
    return std::string();
  }
  const std::string_view missing = has(need->module) ? need->base : need->module;
  return std::string(need->lost) + ": " + std::string(missing) + " is not loaded";
}

} // namespace hindstat
