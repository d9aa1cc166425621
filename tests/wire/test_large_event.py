#!/usr/bin/env python3
"""A large event goes out of a search in parts: what comes is what a view of the
event, which is read whole, shows to the same person. Prints TAP.

usage: test_large_event.py KIZASHI
"""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import Store, Tap  # noqa: E402

ROWS = 4500  # more than two parts


def row(number):
    kind = number % 5
    return {"type": "domain", "category": "Network activity", "value": f"h{number}.large.test",
            "distribution": "0" if kind == 0 else "5", "to_ids": kind != 1, "comment": f"row {number}",
            "Tag": [{"name": f"large:{number % 7}"}] if kind == 2 else []}


class Asker:
    def __init__(self, server):
        self.server = server

    def ask(self, method, path, body=None, key=None):
        status, _, text = self.server.ask(method, path, json.dumps(body).encode() if body is not None else b"",
                                          key=key or self.server.key)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {text[:300]!r}")
        return json.loads(text)


def fill(server):
    """An event with all that may lie beside its attributes; its number."""
    group = server.ask("POST", "/sharing_groups/add", {"name": "Few", "releasability": "test"})["SharingGroup"]["id"]
    made = server.ask("POST", "/events/add", {"info": "large", "distribution": "1", "Tag": [{"name": "tlp:green"}],
                                              "Attribute": [row(n) for n in range(ROWS)]})["Event"]
    number = made["id"]
    server.ask("POST", f"/attributes/add/{number}", {"type": "text", "value": "of a group", "distribution": "4",
                                                      "sharing_group_id": group})
    server.ask("POST", f"/eventReports/add/{number}", {"name": "Report", "content": "of it", "distribution": "5"})
    server.ask("POST", f"/sightings/add/{made['Attribute'][3]['uuid']}", {"source": "proxy", "type": "0"})
    server.ask("POST", f"/attributes/delete/{made['Attribute'][2222]['uuid']}")
    server.ask("POST", "/events/add", {"info": "related", "distribution": "1", "Attribute": [row(4444)]})
    return number


def compare(tap, server, number, who, key, expected):
    shown = server.ask("GET", f"/events/view/{number}", key=key)["Event"]
    found = server.ask("POST", "/events/restSearch", {"eventid": number}, key=key)["response"]
    tap.equal(f"{who}: one event", len(found), 1)
    sent = found[0]["Event"]
    tap.equal(f"{who}: its attributes", len(sent["Attribute"]), expected)
    tap.equal(f"{who}: counted", sent["attribute_count"], str(expected))
    for name in shown:
        tap.check(f"{who}: {name} as in a view", sent.get(name) == shown[name],
                  f"{str(sent.get(name))[:300]}\n{str(shown[name])[:300]}")
    tap.equal(f"{who}: the same members in the same order", list(sent), list(shown))


def check(tap, server):
    number = fill(server)
    org = server.ask("POST", "/admin/organisations/add", {"name": "Other", "local": True})["Organisation"]["id"]
    users = {name: server.ask("POST", "/admin/users/add", {"email": f"{name}@other.example", "org_id": org,
                                                           "role_id": role})["User"]["authkey"]
             for name, role in (("member", 3), ("sync", 5))}
    hidden = ROWS // 5 + 1  # those of one organisation, and the group's
    compare(tap, server, number, "administrator", server.server.key, ROWS)
    for name, key in users.items():
        compare(tap, server, number, name, key, ROWS - hidden)
    both = server.ask("POST", "/events/restSearch", {"eventid": [1, 2]})["response"]
    tap.equal("others may stand beside it", [len(e["Event"]["Attribute"]) for e in both], [ROWS, 1])
    ids = server.ask("POST", "/events/restSearch", {"eventid": number, "to_ids": 1})["response"][0]["Event"]["Attribute"]
    tap.check("what leaves out some is read whole", 0 < len(ids) < ROWS and all(a["to_ids"] for a in ids), len(ids))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder, Store(sys.argv[1], pathlib.Path(folder, "store")).serve() as server:
        check(tap, Asker(server))
        tap.equal("the server stops in order", server.stop(), 0)
    return tap.end()


sys.exit(main())
