#!/usr/bin/env python3
"""What hangs on events, over MISP's own client: proposals. Prints TAP; skipped
where PyMISP is not installed.

usage: test_pymisp_propose.py KIZASHI
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


def lantern(misp, value="192.0.2.10"):
    event = pymisp.MISPEvent()
    event.info = "Lantern: phishing of invoices"
    event.distribution = 1
    event.add_attribute("ip-dst", value, comment="seen in mail")
    event.add_attribute("domain", "login.example.test")
    return misp.add_event(event, pythonify=True)


def check_proposing(tap, misp):
    event = lantern(misp)
    first = event.attributes[0]
    new = misp.add_attribute_proposal(event, {"type": "ip-src", "value": "198.51.100.7"})["ShadowAttribute"]
    tap.equal("what is proposed has MISP's defaults", (new["category"], new["to_ids"]), ("Network activity", True))
    tap.equal("its ids are strings", (new["event_id"], new["old_id"]), (str(event.id), "0"))
    changed = misp.update_attribute_proposal(first, {"comment": "not in mail"})["ShadowAttribute"]
    tap.equal("a proposed change is the whole attribute",
              (changed["value"], changed["comment"], changed["uuid"], changed["old_id"]),
              (first.value, "not in mail", first.uuid, str(first.id)))
    gone = misp.delete_attribute_proposal(event.attributes[1])
    tap.check("a deletion is proposed", gone.get("saved") is True, gone)
    seen = misp.get_event(event)["Event"]
    tap.equal("the event has the new one", [p["value"] for p in seen["ShadowAttribute"]], ["198.51.100.7"])
    tap.equal("the attributes have theirs",
              [[p["proposal_to_delete"] for p in a["ShadowAttribute"]] for a in seen["Attribute"]], [[False], [True]])
    tap.equal("an attribute alone has it, too",
              misp.get_attribute(first)["Attribute"]["ShadowAttribute"][0]["comment"], "not in mail")
    tap.equal("nothing has changed yet", [a["comment"] for a in seen["Attribute"]], ["seen in mail", ""])
    wrong = misp.add_attribute_proposal(event, {"type": "ip-src", "value": "no address"})
    tap.check("nonsense cannot be proposed", refused(wrong, 403) and "value" in wrong["errors"][1]["errors"], wrong)
    tap.check("nor about what is not there", refused(misp.add_attribute_proposal(99999, {"type": "text", "value": "x"}), 404)
              and refused(misp.update_attribute_proposal(99999, {"comment": "x"}), 404))
    return event, new, changed


def check_answering(tap, misp, event, new, changed):
    done = misp.accept_attribute_proposal(int(new["id"]))
    tap.equal("a proposal is accepted", done.get("message"), "Proposed change accepted.")
    tap.check("but once", refused(misp.accept_attribute_proposal(int(new["id"])), 404))
    tap.equal("a change is accepted", misp.accept_attribute_proposal(int(changed["id"])).get("saved"), True)
    body = misp.get_event(event)["Event"]
    tap.equal("the event is changed", [(a["value"], a["comment"]) for a in body["Attribute"]],
              [("192.0.2.10", "not in mail"), ("login.example.test", ""), ("198.51.100.7", "")])
    twice = misp.add_attribute_proposal(event, {"type": "ip-src", "value": "198.51.100.7"})["ShadowAttribute"]
    conflict = misp.accept_attribute_proposal(int(twice["id"]))
    tap.check("what is there is not added again, and the proposal stays", refused(conflict, 403)
              and "shadow" not in str(misp.get_attribute_proposal(int(twice["id"])).get("errors", "")), conflict)
    tap.equal("a proposal is discarded", misp.discard_attribute_proposal(int(twice["id"])).get("message"),
              "Proposal discarded.")
    waiting = misp.attribute_proposals(event)
    tap.equal("what waits is the deletion", [p["ShadowAttribute"]["proposal_to_delete"] for p in waiting], [True])
    misp.accept_attribute_proposal(int(waiting[0]["ShadowAttribute"]["id"]))
    tap.equal("it is deleted, softly",
              [a["deleted"] for a in misp.get_event(event, deleted=[0, 1])["Event"]["Attribute"]], [False, True, False])


def check_list(tap, misp, event):
    whole = misp.direct_call("shadow_attributes/index/all:1/timestamp:0/deleted[]:0/deleted[]:1.json")
    tap.equal("peers are told of those that are closed", len(whole), 4)
    pages = [len(misp.direct_call(f"shadow_attributes/index/all:1/limit:3/page:{n}/deleted[]:0/deleted[]:1.json"))
             for n in (1, 2, 3)]
    tap.equal("page by page", pages, [3, 1, 0])
    late = misp.direct_call("shadow_attributes/index/all:1/timestamp:4102444800/deleted[]:1.json")
    tap.equal("since a time", late, [])
    misp.add_attribute_proposal(event, {"type": "text", "value": "gone with its event"})
    misp.delete_event(event)
    tap.equal("they go with their event",
              misp.direct_call("shadow_attributes/index/all:1/deleted[]:0/deleted[]:1.json"), [])


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        with Store(sys.argv[1], pathlib.Path(folder, "store")).serve() as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key)
            event, new, changed = check_proposing(tap, misp)
            check_answering(tap, misp, event, new, changed)
            check_list(tap, misp, event)
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
