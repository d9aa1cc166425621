#!/usr/bin/env python3
"""What is known of values and of objects, over MISP's own client: warninglists,
free text, noticelists, object templates, decaying models, exclusions from
correlation. Prints TAP; skipped where PyMISP is not installed.

usage: test_pymisp_lists.py KIZASHI
"""

import json
import os
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402

ADDRESSES = ["ip-src", "ip-dst", "domain|ip", "ip-dst|port"]
NAMES = ["domain", "hostname", "url"]
LISTS = {
    "resolvers": {"name": "List of invented IPv4 resolvers", "type": "cidr", "version": 2,
                  "description": "harbour", "matching_attributes": ADDRESSES,
                  "list": ["192.0.2.53", "198.51.100.0/24", "2001:db8:53::/48"]},
    "popular": {"name": "Popular names", "type": "hostname", "version": 1, "description": "",
                "matching_attributes": NAMES, "list": ["popular.example", ".shop.example"]},
    "hashes": {"name": "Empty files", "type": "string", "version": 1, "description": "",
               "matching_attributes": ["md5", "filename|md5"],
               "list": [{"value": "d41d8cd98f00b204e9800998ecf8427e", "comment": "of nothing"}]},
    "pieces": {"name": "Sinkholes", "type": "substring", "version": 1, "description": "",
               "category": "known", "list": ["sinkhole"]},
    "mails": {"name": "Contacts", "type": "regex", "version": 1, "description": "",
              "matching_attributes": ["email-src", "email-dst"], "list": ["/^abuse\\@.*\\..*$/i"]},
}

NOTICES = {"name": "harbour law", "expanded_name": "Law of harbours", "version": 3, "ref": ["https://law.example/1"],
           "geographical_area": ["Harbours"],
           "notice": [{"scope": ["attribute"], "field": ["type"], "value": ["phone-number"], "tags": [],
                       "message": {"en": "Ask first."}}]}
BOAT = {"name": "boat", "uuid": "6c0a2b9e-6a1f-4f6e-9d7c-3d0a7c6f5b01", "meta-category": "misc", "version": 4,
        "description": "A boat", "required": ["hull"], "requiredOneOf": ["name", "flag"],
        "attributes": {"hull": {"misp-attribute": "text", "ui-priority": 1, "description": "h"},
                       "name": {"misp-attribute": "text", "ui-priority": 0, "description": "n", "multiple": True},
                       "flag": {"misp-attribute": "nationality", "ui-priority": 0, "description": "f",
                                "values_list": ["a", "b"]}}}
TIDE = {"name": "Tide", "uuid": "6c0a2b9e-6a1f-4f6e-9d7c-3d0a7c6f5b02", "version": 1, "description": "Goes out in ten days",
        "ref": [], "formula": "polynomial",
        "parameters": {"lifetime": 10, "decay_speed": 1, "threshold": 30, "default_base_score": 80,
                       "base_score_config": {}},
        "attribute_types": ["ip-dst"]}


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


def refused(answer, status):
    return isinstance(answer, dict) and answer.get("errors", [0])[0] == status


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def write_libraries(folder):
    for name, content in LISTS.items():
        write_json(folder / "misp-warninglists" / "lists" / name / "list.json", content)
    write_json(folder / "misp-noticelist" / "lists" / "harbour" / "list.json", NOTICES)
    write_json(folder / "misp-objects" / "objects" / "boat" / "definition.json", BOAT)
    write_json(folder / "misp-decaying-models" / "models" / "tide.json", TIDE)


def switch(misp, name, on=None):
    return misp.toggle_warninglist(warninglist_name=name, force_enable=on)


