#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Around one connect, one close and one `ip route add`, hindstat-diff says exactly these three, in text and JSON."""
import unittest

import lab

TABLES = "socket,route"


class Pair:
    """A client and a server with one connection that was made before."""

    def __init__(self, test, family):
        self.lab = lab.Lab()
        test.addCleanup(self.lab.close)
        self.client, self.server = lab.client_server(self.lab)
        self.server_address, self.client_address = {
            4: ("10.77.1.2", "10.77.1.1"), 6: ("fd77:1::2", "fd77:1::1")}[family]
        self.listener = self.server.listen(self.server_address, 8080)
        self.earlier = self.open()
        self.store = self.lab.path("hindstat.db")

    def open(self):
        """(client's end, server's end), established and accepted on both sides."""
        near = self.client.connect(self.server_address, 8080)
        far, _ = self.listener.accept()
        self.lab.keep(far)
        return near, far

    def close_earlier(self):
        """The client closes first, so that it keeps a TIME_WAIT and the server nothing."""
        near, far = self.earlier
        local, remote = lab.show(near.getsockname()), lab.show(near.getpeername())
        near.close()
        self.server.wait_for_state("CLOSE-WAIT", remote, local)
        far.close()
        self.client.wait_for_state("TIME-WAIT", local, remote)
        lab.wait_until(lambda: not any(a == remote and b == local for _, a, b in self.server.states()),
                       "the server's end is gone")
        return local, remote


