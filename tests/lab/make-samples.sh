#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make-samples.sh [HINDSTAT-RECORD] - makes the bundles samples/client, gateway and server, recorded at one moment in
# the lab of gateway-lab.sh, and the same again as client-later, ... after connections, a listener, an address, a
# route and an interface changed. Run it when the recorder reads more than it did, then `./dev accept`.
#
# Needs root and what gateway-lab.sh needs. What is not of the lab is left out or replaced: the host's name, machine
# id, boot id, users and services; other processes, namespaces and cgroups. Everything else is as the kernel said it.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
root=$(cd "$here/../.." && pwd)
record=$(readlink -f "${1:-$root/build/release/bin/hindstat-record}")
[ -x "$record" ] || { echo "make-samples: there is no $record: ./dev build" >&2; exit 2; }

export LAB=hssample LAB_DIR=/run/hssample LAB_MAX=120
work=$(mktemp -d /tmp/hindstat-samples.XXXXXX)
forward=
cleanup() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  "$here/gateway-lab.sh" down >/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---------------------------------------------------------------- what the recorded hosts are called
names=(client gateway server)
cat > "$work/passwd" <<'TXT'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
TXT
cat > "$work/services" <<'TXT'
ssh		22/tcp
domain		53/tcp
domain		53/udp
mdns		5353/udp
x11-ssh-offset	6010/tcp
afs3-fileserver	7000/tcp	bbs
TXT
for i in 0 1 2; do
  printf '%032d\n' $((i + 2)) > "$work/machine-id.${names[i]}"
  printf '%08d-0000-4000-8000-%012d\n' $((i + 2)) $((i + 2)) > "$work/boot_id.${names[i]}"
done

# ---------------------------------------------------------------- recording
proc_files="tcp tcp6 udp udp6 udplite udplite6 raw raw6 icmp icmp6 unix route ipv6_route dev if_inet6 igmp igmp6
  snmp snmp6 netstat sockstat sockstat6"

# record_one NAME BUNDLE: netlink and /proc of one namespace; /proc/net files that this recording did not read are
# copied right after it, so that the bundle serves both kinds of reader.
record_one() {
  local name=$1 bundle=$work/bundles/$2 file
  mkdir -p "$bundle"
  ip netns exec "$LAB-${name:0:1}" unshare --mount --uts sh -eu -c '
    hostname "$1"
    mount --bind "$2/machine-id.$1" /etc/machine-id
    mount --bind "$2/passwd" /etc/passwd
    mount --bind "$2/services" /etc/services
    "$4" --store "$2/$1.db" --save-bundle "$3"
    cd /proc/thread-self/net
    bundle=$3
    shift 4
    for file; do
      [ -e "$bundle/proc/net/$file" ] || [ ! -e "$file" ] || cat "$file" > "$bundle/proc/net/$file"
    done' sh "$name" "$work" "$bundle" "$record" $proc_files
}

# reduce NAME BUNDLE: takes out what is of this machine and not of the lab.
reduce() {
  local name=$1 bundle=$work/bundles/$2 link inode process
  cp "$work/boot_id.$name" "$bundle/proc/sys/kernel/random/boot_id"
  : > "$bundle/namespaces"
  sed -i -E 's/^processes_seen=.*/processes_seen=3/; s/^processes_denied=.*/processes_denied=0/' "$bundle/owners"
  sed -i -E '/^(Vm|Rss|Hugetlb|Cpus_|Mems_|Sig|Shd|Spec|untag|voluntary|nonvoluntary|THP)/d' "$bundle/proc/self/status"
  for file in "$bundle"/proc/[0-9]*/cgroup; do echo 0::/lab > "$file"; done
  # The lab's processes hold sockets of all three namespaces: only those that this one lists.
  awk 'FNR > 1' "$bundle"/proc/net/{tcp,tcp6,udp,udp6,udplite,udplite6,raw,raw6,icmp,icmp6} | awk '{ print $10 }' \
    > "$work/inodes"
  awk 'FNR > 1 { print $7 }' "$bundle/proc/net/unix" >> "$work/inodes"
  for link in "$bundle"/proc/[0-9]*/fd/*; do
    inode=$(readlink "$link")
    inode=${inode//[^0-9]/}
    grep -qx "$inode" "$work/inodes" || rm "$link"
  done
  for process in "$bundle"/proc/[0-9]*; do
    if rmdir "$process/fd" 2>/dev/null; then
      sed -i "/^fds ${process##*/}=/d" "$bundle/owners"
      rm -r "$process"
    fi
  done
  chmod -R u=rwX,go=rX "$bundle"
}

record_all() { # record_all SUFFIX
  local name pids=()
  for name in "${names[@]}"; do record_one "$name" "$name$1" & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid"; done
  for name in "${names[@]}"; do reduce "$name" "$name$1"; done
}

"$here/gateway-lab.sh" up

# A forwarded X11 display: a listener with a long name, and a connection to it.
python=/usr/bin/python3 # As the lab's holder: its path is in the bundle.
[ -x "$python" ] || python=python3
ip netns exec "$LAB-c" "$python" -c '
import socket, sys, time
open("/proc/self/comm", "w").write("ssh-forward")
listener = socket.create_server(("127.0.0.1", 6010))
client = socket.create_connection(("127.0.0.1", 6010))
server, _ = listener.accept()
open(sys.argv[1], "w").close()
time.sleep(float(sys.argv[2]))' "$work/forwarding" "$LAB_MAX" &
forward=$!
for _ in $(seq 1 100); do [ -e "$work/forwarding" ] && break; sleep 0.1; done
[ -e "$work/forwarding" ] || { echo "make-samples: the forwarder did not start" >&2; exit 1; }

record_all ""
kill "$forward"; wait "$forward" 2>/dev/null || true
forward=
"$here/gateway-lab.sh" churn >/dev/null
ip -n "$LAB-g" route flush 10.81.0.0/16
ip -n "$LAB-g" route add 10.81.0.0/16 via 10.77.2.2 metric 7
ip -n "$LAB-g" route replace default via 10.77.2.2
ip -n "$LAB-g" addr add 10.77.3.1/24 dev g1
ip -n "$LAB-g" link set gs0 down
sleep 1
record_all -later

for name in "${names[@]}"; do
  for suffix in "" -later; do
    rm -rf "${root:?}/samples/$name$suffix"
    cp -r "$work/bundles/$name$suffix" "$root/samples/$name$suffix"
  done
done
du -sh --apparent-size "$root/samples"
