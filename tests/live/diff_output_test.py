#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""hindstat-diff as a process over the samples: every form of output, every filter, every exit status, the terminal; and
the same filters and selectors in hindstat-report and in list."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import termios
import time
import unittest

import lab

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples")
FORMS = ((), ("--stat",), ("--shortstat",), ("--name-status",), ("--porcelain",), ("--json",), ("--csv",))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """client is #1 and #2, server #3 and #4, gateway #5 and #6; #7 is another machine's."""
        cls.lab = lab.Lab()
        cls.addClassCleanup(cls.lab.close)
        cls.store = cls.lab.path("samples.db")
        for name in ("client", "client-later", "server", "server-later", "gateway", "gateway-later", "gw1"):
            result = lab.tool("hindstat-record", "--store", cls.store, "--bundle", os.path.join(SAMPLES, name))
            assert result.code == 0, result

    def diff(self, *args, **kwargs):
        return lab.tool("hindstat-diff", "--store", self.store, *args, **kwargs)

    def differences(self, *args, **kwargs):
        result = self.diff(*args, **kwargs)
        self.assertEqual((result.code, result.err), (1, ""), result)
        self.assertTrue(lab.is_clean(result.out.replace("\r\n", "\n")), result)  # CSV has CR LF.
        return result

    def refused(self, *args, words=""):
        result = self.diff(*args)
        lab.assert_one_sentence(self, result, 2)
        self.assertIn(words, result.err)

    def keys(self, *args):
        """[(sign, table, key)] of --name-status."""
        result = self.diff(*args, "--name-status")
        self.assertIn((result.code, result.err), ((1, ""), (0, "")), result)
        self.assertEqual(result.code, 1 if result.out else 0, result)
        return [tuple(line.split("\t")) for line in result.out.splitlines()]


class Forms(Case):
    def test_all_forms_tell_the_same_events(self):
        events = self.differences(3, 4, "--json").json_lines()
        header, events, trailer = events[0], events[1:-1], events[-1]
        self.assertEqual((header["ev"], trailer["ev"], trailer["exit"]), ("header", "trailer", 1))
        self.assertEqual(sum(trailer["counts"].values()), len(events))
        keys = [(event["table"], event["key"]) for event in events]
        self.assertEqual([key[1:] for key in self.keys(3, 4)], keys)

        records = [line.split("\t") for line in self.differences(3, 4, "--porcelain").lines()]
        self.assertEqual(records[0], ["hindstat-diff", "1"])
        self.assertEqual([record[0] for record in records[1:4]], ["store", "a", "b"])
        self.assertEqual([(r[3], r[5]) for r in records if r[0] == "event"], keys)
        self.assertEqual({len(r) for r in records if r[0] == "event"}, {15})
        self.assertEqual(records[-1], ["end", str(len(events)), str(sum(trailer["hidden"].values())), "0", "1"])

        rows = list(csv.DictReader(io.StringIO(self.differences(3, 4, "--csv").out)))
        self.assertEqual([(row["table"], row["key"]) for row in rows], keys)
        for row, event in zip(rows, events):
            self.assertEqual(json.loads(row["changed"]), event.get("changed", {}))
            self.assertEqual((row["ev"], row["t_before"], row["t_after"]), (event["ev"], *event["t"]))

        shortstat = self.differences(3, 4, "--shortstat").out
        self.assertEqual(len(shortstat.splitlines()), 1)
        self.assertEqual(sum(map(int, re.findall(r", (\d+)", shortstat))), len(events))
        stat = self.differences(3, 4, "--stat")
        self.assertEqual(stat.lines()[-1] + "\n", shortstat)
        self.assertRegex(stat.out, r"(?m)^socket +54 +55 +\d+\.\d % ")
        self.assertRegex(stat.out, r"(?m)^ +1  listen\.added$")

        signs = [line for line in self.differences(3, 4).lines() if re.match(r"[-+~!>#]+ ", line)]
        self.assertEqual(len(signs), len(events))

    def test_nul_ends_what_lf_ended(self):
        for form in ("--porcelain", "--name-status"):
            lines = self.differences(3, 4, form).out
            self.assertEqual(self.diff(3, 4, form, "-z").out, lines.replace("\n", "\0"))
        self.refused(3, 4, "-z", words="-z is for")

    def test_forms_exclude_each_other(self):
        self.refused(3, 4, "--json", "--csv", words="--json and --csv exclude each other")
        self.refused(3, 4, "--stat", "--shortstat")

    def test_a_label_names_a_side(self):
        shown = self.differences(3, 4, "--label", "before", "--label", "after", "--table", "tcp")
        self.assertRegex(shown.out, r"(?m)^A before  2026")
        self.assertRegex(shown.out, r"(?m)^B after  2026")
        header = self.differences(3, 4, "--label", "before", "--json").json_lines()[0]
        self.assertEqual((header["a"]["label"], "label" in header["b"]), ("before", False))
        self.refused(3, 4, "--label", "a", "--label", "b", "--label", "c")

    def test_times_are_those_of_the_zone(self):
        self.assertIn("04:23:08 +0000", self.differences(3, 4, "--utc").out)
        self.assertIn("05:23:08 +0100", self.differences(3, 4, "--tz", "<+01>-1").out)
        self.assertIn("T04:23:08.", self.differences(3, 4, "--tz", "<+01>-1", "--porcelain").out)
        self.refused(3, 4, "--utc", "--tz", "UTC", words="exclude each other")


