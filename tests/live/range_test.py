#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A range of snapshots: what hindstat-diff says of A..B step by step and as a whole, over real tables."""
import sqlite3
import time
import unittest

import lab

TABLES = "socket,route,interface"


class Range(unittest.TestCase):
    """Seven snapshots of a client: a connection that lives from the 2nd to the 4th, one from the 3rd on, a link that
    flaps in each step, and a route that is added in the last."""

    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.client, cls.server = lab.client_server(cls.lab)
        cls.store = cls.lab.path("hindstat.db")
        cls.client.ip("link", "add", "flappy", "type", "bridge")
        listener = cls.server.listen("10.77.1.2", 8080)
        earlier = cls.client.connect("10.77.1.2", 8080)
        cls.lab.keep(listener.accept()[0])
        cls.keys = {"earlier": cls.key(earlier)}
        for number in range(1, 8):
            if number == 2:
                brief = cls.client.connect("10.77.1.2", 8080)
                far, _ = listener.accept()
                cls.keys["brief"] = cls.key(brief)
            if number == 3:
                later = cls.client.connect("10.77.1.2", 8080)
                cls.lab.keep(listener.accept()[0])
                cls.keys["later"] = cls.key(later)
            if number == 5:
                local, remote = lab.show(brief.getsockname()), lab.show(brief.getpeername())
                far.close()
                cls.client.wait_for_state("CLOSE-WAIT", local, remote)
                brief.close()
                lab.wait_until(lambda: not any(a == local for _, a, _ in cls.client.states()), "the client's end is gone")
            if number == 7:
                cls.client.ip("route", "add", "198.51.100.0/24", "via", "10.77.1.2")
            cls.client.ip("link", "set", "flappy", "up" if number % 2 else "down")
            if number == 5:
                lab.tool("hindstat-record", "mark", "deploy 4.2", "--store", cls.store)
            recorded = cls.client.record(cls.store)
            assert recorded.code == 0, recorded

    @staticmethod
    def key(one_socket):
        return f"tcp {lab.show(one_socket.getsockname())} -> {lab.show(one_socket.getpeername())}"

    def diff(self, *args, code=1):
        result = lab.tool("hindstat-diff", "--store", self.store, "--table", TABLES, *args)
        self.assertEqual(result.code, code, result)
        return result

    def test_json_has_every_event_once_with_its_step(self):
        header, *events, trailer = self.diff("1..7", "--json").json_lines()
        self.assertEqual((header["ev"], header["range"], header["snapshots"]), ("header", True, 7))
        self.assertEqual((header["a"]["id"], header["b"]["id"]), (1, 7))
        self.assertEqual([mark["text"] for mark in header["marks"]], ["deploy 4.2"])
        of_sockets = [(e["ev"], e["key"]) for e in events if e["table"] == "socket"]
        self.assertEqual(of_sockets, [("sock.opened", self.keys["brief"]), ("sock.opened", self.keys["later"]),
                                      ("sock.closed", self.keys["brief"])])
        flaps = [e for e in events if e["key"] == "flappy"]
        self.assertEqual([e["ev"] for e in flaps], ["if.down", "if.up"] * 3)
        self.assertEqual(trailer["counts"]["sock.opened"], 2)
        self.assertEqual(trailer["counts"]["sock.closed"], 1)
        self.assertEqual(len(trailer["steps"]), 6)
        self.assertEqual([step["opened"] for step in trailer["steps"]], [1, 1, 0, 0, 0, 0])
        self.assertEqual([step["closed"] for step in trailer["steps"]], [0, 0, 0, 1, 0, 0])
        lives = trailer["lifetimes"]
        self.assertEqual(lives["whole"]["n"], 1)
        least, most = lives["whole"]["max_s"]
        self.assertLess(least, most)
        self.assertEqual((lives["from_before"], lives["still_open"], lives["throughout"]), (0, 1, 1))
        self.assertFalse(trailer["truncated"])
        self.assertEqual(trailer["exit"], 1)
        for event in events:
            before, after = event["t"]
            self.assertLess(before, after)

    def test_the_events_of_a_range_are_those_of_its_steps(self):
        whole = [line for line in self.diff("1..7", "--json").json_lines() if line["ev"] not in ("header", "trailer")]
        steps = []
        for number in range(1, 7):
            result = lab.tool("hindstat-diff", "--store", self.store, "--table", TABLES, str(number), str(number + 1),
                              "--json")
            steps += [line for line in result.json_lines() if line["ev"] not in ("header", "trailer")]
        self.assertEqual(whole, steps)

    def test_the_summary_folds_the_flap_and_bounds_lives(self):
        text = self.diff("1..7").out
        self.assertRegex(text, r"(?m)^\S.* #1\.\.#7 .* 7 snapshots, usually ")
        self.assertIn("mark ", text)
        self.assertRegex(text, r"!  flappy .* to and fro 6 times within 6 steps")
        self.assertNotIn("if.down", text)
        self.assertRegex(text, r"2 opened, 1 closed \(0 of them came and went")
        self.assertRegex(text, r"opened and closed here +1 +median ")
        self.assertIn("0 closed that were there at the start, 1 opened that are open at the end, 1 open throughout", text)
        self.assertRegex(text, rf"(?m)^\S+ .* \+  {self.keys['brief']} ")

    def test_each_step_by_itself(self):
        text = self.diff("1..7", "--each").out
        headings = [line for line in text.splitlines() if line.startswith("== ")]
        self.assertEqual([line.split("#", 1)[1].split()[0] for line in headings],
                         [f"{n}..#{n + 1}" for n in range(1, 7)])
        self.assertRegex(text, r"(?m)^\+  route +198\.51\.100\.0/24 ")

    def test_other_forms(self):
        self.assertRegex(self.diff("1..7", "--shortstat").out, r"\A7 snapshots .*socket 2 opened, 1 closed")
        stat = self.diff("1..7", "--stat").out
        self.assertRegex(stat, r"(?m)^until +after +events +opened +closed ")
        self.assertNotIn(self.keys["brief"], stat)
        self.assertEqual(self.diff("1..7", "-q").out, "")
        csv = self.diff("1..7", "--csv").out.splitlines()
        self.assertTrue(csv[0].startswith("ev,sign,table,"), csv[0])
        names = self.diff("1..7", "--name-status").out.splitlines()
        self.assertIn(f"+\tsocket\t{self.keys['brief']}", names)
        self.assertEqual(len(names), len(csv) - 1)
        porcelain = self.diff("1..7", "--porcelain").out.splitlines()
        self.assertEqual(porcelain[0], "hindstat-diff\t1")
        self.assertEqual(len([line for line in porcelain if line.startswith("event\t")]), len(names))
        self.assertTrue(porcelain[-1].startswith(f"end\t{len(names)}\t"), porcelain[-1])

    def test_filters_and_the_exit_status(self):
        names = self.diff("1..7", "--name-status", "--event", "closed").out.splitlines()
        self.assertEqual(names, [f"-\tsocket\t{self.keys['brief']}"])
        self.diff("1..7", "--port", "9", code=0)
        none = self.diff("1..7", "--port", "9", "--stat", code=0).out
        self.assertRegex(none, r"(?m)^filter: --port 9  \(0 of \d+ events\)$")
        self.assertIn("no difference that fits the filter", none)
        # What a filter leaves out leaves no trace in the rows: how many stayed is not known.
        closed = self.diff("1..7", "--event", "closed").out
        self.assertRegex(closed, r"0 opened, 1 closed")
        self.assertNotIn("kept from step to step", closed)
        self.assertNotIn("open throughout", closed)
        header, *_, trailer = self.diff("1..7", "--event", "closed", "--json").json_lines()
        self.assertEqual(header["filter"], "--event closed")
        self.assertGreater(trailer["filtered"], 1)
        self.assertNotIn("throughout", trailer["lifetimes"])
        self.diff("1..7", "--exit-zero", code=0)

    def test_windows(self):
        text = self.diff("--last", "1h").out
        self.assertIn("#1..#7", text)
        self.assertIn("asked for ", text)
        around = self.diff("--around", f"{int(time.time())}", "+-30m").out
        self.assertIn("#1..#7", around)

    def test_the_order_of_threads_does_not_matter(self):
        outputs = {self.diff("1..7", "--json").out for _ in range(4)}
        self.assertEqual(len(outputs), 1)

    def test_a_damaged_snapshot_is_left_out_and_named(self):
        copy = self.lab.path("damaged.db")
        with open(self.store, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        with sqlite3.connect(copy) as database:
            database.execute("UPDATE snapshot SET captures = zeroblob(length(captures)) WHERE id = 4")
        result = lab.tool("hindstat-diff", "--store", copy, "--table", TABLES, "1..7", "--json")
        # Its captures are the base of those that follow, up to their next keyframe.
        self.assertIn("is left out", result.err)
        header, *events, trailer = result.json_lines()
        opened = [event["key"] for event in events if event["ev"] == "sock.opened"]
        self.assertEqual(opened, [self.keys["brief"], self.keys["later"]])


if __name__ == "__main__":
    lab.require_namespaces()
    lab.main()
