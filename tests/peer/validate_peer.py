#!/usr/bin/env python3
"""Compares our normalisation and validation with PyMISP's, value by value.

usage: validate_peer.py VALUE_LINES

Feeds generated values of every type, and those of the shared events, through
pymisp.tools.AttributeValidationTool and through our own code (the program
VALUE_LINES) and prints TAP, one check a type. Where we differ on purpose the
rule stands in ACCEPTED, with its reason; docs/developer/values.md tells it to
people. Skipped when PyMISP is not installed; KIZASHI_VENV names a virtual
environment that has it.
"""
import collections
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import sys

VENV_PYTHON = os.path.join(os.environ.get("KIZASHI_VENV", ""), "bin/python")
if "KIZASHI_VENV" in os.environ and os.path.exists(VENV_PYTHON) \
        and os.path.realpath(sys.prefix) != \
        os.path.realpath(os.environ["KIZASHI_VENV"]):
    os.execv(VENV_PYTHON, [VENV_PYTHON] + sys.argv)
try:
    import logging
    logging.disable(logging.CRITICAL)
    from pymisp.tools import AttributeValidationTool as Peer
except ImportError:
    print("1..0 # SKIP PyMISP is not installed")
    sys.exit(0)

SHARED = pathlib.Path(os.environ.get(
    "KIZASHI_SHARED",
    pathlib.Path(os.environ.get("KIZASHI_SOURCE_ROOT", ".")) / "../shared"))
GENERATED_A_TYPE = 400


def peer_verdict(kind, value):
    """Returns (is good, normal form) as PyMISP sees it."""
    try:
        normal = Peer.modifyBeforeValidation(kind, value)
        good = Peer.validate(kind, normal) is True
    except Exception:  # PyMISP lets its own exceptions through: a refusal
        return False, value
    if isinstance(normal, bool):
        normal = "1" if normal else "0"
    elif isinstance(normal, datetime.datetime):
        if normal.tzinfo is None:
            normal = normal.replace(tzinfo=datetime.timezone.utc)
        normal = f"{normal.year:04}" + normal.strftime("-%m-%dT%H:%M:%S.%f%z")
    return good, str(normal)


def escape(text):
    return (text.replace("\\", "\\\\").replace("\n", "\\n")
            .replace("\r", "\\r").replace("\t", "\\t"))


def our_verdicts(program, pairs):
    lines = "".join(f"{k}\t{escape(v)}\n" for k, v in pairs).encode()
    out = subprocess.run([program], input=lines, stdout=subprocess.PIPE,
                         check=True).stdout.decode("utf-8", "replace")
    verdicts = []
    for line in out.split("\n")[:-1]:
        fields = line.split("\t")
        normal = fields[1] if len(fields) > 1 else ""
        normal = re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "t": "\t"}
                        .get(m[1], m[1]), normal)
        verdicts.append((fields[0] == "ok", normal))
    if len(verdicts) != len(pairs):
        sys.exit(f"{len(verdicts)} answers to {len(pairs)} values")
    return verdicts


def types():
    text = (pathlib.Path(__file__).resolve().parents[2] / "src" / "model" /
            "type.def").read_text()
    return re.findall(r'^KZ_TYPE\(\w+,\s+"([^"]+)"', text, re.M)


ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def is_v6_mapped(kind, value):
    """Whether an IPv4-mapped or -compatible address is in it, which Python
    before 3.13 writes in hexadecimal (RFC 5952, 5 wants ::ffff:192.0.2.1)."""
    return "ip" in kind and re.search(r"::(ffff:|0:)?[0-9a-f.:]+", value, re.I)


