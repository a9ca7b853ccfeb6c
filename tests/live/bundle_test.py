#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bundle saved while recording is the same snapshot again; what is broken or missing in it is a status."""
import os
import pathlib
import random
import shutil
import socket
import unittest

import lab

TABLES = "socket,socket_owner,process,route,network_namespace"


class Bundles(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.near, self.far = lab.client_server(self.lab)
        self.make_sockets()
        self.store = self.lab.path("hindstat.db")
        self.bundle = pathlib.Path(self.lab.path("bundle"))
        self.near.record(self.store, "--save-bundle", self.bundle)

    def make_sockets(self):
        listener = self.far.listen("10.77.1.2", 9000)
        for _ in range(5):
            self.near.connect("10.77.1.2", 9000)
            self.lab.keep(listener.accept()[0])
        self.near.listen("0.0.0.0", 9001)
        self.near.listen("::", 9002)
        self.near.socket(kind=socket.SOCK_DGRAM).bind(("10.77.1.1", 9003))
        self.near.socket(kind=socket.SOCK_RAW, protocol=99)
        self.near.ip("route", "add", "default", "via", "10.77.1.2")
        self.near.ip("route", "add", "fd20::/64", "via", "fd77:1::2")

    def replay(self, bundle=None, code=0):
        """Records the bundle into a store of its own; the rows, or the result where it must fail."""
        store = self.lab.path(f"replayed{len(os.listdir(self.lab.directory))}.db")
        result = lab.tool("hindstat-record", "--store", store, "--bundle", bundle or self.bundle)
        self.assertEqual(result.code, code, result)
        if code:
            lab.assert_one_sentence(self, result, code)
            return result
        self.assertEqual(result.err, "", result)
        return lab.report_rows(store, tables=TABLES)

    def copy(self, name):
        target = pathlib.Path(self.lab.path(name))
        shutil.copytree(self.bundle, target, symlinks=True)
        return target

    @staticmethod
    def sorted_rows(rows, table, without=()):
        return sorted(({k: v for k, v in row.items() if k not in without} for row in rows.of(table)), key=repr)

    def test_a_replayed_bundle_has_the_same_tables(self):
        live, again = lab.report_rows(self.store, tables=TABLES), self.replay()
        for table in TABLES.split(","):
            self.assertEqual(self.sorted_rows(again, table), self.sorted_rows(live, table), table)
            for member in ("status", "source", "coverage", "detail", "rows", "rejected"):
                self.assertEqual(again.capture(table)[member], live.capture(table)[member], table)
        self.assertGreaterEqual(len(live.of("socket")), 9)
        for member in ("host", "boot_id", "kernel", "time", "boottime_ms"):
            self.assertEqual(again.snapshot[member], live.snapshot[member])

    def test_saving_a_replay_is_a_fixed_point(self):
        store, again = self.lab.path("again.db"), pathlib.Path(self.lab.path("again"))
        lab.check([lab.tool_path("hindstat-record"), "--store", store, "--bundle", self.bundle, "--save-bundle", again])

        def content(directory):
            return {str(p.relative_to(directory)): os.readlink(p) if p.is_symlink() else p.read_bytes()
                    for p in sorted(directory.rglob("*")) if p.is_symlink() or p.is_file()}
        first, second = content(self.bundle), content(again)
        self.assertEqual(set(second), set(first))
        for name, data in first.items():
            self.assertEqual(second[name], data, name)

    def test_the_bundle_and_proc_alone_agree_on_the_columns_they_share(self):
        bundle = self.copy("proc-only")
        shutil.rmtree(bundle / "netlink")
        self.save_proc(bundle)
        netlink, proc = lab.report_rows(self.store, tables=TABLES), self.replay(bundle)
        self.assertEqual(proc.capture("socket")["source"], "proc")
        only_netlink = ("cookie", "backlog", "bound_interface", "timer_expires", "drops")
        self.assertEqual(self.sorted_rows(proc, "socket", only_netlink),
                         self.sorted_rows(netlink, "socket", only_netlink))

        def main_routes(rows):
            # /proc/net/route has neither the local table nor the second hop; IPv6's has all tables and no numbers.
            return {(r["destination"], r["prefix_length"], r["gateway"], r["interface"]) for r in rows.of("route")
                    if r["route_table"] == 254 and ":" not in r["destination"]}
        self.assertEqual(main_routes(proc), main_routes(netlink))
        self.assertGreaterEqual(len(main_routes(proc)), 2)

    def save_proc(self, bundle):
        """What a copy of /proc would hold."""
        directory = bundle / "proc" / "net"
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "route", "ipv6_route"):
            copied = self.near.check("cat", f"/proc/net/{name}").out
            (directory / name).write_text(copied)
        return directory

    def test_lines_that_do_not_parse_are_counted_and_quoted(self):
        bundle = self.copy("broken")
        shutil.rmtree(bundle / "netlink")
        tcp = self.save_proc(bundle) / "tcp"
        lines = tcp.read_text().splitlines(keepends=True)
        good = len(lines) - 1
        garbage = ["   0: ZZZZ0100:1F90 00000000:0000 0A what is \x1b[31m this\n", "\n", "   1: 0100007F\n",
                   "   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n"]
        tcp.write_text("".join(lines[:1] + garbage[:1] + lines[1:] + garbage[1:]))
        rows = self.replay(bundle)
        capture = rows.capture("socket")
        self.assertEqual(capture["status"], "partial", capture)
        self.assertIn(capture["rejected"], (3, 4), capture)  # Whether an empty line is a record is nobody's business.
        self.assertIn("ZZZZ0100:1F90", capture["example"] + capture["detail"], capture)
        self.assertIn(str(capture["rejected"]), capture["detail"], capture)
        tcp4 = [r for r in rows.of("socket") if r["protocol"] == "tcp" and ":" not in r["local_address"]]
        self.assertEqual(len(tcp4), good)

    def test_sources_that_are_missing_are_absent_not_empty(self):
        bundle = self.copy("little")
        shutil.rmtree(bundle / "netlink")
        shutil.rmtree(bundle / "proc")
        (bundle / "proc" / "net").mkdir(parents=True)
        shutil.copytree(self.bundle / "proc" / "sys", bundle / "proc" / "sys", symlinks=True, dirs_exist_ok=True)
        rows = self.replay(bundle)
        for table in ("socket", "route", "process"):
            capture = rows.capture(table)
            self.assertIn(capture["status"], ("absent", "failed", "partial"), capture)
            self.assertNotEqual(capture["detail"], "", capture)
        self.assertEqual(rows.capture("socket")["status"], "absent")
        self.assertEqual(rows.capture("route")["status"], "absent")
        # A difference to a table that was not read is no difference.
        store = self.lab.path("both.db")
        for one in (self.bundle, bundle):
            lab.check([lab.tool_path("hindstat-record"), "--store", store, "--bundle", one])
        listing = lab.tool("hindstat-record", "list", "--store", store, "--json").json_lines()
        result = lab.tool("hindstat-diff", "--store", store, "--table", "socket,route", "--json",
                          *(e["id"] for e in listing[-2:]))
        self.assertIn(result.code, (0, 2), result)
        if result.code == 0:
            header, trailer = result.json_lines()
            self.assertEqual(trailer["counts"], {})
            self.assertIn("socket", repr(header))

    def test_a_bundle_that_is_none_is_one_sentence(self):
        empty, file = self.lab.path("empty"), self.lab.path("file")
        os.mkdir(empty)
        pathlib.Path(file).write_text("x")
        self.replay(file, code=2)
        self.replay(self.lab.path("absent"), code=2)
        broken = self.copy("clocks")
        (broken / "clocks").write_text("realtime_ns=soon\n")
        result = lab.tool("hindstat-record", "--store", self.lab.path("c.db"), "--bundle", broken)
        self.assertIn(result.code, (0, 2), result)
        result = lab.tool("hindstat-record", "--store", self.lab.path("e.db"), "--bundle", empty)
        self.assertIn(result.code, (0, 2), result)

    def test_hostile_bundles_end_neither_in_a_crash_nor_outside(self):
        chance = random.Random(5)
        files = [p for p in sorted(self.bundle.rglob("*")) if p.is_file() and not p.is_symlink()]
        self.assertTrue(any(p.parent.name == "netlink" for p in files), files)
        for number in range(40):
            bundle = self.copy(f"hostile{number}")
            target = bundle / chance.choice(files).relative_to(self.bundle)
            data = bytearray(target.read_bytes())
            if number % 3 == 0:
                data = data[:chance.randrange(len(data) + 1)]
            else:
                for _ in range(1 + number % 5):
                    if data:
                        data[chance.randrange(len(data))] = chance.randrange(256)
            target.write_bytes(data)
            result = lab.tool("hindstat-record", "--store", self.lab.path("hostile.db"), "--bundle", bundle)
            self.assertIn(result.code, (0, 2), (target, result))
            self.assertTrue(lab.is_clean(result.err), result)
            shutil.rmtree(bundle)
        for reader in (("hindstat-report", "--json", "--table", TABLES), ("hindstat-report", "-tuawpneo")):
            result = lab.tool(reader[0], "--store", self.lab.path("hostile.db"), *reader[1:])
            self.assertEqual(result.code, 0, result)
            self.assertTrue(lab.is_clean(result.out), result)

    def test_an_existing_directory_is_not_overwritten_by_surprise(self):
        result = self.near.run(lab.tool_path("hindstat-record"), "--store", self.store, "--save-bundle", self.bundle)
        self.assertIn(result.code, (0, 2), result)
        if result.code == 2:
            lab.assert_one_sentence(self, result, 2)
        occupied = self.lab.path("occupied")
        pathlib.Path(occupied).write_text("x")
        lab.assert_one_sentence(self, self.near.run(lab.tool_path("hindstat-record"), "--store", self.store,
                                                    "--save-bundle", occupied), 2)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss")
    lab.main()
