#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Scenes of a gateway that masquerades: one thing happens to a flow between two snapshots of the gateway, and
hindstat-diff says exactly what and no more."""
import os
import socket
import unittest

import lab
from scene import Network

CLIENT, OTHER_CLIENT, PUBLIC, SERVER, PORT = "10.77.1.2", "10.77.1.22", "10.77.2.1", "10.77.2.2", 5353
MASQUERADE = ("POSTROUTING", "-o", "g0", "-j", "MASQUERADE")


class Nat(unittest.TestCase):
    def setUp(self):
        self.net = Network(self)
        self.gateway = self.net.gateway
        self.rule("-A", *MASQUERADE)
        for protocol, seconds in (("udp_timeout", 300), ("udp_timeout_stream", 300)):
            self.timeout(protocol, seconds)
        self.answering = self.net.server.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.answering.bind((SERVER, PORT))
        self.answering.settimeout(5)
        # The client's neighbours are resolved before anything is recorded.
        self.ask(self.sender(port=39999))

    def rule(self, *rule):
        if self.gateway.run("iptables", "-w", "5", "-t", "nat", *rule).code != 0:
            self.skipTest(f"this kernel or iptables has no rule {' '.join(rule)}")

    def timeout(self, name, seconds):
        self.gateway.set(f"net/netfilter/nf_conntrack_{name}", seconds)

    def sender(self, address=CLIENT, port=40000):
        made = self.net.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((address, port))
        made.settimeout(5)
        return made

    def ask(self, sender):
        """One datagram to the server; what the server saw it come from."""
        sender.sendto(b"ask", (SERVER, PORT))
        return self.answering.recvfrom(64)[1]

    def answer(self, sender, seen_from):
        self.answering.sendto(b"answer", seen_from)
        sender.recv(64)

    def flows(self):
        return self.gateway.check("conntrack", "-L").out

    def forget(self, *which):
        self.gateway.check("conntrack", "-D", *which)

    def around(self, action):
        said, result = self.net.around(self.gateway, action)
        return said, result

    def key(self, port=40000, client=CLIENT):
        return f"udp {client}:{port} > {SERVER}:{PORT}"

    def test_a_datagram_flow_is_made_answered_and_assured(self):
        sender = self.sender()
        said, seen_from = self.around(lambda: self.ask(sender))
        self.assertEqual(seen_from, (PUBLIC, 40000))
        said.assert_exactly(("nat.created", self.key(), {"masqueraded_as": f"{PUBLIC}:40000"}))
        self.assertRegex(said.text, rf"\+ +{self.key()} +masqueraded as {PUBLIC}:40000\n")
        said, _ = self.around(lambda: self.answer(sender, seen_from))
        said.assert_exactly(("nat.replied", self.key(), {"changed": {"flags": ["", "replied"]}}))

        def go_on():
            def is_assured():
                self.answer(sender, self.ask(sender))
                return "sport=40000" in self.gateway.check("conntrack", "-L", "-u", "ASSURED").out
            lab.wait_until(is_assured, "the flow is assured")
        said, _ = self.around(go_on)
        said.assert_exactly(("nat.assured", self.key(), {"changed": {"flags": ["replied", "replied,assured"]}}))
        said, _ = self.around(lambda: None)
        said.assert_exactly()

    def test_a_connection_is_made_and_closed(self):
        self.timeout("tcp_timeout_time_wait", 4)
        listener = self.net.server.listen(SERVER, 7000)

        def connect():
            client = self.net.client.connect(SERVER, 7000, source=(CLIENT, 41000))
            return client, self.net.lab.keep(listener.accept()[0])
        key = f"tcp {CLIENT}:41000 > {SERVER}:7000"
        said, (client, peer) = self.around(connect)
        said.assert_exactly(("nat.created", key, {"state": "ESTABLISHED", "masqueraded_as": f"{PUBLIC}:41000"}))

        def close():
            client.close()
            peer.close()
            lab.wait_until(lambda: "TIME_WAIT" in self.flows(), "the gateway has seen the end")
        said, _ = self.around(close)
        said.assert_exactly(("nat.state", key, {"from": "ESTABLISHED", "to": "TIME_WAIT"}))
        said, _ = self.around(lambda: lab.wait_until(lambda: "41000" not in self.flows(), "the flow is forgotten"))
        said.assert_exactly(("nat.destroyed", key, {"how": "closed", "state": "TIME_WAIT"}))

    def test_a_flow_that_is_silent_times_out(self):
        self.timeout("udp_timeout", 3)
        self.ask(self.sender())
        said, _ = self.around(lambda: lab.wait_until(lambda: "40000" not in self.flows(), "the flow is forgotten"))
        said.assert_exactly(("nat.destroyed", self.key(), {"how": "timed_out", "masqueraded_as": f"{PUBLIC}:40000"}))

    def test_a_flush_ends_all_flows_early(self):
        for port in (40000, 40001):
            self.ask(self.sender(port=port))
        said, _ = self.around(lambda: self.gateway.check("conntrack", "-F"))
        said.assert_exactly(*[("nat.destroyed", self.key(port),
                               {"how": "early", "severity": "warn",
                                "why": ["3 of 3 flows that should have stayed are gone"]})
                              for port in (39999, 40000, 40001)])

    def test_a_flow_that_is_made_again_is_recycled_or_rewritten(self):
        # Where the kernel does not note when a flow began, the next one may look like the same: even its identifier.
        self.gateway.set("net/netfilter/nf_conntrack_timestamp", 1)
        sender = self.sender()
        self.ask(sender)

        def again():
            self.forget("-p", "udp", "--orig-port-src", "40000")
            return self.ask(sender)
        said, _ = self.around(again)
        said.assert_exactly(("nat.recycled", self.key(), {"masqueraded_as": f"{PUBLIC}:40000"}))

        def elsewhere():
            self.rule("-I", "POSTROUTING", "-o", "g0", "-p", "udp", "-j", "SNAT", "--to-source",
                      f"{PUBLIC}:50000-50000")
            return again()
        said, seen_from = self.around(elsewhere)
        self.assertEqual(seen_from, (PUBLIC, 50000))
        said.assert_exactly(("nat.rewritten", self.key(), {"old": f"as {PUBLIC}:40000", "new": f"as {PUBLIC}:50000",
                                                           "severity": "warn"}))

    def test_a_public_port_goes_to_another_client(self):
        self.ask(self.sender())
        other = self.sender(OTHER_CLIENT)

        def take():
            self.forget("-p", "udp", "--orig-port-src", "40000")
            return self.ask(other)
        said, seen_from = self.around(take)
        self.assertEqual(seen_from, (PUBLIC, 40000))
        said.assert_exactly(("nat.port_moved", self.key(client=OTHER_CLIENT),
                             {"old": self.key(), "new": self.key(client=OTHER_CLIENT), "how": "early"}))

    def test_flows_that_are_not_rewritten_are_hidden(self):
        direct = self.net.server.socket(socket.AF_INET, socket.SOCK_DGRAM)
        direct.bind(("10.77.1.3", PORT))
        sender = self.gateway.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.bind(("10.77.1.1", 40000))
        said, _ = self.around(lambda: sender.sendto(b"ask", ("10.77.1.3", PORT)))
        said.assert_exactly()
        said.options = ("--table", "conntrack")
        self.assertEqual([(e["ev"], e["key"]) for e in said.read()],
                         [("flow.created", f"udp 10.77.1.1:40000 > 10.77.1.3:{PORT}")])


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("conntrack", "iptables")
    if not os.path.exists("/proc/sys/net/netfilter/nf_conntrack_count"):
        lab.skip("this kernel has no connection tracking")
    lab.main()
