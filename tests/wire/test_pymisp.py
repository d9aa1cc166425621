#!/usr/bin/env python3
"""MISP's own client against a server: what analysts' scripts do. Prints TAP;
skipped where PyMISP is not installed (`./run check` installs it).

usage: test_pymisp.py KIZASHI
"""

import os
import pathlib
import sys
import tempfile
import uuid

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


def campaign():
    """An event with one of everything, invented."""
    event = pymisp.MISPEvent()
    event.info = "Lantern: phishing of invoices"
    event.distribution = 1
    event.threat_level_id = 2
    event.analysis = 1
    event.set_date("2026-02-03")
    event.add_tag("tlp:green")
    event.add_attribute("ip-dst", "192.0.2.10", comment="seen in mail")
    event.add_attribute("domain", "Login.Example.TEST")
    event.add_attribute("md5", "d41d8cd98f00b204e9800998ecf8427e", to_ids=False)
    event.attributes[1].add_tag("phase:delivery")
    sample = event.add_object(name="file", strict=False)
    sample.add_attribute("filename", type="filename", value="invoice.exe")
    sample.add_attribute("sha1", type="sha1", value="da39a3ee5e6b4b0d3255bfef95601890afd80709")
    host = event.add_object(name="domain-ip", strict=False)
    host.add_attribute("domain", type="domain", value="c2.example.test")
    host.add_attribute("ip", type="ip-dst", value="198.51.100.7")
    sample.add_reference(host.uuid, "connects-to", comment="every hour")
    return event


def refused(answer, status):
    return isinstance(answer, dict) and answer.get("errors", [0])[0] == status


def check_connecting(tap, misp):
    tap.check("the version is one that the client takes", misp.misp_instance_version["version"] >= "2.5")
    me = misp.get_user("me")
    tap.check("users/view/me is the administrator",
              me["User"]["email"] == "admin@admin.test" and me["Role"]["perm_site_admin"] is True, me)
    tap.check("ids are strings", isinstance(me["User"]["id"], str), me)
    remote, local = misp.describe_types_remote, misp.describe_types_local
    tap.equal("default category and to_ids of every type are the client's",
              remote["sane_defaults"], local["sane_defaults"])
    tap.equal("the types are the client's", sorted(remote["types"]), sorted(local["types"]))
    tap.equal("the categories permit the types that the client permits",
              {k: sorted(v) for k, v in remote["category_type_mappings"].items()},
              {k: sorted(v) for k, v in local["category_type_mappings"].items()})


def check_adding(tap, misp):
    sent = campaign()
    raw = misp.add_event(sent)
    body = raw.get("Event", {})
    tap.check("an event with one of everything is taken",
              len(body.get("Attribute", [])) == 3 and len(body.get("Object", [])) == 2, raw)
    tap.check("ids, levels and times are strings, flags are not",
              all(isinstance(body[k], str) for k in ("id", "timestamp", "distribution", "analysis"))
              and body["published"] is False, body)
    tap.equal("its uuid stays", body["uuid"], sent.uuid)
    tap.equal("a value is normalised", body["Attribute"][1]["value"], "login.example.test")
    tap.equal("a tag is whole", sorted(set(body["Tag"][0]) & {"id", "name", "colour", "exportable"}),
              ["colour", "exportable", "id", "name"])
    tap.equal("a tag of an attribute stays with it", body["Attribute"][1]["Tag"][0]["name"], "phase:delivery")
    reference = body["Object"][0]["ObjectReference"][0]
    tap.equal("a reference stays", (reference["referenced_uuid"], reference["relationship_type"]),
              (body["Object"][1]["uuid"], "connects-to"))
    tap.check("lists that MISP always sends are there",
              body["Galaxy"] == [] and body["Attribute"][0]["ShadowAttribute"] == [], body)
    again = misp.add_event(sent)
    brief = misp.add_event({"info": "in short", "Attribute": [{"type": "text", "value": "in short"}]}, metadata=True)
    tap.check("an answer without attributes", "Attribute" not in brief["Event"], brief)
    misp.delete_event(brief["Event"]["uuid"])
    tap.check("the same uuid a second time is refused", refused(again, 404)
              and "already exists" in again["errors"][1]["message"], again)
    bad = misp.direct_call("events/add", {"date": "2026-01-01"})
    tap.check("an event without info is refused with the field", refused(bad, 403)
              and "info" in bad["errors"][1]["errors"], bad)
    return misp.get_event(sent.uuid, pythonify=True)


