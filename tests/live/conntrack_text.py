# SPDX-License-Identifier: MIT
"""What `conntrack -L -o extended,id` (conntrack-tools 1.4.7) prints, as rows with the columns of table conntrack."""

NUMBERS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "icmpv6": 58, "sctp": 132, "udplite": 136}
TUPLE = {"src": "source", "dst": "destination", "sport": "source_port", "dport": "destination_port",
         "type": "icmp_type", "code": "icmp_code"}


def parse_conntrack(line):
    """One line of conntrack as hindstat names its cells; without what a listing has no cell for."""
    words = line.split()
    row = {"protocol": int(words[3]), "state": None, "flags": {"replied"}, "zone": 0, "reply_zone": None,
           "helper": None}
    for name in ("source_port", "destination_port", "icmp_type", "icmp_code", "icmp_id"):
        row[name] = row["reply_" + name] = None
    rest = words[4:]
    row["seconds"] = int(rest.pop(0)) if rest[0].isdigit() else None
    if "=" not in rest[0] and not rest[0].startswith("["):
        row["state"] = rest.pop(0)
    prefix, tuples = "", 0
    for word in rest:
        key, _, value = word.partition("=")
        if key == "src":
            prefix, tuples = "reply_" * tuples, tuples + 1
        if key in TUPLE:
            row[prefix + TUPLE[key]] = value if key in ("src", "dst") else int(value)
        elif key == "id" and row[prefix + "icmp_type"] is not None and row[prefix + "icmp_id"] is None:
            row[prefix + "icmp_id"] = int(value)
        elif key in ("packets", "bytes"):
            row[prefix + key] = int(value)
        elif key == "zone-orig":
            row.update(zone=int(value), reply_zone=0)
        elif key in ("id", "mark", "use", "zone"):
            row[key] = int(value)
        elif key == "helper":
            row["helper"] = value
        elif word == "[UNREPLIED]":
            row["flags"].discard("replied")
        elif word == "[ASSURED]":
            row["flags"].add("assured")
    assert tuples == 2, line
    # What conntrack's own --src-nat says of ICMP is wrong: the types of the two tuples differ by nature.
    row["nat"] = set()
    if any(row[name] != row["reply_" + other] for name, other in
           (("source", "destination"), ("source_port", "destination_port"), ("icmp_id", "icmp_id"))):
        row["nat"].add("source")
    if any(row[name] != row["reply_" + other] for name, other in
           (("destination", "source"), ("destination_port", "source_port"))):
        row["nat"].add("destination")
    return row


def comparable(row):
    """A row of --json with the types of parse_conntrack()."""
    found = dict(row, flags=set(row["flags"]), nat=set(row["nat"]))
    protocol = row["protocol"]
    found["protocol"] = NUMBERS[protocol] if protocol in NUMBERS else int(protocol)
    return found


def identity(row):
    return tuple(row[name] for name in ("zone", "protocol", "source", "source_port", "destination",
                                        "destination_port", "icmp_type", "icmp_code", "icmp_id"))


def as_netstat(row):
    """The cells of `hindstat-report -M` of a flow: protocol, source, destination, ports."""
    names = {number: name for name, number in NUMBERS.items()}
    ports = (f"{row['icmp_id']} -> {row['icmp_type']}/{row['icmp_code']} ({row['reply_icmp_id']})"
             if row["icmp_id"] is not None else
             f"{row['source_port']} -> {row['destination_port']} ({row['reply_destination_port']})")
    return (names.get(row["protocol"], str(row["protocol"])), row["source"], row["destination"],
            ports.replace("None", "-"))
