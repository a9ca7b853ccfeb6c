# SPDX-License-Identifier: MIT
"""What the scenes share: a client, a gateway and a server, and what hindstat-diff says of the time in which one thing
is done to one of them.

  client   c0 10.77.1.2/24 and 10.77.1.22/24, default via 10.77.1.1
  gateway  br0 10.77.1.1/24 (ports gc0, gs1)   g0 10.77.2.1/24, mtu 1400
  server   s0 10.77.2.2/24, mtu 1400   s1 10.77.1.3/24, a second leg on the client's network   10.77.9.9 on lo
"""
import json

import lab

SIGNS = set("+-~!>#")


class Said:
    """What hindstat-diff says of the last two snapshots, without table process: that one is of the whole machine, on
    which other programs come and go meanwhile."""

    def __init__(self, test, store, *options):
        self.test, self.store, self.options = test, store, options
        self.events = self.read()
        shown = lab.tool("hindstat-diff", "--store", store, *options)
        test.assertEqual(shown.err, "", shown)
        self.text = shown.out

    def read(self, *args):
        result = lab.tool("hindstat-diff", "--store", self.store, "--json", *self.options, *args)
        self.test.assertIn(result.code, (0, 1), result)
        self.test.assertEqual(result.err, "", result)
        return [e for e in result.json_lines()[1:-1] if e["table"] not in ("process", "softnet")]

    def assert_exactly(self, *expected):
        """`expected`: (event, key, members that it must have)."""
        found = sorted((e["ev"], e["key"]) for e in self.events)
        self.test.assertEqual(found, sorted((name, key) for name, key, _ in expected), self.text)
        for name, key, members in expected:
            event = next(e for e in self.events if (e["ev"], e["key"]) == (name, key))
            self.test.assertEqual({member: event.get(member) for member in members}, members, event)
            self.test.assertIn(key, self.text)


class Network:
    """The three namespaces, without IPv6: what happens is as little as can be."""

    def __init__(self, test):
        self.test = test
        self.lab = lab.Lab()
        test.addCleanup(self.lab.close)
        self.client, self.gateway, self.server = (self.lab.namespace(name) for name in ("client", "gateway", "server"))
        for namespace in (self.client, self.gateway, self.server):
            for scope in ("all", "default"):
                namespace.set(f"net/ipv6/conf/{scope}/disable_ipv6", 1)
                namespace.set(f"net/ipv4/conf/{scope}/rp_filter", 0)
                namespace.set(f"net/ipv4/conf/{scope}/accept_redirects", 1)
                namespace.set(f"net/ipv4/conf/{scope}/secure_redirects", 0)
                namespace.set(f"net/ipv4/conf/{scope}/send_redirects", 1)
        self.gateway.set("net/ipv4/ip_forward", 1)
        self.gateway.ip("link", "add", "br0", "type", "bridge")
        for a, one, b, other in ((self.client, "c0", self.gateway, "gc0"), (self.server, "s1", self.gateway, "gs1"),
                                 (self.gateway, "g0", self.server, "s0")):
            lab.check(["ip", "link", "add", one, "netns", a.name, "type", "veth", "peer", "name", other, "netns",
                       b.name])
        for port in ("gc0", "gs1"):
            self.gateway.ip("link", "set", port, "master", "br0")
        self.gateway.ip("link", "set", "g0", "mtu", "1400")
        self.server.ip("link", "set", "s0", "mtu", "1400")
        for namespace, device, *addresses in ((self.client, "c0", "10.77.1.2/24", "10.77.1.22/24"),
                                              (self.gateway, "br0", "10.77.1.1/24"),
                                              (self.gateway, "g0", "10.77.2.1/24"), (self.server, "s0", "10.77.2.2/24"),
                                              (self.server, "s1", "10.77.1.3/24"), (self.server, "lo", "10.77.9.9/32")):
            for address in addresses:
                namespace.ip("addr", "add", address, "dev", device)
        for namespace, devices in ((self.client, ("c0",)), (self.gateway, ("gc0", "gs1", "g0", "br0")),
                                   (self.server, ("s0", "s1"))):
            for device in devices:
                namespace.ip("link", "set", device, "up")
        self.client.ip("route", "add", "default", "via", "10.77.1.1")
        self.server.ip("route", "add", "default", "via", "10.77.2.1")
        self.gateway.ip("route", "add", "10.77.9.9", "via", "10.77.1.3")
        for namespace in (self.client, self.gateway, self.server):
            lab.wait_until(lambda: all_up(namespace), f"the links of {namespace.name} are up")
        self.store = self.lab.path("hindstat.db")

    def around(self, namespace, action, *options):
        """What is said of the time in which `action` happens, and what it returned."""
        namespace.record(self.store)
        result = action()
        namespace.record(self.store)
        return Said(self.test, self.store, *options), result

    def exceptions(self):
        """{destination: what `ip` says of it} of the client's routing cache."""
        listed = json.loads(self.client.ip("-j", "-d", "route", "show", "cache").out or "[]")
        return {entry["dst"]: entry for entry in listed}


def all_up(namespace):
    links = json.loads(namespace.ip("-j", "link").out)
    return all(link["operstate"] == "UP" for link in links if link and link["ifname"] != "lo")
