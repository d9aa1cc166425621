#!/usr/bin/env python3
"""Reads and writes all real MISP events there are, and compares field by field
what comes back (tests/peer/compare_events.py). Prints TAP; skipped where the
shared data is not there.

usage: round_trip.py MISP_CONVERT COMPARE_EVENTS
"""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("KIZASHI_SHARED", os.path.join(ROOT, "..", "shared"))
EVENTS = os.path.join(SHARED, "data", "misp-events")
BROKEN = ("pypi_backdoor__malicious_pypi_packages.misp-event.json", 37374)


def convert_all(program, folder, out):
    """Writes what comes back; returns the problems by file name."""
    problems = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json") or name == "manifest.json":
            continue
        done = subprocess.run([program, os.path.join(folder, name)], stdout=out,
                              stderr=subprocess.PIPE, encoding="utf-8", check=False)
        told = [json.loads(line) for line in done.stderr.splitlines()]
        told = [problem for problem in told if not problem["skipped"]]
        if told:
            problems[name] = told
    return problems


def main():
    program, compare = sys.argv[1:3]
    folders = [os.path.join(EVENTS, name) for name in ("eset", "tweetfeed")]
    if not all(os.path.isdir(folder) for folder in folders):
        print("1..0 # SKIP skipped: shared data not found")
        return 0
    checks = []
    for folder in folders:
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as out:
            problems = convert_all(program, folder, out)
            done = subprocess.run([sys.executable, compare, folder, "--with", out.name],
                                  capture_output=True, encoding="utf-8", check=False)
        broken = problems.pop(BROKEN[0], None)
        if folder.endswith("eset"):
            checks.append(("the broken file is told with its line",
                           bool(broken) and [p["line"] for p in broken] == [BROKEN[1]],
                           str(broken)))
        checks.append((f"{os.path.basename(folder)}: nothing is left out", not problems,
                       str(problems)))
        summary = done.stdout.strip().splitlines()
        checks.append((f"{os.path.basename(folder)}: {summary[-1]}",
                       done.returncode == 0, "\n# ".join(summary[:20])))
    print(f"1..{len(checks)}")
    for number, (name, good, why) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f"# {why}")
    return 0 if all(good for _, good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
