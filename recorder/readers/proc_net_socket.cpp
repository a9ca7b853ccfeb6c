// SPDX-License-Identifier: MIT
//
// /proc/net/tcp and its kin, one line a socket (tcp_ipv4.c get_tcp4_sock, udp.c udp4_format_sock, raw.c):
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
//  0: 0100007F:1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 876780 1 000000000454d76b
// Newer kernels may append fields; tcp has five more for full sockets.
#include "recorder/readers/proc_net_socket.h"

#include <cstring>
#include <tuple>
#include <utility>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::size_t digits_of_word = 8;
constexpr std::uint64_t longest_timer_ticks = 1ULL << 40U; // 350 years: more is no timer.

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
};

/// "0100007F:1B63": 32-bit words in the host's byte order, each printed as a number.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto [address_text, port_text] = split_at(text, ':');
  const auto port = parse_number<std::uint16_t>(port_text, 16);
  if (!port || (address_text.size() != digits_of_word && address_text.size() != 4 * digits_of_word)) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i * digits_of_word < address_text.size(); ++i) {
    const auto word = parse_number<std::uint32_t>(address_text.substr(i * digits_of_word, digits_of_word), 16);
    if (!word) {
      return std::nullopt;
    }
    std::memcpy(bytes.data() + 4 * i, &*word, sizeof(*word));
  }
  const bool v6 = address_text.size() != digits_of_word;
  return Endpoint{v6 ? IpAddress::v6(bytes) : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}), *port};
}

/// Two hexadecimal numbers with a colon between them.
template <typename First, typename Second>
std::optional<std::pair<First, Second>> parse_pair(std::string_view text) {
  const auto [first_text, second_text] = split_at(text, ':');
  const auto first = parse_number<First>(first_text, 16);
  const auto second = parse_number<Second>(second_text, 16);
  return first && second ? std::optional(std::pair(*first, *second)) : std::nullopt;
}

} // namespace

std::optional<ProcSocket> parse_proc_socket(std::string_view line, bool with_drops) {
  Fields fields(line);
  const bool numbered = fields.next().ends_with(':');
  const auto local = parse_endpoint(fields.next());
  const auto remote = parse_endpoint(fields.next());
  const auto state = fields.next_number<std::uint8_t>(16);
  const auto queues = parse_pair<std::uint32_t, std::uint32_t>(fields.next());
  const auto timer = parse_pair<std::uint8_t, std::uint64_t>(fields.next());
  const auto retransmits = fields.next_number<std::uint32_t>(16);
  const auto uid = fields.next_number<std::uint32_t>();
  const auto probes = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  if (!numbered || !local || !remote || local->address.is_v4() != remote->address.is_v4() || !state || !queues || !timer
      || timer->second >= longest_timer_ticks || !retransmits || !uid || !probes || !inode) {
    return std::nullopt;
  }
  ProcSocket socket{.local_address = local->address,
                    .remote_address = remote->address,
                    .local_port = local->port,
                    .remote_port = remote->port,
                    .state = *state,
                    .send_queue = queues->first,
                    .recv_queue = queues->second,
                    .timer = timer->first,
                    .timer_ticks = timer->second,
                    .retransmits = *retransmits,
                    .probes = *probes,
                    .uid = *uid,
                    .inode = *inode,
                    .drops = std::nullopt};
  if (with_drops) {
    std::ignore = fields.next(); // reference count
    std::ignore = fields.next(); // hashed pointer
    const std::string_view drops_text = fields.next();
    const auto drops = parse_number<std::int64_t>(drops_text); // Older kernels print it as a signed number.
    if (!drops && !drops_text.empty()) {
      return std::nullopt;
    }
    socket.drops = drops ? std::optional(static_cast<std::uint32_t>(*drops)) : std::nullopt;
  }
  return socket;
}

} // namespace hindstat
