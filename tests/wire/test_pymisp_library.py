#!/usr/bin/env python3
"""Taxonomies and galaxies over MISP's own client, with the libraries of the
demo. Prints TAP; skipped where PyMISP is not installed.

usage: test_pymisp_library.py KIZASHI LIBRARIES
"""

import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


def refused(answer, status):
    return isinstance(answer, dict) and answer.get("errors", [0])[0] == status


def words_of(answer):
    return str(answer.get("errors", [0, ""])[1])


def simple_event(misp, info="Lantern at the harbour"):
    event = pymisp.MISPEvent()
    event.info = info
    event.distribution = 0
    event.add_attribute("domain", "harbour.example.test")
    return misp.add_event(event, pythonify=True)


# --- taxonomies ---------------------------------------------------------------


def check_loading(tap, misp):
    first = misp.update_taxonomies()
    tap.equal("an update says how many were new", first["name"], "Successfully updated 2 taxonomy libraries.")
    again = misp.update_taxonomies()
    tap.equal("a second one that none was", again["name"], "All taxonomy libraries are up to date already.")


def check_viewing(tap, misp):
    index = misp.taxonomies()
    by_name = {t["Taxonomy"]["namespace"]: t for t in index}
    tap.equal("the index has both", sorted(by_name), ["certainty", "handling"])
    tap.equal("with counts of tags", (by_name["handling"]["total_count"], by_name["handling"]["current_count"]), (4, 0))
    head = by_name["handling"]["Taxonomy"]
    tap.check("ids are strings and flags are not", isinstance(head["id"], str) and head["enabled"] is False
              and head["exclusive"] is True and head["required"] is False, head)
    by_id = misp.get_taxonomy(head["id"])
    tap.equal("by id and by namespace is the same", by_id, misp.get_taxonomy("handling"))
    tap.equal("its entries are tags", [e["tag"] for e in by_id["entries"]],
              ["handling:sealed", "handling:house", "handling:guild", "handling:open"])
    entries = misp.get_taxonomy("certainty")["entries"]
    tap.equal("predicates with values give one tag a value", entries[0]["tag"], 'certainty:level="guess"')
    tap.equal("with both names", entries[0]["expanded"], "Level: Guess")
    tap.equal("and the number", entries[0]["numerical_value"], 10)
    tap.check("an unknown one is 404", refused(misp.get_taxonomy("nosuch"), 404))
    exported = misp.direct_call("taxonomies/export/certainty")
    tap.check("an export has the layout of the public files", exported["namespace"] == "certainty"
              and [v["predicate"] for v in exported["values"]] == ["level", "made-by"], exported)


def check_enabling(tap, misp):
    tap.equal("enable", misp.enable_taxonomy("handling")["message"], "Taxonomy enabled")
    tap.equal("its tags can be made", misp.enable_taxonomy_tags("handling")["name"], "The tag(s) has been saved.")
    entry = misp.get_taxonomy("handling")["entries"][0]
    tap.equal("with its colours", entry["existing_tag"]["Tag"]["colour"], "#c0392b")
    misp.enable_taxonomy_tags("certainty") if misp.enable_taxonomy("certainty") else None
    known = [t for t in misp.tags() if t["name"] == 'certainty:level="known"']
    tap.equal("and its numbers", known[0]["numerical_value"], "100")
    misp.disable_taxonomy("certainty")
    tap.equal("hiding them", misp.disable_taxonomy_tags("handling")["name"], "The tag(s) has been hidden.")
    entry = misp.get_taxonomy("handling")["entries"][0]
    tap.equal("hides them", entry["existing_tag"]["Tag"]["hide_tag"], True)
    misp.enable_taxonomy_tags("handling")
    tap.check("a wrong id is 404", refused(misp.enable_taxonomy("99"), 404))


