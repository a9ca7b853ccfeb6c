# SPDX-License-Identifier: MIT
"""What the live tests share: network namespaces joined by veth, sockets made inside them, and the tools as processes.

All traffic stays inside namespaces of this process's own; everything is taken away at exit, also after a failure.
"""
import atexit
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77
NOBODY = 65534
CLONE_NEWNET = 0x40000000
BIN = os.path.abspath(os.environ.get("HINDSTAT_BIN", "build/release/bin"))
TOOLS = ("hindstat-record", "hindstat-diff", "hindstat-report")

_libc = ctypes.CDLL(None, use_errno=True)


def skip(sentence):
    """Ends the whole test as skipped; ctest shows the sentence."""
    print(f"skipped: {sentence}", flush=True)
    sys.exit(SKIPPED)


def require_programs(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed")


def why_no_namespaces():
    """None where network namespaces can be made, else the reason."""
    if os.geteuid() != 0:
        return "making network namespaces needs root"
    if shutil.which("ip") is None:
        return "ip (iproute2) is not installed"
    if not os.path.isdir("/proc/sys/net/ipv6"):
        return "this kernel has no IPv6"
    name = f"hindstat-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return None if made.returncode == 0 else f"network namespaces cannot be made here: {made.stderr.strip()}"


def require_namespaces():
    reason = why_no_namespaces()
    if reason:
        skip(reason)


def wait_until(condition, what, seconds=15):
    """Polls until the condition is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.01)


class Result:
    """How a process ended."""

    def __init__(self, argv, code, out, err, seconds):
        self.argv, self.code, self.out, self.err, self.seconds = argv, code, out, err, seconds

    def __repr__(self):
        return (f"{' '.join(map(repr, self.argv))} -> exit {self.code} after {self.seconds:.2f} s\n"
                f"stdout: {self.out[:3000]}\nstderr: {self.err[:3000]}")

    def lines(self):
        return self.out.splitlines()

    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**extra):
    """The environment of the tools: no store of the user's, messages and clocks of the C locale in UTC."""
    env = {k: v for k, v in os.environ.items() if k not in ("HINDSTAT_STORE", "XDG_STATE_HOME")}
    env.update(LC_ALL="C", TZ="UTC", NO_COLOR="1")
    # A finding of a sanitizer must be told from every exit status that the tools have.
    env["ASAN_OPTIONS"] = "exitcode=99:abort_on_error=0:detect_leaks=1:" + env.get("ASAN_OPTIONS", "")
    env["UBSAN_OPTIONS"] = "print_stacktrace=1:" + env.get("UBSAN_OPTIONS", "")
    env.update(extra)
    return env


def tool_path(name):
    return os.path.join(BIN, name)


def run(argv, stdin=None, stdout=subprocess.PIPE, env=None, timeout=120, cwd=None, text=True):
    began = time.monotonic()
    done = subprocess.run(argv, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                          env=env or environment(), timeout=timeout, cwd=cwd)
    seconds = time.monotonic() - began
    out, err = done.stdout or b"", done.stderr
    if text:
        out, err = out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape")
    return Result(argv, done.returncode, out, err, seconds)


def check(argv, **kwargs):
    """Runs a program that must succeed."""
    result = run(argv, **kwargs)
    if result.code != 0:
        raise AssertionError(f"must succeed: {result!r}")
    return result


def tool(name, *args, **kwargs):
    return run([tool_path(name), *map(str, args)], **kwargs)


class Rows:
    """What `hindstat-report --json` says: the snapshot, how each table was read, and the rows of each table."""

    def __init__(self, objects):
        self.snapshot = objects[0]
        self.captures = [o for o in objects if o["table"] == "capture"]
        self.tables = {}
        for row in objects[1:]:
            if row["table"] != "capture":
                self.tables.setdefault(row["table"], []).append(row)

    def of(self, table):
        return self.tables.get(table, [])

    def capture(self, table):
        found = [c for c in self.captures if c["capture_table"] == table]
        assert len(found) == 1, f"one capture of {table} is expected: {self.captures}"
        return found[0]


def report_rows(store, at="@latest", tables=None, **kwargs):
    args = ["--store", store, at, "--json"] + (["--table", tables] if tables else [])
    result = tool("hindstat-report", *args, **kwargs)
    assert result.code == 0, result
    return Rows(result.json_lines())


class Namespace:
    """One network namespace, made by Lab."""

    def __init__(self, lab, label):
        self.lab, self.label = lab, label
        self.name = f"hindstat-{os.getpid()}-{label}"
        check(["ip", "netns", "add", self.name])
        self.set("net/ipv6/conf/default/accept_dad", 0)  # Addresses are usable at once.
        self.ip("link", "set", "lo", "up")

    @classmethod
    def existing(cls, lab, label, name):
        """One that somebody else has made and takes away."""
        found = cls.__new__(cls)
        found.lab, found.label, found.name = lab, label, name
        return found

    def ip(self, *args):
        return check(["ip", "-n", self.name, *map(str, args)])

    def set(self, sysctl, value):
        with self.inside(), open(f"/proc/sys/{sysctl}", "w") as file:
            file.write(str(value))

    def argv(self, argv):
        return ["ip", "netns", "exec", self.name, *map(str, argv)]

    def run(self, *argv, **kwargs):
        return run(self.argv(argv), **kwargs)

    def check(self, *argv, **kwargs):
        return check(self.argv(argv), **kwargs)

    def record(self, store, *args, **kwargs):
        """Takes a snapshot of this namespace; it must succeed."""
        return self.check(tool_path("hindstat-record"), "--store", store, *args, **kwargs)

    @contextlib.contextmanager
    def inside(self):
        """Sockets made by this thread meanwhile belong to this namespace, for good."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            target = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
            try:
                _set_namespace(target)
            finally:
                os.close(target)
            yield self
        finally:
            _set_namespace(home)
            os.close(home)

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        with self.inside():
            return self.lab.keep(socket.socket(family, kind, protocol))

    def listen(self, address, port=0, backlog=64, dual=False):
        listener = self.socket(family_of(address))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        listener.bind(endpoint(address, port))
        listener.listen(backlog)
        return listener

    def connect(self, address, port, source=None):
        """A connected TCP socket; the kernel answers the handshake, accepting is up to the listener's owner."""
        client = self.socket(family_of(address))
        client.settimeout(10)
        if source:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind(endpoint(*source))
        client.connect(endpoint(address, port))
        return client

    def states(self):
        """[(state, local, remote)] of the TCP sockets, as ss tells them."""
        listed = self.check("ss", "-Htan").lines()
        return [(f[0], f[3], f[4]) for f in (line.split() for line in listed)]

    def wait_for_state(self, state, local=None, remote=None):
        """By ss: ESTAB, TIME-WAIT, ...; local and remote as "address:port", IPv6 in brackets."""
        def is_there():
            return any(s == state and local in (None, a) and remote in (None, b) for s, a, b in self.states())
        wait_until(is_there, f"{state} {local} {remote} in {self.name}: {self.states()}")


def _set_namespace(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), "setns")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def endpoint(address, port, scope=0):
    return (address, port, 0, scope) if ":" in address else (address, port)


