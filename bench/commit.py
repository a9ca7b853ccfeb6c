#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a commit costs with each of SQLite's journal modes and synchronous levels, as cron would do it: open, append a
blob, commit, close. Medians on the file system of the directory given (default: the working directory).

usage: bench/commit.py [--commits N] [--bytes N] [DIRECTORY]
"""
import argparse
import os
import sqlite3
import statistics
import tempfile
import time

MODES = ("DELETE", "TRUNCATE", "PERSIST", "WAL")
LEVELS = ("NORMAL", "FULL", "EXTRA")


def open_store(path, mode, level):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"PRAGMA journal_mode = {mode}")
    database.execute(f"PRAGMA synchronous = {level}")
    return database


def commit(path, mode, level, blob):
    """Seconds from opening to closing."""
    began = time.perf_counter()
    database = open_store(path, mode, level)
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO block (payload) VALUES (?)", (blob,))
    database.execute("COMMIT")
    database.close()
    return time.perf_counter() - began


def sync_seconds(directory):
    """One fsync of a file that has grown by a page."""
    with open(os.path.join(directory, "probe"), "ab", buffering=0) as file:
        file.write(os.urandom(4096))
        began = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - began


parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
parser.add_argument("--commits", type=int, default=15)
parser.add_argument("--bytes", type=int, default=20_000)
parser.add_argument("directory", nargs="?", default=".")
arguments = parser.parse_args()
blob = os.urandom(arguments.bytes)

with tempfile.TemporaryDirectory(dir=arguments.directory, prefix="hindstat-commit-") as directory:
    taken = {(mode, level): [] for mode in MODES for level in LEVELS}
    syncs = []
    for mode, level in taken:
        database = open_store(os.path.join(directory, f"{mode}-{level}.db"), mode, level)
        database.execute("CREATE TABLE block (id INTEGER PRIMARY KEY, payload BLOB)")
        database.close()
    # In turns, so that what disturbs the machine disturbs all.
    for _ in range(arguments.commits):
        syncs.append(sync_seconds(directory))
        for mode, level in taken:
            taken[mode, level].append(commit(os.path.join(directory, f"{mode}-{level}.db"), mode, level, blob))
    print(f"SQLite {sqlite3.sqlite_version}, {arguments.commits} commits of {arguments.bytes} bytes each, in turns, "
          f"load {os.getloadavg()[0]:.1f}; one fsync: median {1000 * statistics.median(syncs):.1f} ms")
    print(f"{'median ms':<12}" + "".join(f"{level:>10}" for level in LEVELS))
    for mode in MODES:
        print(f"{mode:<12}"
              + "".join(f"{1000 * statistics.median(taken[mode, level]):>10.1f}" for level in LEVELS))