def check_rules(tap, misp):
    event = simple_event(misp)
    tap.check("one tag of it may be attached", misp.tag(event, "handling:house").get("saved"))
    answer = misp.tag(event, "handling:open")
    tap.check("a second one is refused: it is exclusive", refused(answer, 403)
              and "exclusivity" in words_of(answer), answer)
    tap.check("the same again is not", misp.tag(event, "handling:house").get("saved"))
    tap.check("one of the attribute's own may", misp.tag(event.attributes[0], "handling:open").get("saved"))
    misp.enable_taxonomy("certainty")
    misp.tag(event, 'certainty:level="likely"')
    tap.check("of an exclusive predicate one only", refused(misp.tag(event, 'certainty:level="known"'), 403))
    tap.check("of another any", misp.tag(event, 'certainty:made-by="hand"').get("saved")
              and misp.tag(event, 'certainty:made-by="machine"').get("saved"))
    tags = sorted(t.name for t in misp.get_event(event, pythonify=True).tags)
    tap.equal("so it has these", tags, ['certainty:level="likely"', 'certainty:made-by="hand"',
                                        'certainty:made-by="machine"', "handling:house"])
    misp.delete_event(event)


def check_required(tap, misp):
    answer = misp.set_taxonomy_required("handling", True)
    tap.equal("require it", answer["message"], "Taxonomy toggleRequireded")
    tap.equal("it is so", misp.get_taxonomy("handling")["Taxonomy"]["required"], True)
    event = simple_event(misp, "Nothing said about handling")
    answer = misp.publish(event)
    tap.check("an event without a tag of it is not published", refused(answer, 403)
              and "handling" in words_of(answer), answer)
    tap.equal("nor by an edit", misp.direct_call(f"events/edit/{event.id}", {"published": True})["Event"]["published"],
              False)
    misp.tag(event, "handling:guild")
    tap.check("with one it is", "errors" not in misp.publish(event))
    tap.equal("published", misp.get_event(event)["Event"]["published"], True)
    misp.set_taxonomy_required("handling", False)
    tap.equal("and no longer required", misp.get_taxonomy("handling")["Taxonomy"]["required"], False)
    tap.equal("disabled", misp.disable_taxonomy("handling")["message"], "Taxonomy disabled")
    misp.delete_event(event)


def check_deleting(tap, misp):
    tap.equal("a taxonomy can be deleted", misp.direct_call("taxonomies/delete/certainty", {})["message"],
              "Taxonomy deleted.")
    tap.check("then it is gone", refused(misp.get_taxonomy("certainty"), 404))
    tap.equal("an update brings it back", misp.update_taxonomies()["name"], "Successfully updated 1 taxonomy libraries.")


# --- galaxies -----------------------------------------------------------------

HERON = "6b1f6b1a-5f3c-4f4e-9a4d-2a6f0f5f0103"
CRANE = "6b1f6b1a-5f3c-4f4e-9a4d-2a6f0f5f0104"
HERON_TAG = 'misp-galaxy:lantern-crew="Brass Heron"'


def check_galaxies(tap, misp):
    tap.equal("an update says so", misp.update_galaxies()["name"], "Galaxies updated.")
    index = misp.galaxies()
    tap.equal("the index has the galaxy", [g["Galaxy"]["type"] for g in index], ["lantern-crew"])
    galaxy = index[0]["Galaxy"]
    tap.check("its id is a string, its flags are not", isinstance(galaxy["id"], str) and galaxy["enabled"] is True, galaxy)
    tap.equal("found by a part of its name", len(misp.search_galaxy(value="lantern")), 1)
    tap.equal("not by another", misp.search_galaxy(value="brass band"), [])
    whole = misp.get_galaxy(galaxy["id"])
    tap.equal("with its clusters", [c["value"] for c in whole["GalaxyCluster"]],
              ["Brass Heron", "Paper Crane", "Quiet Loom"])
    tap.check("by its uuid too", misp.get_galaxy(galaxy["uuid"]) == whole)
    tap.check("an unknown one is 404", refused(misp.get_galaxy(99), 404))
    return whole


