#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The command lines of the classic netstat guide, and some more, with hindstat-report in place of netstat.

In the three namespaces of tests/lab/gateway-lab.sh netstat runs before and after the snapshot. A row that is in both
runs is what the kernel had at the moment of the snapshot, and so is a number that is equal in both: the report must
have at least 95 % of these rows, each with all of these numbers; what it prints beyond them, and its headings, are
held against netstat too. What cannot be equal is named, in netstat_text.py and here:

  PID/Program name  the program's text: netstat prints argv[0], hindstat the command name; the pid is compared
  Path              of a unix socket, where netstat stops at the first blank or newline
  Ref, Use, Flag    of IPv6 routes: counts that reading changes, and flags that rtnetlink does not tell
"""
import os
import re
import signal
import unittest

import lab
from netstat_text import (numbered, parse_groups, parse_interfaces, parse_only_internet, parse_routes, parse_sockets,
                          parse_statistics, parse_unix, why_netstat_has_less)

LEAST_SHARE = 0.95
SECONDS = 240  # The lab's processes end by themselves after this time.

# The command lines of the guide.
GUIDE = {
    "--inet -n": parse_sockets,
    "--inet --numeric-hosts": parse_sockets,
    "-p -e --inet --numeric-hosts": parse_sockets,
    "-rn": parse_routes,
    "-i": parse_interfaces,
    "-ie": parse_interfaces,
    "-s": parse_statistics,
}
FURTHER = {
    "-an": parse_only_internet,
    "-tuanp": parse_sockets,
    "-tlne": parse_sockets,
    "--all --tcp --numeric-hosts --extend --programs --inet6": parse_sockets,
    "-A inet6 -an": parse_sockets,
    "--protocol=inet -an": parse_sockets,
    "-uwUan": parse_sockets,
    "-x": parse_unix,
    "-xanp": parse_unix,
    "-A unix -l": parse_unix,
    "-rnee": parse_routes,
    "-Fnr": parse_routes,
    "--route --numeric-hosts": parse_routes,
    "-6 -rn": parse_routes,
    "-gn": parse_groups,
    "-i -a": parse_interfaces,
    "-ie -a": parse_interfaces,
    "-s -6": parse_statistics,
    "-st": parse_statistics,
    "-su": parse_statistics,
    "-sU": parse_statistics,
    "-sw": parse_statistics,
    "-st -6": parse_statistics,
}
ORDERED = (parse_statistics,)
# How many rows each namespace must have to prove anything: what the lab makes there.
LEAST_ROWS = {
    ("client", "--inet -n"): 25, ("server", "--inet -n"): 15, ("server", "-an"): 50, ("client", "-xanp"): 15,
    ("gateway", "-rn"): 4, ("gateway", "-6 -rn"): 25, ("gateway", "-gn"): 30, ("gateway", "-i"): 5,
    ("client", "-s"): 40, ("gateway", "-s"): 40, ("server", "-s"): 40, ("server", "-s -6"): 35,
}


def headings(text, parse):
    """The lines that are no rows: titles and names of columns."""
    if parse is parse_statistics:
        return []  # All its lines are compared.
    if parse is parse_interfaces:
        return [line for line in text.splitlines() if line.startswith(("Kernel", "Iface"))]
    if parse is parse_only_internet:
        text = text.split("Active UNIX")[0]
    return [line for line in text.splitlines() if re.match(r"[A-Z-]", line)]


class GuideCommands(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        signal.signal(signal.SIGALRM, lambda *_: self.fail(f"not done after {SECONDS} s"))
        signal.alarm(SECONDS)
        self.addCleanup(signal.alarm, 0)
        self.gateway_lab = lab.GatewayLab(self.lab, SECONDS)
        self.store = self.lab.path("hindstat.db")

    def netstat(self, namespace, commands):
        def of_socket(parse):
            return parse in (parse_sockets, parse_only_internet, parse_unix)
        # Without -W netstat cuts what the report never cuts.
        return {options: namespace.check("netstat", *options.split(), *(["-W"] if of_socket(parse) else [])).out
                for options, parse in commands.items()}

    def compare(self, label, options, parse, before, after):
        report = lab.tool("hindstat-report", "--store", self.store, f"{label}:@latest", *options.split())
        self.assertEqual((report.code, report.err), (0, ""), report)
        # Named: the line that says which snapshot this is, and lines about what could not be read completely.
        text = "".join(line + "\n" for line in report.out.splitlines()[1:] if not re.match(r"[a-z_]+: partial", line))
        old, new, ours = (numbered(parse(one, options)) for one in (before, after, text))
        stable = [key for key in old if key in new]
        cells, wrong = 0, []
        for key in stable:
            equal = [i for i, (a, b) in enumerate(zip(old[key], new[key])) if a == b]
            cells += len(equal)
            if key not in ours or any(ours[key][i] != old[key][i] for i in equal):
                wrong.append((key[0], old[key], ours.get(key)))
        surplus = [key for key in ours if key not in old and key not in new]
        surplus = [key for key in surplus if not why_netstat_has_less(key, options, parse)]
        share = 1 - len(wrong) / len(stable) if stable else 1
        print(f"{label:7} hindstat-report {options:55} "
              + (f"{share:6.1%} of {len(stable)} stable rows of netstat" if stable else "netstat has no stable rows")
              + (f" with {cells} stable numbers" if cells else ""), flush=True)
        for row in wrong:
            print("  netstat, not hindstat:", *row)
        for key in surplus:
            print("  hindstat, not netstat:", *key)
        with self.subTest(label=label, options=options):
            self.assertGreaterEqual(share, LEAST_SHARE)
            self.assertLessEqual(len(surplus), (1 - LEAST_SHARE) * max(len(ours), 1))
            self.assertGreaterEqual(len(stable), LEAST_ROWS.get((label, options), 0))
            self.assertEqual(headings(text, parse), headings(before, parse))
            if parse in ORDERED:
                self.assertEqual([key for key in ours if key in stable], [key for key in stable if key in ours])

    def test_they_show_what_netstat_shows(self):
        commands = {**GUIDE, **FURTHER}
        for label, namespace in self.gateway_lab.namespaces.items():
            before = self.netstat(namespace, commands)
            namespace.record(self.store, "--host", label)
            after = self.netstat(namespace, commands)
            for options, parse in commands.items():
                self.compare(label, options, parse, before[options], after[options])


class Options(unittest.TestCase):
    """What netstat(8) and `netstat --help` list: each is accepted, or one sentence says why not."""
    EXPLAINED = {"-c", "--continuous", "-Z", "--context", "--ash", "--econet", "--ec"}
    OF_THE_MANUAL = ["--ip", "--tcpip", "--program", "-F", "-C", "-rnC", "-rFC", "-rCee", "-4", "-6", "-A inet,inet6", "--protocol=unix", "-ee",
                     "-2", "--l2cap", "-f", "--rfcomm", "--bluetooth", "--ax25", "--ipx", "--netrom", "--x25", "--rose",
                     "--ddp", "--appletalk", "-A ax25,netrom", "-r -A ipx", "-r -A ddp", "-s -S", "-S -a",
                     "-A unix", "-r --extend --verbose",
                     "--inet --tcp --udp --raw --udplite --listening --extend --extend"]

    def test_every_option_of_netstat_is_accepted_or_explained(self):
        with lab.Lab() as scratch:
            store = scratch.path("hindstat.db")
            bundle = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples", "client")
            lab.check([lab.tool_path("hindstat-record"), "--store", store, "--bundle", bundle])
            listed = set(re.findall(r"(?<![\w-])--?[A-Za-z0-9][\w-]*", lab.run(["netstat", "--help"]).out))
            listed = {one for one in listed if one.startswith("--") or len(one) == 2} - {"-A"}  # It takes a value.
            self.assertGreater(len(listed), 40)
            for options in sorted(listed | self.EXPLAINED) + self.OF_THE_MANUAL:
                with self.subTest(options=options):
                    result = lab.tool("hindstat-report", "--store", store, *options.split())
                    if options in self.EXPLAINED:
                        lab.assert_one_sentence(self, result, 2)
                        self.assertNotIn("--help", result.err)
                        self.assertRegex(result.err, "not recorded|are recorded|families recorded|does not repeat")
                    else:
                        self.assertEqual((result.code, result.err), (0, ""), result)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("netstat", "iptables", "ip6tables", "bash", "setsid")
    lab.main()
