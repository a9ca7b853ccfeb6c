// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// IFF_* (include/uapi/linux/if.h).
enum class InterfaceFlag : std::uint32_t {
  up = 0x1,
  broadcast = 0x2,
  debug = 0x4,
  loopback = 0x8,
  pointopoint = 0x10,
  notrailers = 0x20,
  running = 0x40,
  noarp = 0x80,
  promisc = 0x100,
  allmulti = 0x200,
  master = 0x400,
  slave = 0x800,
  multicast = 0x1000,
  portsel = 0x2000,
  automedia = 0x4000,
  dynamic = 0x8000,
  lower_up = 0x10000,
  dormant = 0x20000,
  echo = 0x40000,
};

template <>
struct NamesOf<InterfaceFlag> {
  static constexpr std::array values = {
    ValueName{0x1, "UP"},           ValueName{0x2, "BROADCAST"},    ValueName{0x4, "DEBUG"},
    ValueName{0x8, "LOOPBACK"},     ValueName{0x10, "POINTOPOINT"}, ValueName{0x20, "NOTRAILERS"},
    ValueName{0x40, "RUNNING"},     ValueName{0x80, "NOARP"},       ValueName{0x100, "PROMISC"},
    ValueName{0x200, "ALLMULTI"},   ValueName{0x400, "MASTER"},     ValueName{0x800, "SLAVE"},
    ValueName{0x1000, "MULTICAST"}, ValueName{0x2000, "PORTSEL"},   ValueName{0x4000, "AUTOMEDIA"},
    ValueName{0x8000, "DYNAMIC"},   ValueName{0x10000, "LOWER_UP"}, ValueName{0x20000, "DORMANT"},
    ValueName{0x40000, "ECHO"}};
};

/// RFC 2863 operational state (IF_OPER_*).
enum class OperState : std::uint8_t {
  unknown = 0,
  not_present = 1,
  down = 2,
  lower_layer_down = 3,
  testing = 4,
  dormant = 5,
  up = 6,
};

template <>
struct NamesOf<OperState> {
  static constexpr std::array values = {
    ValueName{0, "UNKNOWN"}, ValueName{1, "NOTPRESENT"}, ValueName{2, "DOWN"}, ValueName{3, "LOWERLAYERDOWN"},
    ValueName{4, "TESTING"}, ValueName{5, "DORMANT"},    ValueName{6, "UP"}};
};

/// IF_LINK_MODE_* (include/uapi/linux/if.h): what a carrier makes of the operational state.
enum class CarrierMode : std::uint8_t { normal = 0, dormant = 1, testing = 2 };

template <>
struct NamesOf<CarrierMode> {
  static constexpr std::array values = {ValueName{0, "DEFAULT"}, ValueName{1, "DORMANT"}, ValueName{2, "TESTING"}};
};

/// How an Ethernet link sends (DUPLEX_* of include/uapi/linux/ethtool.h); what the driver does not know is null.
enum class Duplex : std::uint8_t {
  half = 0,
  full = 1,
};

template <>
struct NamesOf<Duplex> {
  static constexpr std::array values = {ValueName{0, "half"}, ValueName{1, "full"}};
};

/// One network interface. Sources: RTM_GETLINK with IFLA_STATS64, and ethtool's netlink for speed and duplex; else
/// /proc/net/dev (names and at most sixteen counters, some of them sums: `rx_dropped` is then null because /proc adds
/// rx_missed_errors to it). Counters that kernels before 2.2 do not have are null.
struct Interface {
  std::string netns;
  std::string name;
  std::uint32_t ifindex = 0;
  std::optional<MacAddress> mac;
  std::optional<FlagSet<InterfaceFlag>> flags;
  std::optional<OperState> operstate;
  std::optional<std::uint32_t> mtu;
  std::optional<std::string> kind;
  std::optional<std::string> master;
  std::optional<std::string> qdisc;
  std::optional<std::uint32_t> txqlen;
  std::optional<std::uint32_t> carrier_changes;
  std::optional<std::uint32_t> speed;
  std::optional<Duplex> duplex;
  std::optional<std::uint64_t> rx_bytes;
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_errors = 0;
  std::optional<std::uint64_t> rx_dropped;
  std::optional<std::uint64_t> rx_missed_errors;
  std::optional<std::uint64_t> rx_fifo_errors;
  std::optional<std::uint64_t> rx_length_errors;
  std::optional<std::uint64_t> rx_over_errors;
  std::optional<std::uint64_t> rx_crc_errors;
  std::optional<std::uint64_t> rx_frame_errors;
  std::optional<std::uint64_t> rx_compressed;
  std::optional<std::uint64_t> rx_nohandler;
  std::optional<std::uint64_t> multicast;
  std::optional<std::uint64_t> tx_bytes;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_errors = 0;
  std::uint64_t tx_dropped = 0;
  std::uint64_t tx_fifo_errors = 0;
  std::uint64_t collisions = 0;
  std::optional<std::uint64_t> tx_aborted_errors;
  std::optional<std::uint64_t> tx_carrier_errors;
  std::optional<std::uint64_t> tx_heartbeat_errors;
  std::optional<std::uint64_t> tx_window_errors;
  std::optional<std::uint64_t> tx_compressed;
  std::optional<std::uint64_t> rx_otherhost_dropped;
  std::optional<std::string> altnames;
  std::optional<std::uint32_t> link_index;
  std::optional<std::int32_t> link_netnsid;
  std::optional<std::uint32_t> group;
  std::optional<CarrierMode> link_mode;
};

