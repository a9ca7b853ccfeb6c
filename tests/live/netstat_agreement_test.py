#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""hindstat-report shows the rows of netstat: the same options, the same cells, on real sockets and routes.

netstat runs before and after the snapshot. Rows that are equal in both runs are what the kernel had at the moment of
the snapshot; at least 95 % of them must be in the report, cell by cell. Columns that cannot be equal are named here:
the remaining time of a timer, the program's text (netstat prints argv[0], hindstat the command name; the pid is
compared), and of IPv6 routes Ref, Use and the flags that rtnetlink does not tell.
"""
import collections
import re
import socket
import unittest

import lab
from netstat_text import parse_only_internet, parse_routes, parse_sockets

LEAST_SHARE = 0.95
REQUIRED = ("LISTEN", "ESTABLISHED", "SYN_SENT", "CLOSE_WAIT", "FIN_WAIT2", "TIME_WAIT")
LONG = "fd77:1:1111:2222:3333:4444:5555:6666"  # cut by netstat without -W


class Agreement(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.near, self.far = self.lab.namespace("near"), self.lab.namespace("far")
        self.device, _ = self.lab.join(self.near, self.far)
        self.store = self.lab.path("hindstat.db")

    def compare(self, options, parse, required=lambda rows: None):
        """The share of netstat's stable rows that the report has; prints it and what is missing."""
        before, snapshot_of, after = self.runs
        rows_before = collections.Counter(parse(before[options], options))
        rows_after = collections.Counter(parse(after[options], options))
        stable = rows_before & rows_after
        required(list(stable))
        result = lab.tool("hindstat-report", "--store", self.store, snapshot_of, *options.split())
        self.assertEqual((result.code, result.err), (0, ""), result)
        reported = collections.Counter(parse(result.out, options))
        total, missing = sum(stable.values()), stable - reported
        share = 1 - sum(missing.values()) / total
        print(f"hindstat-report {options}: {share:.1%} of {total} stable rows of netstat, "
              f"{sum(reported.values())} rows reported", flush=True)
        for row in missing:
            print("  only netstat:", row)
        surplus = reported - (rows_before | rows_after)
        for row in surplus:
            print("  only hindstat:", row)
        self.assertGreaterEqual(share, LEAST_SHARE, missing)
        return stable, reported, surplus

    def run_netstat(self, list_of_options):
        found = {}
        for options in list_of_options:
            # Without -W netstat cuts what the report never cuts.
            extra = ["-W"] if "r" not in options else []
            found[options] = self.near.check("netstat", *options.split(), *extra).out
        return found

    def observe(self, list_of_options):
        before = self.run_netstat(list_of_options)
        self.near.record(self.store)
        listing = lab.tool("hindstat-record", "list", "--store", self.store, "--json").json_lines()
        self.runs = before, str(listing[-1]["id"]), self.run_netstat(list_of_options)


