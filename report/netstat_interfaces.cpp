// SPDX-License-Identifier: MIT
// Interfaces as net-tools 2.10 prints them with -i:
//   eth0             1400      497      0      0 0           309      0      0      0 BMRU
// and with -ie, as ifconfig does. The counters are those of /proc/net/dev (net/core/net-procfs.c), which adds some up.
#include "report/netstat_interfaces.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/statuses.h"
#include "tables/address.h"
#include "tables/format.h"
#include "tables/interface.h"

namespace hindstat {

namespace {

using Count = std::optional<std::uint64_t>;
using InterfaceAddresses = std::map<std::pair<std::string, std::string>, std::vector<Address>>;

struct FlagLetter {
  InterfaceFlag flag;
  char letter;
};

// In the order of net-tools 2.10, which has P for promiscuous and for point-to-point.
constexpr std::array flag_letters{
  FlagLetter{InterfaceFlag::allmulti, 'A'},  FlagLetter{InterfaceFlag::broadcast, 'B'},
  FlagLetter{InterfaceFlag::debug, 'D'},     FlagLetter{InterfaceFlag::loopback, 'L'},
  FlagLetter{InterfaceFlag::multicast, 'M'}, FlagLetter{InterfaceFlag::dynamic, 'd'},
  FlagLetter{InterfaceFlag::promisc, 'P'},   FlagLetter{InterfaceFlag::notrailers, 'N'},
  FlagLetter{InterfaceFlag::noarp, 'O'},     FlagLetter{InterfaceFlag::pointopoint, 'P'},
  FlagLetter{InterfaceFlag::slave, 's'},     FlagLetter{InterfaceFlag::master, 'm'},
  FlagLetter{InterfaceFlag::running, 'R'},   FlagLetter{InterfaceFlag::up, 'U'},
};

// The flags that the old ioctl tells: ifconfig shows these and no others.
constexpr std::uint32_t ioctl_flags = 0xffff;

bool has_flag(const Interface& interface, InterfaceFlag flag) {
  return interface.flags && interface.flags->has(flag);
}

std::string format_letters(const Interface& interface) {
  if (!interface.flags) {
    return "-";
  }
  std::string letters;
  for (const FlagLetter& known : flag_letters) {
    if (interface.flags->has(known.flag)) {
      letters += known.letter;
    }
  }
  return letters.empty() ? "[NO FLAGS]" : letters;
}

template <typename Value>
std::string format_optional(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

// What is missing makes the sum unknown.
Count sum_of(std::initializer_list<Count> parts) {
  std::uint64_t sum = 0;
  for (const Count& part : parts) {
    if (!part) {
      return std::nullopt;
    }
    sum += *part;
  }
  return sum;
}

Count received_drops(const Interface& interface) {
  return sum_of({interface.rx_dropped, interface.rx_missed_errors});
}

std::string format_line(const Interface& interface) {
  return fmt::format("{:<15} {:>5} {:>8} {:>6} {:>6} {:<6} {:>8} {:>6} {:>6} {:>6} {}\n",
                     escape_terminal(interface.name), format_optional(interface.mtu), interface.rx_packets,
                     interface.rx_errors, format_optional(received_drops(interface)),
                     format_optional(interface.rx_fifo_errors), interface.tx_packets, interface.tx_errors,
                     interface.tx_dropped, interface.tx_fifo_errors, format_letters(interface));
}

// ifconfig goes on to the next unit beyond 1024, not at it, and cuts after one digit.
std::string format_bytes(const Count& count) {
  if (!count) {
    return "-";
  }
  const std::uint64_t bytes = *count;
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  constexpr unsigned bits_of_unit = 10;
  std::size_t unit = 0;
  while (unit + 1 < units.size() && bytes > (std::uint64_t{1} << (bits_of_unit * (unit + 1)))) {
    ++unit;
  }
  const unsigned shift = bits_of_unit * static_cast<unsigned>(unit);
  const std::uint64_t rest = unit == 0 ? 0 : (bytes >> (shift - bits_of_unit)) & 1023U;
  return fmt::format("{} ({}.{} {})", bytes, bytes >> shift, rest * 10 / 1024, units[unit]);
}

std::string format_netmask(unsigned prefix_length) {
  std::array<std::uint8_t, 4> bytes{};
  for (unsigned bit = 0; bit < std::min(prefix_length, 32U); ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (0x80U >> (bit % 8)));
  }
  return format_ip_address(IpAddress::v4(bytes));
}

std::string_view scope_of(const IpAddress& address) {
  const std::string_view bytes = address.bytes();
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  if (first == 0xfe && (second & 0xc0U) == 0x80) {
    return "0x20<link>";
  }
  if (first == 0xfe && (second & 0xc0U) == 0xc0) {
    return "0x40<site>";
  }
  return bytes == std::string(15, '\0') + '\1' ? "0x10<host>" : "0x0<global>";
}

std::string format_address(const Interface& interface, const Address& address) {
  if (address.address.is_v6()) {
    return fmt::format("        inet6 {}  prefixlen {}  scopeid {}\n", format_ip_address(address.address),
                       address.prefix_length, scope_of(address.address));
  }
  std::string line = fmt::format("        inet {}  netmask {}", format_ip_address(address.address),
                                 format_netmask(address.prefix_length));
  if (has_flag(interface, InterfaceFlag::broadcast)) {
    line += fmt::format("  broadcast {}", format_ip_address(address.broadcast.value_or(IpAddress())));
  }
  if (has_flag(interface, InterfaceFlag::pointopoint)) {
    line += fmt::format("  destination {}", format_ip_address(address.peer.value_or(address.address)));
  }
  return line + '\n';
}

std::string format_flags(const Interface& interface) {
  if (!interface.flags) {
    return "-";
  }
  const std::uint32_t bits = interface.flags->bits & ioctl_flags;
  std::string names;
  for (const ValueName& flag : NamesOf<InterfaceFlag>::values) {
    if ((bits & flag.value) != 0) {
      names += (names.empty() ? "" : ",") + std::string(flag.name);
    }
  }
  return fmt::format("{}<{}>", bits, names);
}

std::string format_link(const Interface& interface) {
  const std::string queue = format_optional(interface.txqlen);
  if (has_flag(interface, InterfaceFlag::loopback)) {
    return fmt::format("        loop  txqueuelen {}  (Local Loopback)\n", queue);
  }
  if (interface.mac) {
    return fmt::format("        ether {}  txqueuelen {}  (Ethernet)\n", format_mac_address(*interface.mac), queue);
  }
  return fmt::format("        unspec  txqueuelen {}  (UNSPEC)\n", queue);
}

void add_word(std::string& line, std::string_view name, const std::string& value) {
  line += fmt::format("{}{} {}", line.empty() ? "" : "  ", name, value);
}

template <typename Value>
void add_word(std::string& line, std::string_view name, const std::optional<Value>& value) {
  if constexpr (std::is_same_v<Value, std::string>) {
    if (value) {
      add_word(line, name, escape_terminal(*value));
    }
  } else {
    if (value) {
      add_word(line, name, fmt::format("{}", *value));
    }
  }
}

// What ifconfig does not print, in its manner; a line without anything to say is left out.
std::string format_details(const Interface& interface) {
  std::string link;
  add_word(link, "index", interface.ifindex != 0 ? fmt::format("{}", interface.ifindex) : "-");
  if (interface.operstate) {
    add_word(link, "state", format_enum(NamesOf<OperState>::values, static_cast<std::uint64_t>(*interface.operstate)));
  }
  add_word(link, "kind", interface.kind);
  add_word(link, "master", interface.master);
  add_word(link, "link", interface.link_index);
  add_word(link, "link-netnsid", interface.link_netnsid);
  add_word(link, "qdisc", interface.qdisc);
  add_word(link, "group", interface.group);
  add_word(link, "carrier-changes", interface.carrier_changes);
  std::string received;
  add_word(received, "length", interface.rx_length_errors);
  add_word(received, "over", interface.rx_over_errors);
  add_word(received, "crc", interface.rx_crc_errors);
  add_word(received, "frame", interface.rx_frame_errors);
  add_word(received, "missed", interface.rx_missed_errors);
  add_word(received, "nohandler", interface.rx_nohandler);
  add_word(received, "otherhost", interface.rx_otherhost_dropped);
  add_word(received, "multicast", interface.multicast);
  add_word(received, "compressed", interface.rx_compressed);
  std::string sent;
  add_word(sent, "aborted", interface.tx_aborted_errors);
  add_word(sent, "carrier", interface.tx_carrier_errors);
  add_word(sent, "heartbeat", interface.tx_heartbeat_errors);
  add_word(sent, "window", interface.tx_window_errors);
  add_word(sent, "compressed", interface.tx_compressed);
  std::string out = fmt::format("        {}\n", link);
  out += interface.altnames ? fmt::format("        altnames {}\n", escape_terminal(*interface.altnames)) : "";
  out += received.empty() ? "" : fmt::format("        RX {}\n", received);
  out += sent.empty() ? "" : fmt::format("        TX {}\n", sent);
  return out;
}

std::string format_block(const Interface& interface, const std::vector<Address>& found, bool details) {
  std::string out = fmt::format("{}: flags={}  mtu {}\n", escape_terminal(interface.name), format_flags(interface),
                                format_optional(interface.mtu));
  for (const Address& address : found) {
    out += format_address(interface, address);
  }
  const Count frame =
    sum_of({interface.rx_frame_errors, interface.rx_length_errors, interface.rx_over_errors, interface.rx_crc_errors});
  const Count carrier = sum_of({interface.tx_carrier_errors, interface.tx_aborted_errors, interface.tx_window_errors,
                                interface.tx_heartbeat_errors});
  out += format_link(interface);
  out += fmt::format("        RX packets {}  bytes {}\n", interface.rx_packets, format_bytes(interface.rx_bytes));
  out += fmt::format("        RX errors {}  dropped {}  overruns {}  frame {}\n", interface.rx_errors,
                     format_optional(received_drops(interface)), format_optional(interface.rx_fifo_errors),
                     format_optional(frame));
  out += fmt::format("        TX packets {}  bytes {}\n", interface.tx_packets, format_bytes(interface.tx_bytes));
  out += fmt::format("        TX errors {}  dropped {} overruns {}  carrier {}  collisions {}\n", interface.tx_errors,
                     interface.tx_dropped, interface.tx_fifo_errors, format_optional(carrier), interface.collisions);
  return out + (details ? format_details(interface) : "") + '\n';
}

// IPv4 before IPv6; the primary addresses of an interface before its secondary ones.
InterfaceAddresses interface_addresses(const Snapshot& snapshot) {
  InterfaceAddresses found;
  if (const Table* table = snapshot.find_table(addresses.name())) {
    for (std::size_t i = 0; i < table->size(); ++i) {
      Address address = addresses.row(*table, i);
      found[{address.netns, address.interface}].push_back(std::move(address));
    }
  }
  for (auto& [key, list] : found) {
    std::ranges::sort(list, {}, [](const Address& address) {
      const bool is_secondary = address.address.is_v4() && address.flags && address.flags->has(AddressFlag::secondary);
      return std::tuple(address.address.is_v6(), is_secondary, address.address, address.prefix_length);
    });
  }
  return found;
}

} // namespace

std::vector<std::uint32_t> select_interfaces(const Table& table, const InterfaceView& view) {
  std::vector<std::tuple<std::string, std::string, std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const Interface interface = interfaces.row(table, i);
    if (view.all || !interface.flags || interface.flags->has(InterfaceFlag::up)) {
      found.emplace_back(interface.netns, interface.name, i);
    }
  }
  std::ranges::sort(found);
  std::vector<std::uint32_t> rows;
  rows.reserve(found.size());
  for (const auto& key : found) {
    rows.push_back(std::get<std::uint32_t>(key));
  }
  return rows;
}

std::string format_interfaces(const Snapshot& snapshot, const InterfaceView& view) {
  const Table* table = snapshot.find_table(interfaces.name());
  const std::vector<std::uint32_t> rows =
    table != nullptr ? select_interfaces(*table, view) : std::vector<std::uint32_t>();
  InterfaceAddresses found = view.extend ? interface_addresses(snapshot) : InterfaceAddresses();
  std::string out;
  for (const Capture& capture : captures_of(snapshot, interfaces.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    out += "Kernel Interface table";
    out += capture.netns.empty() ? "\n" : fmt::format(" of network namespace {}\n", escape_terminal(capture.netns));
    if (!view.extend) {
      out += "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n";
    }
    for (const std::uint32_t row : rows) {
      const Interface interface = interfaces.row(*table, row);
      if (interface.netns == capture.netns) {
        out += view.extend ? format_block(interface, found[{interface.netns, interface.name}], view.details)
                           : format_line(interface);
      }
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", interfaces.name()) : out;
}

} // namespace hindstat