def check_viewing(tap, misp, event):
    for ref in (event.id, event.uuid):
        tap.equal(f"viewed by {type(ref).__name__}", misp.get_event(ref)["Event"]["id"], str(event.id))
    tap.check("it exists", misp.event_exists(event) and misp.attribute_exists(event.attributes[0])
              and misp.object_exists(event.objects[0]))
    tap.check("what does not exist, does not", not misp.event_exists(UNKNOWN)
              and not misp.attribute_exists(UNKNOWN) and not misp.object_exists(999999))
    tap.check("an unknown event is 404", refused(misp.get_event(UNKNOWN), 404))
    tap.equal("snake_case and .json do as well",
              misp.direct_call(f"event_reports/index/event_id:{event.id}.json"), [])
    one = misp.get_attribute(event.attributes[0].uuid)
    tap.equal("an attribute alone", one["Attribute"]["value"], "192.0.2.10")
    alone = misp.get_object(event.objects[1].uuid, pythonify=True)
    tap.equal("an object alone", sorted(a.value for a in alone.attributes), ["198.51.100.7", "c2.example.test"])
    unknown = misp.direct_call("events/noSuchThing", {})
    tap.check("an unknown action is 404", refused(unknown, 404), unknown)


def check_correlation(tap, misp, event):
    other = pymisp.MISPEvent()
    other.info = "Lantern again"
    other.add_attribute("text", "192.0.2.10")
    other = misp.add_event(other, pythonify=True)
    related = misp.get_event(event.id)["Event"]["RelatedEvent"]
    tap.equal("a shared value relates two events, whatever its type",
              [r["Event"]["uuid"] for r in related], [other.uuid])
    found = misp.search(controller="attributes", value="192.0.2.10", include_correlations=True, pythonify=True)
    tap.equal("the attributes that are found name each other's event",
              sorted(a.RelatedAttribute[0].Event.uuid for a in found), sorted([event.uuid, other.uuid]))
    tap.equal("deleting says so", misp.delete_event(other)["message"], "Event deleted.")
    tap.check("and it is gone", not misp.event_exists(other))
    tap.equal("so is the relation", misp.get_event(event.id)["Event"]["RelatedEvent"], [])


def check_editing(tap, misp, event):
    event.info = "Lantern: phishing of invoices, part 1"
    event.add_attribute("url", "http://login.example.test/a")
    edited = misp.update_event(event, pythonify=True)
    tap.check("an edit changes and adds", edited.info.endswith("part 1") and len(edited.attributes) == 4, edited)
    stale = misp.direct_call(f"events/edit/{event.uuid}", {"info": "old", "timestamp": "1"})
    tap.check("an older copy is refused", refused(stale, 403)
              and "not newer" in stale["errors"][1]["message"], stale)
    attribute = misp.update_attribute({"comment": "proxy log"}, edited.attributes[0].uuid)
    tap.equal("one member of an attribute changes alone",
              (attribute["Attribute"]["comment"], attribute["Attribute"]["value"]), ("proxy log", "192.0.2.10"))
    bad = misp.update_attribute({"value": "not an address"}, edited.attributes[0].uuid)
    tap.check("a value that does not fit the type is refused", refused(bad, 403)
              and "value" in bad["errors"][1]["errors"], bad)
    new = misp.add_attribute(edited, {"type": "ip-dst", "value": "192.0.2.11"})
    tap.equal("an attribute is added", new["Attribute"]["value"], "192.0.2.11")
    twice = misp.add_attribute(edited, {"type": "ip-dst", "value": "192.0.2.11"})
    tap.check("not twice", refused(twice, 403) and twice["errors"][1]["errors"]["value"]
              == ["A similar attribute already exists for this event."], twice)
    several = misp.add_attribute(edited, [{"type": "ip-dst", "value": "192.0.2.12"},
                                          {"type": "ip-dst", "value": "192.0.2.11"},
                                          {"type": "ip-dst", "value": "nonsense"}])
    tap.check("of a list the good ones are added, the others named",
              several["Attribute"][0]["value"] == "192.0.2.12"
              and sorted(several["errors"]) == ["attribute_1", "attribute_2"], several)
    tap.equal("a deleted attribute is gone from sight",
              misp.delete_attribute(new["Attribute"]["uuid"])["message"], "Attribute deleted.")
    with_deleted = misp.get_event(event.id, deleted=True)["Event"]["Attribute"]
    without = misp.get_event(event.id)["Event"]["Attribute"]
    tap.equal("but can be asked for", len(with_deleted) - len(without), 1)
    back = misp.restore_attribute(new["Attribute"]["uuid"])
    tap.check("and be restored", back["Attribute"]["deleted"] is False, back)


