# SPDX-License-Identifier: MIT
"""What `ip -j` (iproute2 6.1) says, as (key, cells) pairs with the columns of the snapshot's tables, and the keys of
those. Not compared, by name:

  used, confirmed, updated, probes   of neighbours: `ip` shows them with -s alone
  refcnt, users                      of exceptions: what looking changes
"""
import json

TABLES = {"local": 255, "main": 254, "default": 253}
PROTOCOLS = {"redirect", "kernel", "boot", "static", "ra"}


def only_known(cells):
    return {name: value for name, value in cells.items() if value is not None}


def exceptions(namespace):
    for family in ("-4", "-6"):
        for row in json.loads(namespace.ip(family, "-j", "route", "show", "cache").out or "[]"):
            metrics = row.get("metrics", [{}])[0]
            yield (row["dst"], row["dev"]), only_known({
                "gateway": row.get("gateway"), "mtu": metrics.get("mtu"), "metric": row.get("metric"),
                "preference": row.get("pref"), "flags": row.get("cache") if family == "-4" else None,
                "seconds left": row.get("expires")})


def neighbours(namespace):
    for proxy in (False, True):
        for row in json.loads(namespace.ip("-j", "neigh", "show", *(["proxy"] if proxy else [])).out or "[]"):
            yield (row["dst"], row["dev"], proxy), only_known({
                "link_address": row.get("lladdr"), "state": None if proxy else row["state"][0],
                "router": None if proxy else "router" in row})


def rules(namespace):
    for family in ("-4", "-6"):
        for row in json.loads(namespace.ip(family, "-j", "rule").out or "[]"):
            source = None if row["src"] == "all" else row["src"]
            table = TABLES.get(row.get("table"), row.get("table"))
            yield ("IPv" + family[1], row["priority"], source), only_known({
                "rule_table": int(table) if table is not None else None, "source_length": row.get("srclen"),
                "mark": int(row["fwmark"], 16) if "fwmark" in row else None, "in_interface": row.get("iif"),
                "action": row.get("action")})


def tcp_metrics(namespace):
    for row in json.loads(namespace.ip("-j", "tcp_metrics").out or "[]"):
        yield (row["dst"], row.get("source")), only_known({
            "cwnd": row.get("cwnd"), "ssthresh": row.get("ssthresh"), "reordering": row.get("reordering"),
            "age": row.get("age"),
            "rtt": round(row["rtt"] * 1e6) if "rtt" in row else None,
            "rttvar": round(row["rttvar"] * 1e6) if "rttvar" in row else None})


def nexthops(namespace):
    for row in json.loads(namespace.ip("-j", "nexthop").out or "[]"):
        members = ",".join(f"{one['id']}/{one['weight']}" if "weight" in one else str(one["id"])
                           for one in row.get("group", []))
        yield (row["id"],), only_known({
            "gateway": row.get("gateway"), "interface": row.get("dev"), "group": members or None,
            "blackhole": "blackhole" in row})


def link_groups(namespace):
    for device in json.loads(namespace.ip("-j", "maddr").out or "[]"):
        for row in device.get("maddr", []):
            if "link" in row:
                yield (row["link"], device["ifname"]), {"users": row.get("users", 1)}


def prefix(text, is_v6):
    """(address, length) of default, 10.0.0.0/8, 10.0.0.1"""
    address, _, length = ("::/0" if is_v6 else "0.0.0.0/0").partition("/") if text == "default" else text.partition("/")
    return address, int(length) if length else (128 if is_v6 else 32)


def routes(namespace):
    """One row a next hop; JSON, but for locks, which the text alone tells."""
    for family in ("-4", "-6"):
        command = ("-d", "route", "show", "table", "all")
        found = json.loads(namespace.ip(family, "-j", *command).out or "[]")
        lines = [line for line in namespace.ip(family, *command).lines() if not line.startswith(("\t", " "))]
        lines = lines if len(lines) == len(found) else [""] * len(found)
        for row, line in zip(found, lines):
            yield from hops(row, line, family == "-6")


def hops(row, line, is_v6):
    table = str(row.get("table", "main"))
    destination, length = prefix(row["dst"], is_v6)
    source, source_length = prefix(row["from"], is_v6) if row.get("from") else (None, 0)
    metrics = row.get("metrics", [{}])[0]
    shared = only_known({
        "type": row["type"], "protocol": row.get("protocol"), "scope": row.get("scope"), "metric": row.get("metric", 0),
        "source": source, "source_prefix_length": source_length, "preferred_source": row.get("prefsrc"),
        "preference": row.get("pref"), "nexthop_id": row.get("nhid"), "seconds left": row.get("expires"),
        **{name: metrics.get(name) for name in ("mtu", "advmss", "window", "cwnd", "ssthresh", "initcwnd", "initrwnd",
                                                "hoplimit", "quickack", "reordering")}})
    if " mtu lock " in line:
        shared["locked_metrics"] = "4"
    several = row.get("nexthops")
    for number, hop in enumerate(several or [row]):
        cells = dict(shared, hop=number if several else None, weight=hop.get("weight"), flags=hop.get("flags", []))
        via = hop.get("via", {}).get("host") or hop.get("gateway")
        yield (int(TABLES.get(table, table)), destination, length, hop.get("dev"), via, row.get("metric", 0)), cells


def groups(namespace):
    for device in json.loads(namespace.ip("-j", "maddr").out or "[]"):
        for row in device.get("maddr", []):
            if "address" in row:
                yield (row["address"], device["ifname"]), {"users": row.get("users", 1)}


IP = {"route": routes, "multicast_group": groups, "route_exception": exceptions, "neighbour": neighbours,
      "rule": rules, "tcp_metric": tcp_metrics, "nexthop": nexthops, "link_group": link_groups}
KEYS = {
    "route": lambda row: tuple(row[one] for one in ("route_table", "destination", "prefix_length", "interface",
                                                    "gateway", "metric")),
    "multicast_group": lambda row: (row["group"], row["interface"]),
    "route_exception": lambda row: (row["destination"], row["interface"]),
    "neighbour": lambda row: (row["address"], row["interface"], row["proxy"]),
    "rule": lambda row: (row["family"], row["priority"], row["source"]),
    "tcp_metric": lambda row: (row["destination"], row["source"]),
    "nexthop": lambda row: (row["id"],),
    "link_group": lambda row: (row["address"], row["interface"]),
}


def as_ip(table, row, boottime_ms):
    """A row of the snapshot with the cells that `ip` says in another form."""
    found = dict(row)
    if table == "neighbour":
        found["router"] = "router" in row["flags"]
    elif table == "rule" and isinstance(row["mark"], str):
        found["mark"] = int(row["mark"], 16)
    elif table == "tcp_metric" and row["updated"] is not None:
        found["age"] = (boottime_ms - row["updated"]) / 1000
    if row.get("expires") is not None:
        found["seconds left"] = (row["expires"] - boottime_ms) / 1000
    return found


def is_clock(cell):
    """Whether it is a countdown or an age."""
    return cell in ("age", "seconds left")


def parse_cache(text):
    """{(destination, interface): {gateway, mtu, redirected}} of `hindstat-report -rC`, both families."""
    found = {}
    for line in text.splitlines()[1:]:  # The first one says which snapshot this is.
        cells = line.split()
        if len(cells) == 7 and cells[0] != "Source":
            found[cells[1], cells[6]] = {"gateway": cells[2], "mtu": cells[4], "redirected": "D" in cells[3]}
    return found
