#!/usr/bin/env python3
"""Real MISP events through the whole program: import, export, ask, search,
facets and correlation against naive answers, over a store and over a server;
backup while it imports. Prints TAP; skipped where the shared data is not there.

usage: test_real_data.py KIZASHI COMPARE_EVENTS
"""

import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import real_events  # noqa: E402
from program import SHARED, Store, Tap  # noqa: E402

FOLDERS = [SHARED / "data" / "misp-events" / name for name in ("eset", "tweetfeed")]
BROKEN = ("pypi_backdoor__malicious_pypi_packages.misp-event.json", 37374)
EVENTS = 243


def same(tap, name, compare, expected, actual):
    done = subprocess.run([sys.executable, compare, *map(str, expected), "--with", str(actual)],
                          capture_output=True, encoding="utf-8", check=False)
    lines = done.stdout.strip().splitlines() or [done.stderr]
    tap.check(f"{name}: {lines[-1]}", done.returncode == 0, "\n".join(lines[:20]))


def check_import(tap, store, rows):
    summary = store.load(*FOLDERS)
    tap.equal("all events are taken in", summary["events"], EVENTS)
    told = [(pathlib.Path(e["file"]).name, e["line"]) for e in summary["errors"]]
    tap.equal("the broken file is told with its line", told, [BROKEN])
    tap.check("and with its byte and what is wrong",
              all(e["byte"] > 1000000 and e["message"] for e in summary["errors"]), summary["errors"])
    tap.equal("all attributes are taken in", summary["attributes"], len(rows))
    tap.equal("those that stand twice and the errors are counted", (summary["repeated"], summary["error_count"]), (13, 1))
    again = store.load(*FOLDERS)
    tap.equal("again: all are known", (again["events"], again["attributes"], again["updated"],
                                       again["skipped"], len(again["errors"])), (0, 0, 0, EVENTS, 1))


def check_ask(tap, store, rows):
    wanted = {part for row in rows for part in row.parts if part.strip()}
    lines = {part for part in wanted if not re.search(r"[\r\n]", part)}
    answer = store.json("ask", "--whole", "-", text="\n".join(lines).encode())
    found = {real_events.fold(one["value"]) for one in answer["found"]}
    left = sorted(lines - found)
    tap.check(f"each of {len(lines)} values is found by ask", not left,
              f"{len(left)} are not: {left[:12]}")
    odd = {part: store.count("--value", part) for part in wanted - lines}
    tap.check(f"and {len(odd)} that no line can say by search", all(odd.values()), odd)
    counts = {real_events.fold(one["value"]): (one["attributes"], one["events"])
              for one in answer["found"]}
    where, events = {}, {}
    for row in rows:
        for part in set(row.parts):
            where[part] = where.get(part, 0) + 1
            events.setdefault(part, set()).add(row.event)
    wrong = [(v, n, (where[v], len(events[v]))) for v, n in counts.items()
             if v in where and n != (where[v], len(events[v]))]
    tap.check("each with its number of attributes and events", not wrong, wrong[:5])
    defanged = "\n".join(v.replace(".", "[.]").replace("http", "hxxp") for v in
                         [row.value for row in rows if row.type in ("domain", "url")][:2000:7]
                         if "[" not in v)
    answer = store.json("ask", "-", text=defanged.encode())
    tap.check("defanged ones are found as well",
              len(answer["found"]) >= 250, (len(answer["found"]), answer["not_found"][:5]))


