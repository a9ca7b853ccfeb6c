// SPDX-License-Identifier: MIT
//
// Files of families that few kernels have, by their own formats: net/ax25/af_ax25.c ax25_info_show, net/netrom/
// af_netrom.c nr_info_show, net/rose/af_rose.c rose_info_show, net/x25/x25_proc.c, net/ipx/ipx_proc.c,
// net/appletalk/atalk_proc.c.
//   ax25    MAGIC DEV SOURCE DEST[,DIGIPEATER...] ST VS VR VA T1 T1 T2 T2 T3 T3 IDLE IDLE N2 N2 RTT WINDOW PACLEN
//           SND-Q RCV-Q INODE (three stars where no socket is)
//   nr      USER DEST SOURCE DEV MY YOUR ST VS VR VA T1/T1 T2/T2 T4/T4 IDLE/IDLE N2/N2 WND SND-Q RCV-Q INODE
//   rose    DEST CALL SOURCE CALL DEV LCI NEIGH ST VS VR VA T T1 T2 T3 HB IDLE/IDLE SND-Q RCV-Q INODE
//   x25     DEST SOURCE DEV LCI ST VS VR VA T T2 T21 T22 T23 SND-Q RCV-Q INODE
//   ipx     NET[:NODE]:PORT NET:NODE:PORT|Not_Connected TX RX STATE UID
//   atalk   TYPE NET:NODE:PORT NET:NODE:PORT TX:RX STATE UID
#include "recorder/readers/proc_net_families.h"

#include <array>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr int hexadecimal = 16;

std::optional<std::string> text_or_none(std::string_view word, std::initializer_list<std::string_view> nothing) {
  const bool is_none = std::ranges::find(nothing, word) != nothing.end();
  return is_none ? std::nullopt : std::optional(std::string(word));
}

/// "*" stands for no address.
std::optional<std::string> address_of(std::string_view word) {
  return text_or_none(word, {"*"});
}

std::optional<std::string> device_of(std::string_view word) {
  return text_or_none(word, {"???"});
}

bool skip(Fields& fields, int words) {
  for (int i = 0; i < words; ++i) {
    if (fields.next().empty()) {
      return false;
    }
  }
  return true;
}

/// The numbers of the link layer's states are the same in AX.25 (include/net/ax25.h), NET/ROM, ROSE and X.25 but for
/// the last ones.
OtherState state_of(OtherFamily family, std::uint32_t number) {
  switch (number) {
    case 0:
      return OtherState::listen;
    case 1:
      return OtherState::connecting;
    case 2:
      return OtherState::disconnecting;
    case 3:
      return OtherState::established;
    case 4:
      return family == OtherFamily::netrom ? unnamed_state(number) : OtherState::recovery;
    case 5: // ROSE_STATE_5, X25_STATE_5: a call that is not accepted yet.
      return family == OtherFamily::rose || family == OtherFamily::x25 ? OtherState::incoming : unnamed_state(number);
    default:
      return unnamed_state(number);
  }
}

/// The four words ST VS VR VA.
bool read_state(OtherSocket& row, Fields& fields) {
  const auto state = fields.next_number<std::uint32_t>();
  row.next_sent = fields.next_number<std::uint8_t>();
  row.next_received = fields.next_number<std::uint8_t>();
  const auto acknowledged = fields.next_number<std::uint32_t>();
  if (!state || !row.next_sent || !row.next_received || !acknowledged) {
    return false;
  }
  row.state = state_of(row.family, *state);
  return true;
}

/// The last three words SND-Q RCV-Q INODE.
bool read_end(OtherSocket& row, Fields& fields) {
  row.send_queue = fields.next_number<std::uint32_t>();
  row.recv_queue = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  row.inode = inode.value_or(0);
  return row.send_queue && row.recv_queue && inode && fields.next().empty();
}

/// The same, or nothing or stars for a connection without a socket.
bool read_end_if_any(OtherSocket& row, Fields& fields) {
  Fields ahead = fields;
  const std::string_view first = ahead.next();
  return first.empty() || first == "*" || read_end(row, fields);
}

