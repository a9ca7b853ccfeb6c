#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keeps the dependency direction of ARCHITECTURE.md: which room may include which, and which library lives where."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = {"base": "", "tables": "base", "recorder": "base tables", "store": "base tables", "diff": "base tables",
         "report": "base tables diff", "cli": "base tables store diff"}
PROGRAM = "/program/"  # A program's own files beside its main.cpp: there rooms meet too.
LIBRARIES = {r"CLI/": "main.cpp cli/command_line.h report/view_options. diff/program/options.h recorder/program/options.h recorder/program/keep_options.h bench/",
             r"libmnl/": "recorder/",
             r"ares": "recorder/names/",
             r"sqlite3|SQLiteCpp": "store/ tests/ bench/", r"zstd": "store/ tests/ bench/",
             r"nlohmann/": "store/ tests/", r"catch2/": "tests/"}

complaints, seen = [], 0
files = (path for room in [*ROOMS, "tests", "bench"] for path in (ROOT / room).rglob("*"))
for path in sorted(path for path in files if path.suffix in (".h", ".cpp")):
    name, room = path.relative_to(ROOT).as_posix(), path.relative_to(ROOT).parts[0]
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        included = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not included:
            continue
        seen, target = seen + 1, included[2]
        for library, owners in LIBRARIES.items():
            if re.match(library, target) and not any(name.startswith(o) or path.name == o for o in owners.split()):
                complaints.append(f"{name}:{number}: {target} belongs to {owners}")
        if included[1] == '"' and room in ROOMS and path.name != "main.cpp" and PROGRAM not in name:
            if target.split("/")[0] not in [room, *ROOMS[room].split()]:
                complaints.append(f"{name}:{number}: {room}/ may not include {target}")
print("\n".join(complaints) or f"{seen} includes keep the direction")
sys.exit(1 if complaints or seen < 100 else 0)
