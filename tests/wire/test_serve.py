#!/usr/bin/env python3
"""A running server as the world meets it: keys, limits, bad requests, stopping.
Prints TAP.

usage: test_serve.py KIZASHI DEMO_DATA
"""

import gzip
import json
import pathlib
import re
import signal
import socket
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import Store, Tap  # noqa: E402

BODY_MAX = 4 << 20
ROUTES = {"/api/ask", "/api/search", "/api/facets", "/api/events/{id}", "/api/correlate/{id}",
          "/api/export", "/api/health", "/api/openapi.json"}
ODD_PATHS = ("/api/../api/health", "/api/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd",
             "/api//health", "/api/events/..", "/api/events/%00",
             "/api/events/1%2f..%2f2", "/%c0%ae%c0%ae/etc/passwd", "/api/events/" + "9" * 400)


def check_keys(tap, server):
    tap.check("the first start prints a key", server.key is not None, server.logged())
    status, _, body = server.ask("GET", "/api/search")
    tap.check("with that key one may search", status == 200 and json.loads(body)["total"] > 0, body)
    for path in ("/api/search", "/api/events/1", "/api/events/999999", "/events/view/1",
                 "/attributes/restSearch", "/api/openapi.json", "/api/metrics"):
        status, _, body = server.ask("GET", path, key=None)
        tap.check(f"without a key: {path}", status in (401, 403), (status, body))
    known = server.ask("GET", "/api/events/1", key="x" * 40)
    unknown = server.ask("GET", "/api/events/999999", key="x" * 40)
    tap.check("a wrong key learns nothing of what exists",
              known[0] in (401, 403) and (known[0], known[2]) == (unknown[0], unknown[2]),
              (known, unknown))
    for key in ("", "x" * 39, "x" * 4000, server.key[:-1], server.key + "x", server.key.swapcase()):
        status, _, _ = server.ask("GET", "/api/search", key=key)
        tap.check(f"a key of {len(key)} letters that is none is refused",
                  status in (401, 403, 429), status)


def check_rate(tap, server):
    answers = [server.ask("GET", "/api/search", key=f"{n:040d}")[0] for n in range(200)]
    tap.check("who tries many keys is held off", answers[-1] == 429 and set(answers) <= {401, 403, 429},
              sorted(set(answers)))
    status, _, _ = server.ask("GET", "/api/health", key=server.key)
    tap.check("what then becomes of a good key is a clear answer", status in (200, 429), status)


def check_bodies(tap, server):
    for body in (b"{", b'{"type":}', b'["type"]x', b'{"type":"\xff"}', b"[" * 100000,
                 b'{"no_such_filter":1}', b'{"type":"no-such-type"}', b'{"limit":-1}',
                 b'{"regex":"(("}', b'{"within":"no network"}'):
        status, _, answer = server.ask("POST", "/api/search", body, headers={
            "Content-Type": "application/json"})
        tap.check(f"refused with words: {body[:24]!r}",
                  status == 400 and len(json.loads(answer)) > 0, (status, answer))
    for path in ("/api/search", "/api/ask", "/events/add"):
        answer = server.raw((f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {server.key}\r\n"
                             "Accept: application/json\r\nContent-Type: application/json\r\n"
                             f"Content-Length: {BODY_MAX * 2}\r\n\r\n").encode())
        tap.check(f"a body that is announced too large is 413: {path}",
                  answer.startswith(b"HTTP/1.1 413"), answer[:200])
    bomb = gzip.compress(b" " * (BODY_MAX * 4))
    status, _, answer = server.ask("POST", "/api/ask", bomb, headers={"Content-Encoding": "gzip"})
    tap.check("a packed body is measured unpacked", status == 413, (status, answer))
    status, _, answer = server.ask("POST", "/api/ask", b"\x1f\x8bnot gzip",
                                   headers={"Content-Encoding": "gzip"})
    tap.check("a damaged packing is 400", status == 400, (status, answer))


