// SPDX-License-Identifier: MIT
// From settings to times (Documentation/networking/ip-sysctl.rst; net/ipv4/tcp_timer.c): the first retransmission of a
// SYN comes after 1 s, that of data after 0.2 s at least, each further one after twice the time, but after 120 s at
// most. After the last one the kernel waits once more.
#include "diff/tcp_timeouts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "tables/sysctl.h"

namespace hindstat {

namespace {

constexpr std::int64_t longest_timeout_ms = 120'000;
constexpr std::int64_t first_syn_timeout_ms = 1000;
constexpr std::int64_t first_data_timeout_ms = 200;
constexpr std::uint64_t most_retries = 1000; // Beyond what the kernel takes; the sum has an end.
constexpr std::uint64_t longest_setting_s = 1'000'000;

std::int64_t retry_time_ms(std::int64_t first_ms, std::uint64_t retries) {
  std::int64_t sum = 0;
  std::int64_t timeout = first_ms;
  for (std::uint64_t i = 0; i <= std::min(retries, most_retries); ++i) {
    sum += timeout;
    timeout = std::min(timeout * 2, longest_timeout_ms);
  }
  return sum;
}

struct Setting {
  std::uint64_t value = 0;
  bool recorded = false;
};

// By name; the larger value of the two sides.
using Settings = std::map<std::string, std::uint64_t, std::less<>>;

Setting find_setting(const Settings& settings, std::string_view name, std::uint64_t fallback) {
  const auto it = settings.find(name);
  return it == settings.end() ? Setting{fallback, false} : Setting{it->second, true};
}

std::string explain(std::string_view name, const Setting& setting) {
  return setting.recorded ? fmt::format("{} {}", name, setting.value)
                          : fmt::format("{} was not recorded: the kernel's default, {}, is taken", name, setting.value);
}

// Kernels from 6.5 on send some SYN at even distances before the distances grow.
bool has_linear_timeouts(std::string_view release) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* const end = release.data() + release.size();
  const auto [dot, error] = std::from_chars(release.data(), end, major);
  if (error != std::errc() || dot == end || *dot != '.' || std::from_chars(dot + 1, end, minor).ec != std::errc()) {
    return true; // Unknown: the longer time.
  }
  return major > 6 || (major == 6 && minor >= 5);
}

TcpLimits limits_from(const Settings& settings, bool linear_timeouts) {
  constexpr std::string_view fin_timeout = "net.ipv4.tcp_fin_timeout";
  constexpr std::string_view syn_retries = "net.ipv4.tcp_syn_retries";
  constexpr std::string_view linear = "net.ipv4.tcp_syn_linear_timeouts";
  constexpr std::string_view synack_retries = "net.ipv4.tcp_synack_retries";
  constexpr std::string_view retries2 = "net.ipv4.tcp_retries2";
  TcpLimits limits;
  const Setting fin = find_setting(settings, fin_timeout, 60);
  limits.fin_wait2 = {static_cast<std::int64_t>(std::min(fin.value, longest_setting_s)) * 1000,
                      explain(fin_timeout, fin)};
  const Setting syn = find_setting(settings, syn_retries, 6);
  const Setting even = find_setting(settings, linear, linear_timeouts ? 4 : 0);
  const auto even_ms = static_cast<std::int64_t>(std::min(even.value, most_retries)) * first_syn_timeout_ms;
  limits.syn_sent = {even_ms + retry_time_ms(first_syn_timeout_ms, syn.value), explain(syn_retries, syn)};
  const Setting synack = find_setting(settings, synack_retries, 5);
  limits.syn_recv = {retry_time_ms(first_syn_timeout_ms, synack.value), explain(synack_retries, synack)};
  const Setting data = find_setting(settings, retries2, 15);
  limits.unacknowledged = {retry_time_ms(first_data_timeout_ms, data.value), explain(retries2, data)};
  limits.doubtful_retries = static_cast<std::uint32_t>(
    std::clamp<std::uint64_t>(find_setting(settings, "net.ipv4.tcp_retries1", 3).value, 1, most_retries));
  return limits;
}

void collect_settings(const Snapshot& snapshot, std::map<std::string, Settings>& settings) {
  const Table* table = snapshot.find_table(sysctls.name());
  if (table == nullptr) {
    return;
  }
  const Column& spaces = sysctls.column<&Sysctl::netns>(*table);
  const Column& names = sysctls.column<&Sysctl::name>(*table);
  const Column& values = sysctls.column<&Sysctl::value>(*table);
  for (std::size_t row = 0; row < table->size(); ++row) {
    const std::string_view name = names.bytes(row);
    if (!name.starts_with("net.ipv4.tcp_")) {
      continue;
    }
    const std::string_view text = values.bytes(row);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) {
      std::uint64_t& known =
        settings[std::string(spaces.bytes(row))].try_emplace(std::string(name), value).first->second;
      known = std::max(known, value);
    }
  }
}

} // namespace

TcpTimeouts::TcpTimeouts() : defaults_(limits_from({}, true)) {
}

TcpTimeouts::TcpTimeouts(const Snapshot& before, const Snapshot& after) {
  const bool linear = has_linear_timeouts(before.info.kernel_release) || has_linear_timeouts(after.info.kernel_release);
  defaults_ = limits_from({}, linear);
  std::map<std::string, Settings> settings;
  collect_settings(before, settings);
  collect_settings(after, settings);
  for (const auto& [netns, found] : settings) {
    of_namespace_.emplace(netns, limits_from(found, linear));
  }
}

const TcpLimits& TcpTimeouts::of(const std::string& netns) const {
  const auto it = of_namespace_.find(netns);
  return it == of_namespace_.end() ? defaults_ : it->second;
}

} // namespace hindstat