# (reason, test of (type, value, peer's verdict, our verdict))
ACCEPTED = [
    ("PyMISP has no rule for the type, so nothing is ever valid",
     lambda k, v, p, o: k in {"edge-extension-id", "filename|impfuzzy"}),
    ("a composite value has exactly one bar, as in MISP itself",
     lambda k, v, p, o: ("|" in k or k == "malware-sample")
     and v.count("|") != 1 and not o[0]),
    ("a file name before a hash is not empty",
     lambda k, v, p, o: k.startswith("filename|") and not o[0]
     and v.strip().startswith("|")),
    ("empty values and values of control characters are refused",
     lambda k, v, p, o: not o[0] and not re.search(r"[^\x00-\x20\x7f]", v)),
    ("characters beyond U+FFFF are kept (PyMISP: '?')",
     lambda k, v, p, o: ASTRAL.search(v) is not None),
    ("only ASCII white space and NUL are trimmed",
     lambda k, v, p, o: v.strip() != v.strip(" \t\n\r\v\f")
     or v.strip("\0") != v),
    ("only ASCII letters are folded, only ASCII digits count, \\s is ASCII",
     lambda k, v, p, o: not v.isascii()
     and (p[0] > o[0] or p[1].lower() == o[1].lower())),
    ("IPv4-mapped IPv6 is written as RFC 5952 says",
     lambda k, v, p, o: p[0] == o[0] and is_v6_mapped(k, v)),
    ("IPv6 with a zone is no address that others can use",
     lambda k, v, p, o: "ip" in k and "%" in v and not o[0]),
    ("blanks around the parts of ip|port and the dots of a domain are dropped",
     lambda k, v, p, o: o[0] and k in {"ip-src|port", "ip-dst|port", "domain",
                                       "domain|ip"}
     and re.search(r"\s", v.strip())),
    ("EUI-64 has eight pairs (PyMISP cuts at six and never accepts one)",
     lambda k, v, p, o: k == "mac-eui-64"),
    ("mac-address: only . : - and spaces are marks, other text is refused; "
     "more digits than an address has are not cut off",
     lambda k, v, p, o: k == "mac-address" and not o[0]),
    ("numbers are decimal: no inf, nan or 1_000",
     lambda k, v, p, o: not o[0] and re.search(r"nan|inf|_", v, re.I)
     and k in {"float", "integer", "bank-account-nr", "aba-rtn"}),
    ("dates are ISO 8601 (dateutil also guesses)",
     lambda k, v, p, o: k == "datetime" and p[0] and not o[0]
     and not re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?"
                          r"(Z|[+-]\d\d:?\d\d)?)?", v)),
    ("an SSH fingerprint of SHA256 needs no padding",
     lambda k, v, p, o: k == "ssh-fingerprint" and v.startswith("SHA256:")),
    ("telfhash may begin with t1, tlsh with one t only",
     lambda k, v, p, o: k in {"telfhash", "tlsh", "filename|tlsh"}
     and "t" in v.lower().rsplit("|", 1)[-1]),
    ("[hxxp://] is http://, and a scheme is one only before a colon",
     lambda k, v, p, o: k in {"url", "link"}
     and re.match(r"\[?(hxxp|hxtp|htxp|meow|h\[tt\]p)", v.strip(), re.I)),
    ("refanging goes on until nothing is left to undo",
     lambda k, v, p, o: re.search(r"[\[(]{2}|[\])]{2}", v)),
    ("a link is one line",
     lambda k, v, p, o: k == "link" and not o[0]
     and re.search(r"[\n\r\t]", v.strip())),
    ("a link's scheme and authority are judged by their characters",
     lambda k, v, p, o: k == "link" and re.search(r"[\[\]\x00-\x20]", v)),
    ("Cve- is CVE-, as cve- is",
     lambda k, v, p, o: k == "vulnerability" and p[0] == o[0]
     and o[1] == p[1].upper()),
    ("00 in front of a phone number counts after cleaning, too",
     lambda k, v, p, o: k in {"phone-number", "prtn",
                              "whois-registrant-phone"}
     and p[0] == o[0] and p[1].startswith("00")),
    ("JSON is RFC 8259: no NaN, no control characters",
     lambda k, v, p, o: k == "cortex" and not o[0]),
]

