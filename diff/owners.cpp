// SPDX-License-Identifier: MIT
#include "diff/owners.h"

#include <fmt/format.h>

#include "tables/process.h"

namespace hindstat {

Owners::Owners(const Snapshot& snapshot) : processes_(snapshot.find_table(processes.name())) {
  if (processes_ == nullptr) {
    return;
  }
  const Column& pids = processes.column<&Process::pid>(*processes_);
  row_of_pid_.reserve(processes_->size());
  for (std::uint32_t row = 0; row < processes_->size(); ++row) {
    row_of_pid_.try_emplace(static_cast<std::uint32_t>(pids.raw(row)), row);
  }
}

std::string Owners::program(std::optional<std::uint32_t> pid) const {
  const auto it = pid ? row_of_pid_.find(*pid) : row_of_pid_.end();
  if (it == row_of_pid_.end()) {
    return "";
  }
  // A replaced executable reads "/usr/sbin/nginx (deleted)" until the restart that replaces it.
  constexpr std::string_view deleted = " (deleted)";
  std::string_view exe = processes.column<&Process::exe>(*processes_).bytes(it->second);
  if (exe.ends_with(deleted)) {
    exe.remove_suffix(deleted.size());
  }
  return std::string(exe.empty() ? processes.column<&Process::comm>(*processes_).bytes(it->second) : exe);
}

std::string Owners::describe(std::optional<std::uint32_t> pid) const {
  if (!pid) {
    return "";
  }
  const auto it = row_of_pid_.find(*pid);
  return it == row_of_pid_.end()
           ? fmt::format("pid {}", *pid)
           : fmt::format("{}[{}]", processes.column<&Process::comm>(*processes_).bytes(it->second), *pid);
}

} // namespace hindstat
