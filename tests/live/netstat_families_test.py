#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Families that few kernels have, SCTP's addresses and counters: hindstat-report prints what netstat prints.

netstat reads a made /proc in a mount namespace of its own, hindstat-record the same files as a bundle. The files are
made from the kernel's own printf formats. Where netstat 2.10 is known to be wrong it is said at the comparison.
"""
import json
import os
import pathlib
import shutil
import unittest

import lab

AX25 = """\
c5a1b000 ax0 G4KLX-1 GB7BPQ-2,GB7CIP*,GB7XYZ 3 5 2 5 0 10 0 3 120 300 0 1200 0 10 5 2 256 3 12 4711
c5a1b100 ??? G4KLX-9 GB7BPQ-3 2 0 0 0 0 10 0 3 0 300 0 1200 0 10 5 2 256 * * *
c5a1b200 ax0 G4KLX-9 * 0 0 0 0 0 10 0 3 0 300 0 1200 0 10 5 2 256 0 0 4712
c5a1b300 ax1 G4KLX-9 GB7BPQ-4 1 0 0 0 0 10 0 3 0 300 0 1200 0 10 5 2 256 1 0 4713
c5a1b400 ax1 G4KLX-9 GB7BPQ-5 4 127 126 0 0 10 0 3 0 300 0 1200 0 10 5 2 256 1 0 4714
"""

NETROM = """\
user_addr dest_node src_node  dev    my  your  st  vs  vr  va    t1     t2     t4      idle   n2  wnd Snd-Q Rcv-Q inode
G4KLX-1   GB7BPQ-2  GB7CIP    nr0  01/02 03/04  3   5   2   5   0/120  0/05   0/180   0/015  0/03   4     3    12 4713
G4KLX-2   GB7BPQ-2  GB7CIP    nr0  01/03 03/04  1   0   0   0   0/120  0/05   0/180   0/015  0/03   4     3    12 4715
G4KLX-3   GB7BPQ-2  GB7CIP    nr0  01/04 03/04  2   0   0   0   0/120  0/05   0/180   0/015  0/03   4     3    12 4716
*         *         GB7CIP    nr0  00/00 00/00  0   0   0   0   0/120  0/05   0/180   0/015  0/03   4     0     0 4714
"""

NO_CALL = "?" * 6 + "-?"
ROSE = f"""\
dest_addr  dest_call src_addr   src_call  dev   lci neigh st vs vr va   t  t1  t2  t3  hb    idle Snd-Q Rcv-Q inode
2080175524 GB7BPQ-2  2080175520 G4KLX-1   rose0 001 00001  3  5  2  5   0 200   5 180   5   0/000     0    12 4715
2080175525 GB7BPQ-2  2080175520 G4KLX-1   rose0 002 00001  1  5  2  5   0 200   5 180   5   0/000     0    12 4717
*          *         2080175520 {NO_CALL}  rose0 000 00000  0  0  0  0   0 200   5 180   5   0/000     0     0 4716
"""

X25 = """\
dest_addr  src_addr   dev   lci st vs vr va   t  t2 t21 t22 t23 Snd-Q Rcv-Q inode
31211234   31219876   x25tap0 001  3  5  2  5   0   3 200 180 180     0    12 4717
31211235   31219876   x25tap0 002  1  0  0  0   0   3 200 180 180     0    12 4719
*          31219876   ???   000  0  0  0  0   0   3 200 180 180     0     0 4718
"""

# Ports and queues that are the same from both ends, because netstat exchanges them.
IPX = """\
Local_Address               Remote_Address              Tx_Queue  Rx_Queue  State  Uid
00001234:000000000001:4040  00005678:00AABBCCDDEE:0505  00000010  00000010  01     000
00001234:000000000001:4141  Not_Connected               00000000  00000000  07     054321
"""

SCTP_ENDPOINTS = """\
 ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
d6a2b9c1 0f3e1a77 2   10  29   7046      0 21591 10.77.1.2 10.77.2.2
"""

SCTP_ASSOCIATIONS = """\
 ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS \
MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf
1c9a8f02 0f3e1a77 2   1   3  0       1       12        7       0 21593 7046  41022  *10.77.1.2 10.77.2.2 <-> \
*10.77.1.1 10.77.2.1 \t   30000    10    10   10    0    0        0        1        0   212992   212992
"""

SCTP_COUNTERS = """CurrEstab ActiveEstabs PassiveEstabs Aborteds Shutdowns OutOfBlues ChecksumErrors OutCtrlChunks
OutOrderChunks OutUnorderChunks InCtrlChunks InOrderChunks InUnorderChunks FragUsrMsgs ReasmUsrMsgs OutSCTPPacks
InSCTPPacks T1InitExpireds T1CookieExpireds T2ShutdownExpireds T3RtxExpireds T4RtoExpireds T5ShutdownGuardExpireds
DelaySackExpireds AutocloseExpireds T3Retransmits PmtudRetransmits FastRetransmits InPktSoftirq InPktBacklog
InPktDiscards InDataChunkDiscards""".split()

IPX_ROUTES = """\
Network    Router_Net   Router_Node
00005678   00001234     00AABBCCDDEE
"""

DDP_ROUTES = """\
Target        Router  Flags Dev
FF00:01     0000:00  1     eth0
0002:00     FF00:05  3     eth0
"""


class NetstatFamilies(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.bundle = pathlib.Path(self.lab.path("bundle"))
        self.store = self.lab.path("hindstat.db")
        for name, text in {
                "ax25": AX25, "nr": NETROM, "rose": ROSE, "x25": X25, "ipx/socket": IPX, "ipx_route": IPX_ROUTES,
                "atalk_route": DDP_ROUTES, "sctp/eps": SCTP_ENDPOINTS, "sctp/assocs": SCTP_ASSOCIATIONS}.items():
            self.write(name, text)
        for name in ("snmp", "netstat"):
            shutil.copy(f"/proc/net/{name}", self.bundle / "proc/net" / name)
        self.write_counters(first=1)
        self.set_uptime(5000)

    def set_uptime(self, seconds):
        (self.bundle / "proc/uptime").write_text(f"{seconds}.00 {seconds}.00\n")

    def write(self, name, text):
        path = self.bundle / "proc/net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write_counters(self, first):
        self.write("sctp/snmp", "".join(f"Sctp{name:<28}\t{first and first + i}\n"
                                        for i, name in enumerate(SCTP_COUNTERS)))

    def netstat(self, *options):
        """What netstat prints with this /proc, in a mount namespace of its own."""
        script = 'mount -t tmpfs none /proc && cp -r "$0"/proc/net /proc/net && exec netstat "$@"'
        return lab.check(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, self.bundle,
                          *options]).lines()

    def record(self):
        lab.check([lab.tool_path("hindstat-record"), "--store", self.store, "--bundle", self.bundle,
                   "--host", "made"])

    def report(self, *options):
        if not os.path.exists(self.store):
            self.record()
        result = lab.tool("hindstat-report", "--store", self.store, *options)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return result.lines()[1:]

    def assert_same_lines(self, *options, headings=2):
        """The headings in order, then the same lines in any."""
        theirs, ours = self.netstat(*options), self.report(*options)
        self.assertEqual(ours[:headings], theirs[:headings])
        self.assertEqual(sorted(ours[headings:]), sorted(theirs[headings:]))
        return len(ours) - headings

    def test_sockets_of_each_family_are_netstats_lines(self):
        for options, rows in ((("--ax25",), 5), (("-l", "--ax25"), 5), (("-A", "ax25"), 5), (("--netrom",), 4),
                              (("-a", "--netrom"), 4), (("--x25",), 2), (("-a", "--x25"), 3), (("--ipx",), 2),
                              (("-ane", "--ipx"), 2)):
            with self.subTest(options=options):
                self.assertEqual(self.assert_same_lines(*options), rows)

    def test_rose_sockets_are_netstats_lines_but_for_an_address_that_it_overwrites(self):
        # netstat reads an address of ten digits into ten bytes, and prints nothing in its place.
        theirs, ours = self.netstat("--rose"), self.report("--rose")
        self.assertEqual(ours[:2], theirs[:2])
        self.assertEqual(sorted(line[11:] for line in ours[2:]), sorted(line[11:] for line in theirs[2:]))
        self.assertIn("2080175525", "".join(ours))

    def test_without_a_family_they_follow_as_in_netstat(self):
        titles = [line for line in self.netstat("-an") if line.startswith("Active")]
        self.assertEqual([line for line in self.report("-an") if line.startswith("Active")],
                         [title for title in titles if "UNIX" not in title])
        self.assertFalse([line for line in self.report("-t") if "sockets" in line])

    def test_routes_are_netstats_lines(self):
        # Of a direct route of IPX netstat makes numbers of the words "Directly Connected": there is none here.
        self.assertEqual(self.assert_same_lines("-r", "-A", "ipx"), 1)
        self.assertEqual(self.assert_same_lines("-r", "-A", "ddp", headings=1), 2)

    def test_counters_of_sctp_are_netstats_lines(self):
        for first in (1, 0):
            self.write_counters(first)
            self.store = self.lab.path(f"counters{first}.db")
            for options in (("-s", "-S"), ("-s",), ("-s", "-S", "-t"), ("-s", "-t")):
                with self.subTest(options=options, first=first):
                    theirs, ours = self.sctp_lines(self.netstat(*options)), self.sctp_lines(self.report(*options))
                    self.assertEqual(ours, theirs)
                    self.assertEqual(len(ours) > 17, "-t" not in options or "-S" in options)

    @staticmethod
    def sctp_lines(lines):
        return lines[lines.index("Sctp:"):] if "Sctp:" in lines else []

    def test_every_address_of_sctp_is_shown(self):
        # netstat's own lines have no queues for an endpoint, and user and inode in the last line of a socket.
        addresses = lambda lines: [[w.split(":")[0] for w in line.split() if w.startswith("10.77.")] for line in lines]
        self.assertEqual(addresses(self.report("-San")[2:]), addresses(self.netstat("-San")[2:]))

    def test_the_bundles_rows_are_all_in_the_tables(self):
        self.report("-a")
        rows = lab.report_rows(self.store, tables="other_socket,other_route,protocol_counter,socket")
        self.assertEqual(len(rows.of("other_socket")), 5 + 4 + 3 + 3 + 2)
        self.assertEqual(len(rows.of("other_route")), 3)
        self.assertEqual(rows.capture("other_socket")["status"], "complete")
        self.assertEqual({row["local_addresses"] for row in rows.of("socket")}, {"*10.77.1.2 10.77.2.2"})
        self.assertEqual(sum(row["group"] == "Sctp" for row in rows.of("protocol_counter")), len(SCTP_COUNTERS))

    def test_a_connection_that_comes_and_one_that_goes_are_events(self):
        self.report("-a")
        self.set_uptime(5060)
        self.write("ax25", AX25.replace("G4KLX-1 GB7BPQ-2,GB7CIP*,GB7XYZ", "G4KLX-7 GB7BPQ-8"))
        self.record()
        result = lab.tool("hindstat-diff", "--store", self.store, "--table", "other_socket", "--json")
        events = sorted((event["ev"], event["key"]) for event in result.json_lines()
                        if event.get("table") == "other_socket")
        self.assertEqual([kind for kind, _ in events], ["row.added", "row.removed"], result)
        self.assertIn("remote_address GB7BPQ-8", events[0][1])
        self.assertIn("remote_address GB7BPQ-2", events[1][1])


class ThisKernel(unittest.TestCase):
    """What this kernel dumps of the families of ss, against ss; none where it dumps none."""

    def test_families_of_ss(self):
        made = lab.Lab()
        self.addCleanup(made.close)
        store = made.path("hindstat.db")
        lab.check([lab.tool_path("hindstat-record"), "--store", store])
        rows = lab.report_rows(store, tables="other_socket")
        told = rows.capture("other_socket")["coverage"]
        for family in ("vsock", "xdp", "tipc"):
            listed = len(lab.check(["ss", "-aH", f"--{family}"]).lines())
            recorded = sum(row["family"] == family for row in rows.of("other_socket"))
            print(f"{family}: {'dumped' if f'{family}=netlink' in told else 'not dumped'}, {recorded} recorded, "
                  f"{listed} in ss")
            self.assertEqual(recorded, listed)
            shown = lab.tool("hindstat-report", "--store", store, "-a", f"--{family}")
            self.assertEqual(shown.code, 0)
            if f"{family}=netlink" not in told:
                self.assertIn("not collected: absent", shown.out)
            else:
                self.assertEqual(len(shown.lines()) - 3, listed)


class InterfaceDetails(unittest.TestCase):
    """What ifconfig does not print, against ip -d link."""

    def test_details_are_those_of_ip(self):
        made = lab.Lab()
        self.addCleanup(made.close)
        near, far = made.namespace("near"), made.namespace("far")
        device, _ = made.join(near, far)
        near.ip("link", "property", "add", "dev", device, "altname", "uplink-with-a-long-name", "altname", "up2")
        near.ip("link", "add", "v7", "type", "veth", "peer", "name", "v8")
        near.ip("link", "set", "v7", "group", "42")
        store = made.path("hindstat.db")
        near.record(store)
        recorded = {row["name"]: row for row in lab.report_rows(store, tables="interface").of("interface")}
        told = json.loads(near.ip("-j", "-d", "link", "show").out)
        index = {row["name"]: row["ifindex"] for row in recorded.values()}
        self.assertEqual(sorted(recorded), sorted(link["ifname"] for link in told))
        for link in told:
            row = recorded[link["ifname"]]
            with self.subTest(interface=link["ifname"]):
                self.assertEqual(sorted((row["altnames"] or "").split()), sorted(link.get("altnames", [])))
                self.assertEqual(row["link_index"], link.get("link_index", index.get(link.get("link"))))
                self.assertEqual(row["link_netnsid"], link.get("link_netnsid"))
                self.assertEqual("default" if row["group"] == 0 else str(row["group"]), link["group"])
                self.assertEqual(row["link_mode"], link["linkmode"])
                self.assertEqual(row["kind"], link.get("linkinfo", {}).get("info_kind"))
                self.assertIsNotNone(row["rx_otherhost_dropped"])
        self.assertEqual(recorded["v7"]["link_index"], index["v8"])
        self.assertIsNone(recorded["v7"]["link_netnsid"])
        self.assertIsNotNone(recorded[device]["link_netnsid"])
        shown = lab.tool("hindstat-report", "--store", store, "-aiee").out
        self.assertIn("altnames uplink-with-a-long-name up2", shown)
        self.assertIn(f"kind veth  link {index['v8']}  qdisc ", shown)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("netstat", "unshare", "ss")
    lab.main()
