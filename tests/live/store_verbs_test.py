#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""rm, import, export, verify and salvage as processes: exit statuses, what they say, and a recorder that goes on."""
import sqlite3
import time
import unittest

import lab

TABLES = ("hindstat-report", "@latest", "--table", "interface", "--json")


class StoreVerbs(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.store = self.lab.path("hindstat.db")
        for host in ("gw1", "gw1", "gw2", "gw1"):
            self.assertEqual(self.tool("--host", host, "--store", self.store).code, 0)

    def tool(self, *args):
        return lab.tool("hindstat-record", *args)

    def uids(self, store):
        result = self.tool("list", "--json", "--store", store)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return [line["uid"] for line in result.json_lines()]

    def require_sound(self, store):
        result = self.tool("verify", store)
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.assertIn(": sound: ", result.out)
        return result.out

    def test_a_removed_snapshot_is_gone_and_stays_gone(self):
        copy = self.lab.path("copy.db")
        self.assertEqual(self.tool("import", self.store, "--store", copy).out,
                         f"{self.store}: 4 snapshots imported, 0 known\n")
        result = self.tool("rm", "2", "3", "--store", self.store)
        self.assertEqual((result.code, result.out, result.err), (0, "removed 2 snapshots\n", ""), result)
        self.assertEqual(len(self.uids(self.store)), 2)
        self.assertIn("2 removed", self.require_sound(self.store))
        self.assertIn("2 removed here", self.tool("import", copy, "--store", self.store).out)
        self.assertEqual(len(self.uids(self.store)), 2)
        self.assertIn("2 snapshots imported", self.tool("import", "--again", copy, "--store", self.store).out)
        self.assertEqual(set(self.uids(self.store)), set(self.uids(copy)))
        self.require_sound(self.store)
        result = self.tool("rm", "77", "--store", self.store)
        self.assertEqual((result.code, result.out), (2, ""), result)
        self.assertIn("no snapshot 77; nothing was removed", result.err)

    def test_a_part_is_cut_out_and_merges_back(self):
        part = self.lab.path("part.db")
        result = self.tool("export", "--host", "gw1", "--since", "1 min ago", part, "--store", self.store)
        self.assertEqual((result.code, result.out, result.err), (0, f"{part}: 3 snapshots exported\n", ""), result)
        self.require_sound(part)
        self.assertEqual(lab.tool(*TABLES, "--store", part).code, 0)
        self.assertIn("1 snapshot imported, 3 known", self.tool("import", self.store, "--store", part).out)
        self.assertEqual(set(self.uids(self.store)), set(self.uids(part)))
        self.require_sound(part)
        self.assertEqual(self.tool("export", part, "--store", self.store).code, 2)
        nothing = self.lab.path("nothing.db")
        self.assertEqual(self.tool("export", "--host", "gw9", nothing, "--store", self.store).code, 2)

    def test_damage_is_found_said_and_survived(self):
        database = sqlite3.connect(self.store)
        database.execute("UPDATE snapshot SET euid = euid + 1 WHERE id = 3")
        database.commit()
        database.close()
        result = self.tool("verify", "--store", self.store, "--utc")
        self.assertEqual((result.code, result.err), (1, ""), result)
        self.assertIn("DAMAGED", result.out)
        self.assertIn("snapshot 3 is damaged", result.out)
        self.assertRegex(result.out, r"gw2: 1 snapshot \(#3, \d{4}-")
        result = self.tool("list", "--json", "--store", self.store)
        self.assertEqual((result.code, len(result.json_lines())), (2, 3), result)
        self.assertIn("snapshot 3 is damaged", result.err)
        saved = self.lab.path("saved.db")
        result = self.tool("salvage", self.store, saved)
        self.assertEqual((result.code, result.out), (1, f"{saved}: 3 snapshots saved\n"), result)
        self.assertIn("snapshot 3 is damaged", result.err)
        self.require_sound(saved)
        with open(self.store, "rb") as file:
            half = file.read()[:-9000]
        cut = self.lab.path("cut.db")
        with open(cut, "wb") as file:
            file.write(half)
        result = self.tool("verify", "--store", cut)
        self.assertEqual(result.code, 1, result)
        self.assertIn("truncated to", result.out)

    def test_a_store_is_imported_while_it_is_recorded_to(self):
        live, merged = self.lab.path("live.db"), self.lab.path("merged.db")
        watch = self.lab.start([lab.tool_path("hindstat-record"), "watch", "--every", "100ms", "--for", "4s", "--store",
                                live])
        lab.wait_until(lambda: self.tool("list", "--store", live).code == 0, "the first beat")
        while watch.poll() is None:
            result = self.tool("import", live, "--store", merged)
            self.assertEqual((result.code, result.err), (0, ""), result)
            time.sleep(0.1)
        self.assertEqual(watch.returncode, 0)
        self.assertEqual(self.tool("import", live, "--store", merged).code, 0)
        self.assertEqual(self.uids(live), self.uids(merged))
        self.require_sound(merged)

    def test_errors_of_writing_are_about_the_verb(self):
        other, part = self.lab.path("other.db"), self.lab.path("part.db")
        self.assertEqual(self.tool("--store", other).code, 0)
        holder = sqlite3.connect(self.store)
        holder.execute("BEGIN EXCLUSIVE")
        for args, undone in ((("rm", "1"), "; nothing was removed\n"),
                             (("import", other), "; not all was imported: repeat it\n"),
                             (("mark", "x"), "\n"), (("export", part), "\n")):
            result = self.tool(*args, "--store", self.store)
            lab.assert_one_sentence(self, result, 75)
            self.assertTrue(result.err.endswith(undone), result)
            self.assertNotIn("recorded", result.err)
        holder.rollback()
        holder.close()
        self.assertEqual(self.tool("verify", other, "--store", other).code, 2)

    def test_help_says_what_verify_cannot_find(self):
        self.assertIn("nothing against someone who rewrites the file", self.tool("verify", "--help").out)


if __name__ == "__main__":
    lab.main()
