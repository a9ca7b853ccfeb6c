#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A recording is harmless, by its system calls: it writes nothing but its store, looks no name up, talks to nobody but
the kernel, asks it for dumps only and for no more than ss does but for what is named here, loads no module, and ends in
time. What an ordinary user may not read is said with the privilege that would help."""
import os
import re
import shutil
import unittest

import lab

# Of rtnetlink and generic netlink, what `ip`, `ethtool` and `conntrack` ask; ss does not.
BESIDES_SS = {
    "NETLINK_ROUTE": {"RTM_GETLINK", "RTM_GETADDR", "RTM_GETROUTE", "RTM_GETRULE", "RTM_GETNEXTHOP", "RTM_GETNEIGH",
                      "RTM_GETMULTICAST"},
    "NETLINK_GENERIC": {"nlctrl", "ethtool", "tcp_metrics"},
    "NETLINK_NETFILTER": {"NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_GET",
                          "NFNL_SUBSYS_CTNETLINK_EXP<<8|IPCTNL_MSG_EXP_GET",
                          "NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_GET_STATS_CPU"},
    "NETLINK_SOCK_DIAG": {"TCPDIAG_GETSOCK"},  # The question of ss on a kernel that lacks SOCK_DIAG_BY_FAMILY.
}
DIAG_BESIDES_SS = {"AF_SMC", "AF_TIPC"}  # Which ss asks when they are named.
# Files outside /proc and /sys that are read: who and what the machine is, and the names of what was seen.
READ_ELSEWHERE = {"/etc/passwd", "/etc/services", "/etc/machine-id", "/etc/localtime", "/run/netns",
                  "/run/docker/netns"}
CALLS = "%file,%network,openat,open,creat,init_module,finit_module,bpf,mount,setns,kill"


class Call:
    """One system call of a trace: its name and all that strace says of it."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def __repr__(self):
        return f"{self.name}({self.text[:300]}"


def parse(trace):
    """The calls, those that were interrupted by another thread's joined again."""
    begun, calls = {}, []
    for line in trace.splitlines():
        pid, _, rest = line.partition(" ")
        rest = rest.strip()
        resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)", rest)
        if rest.endswith("<unfinished ...>"):
            begun[pid] = rest[:-len("<unfinished ...>")].rstrip()
            continue
        if resumed:
            rest = begun.pop(pid, resumed[1] + "(") + resumed[2]
        call = re.match(r"(\w+)\((.*)", rest)
        if call:
            calls.append(Call(call[1], call[2]))
    return calls


def kinds(calls):
    """{(netlink protocol, type of message)} that were sent. Descriptors are the same in all threads."""
    protocols, sent = {}, set()
    for call in calls:
        made = re.match(r"AF_NETLINK, [^,]*, (\w+)\)\s+= (\d+)", call.text)
        if call.name == "socket" and made:
            protocols[made[2]] = made[1]
        if call.name in ("sendto", "sendmsg"):
            sent.add((protocols[re.match(r"\d+", call.text)[0]], re.search(r"nlmsg_type=([^,]*)", call.text)[1]))
    return sent


def diag_families(calls):
    found = (re.search(r"SOCK_DIAG_BY_FAMILY.*?family=(\w+)", call.text) for call in calls)
    return {match[1] for match in found if match}


