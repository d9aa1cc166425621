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


def main(program, libraries):
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        with Store(program, folder).serve("--libraries", libraries) as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key, False)
            for step in (check_loading, check_viewing, check_enabling, check_rules, check_required, check_deleting):
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
