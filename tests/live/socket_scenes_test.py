#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Scenes of sockets between two machines: around each, the diffs of both hold exactly the events that happened."""
import socket
import time
import unittest

import lab
from socket_scenes import Said, TwoMachines, fill, inbound, names, outbound, reset

ESTABLISHED = {"state": "ESTABLISHED"}


class Connections(unittest.TestCase):
    def setUp(self):
        self.net = TwoMachines(self)
        self.listener = self.net.server.listen(TwoMachines.SERVER, 8080)

    def test_nothing_is_nothing(self):
        self.net.open(self.listener)
        for said in self.net.around(lambda: None)[:2]:
            said.assert_exactly()
            self.assertEqual((said.header["doubts"], said.trailer["exit"]), ([], 0))

    def test_fin_wait2_against_close_wait_and_the_leak_that_follows(self):
        net = self.net
        net.client.set("net/ipv4/tcp_fin_timeout", 2)
        near, far = net.open(self.listener)
        ends, source, target = names(near), near.getsockname(), near.getpeername()
        out, into = outbound(near), inbound(near)

        def close_one_end():
            near.close()
            net.server.wait_for_state("CLOSE-WAIT", *reversed(ends))
            net.client.wait_for_state("FIN-WAIT-2", *ends)
        client, server, _ = net.around(close_one_end)
        client.assert_exactly(("sock.closed", out, {"from": "ESTABLISHED", "to": "FIN_WAIT2", "via": "FIN_WAIT1",
                                                    "closer": "local", "conf": "proven"}))
        server.assert_exactly(("sock.state", into, {"from": "ESTABLISHED", "to": "CLOSE_WAIT", "closer": "peer",
                                                    "conf": "proven"}))

        # The kernel gives up waiting, and the other end is left alone.
        client, server, _ = net.around(lambda: net.wait_gone(net.client, *ends))
        client.assert_exactly()
        self.assertEqual(client.trailer["hidden"], {"sock.reaped": 1})
        server.assert_exactly()

        # The same addresses and ports again: the leaked end is another incarnation.
        def connect_again():
            again = net.client.connect(*target, source=source)
            net.server.wait_for_state("ESTAB", *reversed(ends))
            return again
        client, server, again = net.around(connect_again)
        client.assert_exactly(("sock.opened", out, ESTABLISHED))
        server.assert_exactly(("sock.reopened", into, {"from": "CLOSE_WAIT", "to": "ESTABLISHED",
                                                       "reason": "new cookie", "conf": "proven"}))
        far.close()

    def test_time_wait_came_and_went(self):
        net = self.net

        def come_and_go():
            near, far = net.open(self.listener)
            ends, key = names(near), outbound(near)
            near.close()
            net.server.wait_for_state("CLOSE-WAIT", *reversed(ends))
            far.close()
            net.client.wait_for_state("TIME-WAIT", *ends)
            net.wait_gone(net.server, *reversed(ends))
            return key
        client, server, key = net.around(come_and_go)
        client.assert_exactly(("sock.opened", key, {"state": "TIME_WAIT", "came_and_went": True, "dir": "outbound"}))
        self.assertEqual(client.trailer["connections"], {"opened": 1, "closed": 1, "came_and_went": 1})
        self.assertEqual(client.coverage(), [(1, 1)])
        # Nothing of it is left here, but the kernel has counted it.
        server.assert_exactly()
        self.assertEqual(server.coverage(), [(0, 1)])
        self.assertEqual(server.trailer["exit"], 0)

    def test_a_reset_leaves_nothing_but_counters(self):
        net = self.net
        near, far = net.open(self.listener)
        ends, out, into = names(near), outbound(near), inbound(near)

        def abort():
            reset(near)
            net.wait_gone(net.server, *reversed(ends))
        client, server, _ = net.around(abort)
        gone = {"from": "ESTABLISHED", "to": None, "possibly_reset": True}
        client.assert_exactly(("sock.closed", out, gone))
        server.assert_exactly(("sock.closed", into, gone))
        self.assertEqual(server.events[0]["why"], ["possibly reset: EstabResets +1"])
        self.assertIn("EstabResets +1", client.events[0]["why"][0])
        far.close()

    def test_a_connection_that_closed_in_order_was_not_reset(self):
        net = self.net
        near, far = net.open(self.listener)
        ends, into = names(near), inbound(near)

        def close():
            near.close()
            net.server.wait_for_state("CLOSE-WAIT", *reversed(ends))
            far.close()
            net.wait_gone(net.server, *reversed(ends))
        _, server, _ = net.around(close)
        server.assert_exactly(("sock.closed", into, {"from": "ESTABLISHED", "to": None, "possibly_reset": None}))

    def test_reopened(self):
        net = self.net
        near, far = net.open(self.listener)
        ends, source, target = names(near), near.getsockname(), near.getpeername()
        out, into = outbound(near), inbound(near)

        def replace():
            reset(near)
            net.wait_gone(net.server, *reversed(ends))
            far.close()
            net.open(self.listener, source=source)
        client, server, _ = net.around(replace)
        self.assertEqual(target, (TwoMachines.SERVER, 8080))
        for said, key in ((client, out), (server, into)):
            said.assert_exactly(("sock.reopened", key, {"from": "ESTABLISHED", "to": "ESTABLISHED",
                                                        "reason": "new cookie"}))
            self.assertEqual(said.trailer["connections"], {"opened": 1, "closed": 1, "came_and_went": 0})

    def test_an_ipv6_listener_that_talks_ipv4(self):
        net = self.net
        dual = net.server.listen("::", 8081, dual=True)

        def connect():
            return net.open(dual)[0]
        client, server, near = net.around(connect)
        client.assert_exactly(("sock.opened", outbound(near), {"dual": None}))
        server.assert_exactly(("sock.opened", inbound(near), {"dual": True, "dir": "inbound"}))

    def test_an_orphan_is_what_its_process_left(self):
        net = self.net
        near, _ = net.open(self.listener)
        ends, out, into = names(near), outbound(near), inbound(near)

        def shut():
            near.shutdown(socket.SHUT_WR)
            net.server.wait_for_state("CLOSE-WAIT", *reversed(ends))
            net.client.wait_for_state("FIN-WAIT-2", *ends)
        client, server, _ = net.around(shut)
        client.assert_exactly(("sock.closed", out, {"to": "FIN_WAIT2", "closer": "local"}))
        server.assert_exactly(("sock.state", into, {"to": "CLOSE_WAIT", "closer": "peer"}))
        client, server, _ = net.around(near.close)
        client.assert_exactly(("sock.orphaned", out, {"state": "FIN_WAIT2", "conf": "proven"}))
        server.assert_exactly()

    def test_a_connection_that_outlives_its_process(self):
        net = self.net
        # Whoever is told to end first leaves the connection to the other.
        child = net.lab.start_python("""
import os, socket, sys
made = socket.create_connection((sys.argv[1], 8080))
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
print(made.getsockname()[1], flush=True)
sys.stdin.read()
""", TwoMachines.SERVER, namespace=net.client)
        self.listener.settimeout(10)
        net.lab.keep(self.listener.accept()[0])

        def end_first():
            child.kill()
            child.wait()
        client, server, _ = net.around(end_first)
        key = f"tcp {TwoMachines.CLIENT}:{child.first_line} -> {TwoMachines.SERVER}:8080"
        client.assert_exactly(("sock.owner", key, {"kind": "restarted", "conf": "proven"}))
        self.assertEqual(client.events[0]["changed"]["pid"][0], str(child.pid), client.events)
        server.assert_exactly()

    def test_datagram_sockets(self):
        net = self.net

        def bind():
            bound = net.server.socket(socket.AF_INET, socket.SOCK_DGRAM)
            bound.bind((TwoMachines.SERVER, 5353))
            return bound
        _, server, bound = net.around(bind)
        server.assert_exactly(("sock.opened", f"udp {TwoMachines.SERVER}:5353", {"state": "CLOSE"}))
        _, server, _ = net.around(bound.close)
        server.assert_exactly(("sock.closed", f"udp {TwoMachines.SERVER}:5353", {"from": "CLOSE"}))


