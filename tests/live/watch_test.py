#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""hindstat-record watch: the beat, what happens when it cannot be kept, and that a kill leaves a whole store."""
import concurrent.futures
import fcntl
import os
import pty
import random
import signal
import sqlite3
import struct
import subprocess
import termios
import time
import unittest

import lab

MS = 1_000_000


class Watch(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.store = self.lab.path("hindstat.db")

    def watch(self, *args, **kwargs):
        return lab.tool("hindstat-record", "--store", self.store, "watch", *args, **kwargs)

    def start(self, *args, **kwargs):
        return self.lab.start([lab.tool_path("hindstat-record"), "watch", "--store", self.store, *args],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=lab.environment(), **kwargs)

    def end(self, child, sig=signal.SIGTERM):
        """The exit status and what was said."""
        child.send_signal(sig)
        out, err = child.communicate(timeout=60)
        return child.returncode, out.decode(), err.decode()

    def listing(self):
        """The snapshots of the store, not its gaps; also while it is being written."""
        if not os.path.exists(self.store):
            return []
        listed = lab.tool("hindstat-record", "list", "--store", self.store, "--json")
        return [line for line in listed.json_lines() if line["kind"] == "snapshot"] if listed.code == 0 else []

    def count(self):
        return len(self.listing())

    def wait_for(self, count):
        lab.wait_until(lambda: self.count() >= count, f"{count} snapshots", 60)

    def all_rows(self):
        """Every table of every snapshot is loaded, and so verified."""
        tables = lab.check(["sqlite3", self.store, "SELECT DISTINCT table_name FROM layout WHERE table_name <> 'capture'"])
        for identity in range(1, self.count() + 1):
            lab.report_rows(self.store, at=str(identity), tables=",".join(tables.lines()))

    def report_beats(self):
        shown = []
        for entry in self.listing():
            shown.append((entry["id"], lab.report_rows(self.store, at=str(entry["id"]), tables="beat").of("beat")))
        return [rows[0] for _, rows in sorted(shown) if rows]

    def boottimes(self):
        with sqlite3.connect(self.store) as db:
            rows = [row[0] for row in db.execute("SELECT boottime_ns FROM snapshot ORDER BY id")]
        db.close()
        return rows


class Beat(Watch):
    def test_ten_beats_of_a_time_are_ten_snapshots_each_in_its_place(self):
        # Sanitizers are slow, and other load delays: the interval leaves room, and what was late must say so.
        every = 500
        result = self.watch("--every", f"{every}ms", "--for", f"{10 * every}ms")
        self.assertEqual((result.code, result.out, result.err), (0, "", ""), result)
        self.assertLess(result.seconds, 10 * every / 1000 + 10)
        times, beats = self.boottimes(), self.report_beats()
        self.assertEqual(len(times), len(beats))
        self.assertEqual([b["every_ms"] for b in beats], [every] * len(beats))
        # Each beat is either recorded or skipped, those after the last one excepted.
        taken = len(beats) + sum(b["skipped"] for b in beats)
        self.assertLessEqual(taken, 10)
        if not any(b["skipped"] for b in beats):
            self.assertEqual(len(beats), 10)
        began = times[0] - beats[0]["late_ms"] * MS
        place = 0
        for at, beat in zip(times, beats):
            place += beat["skipped"]
            due = began + place * every * MS
            self.assertAlmostEqual(at - beat["late_ms"] * MS, due, delta=3 * MS)
            self.assertEqual(beat["lost"], 0)
            place += 1
        self.all_rows()

    def test_a_recorder_that_was_stopped_says_how_much_it_missed(self):
        child = self.start("--every", "200ms")
        self.wait_for(3)
        child.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        before = len(self.boottimes())
        child.send_signal(signal.SIGCONT)
        self.wait_for(before + 3)
        code, out, err = self.end(child)
        self.assertEqual((code, out, err), (0, "", ""))
        beats = self.report_beats()
        gap = max(b["skipped"] for b in beats[1:])
        self.assertGreaterEqual(gap, 8, beats)
        self.assertLess(gap, 60, beats)
        # Never doubled: two snapshots are never closer than the beats between them, but for lateness.
        times = self.boottimes()
        for i in range(1, len(times)):
            steps = 1 + beats[i]["skipped"]
            due = steps * 200 * MS + (beats[i]["late_ms"] - beats[i - 1]["late_ms"]) * MS
            self.assertAlmostEqual(times[i] - times[i - 1], due, delta=3 * MS)

    def test_a_beat_that_is_too_short_skips_and_never_runs_after(self):
        result = self.watch("--every", "10ms", "--for", "2s")
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.assertLess(result.seconds, 12)
        beats = self.report_beats()
        self.assertLessEqual(len(beats) + sum(b["skipped"] for b in beats), 200)
        self.assertGreater(sum(b["skipped"] for b in beats), 0)

    def test_nonsense_is_one_sentence_and_2(self):
        for args in ((), ("--every",), ("--every", "0s"), ("--every", "5ms"), ("--every", "fast"), ("--every", "-1s"),
                     ("--every", "800d"), ("--every", "99999999999999999999s"), ("--every", "1s", "--for", "long"),
                     ("--every", "1s", "--bundle", self.lab.path()), ("--every", "1s", "--no-such-option"),
                     ("--every", "1s", "--save-bundle", self.lab.path("new")), ("--every", "1s", "list"),
                     ("--every", "1s", "--resolve-timeout", "0s")):
            lab.assert_one_sentence(self, self.watch(*args), 2)
        self.assertFalse(os.path.exists(self.store))

    def test_options_may_stand_on_either_side_and_v_is_one_line_a_snapshot(self):
        for args in (("-v", "watch", "--every", "1s", "--for", "1s"), ("watch", "-v", "--every", "1h", "--for", "1ms")):
            result = lab.tool("hindstat-record", "--host", "renamed", "--store", self.store, *args)
            self.assertEqual((result.code, result.err, len(result.lines())), (0, "", 1), result)
            self.assertIn("renamed", result.out)


class Signals(Watch):
    def test_every_way_to_end_leaves_a_whole_store_and_0(self):
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            before = self.count()
            child = self.start("--every", "50ms")
            self.wait_for(before + 3)
            code, out, err = self.end(child, sig)
            self.assertEqual((code, out, err), (0, "", ""), sig)
            self.assertFalse(os.path.exists(self.store + "-journal"))
        self.all_rows()

    def test_a_signal_ends_a_long_wait_at_once(self):
        child = self.start("--every", "1h")
        self.wait_for(1)
        began = time.monotonic()
        self.assertEqual(self.end(child), (0, "", ""))
        self.assertLess(time.monotonic() - began, 10)

    def test_what_nohup_ignores_stays_ignored(self):
        child = self.start("--every", "100ms", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for(2)
        child.send_signal(signal.SIGHUP)
        self.wait_for(self.count() + 3)
        self.assertEqual(self.end(child), (0, "", ""))

    def test_a_kill_at_any_moment_loses_at_most_what_was_not_stored(self):
        chance = random.Random(4)
        for _ in range(8):
            before = self.count()
            child = self.start("--every", "10ms")
            self.wait_for(before + 1)
            time.sleep(chance.random() * 0.3)
            child.kill()
            child.wait()
            self.assertGreater(self.count(), before)
        with sqlite3.connect(self.store) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        db.close()
        self.all_rows()
        self.assertEqual(self.watch("--every", "1s", "--for", "1s").code, 0)


class OneStoreForMany(Watch):
    def test_two_watches_and_single_recordings_lose_nothing(self):
        watches = [self.start("--every", "300ms", "--for", "4s") for _ in range(2)]
        single = 0
        while any(child.poll() is None for child in watches):
            self.assertEqual(lab.tool("hindstat-record", "--store", self.store).code, 0)
            single += 1
        for child in watches:
            out, err = child.communicate(timeout=60)
            self.assertEqual((child.returncode, out, err), (0, b"", b""))
        beats = self.report_beats()
        self.assertEqual(sum(b["lost"] for b in beats), 0)
        self.assertEqual(self.count(), len(beats) + single)
        self.assertGreaterEqual(single, 2)
        with sqlite3.connect(self.store) as db:
            sequences = [row[0] for row in db.execute("SELECT sequence FROM snapshot ORDER BY id")]
        db.close()
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        self.all_rows()

    def test_a_busy_store_costs_snapshots_and_not_the_watch(self):
        child = self.start("--every", "200ms")
        self.wait_for(2)
        held = sqlite3.connect(self.store, isolation_level=None, timeout=30)
        self.addCleanup(held.close)
        held.execute("BEGIN EXCLUSIVE")
        time.sleep(6.5)
        held.execute("ROLLBACK")
        before = self.count()
        self.wait_for(before + 2)
        code, out, err = self.end(child)
        self.assertEqual((code, out), (0, ""), err)
        self.assertIn("the watch goes on", err)
        self.assertIn("recording again", err)
        self.assertEqual(len(err.splitlines()), 2, err)
        self.assertTrue(lab.is_clean(err), err)
        self.assertGreaterEqual(max(b["lost"] for b in self.report_beats()), 1)
        self.all_rows()

    def test_a_watch_that_ends_while_the_store_is_busy_ends_with_75(self):
        child = self.start("--every", "1s")
        self.wait_for(1)
        held = sqlite3.connect(self.store, isolation_level=None, timeout=30)
        self.addCleanup(held.close)
        held.execute("BEGIN EXCLUSIVE")
        said = child.stderr.readline().decode()
        self.assertIn("the watch goes on", said)
        code, _, err = self.end(child)
        self.assertEqual((code, err), (75, ""))

    def test_a_store_that_is_moved_away_is_made_anew(self):
        child = self.start("--every", "200ms")
        self.wait_for(2)
        os.rename(self.store, self.store + ".old")
        self.wait_for(2)
        code, out, err = self.end(child)
        self.assertEqual((code, out), (0, ""), err)
        self.assertIn("the watch goes on", err)
        self.assertEqual(self.report_beats()[0]["lost"], 1)

    def test_trouble_that_stays_ends_the_watch(self):
        child = self.start("--every", "200ms")
        self.wait_for(1)
        os.rename(self.store, self.store + ".old")
        os.mkdir(self.store)
        out, err = child.communicate(timeout=30)
        self.assertEqual((child.returncode, out), (2, b""), err)
        self.assertEqual(len(err.splitlines()), 2, err)
        os.rmdir(self.store)
        foreign = self.lab.path("foreign")
        with open(foreign, "w") as file:
            file.write("not a store, but long enough to be one: " * 100)
        lab.assert_one_sentence(self, lab.tool("hindstat-record", "watch", "--every", "1s", "--store", foreign), 2)


class FullDisk(Watch):
    def test_a_full_disk_is_said_once_and_recording_goes_on_when_there_is_room(self):
        reason = lab.why_no_namespaces()
        if reason:
            self.skipTest(reason)
        here = self.lab.namespace("here")
        mount = self.lab.path("small")
        self.lab.mount_tmpfs(mount, "600k")
        self.store = os.path.join(mount, "hindstat.db")
        child = self.lab.start(here.argv([lab.tool_path("hindstat-record"), "--store", self.store, "watch", "--every",
                                          "200ms"]), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=lab.environment())
        self.wait_for(2)
        ballast = os.path.join(mount, "ballast")
        with open(ballast, "wb") as file:
            free = os.statvfs(mount)
            file.write(bytes(free.f_bavail * free.f_frsize))
        self.assertIn("the disk is full", child.stderr.readline().decode())
        time.sleep(1)
        os.remove(ballast)
        self.assertIn("recording again", child.stderr.readline().decode())
        code, _, err = self.end(child)
        self.assertEqual((code, err), (0, ""))
        self.assertGreaterEqual(max(b["lost"] for b in self.report_beats()), 2)
        self.all_rows()


class Terminal(Watch):
    def test_progress_is_one_line_that_is_written_over(self):
        reading, writing = pty.openpty()
        self.addCleanup(os.close, reading)
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
        child = self.lab.start([lab.tool_path("hindstat-record"), "--store", self.store, "watch", "--every", "300ms",
                                "--for", "2s"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writing,
                               env=lab.environment())
        os.close(writing)
        shown = b""
        while True:
            try:
                part = os.read(reading, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        self.assertEqual(child.wait(timeout=30), 0)
        self.assertEqual(child.stdout.read(), b"")
        text = shown.decode()
        self.assertEqual(text.count("\n"), 1, text)
        lines = text.rstrip("\r\n").split("\r")[1:]
        self.assertEqual(len(lines), self.count())
        for number, line in enumerate(lines, start=1):
            self.assertLess(len(line), 72)
            self.assertRegex(line, rf"\A#{number} \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d \+0000  [\d.]+ k?B in [\d.]+ m?s  "
                                   rf"{number} recorded, \d+ l?")
            self.assertTrue(lab.is_clean(line), line)


if __name__ == "__main__":
    lab.require_programs("sqlite3")
    lab.main()
