#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""hindstat-record --resolve against a name server of its own in a network namespace: names of all kinds, malformed
answers, silence; and that without --resolve nobody is asked."""
import os
import shutil
import unittest

import lab

# Answers PTR queries on 127.0.0.1:53 by the last number of the address, and writes down what it was asked.
SERVER = r"""
import socket, sys, struct
log = open(sys.argv[1], "a", buffering=1)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)

def labels(*parts):
    return b"".join(bytes([len(p)]) + p for p in parts) + b"\0"

def record(data, kind=12, length=None):
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data) if length is None else length) + data

NAMES = {1: labels(b"web1", b"example"), 2: labels(b"evil\x1b[31m\n\xff", b"example"),
         3: labels(*[b"a" * 63] * 3, b"b" * 61), 4: labels(*[b"a" * 63] * 4), 5: b"\x02ab\xc0\x0c", 6: b"\xc0\xff",
         7: b"\x05abc", 8: b"\0", 9: b"\x41zz\0"}
while True:
    query, peer = server.recvfrom(4096)
    at, name = 12, []
    while query[at]:
        name.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    question = query[12:at + 5]
    log.write(b".".join(name).decode() + "\n")
    number = int(name[0], 16) if len(name) > 10 else int(name[0])
    def answer(records, count=1, code=0):
        server.sendto(query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, count, 0, 0) + question + records, peer)
    if number in NAMES:
        answer(record(NAMES[number]))
    elif number == 10:
        answer(b"", 0, 3)
    elif number == 11:
        answer(b"", 0, 2)
    elif number == 12:
        answer(record(labels(b"x"), length=4000))
    elif number == 13:
        server.sendto(query[:2] + b"\x81", peer)
    elif number == 14:
        answer(record(labels(b"alias"), kind=5) + record(labels(b"real", b"example")), 2)
