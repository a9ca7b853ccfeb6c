#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Scenes of routes, of the routing cache, of interfaces, neighbours, rules and settings: one thing is done between two
snapshots, and hindstat-diff says exactly what happened and no more."""
import errno
import json
import socket
import unittest

import lab
from scene import Network, Said

SERVER, REDIRECTED = "10.77.2.2", "10.77.9.9"
IP_MTU_DISCOVER, IP_PMTUDISC_DO = 10, 2
ROUTE = {"best_changed": True}


class Routes(unittest.TestCase):
    def setUp(self):
        self.net = Network(self)
        self.client = self.net.client

    def said(self, *command):
        said, _ = self.net.around(self.client, lambda: self.client.ip(*command))
        return said

    def test_a_route_that_is_changed_in_each_way(self):
        self.said("route", "add", "10.9.0.0/16", "via", "10.77.1.1", "metric", "100").assert_exactly(
            ("route.added", "10.9.0.0/16 metric 100", {**ROUTE, "hops": "via 10.77.1.1 dev c0"}))
        self.said("route", "replace", "10.9.0.0/16", "via", "10.77.1.3", "metric", "100").assert_exactly(
            ("route.nexthop", "10.9.0.0/16 metric 100",
             {**ROUTE, "old": "via 10.77.1.1 dev c0", "new": "via 10.77.1.3 dev c0"}))
        self.said("route", "replace", "10.9.0.0/16", "via", "10.77.1.3", "metric", "100", "mtu", "1400").assert_exactly(
            ("route.attr", "10.9.0.0/16 metric 100", {"best_changed": False, "changed": {"mtu": [None, "1400"]}}))
        self.said("route", "replace", "10.9.0.0/16", "metric", "100", "nexthop", "via", "10.77.1.1", "nexthop", "via",
                  "10.77.1.3", "weight", "3").assert_exactly(
            ("route.ecmp", "10.9.0.0/16 metric 100",
             {**ROUTE, "new": "via 10.77.1.1 dev c0 weight 1, via 10.77.1.3 dev c0 weight 3"}))
        self.said("route", "add", "10.9.0.0/16", "via", "10.77.1.9", "metric", "200").assert_exactly(
            ("route.added", "10.9.0.0/16 metric 200", {"best_changed": False}))
        self.said("route", "del", "10.9.0.0/16", "metric", "100").assert_exactly(
            ("route.removed", "10.9.0.0/16 metric 100", ROUTE))

        def dearer():
            self.client.ip("route", "add", "10.9.0.0/16", "via", "10.77.1.9", "metric", "300")
            self.client.ip("route", "del", "10.9.0.0/16", "metric", "200")
        said, _ = self.net.around(self.client, dearer)
        said.assert_exactly(("route.metric", "10.9.0.0/16", {**ROUTE, "changed": {"metric": ["200", "300"]}}))

        def other():
            self.client.ip("route", "add", "10.9.0.0/16", "via", "10.77.1.1", "metric", "400")
            self.client.ip("route", "del", "10.9.0.0/16", "metric", "300")
        said, _ = self.net.around(self.client, other)
        said.assert_exactly(("route.replaced", "10.9.0.0/16", {"old": "via 10.77.1.9 dev c0 metric 300",
                                                               "new": "via 10.77.1.1 dev c0 metric 400"}))

    def test_the_default_route_is_lost(self):
        self.said("route", "del", "default").assert_exactly(
            ("route.removed", "default", {**ROUTE, "default_lost": True, "severity": "crit"}))
        self.said("route", "add", "default", "via", "10.77.1.3").assert_exactly(
            ("route.added", "default", {"hops": "via 10.77.1.3 dev c0", "severity": "info"}))
        self.said("route", "replace", "default", "via", "10.77.1.1").assert_exactly(
            ("route.nexthop", "default", {"default_changed": True, "severity": "warn"}))

    def test_a_link_that_is_lost_is_a_state_of_its_routes(self):
        def lose():
            self.net.gateway.ip("link", "set", "gc0", "down")
            lab.wait_until(lambda: json.loads(self.client.ip("-j", "link", "show", "c0").out)[0]["operstate"] != "UP",
                           "c0 has lost its carrier")
        said, _ = self.net.around(self.client, lose)
        # Broadcast and local routes have no such flag: the kernel marks those that leave by the link.
        routes = [e for e in said.events if e["table"] == "route"]
        self.assertEqual({(e["ev"], e["from"], e["to"]) for e in routes}, {("route.state", "", "linkdown")}, said.text)
        self.assertLessEqual({"default", "10.77.1.0/24"}, {e["key"] for e in routes}, said.text)
        self.assertEqual([(e["ev"], e["key"]) for e in said.events if e["table"] != "route"], [("if.carrier", "c0")],
                         said.text)

    def test_a_renamed_interface_is_nothing_to_its_routes(self):
        # The kernel renames an interface that is up since Linux 6.2.
        if self.client.run("ip", "link", "set", "c0", "name", "probe0").code != 0:
            self.skipTest("this kernel renames no interface that is up")
        self.client.ip("link", "set", "probe0", "name", "c0")
        self.said("link", "set", "c0", "name", "wan0").assert_exactly(("if.renamed", "wan0", {"from": "c0"}))

    def test_where_packets_to_an_address_went(self):
        for command in (("route", "add", "10.9.0.0/16", "via", "10.77.1.1"),
                        ("route", "add", "10.9.9.0/24", "via", "10.77.1.3", "table", "200"),
                        ("rule", "add", "to", "10.9.9.0/24", "lookup", "200", "priority", "500"),
                        ("rule", "add", "from", "10.77.1.22", "lookup", "201", "priority", "600"),
                        ("route", "add", "blackhole", "10.8.0.0/16")):
            self.client.ip(*command)
        asked = ("10.9.9.9", "10.9.1.1", "10.8.1.1", "192.0.2.1", "10.77.1.22", "10.77.1.77")
        self.client.record(self.net.store)
        before = {address: self.kernel_says(address) for address in asked}
        self.client.ip("rule", "del", "priority", "500")
        self.client.ip("route", "replace", "default", "via", "10.77.1.3")
        self.client.record(self.net.store)
        after = {address: self.kernel_says(address) for address in asked}
        for address in asked:
            result = lab.tool("hindstat-diff", "--store", self.net.store, "--to", address, "--json")
            answer, = result.json_lines()
            self.assertEqual(result.code, 0 if before[address] == after[address] else 1, result)
            self.assertEqual(answer["same"], before[address] == after[address], result)
            for side, said in (("a", before[address]), ("b", after[address])):
                self.assertEqual(answer[side]["result"], said, result)
                # Rules are asked in their order: the one for a source only where none before it decided.
                decided = said == "via 10.77.1.3 dev c0" and address == "10.9.9.9" or said.startswith("local")
                self.assertEqual(answer[side]["ignored"], [] if decided else [
                    "rule not followed, it asks for more than the destination: 600: from 10.77.1.22 lookup 201"])
        text = lab.tool("hindstat-diff", "--store", self.net.store, "--to", "10.9.9.9")
        self.assertIn("to 10.9.9.9: another way\n", text.out)
        self.assertIn("rule 500: from all to 10.9.9.0/24 lookup 200", text.out)
        wrong = lab.tool("hindstat-diff", "--store", self.net.store, "--to", "nowhere")
        lab.assert_one_sentence(self, wrong, 2)

    def kernel_says(self, address):
        got = self.client.run("ip", "-j", "route", "get", address)
        if got.code != 0:
            return "blackhole"
        route = json.loads(got.out)[0]
        words = ["local"] if route.get("type") == "local" else []
        words += ["via", route["gateway"]] if "gateway" in route else []
        # The table says by which interface the address is reached, the kernel answers with lo.
        return " ".join(words + ["dev", "c0" if words == ["local"] else route["dev"]])


class Cache(unittest.TestCase):
    def setUp(self):
        self.net = Network(self)
        self.client = self.net.client

    def learn_pmtu(self, mtu=1400, size=1472):
        """As any program does: a datagram that may not be cut is too long for the gateway's other link."""
        sender = self.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        sender.connect((SERVER, 9))

        def is_learned():
            try:
                sender.send(b"P" * size)
            except OSError as error:
                if error.errno not in (errno.EMSGSIZE, errno.ECONNREFUSED):
                    raise
            return f"mtu {mtu}" in self.client.ip("route", "show", "cache").out
        lab.wait_until(is_learned, f"the client has learned a path MTU of {mtu}")
        sender.close()

    def learn_redirect(self):
        sender = self.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # A redirect is only taken once the link-layer address of the new gateway is known.
        sender.sendto(b"n", ("10.77.1.3", 9))

        def is_learned():
            try:
                sender.sendto(b"r", (REDIRECTED, 9))
            except OSError:
                pass
            return "redirected" in self.client.ip("route", "show", "cache").out
        lab.wait_until(is_learned, "the client was redirected")
        sender.close()

    def test_a_path_mtu_is_learned_changes_and_is_flushed_with_its_route(self):
        said, _ = self.net.around(self.client, self.learn_pmtu)
        said.assert_exactly(("cache.created", f"{SERVER} dev c0", {"kind": "pmtu", "mtu": "1400"}))
        self.assertRegex(said.text, rf"\+ +{SERVER} dev c0 +path MTU 1400")

        def narrow():
            self.net.gateway.ip("link", "set", "g0", "mtu", "1300")
            self.learn_pmtu(1300, 1372)
        said, _ = self.net.around(self.client, narrow)
        said.assert_exactly(("cache.pmtu", f"{SERVER} dev c0", {"old": "1400", "new": "1300"}))
        said, _ = self.net.around(self.client,
                                  lambda: self.client.ip("route", "replace", "default", "via", "10.77.1.3"))
        said.assert_exactly(("route.nexthop", "default", {"default_changed": True}),
                            ("cache.flushed", f"{SERVER} dev c0", {"why": ["route.nexthop default"], "mtu": "1300"}))
        said.options = ("--table", "route_exception")
        churn = [e for e in said.read() if e["ev"] == "cache.churn"]
        self.assertEqual([(e["created"], e["removed"], e["turnover"]) for e in churn], [("0", "1", "1.00")])

    def test_a_path_mtu_expires(self):
        self.client.set("net/ipv4/route/mtu_expires", 5)
        self.learn_pmtu()
        said, _ = self.net.around(
            self.client, lambda: lab.wait_until(lambda: not self.net.exceptions(), "what was learned has expired"))
        said.assert_exactly(("cache.expired", f"{SERVER} dev c0", {"kind": "pmtu", "mtu": "1400"}))

    def test_a_redirect_and_a_flush_of_everything(self):
        said, _ = self.net.around(self.client, self.learn_redirect)
        said.assert_exactly(("cache.created", f"{REDIRECTED} dev c0", {"kind": "redirect", "gateway": "10.77.1.3"}))
        answer, = lab.tool("hindstat-diff", "--store", self.net.store, "--to", REDIRECTED, "--json").json_lines()
        self.assertEqual((answer["a"].get("learned"), answer["b"]["learned"], answer["same"]),
                         (None, "via 10.77.1.3", False))
        self.learn_pmtu()
        said, _ = self.net.around(self.client, lambda: self.client.ip("route", "flush", "cache"))
        why = ["2 of 2 that should have stayed are gone"]
        said.assert_exactly(("cache.flushed", f"{REDIRECTED} dev c0", {"kind": "redirect", "why": why}),
                            ("cache.flushed", f"{SERVER} dev c0", {"kind": "pmtu", "why": why, "conf": "inferred"}))


