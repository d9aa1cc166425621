"""A little DNS for tests: a question over UDP, and a server that answers every
question for an address with one."""

import random
import socket
import socketserver
import struct
import threading

NXDOMAIN = 3


def packed(name):
    labels = [part.encode() for part in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def ask(port, name, wait=5):
    """(rcode, [addresses]) of the A record of `name`; None: no answer."""
    number = random.randrange(1 << 16)
    question = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + packed(name) + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(wait)
        s.sendto(question, ("127.0.0.1", port))
        try:
            answer = s.recv(4096)
        except TimeoutError:
            return None
    _, flags, _, count, _, _ = struct.unpack(">HHHHHH", answer[:12])
    at = len(question)
    found = []
    for _ in range(count):
        while answer[at] not in (0,) and answer[at] < 0xC0:
            at += 1 + answer[at]
        at += 2 if answer[at] >= 0xC0 else 1
        kind, _, _, size = struct.unpack(">HHIH", answer[at:at + 10])
        at += 10
        if kind == 1:
            found.append(socket.inet_ntoa(answer[at:at + 4]))
        at += size
    return flags & 15, found


class Upstream(socketserver.ThreadingUDPServer):
    """Answers A with `answers[name]` or 192.0.2.250. `with` starts it."""

    daemon_threads = True

    def __init__(self, answers):
        self.answers = answers
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        at = 12
        labels = []
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
        question = data[12:at + 5]
        kind = struct.unpack(">H", data[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        answer = b""
        if kind == 1:
            address = self.server.answers.get(name, "192.0.2.250")
            answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
        head = data[:2] + struct.pack(">HHHHH", 0x8580, 1, 1 if answer else 0, 0, 0)
        sock.sendto(head + question + answer, self.client_address)
