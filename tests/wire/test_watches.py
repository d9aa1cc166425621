#!/usr/bin/env python3
"""Saved searches, watches over a webhook, and what changed since one looked;
two organisations that must not learn of each other. Prints TAP.

usage: test_watches.py KIZASHI
"""

import email
import email.policy
import http.server
import json
import pathlib
import queue
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402
from test_hooks import Mailbox  # noqa: E402


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.got = queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self, wait=15):
        try:
            return json.loads(self.got.get(timeout=wait))
        except queue.Empty:
            return None


class Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Person:
    def __init__(self, server, key):
        self.server = server
        self.key = key

    def __call__(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        status, _, found = self.server.ask(method, path, data, key=self.key, headers={"Accept": "application/json"})
        return status, json.loads(found) if found else None

    def event(self, info, values, distribution=0):
        status, found = self("POST", "/events/add", {
            "info": info, "distribution": distribution, "published": True,
            "Attribute": [{"type": "domain", "value": v} for v in values]})
        assert status == 200, found
        return found["Event"]["id"]


def people(server):
    admin = Person(server, server.key)
    found = [admin]
    for name in ("Lantern", "Harbour"):
        org = admin("POST", "/admin/organisations/add", {"name": name})[1]["Organisation"]["id"]
        user = admin("POST", "/admin/users/add", {"email": f"{name.lower()}@example.org", "org_id": org,
                                                  "role_id": "2"})[1]
        one = Person(server, user["User"]["authkey"])
        one.org = org
        found.append(one)
    return found


def values(message):
    return sorted(h["value"] for h in message["hits"]) if message else None


def check_searches(tap, lantern, harbour):
    status, found = lantern("POST", "/api/searches", {"name": "domains", "query": {"type": "domain"}})
    tap.check("a search is saved", status == 200 and found["mine"] and found["share"] == "none", found)
    path = f"/api/searches/{found['id']}"
    lantern.event("ours", ["inside.example"])
    harbour.event("theirs", ["theirs.example"])
    rows = [r["value"] for r in lantern("GET", path + "/run")[1]["rows"]]
    tap.equal("it is run with one's own eyes", rows, ["inside.example"])
    tap.equal("what is private is not there for others",
              [harbour(m, path + e, b)[0] for m, e, b in (("GET", "", None), ("GET", "/run", None), ("DELETE", "", None),
                                                         ("PUT", "", {"name": "x"}))], [404] * 4)
    tap.equal("as what is not there", harbour("GET", path)[1], harbour("GET", "/api/searches/999")[1])
    tap.equal("nor in the list", harbour("GET", "/api/searches")[1], [])
    lantern("PUT", path, {"share": "all", "watch": {"enabled": False}})
    status, found = harbour("GET", path)
    tap.check("shared, it is seen without its owner and watch", status == 200 and not found["mine"] and
              "watch" not in found and "user_id" not in found, found)
    tap.equal("and finds what its runner may see", [r["value"] for r in harbour("GET", path + "/run")[1]["rows"]],
              ["theirs.example"])
    tap.equal("only the owner changes it", [harbour("PUT", path, {"name": "x"})[0], harbour("DELETE", path)[0]], [403] * 2)
    tap.equal("a page of it", len(harbour("GET", path + "/run?limit=0")[1]["rows"]), 0)
    tap.equal("it is removed", lantern("DELETE", path)[0], 200)
    tap.equal("and gone", lantern("GET", path)[0], 404)


def check_watch(tap, admin, lantern, harbour, receiver, other):
    for name, to, org in (("all", receiver.url, None), ("harbour", other.url, harbour.org)):
        hook = {"name": name, "kind": "webhook", "on": ["watch.hits"], "url": to}
        if org:
            hook["org_id"] = org
        assert admin("POST", "/api/hooks", hook)[0] == 200
    status, found = lantern("POST", "/api/searches", {"name": "new ones", "query": {"type": "domain"}, "watch": {}})
    tap.equal("a watch is made", status, 200)
    number = found["id"]
    harbour.event("theirs", ["hidden.example"])
    lantern.event("ours", ["one.example", "two.example"])
    message = receiver.next()
    tap.equal("what is new is told, with the owner's eyes", values(message), ["one.example", "two.example"])
    tap.equal("with counts", message and (message["Watch"]["total"], message["Watch"]["events"], message["Watch"]["name"]),
              (2, 1, "new ones"))
    harbour.event("for all", ["shared.example"], distribution=3)
    tap.equal("others' too, when it is shared", values(receiver.next()), ["shared.example"])
    tap.equal("and nothing twice", receiver.next(5), None)
    tap.equal("another organisation's hook hears nothing of it", other.next(0.1), None)
    return number


def check_mail(tap, admin, harbour, mailbox):
    for setting, value in (("Kizashi.smtp_url", mailbox.url), ("MISP.email", "kizashi@cert.example")):
        assert admin("POST", f"/servers/serverSettingsEdit/{setting}", {"value": value})[0] == 200
    status, found = harbour("POST", "/api/searches", {"name": "by mail\nBcc: x@example.org", "query": {"value": "mailed.example"},
                                                      "watch": {"mail": True}})
    harbour.event("a mail", ["mailed.example"])
    sender, to, raw = mailbox.next()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    tap.equal("a mail goes to the owner alone", (to, mail["Bcc"]), (["harbour@example.org"], None))
    tap.check("and says what", "1 new" in str(mail["Subject"]) and "mailed.example\ta mail" in mail.get_content(), raw)
    harbour("DELETE", f"/api/searches/{found['id']}")


def check_rhythm(tap, lantern, receiver, number):
    lantern("PUT", f"/api/searches/{number}", {"watch": {"interval": 9}})
    lantern.event("first", ["first.example"])
    tap.equal("the last message is long ago", values(receiver.next(20)), ["first.example"])
    lantern.event("second", ["second.example"])
    tap.equal("then there is a pause", receiver.next(4), None)
    lantern.event("third", ["third.example"])
    tap.equal("after which all comes in one", values(receiver.next(15)), ["second.example", "third.example"])


def check_restart(tap, store, server, lantern, receiver, number):
    lantern("PUT", f"/api/searches/{number}", {"watch": {"interval": 600}})
    lantern.event("before", ["before.example"])
    time.sleep(3)
    server.process.kill()
    server.process.wait()
    with store.serve() as again:
        lantern.server = again
        tap.equal("after a crash nothing is told again", receiver.next(5), None)
        lantern("PUT", f"/api/searches/{number}", {"watch": {"interval": 0}})
        lantern.event("after", ["after.example"])
        found = []
        while (message := receiver.next(6)):
            found += values(message)
        tap.equal("and nothing is lost", sorted(found), ["after.example", "before.example"])
        lantern("DELETE", f"/api/searches/{number}")
        lantern.event("late", ["late.example"])
        tap.equal("what is removed tells nothing", receiver.next(5), None)
        tap.check("the server stops in order", again.stop() == 0)


def check_changes(tap, lantern, harbour):
    found = lantern("GET", "/api/changes")[1]
    tap.check("at first all is new", found["total"] > 0 and found["looked"] is None, found)
    tap.equal("a mark is set", lantern("POST", "/api/changes/seen", {})[0], 200)
    tap.equal("then nothing is", lantern("GET", "/api/changes")[1]["total"], 0)
    tap.check("each has his own", harbour("GET", "/api/changes")[1]["total"] > 0)
    harbour.event("theirs", ["unseen.example"])
    lantern.event("ours", ["c1.example", "c2.example"])
    found = lantern("GET", "/api/changes?limit=1&offset=1")[1]
    tap.equal("what one may see is new, a page at a time",
              (found["total"], found["events"], [r["value"] for r in found["rows"]]), (2, 1, ["c2.example"]))
    lantern.event("ours", ["c3.example"])
    lantern("POST", "/api/changes/seen", {"mark": found["mark"]})
    tap.equal("a mark of an answer covers that answer",
              [r["value"] for r in lantern("GET", "/api/changes")[1]["rows"]], ["c3.example"])
    tap.check("since a time", lantern("GET", "/api/changes?since=1h")[1]["total"] >= 3)
    tap.equal("of the future nothing", lantern("GET", "/api/changes?since=2099-01-01")[1]["total"], 0)
    tap.equal("what is no time", [lantern("GET", "/api/changes?since=x")[0],
                                  lantern("POST", "/api/changes/seen", {"mark": "x"})[0]], [400, 400])


def check_command(tap, store):
    found = store.json("saved", "add", "late ones", "--query", '{"value":"late.example"}', "--share", "org")
    tap.equal("a command saves", (found["name"], found["share"]), ("late ones", "org"))
    tap.equal("lists", [s["id"] for s in store.json("saved", "list")], [found["id"]])
    tap.check("and shows them", b"late ones" in store.out("saved", "list"))
    tap.check("runs", b"1 found" in store.out("saved", "run", found["id"]))
    tap.equal("shows", store.json("saved", "show", found["id"])["query"], {"value": "late.example"})
    tap.equal("and removes", store.out("saved", "remove", found["id"]), b"removed\n")
    tap.check("what is no query is refused", store.run("saved", "add", "x", "--query", "{").returncode != 0)


def main():
    tap = Tap()
    receiver, other, mailbox = Receiver(), Receiver(), Mailbox()
    threading.Thread(target=mailbox.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        store = Store(sys.argv[1], pathlib.Path(name) / "store")
        with store.serve() as server:
            admin, lantern, harbour = people(server)
            check_searches(tap, lantern, harbour)
            check_changes(tap, lantern, harbour)
            check_mail(tap, admin, harbour, mailbox)
            number = check_watch(tap, admin, lantern, harbour, receiver, other)
            check_rhythm(tap, lantern, receiver, number)
            check_restart(tap, store, server, lantern, receiver, number)
        check_command(tap, store)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