class Links(unittest.TestCase):
    def setUp(self):
        self.net = Network(self)
        self.client = self.net.client

    def test_an_interface_is_recreated_under_its_addresses_and_routes(self):
        def make():
            lab.check(["ip", "link", "add", "x0", "netns", self.client.name, "type", "veth", "peer", "name", "y0",
                       "netns", self.net.server.name])
            self.net.server.ip("link", "set", "y0", "up")
            self.client.ip("addr", "add", "10.88.0.1/24", "dev", "x0")
            self.client.ip("link", "set", "x0", "up")
            self.client.ip("route", "add", "10.89.0.0/16", "via", "10.88.0.2")
            lab.wait_until(lambda: "state UP" in self.client.ip("link", "show", "x0").out, "x0 is up")
        make()
        said, _ = self.net.around(self.client, lambda: (self.client.ip("link", "del", "x0"), make()))
        said.assert_exactly(("if.recreated", "x0", {"severity": "warn"}))

    def test_an_address_moves_with_its_routes(self):
        def move():
            self.client.ip("addr", "del", "10.77.1.22/24", "dev", "c0")
            self.client.ip("addr", "add", "10.77.1.22/32", "dev", "lo")
        said, _ = self.net.around(self.client, move)
        said.assert_exactly(("if.addr.moved", "10.77.1.22/32 dev lo", {"from": "c0", "to": "lo"}),
                            ("route.nexthop", "local 10.77.1.22 table local", {"old": "dev c0", "new": "dev lo"}))

    def test_a_namespace_that_was_made_again_counts_from_zero(self):
        name = self.client.name
        sender = self.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(5):
            sender.sendto(b"four", ("127.0.0.1", 9))
        sender.close()
        record = [lab.tool_path("hindstat-record"), "--store", self.net.store, "--netns", name]
        lab.check(record)
        lab.check(["ip", "netns", "del", name])
        lab.check(["ip", "netns", "add", name])
        self.client.ip("link", "set", "lo", "up")
        lab.check(record)
        said = Said(self, self.net.store, "--netns", name, "--table", "protocol_counter,interface")
        said.events = [e for e in said.events if e["ev"] != "stat.counted"]
        said.assert_exactly(("stat.reset", "counters", {"netns": name}), ("if.removed", "c0", {}),
                            ("if.counter_reset", "lo", {"netns": name}))

    def test_a_neighbour_changes_its_address_and_is_lost(self):
        gateway = self.net.gateway
        sender = self.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        back = gateway.socket(socket.AF_INET, socket.SOCK_DGRAM)
        reader = self.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        reader.bind(("10.77.1.2", 9))

        def known_as():
            listed = json.loads(self.client.ip("-j", "neigh", "show", "10.77.1.1", "dev", "c0").out)
            return listed[0].get("lladdr") if listed else None
        sender.sendto(b"n", ("10.77.1.1", 9))
        old = lab.wait_until(known_as, "the client knows the gateway's link-layer address")
        new = "02:00:00:00:77:aa"

        def change():
            gateway.ip("link", "set", "br0", "address", new)

            def is_known():
                gateway.ip("neigh", "flush", "dev", "br0")
                back.sendto(b"n", ("10.77.1.2", 9))  # It asks for the client and so tells its own.
                return known_as() == new
            lab.wait_until(is_known, "the client knows the gateway's other address")
        said, _ = self.net.around(self.client, change)
        said.assert_exactly(("neigh.mac", "10.77.1.1 dev c0", {"old": old, "new": new, "next_hop_of": "default",
                                                               "severity": "warn"}))
        said, _ = self.net.around(
            self.client, lambda: self.client.ip("neigh", "change", "10.77.1.1", "dev", "c0", "nud", "failed"))
        said.assert_exactly(("neigh.state", "10.77.1.1 dev c0", {"from": "resolved", "to": "failed", "severity": "warn",
                                                                 "next_hop_of": "default"}))
        said, _ = self.net.around(self.client, lambda: self.client.ip("neigh", "flush", "all", "dev", "c0"))
        said.assert_exactly()

    def test_rules_nexthops_and_settings(self):
        def said(*command):
            return self.net.around(self.client, lambda: self.client.ip(*command))[0]
        said("rule", "add", "from", "10.9.9.9", "lookup", "300", "priority", "500").assert_exactly(
            ("rule.added", "500: from 10.9.9.9 lookup 300", {}))

        def move():
            self.client.ip("rule", "del", "priority", "500")
            self.client.ip("rule", "add", "from", "10.9.9.9", "lookup", "300", "priority", "400")
        self.net.around(self.client, move)[0].assert_exactly(
            ("rule.moved", "400: from 10.9.9.9 lookup 300", {"from": "500", "to": "400"}))
        said("rule", "del", "priority", "400").assert_exactly(("rule.removed", "400: from 10.9.9.9 lookup 300", {}))
        said("nexthop", "add", "id", "15", "via", "10.77.1.3", "dev", "c0").assert_exactly(
            ("nexthop.added", "nexthop 15", {}))
        said("nexthop", "replace", "id", "15", "via", "10.77.1.1", "dev", "c0").assert_exactly(
            ("nexthop.changed", "nexthop 15", {"changed": {"gateway": ["10.77.1.3", "10.77.1.1"]}}))
        changed, _ = self.net.around(self.client, lambda: self.client.set("net/ipv4/tcp_fin_timeout", 33))
        changed.assert_exactly(("sysctl.changed", "net.ipv4.tcp_fin_timeout", {"from": "60", "to": "33"}))


if __name__ == "__main__":
    lab.require_namespaces()
    lab.main()
