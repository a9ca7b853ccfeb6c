#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Capture bench: one hindstat-record beside the floor, `ss` and `netstat`, with many TCP sockets.

The floor (capture_floor) is one thread that receives the TCP dumps and reads the link of every descriptor and decodes
nothing. For each number of sockets a network and a pid namespace of its own is made, so that nothing but the load is
seen; it is held by several processes (socket_load), a quarter of it over IPv6, half of the connections with keepalive
on, 5 % of the sockets in TIME_WAIT. Medians of interleaved runs after a warm-up; ss and netstat run less often when
they are slow, and are ended after --limit seconds. Exit status 1 when a mark is missed.

usage: HINDSTAT_BIN=build/release/bin bench/capture.py [--sockets 2000,40000,400000] [--runs 11] [--no-anchors]
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

SKIPPED = 77
LEAST_PROCESSES = 8
RECORD, RECORD_INFO = "hindstat-record", "hindstat-record --tcp-info"
FLOOR, FLOOR_INFO = "floor", "floor --tcp-info"
SS, SS_ALL, NETSTAT = "ss -anp", "ss -anpeim", "netstat -anp"
ANCHORS = (SS, SS_ALL, NETSTAT)


@dataclass
class Mark:
    """A bound: `of` measured by `figure` is at most `limit` times `beside`, or at most `limit` itself."""
    sockets: int
    figure: str
    of: str
    limit: float
    beside: str = ""


MARKS = (
    Mark(2000, "wall", RECORD, 2.0, FLOOR),
    Mark(40000, "wall", RECORD, 1.0, FLOOR),
    Mark(40000, "cpu", RECORD, 1.4, FLOOR),
    Mark(40000, "wall", RECORD, 0.40, SS),
    Mark(40000, "wall", RECORD_INFO, 1.2, FLOOR_INFO),
    Mark(400000, "wall", RECORD, 1.0, FLOOR),
    Mark(400000, "peak MB", RECORD, 200),
    Mark(400000, "peak MB", RECORD_INFO, 500),
)


@dataclass
class Measured:
    """Runs of one command; times in seconds."""
    walls: list = field(default_factory=list)
    cpus: list = field(default_factory=list)
    peak_kb: int = 0
    late: bool = False  # It was ended at the limit.

    def figure(self, name):
        if name == "peak MB":
            return self.peak_kb / 1024
        return statistics.median(self.walls if name == "wall" else self.cpus)


