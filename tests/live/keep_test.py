#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Looking after a store: prune, pin, mark, status, and what happens when the disk is full."""
import errno
import json
import os
import shutil
import sqlite3
import time
import unittest

import lab


class Keep(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.store = self.lab.path("hindstat.db")

    def tool(self, name, *args):
        return lab.tool(name, *args, "--store", self.store)

    def ok(self, name, *args):
        result = self.tool(name, *args)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return result

    def record(self, count=1):
        for _ in range(count):
            self.ok("hindstat-record")

    def listing(self):
        return self.ok("hindstat-record", "list", "--json").json_lines()

    def snapshots(self):
        return [entry["id"] for entry in self.listing() if entry["kind"] == "snapshot"]

    def status(self, *args):
        result = self.tool("hindstat-record", "status", "--json", *args)
        self.assertEqual(result.err, "", result)
        return result.code, json.loads(result.out)


class Prune(Keep):
    def test_nothing_goes_without_being_asked_for(self):
        self.record(2)
        result = self.tool("hindstat-record", "prune")
        lab.assert_one_sentence(self, result, 2)
        for wrong in (["--keep", "x"], ["--max-size", "0"], ["--max-size", "2Q"], ["--thin", "1h"], ["--keep", "0s"],
                      ["--thin", "1h:7d", "--thin", "2h:7d"], ["--set"], ["--unset", "--keep", "1d"]):
            lab.assert_one_sentence(self, self.tool("hindstat-record", "prune", *wrong), 2)
        self.assertEqual(self.snapshots(), [1, 2])

    def test_what_is_pinned_stays_and_what_is_not_goes(self):
        self.record(6)
        self.ok("hindstat-record", "pin", "2", "4..5", "--note", "INC-123")
        dry = self.tool("hindstat-record", "prune", "--max-size", "1", "--dry-run")
        self.assertIn("would remove 2 snapshots", dry.out)
        self.assertIn("larger than --max-size", dry.err)
        self.assertEqual(len(self.snapshots()), 6)
        done = self.tool("hindstat-record", "prune", "--max-size", "1", "-v")
        self.assertIn("removed 2 snapshots (2 for the size of the file)", done.out)
        self.assertEqual(self.snapshots(), [2, 4, 5, 6])
        self.assertEqual([e.get("pin") for e in self.listing()], ["INC-123", "INC-123", "INC-123", None])
        listed = self.ok("hindstat-record", "list").out
        self.assertIn("pinned\n", listed)
        self.assertIn("INC-123", listed)
        self.ok("hindstat-record", "unpin", "@first")
        self.assertIn("not pinned", self.tool("hindstat-record", "unpin", "2").err)
        self.tool("hindstat-record", "prune", "--max-size", "1")
        self.assertEqual(self.snapshots(), [4, 5, 6])
        for snapshot in self.snapshots():
            lab.report_rows(self.store, at=str(snapshot))

    def test_recording_prunes_as_it_goes_when_it_is_told_to(self):
        self.record(5)
        with sqlite3.connect(self.store) as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.close()
        self.ok("hindstat-record", "prune", "--set", "--max-size", str(pages * 4096))
        self.assertEqual(len(self.snapshots()), 5)
        self.record()
        self.assertNotIn(1, self.snapshots())
        self.assertIn(6, self.snapshots())
        _, status = self.status()
        self.assertEqual(status["limits"]["max_bytes"], pages * 4096)
        self.ok("hindstat-record", "prune", "--unset")
        kept = len(self.snapshots())
        self.record(3)
        self.assertEqual(len(self.snapshots()), kept + 3)


class Marks(Keep):
    HOSTILE = "deploy \x1b[2J 4.2 </script>"

    def test_a_mark_is_on_the_time_line_of_list_diff_and_report(self):
        self.record()
        self.ok("hindstat-record", "mark", self.HOSTILE)
        self.record()
        for name, *args in (["hindstat-record", "list"], ["hindstat-diff", "--exit-zero"], ["hindstat-report", "-r"]):
            shown = self.ok(name, *args)
            self.assertIn("deploy \\x1b[2J 4.2 </script>", shown.out)
            self.assertTrue(lab.is_clean(shown.out), shown)
        marks = [entry for entry in self.listing() if entry["kind"] == "mark"]
        self.assertEqual([mark["text"] for mark in marks], [self.HOSTILE])
        header = self.tool("hindstat-diff", "--json", "--exit-zero").json_lines()[0]
        self.assertEqual([mark["text"] for mark in header["marks"]], [self.HOSTILE])
        self.assertEqual([mark["text"] for mark in lab.report_rows(self.store).snapshot["marks"]], [self.HOSTILE])
        self.assertEqual(lab.report_rows(self.store, at="1").snapshot["marks"], [])
        self.record()
        self.assertEqual(self.tool("hindstat-diff", "--json", "--exit-zero").json_lines()[0]["marks"], [])
        self.assertNotIn("mark ", self.ok("hindstat-report", "-r").out)

    def test_a_mark_of_another_time(self):
        self.record()
        self.ok("hindstat-record", "mark", "power cut", "--at", "2026-01-02T03:04:05Z")
        mark = [entry for entry in self.listing() if entry["kind"] == "mark"][0]
        self.assertEqual(mark["time"], "2026-01-02T03:04:05.000Z")
        for wrong in (["x", "--at", "whenever"], [""], ["x", "--host", "nowhere"], ["y" * 1001]):
            lab.assert_one_sentence(self, self.tool("hindstat-record", "mark", *wrong), 2)

    def test_no_verb_makes_a_store(self):
        for args in (["mark", "x"], ["pin", "1", "--note", "x"], ["unpin", "1"], ["prune", "--keep", "1d"], ["status"]):
            lab.assert_one_sentence(self, self.tool("hindstat-record", *args), 2)
        self.assertFalse(os.path.exists(self.store))


class Status(Keep):
    def test_the_exit_status_is_for_monitoring(self):
        self.record(3)
        code, status = self.status("--max-age", "1h")
        self.assertEqual((code, status["ok"], status["problems"]), (0, True, []))
        self.assertEqual((status["snapshots"], status["last"]["id"], status["pauses"]), (3, 3, []))
        self.assertEqual(status["bytes"], os.stat(self.store).st_size)
        self.assertGreater(status["bytes_per_day"], 0)
        code, status = self.status("--max-age", "0s")
        self.assertEqual((code, status["ok"]), (1, False))
        self.assertIn("old", status["problems"][0])
        text = self.tool("hindstat-record", "status", "--max-age", "1h")
        for word in ("store", "last", "snapshots", "size", "limits", "disk", "none set: nothing is removed"):
            self.assertIn(word, text.out)
        self.assertEqual(text.code, 0)
        lab.assert_one_sentence(self, self.tool("hindstat-record", "status", "nowhere"), 2)

    def test_several_hosts_are_told_apart_by_host(self):
        for host in ("gw1", "gw2"):
            self.ok("hindstat-record", "--host", host)
        for args in (["status", "--max-age", "1h"], ["mark", "deploy 4.2"]):
            result = self.tool("hindstat-record", *args)
            lab.assert_one_sentence(self, result, 2)
            self.assertIn("the store has 2 hosts, give --host with one of gw1 and gw2", result.err)
            self.ok("hindstat-record", *args, "--host", "gw2")
        marks = [entry for entry in self.listing() if entry["kind"] == "mark"]
        self.assertEqual([(mark["host"], mark["text"]) for mark in marks], [("gw2", "deploy 4.2")])
        self.assertIn("gw1", self.ok("hindstat-record", "status", "--host", "gw1", "--max-age", "1h").out)

    def test_what_the_kernel_lacks_is_one_line_without_paths(self):
        self.record()
        text = self.tool("hindstat-record", "status", "--max-age", "1h").out
        self.assertNotIn("No such file", text)
        self.assertLessEqual(max(map(len, text.splitlines()[1:])), 100)
        self.assertLessEqual(text.count("this kernel has no such thing"), 1)

    def test_what_is_not_collected_and_why(self):
        # A process of others, and no privilege to look into it.
        if os.geteuid() != 0:
            self.skipTest("dropping privileges needs root")
        os.chmod(self.lab.directory, 0o1777)
        lent = shutil.copy(lab.tool_path("hindstat-record"), self.lab.path("hindstat-record"))
        os.chmod(lent, 0o755)
        result = lab.run(["setpriv", f"--reuid={lab.NOBODY}", f"--regid={lab.NOBODY}", "--clear-groups",
                          "--inh-caps=-all", "--bounding-set=-all", lent, "--store", self.store])
        self.assertEqual(result.code, 0, result)
        code, status = self.status("--max-age", "1h")
        self.assertEqual(code, 0, status)
        self.assertTrue(status["not_collected"], status)
        self.assertIn("CAP_", " ".join(status["not_collected"]))
        self.assertEqual(status["not_asked_for"], ["tcp_info (--tcp-info)", "resolved_name (--resolve)"])

    def test_a_pause_is_found_and_what_was_pruned_is_none(self):
        child = self.lab.start([lab.tool_path("hindstat-record"), "--store", self.store, "watch", "--every", "500ms",
                                "--for", "4s"], env=lab.environment())
        self.assertEqual(child.wait(timeout=120), 0)
        count = len(self.snapshots())
        self.ok("hindstat-record", "pin", "1", "--note", "the first")
        time.sleep(12)
        self.record()
        _, status = self.status("--max-age", "1h")
        self.assertEqual(len(status["pauses"]), 1, status)
        self.assertTrue(status["pauses"][0]["same_boot"])
        self.assertGreater(status["pauses"][0]["missed"], 1)
        # Between the first and the last but two nothing is left: that was asked for.
        self.tool("hindstat-record", "prune", "--keep", "11s")
        self.assertLess(len(self.snapshots()), count)
        _, status = self.status("--max-age", "1h")
        self.assertLessEqual(len(status["pauses"]), 1, status)


class FullDisk(Keep):
    def setUp(self):
        super().setUp()
        reason = lab.why_no_namespaces()
        if reason:
            self.skipTest(reason)
        self.here = self.lab.namespace("here")
        mount = self.lab.path("small")
        self.lab.mount_tmpfs(mount, "2m")
        self.store = os.path.join(mount, "hindstat.db")
        self.ballast = os.path.join(mount, "ballast")

    def record_here(self):
        return self.here.run(lab.tool_path("hindstat-record"), "--store", self.store)

    def fill(self, leave):
        with open(self.ballast, "wb") as ballast:
            free = os.statvfs(self.lab.path("small"))
            ballast.write(bytes(max(0, free.f_bavail * free.f_frsize - leave)))

    def test_no_room_is_75_and_the_gap_is_recorded_next_time(self):
        for _ in range(3):
            self.here.listen("127.0.0.1")
            self.assertEqual(self.record_here().code, 0)
        self.fill(64 * 1024)
        for _ in range(4):
            result = self.record_here()
            lab.assert_one_sentence(self, result, 75)
            self.assertIn("the disk is full", result.err)
            self.assertNotIn("noted", result.err)
        self.assertTrue(os.path.exists(self.store + "-gaps"))
        code, status = self.status("--max-age", "1h")
        self.assertEqual(code, 1)
        self.assertIn("4 recordings could not be stored: the disk was full, since the last snapshot",
                      status["problems"])
        os.unlink(self.ballast)
        self.assertEqual(self.record_here().code, 0)
        self.assertFalse(os.path.exists(self.store + "-gaps"))
        gaps = [entry for entry in self.listing() if entry["kind"] == "gap"]
        self.assertEqual([(gap["count"], gap["reason"]) for gap in gaps], [(4, "full")])
        self.assertIn("4 recordings could not be stored: the disk was full",
                      self.ok("hindstat-record", "list").out)
        code, status = self.status("--max-age", "1h")
        self.assertEqual((code, len(status["gaps"])), (0, 1))

    def test_a_disk_without_a_byte_is_75_and_says_that_the_gap_is_not_noted(self):
        self.assertEqual(self.record_here().code, 0)
        self.fill_up()
        result = self.record_here()
        lab.assert_one_sentence(self, result, 75)
        self.assertIn("could not be noted either", result.err)
        os.unlink(self.ballast)
        self.assertEqual(self.record_here().code, 0)
        self.assertEqual([e["kind"] for e in self.listing()], ["snapshot", "snapshot"])

    def fill_up(self):
        fd = os.open(self.ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while os.write(fd, bytes(4096)):
                pass
        except OSError as error:
            self.assertEqual(error.errno, errno.ENOSPC)
        os.close(fd)


class Busy(Keep):
    def test_a_busy_store_is_75_and_a_gap(self):
        self.record()
        holder = sqlite3.connect(self.store)
        holder.execute("BEGIN EXCLUSIVE")
        result = self.tool("hindstat-record")
        lab.assert_one_sentence(self, result, 75)
        holder.rollback()
        holder.close()
        self.record()
        gaps = [entry for entry in self.listing() if entry["kind"] == "gap"]
        self.assertEqual([(gap["count"], gap["reason"]) for gap in gaps], [(1, "busy")])


if __name__ == "__main__":
    lab.main()
