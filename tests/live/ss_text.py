# SPDX-License-Identifier: MIT
"""What `ss -H -O -anpeim` (iproute2 6.1) prints, as rows of the snapshot's tables with the snapshot's columns.

Every word that ss prints is in one of three tables: compared (it has a column), EXEMPT (with the reason), or unknown,
which is an error: a newer ss says something that nobody has thought about.
"""
import re

PROTOCOLS = {"tcp", "udp", "raw", "mptcp", "sctp", "dccp"}
UNIX = {"u_str": "STREAM", "u_dgr": "DGRAM", "u_seq": "SEQPACKET"}
PACKET = {"p_raw": "RAW", "p_dgr": "DGRAM"}
STATES = {"ESTAB": "ESTABLISHED", "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECV", "FIN-WAIT-1": "FIN_WAIT1",
          "FIN-WAIT-2": "FIN_WAIT2", "TIME-WAIT": "TIME_WAIT", "UNCONN": "CLOSE", "CLOSE-WAIT": "CLOSE_WAIT",
          "LAST-ACK": "LAST_ACK", "LISTEN": "LISTEN", "CLOSING": "CLOSING"}
UNIX_STATES = {"ESTAB": "CONNECTED", "LISTEN": "LISTENING", "UNCONN": "UNCONNECTED", "SYN-SENT": "CONNECTING"}
TIMERS = {"on": "on", "keepalive": "keepalive", "timewait": "timewait", "persist": "probe", "off": "off"}
NETLINK = {name: number for number, name in enumerate(
    "route 1 usersock 3 sock_diag nflog xfrm selinux iscsi audit fib_lookup connector netfilter 13 14 kobject_uevent "
    "generic 17 scsi_transport ecryptfs rdma crypto smc".split())}

# Words of -i with a column of tcp_info; absent is what ss leaves out because it is this.
INFO = {"mss": ("send_mss", 0), "rcvmss": ("recv_mss", 0), "advmss": ("advertised_mss", 0), "pmtu": ("path_mtu", 0),
        "cwnd": ("cwnd", 0), "bytes_sent": ("bytes_sent", 0), "bytes_retrans": ("bytes_retransmitted", 0),
        "bytes_acked": ("bytes_acked", 0), "bytes_received": ("bytes_received", 0), "segs_out": ("segments_out", 0),
        "segs_in": ("segments_in", 0), "data_segs_out": ("data_segments_out", 0),
        "data_segs_in": ("data_segments_in", 0), "delivered": ("delivered", 0), "delivered_ce": ("delivered_ce", 0),
        "unacked": ("unacked", 0), "lost": ("lost", 0), "dsack_dups": ("duplicate_sacks", 0),
        "reord_seen": ("reorderings", 0), "reordering": ("reordering", 3), "rcv_space": ("recv_space", 0),
        "notsent": ("not_sent", 0), "rcv_ooopack": ("out_of_order", 0), "snd_wnd": ("send_window", 0)}
MILLISECONDS = {"rto": "rto", "rcv_rtt": "recv_rtt", "minrtt": "min_rtt"}  # ss prints ms, the columns are in us.
BUSY = {"busy": "busy_time", "rwnd_limited": "window_limited", "sndbuf_limited": "buffer_limited"}
RATES = {"pacing_rate": "pacing_rate", "delivery_rate": "delivery_rate"}  # ss prints bits a second.
AGES = {"lastsnd": "last_sent", "lastrcv": "last_received", "lastack": "last_acked"}
OPTIONS = {"ts": "ts", "sack": "sack", "ecn": "ecn", "ecnseen": "ecnseen", "fastopen": "syn_data"}
MEMORY = {"r": "recv_memory", "rb": "recv_buffer", "t": "send_memory", "tb": "send_buffer", "d": "drops"}

# Named columns of ss that the snapshot has not, and why.
EXEMPT = {
    "skmem f w o bl": "free, queued, option and backlog memory of this instant; no column",
    "skmem of unix and netlink sockets, rb and tb of others": "limits and memory, recorded for TCP alone",
    "cgroup": "the path of the socket's cgroup; process.unit and process.container tell it for the owner",
    "v6only": "an option of the socket; no column",
    "<-> --> <-- ---": "which directions are shut down; for TCP the state tells it, for unix there is no column",
    "ino: dev: peers: of unix sockets": "the file's inode and device, and who waits in the listener's queue",
    "ver cpy_thresh": "layout of the ring of a packet socket; ring_bytes tells whether there is one",
    "sk cb of netlink sockets": "the kernel hides these pointers: always 0",
    "backlog": "not the limit of the queue: bytes of skmem bl",
    "wscale of LISTEN": "there is none before a connection is made",
    "ato backoff app_limited bbr:() send tcp-ulp-mptcp": "delayed acknowledgement, doublings of rto, the algorithm's "
                                                         "own state, cwnd * mss / rtt, and the protocol on top",
    "rcv_ssthresh of LISTEN": "there is none before a connection is made",
    "MPTCP's subflows, token, sequence numbers": "the state of the protocol; no column",
}
EXEMPT_WORDS = {"backoff", "ato", "app_limited", "send", "bbr", "cgroup", "v6only", "fackets", "ver",
                "cpy_thresh", "token", "write_seq", "snd_una", "rcv_nxt", "subflows", "subflows_max", "remote_key",
                "<->", "-->", "<--", "---", "add_addr_signal", "add_addr_accepted"}


