#!/usr/bin/env python3
"""Sharing groups, delegations and blocklists over MISP's own client. Prints
TAP; skipped where PyMISP is not installed.

usage: test_pymisp_sharing.py KIZASHI
"""

import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402

NOT_YOURS = "You do not have permission to do that."
NO_GROUP = "Invalid Sharing Group or not authorised."
THEIRS = "5b0e4d3c-0000-4000-8000-0000000000aa"


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


def refused(answer, words=None):
    """The status of a refusal, with those words if any are given; 0: none."""
    if not isinstance(answer, dict) or "errors" not in answer:
        return 0
    status, body = answer["errors"]
    return status if words is None or body.get("message") == words else 0


def event(info, distribution, group=0, **more):
    one = pymisp.MISPEvent()
    one.from_dict(info=info, distribution=distribution, sharing_group_id=group, **more)
    return one


class Scene:
    """Two organisations with an organisation's administrator each."""

    def __init__(self, server):
        self.url = f"http://127.0.0.1:{server.port}"
        self.admin = pymisp.PyMISP(self.url, server.key)
        self.a, self.alpha = self.member("Alpha", 2)
        self.b, self.beta = self.member("Beta", 2)

    def member(self, name, role):
        org = pymisp.MISPOrganisation()
        org.name = name
        org = self.admin.add_organisation(org, pythonify=True)
        user = pymisp.MISPUser()
        user.email, user.org_id, user.role_id = f"{name.lower()}@example.org", org.id, role
        user = self.admin.add_user(user, pythonify=True)
        return org, pymisp.PyMISP(self.url, user.authkey)


def group(name):
    one = pymisp.MISPSharingGroup()
    one.name = name
    one.releasability = "test"
    return one


def check_groups(tap, s):
    made = s.alpha.add_sharing_group(group("one"), pythonify=True)
    tap.equal("a group has its creator's organisation",
              [o.org_id for o in made.sgorgs], [s.a.id])
    tap.equal("a name is given once", refused(s.beta.add_sharing_group(group("one"))), 403)
    tap.equal("strangers do not see it", refused(s.beta.get_sharing_group(made)), 404)
    tap.check("nor whether it is there", not s.beta.sharing_group_exists(made.uuid))
    tap.equal("nor in the list", s.beta.sharing_groups(), [])
    tap.equal("nor change it", refused(s.beta.update_sharing_group({"name": "x"}, made.id)), 404)
    tap.equal("nor share with it", refused(s.beta.add_event(event("x", 4, made.id)), NO_GROUP), 403)
    tap.equal("nor with one that is not there",
              refused(s.beta.add_event(event("x", 4, 99)), NO_GROUP), 403)
    shared = s.alpha.add_event(event("shared", 4, made.id), pythonify=True)
    tap.equal("an answer carries the group", shared.SharingGroup["name"], "one")
    tap.check("strangers do not see the event", not s.beta.event_exists(shared))
    added = s.alpha.add_org_to_sharing_group(made, s.b, extend=False)
    tap.equal("a member is added", added["name"], "Organisation added to the sharing group.")
    tap.check("who sees the event at once", s.beta.event_exists(shared))
    tap.equal("and finds it", [e.id for e in s.beta.search(
        sharinggroup=made.id, pythonify=True)], [shared.id])
    tap.equal("but may not add others", refused(
        s.beta.add_org_to_sharing_group(made, s.a), NOT_YOURS), 403)
    s.alpha.add_org_to_sharing_group(made, s.b, extend=True)
    tap.equal("until he may", refused(s.beta.add_org_to_sharing_group(made, s.a)), 0)
    tap.equal("nor delete the group", refused(s.beta.delete_sharing_group(made), NOT_YOURS), 403)
    tap.equal("nobody deletes a group in use", refused(s.alpha.delete_sharing_group(made)), 403)
    removed = s.alpha.remove_org_from_sharing_group(made, s.b)
    tap.equal("a member is removed", removed["name"],
              "Organisation removed from the sharing group.")
    tap.check("who sees the event no more", not s.beta.event_exists(shared))
    s.alpha.add_server_to_sharing_group(made, 0, all_orgs=True)
    tap.check("a group may take all of this server", s.beta.event_exists(shared))
    s.alpha.remove_server_from_sharing_group(made, 0)
    tap.check("or not", not s.beta.event_exists(shared))
    s.alpha.delete_event(shared)
    tap.equal("then the group goes", s.alpha.delete_sharing_group(made)["message"],
              "SharingGroup deleted")
    tap.check("and is gone", not s.alpha.sharing_group_exists(made))


def check_parts(tap, s):
    made = s.alpha.add_sharing_group(group("parts"), pythonify=True)
    e = s.alpha.add_event(event("parts", 1), pythonify=True)
    a = s.alpha.add_attribute(e, {"type": "domain", "value": "a.example", "distribution": 4,
                                  "sharing_group_id": made.id}, pythonify=True)
    tap.equal("an attribute is a group's", (a.distribution, str(a.sharing_group_id)),
              (4, made.id))
    tap.check("and hidden from others", not s.beta.attribute_exists(a))
    tap.equal("an attribute cannot be put into a stranger's group", refused(s.alpha.add_attribute(
        e, {"type": "domain", "value": "b.example", "distribution": 4, "sharing_group_id": 99}),
        NO_GROUP), 403)
    tap.equal("nor be moved there", refused(s.alpha.update_attribute(
        {"distribution": 4, "sharing_group_id": 99}, a.id), NO_GROUP), 403)
    o = pymisp.MISPObject("file", misp_objects_path_custom=None)
    o.distribution = 4
    o.sharing_group_id = made.id
    o.add_attribute("filename", value="x.exe")
    o = s.alpha.add_object(e, o, pythonify=True)
    inside = o.attributes[0]
    tap.check("what is in a hidden object is hidden", not s.beta.attribute_exists(inside))
    s.alpha.update_object({"distribution": 5, "uuid": o.uuid, "Attribute": []}, o.id)
    tap.check("until the object is opened", s.beta.attribute_exists(inside))
    s.alpha.update_attribute({"distribution": 1}, a.id)
    left = s.alpha.get_attribute(a.id)["Attribute"]
    tap.equal("who leaves a group keeps no number of it", left["sharing_group_id"], "0")