class Status(Case):
    def test_differences_none_and_trouble(self):
        for form in FORMS:
            self.assertEqual(self.diff(3, 4, *form).code, 1, form)
            self.assertEqual(self.diff(3, 3, *form).code, 0, form)
            self.assertEqual(self.diff(3, 99, *form).code, 2, form)
            self.assertEqual(self.diff(3, 4, *form, "--exit-zero").code, 0, form)

    def test_quiet_prints_nothing(self):
        for ids, code in (((3, 4), 1), ((3, 3), 0)):
            result = self.diff(*ids, "-q")
            self.assertEqual((result.code, result.out, result.err), (code, "", ""))

    def test_identical_is_said_in_one_line(self):
        for extra in ((), ("-q",), ("--stat",)):
            result = self.diff(3, 3, "-s", *extra)
            self.assertEqual((result.code, result.out), (0, "server #3 and server #3: no difference\n"))
        shown = self.diff(3, 4, "-s", "--port", "9")
        self.assertEqual((shown.code, shown.out), (0, "server #3 and server #4: no difference that fits --port 9\n"))
        self.assertEqual(self.diff(3, 4, "-s").out, self.diff(3, 4).out)

    def test_a_closed_pipe_is_quiet_in_every_form(self):
        for form in FORMS:
            reading, writing = os.pipe()
            os.close(reading)
            try:
                result = self.diff(3, 4, *form, stdout=writing)
            finally:
                os.close(writing)
            self.assertEqual((result.code, result.err), (1, ""), form)

    def test_strict_makes_trouble_of_what_was_not_compared(self):
        self.assertEqual(self.diff(3, 4, "--strict").code, 1)
        self.assertEqual(self.diff(7, 7, "--strict").code in (0, 2), True)
        two = self.diff("client:@first", "server:@first")
        lab.assert_one_sentence(self, two, 2)