def check_objects(tap, misp, event):
    mail = pymisp.MISPObject("email", strict=False)
    mail.add_attribute("from", type="email-src", value="billing@example.test")
    mail.add_attribute("subject", type="email-subject", value="Your invoice")
    new = misp.add_object(event, mail, pythonify=True)
    tap.equal("an object is added", (new.name, len(new.attributes)), ("email", 2))
    copy = pymisp.MISPObject("email", strict=False)
    copy.template_uuid, copy.template_version = mail.template_uuid, mail.template_version
    for a in mail.attributes:
        copy.add_attribute(a.object_relation, type=a.type, value=a.value)
    again = misp.add_object(event, copy, break_on_duplicate=True)
    tap.check("not twice, when one asks for that", refused(again, 403)
              and "Duplicate object found" in again["errors"][1]["errors"], again)
    new.comment = "from the gateway"
    tap.equal("an object is edited", misp.update_object(new, pythonify=True).comment, "from the gateway")
    reference = pymisp.MISPObjectReference()
    reference.from_dict(object_uuid=new.uuid, referenced_uuid=event.objects[0].uuid, relationship_type="attaches")
    made = misp.add_object_reference(reference)
    tap.equal("a reference is added", made["ObjectReference"]["object_uuid"], new.uuid)
    tap.equal("a reference is deleted",
              misp.delete_object_reference(made["ObjectReference"]["uuid"])["message"], "ObjectReference deleted")
    tap.equal("an object is deleted", misp.delete_object(new)["message"], "Object deleted")
    shown = [o["uuid"] for o in misp.get_event(event.id)["Event"]["Object"]]
    tap.check("and gone from sight", new.uuid not in shown, shown)


def check_tags(tap, misp, event):
    answer = misp.tag(event, "workflow:todo")
    tap.check("a tag is attached by name", answer["message"].startswith("Global tag workflow:todo(")
              and answer["message"].endswith(f"attached to Event({event.id})."), answer)
    before = misp.get_event(event.id)["Event"]["timestamp"]
    local = misp.tag(event, "only here", local=True)
    tap.check("a local tag says so", local["message"].startswith("Local tag only here("), local)
    shown = misp.get_event(event.id)["Event"]
    tap.equal("and leaves the time of the event alone", shown["timestamp"], before)
    tap.equal("both are shown", {t["name"]: t["local"] for t in shown["Tag"] if t["name"] != "tlp:green"},
              {"workflow:todo": False, "only here": True})
    answer = misp.untag(event, "only here")
    tap.check("a tag is removed", answer["message"].endswith(f"removed from Event({event.id})."), answer)
    tap.check("nothing can hang on what is not there", refused(misp.tag(UNKNOWN, "tlp:red"), 404))
    tag = pymisp.MISPTag()
    tag.from_dict(name="case:1", colour="#102030", exportable=False)
    made = misp.add_tag(tag, pythonify=True)
    tap.equal("a tag is made", (made.name, made.colour, made.exportable), ("case:1", "#102030", False))
    misp.tag(event, "case:1")
    names = [t["name"] for t in misp.get_event(event.id)["Event"]["Tag"]]
    tap.check("what is not for export is not shown where it hangs", "case:1" not in names, names)
    made.name = "case:2"
    tap.equal("a tag is renamed", misp.update_tag(made, pythonify=True).name, "case:2")
    tap.equal("tags are found by a part", [t["Tag"]["name"] for t in misp.search_tags("case%")], ["case:2"])
    tap.check("the list counts events", any(t["name"] == "tlp:green" and t["count"] == "1"
                                            for t in misp.tags()), misp.tags())
    tap.equal("a tag is deleted", misp.delete_tag(made)["message"], "Tag deleted.")
    tap.equal("and found no more", misp.search_tags("case%"), [])


