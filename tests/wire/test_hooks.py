#!/usr/bin/env python3
"""Webhooks and mail: a server over HTTP and one over SMTP on loopback get what
changes, again when they did not take it, and after a restart. Prints TAP.

usage: test_hooks.py KIZASHI
"""

import email
import email.policy
import hashlib
import hmac
import http.server
import json
import pathlib
import queue
import socketserver
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402


class Receiver(http.server.ThreadingHTTPServer):
    """Takes requests into a queue; answers with `status`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.got = queue.Queue()
        self.status = 200
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    def next(self, wait=10):
        try:
            return self.got.get(timeout=wait)
        except queue.Empty:
            return None, b""


class Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.put((self.headers, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Mailbox(socketserver.ThreadingTCPServer):
    """A little SMTP."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Postman)
        self.got = queue.Queue()
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"

    def next(self, wait=10):
        try:
            return self.got.get(timeout=wait)
        except queue.Empty:
            return None, [], b""


class Postman(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        sender, to = None, []
        self.say("220 mailbox.example")
        while line := self.rfile.readline():
            word = line.strip().upper()
            if word.startswith(b"MAIL FROM:"):
                sender = line[10:].split(b">")[0].strip(b" <").decode()
            elif word.startswith(b"RCPT TO:"):
                to.append(line[8:].split(b">")[0].strip(b" <").decode())
            elif word == b"DATA":
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line[1:] if line.startswith(b"..") else line)
                self.server.got.put((sender, to, b"".join(lines)))
            elif word == b"QUIT":
                self.say("221 bye")
                return
            self.say("250 mailbox.example")


class Api:
    def __init__(self, server):
        self.server = server

    def __call__(self, method, path, body=None, key="own"):
        data = None if body is None else json.dumps(body).encode()
        status, _, found = self.server.ask(method, path, data, key=key, headers={"Accept": "application/json"})
        return status, json.loads(found) if found else None

    def event(self, info):
        status, found = self("POST", "/events/add", {"info": info, "distribution": 0,
                             "Attribute": [{"type": "domain", "value": "lantern.example"}]})
        assert status == 200, found
        return found["Event"]["id"]

    def setting(self, name, value):
        status, found = self("POST", f"/servers/serverSettingsEdit/{name}", {"value": value})
        assert status == 200, found