class Filters(Case):
    def test_what_is_left_is_a_part_in_the_same_order(self):
        everything = self.keys(3, 4)
        for args in (("--table", "tcp"), ("--event", "opened,closed"), ("--event", "!closed"), ("--state", "listen"),
                     ("--port", "7000"), ("--lport", "7501"), ("--rport", "40834"), ("--addr", "10.77.2.0/24"),
                     ("--peer", "10.77.2.1"), ("--proc", "lab-*"), ("--user", "root"), ("--dev", "s1"),
                     ("--prefix", "10.77.0.0/16"), ("--severity", "warn"), ("--min-delta", "8"),
                     ("--ignore", "flags"), ("--only", "flags"), ("--where", "delta = 6"), ("--table", "!socket")):
            left = self.keys(3, 4, *args)
            self.assertTrue(left, args)
            self.assertLess(len(left), len(everything), args)
            rest = iter(everything)
            self.assertTrue(all(key in rest for key in left), args)

    def test_each_filter_leaves_what_it_says(self):
        for args, wanted in (
                (("--event", "listen.added"), [("+", "socket", "tcp 10.77.2.2:7501")]),
                (("--table", "socket", "--peer", "10.77.2.1", "--event", "closed"),
                 [("-", "socket", "tcp 10.77.2.2:7000 <- 10.77.2.1:53118")]),
                (("--dev", "s1", "--severity", "warn"), [("~", "interface", "s1")]),
                (("--event", "tcpmetric.changed", "--only", "tcp_metric.rtt"),
                 [("~", "tcp_metric", "10.77.2.1 from 10.77.2.2")]),
                (("--prefix", "10.77.1.0/24"),
                 [(">", "route", "10.77.1.0/24"), (">", "route", "broadcast 10.77.1.255 table local")]),
                (("--where", "\"from\" = 'ESTABLISHED' AND local_port BETWEEN 7000 AND 7001"),
                 [("-", "socket", "tcp 10.77.2.2:7000 <- 10.77.2.1:53118")]),
                (("--proc", "nobody-runs-this"), []),
                (("--user", "65534"), [])):
            self.assertEqual(self.keys(3, 4, *args), wanted, args)
        self.assertIn(("+", "route", "default"), self.keys(5, 6, "--prefix", "default"))

    def test_values_are_either_options_both(self):
        self.assertEqual(len(self.keys(3, 4, "--lport", "7000,7501")), 3)
        self.assertEqual(len(self.keys(3, 4, "--lport", "7000", "--lport", "7501")), 3)
        self.assertEqual(len(self.keys(3, 4, "--lport", "7000", "--event", "opened")), 1)
        self.assertEqual(self.keys(3, 4, "--lport", "7000", "--lport", "!7000"), [])

    def test_a_list_never_swallows_a_selector(self):
        self.assertEqual(self.diff("--table", "tcp", 3, 4, "--json").json_lines()[0]["b"]["id"], 4)
        self.assertEqual(self.diff("--port", "7000", 3, 4, "--json").json_lines()[0]["b"]["id"], 4)

    def test_the_filter_is_named_and_what_it_left_out_is_counted(self):
        shown = self.differences(3, 4, "--port", "7000")
        self.assertRegex(shown.out, r"(?m)^filter: --port 7000  \(2 of \d+ events\)$")
        lines = self.differences(3, 4, "--port", "7000", "--json").json_lines()
        self.assertEqual(lines[0]["filter"], "--port 7000")
        all_lines = self.differences(3, 4, "--json").json_lines()
        hidden = sum(all_lines[-1]["hidden"].values())
        self.assertEqual(lines[-1]["filtered"], len(all_lines) - 2 + hidden - 2)

    def test_a_hidden_kind_that_is_named_is_shown_and_counts(self):
        self.assertNotIn("#\tinterface", self.diff(3, 4, "--name-status").out)
        shown = self.diff(3, 4, "--event", "if.counted", "--name-status")
        self.assertEqual(shown.code, 1)
        self.assertRegex(shown.out, r"\A(#\tinterface\t\S+\n)+\Z")

    def test_raw_shows_what_is_never_compared(self):
        args = (3, 4, "--table", "tcp_metric", "--only", "rtt")
        self.assertNotIn("raw", self.diff(*args, "--json").json_lines()[1])
        self.assertEqual(list(self.diff(*args, "--json", "--raw").json_lines()[1]["raw"]), ["updated"])
        self.assertIn("; raw: updated ", self.diff(*args, "--raw").out)

    def test_what_is_no_value_is_one_sentence(self):
        for args in (("--port", "http"), ("--port", "70000"), ("--addr", "10.0.0"), ("--addr", "10.0.0.0/33"),
                     ("--prefix", "x"), ("--state", "OPENISH"), ("--event", "nothing"), ("--severity", "bad"),
                     ("--ignore", "no_column"), ("--only", "socket.rtt"), ("--min-delta", "much"), ("--table", "tabel"),
                     ("--table", "tcp,!tcp"), ("--where", "1;"), ("--where", "no_such = 1"), ("--where", ""),
                     ("--where", "1) OR (1"), ("--port", "")):
            if args == ("--where", ""):
                continue  # No condition at all.
            result = self.diff(3, 4, *args)
            if args == ("--where", "1) OR (1"):
                self.assertEqual(result.code, 1, result)  # Strange, and the same rows.
                continue
            lab.assert_one_sentence(self, result, 2)

    def test_sql_reads_json_and_the_other_events(self):
        rtt = [("~", "tcp_metric", "10.77.2.1 from 10.77.2.2")]
        for condition in ("json_extract(changed, '$.rtt[1]') > 40", "changed ->> '$.rtt[0]' = '19'",
                          "EXISTS (SELECT 1 FROM json_each(changed) WHERE key = 'rtt')",
                          "\"table\" IN (SELECT \"table\" FROM event GROUP BY 1 HAVING count(*) = 1)"
                          " AND ev = 'tcpmetric.changed'"):
            self.assertEqual(self.keys(3, 4, "--event", "tcpmetric.changed", "--where", condition), rtt, condition)

    def test_sql_can_only_read_the_events(self):
        out = self.lab.path("made-by-sql")
        for condition in (f"1; ATTACH '{out}' AS x", f"writefile('{out}', 'x')", "load_extension('x')",
                          f"1 IN (SELECT 1 FROM pragma_database_list)", "1) UNION SELECT 99999 FROM event WHERE (1",
                          "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT count(*) FROM r) > 0"):
            lab.assert_one_sentence(self, self.diff(3, 4, "--where", condition), 2)
        self.assertFalse(os.path.exists(out))


