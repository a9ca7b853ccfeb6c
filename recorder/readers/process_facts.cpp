// SPDX-License-Identifier: MIT
//
// /proc/PID/stat:    802 (postgres: wal (1)) S 1 802 802 0 -1 4194560 ... START ...
// /proc/PID/limits:  Max open files            1024                 524288               files
// /proc/PID/cgroup:  0::/system.slice/docker-4f8e...64 digits.scope     (version 2)
//                    4:memory:/docker/4f8e...64 digits                  (version 1, one line a hierarchy)
#include "recorder/readers/process_facts.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::size_t digits_of_id = 64;
constexpr std::size_t digits_shown = 12;

bool is_hex_id(std::string_view text) {
  return text.size() == digits_of_id && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The container that one component of a cgroup path stands for.
std::optional<std::string> container_of(std::string_view component, std::string_view parent) {
  if (is_hex_id(component)) { // /docker/ID, /kubepods/.../ID
    return std::string(component.substr(0, digits_shown));
  }
  if (parent == "lxc" || parent == "lxc.payload") {
    return std::string(component);
  }
  if (constexpr std::string_view payload = "lxc.payload."; component.starts_with(payload)) {
    return std::string(component.substr(payload.size()));
  }
  constexpr std::array<std::string_view, 5> runtimes = {"docker-", "cri-containerd-", "crio-", "libpod-",
                                                        "containerd-"};
  for (const std::string_view runtime : runtimes) {
    if (component.starts_with(runtime) && component.ends_with(".scope")) {
      const std::string_view id = component.substr(runtime.size(), component.size() - runtime.size() - 6);
      return is_hex_id(id) ? std::optional(std::string(id.substr(0, digits_shown))) : std::nullopt;
    }
  }
  return std::nullopt;
}

CgroupMembership membership_of(std::string_view path) {
  CgroupMembership membership;
  std::string_view parent;
  while (!path.empty()) {
    const auto [component, rest] = split_at(path, '/');
    path = rest;
    if (auto container = container_of(component, parent)) {
      membership.container = std::move(container);
      membership.unit = std::nullopt; // What is outside says nothing of the service inside.
    } else if (component.ends_with(".service") || component.ends_with(".scope")) {
      membership.unit = std::string(component);
    }
    parent = component;
  }
  return membership;
}

} // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  constexpr int fields_before_start = 19; // From the state, field 3, to field 21.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  Fields fields(trimmed(text.substr(close + 1)));
  for (int i = 0; i < fields_before_start; ++i) {
    std::ignore = fields.next();
  }
  const auto start = fields.next_number<std::uint64_t>();
  return start ? std::optional(ProcessStat{std::string(text.substr(open + 1, close - open - 1)), *start})
               : std::nullopt;
}

std::optional<std::uint64_t> parse_fd_limit(std::string_view text) {
  constexpr std::string_view name = "Max open files";
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (line->starts_with(name)) {
      return Fields(line->substr(name.size())).next_number<std::uint64_t>(); // "unlimited" is no number
    }
  }
  return std::nullopt;
}

CgroupMembership parse_cgroup(std::string_view text) {
  CgroupMembership best;
  int best_rank = 0;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const std::string_view controllers_and_path = split_at(*line, ':').after;
    const auto [controllers, path] = split_at(controllers_and_path, ':');
    CgroupMembership membership = membership_of(path);
    if (!membership.unit && !membership.container) {
      continue;
    }
    const int rank = controllers == "name=systemd" ? 3 : controllers.empty() ? 2 : 1;
    if (rank > best_rank) {
      best_rank = rank;
      best = std::move(membership);
    }
  }
  return best;
}

} // namespace hindstat
