// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_reader.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <array>
#include <utility>

#include "recorder/readers/socket_rows.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

/// One protocol of one family, and where the kernel tells of it.
struct Source {
  std::string_view label;
  SocketProtocol protocol;
  int family;
  int ip_protocol;
  std::string_view dump; ///< Empty where sock_diag does not know the protocol.
  const char* path;
};

constexpr std::array<Source, 10> sources = {{
  {"tcp", SocketProtocol::tcp, AF_INET, IPPROTO_TCP, "sock_diag-tcp-inet", "/proc/net/tcp"},
  {"tcp6", SocketProtocol::tcp, AF_INET6, IPPROTO_TCP, "sock_diag-tcp-inet6", "/proc/net/tcp6"},
  {"udp", SocketProtocol::udp, AF_INET, IPPROTO_UDP, "sock_diag-udp-inet", "/proc/net/udp"},
  {"udp6", SocketProtocol::udp, AF_INET6, IPPROTO_UDP, "sock_diag-udp-inet6", "/proc/net/udp6"},
  {"udplite", SocketProtocol::udplite, AF_INET, IPPROTO_UDPLITE, "sock_diag-udplite-inet", "/proc/net/udplite"},
  {"udplite6", SocketProtocol::udplite, AF_INET6, IPPROTO_UDPLITE, "sock_diag-udplite-inet6", "/proc/net/udplite6"},
  {"raw", SocketProtocol::raw, AF_INET, IPPROTO_RAW, "sock_diag-raw-inet", "/proc/net/raw"},
  {"raw6", SocketProtocol::raw, AF_INET6, IPPROTO_RAW, "sock_diag-raw-inet6", "/proc/net/raw6"},
  {"icmp", SocketProtocol::icmp, AF_INET, IPPROTO_ICMP, "", "/proc/net/icmp"},
  {"icmp6", SocketProtocol::icmp, AF_INET6, IPPROTO_ICMPV6, "", "/proc/net/icmp6"},
}};

PartRead read_netlink(ReadContext& context, const Source& source, SocketRows& rows, Capture& capture) {
  const InterfaceNames& names = context.interfaces();
  const auto payload = inet_diag_request(source.family, source.ip_protocol, source.protocol != SocketProtocol::tcp);
  const NetlinkRequest request{source.dump, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
  const auto add = [&](std::span<const std::byte> message, std::uint64_t boottime_ms) {
    const auto socket = parse_inet_diag(message);
    if (socket) {
      rows.add(source.protocol, *socket, names, boottime_ms);
    }
    return socket ? Verdict::kept : Verdict::rejected;
  };
  return {read_dump(context, request, SOCK_DIAG_BY_FAMILY, rows, capture, add)};
}

PartRead read_proc(ReadContext& context, const Source& source, SocketRows& rows, Capture& capture) {
  const std::uint64_t boottime_ms = context.boottime_ms();
  const FileRead file = context.system().read_file(source.path);
  bool in_header = true;
  read_lines(file.bytes, capture, [&](std::string_view line) {
    if (std::exchange(in_header, false)) {
      return Verdict::heading;
    }
    const auto socket = parse_proc_socket(line, source.protocol != SocketProtocol::tcp);
    const bool fits = socket && socket->local_address.is_v4() == (source.family == AF_INET);
    if (fits) {
      rows.add(source.protocol, *socket, boottime_ms);
    }
    return fits ? Verdict::kept : Verdict::rejected;
  });
  return {file.error};
}

} // namespace

void read_sockets(ReadContext& context) {
  TableParts table(context, sockets.name(), SocketRows());
  for (const Source& source : sources) {
    const TableParts<SocketRows>::Witness proc{"proc", std::bind_front(read_proc, std::ref(context), source)};
    if (source.dump.empty()) {
      table.read(source.label, {proc});
    } else {
      table.read(source.label, {{"netlink", std::bind_front(read_netlink, std::ref(context), source)}, proc});
    }
  }
  std::move(table).keep("neither sock_diag nor /proc/net answers");
}

} // namespace hindstat
