#!/usr/bin/env python3
"""Feeds from a web server on this machine that answers as real ones do: with
ETags, slowly, too much, broken, elsewhere. Prints TAP.

usage: test_feeds.py KIZASHI
"""

import hashlib
import http.server
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import SHARED, Store, Tap  # noqa: E402

ORG = {"name": "Invented Feeds", "uuid": "5b0e4d3c-0000-4000-8000-0000000000f0"}


class Site:
    """A web server whose files the test changes; counts what is asked."""

    def __init__(self):
        site = self
        self.files, self.asked, self.plans = {}, [], {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                site.asked.append((self.path, dict(self.headers)))
                plan = site.plans.get(self.path)
                if plan:
                    return plan(self)
                body = site.files.get(self.path)
                if body is None:
                    return self.answer(404, b"")
                tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
                if self.headers.get("If-None-Match") == tag:
                    return self.answer(304, b"")
                return self.answer(200, body, {"ETag": tag})

            def answer(self, status, body, headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that go away are wanted here
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, path):
        return sum(1 for asked, _ in self.asked if asked == path)


class Client:
    """MISP's API and ours, in JSON."""

    def __init__(self, server):
        self.server = server

    def ask(self, method, path, body=None):
        status, _, text = self.server.ask(method, path, json.dumps(body).encode() if body is not None else b"")
        return status, json.loads(text) if text.strip() else None

    def add(self, **feed):
        feed.setdefault("provider", "test")
        status, answer = self.ask("POST", "/feeds/add", {"Feed": feed})
        assert status == 200, answer
        return answer["Feed"]["id"]

    def run(self, path):
        """Asks for a job and waits until it ended."""
        status, answer = self.ask("POST", path)
        assert status == 200, answer
        for _ in range(300):
            job = self.ask("GET", f"/api/jobs/{answer['id']}")[1]
            if job["state"] not in ("waiting", "running"):
                return job
            time.sleep(0.05)
        return job

    def fetch(self, feed):
        return self.run(f"/feeds/fetchFromFeed/{feed}")

    def feed(self, feed):
        return next(f for f in self.ask("GET", "/api/feeds")[1]["feeds"] if f["id"] == str(feed))

    def values(self, event, **more):
        found = self.ask("POST", "/attributes/restSearch", {"eventid": event, "limit": 100000, **more})[1]
        return sorted(a["value"] for a in found["response"]["Attribute"])

    def events(self):
        return self.ask("GET", "/events/index")[1]


def event(number, timestamp, values, tags=(), org=ORG):
    uuid = f"5b0e4d3c-0000-4000-8000-00000001{number:04d}"
    return {"uuid": uuid, "info": f"Invented event {number}", "date": "2026-05-01", "timestamp": str(timestamp),
            "threat_level_id": "3", "analysis": "2", "published": True, "distribution": "3", "Orgc": org,
            "Tag": [{"name": t} for t in tags],
            "Attribute": [{"uuid": f"5b0e4d3c-0000-4000-8000-0001{number:04d}{i:04d}", "type": "domain",
                           "category": "Network activity", "value": v, "to_ids": True, "distribution": "0",
                           "timestamp": str(timestamp)} for i, v in enumerate(values)]}


def publish(site, events, at="/misp"):
    """Puts a feed of these events on the site."""
    manifest, sums = {}, []
    for e in events:
        site.files[f"{at}/{e['uuid']}.json"] = json.dumps({"Event": e}).encode()
        manifest[e["uuid"]] = {k: e[k] for k in ("info", "date", "timestamp", "threat_level_id", "analysis", "Orgc",
                                                 "Tag")}
        sums += [f"{hashlib.md5(a['value'].encode()).hexdigest()},{e['uuid']}" for a in e["Attribute"]]
    site.files[f"{at}/manifest.json"] = json.dumps(manifest).encode()
    site.files[f"{at}/hashes.csv"] = "\n".join(sums).encode()


def check_misp(tap, client, site):
    publish(site, [event(1, 1000000, ["one.example", "two.example"], ["tlp:clear"]),
                   event(2, 1000000, ["three.example"], ["tlp:red"]),
                   event(3, 1000000, ["four.example"], [], {"name": "Unwanted", "uuid": ORG["uuid"][:-1] + "1"})])
    tag = client.ask("POST", "/tags/add", {"name": "feed:invented"})[1]["Tag"]["id"]
    feed = client.add(name="Events", url=site.url + "/misp", source_format="misp", enabled=False, distribution="1",
                      tag_id=tag, rules={"tags": {"OR": [], "NOT": ["tlp:red"]},
                                         "orgs": {"OR": [], "NOT": ["Unwanted"]}})
    status, answer = client.ask("POST", f"/feeds/fetchFromFeed/{feed}")
    tap.check("a feed that is off is not fetched", status == 403 and "not enabled" in answer["message"], answer)
    client.ask("POST", f"/feeds/enable/{feed}")
    job = client.fetch(feed)
    tap.equal("what the rules allow is taken", [e["info"] for e in client.events()], ["Invented event 1"])
    tap.check("the job is done and says what it did", job["state"] == "done" and job["done"] == job["total"] == 1
              and "2 new attributes" in job["message"], job)
    whole = client.ask("GET", f"/events/view/{client.events()[0]['id']}")[1]["Event"]
    tap.equal("it has the feed's distribution", (whole["distribution"], {a["distribution"] for a in whole["Attribute"]}),
              ("1", {"5"}))
    tap.equal("and its tag, and its creator", (sorted(t["name"] for t in whole["Tag"]), whole["Orgc"]["name"]),
              (["feed:invented", "tlp:clear"], ORG["name"]))
    before = site.count("/misp/manifest.json")
    job = client.fetch(feed)
    tap.check("an unchanged manifest is not even sent", job["message"] == "the feed has not changed"
              and site.count("/misp/manifest.json") == before + 1, job)
    publish(site, [event(1, 2000000, ["one.example", "two.example", "five.example"], ["tlp:clear"]),
                   event(2, 1000000, ["three.example"], ["tlp:red"])])
    asked = site.count("/misp/5b0e4d3c-0000-4000-8000-000000010001.json")
    client.fetch(feed)
    tap.equal("a newer event is merged", client.values(whole["id"]), ["five.example", "one.example", "two.example"])
    tap.equal("with one request", site.count("/misp/5b0e4d3c-0000-4000-8000-000000010001.json"), asked + 1)
    state = client.feed(feed)
    tap.check("the feed remembers", state["last_error"] == "" and len(state["runs"]) == 2
              and [r["new"] for r in state["runs"]] == [2, 1] and state["last_success"], state)
    status, rows = client.ask("GET", f"/feeds/previewIndex/{feed}")
    tap.equal("a look at what is in it", sorted(r["info"] for r in rows), ["Invented event 1", "Invented event 2"])


def check_lists(tap, client, site):
    site.files["/list.csv"] = (b'# a comment\nid,address,note\n1,192.0.2.1,"a, b"\n2,192.0.2.2,x\n'
                               b'3,"192.0.2.3",y\n4,192.0.2.1,again\n')
    feed = client.add(name="Addresses", url=site.url + "/list.csv", source_format="csv", enabled=True,
                      fixed_event=True, delta_merge=True, override_ids=True, distribution="0",
                      settings={"csv": {"value": "2", "delimiter": ","}, "common": {"excluderegex": "/\\.3$/"}})
    client.fetch(feed)
    state = client.feed(feed)
    tap.equal("the column's values become one event", client.values(state["event_id"]), ["192.0.2.1", "192.0.2.2"])
    found = client.ask("POST", "/attributes/restSearch", {"eventid": state["event_id"]})[1]["response"]["Attribute"]
    tap.check("not for detection, as the feed says", not any(a["to_ids"] for a in found), found)
    site.files["/list.csv"] = b"address\nx,192.0.2.2\nx,192.0.2.9\n"
    client.fetch(feed)
    tap.equal("what vanished is deleted, what is new added", client.values(state["event_id"]), ["192.0.2.2", "192.0.2.9"])
    tap.equal("softly", client.values(state["event_id"], deleted="only"), ["192.0.2.1"])
    state = client.feed(feed)
    tap.equal("and counted", (state["last_new"], state["last_duplicate"], state["last_gone"]), (1, 1, 1))
    site.files["/list.csv"] = b"x,192.0.2.1\nx,192.0.2.2\nx,192.0.2.9\n"
    client.fetch(feed)
    tap.equal("what comes back is restored", client.values(state["event_id"]), ["192.0.2.1", "192.0.2.2", "192.0.2.9"])
    tap.equal("in the same event", sum(e["info"] == "Addresses feed" for e in client.events()), 1)
    site.files["/text"] = "Seen: hxxp://bad[.]example/x and bad.example\n# 192.0.2.77\nd41d8cd98f00b204e9800998ecf8427e\n".encode()
    text = client.add(name="Prose", url=site.url + "/text", source_format="freetext", enabled=True)
    client.fetch(text)
    made = next(e for e in client.events() if e["info"] == "Prose feed")
    tap.equal("free text is read as a person does", client.values(made["id"]),
              ["bad.example", "d41d8cd98f00b204e9800998ecf8427e", "http://bad.example/x"])
    site.files["/text"] += b"192.0.2.78\n"
    client.fetch(text)
    tap.equal("without a fixed event each fetch makes one", sum(e["info"] == "Prose feed" for e in client.events()), 2)
    rows = client.ask("GET", f"/feeds/previewIndex/{text}")[1]
    tap.check("a look at its values", {"type": "ip-dst", "value": "192.0.2.78"}.items() <=
              next(r for r in rows if r["value"] == "192.0.2.78").items(), rows)


def check_faults(tap, client, site):
    def failing(name, path, **more):
        feed = client.add(name=name, url=site.url + path, enabled=True, **{"source_format": "csv", **more})
        return feed, client.fetch(feed)

    feed, job = failing("Missing", "/nothing")
    tap.check("a missing file", job["state"] == "failed" and "404" in job["message"]
              and "404" in client.feed(feed)["last_error"], job)
    site.files["/broken/manifest.json"] = b'{"5b0e4d3c-0000-4000-8000-000000010001": {"info":'
    feed, job = failing("Broken", "/broken", source_format="misp")
    tap.check("a broken manifest is told with its place", job["state"] == "failed"
              and any("manifest.json, line 1" in line for line in job["log"]), job)
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.fetch_max_bytes", {"value": 4096})
    site.files["/large"] = b"192.0.2.1\n" * 10000
    feed, job = failing("Large", "/large")
    tap.check("too large an answer", job["state"] == "failed" and "too large" in job["message"], job)
    site.plans["/endless"] = lambda h: (h.send_response(200), h.send_header("Transfer-Encoding", "chunked"),
                                        h.end_headers(),
                                        [h.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n") for _ in range(100)])
    feed, job = failing("Endless", "/endless")
    tap.check("also one that does not say so", job["state"] == "failed" and "too large" in job["message"], job)
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.fetch_max_bytes", {"value": 1 << 28})
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.fetch_timeout", {"value": 1})
    site.plans["/slow"] = lambda h: (h.send_response(200), h.send_header("Content-Length", "10"), h.end_headers(),
                                     time.sleep(3))
    feed, job = failing("Slow", "/slow")
    tap.check("too slow an answer", job["state"] == "failed" and "imed out" in job["message"], job)
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.fetch_timeout", {"value": 60})
    site.plans["/away"] = lambda h: h.answer(302, b"", {"Location": "http://localhost:1/elsewhere"})
    feed, job = failing("Away", "/away")
    tap.check("a redirect to another host is not followed", job["state"] == "failed" and "302" in job["message"], job)
    site.plans["/moved"] = lambda h: h.answer(302, b"", {"Location": "/list.csv"})
    feed, job = failing("Moved", "/moved")
    tap.check("one on the same host is", job["state"] == "done", job)
    site.plans["/round"] = lambda h: h.answer(302, b"", {"Location": "/round"})
    before = site.count("/round")
    feed, job = failing("Round", "/round")
    tap.check("but not for ever", job["state"] == "failed" and site.count("/round") - before < 8, job)
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.fetch_private_networks", {"value": False})
    feed, job = failing("Private", "/list.csv")
    tap.check("private addresses can be forbidden", job["state"] == "failed" and "may not be asked" in job["message"], job)
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.fetch_private_networks", {"value": True})
    hidden = client.add(name="Secret", url=site.url + "/guarded", source_format="csv", enabled=True,
                        headers="Authorization: Token invented")
    site.files["/guarded"] = b"192.0.2.44\n"
    client.fetch(hidden)
    tap.equal("a feed's headers are sent", next(h for p, h in site.asked if p == "/guarded")["Authorization"],
              "Token invented")
    tap.check("and never shown", "headers" not in client.ask("GET", f"/feeds/view/{hidden}")[1]["Feed"])


def check_cache(tap, client, site):
    events = len(client.events())
    publish(site, [event(7, 1000000, ["shared.example", "only-a.example"])], "/a")
    site.files["/b"] = b"shared.example\nonly-b.example\n"
    a = client.add(name="A", url=site.url + "/a", source_format="misp", caching_enabled=True, lookup_visible=True)
    b = client.add(name="B", url=site.url + "/b", source_format="freetext", caching_enabled=True)
    job = client.run(f"/feeds/cacheFeeds/{a}")
    tap.check("a feed is cached", job["state"] == "done" and "2 values" in job["message"], job)
    status, answer = client.ask("POST", "/feeds/cacheFeeds/freetext")
    tap.equal("those of a format are", answer["message"], "Feed caching job initiated.")
    for _ in range(100):
        if client.feed(b)["cached_elements"] != "0":
            break
        time.sleep(0.05)
    tap.equal("without taking anything in", len(client.events()), events)
    hits = client.ask("POST", "/feeds/searchCaches", {"value": "shared.example"})[1]
    tap.equal("a value is found in both", sorted(h["Feed"]["name"] for h in hits), ["A", "B"])
    tap.equal("with the event where the feed says so",
              next(h for h in hits if h["Feed"]["name"] == "A")["Feed"]["event_uuids"],
              ["5b0e4d3c-0000-4000-8000-000000010007"])
    tap.equal("what is in none is not", client.ask("POST", "/feeds/searchCaches", {"value": "nowhere.example"})[1], [])
    matrix = {r["Feed"]["name"]: r["Feed"] for r in client.ask("GET", "/feeds/compareFeeds")[1]}
    tap.equal("what feeds share", [(c["name"], c["overlap_count"], c["overlap_percentage"])
                                   for c in matrix["A"]["ComparedFeed"]], [("B", 1, 50)])
    client.ask("POST", f"/feeds/delete/{b}")
    tap.equal("a deleted feed's cache is gone", len(client.ask("POST", "/feeds/searchCaches",
                                                               {"value": "only-b.example"})[1]), 0)


def check_jobs(tap, client, site):
    gate = threading.Event()
    site.plans["/held"] = lambda h: (gate.wait(20), h.answer(200, b"192.0.2.60\n"))
    feed = client.add(name="Held", url=site.url + "/held", source_format="csv", enabled=True)
    job = client.ask("POST", f"/feeds/fetchFromFeed/{feed}")[1]["id"]
    for _ in range(100):
        if client.ask("GET", f"/api/jobs/{job}")[1]["state"] == "running":
            break
        time.sleep(0.05)
    again = client.ask("POST", f"/feeds/fetchFromFeed/{feed}")[1]["id"]
    tap.check("two jobs of one feed do not run at once", client.ask("GET", f"/api/jobs/{again}")[1]["state"] == "waiting")
    twice = client.ask("POST", f"/feeds/fetchFromFeed/{feed}")[1]["id"]
    tap.equal("one that waits is not asked for twice", twice, again)
    tap.check("jobs are listed", {int(job), int(again)} <= {j["id"] for j in client.ask("GET", "/api/jobs")[1]["jobs"]})
    tap.equal("MISP's way too", client.ask("GET", f"/jobs/view/{job}")[1]["Job"]["status"], "2")
    client.ask("POST", f"/api/jobs/{again}/cancel")
    tap.equal("one that waits is cancelled", client.ask("GET", f"/api/jobs/{again}")[1]["state"], "cancelled")
    client.ask("POST", f"/api/jobs/{job}/cancel")
    for _ in range(100):
        state = client.ask("GET", f"/api/jobs/{job}")[1]["state"]
        if state == "cancelled":
            break
        time.sleep(0.05)
    tap.equal("one that runs as well", state, "cancelled")
    gate.set()
    tap.equal("there is no such job", client.ask("GET", "/api/jobs/999999")[0], 404)


def check_disk(tap, client, server):
    folder = SHARED / "data/misp-events/tweetfeed"
    if not folder.is_dir():
        tap.skip("a real feed from disk", f"no {folder}")
        return
    feed = client.add(name="Tweets", url=str(folder), source_format="misp", input_source="local", enabled=True,
                      distribution="0")
    before = len(client.events())
    job = client.fetch(feed)
    listed = json.loads((folder / "manifest.json").read_text())
    there = [uuid for uuid in listed if (folder / f"{uuid}.json").exists()]
    tap.equal("a real feed from disk", (job["state"], len(client.events()) - before), ("done", len(there)))
    job = client.fetch(feed)
    tap.equal("and again: nothing to do", job["message"], "the feed has not changed")
    gone = client.add(name="Gone", url="/nonexistent/list.csv", source_format="csv", input_source="local", enabled=True)
    job = client.fetch(gone)
    tap.equal("a file that is not there", (job["state"], job["message"]),
              ("failed", "/nonexistent/list.csv: there is no such file"))
    with tempfile.TemporaryDirectory() as place:
        pipe = pathlib.Path(place, "pipe")
        os.mkfifo(pipe)
        job = client.fetch(client.add(name="Pipe", url=str(pipe), source_format="csv", input_source="local", enabled=True))
        tap.equal("a pipe is not waited for", (job["state"], job["message"]), ("failed", f"{pipe} is not a file"))
    client.ask("POST", "/servers/serverSettingsEdit/Kizashi.feed_folder", {"value": "/nonexistent"})
    outside = client.add(name="Outside", url="/etc/hostname", source_format="csv", input_source="local", enabled=True)
    job = client.fetch(outside)
    tap.check("outside of the folder for feeds nothing is read", job["state"] == "failed", job)


def check_restart(tap, program, folder, site):
    """What waited when the program ended is done by the next one."""
    gate = threading.Event()
    site.plans["/long"] = lambda h: (gate.wait(20), h.answer(200, b"192.0.2.61\n"))
    with Store(program, folder).serve() as server:
        client = Client(server)
        feed = client.add(name="Long", url=site.url + "/long", source_format="csv", enabled=True)
        job = client.ask("POST", f"/feeds/fetchFromFeed/{feed}")[1]["id"]
        for _ in range(100):
            if site.count("/long"):
                break
            time.sleep(0.05)
        began = time.monotonic()
        tap.check("a server with a job under way stops", server.stop() == 0 and time.monotonic() - began < 10)
        key = server.key
    gate.set()
    with Store(program, folder).serve() as server:
        server.key = server.key or key
        client = Client(server)
        for _ in range(200):
            state = client.ask("GET", f"/api/jobs/{job}")[1]
            if state["state"] == "done":
                break
            time.sleep(0.05)
        tap.equal("the next server does the job", state["state"], "done")


def check_offline(tap, program, folder):
    """KIZASHI_OFFLINE keeps the server on its own machine, before any look-up."""
    os.environ["KIZASHI_OFFLINE"] = "1"
    with Store(program, folder).serve() as server:
        client = Client(server)
        feed = client.add(name="Far", url="http://feed.example.invalid/x", source_format="csv", enabled=True)
        job = client.fetch(feed)
        tap.check("offline nothing else is asked", job["state"] == "failed" and "may not be asked" in job["message"], job)
    del os.environ["KIZASHI_OFFLINE"]


def check_all(tap, program):
    site = Site()
    with tempfile.TemporaryDirectory() as folder:
        with Store(program, pathlib.Path(folder, "store")).serve() as server:
            client = Client(server)
            check_misp(tap, client, site)
            check_lists(tap, client, site)
            check_faults(tap, client, site)
            check_cache(tap, client, site)
            check_jobs(tap, client, site)
            check_disk(tap, client, server)
            tap.equal("the server stops in order", server.stop(), 0)
        check_restart(tap, program, pathlib.Path(folder, "second"), site)
        check_offline(tap, program, pathlib.Path(folder, "third"))


def main():
    tap = Tap()
    check_all(tap, sys.argv[1])
    return tap.end()


sys.exit(main())
