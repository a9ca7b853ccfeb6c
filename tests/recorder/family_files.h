// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tests/recorder/fake_system.h"

namespace hindstat::test {

// Made from the kernel's own printf formats, as proc_net_families_test.cpp says.

inline const std::string ax25_file =
  "c5a1b000 ax0 G4KLX-1 GB7BPQ-2,GB7CIP*,GB7XYZ 3 5 2 5 0 10 0 3 120 300 0 1200 0 10 5 2 256 3 12 4711\n"
  "c5a1b100 ??? G4KLX-9* GB7BPQ-3 4 0 0 0 0 10 0 3 0 300 0 1200 0 10 5 2 256 * * *\n"
  "c5a1b200 ax0 G4KLX-9 * 0 0 0 0 0 10 0 3 0 300 0 1200 0 10 5 2 256 0 0 4712\n";

inline const std::string netrom_file =
  "user_addr dest_node src_node  dev    my  your  st  vs  vr  va    t1     t2     t4      idle   n2  wnd Snd-Q Rcv-Q "
  "inode\n"
  "G4KLX-1   GB7BPQ-2  GB7CIP    nr0  01/02 03/04  1   5   2   5   0/120  0/05   0/180   0/015  0/03   4     3    12 "
  "4713\n"
  "*         *         GB7CIP    nr0  00/00 00/00  0   0   0   0   0/120  0/05   0/180   0/015  0/03   4     0     0 "
  "4714\n";

inline const std::string rose_file =
  "dest_addr  dest_call src_addr   src_call  dev   lci neigh st vs vr va   t  t1  t2  t3  hb    idle Snd-Q Rcv-Q "
  "inode\n"
  "2080175524 GB7BPQ-2  2080175520 G4KLX-1   rose0 0A1 00001  3  5  2  5   0 200   5 180   5   0/000     0    12 "
  "4715\n"
  "*          *         2080175520 ?????"
  "?-?  rose0 000 00000  0  0  0  0   0 200   5 180   5   0/000     0     0 4716\n";

inline const std::string x25_file =
  "dest_addr  src_addr   dev   lci st vs vr va   t  t2 t21 t22 t23 Snd-Q Rcv-Q inode\n"
  "31211234   31219876   x25tap0 00A  3  5  2  5   0   3 200 180 180     0    12 4717\n"
  "*          31219876   ???   000  0  0  0  0   0   3 200 180 180     0     0 4718\n";

inline const std::string ipx_file =
  "Local_Address               Remote_Address              Tx_Queue  Rx_Queue  State  Uid\n"
  "00001234:000000000001:4003  00005678:00AABBCCDDEE:0451  00000000  00000010  01     000\n"
  "00001234:000000000001:4004  Not_Connected               00000000  00000000  07     1000\n";

inline const std::string ddp_file = "Type Local_addr  Remote_addr Tx_queue Rx_queue St UID\n"
                                    "02   FF00:01:80  0000:00:00  00000000:00000010 07 0\n";

inline const std::string l2cap_file = "00:1a:7d:da:71:13 (1) ac:de:48:00:11:22 (2) 1 25 0x0041 0x0043 672 1024 2 3\n"
                                      "00:00:00:00:00:00 (0) 00:00:00:00:00:00 (0) 4 1 0x0000 0x0000 672 0 1 0\n";

inline const std::string rfcomm_file = "00:1A:7D:DA:71:13 00:00:00:00:00:00 4 3\n";

/// The first line, or the first below a heading of `lines_above` lines.
inline std::string first_line(const std::string& text, int lines_above) {
  std::size_t begin = 0;
  for (int i = 0; i < lines_above; ++i) {
    begin = text.find('\n', begin) + 1;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// A kernel that has all of these.
class WithFamilies : public FakeSystem {
public:
  WithFamilies() {
    files["/proc/net/ax25"] = {0, ax25_file};
    files["/proc/net/nr"] = {0, netrom_file};
    files["/proc/net/rose"] = {0, rose_file};
    files["/proc/net/x25/socket"] = {0, x25_file};
    files["/proc/net/x25/route"] = {0, "Address          Digits  Device\n31210000         4       x25tap0\n"};
    files["/proc/net/ipx/socket"] = {0, ipx_file};
    files["/proc/net/ipx/route"] = {0, "Network    Router_Net   Router_Node\n"
                                       "00001234   Directly     Connected\n"
                                       "00005678   00001234     00AABBCCDDEE\n"};
    files["/proc/net/atalk/socket"] = {0, ddp_file};
    files["/proc/net/atalk/route"] = {0, "Target        Router  Flags Dev\n"
                                         "FF00:01     0000:00  1     eth0\n"
                                         "0002:00     FF00:05  3     eth0\n"};
    files["/sys/kernel/debug/bluetooth/l2cap"] = {0, l2cap_file};
    files["/sys/kernel/debug/bluetooth/rfcomm"] = {0, rfcomm_file};
    files["/proc/net/l2cap"] = {0, "sk               RefCnt Rmem   Wmem   User   Inode  Parent\n"
                                   "0000000016a8586d 2      0      0      1000   4720   0     \n"};
    owners.sockets = {{4711, 812, 7}, {4720, 900, 3}};
  }
};

} // namespace hindstat::test