SEEDS = [
    "192.0.2.1", "192.0.2.1/32", "192.0.2.0/24", "192.0.2.1/33", "192.0.2",
    "192.0.2.256", "192.0.2.01", "192.0.2.1/", "192.0.2.1/08", "2001:DB8::1",
    "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::/32", "::1/128",
    "::1/129", "::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::", "1::2::3",
    "fe80::1%eth0", "192.0.2.1:80", "192.0.2.1|80", "192.0.2.1|0",
    "192.0.2.1|65536", "[2001:db8::1]:80", "2001:db8::1|80", "2001:db8::1.80",
    "2001:db8::1 port 80", "2001:db8::1p80", "2001:db8::1#80",
    "2001:db8::1:80", "[2001:db8::1]", "2001:db8::1/128|443",
    "192[.]0[.]2[.]1", "example.com", "EXAMPLE.com", ".example.com.",
    "example[.]com", "example[dot]com", "example(DOT)com", "_dmarc.example.com",
    "exa mple.com", "localhost", "example.c", "example.c_m", "a..example",
    "-.--", "xn--bcher-kva.example", "b\u00fccher.example", "\u4f8b\u3048.jp",
    "example.com|192.0.2.1", "Example.COM.|2001:DB8::0:1", "example.com|x",
    "example.com|192.0.2.0/24", "example.com|", "|192.0.2.1", "a|b|c",
    "example.com:443", "example.com|443", "EXAMPLE.com:70000",
    "http://example.com/a?b#c", "hxxp://example[.]com/", "hXXps[:]//example.com",
    "https://user:pw@example.com:8443/%7e", "ftp://example.com", "//example.com",
    "http:///x", "mailto:a@example.com", "http://", "meow.example", "C:\\x\\y",
    "user@example.com", "User@Example.COM", "user[@]example[.]com",
    "user[at]example.com", "user@localhost", "us er@example.com", "@example.com",
    "a@b.c@d", "user@example.com\n", "0CC175B9C0F1B6A831C399E269772661",
    "0cc175b9c0f1b6a831c399e269772661", "g" * 32, "a" * 31, "a" * 33, "A" * 40,
    "b" * 56, "C" * 62, "d" * 64, "e" * 70, "f" * 72, "0" * 96, "1" * 128,
    "a" * 35, "a" * 36, "t1" + "a" * 70, "T1" + "A" * 70, "tt" + "a" * 40,
    "AA:6F:C8:3F:37:78:7A:BE:A6:BE:2C:51:26:16:3F:D3", "file.exe",
    "FILE.EXE|0CC175B9C0F1B6A831C399E269772661", "a b.exe|" + "A" * 40,
    "x|" + "b" * 64, "|" + "b" * 64, "x\ny|" + "b" * 40, "x|y|" + "b" * 40,
    "x|" + "a" * 56, "x|" + "A" * 96, "x|" + "a" * 128, "x|T1" + "A" * 70,
    "x|96:abc+/:DEF", "96:s4Ud1Lj96:sF1LjE", "96:a:b:c", "x:a:b", "3::", "3:a",
    "3:a\n:b", "x|3:a:b", "get", "POST", "FETCH", "VERSION-CONTROL", "aabb",
    "0x41", "CVE-2021-44228", "cve-2021-44228", "CVE\u20132021\u201344228",
    "Cve-2021-1", "Cve-2021-44228", "GHSA-jfh8-c2jp-5v3q", "gcve-1-2025-1",
    "GCVE-0-2025-00001", "pysec-2021-12", "PYSEC-2021-123456", "gsd-2021-1234",
    "gsd-2021-12345", "gsd-2021-123456", "mal-2023-1", "ssa-123456",
    "RHSA-2021:1234", "rhba-2021:123", "icsa-21-123-01", "icsma-21-123-01",
    "cisco-sa-20190828-nxos", "cisco-sa-", "cisco-sa-a--b", "nn-2021:1-01",
    "nn-2021_1-01", "nn-2021-1-01", "jvndb-2021-123456", "opensuse-su-2021:1234-1",
    "suse-su-2021:12345-1", "certfr-2021-avi-1234", "certfr-2021-ale-123",
    "wid-sec-w-2021-1234", "msrc_CVE-2021-1234", "fkie_cve-2021-1234",
    "var-202101-1234", "ts-2021-1234", "cnvd-2021-12345", "oxas-adv-2021-1234",
    "sca-2021-1234", "ncsc-2021-1234", "va-21-123-01", "CWE-79", "cwe-79",
    "CWE\u201379", "CWE-", "cwe-7a", "1234-5678 9012", "DE89 3704 0044 0532",
    "abc-12", "!!", "0049 (0)30 1234", "+49 30/1234", "-0049", "(0)0123",
    "++1", "+", "aa-bb-cc-dd-ee-ff", "AABB.CCDD.EEFF", "aabbccddeeff",
    "aa:bb:cc:dd:ee:gg", "aa:bb:cc:dd:ee", "aa:bb:cc:ff:fe:dd:ee:11", "true",
    "False", "1", "0", "2", "maybe", "2020-01-31", "2020-01-31T09:08:07",
    "2020-01-31 09:08:07.5", "2020-01-31T09:08:07.123456+0000",
    "2020-01-31T09:08:07+02:00", "2020-01-31T09:08:07Z", "2020-02-30",
    "2020-13-01", "20200131", "20200131T090807", "2020-01-31T24:00:00",
    "31 January 2020", "invalid", "AS123", "as65536", "1.1", "AS1.1", "AS1.2.3",
    "AS4294967296", "4294967295", "AS 5", "ASAS5", "-1", "+5", "00080", "80",
    "65535", "65536", "1.23", "-1.23", ".5", "5.", "1e9", "1e", "0x10", "nan",
    "1_000", "12345678901234567890123", "abcdefghijklmnop.onion",
    "ABCDEFGHIJKLMNOP.ONION", "a2" * 28 + ".onion", "abc1.onion", "svc",
    "s/vc", "s\\vc", "x" * 256, "x" * 257, "MD5:" + "ab:" * 15 + "ab",
    "ab:" * 15 + "ab", "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE",
    "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE=", "SHA256:abc",
    '{"a": 1}', "{a: 1}", "[1, 2]", '"x"', "nul",
    "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000",
    "123e4567-e89b-12d3-a456-42661417400g", "123e4567e89b12d3a456426614174000",
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1q", "", " ", "\x01", " x ",
    "two\nlines", "tab\there", "\u00c9t\u00e9", "\u65e5\u672c", "\U0001f600",
    "HKLM\\Run|evil.exe", "HKLM\\Run", "a|b", "t" * 300,
    "i\u2764.example", "\u00a0x\u00a0", ". example.com .", "[::1 ]:80",
    "192.0.2.1 | 80", "evil[[.]]example", "http://example.com/a\nb",
    '{"a": NaN}',
]
ALPHABET = "aAfFzZ019.:|/-_@[]( )#+tT\\{\"\n\u00e9"