def check_clusters(tap, misp, galaxy):
    heron = misp.get_galaxy_cluster(HERON)["GalaxyCluster"]
    tap.equal("its tag", heron["tag_name"], HERON_TAG)
    tap.equal("its elements in their order", [(e["key"], e["value"]) for e in heron["GalaxyElement"]],
              [("refs", "https://library.example.test/brass-heron"), ("synonyms", "HERON-4"),
               ("synonyms", "真鍮の鷺"), ("country", "XX")])
    relation = heron["GalaxyClusterRelation"][0]
    tap.equal("where it leads", (relation["referenced_galaxy_cluster_uuid"], relation["referenced_galaxy_cluster_type"],
                                 [t["name"] for t in relation["Tag"]]),
              (CRANE, "shares-tools-with", ['certainty:level="likely"']))
    tap.equal("what leads to it", [r["GalaxyCluster"]["value"] for r in heron["TargetingClusterRelation"]],
              ["Quiet Loom"])
    tap.check("a default one says so and has no distribution", heron["default"] is True
              and "distribution" not in heron, heron)
    tap.check("a client reads it", misp.get_galaxy_cluster(CRANE, pythonify=True).value == "Paper Crane")
    tap.check("it cannot be edited",
              refused(misp.direct_call(f"galaxy_clusters/edit/{heron['id']}", {"value": "Mine"}), 403))
    found = misp.search_galaxy_clusters(galaxy["Galaxy"]["id"], searchall="heron-4")
    tap.equal("found by a synonym", [c["GalaxyCluster"]["value"] for c in found], ["Brass Heron"])
    found = misp.direct_call("galaxy_clusters/restSearch", {"value": "%crane", "minimal": 1})
    tap.equal("restSearch in short", [sorted(c["GalaxyCluster"]) for c in found], [["uuid", "version"]])
    found = misp.direct_call("galaxy_clusters/restSearch", {"tag_name": HERON_TAG})
    tap.equal("by its tag", [c["GalaxyCluster"]["uuid"] for c in found], [HERON])
    tap.equal("custom ones only: none yet", misp.direct_call("galaxy_clusters/restSearch", {"custom": 1}), [])