class Stalls(unittest.TestCase):
    def setUp(self):
        self.net = TwoMachines(self)
        self.listener = self.net.server.listen(TwoMachines.SERVER, 8080)

    def test_a_peer_that_does_not_read_is_a_zero_window(self):
        net = self.net
        near, far = net.open(self.listener)
        local, _ = names(near)

        def stop_reading():
            sent = fill(near)
            lab.wait_until(lambda: net.timer(net.client, local, "persist") is not None, "the window is probed")
            return sent
        client, server, sent = net.around(stop_reading)
        client.assert_exactly(("sock.zero_window", outbound(near), ESTABLISHED))
        server.assert_exactly(("sock.queue", inbound(near), {"kind": "grew", "queue": "recv_queue"}))
        unsent = int(client.event("sock.zero_window")["changed"]["send_queue"][1])
        unread = int(server.event("sock.queue")["changed"]["recv_queue"][1])
        self.assertEqual(unsent + unread, sent)

        # Nobody moves: both queues are stuck.
        client, server, _ = net.around(lambda: None)
        client.assert_exactly(("sock.queue", outbound(near), {"kind": "stuck", "queue": "send_queue",
                                                              "length": str(unsent)}))
        server.assert_exactly(("sock.queue", inbound(near), {"kind": "stuck", "queue": "recv_queue",
                                                             "length": str(unread)}))

        def read_all():
            left = sent
            while left > 0:
                left -= len(far.recv(1 << 20))
            lab.wait_until(lambda: net.timer(net.client, local, "persist") is None, "nothing is left to send")
        client, server, _ = net.around(read_all)
        shrank = {"kind": "shrank"}
        client.assert_exactly(("sock.queue", outbound(near), {**shrank, "queue": "send_queue"}))
        server.assert_exactly(("sock.queue", inbound(near), {**shrank, "queue": "recv_queue"}))

    def test_a_peer_that_does_not_answer_is_a_stall(self):
        net = self.net
        near, _ = net.open(self.listener)
        local, _ = names(near)

        def lose_answers():
            net.server.ip("route", "add", "blackhole", f"{TwoMachines.CLIENT}/32")
            near.sendall(b"anybody?")
            lab.wait_until(lambda: (net.timer(net.client, local, "on") or 0) >= 3, "it was sent again three times", 60)
        client, server, _ = net.around(lose_answers)
        client.assert_exactly(("sock.stalled", outbound(near), {"state": "ESTABLISHED", "severity": "warn"}))
        retries = int(client.event("sock.stalled")["retries"])
        self.assertGreaterEqual(retries, 3)
        self.assertEqual(client.event("sock.stalled")["changed"]["timer_retries"], ["0", str(retries)])
        server.assert_exactly()

        def answer():
            net.server.ip("route", "del", "blackhole", f"{TwoMachines.CLIENT}/32")
            lab.wait_until(lambda: net.timer(net.client, local, "on") is None, "it is acknowledged", 60)
        for said in net.around(answer)[:2]:
            said.assert_exactly()


