#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every parser that a header declares is called in a fuzz target: functions named parse_... or find_time, those that
return a Verdict, and the classes below. A new parser without a target fails here."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARSER = re.compile(r"\[\[nodiscard\]\]\s+(?:inline\s+)?(?:constexpr\s+)?(?:[\w:<>]+\s+(parse_\w+|find_time)|Verdict\s+(\w+))\(")
CLASSES = ["NetlinkMessages", "NetlinkAttributes", "ProcUnixRecords", "BlockDecoder", "Layout", "Store"]
# Called by the parsers of whole lines and messages, and fuzzed through them.
PARTS = {"parse_number", "parse_hex_address4", "parse_hex_address6"}

targets = "\n".join(path.read_text() for path in sorted(HERE.glob("*_fuzz.cpp")))
found = [(cls, None) for cls in CLASSES]
for room in ("base", "tables", "recorder", "store", "cli"):
    for header in sorted((ROOT / room).rglob("*.h")):
        found += [(match[1] or match[2], header.relative_to(ROOT)) for match in PARSER.finditer(header.read_text())]
missing = [f"{header or 'class'}: {name} is in no fuzz target" for name, header in found
           if name not in PARTS and not re.search(rf"\b{name}\b", targets)]
listed = re.search(r"set\(fuzz_targets([^)]*)\)", (HERE / "CMakeLists.txt").read_text())[1].split()
missing += [f"tests/fuzz: {name} is defined, and not in the list of CMakeLists.txt"
            for name in re.findall(r"^void (\w+)\(Input input\)", targets, re.M) if name not in listed]
print("\n".join(missing) or f"{len(found)} parsers have a fuzz target, of {len(listed)} targets")
sys.exit(1 if missing or len(found) < 30 else 0)