def check_lists(tap, misp, libraries):
    tap.equal("all lists are taken", misp.update_warninglists().get("name"), "Successfully updated 5 warninglists.")
    tap.equal("once", misp.update_warninglists().get("name"), "All warninglists are up to date already.")
    lists = misp.warninglists(pythonify=True)
    tap.equal("all are listed", sorted(one.name for one in lists), sorted(one["name"] for one in LISTS.values()))
    resolvers = next(one for one in lists if "resolvers" in one.name)
    tap.equal("a new list is not in force", resolvers.enabled, False)
    tap.equal("its size is told", resolvers.warninglist_entry_count, "3")
    whole = misp.get_warninglist(resolvers)["Warninglist"]
    tap.equal("a list has its entries", [e["value"] for e in whole["WarninglistEntry"]], LISTS["resolvers"]["list"])
    tap.equal("and its types", [t["type"] for t in whole["WarninglistType"]], ADDRESSES)
    hashes = misp.get_warninglist(next(one for one in lists if one.name == "Empty files"))
    tap.equal("comments are kept", hashes["Warninglist"]["WarninglistEntry"][0]["comment"], "of nothing")
    tap.check("what is not there", refused(misp.get_warninglist(99), 404))
    path = libraries / "misp-warninglists" / "lists" / "mails" / "list.json"
    good = path.read_text()
    path.write_text(good.replace("/^abuse", "/(^abuse"))
    answer = misp.update_warninglists()
    tap.check("a broken list is told of with its place",
              "line 1, column" in str(answer) and "regular expression" in str(answer), answer)
    tap.equal("and the old one stays", len(misp.warninglists()), 5)
    path.write_text(good)


def check_switching(tap, misp):
    tap.equal("lists are switched by name", switch(misp, "%invented%", True),
              {"saved": True, "success": "1 warninglist(s) enabled"})
    tap.equal("toggled", switch(misp, ["Popular names", "%hol%"]),
              {"saved": True, "success": "2 warninglist(s) toggled"})
    tap.equal("or by number", misp.disable_warninglist(misp.warninglists(pythonify=True)[0].id).get("success"),
              "1 warninglist(s) disabled")
    tap.equal("or not at all", switch(misp, "nothing"), {"saved": False, "errors": "Warninglist(s) not found."})
    switch(misp, "%", True)
    tap.check("all are in force", all(one.enabled for one in misp.warninglists(pythonify=True)))
    found = misp.values_in_warninglist(["198.51.100.9", "a.popular.example", "203.0.113.1",
                                        "D41D8CD98F00B204E9800998ECF8427E", "Abuse@host.example", "my-sinkhole"])
    tap.equal("values are checked, each in its way",
              {value: (hits[0]["name"], hits[0]["matched"]) for value, hits in found.items()},
              {"198.51.100.9": (LISTS["resolvers"]["name"], "198.51.100.0/24"),
               "a.popular.example": ("Popular names", "popular.example"),
               "D41D8CD98F00B204E9800998ECF8427E": ("Empty files", "d41d8cd98f00b204e9800998ecf8427e"),
               "Abuse@host.example": ("Contacts", LISTS["mails"]["list"][0]),
               "my-sinkhole": ("Sinkholes", "sinkhole")})
    tap.equal("nothing is known of others", misp.values_in_warninglist(["203.0.113.1"]), [])


def harbour(misp):
    event = pymisp.MISPEvent()
    event.info = "Harbour: what is known does not go out"
    event.distribution = 1
    event.add_attribute("ip-dst", "198.51.100.9")
    event.add_attribute("ip-dst", "203.0.113.9")
    event.add_attribute("domain", "sinkhole.example")
    sample = event.add_object(name="file", strict=False)
    sample.add_attribute("md5", type="md5", value="d41d8cd98f00b204e9800998ecf8427e")
    sample.add_attribute("filename", type="filename", value="empty.bin")
    return misp.add_event(event, pythonify=True)


def values(answer):
    body = answer["Event"] if "Event" in answer else answer
    return [a["value"] for a in body["Attribute"]] + [
        a["value"] for o in body["Object"] for a in o["Attribute"]]


