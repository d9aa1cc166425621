#!/usr/bin/env python3
"""Imports of what is newer, in conflict, damaged or strange: a clear error with
its place or acceptance, and never half an event. Prints TAP.

usage: test_hostile_input.py KIZASHI
"""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import Store, Tap  # noqa: E402


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def attribute(number, value, **more):
    return {"uuid": uuid(number), "type": "domain", "category": "Network activity", "value": value,
            "to_ids": True, "timestamp": "1700000000", **more}


def event(number, *attributes, **more):
    return {"uuid": uuid(number), "info": f"event {number}", "date": "2026-01-02",
            "timestamp": "1700000000", "Orgc": {"name": "Example", "uuid": uuid(1)},
            "Attribute": list(attributes), **more}


def line(one):
    return json.dumps({"Event": one}, ensure_ascii=False).encode() + b"\n"


class Case:
    """A store of its own for each case, and files to import."""

    def __init__(self, tap, program, folder, name):
        self.tap = tap
        self.name = name
        self.folder = folder / name.replace(" ", "-")
        self.folder.mkdir()
        self.store = Store(program, self.folder / "store")

    def load(self, data, name="in.ndjson"):
        path = self.folder / name
        path.write_bytes(data)
        return self.store.load(path)

    def events(self):
        lines = self.store.out("export", "--format", "ndjson").splitlines()
        return {e["uuid"]: e for e in (json.loads(text)["Event"] for text in lines)}

    def check(self, what, good, why=""):
        self.tap.check(f"{self.name}: {what}", good, why)

    def whole(self, *expected):
        """Exactly these events are in, each with all its attributes."""
        found = {e["uuid"]: {a["uuid"] for a in e.get("Attribute", [])} for e in self.events().values()}
        wanted = {e["uuid"]: {a["uuid"] for a in e["Attribute"]} for e in expected}
        self.check("what is in is whole", found == wanted, (found, wanted))
        verdict = self.store.json("verify")
        self.check("the store is sound", verdict["problems"] == 0, verdict)


GOOD = event(10, attribute(11, "one.test"), attribute(12, "two.test"))
OTHER = event(20, attribute(21, "three.test"))


def merging(case):
    case.load(line(GOOD))
    newer = copy.deepcopy(GOOD)
    newer.update(timestamp="1700000100", info="renewed")
    newer["Attribute"] = [attribute(12, "renewed.test", timestamp="1700000100"), attribute(13, "new.test")]
    told = case.load(line(newer))
    case.check("is an update", (told["events"], told["updated"], told["skipped"]) == (0, 1, 0), told)
    found = case.events()[GOOD["uuid"]]
    values = {a["uuid"]: a["value"] for a in found["Attribute"]}
    case.check("children that are not in the file stay", found["info"] == "renewed" and values == {
        uuid(11): "one.test", uuid(12): "renewed.test", uuid(13): "new.test"}, found)
    told = case.load(line(GOOD))
    case.check("an older version is skipped", (told["updated"], told["skipped"]) == (0, 1), told)


def taken_uuid(case):
    case.load(line(GOOD))
    thief = event(20, attribute(11, "thief.test"), attribute(22, "own.test"))
    told = case.load(line(thief))
    case.check("is an error row that names it",
               len(told["errors"]) == 1 and uuid(11) in told["errors"][0]["message"]
               and told["errors"][0]["line"] == 1, told)
    found = case.events()
    case.check("the first owner keeps it", [a["value"] for a in found[GOOD["uuid"]]["Attribute"]] ==
               ["one.test", "two.test"], found)
    case.check("the rest of the event is in",
               [a["value"] for a in found[thief["uuid"]]["Attribute"]] == ["own.test"], found)


def twice_in_a_file(case):
    told = case.load(line(event(10, attribute(11, "one.test"), attribute(11, "two.test"))) + line(OTHER))
    case.check("is told or merged", told["events"] == 2 or len(told["errors"]) == 1, told)
    found = case.events()
    children = [a["uuid"] for e in found.values() for a in e["Attribute"]]
    case.check("no uuid stands twice", len(children) == len(set(children)), children)


def refused(case, bad, number, place=None, after=OTHER):
    """`bad` is a text between two good lines; a file error at `place`."""
    told = case.load(line(GOOD) + bad + b"\n" + line(after))
    errors = told["errors"]
    case.check("one clear error", len(errors) == 1 and errors[0]["message"] != ""
               and errors[0]["file"].endswith("in.ndjson"), told)
    if errors:
        case.check(f"with line {number}", errors[0]["line"] == number, errors)
        if place is not None:
            byte = len(line(GOOD)) + place
            case.check(f"with byte {byte}", abs(errors[0]["byte"] - byte) <= 1, errors)
    return told


def truncated(case):
    data = line(GOOD) + line(OTHER)[:-40]
    told = case.load(data)
    case.check("one error at its end", len(told["errors"]) == 1 and told["errors"][0]["line"] >= 2
               and abs(told["errors"][0]["byte"] - len(data)) <= 1, (told, len(data)))
    case.whole(GOOD)


def truncated_gzip(case):
    import gzip
    told = case.load(gzip.compress(line(GOOD) + os.urandom(4000).hex().encode() + b"\n")[:-30],
                     "in.ndjson.gz")
    case.check("is an error", len(told["errors"]) >= 1, told)
    case.whole(*([GOOD] if told["events"] else []))


def no_utf8(case):
    bad = line(event(30, attribute(31, "x.test"))).replace(b"event 30", b"event \xff30").rstrip()
    refused(case, bad, 2, bad.index(b"\xff"))
    case.whole(GOOD, OTHER)


