// SPDX-License-Identifier: MIT
// The expected lines are those of net-tools 2.10 (`netstat -i`, `netstat -ie`) for devices that were really there.
#include "report/netstat_interfaces.h"

#include <catch2/catch.hpp>
#include <string>

#include "tables/address.h"
#include "tables/interface.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

Interface interface_with(const char* name, std::uint32_t flags, std::uint32_t mtu) {
  Interface made;
  made.name = name;
  made.flags = FlagSet<InterfaceFlag>(flags);
  made.mtu = mtu;
  made.txqlen = 1000;
  for (auto counter :
       {&Interface::rx_dropped, &Interface::rx_missed_errors, &Interface::rx_fifo_errors, &Interface::rx_length_errors,
        &Interface::rx_over_errors, &Interface::rx_crc_errors, &Interface::rx_frame_errors,
        &Interface::tx_aborted_errors, &Interface::tx_carrier_errors, &Interface::tx_heartbeat_errors,
        &Interface::tx_window_errors, &Interface::rx_bytes, &Interface::tx_bytes}) {
    made.*counter = 0;
  }
  return made;
}

Address address_of(const char* interface, const char* address, std::uint8_t prefix_length) {
  Address made;
  made.interface = interface;
  made.address = parse_ip_address(address).value();
  made.prefix_length = prefix_length;
  return made;
}

Interface client() {
  Interface made = interface_with("c0", 0x11043, 1500);
  made.mac = MacAddress{0x6a0ab56f73d1};
  made.rx_packets = 105;
  made.rx_bytes = 10377;
  made.tx_packets = 170;
  made.tx_bytes = 31840;
  return made;
}

Snapshot lab_snapshot() {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, interfaces, {interface_with("lo", 0x10049, 65536), client(), interface_with("ifb0", 0x82, 1500)});
  Address secondary = address_of("c0", "10.77.1.22", 24);
  secondary.flags.emplace().set(AddressFlag::secondary);
  add_table(snapshot, addresses,
            {address_of("c0", "fe80::2", 64), secondary, address_of("c0", "10.77.1.2", 24),
             address_of("c0", "fd77:1::2", 64), address_of("lo", "::1", 128), address_of("lo", "127.0.0.1", 8)});
  return snapshot;
}

} // namespace

TEST_CASE("interfaces are printed as netstat -i prints them, those that are down only with -a", "[report]") {
  const std::string up = "Kernel Interface table\n"
                         "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
                         "c0               1500      105      0      0 0           170      0      0      0 BMRU\n";
  const std::string lo = "lo              65536        0      0      0 0             0      0      0      0 LRU\n";
  CHECK(format_interfaces(lab_snapshot(), InterfaceView{}) == up + lo);
  CHECK(format_interfaces(lab_snapshot(), InterfaceView{.all = true})
        == up + "ifb0             1500        0      0      0 0             0      0      0      0 BO\n" + lo);
}

TEST_CASE("interfaces are printed as netstat -ie prints them, with all their addresses", "[report]") {
  CHECK(format_interfaces(lab_snapshot(), InterfaceView{.extend = true})
        == "Kernel Interface table\n"
           "c0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
           "        inet 10.77.1.2  netmask 255.255.255.0  broadcast 0.0.0.0\n"
           "        inet 10.77.1.22  netmask 255.255.255.0  broadcast 0.0.0.0\n"
           "        inet6 fd77:1::2  prefixlen 64  scopeid 0x0<global>\n"
           "        inet6 fe80::2  prefixlen 64  scopeid 0x20<link>\n"
           "        ether 6a:0a:b5:6f:73:d1  txqueuelen 1000  (Ethernet)\n"
           "        RX packets 105  bytes 10377 (10.1 KiB)\n"
           "        RX errors 0  dropped 0  overruns 0  frame 0\n"
           "        TX packets 170  bytes 31840 (31.0 KiB)\n"
           "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n"
           "\n"
           "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n"
           "        inet 127.0.0.1  netmask 255.0.0.0\n"
           "        inet6 ::1  prefixlen 128  scopeid 0x10<host>\n"
           "        loop  txqueuelen 1000  (Local Loopback)\n"
           "        RX packets 0  bytes 0 (0.0 B)\n"
           "        RX errors 0  dropped 0  overruns 0  frame 0\n"
           "        TX packets 0  bytes 0 (0.0 B)\n"
           "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n"
           "\n");
}