class Sockets(Agreement):
    def setUp(self):
        super().setUp()
        self.near.ip("addr", "add", f"{LONG}/64", "dev", self.device, "nodad")
        self.far.ip("addr", "add", "fd77:1:1111:2222::2/64", "dev", "far1", "nodad")
        # Nobody answers there: the far side gets the packets and, being no router, drops them in silence.
        self.near.ip("route", "add", "10.99.0.0/24", "via", "10.77.1.2")
        self.near.ip("route", "add", "fd99::/64", "via", "fd77:1::2")
        for address, peer, nobody, loopback, everyone in (
                ("10.77.1.1", "10.77.1.2", "10.99.0.9", "127.0.0.1", "0.0.0.0"),
                ("fd77:1::1", "fd77:1::2", "fd99::9", "::1", "::")):
            self.make_tcp(address, peer, nobody, loopback, everyone)
            self.make_datagram(address, peer, loopback, everyone)
        self.make_special()

    def make_tcp(self, address, peer, nobody, loopback, everyone):
        for where in (address, loopback, everyone):
            self.near.listen(where)
        listener = self.far.listen(peer, 9000)
        for _ in range(12):
            self.connect(listener)
        self.make_closing(listener)
        self.make_queues(listener)
        waiting = self.near.listen(address, 9001)
        for _ in range(2):  # Not accepted: Recv-Q of the listener, and rows with inode 0.
            self.far.connect(address, 9001)
        self.near.wait_for_state("ESTAB", lab.show(waiting.getsockname()))
        local = self.near.listen(loopback, 9002)
        self.near.connect(loopback, 9002)
        self.lab.keep(local.accept()[0])
        for _ in range(2):
            syn = self.near.socket(lab.family_of(nobody))
            syn.setblocking(False)
            self.assertNotEqual(syn.connect_ex((nobody, 9003)), 0)
        self.near.wait_for_state("SYN-SENT", remote=lab.show((nobody, 9003)))

    def connect(self, listener):
        client = self.near.connect(*listener.getsockname()[:2])
        peer = self.lab.keep(listener.accept()[0])
        return client, peer

    def make_closing(self, listener):
        def names(one_socket):
            return lab.show(one_socket.getsockname()), lab.show(one_socket.getpeername())
        for _ in range(2):
            client, peer = self.connect(listener)  # We close first and the peer closes: TIME_WAIT.
            name, peer_name = names(client), names(peer)
            client.close()
            self.far.wait_for_state("CLOSE-WAIT", *peer_name)
            peer.close()
            self.near.wait_for_state("TIME-WAIT", *name)
            client, peer = self.connect(listener)  # The peer closes, we do not: CLOSE_WAIT.
            peer.close()
            self.near.wait_for_state("CLOSE-WAIT", *names(client))
            client, peer = self.connect(listener)  # We shut down, the peer does not: FIN_WAIT2.
            client.shutdown(socket.SHUT_WR)
            self.near.wait_for_state("FIN-WAIT-2", *names(client))
        client, peer = self.connect(listener)  # The same with nobody to hold it.
        name = names(client)
        client.close()
        self.near.wait_for_state("FIN-WAIT-2", *name)

    def make_queues(self, listener):
        client, peer = self.connect(listener)
        peer.send(b"seven..")
        client.setblocking(False)
        lab.wait_until(lambda: readable(client) == 7, "data arrives")
        client, peer = self.connect(listener)
        client.setblocking(False)
        lab.wait_until(lambda: not can_send(client), "the peer's window is full")
        keepalive, _ = self.connect(listener)
        keepalive.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def make_datagram(self, address, peer, loopback, everyone):
        family = lab.family_of(address)
        for where in (address, loopback, everyone):
            for protocol in (socket.IPPROTO_UDP, socket.IPPROTO_UDPLITE):
                self.near.socket(family, socket.SOCK_DGRAM, protocol).bind((where, 0))
        connected = self.near.socket(family, socket.SOCK_DGRAM)
        connected.connect((peer, 53))
        filled = self.near.socket(family, socket.SOCK_DGRAM)
        filled.bind((loopback, 5353))
        self.near.socket(family, socket.SOCK_DGRAM).sendto(b"unread", (loopback, 5353))
        lab.wait_until(lambda: readable(filled), "a datagram arrives")
        icmp = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
        self.near.socket(family, socket.SOCK_RAW, icmp)
        raw = self.near.socket(family, socket.SOCK_RAW, 99)
        raw.bind((address, 0))
        self.near.socket(family, socket.SOCK_RAW, 98).connect((peer, 0))

    def make_special(self):
        for _ in range(3):  # Rows that differ in nothing but their inode.
            shared = self.near.socket()
            shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            shared.bind(("0.0.0.0", 9100))
            shared.listen(16)
        dual = self.near.listen("::", 9101, dual=True)
        self.far.connect("10.77.1.1", 9101)  # Shown as tcp6 with dotted quads.
        self.lab.keep(dual.accept()[0])
        self.near.listen(LONG, 9102)
        self.far.connect(LONG, 9102)
        scoped = self.near.socket(socket.AF_INET6)
        link_local = self.near.check("ip", "-6", "-o", "addr", "show", "dev", self.device, "scope", "link").out
        with self.near.inside():
            index = socket.if_nametoindex(self.device)
        scoped.bind(lab.endpoint(re.search(r"fe80::[0-9a-f:]+", link_local)[0], 9103, index))
        scoped.listen(1)
        self.near.socket().bind(("10.77.1.1", 9104))  # Bound and idle: netstat has no row for it.
        owned_by_nobody = "import os,socket,sys; os.setuid(65534); s=socket.create_server(('127.0.0.1', 9105)); " \
                          "print('ready', flush=True); sys.stdin.read()"
        self.lab.start_python(owned_by_nobody, namespace=self.near)

    def test_the_rows_of_netstat_are_in_the_report(self):
        options = ["-tan", "-tn", "-tln", "-uan", "-wan", "-Uan", "-tulpneo", "-tuawpneo", "-4 -tan", "-6 -tan", "-an"]
        self.observe(options)

        def six_states(rows):
            for protocol in ("tcp", "tcp6"):
                states = {row[5] for row in rows if row[0] == protocol}
                self.assertLessEqual(set(REQUIRED), states, protocol)
        for one in options:
            surplus = self.compare(one, parse_only_internet, six_states if one == "-tan" else lambda rows: None)[2]
            self.assertFalse(surplus, f"rows that netstat never had, with {one}")

    def test_addresses_are_whole_with_and_without_W(self):
        self.near.record(self.store)
        for options in (["-tan"], ["-tanW"], ["-W", "-tan"]):
            result = lab.tool("hindstat-report", "--store", self.store, "@latest", *options)
            self.assertEqual(result.code, 0, result)
            self.assertIn(f"{LONG}:9102", result.out)

    def test_json_has_the_rows_that_the_text_has(self):
        self.near.record(self.store)
        text = parse_sockets(lab.tool("hindstat-report", "--store", self.store, "-tan").out, "-tan")
        rows = lab.report_rows(self.store, tables="socket").of("socket")
        rows = [row for row in rows if row["protocol"] == "tcp" and row["state"] != "BOUND_INACTIVE"]
        self.assertEqual(collections.Counter(row["state"] for row in rows), collections.Counter(row[5] for row in text))
        self.assertEqual(len({row["cookie"] for row in rows}), len(rows))
        by_state = {state: [row for row in rows if row["state"] == state] for state in REQUIRED}
        self.assertTrue(all(row["pid"] is None and row["inode"] == 0 for row in by_state["TIME_WAIT"]))
        self.assertTrue(all(row["pid"] is not None for row in by_state["LISTEN"] + by_state["CLOSE_WAIT"]))


