#!/usr/bin/env python3
"""Kills a writing process and holds the store against what it acknowledged.

usage: run_crash.py DRIVER

Rounds of kills at random moments (20; 300 with KIZASHI_DEEP=1; 3 with
KIZASHI_SANITIZED=1), then a kill at each point of both write paths and of the
index's upkeep (src/base/crash.h), then a full disk. Prints TAP.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

POINTS = [
    "before-commit",
    "after-commit",
    "after-memory-segment",
    "after-apply",
    "bulk-file",
    "before-ingest",
    "after-ingest",
    "after-segment",
    "after-merge",
    "before-manifest",
    "after-manifest",
    "after-sweep",
    "after-trim",
]
DEADLINE = 60  # seconds until a point must have been reached

driver = sys.argv[1]
count = 0
failed = 0


def report(good, name, text=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    for line in text.splitlines() if not good else []:
        print(f"# {line}", flush=True)


def start(folder, base, point=None):
    env = dict(os.environ)
    env.pop("KIZASHI_CRASH_AT", None)
    if point:
        env["KIZASHI_CRASH_AT"] = point
    return subprocess.Popen(
        [driver, "work", f"{folder}/st", f"{folder}/acks", str(base)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )


def check(folder):
    done = subprocess.run(
        [driver, "check", f"{folder}/st", f"{folder}/acks"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout


def acknowledged(folder):
    try:
        with open(f"{folder}/acks", encoding="ascii") as f:
            return sum(1 for _ in f)
    except FileNotFoundError:
        return 0


def random_kills(rounds):
    bad = []
    total = 0
    folder = None
    for i in range(rounds):
        if i % 4 == 0:
            if folder:
                total += acknowledged(folder)
                shutil.rmtree(folder)
            folder = tempfile.mkdtemp(prefix="kizashi-crash-")
        worker = start(folder, 1 + i * 1000000000)
        time.sleep(random.uniform(0.02, 0.7))
        alive = worker.poll() is None
        worker.kill()
        text = worker.communicate()[0]
        good, words = check(folder)
        if not good or not alive:
            bad.append(f"round {i}: {text}{words}")
    total += acknowledged(folder)
    shutil.rmtree(folder)
    report(
        not bad and total > 0,
        f"{rounds} kills at random moments lose none of {total} changes",
        "\n".join(bad),
    )


def kill_at(point, times):
    folder = tempfile.mkdtemp(prefix="kizashi-crash-")
    words = ""
    good = True
    for n in range(times):
        worker = start(folder, 1 + n * 1000000000, f"{point}:{1 + n * 3}")
        try:
            text = worker.communicate(timeout=DEADLINE)[0]
        except subprocess.TimeoutExpired:
            worker.kill()
            text = "the point was not reached\n" + worker.communicate()[0]
        good = good and worker.returncode == -signal.SIGKILL
        good = good and "not reached" not in text
        whole, problems = check(folder)
        good = good and whole
        words += text + problems
    shutil.rmtree(folder)
    report(good, f"a kill {point} leaves a whole store", words)


def disk_full():
    name = "a full disk is told, read from, and written to when there is room"
    folder = tempfile.mkdtemp(prefix="kizashi-full-")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        os.rmdir(folder)
        print(f"ok {count + 1} - {name} # SKIP a tmpfs cannot be mounted here")
        globals()["count"] += 1
        return
    try:
        done = subprocess.run(
            [driver, "full", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        report(done.returncode == 0, name, done.stdout)
    finally:
        subprocess.run(["umount", folder], check=False)
        os.rmdir(folder)


def main():
    sanitized = os.environ.get("KIZASHI_SANITIZED") == "1"
    deep = os.environ.get("KIZASHI_DEEP") == "1"
    random_kills(3 if sanitized else 300 if deep else 20)
    for point in POINTS:
        kill_at(point, 1 if sanitized else 5 if deep else 2)
    disk_full()
    print(f"1..{count}")
    return failed > 0


sys.exit(main())
