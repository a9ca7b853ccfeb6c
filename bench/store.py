#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Store bench: what snapshots cost in the file, and what it costs to write, load and stream them.

Recorded: real sockets (socket_load) in a network and a pid namespace of their own, of which a part is replaced before
each snapshot, by hindstat-record, beside the text of `ss -anpeo` at the same moment. Generated (bench_store): a busy
server's sockets above that, beside the same text in ss's format. Half of the sockets have a keepalive timer, 5 % are in
TIME_WAIT. The sizes are those of the blocks of the tables socket, socket_owner and process, with the pages and indexes
that SQLite keeps them in (dbstat). Times are medians, of fresh processes where a snapshot is loaded; CPU is user + sys,
for a machine that does something else meanwhile. Exit status 1 when a mark is missed.

usage: HINDSTAT_BIN=build/release/bin bench/store.py [--parts sizes,load,million,stream,idle] [--quick]
       bench/store.py --parts idle --idle-seconds 60     a day of real minutes, for who has one
"""
import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import capture

SKIPPED = 77
TABLES = ("socket", "socket_owner", "process")
CHURNS = (0.005, 0.02, 0.1)
SNAPSHOTS = 61
RECORDED, GENERATED = (2000, 20000), 200000
TEXT_SNAPSHOTS = 5  # Of 200,000 sockets: 61 have 2.8 GB of text, which xz takes half an hour for.
XZ_CHURN = 0.02
RUNS = 5
LONGEST_CHAIN = 128  # Blocks, store/chain.cpp: so many snapshots have the end of a chain among them.
DAY = 1440

SIZE_MARK, SIZE_MOONSHOT = 0.6, 0.4  # x zstd -19 --long=31.
LOAD_MS, MILLION_MS, MILLION_MB = 20, 600, 250
STREAM_MS, STREAM_MB, STREAM_SOCKETS = 400, 64, 20000
IDLE_BYTES = 2000


class Marks:
    missed = False

    def check(self, what, value, limit, unit=""):
        kept = value <= limit
        self.missed = self.missed or not kept
        print(f"  mark: {what}: {value:,.3g}{unit}, at most {limit:,g}{unit}: {'kept' if kept else 'MISSED'}",
              flush=True)


class Programs:
    def __init__(self, directory):
        self.directory = directory

    def __getitem__(self, name):
        return os.path.join(self.directory, name)

    def bench(self, *arguments):
        """What one bench_store said."""
        said = subprocess.run([self["bench_store"], *map(str, arguments)], check=True, stdout=subprocess.PIPE)
        return json.loads(said.stdout)

    def median(self, *arguments, runs=RUNS):
        """Of some fresh processes: each figure's median."""
        said = [self.bench(*arguments) for _ in range(runs)]
        return {name: statistics.median(one[name] for one in said) for name in said[0]}


class Packer:
    """How small a text becomes: the packers run beside the next recordings, which are not timed."""

    ARGVS = {"zstd": ["zstd", "-q", "-c", "-T1", "-19", "--long=31"], "xz": ["xz", "-c", "-T1", "-9"]}

    def __init__(self, text, packers):
        self.text = text
        self.size = os.path.getsize(text)
        self.running = {}
        for name in packers:
            if shutil.which(name):
                with open(text, "rb") as source:
                    packer = subprocess.Popen(self.ARGVS[name], stdin=source, stdout=subprocess.PIPE)
                self.running[name] = packer, subprocess.Popen(["wc", "-c"], stdin=packer.stdout,
                                                              stdout=subprocess.PIPE)
                packer.stdout.close()

    def finish(self):
        """Bytes by packer."""
        sizes = {}
        for name, (packer, counter) in self.running.items():
            sizes[name] = int(counter.communicate()[0])
            if packer.wait() != 0:
                sys.exit(f"store bench: {name} failed")
        os.unlink(self.text)
        return sizes


