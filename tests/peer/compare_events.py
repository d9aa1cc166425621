#!/usr/bin/env python3
"""Compares two sets of MISP events field by field.

usage: compare_events.py EXPECTED... --with ACTUAL...
       compare_events.py --self-test

Each name is a file (an event, a list, {"response":...}, an event a line; .gz
too) or a folder of such. EXPECTED is what was sent, ACTUAL what came back.
Prints each difference and a closing line; ends with 1 when there was one.

What counts as the same:
  - events, attributes, objects, references, reports and sightings belong
    together by uuid, tags by name; order does not matter
  - ids that are local to a server, and what is derived, are not compared
    (LOCAL below)
  - "5" is 5, true is "1" and 1, times are compared as moments
  - a member that is missing, null or [] is its default (DEFAULTS below)
  - an attribute's category and to_ids that were not sent are MISP's defaults for
    its type: whatever came back counts
  - values are compared in MISP's normal form; of the live attributes outside
    objects that have the same value, type and category, MISP keeps the first
  - of an event that was sent twice the newest counts
"""
import gzip
import ipaddress
import json
import os
import re
import sys
from datetime import datetime, timezone

LOCAL = {
    "Event": {"id", "org_id", "orgc_id", "Org", "attribute_count", "event_id",
              "RelatedEvent", "extensionEvents", "Feed", "warnings", "user_id"},
    "Attribute": {"id", "event_id", "object_id", "event_uuid", "Event", "Object",
                  "RelatedAttribute", "decay_score", "Feed", "warnings"},
    "Object": {"id", "event_id", "event_uuid", "Event", "breakOnDuplicate"},
    "ObjectReference": {"id", "event_id", "object_id", "object_uuid", "source_uuid",
                        "referenced_id", "referenced_type", "Object", "Attribute",
                        "Event"},
    "EventReport": {"id", "event_id", "event_uuid", "Event"},
    "Sighting": {"id", "event_id", "event_uuid", "attribute_id", "attribute_uuid",
                 "org_id", "Event", "Attribute"},
    "Tag": {"id", "inherited", "count", "attribute_count", "is_galaxy", "is_custom_galaxy"},
    "Orgc": {"id", "local"},
    "Organisation": {"id", "local"},
}
CHILD = {"distribution": "5", "sharing_group_id": "0", "comment": "", "deleted": "0",
         "disable_correlation": "0"}
DEFAULTS = {
    "Event": {"distribution": "1", "sharing_group_id": "0", "threat_level_id": "4",
              "analysis": "0", "published": "0", "locked": "0",
              "proposal_email_lock": "0", "disable_correlation": "0",
              "publish_timestamp": "0", "sighting_timestamp": "0",
              "extends_uuid": "", "timestamp": "0"},
    "Attribute": dict(CHILD, timestamp="0"),
    "Object": dict(CHILD, timestamp="0"),
    "ObjectReference": {"comment": "", "deleted": "0", "timestamp": "0",
                        "relationship_type": ""},
    "EventReport": dict(CHILD, content="", timestamp="0"),
    "Sighting": {"type": "0", "source": ""},
    "Tag": {"exportable": "1", "hide_tag": "0", "local_only": "0", "local": "0"},
    "Orgc": {},
    "Organisation": {},
}
# How the inner nouns belong together.
INNER = {"Attribute": "uuid", "Object": "uuid", "ObjectReference": "uuid",
         "EventReport": "uuid", "Sighting": "uuid", "Tag": "name"}
BY_TYPE = {"category", "to_ids"}
MOMENTS = {"first_seen", "last_seen"}
# What is not one of these is not modelled, and compared as it came.
MODELLED = {
    "info", "date", "uuid", "timestamp", "publish_timestamp", "sighting_timestamp",
    "threat_level_id", "analysis", "distribution", "sharing_group_id", "published",
    "locked", "proposal_email_lock", "disable_correlation", "extends_uuid",
    "event_creator_email", "type", "category", "value", "to_ids", "comment",
    "deleted", "object_relation", "data", "name", "meta-category", "description",
    "template_uuid", "template_version", "referenced_uuid", "relationship_type",
    "content", "date_sighting", "source", "colour", "exportable", "hide_tag",
    "local_only", "local"}


def scalar(value):
    """MISP's loose typing: the text that a single value is."""
    if value is True:
        return "1"
    if value is False:
        return "0"
    return str(value)


def moment(text):
    text = scalar(text).replace("Z", "+00:00")
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone.utc)
    return time.astimezone(timezone.utc).isoformat()


