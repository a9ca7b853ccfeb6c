// SPDX-License-Identifier: MIT
#include "recorder/bundle_format.h"

#include <algorithm>
#include <cstring>

#include "recorder/host_info.h"
#include "recorder/text_fields.h"

namespace hindstat::bundle {

namespace {

constexpr int highest_errno = 133;                        // EHWPOISON
constexpr std::int64_t latest_ns = std::int64_t{1} << 62; // In the year 2116.

std::optional<int> find_errno(std::string_view name) {
  for (int error = 1; error <= highest_errno; ++error) {
    const char* const candidate = ::strerrorname_np(error);
    if (candidate != nullptr && name == candidate) {
      return error;
    }
  }
  return std::nullopt;
}

std::string errno_name(int error) {
  const char* const name = ::strerrorname_np(error);
  return name != nullptr ? name : "EIO";
}

template <typename Number>
bool set_number(std::optional<Number>& target, std::string_view text) {
  target = parse_number<Number>(text);
  return target.has_value();
}

} // namespace

std::string format_clocks(const Clocks& clocks) {
  std::string text =
    "realtime_ns=" + std::to_string(clocks.realtime_ns) + "\nboottime_ns=" + std::to_string(clocks.boottime_ns) + "\n";
  if (clocks.ntp_offset_us) {
    text += "ntp_offset_us=" + std::to_string(*clocks.ntp_offset_us) + "\n";
  }
  if (clocks.ntp_maxerror_us) {
    text += "ntp_maxerror_us=" + std::to_string(*clocks.ntp_maxerror_us) + "\n";
  }
  if (clocks.ntp_status) {
    text += "ntp_status=" + std::to_string(*clocks.ntp_status) + "\n";
  }
  return text;
}

std::optional<Clocks> parse_clocks(std::string_view text) {
  std::optional<std::int64_t> realtime;
  std::optional<std::int64_t> boottime;
  Clocks clocks;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const auto [key, value] = split_at(trimmed(*line), '=');
    bool valid = true;
    if (key == "realtime_ns") {
      valid = set_number(realtime, value);
    } else if (key == "boottime_ns") {
      valid = set_number(boottime, value);
    } else if (key == "ntp_offset_us") {
      valid = set_number(clocks.ntp_offset_us, value);
    } else if (key == "ntp_maxerror_us") {
      valid = set_number(clocks.ntp_maxerror_us, value);
    } else if (key == "ntp_status") {
      valid = set_number(clocks.ntp_status, value);
    }
    if (!valid) {
      return std::nullopt;
    }
  }
  // Within these bounds the difference of any two moments fits.
  const auto sensible = [](std::int64_t ns) { return ns >= 0 && ns <= latest_ns; };
  if (!realtime || !boottime || !sensible(*realtime) || !sensible(*boottime)) {
    return std::nullopt;
  }
  clocks.realtime_ns = *realtime;
  clocks.boottime_ns = *boottime;
  return clocks;
}

std::string format_owner_facts(const OwnerFacts& facts) {
  std::string text = "error=" + (facts.error == 0 ? std::string("0") : errno_name(facts.error))
                     + "\nprocesses_seen=" + std::to_string(facts.processes_seen)
                     + "\nprocesses_denied=" + std::to_string(facts.processes_denied) + "\n";
  if (facts.processes_late != 0) {
    text += "processes_late=" + std::to_string(facts.processes_late) + "\n";
  }
  for (const auto& [pid, count] : facts.fd_counts) {
    text += "fds " + std::to_string(pid) + "=" + std::to_string(count) + "\n";
  }
  return text;
}

std::optional<OwnerFacts> parse_owner_facts(std::string_view text) {
  OwnerFacts facts;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const auto [key, value] = split_at(trimmed(*line), '=');
    if (key == "error") {
      const auto error = value == "0" ? std::optional(0) : find_errno(value);
      if (!error) {
        return std::nullopt;
      }
      facts.error = *error;
      continue;
    }
    const auto count = parse_number<std::uint32_t>(value);
    const auto [word, pid_text] = split_at(key, ' ');
    const auto pid = parse_number<std::uint32_t>(pid_text);
    if (!count) {
      return std::nullopt;
    }
    if (key == "processes_seen") {
      facts.processes_seen = *count;
    } else if (key == "processes_denied") {
      facts.processes_denied = *count;
    } else if (key == "processes_late") {
      facts.processes_late = *count;
    } else if (word == "fds" && pid) {
      facts.fd_counts.emplace_back(*pid, *count);
    } else {
      return std::nullopt;
    }
  }
  std::ranges::sort(facts.fd_counts);
  return facts;
}

std::string format_namespaces(const std::vector<NamespaceId>& namespaces) {
  std::string text;
  for (const NamespaceId& id : namespaces) {
    // A line end in a name would begin another line; no tool makes such names.
    if (id.path.find('\n') == std::string::npos) {
      const std::string pid = id.pid != 0 ? ":" + std::to_string(id.pid) : "";
      text += std::to_string(id.inode) + pid + " " + id.path + "\n";
    }
  }
  return text;
}

std::optional<std::vector<NamespaceId>> parse_namespaces(std::string_view text) {
  std::vector<NamespaceId> namespaces;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const auto [numbers, path] = split_at(*line, ' ');
    const auto [inode_text, pid_text] = split_at(numbers, ':');
    const auto inode = parse_number<std::uint64_t>(inode_text);
    const auto pid = pid_text.empty() ? std::uint32_t{0} : parse_number<std::uint32_t>(pid_text);
    if (!inode || !pid) {
      return std::nullopt;
    }
    const std::string name =
      path.starts_with("/proc/") ? format_namespace_link(*inode) : std::string(path.substr(path.rfind('/') + 1));
    if (!is_plain_name(name)) {
      return std::nullopt;
    }
    namespaces.push_back({name, std::string(path), *inode, *pid});
  }
  return namespaces;
}

std::string format_error_line(int error, std::string_view path) {
  return errno_name(error) + " " + std::string(path) + "\n";
}

std::map<std::string, int, std::less<>> parse_errors(std::string_view text) {
  std::map<std::string, int, std::less<>> errors;
  Lines lines(text);
  while (const auto line = lines.next()) {
    const auto [name, path] = split_at(*line, ' ');
    if (const auto error = find_errno(name)) {
      errors.insert_or_assign(std::string(path), *error);
    }
  }
  return errors;
}

std::string place_of(std::string_view path, std::string_view prefix) {
  const bool of_namespace =
    path.starts_with("/proc/net/") || path.starts_with("/proc/self/") || path.starts_with("/proc/sys/net/");
  return std::string(of_namespace ? prefix : std::string_view()) + std::string(path.substr(1));
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos
         && name.find('\0') == std::string_view::npos;
}

} // namespace hindstat::bundle
