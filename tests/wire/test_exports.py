#!/usr/bin/env python3
"""Exports before the programs they are for: a resolver, YARA, Suricata,
iptables, parsers. Prints TAP; what is not installed is skipped.

usage: test_exports.py KIZASHI
"""

import csv
import hashlib
import io
import ipaddress
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

import dns  # noqa: E402
from program import KEY, ROOT, Store, Tap, free_port  # noqa: E402

CASES = ROOT / "tests" / "golden" / "export"
IOC = "{http://schemas.mandiant.com/2010/ioc}"


class Asker:
    """Exports by MISP's search, and by our own."""

    def __init__(self, server):
        self.server = server

    def misp(self, scope, name, **more):
        body = json.dumps({"returnFormat": name, **more}).encode()
        status, headers, found = self.server.ask("POST", f"/{scope}/restSearch", body)
        if status != 200:
            raise RuntimeError(f"{name}: {status} {found[:300]!r}")
        return headers["Content-Type"], found.decode()

    def own(self, name, query=""):
        status, headers, found = self.server.ask("GET", f"/api/export?format={name}{query}")
        if status != 200:
            raise RuntimeError(f"{name}: {status} {found[:300]!r}")
        return headers["Content-Type"], found.decode()


def lines_of(text):
    return [line for line in text.splitlines() if line and not line.startswith(("#", ";"))]


# --- yara ---------------------------------------------------------------------


def yara(folder, rules, target):
    """(exit code, names of the rules that match, what it said)"""
    path = folder / "rules.yar"
    path.write_text(rules)
    done = subprocess.run(["yara", "-w", str(path), str(target)], capture_output=True, text=True, check=False)
    return done.returncode, {line.split()[0] for line in done.stdout.splitlines()}, done.stderr


def check_yara(tap, asker, folder):
    if not shutil.which("yara"):
        tap.skip("yara compiles the rules", "yara is not installed")
        return
    _, rules = asker.misp("attributes", "yara")
    file = folder / "sample"
    file.write_bytes(b"GET http://login.lantern.example/a/b.php?id=1 with Global\\LanternMutex lantern")
    code, names, said = yara(folder, rules, file)
    tap.check("yara compiles all rules, hostile values among them", code == 0, said)
    tap.check("the written rule and ours match the sample",
              "Lantern" in names and len([n for n in names if n.startswith("MISP_e")]) >= 3, names)
    file.write_bytes(b"The hash alone knows me.\n")
    code, names, said = yara(folder, rules, file)
    tap.check("another is known by its hash alone", code == 0 and len(names) == 1, (names, said))
    file.write_bytes(b"Nobody knows me.\n")
    tap.equal("a third by nothing", yara(folder, rules, file)[1], set())
    found = json.loads(asker.misp("attributes", "yara-json")[1])
    head = 'import "hash"\nimport "pe"\n'
    bad = [r["value"] for r in found["rules"] if yara(folder, head + r["value"], file)[0] != 0]
    tap.equal("each rule of yara-json compiles alone", bad, [])
    tap.check("rules that are not whole are counted", found["left_out"] >= 4, found["left_out"])


# --- rpz ----------------------------------------------------------------------


class Resolver:
    """`with` runs unbound with the zone over an upstream."""

    def __init__(self, folder, zone, upstream):
        self.port = free_port()
        self.folder = folder
        (folder / "rpz.zone").write_text(zone)
        (folder / "unbound.conf").write_text(f"""
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  verbosity: 1
  interface: 127.0.0.1@{self.port}
  do-not-query-localhost: no
  module-config: "respip iterator"
remote-control:
  control-enable: no
rpz:
  name: rpz.kizashi.example
  zonefile: "{folder}/rpz.zone"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{upstream}
""")

    def __enter__(self):
        self.log = open(self.folder / "unbound.log", "w+b")
        program = shutil.which("unbound") or "/usr/sbin/unbound"
        self.process = subprocess.Popen([program, "-d", "-c", str(self.folder / "unbound.conf")],
                                        stdout=self.log, stderr=self.log)
        start = time.monotonic()
        while dns.ask(self.port, "ready.example", 0.3) is None:
            if self.process.poll() is not None or time.monotonic() - start > 20:
                raise RuntimeError("unbound did not start: " + self.logged())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")


