#!/usr/bin/env python3
"""Logging in with a password: sessions, forged requests, one-time codes,
throttling. Prints TAP.

usage: test_login.py KIZASHI
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import Store, Tap  # noqa: E402

PASSWORD = "correct horse battery"


def code_of(secret, step):
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


class Browser:
    """What a browser keeps: the cookie and the second token."""

    def __init__(self, server):
        self.server = server
        self.cookie = None
        self.csrf = None

    def ask(self, method, path, body=None, csrf="own"):
        headers = {"Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = f"theme=dark; {self.cookie}"
        if csrf == "own" and self.csrf:
            headers["X-CSRF-Token"] = self.csrf
        elif csrf != "own" and csrf:
            headers["X-CSRF-Token"] = csrf
        status, answer, data = self.server.ask(
            method, path, json.dumps(body) if body is not None else None, None, headers)
        return status, answer, json.loads(data) if data[:1] in (b"{", b"[") else data

    def login(self, email, password, code=None):
        body = {"email": email, "password": password}
        if code:
            body["code"] = code
        status, headers, answer = self.ask("POST", "/api/login", body)
        cookie = headers.get("Set-Cookie")
        if status == 200:
            self.cookie = cookie.split(";")[0]
            self.csrf = answer["csrf"]
        return status, cookie, answer


def admin(server, path, body):
    status, _, data = server.ask("POST", path, json.dumps(body))
    return status, json.loads(data)


def check_session(tap, server):
    browser = Browser(server)
    tap.equal("nobody is in without a cookie", browser.ask("GET", "/api/me")[0], 401)
    wrong = browser.login("analyst@example.test", "wrong horse battery")
    nobody = browser.login("nobody@example.test", "wrong horse battery")
    tap.equal("a wrong password and a wrong address have one answer", wrong[::2], nobody[::2])
    tap.equal("which is 401", wrong[0], 401)
    status, cookie, me = browser.login("Analyst@example.test", PASSWORD)
    tap.equal("the right one lets in", status, 200)
    tap.check("the cookie is for this server's pages alone",
              "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie, cookie)
    tap.equal("and tells who it is", (me["user"]["email"], "perm_add" in me["user"]["permissions"]),
              ("analyst@example.test", True))
    tap.equal("the session answers", browser.ask("GET", "/api/me")[2]["user"]["email"], "analyst@example.test")
    tap.equal("MISP's API as well", browser.ask("GET", "/users/view/me")[0], 200)
    new = {"info": "by a browser", "distribution": 0}
    tap.equal("a change without the second token is refused", browser.ask("POST", "/events/add", new, csrf=None)[0], 403)
    tap.equal("with a wrong one too", browser.ask("POST", "/events/add", new, csrf="0" * 64)[0], 403)
    tap.equal("with it it is made", browser.ask("POST", "/events/add", new)[0], 200)
    tap.equal("a form of another site logs nobody in", server.ask(
        "POST", "/api/login", json.dumps({"email": "analyst@example.test", "password": PASSWORD}), None,
        {"Content-Type": "text/plain"})[0], 415)
    forged = Browser(server)
    forged.cookie = "kizashi_session=" + "0" * 64
    tap.equal("an invented cookie is nothing", forged.ask("GET", "/api/me")[0], 401)
    other = Browser(server)
    other.login("analyst@example.test", PASSWORD)
    browser.ask("POST", "/api/logout")
    tap.equal("logging out ends it", browser.ask("GET", "/api/me")[0], 401)
    tap.equal("and no other", other.ask("GET", "/api/me")[0], 200)
    return other


def check_password(tap, server, browser, user):
    tap.equal("the old password is asked for",
              browser.ask("POST", "/api/password", {"old": "x" * 12, "new": "y" * 12})[0], 403)
    tap.equal("a short one is refused",
              browser.ask("POST", "/api/password", {"old": PASSWORD, "new": "short"})[0], 400)
    tap.equal("it is changed", browser.ask("POST", "/api/password", {"old": PASSWORD, "new": PASSWORD + "2"})[0], 200)
    tap.equal("which ends all sessions", browser.ask("GET", "/api/me")[0], 401)
    tap.equal("the new one counts", browser.login("analyst@example.test", PASSWORD + "2")[0], 200)
    admin(server, f"/admin/users/edit/{user}", {"password": PASSWORD})
    tap.equal("an administrator's change ends them, too", browser.ask("GET", "/api/me")[0], 401)
    browser.login("analyst@example.test", PASSWORD)
    admin(server, f"/admin/users/edit/{user}", {"disabled": True})
    tap.equal("so does disabling", browser.ask("GET", "/api/me")[0], 401)
    tap.equal("a disabled user is not let in", browser.login("analyst@example.test", PASSWORD)[0], 401)
    admin(server, f"/admin/users/edit/{user}", {"disabled": False})


def check_codes(tap, server, user):
    browser = Browser(server)
    browser.login("analyst@example.test", PASSWORD)
    made = browser.ask("POST", "/api/totp")[2]
    tap.check("a secret for an app", made["uri"].startswith("otpauth://totp/kizashi:analyst@example.test?secret="), made)
    step = int(time.time()) // 30
    tap.equal("is confirmed by a code, not by any", browser.ask("POST", "/api/totp/confirm", {"code": "000000"})[0], 403)
    tap.equal("which sets it up",
              browser.ask("POST", "/api/totp/confirm", {"code": code_of(made["secret"], step - 1)})[0], 200)
    status, _, answer = browser.login("analyst@example.test", PASSWORD)
    tap.equal("now a code is due", (status, answer.get("totp")), (401, True))
    tap.equal("a wrong password does not tell", browser.login("analyst@example.test", "wrong horse battery")[2].get("totp"), None)
    tap.equal("one that was used is refused", browser.login("analyst@example.test", PASSWORD, code_of(made["secret"], step - 1))[0], 401)
    code = code_of(made["secret"], int(time.time()) // 30)
    tap.equal("a fresh one lets in", browser.login("analyst@example.test", PASSWORD, code)[0], 200)
    tap.equal("once", Browser(server).login("analyst@example.test", PASSWORD, code)[0], 401)
    tap.check("nobody is shown the secret", made["secret"] not in server.ask("GET", f"/admin/users/view/{user}")[2].decode())
    tap.equal("an administrator takes it away", server.ask("DELETE", f"/api/totp/{user}")[0], 200)
    tap.equal("then the password is enough", browser.login("analyst@example.test", PASSWORD)[0], 200)
    admin(server, "/servers/serverSettingsEdit/Security.otp_required", {"value": True})
    status, _, me = browser.login("analyst@example.test", PASSWORD)
    tap.equal("where codes are required", (status, me["totp_due"]), (200, True))
    tap.equal("one gets no further than to set them up", (browser.ask("GET", "/api/stats")[0], browser.ask("POST", "/api/totp")[0]), (401, 200))
    admin(server, "/servers/serverSettingsEdit/Security.otp_required", {"value": False})


def check_log(tap, server):
    found = json.loads(server.ask("GET", "/api/audit?about=access&limit=1000")[2])["entries"]
    actions = {entry["action"] for entry in found}
    tap.equal("the audit log has it all", actions, {"login", "login_failed", "logout"})
    tap.check("without passwords or tokens", "horse" not in json.dumps(found) and "kizashi_session" not in json.dumps(found))


def check_commands(tap, store):
    made = store.json("user", "add", "cli@example.test", "--role", "Publisher")
    tap.check("a user is added from the command line", made["User"]["role_id"] == "4" and len(made["User"]["authkey"]) == 40, made)
    tap.check("and listed", any(line.split()[1:3] == [b"cli@example.test", b"ORGNAME"] for line in store.out("user", "list").splitlines()))
    store.out("user", "password", "cli@example.test", text=b"correct horse battery\n")
    store.out("user", "disable", "cli@example.test")
    listed = {u["User"]["email"]: u["User"]["disabled"] for u in store.json("user", "list")}
    tap.equal("disabled", listed["cli@example.test"], True)
    actions = [e["action"] for e in store.json("audit", "--about", "user", "--id", made["User"]["id"])["entries"]]
    tap.equal("the log knows", actions, ["add", "edit", "edit"])
    lines = store.out("audit", "--all", "--action", "login_failed").splitlines()
    tap.check("all of it as lines", lines and all(json.loads(line)["about"] == "access" for line in lines))
    again = store.run("user", "add", "cli@example.test").stderr
    tap.check("a refusal has its reason", b"Could not add User: email: " in again, again)
    last = store.run("user", "remove", "admin@admin.test").stderr
    tap.check("also one in a word", b"one site administrator has to stay" in last, last)
    page = store.out("audit", "--about", "user", "--id", made["User"]["id"])
    tap.check("an entry says what was changed", b"disabled=true" in page, page)
    page = store.out("audit", "--limit", "1")
    tap.check("a page of the log says that there is more", b"older ones: --cursor " in page, page)
    store.out("user", "remove", "cli@example.test")
    tap.check("who is not there is an error", store.run("user", "remove", "cli@example.test").returncode != 0
              and store.run("user", "praise", "cli@example.test").returncode != 0)


def check_live(tap, server):
    browser = Browser(server)
    browser.login("analyst@example.test", PASSWORD)
    admin(server, "/servers/serverSettingsEdit/MISP.live", {"value": False})
    status, _, answer = browser.ask("GET", "/api/me")
    tap.equal("while the server is not live, users are told", (status, answer["error"]["message"]),
              (503, "The server is under maintenance."))
    tap.equal("administrators work", server.ask("GET", "/api/me")[0], 200)
    admin(server, "/servers/serverSettingsEdit/MISP.live", {"value": True})
    tap.equal("and afterwards all do", browser.ask("GET", "/api/me")[0], 200)


def check_throttle(tap, server):
    browser = Browser(server)
    statuses = [browser.login("victim@example.test", "wrong horse battery")[0] for _ in range(12)]
    tap.check("who fails too often has to wait", statuses[-1] == 429 and 401 in statuses, statuses)
    tap.equal("also with the right password", browser.login("analyst@example.test", PASSWORD)[0], 429)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(sys.argv[1], pathlib.Path(folder, "store"))
        with store.serve() as server:
            _, made = admin(server, "/admin/users/add", {
                "email": "analyst@example.test", "org_id": 1, "role_id": 3, "password": PASSWORD})
            user = made["User"]["id"]
            browser = check_session(tap, server)
            check_password(tap, server, browser, user)
            check_codes(tap, server, user)
            check_log(tap, server)
            check_commands(tap, store)
            check_live(tap, server)
            check_throttle(tap, server)
    return tap.end()


sys.exit(main())
