# SPDX-License-Identifier: MIT
"""What netstat (net-tools 2.10) prints, as rows of cells; the report's text is read by the same functions."""
import re

STATES = {"ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
          "LAST_ACK", "LISTEN", "CLOSING", "UNKNOWN"}
TIMER = re.compile(r"\s(off|on\d?|keepalive|timewait|probe|unkn-\d+) \(\d+\.\d+/\d+/\d+\)\s*$")
# netstat marks these by /proc/net/ipv6_route flags that no netlink attribute carries: addrconf, default, cache,
# allonlink, modified, dynamic.
UNTOLD_IPV6_FLAGS = str.maketrans("", "", "ADCamf")
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
SHORTENED_BYTES = re.compile(r"\(\d+\.\d [KMGTPE]?i?B\)")


def is_socket(line):
    return re.match(r"(tcp|udp|udpl|raw)6?\s", line) is not None


LONG = {"e": "--extend", "p": "--program", "o": "--timers"}


def has_letter(options, letter):
    return any((re.match(r"-[^-]", word) and letter in word) or word.startswith(LONG[letter])
               for word in options.split())


def parse_sockets(text, options):
    """Rows as tuples: protocol, queues, addresses, state, then what the options add, without the exempt parts."""
    rows = []
    for line in text.splitlines():
        if not is_socket(line):
            continue
        if has_letter(options, "o"):
            assert TIMER.search(line), line
            line = TIMER.sub("", line)
        cells = line.split(maxsplit=5)
        tail = (cells[5:] or [""])[0].split(maxsplit=1)
        state = ""
        if tail and (tail[0] in STATES or cells[0].startswith("raw")):
            state, tail = tail[0], tail[1:]
        tail = (tail[0] if len(tail) == 1 else " ".join(tail)).split() if tail else []
        row = cells[:5] + [state]
        if has_letter(options, "e"):
            row, tail = row + tail[:2], tail[2:]
        if has_letter(options, "p"):
            # The report has more to say of a socket that nobody holds: (who held it) and [who is to accept it].
            row, tail = row + ["-" if tail[0].startswith(("(", "[")) else tail[0].split("/")[0]], []
        assert has_letter(options, "p") or not tail, line
        rows.append(tuple(row))
    return rows


def parse_only_internet(text, options):
    """netstat without -t, -u, -w appends the UNIX sockets."""
    return parse_sockets(text.split("Active UNIX")[0], options)


def parse_unix(text, options):
    """Rows as tuples: protocol, references, flags, type, state, inode, with -p the pid, and the path up to its first
    blank or newline, where netstat stops reading."""
    rows = []
    for line in text.splitlines():
        found = re.match(r"unix\s+(\d+)\s+(\[.*?\])\s+(\S+)\s+([A-Z]+|)\s*(\d+)\s*(.*)$", line)
        if not found:
            continue
        row, rest = ["unix", *found.groups()[:5]], found.group(6)
        if has_letter(options, "p"):
            program, _, rest = rest.partition(" ")
            row.append(program.split("/")[0])
            rest = rest.strip()
        rows.append(tuple(row + [re.split(r"\s|\\x0a", rest)[0]]))
    return rows


def parse_routes(text, options):
    """Rows as tuples of their cells; of IPv6 routes without Ref and Use."""
    if "6" not in options:
        return [tuple(line.split()) for line in text.splitlines() if re.match(r"\d+\.\d+\.\d+\.\d+\s|default\s", line)]
    rows = []
    for line in text.splitlines():
        cells = line.split()
        if len(cells) != 7 or "/" not in cells[0]:
            continue
        destination, gateway, flags, metric, _ref, _use, interface = cells
        rows.append((destination, gateway, flags.translate(UNTOLD_IPV6_FLAGS), metric, interface))
    return rows


def parse_groups(text, options):
    del options
    return [tuple(cells) for cells in map(str.split, text.splitlines())
            if len(cells) == 3 and re.fullmatch(r"\d+|-", cells[1])]