inline constexpr auto interfaces = define_table<Interface>(
  "interface", "Network interfaces and their traffic counters.",
  field<&Interface::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Interface::name>("name", Role::key, "Interface name."),
  field<&Interface::ifindex>("ifindex", Role::incarnation,
                             "Kernel index, new when the device is recreated; 0 when not known (/proc)."),
  field<&Interface::mac>("mac", Role::attribute, "Link-layer address; only from netlink."),
  field<&Interface::flags>("flags", Role::state, "IFF_* flags; only from netlink."),
  field<&Interface::operstate>("operstate", Role::state, "Operational state (RFC 2863); only from netlink."),
  field<&Interface::mtu>("mtu", Role::attribute, "Largest packet; only from netlink.", Unit::bytes),
  field<&Interface::kind>("kind", Role::attribute, "Driver kind of a virtual device (veth, bridge, vlan)."),
  field<&Interface::master>("master", Role::attribute, "Bridge or bond it is part of."),
  field<&Interface::qdisc>("qdisc", Role::attribute, "Queueing discipline."),
  field<&Interface::txqlen>("txqlen", Role::attribute, "Length of the transmit queue.", Unit::packets),
  field<&Interface::carrier_changes>("carrier_changes", Role::counter, "Times the carrier came or went.", Unit::count),
  field<&Interface::speed>("speed", Role::attribute,
                           "Speed of the link in Mbit/s, where its driver tells (ethtool netlink, Linux 5.6)."),
  field<&Interface::duplex>("duplex", Role::attribute,
                            "Half sends or receives, full does both at once; where its driver tells, as speed."),
  field<&Interface::rx_bytes>("rx_bytes", Role::counter, "Bytes received.", Unit::bytes),
  field<&Interface::rx_packets>("rx_packets", Role::counter, "Packets received.", Unit::packets),
  field<&Interface::rx_errors>("rx_errors", Role::counter, "Packets received with errors.", Unit::packets),
  field<&Interface::rx_dropped>("rx_dropped", Role::counter,
                                "Received packets dropped by the kernel; /proc/net/dev adds rx_missed_errors.",
                                Unit::packets),
  field<&Interface::rx_missed_errors>("rx_missed_errors", Role::counter, "Packets the device dropped for want of room.",
                                      Unit::packets),
  field<&Interface::rx_fifo_errors>("rx_fifo_errors", Role::counter, "Receive overruns.", Unit::packets),
  field<&Interface::rx_length_errors>("rx_length_errors", Role::counter, "Packets of an invalid length.",
                                      Unit::packets),
  field<&Interface::rx_over_errors>("rx_over_errors", Role::counter, "Packets larger than the receive ring.",
                                    Unit::packets),
  field<&Interface::rx_crc_errors>("rx_crc_errors", Role::counter, "Packets with a wrong checksum.", Unit::packets),
  field<&Interface::rx_frame_errors>("rx_frame_errors", Role::counter, "Packets with a framing error.", Unit::packets),
  field<&Interface::rx_compressed>("rx_compressed", Role::counter, "Compressed packets received.", Unit::packets),
  field<&Interface::rx_nohandler>("rx_nohandler", Role::counter, "Packets for which no protocol was there.",
                                  Unit::packets),
  field<&Interface::multicast>("multicast", Role::counter, "Multicast packets received.", Unit::packets),
  field<&Interface::tx_bytes>("tx_bytes", Role::counter, "Bytes sent.", Unit::bytes),
  field<&Interface::tx_packets>("tx_packets", Role::counter, "Packets sent.", Unit::packets),
  field<&Interface::tx_errors>("tx_errors", Role::counter, "Packets that could not be sent.", Unit::packets),
  field<&Interface::tx_dropped>("tx_dropped", Role::counter, "Packets dropped before sending.", Unit::packets),
  field<&Interface::tx_fifo_errors>("tx_fifo_errors", Role::counter, "Send underruns.", Unit::packets),
  field<&Interface::collisions>("collisions", Role::counter, "Collisions while sending.", Unit::packets),
  field<&Interface::tx_aborted_errors>("tx_aborted_errors", Role::counter, "Sending aborted.", Unit::packets),
  field<&Interface::tx_carrier_errors>("tx_carrier_errors", Role::counter, "Carrier lost while sending.",
                                       Unit::packets),
  field<&Interface::tx_heartbeat_errors>("tx_heartbeat_errors", Role::counter, "Heartbeat errors.", Unit::packets),
  field<&Interface::tx_window_errors>("tx_window_errors", Role::counter, "Late collisions.", Unit::packets),
  field<&Interface::tx_compressed>("tx_compressed", Role::counter, "Compressed packets sent.", Unit::packets),
  field<&Interface::rx_otherhost_dropped>("rx_otherhost_dropped", Role::counter,
                                          "Packets for another host, dropped by a promiscuous device; Linux 5.19.",
                                          Unit::packets),
  field<&Interface::altnames>("altnames", Role::attribute, "Its other names, separated by blanks; only from netlink."),
  field<&Interface::link_index>("link_index", Role::attribute,
                                "Index of the device below a vlan or tunnel, or of a veth's other end."),
  field<&Interface::link_netnsid>("link_netnsid", Role::attribute,
                                  "Where link_index is, as this namespace numbers others; null for its own."),
  field<&Interface::group>("group", Role::attribute, "Group of interfaces that it is in; only from netlink."),
  field<&Interface::link_mode>("link_mode", Role::attribute, "How its operational state follows the carrier."));

} // namespace hindstat