def block_bytes(store):
    """Of the table block and its indexes."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        return database.execute("SELECT sum(pgsize) FROM dbstat WHERE name IN ('block', 'block_base', "
                                "'sqlite_autoindex_block_1')").fetchone()[0]


def longest_chain(store):
    """The snapshots of the longest chain of table socket, in their order."""
    chains = []
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        for snapshot, base in database.execute("SELECT snapshot_id, base_id FROM block JOIN layout ON layout_id = "
                                               "layout.id WHERE table_name = 'socket' ORDER BY block.id"):
            if base is None:
                chains.append([])
            chains[-1].append(snapshot)
    return max(chains, key=len)


def record(options, programs):
    """Inside the namespaces: options.inside snapshots of so many sockets into the store, their texts beside it."""
    capture.prepare_namespaces()
    children, _ = capture.start_load(programs.directory, options.sockets, options.seconds)
    with open(options.text, "wb") as text:
        for step in range(options.inside):
            for i, child in enumerate(children if step > 0 else ()):
                connections = (options.sockets - options.sockets // 20) // 2
                wanted = round(connections * options.churn)
                child.stdin.write(b"%d\n" % (wanted // len(children) + (i < wanted % len(children))))
                child.stdin.flush()
                child.stdout.readline()
            subprocess.run([programs["hindstat-record"], "--store", options.store], check=True)
            subprocess.run(["ss", "-anpeo"], check=True, stdout=text, stderr=subprocess.DEVNULL)
    for child in children:
        child.kill()
        child.wait()
    return 0


def run_inside(arguments):
    subprocess.run(["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", sys.executable,
                    os.path.abspath(__file__), *map(str, arguments)], check=True)


class Sizes:
    """One line of the table."""

    def __init__(self, name, sockets, churn, store, packer=None, blocks=None):
        self.name, self.sockets, self.churn, self.store, self.packer = name, sockets, churn, store, packer
        self.blocks = blocks or store

    def measure(self, programs, times):
        self.times = times
        chain = longest_chain(self.store)
        self.load = programs.median("load", self.blocks, chain[-1])
        self.stream = programs.median("stream", self.blocks, runs=3)
        self.chain = len(chain)
        self.bytes = block_bytes(self.blocks)

    def print(self, packed):
        count, times = self.times["snapshots"], self.times
        line = (f"{self.name:9} {self.sockets:>7,} {100 * self.churn:>5.1f} % {count:>4} {self.bytes / count:>10,.0f} "
                f"{times['append']['wall_ms']:>7.1f} / {times['append']['cpu_ms']:<7.1f}"
                f"{self.load['wall_ms']:>7.1f} / {self.load['cpu_ms']:<7.1f}"
                f"{self.stream['wall_ms'] / (count - 1):>7.2f} / {self.stream['cpu_ms'] / (count - 1):<7.2f}")
        for name in ("zstd", "xz"):
            line += f"{packed[name] / count:>10,.0f} {self.bytes / packed[name]:>6.3f}" if name in packed else " " * 17
        print(line, flush=True)

    HEADING = (f"{'':9} {'sockets':>7} {'churn':>7} {'of':>4} {'B/snapshot':>10} {'append ms':>17}{'load ms':>17}"
               f"{'stream ms/step':>17}{'zstd -19':>10} {'ours/it':>6}{'xz -9':>10} {'ours/it':>6}\n"
               f"{'':40}{'wall / CPU':>17}{'wall / CPU':>17}{'wall / CPU':>17}")


def record_sizes(programs, directory, quick):
    """Lines of real sockets; the packers of their texts run one after the other."""
    lines = []
    for sockets in RECORDED:
        for churn in CHURNS:
            name = os.path.join(directory, f"recorded-{sockets}-{churn}")
            run_inside(["--inside", 13 if quick else SNAPSHOTS, "--sockets", sockets, "--churn", churn,
                        "--store", name + ".db", "--text", name + ".txt"])
            if lines:
                lines[-1].packed = lines[-1].packer.finish()
            packer = Packer(name + ".txt", ("zstd", "xz") if churn == XZ_CHURN else ("zstd",))
            lines.append(Sizes("recorded", sockets, churn, name + ".db", packer, name + "-blocks.db"))
    return lines


def generate_sizes(programs, directory, quick):
    name = os.path.join(directory, "text")
    count = 4 if quick else TEXT_SNAPSHOTS
    times = programs.bench("generate", name + ".db", GENERATED, XZ_CHURN, count, name + ".txt")
    lines = [Sizes("generated", GENERATED, XZ_CHURN, name + ".db", Packer(name + ".txt", ("zstd", "xz")))]
    lines[0].times = times
    for churn in CHURNS:
        store = os.path.join(directory, f"generated-{churn}.db")
        line = Sizes("generated", GENERATED, churn, store)
        line.times = programs.bench("generate", store, GENERATED, churn, 13 if quick else SNAPSHOTS)
        lines.append(line)
    return lines


def bench_sizes(options, programs, directory, marks):
    lines = generate_sizes(programs, directory, options.quick)
    can_record = os.geteuid() == 0 and all(map(shutil.which, ("unshare", "ip", "ss")))
    if can_record:
        lines = record_sizes(programs, directory, options.quick) + lines
    else:
        print("nothing is recorded: that needs root, unshare, ip and ss")
    packed = [line.packed if hasattr(line, "packed") else line.packer.finish() if line.packer else {}
              for line in lines]
    print(f"\nsockets, owners and processes; ss -anpeo as text, zstd -19 --long=31 and xz -9 over all of it\n"
          f"{Sizes.HEADING}", flush=True)
    for line, sizes in zip(lines, packed):
        times = line.times if line.blocks == line.store else programs.bench("again", line.store, line.blocks)
        line.measure(programs, times)
        line.print(sizes)
    for line, sizes in zip(lines, packed):
        if line.sockets >= 20000 and "zstd" in sizes:
            what = f"{line.sockets:,} sockets, {100 * line.churn:g} %, x zstd"
            marks.check(what, line.bytes / sizes["zstd"], SIZE_MARK)
            if line.bytes / sizes["zstd"] <= SIZE_MOONSHOT:
                print(f"  and the moonshot, {SIZE_MOONSHOT}")


def bench_places(programs, store, what, marks, limit_ms, limit_mb=None):
    """The first, the middle and the last block of the longest chain."""
    chain = longest_chain(store)
    for name, snapshot in (("first", chain[0]), ("middle", chain[len(chain) // 2]), ("last", chain[-1])):
        seen = programs.median("load", store, snapshot)
        print(f"  {what}, {name} of a chain of {len(chain)}: {seen['wall_ms']:.1f} ms wall, {seen['cpu_ms']:.1f} ms CPU, "
              f"{seen['peak_kb'] / 1024:.1f} MB")
        marks.check(f"load of {what}, {name}, wall", seen["wall_ms"], limit_ms, " ms")
        if limit_mb:
            marks.check(f"load of {what}, {name}, VmHWM", seen["peak_kb"] / 1024, limit_mb, " MB")


def bench_chain(options, programs, directory, marks, sockets, what, *limits):
    store = os.path.join(directory, f"chain-{sockets}.db")
    count = 5 if options.quick else LONGEST_CHAIN
    times = programs.bench("generate", store, sockets, XZ_CHURN, count)
    print(f"\n{what}, 2 % churn: keyframe written in {times['first']['cpu_ms']:.0f} ms of CPU, a change set in "
          f"{times['append']['cpu_ms']:.0f} ms; {os.path.getsize(store) / count:,.0f} B of file a snapshot", flush=True)
    bench_places(programs, store, what, marks, *limits)
    os.unlink(store)


def bench_stream(options, programs, directory, marks):
    store = os.path.join(directory, "stream.db")
    programs.bench("generate", store, STREAM_SOCKETS, XZ_CHURN, 100 if options.quick else DAY)
    seen = programs.median("stream", store, runs=3)
    what = f"stream of {seen['steps'] + 1:,} x {STREAM_SOCKETS:,} sockets, 2 % churn"
    print(f"\n{what}: {seen['wall_ms']:.0f} ms wall, {seen['cpu_ms']:.0f} ms CPU, {seen['peak_kb'] / 1024:.1f} MB; "
          f"{seen['touched']:,} rows touched, {seen['whole']} keyframes", flush=True)
    marks.check(f"{what}, wall", seen["wall_ms"], STREAM_MS, " ms")
    marks.check(f"{what}, VmHWM", seen["peak_kb"] / 1024, STREAM_MB, " MB")
    os.unlink(store)


def record_idle(options, programs):
    """Inside the namespaces: minutes of an idle machine."""
    from idle_machine import IdleMachine
    with tempfile.TemporaryDirectory(prefix="hindstat-idle.") as directory:
        machine = IdleMachine(directory, options.idle_seconds)
        began = time.monotonic()
        for minute in range(options.inside):
            machine.pass_a_minute()
            subprocess.run([programs["hindstat-record"], "--store", options.store], check=True)
            time.sleep(max(0, began + (minute + 1) * options.idle_seconds - time.monotonic()))
        machine.end()
    return 0


def bench_idle(options, directory, marks):
    store = os.path.join(directory, "idle.db")
    count = 60 if options.quick else DAY
    run_inside(["--idle", "--inside", count, "--store", store, "--idle-seconds", options.idle_seconds])
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        one = lambda sql: database.execute(sql).fetchone()[0]
        rows = one("SELECT sum(row_count) FROM block WHERE snapshot_id = 1")
        tables = one("SELECT count(*) FROM block WHERE snapshot_id = 1")
        whole = one("SELECT sum(pgsize) FROM dbstat") / count
        parts = database.execute(f"SELECT name, sum(pgsize) / {count} FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT "
                                 "5").fetchall()
        payloads = database.execute("SELECT table_name, count(*), sum(length(payload)) FROM block JOIN layout ON "
                                    "layout_id = layout.id GROUP BY 1 ORDER BY 3 DESC LIMIT 8").fetchall()
        captures = one("SELECT avg(length(captures)) FROM snapshot")
    print(f"\nan idle machine: {rows:,} rows in {tables} tables, {count:,} snapshots of real sockets, processes, packets "
          f"and counters, one each {options.idle_seconds:g} s\nwith what a minute brings between them (idle_machine.py)")
    print("  B/snapshot in the file: " + ", ".join(f"{name} {size:,.0f}" for name, size in parts))
    print(f"  payloads: captures {captures:,.0f}, " + ", ".join(
        f"{name} {size / count:,.0f} ({blocks} blocks)" for name, blocks, size in payloads))
    marks.check("an idle machine's snapshot in the file", whole, IDLE_BYTES, " B")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", default="sizes,load,million,stream,idle", help="which, separated by commas")
    parser.add_argument("--quick", action="store_true", help="few snapshots: shows that it works, the marks say little")
    parser.add_argument("--idle-seconds", type=float, default=0.05, help="what a minute of the idle machine takes")
    parser.add_argument("--seconds", type=int, default=1800, help="after these the load ends by itself")
    for name, kind in (("inside", int), ("sockets", int), ("churn", float), ("store", str), ("text", str)):
        parser.add_argument("--" + name, type=kind, help=argparse.SUPPRESS)
    parser.add_argument("--idle", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    programs = Programs(os.path.abspath(os.environ.get("HINDSTAT_BIN", "build/release/bin")))
    for name in ("hindstat-record", "bench_store", "socket_load"):
        if not os.access(programs[name], os.X_OK):
            sys.exit(f"store bench: there is no {name} in {programs.directory}: set HINDSTAT_BIN")
    if options.inside:
        return record_idle(options, programs) if options.idle else record(options, programs)
    marks, parts = Marks(), options.parts.split(",")
    with tempfile.TemporaryDirectory(prefix="hindstat-bench.") as directory:
        if "sizes" in parts:
            bench_sizes(options, programs, directory, marks)
        if "load" in parts:
            bench_chain(options, programs, directory, marks, 40000, "40,000 sockets", LOAD_MS)
        if "million" in parts:
            bench_chain(options, programs, directory, marks, 1000000, "1,000,000 sockets", MILLION_MS, MILLION_MB)
        if "stream" in parts:
            bench_stream(options, programs, directory, marks)
        if "idle" in parts:
            if os.geteuid() == 0 and all(map(shutil.which, ("unshare", "ip"))):
                bench_idle(options, directory, marks)
            else:
                print("the idle machine is skipped: it needs root, unshare and ip")
    return 1 if marks.missed else 0


if __name__ == "__main__":
    sys.exit(main())