class Listeners(unittest.TestCase):
    WORKER = """
import socket, sys
kept = []
for _ in range(int(sys.argv[2])):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind((sys.argv[1], 8080))
    s.listen(64)
    kept.append(s)
print("listening", flush=True)
sys.stdin.read()
"""

    def setUp(self):
        self.net = TwoMachines(self)
        self.everywhere = "tcp 0.0.0.0:8080"

    def start(self, address="0.0.0.0", sockets=1):
        return self.net.lab.start_python(self.WORKER, address, sockets, namespace=self.net.server)

    @staticmethod
    def stop(child):
        child.kill()
        child.wait()

    def around(self, action):
        _, server, result = self.net.around(action)
        return server, result

    def test_accept_starvation(self):
        net = self.net
        listener = net.server.listen(TwoMachines.SERVER, 8080, backlog=5)
        key = f"tcp {TwoMachines.SERVER}:8080"

        def connect():
            made = [net.client.connect(TwoMachines.SERVER, 8080) for _ in range(3)]
            lab.wait_until(lambda: sum(s == "ESTAB" for s, _, _ in net.server.states()) == 3, "three are waiting")
            return made
        client, server, made = net.around(connect)
        client.assert_exactly(*[("sock.opened", outbound(near), ESTABLISHED) for near in made])
        server.assert_exactly(*[("sock.opened", inbound(near), {**ESTABLISHED, "owner": None}) for near in made],
                              ("sock.queue", key, {"kind": "grew", "changed": {"recv_queue": ["0", "3"]}}))
        self.assertEqual((client.coverage(), server.coverage()), ([(3, 3)], [(3, 3)]))

        client, server, _ = net.around(lambda: None)
        client.assert_exactly()
        server.assert_exactly(("sock.queue", key, {"kind": "stuck", "queue": "recv_queue", "length": "3"}))

        client, server, _ = net.around(lambda: [net.accepted(listener, near) for near in made])
        client.assert_exactly()
        server.assert_exactly(*[("sock.accepted", inbound(near), {**ESTABLISHED, "conf": "proven"}) for near in made],
                              ("sock.queue", key, {"kind": "shrank", "changed": {"recv_queue": ["3", "0"]}}))

    def test_added_and_removed(self):
        server, worker = self.around(self.start)
        server.assert_exactly(("listen.added", self.everywhere, {"state": "LISTEN", "workers": None}))
        server, _ = self.around(lambda: self.stop(worker))
        server.assert_exactly(("listen.removed", self.everywhere, {"workers": None}))

    def test_the_limit_of_the_accept_queue(self):
        listener = self.net.server.listen("0.0.0.0", 8080, backlog=5)
        server, _ = self.around(lambda: listener.listen(50))
        server.assert_exactly(("listen.backlog", self.everywhere, {"from": "5", "to": "50"}))

    def test_a_worker_that_outlives_its_parent(self):
        parent = self.net.lab.start_python("import os" + self.WORKER.replace(
            "print(", "os.fork() and print("), "0.0.0.0", 1, namespace=self.net.server)
        server, _ = self.around(lambda: self.stop(parent))
        server.assert_exactly(("listen.owner", self.everywhere, {"kind": "restarted"}))
        self.assertEqual(server.events[0]["changed"]["pid"][0], str(parent.pid))

    def test_workers_of_one_port(self):
        first = self.start()
        server, second = self.around(self.start)
        server.assert_exactly(("listen.workers", self.everywhere, {"from": "1", "to": "2"}))

        def restart():
            self.stop(second)
            return self.start()
        server, third = self.around(restart)
        server.assert_exactly(("listen.restarted", self.everywhere, {"sockets": "1", "severity": "info"}))
        self.assertRegex(server.events[0]["owner"], r"\A\S+\[\d+\]\Z")
        self.assertNotEqual(server.events[0]["owner"], server.events[0]["owner_before"])

        def restart_all():
            self.stop(first)
            self.stop(third)
            return self.start(sockets=2)
        server, last = self.around(restart_all)
        server.assert_exactly(("listen.restarted", self.everywhere, {"sockets": "2"}))
        server, _ = self.around(lambda: self.stop(last))
        server.assert_exactly(("listen.removed", self.everywhere, {"workers": "2"}))

    def test_widened_and_narrowed(self):
        def move(worker, address):
            self.stop(worker)
            return self.start(address)
        worker = self.start("127.0.0.1")
        server, worker = self.around(lambda: move(worker, "0.0.0.0"))
        server.assert_exactly(("listen.widened", self.everywhere, {
            "from": "127.0.0.1:8080", "to": "0.0.0.0:8080", "severity": "warn", "conf": "proven"}))
        server, worker = self.around(lambda: move(worker, TwoMachines.SERVER))
        server.assert_exactly(("listen.narrowed", f"tcp {TwoMachines.SERVER}:8080", {"from": "0.0.0.0:8080"}))
        server, worker = self.around(lambda: move(worker, "127.0.0.1"))
        server.assert_exactly(("listen.narrowed", "tcp 127.0.0.1:8080", {"from": f"{TwoMachines.SERVER}:8080"}))