def check_enforcing(tap, misp):
    event = harbour(misp)
    everything = misp.search(eventid=event.id)[0]
    tap.equal("a search finds all", len(values(everything)), 5)
    pruned = misp.search(eventid=event.id, enforce_warninglist=True)[0]
    tap.equal("enforced, without what lists of false positives know", values(pruned),
              ["203.0.113.9", "sinkhole.example", "empty.bin"])
    rows = misp.search("attributes", eventid=event.id, enforce_warninglist=True)["Attribute"]
    tap.equal("attributes alike", [r["value"] for r in rows], ["203.0.113.9", "sinkhole.example", "empty.bin"])
    counts = [misp.direct_call("attributes/restSearch", {"eventid": event.id, "enforceWarninglist": on,
                                                         "returnFormat": "count"}) for on in (0, 1)]
    tap.equal("and counts", counts, [5, 3])
    text = misp.search("attributes", eventid=event.id, enforce_warninglist=True, return_format="text", to_ids=1, published=0)
    tap.check("lists of values alike", "198.51.100.9" not in text and "203.0.113.9" in text, text)
    seen = misp.direct_call(f"events/view/{event.id}/includeWarninglistHits:1")["Event"]
    tap.equal("the event tells which lists know its values", sorted(seen["warnings"].values()),
              ["Empty files", LISTS["resolvers"]["name"], "Sinkholes"])
    hit = seen["Attribute"][0]["warnings"][0]
    tap.equal("and each attribute by which entry",
              (hit["match"], hit["value"], hit["warninglist_name"], hit["warninglist_category"]),
              ("198.51.100.0/24", "198.51.100.9", LISTS["resolvers"]["name"], "false_positive"))
    tap.equal("known is not false", seen["Attribute"][2]["warnings"][0]["warninglist_category"], "known")
    tap.check("nothing is said of others", "warnings" not in seen["Attribute"][1])
    tap.check("or where nobody asked", "warnings" not in misp.get_event(event)["Event"])
    found = misp.search("attributes", eventid=event.id, includeWarninglistHits=1)["Attribute"]
    tap.equal("a search tells it, too", [len(r.get("warnings", [])) for r in found], [1, 0, 1, 1, 0])
    return event


def check_refusing(tap, misp, event):
    words = "trips over a warninglist and enforceWarninglist is enforced"
    one = misp.add_attribute(event, {"type": "ip-src", "value": "192.0.2.53", "enforceWarninglist": True})
    tap.check("an attribute is refused when it was asked for", refused(one, 403) and words in one["errors"][1]["errors"], one)
    free = misp.add_attribute(event, {"type": "ip-src", "value": "192.0.2.53", "enforceWarninglist": False})
    tap.equal("and otherwise not", free["Attribute"]["value"], "192.0.2.53")
    tap.check("the order is not kept", "enforceWarninglist" not in free["Attribute"], free)
    some = misp.add_attribute(event, [{"type": "ip-src", "value": "198.51.100.1", "enforceWarninglist": 1},
                                      {"type": "ip-src", "value": "203.0.113.1", "enforceWarninglist": 1}])
    tap.equal("of several the others are taken", some["Attribute"][0]["value"], "203.0.113.1")
    tap.check("and the place of the refused is told", words in some["errors"]["attribute_0"]["value"][0], some)
    edit = misp.update_attribute({"value": "192.0.2.53", "enforceWarninglist": True}, attribute_id=event.attributes[1].id)
    tap.check("a change is refused alike", refused(edit, 403) and words in str(edit), edit)
    whole = pymisp.MISPEvent()
    whole.info = "Harbour again"
    whole.add_attribute("ip-src", "192.0.2.53", enforceWarninglist=True)
    whole.add_attribute("ip-src", "203.0.113.3", enforceWarninglist=True)
    added = misp.add_event(whole)
    tap.equal("an event is taken without it", values(added), ["203.0.113.3"])
    misp.delete_event(int(added["Event"]["id"]))
    thing = pymisp.MISPObject("domain-ip", strict=False)
    thing.add_attribute("ip", type="ip-dst", value="192.0.2.53", enforceWarninglist=True)
    thing.add_attribute("domain", type="domain", value="quiet.example")
    tap.equal("and an object", [a["value"] for a in misp.add_object(event, thing)["Object"]["Attribute"]],
              ["quiet.example"])


