#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One recording of every network namespace: each keeps its own sockets, routes and interfaces, owners are found across
namespaces, and report and diff show the recorder's own namespace unless they are asked for another."""
import json
import os
import subprocess
import unittest

import lab


class Namespaces(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.blue, self.red = self.lab.namespace("blue"), self.lab.namespace("red")
        self.lab.join(self.blue, self.red)
        self.store = self.lab.path("hindstat.db")

    def record(self, *options):
        result = lab.tool("hindstat-record", "--store", self.store, *options)
        self.assertEqual(result.code, 0, result)
        return result

    def rows(self, table, *options):
        result = lab.tool("hindstat-report", "--store", self.store, "--table", table, "--json", *options)
        self.assertEqual(result.code, 0, result)
        return [row for row in result.json_lines() if row.get("table") == table]

    def test_all_namespaces(self):
        self.blue.listen("0.0.0.0", 8080)
        self.red.listen("0.0.0.0", 8081)
        self.record("--all-netns")
        mine = os.getpid()
        sockets = {(row["netns"], row["local_port"]): row for row in self.rows("socket", "--all-netns")}
        self.assertEqual(sockets[(self.blue.name, 8080)]["pid"], mine)  # This process lives elsewhere.
        self.assertEqual(sockets[(self.red.name, 8081)]["pid"], mine)
        self.assertNotIn(("", 8080), sockets)
        self.assertEqual({row["netns"] for row in self.rows("interface", "--netns", self.blue.name)}, {self.blue.name})
        self.assertEqual({row["netns"] for row in self.rows("interface")}, {""})
        names = {row["netns"]: row for row in self.rows("network_namespace")}
        self.assertTrue(names[""]["own"])
        self.assertEqual(names[self.blue.name]["name"], self.blue.name)
        shown = lab.tool("hindstat-report", "--store", self.store, "-ltn", "--netns", self.blue.name)
        self.assertIn(f"in network namespace {self.blue.name}", shown.out)
        self.assertIn("0.0.0.0:8080", shown.out)
        self.assertNotIn("0.0.0.0:8081", shown.out)
        self.assertNotIn("0.0.0.0:8080", lab.tool("hindstat-report", "--store", self.store, "-ltn").out)

    def test_the_report_of_a_namespace_is_that_of_a_recording_inside_it(self):
        self.blue.listen("0.0.0.0", 8080)
        self.record("--netns", self.blue.name)
        inside = self.lab.path("inside.db")
        self.blue.record(inside)
        for table in ("socket", "route", "interface", "address", "multicast_group"):
            own = lab.tool("hindstat-report", "--store", inside, "--table", table, "--json").json_lines()
            own = [row for row in own if row.get("table") == table]
            there = self.rows(table, "--netns", self.blue.name)
            for row in own + there:
                for volatile in ("netns", "cookie", "report_expires", "timer_expires", "expires", "users"):
                    row.pop(volatile, None)
                for counted in [key for key in row if key.startswith(("rx_", "tx_", "multicast"))]:
                    del row[counted]
            order = lambda row: json.dumps(row, sort_keys=True)
            self.assertEqual(sorted(own, key=order), sorted(there, key=order), table)
            self.assertTrue(own, table)

    def test_diff_of_a_namespace(self):
        self.record("--all-netns")
        self.blue.listen("0.0.0.0", 8080)
        self.record("--all-netns")
        arguments = ("hindstat-diff", "--store", self.store, "--table", "socket", "--json")
        own = lab.tool(*arguments)
        self.assertEqual([event["ev"] for event in own.json_lines()[1:-1] if "8080" in event["key"]], [])
        there = lab.tool(*arguments, "--netns", self.blue.name)
        self.assertEqual(there.code, 1, there)
        self.assertEqual([(event["ev"], event["netns"]) for event in there.json_lines()[1:-1]],
                         [("listen.added", self.blue.name)])
        self.assertEqual(lab.tool(*arguments, "--netns", self.red.name).code, 0)

    def test_what_was_not_recorded_is_said(self):
        self.record()
        refused = lab.tool("hindstat-report", "--store", self.store, "--netns", self.blue.name, "-rn")
        self.assertEqual(refused.code, 2, refused)
        self.assertIn(f"network namespace '{self.blue.name}' was not recorded", refused.err)
        warned = self.record("--netns", "no-such-namespace")
        self.assertIn("no-such-namespace is not in the snapshot", warned.err)

    def test_an_unnamed_namespace_is_called_by_its_inode(self):
        sleeper = subprocess.Popen(["unshare", "--net", "sleep", "60"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        lab.wait_until(lambda: os.readlink(f"/proc/{sleeper.pid}/ns/net") != os.readlink("/proc/self/ns/net"),
                       "the namespace is made")
        name = os.readlink(f"/proc/{sleeper.pid}/ns/net")
        self.record("--netns", name)
        self.assertEqual([row["name"] for row in self.rows("interface", "--netns", name)], ["lo"])

    def test_a_bundle_holds_every_namespace(self):
        self.blue.listen("0.0.0.0", 8080)
        directory = self.lab.path("bundle")
        self.record("--all-netns", "--save-bundle", directory)
        again = self.lab.path("again.db")
        replayed = lab.tool("hindstat-record", "--store", again, "--bundle", directory, "--all-netns")
        self.assertEqual(replayed.code, 0, replayed)
        arguments = ("--table", "socket,route,interface,address,network_namespace", "--all-netns", "--json")
        first = lab.tool("hindstat-report", "--store", self.store, *arguments).json_lines()[1:]
        second = lab.tool("hindstat-report", "--store", again, *arguments).json_lines()[1:]
        self.assertEqual(first, second)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.main()
