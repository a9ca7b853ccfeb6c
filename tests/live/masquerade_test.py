#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A client behind a gateway that masquerades and forwards a port: what hindstat recorded on the gateway is held against
`conntrack -L -o extended,id`, which runs before and after, and `hindstat-report -M` lists exactly the rewritten flows."""
import os
import pathlib
import re
import shutil
import socket
import struct
import unittest

import lab
from conntrack_text import NUMBERS, as_netstat, comparable, identity, parse_conntrack

LEAST_SHARE = 0.95
CLIENT, SERVER = "10.77.1.1", "10.77.2.2"  # The gateway is 10.77.1.2 to the one and 10.77.2.1 to the other.
CLIENT6, SERVER6 = "fd77:1::1", "fd77:2::2"
FTP_CLIENT = "10.77.1.101"  # Longer than the address that hides it: the FTP helper shortens the stream.
SHARED_WITH_TEXT = ("zone", "protocol", "source", "source_port", "destination", "destination_port", "icmp_type",
                    "icmp_code", "icmp_id", "state", "flags", "nat", "reply_source", "reply_source_port",
                    "reply_destination", "reply_destination_port", "reply_icmp_type", "reply_icmp_code",
                    "reply_icmp_id", "reply_zone", "mark", "packets", "bytes", "reply_packets", "reply_bytes")


def echo_request(kind, number):
    """An ICMP echo request; the kernel fills in the checksum of ICMPv6 alone."""
    packet = struct.pack("!BBHHH", kind, 0, 0, number, 1) + b"hindstat"
    total = sum(struct.unpack("!8H", packet))
    total = (total & 0xFFFF) + (total >> 16)
    total = ~(total + (total >> 16)) & 0xFFFF
    return packet[:2] + struct.pack("!H", total) + packet[4:]


class Masquerade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.client, cls.gateway, cls.server = (cls.lab.namespace(name) for name in ("client", "gateway", "server"))
        cls.lab.join(cls.client, cls.gateway, 1)
        cls.lab.join(cls.gateway, cls.server, 2)
        cls.outside = "gateway2"
        cls.client.ip("addr", "add", f"{FTP_CLIENT}/24", "dev", "client1")
        cls.client.ip("route", "add", "default", "via", "10.77.1.2")
        cls.client.ip("route", "add", "default", "via", "fd77:1::2")
        # What is sent there is dropped in silence: a network that the server is no router for.
        cls.gateway.ip("route", "add", "10.99.0.0/24", "via", SERVER)
        cls.make_rules()
        cls.make_flows()

    @classmethod
    def make_rules(cls):
        for sysctl in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/netfilter/nf_conntrack_acct",
                       "net/netfilter/nf_conntrack_timestamp"):
            cls.gateway.set(sysctl, 1)
        for protocol in ("udp", "icmp", "icmpv6"):  # Their 30 s are soon over on a busy machine.
            cls.gateway.set(f"net/netfilter/nf_conntrack_{protocol}_timeout", 300)
        rules = (
            ("iptables", "-t", "nat", "-A", "POSTROUTING", "-o", cls.outside, "-j", "MASQUERADE"),
            ("ip6tables", "-t", "nat", "-A", "POSTROUTING", "-o", cls.outside, "-j", "MASQUERADE"),
            ("iptables", "-t", "nat", "-A", "PREROUTING", "-i", cls.outside, "-p", "tcp", "--dport", "2222", "-j",
             "DNAT", "--to-destination", f"{CLIENT}:7022"),
            ("iptables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport", "21", "-j", "CT", "--helper", "ftp"),
            ("iptables", "-t", "raw", "-A", "PREROUTING", "-p", "udp", "--dport", "5005", "-j", "CT", "--zone", "5"),
            ("iptables", "-t", "raw", "-A", "PREROUTING", "-p", "udp", "--dport", "5006", "-j", "CT", "--zone-orig",
             "6"),
            ("iptables", "-t", "mangle", "-A", "PREROUTING", "-p", "tcp", "--dport", "7001", "-j", "CONNMARK",
             "--set-mark", "7"),
        )
        for rule in rules:
            if cls.gateway.run(rule[0], "-w", "5", *rule[1:]).code != 0:
                raise unittest.SkipTest(f"this kernel or iptables has no rule {' '.join(rule)}")

    @classmethod
    def connect(cls, listener, *target, source=None, near=None):
        made = (near or cls.client).connect(*(target or listener.getsockname()[:2]), source=source)
        return made, cls.lab.keep(listener.accept()[0])

    @classmethod
    def make_flows(cls):
        plain, marked, six = (cls.server.listen(SERVER, 7000), cls.server.listen(SERVER, 7001),
                              cls.server.listen(SERVER6, 7000))
        cls.plain = plain
        for _ in range(12):
            cls.connect(plain)
            cls.connect(six)
        cls.connect(marked)
        for source in (CLIENT, FTP_CLIENT):  # One of the two gets another port.
            cls.connect(plain, source=(source, 40000))
        forwarded = cls.client.listen(CLIENT, 7022)
        cls.connect(forwarded, "10.77.2.1", 2222, near=cls.server)
        cls.connect(cls.gateway.listen("10.77.1.2", 7020))  # Tracked, not rewritten.
        client, peer = cls.connect(plain)
        client.close()
        peer.close()
        refused = cls.client.socket()
        refused.setblocking(False)
        refused.connect_ex(("10.99.0.9", 9))  # SYN_SENT, never answered.
        cls.make_datagrams()
        cls.make_ftp()

    @classmethod
    def make_datagrams(cls):
        for address, family in ((SERVER, socket.AF_INET), (SERVER6, socket.AF_INET6)):
            for port in (5001, 5002, 5005, 5006):
                server = cls.server.socket(family, socket.SOCK_DGRAM)
                server.bind((address, port))
                client = cls.client.socket(family, socket.SOCK_DGRAM)
                client.sendto(b"ask", (address, port))
                server.settimeout(5)
                _, source = server.recvfrom(64)
                if port == 5001:
                    client.settimeout(5)
                    server.sendto(b"answer", source)
                    client.recv(64)
        for address, family, protocol, kind in ((SERVER, socket.AF_INET, socket.IPPROTO_ICMP, 8),
                                                (SERVER6, socket.AF_INET6, socket.IPPROTO_ICMPV6, 128),
                                                ("10.77.1.2", socket.AF_INET, socket.IPPROTO_ICMP, 8)):
            ping = cls.client.socket(family, socket.SOCK_RAW, protocol)
            ping.settimeout(5)
            ping.sendto(echo_request(kind, 4711), (address, 0))
            ping.recv(256)
        cls.client.socket(socket.AF_INET, socket.SOCK_RAW, 99).sendto(b"portless", (SERVER, 0))

    @classmethod
    def make_ftp(cls):
        """A control connection whose PORT command the helper rewrites, which makes it expect the data connection."""
        client, peer = cls.connect(cls.server.listen(SERVER, 21), source=(FTP_CLIENT, 40021))
        peer.settimeout(5)
        peer.sendall(b"220 ready\r\n")
        client.recv(64)
        client.sendall(b"USER nobody\r\n")  # The helper looks at nothing before the first end of a line.
        peer.recv(64)
        peer.sendall(b"230 welcome\r\n")
        client.recv(64)
        client.sendall(b"PORT 10,77,1,101,19,137\r\n")
        cls.ftp_command = peer.recv(64).decode()
        peer.sendall(b"200 fine\r\n")
        client.recv(64)

    def listing(self):
        lines = self.gateway.check("conntrack", "-L", "-o", "extended,id").lines()
        found = {identity(row): row for row in map(parse_conntrack, filter(None, lines))}
        self.assertEqual(len(found), len(lines))
        return found

    def observe(self, *options):
        """Flows before, the snapshot's rows, flows after; each by identity."""
        self.store = self.lab.path(f"{self.id().rsplit('.')[-1]}.db")
        before = self.listing()
        self.gateway.record(self.store, *options)
        after = self.listing()
        self.report = lab.report_rows(self.store, tables="conntrack,conntrack_expectation,conntrack_stat")
        rows = {identity(row): row for row in map(comparable, self.report.of("conntrack"))}
        self.assertEqual(len(rows), len(self.report.of("conntrack")))
        return before, rows, after

    def test_every_flow_of_conntrack_is_in_the_snapshot_cell_by_cell(self):
        before, rows, after = self.observe()
        self.assertEqual(self.report.capture("conntrack")["status"], "complete")
        seen, equal, compared = set(before) & set(after), 0, 0
        for flow in seen:
            stable = {name: value for name, value in before[flow].items() if after[flow][name] == value}
            differ = {name: (value, rows.get(flow, {}).get(name)) for name, value in stable.items()
                      if name not in ("seconds", "use") and rows.get(flow, {}).get(name) != value}
            compared += len(stable)
            equal += not differ
            if differ:
                print("  differs:", flow, differ)
            elif rows[flow]["expires"] is not None:  # Within the two listings, each cut to whole seconds.
                left = rows[flow]["expires"] / 1000 - self.report.snapshot["boottime_ms"] / 1000
                self.assertGreater(left, min(before[flow]["seconds"], after[flow]["seconds"]) - 2, flow)
                self.assertLess(left, max(before[flow]["seconds"], after[flow]["seconds"]) + 2, flow)
        share = equal / len(seen)
        print(f"conntrack: {share:.1%} of {len(seen)} flows are equal in all stable cells ({compared} cells; not "
              f"compared: use and delta-time), {len(rows)} recorded", flush=True)
        self.assertGreaterEqual(share, LEAST_SHARE)
        self.assertGreaterEqual(len(seen), 40)
        self.assertEqual([flow for flow in rows if flow not in before and flow not in after], [])
        self.check_what_was_made(rows.values())

    def check_what_was_made(self, rows):
        by_target = {}
        for row in rows:
            by_target.setdefault((row["destination"], row["destination_port"]), []).append(row)

        def only(*target):
            self.assertEqual(len(by_target[target]), 1, by_target[target])
            return by_target[target][0]
        self.assertEqual(only(SERVER, 7001)["mark"], 7)
        self.assertEqual(only(SERVER, 5005)["zone"], 5)
        self.assertEqual((only(SERVER, 5006)["zone"], only(SERVER, 5006)["reply_zone"]), (6, 0))
        self.assertEqual(only("10.99.0.9", 9)["state"], "SYN_SENT")
        forwarded = only("10.77.2.1", 2222)
        self.assertEqual(forwarded["nat"], {"destination"})
        self.assertEqual((forwarded["reply_source"], forwarded["reply_source_port"]), (CLIENT, 7022))
        self.assertEqual(only("10.77.1.2", 7020)["nat"], set())
        twins = [row["reply_destination_port"] for row in by_target[SERVER, 7000] if row["source_port"] == 40000]
        self.assertEqual(len(set(twins)), 2, "one of two equal source ports is remapped")
        self.assertIn("TIME_WAIT", {row["state"] for row in by_target[SERVER, 7000]})
        self.assertEqual({row["nat"] == {"source"} for row in by_target[SERVER6, 7000]}, {True})
        pings = {row["destination"]: row for row in rows if row["icmp_id"] == 4711}
        self.assertEqual({target: row["nat"] for target, row in pings.items()},
                         {SERVER: {"source"}, SERVER6: {"source"}, "10.77.1.2": set()})
        self.assertTrue(all(row["started"] > 1_600_000_000 * 10**9 for row in rows))

    def test_the_ftp_helper_its_expectation_and_its_shift_of_the_stream(self):
        before, rows, _ = self.observe()
        control = [row for row in rows.values() if row["destination_port"] == 21][0]
        self.assertEqual(control["helper"], "ftp")
        shortened = len(self.ftp_command) - len("PORT 10,77,1,101,19,137\r\n")
        self.assertLess(shortened, 0, self.ftp_command)
        self.assertEqual((control["sequence_delta"], control["sequence_previous_delta"]), (shortened, 0))
        text = lab.tool("hindstat-report", "--store", self.store, "-Mne").lines()
        line = [each for each in text if " -> 21 " in each][0].split()
        self.assertEqual(line[2:7], [str(control["sequence_position"]), str(shortened), "0", FTP_CLIENT, SERVER])

        listed = self.gateway.check("conntrack", "-L", "expect").lines()
        expected = self.report.of("conntrack_expectation")
        self.assertEqual(len(listed), 1, listed)
        self.assertEqual(len(expected), 1, expected)
        cells = dict(re.findall(r"([a-z-]+)=(\S+)", listed[0]))
        row = expected[0]
        # conntrack prints the ports of the tuple, of its mask and of the master, in this order; the last ones are left.
        self.assertEqual(row["helper"], "ftp")
        self.assertEqual((row["master_source"], row["master_destination"], row["master_source_port"],
                          row["master_destination_port"]),
                         (cells["master-src"], cells["master-dst"], int(cells["sport"]), int(cells["dport"])))
        for column, key in (("source", "src"), ("destination", "dst")):
            self.assertEqual(row[column], re.search(rf" {key}=(\S+)", listed[0])[1])
        for column, key in (("source_port", "sport"), ("destination_port", "dport")):
            self.assertEqual(row[column], int(re.search(rf" {key}=(\S+)", listed[0])[1]))
        self.assertEqual(row["mask_source"], cells["mask-src"])
        self.assertEqual(row["mask_destination_port"], 65535)

    def test_the_report_lists_exactly_the_rewritten_flows(self):
        before, rows, after = self.observe()
        stable = [row for flow, row in before.items() if flow in after]
        rewritten = {as_netstat(row) for row in stable if row["nat"]}
        untouched = {as_netstat(row) for row in stable if not row["nat"]}
        result = lab.tool("hindstat-report", "--store", self.store, "-Mn")
        self.assertEqual((result.code, result.err), (0, ""), result)
        lines = result.lines()
        self.assertEqual(lines[1:3], ["IP masquerading entries",
                                      "prot   expire source               destination          ports"])
        found = []
        for line in lines[3:]:
            protocol, expiry, source, destination, ports = line.split(maxsplit=4)
            self.assertRegex(expiry, r"\A\d+:\d\d\.\d\d\Z")
            found.append((protocol, source, destination, ports))
        self.assertEqual(len(set(found)), len(found))
        print(f"hindstat-report -M: {len(rewritten & set(found))} of {len(rewritten)} rewritten flows of conntrack, "
              f"{len(untouched)} others", flush=True)
        self.assertGreaterEqual(len(rewritten), 35)
        self.assertGreaterEqual(len(untouched), 2)
        self.assertEqual(rewritten - set(found), set())
        self.assertEqual(untouched & set(found), set())
        later = {as_netstat(row) for row in [*before.values(), *after.values()] if row["nat"]}
        self.assertEqual(set(found) - later, set())
        wide = lab.tool("hindstat-report", "--store", self.store, "-MnW").out
        self.assertRegex(wide, r"dnat +10\.77\.2\.2:\d+ +10\.77\.2\.1:2222 +10\.77\.1\.1:7022 +10\.77\.2\.2:\d+ +replied")
        as_json = lab.tool("hindstat-report", "--store", self.store, "-M", "--json").json_lines()
        self.assertEqual(len([row for row in as_json if row["table"] == "conntrack"]), len(found))

    def test_statistics_are_those_of_conntrack(self):
        _, rows, _ = self.observe()
        found = {row["name"]: row for row in self.report.of("conntrack_stat")}
        totals = {}
        for line in self.gateway.check("conntrack", "-S").lines():
            for name, value in re.findall(r"([a-z_]+)=(\d+)", line):
                if name != "cpu":
                    totals[name] = totals.get(name, 0) + int(value)
        totals["chain_toolong"] = totals.pop("chaintoolong", 0)
        self.assertGreaterEqual(len(totals), 8)
        self.assertEqual({name: found[name]["count"] for name in totals}, totals)
        self.assertGreaterEqual(found["entries"]["level"], len(rows))
        with self.gateway.inside(), open("/proc/sys/net/netfilter/nf_conntrack_max") as file:
            self.assertEqual(found["max"]["level"], int(file.read()))

    def test_a_bundle_replays_the_flows_and_its_text_file_tells_the_same(self):
        bundle = pathlib.Path(self.lab.path("bundle"))
        before, rows, after = self.observe("--save-bundle", bundle)
        again = self.lab.path("again.db")
        lab.check([lab.tool_path("hindstat-record"), "--store", again, "--bundle", bundle])
        replayed = lab.report_rows(again, tables="conntrack,conntrack_expectation,conntrack_stat")
        for table in ("conntrack", "conntrack_expectation", "conntrack_stat"):
            self.assertEqual(replayed.of(table), self.report.of(table), table)

        if self.gateway.run("test", "-e", "/proc/net/nf_conntrack").code != 0:
            self.skipTest("this kernel has no /proc/net/nf_conntrack")
        shutil.rmtree(bundle / "netlink")
        (bundle / "proc/net").mkdir(exist_ok=True)
        for name in ("nf_conntrack", "nf_conntrack_expect"):
            (bundle / "proc/net" / name).write_text(self.gateway.check("cat", f"/proc/net/{name}").out)
        text_store = self.lab.path("text.db")
        lab.check([lab.tool_path("hindstat-record"), "--store", text_store, "--bundle", bundle])
        text = lab.report_rows(text_store, tables="conntrack,conntrack_expectation")
        self.assertEqual(text.capture("conntrack")["source"], "proc")
        self.assertEqual(text.capture("conntrack")["rejected"], 0)
        by_text = {identity(row): row for row in map(comparable, text.of("conntrack"))}
        # Read a moment later, so a flow may have moved on or expired.
        stable = [flow for flow in rows if flow in by_text and flow in before and flow in after
                  and all(before[flow][name] == after[flow][name] == by_text[flow][name]
                          for name in ("packets", "reply_packets", "state"))]
        self.assertGreaterEqual(len(stable), LEAST_SHARE * len(rows))
        for flow in stable:
            self.assertEqual({name: by_text[flow][name] for name in SHARED_WITH_TEXT},
                             {name: rows[flow][name] for name in SHARED_WITH_TEXT})
        shared = ("protocol", "source", "source_port", "destination", "destination_port", "helper", "flags")
        self.assertEqual([[row[name] for name in shared] for row in text.of("conntrack_expectation")],
                         [[row[name] for name in shared] for row in self.report.of("conntrack_expectation")])

    def test_the_gateway_seen_from_outside_is_the_gateway_seen_from_inside(self):
        _, rows, _ = self.observe()
        outside, bundle = self.lab.path("outside.db"), self.lab.path("outside-bundle")
        everyone = ("--netns", self.gateway.name)
        lab.check([lab.tool_path("hindstat-record"), "--store", outside, *everyone, "--save-bundle", bundle])
        again = self.lab.path("outside-again.db")
        lab.check([lab.tool_path("hindstat-record"), "--store", again, "--bundle", bundle, *everyone])
        for store in (outside, again):
            listed = lab.tool("hindstat-report", "--store", store, *everyone, "-M", "--json").json_lines()
            found = {identity(comparable(row)) for row in listed if row["table"] == "conntrack"}
            self.assertTrue(all(row["netns"] == self.gateway.name for row in listed if row["table"] == "conntrack"))
            stable = {flow for flow, row in rows.items() if row["nat"]} & set(self.listing())
            self.assertGreaterEqual(len(stable), 35)
            self.assertEqual(stable - found, set())

    def test_an_ordinary_user_is_told_what_would_help(self):
        if shutil.which("setpriv") is None:
            self.skipTest("setpriv (util-linux) is not installed")
        os.makedirs(self.lab.path("own"), exist_ok=True)
        os.chown(self.lab.path("own"), lab.NOBODY, lab.NOBODY)
        store = self.lab.path("own", "hindstat.db")
        self.gateway.check("setpriv", f"--reuid={lab.NOBODY}", f"--regid={lab.NOBODY}", "--clear-groups",
                           lab.tool_path("hindstat-record"), "--store", store)
        shown = lab.tool("hindstat-report", "--store", store, "-M")
        self.assertEqual(shown.code, 0, shown)
        self.assertRegex(shown.out, r"conntrack: not collected: denied: .*CAP_NET_ADMIN")
        self.assertNotIn("IP masquerading entries", shown.out)
        levels = {row["name"]: row["level"] for row in lab.report_rows(store, tables="conntrack_stat").of("conntrack_stat")}
        self.assertGreater(levels["entries"], 30)

    def test_one_new_masqueraded_connection_is_one_line(self):
        store = self.lab.path("diff.db")
        self.gateway.record(store)
        client, _ = self.connect(self.plain)
        port = client.getsockname()[1]
        self.gateway.record(store)
        key = f"tcp {CLIENT}:{port} > {SERVER}:7000"
        text = lab.tool("hindstat-diff", "--store", store, "--table", "conntrack")
        self.assertEqual((text.code, text.err), (1, ""), text)
        added = [line for line in text.lines() if line.startswith("+ ")]
        self.assertEqual(len(added), 1, text)
        self.assertEqual(added[0].split("  ", 1)[1].strip(),
                         f"{key}  ESTABLISHED, masqueraded as 10.77.2.1:{port}")
        events = lab.tool("hindstat-diff", "--store", store, "--table", "conntrack", "--json").json_lines()[1:-1]
        self.assertEqual([event["key"] for event in events if event["ev"] == "nat.created"], [key])


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("conntrack", "iptables", "ip6tables")
    if not os.path.exists("/proc/sys/net/netfilter/nf_conntrack_count"):
        lab.skip("this kernel has no connection tracking")
    lab.main()