def check_attaching(tap, misp):
    event = simple_event(misp)
    answer = misp.attach_galaxy_cluster(event, misp.get_galaxy_cluster(HERON, pythonify=True))
    tap.check("attached to an event", answer.get("saved"), answer)
    answer = misp.attach_galaxy_cluster(event, HERON)
    tap.check("a second time it is refused", refused(answer, 403), answer)
    answer = misp.attach_galaxy_cluster(event.attributes[0], CRANE, local=True)
    tap.check("and to an attribute, locally", answer.get("saved"), answer)
    body = misp.get_event(event)["Event"]
    tap.equal("the event has the galaxy", [(g["type"], [c["value"] for c in g["GalaxyCluster"]]) for g in body["Galaxy"]],
              [("lantern-crew", ["Brass Heron"])])
    cluster = body["Galaxy"][0]["GalaxyCluster"][0]
    tap.equal("with what is known of it", cluster["meta"]["synonyms"], ["HERON-4", "真鍮の鷺"])
    tag = body["Tag"][0]
    tap.check("and the tag, marked", tag["name"] == HERON_TAG and tag["is_galaxy"] is True
              and tag["is_custom_galaxy"] is False, tag)
    own = body["Attribute"][0]
    tap.equal("so has the attribute", (own["Galaxy"][0]["GalaxyCluster"][0]["value"],
                                       own["Galaxy"][0]["GalaxyCluster"][0]["local"]), ("Paper Crane", True))
    bare = misp.direct_call(f"events/view/{event.id}/excludeGalaxy:1")["Event"]
    tap.check("without galaxies when asked", "Galaxy" not in bare and "Galaxy" not in bare["Attribute"][0]
              and len(bare["Tag"]) == 1, bare)
    found = misp.search(tags=HERON_TAG)
    tap.equal("restSearch finds it and has the galaxy", found[0]["Event"]["Galaxy"][0]["GalaxyCluster"][0]["uuid"], HERON)
    found = misp.search(tags=HERON_TAG, excludeGalaxy=1)
    tap.check("or not", "Galaxy" not in found[0]["Event"], found)
    for key, value, count in (("synonyms", "HERON-4", 1), ("synonyms", "%heron%", 1), ("country", "XX", 1),
                              ("value", "Brass Heron", 1), ("synonyms", "CRANE-7", 1), ("synonyms", "OTHER", 0),
                              ("nothing", "HERON-4", 0)):
        found = misp.direct_call("events/restSearch", {f"galaxy.{key}": value, "returnFormat": "json"})
        tap.equal(f"found by its cluster's {key} {value}", len(found), count)
    found = misp.direct_call("events/restSearch", {"galaxy.synonyms": "HERON-4", "galaxy.country": "YY"})
    tap.equal("of two all have to fit", found, [])
    row = [e for e in misp.search_index() if e["id"] == str(event.id)][0]
    tap.equal("the list of events has the cluster", [(c["value"], c["Galaxy"]["type"]) for c in row["GalaxyCluster"]],
              [("Brass Heron", "lantern-crew")])
    found = misp.direct_call("attributes/restSearch", {"eventid": event.id, "returnFormat": "json"})["Attribute"]
    tap.check("attributes that are searched for have none", "Galaxy" not in found[0] and len(found[0]["Tag"]) == 1, found)
    found = misp.direct_call("attributes/restSearch", {"eventid": event.id, "includeGalaxy": 1})["Attribute"]
    tap.equal("unless asked for", found[0]["Galaxy"][0]["GalaxyCluster"][0]["value"], "Paper Crane")
    galaxy = body["Galaxy"][0]["id"]
    misp.direct_call(f"galaxies/disable/{galaxy}", {})
    tap.equal("of a galaxy that is switched off it has the tag only", misp.get_event(event)["Event"]["Galaxy"], [])
    misp.direct_call(f"galaxies/enable/{galaxy}", {})
    answer = misp.direct_call(f"galaxy_clusters/detach/{event.id}/event/{tag['id']}", {})
    tap.check("detached", answer.get("saved"), answer)
    tap.equal("it is gone", misp.get_event(event)["Event"]["Galaxy"], [])
    answer = misp.attach_galaxy_cluster(event, "00000000-0000-4000-8000-000000000000")
    tap.check("an unknown cluster is 404", refused(answer, 404), answer)
    misp.delete_event(event)
    sent = pymisp.MISPEvent()
    sent.info = "Comes with a tag"
    sent.add_tag(HERON_TAG)
    added = misp.add_event(sent)["Event"]
    tap.equal("a tag is enough", added["Galaxy"][0]["GalaxyCluster"][0]["uuid"], HERON)
    misp.delete_event(added["id"])
    check_sent_galaxies(tap, misp)


def check_sent_galaxies(tap, misp):
    """An event that brings galaxies of its own."""
    strange = 'misp-galaxy:tide="Ebb"'
    sent = {"info": "Brings galaxies", "distribution": "0", "Tag": [{"name": strange}], "Galaxy": [
        {"type": "tide", "GalaxyCluster": [{"value": "Ebb", "tag_name": strange}]}]}
    added = misp.direct_call("events/add", sent)["Event"]
    tap.equal("what is not known here is shown as it was sent", added["Galaxy"], sent["Galaxy"])
    misp.untag(added["uuid"], strange)
    tap.equal("as long as it has the tag", misp.get_event(added["id"])["Event"]["Galaxy"], [])
    misp.tag(added["uuid"], HERON_TAG)
    body = misp.get_event(added["id"])["Event"]
    tap.equal("what is known here, as it is known", [g["type"] for g in body["Galaxy"]], ["lantern-crew"])
    misp.delete_event(added["id"])