def show(name):
    """A socket's name as "10.0.0.1:80" or "[fd00::1]:80"."""
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


class Lab:
    """A scratch directory, namespaces, sockets and processes that end with it."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="hindstat-live.")
        os.chmod(self.directory, 0o755)
        self.namespaces, self.sockets, self.processes, self.mounts, self.closers = [], [], [], [], []
        atexit.register(self.close)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def keep(self, one_socket):
        self.sockets.append(one_socket)
        return one_socket

    def namespace(self, label):
        made = Namespace(self, label)
        self.namespaces.append(made)
        return made

    def join(self, a, b, number=1):
        """A veth pair: `a` gets 10.77.N.1/24 and fd77:N::1/64, `b` the .2 and ::2; both ends are up and settled."""
        names = (f"{a.label[:8]}{number}", f"{b.label[:8]}{number}")
        check(["ip", "link", "add", names[0], "netns", a.name, "type", "veth", "peer", "name", names[1],
               "netns", b.name])
        for last, (namespace, device) in enumerate(zip((a, b), names), start=1):
            namespace.ip("addr", "add", f"10.77.{number}.{last}/24", "dev", device)
            namespace.ip("addr", "add", f"fd77:{number}::{last}/64", "dev", device, "nodad")
            namespace.ip("link", "set", device, "up")
        for namespace in (a, b):
            wait_until(lambda: is_settled(namespace), f"addresses of {namespace.name} are usable")
        return names

    def start(self, argv, **kwargs):
        """A child process, ended with the lab."""
        child = subprocess.Popen(argv, **kwargs)
        self.processes.append(child)
        return child

    def start_python(self, code, *args, namespace=None, argv0="/usr/bin/python3", **kwargs):
        """A Python child that runs `code`; returns after it has printed its first line."""
        argv = [argv0, "-c", code, *map(str, args)]
        child = self.start(namespace.argv(argv) if namespace else argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           **kwargs)
        child.first_line = child.stdout.readline().decode().strip()
        assert child.first_line, f"the child did not start: {argv}"
        return child

    def mount_tmpfs(self, where, size):
        os.makedirs(where, exist_ok=True)
        check(["mount", "-t", "tmpfs", "-o", f"size={size}", "hindstat-live", where])
        self.mounts.append(where)

    def close(self):
        atexit.unregister(self.close)
        for one_socket in self.sockets:
            one_socket.close()
        for child in self.processes:
            if child.poll() is None:
                child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe:
                    pipe.close()
        for where in reversed(self.mounts):
            subprocess.run(["umount", where], capture_output=True)
        for close in self.closers:
            close()
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "del", namespace.name], capture_output=True)
        self.sockets, self.processes, self.mounts, self.namespaces, self.closers = [], [], [], [], []
        shutil.rmtree(self.directory, ignore_errors=True)


class GatewayLab:
    """client - gateway - server, as tests/lab/gateway-lab.sh builds them; ends with the lab, at the latest by itself.

    `namespaces` holds the three by these names.
    """
    SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab", "gateway-lab.sh")

    REFRESH = 15  # It refreshes what expires so often, in seconds.

    def __init__(self, lab, seconds):
        name = f"hslab{os.getpid()}"
        self.directory = f"/run/{name}"
        self.environment = environment(LAB=name, LAB_DIR=self.directory, LAB_MAX=str(seconds),
                                       LAB_MINUTE_TICK=str(self.REFRESH))
        lab.closers.append(self.down)
        built = run(["bash", self.SCRIPT, "up"], env=self.environment, timeout=60)
        if "iptables failed" in built.err:
            raise unittest.SkipTest("iptables cannot make NAT rules here")
        if built.code != 0:
            raise AssertionError(f"must succeed: {built!r}")
        self.namespaces = {label: Namespace.existing(lab, label, f"{name}-{label[0]}")
                           for label in ("client", "gateway", "server")}

    def quiet(self, action):
        """What `action` returns when it ran between two refreshments, where nothing comes or goes by itself."""
        for _ in range(5):
            # After a third of the time there may be too little left.
            wait_until(lambda: self.refreshed()[1] < self.REFRESH / 3, "the lab refreshes", 3 * self.REFRESH)
            times, _ = self.refreshed()
            result = action()
            now, seconds = self.refreshed()
            if now == times and seconds < self.REFRESH:
                return result
        raise AssertionError("the lab is never quiet for long enough")

    def refreshed(self):
        """How often it has refreshed what expires, and how many seconds ago the last time was."""
        try:
            found = os.stat(f"{self.directory}/refreshed")
        except FileNotFoundError:
            return 0, float("inf")
        return found.st_size, time.time() - found.st_mtime

    def down(self):
        subprocess.run(["bash", self.SCRIPT, "down"], env=self.environment, capture_output=True, timeout=60)


def is_settled(namespace):
    """Every link has a carrier and no IPv6 address is tentative: from now on the kernel adds no routes by itself."""
    links = json.loads(namespace.ip("-j", "link").out)
    addresses = json.loads(namespace.ip("-j", "-6", "addr").out)
    up = all("LOWER_UP" in link["flags"] for link in links if link)
    local = [a for link in addresses for a in link.get("addr_info", [])]
    has_link_local = len([a for a in local if a["scope"] == "link"]) == len(links) - 1
    return up and has_link_local and not any(a.get("tentative") for a in local)


def client_server(lab):
    """(client, server), joined by veth: 10.77.1.1 and fd77:1::1 are the client, 10.77.1.2 and fd77:1::2 the server."""
    client, server = lab.namespace("client"), lab.namespace("server")
    lab.join(client, server)
    return client, server


def assert_one_sentence(test, result, code):
    """The exit status, nothing but one line on stderr that begins with the tool's name, and no stack trace."""
    test.assertEqual(result.code, code, result)
    test.assertEqual(len(result.err.splitlines()), 1, result)
    test.assertRegex(result.err, r"\Ahindstat-(record|diff|report): \S.*\n\Z", result)
    test.assertTrue(is_clean(result.err), result)


def is_clean(text):
    """No byte that a terminal could act upon."""
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", text)


def main():
    """Runs the tests of the calling module; exit 77 when there was nothing to run."""
    for name in TOOLS:
        if not os.access(tool_path(name), os.X_OK):
            print(f"there is no {tool_path(name)}: set HINDSTAT_BIN", file=sys.stderr)
            sys.exit(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    sys.stderr.flush()
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == len(result.skipped):
        sys.exit(SKIPPED)
