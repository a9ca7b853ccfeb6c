// SPDX-License-Identifier: MIT
#include "recorder/readers/other_socket_reader.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <array>
#include <cerrno>

#include "recorder/readers/bluetooth_sockets.h"
#include "recorder/readers/family_diag.h"
#include "recorder/readers/proc_net_families.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

using SocketParts = TableParts<OtherSocketRows>;
using SocketWitness = SocketParts::Witness;

/// A dump of one family. Few kernels have them, and to ask makes the kernel look for a module: a namespace is not
/// asked what another one could not answer.
template <typename AddMessage>
SocketWitness dump_of(ReadContext& context, std::string_view name, std::span<const std::byte> payload, AddMessage add) {
  return {"netlink", [&context, name, payload, add](OtherSocketRows& rows, Capture& capture) {
            if (context.absent_dumps.contains(name)) {
              return PartRead{ENOENT};
            }
            const NetlinkRequest request{name, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, payload, false};
            const int error = read_dump(context, request, SOCK_DIAG_BY_FAMILY, rows, capture,
                                        [&](auto message, std::uint64_t) { return add(rows, message); });
            if (status_of_error(error) == CaptureStatus::absent) {
              context.absent_dumps.emplace(name);
            }
            return PartRead{error};
          }};
}

enum class Heading { none, one_line };

/// The lines of a file, each told by add(rows, line).
template <typename Rows, typename AddLine>
typename TableParts<Rows>::Witness file_of(ReadContext& context, const char* path, Heading heading, AddLine add) {
  return {"proc", [&context, path, heading, add](Rows& rows, Capture& capture) mutable {
            const FileRead file = context.system().read_file(path);
            bool in_heading = heading == Heading::one_line;
            read_lines(file.bytes, capture, [&](std::string_view line) {
              return std::exchange(in_heading, false) ? Verdict::heading : add(rows, line);
            });
            // Since Linux 2.6 the names of old files are those of directories.
            const bool is_directory = file.error == EISDIR || file.error == EINVAL;
            return PartRead{is_directory ? ENOENT : file.error};
          }};
}

void read_dumps(ReadContext& context, SocketParts& table) {
  const auto vsock = vsock_diag_request();
  const auto xdp = xdp_diag_request();
  const auto tipc = tipc_diag_request();
  const auto smc = smc_diag_request();
  table.read_seldom("vsock", {dump_of(context, "sock_diag-vsock", vsock, add_vsock_message)});
  table.read_seldom("xdp", {dump_of(context, "sock_diag-xdp", xdp, [&](OtherSocketRows& rows, auto message) {
                      return add_xdp_message(rows, message, context.interfaces());
                    })});
  table.read_seldom("tipc", {dump_of(context, "sock_diag-tipc", tipc, add_tipc_message)});
  table.read_seldom("smc", {dump_of(context, "sock_diag-smc", smc, [&](OtherSocketRows& rows, auto message) {
                      return add_smc_message(rows, message, context.interfaces());
                    })});
}

void read_bluetooth(ReadContext& context, SocketParts& table) {
  using Rows = OtherSocketRows;
  const auto proc = [&](const char* path, OtherFamily family) {
    return file_of<Rows>(context, path, Heading::one_line, [family](Rows& rows, std::string_view line) {
      return add_proc_bluetooth_line(rows, line, family);
    });
  };
  table.read_seldom("l2cap",
                    {file_of<Rows>(context, "/sys/kernel/debug/bluetooth/l2cap", Heading::none, add_l2cap_line),
                     proc("/proc/net/l2cap", OtherFamily::l2cap)});
  table.read_seldom("rfcomm",
                    {file_of<Rows>(context, "/sys/kernel/debug/bluetooth/rfcomm", Heading::none, add_rfcomm_line),
                     proc("/proc/net/rfcomm", OtherFamily::rfcomm)});
}

} // namespace

void read_other_sockets(ReadContext& context) {
  using Rows = OtherSocketRows;
  constexpr Heading one_line = Heading::one_line;
  SocketParts table(context, other_sockets.name(), Rows(other_sockets));
  const auto ax25 = [lines = Ax25Lines()](Rows& rows, std::string_view line) mutable { return lines.add(rows, line); };
  table.read_seldom("ax25", {file_of<Rows>(context, "/proc/net/ax25", Heading::none, ax25)});
  table.read_seldom("netrom", {file_of<Rows>(context, "/proc/net/nr", one_line, add_netrom_line)});
  table.read_seldom("rose", {file_of<Rows>(context, "/proc/net/rose", one_line, add_rose_line)});
  table.read_seldom("x25", {file_of<Rows>(context, "/proc/net/x25/socket", one_line, add_x25_line),
                            file_of<Rows>(context, "/proc/net/x25", one_line, add_x25_line)});
  table.read_seldom("ipx", {file_of<Rows>(context, "/proc/net/ipx/socket", one_line, add_ipx_line),
                            file_of<Rows>(context, "/proc/net/ipx", one_line, add_ipx_line)});
  table.read_seldom("ddp", {file_of<Rows>(context, "/proc/net/atalk/socket", one_line, add_ddp_line)});
  // The kernel makes Bluetooth sockets in the first namespace only, and debugfs is the same in all of them.
  if (!context.is_entered) {
    read_bluetooth(context, table);
  }
  read_dumps(context, table);
  std::move(table).keep("neither sock_diag nor /proc/net has any of its families");
}

void read_other_routes(ReadContext& context) {
  using Rows = OtherRouteRows;
  constexpr Heading one_line = Heading::one_line;
  TableParts<Rows> table(context, other_routes.name(), Rows(other_routes));
  table.read_seldom("ipx", {file_of<Rows>(context, "/proc/net/ipx/route", one_line, add_ipx_route_line),
                            file_of<Rows>(context, "/proc/net/ipx_route", one_line, add_ipx_route_line)});
  table.read_seldom("ddp", {file_of<Rows>(context, "/proc/net/atalk/route", one_line, add_ddp_route_line),
                            file_of<Rows>(context, "/proc/net/atalk_route", one_line, add_ddp_route_line)});
  table.read_seldom("x25", {file_of<Rows>(context, "/proc/net/x25/route", one_line, add_x25_route_line)});
  std::move(table).keep("/proc/net has none");
}

} // namespace hindstat
