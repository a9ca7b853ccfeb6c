#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Names are those of the recorded host. The report runs on a machine whose /etc/passwd, /etc/services and /etc/hosts
name everything differently, and prints the same; traced, it opens none of them and asks nobody."""
import os
import re
import shutil
import unittest

import lab

OTHER_MACHINE = 'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/services && mount --bind "$3" /etc/hosts && ' \
                'shift 3 && exec "$@"'
VIEWS = (("-tuape",), ("-tuan",), ("-tuaep", "--numeric-hosts"), ("-tuae", "--numeric-ports"), ("-tae", "--numeric-users"),
         ("-taeN",), ("-M",), ("-r",), ("-tuae", "--json"))


class RecordedNames(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.store = self.lab.path("hindstat.db")
        # A host with names of its own: the sample with other files in /etc.
        self.bundle = self.lab.path("bundle")
        sample = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples", "gateway")
        shutil.copytree(sample, self.bundle, symlinks=True)
        self.write("bundle/etc/passwd", "captain:x:0:0::/:/bin/sh\n" + "".join(
            f"crew{uid}:x:{uid}:{uid}::/:/bin/sh\n" for uid in range(1, 70)))
        self.write("bundle/etc/services", "".join(
            f"port-{port}-{protocol}\t{port}/{protocol}\n" for port in range(1, 65536) for protocol in ("tcp", "udp")))
        recorded = lab.tool("hindstat-record", "--store", self.store, "--bundle", self.bundle)
        self.assertEqual(recorded.code, 0, recorded)

    def write(self, name, text):
        path = self.lab.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def report(self, *args):
        return [lab.tool_path("hindstat-report"), "--store", self.store, *args]

    def test_the_report_shows_the_recorded_names_and_leaves_them_out_when_asked_to(self):
        everything = lab.check(self.report("-tuae"))
        self.assertRegex(everything.out, r":port-\d+-(tcp|udp) .* captain ")
        ports = lab.check(self.report("-tuae", "--numeric-ports")).out
        self.assertNotIn("port-", ports)
        self.assertIn(" captain ", ports)
        users = lab.check(self.report("-tuae", "--numeric-users")).out
        self.assertNotIn("captain", users)
        self.assertIn(":port-", users)
        plain = lab.check(self.report("-tuaen")).out
        self.assertNotRegex(plain, "captain|port-")
        # The same, word by word, but for the names.
        self.assertEqual(lab.check(self.report("-tuaeN")).out, everything.out)
        self.assertTrue(everything.out.startswith("gateway #1 "), everything.out[:80])

    def test_another_machine_prints_the_same(self):
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            self.skipTest("needs root and unshare")
        files = [self.write("passwd", "wrong:x:0:0::/:/bin/sh\n"),
                 self.write("services", "".join(f"wrong{port}\t{port}/tcp\n" for port in range(1, 65536))),
                 self.write("hosts", "".join(f"10.77.{a}.{b} wrong{a}{b}\n" for a in range(4) for b in range(256)))]
        for view in VIEWS:
            here = lab.check(self.report(*view))
            there = lab.check(["unshare", "--mount", "sh", "-ec", OTHER_MACHINE, "sh", *files, *self.report(*view)])
            self.assertEqual(there.out, here.out, view)
            self.assertNotIn("wrong", there.out)

    def test_the_report_opens_no_file_of_names_and_asks_nobody(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        trace = self.lab.path("trace")
        probe = lab.run(["strace", "-o", trace, "true"])
        if probe.code != 0:
            self.skipTest("processes cannot be traced here")
        # A tracer and LeakSanitizer exclude each other.
        env = lab.environment(ASAN_OPTIONS="detect_leaks=0")
        for view in VIEWS:
            shown = lab.run(["strace", "-f", "-o", trace, "-e", "trace=openat,open,openat2,socket,connect,sendto",
                             *self.report(*view)], env=env)
            self.assertEqual(shown.code, 0, shown)
            with open(trace) as file:
                calls = file.read()
            self.assertIn(self.store, calls)
            found = re.findall(r".*(?:/etc/(?:passwd|services|hosts|resolv|nsswitch|group)|AF_INET|AF_UNIX).*", calls)
            self.assertEqual(found, [], view)


if __name__ == "__main__":
    lab.main()