def check_paths(tap, server):
    for path in ODD_PATHS:
        answer = server.raw((f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                             f"Authorization: {server.key}\r\nAccept: application/json\r\n\r\n").encode())
        status = answer[9:12]
        tap.check(f"not found or not allowed: {path[:40]}",
                  status in (b"400", b"404", b"414", b"431") and b"root:" not in answer, answer[:300])
    for method in ("DELETE", "PUT", "PATCH"):
        status, headers, _ = server.ask(method, "/api/search")
        tap.check(f"{method} of a search is 405 with the methods there are",
                  status == 405 and "GET" in (headers["Allow"] or ""), (status, headers["Allow"]))
    for head in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET\r\n\r\n",
                 b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"G" * 100000):
        answer = server.raw(head, wait=3)
        tap.check(f"no sense is refused: {head[:16]!r}",
                  answer == b"" or answer[9:10] in b"345", answer[:100])
    status, _, _ = server.ask("GET", "/api/health")
    tap.equal("and the server lives", status, 200)


def check_manners(tap, server):
    connection = server.connect()
    for path in ("/api/health", "/api/search?limit=1", "/api/facets"):
        connection.request("GET", path, headers={"Authorization": server.key})
        answer = connection.getresponse()
        answer.read()
    tap.check("one connection serves many requests",
              answer.status == 200 and connection.sock is not None, answer.headers)
    connection.close()
    plain = server.ask("GET", "/api/search?limit=50")
    packed = server.ask("GET", "/api/search?limit=50", headers={"Accept-Encoding": "gzip"})
    tap.check("gzip is sent to who asks for it",
              packed[1]["Content-Encoding"] == "gzip" and gzip.decompress(packed[2]) == plain[2],
              (packed[0], packed[1]["Content-Encoding"]))
    asked = gzip.compress(b"198.51.100.7")
    tap.check("gzip is taken", server.ask("POST", "/api/ask", asked, headers={
        "Content-Encoding": "gzip", "Content-Type": "text/plain"})[2] ==
              server.ask("POST", "/api/ask", b"198.51.100.7", headers={"Content-Type": "text/plain"})[2])
    for path in ("/api/health", "/api/search"):
        status, _, body = server.ask("HEAD", path)
        tap.check(f"HEAD {path} has no body", status == 200 and body == b"", (status, body))


def check_papers(tap, server):
    status, _, body = server.ask("GET", "/api/openapi.json")
    document = json.loads(body)
    tap.check("openapi.json says its version", status == 200 and document["openapi"].startswith("3."),
              body[:200])
    paths = {re.sub(r"\{\w+\}", "{id}", path) for path in document["paths"]}
    tap.check("all routes are in it", ROUTES <= paths, sorted(ROUTES - paths))
    good = all(method in ("get", "post", "put", "delete", "head") and operation.get("responses")
               for path in document["paths"].values() for method, operation in path.items()
               if method != "parameters")
    tap.check("each operation has its responses", good)
    named = [(path, name) for path, item in document["paths"].items() for operation in item.values()
             if isinstance(operation, dict) for name in re.findall(r"\{(\w+)\}", path)
             if name not in {p.get("name") for p in operation.get("parameters", [])}]
    tap.equal("each part of a path is a parameter", named, [])
    status, headers, body = server.ask("GET", "/api/metrics")
    lines = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
    odd = [line for line in lines
           if not re.fullmatch(r'[a-z_]\w*(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.e+\-]+(Inf)?', line)]
    tap.check("metrics are Prometheus' text",
              status == 200 and len(lines) > 5 and not odd and "text/plain" in headers["Content-Type"],
              (status, odd[:5], len(lines)))


