#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""export --anonymise as a process, of a namespace full of telling names: nothing of them is in what is handed on, what
the tools say about it is the same, and the map stays here."""
import json
import os
import re
import socket
import unittest

import lab

lab.require_namespaces()

TABLES = ("socket,unix_socket,packet_socket,process,route,rule,neighbour,interface,address,multicast_group,link_group,"
          "network_namespace,user,service,tcp_metric,route_exception,interface_counter6")
COMPANY = "acmecorp"  # In every name that somebody might have thought of.


class Anonymous(unittest.TestCase):
    def setUp(self):
        self.lab = lab.Lab()
        self.addCleanup(self.lab.close)
        self.store, self.out = self.lab.path("hindstat.db"), self.lab.path("out.db")
        self.map = self.out + ".map.json"
        self.one, self.other = self.lab.namespace(COMPANY), self.lab.namespace("other")
        self.device, _ = self.lab.join(self.one, self.other)
        self.one.ip("link", "add", COMPANY, "type", "bridge")
        self.one.ip("link", "set", COMPANY, "address", "00:16:3e:77:88:99", "up")
        self.one.ip("addr", "add", "203.0.113.77/28", "dev", COMPANY)
        self.one.ip("addr", "add", "2001:db8:77::77/64", "dev", COMPANY, "nodad")
        self.one.ip("addr", "add", "fe80::216:3eff:fe77:8899/64", "dev", COMPANY, "nodad")  # Made of its MAC.
        self.one.ip("route", "add", "198.51.100.0/24", "via", "203.0.113.78")
        self.one.ip("neigh", "add", "203.0.113.78", "lladdr", "00:16:3e:aa:bb:cc", "dev", COMPANY)
        with self.one.inside():
            self.unix = self.lab.keep(socket.socket(socket.AF_UNIX))
        self.unix.bind(self.lab.path(COMPANY + ".sock"))
        self.lab.start_python("import socket, sys\n"
                              "open('/proc/self/comm', 'w').write(sys.argv[1])\n"
                              "s = socket.create_server(('10.77.1.1', 7077))\n"
                              "print('ready', flush=True)\nsys.stdin.read()", COMPANY, namespace=self.one)
        self.one.record(self.store, "--host", COMPANY + "-gw")
        self.client = self.other.connect("10.77.1.1", 7077, ("10.77.1.2", 40077))
        self.one.ip("addr", "add", "203.0.113.75/28", "dev", COMPANY)
        self.one.record(self.store, "--host", COMPANY + "-gw")
        self.tool("mark", "deploy of " + COMPANY, "--host", COMPANY + "-gw", "--store", self.store)
        self.tool("pin", "1", "--note", COMPANY, "--store", self.store)

    def tool(self, *args, code=0):
        result = lab.tool("hindstat-record", *args)
        self.assertEqual(result.code, code, result)
        return result

    def everything(self, store):
        """What can be got out of a store, in one text."""
        texts = [lab.tool("hindstat-record", "list", "--json", "--store", store).out]
        for at in ("@first", "@latest"):
            result = lab.tool("hindstat-report", "--store", store, at, "--json", "--table", TABLES)
            self.assertEqual(result.code, 0, result)
            texts.append(result.out)
        texts.append(lab.tool("hindstat-diff", "--store", store, "@first", "@latest", "--all", "--json").out)
        texts.append(lab.tool("hindstat-report", "--store", store, "@latest").out)
        return "\n".join(texts).lower()

    def secrets(self):
        with open("/etc/machine-id", encoding="ascii") if os.path.exists("/etc/machine-id") else open(os.devnull) as file:
            machine = file.read().strip()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        mac = json.loads(self.one.check("ip", "-j", "link", "show", self.device).out)[0]["address"]
        listed = [COMPANY, "00:16:3e:77:88:99", "00:16:3e:aa:bb:cc", mac, "203.0.113.", "2001:db8:77:", "198.51.100.0",
                  "10.77.1.1", "10.77.1.2", "fd77:1:", "216:3eff:fe77:8899", boot, "python", "deploy of"]
        return [secret.lower() for secret in [*listed, machine] if secret]

    def test_what_is_handed_on_says_the_same_of_nobody(self):
        original = self.everything(self.store)
        secrets = self.secrets()
        missing = [secret for secret in secrets if secret not in original]
        self.assertEqual(missing, [], "the search finds what is there")
        result = self.tool("export", "--anonymise", self.out, "--store", self.store)
        self.assertEqual(result.out, f"{self.out}: 2 snapshots exported under pseudonyms\n{self.map}: what stands for "
                                     "what; keep it here, whoever has it can undo the anonymity\n")
        self.assertIn(": sound: 2 snapshots", self.tool("verify", "--store", self.out).out)
        handed_on = self.everything(self.out)
        with open(self.out, "rb") as file:
            raw = file.read().decode("latin-1").lower()
        for secret in secrets:
            self.assertNotIn(secret, handed_on)
            self.assertNotIn(secret, raw)
        rows = [lab.report_rows(store, tables=TABLES).tables for store in (self.store, self.out)]
        self.assertEqual({t: len(r) for t, r in rows[0].items()}, {t: len(r) for t, r in rows[1].items()})

        with open(self.map, encoding="utf-8") as file:
            known = json.load(file)
        self.assertEqual(os.stat(self.map).st_mode & 0o777, 0o600)
        self.assertEqual(known["names"]["host"], {COMPANY + "-gw": "host-1"})
        self.assertEqual(known["names"]["interface"][COMPANY], f"bridge-{known['names']['interface'][COMPANY][7:]}")
        # Events, translated forwards, are those of the original.
        events = [self.events(store) for store in (self.store, self.out)]
        self.assertGreater(len(events[0]), 2)
        self.assertEqual([(e["ev"], e["severity"]) for e in events[0]], [(e["ev"], e["severity"]) for e in events[1]])
        added = [e for e in events[1] if e["ev"] == "if.addr.added"]
        self.assertIn(known["addresses"]["203.0.113.75"], json.dumps(added))
        # Its network is still where the route goes.
        hidden = known["addresses"]["203.0.113.78"]
        self.assertEqual(hidden.rsplit(".", 1)[0], known["addresses"]["203.0.113.77"].rsplit(".", 1)[0])
        self.assertRegex(known["networks"]["198.51.100.0/24"], r"\.0/24$")

    def events(self, store):
        result = lab.tool("hindstat-diff", "--store", store, "@first", "@latest", "--json")
        self.assertEqual(result.code, 1, result)
        found = [o for o in result.json_lines() if o["ev"] not in ("header", "trailer")]
        return sorted(found, key=lambda event: (event["ev"], event["severity"]))

    def test_the_same_map_gives_the_same_pseudonyms_and_a_readable_one_is_refused(self):
        self.tool("export", "--anonymise", "--map", self.map, self.out, "--store", self.store)
        again = self.lab.path("again.db")
        self.tool("export", "--anonymise", "--map", self.map, "--host", COMPANY + "-gw", again, "--store", self.store)
        self.assertIn("0 snapshots imported, 2 known", self.tool("import", again, "--store", self.out).out)
        other = self.lab.path("other.db")
        self.tool("export", "--anonymize", other, "--store", self.store)
        self.assertIn("2 snapshots imported, 0 known", self.tool("import", other, "--store", self.out).out)

        os.chmod(self.map, 0o644)
        third = self.lab.path("third.db")
        result = self.tool("export", "--anonymise", "--map", self.map, third, "--store", self.store, code=2)
        self.assertIn("others may read it (mode 0644)", result.err)
        self.assertFalse(os.path.exists(third))
        os.chmod(self.map, 0o600)
        with open(self.map, "r+", encoding="utf-8") as file:
            text = file.read()
            file.seek(0)
            file.write(re.sub(r'"key": "..', '"key": "zz', text))
        result = self.tool("export", "--anonymise", "--map", self.map, third, "--store", self.store, code=2)
        self.assertIn(f"{self.map}: key: is not 64 hexadecimal digits", result.err)
        self.assertFalse(os.path.exists(third))
        self.assertIn("--map requires --anonymise", self.tool("export", "--map", self.map, third, "--store", self.store, code=2).err)
        nobody = self.tool("export", "--anonymise", "--host", "nobody", third, "--store", self.store, code=2)
        self.assertIn("no snapshot of these hosts", nobody.err)
        self.assertFalse(os.path.exists(third + ".map.json"))

    def test_without_it_the_help_says_what_is_in_an_export(self):
        text = self.tool("export", "--help").out
        self.assertIn("Without --anonymise it has the addresses", text)
        self.assertIn("do not hand it on", text)


if __name__ == "__main__":
    lab.main()