def check_rpz(tap, asker, folder):
    if not shutil.which("unbound") and not pathlib.Path("/usr/sbin/unbound").exists():
        tap.skip("a resolver takes the zone", "unbound is not installed")
        return
    _, zone = asker.misp("attributes", "rpz")
    answers = {"quiet.example": "192.0.2.10", "net.example": "198.51.100.77"}
    with dns.Upstream(answers) as upstream, Resolver(folder, zone, upstream.port) as resolver:
        blocked = ["lantern.example", "deep.under.lantern.example", "login.lantern.example", "paper.example"]
        for name in blocked:
            tap.equal(f"{name} is blocked", dns.ask(resolver.port, name), (dns.NXDOMAIN, []))
        for name in ["example", "other.example", "lantern.example.org", "bank.example"]:
            tap.equal(f"{name} is not blocked", dns.ask(resolver.port, name), (0, ["192.0.2.250"]))
        for name in answers:
            tap.equal(f"{name} is blocked by its address", dns.ask(resolver.port, name), (dns.NXDOMAIN, []))
        said = resolver.logged()
        tap.check("the resolver complains of nothing in the zone", "error" not in said.lower(), said)
    _, zone = asker.misp("attributes", "rpz", policy="Local-Data", walled_garden="garden.example",
                         ns="ns.kizashi.example", serial="77")
    with dns.Upstream({"garden.example": "203.0.113.99"}) as upstream, \
            Resolver(folder, zone, upstream.port) as resolver:
        tap.equal("the walled garden is answered", dns.ask(resolver.port, "lantern.example"), (0, ["203.0.113.99"]))
    tap.check("the head is what was asked for",
              "@ IN SOA ns.kizashi.example. root.localhost. (77 2h 30m 30d 1h)" in zone, zone[:300])


# --- rules and lists ------------------------------------------------------------


def check_suricata(tap, asker, folder):
    _, rules = asker.misp("attributes", "suricata")
    lines = lines_of(rules)
    sids = [line.split(" sid:")[-1].split(";")[0] for line in lines]
    tap.check("each rule has a sid of its own", len(lines) > 15 and len(set(sids)) == len(sids), sids)
    tap.check("all rules only alert", all(line.startswith("alert ") and line.endswith(";)") for line in lines))
    if not shutil.which("suricata"):
        tap.skip("suricata takes the rules", "suricata is not installed")
        return
    path = folder / "kizashi.rules"
    path.write_text(rules)
    done = subprocess.run(["suricata", "-T", "-S", str(path), "-l", str(folder)],
                          capture_output=True, text=True, check=False)
    tap.check("suricata takes the rules", done.returncode == 0, done.stdout + done.stderr)


def check_netfilter(tap, asker):
    _, text = asker.misp("attributes", "netfilter")
    bad = []
    for line in lines_of(text):
        words = shlex.split(line)
        ipaddress.ip_network(words[4])
        if words[0] not in ("iptables", "ip6tables") or len(words) != 7 or words[5:] != ["-j", "DROP"]:
            bad.append(line)
    tap.equal("each line is one command about one address", bad, [])
    tap.check("source and target differ", "iptables -A INPUT -s 198.51.100.0/24 -j DROP" in text and
              "ip6tables -A OUTPUT -d 2001:db8::7 -j DROP" in text, text)
    program = shutil.which("iptables") or ("/usr/sbin/iptables" if pathlib.Path("/usr/sbin/iptables").exists() else None)
    if not program:
        tap.skip("iptables takes the commands", "iptables is not installed")
        return
    done = subprocess.run(["unshare", "-rn", "sh", "-e", "-c", text], capture_output=True, text=True, check=False)
    if "permitted" in done.stderr or "unshare" in done.stderr:
        tap.skip("iptables takes the commands", "no namespace of our own here")
    else:
        tap.check("iptables takes the commands", done.returncode == 0, done.stderr)


def check_lists(tap, asker):
    _, hosts = asker.misp("attributes", "hosts")
    pairs = [line.split() for line in lines_of(hosts)]
    tap.check("hosts are names that lead nowhere", ["0.0.0.0", "lantern.example"] in pairs and
              all(len(p) == 2 and p[0] == "0.0.0.0" for p in pairs), hosts)
    _, hashes = asker.misp("attributes", "hashes")
    tap.check("hashes come bare", "da39a3ee5e6b4b0d3255bfef95601890afd80709" in hashes.split() and
              "|" not in hashes, hashes)
    _, cache = asker.misp("attributes", "cache", includeEventUuid=1, value="192.0.2.10")
    tap.equal("cache has the sum and the event", cache,
              hashlib.md5(b"192.0.2.10").hexdigest() + ",5e000000-0000-4000-8000-000000000001\n")
    tap.equal("count is a number", asker.misp("attributes", "count", type="domain")[1], "1")
    status, _, _ = asker.server.ask("POST", "/attributes/restSearch", b'{"returnFormat":"rpz","policy":"no"}')
    tap.check("a policy that is none is refused", status in (400, 403), status)


# --- documents --------------------------------------------------------------------


