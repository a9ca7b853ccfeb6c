#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Routes, routing cache, neighbours, rules, nexthops, TCP metrics and groups of a snapshot against what `ip` says.

In the three namespaces of tests/lab/gateway-lab.sh, where path MTUs and redirects of both families are learned, `ip`
runs before and after the snapshot. A row that is in both runs is what the kernel had at the moment of the snapshot, and
so is a cell that is equal in both: the snapshot must have all of these rows, each with all of these cells. What is not
compared is named in ip_json.py.
"""
import signal
import unittest

import lab
from agreement import Agreement, numbered
from ip_json import IP, KEYS, as_ip, exceptions, is_clock, parse_cache

SECONDS = 150  # The lab's processes end by themselves after this time.
# How many rows each namespace must have to prove anything: what the lab and this test make there.
LEAST_ROWS = {("client", "route_exception"): 4, ("client", "neighbour"): 4, ("client", "tcp_metric"): 2,
              ("gateway", "rule"): 8, ("gateway", "neighbour"): 4, ("gateway", "nexthop"): 3,
              ("server", "neighbour"): 2, ("client", "rule"): 5,
              ("gateway", "link_group"): 8}


class RouteCache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.gateway_lab = lab.GatewayLab(cls.lab, SECONDS)
        cls.store = cls.lab.path("hindstat.db")
        gateway = cls.gateway_lab.namespaces["gateway"]
        gateway.ip("rule", "add", "from", "10.77.1.77", "fwmark", "0x10", "lookup", "200", "priority", "900")
        gateway.ip("-6", "rule", "add", "iif", "br0", "blackhole", "priority", "901")
        gateway.ip("nexthop", "add", "id", "15", "via", "10.77.2.2", "dev", "g1")
        gateway.ip("nexthop", "add", "id", "16", "blackhole")
        gateway.ip("nexthop", "add", "id", "17", "via", "10.77.1.2", "dev", "br0")
        gateway.ip("nexthop", "add", "id", "99", "group", "15/17,3")
        gateway.ip("neigh", "add", "10.77.2.50", "lladdr", "02:00:00:00:00:50", "dev", "g1", "nud", "permanent")
        gateway.ip("neigh", "add", "proxy", "10.77.2.51", "dev", "g1")

    def setUp(self):
        signal.signal(signal.SIGALRM, lambda *_: self.fail(f"not done after {SECONDS} s"))
        signal.alarm(SECONDS)
        self.addCleanup(signal.alarm, 0)

    def test_a_snapshot_has_what_ip_shows(self):
        for label, namespace in self.gateway_lab.namespaces.items():
            before, after = self.gateway_lab.quiet(lambda: self.observe(label, namespace))
            rows = lab.report_rows(self.store, f"{label}:@latest", ",".join(IP))
            for table in IP:
                with self.subTest(label=label, table=table):
                    self.assertEqual(rows.capture(table)["status"], "complete")
                    ours = numbered((KEYS[table](row), as_ip(table, row, rows.snapshot["boottime_ms"]))
                                    for row in rows.of(table))
                    Agreement(f"{label} ip: {table}", before[table], after[table], ours, clock=is_clock,
                              tolerance=1.5).check(self, LEAST_ROWS.get((label, table), 0))

    def observe(self, label, namespace):
        before = {table: numbered(read(namespace)) for table, read in IP.items()}
        namespace.record(self.store, "--host", label)
        return before, {table: numbered(read(namespace)) for table, read in IP.items()}

    def test_the_report_shows_every_entry_of_both_caches(self):
        client = self.gateway_lab.namespaces["client"]
        before = dict(exceptions(client))
        client.record(self.store, "--host", "report")
        def lasting(cells):
            return {name: value for name, value in cells.items() if not is_clock(name)}
        entries = {key: cells for key, cells in exceptions(client) if lasting(before.get(key, {})) == lasting(cells)}
        self.assertGreaterEqual(len(entries), 4)
        for options in ("-rC", "-rnC", "-C", "-rFC"):
            result = lab.tool("hindstat-report", "--store", self.store, "report:@latest", *options.split())
            self.assertEqual((result.code, result.err), (0, ""), result)
            self.assertIn("Kernel IP routing cache", result.lines())
            self.assertIn("Kernel IPv6 routing cache", result.lines())
            self.assertEqual("Kernel IP routing table" in result.lines(), options == "-rFC")
            shown = parse_cache(result.out)
            for key, cells in entries.items():
                self.assertEqual(shown[key], {"gateway": cells["gateway"], "mtu": str(cells.get("mtu", "-")),
                                              "redirected": "redirected" in cells.get("flags", [])}, result)

    def test_the_diff_tells_what_was_learned_and_added(self):
        server = self.gateway_lab.namespaces["server"]
        server.record(self.store, "--host", "diff")
        server.ip("rule", "add", "from", "10.9.9.9", "lookup", "300", "priority", "500")
        server.ip("neigh", "add", "10.77.2.99", "lladdr", "02:00:00:00:00:99", "dev", "s0", "nud", "stale")
        server.ip("neigh", "add", "10.77.2.98", "lladdr", "02:00:00:00:00:98", "dev", "s0", "nud", "reachable")
        server.record(self.store, "--host", "diff")
        # States that take turns are no events: reachable becomes stale.
        server.ip("neigh", "change", "10.77.2.98", "lladdr", "02:00:00:00:00:98", "dev", "s0", "nud", "stale")
        server.record(self.store, "--host", "diff")
        added = self.events("diff:@-2", "diff:@-1")
        self.assertIn("rule rule.added 500: from 10.9.9.9 lookup 300", added)
        self.assertIn("neighbour neigh.added 10.77.2.99 dev s0", added)
        self.assertFalse([one for one in self.events("diff:@-1", "diff:@latest") if "10.77.2.98" in one])

    def test_what_was_learned_of_ipv6_is_flushed_with_its_route(self):
        client = self.gateway_lab.namespaces["client"]

        def replace():
            client.record(self.store, "--host", "six")
            client.ip("-6", "route", "replace", "default", "via", "fd77:1::1")
            client.record(self.store, "--host", "six")
            client.ip("-6", "route", "replace", "default", "via", "fe80::1", "dev", "c0")
        self.gateway_lab.quiet(replace)
        result = lab.tool("hindstat-diff", "--store", self.store, "--json", "six:@-1", "six:@latest")
        found = [(e["ev"], e["key"], e["kind"], e["why"]) for e in result.json_lines()[1:-1]
                 if e["table"] == "route_exception"]
        why = ["route.nexthop default (IPv6) metric 1024"]
        self.assertEqual(found, [("cache.flushed", "fd77:2::2 dev c0", "pmtu", why),
                                 ("cache.flushed", "fd77:9::9 dev c0", "redirect", why)], result)

    def events(self, before, after):
        result = lab.tool("hindstat-diff", "--store", self.store, "--json", "--all", before, after)
        self.assertIn(result.code, (0, 1), result)
        return [f"{event['table']} {event['ev']} {event['key']}" for event in result.json_lines()[1:-1]]


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("iptables", "ip6tables", "bash", "setsid")
    lab.main()
