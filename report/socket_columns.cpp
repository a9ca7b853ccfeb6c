// SPDX-License-Identifier: MIT
#include "report/socket_columns.h"

#include <fmt/format.h>

#include "base/escape.h"

namespace hindstat {

std::string format_socket_title(std::string_view what, bool all, bool listening, const std::string& netns) {
  const std::string_view kind = all ? "(servers and established)" : listening ? "(only servers)" : "(w/o servers)";
  const std::string title = fmt::format("Active {} {}", what, kind);
  return netns.empty() ? title + '\n' : fmt::format("{} in network namespace {}\n", title, escape_terminal(netns));
}

std::string format_owner_heading() {
  return fmt::format("{:<20}", "PID/Program name");
}

std::string format_owner(const RecordedNames& names, std::optional<std::uint32_t> pid, const std::string& instead) {
  return fmt::format("{:<20}", pid || instead.empty() ? names.format_program(pid) : instead);
}

} // namespace hindstat