def filters_of(rows):
    """(words of the command line, what a row has to be)."""
    pick = [row for row in rows if row.type == "ip-dst" and "." in row.value][0]
    domain = [row for row in rows if row.type == "domain" and row.value.count(".") == 1][7].value
    tag = max(sorted({t for row in rows[::97] for t in row.tags}), key=lambda t: sum(t in r.tags for r in rows))
    net = pick.value.rsplit(".", 1)[0] + ".0/24"
    wide = pick.value.split(".", 1)[0] + ".0.0.0/8"
    return [
        ([], lambda r: True),
        (["--type", "ip-dst"], lambda r: r.type == "ip-dst"),
        (["--type", "md5", "--type", "sha256"], lambda r: r.type in ("md5", "sha256")),
        (["--type", "!url"], lambda r: r.type != "url"),
        (["--category", "Payload delivery"], lambda r: r.category == "Payload delivery"),
        (["--tag", tag], lambda r: tag in r.tags),
        (["--tag", "!" + tag], lambda r: tag not in r.tags),
        (["--org", "ESET"], lambda r: r.org == "ESET"),
        (["--to-ids", "1"], lambda r: r.to_ids),
        (["--published", "0"], lambda r: not r.published),
        (["--from", "2021-01-01", "--to", "2023-06-30"], lambda r: "2021-01-01" <= r.date <= "2023-06-30"),
        (["--timestamp", "2022-01-01"], lambda r: r.timestamp >= 1640995200),
        (["--event", pick.event], lambda r: r.event == pick.event),
        (["--value", pick.value], lambda r: pick.value in r.parts),
        (["--prefix", "http://1"], lambda r: any(p.startswith("http://1") for p in r.parts)),
        (["--suffix", ".top"], lambda r: any(p.endswith(".top") for p in r.parts)),
        (["--substring", "Login"], lambda r: any("login" in p for p in r.parts)),
        (["--regex", "paypa[l1]"], lambda r: any(re.search("paypa[l1]", p) for p in r.parts)),
        (["--cidr", net], lambda r: real_events.is_within(r, net)),
        (["--cidr", wide], lambda r: real_events.is_within(r, wide)),
        (["--subdomains-of", domain], lambda r: real_events.is_under(r, domain)),
        (["--subdomains-of", "top"], lambda r: real_events.is_under(r, "top")),
        (["--type", "url", "--to-ids", "1", "--tag", tag, "--from", "2022-01-01"],
         lambda r: r.type == "url" and r.to_ids and tag in r.tags and r.date >= "2022-01-01"),
        (["--where", json.dumps({"or": [{"type": "ip-dst"}, {"not": {"to_ids": "1"}}]})],
         lambda r: r.type == "ip-dst" or not r.to_ids),
    ]


def facets_of(store, words):
    """The counts as the program tells them, in the form of the naive ones."""
    told = store.json("search", "--facets", "--limit", "100000", *words)
    found = {"to_ids": {k: v for k, v in told["to_ids"].items() if v}}
    for name in ("types", "categories", "tags", "organisations", "months"):
        found[name] = {next(v for k, v in one.items() if k != "count"): one["count"]
                       for one in told[name]}
    return found


def check_search(tap, store, rows):
    for words, is_hit in filters_of(rows):
        hits = [row for row in rows if is_hit(row)]
        tap.equal(f"search {' '.join(words)}", store.count(*words), len(hits))
        told = facets_of(store, words)
        naive = {name: dict(counts) for name, counts in real_events.facets(hits).items()}
        wrong = [(name, told.get(name), naive[name]) for name in naive if told.get(name) != naive[name]]
        tap.check(f"facets {' '.join(words)}", not wrong, wrong)
    page = store.json("search", "--type", "ip-dst", "--limit", "7", "--page", "3")
    tap.equal("a page has what it should", (len(page["rows"]), page["total"]),
              (7, sum(row.type == "ip-dst" for row in rows)))
    values = store.out("export", "--format", "text", "--type", "md5").split()
    tap.equal("exported values are those that are there", sorted(set(values)),
              sorted({row.value.encode() for row in rows if row.type == "md5"}))


def check_correlation(tap, store, events, rows):
    naive = real_events.correlations(rows)
    wrong = []
    for uuid in events:
        told = store.json("correlate", uuid)
        found = {one["value"]: one["event_total"] for one in told["values"]}
        expected = {value: len(others) for value, others in naive[uuid].items()}
        ranks = [one["event_total"] for one in told["values"]]
        if found != expected or ranks != sorted(ranks):
            wrong.append((uuid, len(found), len(expected),
                          sorted(set(found.items()) ^ set(expected.items()))[:6]))
    total = sum(map(len, naive.values()))
    tap.check(f"{len(events)} events correlate as a naive reference says ({total} values)",
              not wrong, f"{len(wrong)} do not: {wrong[:3]}")