def check_freetext(tap, misp):
    event = pymisp.MISPEvent()
    event.info = "Ferry: pasted text"
    event.distribution = 1
    event = misp.add_event(event, pythonify=True)
    text = ("Seen: 203[.]0[.]113[.]5, hxxps://evil.example/a.php and 198.51.100.9; "
            "mail Someone@Mail.example, CVE-2024-1234, d41d8cd98f00b204e9800998ecf8427e")

    def paste(heed, value=text, **more):
        return misp.freetext(event, value, adhereToWarninglists=heed, distribution=2, **more)

    meta = paste(True, returnMetaAttributes=True)
    tap.equal("what would be made is told without what lists know",
              [(m["value"], m["default_type"]) for m in meta],
              [("203.0.113.5", "ip-dst"), ("https://evil.example/a.php", "url"), ("someone@mail.example", "email-src"),
               ("CVE-2024-1234", "vulnerability")])
    tap.equal("as it stood, and what else it might be", (meta[0]["original_value"], meta[0]["types"]),
              ("203[.]0[.]113[.]5", {"ip-dst": "ip-dst", "ip-src": "ip-src"}))
    tap.equal("nothing is saved by that", misp.get_event(event)["Event"]["Attribute"], [])
    saved = paste("soft", kw_params={"disable_background_processing": 1})
    tap.equal("soft: all is saved, known values not for detection",
              {a["value"]: a["to_ids"] for a in saved},
              {"203.0.113.5": True, "https://evil.example/a.php": True, "198.51.100.9": False,
               "someone@mail.example": True, "CVE-2024-1234": False, "d41d8cd98f00b204e9800998ecf8427e": False})
    tap.equal("with the distribution that was asked for", {a["distribution"] for a in saved}, {"2"})
    tap.equal("again, nothing is new", paste("soft", kw_params={"disable_background_processing": 1}), [])
    found = paste(True, value="192.0.2.53 and 203.0.113.6:8080 and evil.example:443")
    tap.equal("in the background all that was found is told",
              [(a["value"], a["type"], a["comment"]) for a in found],
              [("192.0.2.53", "ip-dst", ""), ("203.0.113.6|8080", "ip-dst|port", ""),
               ("evil.example", "domain", "On port 443")])
    values_now = [a["value"] for a in misp.get_event(event)["Event"]["Attribute"]]
    tap.check("and saved what no list knows", "192.0.2.53" not in values_now and "evil.example" in values_now, values_now)
    tap.check("into an event that is not there", refused(misp.freetext(99999, "x.example"), 404))
    misp.delete_event(event)


def check_notices(tap, misp):
    misp.update_noticelists()
    tap.equal("noticelists are updated once", misp.update_noticelists()["name"],
              "All noticelists are up to date already.")
    lists = {one.name: one for one in misp.noticelists(pythonify=True)}
    tap.equal("one is there from the start", sorted(lists), ["gdpr", "harbour law"])
    whole = misp.get_noticelist(lists["harbour law"])["Noticelist"]
    tap.equal("a list is shown whole",
              (whole["expanded_name"], whole["version"], whole["NoticelistEntry"][0]["data"]["message"]),
              ("Law of harbours", "3", {"en": "Ask first."}))
    tap.equal("it is switched on", misp.enable_noticelist(lists["gdpr"])["Noticelist"]["enabled"], True)
    tap.equal("and off", misp.disable_noticelist(lists["gdpr"])["Noticelist"]["enabled"], False)
    tap.check("what is not there", refused(misp.get_noticelist(99), 404) and refused(misp.enable_noticelist(99), 404))


