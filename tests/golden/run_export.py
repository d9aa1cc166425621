#!/usr/bin/env python3
"""Golden cases of exports: every export/CASE/input.json in every format is what
export/CASE/FORMAT holds, byte for byte. What is XML or JSON must parse. Prints
TAP.

usage: run_export.py EXPORT_CONVERT [--write]    (--write: the outcome becomes
                                                  the expectation; look at it)
"""
import json
import os
import subprocess
import sys
import xml.etree.ElementTree

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "export")
FORMATS = ["xml", "csv", "text", "hashes", "hosts", "netfilter", "rpz", "snort",
           "suricata", "openioc", "yara", "yara-json", "cache", "attack",
           "attack-sightings", "context", "context-markdown", "opendata"]
XML = {"xml", "openioc"}
JSON = {"yara-json", "attack", "attack-sightings", "context", "opendata"}


def convert(program, case, name):
    source = os.path.join(HERE, case, "input.json")
    return subprocess.run([program, name, source], capture_output=True,
                          check=True).stdout


def check(program, case, name):
    """None, or what is wrong."""
    found = convert(program, case, name)
    try:
        if name in XML:
            xml.etree.ElementTree.fromstring(found)
        if name in JSON:
            json.loads(found)
    except (xml.etree.ElementTree.ParseError, ValueError) as problem:
        return f"does not parse: {problem}"
    with open(os.path.join(HERE, case, name), "rb") as file:
        if found != file.read():
            return "found " + repr(found)
    return None


def main():
    program = sys.argv[1]
    cases = sorted(os.listdir(HERE))
    if sys.argv[2:] == ["--write"]:
        for case in cases:
            for name in FORMATS:
                with open(os.path.join(HERE, case, name), "wb") as file:
                    file.write(convert(program, case, name))
        return 0
    failed = number = 0
    print(f"1..{len(cases) * len(FORMATS)}")
    for case in cases:
        for name in FORMATS:
            number += 1
            problem = check(program, case, name)
            failed += problem is not None
            print(f"{'not ok' if problem else 'ok'} {number} - {case} as {name}")
            if problem:
                print(f"# {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