def new_cluster(value, distribution=0):
    cluster = pymisp.MISPGalaxyCluster()
    cluster.value = value
    cluster.authors = ["Alpha", "Beta"]
    cluster.distribution = distribution
    cluster.description = "A crew of our own"
    cluster.add_cluster_element("synonyms", "OWN-1")
    cluster.add_cluster_element("synonyms", "OWN-2")
    cluster.add_cluster_element("country", "YY")
    return cluster


def other_user(misp):
    """A user of another organisation, and his client."""
    org = misp.add_organisation({"name": "Other harbour"}, pythonify=True)
    user = pymisp.MISPUser()
    user.email = "other@harbour.example.test"
    user.org_id = org.id
    user.role_id = 3
    user = misp.add_user(user, pythonify=True)
    return pymisp.PyMISP(misp.root_url, user.authkey, False)


def check_custom(tap, misp, galaxy):
    own = misp.add_galaxy_cluster(galaxy["Galaxy"]["id"], new_cluster("Salt Lamp"), pythonify=True)
    tap.check("a custom cluster has its uuid in its tag", own.tag_name == f'misp-galaxy:lantern-crew="{own.uuid}"', own.tag_name)
    tap.equal("its elements", own.elements_meta, {"synonyms": ["OWN-1", "OWN-2"], "country": ["YY"]})
    tap.equal("its authors", own.authors, ["Alpha", "Beta"])
    version = int(own.version)
    own.cluster_elements = own.cluster_elements[:1]
    own.add_cluster_relation(HERON, "rents-from")
    own.cluster_relations[0].add_tag("handling:open")
    own.description = "Changed"
    own = misp.update_galaxy_cluster(own, pythonify=True)
    tap.check("an edit is a new version", int(own.version) > version and own.description == "Changed")
    tap.equal("with fewer elements", [e.value for e in own.cluster_elements], ["OWN-1"])
    relation = own.cluster_relations[0]
    tap.equal("and a relation with a tag", (relation.referenced_galaxy_cluster_uuid, [t.name for t in relation.tags]),
              (HERON, ["handling:open"]))
    again = misp.update_galaxy_cluster(own, pythonify=True)
    tap.equal("which keeps its id", again.cluster_relations[0].id, relation.id)
    twice = new_cluster("Salt Lamp again")
    twice.uuid = own.uuid
    tap.check("the same uuid twice is refused", refused(misp.add_galaxy_cluster(galaxy["Galaxy"]["id"], twice), 403))
    empty = misp.direct_call(f"galaxy_clusters/add/{galaxy['Galaxy']['id']}", {"description": "nothing"})
    tap.check("one without a value is refused with the field", refused(empty, 403) and "value" in words_of(empty), empty)
    return own


def check_custom_relations(tap, misp, own):
    sent = {"galaxy_cluster_uuid": own.uuid, "referenced_galaxy_cluster_uuid": CRANE,
            "referenced_galaxy_cluster_type": "follows", "distribution": 0, "Tag": [{"name": "handling:house"}]}
    added = misp.add_galaxy_cluster_relation(sent)["GalaxyClusterRelation"]
    tap.equal("a relation alone", (added["referenced_galaxy_cluster_type"], added["Tag"][0]["name"]),
              ("follows", "handling:house"))
    changed = misp.direct_call(f"galaxy_cluster_relations/edit/{added['id']}", {"referenced_galaxy_cluster_type": "leads"})
    tap.equal("is edited", changed["GalaxyClusterRelation"]["referenced_galaxy_cluster_type"], "leads")
    wrong = misp.add_galaxy_cluster_relation(dict(sent, referenced_galaxy_cluster_uuid="x"))
    tap.check("one that leads nowhere is refused", refused(wrong, 403), wrong)
    tap.check("is deleted", misp.delete_galaxy_cluster_relation(int(added["id"])).get("success"))
    tap.equal("then it is gone", len(misp.get_galaxy_cluster(own.uuid)["GalaxyCluster"]["GalaxyClusterRelation"]), 1)
    default = misp.get_galaxy_cluster(HERON)["GalaxyCluster"]["GalaxyClusterRelation"][0]["id"]
    tap.check("a library's relation stays", refused(misp.delete_galaxy_cluster_relation(int(default)), 403))


