#!/usr/bin/env python3
"""Golden cases of MISP's JSON: reads every misp/CASE/input.json with
misp_convert and compares with expected.json, which holds what is to come back
("events") and what is to be told ("problems", without their words). What came
back must also come back from itself unchanged. Prints TAP.

usage: run_misp.py MISP_CONVERT [--write]      (--write: the outcome becomes
                                                the expectation; look at it)
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "misp")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def convert(program, path, *options):
    done = subprocess.run([program, *options, path], capture_output=True,
                          encoding="utf-8", check=False)
    problems = lines(done.stderr)
    for problem in problems:
        assert problem.pop("message"), "a problem needs words"
    return {"events": lines(done.stdout), "problems": problems}


def check(program, case):
    """None, or what is wrong."""
    source = os.path.join(HERE, case, "input.json")
    with open(os.path.join(HERE, case, "expected.json"), encoding="utf-8") as f:
        expected = json.load(f)
    found = convert(program, source)
    if found != expected:
        return "found " + json.dumps(found, ensure_ascii=False)
    if convert(program, source, "--chunk", "7") != expected:
        return "in small pieces it comes out otherwise"
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as again:
        json.dump(expected["events"], again)
        again.flush()
        if convert(program, again.name) != {"events": expected["events"], "problems": []}:
            return "what was written reads otherwise"
    return None


def write(program, case):
    with open(os.path.join(HERE, case, "expected.json"), "w", encoding="utf-8") as f:
        json.dump(convert(program, os.path.join(HERE, case, "input.json")), f,
                  indent=1, ensure_ascii=False)
        f.write("\n")


def main():
    program = sys.argv[1]
    cases = sorted(os.listdir(HERE))
    if sys.argv[2:] == ["--write"]:
        for case in cases:
            write(program, case)
        return 0
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        problem = check(program, case)
        failed += problem is not None
        print(f"{'not ok' if problem else 'ok'} {number} - {case}")
        if problem:
            print(f"# {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
