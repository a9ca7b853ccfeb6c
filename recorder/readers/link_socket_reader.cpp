// SPDX-License-Identifier: MIT
#include "recorder/readers/link_socket_reader.h"

#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/sock_diag.h>

#include <unordered_set>

#include "recorder/readers/link_sockets.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

/// The lines of a file below its heading.
template <typename AddLine>
PartRead read_proc(ReadContext& context, const char* path, Capture& capture, AddLine&& add) {
  const FileRead file = context.system().read_file(path);
  bool in_heading = true;
  read_lines(file.bytes, capture,
             [&](std::string_view line) { return std::exchange(in_heading, false) ? Verdict::heading : add(line); });
  return {file.error};
}

/// A dump whose messages are taken with the port that they were sent to: the recorder's own. The kernel lists a socket
/// that listens to groups twice, once among these (net/netlink/diag.c __netlink_diag_dump).
PartRead dump_netlink_sockets(ReadContext& context, NetlinkRows& rows, Capture& capture) {
  const auto payload = netlink_diag_request();
  const NetlinkRequest request{"sock_diag-netlink", NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
  const std::size_t size_before = rows.size();
  const Capture capture_before = capture;
  std::unordered_set<std::uint32_t> seen;
  const auto start_again = [&] {
    rows.truncate(size_before);
    capture = capture_before;
    seen.clear();
  };
  const auto sink = [&](std::span<const std::byte> datagram) {
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
      const auto told = load_value<netlink_diag_msg>(message->payload);
      const bool repeated = told && told->ndiag_ino != 0 && !seen.insert(told->ndiag_ino).second;
      if (message->type == SOCK_DIAG_BY_FAMILY && !repeated) {
        const Verdict verdict = add_netlink_message(rows, message->payload, message->port);
        // That it is there is no news: a capture that counted it would differ from one that was read in a file.
        if (verdict != Verdict::skipped) {
          count_verdict(capture, verdict, [&] { return hex_example(message->payload); });
        }
      }
    }
  };
  return {context.dump(request, capture, start_again, sink).error};
}

} // namespace

void read_packet_sockets(ReadContext& context) {
  TableParts table(context, packet_sockets.name(), PacketRows(packet_sockets));
  const auto netlink = [&context](PacketRows& rows, Capture& capture) {
    const auto payload = packet_diag_request();
    const NetlinkRequest request{"sock_diag-packet", NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
    return PartRead{read_rtnetlink(context, request, SOCK_DIAG_BY_FAMILY, rows, capture,
                                   [&rows](auto message, const InterfaceNames& names, std::uint64_t) {
                                     return add_packet_message(rows, message, names);
                                   })};
  };
  const auto proc = [&context](PacketRows& rows, Capture& capture) {
    const InterfaceNames& names = context.interfaces();
    return read_proc(context, "/proc/net/packet", capture,
                     [&](std::string_view line) { return add_proc_packet(rows, line, names); });
  };
  table.read("packet", {{"netlink", netlink}, {"proc", proc}});
  std::move(table).keep("neither packet_diag nor /proc/net/packet answers");
}

void read_netlink_sockets(ReadContext& context) {
  TableParts table(context, netlink_sockets.name(), NetlinkRows(netlink_sockets));
  const auto netlink = [&context](NetlinkRows& rows, Capture& capture) {
    return dump_netlink_sockets(context, rows, capture);
  };
  const auto proc = [&context](NetlinkRows& rows, Capture& capture) {
    return read_proc(context, "/proc/net/netlink", capture,
                     [&rows](std::string_view line) { return add_proc_netlink(rows, line); });
  };
  table.read("netlink", {{"netlink", netlink}, {"proc", proc}});
  std::move(table).keep("neither netlink_diag nor /proc/net/netlink answers");
}

} // namespace hindstat
