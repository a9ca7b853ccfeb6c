# SPDX-License-Identifier: MIT
"""What the scenes of sockets share: two machines, a recording of both around an action, and what the diffs say."""
import socket
import struct

import lab

LINGER_RESET = struct.pack("ii", 1, 0)  # close() sends a reset instead of a FIN.


class Said:
    """What hindstat-diff says of the sockets of one machine, from the snapshot before the last to the last."""

    def __init__(self, test, store, *args):
        self.test, self.store = test, store
        result = lab.tool("hindstat-diff", "--store", store, "--table", "socket", "--json", *args)
        test.assertIn(result.code, (0, 1), result)
        test.assertEqual(result.err, "", result)
        self.header, *self.events, self.trailer = result.json_lines()
        self.text = lab.tool("hindstat-diff", "--store", store, "--table", "socket", *args).out

    def assert_exactly(self, *expected):
        """`expected`: (event, key, {member: value}); a member that is None must not be there."""
        found = sorted((e["ev"], e["key"]) for e in self.events)
        self.test.assertEqual(found, sorted((name, key) for name, key, _ in expected), self.text)
        for name, key, members in expected:
            events = [e for e in self.events if (e["ev"], e["key"]) == (name, key)]
            fitting = [e for e in events if all(e.get(m) == value for m, value in members.items())]
            self.test.assertGreater(len(fitting), 0, f"{name} {key} {members} is none of {events}")

    def event(self, name):
        found = [e for e in self.events if e["ev"] == name]
        self.test.assertEqual(len(found), 1, self.text)
        return found[0]

    def coverage(self):
        return [(c["opens_seen"], c["opens_counted"]) for c in self.trailer["coverage"]]


class TwoMachines:
    """A client (10.77.1.1) and a server (10.77.1.2), each recorded in a store of its own."""
    CLIENT, SERVER = "10.77.1.1", "10.77.1.2"

    def __init__(self, test):
        self.test = test
        self.lab = lab.Lab()
        test.addCleanup(self.lab.close)
        self.client, self.server = lab.client_server(self.lab)
        self.stores = {self.client: self.lab.path("client.db"), self.server: self.lab.path("server.db")}

    def record(self):
        for machine, store in self.stores.items():
            machine.record(store)

    def around(self, action):
        """(what the client's diff says, what the server's says, what `action` returned)"""
        self.record()
        result = action()
        self.record()
        return (*self.said(), result)

    def said(self, *args):
        return tuple(Said(self.test, self.stores[machine], *args) for machine in (self.client, self.server))

    def accepted(self, listener, near):
        far, _ = listener.accept()
        self.lab.keep(far)
        return near, far

    def open(self, listener, source=None):
        """(client's end, server's end), accepted."""
        address, port = listener.getsockname()[:2]
        target = self.SERVER if address in ("0.0.0.0", "::") else address
        return self.accepted(listener, self.client.connect(target, port, source=source))

    def wait_gone(self, machine, local, remote):
        lab.wait_until(lambda: not any((a, b) == (local, remote) for _, a, b in machine.states()),
                       f"{local} {remote} is gone from {machine.name}")

    def timer(self, machine, local, kind):
        """Retries of the timer of that kind ("on", "persist") of a socket by ss; None where another one runs."""
        for line in machine.check("ss", "-Htano").lines():
            words = line.split()
            if words[3] == local and f"timer:({kind}," in line:
                return int(line.split("timer:(")[1].split(")")[0].split(",")[2])
        return None


def names(near):
    """("address:port" of this end, of the other end)"""
    return lab.show(near.getsockname()), lab.show(near.getpeername())


def outbound(near):
    local, remote = names(near)
    return f"tcp {local} -> {remote}"


def inbound(near):
    """The key of the server's end of the connection of this client."""
    local, remote = names(near)
    return f"tcp {remote} <- {local}"


def fill(near):
    """Sends until the kernel takes no more; returns how much it took."""
    near.setblocking(False)
    sent = 0
    try:
        while True:
            sent += near.send(b"z" * 65536)
    except BlockingIOError:
        return sent


def reset(one_socket):
    one_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    one_socket.close()