def check_visibility(tap, misp, galaxy, own):
    other = other_user(misp)
    gid = galaxy["Galaxy"]["id"]
    misp.tag(event := simple_event(misp), own.tag_name)
    misp.direct_call(f"events/edit/{event.id}", {"distribution": 1})
    tap.equal("its owner sees it in an event", len(misp.get_event(event)["Event"]["Galaxy"]), 1)
    tap.equal("another organisation does not", other.get_event(event)["Event"]["Galaxy"], [])
    hidden = other.get_galaxy_cluster(own.uuid)
    tap.check("nor alone", refused(hidden, 404), hidden)
    unknown = other.get_galaxy_cluster("00000000-0000-4000-8000-000000000000")
    tap.equal("and cannot tell it from one that is not there", hidden["errors"][1]["message"], unknown["errors"][1]["message"])
    tap.equal("nor in the galaxy", len(other.get_galaxy(gid)["GalaxyCluster"]), 3)
    tap.equal("nor by a search", other.direct_call("galaxy_clusters/restSearch", {"custom": 1}), [])
    leads = other.get_galaxy_cluster(HERON)["GalaxyCluster"]["TargetingClusterRelation"]
    tap.equal("nor where it leads", [r["GalaxyCluster"]["value"] for r in leads], ["Quiet Loom"])
    own.distribution = 1
    own = misp.update_galaxy_cluster(own, pythonify=True)
    tap.equal("shared with the community it does", other.get_galaxy_cluster(own.uuid)["GalaxyCluster"]["value"], "Salt Lamp")
    tap.equal("but not a relation that is not", other.get_galaxy_cluster(own.uuid)["GalaxyCluster"]["GalaxyClusterRelation"], [])
    tap.check("and may not edit it",
              refused(other.direct_call(f"galaxy_clusters/edit/{own.id}", {"value": "Mine"}), 403))
    tap.check("nor delete it", refused(other.delete_galaxy_cluster(own.uuid), 403))
    tap.check("nor the galaxy", refused(other.direct_call(f"galaxies/delete/{gid}", {}), 403))
    theirs = other.add_galaxy_cluster(gid, new_cluster("Tar Boat"), pythonify=True)
    tap.equal("it may add its own", other.get_galaxy_cluster(theirs.uuid)["GalaxyCluster"]["orgc_id"], str(theirs.orgc_id))
    misp.delete_event(event)


def check_custom_end(tap, misp, galaxy, own):
    tap.check("published", misp.publish_galaxy_cluster(own.uuid).get("success"))
    tap.equal("it is", misp.get_galaxy_cluster(own.uuid)["GalaxyCluster"]["published"], True)
    misp.direct_call("galaxies/update", {})
    tap.check("an update of the library leaves it", misp.get_galaxy_cluster(own.uuid)["GalaxyCluster"]["value"] == "Salt Lamp")
    tap.check("deleted softly", misp.delete_galaxy_cluster(own.uuid).get("success"))
    values = [c["value"] for c in misp.get_galaxy(galaxy["Galaxy"]["id"])["GalaxyCluster"]]
    tap.check("it is no longer in the galaxy", "Salt Lamp" not in values, values)
    tap.equal("but there", misp.get_galaxy_cluster(own.uuid)["GalaxyCluster"]["deleted"], True)
    tap.check("and can be restored", misp.direct_call(f"galaxy_clusters/restore/{own.id}", {}).get("success"))
    tap.check("deleted for good", misp.delete_galaxy_cluster(own.uuid, hard=True).get("success"))
    tap.check("it is gone", refused(misp.get_galaxy_cluster(own.uuid), 404))


def pushed(misp, *clusters):
    answer = misp.direct_call("galaxies/pushCluster", [{"GalaxyCluster": c} for c in clusters])
    return str(answer.get("message", answer))