class ThreeEvents(unittest.TestCase):
    def diff_lines(self, store):
        """(header objects, events, trailer) of the JSON and the event lines of the text."""
        as_json = lab.tool("hindstat-diff", "--store", store, "--table", TABLES, "--json")
        self.assertEqual(as_json.code, 1, as_json)
        self.assertEqual(as_json.err, "", as_json)
        header, *events, trailer = as_json.json_lines()
        self.assertEqual((header["v"], header["ev"]), (1, "header"))
        self.assertEqual((trailer["v"], trailer["ev"]), (1, "trailer"))
        self.assertEqual(trailer["exit"], 1)
        counts = {}
        for event in events:
            counts[event["ev"]] = counts.get(event["ev"], 0) + 1
        self.assertEqual(trailer["counts"], counts)
        as_text = lab.tool("hindstat-diff", "--store", store, "--table", TABLES)
        self.assertEqual(as_text.code, 1, as_text)
        self.assertEqual(as_text.err, "", as_text)
        lines = [line for line in as_text.lines() if line[:1] in set("+-~!>#") and line[1:2] == " "]
        return header, events, lines, as_text

    def assert_three(self, store, opened, closed, prefix, gateway):
        """`opened` and `closed` are (local, arrow, remote)."""
        header, events, lines, text = self.diff_lines(store)
        self.assertEqual(sorted(e["ev"] for e in events), ["route.added", "sock.closed", "sock.opened"], events)
        by_name = {e["ev"]: e for e in events}
        for name, (local, arrow, remote) in (("sock.opened", opened), ("sock.closed", closed)):
            self.assertEqual(by_name[name]["table"], "socket")
            self.assertRegex(by_name[name]["key"], r"\Atcp6? ")
            self.assertTrue(by_name[name]["key"].endswith(f" {local} {arrow} {remote}"), by_name[name])
        self.assertEqual(by_name["route.added"]["table"], "route")
        self.assertIn(prefix, by_name["route.added"]["key"])

        self.assertEqual(len(lines), 3, text)
        expected = {"+": [(opened[0], opened[2]), (prefix, gateway)], "-": [(closed[0], closed[2])]}
        for sigil, wanted in expected.items():
            found = [line for line in lines if line.startswith(sigil)]
            self.assertEqual(len(found), len(wanted), text)
            for parts in wanted:
                self.assertEqual(len([f for f in found if all(part in f for part in parts)]), 1, (parts, text))
        self.assertTrue(any(store in line for line in text.lines()[:4]), text)

    def one_of_each(self, family, prefix, gateway):
        pair = Pair(self, family)
        server_store = pair.lab.path("server.db")
        pair.client.record(pair.store)
        pair.server.record(server_store)
        near, _ = pair.open()
        opened = lab.show(near.getsockname()), lab.show(near.getpeername())
        closed = pair.close_earlier()
        pair.client.ip("route", "add", prefix, "via", pair.server_address)
        pair.server.ip("route", "add", prefix, "via", pair.client_address)
        pair.client.record(pair.store)
        pair.server.record(server_store)

        self.assert_three(pair.store, (opened[0], "->", opened[1]), (closed[0], "->", closed[1]), prefix,
                          pair.server_address)
        self.assert_three(server_store, (opened[1], "<-", opened[0]), (closed[1], "<-", closed[0]), prefix,
                          pair.client_address)
        return pair

    def test_one_connect_one_close_and_one_route_are_three_events(self):
        pair = self.one_of_each(4, "192.0.2.0/24", "10.77.1.2")
        self.a_snapshot_and_itself_are_equal(pair.store)
        self.nothing_happened_is_nothing(pair)

    def test_the_same_with_ipv6(self):
        self.one_of_each(6, "2001:db8:9::/48", "fd77:1::2")

    def a_snapshot_and_itself_are_equal(self, store):
        for selector in ("@first", "@latest", "1", "2"):
            same = lab.tool("hindstat-diff", "--store", store, selector, selector)
            self.assertEqual((same.code, same.err), (0, ""), same)
            same = lab.tool("hindstat-diff", "--store", store, selector, selector, "--json")
            self.assertEqual(same.code, 0, same)
            header, trailer = same.json_lines()
            self.assertEqual((header["ev"], trailer["ev"], trailer["exit"]), ("header", "trailer", 0))
            self.assertEqual(trailer["counts"], {})

    def nothing_happened_is_nothing(self, pair):
        pair.client.record(pair.store)
        nothing = lab.tool("hindstat-diff", "--store", pair.store, "--table", TABLES)
        self.assertEqual((nothing.code, nothing.err), (0, ""), nothing)

    def test_only_the_table_asked_for_is_compared(self):
        pair = Pair(self, 4)
        pair.client.record(pair.store)
        pair.client.ip("route", "add", "192.0.2.0/24", "via", "10.77.1.2")
        pair.client.record(pair.store)
        sockets = lab.tool("hindstat-diff", "--store", pair.store, "--table", "socket", "--json")
        self.assertEqual(sockets.code, 0, sockets)
        routes = lab.tool("hindstat-diff", "--store", pair.store, "--table", "route", "--json")
        self.assertEqual(routes.code, 1, routes)
        self.assertEqual([o["ev"] for o in routes.json_lines()], ["header", "route.added", "trailer"])

    def test_backwards_the_three_are_mirrored(self):
        pair = Pair(self, 4)
        pair.client.record(pair.store)
        pair.open()
        pair.client.ip("route", "add", "192.0.2.0/24", "via", "10.77.1.2")
        pair.client.record(pair.store)
        mirrored = lab.tool("hindstat-diff", "--store", pair.store, "2", "1", "--table", TABLES, "--json")
        self.assertEqual(mirrored.code, 1, mirrored)
        self.assertEqual([o["ev"] for o in mirrored.json_lines()],
                         ["header", "sock.closed", "route.removed", "trailer"])

    def test_a_reused_tuple_is_reopened_not_unchanged(self):
        pair = Pair(self, 4)
        near, far = pair.earlier
        source, target = near.getsockname(), near.getpeername()
        pair.client.record(pair.store)
        # A reset leaves no TIME_WAIT, so that the very same addresses and ports can be taken again at once.
        near.setsockopt(lab.socket.SOL_SOCKET, lab.socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        near.close()
        lab.wait_until(lambda: not any(b == lab.show(source) for _, _, b in pair.server.states()), "the reset arrives")
        far.close()
        pair.client.connect(*target, source=source)
        pair.lab.keep(pair.listener.accept()[0])
        pair.client.record(pair.store)
        events = lab.tool("hindstat-diff", "--store", pair.store, "--table", TABLES, "--json").json_lines()
        self.assertEqual([e["ev"] for e in events], ["header", "sock.reopened", "trailer"], events)
        self.assertIn(f"{lab.show(source)} -> {lab.show(target)}", events[1]["key"])


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss")
    lab.main()
