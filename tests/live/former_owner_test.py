#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A connection in TIME_WAIT, and one that was closed and is not over, have no process any more; the report tells who
held it when an earlier snapshot saw it. One that nobody has accepted has none yet; the report tells who listens."""
import os
import re
import socket
import unittest

import lab


class FormerOwner(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.client, self.server = lab.client_server(self.lab)
        self.store = self.lab.path("hindstat.db")
        self.listener = self.server.listen("10.77.1.2", 8080)
        self.me = rf"{os.getpid()}/python3[.\d]*"

    def connect(self):
        """(the client's end, the server's end, and their names as ss shows them)"""
        near = self.client.connect("10.77.1.2", 8080)
        far, _ = self.listener.accept()
        self.lab.keep(far)
        return near, far, lab.show(near.getsockname()), lab.show(near.getpeername())

    def shown(self, *options):
        result = lab.tool("hindstat-report", "--store", self.store, "-tanp", *options)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return result

    def row(self, local, remote, *options):
        found = [line for line in self.shown(*options).lines() if re.search(rf" {local} +{remote} ", line)]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def recorded(self, state):
        rows = lab.report_rows(self.store, tables="socket").of("socket")
        return [(row["inode"], row["pid"]) for row in rows if row["state"] == state]

    def test_a_time_wait_has_the_owner_that_was_seen_before(self):
        near, far, local, remote = self.connect()
        self.client.record(self.store)
        near.close()
        self.server.wait_for_state("CLOSE-WAIT", remote, local)
        far.close()
        self.client.wait_for_state("TIME-WAIT", local, remote)
        self.client.record(self.store)

        self.assertRegex(self.row(local, remote), rf"TIME_WAIT +\({self.me}\)")
        self.assertIn("(PID/program): nobody holds it any more; an earlier snapshot saw this owner", self.shown().out)
        # What was recorded stays what it was.
        self.assertEqual(self.recorded("TIME_WAIT"), [(0, None)])
        # The moment before knows nothing of a former owner.
        self.assertNotIn("(PID/program)", self.shown("@-1").out)

    def test_an_orphan_has_the_owner_that_was_seen_before(self):
        near, _, local, remote = self.connect()
        self.client.record(self.store)
        near.close()
        self.client.wait_for_state("FIN-WAIT-2", local, remote)
        self.client.record(self.store)
        self.assertEqual(self.recorded("FIN_WAIT2"), [(0, None)])
        self.assertRegex(self.row(local, remote), rf"FIN_WAIT2 +\({self.me}\)")

    def test_what_is_not_accepted_yet_has_who_listens_and_then_its_own_owner(self):
        near = self.client.connect("10.77.1.2", 8080)
        ends = lab.show(near.getpeername()), lab.show(near.getsockname())
        self.server.wait_for_state("ESTAB", *ends)
        self.server.record(self.store)
        self.assertEqual(self.recorded("ESTABLISHED"), [(0, None)])
        self.assertRegex(self.row(*ends), rf"ESTABLISHED +\[{self.me}\]")
        self.assertIn("[PID/program]: not accepted yet; this process listens there", self.shown().out)

        far, _ = self.listener.accept()
        self.server.record(self.store)
        self.assertRegex(self.row(*ends), rf"ESTABLISHED +{self.me} *$")
        self.assertNotIn("[PID/program]", self.shown().out)
        # Closed by both, but the last segment goes nowhere: an orphan that two snapshots saw before.
        near.shutdown(socket.SHUT_WR)
        self.server.wait_for_state("CLOSE-WAIT", *ends)
        self.server.ip("route", "add", "blackhole", "10.77.1.1/32")
        far.close()
        self.server.wait_for_state("LAST-ACK", *ends)
        self.server.record(self.store)
        self.assertEqual(self.recorded("LAST_ACK"), [(0, None)])
        self.assertRegex(self.row(*ends), rf"LAST_ACK +\({self.me}\)")


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss")
    lab.main()