class Gate(unittest.TestCase):
    def test_two_namespaces_are_compared_only_where_asked_for(self):
        net = TwoMachines(self)
        store = net.lab.path("both.db")
        net.server.listen("0.0.0.0", 8080)
        net.client.record(store)
        net.server.record(store)
        refused = lab.tool("hindstat-diff", "--store", store)
        lab.assert_one_sentence(self, refused, 2)
        self.assertIn("--cross-netns", refused.err)
        said = Said(self, store, "--cross-netns")
        said.assert_exactly(("listen.added", "tcp 0.0.0.0:8080", {}))
        self.assertEqual(len(said.header["doubts"]), 1, said.header)
        self.assertIn("doubt: two network namespaces", said.text)
        strict = lab.tool("hindstat-diff", "--store", store, "--cross-netns", "--strict", "--table", "socket")
        self.assertEqual(strict.code, 2, strict)


    def test_a_gap_in_the_recording_is_a_doubt_and_no_difference(self):
        with lab.Lab() as scratch:
            machine, store = scratch.namespace("alone"), scratch.path("gap.db")
            longest = 0
            for _ in range(7):
                began = time.monotonic()
                machine.record(store)
                longest = max(longest, time.monotonic() - began)
            said = Said(self, store)
            self.assertEqual((said.header["doubts"], said.trailer["hidden"]), ([], {}))
            time.sleep(max(10.5, 6 * longest))
            machine.record(store)
            said = Said(self, store)
            said.assert_exactly()
            self.assertEqual((len(said.header["doubts"]), said.trailer["hidden"], said.trailer["exit"]),
                             (1, {"recorder.gap": 1}, 0))
            self.assertIn("doubt: nothing was recorded for ", said.text)
            strict = lab.tool("hindstat-diff", "--store", store, "--strict", "-q")
            self.assertEqual(strict.code, 2, strict)