def check_sightings(tap, misp, event):
    first = misp.add_sighting({"value": "192.0.2.10", "source": "proxy"})
    tap.equal("a sighting by value", first["Sighting"]["source"], "proxy")
    misp.add_sighting({"type": "1", "source": "mail"}, event.attributes[0])
    tap.equal("the sightings of an event", len(misp.sightings(event)), 2)
    found = misp.search_sightings(context="event", context_id=event.id, type_sighting="1",
                                  include_attribute=True, include_event_meta=True)
    tap.check("a search for false positives", len(found) == 1 and found[0]["Sighting"]["source"] == "mail"
              and found[0]["Sighting"]["Event"]["uuid"] == event.uuid
              and found[0]["Sighting"]["Attribute"]["value"] == "192.0.2.10", found)
    tap.equal("of a source nobody named there is none", misp.search_sightings(source="nobody"), [])
    tap.equal("a sighting is deleted",
              misp.delete_sighting(int(first["Sighting"]["id"]))["message"], "Sighting successfully deleted.")
    nothing = misp.add_sighting({"value": "203.0.113.99"})
    tap.check("a value that nobody has cannot be sighted", refused(nothing, 403), nothing)


def check_reports(tap, misp, event):
    report = pymisp.MISPEventReport()
    report.from_dict(name="Timeline", content="# First\n- mail", distribution=5)
    made = misp.add_event_report(event.id, report, pythonify=True)
    tap.equal("a report is added", (made.name, str(made.event_id)), ("Timeline", str(event.id)))
    made.content = "# Second"
    tap.equal("a report is edited", misp.update_event_report(made, pythonify=True).content, "# Second")
    tap.equal("the reports of an event",
              [r["EventReport"]["uuid"] for r in misp.get_event_reports(event.id)], [made.uuid])
    tap.equal("a report is deleted", misp.delete_event_report(made)["name"],
              f"Event Report {made.uuid} soft deleted")
    tap.equal("and gone from the event", misp.get_event_reports(event.id), [])


def check_searching(tap, misp, event):
    def events(**filters):
        return [e["Event"]["uuid"] for e in misp.search(**filters)]

    def values(**filters):
        return sorted(a["value"] for a in misp.search(controller="attributes", **filters)["Attribute"])

    tap.equal("an event by a value", events(value="192.0.2.10"), [event.uuid])
    tap.equal("by a part of a value", events(value="%.example.test"), [event.uuid])
    tap.equal("by nothing that is there", events(value="203.0.113.200"), [])
    tap.equal("by type and tag", events(type_attribute="domain", tags="phase:delivery"), [event.uuid])
    tap.equal("an unknown tag finds nothing", events(tags="no such tag"), [])
    tap.equal("by uuid", events(uuid=event.uuid), [event.uuid])
    tap.equal("by date", (events(date_from="2026-02-03", date_to="2026-02-03"),
                          events(date_from="2026-02-04")), ([event.uuid], []))
    tap.equal("what is no time finds nothing", events(publish_timestamp="5x"), [])
    tap.equal("metadata is without attributes",
              "Attribute" in misp.search(eventid=event.id, metadata=True)[0]["Event"], False)
    tap.equal("attributes by type", values(type_attribute="ip-dst", eventid=event.id),
              ["192.0.2.10", "192.0.2.11", "192.0.2.12", "198.51.100.7"])
    tap.equal("without some", values(type_attribute=["ip-dst", "domain"], value="!192.0.2.10", eventid=event.id),
              ["192.0.2.11", "192.0.2.12", "198.51.100.7", "c2.example.test", "login.example.test"])
    pages = [values(eventid=event.id, limit=3, page=n) for n in (1, 2, 3, 4, 5)]
    tap.check("pages are disjoint and end", len({v for p in pages for v in p}) == sum(map(len, pages))
              and list(map(len, pages)) == [3, 3, 3, 1, 0], pages)
    found = misp.search(controller="objects", object_name="file")
    tap.equal("objects by name", [o["Object"]["uuid"] for o in found], [event.objects[0].uuid])
    quick = events(value="invoices", searchall=True)
    tap.equal("anywhere", quick, [event.uuid])


