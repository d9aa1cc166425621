"""A private MariaDB server for tests: a folder of its own, no service."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
USER = "misp"
PASSWORD = "p@ss/word:1"
PASSWORD_IN_ADDRESS = "p%40ss%2Fword%3A1"


def is_installed():
    return all(shutil.which(name, path=PATH)
               for name in ("mariadbd", "mariadb", "mariadb-install-db", "mariadb-dump"))


class MariaDB:
    """`with` starts and stops it; `port` is on loopback."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "mariadb"
        self.socket = self.folder / "mariadb.sock"

    def __enter__(self):
        self.data.mkdir(parents=True)
        common = ["--no-defaults", f"--datadir={self.data}"]
        if os.getuid() == 0:
            self.folder.chmod(0o755)
            shutil.chown(self.folder, "mysql")
            shutil.chown(self.data, "mysql")
            common.append("--user=mysql")
        subprocess.run(
            [shutil.which("mariadb-install-db", path=PATH), *common, "--skip-test-db",
             "--auth-root-authentication-method=normal"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(self.folder / "mariadb.log", "wb")
        self.process = subprocess.Popen(
            [shutil.which("mariadbd", path=PATH), *common, f"--socket={self.socket}",
             "--bind-address=127.0.0.1", f"--port={self.port}", "--skip-name-resolve",
             f"--pid-file={self.folder}/mariadb.pid", "--character-set-server=utf8mb4",
             "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"],
            stdout=self.log, stderr=self.log,
        )
        for _ in range(600):
            if self.process.poll() is not None:
                break
            if self.client("--execute=SELECT 1", check=False).returncode == 0:
                return self
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError((self.folder / "mariadb.log").read_text(errors="replace")[-2000:])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def client(self, *words, text=None, check=True):
        return subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root",
             "--default-character-set=utf8mb4", *words],
            input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=check,
        )

    def fill(self, database, sql):
        """Makes a database of these statements (bytes), and who may read it."""
        self.client(text=(
            f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4;"
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';"
            f"GRANT SELECT ON `{database}`.* TO '{USER}'@'127.0.0.1';").encode())
        self.client(database, text=sql)

    def dump(self, database, path, *flags):
        with open(path, "wb") as out:
            subprocess.run(
                ["mariadb-dump", "--no-defaults", f"--socket={self.socket}", "--user=root",
                 "--default-character-set=utf8mb4", *flags, database],
                stdout=out, check=True,
            )

    def address(self, database):
        return f"mysql://{USER}:{PASSWORD_IN_ADDRESS}@127.0.0.1:{self.port}/{database}"
