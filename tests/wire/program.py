"""The kizashi program as tests drive it: its commands, a server, TAP lines."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("KIZASHI_SHARED", ROOT.parent / "shared"))
KEY = re.compile(rb"\b[A-Za-z0-9]{40}\b")


class Tap:
    """One line a check; `end` writes the plan and gives the exit code."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, good, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in str(why)[:2000].splitlines():
                print(f"# {line}", flush=True)
        return good

    def equal(self, name, found, expected):
        return self.check(name, found == expected, f"found {found!r}\nexpected {expected!r}")

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


class Store:
    """A store's folder and the commands over it."""

    def __init__(self, program, folder):
        self.program = str(program)
        self.folder = pathlib.Path(folder)

    def run(self, *words, text=None, timeout=300):
        """The finished process; `text` (bytes) is its standard input."""
        return subprocess.run(
            [self.program, *map(str, words), "--store", str(self.folder)],
            input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=None if text is not None else subprocess.DEVNULL,
            timeout=timeout, check=False,
        )

    def out(self, *words, text=None):
        """What it printed; a failure is an exception."""
        done = self.run(*words, text=text)
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.returncode} {done.stderr.decode(errors='replace')}")
        return done.stdout

    def json(self, *words, text=None):
        return json.loads(self.out(*words, "--json", text=text))

    def load(self, *paths):
        """Imports; the summary."""
        return self.json("import", *paths)

    def count(self, *filters):
        return int(self.out("search", "--count", *filters))

    def export(self, path, *filters):
        path.write_bytes(self.out("export", "--format", "ndjson", *filters))
        return path

    def serve(self, *flags):
        return Server(self, flags)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`with` starts `kizashi serve` and stops it."""

    def __init__(self, store, flags=()):
        self.store = store
        self.port = free_port()
        self.flags = flags
        self.key = None

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [self.store.program, "serve", "--store", str(self.store.folder),
             "--listen", f"127.0.0.1:{self.port}", *self.flags],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        start = time.monotonic()
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - start > 60:
                raise RuntimeError("the server did not start: " + self.logged())
            time.sleep(0.02)
        found = KEY.search(self.logged().encode())
        self.key = found[0].decode() if found else None
        return self

    def __exit__(self, *_):
        self.stop()
        self.log.close()

    def _answers(self):
        try:
            self.ask("GET", "/api/health", key=None)
            return True
        except OSError:
            return False

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self):
        """Asks it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def connect(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, key="own", headers=None):
        """(status, headers, body) over a connection of its own."""
        connection = self.connect()
        words = dict(headers or {})
        if key == "own":
            key = self.key
        if key is not None:
            words["Authorization"] = key
        try:
            connection.request(method, path, body, words)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def raw(self, data, wait=10):
        """Bytes as they are; all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as s:
            s.sendall(data)
            found = b""
            try:
                while block := s.recv(1 << 16):
                    found += block
            except (TimeoutError, ConnectionResetError):
                pass
            return found