class Churn(unittest.TestCase):
    """The lab with every table filled: sockets in each state, timers that run, queues that are full."""

    def test_what_churn_does_and_no_more(self):
        scratch = lab.Lab()
        self.addCleanup(scratch.close)
        gateway_lab = lab.GatewayLab(scratch, 300)
        machines = {label: gateway_lab.namespaces[label] for label in ("client", "server")}
        stores = {label: scratch.path(f"{label}.db") for label in machines}

        def churn():
            for label, machine in machines.items():
                machine.record(stores[label])
            before = {label: set(machine.states()) for label, machine in machines.items()}
            done = lab.check(["bash", gateway_lab.SCRIPT, "churn"], env=gateway_lab.environment, timeout=60)
            self.assertIn("churned", done.out)
            lab.wait_until(lambda: self.new(before["client"], machines["client"], "TIME-WAIT"), "one was closed")
            for label, machine in machines.items():
                machine.record(stores[label])
            return {label: (before[label], set(machine.states())) for label, machine in machines.items()}
        states = gateway_lab.quiet(churn)
        said = {label: Said(self, store) for label, store in stores.items()}
        for label, one in said.items():
            self.check_timers_and_queues(one, stores[label])
            one.events = [e for e in one.events if not self.goes_on(e)]

        (_, near, peer), = self.came(states["client"], "ESTAB")
        (_, closed, _), = self.came(states["client"], "TIME-WAIT")
        said["client"].assert_exactly(
            ("sock.opened", f"tcp {near} -> {peer}", {**ESTABLISHED, "dir": "outbound"}),
            ("sock.closed", f"tcp {closed} -> {peer}", {"from": "ESTABLISHED", "to": "TIME_WAIT", "closer": "local",
                                                        "conf": "proven"}))
        # Behind the masquerading gateway both come from its address.
        (_, far, masked), = self.came(states["server"], "ESTAB")
        (_, _, gone), = self.went(states["server"], "ESTAB")
        (_, listening, _), = self.came(states["server"], "LISTEN")
        self.assertTrue(masked.startswith("10.77.2.1:"), masked)
        said["server"].assert_exactly(
            ("listen.added", f"tcp {listening}", {"state": "LISTEN"}),
            ("sock.opened", f"tcp {far} <- {masked}", {**ESTABLISHED, "dir": "inbound"}),
            ("sock.closed", f"tcp {far} <- {gone}", {"from": "ESTABLISHED", "to": None}))

    @staticmethod
    def new(before, machine, state):
        return [s for s in set(machine.states()) - before if s[0] == state]

    @staticmethod
    def came(states, state):
        before, after = states
        return [s for s in after - before if s[0] == state]

    @staticmethod
    def went(states, state):
        before, after = states
        return [s for s in before - after if s[0] == state]

    @staticmethod
    def goes_on(event):
        return event["ev"] == "sock.stalled" or event.get("kind") == "stuck"

    def check_timers_and_queues(self, said, store):
        """What the lab's own sockets do all the time is told where, and only where, the recorded rows say so."""
        name = ("protocol", "local_address", "local_port", "remote_address", "remote_port", "cookie")
        before, after = ({tuple(r.get(column) for column in name): r
                          for r in lab.report_rows(store, at, "socket").of("socket")} for at in ("@-1", "@latest"))
        both = [(before[key], after[key]) for key in before.keys() & after.keys()]

        def retries(row):
            return row["timer_retries"] if row["protocol"] == "tcp" and row["timer"] == "on" else 0
        stalled = sum(retries(b) > retries(a) for a, b in both)
        self.assertEqual(sum(e["ev"] == "sock.stalled" for e in said.events), stalled, said.text)

        def is_long(row, queue):
            if row["protocol"] != "tcp":
                return row[queue] >= 4096
            if row["state"] == "LISTEN":
                return queue == "recv_queue" and 0 < row[queue] and 2 * row[queue] >= row["backlog"]
            return row["state"] in ("SYN_SENT", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT") and row[queue] >= 4096
        stuck = sum(any(a[q] == b[q] and is_long(b, q) for q in ("recv_queue", "send_queue"))
                    and retries(b) <= retries(a) for a, b in both)
        self.assertEqual(sum(e.get("kind") == "stuck" for e in said.events), stuck, said.text)
        self.assertGreater(stuck, 0, "the lab has full queues")


if __name__ == "__main__":
    lab.require_namespaces()
    lab.require_programs("ss")
    lab.main()
