#!/usr/bin/env python3
"""Libraries from folders, archives and a server of our own on loopback, and the
public ones where they are. Prints TAP.

usage: test_library.py KIZASHI LIBRARIES
"""

import functools
import http.server
import json
import pathlib
import shutil
import sys
import tarfile
import tempfile
import threading
import time
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import SHARED, Store, Tap  # noqa: E402


def counts(report):
    return {k["kind"]: (k["files"], k["taken"], k["unchanged"], k["broken"]) for k in report["kinds"]}


def load(store, *words):
    """The report of an update; its exit code."""
    done = store.run("library", "update", *words, "--json")
    return json.loads(done.stdout or b"{}"), done


def check_sources(tap, program, folder, libraries):
    tar = folder / "lib.tar.gz"
    with tarfile.open(tar, "w:gz") as t:
        t.add(libraries, "x/misp-library-main")
    packed = folder / "lib.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        for path in sorted(libraries.rglob("*.json")):
            z.write(path, path.relative_to(libraries))
    expected = {"taxonomy": (2, 2, 0, 0), "galaxy": (1, 1, 0, 0), "clusters": (1, 1, 0, 0), "warninglist": (1, 1, 0, 0)}
    for name, source in (("a folder", libraries), ("a .tar.gz", tar), ("a .zip", packed), ("file://", f"file://{packed}")):
        store = Store(program, folder / f"store-{name.strip('./:')}")
        report, _ = load(store, source)
        found = counts(report)
        tap.equal(f"from {name}", {k: found.get(k) for k in expected}, expected)
    report, _ = load(store, libraries)
    tap.check("the same from elsewhere is unchanged", all(c[1] == 0 for c in counts(report).values()), report)
    listed = store.json("library", "list")
    tap.equal("the list has the files", sorted(r["key"] for r in listed if r["kind"] != "warninglist"),
              ["certainty", "handling", "lantern-crews", "lantern-crews"])
    cut = folder / "cut.zip"
    cut.write_bytes(packed.read_bytes()[:200])
    done = store.run("library", "update", cut)
    tap.check("half an archive is refused", done.returncode != 0 and b"cut.zip" in done.stderr, done.stderr)
    done = store.run("library", "update", folder / "nothing")
    tap.check("so is what is not there", done.returncode != 0 and b"nothing" in done.stderr, done.stderr)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def check_url(tap, program, folder):
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        store = Store(program, folder / "store-url")
        report, done = load(store, f"{base}/lib.tar.gz")
        tap.check("from a URL", counts(report).get("taxonomy") == (2, 2, 0, 0), done.stderr)
        done = store.run("library", "update", f"{base}/none.zip")
        tap.check("an address that has nothing is told of", done.returncode != 0 and b"404" in done.stderr, done.stderr)
        server.shutdown()


def check_broken(tap, program, folder, libraries):
    copy = folder / "copy"
    shutil.copytree(libraries, copy)
    clusters = copy / "clusters" / "lantern-crews.json"
    with Store(program, folder / "store-broken").serve("--libraries", str(copy)) as server:
        store = server.store
        load(store)
        whole = clusters.read_text()
        clusters.write_text(whole.replace('"value": "Quiet Loom"', '"valu": "Quiet Loom"').replace('"version": 3', '"version": 4'))
        (copy / "handling" / "machinetag.json").write_text('{"namespace": "handling",\n "predicates": [}')
        done = store.run("library", "update")
        words = done.stderr.decode()
        line = 1 + whole[:whole.index('"value": "Quiet Loom"')].count("\n") - 1
        tap.check("a broken file is told of with its place",
                  f'clusters/lantern-crews.json: line {line}, column 5 (byte ' in words and '"value" is missing' in words, words)
        tap.check("every one", 'handling/machinetag.json: line 2, column 17 (byte ' in words, words)
        tap.equal("and the command fails", done.returncode, 1)
        status, _, body = server.ask("GET", "/galaxies/view/1")
        found = [c["value"] for c in json.loads(body)["GalaxyCluster"]]
        tap.equal("what was there stays in force", (status, found), (200, ["Brass Heron", "Paper Crane", "Quiet Loom"]))
        tap.equal("of the other too", server.ask("GET", "/taxonomies/view/handling")[0], 200)
        status, _, body = server.ask("POST", "/galaxies/update", "{}", headers={"Content-Type": "application/json"})
        tap.check("MISP's route tells of it", status == 200 and b"lantern-crews.json" in body, body)
        clusters.write_text(whole.replace('"Quiet Loom"', '"Quiet Shuttle"').replace('"version": 3', '"version": 5'))
        load(store)
        _, _, body = server.ask("GET", "/galaxies/view/1")
        tap.equal("repaired it is taken", json.loads(body)["GalaxyCluster"][2]["value"], "Quiet Shuttle")
        status, _, _ = server.ask("POST", "/api/libraries/update", "{}", key=None)
        tap.check("a stranger may not load", status in (401, 403), status)
        tap.equal("it stops when asked", server.stop(), 0)


def check_public(tap, program, folder):
    if not (SHARED / "data" / "misp-galaxy").exists():
        tap.skip("the public libraries", "shared data not found")
        return
    with Store(program, folder / "store-public").serve("--libraries", str(SHARED / "data")) as server:
        started = time.monotonic()
        report, _ = load(server.store)
        took = time.monotonic() - started
        found = counts(report)
        tap.check("the public libraries are taken", found["taxonomy"][1] >= 180 and found["clusters"][1] >= 125
                  and found["galaxy"][3] == 0, report)
        records = server.store.json("library", "list")
        clusters = sum(r["entries"] for r in records if r["kind"] == "clusters")
        tap.check("with their clusters", clusters > 45000, clusters)
        started = time.monotonic()
        report, _ = load(server.store)
        again = time.monotonic() - started
        tap.check("a second time all is unchanged", all(c[1] == 0 for c in counts(report).values()), report)
        tap.check("which is much faster", again < took, f"{took:.2f} s, then {again:.2f} s")
        tap.equal("the store is sound", server.store.json("verify")["problems"], 0)


def main(program, libraries):
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        libraries = pathlib.Path(libraries)
        check_sources(tap, program, folder, libraries)
        check_url(tap, program, folder)
        check_broken(tap, program, folder, libraries)
        check_public(tap, program, folder)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
