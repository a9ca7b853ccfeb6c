// SPDX-License-Identifier: MIT
// The expected lines are those that net-tools 2.10 prints of the same files (live/netstat_families_test.py runs it);
// those of Bluetooth are from the formats of its source, as Debian's netstat is built without.
#include "report/netstat_families.h"

#include <catch2/catch.hpp>

#include "recorder/recorder.h"
#include "report/netstat_other_routes.h"
#include "report/view.h"
#include "tests/recorder/family_files.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

Snapshot family_snapshot() {
  return record_snapshot(test::WithFamilies(), {});
}

std::string shown(OtherFamily family, FamilyView view = {}) {
  view.families = {family};
  return format_other_sockets(family_snapshot(), view);
}

Snapshot of_ss(std::vector<OtherSocket> rows, const std::string& coverage) {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, other_sockets, rows);
  snapshot.captures.back().coverage = coverage;
  return snapshot;
}

const std::string ax25_text = "Active AX.25 sockets\n"
                              "Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q\n"
                              "*          G4KLX-9    ax0     LISTENING    000/000  0       0     \n"
                              "GB7BPQ-2   G4KLX-1    ax0     ESTABLISHED  002/005  3       12    \n"
                              "GB7BPQ-3   G4KLX-9    ???     RECOVERY     000/000  0       0     \n";

} // namespace

TEST_CASE("AX.25, NET/ROM, ROSE and X.25 sockets are printed as netstat prints them", "[report]") {
  CHECK(shown(OtherFamily::ax25) == ax25_text);
  CHECK(shown(OtherFamily::netrom)
        == "Active NET/ROM sockets\n"
           "User       Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q\n"
           "*          *          GB7CIP     nr0     LISTENING    000/000  0       0     \n"
           "G4KLX-1    GB7BPQ-2   GB7CIP     nr0     CONN SENT    002/005  3       12    \n");
  CHECK(shown(OtherFamily::rose)
        == "Active ROSE sockets\n"
           "dest_addr   dest_call  src_addr    src_call  dev   lci neigh   state\n"
           "*           *          2080175520  ?????"
           "?-?  rose0   0     0   LISTENING\n"
           "2080175524  GB7BPQ-2   2080175520  G4KLX-1   rose0 161     1   ESTABLISHED\n");
  const std::string connected = "31211234        31219876        x25tap0 10   ESTABLISHED  02/05  0       12    \n";
  const std::string heading = "Active X.25 sockets\n"
                              "Dest         Source          Device  LCI  State        Vr/Vs  Send-Q  Recv-Q\n";
  CHECK(shown(OtherFamily::x25) == heading + connected);
  CHECK(shown(OtherFamily::x25, FamilyView{.all = true})
        == heading + "*               31219876        ???     0    LISTENING    00/00  0       0     \n" + connected);
}

TEST_CASE("IPX and AppleTalk sockets are printed with queues and ports the right way round", "[report]") {
  CHECK(shown(OtherFamily::ipx)
        == "Active IPX sockets\n"
           "Proto Recv-Q Send-Q Local Address              Foreign Address            State\n"
           "IPX       16      0 00001234:000000000001:4003 00005678:00AABBCCDDEE:0451 ESTAB\n"
           "IPX        0      0 00001234:000000000001:4004 -                               \n");
  CHECK(shown(OtherFamily::ipx, FamilyView{.extend = true}).find("-" + std::string(32, ' ') + "1000")
        != std::string::npos);
  CHECK(shown(OtherFamily::ddp).find("DDP       16      0 FF00:01:128 ") != std::string::npos);
}

TEST_CASE("Bluetooth sockets stand under one title, listening ones only with -a or -l", "[report]") {
  FamilyView view{.families = {OtherFamily::rfcomm, OtherFamily::l2cap}, .all = true};
  const std::string l2cap_heading =
    "Proto  Destination       Source            State         PSM DCID   SCID      IMTU    OMTU Security\n";
  const std::string peer =
    "l2cap  ac:de:48:00:11:22 00:1a:7d:da:71:13 CONNECTED      25 0x0043 0x0041     672    1024 MEDIUM \n";
  const std::string listener =
    "l2cap  *                 *                 LISTEN          1 0x0000 0x0000     672       0 LOW    \n";
  const std::string rfcomm_heading = "Proto  Destination       Source            State     Channel\n";
  const std::string rfcomm = "rfcomm *                 00:1a:7d:da:71:13 LISTEN          3\n";
  CHECK(format_other_sockets(family_snapshot(), view)
        == "Active Bluetooth connections (servers and established)\n" + l2cap_heading + listener + peer + rfcomm_heading
             + rfcomm);
  view.all = false;
  CHECK(format_other_sockets(family_snapshot(), view)
        == "Active Bluetooth connections (w/o servers)\n" + l2cap_heading + peer + rfcomm_heading);
  view.listening = true;
  CHECK(format_other_sockets(family_snapshot(), view)
        == "Active Bluetooth connections (only servers)\n" + l2cap_heading + listener + rfcomm_heading + rfcomm);
}

TEST_CASE("programs stand behind the sockets whose inode is known", "[report]") {
  const std::string text = shown(OtherFamily::ax25, FamilyView{.programs = true});
  CHECK(text.find("Recv-Q PID/Program name    \n") != std::string::npos);
  CHECK(text.find("ESTABLISHED  002/005  3       12     812/?  ") != std::string::npos);
}

