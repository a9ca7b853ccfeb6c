// SPDX-License-Identifier: MIT
//
// Sockets that talk to links and to the kernel itself, by NETLINK_SOCK_DIAG (net/packet/diag.c, net/netlink/diag.c) and
// in files (net/packet/af_packet.c packet_seq_show, net/netlink/af_netlink.c netlink_seq_show):
//   sk               RefCnt Type Proto  Iface R Rmem   User   Inode
//   0000000016a8586d 3      3    88cc   2     1 0      0      4711
//   sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
//   00000000f3017882 15  612        00000002 0        0        0     2        0        1584
#include "recorder/readers/link_sockets.h"

#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "recorder/netlink_message.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

std::optional<std::uint32_t> load_memory(std::span<const std::byte> values, std::size_t index) {
  return load_value<std::uint32_t>(values, index * sizeof(std::uint32_t));
}

std::uint64_t cookie_of(const std::uint32_t (&words)[2]) {
  return std::uint64_t{words[1]} << 32U | words[0];
}

std::optional<std::string> interface_of(std::uint32_t index, const InterfaceNames& names) {
  if (index == 0) {
    return std::nullopt;
  }
  // Without a name it is not bound to all of them all the same: "if7", as ip(8) writes it.
  return names.find(index).value_or("if" + std::to_string(index));
}

std::optional<std::uint32_t> ring_size(std::span<const std::byte> attribute) {
  const auto ring = load_value<packet_diag_ring>(attribute);
  const std::uint64_t bytes = ring ? std::uint64_t{ring->pdr_block_size} * ring->pdr_block_nr : 0;
  const bool fits = bytes <= std::numeric_limits<std::uint32_t>::max();
  return ring && fits ? std::optional(static_cast<std::uint32_t>(bytes)) : std::nullopt;
}

void read_attribute(PacketSocket& row, const NetlinkAttribute& attribute, const InterfaceNames& names) {
  switch (attribute.type) {
    case PACKET_DIAG_INFO:
      if (const auto info = load_value<packet_diag_info>(attribute.value)) {
        row.interface = interface_of(info->pdi_index, names);
        row.running = (info->pdi_flags & PDI_RUNNING) != 0;
      }
      break;
    case PACKET_DIAG_UID:
      row.uid = load_value<std::uint32_t>(attribute.value).value_or(0);
      break;
    case PACKET_DIAG_RX_RING:
      row.ring_bytes = ring_size(attribute.value);
      break;
    case PACKET_DIAG_FANOUT:
      row.fanout = load_value<std::uint32_t>(attribute.value);
      break;
    case PACKET_DIAG_MEMINFO:
      row.recv_memory = load_memory(attribute.value, SK_MEMINFO_RMEM_ALLOC).value_or(0);
      row.send_memory = load_memory(attribute.value, SK_MEMINFO_WMEM_ALLOC);
      row.drops = load_memory(attribute.value, SK_MEMINFO_DROPS);
      break;
    default:
      break;
  }
}

/// Bits 0 to 31 are groups 1 to 32; what is beyond is listed.
void read_groups(NetlinkSocket& row, std::span<const std::byte> bytes) {
  constexpr std::size_t bits_of_byte = 8;
  constexpr std::size_t most_bytes = 128; // 1024 groups; the largest family of the kernel's has some hundred.
  std::string further;
  for (std::size_t bit = 0; bit < std::min(bytes.size(), most_bytes) * bits_of_byte; ++bit) {
    // The kernel's map is of longs in its own byte order, which is the order of bytes on a little-endian host alone.
    const std::size_t at =
      std::endian::native == std::endian::little ? bit / bits_of_byte : (bit / bits_of_byte) ^ (sizeof(long) - 1);
    if (at >= bytes.size() || (std::to_integer<unsigned>(bytes[at]) >> (bit % bits_of_byte) & 1U) == 0) {
      continue;
    }
    if (bit < std::numeric_limits<std::uint32_t>::digits) {
      row.groups |= 1U << bit;
    } else {
      further += (further.empty() ? "" : ",") + std::to_string(bit + 1);
    }
  }
  row.further_groups = further.empty() ? std::nullopt : std::optional(std::move(further));
}

} // namespace

Verdict add_packet_message(PacketRows& rows, std::span<const std::byte> payload, const InterfaceNames& names) {
  const auto message = load_value<packet_diag_msg>(payload);
  if (!message || message->pdiag_family != AF_PACKET) {
    return Verdict::rejected;
  }
  PacketSocket row;
  row.type = static_cast<PacketType>(message->pdiag_type);
  row.protocol = message->pdiag_num;
  row.inode = message->pdiag_ino;
  row.cookie = cookie_of(message->pdiag_cookie);
  NetlinkAttributes attributes(payload.subspan(sizeof(packet_diag_msg)));
  while (const auto attribute = attributes.next()) {
    read_attribute(row, *attribute, names);
  }
  rows.add(row);
  return Verdict::kept;
}