def check_templates(tap, misp):
    tap.equal("templates are taken", misp.update_object_templates(), [{"updated": 1, "unchanged": 0, "broken": 0}])
    tap.equal("once", misp.update_object_templates(), [])
    boat = misp.object_templates(pythonify=True)[0]
    tap.equal("a template is listed", (boat.name, boat.uuid, boat.version), ("boat", BOAT["uuid"], "4"))
    whole = misp.get_object_template(boat.uuid)
    tap.equal("it has its relations", [e["object_relation"] for e in whole["ObjectTemplateElement"]],
              ["hull", "name", "flag"])
    tap.equal("the file itself comes back, by name or uuid",
              [misp.get_raw_object_template(ref) for ref in ("boat", BOAT["uuid"])], [BOAT, BOAT])
    event = pymisp.MISPEvent()
    event.info = "Boats"
    event = misp.add_event(event, pythonify=True)
    good = pymisp.MISPObject("boat", misp_objects_template_custom=BOAT)
    good.add_attribute("hull", value="wood")
    good.add_attribute("name", value="Lantern")
    answer = misp.add_object(event, good)["Object"]
    tap.check("an object that fits is taken without words", "warnings" not in answer, answer)
    strange = pymisp.MISPObject("boat", strict=False, misp_objects_template_custom=BOAT)
    strange.add_attribute("sail", value="white", type="text")
    answer = misp.add_object(event, strange)["Object"]
    tap.equal("one that does not is taken with words", answer["warnings"],
              ['the template has no "sail"', 'the required "hull" is missing',
               "none of those of which one is required is there"])
    again = pymisp.MISPObject("boat", strict=False, misp_objects_template_custom=BOAT)
    again.from_dict(**answer)
    tap.check("the words are not kept", "warnings" not in str(misp.get_event(event)), "")
    misp.delete_event(event)


def check_decay(tap, misp):
    tap.check("models are updated", misp.update_decaying_models()["success"] is True)
    models = {one.name: one for one in misp.decaying_models(pythonify=True)}
    tap.equal("some are there from the start", sorted(models), ["NIDS Simple Decaying Model", "Phishing model", "Tide"])
    tap.equal("a model is as its file", models["Tide"].parameters, TIDE["parameters"])
    event = pymisp.MISPEvent()
    event.info = "Tide"
    event.add_attribute("ip-dst", "203.0.113.77", last_seen=time.time() - 5 * 86400)
    event.add_attribute("ip-dst", "203.0.113.78")
    event.add_attribute("md5", "00000000000000000000000000000001")
    event = misp.add_event(event, pythonify=True)

    def rows(**more):
        return misp.search("attributes", eventid=event.id, **more)["Attribute"]

    tap.check("nothing decays before a model is enabled", not any("decay_score" in r for r in rows(includeDecayScore=1)))
    misp.enable_decaying_model(models["Tide"])
    found = rows(includeDecayScore=1)
    tap.equal("scores follow the age", [round(r["decay_score"][0]["score"]) for r in found[:2]], [40, 80])
    tap.check("of the types of the model", "decay_score" not in found[2])
    tap.equal("with the model", found[0]["decay_score"][0]["DecayingModel"],
              {"id": str(models["Tide"].id), "uuid": TIDE["uuid"], "name": "Tide"})
    tap.equal("a threshold may be given", [r["decay_score"][0]["decayed"] for r in rows(includeDecayScore=1, score=50)[:2]],
              [True, False])
    tap.equal("what decayed is left out", [r["value"] for r in rows(exclude_decayed=True, score=50)],
              ["203.0.113.78", "00000000000000000000000000000001"])
    over = rows(includeDecayScore=1, modelOverrides={"lifetime": 20})
    tap.equal("parameters may be given", round(over[0]["decay_score"][0]["score"]), 60)
    both = rows(includeDecayScore=1, decayingModel=["Tide", models["NIDS Simple Decaying Model"].id])
    tap.equal("models may be named", len(both[0]["decay_score"]), 2)
    whole = misp.search(eventid=event.id, includeDecayScore=1, exclude_decayed=True, score=50)[0]["Event"]
    tap.equal("events alike", [(a["value"], "decay_score" in a) for a in whole["Attribute"]],
              [("203.0.113.78", True), ("00000000000000000000000000000001", False)])
    misp.add_sighting({"value": "203.0.113.77"})
    tap.equal("a sighting makes it young", round(rows(includeDecayScore=1)[0]["decay_score"][0]["score"]), 80)
    misp.disable_decaying_model(models["Tide"])
    misp.delete_event(event)


