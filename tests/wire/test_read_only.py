#!/usr/bin/env python3
"""Who may only read changes nothing: every row of MISP's table that takes POST
or DELETE is asked with the key of the read-only role and with an
administrator's read-only key, and nothing may be committed. Prints TAP.

usage: test_read_only.py KIZASHI MISP.C
"""

import json
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import Store, Tap  # noqa: E402

ROW = re.compile(r'\{"([\w/]+)",\s*"(\w*)",\s*([^{}]*?),\s*(kz_misp_\w+)\}')
# A stranger's; and one's own account, which the read-only role has, too.
OPEN = {("users", "register")}
OWN = {("users", "edit"), ("users", "changepw"), ("users", "resetauthkey"), ("authkeys", "add"), ("authkeys", "edit"),
       ("authkeys", "delete"), ("usersettings", "setsetting"), ("usersettings", "delete")}
BODIES = [
    {},
    {"value": "192.0.2.77", "type": "ip-dst", "info": "x", "name": "x", "id": 1, "uuid": "", "tag": "x",
     "comment": "x", "content": "x", "message": "x", "setting": "x", "uuids": "5b0e4d3c-0000-4000-8000-0000000000ee",
     "note": "x", "opinion": 1, "email": "x@example.test", "org_id": 1, "password": "correct horse battery"},
]


def post(server, path, body, key="own", method="POST"):
    status, _, data = server.ask(method, path, json.dumps(body), key, {"Content-Type": "application/json"})
    return status, json.loads(data) if data[:1] in (b"{", b"[") else data


def commits(server):
    return json.loads(server.ask("GET", "/api/stats")[2])["generation"]


def main():
    tap = Tap()
    rows = [(c, a, m) for c, a, m, _ in ROW.findall(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
            if "WRITE" in m or "REMOVE" in m]
    tap.check("there are rows", len(rows) > 60, len(rows))
    with tempfile.TemporaryDirectory() as folder:
        with Store(sys.argv[1], pathlib.Path(folder, "store")).serve() as server:
            event = post(server, "/events/add", {
                "info": "to be kept", "distribution": 1,
                "Attribute": [{"type": "ip-dst", "value": "192.0.2.10"}]})[1]["Event"]
            post(server, "/tags/attachTagToObject", {"uuid": event["uuid"], "tag": "x"})
            post(server, "/eventReports/add/1", {"name": "r", "content": "c"})
            post(server, "/shadowAttributes/add/1", {"type": "text", "value": "proposed"})
            post(server, "/sharingGroups/add", {"name": "g", "releasability": "none"})
            post(server, "/feeds/add", {"Feed": {"name": "f", "provider": "p", "url": "http://127.0.0.1:9/"}})
            _, made = post(server, "/admin/users/add", {"email": "reader@example.test", "org_id": 1, "role_id": 6})
            _, key = post(server, "/auth_keys/add/me", {"read_only": True})
            readers = [("the read-only role", made["User"]["authkey"], OPEN | OWN),
                       ("an administrator's read-only key", key["AuthKey"]["authkey_raw"], OPEN)]
            for who, reader, passed in readers:
                before = commits(server)
                for controller, action, methods in rows:
                    if (controller, action) in passed:
                        continue
                    for body in BODIES:
                        for end in ("", "/1", f"/{event['uuid']}", "/Note/" + event["uuid"] + "/Event"):
                            path = f"/{controller}/{action}{end}"
                            status = post(server, path, body, reader)[0] if "WRITE" in methods else 0
                            if "REMOVE" in methods:
                                status = max(status, post(server, path, body, reader, "DELETE")[0])
                            if status >= 500 or commits(server) != before:
                                tap.check(f"{who}: {path}", False, (status, body))
                                before = commits(server)
                tap.check(f"{who} committed nothing", True)
            tap.equal("all is there", post(server, "/events/view/1", {})[1]["Event"]["attribute_count"], "1")
    return tap.end()


sys.exit(main())
