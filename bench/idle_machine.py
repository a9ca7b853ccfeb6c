# SPDX-License-Identifier: MIT
"""An idle machine for the store bench: real sockets, processes, packets and counters.

To be used inside fresh network, pid and mount namespaces. A second network namespace, reached over veth, is the rest of
the world: it answers datagrams, accepts connections and broadcasts.
"""
import ctypes
import os
import random
import signal
import socket
import subprocess

CLONE_NEWNET = 0x40000000
DAEMONS = 40
SESSIONS = 6  # Connections with keepalive on, as those of ssh and of agents.
HERE, THERE = "10.99.0.5", "10.99.0.1"
ECHO, COLLECTOR, SESSION = 5353, 4443, 22
BROADCASTS = 20  # Frames of others that arrive in a minute.
ARP = 0x0806

_libc = ctypes.CDLL(None, use_errno=True)


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


def fork(work):
    """A child that holds what work() returns until it is killed, or with None ends at once."""
    pid = os.fork()
    if pid == 0:
        try:
            os.closerange(3, 256)
            kept = work()
            while kept is not None:
                signal.pause()
        finally:
            os._exit(0)
    return pid


def rename(name):
    with open("/proc/self/comm", "w") as file:
        file.write(name)


def daemon(number, directory):
    """What one daemon holds open: 40 of them have 20 TCP listeners, 10 UDP and 120 Unix sockets."""
    rename(f"daemon{number}")
    family, address = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"), (socket.AF_INET, "127.0.0.1"))[number % 3]
    held = []
    if number % 2 == 0:
        held.append(socket.create_server((address, 2000 + 37 * number), family=family))
    if number % 4 == 1:
        held.append(socket.socket(family, socket.SOCK_DGRAM))
        held[-1].bind((address, 2000 + 37 * number))
    held.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    held[-1].bind(f"{directory}/daemon{number}")
    held[-1].listen()
    held.extend(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    return held


def session(keepalive_s):
    """One that logged in long ago."""
    rename("session")
    connection = socket.create_connection((THERE, SESSION))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if keepalive_s:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, keepalive_s)
    return connection


def cron_job():
    rename("backup")
    return socket.create_connection((THERE, COLLECTOR))


class IdleMachine:
    """`seconds`: what a minute takes here. What the kernel lets last two hours or 30 s is shortened by the same rate,
    so that as many timers start again between two snapshots as on a machine that is recorded each minute."""

    def __init__(self, directory, seconds, seed=7):
        self.random = random.Random(seed)
        self.minute = 0
        self.children = []
        self.agent = None
        self._join_world()
        rate = seconds / 60
        if rate < 1:
            with open("/proc/sys/net/ipv4/neigh/eth0/base_reachable_time_ms", "w") as file:
                file.write(str(max(10, int(30_000 * rate))))
        self.children += [fork(lambda n=n: daemon(n, directory)) for n in range(DAEMONS)]
        self.sessions = []
        for _ in range(SESSIONS):
            self.children.append(fork(lambda: session(max(1, int(7200 * rate)) if rate < 1 else 0)))
            self.sessions.append(self.login.accept()[0])

    def _join_world(self):
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._enter(_libc.unshare(CLONE_NEWNET))
        ip("link set lo up")
        ip("link add world type veth peer name eth0")
        subprocess.run(["ip", "link", "set", "eth0", "netns", f"/proc/{os.getpid()}/fd/{own}"], check=True)
        ip("link set world up")
        ip(f"addr add {THERE}/24 dev world")
        # The sockets of the world; their owner is not seen where only the own namespace is recorded.
        self.echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.echo.bind((THERE, ECHO))
        self.collector = socket.create_server((THERE, COLLECTOR))
        self.login = socket.create_server((THERE, SESSION))
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP))
        self.wire.bind(("world", ARP))
        self._enter(_libc.setns(own, CLONE_NEWNET))
        ip("link set lo up")
        ip("link set eth0 up")
        ip(f"addr add {HERE}/24 dev eth0")
        ip(f"route add default via {THERE}")

    @staticmethod
    def _enter(result):
        if result != 0:
            raise OSError(ctypes.get_errno(), "cannot change the network namespace")

    def pass_a_minute(self):
        """What happens in a minute: broadcasts of others, NTP, now and then a name is looked up and a session is used,
        an agent reports over a connection of its own; every tenth minute cron runs something that talks to a server."""
        source = bytes([2, 0, 0, 0, 0, 9])
        for _ in range(self.random.randrange(BROADCASTS // 2, BROADCASTS * 3 // 2)):
            wanted = bytes([10, 99, 0, self.random.randrange(100, 250)])
            self.wire.send(b"\xff" * 6 + source + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + source
                           + bytes([10, 99, 0, 9]) + bytes(6) + wanted)
        for size in [48] + [40] * self.random.randrange(3):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(bytes(size), (THERE, ECHO))
                _, peer = self.echo.recvfrom(512)
                self.echo.sendto(bytes(2 * size), peer)
                client.recv(512)
        if self.random.randrange(5) == 0:
            self.random.choice(self.sessions).send(bytes(self.random.randrange(30, 300)))
        if self.agent is not None:
            far, near = self.agent
            far.close()  # The side that closes first is left in TIME_WAIT.
            near.recv(1)
            near.close()
        near = socket.create_connection((THERE, COLLECTOR), timeout=5)
        far, _ = self.collector.accept()
        near.send(bytes(self.random.randrange(1500, 2500)))
        far.recv(4096)
        self.agent = (far, near)
        if self.minute % 10 == 0:
            self.job = fork(cron_job)
            self.job_end, _ = self.collector.accept()
        elif self.minute % 10 == 1:
            self.job_end.close()
            os.kill(self.job, signal.SIGKILL)
            os.waitpid(self.job, 0)
        self.minute += 1

    def end(self):
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
