#!/usr/bin/env python3
"""bench-generate keeps its word: counts, distinct values, equal bytes.

usage: test_generate.py PROGRAM     (prints TAP)
"""
import collections
import ipaddress
import json
import pathlib
import subprocess
import sys
import tempfile

ROWS = 30000
program = sys.argv[1]
checks = 0
failed = 0


def run(*options):
    return subprocess.run([program, *options], check=True, stdout=subprocess.PIPE).stdout


def check(name, good):
    global checks, failed
    checks += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {checks} - {name}")


def rows_of(event):
    for row in event["Attribute"]:
        yield row
    for thing in event.get("Object", []):
        yield from thing["Attribute"]


def is_nobodys(text):
    """Private, reserved or documentation space."""
    address = ipaddress.ip_address(text)
    if address.version == 6:
        return address in ipaddress.ip_network("2001:db8::/32") and str(address) == text
    return any(
        address in ipaddress.ip_network(net)
        for net in ("10.0.0.0/8", "100.64.0.0/10", "240.0.0.0/4")
    )


size = ("--attributes", str(ROWS))
text = run(*size)
check("the same options give the same bytes", run(*size) == text)
check("another seed gives other bytes", run(*size, "--seed", "2") != text)

events = [json.loads(line)["Event"] for line in text.splitlines()]
rows = [row for event in events for row in rows_of(event)]
check("there are as many rows as were asked for", len(rows) == ROWS)
check(
    "an event says how many rows it has",
    all(int(e["attribute_count"]) == len(list(rows_of(e))) for e in events),
)
check(
    "no event has a value of one type and category twice",
    all(
        len({(r["value"], r["type"], r["category"]) for r in rows_of(e)})
        == len(list(rows_of(e)))
        for e in events
    ),
)
uuids = [r["uuid"] for r in rows] + [e["uuid"] for e in events]
check("no uuid stands twice", len(set(uuids)) == len(uuids))
check(
    "all addresses are nobody's",
    all(is_nobodys(r["value"]) for r in rows if r["type"] in ("ip-src", "ip-dst")),
)
check(
    "all names are under reserved TLDs",
    all(
        r["value"].rsplit(".", 1)[1] in ("example", "test", "invalid")
        for r in rows
        if r["type"] in ("domain", "hostname")
    ),
)
times = collections.Counter(r["value"] for r in rows)
shared = sum(n for n in times.values() if n > 1) / ROWS
check("some values stand in several events", 0.05 < shared < 0.30)
check("about 70 % of the rows have to_ids", 0.68 < sum(r["to_ids"] for r in rows) / ROWS < 0.72)
check("about 15 % have tags of their own", 0.14 < sum("Tag" in r for r in rows) / ROWS < 0.16)
check("events have five tags", all(len(e["Tag"]) == 5 for e in events))

boxed = [json.loads(line)["Event"] for line in run(*size, "--objects", "0.09").splitlines()]
inside = sum(len(list(rows_of(e))) - len(e["Attribute"]) for e in boxed)
check("9 % of the rows lie in objects when asked for", 0.07 < inside / ROWS <= 0.09)
wrapped = json.loads(run(*size, "--format", "response"))["response"]
check("a response holds the same events", [w["Event"] for w in wrapped] == events)

with tempfile.TemporaryDirectory() as folder:
    run("--attributes", "2000", "--format", "feed", "--output", folder + "/feed")
    feed = pathlib.Path(folder, "feed")
    manifest = json.loads((feed / "manifest.json").read_text())
    names = {path.stem for path in feed.glob("*.json")} - {"manifest"}
    check("a feed's manifest names its files", set(manifest) == names)
    check(
        "and says when they changed",
        all(
            json.loads((feed / f"{name}.json").read_text())["Event"]["timestamp"]
            == manifest[name]["timestamp"]
            for name in names
        ),
    )

print(f"1..{checks}")
sys.exit(failed > 0)