def parse_interfaces(text, options):
    """[(interface and what the line says, [its numbers])]: a line of -i, or each line of a block of -ie."""
    if not has_letter(options, "e"):
        rows = [line.split() for line in text.splitlines() if re.search(r" [A-Z]+$", line)]
        return [(cells[0], cells[1:]) for cells in rows if len(cells) == 11]
    rows, interface = [], None
    for line in text.splitlines():
        begins = re.match(r"(\S+): flags=", line)
        interface = begins.group(1) if begins else interface
        if not line.strip() or interface is None:
            continue
        if re.match(r"\s+inet", line):
            rows.append((f"{interface}{line}", []))
            continue
        cells = SHORTENED_BYTES.findall(line) + NUMBER.findall(SHORTENED_BYTES.sub("(bytes)", line))
        shape = NUMBER.sub("#", SHORTENED_BYTES.sub("(bytes)", line))
        rows.append((f"{interface}: {shape}" if not begins else shape, cells + re.findall(r"flags=(\d+)", line)))
    return rows


def parse_statistics(text, options):
    """[(group and the sentence with # for its number, [the number])], in the order of printing."""
    del options
    rows, group = [], ""
    for line in text.splitlines():
        if re.match(r"\w+:$", line):
            group = line
            rows.append((group, []))
        elif line.startswith(" "):
            rows.append((f"{group} {NUMBER.sub('#', line)}", NUMBER.findall(line)))
    return rows


def numbered(rows):
    """{(row, how many equal ones came before it): its numbers}, in order."""
    found, seen = {}, {}
    for row in rows:
        key, cells = row if len(row) == 2 and isinstance(row[1], list) else (row, [])
        seen[key] = seen.get(key, -1) + 1
        found[key, seen[key]] = cells
    return found


def why_netstat_has_less(key, options, parse):
    """The reason why the report has a row that netstat has not, or None."""
    row = key[0]
    if parse is parse_interfaces and re.match(r"\S+ +inet \d", row):
        return "netstat asks for one IPv4 address of an interface"
    if parse is parse_routes and "6" not in options and row[0] == "10.78.0.0":
        return "/proc/net/route has one hop of a route"
    return None


def split_endpoint(text):
    address, port = text.rsplit(":", 1)
    return address, 0 if port == "*" else int(port)


def full_sockets(text):
    """{(protocol, local, remote, inode): cells} of `netstat -W -neopa`, by the columns of table socket."""
    found = []
    for line in text.splitlines():
        if not is_socket(line):
            continue
        kind, left, retransmits, probes = re.search(r"(\w+) \((\d+\.\d+)/(\d+)/(\d+)\)\s*$", line).groups()
        words = TIMER.sub("", line).split(maxsplit=5)
        state, _, rest = words[5].partition(" ")
        if state not in STATES and not words[0].startswith("raw"):
            state, rest = "CLOSE", words[5]  # netstat shows nothing for a datagram socket that is not connected.
        user, inode, program = rest.split(maxsplit=2)
        pid = None if program.startswith("-") else int(program.split("/")[0])
        cells = {"state": {"7": "CLOSE", "1": "ESTABLISHED"}.get(state, state), "recv_queue": int(words[1]),
                 "send_queue": int(words[2]), "uid": int(user), "pid": pid, "timer": kind}
        if kind != "off":
            cells["timer_left"] = float(left) * 1000
        if state != "SYN_RECV":  # /proc counts its timeouts there, sock_diag its retransmissions.
            cells["timer_retries"] = int(retransmits if kind == "on" else probes)
        found.append(((words[0], split_endpoint(words[3]), split_endpoint(words[4]), int(inode)), cells))
    assert len(dict(found)) == len(found), "keys are not unique"
    return dict(found)


def full_unix(text):
    """{(type, inode, path up to its first blank): cells} of `netstat -W -neopa`; the path ends where netstat's does."""
    found = {}
    for row in parse_unix(text, "-p"):
        _, references, flags, kind, state, inode, program, path = row
        found[kind, int(inode), path] = {"references": int(references), "state": state or "UNCONNECTED",
                                         "listening": "ACC" in flags, "pid": int(program) if program != "-" else None}
    return found
