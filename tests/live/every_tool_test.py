#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One snapshot of each namespace of tests/lab/gateway-lab.sh against every tool that lists the same tables.

Each tool runs before and after the snapshot, in the quiet between two refreshments of the lab. At least 95 % of its
rows must be there both times; none of these may be missing in the snapshot, and no cell may be another: one that is
equal both times must be the same, one that counts must lie between. Rows are never exempt. What a tool shows and the
snapshot has no column for is named in ss_text.EXEMPT, in ip_json.py and here:

  Timer's retransmits of SYN_RECV   /proc counts timeouts there, sock_diag retransmissions
  PID/Program name                  netstat prints argv[0]; the pid is compared here, the command name against ss
  Ref, Use, some Flags              of IPv6 routes: see netstat_text.py
  use, delta-time                   of conntrack: references that listing takes, and time since the start
  third column of nstat             rates, which need an earlier run

A row that the snapshot has and the tool has not needs one of the reasons below.
"""
import collections
import contextlib
import json
import os
import re
import signal
import sqlite3
import unittest

import ip_json
import lab
import ss_text
from agreement import Agreement, named_cells, numbered
from conntrack_text import as_netstat, comparable, identity, parse_conntrack
from netstat_text import (full_sockets, full_unix, parse_groups, parse_interfaces, parse_routes, parse_sockets,
                          parse_statistics, parse_unix, why_netstat_has_less)

SECONDS = 240  # The lab's processes end by themselves after this time.
TABLES = ("socket,socket_owner,process,unix_socket,packet_socket,netlink_socket,tcp_info,protocol_counter,interface,"
          "address,conntrack,network_namespace," + ",".join(ip_json.IP))
STATES = {"ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
          "LAST_ACK", "LISTEN", "CLOSING"}
COUNTED = {"drops", "bytes_sent", "bytes_acked", "bytes_received", "bytes_retransmitted", "segments_out", "segments_in",
           "data_segments_out", "data_segments_in", "delivered", "retransmits", "busy_time", "window_limited",
           "buffer_limited", "duplicate_sacks", "out_of_order", "reorderings"}
CLOCKS = {"timer_left", "seconds", *ss_text.AGES.values()}
SS_HAS_LESS = {
    "udplite": "ss asks for no UDP-Lite",
    "icmp": "ss asks for no ping sockets",
    "BOUND_INACTIVE": "ss of iproute2 6.1 does not ask for sockets that are only bound",
}
NETSTAT_HAS_LESS = {
    "icmp": "netstat reads no /proc/net/icmp",
    "mptcp": "netstat knows MPTCP by its subflows only, which are rows of tcp",
    "BOUND_INACTIVE": "/proc/net/tcp has no sockets that are only bound",
}
# What the lab makes in each namespace; a tool with nothing to say would agree with everything.
LEAST_ROWS = {
    ("client", "socket"): 45, ("client", "tcp_info"): 25, ("client", "unix_socket"): 15, ("client", "packet_socket"): 1,
    ("client", "netlink_socket"): 6, ("gateway", "packet_socket"): 1, ("gateway", "netlink_socket"): 6,
    ("gateway", "socket"): 1, ("server", "socket"): 48, ("server", "tcp_info"): 40, ("server", "netlink_socket"): 6,
    ("client", "netstat -W -neopa"): 48, ("server", "netstat -W -neopa"): 50, ("client", "netstat unix"): 18,
    ("gateway", "netstat -rne"): 4, ("client", "netstat -6 -rn"): 7, ("gateway", "netstat -ie"): 30,
    ("client", "netstat -gn"): 9, ("server", "netstat -s"): 60, ("gateway", "conntrack"): 35,
    ("client", "route"): 15, ("gateway", "route"): 40, ("server", "route"): 25, ("client", "route_exception"): 4,
    ("gateway", "rule"): 6, ("client", "tcp_metric"): 2, ("client", "neighbour"): 4, ("gateway", "neighbour"): 7,
    ("server", "neighbour"): 5, ("client", "multicast_group"): 10, ("client", "nstat"): 390, ("server", "nstat"): 390,
    ("gateway", "nstat"): 390,
}
NETSTAT = {"-W -neopa": None, "-rne": parse_routes, "-6 -rn": parse_routes, "-ie": parse_interfaces,
           "-gn": parse_groups, "-s": parse_statistics}


def counts(cell):
    return cell in COUNTED


def is_clock(cell):
    return cell in CLOCKS or ip_json.is_clock(cell)


class Tools:
    """What every tool says at one moment."""

    def __init__(self, namespace, history):
        self.ss, self.programs = ss_text.parse(namespace.check("ss", "-H", "-O", "-anpeim").out)
        self.netstat = {options: namespace.check("netstat", *options.split()).out for options in NETSTAT}
        self.ip = {table: numbered(read(namespace)) for table, read in ip_json.IP.items()}
        flows = namespace.check("conntrack", "-L", "-o", "extended,id").lines()
        self.flows = {identity(row): row for row in map(parse_conntrack, filter(None, flows))}
        if len(self.flows) != len(flows):
            raise AssertionError(f"flows are not unique: {flows}")
        # With a history of its own, which it does not update: absolute values.
        env = lab.environment(NSTAT_HISTORY=history)
        lines = map(str.split, namespace.check("nstat", "-azs", env=env).lines())
        self.nstat = {(words[0],): {"value": int(words[1])} for words in lines if not words[0].startswith("#")}


class Recorded:
    """The rows of a snapshot, with the keys and the cells that the tools have."""

    def __init__(self, rows):
        self.rows, self.now = rows, rows.snapshot["boottime_ms"]
        self.further = collections.defaultdict(set)
        for row in rows.of("socket_owner"):
            self.further[row["inode"]].add((row["pid"], row["fd"]))

    def owners(self, row):
        first = {(row["pid"], row["fd"])} if row["pid"] is not None else set()
        return frozenset(first | (self.further[row["inode"]] if row["inode"] else set()))

    def left(self, row):
        return max(row["timer_expires"] - self.now, 0) if row["timer_expires"] is not None else None

    def by_ss(self):
        found = {"tcp_info": {self.key(row): self.as_info(row) for row in self.rows.of("tcp_info")}}
        found["socket"] = {(row["protocol"], *self.key(row)): dict(row, owners=self.owners(row),
                                                                   timer_left=ss_text.cut(self.left(row) or 0))
                           for row in self.rows.of("socket")}
        found["unix_socket"] = {
            (row["inode"],) if row["inode"] else ("embryo", number): dict(
                row, owners=self.owners(row), name=row["name"] and row["name"].replace("\0", "@"),
                peer_inode=row["peer_inode"] or 0)
            for number, row in enumerate(self.rows.of("unix_socket"))}
        found["packet_socket"] = {(row["cookie"],): dict(row, owners=self.owners(row))
                                  for row in self.rows.of("packet_socket")}
        found["netlink_socket"] = {(ss_text.NETLINK[row["protocol"]], row["port"]): row
                                   for row in self.rows.of("netlink_socket")}
        for table, rows in found.items():
            assert len(rows) == len(self.rows.of(table)), f"{table}: keys are not unique"
        return found

    @staticmethod
    def key(row):
        return (row["local_address"], row["local_port"], row["remote_address"], row["remote_port"], row["cookie"])

    def as_info(self, row):
        found = dict(row, options=frozenset(row["options"]))
        for name in ("rtt", "rtt_variance", "min_rtt", "recv_rtt", "rto"):
            found[name] = float(f"{row[name] / 1000:g}")  # ss prints milliseconds with six digits.
        for name in ss_text.BUSY.values():
            found[name] = row[name] // 1000
        for name in ss_text.AGES.values():
            found[name] = None if row[name] is None else self.now - row[name]
        return found

    def by_netstat(self):
        def shown(address):
            return address.removeprefix("::ffff:") if "." in address else address
        return {(row["protocol"].replace("udplite", "udpl") + "6" * (":" in row["local_address"]),
                 (shown(row["local_address"]), row["local_port"]), (shown(row["remote_address"]), row["remote_port"]),
                 row["inode"]): dict(row, timer_left=self.left(row)) for row in self.rows.of("socket")}

    def unix_by_netstat(self):
        return {(row["type"], row["inode"], re.split(r"\s", (row["name"] or "").replace("\0", "@"))[0]):
                dict(row, listening=row["state"] == "LISTENING") for row in self.rows.of("unix_socket")}

    def by_nstat(self):
        return {(row["group"] + row["name"],): dict(row, value=row["count"] if row["level"] is None else row["level"])
                for row in self.rows.of("protocol_counter")}

    def by_conntrack(self):
        def left(row):
            return None if row["expires"] is None else (row["expires"] - self.now) / 1000
        return {identity(row): dict(row, seconds=left(row)) for row in map(comparable, self.rows.of("conntrack"))}


def why_ss_has_less(key, row):
    del key
    return SS_HAS_LESS.get(row.get("protocol")) or SS_HAS_LESS.get(row.get("state"))


def why_ss_has_no_unix(key, row):
    del row
    return "waits to be accepted: /proc/net/unix alone tells it" if key[0] == "embryo" else None


def why_nstat_has_less(key, row):
    del key
    return "nstat leaves out settings and levels" if row["level"] is not None else None


def key_columns(store):
    """{table: its columns of role key}, as the store itself describes them."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as opened:
        layouts = opened.execute("SELECT table_name, columns FROM layout").fetchall()
    # In JSON a column that is called as the table's own name would be is told apart by the table.
    return {table: [column["name"] if column["name"] != "table" else f"{table}_table" for column in json.loads(columns)
                    if column["role"] == "key"] for table, columns in layouts}