HASHES = re.compile(r"^(md5|sha\d.*|imphash|pehash|authentihash|tlsh|cdhash|vhash|"
                    r"telfhash|ja3-.*|jarm-.*|hassh.*|dom-hash|x509-.*|"
                    r"git-commit-id)$")
LOWER = {"hostname", "onion-address", "email", "email-src", "email-dst", "target-email",
         "whois-registrant-email", "dns-soa-email", "jabber-id", "eppn"}


def normal_name(name):
    name = name.strip(".").lower()
    if not name.isascii():
        name = name.encode("idna").decode()
    return name


def normal_address(text):
    try:
        net = ipaddress.ip_network(text, strict=False)
        if net.prefixlen == net.max_prefixlen:
            return str(net.network_address)
        return str(ipaddress.ip_address(text.split("/")[0])) + "/" + text.split("/")[1]
    except ValueError:
        return text


def normal_value(kind, value):
    """MISP's normal form, as far as real events make a difference."""
    value = value.strip()
    if HASHES.match(kind):
        return value.replace(":", "").lower() if kind.startswith("x509") else value.lower()
    if kind in LOWER:
        return value.lower()
    if kind == "domain":
        return normal_name(value)
    if kind == "domain|ip" and "|" in value:
        name, address = value.split("|", 1)
        return normal_name(name) + "|" + normal_address(address)
    if kind in ("ip-src", "ip-dst"):
        return normal_address(value)
    if kind in ("ip-src|port", "ip-dst|port", "hostname|port"):
        if "|" not in value and value.count(":") == 1:
            value = value.replace(":", "|")
        return value.lower()
    if kind in ("filename|" + h for h in ("md5", "sha1", "sha256")) and "|" in value:
        name, digest = value.rsplit("|", 1)
        return name + "|" + digest.lower()
    if kind in ("vulnerability", "weakness", "http-method", "hex"):
        return value.upper().replace("\u2013", "-")
    if kind == "AS":
        return re.sub(r"(?i)^as", "", value)
    if kind == "boolean":
        return {"true": "1", "false": "0"}.get(value.lower(), value)
    return value


def single(noun, name, value):
    if name in MOMENTS:
        return moment(value)
    if noun == "Attribute" and name == "value":
        return scalar(value)
    if name.endswith("uuid"):
        return scalar(value).lower()
    if name == "date":
        return scalar(value)[:10]
    return scalar(value)


def inner_list(noun, items):
    if isinstance(items, dict):
        items = [items]
    result = {}
    for item in items:
        name = scalar(item.get(INNER[noun], "")).lower() if noun != "Tag" else item["name"]
        result.setdefault(name, canonical(noun, item))
    return result


def drop_duplicates(attributes):
    """MISP has (value, type, category) once among live ones outside objects."""
    seen = set()
    for uuid in list(attributes):
        a = attributes[uuid]
        key = (a.get("value"), a.get("type"), a.get("category"))
        if a.get("deleted") != "1":
            if key in seen:
                del attributes[uuid]
            seen.add(key)


def canonical(noun, thing):
    """A thing without what is local, with its defaults, in one spelling."""
    result = dict(DEFAULTS[noun])
    for name, value in thing.items():
        if name in LOCAL[noun] or value is None or value == []:
            continue
        if name in INNER:
            result[name] = inner_list(name, value)
        elif name in LOCAL:
            result[name] = canonical(name, value)
        elif name in MODELLED or name in MOMENTS:
            result[name] = single(noun, name, value)
        else:
            result[name] = value
    if noun == "Attribute" and "value" in result:
        result["value"] = normal_value(result.get("type", ""), result["value"])
    if noun == "Event":
        drop_duplicates(result.get("Attribute", {}))
    if noun in ("Orgc", "Organisation") and len(result.get("uuid", "")) != 36:
        result.pop("uuid", None)
    return {name: value for name, value in result.items() if value != {}}


def events_in(document):
    if isinstance(document, list):
        for item in document:
            yield from events_in(item)
    elif isinstance(document, dict):
        if "response" in document:
            yield from events_in(document["response"])
        elif "Event" in document:
            yield document["Event"]
        elif "info" in document:
            yield document


def documents_in(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as f:
        text = f.read()
    try:
        yield json.loads(text)
    except json.JSONDecodeError as first:
        try:
            lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError:
            print(f"# {path}: not JSON: {first}", file=sys.stderr)
            return
        yield from lines


def files_in(path):
    if not os.path.isdir(path):
        return [path]
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path)
                  for name in names if re.search(r"\.(json|ndjson)(\.gz)?$", name)
                  and name != "manifest.json")