class Ranges(Case):
    def header(self, *args):
        result = self.diff(*args, "--json")
        self.assertIn(result.code, (0, 1), result)
        header = result.json_lines()[0]
        return header["a"]["id"], header["b"]["id"]

    def test_a_range_has_two_ends(self):
        self.assertEqual(self.header("1..2"), (1, 2))
        self.assertEqual(self.header("server:@first..@latest"), (3, 4))
        self.assertEqual(self.header("--host", "gateway"), (5, 6))
        self.assertEqual(self.header("3.."), (3, 4))
        self.assertEqual(self.header("--host", "server", "--around", "2026-11-23T04:23:10Z", "+-1m"), (3, 4))
        self.assertEqual(self.header("--host", "server", "--around", "2026-11-23T04:23:10Z +-1m"), (3, 4))
        self.assertEqual(self.header("--host", "server", "--around", "2026-11-23T04:23:10Z", "--window", "1m"), (3, 4))

    def test_what_is_no_range_is_one_sentence(self):
        for args in (("4..3",), ("1..4",), ("..",), ("--host", "server", "--last", "1s"), ("1", "2", "3"),
                     ("--host", "nobody"), ("--host", "server", "--last", "1h", "--around", "04:23"),
                     ("+-30m",), ("--window", "30m"), ("--host", "server", "--last", "x")):
            self.refused(*args)


class OtherTools(Case):
    def report(self, *args):
        result = lab.tool("hindstat-report", "--store", self.store, *args)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return result

    def rows(self, *args):
        return [row for row in self.report(*args, "--json").json_lines()[1:] if row["table"] != "capture"]

    def test_the_report_shows_the_rows_that_fit(self):
        everything = self.rows(3, "--table", "socket")
        for args, fits in ((("--state", "CLOSE_WAIT"), lambda row: row["state"] == "CLOSE_WAIT"),
                           (("--lport", "7000"), lambda row: row["local_port"] == 7000),
                           (("--peer", "10.77.0.0/16"), lambda row: row["remote_address"].removeprefix("::ffff:").startswith("10.77.")),
                           (("--proc", "lab-holder"), lambda row: row["pid"] is not None),
                           (("--lport", "!7000"), lambda row: row["local_port"] != 7000)):
            shown = self.rows(3, "--table", "socket", *args)
            self.assertEqual(shown, [row for row in everything if fits(row)], args)
            self.assertTrue(shown, args)
        shown = self.report(3, "-tan", "--lport", "7000")
        self.assertIn("\nfilter: --lport 7000\n", shown.out)
        tcp = [line.split() for line in shown.lines() if line.startswith("tcp")]
        self.assertEqual({line[3].rsplit(":", 1)[1] for line in tcp}, {"7000"})
        self.assertEqual(self.report(3, "--json", "--lport", "7000").json_lines()[0]["filter"], "--lport 7000")
        self.assertEqual([row["destination"] for row in self.rows(5, "-r", "--prefix", "10.80.0.0/15")],
                         [row["destination"] for row in self.rows(5, "-r") if re.match(r"10\.8[01]\.", row["destination"])])
        lab.assert_one_sentence(self, lab.tool("hindstat-report", "--store", self.store, "-s", "--port", "9"), 2)

    def test_list_shows_the_snapshots_chosen(self):
        for name in ("hindstat-record", "hindstat-report"):
            def ids(*args):
                result = lab.tool(name, "list", "--store", self.store, "--json", *args)
                self.assertEqual((result.code, result.err), (0, ""), result)
                return [line["id"] for line in result.json_lines() if line["kind"] == "snapshot"]
            self.assertEqual(len(ids()), 7)
            self.assertEqual(ids("--host", "server"), [3, 4])
            self.assertEqual(ids("--host", "client", "--around", "2026-11-23T04:23:08.5Z", "--window", "1s"), [1])
            for args in (("--host", "nobody"), ("--host", "client", "--last", "1s"), ("--window", "1s")):
                lab.assert_one_sentence(self, lab.tool(name, "list", "--store", self.store, *args), 2)