"""


class Resolve(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.here = self.lab.namespace("here")
        self.store = self.lab.path("hindstat.db")
        self.here.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1")
        self.here.ip("link", "set", "d1", "up")
        self.here.ip("addr", "add", "10.77.9.200/24", "dev", "d0")
        self.here.ip("addr", "add", "fd77:9::200/64", "dev", "d0", "nodad")
        self.here.ip("link", "set", "d0", "up")
        self.asked_of = self.lab.path("asked")
        self.etc = f"/etc/netns/{self.here.name}"  # `ip netns exec` puts its files over those of /etc.
        os.makedirs(self.etc)
        self.addCleanup(self.take_etc_away)
        self.write("resolv.conf", "nameserver 127.0.0.1\n")
        self.write("hosts", "127.0.0.1 localhost\n10.77.9.100 from-hosts another\n")

    def take_etc_away(self):
        shutil.rmtree(self.etc, ignore_errors=True)
        try:
            os.rmdir("/etc/netns")
        except OSError:
            pass  # Somebody else's are in there.

    def write(self, name, text):
        with open(os.path.join(self.etc, name), "w") as file:
            file.write(text)

    def serve(self):
        self.lab.start_python(SERVER, self.asked_of, namespace=self.here)

    def asked(self):
        if not os.path.exists(self.asked_of):
            return []
        with open(self.asked_of) as file:
            return file.read().split()

    def peer(self, *numbers, family="10.77.9."):
        """UDP sockets that are connected to these addresses: nothing is sent."""
        for number in numbers:
            address = f"{family}{number}"
            self.here.socket(lab.family_of(address), lab.socket.SOCK_DGRAM).connect(lab.endpoint(address, 7000))

    def names(self, at="@latest"):
        rows = lab.report_rows(self.store, at=at, tables="resolved_name")
        return {row["address"]: row for row in rows.of("resolved_name")}, rows.capture("resolved_name")

    def record(self, *args):
        return self.here.record(self.store, *args)

    def test_names_of_every_kind(self):
        self.serve()
        self.peer(*range(1, 15), 100, 200)
        self.peer("1", family="fd77:9::")
        self.record("--resolve")
        names, capture = self.names()
        found = {address.rsplit(".", 1)[-1]: row for address, row in names.items()}
        self.assertEqual((found["1"]["name"], found["1"]["answer"], found["1"]["source"]),
                         ("web1.example", "named", "dns"))
        self.assertEqual(names["fd77:9::1"]["name"], "web1.example")
        self.assertEqual((found["100"]["name"], found["100"]["source"]), ("from-hosts", "hosts"))
        self.assertTrue(found["2"]["name"].startswith("evil\x1b[31m\n"), found["2"])
        self.assertEqual(len(found["3"]["name"]), 253)
        self.assertEqual((found["8"]["name"], found["8"]["answer"]), (None, "unnamed"))  # The root is nobody's name.
        self.assertEqual(found["14"]["name"], "real.example")
        self.assertEqual((found["10"]["name"], found["10"]["answer"]), (None, "unnamed"))
        for malformed in ("4", "6", "7", "9", "11", "12"):
            self.assertEqual((found[malformed]["name"], found[malformed]["answer"]), (None, "failed"), malformed)
        self.assertTrue(found["5"]["name"].startswith("ab.5."), found["5"])  # It pointed back into the question.
        self.assertNotIn("200", found)  # Its own address.
        self.assertNotIn("13", found)  # Less than a header is no answer.
        self.assertEqual((capture["status"], capture["detail"]), ("partial", "1 of 16 addresses not answered in 2 s"))
        asked = self.asked()
        self.assertNotIn("100.9.77.10.in-addr.arpa", asked)
        self.assertNotIn("200.9.77.10.in-addr.arpa", asked)
        self.assertEqual(asked.count("1.9.77.10.in-addr.arpa"), 1)

        shown = lab.tool("hindstat-report", "--store", self.store, "-u", "--numeric-ports")
        self.assertEqual((shown.code, shown.err), (0, ""), shown)
        self.assertTrue(lab.is_clean(shown.out), shown)
        for text in ("web1.example:7000", "from-hosts:7000", r"evil\x1b[31m\x0a\xff.example:7000", "10.77.9.10:7000",
                     "not answered in 2 s"):
            self.assertIn(text, shown.out)
        for numeric in ("-n", "--numeric-hosts"):
            shown = lab.tool("hindstat-report", "--store", self.store, "-u", "--numeric-ports", numeric)
            self.assertNotIn("example", shown.out)
            self.assertIn("10.77.9.1:7000", shown.out)

    def test_without_resolve_nobody_is_asked(self):
        self.serve()
        self.peer(1, 2)
        self.record()
        self.here.check(lab.tool_path("hindstat-report"), "--store", self.store, "-u")
        self.assertEqual(self.asked(), [])
        captures = lab.report_rows(self.store, tables="resolved_name").captures
        self.assertEqual(captures, [])

    def test_silence_has_its_time_and_no_more(self):
        self.peer(*range(1, 41))
        silent = self.here.socket(kind=lab.socket.SOCK_DGRAM)
        silent.bind(("127.0.0.1", 53))
        result = self.record("--resolve", "--resolve-timeout", "700ms")
        self.assertGreater(result.seconds, 0.6)
        self.assertLess(result.seconds, 5)
        names, capture = self.names()
        self.assertEqual((names, capture["status"]), ({}, "partial"))
        self.assertEqual(capture["detail"], "40 of 40 addresses not answered in 0.7 s")

    def test_no_server_at_all_is_a_status(self):
        self.peer(1, 2)
        self.record("--resolve")
        names, capture = self.names()
        self.assertEqual((names, capture["status"]), ({}, "partial"))
        self.assertRegex(capture["detail"], r"\A2 of 2 addresses not answered in 2 s: \S")
        self.write("resolv.conf", "")
        self.record("--resolve")
        self.assertEqual(self.names()[1]["status"], "partial")

    def test_a_watch_asks_once_and_remembers(self):
        self.serve()
        self.peer(1, 10, 13)
        self.here.check(lab.tool_path("hindstat-record"), "--store", self.store, "watch", "--every", "200ms", "--for",
                        "4s", "--resolve", "--resolve-timeout", "500ms")
        asked = self.asked()
        self.assertEqual(asked.count("1.9.77.10.in-addr.arpa"), 1)
        self.assertEqual(asked.count("10.9.77.10.in-addr.arpa"), 1)
        self.assertLessEqual(asked.count("13.9.77.10.in-addr.arpa"), 3)  # The tries of one question.
        first, _ = self.names("@first")
        last, capture = self.names()
        self.assertIsNone(first["10.77.9.1"]["looked_up"])
        self.assertIsNotNone(last["10.77.9.1"]["looked_up"])
        self.assertEqual(last["10.77.9.1"]["name"], "web1.example")
        self.assertEqual(capture["detail"], "1 of 3 addresses not answered in 0.5 s")

    def test_a_bundle_is_read_without_asking_anybody(self):
        self.serve()
        self.peer(1)
        bundle = self.lab.path("bundle")
        self.record("--resolve", "--save-bundle", bundle)
        self.assertEqual(self.names()[0]["10.77.9.1"]["name"], "web1.example")
        found = lab.run(["grep", "-rl", "web1\\|from-hosts", bundle])
        self.assertEqual(found.code, 1, found)
        asked = self.asked()
        result = self.here.run(lab.tool_path("hindstat-record"), "--store", self.store, "--bundle", bundle, "--resolve",
                               "--host", "copy")
        self.assertEqual(result.code, 0, result)
        self.assertIn("a bundle is read without asking anybody", result.err)
        self.assertEqual(self.asked(), asked)
        rows = lab.report_rows(self.store, at="copy:@latest", tables="resolved_name")
        self.assertEqual(rows.capture("resolved_name")["status"], "absent")


if __name__ == "__main__":
    lab.require_namespaces()
    lab.main()