Verdict add_proc_packet(PacketRows& rows, std::string_view line, const InterfaceNames& names) {
  Fields fields(line);
  const std::string_view pointer = fields.next();
  const auto references = fields.next_number<std::uint32_t>();
  const auto type = fields.next_number<std::uint8_t>();
  const auto protocol = fields.next_number<std::uint16_t>(16);
  const auto index = fields.next_number<std::uint32_t>();
  const auto running = fields.next_number<std::uint32_t>();
  const auto memory = fields.next_number<std::uint32_t>();
  const auto uid = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  if (pointer.empty() || !references || !type || !protocol || !index || !running || !memory || !uid || !inode) {
    return Verdict::rejected;
  }
  PacketSocket row;
  row.type = static_cast<PacketType>(*type);
  row.protocol = *protocol;
  row.interface = interface_of(*index, names);
  row.inode = *inode;
  row.running = *running != 0;
  row.recv_memory = *memory;
  row.uid = *uid;
  row.references = *references;
  rows.add(row);
  return Verdict::kept;
}

Verdict add_netlink_message(NetlinkRows& rows, std::span<const std::byte> payload, std::uint32_t own_port) {
  const auto message = load_value<netlink_diag_msg>(payload);
  if (!message || message->ndiag_family != AF_NETLINK) {
    return Verdict::rejected;
  }
  if (own_port != 0 && message->ndiag_portid == own_port && message->ndiag_protocol == NETLINK_SOCK_DIAG) {
    return Verdict::skipped;
  }
  NetlinkSocket row;
  row.protocol = static_cast<NetlinkProtocol>(message->ndiag_protocol);
  row.port = message->ndiag_portid;
  row.inode = message->ndiag_ino;
  row.cookie = cookie_of(message->ndiag_cookie);
  const bool connected = message->ndiag_dst_portid != 0 || message->ndiag_dst_group != 0;
  row.peer_port = connected ? std::optional(message->ndiag_dst_portid) : std::nullopt;
  NetlinkAttributes attributes(payload.subspan(sizeof(netlink_diag_msg)));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == NETLINK_DIAG_MEMINFO) {
      row.recv_memory = load_memory(attribute->value, SK_MEMINFO_RMEM_ALLOC).value_or(0);
      row.send_memory = load_memory(attribute->value, SK_MEMINFO_WMEM_ALLOC).value_or(0);
      row.drops = load_memory(attribute->value, SK_MEMINFO_DROPS);
    } else if (attribute->type == NETLINK_DIAG_GROUPS) {
      read_groups(row, attribute->value);
    }
  }
  if (row.port == 0 && message->ndiag_protocol == NETLINK_SOCK_DIAG) {
    row.recv_memory = 0; // What the kernel has not read yet is the request for this very dump.
  }
  rows.add(row);
  return Verdict::kept;
}

Verdict add_proc_netlink(NetlinkRows& rows, std::string_view line) {
  Fields fields(line);
  const std::string_view pointer = fields.next();
  const auto protocol = fields.next_number<std::uint8_t>();
  const auto port = fields.next_number<std::int64_t>(); // Printed with a sign before Linux 4.13.
  const auto groups = fields.next_number<std::uint32_t>(16);
  const auto recv_memory = fields.next_number<std::uint32_t>();
  const auto send_memory = fields.next_number<std::uint32_t>();
  const std::string_view dump = fields.next(); // Whether a dump is running; a pointer before Linux 3.10.
  const auto references = fields.next_number<std::uint32_t>();
  const auto drops = fields.next_number<std::uint32_t>();
  const auto inode = fields.next_number<std::uint32_t>();
  if (pointer.empty() || dump.empty() || !protocol || !port || !groups || !recv_memory || !send_memory || !references
      || !drops || !inode || *port < std::numeric_limits<std::int32_t>::min()
      || *port > std::numeric_limits<std::uint32_t>::max()) {
    return Verdict::rejected;
  }
  NetlinkSocket row;
  row.protocol = static_cast<NetlinkProtocol>(*protocol);
  row.port = static_cast<std::uint32_t>(*port);
  row.groups = *groups;
  row.recv_memory = *recv_memory;
  row.send_memory = *send_memory;
  row.references = *references;
  row.drops = *drops;
  row.inode = *inode;
  rows.add(row);
  return Verdict::kept;
}

std::array<std::byte, 20> packet_diag_request() {
  packet_diag_req request{};
  request.sdiag_family = AF_PACKET;
  request.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_RING_CFG | PACKET_SHOW_FANOUT | PACKET_SHOW_MEMINFO;
  return std::bit_cast<std::array<std::byte, sizeof(request)>>(request);
}

std::array<std::byte, 20> netlink_diag_request() {
  netlink_diag_req request{};
  request.sdiag_family = AF_NETLINK;
  request.sdiag_protocol = NDIAG_PROTO_ALL;
  request.ndiag_show = NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS;
  return std::bit_cast<std::array<std::byte, sizeof(request)>>(request);
}

} // namespace hindstat