def load(paths):
    events = {}
    for path in paths:
        for file in files_in(path):
            for document in documents_in(file):
                for event in events_in(document):
                    e = canonical("Event", event)
                    old = events.get(e.get("uuid"))
                    if not old or int(old["timestamp"]) < int(e["timestamp"]):
                        events[e.get("uuid")] = e
    return events


def short(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) < 160 else text[:157] + "..."


def differences(path, expected, actual):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(set(expected) | set(actual)):
            here = f"{path}.{name}" if path else name
            if name not in actual:
                yield f"{here}: missing, expected {short(expected[name])}"
            elif name in BY_TYPE and name not in expected:
                continue
            elif name not in expected:
                yield f"{here}: not expected: {short(actual[name])}"
            else:
                yield from differences(here, expected[name], actual[name])
    elif expected != actual:
        yield f"{path}: expected {short(expected)}, found {short(actual)}"


def count_attributes(events):
    return sum(len(e.get("Attribute", {})) +
               sum(len(o.get("Attribute", {})) for o in e.get("Object", {}).values())
               for e in events.values())


def compare(expected, actual):
    found = list(differences("", expected, actual))
    for line in found:
        print(line)
    print(f"{len(expected)} events with {count_attributes(expected)} attributes: "
          f"{len(found)} differences")
    return len(found) == 0


# --- self-test ---

SAMPLE = {"uuid": "5bad1b96-53bc-4148-87eb-50d50a016219", "info": "x", "timestamp": 5,
          "published": True, "date": "2020-01-01", "Orgc": {"id": "2", "name": "o"},
          "Tag": [{"id": 1, "name": "tlp:white"}],
          "Attribute": [
              {"uuid": "00000000-0000-4000-8000-000000000001", "type": "md5",
               "category": "Payload delivery", "to_ids": True,
               "value": "D41D8CD98F00B204E9800998ECF8427E"},
              {"uuid": "00000000-0000-4000-8000-000000000002", "type": "md5",
               "category": "Payload delivery", "to_ids": True,
               "value": "d41d8cd98f00b204e9800998ecf8427e"}],
          "Object": [{"uuid": "00000000-0000-4000-8000-000000000003", "name": "file",
                      "first_seen": "2020-01-01T01:00:00+01:00"}]}


def changed(**changes):
    return {"e": canonical("Event", dict(json.loads(json.dumps(SAMPLE)), **changes))}


def self_test():
    base = changed()
    attribute = dict(SAMPLE["Attribute"][0])
    same = [
        ("ids are local", changed(id="77", org_id=3, Org={"name": "y"})),
        ("numbers may be texts", changed(timestamp="5", published="1")),
        ("null and [] are nothing", changed(Galaxy=[], protected=None)),
        ("a default may be said", changed(analysis=0, extends_uuid="")),
        ("of two equal attributes the first stays", changed(Attribute=[attribute])),
        ("what the type says need not be sent",
         changed(Attribute=[dict(attribute, category="Artifacts dropped", to_ids=False)]),
         changed(Attribute=[{k: attribute[k] for k in ("uuid", "type", "value")}])),
        ("values are compared in normal form",
         changed(Attribute=[dict(attribute, value=attribute["value"].lower())])),
        ("moments are compared, not their spelling",
         changed(Object=[dict(SAMPLE["Object"][0],
                              first_seen="2020-01-01T00:00:00.000000Z")])),
    ]
    other = [
        ("another info", changed(info="y")),
        ("a lost tag", changed(Tag=[])),
        ("a lost attribute", changed(Attribute=[])),
        ("another value", changed(Attribute=[dict(attribute, value="0" * 32)])),
        ("another flag", changed(Attribute=[dict(attribute, to_ids=False)])),
        ("an unknown member lost", changed(), changed(Galaxy=[{"a": 1}])),
        ("a new object", changed(Object=SAMPLE["Object"] + [
            {"uuid": "00000000-0000-4000-8000-000000000004", "name": "url"}])),
        ("an event lost", {}),
    ]
    checks = []
    for name, actual, *expected in same:
        checks.append((name, not list(differences("", (expected or [base])[0], actual))))
    for name, actual, *expected in other:
        checks.append((name, bool(list(differences("", (expected or [base])[0], actual)))))
    print(f"1..{len(checks)}")
    for number, (name, good) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return all(good for _, good in checks)


def main(arguments):
    if arguments == ["--self-test"]:
        return 0 if self_test() else 1
    if "--with" not in arguments[1:]:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    split = arguments.index("--with")
    expected, actual = load(arguments[:split]), load(arguments[split + 1:])
    return 0 if compare(expected, actual) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