def check_xml(tap, asker):
    kind, text = asker.misp("events", "xml")
    root = ElementTree.fromstring(text)
    tap.equal("XML holds the events in one response", (root.tag, [c.tag for c in root], kind),
              ("response", ["Event", "Event"], "application/xml"))
    values = {v.text for v in root.iter("value")}
    tap.check("hostile values come back as they are", 'a,b"c\nd\r\n=1+1' in values and "'; DROP" in values, values)
    tap.equal("flags are digits", root.find("Event/published").text, "1")
    root = ElementTree.fromstring(asker.misp("attributes", "xml", type="ip-dst")[1])
    tap.equal("attributes are elements of that name", [c.tag for c in root], ["Attribute"] * 2)
    root = ElementTree.fromstring(asker.own("xml")[1])
    tap.equal("our own export has the same events", [c.tag for c in root], ["Event", "Event"])


def check_openioc(tap, asker):
    root = ElementTree.fromstring(asker.misp("attributes", "openioc")[1])
    items = {(item.find(f"{IOC}Context").get("search"), item.find(f"{IOC}Content").text)
             for item in root.iter(f"{IOC}IndicatorItem")}
    expected = {("PortItem/remoteIP", "192.0.2.10"), ("Network/DNS", "lantern.example"),
                ("FileItem/Md5sum", "d41d8cd98f00b204e9800998ecf8427e"), ("FileItem/FileName", "invoice.exe")}
    tap.check("OpenIOC has the fields", expected <= items, items)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    tap.equal("its ids differ", len(ids), len(set(ids)))
    pair = root.find(f".//{IOC}Indicator[@operator='AND']")
    tap.equal("a name and its hash must both be there", len(list(pair)), 2)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def check_csv(tap, asker):
    _, text = asker.misp("attributes", "csv")
    rows = rows_of(text)
    plain = ["uuid", "event_id", "category", "type", "value", "comment", "to_ids", "date", "object_relation",
             "attribute_tag", "object_uuid", "object_name", "object_meta_category"]
    tap.equal("csv has MISP's columns", list(rows[0]), plain)
    tap.check("and ends with an empty line", text.endswith("\n\n"))
    tap.check("tags and objects are there", any(r["attribute_tag"] == "kind:c2" for r in rows) and
              any(r["object_name"] == "file" for r in rows))
    rows = rows_of(asker.misp("attributes", "csv", includeContext=1)[1])
    tap.equal("context adds nine columns", list(rows[0])[13:],
              ["event_info", "event_member_org", "event_source_org", "event_distribution", "event_threat_level_id",
               "event_analysis", "event_date", "event_tag", "event_timestamp"])
    tap.equal("with names for levels", {r["event_threat_level_id"] for r in rows}, {"High", "Medium"})
    _, text = asker.misp("attributes", "csv", requested_attributes=["value", "type"], type="ip-src", headerless=1)
    tap.equal("columns that were asked for, without a header", text.strip(), '"ip-src","198.51.100.0/24"')


def check_json(tap, asker):
    layer = json.loads(asker.misp("events", "attack")[1])
    tap.equal("attack is a layer", {t["techniqueID"]: t["score"] for t in layer["techniques"]},
              {"T1566": 1, "T1566.001": 1})
    seen = json.loads(asker.misp("events", "attack-sightings")[1])
    tap.equal("attack-sightings has one an event", sorted(s["techniques"][0]["technique_id"] for s in seen),
              ["T1566", "T1566.001"])
    context = json.loads(asker.misp("events", "context")[1])
    tap.check("context counts", context["events"] == 2 and
              {"tag": "tlp:green", "events": 1} in context["taxonomies"], context)
    tap.check("and is Markdown for people", asker.misp("events", "context-markdown")[1].startswith("# Context of 2"))
    data = json.loads(asker.misp("attributes", "opendata")[1])
    tap.check("opendata describes the set", data["@type"] == "dcat:Dataset" and
              data["dcat:distribution"][0]["dcat:accessURL"].startswith("http://127.0.0.1"), data)


def check_sightings(tap, asker):
    asker.server.ask("POST", "/sightings/add", b'{"value":"lantern.example","source":"a,\\"b\\"<c>"}')
    root = ElementTree.fromstring(asker.misp("sightings", "xml")[1])
    tap.equal("sightings are XML", (root.tag, [c.tag for c in root], root.find("Sighting/source").text),
              ("response", ["Sighting"], 'a,"b"<c>'))
    rows = rows_of(asker.misp("sightings", "csv")[1])
    tap.equal("and csv", [(r["source"], r["type"]) for r in rows], [('a,"b"<c>', "0")])