class Terminal(Case):
    def on_terminal(self, *args, columns=80, **env):
        """What a terminal of so many columns gets, and the exit status."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        environ = lab.environment(TERM="xterm", **env)
        environ = {k: v for k, v in environ.items() if v is not None}
        pid = os.fork()
        if pid == 0:
            os.close(master)
            os.dup2(slave, 1)
            os.dup2(slave, 2)
            os.execve(lab.tool_path("hindstat-diff"),
                      ["hindstat-diff", "--store", self.store, *map(str, args)], environ)
        os.close(slave)
        out = b""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            ready, _, _ = select.select([master], [], [], 1)
            if not ready:
                continue
            try:
                part = os.read(master, 65536)
            except OSError:  # The other end is closed.
                break
            if not part:
                break
            out += part
        os.close(master)
        _, status = os.waitpid(pid, 0)
        return out.decode(), os.waitstatus_to_exitcode(status)

    def test_colours_are_for_terminals_and_never_against_no_color(self):
        out, code = self.on_terminal(3, 4, "--no-pager", NO_COLOR=None)
        self.assertEqual(code, 1)
        self.assertIn("\x1b[32m+\x1b[0m", out)
        self.assertNotIn("\x1b", self.on_terminal(3, 4, "--no-pager")[0])
        self.assertNotIn("\x1b", self.on_terminal(3, 4, "--no-pager", "--color", "never", NO_COLOR=None)[0])
        self.assertIn("\x1b[32m+\x1b[0m", self.diff(3, 4, "--color", "always").out)
        self.assertNotIn("\x1b", self.diff(3, 4, env=lab.environment(NO_COLOR="")).out)

    def test_lines_fit_the_terminal_and_lose_nothing(self):
        for columns in (80, 120):
            out, _ = self.on_terminal(1, 2, "--no-pager", columns=columns)
            lists = [line for line in out.split("\n") if not line.startswith("store")]
            self.assertLessEqual(max(map(len, lists)), columns, out)
            self.assertEqual(out.split(), self.diff(1, 2).out.split())

    def test_the_pager_gets_it_and_the_exit_status_stays(self):
        pager = "sed 's/^/paged: /'; exit 7"
        out, code = self.on_terminal(3, 4, "--name-status", HINDSTAT_PAGER=pager)
        self.assertEqual(code, 1)
        self.assertEqual(out.replace("paged: ", ""), self.diff(3, 4, "--name-status").out)
        self.assertTrue(all(line.startswith("paged: ") for line in out.split("\n") if line), out)
        self.assertIn("from-pager", self.on_terminal(3, 4, PAGER="echo from-pager", HINDSTAT_PAGER=None)[0])

    def test_no_pager_where_none_is_wanted(self):
        for args, env in ((("--no-pager",), {"PAGER": "echo paged"}), ((), {"HINDSTAT_PAGER": "", "PAGER": "echo paged"}),
                          ((), {"PAGER": "cat"}), ((), {"PAGER": "echo paged", "TERM": "dumb"}),
                          (("--json",), {"PAGER": "echo paged"}), (("--porcelain",), {"PAGER": "echo paged"})):
            env = dict(env)
            if "TERM" in env:
                out = lab.tool("hindstat-diff", "--store", self.store, 3, 4, env=lab.environment(**env)).out
            else:
                out, _ = self.on_terminal(3, 4, *args, **env)
            self.assertNotIn("paged", out)
            self.assertIn("7501", out)
        self.assertNotIn("paged", self.diff(3, 4, env=lab.environment(PAGER="echo paged")).out)

    def test_a_pager_that_ends_early_or_is_not_there_is_no_trouble(self):
        self.assertEqual(self.on_terminal(3, 4, PAGER="true")[1], 1)
        self.assertEqual(self.on_terminal(3, 4, PAGER="head -n1")[1], 1)
        self.assertEqual(self.on_terminal(3, 4, PAGER="/no/such/pager")[1], 1)

    def test_under_sudo_nothing_but_less_is_started(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        programs = self.lab.path("programs")
        os.makedirs(programs, exist_ok=True)
        with open(os.path.join(programs, "less"), "w") as less:
            less.write("#!/bin/sh\necho less $1 secure=$LESSSECURE\nexec /bin/cat\n")
        os.chmod(os.path.join(programs, "less"), 0o755)
        env = {"PAGER": "echo from-pager", "SUDO_UID": "1000"}
        out, code = self.on_terminal(3, 4, PATH=programs, **env)
        self.assertEqual((code, out.split("\n")[0]), (1, "less -FRX secure=1"))
        self.assertIn("7501", out)
        out, code = self.on_terminal(3, 4, PATH=self.lab.path("nothing"), **env)
        self.assertEqual((code, out.split()), (1, self.diff(3, 4).out.split()))


if __name__ == "__main__":
    lab.main()