def check_backup(tap, program, compare, folder):
    """A server imports; meanwhile a backup is made."""
    store = Store(program, folder / "busy")
    with store.serve():
        store.load(FOLDERS[0])
        work = subprocess.Popen([store.program, "import", str(FOLDERS[1]), "--json", "--store",
                                 str(store.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        store.out("backup", folder / "copy")
        verdict = store.json("verify")
        summary = json.loads(work.communicate()[0])
    tap.check("an import beside a backup ends well",
              work.returncode == 0 and summary["events"] == EVENTS - 53, summary)
    tap.equal("a verify beside an import finds nothing", verdict["problems"], 0)
    restored = Store(program, folder / "restored")
    restored.out("restore", folder / "copy")
    tap.equal("what is restored is sound", restored.json("verify")["problems"], 0)
    damaged = folder / "damaged"
    shutil.copytree(folder / "copy", damaged)
    largest = max((damaged / "records").glob("*.sst"), key=lambda path: path.stat().st_size)
    with open(largest, "r+b") as file:
        file.seek(200)
        file.write(b"\xff" * 8)
    again = Store(program, folder / "again")
    tap.check("a damaged backup is refused", again.run("restore", damaged).returncode != 0)
    tap.check("and nothing stands in the way of a good one",
              again.run("restore", folder / "copy").returncode == 0)
    exported = restored.export(folder / "restored.ndjson")
    ids = [json.loads(line)["Event"]["uuid"] for line in exported.read_bytes().splitlines()]
    tap.check("it has all that was in before, and each event once",
              53 <= len(ids) <= EVENTS and len(set(ids)) == len(ids), len(ids))
    restored.load(FOLDERS[1])
    same(tap, "it can be imported into", compare, FOLDERS, restored.export(folder / "whole.ndjson"))
    tap.equal("and the first store is sound", store.json("verify")["problems"], 0)


def check_wrappings(tap, program, folder):
    texts = [json.loads((FOLDERS[0] / name).read_text()) for name in
             ("machete__misp-machete-event.json", "ramsay__misp-ramsay.json")]
    events = [text.get("Event", text) for text in
              (t["response"][0] if isinstance(t, dict) and "response" in t else t for t in texts)]
    wrapped = [{"Event": event} for event in events]
    ndjson = "".join(json.dumps(one) + "\n" for one in wrapped).encode()
    forms = {
        "response.json": json.dumps({"response": wrapped}).encode(),
        "array.json": json.dumps(wrapped, indent=1).encode(),
        "bare.json": json.dumps(events[0]).encode() + b"\n" + json.dumps(events[1]).encode(),
        "lines.ndjson": ndjson,
        "lines.ndjson.gz": gzip.compress(ndjson),
    }
    if shutil.which("zstd"):
        forms["lines.ndjson.zst"] = subprocess.run(["zstd", "-c"], input=ndjson, check=True,
                                                   stdout=subprocess.PIPE).stdout
    for name, data in forms.items():
        (folder / name).write_bytes(data)
        store = Store(program, folder / f"store-{name}")
        summary = store.load(folder / name)
        tap.equal(f"wrapped as {name}", (summary["events"], summary["errors"]), (2, []))


def main():
    program, compare = sys.argv[1:3]
    if not all(folder.is_dir() for folder in FOLDERS):
        print("1..0 # SKIP skipped: shared data not found")
        return 0
    tap = Tap()
    events, rows = real_events.load(FOLDERS)
    with tempfile.TemporaryDirectory(prefix="kizashi-real-") as name:
        folder = pathlib.Path(name)
        store = Store(program, folder / "store")
        check_import(tap, store, rows)
        same(tap, "what comes back", compare, FOLDERS, store.export(folder / "back.ndjson"))
        check_ask(tap, store, rows)
        tap.equal("the store is sound", store.json("verify")["problems"], 0)
        direct = store.out("search", "--json", "--limit", "100")
        with store.serve():
            check_search(tap, store, rows)
            check_correlation(tap, store, events, rows)
            tap.equal("a command in the server says the same",
                      store.out("search", "--json", "--limit", "100"), direct)
            same(tap, "what comes back over the socket", compare, FOLDERS,
                 store.export(folder / "served.ndjson"))
        check_wrappings(tap, program, folder)
        check_backup(tap, program, compare, folder)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
