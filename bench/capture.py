#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Capture bench: one hindstat-record beside `ss -anp` and `netstat -anp`, with many TCP sockets.

Runs in a network and a pid namespace of its own, so that nothing but the load is seen. The load is held by several
processes, because one may have only `ulimit -Hn` descriptors. Medians of interleaved runs after a warm-up; exit
status 1 when hindstat-record takes more than LIMIT times the wall time of `ss -anp`.

usage: HINDSTAT_BIN=build/release/bin bench/capture.py [--sockets 40000] [--runs 5]
"""
import argparse
import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT = 0.6
SKIPPED = 77
PORTS = 4  # Listening ports of each load process.
PR_SET_PDEATHSIG = 1


def hold(connections, address):
    """A load process: both ends of so many loopback connections; prints one line when they are there."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listeners = [socket.create_server((address, 0), backlog=128) for _ in range(PORTS)]
    ends = []
    for i in range(connections):
        listener = listeners[i % PORTS]
        ends.append(socket.create_connection(listener.getsockname()))
        ends.append(listener.accept()[0])
    print(len(ends) + PORTS, flush=True)
    sys.stdin.read()


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_load(sockets):
    """Processes that together hold so many connected TCP sockets."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # Descriptors for listeners and the interpreter, and at least four processes: a host has more than one.
    connections = sockets // 2
    processes = max(4, -(-sockets // (hard - 100)))
    share = [connections // processes + (i < connections % processes) for i in range(processes)]
    children = [subprocess.Popen([sys.executable, __file__, "--hold", str(count), f"127.0.1.{i + 1}"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=end_with_parent)
                for i, count in enumerate(share)]
    held = 0
    for child in children:
        line = child.stdout.readline()
        if not line:
            sys.exit("capture bench: a load process could not open its connections")
        held += int(line)
    return children, held


def measure(argv):
    """(wall seconds, CPU seconds) of one run; its output is thrown away."""
    began = time.monotonic()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    complaint = child.stderr.read().decode(errors="replace")
    child.stderr.close()
    if child.returncode != 0:
        sys.exit(f"capture bench: {' '.join(argv)} ended with {child.returncode}: {complaint}")
    return wall, usage.ru_utime + usage.ru_stime


def peak_memory(argv):
    """VmHWM in kB, sampled until the end; ru_maxrss would be that of this interpreter, which a child inherits."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        try:
            with open(f"/proc/{child.pid}/status") as file:
                lines = [line for line in file if line.startswith("VmHWM:")]
            peak = max([peak] + [int(line.split()[1]) for line in lines])
        except OSError:
            pass
        time.sleep(0.0005)
    return peak


def bench(options, record, directory):
    store = os.path.join(directory, "hindstat.db")
    began = time.monotonic()
    children, held = start_load(options.sockets)
    print(f"{held:,} TCP sockets in {len(children)} processes, opened in {time.monotonic() - began:.1f} s", flush=True)
    try:
        commands = {"hindstat-record": [record, "--store", store], "ss -anp": ["ss", "-anp"],
                    "netstat -anp": ["netstat", "-anp"]}
        if shutil.which("netstat") is None:
            print("netstat is not installed: left out")
            del commands["netstat -anp"]
        for argv in commands.values():  # The first walk over /proc fills the kernel's caches.
            measure(argv)
        runs = {name: [] for name in commands}
        for _ in range(options.runs):
            for name, argv in commands.items():
                runs[name].append(measure(argv))
        memory = {name: peak_memory(argv) for name, argv in commands.items()}
        return report(options, runs, memory, record, store, held)
    finally:
        for child in children:
            child.kill()
            child.wait()


def report(options, runs, memory, record, store, held):
    medians = {name: statistics.median(wall for wall, _ in times) for name, times in runs.items()}
    ours = medians["hindstat-record"]
    print(f"{'median of ' + str(options.runs):18} {'wall ms':>9} {'range':>17} {'CPU ms':>8} {'peak MB':>8} "
          f"{'hindstat-record / it':>21}")
    for name, times in runs.items():
        walls = [wall * 1000 for wall, _ in times]
        cpu = statistics.median(cpu for _, cpu in times) * 1000
        print(f"{name:18} {medians[name] * 1000:9.1f} {min(walls):8.1f}-{max(walls):<8.1f} {cpu:8.1f} "
              f"{memory[name] / 1024:8.1f} {ours / medians[name]:21.3f}")
    listed = subprocess.run([record, "list", "--store", store, "--json"], check=True, capture_output=True, text=True)
    last = json.loads(listed.stdout.splitlines()[-1])
    rows = last["tables"]["socket"]["rows"]
    print(f"the last snapshot: {last['bytes']:,} bytes in {last['blocks']} blocks, read in {last['took_ms']:.1f} ms; "
          + ", ".join(f"{name} {table['rows']:,} {table['status']}" for name, table in last["tables"].items()))
    ratio = ours / medians["ss -anp"]
    complete = rows >= held
    print(f"{rows:,} rows of table socket, {held:,} sockets held: {'complete' if complete else 'ROWS ARE MISSING'}")
    print(f"hindstat-record takes {ratio:.3f} x ss -anp, at most {LIMIT} is wanted: "
          f"{'kept' if ratio <= LIMIT else 'MISSED'}")
    return 0 if complete and ratio <= LIMIT else 1


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=40000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--hold", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    if options.hold:
        hold(int(options.hold[0]), options.hold[1])
        return 0
    record = os.path.abspath(os.path.join(os.environ.get("HINDSTAT_BIN", "build/release/bin"), "hindstat-record"))
    if not os.access(record, os.X_OK):
        sys.exit(f"capture bench: there is no {record}: set HINDSTAT_BIN")
    if not options.inside:
        if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "ss"))):
            print("capture bench skipped: it needs root, unshare, ip and ss")
            return SKIPPED
        try:
            return subprocess.run(["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                                   sys.executable, os.path.abspath(__file__), "--inside", *sys.argv[1:]],
                                  timeout=300).returncode
        except subprocess.TimeoutExpired:
            sys.exit("capture bench: not done after 300 s")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="hindstat-bench.") as directory:
        return bench(options, record, directory)


if __name__ == "__main__":
    sys.exit(main())
