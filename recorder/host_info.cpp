// SPDX-License-Identifier: MIT
#include "recorder/host_info.h"

#include <linux/capability.h>

#include "base/error.h"
#include "base/version.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

/// None of these files is longer than a host name may be; a saved one might.
std::string first_line(const System& system, const char* path) {
  constexpr std::size_t longest = 255;
  const FileRead file = system.read_file(path);
  return std::string(trimmed(split_at(file.bytes, '\n').before).substr(0, longest));
}

} // namespace

bool Privileges::may_read_any_process() const {
  constexpr std::uint64_t needed = (1ULL << CAP_SYS_PTRACE) | (1ULL << CAP_DAC_READ_SEARCH);
  return (capabilities & needed) == needed;
}

// "Uid:\t1000\t1000\t1000\t1000" (real, effective, saved, file system) and "CapEff:\t%016x".
Privileges read_privileges(const System& system) {
  Privileges privileges;
  const FileRead status = system.read_file("/proc/self/status");
  Lines lines(status.bytes);
  while (const auto line = lines.next()) {
    Fields fields(*line);
    const std::string_view name = fields.next();
    if (name == "Uid:") {
      std::ignore = fields.next();
      privileges.euid = fields.next_number<std::uint32_t>().value_or(0);
    } else if (name == "CapEff:") {
      privileges.capabilities = fields.next_number<std::uint64_t>(16).value_or(0);
    }
  }
  return privileges;
}

std::optional<std::uint64_t> parse_namespace_link(std::string_view target) {
  constexpr std::string_view prefix = "net:[";
  if (!target.starts_with(prefix) || !target.ends_with(']')) {
    return std::nullopt;
  }
  return parse_number<std::uint64_t>(target.substr(prefix.size(), target.size() - prefix.size() - 1));
}

std::string format_namespace_link(std::uint64_t inode) {
  return "net:[" + std::to_string(inode) + "]";
}

SnapshotInfo read_host_info(const System& system, const RecordOptions& options) {
  SnapshotInfo info;
  info.clocks = system.now();
  info.host = first_line(system, "/proc/sys/kernel/hostname"); // Read in any case: a bundle needs it.
  if (!options.host_label.empty()) {
    info.host = options.host_label;
  }
  if (info.host.empty()) {
    throw Error("the host has no name (proc/sys/kernel/hostname): give it one with --host");
  }
  info.machine_id = first_line(system, "/etc/machine-id");
  info.boot_id = first_line(system, "/proc/sys/kernel/random/boot_id");
  info.kernel_release = first_line(system, "/proc/sys/kernel/osrelease");
  info.recorder = std::string("hindstat ") + version;
  info.net_namespace = parse_namespace_link(system.read_link("/proc/self/ns/net").target).value_or(0);
  const Privileges privileges = read_privileges(system);
  info.euid = privileges.euid;
  info.capabilities = privileges.capabilities;
  return info;
}

} // namespace hindstat
