#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Routing cache, neighbours, rules, nexthops, TCP metrics and link groups of a snapshot against what `ip` says, cell by cell.

In the three namespaces of tests/lab/gateway-lab.sh, where path MTUs and redirects of both families are learned, `ip`
runs before and after the snapshot. A row that is in both runs is what the kernel had at the moment of the snapshot, and
so is a cell that is equal in both: the snapshot must have at least 95 % of these rows, each with all of these cells.
Not compared, by name:

  expires, age, used, confirmed, updated   ages and countdowns: the snapshot has moments
  refcnt, users                            what looking changes
  probes                                   `ip` shows it with -s alone, and it counts while it is compared
"""
import ipaddress
import json
import signal
import unittest

import lab

LEAST_SHARE = 0.95
SECONDS = 150  # The lab's processes end by themselves after this time.
TABLES = {"local": 255, "main": 254, "default": 253}
PROTOCOLS = {"redirect", "kernel", "boot", "static", "ra"}
# How many rows each namespace must have to prove anything: what the lab and this test make there.
LEAST_ROWS = {("client", "route_exception"): 4, ("client", "neighbour"): 4, ("client", "tcp_metric"): 2,
              ("gateway", "rule"): 8, ("gateway", "neighbour"): 4, ("gateway", "nexthop"): 3,
              ("server", "neighbour"): 2, ("client", "rule"): 5,
              ("gateway", "link_group"): 8}


def only_known(cells):
    return {name: value for name, value in cells.items() if value is not None}


def exceptions(namespace):
    for family in ("-4", "-6"):
        for row in json.loads(namespace.ip(family, "-j", "route", "show", "cache").out or "[]"):
            metrics = row.get("metrics", [{}])[0]
            yield (row["dst"], row["dev"]), only_known({
                "gateway": row.get("gateway"), "mtu": metrics.get("mtu"), "metric": row.get("metric"),
                "preference": row.get("pref"), "flags": row.get("cache") if family == "-4" else None})


def neighbours(namespace):
    for proxy in (False, True):
        for row in json.loads(namespace.ip("-j", "neigh", "show", *(["proxy"] if proxy else [])).out or "[]"):
            yield (row["dst"], row["dev"], proxy), only_known({
                "link_address": row.get("lladdr"), "state": None if proxy else row["state"][0],
                "router": None if proxy else "router" in row})


def rules(namespace):
    for family in ("-4", "-6"):
        for row in json.loads(namespace.ip(family, "-j", "rule").out or "[]"):
            source = None if row["src"] == "all" else row["src"]
            table = TABLES.get(row.get("table"), row.get("table"))
            yield ("IPv" + family[1], row["priority"], source), only_known({
                "rule_table": int(table) if table is not None else None, "source_length": row.get("srclen"),
                "mark": int(row["fwmark"], 16) if "fwmark" in row else None, "in_interface": row.get("iif"),
                "action": row.get("action")})


def tcp_metrics(namespace):
    for row in json.loads(namespace.ip("-j", "tcp_metrics").out or "[]"):
        yield (row["dst"], row.get("source")), only_known({
            "cwnd": row.get("cwnd"), "ssthresh": row.get("ssthresh"), "reordering": row.get("reordering"),
            "rtt": round(row["rtt"] * 1e6) if "rtt" in row else None,
            "rttvar": round(row["rttvar"] * 1e6) if "rttvar" in row else None})


def nexthops(namespace):
    for row in json.loads(namespace.ip("-j", "nexthop").out or "[]"):
        members = ",".join(f"{one['id']}/{one['weight']}" if "weight" in one else str(one["id"])
                           for one in row.get("group", []))
        yield (row["id"],), only_known({
            "gateway": row.get("gateway"), "interface": row.get("dev"), "group": members or None,
            "blackhole": "blackhole" in row})


def link_groups(namespace):
    for device in json.loads(namespace.ip("-j", "maddr").out or "[]"):
        for row in device.get("maddr", []):
            if "link" in row:
                yield (row["link"], device["ifname"]), {"users": row.get("users", 1)}


IP = {"route_exception": exceptions, "neighbour": neighbours, "rule": rules, "tcp_metric": tcp_metrics,
      "nexthop": nexthops, "link_group": link_groups}
KEYS = {
    "route_exception": lambda row: (row["destination"], row["interface"]),
    "neighbour": lambda row: (row["address"], row["interface"], row["proxy"]),
    "rule": lambda row: (row["family"], row["priority"], row["source"]),
    "tcp_metric": lambda row: (row["destination"], row["source"]),
    "nexthop": lambda row: (row["id"],),
    "link_group": lambda row: (row["address"], row["interface"]),
}


def cell(table, row, name):
    """The cell that `ip` calls so."""
    if name == "router":
        return "router" in row["flags"]
    value = row[name]
    return int(value, 16) if table == "rule" and name == "mark" and isinstance(value, str) else value


def numbered(rows):
    """Equal keys are told apart by their order."""
    found, seen = {}, {}
    for key, cells in rows:
        seen[key] = seen.get(key, -1) + 1
        found[key, seen[key]] = cells
    return found


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
            before = {table: numbered(read(namespace)) for table, read in IP.items()}
            namespace.record(self.store, "--host", label)
            after = {table: numbered(read(namespace)) for table, read in IP.items()}
            rows = lab.report_rows(self.store, f"{label}:@latest", ",".join(IP))
            for table in IP:
                with self.subTest(label=label, table=table):
                    self.assertEqual(rows.capture(table)["status"], "complete")
                    ours = numbered((KEYS[table](row), row) for row in rows.of(table))
                    self.compare(label, table, before[table], after[table], ours)

    def compare(self, label, table, before, after, ours):
        stable = [key for key in before if key in after]
        cells, wrong = 0, []
        for key in stable:
            equal = {name: value for name, value in before[key].items() if after[key].get(name) == value}
            cells += len(equal)
            if key not in ours or any(cell(table, ours[key], name) != value for name, value in equal.items()):
                wrong.append((key, equal, ours.get(key)))
        surplus = [key for key in ours if key not in before and key not in after]
        share = 1 - len(wrong) / len(stable) if stable else 1
        print(f"{label:7} {table:15} {share:6.1%} of {len(stable)} stable rows with {cells} stable cells", flush=True)
        for row in wrong:
            print("  ip, not hindstat:", *row)
        self.assertGreaterEqual(share, LEAST_SHARE)
        self.assertEqual(wrong, [])
        self.assertEqual(surplus, [])
        self.assertGreaterEqual(len(stable), LEAST_ROWS.get((label, table), 0))

    def test_the_report_shows_every_entry_of_both_caches(self):
        client = self.gateway_lab.namespaces["client"]
        before = dict(exceptions(client))
        client.record(self.store, "--host", "report")
        entries = {key: cells for key, cells in exceptions(client) if before.get(key) == cells}
        self.assertGreaterEqual(len(entries), 4)
        for options in ("-rC", "-rnC", "-C", "-rFC"):
            result = lab.tool("hindstat-report", "--store", self.store, "report:@latest", *options.split())
            self.assertEqual((result.code, result.err), (0, ""), result)
            self.assertIn("Kernel IP routing cache", result.lines())
            self.assertIn("Kernel IPv6 routing cache", result.lines())
            self.assertEqual("Kernel IP routing table" in result.lines(), options == "-rFC")
            shown = {line.split()[1]: line.split() for line in result.lines() if len(line.split()) >= 7}
            for (destination, device), cells in entries.items():
                line = shown[destination]
                self.assertEqual((line[2], line[-1]), (cells["gateway"], device), result)
                self.assertEqual(line[-3], str(cells.get("mtu", "-")), result)
                self.assertEqual("D" in line[3], "redirected" in cells.get("flags", []), result)
                self.assertEqual(ipaddress.ip_address(destination).version, 6 if ":" in line[0] else 4)

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
        self.assertTrue(any("rule row.added" in one and "priority 500 source 10.9.9.9" in one for one in added), added)
        self.assertTrue(any("neighbour row.added" in one and "10.77.2.99" in one for one in added), added)
        self.assertFalse([one for one in self.events("diff:@-1", "diff:@latest") if "10.77.2.98" in one])

    def events(self, before, after):
        result = lab.tool("hindstat-diff", "--store", self.store, "--json", before, after)
        self.assertIn(result.code, (0, 1), result)
        return [f"{event['table']} {event['ev']} {event['key']}" for event in result.json_lines()[1:-1]]


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("iptables", "ip6tables", "bash", "setsid")
    lab.main()
