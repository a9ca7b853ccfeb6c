// SPDX-License-Identifier: MIT
#include "cli/filter_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

template <typename Number>
std::optional<Number> read_number(std::string_view text) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                          : std::nullopt;
}

/// States that connection tracking writes as text (net/netfilter/nf_conntrack_proto_{tcp,sctp,dccp}.c), beyond those of
/// TCP sockets.
constexpr std::array<std::string_view, 17> flow_states{
  "NONE",    "SYN_SENT2", "CLOSED",   "SHUTDOWN_RECD", "HEARTBEAT_SENT", "HEARTBEAT_ACKED",
  "REQUEST", "RESPOND",   "PARTOPEN", "OPEN",          "CLOSEREQ",       "TIMEWAIT",
  "IGNORE",  "INVALID",   "SYN_SENT", "COOKIE_WAIT",   "COOKIE_ECHOED"};

bool is_state(std::string_view plain) {
  for (const TableSpec& spec : catalog()) {
    for (const ColumnSpec& column : spec.columns) {
      if (column.role == Role::state && std::ranges::any_of(column.names, [&](const ValueName& name) {
            return plain_state(name.name) == plain;
          })) {
        return true;
      }
    }
  }
  return std::ranges::any_of(flow_states, [&](std::string_view name) { return plain_state(name) == plain; });
}

} // namespace

bool IpPrefix::holds(const IpAddress& other, std::uint8_t other_length) const {
  const IpAddress host = other.unmapped();
  if (host.is_v4() != address.is_v4() || other_length < length) {
    return false;
  }
  const std::string_view a = address.bytes();
  const std::string_view b = host.bytes();
  const std::size_t whole = length / 8U;
  const unsigned rest = length % 8U;
  if (a.substr(0, whole) != b.substr(0, whole)) {
    return false;
  }
  return rest == 0
         || (static_cast<unsigned char>(a[whole]) >> (8U - rest))
              == (static_cast<unsigned char>(b[whole]) >> (8U - rest));
}

IpPrefix parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto written = parse_ip_address(text.substr(0, slash));
  if (!written) {
    throw Error(fmt::format("'{}' is no address and no prefix: write 10.0.0.5, 10.0.0.0/8 or fd77::/64", text));
  }
  const IpAddress address = written->unmapped();
  const std::uint32_t host = written->is_v4() ? 32 : 128;
  const auto length = slash == std::string_view::npos ? std::optional(host) : find_number(text.substr(slash + 1));
  // What was mapped has 96 bits in front.
  const std::uint32_t mapped = written->is_v6() && address.is_v4() ? 96 : 0;
  if (!length || *length > host || *length < mapped) {
    throw Error(fmt::format("'{}' is no prefix: behind the slash stand its bits, at most {}", text, host));
  }
  return {address, static_cast<std::uint8_t>(*length - mapped)};
}

PortRange parse_port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = find_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : find_number(text.substr(dash + 1));
  if (!first || !last || *last > 65'535 || *last < *first) {
    throw Error(fmt::format("'{}' is no port: write a number, 443, or a range, 8000-8099", text));
  }
  return {*first, *last};
}

std::string plain_state(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '_' && c != '-') {
      plain += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
  }
  return plain;
}

std::string parse_state(std::string_view text) {
  std::string plain = plain_state(text);
  plain = plain == "ESTAB" ? "ESTABLISHED" : plain == "UNCONN" ? "CLOSE" : plain;
  if (!is_state(plain)) {
    throw Error(fmt::format("'{}' is no state of any table: write CLOSE_WAIT, TIME_WAIT, UP, ...", text));
  }
  return plain;
}

std::optional<std::uint32_t> find_number(std::string_view text) {
  return read_number<std::uint32_t>(text);
}

std::optional<double> find_decimal(std::string_view text) {
  const auto value = read_number<double>(text);
  return value && std::isfinite(*value) && *value >= 0 ? value : std::nullopt;
}

} // namespace hindstat