def mutate(draw, text):
    cut = list(text)
    for _ in range(draw.randint(1, 3)):
        at = draw.randint(0, len(cut))
        what = draw.randint(0, 3)
        if what == 0:
            cut.insert(at, draw.choice(ALPHABET))
        elif cut and what == 1:
            del cut[min(at, len(cut) - 1)]
        elif cut and what == 2:
            cut[min(at, len(cut) - 1)] = draw.choice(ALPHABET)
        else:
            cut = [c.swapcase() for c in cut]
    return "".join(cut).replace("\0", "")


def values_of(node):
    """All (type, value) of attributes anywhere in an event's JSON."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if {"type", "value", "category"} <= node.keys():
                yield node["type"], node["value"]
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def shared_values():
    found = set()
    for path in sorted(SHARED.glob("data/misp-events/*/*.json")):
        try:
            found.update(values_of(json.loads(path.read_text())))
        except ValueError:
            pass  # one file of the collection is broken
    return sorted(v for v in found if isinstance(v[1], str))


def accepted_by(kind, value, theirs, ours):
    for reason, rule in ACCEPTED:
        if rule(kind, value, theirs, ours):
            return reason
    return None


def differences(program, pairs, used):
    for (kind, value), ours in zip(pairs, our_verdicts(program, pairs)):
        theirs = peer_verdict(kind, value)
        if theirs[0] == ours[0] and (not ours[0] or theirs[1] == ours[1]):
            continue
        reason = accepted_by(kind, value, theirs, ours)
        if reason is None:
            yield kind, value, theirs, ours
        else:
            used[reason] += 1


def report(number, name, count, bad):
    print(f"{'not ok' if bad else 'ok'} {number} - {name}: {count} values")
    for kind, value, theirs, ours in bad[:10]:
        print(f"# {kind} {value!r}\n#   PyMISP {theirs}\n#   ours   {ours}")


def main():
    program = sys.argv[1]
    names = types()
    draw = random.Random(20)
    print(f"1..{len(names) + 1}")
    failed = False
    used = collections.Counter()
    for number, name in enumerate(names, 1):
        pairs = [(name, seed) for seed in SEEDS]
        pairs += [(name, mutate(draw, draw.choice(SEEDS)))
                  for _ in range(GENERATED_A_TYPE)]
        bad = list(differences(program, pairs, used))
        report(number, name, len(pairs), bad)
        failed = failed or bool(bad)
    real = shared_values()
    if not real:
        print(f"ok {len(names) + 1} # SKIP the shared events are not here")
    else:
        bad = list(differences(program, real, used))
        report(len(names) + 1, "the shared events", len(real), bad)
        failed = failed or bool(bad)
    for reason, _ in ACCEPTED:
        print(f"# {used[reason]:6} accepted: {reason}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