def check_own(tap, asker, store):
    names = ["hashes", "hosts", "netfilter", "rpz", "snort", "suricata", "openioc", "yara", "yara-json", "cache",
             "attack", "attack-sightings", "context", "context-markdown", "opendata", "csv", "text", "count", "xml"]
    empty = [name for name in names if not asker.own(name)[1]]
    tap.equal("our own export knows every format", empty, [])
    own = set(lines_of(asker.own("hosts")[1]))
    tap.equal("what blocks takes what is for detection", own, set(lines_of(asker.misp("attributes", "hosts")[1])))
    tap.check("unless it is told otherwise", not lines_of(asker.own("hosts", "&published=0")[1]))


def check_old_paths(tap, asker):
    """What scripts used before restSearch."""
    def get(path):
        status, _, body = asker.server.ask("GET", path)
        return status, body.decode()

    def same(path, scope, name, **more):
        tap.equal(path, get(path), (200, asker.misp(scope, name, **more)[1]))

    attributes = "attributes"
    same("/attributes/text/download/ip-dst", attributes, "text", type="ip-dst")
    same("/attributes/text/download/all/tlp;green", attributes, "text", tags="tlp:green")
    same("/attributes/text/download/email-subject/null/null/1", attributes, "text", type="email-subject",
         to_ids=[0, 1])
    same("/events/hids/sha1/download", attributes, "hashes", type=["sha1", "filename|sha1"])
    same("/events/nids/suricata/download/1", attributes, "suricata", eventid=1)
    same("/events/nids/snort/download", attributes, "snort")
    same("/attributes/rpz/download/tlp;green", attributes, "rpz", tags="tlp:green")
    same("/events/rpz/download/false/false/false/false/DROP", attributes, "rpz", policy="DROP")
    same("/events/csv/download/1/1/null/null/ip-dst", attributes, "csv", eventid=1, type="ip-dst")
    same("/events/csv/download", attributes, "csv", to_ids=1, published=1)
    same("/events/xml/download/1.json", "events", "xml", eventid=1)
    same("/events/restSearchExport/1/hosts", "events", "hosts", eventid=1)
    tap.check("one event as OpenIOC", get("/events/downloadOpenIOCEvent/1")[1].count("<ioc ") == 1)
    tap.equal("a hash that is none", get("/events/hids/crc32/download")[0], 404)


def check_saved(tap, asker, store):
    """Exports that are kept until something changes."""
    def get(name, **headers):
        status, answer, body = asker.server.ask("GET", f"/api/exports/{name}", headers=headers)
        return status, answer, body.decode()

    def ready():
        return {e["format"] for e in json.loads(asker.server.ask("GET", "/api/exports")[2]) if e["ready"]}

    def files():
        return sorted(p.name for p in (store.folder / "exports").iterdir())

    tap.equal("nothing is kept before anybody asks", ready(), set())
    status, first, body = get("hosts")
    tap.equal("the first gets what an export gives", (status, body), (200, asker.own("hosts")[1]))
    tap.check("and it is kept", ready() == {"hosts"} and len(files()) == 1, (ready(), files()))
    path = store.folder / "exports" / files()[0]
    tap.equal("for the owner alone", oct(path.stat().st_mode & 0o777), "0o600")
    path.write_text("# from the file\n")
    tap.equal("the next gets the file", get("hosts")[2], "# from the file\n")
    tap.equal("or nothing, who has it", get("hosts", **{"If-None-Match": first["ETag"]})[0], 304)
    get("rpz")
    asker.server.ask("POST", "/events/add", b'{"info":"more","published":true,"Attribute":'
                     b'[{"type":"domain","value":"more.example","to_ids":true}]}')
    tap.equal("a change makes all of them old", ready(), set())
    status, second, body = get("hosts", **{"If-None-Match": first["ETag"]})
    tap.check("and the next is made anew", status == 200 and "more.example" in body and
              second["ETag"] != first["ETag"], body)
    tap.equal("the older file is gone", len([f for f in files() if "-hosts-" in f]), 1)
    tap.equal("a format that is none", get("..%2f..%2fx")[0], 400)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        store = Store(sys.argv[1], folder / "store")
        store.load(CASES / "plain" / "input.json", CASES / "hostile" / "input.json")
        with store.serve() as server:
            if not server.key:
                server.key = KEY.search(store.out("key", "reset"))[0].decode()
            asker = Asker(server)
            check_lists(tap, asker)
            check_netfilter(tap, asker)
            check_csv(tap, asker)
            check_xml(tap, asker)
            check_openioc(tap, asker)
            check_json(tap, asker)
            check_own(tap, asker, store)
            check_old_paths(tap, asker)
            check_yara(tap, asker, folder)
            check_suricata(tap, asker, folder)
            check_rpz(tap, asker, folder)
            check_saved(tap, asker, store)
            check_sightings(tap, asker)
            tap.check("the server stops in order", server.stop() == 0)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