def readable(one_socket):
    try:
        return len(one_socket.recv(64, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return 0


def can_send(one_socket):
    try:
        return one_socket.send(bytes(65536))
    except BlockingIOError:
        return 0


class Routes(Agreement):
    def setUp(self):
        super().setUp()
        add = lambda *args: self.near.ip("route", "add", *args)  # noqa: E731
        via = ("via", "10.77.1.2")
        add("default", *via)
        add("default", *via, "metric", 500)
        add("10.20.0.5/32", *via)
        add("blackhole", "10.21.0.0/16")
        add("unreachable", "10.22.0.0/16")
        add("prohibit", "10.23.0.0/16")
        add("throw", "10.24.0.0/16")
        add("10.25.0.0/16", *via, "mtu", 1300, "window", 20000)
        add("10.26.0.0/16", *via, "advmss", 1200, "rtt", "300ms", "metric", 77)
        add("10.27.0.0/16", "nexthop", *via, "weight", 2, "nexthop", "via", "10.77.1.3")
        add("10.28.0.0/24", "dev", self.device)
        add("10.29.0.0/24", *via, "table", 100)
        add("unreachable", "10.30.1.1/32")
        for i in range(30):
            add(f"10.40.{i}.0/24", "via", f"10.77.1.{10 + i}")
            add(f"fd40:{i:x}::/48", "via", f"fd77:1::{10 + i:x}")
        via = ("via", "fd77:1::2")
        add("default", *via)
        add("fd20::5/128", *via)
        add("blackhole", "fd21::/64")
        add("unreachable", "fd22::/64")
        add("fd25::/64", *via, "mtu", 1300, "metric", 9)
        add("fd27::/64", "nexthop", *via, "nexthop", "via", "fd77:1::3")
        add("fd28::/64", "dev", self.device)
        add("fd29::/64", *via, "table", 100)

    def test_the_routes_of_netstat_are_in_the_report(self):
        options = ["-rn", "-rne", "-rnee", "-4 -rn", "-6 -rn"]
        self.observe(options)

        def all_kinds(rows):
            flags = {row[0]: row[3] for row in rows}
            self.assertEqual(flags["0.0.0.0"], "UG")
            self.assertEqual(flags["10.20.0.5"], "UGH")
            self.assertEqual(flags["10.22.0.0"], "!")
            self.assertIn("10.21.0.0", flags)
            self.assertEqual([row[5] for row in rows if row[0] == "10.25.0.0"], ["20000"])
        for one in options:
            surplus = self.compare(one, parse_routes, all_kinds if one == "-rn" else lambda rows: None)[2]
            further_hops = [row for row in surplus if row[0] in ("10.27.0.0", "fd27::/64")]
            self.assertEqual(sum(surplus.values()), len(further_hops), surplus)

    def test_json_has_what_netstat_cannot_show(self):
        self.near.record(self.store)
        rows = lab.report_rows(self.store, tables="route").of("route")
        by_destination = {(row["destination"], row["prefix_length"], row["metric"]): row for row in rows}
        self.assertEqual(by_destination["10.25.0.0", 16, 0]["mtu"], 1300)
        self.assertEqual(by_destination["10.25.0.0", 16, 0]["window"], 20000)
        self.assertEqual(by_destination["10.29.0.0", 24, 0]["route_table"], 100)
        self.assertEqual(by_destination["10.23.0.0", 16, 0]["type"], "prohibit")
        hops = [row for row in rows if row["destination"] == "10.27.0.0"]
        self.assertEqual([(r["gateway"], r["weight"]) for r in sorted(hops, key=lambda r: r["hop"])],
                         [("10.77.1.2", 2), ("10.77.1.3", 1)])
        self.assertEqual(len([row for row in rows if row["destination"] == "fd27::"]), 2)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("netstat", "ss")
    lab.main()
