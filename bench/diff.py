#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Diff bench: hindstat-diff beside `sort` and `diff` of what ss wrote, and over ranges.

Generated stores (bench_store) of a busy server's sockets, owners and processes. Pair: two snapshots of 200,000 sockets,
30 blocks of one chain apart, 1 % of the connections replaced between them; beside it `LC_ALL=C sort` of the text of
`ss -anpe` at both moments and `diff` of the two, which is what one does by hand. Range: 1,440 snapshots of 20,000
sockets, 2 % replaced at each step. Medians of fresh processes whose runs alternate, the files in the page cache, output
to /dev/null. Exit status 1 when a mark is missed.

usage: HINDSTAT_BIN=build/release/bin bench/diff.py [--parts pair,range] [--runs 11] [--quick]
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from store import Marks, Programs

PAIR_SOCKETS, PAIR_BLOCKS, PAIR_CHURN = 200000, 30, 0.01
RANGE_SOCKETS, RANGE_SNAPSHOTS, RANGE_CHURN = 20000, 1440, 0.02
PAIR_SECONDS, PAIR_MB, PAIR_RATIO = 0.15, 150, 0.25
STAT_SECONDS, EVENTS_SECONDS = 0.8, 2.0


class Command:
    """Runs of some commands one after the other; times in seconds."""

    def __init__(self, name, *argvs):
        self.name, self.argvs = name, argvs
        self.walls, self.cpus, self.peak_kb = [], [], 0

    def run(self):
        cpu, began = 0, time.monotonic()
        for argv in self.argvs:
            child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode > 1:  # 1: there are differences.
                sys.exit(f"diff bench: {' '.join(argv)} exited with {child.returncode}")
            cpu += used.ru_utime + used.ru_stime
            self.peak_kb = max(self.peak_kb, used.ru_maxrss)
        self.walls.append(time.monotonic() - began)
        self.cpus.append(cpu)

    @property
    def wall(self):
        return statistics.median(self.walls)

    def print(self):
        print(f"  {self.name:44} {1000 * self.wall:8.0f} ms wall {1000 * statistics.median(self.cpus):8.0f} ms CPU "
              f"{self.peak_kb / 1024:8.1f} MB", flush=True)


def alternate(commands, runs):
    for command in commands:  # Warms the page cache, and is not counted.
        command.run()
        command.walls.clear(), command.cpus.clear()
    for _ in range(runs):
        for command in commands:
            command.run()
    for command in commands:
        command.print()


def bench_pair(options, programs, directory, marks):
    sockets, blocks = (20000, 5) if options.quick else (PAIR_SOCKETS, PAIR_BLOCKS)
    store, last = os.path.join(directory, "pair.db"), blocks + 2
    programs.bench("generate", store, sockets, PAIR_CHURN / blocks, last)
    texts = [os.path.join(directory, f"{snapshot}.txt") for snapshot in (2, last)]
    for snapshot, text in zip((2, last), texts):
        subprocess.run([programs["bench_store"], "text", store, str(snapshot), text], check=True)
    print(f"\ntwo snapshots of {sockets:,} sockets, {blocks} blocks of a chain apart, 1 % replaced; texts of "
          f"{os.path.getsize(texts[0]) / 1e6:.0f} MB", flush=True)
    diff = [programs["hindstat-diff"], "--store", store, "2", str(last)]
    ours = Command("hindstat-diff", diff)
    everything = Command("hindstat-diff --all --json", diff + ["--all", "--json"])
    by_hand = Command("sort, sort, diff", *(["sort", "-o", text + ".sorted", text] for text in texts),
                      ["diff", *(text + ".sorted" for text in texts)])
    alternate((ours, everything, by_hand), options.runs)
    marks.check("a pair, wall", ours.wall, PAIR_SECONDS, " s")
    marks.check("a pair, peak", ours.peak_kb / 1024, PAIR_MB, " MB")
    marks.check("a pair, x sort and diff", ours.wall / by_hand.wall, PAIR_RATIO)


def bench_range(options, programs, directory, marks):
    store = os.path.join(directory, "range.db")
    count = 100 if options.quick else RANGE_SNAPSHOTS
    programs.bench("generate", store, RANGE_SOCKETS, RANGE_CHURN, count)
    print(f"\na range of {count:,} snapshots of {RANGE_SOCKETS:,} sockets, 2 % replaced at each step", flush=True)
    diff = [programs["hindstat-diff"], "--store", store, f"1..{count}"]
    stat, events, json = (Command(f"hindstat-diff A..B {form}", diff + [form])
                          for form in ("--stat", "--all", "--json"))
    alternate((stat, Command("hindstat-diff A..B", diff), events, json), max(options.runs // 2, 3))
    marks.check("a range, --stat, wall", stat.wall, STAT_SECONDS, " s")
    marks.check("a range, all events, wall", events.wall, EVENTS_SECONDS, " s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", default="pair,range", help="which, separated by commas")
    parser.add_argument("--runs", type=int, default=11, help="of each command; of the long ones half")
    parser.add_argument("--quick", action="store_true", help="little: shows that it works, the marks say little")
    options = parser.parse_args()
    programs = Programs(os.path.abspath(os.environ.get("HINDSTAT_BIN", "build/release/bin")))
    for name in ("hindstat-diff", "bench_store"):
        if not os.access(programs[name], os.X_OK):
            sys.exit(f"diff bench: there is no {name} in {programs.directory}: set HINDSTAT_BIN")
    marks, parts = Marks(), options.parts.split(",")
    with tempfile.TemporaryDirectory(prefix="hindstat-bench.") as directory:
        if "pair" in parts:
            bench_pair(options, programs, directory, marks)
        if "range" in parts:
            bench_range(options, programs, directory, marks)
    return 1 if marks.missed else 0


if __name__ == "__main__":
    sys.exit(main())
