#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every tool as a process: options, selectors, stores that are foreign, damaged, busy, full or read-only, and names
that are hostile. Whatever happens is an exit status of the contract and at most one sentence, never a crash."""
import concurrent.futures
import contextlib
import datetime
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import unittest

import lab

READERS = (("hindstat-report", "@latest", "--table", "socket,route,process", "--json"),
           ("hindstat-report", "@first", "-tuawpneo"),
           ("hindstat-diff", "@first", "@latest", "--json"),
           ("hindstat-record", "list", "--json"))


class Case(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.store = self.lab.path("hindstat.db")

    def record(self, *args, **kwargs):
        result = lab.tool("hindstat-record", "--store", self.store, *args, **kwargs)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return result

    def read(self, reader, store=None, **kwargs):
        name, *args = reader
        return lab.tool(name, *args, "--store", store or self.store, **kwargs)

    def listing(self, store=None):
        result = lab.tool("hindstat-record", "list", "--store", store or self.store, "--json")
        self.assertEqual((result.code, result.err), (0, ""), result)
        return [line for line in result.json_lines() if line["kind"] == "snapshot"]  # Not gaps.

    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")

    def need_namespaces(self):
        reason = lab.why_no_namespaces()
        if reason:
            self.skipTest(reason)

    def copy_of_tools(self):
        """The build directory may be closed to others; as root we can lend them the programs."""
        bin_directory = self.lab.path("bin")
        os.makedirs(bin_directory)
        for name in lab.TOOLS:
            shutil.copy(lab.tool_path(name), bin_directory)
        return bin_directory

    def as_nobody(self, name, *args, **kwargs):
        if not hasattr(self, "lent"):
            self.lent = self.copy_of_tools()
        return lab.run(["setpriv", f"--reuid={lab.NOBODY}", f"--regid={lab.NOBODY}", "--clear-groups",
                        "--bounding-set=-all", "--inh-caps=-all", os.path.join(self.lent, name), *map(str, args)],
                       **kwargs)


class Options(Case):
    def test_help_and_version_go_to_stdout(self):
        for name in lab.TOOLS:
            shown = lab.tool(name, "--help")
            self.assertEqual((shown.code, shown.err), (0, ""), shown)
            for word in ("Usage", "--store", "--version", "list" if name != "hindstat-diff" else "--json"):
                self.assertIn(word, shown.out)
            shown = lab.tool(name, "--version")
            self.assertEqual((shown.code, shown.err), (0, ""), shown)
            self.assertRegex(shown.out, rf"\A{name} \d+\.\d+\.\d+\n\Z")

    def test_wrong_use_is_one_sentence_and_2(self):
        self.record()
        for name, *args in (
                ("hindstat-record", "--no-such-option"), ("hindstat-diff", "--no-such-option"),
                ("hindstat-report", "--no-such-option"), ("hindstat-report", "-Q"), ("hindstat-record", "nonsense"),
                ("hindstat-diff", "1", "1", "1"), ("hindstat-report", "1", "1"), ("hindstat-diff", "--table"),
                ("hindstat-diff", "1", "1", "--table", "no_such_table"),
                ("hindstat-report", "--table", "no_such_table"),
                ("hindstat-report", "-r", "-t"), ("hindstat-report", "--tz", "Nowhere/Town"),
                ("hindstat-record", "--bundle", self.lab.path("no-such-bundle"))):
            lab.assert_one_sentence(self, self.read((name, *args)), 2)
        lab.assert_one_sentence(self, lab.tool("hindstat-report", "--store"), 2)

    def test_recording_is_quiet_and_v_is_one_line(self):
        self.assertEqual(self.record().out, "")
        shown = self.record("-v")
        self.assertEqual(len(shown.lines()), 1, shown)
        self.assertIn("#2", shown.out)

    def test_list_is_the_same_from_both_tools(self):
        self.record()
        self.record("--host", "other")
        for extra in ((), ("--json",)):
            shown = [self.read((name, "list", *extra)) for name in ("hindstat-record", "hindstat-report")]
            self.assertEqual(shown[0].out, shown[1].out)
            self.assertEqual([s.code for s in shown], [0, 0])
        entries = self.listing()
        self.assertEqual([e["id"] for e in sorted(entries, key=lambda e: e["id"])], [1, 2])
        for entry in entries:
            self.assertRegex(entry["uid"], r"\A[0-9a-f]{32}\Z")
            self.assertGreater(entry["bytes"], 0)
            self.assertLessEqual({"socket", "socket_owner", "process", "route", "network_namespace"},
                                 set(entry["tables"]))
            for table in entry["tables"].values():
                self.assertLessEqual({"rows", "status", "source", "detail"}, set(table))

    def test_the_store_may_come_from_the_environment(self):
        env = lab.environment(HINDSTAT_STORE=self.store)
        self.assertEqual(lab.tool("hindstat-record", env=env).code, 0)
        shown = lab.tool("hindstat-report", "-tan", env=env)
        self.assertEqual(shown.code, 0, shown)
        self.assertIn(self.store, shown.lines()[0])
        lab.assert_one_sentence(self, lab.tool("hindstat-diff", env=env), 2)  # There is only one snapshot.

    def test_full_disk_behind_stdout_is_said(self):
        self.record()
        self.record()
        commands = [(*reader, "--store", self.store) for reader in READERS]
        commands += [(name, "--help") for name in lab.TOOLS] + [(name, "--version") for name in lab.TOOLS]
        for name, *args in commands:
            with open("/dev/full", "w") as full:
                lab.assert_one_sentence(self, lab.tool(name, *args, stdout=full), 2)

    def test_a_closed_pipe_is_quiet(self):
        self.record()
        self.record()
        for reader in READERS:
            reading, writing = os.pipe()
            os.close(reading)
            try:
                result = self.read(reader, stdout=writing)
            finally:
                os.close(writing)
            self.assertIn(result.code, (0, 1), result)
            self.assertEqual(result.err, "", result)


class NoStore(Case):
    def test_no_store_is_one_sentence_that_names_it(self):
        for reader in READERS:
            result = self.read(reader, store=self.lab.path("absent", "hindstat.db"))
            lab.assert_one_sentence(self, result, 2)
            self.assertIn(self.lab.path("absent", "hindstat.db"), result.err)
            self.assertFalse(os.path.exists(self.lab.path("absent")))

    def test_without_a_name_the_places_are_listed(self):
        self.need_root()
        for name, *args in (("hindstat-report",), ("hindstat-diff",), ("hindstat-record", "list")):
            home = self.lab.path("home")
            result = self.as_nobody(name, *args, env=lab.environment(XDG_STATE_HOME=home))
            if os.access("/var/lib/hindstat/hindstat.db", os.R_OK):
                self.skipTest("this machine has a store of its own")
            lab.assert_one_sentence(self, result, 2)
            self.assertIn(f"{home}/hindstat/hindstat.db", result.err)

    def test_an_unprivileged_user_has_a_store_of_their_own(self):
        self.need_root()
        home = self.lab.path("home")
        os.makedirs(home)
        os.chown(home, lab.NOBODY, lab.NOBODY)
        env = lab.environment(XDG_STATE_HOME=home)
        result = self.as_nobody("hindstat-record", env=env)
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.assertTrue(os.path.exists(f"{home}/hindstat/hindstat.db"))
        shown = self.as_nobody("hindstat-report", "-tan", env=env)
        self.assertEqual(shown.code, 0, shown)
        self.assertIn(f"{home}/hindstat/hindstat.db", shown.lines()[0])


class WhoMayRead(Case):
    def mode(self):
        return oct(os.stat(self.store).st_mode & 0o7777)

    def test_a_new_store_is_its_owner_s_alone_unless_a_mode_is_given(self):
        self.record()
        self.assertEqual(self.mode(), "0o600")
        self.assertEqual(lab.tool("hindstat-record", "--store", self.store, "--mode", "0666").code, 0)
        self.assertEqual(self.mode(), "0o600", "what exists keeps its mode")
        os.remove(self.store)
        self.assertEqual(lab.tool("hindstat-record", "--store", self.store, "--mode", "640").code, 0)
        self.assertEqual(self.mode(), "0o640")
        for wrong in ("", "x", "0400", "0755", "9", "06000", "0640 "):
            result = lab.tool("hindstat-record", "--store", self.store, "--mode", wrong)
            lab.assert_one_sentence(self, result, 2)
            self.assertIn("--mode", result.err)

    def test_no_store_is_made_where_everyone_can_replace_it(self):
        os.mkdir(self.lab.path("open"))
        self.store = self.lab.path("open", "hindstat.db")
        os.chmod(self.lab.path("open"), 0o777)
        result = lab.tool("hindstat-record", "--store", self.store)
        lab.assert_one_sentence(self, result, 2)
        self.assertIn("everyone can write to its directory", result.err)
        self.assertFalse(os.path.exists(self.store))
        os.chmod(self.lab.path("open"), 0o1777)
        self.record()


def content_of(path):
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read()


class Foreign(Case):
    """Files that are not stores, or not ours, or from the future. None of them is ever written to."""

    def refused(self, path, *words, tools=READERS + (("hindstat-record",),)):
        before = content_of(path)
        for reader in tools:
            result = self.read(reader, store=path, timeout=30)
            lab.assert_one_sentence(self, result, 2)
            self.assertIn(os.path.basename(path), result.err)
            for word in words:
                self.assertIn(word, result.err)
            self.assertEqual(content_of(path), before, "the file was changed")

    def write(self, name, content):
        path = self.lab.path(name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_other_files_are_refused(self):
        self.refused(self.write("notes.txt", b"This is no store.\n" * 500))
        self.refused(self.write("short", b"x"))
        self.refused(self.write("zeros", bytes(8192)))
        self.refused(self.write("random", random.Random(1).randbytes(20000)))
        self.refused(self.write("header", b"SQLite format 3\0" + bytes(84)))

    def test_an_empty_file_is_no_store_to_read(self):
        path = self.write("empty", b"")
        self.refused(path, tools=READERS)

    def test_another_program_s_database_is_refused(self):
        path = self.lab.path("other.db")
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE snapshot(id INTEGER PRIMARY KEY, t TEXT)")
        self.refused(path)
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute(f"PRAGMA application_id={0x68696E64}")
            db.execute("PRAGMA user_version=1")
        self.refused(path)

    def test_a_newer_store_is_refused_by_its_version(self):
        self.record()
        with contextlib.closing(sqlite3.connect(self.store)) as db:
            db.execute("PRAGMA user_version=77")
        self.refused(self.store, "77")

    def test_what_is_no_regular_file_does_not_hang(self):
        os.mkdir(self.lab.path("directory"))
        os.mkfifo(self.lab.path("pipe"))
        for path in (self.lab.path("directory"), self.lab.path("pipe")):
            self.refused(path)
        for path in ("/dev/null", "/dev/zero"):
            self.refused(path, tools=READERS)

    def test_views_and_triggers_of_a_stranger_do_not_run(self):
        self.record()
        with contextlib.closing(sqlite3.connect(self.store)) as db:
            db.execute("CREATE TABLE spoor(x)")
            db.execute("CREATE TRIGGER tread AFTER INSERT ON snapshot BEGIN INSERT INTO spoor VALUES(1); END")
            db.commit()
        result = lab.tool("hindstat-record", "--store", self.store)
        self.assertIn(result.code, (0, 2), result)
        with contextlib.closing(sqlite3.connect(self.store)) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM spoor").fetchone(), (0,))


class Damage(Case):
    """Cut anywhere or with any bit flipped: the same answer as before, or one sentence and 2."""

    def setUp(self):
        super().setUp()
        self.need_namespaces()
        here = self.lab.namespace("here")
        listeners = [here.listen("127.0.0.1") for _ in range(12)]
        here.record(self.store)
        for listener in listeners[:6]:
            self.client = here.connect(*listener.getsockname())
        here.record(self.store)
        listeners[0].close()
        here.record(self.store)
        self.good = {reader: self.answer(self.read(reader)) for reader in READERS}
        for reader, (code, _) in self.good.items():
            self.assertEqual(code, 1 if reader[0] == "hindstat-diff" else 0, reader)
        with open(self.store, "rb") as file:
            self.bytes = file.read()

    @staticmethod
    def answer(result):
        """Exit status and output, less the file's name and the sizes, for which no payload is read."""
        return result.code, re.sub(r'/\S*/(damaged\d+|hindstat)\.db|"bytes":\d+,', "", result.out)

    def try_bytes(self, number, content, what):
        """Returns (readers that refused, complaints)."""
        path = self.lab.path(f"damaged{number}.db")
        with open(path, "wb") as file:
            file.write(content)
        refused, complaints = 0, []
        for reader in READERS:
            result = self.read(reader, store=path)
            if result.code == 2:
                refused += 1
                if len(result.err.splitlines()) != 1 or not lab.is_clean(result.err) or path not in result.err:
                    complaints.append(f"{what}: {result!r}")
            elif self.answer(result) != self.good[reader]:
                complaints.append(f"{what}: another answer of {' '.join(reader)}, exit {result.code}: "
                                  + difference(self.good[reader][1], self.answer(result)[1]))
        os.unlink(path)
        return refused, complaints

    def try_all(self, cases):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda case: self.try_bytes(case[0], *case[1]), enumerate(cases)))
        complaints = [complaint for _, some in results for complaint in some]
        if complaints:
            self.fail(f"{len(complaints)} complaints:\n" + "\n".join(complaint[:1500] for complaint in complaints[:20]))
        return [what for (_, what), (refused, _) in zip(cases, results) if refused < len(READERS)]

    def test_a_store_that_is_cut_is_refused(self):
        size = len(self.bytes)
        lengths = {0, 1, 15, 16, 99, 100, 101, size - 1, size - 4096, size // 2}
        lengths |= set(range(512, size, max(512, size // 40)))
        answered = self.try_all([(self.bytes[:n], f"cut to {n} of {size} bytes") for n in sorted(lengths)])
        self.assertEqual(answered, [])

    def test_a_flipped_bit_is_refused_or_without_effect(self):
        chance = random.Random(20261121)
        cases = []
        for _ in range(60):
            offset = chance.randrange(len(self.bytes))
            cases.append((offset, 1 << chance.randrange(8)))
        # The file header, where every byte means something, and the beginning of every page.
        cases += [(offset, 1 << chance.randrange(8)) for offset in range(0, 100, 6)]
        cases += [(page + at, 1) for page in range(0, len(self.bytes), 4096) for at in (0, 3, 4, 6, 8, 9)]
        damaged = []
        for offset, bit in cases:
            content = bytearray(self.bytes)
            content[offset] ^= bit
            damaged.append((bytes(content), f"byte {offset} ^ {bit:#x}"))
        unharmed = self.try_all(damaged)
        print(f"{len(cases)} flipped bits, {len(cases) - len(unharmed)} refused by every reader", flush=True)
        self.assertLess(len(unharmed), len(cases))

    def test_recording_into_a_damaged_store_destroys_nothing(self):
        chance = random.Random(7)
        for number in range(12):
            content = bytearray(self.bytes)
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path = self.lab.path(f"damaged{number}.db")
            with open(path, "wb") as file:
                file.write(content)
            result = lab.tool("hindstat-record", "--store", path)
            self.assertIn(result.code, (0, 2), result)
            if result.code == 2:
                lab.assert_one_sentence(self, result, 2)
            else:
                # What was recorded now can be read, whatever happened to what was there before.
                newest = max(e["id"] for e in self.listing(path)) if self.read(READERS[3], path).code == 0 else None
                if newest:
                    shown = lab.tool("hindstat-report", "--store", path, newest, "--json")
                    self.assertIn(shown.code, (0, 2), shown)


def difference(expected, found):
    """The first lines that differ, from a little before the place where they do."""
    for a, b in zip(expected.splitlines() + [""], found.splitlines() + [""]):
        if a != b:
            at = max(0, len(os.path.commonprefix((a, b))) - 60)
            return f"{a[at:at + 200]!r} became {b[at:at + 200]!r}"
    return "it is longer or shorter"


class Selectors(Case):
    """A bundle has clocks of its own, so that a history can be written."""

    TIMES = ("2026-03-01T10:00:00Z", "2026-03-01T10:10:00Z", "2026-03-01T10:20:00Z", "2026-03-01T10:30:00Z")

    def setUp(self):
        super().setUp()
        bundle = self.lab.path("bundle")
        result = lab.tool("hindstat-record", "--store", self.lab.path("scratch.db"), "--save-bundle", bundle)
        self.assertEqual((result.code, result.err), (0, ""), result)
        for i, text in enumerate(self.TIMES):
            self.record_at(bundle, text, "--host", "alpha", boottime=10**12 + i * 600 * 10**9)
        self.bundle = bundle

    def record_at(self, bundle, text, *args, boottime):
        realtime = int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) * 10**9
        with open(os.path.join(bundle, "clocks"), "w") as file:
            file.write(f"realtime_ns={realtime}\nboottime_ns={boottime}\n")
        self.record("--bundle", bundle, *args)

    def id_of(self, selector, *args):
        result = lab.tool("hindstat-report", "--store", self.store, selector, "--table", "network_namespace", "--json",
                          *args)
        self.assertEqual(result.code, 0, result)
        return result.json_lines()[0]["id"]

    def test_positions_numbers_uids_and_times(self):
        uid = {e["id"]: e["uid"] for e in self.listing()}
        epoch = int(datetime.datetime(2026, 3, 1, 10, 10, tzinfo=datetime.timezone.utc).timestamp())
        for selector, expected in {
                "@latest": 4, "@first": 1, "@-1": 3, "@-3": 1, "2": 2, "#2": 2, f"uid:{uid[3]}": 3,
                f"uid:{uid[3][:12]}": 3, "alpha:@latest": 4, "alpha:2": 2, "alpha:2026-03-01T10:10:00Z": 2,
                "2026-03-01T10:10:00Z": 2, "2026-03-01T10:19:59Z": 2, "2026-03-01T11:10+01:00": 2,
                "2026-03-01 10:25": 3, "2026-03-01 10:30:00": 4, str(epoch): 2, str(epoch + 599): 2}.items():
            self.assertEqual(self.id_of(selector), expected, selector)

    def test_nearest_after_and_the_largest_gap(self):
        self.assertEqual(self.id_of("2026-03-01 10:19", "--nearest"), 3)
        self.assertEqual(self.id_of("2026-03-01 10:11", "--after"), 3)
        self.assertEqual(self.id_of("2026-03-01 10:11", "--max-gap", "2m"), 2)
        refused = lab.tool("hindstat-report", "--store", self.store, "2026-03-01 10:15", "--max-gap", "2m")
        lab.assert_one_sentence(self, refused, 2)
        self.assertEqual(self.id_of("2026-03-01 11:10", "--tz", "Europe/Berlin"), 2)

    def test_times_of_today(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        if now.hour == 0 and now.minute < 20:
            self.skipTest("too early in the day (UTC) for two moments of today")
        earlier = now - datetime.timedelta(minutes=15)
        self.record_at(self.bundle, earlier.strftime("%Y-%m-%dT%H:%M:00Z"), "--host", "alpha", boottime=2 * 10**15)
        self.record("--host", "alpha")
        self.assertEqual(self.id_of(earlier.strftime("%H:%M")), 5)
        self.assertEqual(self.id_of("alpha:" + earlier.strftime("%H:%M")), 5)
        self.assertEqual(self.id_of("5 min ago"), 5)
        self.assertEqual(self.id_of("now"), 6)

    def test_what_matches_nothing_is_one_sentence(self):
        for selector in ("@-4", "@last", "99", "uid:ffffffffffffffffffffffffffffffff", "uid:xyz", "2026-03-01 09:59",
                         "9999999999999", "2999-01-01", "beta:@latest", "nonsense", "", ":", "@", "alpha:", "25:61",
                         "-5", "\x1b[31m", "\u202e", "2026-02-30"):
            for name in ("hindstat-report", "hindstat-diff"):
                result = lab.tool(name, "--store", self.store, "--", selector)
                lab.assert_one_sentence(self, result, 2)

    def test_two_hosts_are_never_mixed(self):
        self.record_at(self.bundle, "2026-03-01T10:40:00Z", "--host", "beta", boottime=10**15)
        refused = lab.tool("hindstat-report", "--store", self.store)
        lab.assert_one_sentence(self, refused, 2)
        self.assertIn("alpha", refused.err)
        self.assertIn("beta", refused.err)
        self.assertEqual([self.id_of(s) for s in ("alpha:@latest", "beta:@latest", "beta:@first")], [4, 5, 5])
        across = lab.tool("hindstat-diff", "--store", self.store, "alpha:@latest", "beta:@latest")
        lab.assert_one_sentence(self, across, 2)
        self.assertEqual(lab.tool("hindstat-diff", "--store", self.store, "alpha:@first", "alpha:@latest").code, 0)

    def test_diff_takes_the_last_two_or_one_and_the_latest(self):
        for args, expected in (((), (3, 4)), (("@first",), (1, 4)), (("2", "3"), (2, 3))):
            result = lab.tool("hindstat-diff", "--store", self.store, "--json", *args)
            self.assertEqual(result.code, 0, result)
            header = result.json_lines()[0]
            self.assertEqual((header["a"]["id"], header["b"]["id"]), expected)


class ReadOnly(Case):
    def setUp(self):
        super().setUp()
        self.need_root()
        if shutil.which("setpriv") is None:
            self.skipTest("setpriv (util-linux) is not installed")
        self.directory = self.lab.path("shelf")
        os.mkdir(self.directory)
        self.store = os.path.join(self.directory, "hindstat.db")
        self.record()
        self.record()

    def test_others_can_read_a_store_that_they_cannot_write(self):
        os.chmod(self.store, 0o444)
        os.chmod(self.directory, 0o555)
        for name, *args in READERS:
            result = self.as_nobody(name, *args, "--store", self.store)
            self.assertIn(result.code, (0, 1) if name == "hindstat-diff" else (0,), result)
            self.assertEqual(result.err, "", result)
            self.assertEqual(result.out, self.read((name, *args)).out)
        result = self.as_nobody("hindstat-record", "--store", self.store)
        lab.assert_one_sentence(self, result, 2)
        self.assertIn(self.store, result.err)
        self.assertEqual(sorted(os.listdir(self.directory)), ["hindstat.db"])

    def test_a_store_that_may_not_be_read_is_one_sentence(self):
        os.chmod(self.store, 0o600)
        for name, *args in READERS:
            result = self.as_nobody(name, *args, "--store", self.store)
            lab.assert_one_sentence(self, result, 2)
            self.assertIn("ermission denied", result.err)

    def test_a_store_on_a_read_only_file_system_can_be_read(self):
        mount = self.lab.path("mount")
        self.lab.mount_tmpfs(mount, "4m")
        shutil.copy(self.store, mount)
        lab.check(["mount", "-o", "remount,ro", mount])
        for reader in READERS:
            result = self.read(reader, store=os.path.join(mount, "hindstat.db"))
            self.assertIn(result.code, (0, 1), result)
            self.assertEqual(result.err, "", result)
        lab.assert_one_sentence(self, lab.tool("hindstat-record", "--store", os.path.join(mount, "hindstat.db")), 2)

    def test_a_new_store_in_a_closed_directory_is_one_sentence(self):
        os.chmod(self.directory, 0o555)
        path = os.path.join(self.directory, "new.db")
        result = self.as_nobody("hindstat-record", "--store", path)
        lab.assert_one_sentence(self, result, 2)
        self.assertIn(path, result.err)


class Unprivileged(Case):
    def setUp(self):
        super().setUp()
        self.need_namespaces()
        if shutil.which("setpriv") is None:
            self.skipTest("setpriv (util-linux) is not installed")
        self.here = self.lab.namespace("here")
        self.listener = self.here.listen("127.0.0.1", 7000)
        os.mkdir(self.lab.path("own"))
        os.chown(self.lab.path("own"), lab.NOBODY, lab.NOBODY)
        self.store = self.lab.path("own", "hindstat.db")

    def record_as_nobody(self):
        lent = self.copy_of_tools()
        result = self.here.run("setpriv", f"--reuid={lab.NOBODY}", f"--regid={lab.NOBODY}", "--clear-groups",
                               "--bounding-set=-all", "--inh-caps=-all", os.path.join(lent, "hindstat-record"),
                               "--store", self.store)
        self.assertEqual(result.code, 0, result)
        return result

    def test_sockets_without_owners_are_said_to_be_so(self):
        self.record_as_nobody()
        rows = lab.report_rows(self.store, tables="socket,socket_owner,process,route")
        found = [row for row in rows.of("socket") if row["local_port"] == 7000]
        self.assertEqual([(row["state"], row["pid"], row["inode"] > 0) for row in found], [("LISTEN", None, True)])
        self.assertGreater(len(rows.of("route")), 0)
        self.assertEqual(rows.capture("route")["status"], "complete")
        captures = {name: rows.capture(name) for name in ("socket", "socket_owner", "process")}
        self.assertIn(captures["process"]["status"], ("partial", "denied"), captures)
        self.assertIn(captures["socket_owner"]["status"], ("partial", "denied"), captures)
        self.assertTrue(any("owner" in c["coverage"] + c["detail"] for c in captures.values()), captures)
        for capture in captures.values():
            self.assertTrue(capture["detail"] or capture["status"] == "complete", capture)

    def test_owners_unseen_by_one_are_no_change(self):
        self.record_as_nobody()
        self.here.record(self.store)
        result = lab.tool("hindstat-diff", "--store", self.store, "--table", "socket", "--json")
        self.assertEqual(result.code, 0, result)
        self.assertEqual([o["ev"] for o in result.json_lines()], ["header", "trailer"])


class Busy(Case):
    def hold(self, path, how):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.addCleanup(db.close)
        db.execute(f"BEGIN {how}")
        return db

    def start_record(self, path):
        return self.lab.start([lab.tool_path("hindstat-record"), "--store", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=lab.environment())

    def test_a_second_writer_waits_5_s_then_says_who_holds_the_file(self):
        self.record()
        paths = {how: self.lab.path(f"{how}.db") for how in ("IMMEDIATE", "EXCLUSIVE")}
        for how, path in paths.items():
            shutil.copy(self.store, path)
        held = [self.hold(path, how) for how, path in paths.items()]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda path: lab.tool("hindstat-record", "--store", path), paths.values()))
        for result, path in zip(results, paths.values()):
            lab.assert_one_sentence(self, result, 75)
            self.assertIn(path, result.err)
            self.assertIn(str(os.getpid()), result.err)
            self.assertGreater(result.seconds, 4.5, result)
            self.assertLess(result.seconds, 12, result)
        self.assertEqual(len(self.listing(paths["IMMEDIATE"])), 1)  # Readers do not wait for a writer that only began.
        for db in held:
            db.execute("ROLLBACK")
        for path in paths.values():
            self.assertEqual(lab.tool("hindstat-record", "--store", path).code, 0)
            self.assertEqual(len(self.listing(path)), 2)

    def test_it_records_as_soon_as_the_other_is_done(self):
        self.record()
        db = self.hold(self.store, "IMMEDIATE")
        child = self.start_record(self.store)
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(timeout=1)
        db.execute("ROLLBACK")
        self.assertEqual(child.wait(timeout=20), 0)
        self.assertEqual(len(self.listing()), 2)

    def test_eight_recorders_at_once_lose_nothing(self):
        for already in (0, 1):
            if already:
                self.record()
            before = len(self.listing()) if already else 0
            children = [self.start_record(self.store) for _ in range(8)]
            codes = [(child.wait(timeout=90), child.stderr.read().decode()) for child in children]
            for code, err in codes:
                self.assertIn(code, (0, 75), codes)
                self.assertEqual(err.count("\n"), 1 if code else 0, codes)
            stored = [code for code, _ in codes].count(0)
            self.assertGreater(stored, 0)
            entries = self.listing()
            self.assertEqual(len(entries) - before, stored)
            for entry in entries:
                shown = lab.tool("hindstat-report", "--store", self.store, entry["id"], "--json")
                self.assertEqual((shown.code, shown.err), (0, ""), shown)

    def test_a_killed_recorder_leaves_a_whole_store(self):
        self.record()
        took = min(lab.tool("hindstat-record", "--store", self.store).seconds for _ in range(2))
        before, kept, chance = len(self.listing()), 0, random.Random(3)
        for _ in range(25):
            child = self.start_record(self.store)
            try:
                kept += child.wait(timeout=chance.uniform(0, took * 1.2)) == 0
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        entries = self.listing()
        self.assertGreaterEqual(len(entries), before + kept)
        for entry in entries[-3:] + entries[:1]:
            self.assertEqual(lab.tool("hindstat-report", "--store", self.store, entry["id"], "--json").code, 0)
        self.record()


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        self.need_namespaces()
        self.here = self.lab.namespace("here")
        self.mount = self.lab.path("small")
        self.lab.mount_tmpfs(self.mount, "800k")
        self.store = os.path.join(self.mount, "hindstat.db")

    def record_here(self):
        return self.here.run(lab.tool_path("hindstat-record"), "--store", self.store)

    def fill(self, leave):
        """Leaves about so many bytes on the disk."""
        with open(os.path.join(self.mount, "ballast"), "wb") as ballast:
            free = os.statvfs(self.mount)
            ballast.write(bytes(max(0, free.f_bavail * free.f_frsize - leave)))

    def test_recording_on_a_full_disk_is_75_and_loses_nothing(self):
        for _ in range(2):
            self.here.listen("127.0.0.1")
            self.assertEqual(self.record_here().code, 0)
        before = self.everything()
        failed = 0
        for pages in range(0, 24, 3):
            self.fill(pages * 4096)
            for _ in range(10):
                self.here.listen("127.0.0.1")  # So that there is something to store.
            result = self.record_here()
            if result.code == 0:
                break
            failed += 1
            lab.assert_one_sentence(self, result, 75)
            self.assertIn(self.store, result.err)
            self.assertEqual(self.everything(), before)
        self.assertGreater(failed, 0)
        os.unlink(os.path.join(self.mount, "ballast"))
        self.assertEqual(self.record_here().code, 0)
        after = self.everything()
        self.assertEqual({key: after[key] for key in before}, before)
        print(f"{failed} recordings failed with 75", flush=True)

    def test_a_new_store_on_a_full_disk_is_75(self):
        self.fill(0)
        lab.assert_one_sentence(self, self.record_here(), 75)
        os.unlink(os.path.join(self.mount, "ballast"))
        self.assertEqual(self.record_here().code, 0)
        self.assertEqual(len(self.listing()), 1)

    def everything(self):
        """All rows of all snapshots."""
        found = {}
        for entry in self.listing():
            shown = lab.tool("hindstat-report", "--store", self.store, entry["id"], "--json", "--table",
                             "socket,route,process,socket_owner,network_namespace")
            self.assertEqual((shown.code, shown.err), (0, ""), shown)
            found[entry["id"]] = shown.out
        return found


HOLD = """
import ctypes, socket, sys
ctypes.CDLL(None).prctl(15, sys.argv[1].encode('latin-1'))  # PR_SET_NAME
listener = socket.create_server(('127.0.0.1', int(sys.argv[2])))
print('ready', flush=True)
sys.stdin.read()
"""


class HostileNames(Case):
    NAMES = ("\x1b[31mred\x07", "two\nlines", "a\tb c", "(x) R 1 2", ")", "\xff\xfe\x80", "", "\x9b2J",
             "\u00e2\u0080\u00ae")

    def setUp(self):
        super().setUp()
        self.need_namespaces()
        self.here = self.lab.namespace("here")
        self.here.record(self.store)
        for i, name in enumerate(self.NAMES):
            self.lab.start_python(HOLD, name, 7100 + i, namespace=self.here)
        self.device = "\x1b[7mveth\x07"
        self.here.ip("link", "add", self.device, "type", "veth", "peer", "name", "peer0")
        self.here.ip("addr", "add", "10.66.0.1/24", "dev", self.device)
        self.here.ip("link", "set", self.device, "up")
        self.here.ip("link", "set", "peer0", "up")
        self.here.record(self.store, "--host", "evil\x1b]0;title\x07")
        self.here.record(self.store)

    def test_names_reach_no_terminal_raw(self):
        shown = [lab.tool("hindstat-report", "--store", self.store, "3", *options) for options in
                 (["-tlpn"], ["-tlpneo"], ["-rn"], ["--table", "process"], ["--table", "socket,route"])]
        shown += [lab.tool("hindstat-report", "--store", self.store, "2"), self.read(("hindstat-record", "list")),
                  self.read(("hindstat-diff", "1", "3")), self.read(("hindstat-diff", "1", "2")),
                  self.read(("hindstat-report", "evil\x1b]0;title\x07:@latest"))]
        for result in shown:
            self.assertIn(result.code, (0, 1, 2), result)
            for text in (result.out, result.err):
                self.assertTrue(lab.is_clean(text), result)
        self.assertIn("red", shown[0].out)
        self.assertEqual(len([line for line in shown[0].lines() if line.startswith("tcp ")]), len(self.NAMES))
        self.assertIn("veth", shown[2].out)

    def test_json_keeps_names_and_is_clean(self):
        for args in (["--table", "process,socket,route"], ["-tlpn"]):
            result = lab.tool("hindstat-report", "--store", self.store, "3", "--json", *args)
            self.assertEqual(result.code, 0, result)
            self.assertTrue(lab.is_clean(result.out), result)
            result.out.encode("utf-8")  # Fails when the output is not UTF-8.
        rows = lab.report_rows(self.store, "3", "process,socket,route")
        commands = {row["comm"] for row in rows.of("process")}
        self.assertLessEqual({"\x1b[31mred\x07", "two\nlines", "a\tb c", "(x) R 1 2", ")", ""}, commands)
        ports = {row["local_port"] for row in rows.of("socket") if row["pid"] is not None}
        self.assertLessEqual({7100 + i for i in range(len(self.NAMES))}, ports)
        self.assertIn(self.device, {row["interface"] for row in rows.of("route")})
        for reader in (("hindstat-diff", "1", "3", "--json"), ("hindstat-record", "list", "--json")):
            result = self.read(reader)
            self.assertTrue(lab.is_clean(result.out), result)
            result.json_lines()


if __name__ == "__main__":
    lab.main()
