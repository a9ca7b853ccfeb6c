#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Around an interface that goes up or down, a new address, a burst of counters, a multicast join and a unix listener,
hindstat-diff says exactly these events, and what the kernel really does with them."""
import json
import os
import socket
import unittest

import lab

DATAGRAMS = 20  # Below what the kernel allows of ICMP errors at once.
SIGNS = set("+-~!>#")


class Scene:
    """A namespace with device a0, whose other end b0 is up in another namespace; a0 is down."""

    def __init__(self, test, ipv6):
        self.test = test
        self.lab = lab.Lab()
        test.addCleanup(self.lab.close)
        self.here, self.peer = self.lab.namespace("here"), self.lab.namespace("peer")
        # The other end says nothing by itself: what it sent would be counted here, true as that is.
        for namespace, disabled in ((self.here, 0 if ipv6 else 1), (self.peer, 1)):
            for scope in ("all", "default"):
                namespace.set(f"net/ipv6/conf/{scope}/disable_ipv6", disabled)
        self.add_device("a0", "b0")
        self.peer.ip("link", "set", "b0", "up")
        self.store = self.lab.path("hindstat.db")

    def add_device(self, name, other_end):
        lab.check(["ip", "link", "add", name, "netns", self.here.name, "type", "veth", "peer", "name", other_end,
                   "netns", self.peer.name])

    def operstate(self, device):
        links = json.loads(self.here.ip("-j", "link", "show", "dev", device).out)
        return links[0]["operstate"]

    def set_link(self, *args):
        self.here.ip("link", "set", "a0", *args)

    def set_up(self):
        self.set_link("up")
        lab.wait_until(lambda: self.operstate("a0") == "UP", "a0 has a carrier")

    def set_down(self):
        self.set_link("down")
        lab.wait_until(lambda: self.operstate("a0") == "DOWN", "a0 is down")

    def around(self, action):
        """What is said of the time in which `action` happens."""
        self.here.record(self.store)
        result = action()
        self.here.record(self.store)
        return Said(self.test, self.store), result


class Said:
    """What hindstat-diff says of the last two snapshots, without table process: that one is of the whole machine, on
    which other programs come and go meanwhile."""

    def __init__(self, test, store):
        self.test, self.store = test, store
        _, self.events, self.trailer = self.read()
        shown = lab.tool("hindstat-diff", "--store", store)
        test.assertEqual(shown.err, "", shown)
        self.text = shown.out
        self.lines, section = [], ""
        for line in shown.lines():
            if line[:1] in SIGNS and line[1:2] == " ":
                self.lines += [" ".join(line.split())] if section != "process" else []
            elif not line[:1].isspace():
                section = line

    def read(self, *args):
        result = lab.tool("hindstat-diff", "--store", self.store, "--json", *args)
        self.test.assertIn(result.code, (0, 1), result)
        self.test.assertEqual(result.err, "", result)
        header, *events, trailer = result.json_lines()
        return header, [e for e in events if e["table"] != "process"], trailer

    def assert_exactly(self, *expected):
        """`expected`: (event, key, the line of text without its sign and key)."""
        found = sorted((e["ev"], e["key"]) for e in self.events)
        self.test.assertEqual(found, sorted((name, key) for name, key, _ in expected), self.text)
        for _, key, words in expected:
            line = f"{key} {words}".strip()
            self.test.assertEqual([l[2:] for l in self.lines].count(line), 1, f"{line!r} in\n{self.text}")
        self.test.assertEqual(len(self.lines), len(expected), self.text)

    def event(self, name):
        return next(e for e in self.events if e["ev"] == name)


def group_of(address):
    """The solicited-node group of an IPv6 address (RFC 4291)."""
    last = socket.inet_pton(socket.AF_INET6, address)[-3:]
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex("ff0200000000000000000001ff") + last)


class WithoutIpv6(unittest.TestCase):
    """Nothing but IPv4: what happens is as little as can be."""

    def setUp(self):
        self.scene = Scene(self, ipv6=False)
        self.here = self.scene.here

    def test_nothing_is_nothing(self):
        said, _ = self.scene.around(lambda: None)
        said.assert_exactly()

    def test_an_interface_up_and_down(self):
        said, _ = self.scene.around(self.scene.set_up)
        said.assert_exactly(("if.up", "a0", "set up, operstate DOWN -> UP, qdisc noop -> noqueue"),
                            ("mcast.joined", "224.0.0.1 dev a0", "users 1"))
        self.assertEqual(said.event("if.up")["severity"], "info")
        said, _ = self.scene.around(self.scene.set_down)
        said.assert_exactly(("if.down", "a0", "set down, operstate UP -> DOWN"),
                            ("mcast.left", "224.0.0.1 dev a0", "users 1"))
        self.assertEqual(said.event("if.down")["changed"]["operstate"], ["UP", "DOWN"])
        self.assertEqual(said.event("if.down")["severity"], "warn")

    def test_a_carrier_that_is_lost_and_one_that_flaps(self):
        self.scene.set_up()

        def lose():
            self.scene.peer.ip("link", "set", "b0", "down")
            lab.wait_until(lambda: self.scene.operstate("a0") != "UP", "a0 has lost its carrier")

        def find():
            self.scene.peer.ip("link", "set", "b0", "up")
            lab.wait_until(lambda: self.scene.operstate("a0") == "UP", "a0 has a carrier")

        said, _ = self.scene.around(lose)
        state = said.event("if.carrier")["changed"]["operstate"][1]
        said.assert_exactly(("if.carrier", "a0", f"operstate UP -> {state}, carrier lost"))
        self.assertEqual(said.event("if.carrier")["flaps"], "1")
        find()
        said, _ = self.scene.around(lambda: (lose(), find(), lose(), find()))
        said.assert_exactly(("if.carrier", "a0", "carrier came and went, 2 flaps"))
        self.assertEqual(said.event("if.carrier")["carrier_changes"], "4")

    def test_an_address(self):
        self.scene.set_up()
        said, _ = self.scene.around(lambda: self.here.ip("addr", "add", "10.88.0.1/24", "dev", "a0"))
        said.assert_exactly(("if.addr.added", "10.88.0.1/24 dev a0", ""),
                            ("route.added", "10.88.0.0/24", "dev a0"),
                            ("route.added", "local 10.88.0.1 table local", "dev a0"),
                            ("route.added", "broadcast 10.88.0.255 table local", "dev a0"))
        self.scene.add_device("d0", "e0")

        def move():
            self.here.ip("addr", "del", "10.88.0.1/24", "dev", "a0")
            self.here.ip("addr", "add", "10.88.0.1/24", "dev", "d0")
        said, _ = self.scene.around(move)
        self.assertEqual([(e["key"], e["from"], e["to"]) for e in said.events if e["table"] == "address"],
                         [("10.88.0.1/24 dev d0", "a0", "d0")], said.text)
        self.assertIn("10.88.0.1/24 dev d0 moved from a0", [l[2:] for l in said.lines])

    def test_what_is_done_to_an_interface_by_hand(self):
        said, _ = self.scene.around(lambda: self.scene.set_link("mtu", 1400))
        said.assert_exactly(("if.mtu", "a0", "mtu 1500 -> 1400"))
        said, _ = self.scene.around(lambda: self.scene.set_link("promisc", "on"))
        said.assert_exactly(("if.flags", "a0", "PROMISC set"))
        said, _ = self.scene.around(lambda: self.scene.set_link("name", "wan0"))
        said.assert_exactly(("if.renamed", "wan0", "was a0"))
        said, _ = self.scene.around(lambda: self.scene.add_device("d0", "e0"))
        # The kernel joins these for every interface, also where IPv6 is disabled.
        groups = [("mcast", "ff01::1 dev d0"), ("mcast", "ff02::1 dev d0")]
        self.assertEqual([(e["ev"].replace(".joined", ""), e["key"]) for e in said.events],
                         [("if.added", "d0"), *groups], said.text)

        def recreate():
            self.here.ip("link", "del", "d0")
            self.scene.add_device("d0", "e0")
        said, _ = self.scene.around(recreate)
        self.assertEqual([(e["ev"], e["key"]) for e in said.events], [("if.recreated", "d0")], said.text)
        said, _ = self.scene.around(lambda: self.here.ip("link", "del", "d0"))
        self.assertEqual([(e["ev"].replace(".left", ""), e["key"]) for e in said.events],
                         [("if.removed", "d0"), *groups], said.text)

    def test_a_burst_of_counters(self):
        sender = self.here.socket(socket.AF_INET, socket.SOCK_DGRAM)

        def send():
            for _ in range(DATAGRAMS):
                sender.sendto(b"four", ("127.0.0.1", 9))
            sender.close()
        said, _ = self.scene.around(send)
        self.assertEqual([(e["ev"], e["key"], e["delta"]) for e in said.events],
                         [("stat.errors", "UdpNoPorts", str(DATAGRAMS))], said.text)
        event = said.events[0]
        self.assertGreater(float(event["per_second"]), 0)
        self.assertEqual(said.lines, [f"# UdpNoPorts {event['per_second']} +{DATAGRAMS}"], said.text)
        self.assertIn("stats (per second)\n", said.text)

        _, everything, _ = said.read("--all")
        # Of the caches of routes and neighbours the whole machine counts.
        counts = [e for e in everything if e["ev"] in ("stat.counted", "stat.level")]
        counted = {e["key"]: int(e["delta"]) for e in counts
                   if e["ev"] == "stat.counted" and e["table"] == "protocol_counter"}
        self.assertEqual({key: counted.get(key) for key in COUNTED_BY_A_BURST}, COUNTED_BY_A_BURST, counted)
        self.assertEqual([key for key in counted if key not in COUNTED_BY_A_BURST and not key.endswith("Octets")], [])
        chosen = said.read("--table", "protocol_counter")[1]
        self.assertEqual({e["key"] for e in chosen}, {"UdpNoPorts", *counted})
        # Levels of sockstat that are the whole machine's may have moved meanwhile.
        self.assertIn(f"   ... {len(counts)} more that count no errors (--all)\n", said.text)
        interface = [e for e in everything if e["ev"] == "if.counted"]
        self.assertEqual([e["key"] for e in interface], ["lo"])
        self.assertIn(f"rx_packets +{2 * DATAGRAMS}", interface[0]["deltas"])

    def test_a_multicast_join_and_what_ends_it(self):
        self.here.ip("addr", "add", "10.88.0.1/24", "dev", "a0")
        self.scene.set_up()

        def join():
            member = self.here.socket(socket.AF_INET, socket.SOCK_DGRAM)
            member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                              socket.inet_aton("239.1.2.3") + socket.inet_aton("10.88.0.1"))
            return member
        said, first = self.scene.around(join)
        said.assert_exactly(("mcast.joined", "239.1.2.3 dev a0", "users 1"))
        said, second = self.scene.around(join)
        said.assert_exactly(("mcast.users", "239.1.2.3 dev a0", "users 1 -> 2"))
        first.close()
        said, _ = self.scene.around(second.close)
        said.assert_exactly(("mcast.left", "239.1.2.3 dev a0", "users 1"))

    def test_a_unix_listener(self):
        path = self.scene.lab.path("app.sock")

        def listen():
            listener = self.here.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(path)
            listener.listen(5)
            return listener
        with open("/proc/self/comm") as file:
            owner = f"{file.read().strip()}[{os.getpid()}]"
        said, listener = self.scene.around(listen)
        said.assert_exactly(("unix.listen.added", f"stream {path}", f"{owner} LISTENING"))
        self.assertEqual(said.events[0]["owner"], owner)

        def replace():
            listener.close()
            os.unlink(path)
            return listen()
        said, listener = self.scene.around(replace)
        said.assert_exactly(("unix.listen.restarted", f"stream {path}", f"{owner} restarted, was {owner}"))

        def talk():
            client = self.here.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.connect(path)
            self.scene.lab.keep(listener.accept()[0])
        said, _ = self.scene.around(talk)
        said.assert_exactly()
        self.assertIn(f"2 connected or unnamed sockets came and 0 went ({owner} +2)", said.text)
        said, _ = self.scene.around(listener.close)
        said.assert_exactly(("unix.listen.removed", f"stream {path}", f"{owner} LISTENING"))

    def test_opens_that_no_snapshot_saw_are_counted(self):
        listener = self.here.listen("127.0.0.1")

        def connect():
            for _ in range(10):
                client = self.here.connect("127.0.0.1", listener.getsockname()[1])
                server, _ = listener.accept()
                # A reset leaves no trace in the table.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                client.close()
                server.close()
            client = self.here.connect("127.0.0.1", listener.getsockname()[1])
            self.scene.lab.keep(listener.accept()[0])
            return client
        said, _ = self.scene.around(connect)
        self.assertEqual(said.trailer["coverage"],
                         [{"netns": "", "opens_seen": 2, "opens_counted": 22, "share": 2 / 22}], said.text)
        self.assertTrue(said.text.endswith(
            "\ncoverage: saw 2 of ~22 TCP opens (9.1%); shorter connections are invisible to snapshots\n"
            "unseen: the kernel counted 20 resets of TCP connections, of which the lines above hold 0 at most\n"),
            said.text)
        self.assertEqual(said.trailer["unseen"], [{"netns": "", "what": "resets", "seen": 0, "counted": 20}])


# What each datagram to a closed port and the ICMP error that answers it count in a namespace of their own.
COUNTED_BY_A_BURST = {
    "IpInReceives": 2 * DATAGRAMS, "IpInDelivers": 2 * DATAGRAMS, "IpOutRequests": 2 * DATAGRAMS,
    "IpOutTransmits": 2 * DATAGRAMS, "IpExtInNoECTPkts": 2 * DATAGRAMS, "UdpOutDatagrams": DATAGRAMS,
    "IcmpInMsgs": DATAGRAMS, "IcmpInDestUnreachs": DATAGRAMS, "IcmpOutMsgs": DATAGRAMS,
    "IcmpOutDestUnreachs": DATAGRAMS, "IcmpMsgInType3": DATAGRAMS, "IcmpMsgOutType3": DATAGRAMS,
}


class WithIpv6(unittest.TestCase):
    """What the kernel does by itself when an interface goes up or down is true, too, and said exactly."""

    def link_local(self, scene):
        links = json.loads(scene.here.ip("-j", "-6", "addr", "show", "dev", "a0").out)
        found = [a["local"] for link in links for a in link.get("addr_info", [])
                 if a["scope"] == "link" and not a.get("tentative")]
        return found[0] if found else None

    def test_an_interface_up_and_down_with_an_address_of_its_own(self):
        scene = Scene(self, ipv6=True)

        def up():
            scene.set_up()
            lab.wait_until(lambda: self.link_local(scene), "a0 has its link-local address")
        said, _ = scene.around(up)
        own = self.link_local(scene)
        consequences = [("if.addr", f"{own}/64 dev a0", "scope link"), ("mcast", "224.0.0.1 dev a0", "users 1"),
                        ("mcast", f"{group_of(own)} dev a0", "users 1"), ("route", "fe80::/64 metric 256", "dev a0"),
                        ("route", f"local {own} table local", "dev a0"),
                        ("route", "multicast ff00::/8 table local metric 256", "dev a0")]
        came = {"if.addr": "if.addr.added", "mcast": "mcast.joined", "route": "route.added"}
        went = {"if.addr": "if.addr.removed", "mcast": "mcast.left", "route": "route.removed"}
        said.assert_exactly(("if.up", "a0", "set up, operstate DOWN -> UP, qdisc noop -> noqueue"),
                            *[(came[what], key, words) for what, key, words in consequences])
        said, _ = scene.around(scene.set_down)
        said.assert_exactly(("if.down", "a0", "set down, operstate UP -> DOWN"),
                            *[(went[what], key, words) for what, key, words in consequences])

    def test_an_address_whose_duplicates_are_looked_for_is_one_event(self):
        scene = Scene(self, ipv6=True)
        scene.here.set("net/ipv6/conf/a0/accept_dad", 1)
        scene.set_up()
        lab.wait_until(lambda: self.link_local(scene), "a0 has its link-local address")
        said, _ = scene.around(lambda: scene.here.ip("addr", "add", "fd88::1/64", "dev", "a0"))
        self.assertEqual([(e["ev"], e["key"]) for e in said.events if e["table"] == "address"],
                         [("if.addr.added", "fd88::1/64 dev a0")], said.text)

        def settle():
            lab.wait_until(lambda: "tentative" not in scene.here.ip("-6", "addr", "show", "dev", "a0").out,
                           "fd88::1 is settled")
        said, _ = scene.around(settle)
        self.assertEqual([e for e in said.events if e["table"] == "address"], [], said.text)


if __name__ == "__main__":
    lab.require_namespaces()
    lab.main()