def start_load(binaries, sockets, seconds):
    """Processes that together hold so many TCP sockets, and how many of them are not in TIME_WAIT."""
    time_wait = sockets // 20
    connections = (sockets - time_wait) // 2
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100  # Of one process.
    processes = max(LEAST_PROCESSES, -(-sockets // descriptors))
    children = []
    for i in range(processes):
        share = [n // processes + (i < n % processes) for n in (connections, time_wait)]
        address = "::1" if i % 4 == 3 else f"127.0.1.{i + 1}"
        children.append(subprocess.Popen(
            [os.path.join(binaries, "socket_load"), "--connections", str(share[0]), "--time-wait", str(share[1]),
             "--address", address, "--seconds", str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    held = 0
    for child in children:
        line = child.stdout.readline()
        if not line:
            sys.exit("capture bench: a load process could not open its connections")
        held += int(line)
    return children, held


def run_once(argv, into, limit):
    """One run, its output thrown away."""
    with tempfile.TemporaryFile() as complaints:
        began = time.monotonic()
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints)
        while True:
            # A blocking wait would be no use at the limit; a short command must not pay for the polling.
            pid, status, usage = os.wait4(child.pid, os.WNOHANG if limit else 0)
            if pid:
                break
            if time.monotonic() - began > limit:
                child.kill()
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                into.late = True
                return
            time.sleep(0.005)
        into.walls.append(time.monotonic() - began)
        into.cpus.append(usage.ru_utime + usage.ru_stime)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            complaints.seek(0)
            text = complaints.read(2000).decode(errors="replace")
            sys.exit(f"capture bench: {' '.join(argv)} ended with {child.returncode}: {text}")


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


def commands(options, binaries, directory):
    record, floor = (os.path.join(binaries, name) for name in ("hindstat-record", "capture_floor"))
    stores = {name: os.path.join(directory, name + ".db") for name in ("plain", "info")}
    argvs = {RECORD: [record, "--store", stores["plain"]],
             RECORD_INFO: [record, "--tcp-info", "--store", stores["info"]],
             FLOOR: [floor], FLOOR_INFO: [floor, "--tcp-info"]}
    if not options.no_anchors:
        argvs |= {name: name.split() for name in ANCHORS if shutil.which(name.split()[0])}
    return argvs, stores


def measure(options, argvs):
    measured = {name: Measured() for name in argvs}
    for argv in argvs.values():  # The first walk over /proc fills the kernel's caches, the second run is the base.
        if argv[0].startswith("/"):
            run_once(argv, Measured(), None)
    for turn in range(options.runs):
        for name, argv in argvs.items():
            seen = measured[name]
            # What takes seconds is not repeated as often.
            if name in ANCHORS and turn > 0 and (seen.late or (seen.walls and seen.walls[0] * (turn + 1) > 10)):
                continue
            run_once(argv, seen, options.limit if name in ANCHORS else None)
    for name, argv in argvs.items():
        if name not in ANCHORS or (not measured[name].late and measured[name].walls[0] < 5):
            measured[name].peak_kb = max(peak_memory(argv) for _ in range(3))
    return measured


def print_measured(measured, limit):
    base = measured[FLOOR].figure("wall"), measured[FLOOR_INFO].figure("wall")
    print(f"{'median':28} {'runs':>4} {'wall ms':>10} {'range':>19} {'CPU ms':>10} {'peak MB':>8} {'x floor':>8} "
          f"{'x floor --tcp-info':>18}")
    for name, seen in measured.items():
        if seen.late:
            print(f"{name:28} {'1':>4} {'> ' + str(limit) + ' s':>10}")
            continue
        walls = [wall * 1000 for wall in seen.walls]
        wall, peak = seen.figure("wall"), f"{seen.figure('peak MB'):8.1f}" if seen.peak_kb else f"{'':8}"
        print(f"{name:28} {len(walls):4} {wall * 1000:10.1f} {min(walls):9.1f}-{max(walls):<9.1f} "
              f"{seen.figure('cpu') * 1000:10.1f} {peak} {wall / base[0]:8.3f} {wall / base[1]:18.3f}")


def print_snapshot(record, store, held):
    """What the last snapshot holds and where its time went; false when sockets are missing."""
    listed = subprocess.run([record, "list", "--store", store, "--json"], check=True, capture_output=True, text=True)
    last = [line for line in map(json.loads, listed.stdout.splitlines()) if line["kind"] == "snapshot"][-1]
    rows, status = last["tables"]["socket"]["rows"], last["tables"]["socket"]["status"]
    print(f"  the last snapshot: {rows:,} sockets {status}, {last['bytes']:,} bytes in {last['blocks']} blocks, "
          f"read in {last['took_ms']:.1f} ms")
    said = subprocess.run([record, "--store", store, "-v"], check=True, capture_output=True, text=True).stdout
    print(f"  one more: {said.strip().rpartition('; ')[2]}")
    if rows < held or status != "complete":
        print(f"  ROWS ARE MISSING: {held:,} sockets are held; {last['tables']['socket']['detail']}")
    return rows >= held and status == "complete"


def check_marks(measured, sockets):
    kept = True
    for mark in MARKS:
        if mark.sockets != sockets or (mark.beside and mark.beside not in measured):
            continue
        if mark.beside and measured[mark.beside].late:
            continue
        value = measured[mark.of].figure(mark.figure)
        value = value / measured[mark.beside].figure(mark.figure) if mark.beside else value
        good = value <= mark.limit
        kept = kept and good
        beside = f" x {mark.beside}" if mark.beside else ""
        print(f"  mark: {mark.figure} of {mark.of}: {value:.3f}{beside}, at most {mark.limit}: "
              f"{'kept' if good else 'MISSED'}")
    return kept


def bench(options, binaries, sockets, directory):
    began = time.monotonic()
    children, held = start_load(binaries, sockets, options.seconds)
    print(f"\n{sockets:,} TCP sockets ({held:,} in {len(children)} processes, the rest in TIME_WAIT), opened in "
          f"{time.monotonic() - began:.1f} s", flush=True)
    try:
        argvs, stores = commands(options, binaries, directory)
        measured = measure(options, argvs)
        print_measured(measured, options.limit)
        complete = [print_snapshot(argvs[RECORD][0], store, held) for store in stores.values()]
        return check_marks(measured, sockets) and all(complete)
    finally:
        for child in children:
            child.kill()
            child.wait()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", default="2000,40000,400000", help="numbers of sockets, separated by commas")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--limit", type=int, default=300, help="seconds after which ss and netstat are ended")
    parser.add_argument("--no-anchors", action="store_true", help="without ss and netstat")
    parser.add_argument("--seconds", type=int, default=1800, help="after these the load ends by itself")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def prepare_namespaces():
    """Makes fresh network and pid namespaces fit for a load and for ss."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
        file.write("1024 65000")
    if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        # ss -e looks for cgroup2 for every socket, and complains each time that it is not mounted.
        subprocess.run(["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=False, stderr=subprocess.DEVNULL)


def bench_inside(options, binaries):
    """In the namespaces of one size."""
    prepare_namespaces()
    with tempfile.TemporaryDirectory(prefix="hindstat-bench.") as directory:
        return 0 if bench(options, binaries, options.inside, directory) else 1


def main():
    options = parse()
    binaries = os.path.abspath(os.environ.get("HINDSTAT_BIN", "build/release/bin"))
    for name in ("hindstat-record", "capture_floor", "socket_load"):
        if not os.access(os.path.join(binaries, name), os.X_OK):
            sys.exit(f"capture bench: there is no {name} in {binaries}: set HINDSTAT_BIN")
    if options.inside:
        return bench_inside(options, binaries)
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "ss"))):
        print("capture bench skipped: it needs root, unshare, ip and ss")
        return SKIPPED
    worst = 0
    for sockets in options.sockets.split(","):
        try:
            worst = max(worst, subprocess.run(
                ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                 os.path.abspath(__file__), *sys.argv[1:], "--inside", sockets],
                timeout=options.seconds).returncode)
        except subprocess.TimeoutExpired:
            sys.exit(f"capture bench: not done after {options.seconds} s")
    return worst


if __name__ == "__main__":
    sys.exit(main())