Verdict keep_if(bool is_whole, OtherSocketRows& rows, const OtherSocket& row) {
  if (!is_whole) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

/// "DEST,DIGI,DIGI*".
void read_path(OtherSocket& row, std::string_view word) {
  const Split split = split_at(word, ',');
  row.remote_address = address_of(split.before);
  row.via = split.after.empty() ? std::nullopt : std::optional(std::string(split.after));
}

OtherSocket begin_ax25(std::string_view source, std::string_view path, std::string_view device) {
  OtherSocket row;
  row.family = OtherFamily::ax25;
  if (source.size() > 1 && source.ends_with('*')) { // It digipeats.
    source.remove_suffix(1);
    row.details = "digipeater";
  }
  row.local_address = address_of(source);
  read_path(row, path);
  row.interface = device_of(device);
  return row;
}

Verdict add_ax25(OtherSocketRows& rows, std::string_view line) {
  Fields fields(line);
  const std::string_view magic = fields.next();
  const std::string_view device = fields.next();
  const std::string_view source = fields.next();
  const std::string_view path = fields.next();
  OtherSocket row = begin_ax25(source, path, device);
  constexpr int timers_and_limits = 13;
  const bool is_whole = !magic.empty() && read_state(row, fields) && skip(fields, timers_and_limits);
  return keep_if(is_whole && read_end_if_any(row, fields), rows, row);
}

Verdict add_old_ax25(OtherSocketRows& rows, std::string_view line) {
  Fields fields(line);
  const std::string_view path = fields.next();
  const std::string_view source = fields.next();
  const std::string_view device = fields.next();
  OtherSocket row = begin_ax25(source, path, device);
  constexpr int timers_and_limits = 8;
  const bool is_whole = !device.empty() && read_state(row, fields) && skip(fields, timers_and_limits);
  return keep_if(is_whole && read_end_if_any(row, fields), rows, row);
}

/// The text before the last colon, and the number behind it.
struct Endpoint {
  std::string address;
  std::uint32_t port = 0;
};

std::optional<Endpoint> parse_endpoint(std::string_view word) {
  const std::size_t colon = word.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return std::nullopt;
  }
  const auto port = parse_number<std::uint16_t>(word.substr(colon + 1), hexadecimal);
  const std::string_view address = word.substr(0, colon);
  const bool is_hex = address.find_first_not_of("0123456789abcdefABCDEF:") == std::string_view::npos;
  return port && is_hex ? std::optional(Endpoint{std::string(address), *port}) : std::nullopt;
}

/// The numbers of TCP; what is neither connected nor not has no name here.
OtherState state_of_datagrams(std::uint32_t number) {
  constexpr std::uint32_t established = 1;
  constexpr std::uint32_t close = 7;
  return number == established ? OtherState::established
         : number == close     ? OtherState::unconnected
                               : unnamed_state(number);
}

} // namespace

Verdict Ax25Lines::add(OtherSocketRows& rows, std::string_view line) {
  if (std::exchange(is_first_, false) && line.starts_with("dest_addr")) {
    is_old_ = true;
    return Verdict::heading;
  }
  return is_old_ ? add_old_ax25(rows, line) : add_ax25(rows, line);
}

Verdict add_netrom_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::netrom;
  Fields fields(line);
  row.local_call = address_of(fields.next());
  row.remote_address = address_of(fields.next());
  row.local_address = address_of(fields.next());
  row.interface = device_of(fields.next());
  const std::string_view mine = fields.next();
  const std::string_view yours = fields.next();
  const bool has_circuits = mine.find('/') != std::string_view::npos && yours.find('/') != std::string_view::npos;
  constexpr int timers_and_limits = 6;
  const bool is_whole = has_circuits && read_state(row, fields) && skip(fields, timers_and_limits);
  return keep_if(is_whole && read_end(row, fields), rows, row);
}

Verdict add_rose_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::rose;
  Fields fields(line);
  constexpr std::string_view no_call = "?????"
                                       "?-?"; // In one piece it would hold a trigraph.
  row.remote_address = address_of(fields.next());
  row.remote_call = text_or_none(fields.next(), {"*", no_call});
  row.local_address = address_of(fields.next());
  row.local_call = text_or_none(fields.next(), {"*", no_call});
  row.interface = device_of(fields.next());
  row.channel = fields.next_number<std::uint32_t>(hexadecimal);
  row.neighbour = fields.next_number<std::uint32_t>();
  constexpr int timers = 6;
  const bool is_whole = row.channel && row.neighbour && read_state(row, fields) && skip(fields, timers);
  return keep_if(is_whole && read_end(row, fields), rows, row);
}