class EveryTool(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.gateway_lab = lab.GatewayLab(cls.lab, SECONDS)
        cls.namespaces = cls.gateway_lab.namespaces
        cls.store = cls.lab.path("hindstat.db")

    def setUp(self):
        signal.signal(signal.SIGALRM, lambda *_: self.fail(f"not done after {SECONDS} s"))
        signal.alarm(SECONDS)
        self.addCleanup(signal.alarm, 0)

    def observe(self, label):
        namespace = self.namespaces[label]
        def all_three():
            before = Tools(namespace, self.lab.path("nstat"))
            namespace.record(self.store, "--host", label, "--tcp-info")
            return before, Tools(namespace, self.lab.path("nstat"))
        before, after = self.gateway_lab.quiet(all_three)
        return before, Recorded(lab.report_rows(self.store, f"{label}:@latest", TABLES)), after

    def agree(self, label, what, before, after, ours, **options):
        with self.subTest(label=label, what=what):
            options = {"counts": counts, "clock": is_clock, **options}
            Agreement(f"{label:7} {what}", before, after, ours, **options).check(self, LEAST_ROWS.get((label, what), 0))

    def test_client(self):
        self.compare_all("client")

    def test_gateway(self):
        self.compare_all("gateway")

    def test_server(self):
        self.compare_all("server")

    def compare_all(self, label):
        before, recorded, after = self.observe(label)
        for table in set(TABLES.split(",")) - {"network_namespace"}:
            capture = recorded.rows.capture(table)
            # A machine may hide its first process from everyone, ss and netstat included.
            possible = ("complete", "partial") if table in ("socket_owner", "process") else ("complete",)
            self.assertIn(capture["status"], possible, capture)
        self.compare_ss(label, before, recorded, after)
        self.compare_netstat(label, before, recorded, after)
        for table in ip_json.IP:
            ours = numbered((ip_json.KEYS[table](row), ip_json.as_ip(table, row, recorded.now))
                            for row in recorded.rows.of(table))
            self.agree(label, table, before.ip[table], after.ip[table], ours, tolerance=1.5)
        self.compare_caches(label, before, after)
        self.compare_flows(label, before, recorded, after)
        self.agree(label, "nstat", before.nstat, after.nstat, recorded.by_nstat(), counts=lambda cell: True,
                   surplus=why_nstat_has_less)

    def compare_ss(self, label, before, recorded, after):
        ours = recorded.by_ss()
        reasons = {"socket": why_ss_has_less, "unix_socket": why_ss_has_no_unix}
        for table, rows in ours.items():
            self.agree(label, table, before.ss[table], after.ss[table], rows,
                       surplus=reasons.get(table, lambda key, row: None), tolerance=1000 if table == "socket" else 10)
        programs = {row["pid"]: row["comm"] for row in recorded.rows.of("process")}
        named = {pid: name for pid, name in before.programs.items() if after.programs.get(pid) == name}
        self.assertEqual(named.items() - programs.items(), set())
        self.assertGreaterEqual(len(named), 2)
        if label == "server":
            self.assertEqual({cells["uid"] for cells in before.ss["socket"].values()}, {0, lab.NOBODY})

    def compare_netstat(self, label, before, recorded, after):
        full = "-W -neopa"
        self.agree(label, f"netstat {full}", full_sockets(before.netstat[full]), full_sockets(after.netstat[full]),
                   recorded.by_netstat(), surplus=lambda key, row: NETSTAT_HAS_LESS.get(row["protocol"])
                   or NETSTAT_HAS_LESS.get(row["state"]), tolerance=20)
        self.agree(label, "netstat unix", full_unix(before.netstat[full]), full_unix(after.netstat[full]),
                   recorded.unix_by_netstat())
        for options, parse in NETSTAT.items():
            shown = lab.tool("hindstat-report", "--store", self.store, f"{label}:@latest", *options.split())
            self.assertEqual((shown.code, shown.err), (0, ""), shown)
            for read in [parse] if parse else [parse_sockets, parse_unix]:
                texts = (named_cells(read(text, options)) for text in
                         (before.netstat[options], after.netstat[options], shown.out))
                self.agree(label, f"report {options} {read.__name__}" if not parse else f"netstat {options}",
                           *texts, counts=lambda cell: True,
                           surplus=lambda key, row: why_netstat_has_less(key, options, read))

    def compare_caches(self, label, before, after):
        """The text of `hindstat-report -rC` has what `ip route show cache` has, and nothing else."""
        shown = lab.tool("hindstat-report", "--store", self.store, f"{label}:@latest", "-rnC")
        self.assertEqual((shown.code, shown.err), (0, ""), shown)
        def as_report(rows):
            return {key: {"gateway": cells.get("gateway", "*"), "mtu": str(cells.get("mtu", "-"))}
                    for (key, _), cells in rows.items()}
        old, new = (as_report(tools.ip["route_exception"]) for tools in (before, after))
        self.agree(label, "report -rnC", old, new, ip_json.parse_cache(shown.out))

    def compare_flows(self, label, before, recorded, after):
        for rows in (before.flows, after.flows):
            for row in rows.values():
                row.pop("use", None)
        self.agree(label, "conntrack", before.flows, after.flows, recorded.by_conntrack(),
                   counts=lambda cell: cell in ("packets", "bytes", "reply_packets", "reply_bytes"), tolerance=1.5)
        shown = lab.tool("hindstat-report", "--store", self.store, f"{label}:@latest", "-Mn")
        self.assertEqual((shown.code, shown.err), (0, ""), shown)
        flows = [line.split(maxsplit=4) for line in shown.lines() if re.search(r" -> .*\(", line)]
        found = numbered(((cells[0], *cells[2:]), {}) for cells in flows)
        def rewritten(rows):
            return numbered((as_netstat(row), {}) for row in rows.values() if row["nat"])
        self.agree(label, "report -Mn", rewritten(before.flows), rewritten(after.flows), found)

    def test_all_eleven_states_are_in_one_snapshot(self):
        names = [self.namespaces[label].name for label in ("client", "server")]
        store = self.lab.path("states.db")
        def seen():
            return collections.Counter(state for label in ("client", "server")
                                       for state, _, _ in self.namespaces[label].states())
        def all_three():
            before = seen()
            lab.check([lab.tool_path("hindstat-record"), "--store", store, "--netns", ",".join(names)])
            return before, seen()
        before, after = self.gateway_lab.quiet(all_three)
        shown = lab.tool("hindstat-report", "--store", store, "--netns", ",".join(names), "--table", "socket", "--json")
        rows = [row for row in shown.json_lines() if row["table"] == "socket" and row["protocol"] == "tcp"]
        self.assertEqual({row["netns"] for row in rows}, set(names))
        states = collections.Counter(row["state"] for row in rows)
        by_ss = collections.Counter({ss_text.STATES[state]: count for state, count in (before & after).items()})
        print(f"states: {dict(states)}")
        self.assertEqual(STATES - set(by_ss), {"CLOSE"})  # See SS_HAS_LESS.
        self.assertEqual(by_ss - states, collections.Counter())
        self.assertEqual(STATES - set(states), {"CLOSE"})
        # Sockets that are bound and neither listen nor connect are in CLOSE; kernels tell them since 6.8.
        if tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 8):
            bound = [row for row in rows if row["state"] == "BOUND_INACTIVE"]
            self.assertEqual([(row["local_port"], row["remote_port"], row["pid"] is None) for row in bound],
                             [(7099, 0, False)])
        self.assertEqual(set(states) - STATES, {"BOUND_INACTIVE"} & set(states))

    def test_one_recording_from_outside_holds_all_three_namespaces(self):
        outside, inside = self.lab.path("outside.db"), self.lab.path("inside.db")
        def all_four():
            for label, namespace in self.namespaces.items():
                namespace.record(inside, "--host", label, "--tcp-info")
            lab.check([lab.tool_path("hindstat-record"), "--store", outside, "--all-netns", "--tcp-info"])
        self.gateway_lab.quiet(all_four)
        listing = lab.tool("hindstat-record", "list", "--store", inside, "--json").json_lines()
        tables = ",".join(sorted(listing[0]["tables"]))
        keys = key_columns(inside)
        for label, namespace in self.namespaces.items():
            own = lab.report_rows(inside, f"{label}:@latest", tables)
            shown = lab.tool("hindstat-report", "--store", outside, "--netns", namespace.name, "--table", tables,
                             "--json")
            self.assertEqual((shown.code, shown.err), (0, ""), shown)
            with self.subTest(label=label):
                self.same_rows(label, keys, own, lab.Rows(shown.json_lines()))

    def same_rows(self, label, keys, own, there):
        """Row count and keys of every table that belongs to a network namespace."""
        tables = sorted(table for table in keys
                        if "netns" in keys[table] and table not in ("capture", "network_namespace"))
        rows = 0
        for table in tables:
            statuses = [found.capture(table)["status"] for found in (own, there)]
            self.assertEqual(*statuses, table)
            columns = [column for column in keys[table] if column != "netns"]
            inside, outside = (collections.Counter(tuple(map(str, map(row.get, columns))) for row in found.of(table))
                               for found in (own, there))
            rows += inside.total()
            self.assertEqual(inside, outside, table)
        print(f"{label}: {rows} rows of {len(tables)} tables, the same from outside as from inside", flush=True)
        self.assertGreaterEqual(len(tables), 25)


