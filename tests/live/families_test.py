#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sockets of the further families, and tcp_info, against ss.

In a namespace with packet, netlink, MPTCP and TCP sockets of our own ss runs before and after the snapshot. What it
prints both times is what the kernel had at the moment of the snapshot: at least 95 % of ss's rows must be so, and
each of them, with every cell, must be in the snapshot; the shares are printed. Exempt are columns:

  lastsnd lastrcv lastack timer ato busy   of ss -ti: they move while nothing happens
  Process                                  ss prints the command name; the pid and the descriptor are compared
"""
import json
import os
import re
import socket
import unittest

import lab

LEAST_SHARE = 0.95
ETH_P_ALL, ETH_P_LLDP, ETH_P_IP = 3, 0x88CC, 0x0800
IPPROTO_MPTCP = 262
NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT, NETLINK_GENERIC = 0, 15, 16
# ss's words that are compared, and the columns that hold them; a time of ss is in ms with three digits.
WORDS = {"mss": "send_mss", "rcvmss": "recv_mss", "advmss": "advertised_mss", "pmtu": "path_mtu", "cwnd": "cwnd",
         "bytes_sent": "bytes_sent", "bytes_acked": "bytes_acked", "bytes_received": "bytes_received",
         "segs_out": "segments_out", "segs_in": "segments_in", "data_segs_out": "data_segments_out",
         "data_segs_in": "data_segments_in", "delivered": "delivered", "rcv_space": "recv_space",
         "rcv_ssthresh": "recv_ssthresh", "snd_wnd": "send_window", "ssthresh": "ssthresh"}


class Families(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.client, self.server = lab.client_server(self.lab)
        self.store = self.lab.path("hindstat.db")

    def rows(self, table):
        result = lab.tool("hindstat-report", "--store", self.store, "--table", table, "--json")
        self.assertEqual(result.code, 0, result)
        return [row for row in result.json_lines() if row.get("table") == table]

    def ss(self, *options):
        return self.client.check("ss", "-H", "-O", "-n", *options).lines()

    def capture(self, *options):
        self.client.record(self.store, *options)

    def compare(self, what, before, after, recorded):
        """Multisets of rows: what ss says twice must be recorded."""
        both = [row for row in before if row in after]
        share = len(both) / len(before)
        missing = [row for row in both if row not in recorded]
        extra = [row for row in recorded if row not in before and row not in after]
        print(f"{what}: {len(both)} of {len(before)} rows of ss are comparable ({share:.0%}), "
              f"{len(both) - len(missing)} of them are recorded")
        self.assertGreaterEqual(share, LEAST_SHARE, what)
        self.assertEqual(missing, [], (what, recorded))
        self.assertEqual(extra, [], what)

    def test_packet_sockets(self):
        self.client = self.lab.namespace("alone")  # No frame comes in while ss and the recorder look.
        self.client.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
        for kind, protocol, where in ((socket.SOCK_RAW, ETH_P_LLDP, "v0"), (socket.SOCK_DGRAM, ETH_P_IP, "lo"),
                                      (socket.SOCK_RAW, ETH_P_LLDP, "lo")):
            self.client.socket(socket.AF_PACKET, kind, 0).bind((where, protocol))
        self.client.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        def listed():
            found = []
            for line in self.ss("-a", "-0", "-p"):
                kind, _, queue, _, name = line.split()[:5]
                protocol, device = name.rsplit(":", 1)
                owner = re.search(r"pid=(\d+),fd=(\d+)", line)
                found.append((kind, protocol.strip("[]"), device, int(queue), int(owner[1]), int(owner[2])))
            return found
        before = listed()
        self.capture()
        after = listed()
        names = {ETH_P_ALL: "*", ETH_P_LLDP: "35020", ETH_P_IP: "2048"}
        recorded = [({"RAW": "p_raw", "DGRAM": "p_dgr"}[row["type"]], names[int(row["protocol"], 16)],
                     row["interface"] or "*", row["recv_memory"], row["pid"], row["fd"])
                    for row in self.rows("packet_socket")]
        self.assertEqual(len(before), 4)
        self.compare("packet_socket", before, after, recorded)

    def test_netlink_sockets(self):
        for protocol, groups in ((NETLINK_ROUTE, 0x11), (NETLINK_KOBJECT_UEVENT, 1), (NETLINK_GENERIC, 0),
                                 (NETLINK_ROUTE, 0)):
            made = self.client.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
            made.bind((0, groups))
        def listed():
            found = []
            for line in self.ss("-a", "-A", "netlink", "-p", "-e"):
                words = line.split()
                protocol, port = words[3].rsplit(":", 1)
                if protocol == "4":
                    continue  # The socket on which ss asks, and the kernel's own of that protocol.
                # ss prints ports with a sign.
                groups = re.search(r"groups=0x([0-9a-f]+)", line)
                found.append((protocol, str(int(port) % 2**32), int(words[1]), int(groups[1], 16)))
            return sorted(set(found))  # The kernel lists those that listen to groups twice.
        before = listed()
        self.capture()
        after = listed()
        numbers = {name: number for number, name in
                   enumerate("route 1 usersock 3 sock_diag nflog xfrm selinux iscsi audit fib_lookup connector netfilter "
                             "13 14 kobject_uevent generic 17 scsi_transport ecryptfs rdma crypto smc".split())}
        rows = self.rows("netlink_socket")
        recorded = []
        for row in rows:
            if row["protocol"] == "sock_diag":
                self.assertEqual(row["port"], 0, "the recorder's own socket is not in the snapshot")
                continue
            recorded.append((str(numbers[row["protocol"]]), str(row["port"]), row["recv_memory"],
                             int(row["groups"], 16)))
        self.assertGreaterEqual(len(before), 11)
        self.compare("netlink_socket", before, after, recorded)
        self.assertEqual(len(recorded), len(set(recorded)))
        mine = [int(row["groups"], 16) for row in rows if row["pid"] == os.getpid()]
        self.assertEqual(sorted(mine), [0, 0, 1, 0x11])

    def test_mptcp_sockets(self):
        try:
            listener = self.client.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        except OSError as error:
            self.skipTest(f"this kernel has no MPTCP: {error}")
        listener.bind(("127.0.0.1", 7300))
        listener.listen(9)
        client = self.client.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        client.connect(("127.0.0.1", 7300))
        accepted, _ = listener.accept()
        self.lab.keep(accepted)
        client.sendall(b"hello")
        lab.wait_until(lambda: any(line.split()[1] != "0" for line in self.ss("-a", "-M") if "ESTAB" in line),
                       "the data has arrived")
        def listed():
            return [tuple(line.split()[:5]) for line in self.ss("-a", "-M")]
        before = listed()
        self.capture()
        after = listed()
        states = {"ESTABLISHED": "ESTAB", "LISTEN": "LISTEN"}
        recorded = [(states[row["state"]], str(row["recv_queue"]), str(row["backlog"] or row["send_queue"]),
                     f"{row['local_address']}:{row['local_port']}",
                     f"{row['remote_address']}:{row['remote_port'] or '*'}")
                    for row in self.rows("socket") if row["protocol"] == "mptcp"]
        self.assertEqual(len(before), 3)
        self.compare("mptcp in socket", before, after, recorded)

    def test_tcp_info(self):
        listener = self.server.listen("10.77.1.2", 7301)
        ends = []
        for size in (10, 1000, 100_000):
            client = self.client.connect("10.77.1.2", 7301)
            accepted, _ = listener.accept()
            self.lab.keep(accepted)
            client.sendall(b"x" * size)
            left = size
            while left:
                left -= len(accepted.recv(65536))
            accepted.sendall(b"y" * 77)
            client.recv(100)
            ends.append(client)
        def listed():
            found = {}
            for line in self.ss("-t", "-i", "-m"):
                fields = line.split()
                words = dict(re.findall(r"\b([a-z_]+):([^ ]+)", line))
                numbers = {key: int(words[key]) for key in WORDS if key in words}
                rtt, variance = words["rtt"].split("/")
                numbers.update(rtt=float(rtt), rttvar=float(variance), rto=float(words["rto"]),
                               minrtt=float(words["minrtt"]), wscale=words["wscale"], cubic=" cubic " in line)
                memory = re.search(r"skmem:\(r(\d+),rb(\d+),t(\d+),tb(\d+),f\d+,w\d+,o\d+,bl\d+,d(\d+)\)", line)
                found[fields[3], fields[4]] = {**numbers, "memory": memory.groups()}
            return found
        lab.wait_until(lambda: listed() == listed(), "acknowledgements have settled")
        before = listed()
        self.capture("--tcp-info")
        after = listed()
        self.assertEqual(len(before), 3)
        cells = equal = 0
        rows = {(f"{row['local_address']}:{row['local_port']}", f"{row['remote_address']}:{row['remote_port']}"): row
                for row in self.rows("tcp_info")}
        for name, said in before.items():
            row = rows[name]
            recorded = {word: row[column] for word, column in WORDS.items() if word in said}
            recorded.update(rtt=row["rtt"] / 1000, rttvar=row["rtt_variance"] / 1000, rto=row["rto"] / 1000,
                            minrtt=row["min_rtt"] / 1000, wscale=f"{row['send_scale']},{row['recv_scale']}",
                            cubic=row["congestion_control"] == "cubic",
                            memory=tuple(str(row[one]) for one in ("recv_memory", "recv_buffer", "send_memory",
                                                                   "send_buffer", "drops")))
            for word, value in said.items():
                cells += 1
                if after[name].get(word) != value:
                    continue
                equal += 1
                if isinstance(value, float):
                    self.assertAlmostEqual(value, recorded[word], delta=0.001 + value * 1e-5, msg=(name, word))
                else:
                    self.assertEqual(value, recorded[word], (name, word))
        print(f"tcp_info: {equal} of {cells} cells of ss are comparable ({equal / cells:.0%}), and recorded")
        self.assertGreaterEqual(equal / cells, LEAST_SHARE)
        self.assertGreaterEqual(cells, 3 * 20)

    def test_tcp_info_is_recorded_only_when_it_is_asked_for_and_replayed(self):
        self.server.listen("10.77.1.2", 7302)
        client = self.client.connect("10.77.1.2", 7302)
        client.sendall(b"x")
        self.capture()
        self.assertEqual(self.rows("tcp_info"), [])
        bundle = self.lab.path("bundle")
        self.client.record(self.store, "--tcp-info", "--save-bundle", bundle)
        recorded = self.rows("tcp_info")
        self.assertEqual(len(recorded), 1)
        again = self.lab.path("again.db")
        lab.check([lab.tool_path("hindstat-record"), "--store", again, "--bundle", bundle, "--tcp-info"])
        self.store = again
        self.assertEqual(self.rows("tcp_info"), recorded)

    def test_an_idle_namespace_has_no_events_and_costs_little(self):
        self.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).bind((self.client.label[:8] + "1", ETH_P_LLDP))
        self.client.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE).bind((0, 0x11))
        self.server.listen("10.77.1.2", 7303)
        self.client.connect("10.77.1.2", 7303)
        tables = "packet_socket,netlink_socket,tcp_info,sysctl,socket"
        def differences():
            for _ in range(2):
                self.client.record(self.store, "--tcp-info")
            return lab.tool("hindstat-diff", "--store", self.store, "--table", tables, "--json")
        # IPv6 settles for some seconds after the links came up.
        quiet = lab.wait_until(lambda: (found := differences()).code == 0 and found, "an idle namespace")
        self.assertEqual(quiet.json_lines()[1:-1], [])
        sizes = [int(re.search(r"; (\d+) B in", self.client.record(self.store, "-v").out)[1]) for _ in range(3)]
        # About 140 B when nothing else runs; counters of the whole machine (softnet, sockstat) move with what does.
        print(f"idle snapshots cost {', '.join(map(str, sizes))} B")
        self.assertLess(sum(sizes) / len(sizes), 2000)

    def test_a_changed_setting_is_an_event(self):
        self.capture()
        self.client.set("net/ipv4/ip_forward", 1)
        self.capture()
        found = lab.tool("hindstat-diff", "--store", self.store, "--table", "sysctl", "--json").json_lines()
        changed = [event for event in found if "net.ipv4.ip_forward" in json.dumps(event.get("key", ""))]
        self.assertEqual(len(changed), 1, found)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss")
    lab.main()
