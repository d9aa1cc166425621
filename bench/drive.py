"""Drives the kizashi program for benches: its commands, a server, a client."""

import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

SETTLE_QUIET_S = 4  # the store has settled when the server did nothing for so long
SETTLE_MAX_S = 900


def serve_words(store, port):
    return ["serve", "--store", store, "--listen", f"127.0.0.1:{port}"]


# --- commands -----------------------------------------------------------------


class Failed(Exception):
    """A step did not do what it should; the words say which."""


def run_command(program, words):
    """(wall seconds, processor seconds, resident peak in MB, standard output)."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        process = subprocess.Popen([program, *map(str, words)], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed(f"{words[0]} ended with {process.returncode}")
        out.seek(0)
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read()


def discard_command(program, words):
    """The same for output that is only counted: (wall, peak, bytes)."""
    process = subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE)
    start = time.monotonic()
    count = 0
    while block := os.read(process.stdout.fileno(), 1 << 20):
        count += len(block)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{words[0]} ended with {process.returncode}")
    return time.monotonic() - start, usage.ru_maxrss / 1024, count


def size_of(folder):
    """Bytes on the disk, files that vanish meanwhile left out."""
    total = 0
    for path in pathlib.Path(folder).rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_blocks * 512
        except OSError:
            pass
    return total


def used_ticks(process):
    """Processor time of a process so far, in hundredths of a second."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def wait_until_idle(process):
    """Seconds until the process began to do nothing for SETTLE_QUIET_S."""
    start = changed = time.monotonic()
    used = used_ticks(process)
    while time.monotonic() - changed < SETTLE_QUIET_S and time.monotonic() - start < SETTLE_MAX_S:
        time.sleep(0.5)
        now = used_ticks(process)
        if now - used > 2:
            changed = time.monotonic()
        used = now
    return changed - start


# --- the server -----------------------------------------------------------------


class Client:
    """One kept-alive connection; as little Python a request as may be."""

    def __init__(self, port, key):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key = key

    def send(self, method, path, body=b"", kind="application/json"):
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.key}\r\n"
            f"Accept: application/json\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def receive(self):
        """(status, body)."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        body = data[end + 4:]
        status = int(data[9:12])
        length = re.search(rb"content-length: *(\d+)", head)
        if length:
            while len(body) < int(length[1]):
                body += self._more()
        elif b"chunked" in head:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
        return status, body

    def _more(self):
        block = self.socket.recv(1 << 16)
        if not block:
            raise Failed("the server closed a connection")
        return block

    def ask(self, request, body=b"", kind="application/json"):
        """The body of a good answer."""
        self.send(*request, body, kind)
        status, answer = self.receive()
        if status != 200:
            raise Failed(f"{request[0]} {request[1]}: {status} {answer[:200]!r}")
        return answer

    def close(self):
        self.socket.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`with` starts and stops it; `ready_s` is how long it took to answer."""

    def __init__(self, program, store, log):
        self.words = [program, *map(str, serve_words(store, port := free_port()))]
        self.port = port
        self.log = log

    def __enter__(self):
        start = time.monotonic()
        self.process = subprocess.Popen(self.words, stdout=self.log, stderr=self.log)
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - start > 120:
                raise Failed("the server did not start")
            time.sleep(0.005)
        self.ready_s = time.monotonic() - start
        return self

    def _answers(self):
        try:
            client = Client(self.port, "none")
            client.send("GET", "/api/health")
            client.receive()
            client.close()
            return True
        except (OSError, Failed):
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def resident_mb(self):
        """Without pages that are mapped from files."""
        kilobytes = 0
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as lines:
            for line in lines:
                if line.startswith(("RssAnon:", "RssShmem:")):
                    kilobytes += int(line.split()[1])
        return kilobytes / 1024


def reset_key(program, store):
    out = run_command(program, ["key", "reset", "--store", store])[3]
    keys = re.findall(rb"[A-Za-z0-9]{40}", out)
    if not keys:
        raise Failed("key reset printed no key")
    return keys[-1].decode()


def times_us(client, requests):
    """Sorted times of requests, one after another."""
    times = []
    for request, body, kind in requests:
        start = time.perf_counter()
        client.ask(request, body, kind)
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)


def percentile(times, part):
    return round(times[min(len(times) - 1, int(len(times) * part))])


def import_file(program, store, data, attributes):
    """(wall seconds, processor seconds, peak in MB) of a whole import."""
    wall, cpu, peak, out = run_command(program, ["import", "--store", store, "--json", data])
    summary = json.loads(out)
    if summary["attributes"] != attributes or summary["errors"]:
        raise Failed(f"import says {summary['attributes']} attributes, {len(summary['errors'])} errors")
    return wall, cpu, peak


def settle(program, store, log):
    """(seconds, bytes on the disk) until all background work is done."""
    with Server(program, store, log) as server:
        start = time.monotonic()
        run_command(program, ["settle", "--store", store])
        took = time.monotonic() - start + wait_until_idle(server.process)
        return took, size_of(store)
