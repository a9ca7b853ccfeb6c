#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A connection in TIME_WAIT has no process any more; the report tells who held it when an earlier snapshot saw it."""
import os
import unittest

import lab


class FormerOwner(unittest.TestCase):
    def test_a_time_wait_has_the_owner_that_was_seen_before(self):
        scene = lab.Lab()
        self.addCleanup(scene.close)
        client, server = lab.client_server(scene)
        store = scene.path("hindstat.db")
        listener = server.listen("10.77.1.2", 8080)
        near = client.connect("10.77.1.2", 8080)
        far, _ = listener.accept()
        scene.keep(far)
        local, remote = lab.show(near.getsockname()), lab.show(near.getpeername())
        client.record(store)
        near.close()
        server.wait_for_state("CLOSE-WAIT", remote, local)
        far.close()
        client.wait_for_state("TIME-WAIT", local, remote)
        client.record(store)

        shown = lab.tool("hindstat-report", "--store", store, "-tanp")
        self.assertEqual((shown.code, shown.err), (0, ""), shown)
        row = next(line for line in shown.lines() if local in line)
        self.assertIn("TIME_WAIT", row)
        self.assertRegex(row, rf"\({os.getpid()}/python3[.\d]*\)")
        self.assertIn("(PID/program): nobody holds it any more; an earlier snapshot saw this owner", shown.out)
        # What was recorded stays what it was.
        rows = lab.report_rows(store, tables="socket").of("socket")
        self.assertEqual([row["pid"] for row in rows if row["state"] == "TIME_WAIT"], [None])
        # The moment before knows nothing of a former owner.
        before = lab.tool("hindstat-report", "--store", store, "-tanp", "@-1")
        self.assertNotIn("(PID/program)", before.out)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss")
    lab.main()