def check_webhook(tap, api, receiver):
    hook = {"name": "siem", "kind": "webhook", "on": ["event.publish"], "url": receiver.url, "secret": "s3cret"}
    status, found = api("POST", "/api/hooks", hook)
    tap.check("a hook is made; its secret does not come back",
              status == 200 and found["has_secret"] is True and "secret" not in found, found)
    number = found["id"]
    event = api.event('Lantern "quoted" \n \u65e5\u672c')
    api("POST", f"/events/publish/{event}")
    headers, body = receiver.next()
    tap.check("a published event arrives whole", json.loads(body)["Event"]["id"] == event, body)
    tap.equal("signed", headers["X-Kizashi-Signature"],
              "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest())
    tap.equal("with the notice's name", headers["X-Kizashi-Notice"], "event.publish")
    tap.equal("and nothing else was sent", receiver.got.qsize(), 0)
    hook.update(on=["*"], template='{"text":"{{name}} {{event.info}}","v":"{{value}}","no":"{{none}}","m":{{json}}}')
    del hook["secret"]
    status, found = api("PUT", f"/api/hooks/{number}", hook)
    tap.check("an edit without a secret keeps it", status == 200 and found["has_secret"] is True, found)
    status, _ = api("POST", f"/attributes/add/{event}", {"type": "ip-dst", "value": "192.0.2.9"})
    _, body = receiver.next()
    message = json.loads(body)
    tap.equal("a template is filled in and stays JSON", (message["text"], message["v"], message["no"]),
              ('attribute.add Lantern "quoted" \n \u65e5\u672c', "192.0.2.9", "{{none}}"))
    tap.equal("with the whole message", message["m"]["Attribute"]["value"], "192.0.2.9")
    status, _ = api("POST", f"/api/hooks/{number}/test")
    tap.equal("a test arrives", (status, json.loads(receiver.next()[1])["text"]), (200, "test A test of this hook"))
    return number, event


def check_refusals(tap, api):
    bad = [{"name": "x", "kind": "webhook", "on": ["*"], "url": "file:///etc/passwd"},
           {"name": "x", "kind": "webhook", "on": ["*"], "url": "http://a\r\nb"},
           {"name": "x", "kind": "mail", "on": ["*"], "to": ["a@example.org\nBcc: b@example.org"]},
           {"name": "x", "kind": "mail", "on": ["*"], "to": []},
           {"name": "", "kind": "mail", "on": ["*"], "to": ["a@example.org"]},
           {"name": "x", "kind": "pager", "on": ["*"]}, {"name": "x", "kind": "webhook", "url": "http://a"}, []]
    tap.equal("what is no hook is refused", [api("POST", "/api/hooks", b)[0] for b in bad], [400] * len(bad))
    tap.equal("one that is not there", api("DELETE", "/api/hooks/999")[0], 404)
    tap.equal("nobody without a key", api("GET", "/api/hooks", key=None)[0], 401)


def check_mail(tap, api, mailbox):
    api.setting("Kizashi.smtp_url", mailbox.url)
    api.setting("MISP.email", "kizashi@cert.example")
    status, found = api("POST", "/api/hooks", {"name": "soc", "kind": "mail", "on": ["event.publish"],
                                                "to": ["soc@cert.example", "duty@cert.example"]})
    event = api.event("Lantern:\nBcc: evil@example.org \u65e5\u672c")
    api("POST", f"/events/publish/{event}")
    sender, to, raw = mailbox.next()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    tap.equal("mail goes from and to whom it should", (sender, to),
              ("kizashi@cert.example", ["soc@cert.example", "duty@cert.example"]))
    tap.check("a subject is one line, whatever the event is called", mail["Bcc"] is None and
              "\u65e5\u672c" in str(mail["Subject"]) and "event.publish" in str(mail["Subject"]), raw)
    tap.check("the body says where", f"/events/view/{event}" in mail.get_content(), raw)
    api("DELETE", f"/api/hooks/{found['id']}")


def check_retry(tap, store, server, receiver, number, event):
    """What is refused is kept, also over a restart."""
    api = Api(server)
    receiver.status = 503
    api("POST", f"/attributes/add/{event}", {"type": "ip-dst", "value": "192.0.2.10"})
    receiver.next()
    end = time.monotonic() + 10
    waiting = []
    while time.monotonic() < end and not (waiting and waiting[0].get("error")):
        waiting = api("GET", f"/api/hooks/{number}/deliveries")[1]
        time.sleep(0.1)
    tap.check("what was refused waits, with the reason", len(waiting) == 1 and waiting[0]["tries"] == 1 and
              "503" in waiting[0]["error"], waiting)
    server.stop()
    receiver.status = 200
    with store.serve() as again:
        again.key = server.key
        _, body = receiver.next(25)
        tap.check("and arrives after a restart", b"192.0.2.10" in body, body)
        api = Api(again)
        end = time.monotonic() + 10
        while time.monotonic() < end and api("GET", f"/api/hooks/{number}/deliveries")[1]:
            time.sleep(0.1)
        tap.equal("then it is done", api("GET", f"/api/hooks/{number}/deliveries")[1], [])
        tap.equal("a hook is removed", api("DELETE", f"/api/hooks/{number}")[0], 200)
        tap.equal("and gone", api("GET", "/api/hooks")[1], [])
        tap.check("the server stops in order", again.stop() == 0)


def main():
    tap = Tap()
    receiver, mailbox = Receiver(), Mailbox()
    for one in (receiver, mailbox):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        store = Store(sys.argv[1], pathlib.Path(name) / "store")
        with store.serve() as server:
            api = Api(server)
            number, event = check_webhook(tap, api, receiver)
            check_refusals(tap, api)
            check_mail(tap, api, mailbox)
            while receiver.next(2)[0]:
                pass
            check_retry(tap, store, server, receiver, number, event)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