def check_exclusions(tap, misp):
    def event(info, *extra):
        one = pymisp.MISPEvent()
        one.info = info
        for value in ("shared.quay.example", *extra):
            one.add_attribute("domain", value)
        return misp.add_event(one, pythonify=True)

    first, second = event("Quay 1", "a.pier.example"), event("Quay 2", "a.pier.example")

    def related():
        return [r["Event"]["id"] for r in misp.get_event(first)["Event"].get("RelatedEvent", [])]

    def rows():
        return [len(r.get("RelatedAttribute", [])) for r in
                misp.search("attributes", eventid=first.id, include_correlations=True)["Attribute"]]

    tap.equal("two events share values", (related(), rows()), ([str(second.id)], [1, 1]))
    one = misp.add_correlation_exclusion({"value": "shared.quay.example", "comment": "ours"})["CorrelationExclusion"]
    tap.equal("an exclusion is kept", (one["value"], one["comment"]), ("shared.quay.example", "ours"))
    tap.equal("it acts at once", (related(), rows()), ([str(second.id)], [0, 1]))
    pattern = misp.add_correlation_exclusion({"value": "%.PIER.example"})["CorrelationExclusion"]
    tap.equal("patterns as well", (related(), rows()), ([], [0, 0]))
    tap.equal("they are listed", [c["CorrelationExclusion"]["value"] for c in misp.correlation_exclusions()],
              ["shared.quay.example", "%.PIER.example"])
    tap.check("one value is excluded once", refused(misp.add_correlation_exclusion({"value": "%.PIER.example"}), 403))
    tap.check("nothing is no value", refused(misp.add_correlation_exclusion({"value": "%"}), 403))
    misp.delete_correlation_exclusion(int(pattern["id"]))
    tap.equal("what is deleted correlates again", (related(), rows()), ([str(second.id)], [0, 1]))
    tap.check("what is not there", refused(misp.get_correlation_exclusion(int(pattern["id"])), 404))
    tap.check("cleaning is a word", misp.clean_correlation_exclusions()["success"] is True)
    misp.delete_correlation_exclusion(int(one["id"]))
    misp.delete_event(first)
    misp.delete_event(second)