def records(text):
    """One a socket: a name with a newline goes on in the next line."""
    begins = re.compile(r"(?:tcp|udp|raw|mptcp|sctp|dccp|u_\w+|p_\w+|nl|v_\w+|tipc|xdp|\?\?\?) +[A-Z]")
    found = []
    for line in text.split("\n"):
        if begins.match(line):
            found.append(line)
        elif line and found:
            found[-1] += "\n" + line
    return found


def owners(line):
    """{(pid, descriptor)}."""
    return frozenset((int(pid), int(fd)) for pid, fd in re.findall(r",pid=(\d+),fd=(\d+)\)", line))


def names(line):
    """{pid: command name}."""
    return {int(pid): name for name, pid in re.findall(r'\("(.*?)",pid=(\d+),', line)}


def endpoint(text):
    """(address, port, interface it is bound to)"""
    address, port = text.rsplit(":", 1)
    address, _, interface = address.partition("%")
    address = address.strip("[]")
    return "::" if address == "*" else address, 0 if port == "*" else int(port), interface or None


def milliseconds(text):
    """1min58sec, 119min, 1.572ms and 876ms."""
    total = 0
    for number, unit in re.findall(r"(\d+)(min|sec|\.|ms)", text):
        total += int(number) * {"min": 60_000, "sec": 1000, ".": 1000, "ms": 1}[unit]
    return total


def cut(left):
    """What ss leaves of so many milliseconds."""
    return left - left % (60_000 if left >= 600_000 else 1000 if left >= 10_000 else 1)


def memory(line):
    found = re.search(r"skmem:\(r(\d+),rb(\d+),t(\d+),tb(\d+),f-?\d+,w\d+,o\d+,bl\d+,d(\d+)\)", line)
    return dict(zip(MEMORY, map(int, found.groups()))) if found else {}


def rate(text):
    assert text.endswith("bps"), text
    return int(text[:-3]) // 8


def tcp_info(line, state):
    """Cells of table tcp_info from what -i and -m print."""
    row = {MEMORY[name]: value for name, value in memory(line).items()}
    row.update({column: absent for column, absent in INFO.values()}, retransmitting=0, retransmits=0)
    row.update({column: 0 for column in BUSY.values()})
    row["options"] = set()
    words = re.sub(r"bbr:\(.*?\)|dctcp:\(.*?\)", "", line.split("skmem:(")[1].split(")", 1)[1])
    words = words.split(" tcp-ulp-")[0].split()
    while words:
        word = words.pop(0)
        name, _, value = word.partition(":")
        if word in OPTIONS:
            row["options"].add(OPTIONS[word])
        elif word in ("send", *RATES):
            value = words.pop(0)
            row.update({RATES[word]: rate(value)} if word in RATES else {})
        elif name in INFO:
            row[INFO[name][0]] = int(value)
        elif name in MILLISECONDS:
            row[MILLISECONDS[name]] = float(value)
        elif name in BUSY:
            row[BUSY[name]] = int(value.split("ms")[0])
        elif name in AGES:
            # Before there is a connection ss counts from the kernel's jiffy 0; the snapshot says that there was none.
            row[AGES[name]] = int(value) if state != "SYN-SENT" else None
        elif not add_special(row, state, name, value):
            assert name in EXEMPT_WORDS, (word, line)
    row["options"] = frozenset(row["options"])
    return row


def add_special(row, state, name, value):
    """Words with a form of their own; whether it was one."""
    if name == "rtt":
        row["rtt"], row["rtt_variance"] = map(float, value.split("/"))
    elif name == "wscale":
        row["send_scale"], row["recv_scale"] = map(int, value.split(","))
        row["options"].add("wscale")
    elif name == "retrans":
        row["retransmitting"], row["retransmits"] = map(int, value.split("/"))
    elif name == "ssthresh":
        row["ssthresh"] = int(value)
    elif name == "rcv_ssthresh":
        row["recv_ssthresh"] = int(value)
    elif name == "sacked":
        row["sacked"] = int(value)
    elif not value and re.fullmatch("[a-z]+", name) and name not in EXEMPT_WORDS:
        row["congestion_control"] = name
    else:
        return False
    if state == "LISTEN":
        row.pop("recv_ssthresh", None)
    return True