class Harmless(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lab.require_programs("strace", "ss")
        probe = lab.run(["strace", "-qq", "-e", "trace=openat", "true"])
        if probe.code != 0:
            raise unittest.SkipTest(f"system calls cannot be traced here: {probe.err.strip()}")

    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.here = self.lab.namespace("here")
        self.here.listen("127.0.0.1", 7000)
        self.here.listen("::1", 7001)
        os.mkdir(self.lab.path("shelf"))
        self.store = self.lab.path("shelf", "hindstat.db")

    def trace(self, *argv):
        path = self.lab.path("trace")
        # A leak cannot be looked for by a process that is being traced.
        env = lab.environment()
        env["ASAN_OPTIONS"] = env["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")
        self.here.check("strace", "-f", "-qq", "-s", "200", "-e", f"trace={CALLS}", "-o", path, *argv, env=env)
        with open(path, errors="replace") as file:
            return parse(file.read())

    def trace_record(self, *options):
        calls = self.trace(lab.tool_path("hindstat-record"), "--store", self.store, "--tcp-info", *options)
        self.assertGreater(len([call for call in calls if call.name == "openat"]), 100)  # The trace is there.
        return calls

    def test_nothing_is_written_but_the_store(self):
        for calls in (self.trace_record(), self.trace_record("--all-netns", "--netns-limit", "20")):
            written = set()
            for call in calls:
                if call.name in ("open", "openat", "creat") and re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", call.text):
                    written.add(re.search(r'"([^"]*)"', call.text)[1])
                changes = re.match(r"(unlink|rename|mkdir|rmdir|link|symlink|mknod|chmod|fchmod|chown|fchown|lchown|"
                                   r"truncate|utime|setxattr|mount|umount|swapon)", call.name)
                if changes and call.text.endswith(" = 0"):
                    self.assertIn(f'"{self.store}', call.text, call)
            self.assertEqual(written, {self.store, self.store + "-journal"})
            forbidden = ("kill", "bpf", "init_module", "finit_module")
            self.assertEqual([call for call in calls if call.name in forbidden], [])
        self.assertEqual(os.listdir(self.lab.path("shelf")), ["hindstat.db"])

    def test_no_name_is_looked_up_and_nobody_but_the_kernel_is_asked(self):
        for call in self.trace_record():
            if call.name == "socket":
                self.assertTrue(call.text.startswith("AF_NETLINK, "), call)
            self.assertNotIn(call.name, ("connect", "accept", "accept4", "listen", "sendmmsg"), call)
            if call.name in ("open", "openat") and not re.search(r" = -1 ", call.text):
                path = re.search(r'"([^"]*)"', call.text)[1]
                self.assertNotRegex(path, r"resolv\.conf|nsswitch|/etc/hosts|host\.conf|libnss|nscd", call)
                outside = path.startswith(("/etc/", "/run/", "/var/", "/home/", "/root/"))
                if outside and "ld.so" not in path:
                    self.assertIn(path, READ_ELSEWHERE, call)

    def test_the_kernel_is_asked_no_more_than_by_ss_but_for_what_is_named(self):
        ss = self.trace("ss", "-anpeim")
        calls = self.trace_record()
        self.assertIn(("NETLINK_SOCK_DIAG", "SOCK_DIAG_BY_FAMILY"), kinds(ss))
        for protocol, kind in kinds(calls) - kinds(ss):
            self.assertIn(kind, BESIDES_SS[protocol], protocol)
        self.assertLessEqual(diag_families(calls), diag_families(ss) | DIAG_BESIDES_SS)
        for call in calls:
            if call.name in ("sendto", "sendmsg"):
                self.assertRegex(call.text, r"nlmsg_flags=NLM_F_REQUEST\|(NLM_F_DUMP|0x300)", call)

    def test_no_module_is_loaded(self):
        def modules():
            try:
                with open("/proc/modules") as file:
                    return {line.split()[0] for line in file}
            except FileNotFoundError:
                return None  # A kernel without modules: it has nothing to load.
        before = modules()
        self.trace_record("--no-modules")
        if before is not None:
            self.assertLessEqual(modules(), before)
        rows = lab.report_rows(self.store, tables="socket")
        self.assertEqual({row["local_port"] for row in rows.of("socket")}, {7000, 7001})
        if before is None:  # All that it knows is built in and may be asked.
            self.assertEqual(rows.capture("socket")["status"], "complete")
            self.assertTrue(all(row["cookie"] for row in rows.of("socket")))

    def test_what_is_late_is_recorded_as_late(self):
        self.here.record(self.store)
        result = self.here.record(self.store, "--deadline", "1ms", "-v")
        self.assertIn(" late", result.out)
        late = lab.tool("hindstat-report", "--store", self.store, "--table", "sysctl")
        self.assertIn("sysctl: not collected: late: the deadline of 1 ms for the snapshot passed", late.out + late.err)
        compared = lab.tool("hindstat-diff", "--store", self.store, "--json", "--table", "sysctl,conntrack_stat")
        self.assertEqual([o["ev"] for o in compared.json_lines()], ["header", "trailer"], compared)
        self.assertIn("late", compared.out)
        refused = lab.tool("hindstat-record", "--store", self.store, "--deadline", "soon")
        lab.assert_one_sentence(self, refused, 2)


class Unprivileged(unittest.TestCase):
    def setUp(self):
        lab.require_programs("setpriv")
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.here, self.there = self.lab.namespace("here"), self.lab.namespace("there")
        self.here.listen("127.0.0.1", 7000)
        for part in ("own", "bin"):
            os.mkdir(self.lab.path(part))
        os.chown(self.lab.path("own"), lab.NOBODY, lab.NOBODY)
        shutil.copy(lab.tool_path("hindstat-record"), self.lab.path("bin"))
        self.store = self.lab.path("own", "hindstat.db")

    def record_as_nobody(self, *options):
        result = self.here.run("setpriv", f"--reuid={lab.NOBODY}", f"--regid={lab.NOBODY}", "--clear-groups",
                               "--bounding-set=-all", "--inh-caps=-all", self.lab.path("bin", "hindstat-record"),
                               "--store", self.store, *options)
        self.assertEqual(result.code, 0, result)
        return result

    def test_all_that_an_ordinary_user_may_read_is_recorded_and_the_rest_is_said(self):
        result = self.record_as_nobody("--netns", self.there.name)
        self.assertIn("Operation not permitted: run as root or with CAP_SYS_ADMIN", result.err)
        root = self.lab.path("root.db")
        self.here.record(root)
        own, wanted = lab.report_rows(self.store, tables=TABLES), lab.report_rows(root, tables=TABLES)
        for table in TABLES.split(","):
            capture, of_root = own.capture(table), wanted.capture(table)
            if capture["status"] == of_root["status"] and capture["detail"] == of_root["detail"]:
                self.assertEqual(len(own.of(table)), len(wanted.of(table)), table)
            else:
                self.assertRegex(capture["detail"], r"root or (with )?CAP_[A-Z_]+", capture)
        self.assertEqual(own.capture("socket")["status"], "complete")
        self.assertEqual(own.capture("socket_owner")["status"], "partial")
        self.assertIn("CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", own.capture("socket_owner")["detail"])

    def test_the_report_says_it_where_owners_are_asked_for(self):
        self.record_as_nobody()
        with_owners = lab.tool("hindstat-report", "--store", self.store, "-ltnp")
        self.assertIn("CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", with_owners.out)
        self.assertIn("127.0.0.1:7000", with_owners.out)
        without = lab.tool("hindstat-report", "--store", self.store, "-ltn")
        self.assertNotIn("CAP_", without.out + without.err)


# Tables whose number of rows two recordings, one after the other, agree upon.
TABLES = ("socket,socket_owner,unix_socket,packet_socket,route,route_exception,rule,nexthop,interface,address,sysctl,"
          "multicast_group,conntrack,conntrack_expectation,conntrack_stat,protocol_counter,sockstat,softnet")


if __name__ == "__main__":
    lab.require_namespaces()
    lab.main()