def check_push(tap, misp, galaxy):
    """What another server gives."""
    uuid = "6b1f6b1a-5f3c-4f4e-9a4d-2a6f0f5f0901"
    sent = {"uuid": uuid, "value": "Far Bell", "version": "10", "distribution": "1", "published": True,
            "authors": ["Gamma"], "Galaxy": galaxy["Galaxy"], "Orgc": {"name": "Gamma", "uuid": HERON},
            "GalaxyElement": [{"key": "synonyms", "value": "BELL"}],
            "GalaxyClusterRelation": [{"referenced_galaxy_cluster_uuid": HERON, "distribution": "1",
                                       "referenced_galaxy_cluster_type": "warns", "Tag": [{"name": "handling:open"}]}]}
    tap.check("clusters of another server are taken", "1 imported" in pushed(misp, sent), pushed(misp, sent))
    found = misp.get_galaxy_cluster(uuid)["GalaxyCluster"]
    tap.equal("as they are", (found["value"], found["version"], found["locked"], found["Orgc"]["name"],
                              found["GalaxyElement"][0]["value"],
                              found["GalaxyClusterRelation"][0]["referenced_galaxy_cluster_type"]),
              ("Far Bell", "10", True, "Gamma", "BELL", "warns"))
    tap.check("the same again is passed over", "1 ignored" in pushed(misp, sent))
    tap.check("an older one too", "1 ignored" in pushed(misp, dict(sent, version="9", value="Old Bell")))
    tap.check("a newer one is taken", "1 imported" in pushed(misp, dict(sent, version="11", value="New Bell")))
    found = misp.get_galaxy_cluster(uuid)["GalaxyCluster"]
    tap.equal("with one relation still", (found["value"], len(found["GalaxyClusterRelation"])), ("New Bell", 1))
    heron = misp.get_galaxy_cluster(HERON)["GalaxyCluster"]
    tap.check("a library's is never overwritten", "1 ignored" in pushed(misp, dict(sent, uuid=heron["uuid"], version="99")))
    own = misp.add_galaxy_cluster(galaxy["Galaxy"]["id"], new_cluster("Made here"), pythonify=True)
    tap.check("nor one that was made here", "1 ignored" in pushed(misp, dict(sent, uuid=own.uuid, version="9999999999")))
    tap.check("one without a uuid fails alone", "1 imported, 0 ignored, 1 failed" in pushed(
        misp, dict(sent, uuid="x"), dict(sent, version="12")))
    tide = {"uuid": "6b1f6b1a-5f3c-4f4e-9a4d-2a6f0f5f0902", "type": "tide", "name": "Tides", "version": "1"}
    tap.check("with its galaxy when that is new", "1 imported" in pushed(
        misp, dict(sent, uuid="6b1f6b1a-5f3c-4f4e-9a4d-2a6f0f5f0903", Galaxy=tide)))
    tap.equal("which is there then", len(misp.search_galaxy(value="Tides")), 1)


def galaxies(tap, misp):
    galaxy = check_galaxies(tap, misp)
    check_clusters(tap, misp, galaxy)
    check_attaching(tap, misp)
    own = check_custom(tap, misp, galaxy)
    check_custom_relations(tap, misp, own)
    check_visibility(tap, misp, galaxy, own)
    check_custom_end(tap, misp, galaxy, own)
    check_push(tap, misp, galaxy)


def main(program, libraries):
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        with Store(program, folder).serve("--libraries", libraries) as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key, False)
            for step in (check_loading, check_viewing, check_enabling, check_rules, check_required, check_deleting, galaxies):
                step(tap, misp)
            tap.equal("it stops when asked", server.stop(), 0)
    return tap.end()


if __name__ == "__main__":
    in_own_python()
    try:
        import logging

        import pymisp
        logging.getLogger("pymisp").setLevel(logging.CRITICAL)
    except ImportError:
        print("1..0 # SKIP PyMISP is not installed (KIZASHI_VENV)")
        sys.exit(0)
    sys.exit(main(*sys.argv[1:]))
