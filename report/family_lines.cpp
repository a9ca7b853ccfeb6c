// SPDX-License-Identifier: MIT
// The lines of net-tools 2.10 for each family, byte for byte with their blanks, and that of ss.
#include "report/family_lines.h"

#include <array>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/socket_columns.h"
#include "tables/format.h"

namespace hindstat {

namespace {

std::string format_text(const std::optional<std::string>& text, std::string_view none) {
  return text ? escape_terminal(*text) : std::string(none);
}

template <typename Number>
std::string format_number(const std::optional<Number>& number, std::string_view none = "-") {
  return number ? fmt::format("{}", *number) : std::string(none);
}

std::string format_enum_name(OtherState state) {
  return format_enum(NamesOf<OtherState>::values, static_cast<std::uint64_t>(state));
}

std::string format_radio_state(const OtherSocket& socket) {
  const bool is_link = socket.family == OtherFamily::ax25;
  switch (socket.state.value_or(OtherState::listen)) {
    case OtherState::listen:
      return "LISTENING";
    case OtherState::connecting:
      return is_link ? "SABM SENT" : socket.family == OtherFamily::x25 ? "SABM_SENT" : "CONN SENT";
    case OtherState::disconnecting:
      return socket.family == OtherFamily::x25 ? "DISC_SENT" : "DISC SENT";
    default:
      return format_enum_name(*socket.state);
  }
}

std::string format_bluetooth_state(const OtherSocket& socket) {
  if (!socket.state) {
    return "-";
  }
  switch (*socket.state) {
    case OtherState::established:
      return "CONNECTED";
    case OtherState::connecting:
      return "CONNECT";
    case OtherState::incoming:
      return "CONNECT2";
    case OtherState::configuring:
      return "CONFIG";
    case OtherState::disconnecting:
      return "DISCONN";
    case OtherState::open:
    case OtherState::bound:
    case OtherState::listen:
    case OtherState::closed:
      return format_enum_name(*socket.state);
    default:
      return "UNKNOWN";
  }
}

std::string format_ss_state(const OtherSocket& socket) {
  switch (socket.state.value_or(OtherState::unconnected)) {
    case OtherState::established:
      return "ESTAB";
    case OtherState::connecting:
      return "SYN-SENT";
    case OtherState::unconnected:
      return "UNCONN";
    case OtherState::disconnecting:
      return "CLOSING";
    default:
      return format_enum_name(*socket.state);
  }
}

std::string format_security(const OtherSocket& socket) {
  constexpr std::array<std::string_view, 5> names{"SDP", "LOW", "MEDIUM", "HIGH", "FIPS"};
  const std::uint32_t level = socket.security.value_or(names.size());
  return level < names.size() ? std::string(names[level]) : socket.security ? "UNKNOWN" : "-";
}

/// "00001234:000000000001:4003"
std::string format_net_endpoint(const std::optional<std::string>& address, const std::optional<std::uint32_t>& port,
                                bool is_hex) {
  if (!address) {
    return "-";
  }
  return escape_terminal(*address) + (is_hex ? fmt::format(":{:04X}", port.value_or(0)) : ":" + format_number(port));
}

std::string format_ss_endpoint(const OtherSocket& socket, bool is_local) {
  const auto& address = is_local ? socket.local_address : socket.remote_address;
  const auto& port = is_local ? socket.local_port : socket.remote_port;
  const bool is_queue = socket.family == OtherFamily::xdp;
  std::string text = format_text(address, "*");
  text = text.find(':') != std::string::npos ? "[" + text + "]" : text;
  return text + ":" + (port && is_queue ? "q" : "") + format_number(port, "*");
}

std::string format_ax25(const OtherSocket& socket) {
  return fmt::format("{:<9}  {:<9}  {:<6}  {:<11}  {:03}/{:03}  {:<6}  {:<6}", format_text(socket.remote_address, "*"),
                     format_text(socket.local_address, "*"), format_text(socket.interface, "???"),
                     format_radio_state(socket), socket.next_received.value_or(0), socket.next_sent.value_or(0),
                     socket.send_queue.value_or(0), socket.recv_queue.value_or(0));
}

std::string format_netrom(const OtherSocket& socket) {
  return fmt::format("{:<9}  {}", format_text(socket.local_call, "*"), format_ax25(socket));
}

std::string format_rose(const OtherSocket& socket) {
  constexpr std::string_view no_call = "?????"
                                       "?-?";
  return fmt::format("{:<10}  {:<9}  {:<10}  {:<9} {:<5} {:>3} {:>5}   {}", format_text(socket.remote_address, "*"),
                     format_text(socket.remote_call, "*"), format_text(socket.local_address, "*"),
                     format_text(socket.local_call, no_call), format_text(socket.interface, "???"),
                     socket.channel.value_or(0), socket.neighbour.value_or(0), format_radio_state(socket));
}

std::string format_x25(const OtherSocket& socket) {
  return fmt::format("{:<15} {:<15} {:<7} {:<3}  {:<11}  {:02}/{:02}  {:<6}  {:<6}",
                     format_text(socket.remote_address, "*"), format_text(socket.local_address, "*"),
                     format_text(socket.interface, "???"), socket.channel.value_or(0), format_radio_state(socket),
                     socket.next_received.value_or(0), socket.next_sent.value_or(0), socket.send_queue.value_or(0),
                     socket.recv_queue.value_or(0));
}

std::string format_datagram(const OtherSocket& socket, const FamilyView& view, const RecordedNames& names) {
  const std::string state = socket.state == OtherState::established   ? "ESTAB"
                            : socket.state == OtherState::unconnected ? ""
                                                                      : "UNK.";
  const bool is_ipx = socket.family == OtherFamily::ipx;
  std::string line =
    fmt::format("{:<4}  {:>6} {:>6} {:<26} {:<26} {:<5}", is_ipx ? "IPX" : "DDP", socket.recv_queue.value_or(0),
                socket.send_queue.value_or(0), format_net_endpoint(socket.local_address, socket.local_port, is_ipx),
                format_net_endpoint(socket.remote_address, socket.remote_port, is_ipx), state);
  if (view.extend) {
    line += fmt::format(" {:<10}", socket.uid ? names.format_user(*socket.uid) : "-");
  }
  return line;
}

std::string format_bluetooth(const OtherSocket& socket) {
  const std::string_view none = socket.state ? "*" : "-";
  std::string line = fmt::format("{:<6} {:<17} {:<17} {:<9} {:>7}", name_of_family(socket.family),
                                 format_text(socket.remote_address, none), format_text(socket.local_address, none),
                                 format_bluetooth_state(socket), format_number(socket.channel));
  if (socket.family == OtherFamily::l2cap) {
    const auto format_id = [](const std::optional<std::uint32_t>& id) {
      return id ? fmt::format("0x{:04x}", *id) : std::string("-");
    };
    line += fmt::format(" {:<6} {:<6} {:>7} {:>7} {:<7}", format_id(socket.remote_port), format_id(socket.local_port),
                        format_number(socket.recv_mtu), format_number(socket.send_mtu), format_security(socket));
  }
  return line;
}

std::string format_like_ss(const OtherSocket& socket, const FamilyView& view, const RecordedNames& names) {
  std::string line =
    fmt::format("{:<5} {:<11} {:>6} {:>6} {:<23} {:<23}", name_of_family(socket.family), format_ss_state(socket),
                format_number(socket.recv_queue, "0"), format_number(socket.send_queue, "0"),
                format_ss_endpoint(socket, true), format_ss_endpoint(socket, false));
  if (view.extend) {
    line += fmt::format(" {:<10} {:<10}", socket.uid ? names.format_user(*socket.uid) : "-", socket.inode);
  }
  return line;
}

/// The columns' headings, as netstat has them, blanks at their ends and all.
std::string format_columns(OtherFamily family, const FamilyView& view) {
  switch (family) {
    case OtherFamily::ax25:
      return "Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q";
    case OtherFamily::netrom:
      return "User       Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q";
    case OtherFamily::rose:
      return "dest_addr   dest_call  src_addr    src_call  dev   lci neigh   state";
    case OtherFamily::x25:
      return "Dest         Source          Device  LCI  State        Vr/Vs  Send-Q  Recv-Q";
    case OtherFamily::ipx:
    case OtherFamily::ddp:
      return std::string("Proto Recv-Q Send-Q Local Address              Foreign Address            State")
             + (view.extend ? " User" : "");
    case OtherFamily::l2cap:
      return fmt::format("{:<6} {:<17} {:<17} {:<9} {:>7} {:<6} {:<6} {:>7} {:>7} {:<7}", "Proto", "Destination",
                         "Source", "State", "PSM", "DCID", "SCID", "IMTU", "OMTU", "Security");
    case OtherFamily::rfcomm:
      return fmt::format("{:<6} {:<17} {:<17} {:<9} {:>7}", "Proto", "Destination", "Source", "State", "Channel");
    default:
      return std::string("Netid State       Recv-Q Send-Q Local Address:Port      Peer Address:Port      ")
             + (view.extend ? " User       Inode     " : "");
  }
}

} // namespace

std::string name_of_family(OtherFamily family) {
  return format_enum(NamesOf<OtherFamily>::values, static_cast<std::uint64_t>(family));
}

std::string format_family_line(const OtherSocket& socket, const FamilyView& view, const RecordedNames& names) {
  std::string line;
  switch (socket.family) {
    case OtherFamily::ax25:
      line = format_ax25(socket);
      break;
    case OtherFamily::netrom:
      line = format_netrom(socket);
      break;
    case OtherFamily::rose:
      line = format_rose(socket);
      break;
    case OtherFamily::x25:
      line = format_x25(socket);
      break;
    case OtherFamily::ipx:
    case OtherFamily::ddp:
      line = format_datagram(socket, view, names);
      break;
    case OtherFamily::l2cap:
    case OtherFamily::rfcomm:
      line = format_bluetooth(socket);
      break;
    default:
      line = format_like_ss(socket, view, names);
      break;
  }
  return line + (view.programs ? ' ' + format_owner(names, socket.pid) : "") + '\n';
}

std::string format_family_heading(OtherFamily family, const FamilyView& view) {
  return format_columns(family, view) + (view.programs ? ' ' + format_owner_heading() : "") + '\n';
}

} // namespace hindstat