def check_false_positives(tap, misp, server):
    def call(method, path, body=None):
        status, _, answer = server.ask(method, path, json.dumps(body) if body else None, key=misp.key,
                                       headers={"Content-Type": "application/json"})
        return status, json.loads(answer)

    event = pymisp.MISPEvent()
    event.info = "Mole"
    event.published = True
    event.add_attribute("domain", "mole.example")
    event.add_attribute("domain", "harm.example")
    event = misp.add_event(event, pythonify=True)

    def out():
        return sorted(misp.search("attributes", eventid=event.id, return_format="text").split())

    tap.equal("both go out", out(), ["harm.example", "mole.example"])
    status, mark = call("POST", "/api/false-positives", {"value": "MOLE.example", "why": "our own harbour", "until": "2099-01-01"})
    tap.equal("a value is called harmless", (status, mark["by"], mark["until"]),
              (200, "admin@admin.test", "2099-01-01T00:00:00Z"))
    tap.equal("it goes out no more", out(), ["harm.example"])
    tap.equal("nor over the native export", call("POST", "/api/ask", {"text": "mole.example"})[1]["found"][0]["false_positive"]["why"],
              "our own harbour")
    text = server.ask("GET", f"/api/export?format=text&to_ids=true&event={event.id}", key=misp.key)[2].split()
    tap.equal("the native export leaves it out", text, [b"harm.example"])
    tap.equal("the event has it still", len(misp.get_event(event)["Event"]["Attribute"]), 2)
    misp.delete_event(event)
    again = pymisp.MISPEvent()
    again.info = "Mole, from somebody else"
    again.published = True
    again.add_attribute("domain", "mole.example")
    again.add_attribute("domain", "harm.example")
    event = misp.add_event(again, pythonify=True)
    tap.equal("it stays so when it comes again", out(), ["harm.example"])
    tap.equal("a reason is due", call("POST", "/api/false-positives", {"value": "x.example"})[0], 400)
    tap.equal("one value once", call("POST", "/api/false-positives", {"value": "MOLE.example", "why": "w"})[0], 409)
    tap.equal("they are listed", [m["value"] for m in call("GET", "/api/false-positives")[1]["false_positives"]], ["MOLE.example"])
    tap.equal("it is taken back", call("DELETE", f"/api/false-positives/{mark['id']}")[0], 200)
    tap.equal("once", call("DELETE", f"/api/false-positives/{mark['id']}")[0], 404)
    tap.equal("and goes out again", out(), ["harm.example", "mole.example"])
    misp.delete_event(event)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        libraries = pathlib.Path(folder, "libraries")
        write_libraries(libraries)
        store = Store(sys.argv[1], pathlib.Path(folder, "store"))
        with store.serve("--libraries", str(libraries)) as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key)
            check_lists(tap, misp, libraries)
            check_switching(tap, misp)
            event = check_enforcing(tap, misp)
            check_refusing(tap, misp, event)
            check_freetext(tap, misp)
            check_notices(tap, misp)
            check_templates(tap, misp)
            check_decay(tap, misp)
            check_exclusions(tap, misp)
            check_false_positives(tap, misp, server)
        with store.serve("--libraries", str(libraries)) as server:
            _, _, body = server.ask("POST", "/warninglists/checkValue", b'["192.0.2.53"]', key=misp.key)
            tap.check("lists stay in force over a restart", b"resolvers" in body, body)
        write_json(pathlib.Path(folder, "in.json"), {"Event": {
            "uuid": "6c0a2b9e-6a1f-4f6e-9d7c-3d0a7c6f5c01", "info": "Barge", "date": "2026-01-01", "Attribute": [
                {"type": "ip-dst", "value": "192.0.2.53", "uuid": "6c0a2b9e-6a1f-4f6e-9d7c-3d0a7c6f5c02"},
                {"type": "ip-dst", "value": "198.51.100.7", "uuid": "6c0a2b9e-6a1f-4f6e-9d7c-3d0a7c6f5c03"},
                {"type": "domain", "value": "quiet.example", "uuid": "6c0a2b9e-6a1f-4f6e-9d7c-3d0a7c6f5c04"}]}})
        listed = store.out("warninglist", "list").decode().splitlines()
        tap.check("a command lists the lists", len(listed) == 5 and all("  on   " in line for line in listed), listed)
        tap.equal("and switches them", store.out("warninglist", "disable", "%hole%", "Contacts"),
                  b"2 warninglist(s) disabled\n")
        tap.equal("which is kept", store.out("warninglist", "list").decode().count("  off  "), 2)
        said = store.json("false-positive", "add", "quiet.example", "--why", "ours")
        tap.equal("a command marks a false positive", (said["value"], said["until"]), ("quiet.example", None))
        tap.check("and lists it", b"quiet.example" in store.out("false-positive", "list"))
        tap.check("ask tells of it", b"ours" in store.out("ask", "--json", "quiet.example"))
        tap.check("people too", b"quiet.example: ours (" in store.out("ask", "quiet.example"))
        tap.check("and of the lists", b"resolvers" in store.out("ask", "192.0.2.53"))
        tap.check("it is taken back", store.json("false-positive", "remove", said["id"])["value"] == "quiet.example")
        counts = store.load(pathlib.Path(folder, "in.json")).get("warninglists")
        tap.equal("an import counts what lists know", [(c["name"], c["attributes"]) for c in counts or []],
                  [(LISTS["resolvers"]["name"], 2)])
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