Verdict add_x25_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::x25;
  Fields fields(line);
  row.remote_address = address_of(fields.next());
  row.local_address = address_of(fields.next());
  row.interface = device_of(fields.next());
  row.channel = fields.next_number<std::uint32_t>(hexadecimal);
  constexpr int timers = 5;
  const bool is_whole = row.channel && read_state(row, fields) && skip(fields, timers);
  return keep_if(is_whole && read_end(row, fields), rows, row);
}

Verdict add_ipx_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::ipx;
  Fields fields(line);
  const auto local = parse_endpoint(fields.next());
  const std::string_view peer = fields.next();
  const auto remote = parse_endpoint(peer);
  row.send_queue = fields.next_number<std::uint32_t>(hexadecimal);
  row.recv_queue = fields.next_number<std::uint32_t>(hexadecimal);
  const auto state = fields.next_number<std::uint32_t>(hexadecimal);
  row.uid = fields.next_number<std::uint32_t>();
  if (!local || (!remote && peer != "Not_Connected") || !row.send_queue || !row.recv_queue || !state || !row.uid) {
    return Verdict::rejected;
  }
  row.local_address = local->address;
  row.local_port = local->port;
  if (remote) {
    row.remote_address = remote->address;
    row.remote_port = remote->port;
  }
  row.type = OtherType::dgram;
  row.state = state_of_datagrams(*state);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_ddp_line(OtherSocketRows& rows, std::string_view line) {
  OtherSocket row;
  row.family = OtherFamily::ddp;
  Fields fields(line);
  const auto type = fields.next_number<std::uint8_t>(hexadecimal);
  const auto local = parse_endpoint(fields.next());
  const auto remote = parse_endpoint(fields.next());
  const Split queues = split_at(fields.next(), ':');
  row.send_queue = parse_number<std::uint32_t>(queues.before, hexadecimal);
  row.recv_queue = parse_number<std::uint32_t>(queues.after, hexadecimal);
  const auto state = fields.next_number<std::uint32_t>(hexadecimal);
  row.uid = fields.next_number<std::uint32_t>();
  if (!type || !local || !remote || !row.send_queue || !row.recv_queue || !state || !row.uid) {
    return Verdict::rejected;
  }
  row.local_address = local->address;
  row.local_port = local->port;
  if (remote->port != 0 || remote->address != "0000:00") {
    row.remote_address = remote->address;
    row.remote_port = remote->port;
  }
  row.type = static_cast<OtherType>(*type);
  row.state = state_of_datagrams(*state);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_ipx_route_line(OtherRouteRows& rows, std::string_view line) {
  OtherRoute row;
  row.family = OtherRouteFamily::ipx;
  Fields fields(line);
  row.destination = fields.next();
  const std::string_view network = fields.next();
  const std::string_view node = fields.next();
  const bool is_direct = network == "Directly" && node == "Connected";
  const bool is_routed = parse_number<std::uint32_t>(network, hexadecimal).has_value()
                         && parse_number<std::uint64_t>(node, hexadecimal).has_value();
  if (!parse_number<std::uint32_t>(row.destination, hexadecimal) || (!is_direct && !is_routed)) {
    return Verdict::rejected;
  }
  row.gateway = is_direct ? std::nullopt : std::optional(std::string(network) + ":" + std::string(node));
  rows.add(row);
  return Verdict::kept;
}

Verdict add_ddp_route_line(OtherRouteRows& rows, std::string_view line) {
  OtherRoute row;
  row.family = OtherRouteFamily::ddp;
  Fields fields(line);
  const auto target = parse_endpoint(fields.next()); // The node is in the port's place.
  Fields words(line);
  row.destination = words.next();
  const std::string_view router = words.next();
  const auto gateway = parse_endpoint(router);
  const auto flags = words.next_number<std::uint16_t>();
  const std::string_view device = words.next();
  if (!target || !gateway || !flags || device.empty()) {
    return Verdict::rejected;
  }
  row.gateway = text_or_none(router, {"0000:00"});
  row.interface = device;
  row.flags = FlagSet<OtherRouteFlag>(*flags);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_x25_route_line(OtherRouteRows& rows, std::string_view line) {
  OtherRoute row;
  row.family = OtherRouteFamily::x25;
  Fields fields(line);
  row.destination = fields.next();
  row.digits = fields.next_number<std::uint32_t>();
  const std::string_view device = fields.next();
  if (!row.digits || device.empty()) {
    return Verdict::rejected;
  }
  row.interface = device_of(device);
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