def deep(case):
    bad = line(event(30, attribute(31, "x.test"), odd=0)).replace(
        b'"odd": 0', b'"odd": ' + b"[" * 5000 + b"]" * 5000).rstrip()
    refused(case, bad, 2)
    case.whole(GOOD, OTHER)


def not_json(case):
    bad = b'{"Event": {"uuid": nonsense}}'
    refused(case, bad, 2, bad.index(b"nonsense"))
    case.whole(GOOD, OTHER)


def wrong_types(case):
    for number, odd in enumerate(('"text"', "5", "true", '{"a": []}', '["a"]', "[5]")):
        one = Case(case.tap, case.store.program, case.folder, f"attributes as {number}")
        bad = line(event(30)).replace(b'"Attribute": []', b'"Attribute": ' + odd.encode()).rstrip()
        told = one.load(line(GOOD) + bad + b"\n" + line(OTHER))
        one.check(f"{odd} is told with its line", [e["line"] for e in told["errors"]] == [2], told)
        found = one.events()
        one.check("the others are in", {GOOD["uuid"], OTHER["uuid"]} <= set(found), found)


def odd_attribute(case, broken, word):
    bad = event(30, attribute(31, "x.test"), broken)
    told = case.load(line(GOOD) + line(bad) + line(OTHER))
    errors = told["errors"]
    case.check("is told with its line and byte",
               len(errors) == 1 and errors[0]["line"] == 2 and errors[0]["byte"] > len(line(GOOD))
               and word in errors[0]["message"], told)
    found = case.events()
    kept = [a["uuid"] for a in found.get(bad["uuid"], {"Attribute": []})["Attribute"]]
    case.check("as MISP does, the event stays without it, or is left out whole",
               kept == [uuid(31)] or bad["uuid"] not in found, found)
    case.check("the others are in", {GOOD["uuid"], OTHER["uuid"]} <= set(found), list(found))


def unknown_type(case):
    odd_attribute(case, attribute(32, "x", type="no-such-type"), "no-such-type")


def bad_value(case):
    odd_attribute(case, attribute(32, "no hash at all", type="md5", category="Payload delivery"), "hexadecimal")


def value_of_wrong_type(case):
    odd_attribute(case, attribute(32, {"a": 1}), "value")


def strange_text(case):
    texts = ["clef 𝄞 and 🦠", "日本語の値", "a\u0000b", "\u202eabc", "tab\tand\\slash"]
    one = event(10, *[attribute(20 + n, text, type="text", category="Other", to_ids=False)
                      for n, text in enumerate(texts)])
    told = case.load(line(one))
    found = {a["uuid"]: a["value"] for e in case.events().values() for a in e["Attribute"]}
    for n, text in enumerate(texts):
        case.check(f"{text!r} comes back as it was or is told",
                   found.get(uuid(20 + n)) == text or len(told["errors"]) > 0, (found, told))
    case.check("four-byte letters are kept", found.get(uuid(20)) == texts[0], found)


def empty_files(case):
    for name, data in (("nothing.json", b""), ("blank.json", b" \n\n"), ("null.json", b"null"),
                       ("zeros.json", b"\0" * 5000), ("noise.json", bytes(range(256)) * 20),
                       ("number.json", b"5"), ("text.json", b'"Event"'), ("list.json", b"[]")):
        told = case.load(data, name)
        case.check(f"{name} brings nothing in", told["events"] == 0, told)
    case.whole()


def giant(case):
    """A text of 1.1 GB in one event; gzip makes it small on the way."""
    path = case.folder / "giant.ndjson.gz"
    head = line(event(30, attribute(31, "x.test"))).rstrip()
    before, after = head.split(b"event 30")
    with open(path, "wb") as out:
        packer = subprocess.Popen(["gzip", "-1"], stdin=subprocess.PIPE, stdout=out)
        packer.stdin.write(before)
        for _ in range(1100):
            packer.stdin.write(b"a" * 1000000)
        packer.stdin.write(after + b"\n")
        packer.stdin.close()
        packer.wait()
    told = case.store.load(path)
    case.check("is told with its line", [e["line"] for e in told["errors"]] == [1], told)
    case.whole()


def future_version(case):
    case.load(line(GOOD))
    marker = case.store.folder / "kizashi.store"
    text = marker.read_text()
    marker.write_text(text.replace("format 1", "format 999"))
    done = case.store.run("stats")
    case.check("a store of a later version is refused with words",
               done.returncode == 1 and b"999" in done.stderr or b"version" in done.stderr
               or b"newer" in done.stderr, (done.returncode, done.stderr))
    marker.write_text(text)
    case.whole(GOOD)


def main():
    program = sys.argv[1]
    tap = Tap()
    cases = [merging, taken_uuid, twice_in_a_file, truncated, truncated_gzip, no_utf8, deep, not_json,
             wrong_types, unknown_type, bad_value, value_of_wrong_type, strange_text, empty_files,
             future_version]
    if os.environ.get("KIZASHI_DEEP"):
        cases.append(giant)
    with tempfile.TemporaryDirectory(prefix="kizashi-hostile-") as folder:
        for case in cases:
            try:
                case(Case(tap, program, pathlib.Path(folder), case.__name__.replace("_", " ")))
            except (RuntimeError, ValueError, KeyError, subprocess.SubprocessError) as failure:
                tap.check(f"{case.__name__}: runs to its end", False, repr(failure))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