class TheComparison(unittest.TestCase):
    """That it can fail."""

    def find(self, before, after, ours, **options):
        found = Agreement("example", before, after, ours, **options)
        return found.missing, [one[:2] for one in found.different], [one[0] for one in found.unexplained]

    def test_what_is_wrong_is_found(self):
        tool = {"a": {"x": 1, "n": 5}, "b": {"x": None, "n": 7}}
        later = {"a": {"x": 1, "n": 9}, "b": {"x": None, "n": 7}}
        self.assertEqual(self.find(tool, later, {**later, "b": dict(later["b"], y=3)}), ([], [], []))
        self.assertEqual(self.find(tool, later, {"a": later["a"]}), (["b"], [], []))
        self.assertEqual(self.find(tool, later, {**later, "c": {}}), ([], [], ["c"]))
        self.assertEqual(self.find(tool, later, {**later, "c": {}}, surplus=lambda key, row: "named"), ([], [], []))
        self.assertEqual(self.find(tool, later, {**later, "b": {"x": 0, "n": 7}}), ([], [("b", "x")], []))
        self.assertEqual(self.find(tool, later, {**later, "b": {"n": 7}}), ([], [("b", "x")], []))
        for value, wrong in ((5, []), (9, []), (4, [("a", "n")]), (10, [("a", "n")]), (None, [("a", "n")])):
            ours = {**later, "a": {"x": 1, "n": value}}
            self.assertEqual(self.find(tool, later, ours, counts=lambda cell: cell == "n"), ([], wrong, []))
            self.assertEqual(self.find(tool, later, ours, clock=lambda cell: cell == "n"), ([], wrong, []))
            moved = {**later, "a": {"x": 2, "n": 9}}
            self.assertEqual(self.find(tool, moved, ours, clock=lambda cell: cell == "n"), ([], [], []))
        self.assertEqual(Agreement("example", tool, {"a": tool["a"]}, later).share, 0.5)

    def test_a_word_of_ss_that_nobody_knows_is_an_error(self):
        line = ("tcp   ESTAB 0 0 10.0.0.1:1 10.0.0.2:2 ino:5 sk:1 <-> skmem:(r0,rb1,t0,tb2,f0,w0,o0,bl0,d0) ts sack "
                "cubic rto:204 rtt:0.5/0.25 mss:1348 retrans:0/3")
        info = ss_text.parse(line)[0]["tcp_info"]["10.0.0.1", 1, "10.0.0.2", 2, "1"]
        self.assertEqual((info["congestion_control"], info["rtt"], info["retransmits"]), ("cubic", 0.5, 3))
        for other in (line + " news:1", line.replace(" sk:1", " sk:1 news:1")):
            with self.assertRaises(AssertionError):
                ss_text.parse(other)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss", "netstat", "conntrack", "nstat", "iptables", "ip6tables", "bash", "setsid")
    lab.main()