def check_formats(tap, misp, server, event):
    rows = misp.search(return_format="csv", pythonify=True, eventid=event.id)
    tap.check("csv has a line for each attribute", len(rows) == len({r["uuid"] for r in rows}) == 10
              and {r["value"] for r in rows} >= {"192.0.2.10", "invoice.exe"}, rows)
    rows = misp.search(return_format="csv", pythonify=True, eventid=event.id, requested_attributes=["value", "event_id"])
    tap.equal("columns can be chosen", sorted(rows[0]), ["event_id", "value"])
    rows = misp.search(return_format="csv", pythonify=True, eventid=event.id, include_context=True)
    tap.equal("and have context", rows[0]["event_info"], "Lantern: phishing of invoices, part 1")
    status, _, body = server.ask("POST", "/events/restSearch", b'{"returnFormat":"text"}')
    tap.equal("text is for machines: nothing while it is not published", (status, body), (200, b""))
    tap.equal("publishing", misp.publish(event)["message"], "Job queued")
    text = misp.search(return_format="text", eventid=event.id).split()
    tap.check("then the values that are to_ids", "192.0.2.10" in text
              and "d41d8cd98f00b204e9800998ecf8427e" not in text, text)
    status, headers, body = server.ask("POST", "/attributes/restSearch",
                                       b'{"returnFormat":"json","limit":1}')
    tap.check("the count of all is in a header", status == 200 and headers["X-Result-Count"] == "10",
              (status, headers.items(), body[:200]))
    status, _, body = server.ask("POST", "/events/restSearch", b'{"returnFormat":"count"}')
    tap.equal("count is a number", (status, body), (200, b"1"))
    status, _, body = server.ask("POST", "/events/restSearch", b'{"returnFormat":"pdf"}')
    tap.check("another format is refused with words", status == 400 and b"Invalid export format" in body, body)
    status, _, body = server.ask("POST", "/events/restSearch", b'{"value":')
    tap.check("bad JSON is told with its place", status == 403 and b"line 1" in body, (status, body))


def check_index(tap, misp, event):
    rows = misp.search_index(eventinfo="lantern")
    tap.check("the list finds by info in any case", [r["uuid"] for r in rows] == [event.uuid]
              and rows[0]["attribute_count"] == "10" and rows[0]["Orgc"]["name"] == "ORGNAME", rows)
    row = misp.direct_call("events/index", {"minimal": 1})[0]
    tap.equal("a minimal row", sorted(row), ["id", "orgc_uuid", "published", "sighting_timestamp",
                                             "timestamp", "uuid"])
    tap.equal("published ones only", len(misp.search_index(published=True)), 1)
    tap.equal("unpublishing", misp.unpublish(event)["message"], "Event unpublished.")
    tap.equal("then none", misp.search_index(published=True), [])


def check_many(tap, misp, server):
    """More than one answer's slice: made while it is sent."""
    big = pymisp.MISPEvent()
    big.info = "Many"
    big.uuid = str(uuid.uuid4())
    for n in range(6000):
        big.add_attribute("domain", f"host-{n}.example.test", disable_correlation=True)
    misp.add_event(big)
    found = misp.search(controller="attributes", eventid=big.uuid)
    tap.equal("a long answer is whole", len({a["uuid"] for a in found["Attribute"]}), 6000)
    tap.equal("so is a long event", len(misp.get_event(big.uuid)["Event"]["Attribute"]), 6000)
    tap.equal("and a long list of lines", len(misp.search(return_format="csv", pythonify=True, eventid=big.uuid)), 6000)


def check_all(tap, program):
    with tempfile.TemporaryDirectory() as folder:
        with Store(program, pathlib.Path(folder, "store")).serve() as server:
            address = f"http://127.0.0.1:{server.port}"
            try:
                pymisp.PyMISP(address, "x" * 40)
                tap.check("a wrong key does not connect", False)
            except pymisp.PyMISPError as error:
                tap.check("a wrong key does not connect", True, error)
            misp = pymisp.PyMISP(address, server.key)
            check_connecting(tap, misp)
            event = check_adding(tap, misp)
            check_viewing(tap, misp, event)
            check_correlation(tap, misp, event)
            check_editing(tap, misp, event)
            check_objects(tap, misp, event)
            check_tags(tap, misp, event)
            check_sightings(tap, misp, event)
            check_reports(tap, misp, event)
            check_searching(tap, misp, event)
            check_formats(tap, misp, server, event)
            check_index(tap, misp, event)
            check_many(tap, misp, server)
            tap.equal("the server stops in order", server.stop(), 0)


def main():
    tap = Tap()
    check_all(tap, sys.argv[1])
    return tap.end()


in_own_python()
try:
    import pymisp
    import logging
    logging.getLogger("pymisp").setLevel(logging.CRITICAL)
except ImportError as missing:
    print(f"1..0 # SKIP {missing}")
    sys.exit(0)
sys.exit(main())