def check_sent(tap, s):
    sent = {"uuid": THEIRS, "name": "theirs", "id": "77", "SharingGroupOrg": [
        {"org_id": "55", "extend": True, "Organisation": {"name": s.b.name, "uuid": s.b.uuid}},
        {"org_id": "56", "Organisation": {"name": s.a.name, "uuid": s.a.uuid}}]}
    e = s.alpha.add_event(event("sent", 4, 77, SharingGroup=sent), pythonify=True)
    known = s.admin.get_sharing_group(THEIRS, pythonify=True)
    tap.equal("a group that came with an event is made", known.name, "theirs")
    tap.equal("under a number of ours", str(e.sharing_group_id), known.id)
    tap.check("its members see the event", s.beta.event_exists(e))
    sent["SharingGroupOrg"] = sent["SharingGroupOrg"][:1]
    sent["uuid"] = THEIRS[:-1] + "b"
    sent["name"] = "without"
    tap.equal("one without the sender is not", refused(
        s.alpha.add_event(event("x", 4, 0, SharingGroup=sent)), NO_GROUP), 403)


def check_delegation(tap, s):
    e = s.alpha.add_event(event("to be given", 0), pythonify=True)
    tap.check("it is hidden before", not s.beta.event_exists(e))
    asked = s.alpha.delegate_event(e, s.b, message="please", pythonify=True)
    tap.equal("a request says who and whom", (asked.org_id, asked.requester_org_id,
                                              int(asked.event_id)), (s.b.id, s.a.id, e.id))
    tap.equal("an event is delegated once", refused(s.alpha.delegate_event(e, s.b)), 403)
    tap.equal("not to oneself", refused(s.alpha.delegate_event(e, s.a)), 403)
    tap.check("who is asked sees the event", s.beta.event_exists(e))
    tap.equal("and the request", [d.id for d in s.beta.event_delegations(pythonify=True)],
              [asked.id])
    tap.equal("who asked may not accept", refused(
        s.alpha.accept_event_delegation(asked.id), "You are not authorised to do that."), 403)
    tap.equal("to others it is not there", refused(s.member_c.accept_event_delegation(asked.id)),
              404)
    tap.equal("it is discarded", s.beta.discard_event_delegation(asked.id)["message"],
              "Delegation request deleted.")
    tap.check("and the event is hidden again", not s.beta.event_exists(e))
    asked = s.alpha.delegate_event(e, s.b, distribution=1, pythonify=True)
    tap.equal("it is accepted", s.beta.accept_event_delegation(asked.id)["message"],
              "Event ownership transferred.")
    given = s.beta.get_event(e, pythonify=True)
    tap.equal("and another's then", (given.org.name, given.orgc.name, given.distribution),
              ("Beta", "Beta", 1))
    tap.equal("not its first owner's", refused(
        s.alpha.update_event({"info": "x"}, e.id), NOT_YOURS), 403)


def check_blocks(tap, s):
    one = event("blocked", 1)
    tap.equal("members have no blocklists", refused(s.alpha.event_blocklists()), 403)
    s.admin.add_event_blocklist(uuids=[one.uuid, "no uuid"], comment="why")
    entry = s.admin.event_blocklists(pythonify=True)[0]
    tap.equal("an entry is kept", (entry.event_uuid, entry.comment), (one.uuid, "why"))
    tap.equal("and holds", refused(s.alpha.add_event(one), "Event blocked by event blocklist."),
              403)
    s.admin.delete_event_blocklist(entry)
    tap.equal("until it goes", refused(s.alpha.add_event(one)), 0)
    s.admin.add_organisation_blocklist(uuids=s.b.uuid)
    tap.equal("an organisation is blocked", refused(
        s.beta.add_event(event("x", 1)), "Event blocked by organisation blocklist."), 403)
    tap.equal("no other is", refused(s.alpha.add_event(event("y", 1))), 0)
    s.admin.delete_organisation_blocklist(s.admin.organisation_blocklists(pythonify=True)[0])
    tap.equal("until that goes", refused(s.beta.add_event(event("z", 1))), 0)


def check_private(tap, s):
    e = s.alpha.add_event(event("unpublished", 1), pythonify=True)
    s.admin.set_server_setting("MISP.unpublishedprivate", True, force=True)
    tap.check("unpublished events are private", not s.beta.event_exists(e))
    s.alpha.publish(e)
    tap.check("published ones are not", s.beta.event_exists(e))
    s.admin.set_server_setting("MISP.unpublishedprivate", False, force=True)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="kz-sharing-") as folder:
        with Store(sys.argv[1], pathlib.Path(folder, "store")).serve() as server:
            scene = Scene(server)
            _, scene.member_c = scene.member("Gamma", 2)
            for check in (check_groups, check_parts, check_sent, check_delegation, check_blocks,
                          check_private):
                check(tap, scene)
            tap.equal("the server stops in order", server.stop(), 0)
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