def check_second_owner(tap, store, server):
    done = store.run("serve", "--listen", "127.0.0.1:0", "--socket", f"{store.folder}.other",
                     timeout=30)
    tap.check("a second server over the store is refused with words",
              done.returncode == 1 and str(server.process.pid).encode() in done.stderr
              or b"owne" in done.stderr or b"use" in done.stderr, (done.returncode, done.stderr))
    tap.check("a command meanwhile runs in the server", store.count() > 0)
    done = store.run("repair", timeout=60)
    tap.check("a repair meanwhile is refused with words", done.returncode == 1 and done.stderr != b"",
              (done.returncode, done.stderr))


def check_slow(tap, server):
    """Many clients that send nothing keep nobody from being answered."""
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
    for s in idle:
        s.sendall(b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Le")
    start = time.monotonic()
    status, _, _ = server.ask("GET", "/api/health")
    took = time.monotonic() - start
    for s in idle:
        s.close()
    tap.check("slow clients hold up nobody", status == 200 and took < 2, (status, took))


def check_stop(tap, server):
    """An export under way at SIGTERM ends whole, or is cut so that it shows."""
    connection = server.connect()
    connection.request("GET", "/api/export?format=ndjson", headers={"Authorization": server.key})
    answer = connection.getresponse()
    first = answer.read(10000)
    found = {}

    def read_rest():
        try:
            found["rest"] = answer.read()
        except Exception as failure:  # noqa: BLE001  the cut is what is looked for
            found["cut"] = repr(failure)

    reader = threading.Thread(target=read_rest)
    server.process.send_signal(signal.SIGTERM)
    reader.start()
    code = server.process.wait(30)
    reader.join(30)
    whole = first + found.get("rest", b"")
    good = "cut" in found or all(json.loads(line) for line in whole.splitlines())
    tap.check("an export under way at the stop ends whole or visibly cut", good and whole != b"", found)
    tap.equal("a stop that was asked for is no failure", code, 0)
    try:
        server.ask("GET", "/api/health")
        refused = False
    except OSError:
        refused = True
    tap.check("after it nobody answers", refused)


def check_damage(tap, store):
    """A damaged index is an error of `verify`, whoever reads the answer."""
    segment = max((store.folder / "index").glob("*.seg"), key=lambda path: path.stat().st_size)
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    for words in (["verify"], ["verify", "--json"]):
        done = store.run(*words)
        tap.check(f"{' '.join(words)} of a damaged store fails", done.returncode == 1 and b"checksum" in done.stdout, done)
    store.out("repair")
    tap.equal("repair mends it", store.run("verify").returncode, 0)


def main():
    program, data = sys.argv[1:3]
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="kizashi-serve-") as folder:
        store = Store(program, pathlib.Path(folder) / "store")
        with store.serve("--body-max", str(BODY_MAX)) as server:
            summary = store.load(data)
            tap.check("a command imports through the server", summary["events"] > 100, summary)
            told = [e["info"] for v in store.json("correlate", 1)["values"] for e in v["events"]]
            shown = store.out("correlate", 1).decode()
            tap.check("correlate names the events", told and all(info in shown for info in told), shown)
            value = store.json("search", "--limit", 1)["rows"][0]
            tap.equal("asked or searched for, it is known since the same second",
                      store.json("ask", value["value"])["found"][0]["known_since"],
                      min(r["known_since"] for r in store.json("search", value["value"], "--limit", 10000)["rows"]))
            check_keys(tap, server)
            check_manners(tap, server)
            check_papers(tap, server)
            check_bodies(tap, server)
            check_paths(tap, server)
            check_slow(tap, server)
            check_second_owner(tap, store, server)
            check_rate(tap, server)
        with store.serve() as server:
            server.key = re.search(r"[A-Za-z0-9]{40}", store.out("key", "reset").decode())[0]
            status, _, _ = server.ask("GET", "/api/search")
            tap.equal("a key that was made anew holds", status, 200)
            check_stop(tap, server)
        verdict = store.json("verify")
        tap.equal("the store is sound after all that", verdict["problems"], 0)
        check_damage(tap, store)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