TEST_CASE("a point-to-point interface shows the other end", "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, interfaces, {interface_with("tun9", 0x1091, 1500)});
  Address address = address_of("tun9", "10.9.0.1", 32);
  address.peer = parse_ip_address("10.9.0.2");
  add_table(snapshot, addresses, {address});
  const std::string text = format_interfaces(snapshot, InterfaceView{.extend = true});
  CHECK(text.find("tun9: flags=4241<UP,POINTOPOINT,NOARP,MULTICAST>  mtu 1500\n"
                  "        inet 10.9.0.1  netmask 255.255.255.255  destination 10.9.0.2\n")
        != std::string::npos);
  CHECK(format_interfaces(snapshot, InterfaceView{}).find(" MOPU\n") != std::string::npos);
}

TEST_CASE("the counters of interfaces are the sums of /proc/net/dev", "[report]") {
  Interface row = interface_with("eth0", 0x41, 1500);
  row.rx_errors = 12;
  row.rx_dropped = 10;
  row.rx_missed_errors = 3;
  row.rx_fifo_errors = 14;
  row.rx_frame_errors = 1;
  row.rx_length_errors = 2;
  row.rx_over_errors = 4;
  row.rx_crc_errors = 8;
  row.tx_errors = 23;
  row.tx_dropped = 24;
  row.tx_fifo_errors = 25;
  row.collisions = 26;
  row.tx_carrier_errors = 20;
  row.tx_aborted_errors = 4;
  row.tx_window_errors = 2;
  row.tx_heartbeat_errors = 1;
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, interfaces, {row});
  CHECK(format_interfaces(snapshot, InterfaceView{}).find("     12     13 14 ") != std::string::npos);
  const std::string text = format_interfaces(snapshot, InterfaceView{.extend = true});
  CHECK(text.find("RX errors 12  dropped 13  overruns 14  frame 15\n") != std::string::npos);
  CHECK(text.find("TX errors 23  dropped 24 overruns 25  carrier 27  collisions 26\n") != std::string::npos);
}

TEST_CASE("bytes are shortened where ifconfig shortens them", "[report]") {
  const auto [bytes, text] = GENERATE(table<std::uint64_t, std::string>({
    {1023, "bytes 1023 (1023.0 B)"},
    {1024, "bytes 1024 (1024.0 B)"},
    {1025, "bytes 1025 (1.0 KiB)"},
    {1048576, "bytes 1048576 (1024.0 KiB)"},
    {1048577, "bytes 1048577 (1.0 MiB)"},
    {19168693, "bytes 19168693 (18.2 MiB)"},
    {5000000000000, "bytes 5000000000000 (4.5 TiB)"},
    {1152921504606846977, "bytes 1152921504606846977 (1.0 EiB)"},
  }));
  Interface row = interface_with("eth0", 0x41, 1500);
  row.rx_bytes = bytes;
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, interfaces, {row});
  CHECK(format_interfaces(snapshot, InterfaceView{.extend = true}).find(text + "\n") != std::string::npos);
}

TEST_CASE("what /proc/net/dev alone does not tell about an interface is a dash", "[report]") {
  Interface row;
  row.name = "evil\x1b[2J";
  row.rx_packets = 5;
  Snapshot snapshot = empty_snapshot();
  CHECK(format_interfaces(snapshot, InterfaceView{}) == "interface: not collected: not in this snapshot\n");
  add_table(snapshot, interfaces, {row});
  CHECK(format_interfaces(snapshot, InterfaceView{})
        == "Kernel Interface table\n"
           "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
           "evil\\x1b[2J         -        5      0      - -             0      0      0      0 -\n");
  CHECK(format_interfaces(snapshot, InterfaceView{.extend = true}).find("evil\\x1b[2J: flags=-  mtu -\n")
        != std::string::npos);
}

TEST_CASE("with details each interface has what ifconfig does not know", "[report]") {
  Interface row = interface_with("eth0", 0x41, 1500);
  row.ifindex = 3;
  row.operstate = OperState::up;
  row.kind = "vlan";
  row.master = "br0";
  row.link_index = 2;
  row.link_netnsid = 0;
  row.qdisc = "noqueue";
  row.group = 7;
  row.altnames = "uplink \x1b[2J";
  row.rx_nohandler = 4;
  row.rx_otherhost_dropped = 5;
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, interfaces, {row});
  const std::string text = format_interfaces(snapshot, InterfaceView{.extend = true, .details = true});
  CHECK(text.find("        index 3  state UP  kind vlan  master br0  link 2  link-netnsid 0  qdisc noqueue  group 7\n"
                  "        altnames uplink \\x1b[2J\n")
        != std::string::npos);
  CHECK(text.find("nohandler 4  otherhost 5") != std::string::npos);
  CHECK(format_interfaces(snapshot, InterfaceView{.extend = true}).find("altnames") == std::string::npos);
}

} // namespace hindstat