def check_words(line):
    """What is between the addresses and the memory is a column or exempt."""
    rest = re.sub(r'users:\(\("[^"]*",pid=\d+,fd=\d+\)(,\("[^"]*",pid=\d+,fd=\d+\))*\)', "", line).split(" skmem:(")[0]
    for word in rest.split()[6:]:
        assert word.partition(":")[0] in EXEMPT_WORDS | {"timer", "uid", "ino", "sk"}, (word, line)


def internet(line, rows):
    check_words(line)
    protocol, state, receive, send, local, remote = line.split()[:6]
    local_address, local_port, interface = endpoint(local)
    remote_address, remote_port, _ = endpoint(remote)
    cookie = re.search(r" sk:([0-9a-f]+)", line)
    key = (protocol, local_address, local_port, remote_address, remote_port, cookie and cookie[1])
    is_listener = state == "LISTEN"
    row = {"state": STATES[state], "recv_queue": int(receive), "send_queue": 0 if is_listener else int(send),
           "backlog": int(send) if is_listener else None, "bound_interface": interface, "owners": owners(line)}
    if cookie:  # Else from /proc, where ss takes the addresses and the queues alone.
        row["inode"] = int(re.search(r" ino:(\d+)", line)[1])
        uid = re.search(r" uid:(\d+)", line)
        row["uid"] = int(uid[1]) if uid else 0
        timer = re.search(r" timer:\((\w+),([^,]*),(\d+)\)", line)
        row["timer"], row["timer_retries"] = (TIMERS[timer[1]], int(timer[3])) if timer else ("off", 0)
        if timer:
            row["timer_left"] = milliseconds(timer[2])
    if protocol == "udp":
        row["drops"] = memory(line)["d"]
    rows["socket"].append((key, row))
    if protocol == "tcp" and "skmem:(" in line and state not in ("TIME-WAIT", "SYN-RECV"):
        rows["tcp_info"].append((key[1:], tcp_info(line, state)))


def unix(line, rows):
    # A name may have blanks and newlines; the inode after it and the peer's behind that have none.
    found = re.match(r"(\S+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(.*?) (\d+)\s+\* (\d+)\s", line, re.DOTALL)
    kind, state, receive, send, name, inode, peer = found.groups()
    rows["unix_socket"].append(((int(inode),), {
        "type": UNIX[kind], "state": UNIX_STATES[state], "recv_queue": int(receive), "send_queue": int(send),
        "name": None if name == "*" else name, "peer_inode": int(peer), "owners": owners(line)}))


def packet(line, rows):
    kind, _, receive, send, name = line.split()[:5]
    protocol, interface = name.rsplit(":", 1)
    number = 3 if protocol == "*" else int(protocol.strip("[]"))
    uid = re.search(r" uid:(\d+)", line)
    flags = re.search(r"flags\((.*?)\)", line)[1].split()
    rows["packet_socket"].append(((re.search(r" sk:([0-9a-f]+)", line)[1],), {
        "type": PACKET[kind], "protocol": f"{number:x}", "interface": None if interface == "*" else interface,
        "recv_memory": int(receive), "send_memory": int(send), "inode": int(re.search(r" ino:(\d+)", line)[1]),
        "uid": int(uid[1]) if uid else 0, "running": "running" in flags, "drops": memory(line)["d"],
        "owners": owners(line)}))


def netlink(line, rows):
    _, _, receive, send, name = line.split()[:5]
    protocol, port = name.rsplit(":", 1)
    port = int(port) % 2**32  # ss prints it with a sign.
    if int(protocol) == NETLINK["sock_diag"] and port:
        return  # The socket on which this ss asks.
    row = {"groups": re.search(r"groups=0x0*([0-9a-f]+)", line)[1], "drops": memory(line)["d"]}
    if int(protocol) != NETLINK["sock_diag"]:  # The kernel's own holds the very question.
        row.update(recv_memory=int(receive), send_memory=int(send))
    rows["netlink_socket"].append(((int(protocol), port), row))


def parse(text):
    """({table: {key: cells}}, {pid: command name})"""
    rows = {"socket": [], "tcp_info": [], "unix_socket": [], "packet_socket": [], "netlink_socket": []}
    programs = {}
    for line in records(text):
        kind = line.split()[0]
        programs.update(names(line))
        reader = internet if kind in PROTOCOLS else unix if kind in UNIX else packet if kind in PACKET else netlink
        reader(line, rows)
    found = {}
    for table, pairs in rows.items():
        if table == "netlink_socket":
            pairs = dict.fromkeys((key, tuple(sorted(cells.items()))) for key, cells in pairs)  # Listed twice.
            pairs = [(key, dict(cells)) for key, cells in pairs]
        found[table] = dict(pairs)
        assert len(found[table]) == len(pairs), f"{table}: keys are not unique: {pairs}"
    return found, programs
