#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every parser that a header declares is called in a fuzz target: functions named parse_... or find_time, those that
return a Verdict (of a class: the class is named), and the classes below. A new parser without a target fails here."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARSER = re.compile(r"^( *)\[\[nodiscard\]\]\s+(?:inline\s+|constexpr\s+)*(?:[\w:<>]+\s+(parse_\w+|find_time)|Verdict\s+(\w+))\(",
                    re.M)
CLASSES = ["NetlinkMessages", "NetlinkAttributes", "ProcUnixRecords", "BlockDecoder", "Layout", "Store"]
# The parts of lines and messages that the parsers of whole ones call; and arguments, which CLI11 parses.
PARTS = {"parse_number", "parse_hex_address4", "parse_hex_address6", "parse_command_line"}


def parsers(header):
    """Names that a target has to mention."""
    text = re.sub(r"^private:.*?^};", "};", header.read_text(), flags=re.M | re.S)
    for match in PARSER.finditer(text):
        in_class = re.findall(r"^class (\w+)", text[:match.start()], re.M)
        yield in_class[-1] if match[1] and in_class else match[2] or match[3]


targets = "\n".join(path.read_text() for path in sorted(HERE.glob("*_fuzz.cpp")))
found = [(name, "the list of classes") for name in CLASSES]
for room in ("base", "tables", "recorder", "store", "cli"):
    for path in sorted((ROOT / room).rglob("*.h")):
        found += [(name, path.relative_to(ROOT)) for name in parsers(path)]
missing = [f"{where}: {name} is in no fuzz target" for name, where in found
           if name not in PARTS and not re.search(rf"\b{name}\b", targets)]
listed = re.search(r"set\(fuzz_targets([^)]*)\)", (HERE / "CMakeLists.txt").read_text())[1].split()
missing += [f"tests/fuzz: {name} is defined, and not in the list of CMakeLists.txt"
            for name in re.findall(r"^void (\w+)\(Input input\)", targets, re.M) if name not in listed]
print("\n".join(missing) or f"{len(found)} parsers have a fuzz target, of {len(listed)} targets")
sys.exit(1 if missing or len(found) < 30 else 0)