TEST_CASE("vsock, XDP, TIPC and SMC are printed in the manner of ss", "[report]") {
  OtherSocket listener;
  listener.local_port = 1024;
  listener.state = OtherState::listen;
  OtherSocket stream = listener;
  stream.local_address = "2";
  stream.remote_address = "42";
  stream.remote_port = 5000;
  stream.state = OtherState::established;
  OtherSocket queue;
  queue.family = OtherFamily::xdp;
  queue.local_address = "eth0";
  queue.local_port = 3;
  queue.recv_queue = 64;
  OtherSocket smc;
  smc.family = OtherFamily::smc;
  smc.local_address = "fd77:1::2";
  smc.local_port = 443;
  smc.state = OtherState::smc_app_close_wait1;
  const Snapshot snapshot =
    of_ss({listener, stream, queue, smc}, "vsock=netlink xdp=netlink smc=netlink owners=complete");
  FamilyView view{.families = {OtherFamily::vsock}, .all = true};
  const std::string heading = "Netid State       Recv-Q Send-Q Local Address:Port      Peer Address:Port      \n";
  CHECK(format_other_sockets(snapshot, view)
        == "Active vsock sockets (servers and established)\n" + heading
             + "vsock LISTEN           0      0 *:1024                  *:*                    \n"
               "vsock ESTAB            0      0 2:1024                  42:5000                \n");
  view = {.families = {OtherFamily::xdp, OtherFamily::smc, OtherFamily::tipc}};
  CHECK(format_other_sockets(snapshot, view)
        == "Active XDP sockets (w/o servers)\n" + heading
             + "xdp   UNCONN          64      0 eth0:q3                 *:*                    \n"
               "tipc: not collected: absent\n"
               "Active SMC sockets (w/o servers)\n"
             + heading + "smc   APPCLOSEWAIT1      0      0 [fd77:1::2]:443         *:*                    \n");
}

TEST_CASE("without a family those of netstat are shown where the kernel had them, else nothing is said", "[report]") {
  const std::string all = format_other_sockets(family_snapshot(), FamilyView{.all = true});
  std::vector<std::size_t> places;
  for (const char* title :
       {"Active IPX", "Active AX.25", "Active X.25", "Active NET/ROM", "Active ROSE", "Active Bluetooth"}) {
    places.push_back(all.find(title));
  }
  CHECK(std::ranges::is_sorted(places));
  CHECK(places.back() != std::string::npos);
  CHECK(all.find("AppleTalk") == std::string::npos);
  CHECK(format_other_sockets(record_snapshot(test::FakeSystem(), {}), FamilyView{}).empty());
  CHECK(format_other_sockets(empty_snapshot(), FamilyView{}).empty());
}

TEST_CASE("a family that was asked for and is not there says so", "[report]") {
  const FamilyView view{.families = {OtherFamily::ax25}};
  CHECK(format_other_sockets(record_snapshot(test::FakeSystem(), {}), view)
        == "other_socket: not collected: absent: neither sock_diag nor /proc/net has any of its families: "
           "No such file or directory\n");
  CHECK(format_other_sockets(empty_snapshot(), view) == "other_socket: not collected: not in this snapshot\n");
  Snapshot denied = of_ss({}, "ax25=denied vsock=netlink");
  CHECK(format_other_sockets(denied, view) == "ax25: not collected: denied\n");
  CHECK(format_other_sockets(denied, FamilyView{}) == "ax25: not collected: denied\n");
}

TEST_CASE("names of interfaces and addresses of other families are terminal-safe", "[report]") {
  OtherSocket hostile;
  hostile.family = OtherFamily::ax25;
  hostile.local_address = "\x1b[2J";
  hostile.interface = "\n";
  const std::string text =
    format_other_sockets(of_ss({hostile}, "ax25=proc"), FamilyView{.families = {OtherFamily::ax25}});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(std::ranges::count(text, '\n') == 3);
}

TEST_CASE("routes of IPX, AppleTalk and X.25 are printed as netstat -r -A prints them", "[report]") {
  const auto routes_of = [](std::vector<OtherRouteFamily> families) {
    return format_other_routes(family_snapshot(), OtherRouteView{std::move(families)});
  };
  CHECK(routes_of({OtherRouteFamily::ipx})
        == "Kernel IPX routing table\n"
           "Destination               Router Net                Router Node\n"
           "00001234                  Directly                  Connected                \n"
           "00005678                  00001234                  00AABBCCDDEE             \n");
  CHECK(routes_of({OtherRouteFamily::ddp})
        == "Destination     Gateway         Device          Flags\n"
           "0002:00         FF00:05         eth0            UG\n"
           "FF00:01         0000:00         eth0            U\n");
  CHECK(routes_of({OtherRouteFamily::x25})
        == "Kernel X.25 routing table\n"
           "Address          Digits  Device\n"
           "31210000         4       x25tap0\n");
  CHECK(format_other_routes(empty_snapshot(), {}) == "other_route: not collected: not in this snapshot\n");
  test::FakeSystem only_ipx;
  only_ipx.files["/proc/net/ipx/route"] = {0, "Network    Router_Net   Router_Node\n"};
  CHECK(format_other_routes(record_snapshot(only_ipx, {}), OtherRouteView{{OtherRouteFamily::ddp}})
        == "routes of ddp: not collected: absent\n");
}

TEST_CASE("the default listing has other families below the unix sockets", "[report]") {
  Snapshot snapshot = family_snapshot();
  ViewOptions options;
  options.sockets.all = true;
  CHECK(format_view(snapshot, options).find(ax25_text) != std::string::npos);
  options.sockets.tcp = true;
  CHECK(format_view(snapshot, options).find("AX.25") == std::string::npos);
  ViewOptions only;
  only.families = {"ax25"};
  CHECK(format_view(snapshot, check_view(only)) == ax25_text);
  CHECK(select_rows(*snapshot.find_table("other_socket"), check_view(only)).size() == 3);
}

} // namespace hindstat
