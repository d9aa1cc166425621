"""Events as a plain model: rows in memory, and naive answers to questions.

What a program that indexes and streams has to say, this says by looking at
every row. Events come in compare_events' canonical form.
"""

import collections
import ipaddress
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peer"))

import compare_events  # noqa: E402

FIRST_ONLY = {"ip-src|port", "ip-dst|port", "hostname|port"}
SILENT = {"comment", "http-method", "aba-rtn", "gender", "counter", "integer", "float", "port",
          "nationality", "cortex", "boolean", "anonymised"}
NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
URL_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/:?#]+)")

Row = collections.namedtuple(
    "Row", "event uuid type category value parts to_ids tags date org timestamp published silent")


def fold(text):
    """Lower case of ASCII letters alone."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def parts_of(kind, value):
    composite = "|" in kind or kind == "malware-sample"
    return [part.strip() for part in value.split("|", 1)] if composite else [value]


def rows_of(uuid, event):
    attributes = dict(event.get("Attribute", {}))
    for thing in event.get("Object", {}).values():
        attributes.update(thing.get("Attribute", {}))
    for child, a in attributes.items():
        yield Row(
            event=uuid, uuid=child, type=a["type"], category=a["category"], value=a["value"],
            parts=[fold(part) for part in parts_of(a["type"], a["value"])],
            to_ids=a["to_ids"] == "1", tags=set(a.get("Tag", {})) | set(event.get("Tag", {})),
            date=event["date"], org=event["Orgc"]["name"], timestamp=int(a["timestamp"]),
            published=event["published"] == "1",
            silent=(a["type"] in SILENT or a["disable_correlation"] == "1"
                    or event["disable_correlation"] == "1"),
        )


def load(folders):
    """(events by uuid, rows)."""
    events = compare_events.load([str(folder) for folder in folders])
    return events, [row for uuid, event in events.items() for row in rows_of(uuid, event)]


def speaking(row):
    """The parts that correlate."""
    return [] if row.silent else row.parts[:1] if row.type in FIRST_ONLY else row.parts


def correlations(rows):
    """event -> value -> the other events that have it."""
    where = collections.defaultdict(set)
    for row in rows:
        for part in speaking(row):
            where[part].add(row.event)
    found = collections.defaultdict(dict)
    for value, events in where.items():
        for event in events if len(events) > 1 else ():
            found[event][value] = events - {event}
    return found


def facets(rows):
    """The counts by each facet, and the totals."""
    count = collections.Counter
    return {
        "types": count(row.type for row in rows),
        "categories": count(row.category for row in rows),
        "tags": count(tag for row in rows for tag in row.tags),
        "organisations": count(row.org for row in rows),
        "months": count(row.date[:7] for row in rows),
        "to_ids": count("true" if row.to_ids else "false" for row in rows),
    }


def network(text):
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def is_within(row, net):
    outer = ipaddress.ip_network(net)
    inner = [network(part) for part in row.parts]
    return any(n and n.version == outer.version and n.subnet_of(outer) for n in inner)


def is_under(row, name):
    for part in row.parts:
        host = URL_HOST.match(part)
        host = host[1] if host else part if NAME.fullmatch(part) else ""
        if host == name or host.endswith("." + name):
            return True
    return False


def write(path, *events):
    """One event a line, as MISP sends them."""
    path.write_text("".join(json.dumps({"Event": event}, ensure_ascii=False) + "\n" for event in events),
                    encoding="utf-8")
    return path
