#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Namespace bench: one hindstat-record of many idle network namespaces beside `ip netns exec NAME ss -a` in each.

The namespaces are made for it and taken away again. CPU is user + system, medians of interleaved runs after a warm-up;
exit status 1 when a recording takes more than LIMIT s of CPU for 200 namespaces, or leaves one out.

usage: HINDSTAT_BIN=build/release/bin bench/namespaces.py [--namespaces 200] [--runs 5]
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT = 0.35  # s of CPU for 200.
SKIPPED = 77


def measure(argvs):
    """(wall seconds, CPU seconds) of some commands, one after the other; their output is thrown away."""
    began, cpu = time.monotonic(), 0.0
    for argv in argvs:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"namespace bench: {' '.join(argv)} ended with {child.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
    return time.monotonic() - began, cpu


def bench(options, record, names, directory):
    store = os.path.join(directory, "hindstat.db")
    commands = {
        "hindstat-record": [[record, "--store", store, "--netns", f"hindstat-bench-{os.getpid()}-*"]],
        "the same, own only": [[record, "--store", os.path.join(directory, "own.db")]],
        "ss -a in each": [["ip", "netns", "exec", name, "ss", "-a"] for name in names],
    }
    for argvs in commands.values():
        measure(argvs)
    runs = {name: [] for name in commands}
    for _ in range(options.runs):
        for name, argvs in commands.items():
            runs[name].append(measure(argvs))
    medians = {name: [statistics.median(column) for column in zip(*times)] for name, times in runs.items()}
    ours = medians["hindstat-record"]
    print(f"{len(names)} idle namespaces, median of {options.runs}")
    print(f"{'':20} {'wall ms':>9} {'CPU ms':>8} {'hindstat-record / it, CPU':>26}")
    for name, (wall, cpu) in medians.items():
        print(f"{name:20} {wall * 1000:9.1f} {cpu * 1000:8.1f} {ours[1] / cpu:26.3f}")
    listed = subprocess.run([record, "list", "--store", store, "--json"], check=True, capture_output=True, text=True)
    last = [line for line in map(json.loads, listed.stdout.splitlines()) if line["kind"] == "snapshot"][-1]
    rows = last["tables"]["network_namespace"]["rows"]
    limit = LIMIT * len(names) / 200
    complete = rows > len(names)
    print(f"{rows} namespaces known: {'complete' if complete else 'SOME ARE MISSING'}")
    print(f"{ours[1]:.3f} s of CPU, at most {limit:.3f} is wanted: {'kept' if ours[1] <= limit else 'MISSED'}")
    return 0 if complete and ours[1] <= limit else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--namespaces", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    record = os.path.abspath(os.path.join(os.environ.get("HINDSTAT_BIN", "build/release/bin"), "hindstat-record"))
    if not os.access(record, os.X_OK):
        sys.exit(f"namespace bench: there is no {record}: set HINDSTAT_BIN")
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "ss"))):
        print("namespace bench skipped: it needs root, ip and ss")
        return SKIPPED
    names = [f"hindstat-bench-{os.getpid()}-{i}" for i in range(options.namespaces)]
    made = []
    try:
        for name in names:
            if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode != 0:
                print("namespace bench skipped: network namespaces cannot be made here")
                return SKIPPED
            made.append(name)
            subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        with tempfile.TemporaryDirectory(prefix="hindstat-bench.") as directory:
            return bench(options, record, names, directory)
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
