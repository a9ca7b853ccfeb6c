#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rules of the house that no other tool keeps: the licence line, the length of files, who is included first."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMENTED = {".cpp": "//", ".h": "//", ".in": "//", ".py": "#", ".sh": "#", "": "#"}
LONGEST = {".cpp": 450, ".h": 250}  # A little over the 400 and 200 that are aimed at.

listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                        capture_output=True, text=True).stdout.split("\n")
complaints, seen = [], 0
for name in sorted(filter(None, listed)):
    path = ROOT / name
    script = path.suffix == "" and path.is_file() and path.read_bytes().startswith(b"#!")
    if path.suffix not in (".cpp", ".h", ".in", ".py", ".sh") and not script or not path.is_file():
        continue
    seen += 1
    lines = path.read_text().splitlines()
    licence = f"{COMMENTED[path.suffix]} SPDX-License-Identifier: MIT"
    if licence not in lines[:2]:
        complaints.append(f"{name}:1: '{licence}' is missing at the top")
    if len(lines) > LONGEST.get(path.suffix, len(lines)):
        complaints.append(f"{name}: {len(lines)} lines are too many for one idea (at most {LONGEST[path.suffix]})")
    if path.suffix == ".h" and "#pragma once" not in lines:
        complaints.append(f"{name}: #pragma once is missing")
    includes = [match[1] for line in lines if (match := re.match(r'#include ["<]([^">]+)', line))]
    own = str(pathlib.PurePosixPath(name).with_suffix(".h"))
    if path.suffix == ".cpp" and own in includes[1:]:
        complaints.append(f"{name}: its own header comes first")
    for number, line in enumerate(lines, start=1):
        if line != line.rstrip():
            complaints.append(f"{name}:{number}: blanks at the end")
        if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
            complaints.append(f"{name}:{number}: what is to be done belongs into an issue")
print("\n".join(complaints) or f"{seen} files keep the house rules")
sys.exit(1 if complaints or seen < 100 else 0)
