#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes samples/store-format-1.db anew from the bundles of the lab: only while its format is not released, because every
# later version must read the file that is there. HINDSTAT_BIN=build/dev/bin tests/lab/make-store-sample.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${HINDSTAT_BIN:-$root/build/release/bin}
work=$(mktemp -d "${TMPDIR:-/tmp}/hindstat-sample.XXXXXX")
trap 'rm -rf "$work"' EXIT
store=$work/store.db
# A keyframe and a change set of each table of one host, and another host; of some tables, so that the file stays small.
for bundle in client client-later gw1; do
  cp -r "$root/samples/$bundle" "$work/$bundle"
  find "$work/$bundle/netlink" -type f -regextype posix-extended \
    ! -regex '.*/(sock_diag-(tcp|udp)|rtnetlink-(route|addr))-inet6?' -delete
  find "$work/$bundle/proc/net" -type f ! -name snmp ! -name sockstat -delete
  rm -rf "$work/$bundle/proc/sys/net" "$work/$bundle/etc/services" "$work/$bundle/etc/passwd"
  "$bin/hindstat-record" --store "$store" --bundle "$work/$bundle"
done
# Pages that hold nothing are left out.
python3 - "$store" <<'PY'
import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("VACUUM")
PY
mv "$store" "$root/samples/store-format-1.db"
chmod 644 "$root/samples/store-format-1.db"
ls -l "$root/samples/store-format-1.db"
