#!/usr/bin/env python3
"""Organisations, roles, users and their keys over MISP's own client. Prints
TAP; skipped where PyMISP is not installed.

usage: test_pymisp_people.py KIZASHI
"""

import json
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402

UNKNOWN = "00000000-0000-4000-8000-000000000000"
NOT_ALLOWED = "You do not have permission to use this functionality."
NOT_YOURS = "You do not have permission to do that."


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


def refused(answer, status, words=None):
    if not isinstance(answer, dict) or answer.get("errors", [0])[0] != status:
        return False
    return words is None or answer["errors"][1].get("message") == words


class Scene:
    """A server with its administrator and whoever is added."""

    def __init__(self, server):
        self.url = f"http://127.0.0.1:{server.port}"
        self.admin = pymisp.PyMISP(self.url, server.key)

    def org(self, name, **fields):
        org = pymisp.MISPOrganisation()
        org.from_dict(name=name, **fields)
        return self.admin.add_organisation(org, pythonify=True)

    def user(self, email, org, role):
        user = pymisp.MISPUser()
        user.email = email
        user.org_id = org.id
        if role:
            user.role_id = role
        return self.admin.add_user(user, pythonify=True)

    def client(self, email, org, role):
        return pymisp.PyMISP(self.url, self.user(email, org, role).authkey)


def event(distribution=1, **fields):
    new = pymisp.MISPEvent()
    new.info = "Lantern: phishing of invoices"
    new.distribution = distribution
    new.add_attribute("ip-dst", "192.0.2.10")
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def check_organisations(tap, scene):
    admin = scene.admin
    org = scene.org("Alpha", description="invented", sector="energy", nationality="Japan")
    tap.equal("an organisation has its fields", (org.name, org.sector, org.local), ("Alpha", "energy", True))
    tap.check("and a uuid", len(org.uuid) == 36, org.uuid)
    tap.check("its name is taken", "name" in scene.admin.add_organisation(org)["errors"][1]["errors"])
    far = scene.org("Far away", local=False)
    tap.equal("local ones are listed", [o.name for o in admin.organisations(pythonify=True)], ["ORGNAME", "Alpha"])
    tap.equal("external ones", [o.name for o in admin.organisations("external", pythonify=True)], ["Far away"])
    tap.equal("all", len(admin.organisations("all")), 3)
    tap.equal("a search finds any part", [o.name for o in admin.organisations("all", "alph", pythonify=True)], ["Alpha"])
    tap.check("it is there", admin.organisation_exists(org.uuid) and not admin.organisation_exists(UNKNOWN))
    org.name = "Beta"
    org.contacts = "desk@example.test"
    admin.update_organisation(org)
    seen = admin.get_organisation(org, pythonify=True)
    tap.equal("it is renamed, the rest stays", (seen.name, seen.contacts, seen.sector, seen.uuid),
              ("Beta", "desk@example.test", "energy", org.uuid))
    tap.equal("it goes when nothing is tied to it", admin.delete_organisation(far).get("saved"), True)
    tap.check("and is gone", refused(admin.get_organisation(far), 404))
    tap.check("one with users stays", refused(admin.delete_organisation(1), 403))
    return seen


def check_roles(tap, scene):
    admin = scene.admin
    names = [role.name for role in admin.roles(pythonify=True)]
    tap.equal("MISP's roles by their ids", names, ["admin", "Org Admin", "User", "Publisher", "Sync user", "Read Only"])
    tap.equal("one is the default", [r.id for r in admin.roles(pythonify=True) if r.default_role], ["3"])
    tap.equal("another becomes it", admin.set_default_role(6)["message"], "Default role set.")
    tap.equal("alone", [r.id for r in admin.roles(pythonify=True) if r.default_role], ["6"])
    admin.set_default_role(3)
    role = pymisp.MISPRole()
    role.name = "Tagger"
    role = admin.add_role(role, pythonify=True)
    tap.equal("a new role may nothing", (role.perm_add, role.perm_tagger, role.perm_site_admin), (False, False, False))
    role.perm_tagger = True
    role.memory_limit = "1G"
    role = admin.update_role(role, pythonify=True)
    tap.equal("but what is given to it", (role.perm_tagger, role.memory_limit), (True, "1G"))
    tap.check("a name once", refused(admin.add_role(role), 403))
    tap.check("the administrators' stays theirs", refused(admin.update_role({"perm_site_admin": False}, 1), 403))
    tap.check("the default one stays", refused(admin.delete_role(3), 403))
    return role


def check_users(tap, scene, org):
    admin = scene.admin
    user = scene.user("a@example.test", org, None)
    tap.equal("a user gets the default role", user.role_id, "3")
    tap.check("and a key, once", len(user.authkey) == 40 and not hasattr(admin.get_user(user, pythonify=True), "authkey"))
    again = pymisp.MISPUser()
    again.from_dict(email="A@example.test", org_id=org.id)
    tap.check("an address once", refused(admin.add_user(again), 403))
    again.from_dict(email="b@example.test", org_id="4711")
    tap.check("of an organisation that is there", refused(admin.add_user(again), 403))
    tap.equal("users are found by a part of the address", [u.email for u in admin.users("a@exam", pythonify=True)], ["a@example.test"])
    tap.equal("and by organisation", [u.email for u in admin.users(organisation=org.id, pythonify=True)], ["a@example.test"])
    his = pymisp.PyMISP(scene.url, user.authkey)
    me = his.get_user(expanded=True, pythonify=True)
    tap.equal("he sees himself and his role", (me[0].email, me[1].name, me[1].perm_add, me[1].perm_publish),
              ("a@example.test", "User", True, False))
    tap.check("and nobody else", refused(his.get_user(1), 404))
    tap.check("the list is not for him", refused(his.users(), 403, NOT_ALLOWED))
    changed = his.update_user({"autoalert": True, "role_id": 1, "email": "c@example.test"}, user.id)["User"]
    tap.equal("he sets what is his to set", (changed["autoalert"], changed["role_id"], changed["email"]),
              (True, "3", "a@example.test"))
    tap.check("not of others", refused(his.update_user({"autoalert": True}, 1), 404))
    tap.check("a short password is refused", refused(his.change_user_password("short"), 403))
    tap.equal("a long one is taken", his.change_user_password("correct horse")["message"], "Password Changed.")
    tap.check("nobody sees it", "password" not in admin.get_user(user)["User"])
    admin.update_user({"disabled": True}, user.id)
    tap.check("disabled, he is out", refused(his.get_user(), 403))
    admin.update_user({"disabled": False, "expiration": "2020-01-01"}, user.id)
    tap.check("expired, too", refused(his.get_user(), 403))
    admin.update_user({"expiration": ""}, user.id)
    tap.check("and in again", not refused(his.get_user(), 403))
    tap.check("the last administrator stays", refused(admin.delete_user(1), 403) and refused(admin.update_user({"role_id": 3}, 1), 403))
    return his, user


def check_org_admin(tap, scene, org):
    head = scene.client("head@example.test", org, 2)
    tap.equal("an organisation's administrator sees its users",
              {u["Organisation"]["id"] for u in head.users()}, {str(org.id)})
    tap.check("not others", refused(head.get_user(1), 404))
    new = pymisp.MISPUser()
    new.from_dict(email="new@example.test", org_id=org.id, role_id=3)
    made = head.add_user(new, pythonify=True)
    tap.equal("he adds one", made.email, "new@example.test")
    new.from_dict(email="new2@example.test", org_id=1, role_id=3)
    tap.check("not elsewhere", refused(head.add_user(new), 403))
    new.from_dict(email="new2@example.test", org_id=org.id, role_id=1)
    tap.check("nor an administrator of the site", refused(head.add_user(new), 403))
    tap.check("nor organisations or roles", refused(head.add_organisation(org), 403, NOT_ALLOWED)
              and refused(head.set_default_role(1), 403, NOT_ALLOWED))
    tap.equal("he removes one", head.delete_user(made)["message"], "User deleted.")


def check_keys(tap, scene, his, user):
    raw = his.get_new_authkey()
    tap.check("a second key lets in", pymisp.PyMISP(scene.url, raw).get_user()["User"]["email"] == "a@example.test")
    tagged = pymisp.MISPTag()
    tagged.name, tagged.colour = "case:lantern", "#112233"
    tagged = scene.admin.add_tag(tagged, pythonify=True)
    tagged.colour = "#445566"
    scene.admin.update_tag(tagged)
    listed = his.direct_call("auth_keys/index")
    tap.equal("both are listed, without their text", [k["AuthKey"].get("authkey_raw") for k in listed], [None, None])
    key = next(k["AuthKey"] for k in listed if k["AuthKey"]["authkey_start"] == raw[:4])
    tap.equal("by their ends", key["authkey_end"], raw[-4:])
    only = his.direct_call("auth_keys/add/me", {"read_only": True, "comment": "script", "expiration": "2100-01-01"})["AuthKey"]
    reader = pymisp.PyMISP(scene.url, only["authkey_raw"])
    tap.check("one that may read", isinstance(reader.search_index(), list))
    tap.check("may not write", refused(reader.add_event(event()), 403, NOT_ALLOWED)
              and refused(reader.change_user_password("correct horse 2"), 403, NOT_ALLOWED)
              and refused(reader.direct_call("auth_keys/add/me", {}), 403, NOT_ALLOWED))
    tap.equal("terms are kept", (only["read_only"], only["comment"], only["expiration"]), (True, "script", "4102444800"))
    wrong = his.direct_call("auth_keys/add/me", {"allowed_ips": ["anywhere"]})
    tap.check("wrong networks are refused", refused(wrong, 403) and "allowed_ips" in wrong["errors"][1]["errors"], wrong)
    far = his.direct_call("auth_keys/add/me", {"allowed_ips": ["198.51.100.0/24"]})["AuthKey"]
    try:
        pymisp.PyMISP(scene.url, far["authkey_raw"])
        tap.check("a key for another network is refused", False)
    except pymisp.exceptions.PyMISPError:
        tap.check("a key for another network is refused", True)
    his.direct_call(f"auth_keys/edit/{far['id']}", {"allowed_ips": ["127.0.0.0/8"]})
    tap.check("edited, it lets in", "User" in pymisp.PyMISP(scene.url, far["authkey_raw"]).get_user())
    his.direct_call(f"auth_keys/delete/{far['id']}", {})
    tap.check("deleted, it is gone", refused(his.direct_call(f"auth_keys/view/{far['id']}"), 404))
    tap.check("those of others are not there", refused(his.direct_call("auth_keys/view/1"), 404)
              and refused(his.direct_call("auth_keys/delete/1", {}), 404))
    return reader


def check_rules(tap, scene, org):
    """Who may add, modify and publish what."""
    admin = scene.admin
    writer = scene.client("writer@example.test", org, 3)
    mate = scene.client("mate@example.test", org, 3)
    publisher = scene.client("pub@example.test", org, 4)
    reader = scene.client("reader@example.test", org, 6)
    made = writer.add_event(event(published=True), pythonify=True)
    tap.equal("who may not publish adds unpublished", made.published, False)
    tap.check("the read-only role adds nothing", refused(reader.add_event(event()), 403, NOT_ALLOWED))
    tap.check("nor publishes, tags or sights", refused(reader.publish(made), 403, NOT_ALLOWED)
              and refused(reader.tag(made, "tlp:red"), 403, NOT_ALLOWED)
              and refused(reader.add_sighting({"value": "192.0.2.10"}), 403, NOT_ALLOWED))
    made.info = "changed by a colleague"
    tap.equal("a colleague changes it", mate.update_event(made)["Event"]["info"], "changed by a colleague")
    tap.check("but does not publish it", refused(mate.publish(made), 403, NOT_ALLOWED))
    tap.equal("a publisher does", publisher.publish(made).get("message"), "Job queued")
    others = admin.add_event(event(), pythonify=True)
    tap.check("another organisation's is not theirs to change",
              refused(writer.update_event(others), 403, NOT_YOURS) and refused(publisher.publish(others), 403, NOT_YOURS)
              and refused(writer.delete_event(others), 403, NOT_YOURS))
    role = pymisp.MISPRole()
    role.from_dict(name="Own things", perm_add=True, perm_modify=True, perm_auth=True)
    role = admin.add_role(role, pythonify=True)
    narrow = scene.client("narrow@example.test", org, role.id)
    own = narrow.add_event(event(), pythonify=True)
    tap.check("without perm_modify_org one's own", not refused(narrow.add_attribute(own, {"type": "text", "value": "x"}), 403))
    tap.check("not a colleague's", refused(narrow.delete_event(made), 403, NOT_YOURS))
    hidden = admin.add_event(event(distribution=0), pythonify=True)
    tap.check("what is hidden is as if not there", refused(writer.update_event(hidden), 404)
              and refused(writer.get_event(hidden), 404))
    narrow.delete_event(own)
    admin.update_role({"enforce_rate_limit": True, "rate_limit_count": 3}, role.id)
    answers = [narrow.get_user() for _ in range(4)]
    tap.check("a role's limit of requests holds", refused(answers[3], 429) and not refused(answers[2], 429), answers)
    admin.update_role({"enforce_rate_limit": False}, role.id)
    tap.check("permissions end at once", not refused(admin.update_role({"perm_add": False}, role.id), 403)
              and refused(narrow.add_event(event()), 403, NOT_ALLOWED))


def check_settings(tap, scene, his):
    value = {"Tag.name": "tlp:red"}
    kept = his.set_user_setting("publish_alert_filter", value, pythonify=True)
    tap.equal("a setting is kept", kept.value, value)
    his.set_user_setting("dashboard_access", 1)
    tap.equal("and found", his.get_user_setting("publish_alert_filter", pythonify=True).value, value)
    tap.equal("all of them", sorted(s.setting for s in his.user_settings(pythonify=True)),
              ["dashboard_access", "publish_alert_filter"])
    tap.equal("with the user", his.get_user()["UserSetting"]["publish_alert_filter"], value)
    tap.check("not for others", refused(his.set_user_setting("dashboard_access", 1, user=1), 404))
    tap.check("it goes", his.delete_user_setting("dashboard_access").get("saved") is True
              and refused(his.get_user_setting("dashboard_access"), 404))
    tap.check("a name is one", refused(his.set_user_setting("no name", 1), 403))


def check_registrations(tap, scene, org):
    admin = scene.admin
    tap.equal("registering is off at first", pymisp.register_user(scene.url, "r1@example.test").get("saved"), None)
    admin.set_server_setting("Security.allow_self_registration", True)
    for email in ("r1@example.test", "r2@example.test", "r1@example.test"):
        tap.equal("a stranger asks", pymisp.register_user(scene.url, email, org_name="Beta")["saved"], True)
    waiting = admin.user_registrations(pythonify=True)
    tap.equal("each waits once", [w.data["email"] for w in waiting], ["r1@example.test", "r2@example.test"])
    tap.check("no organisation, no account", refused(admin.accept_user_registration(waiting[0]), 403,
              "No organisation selected. Supply an Organisation ID"))
    tap.equal("with one there is", admin.accept_user_registration(waiting[0], org)["saved"], True)
    tap.equal("of that organisation", [u.org_id for u in admin.users("r1@", pythonify=True)], [str(org.id)])
    tap.equal("the other is discarded", admin.discard_user_registration(waiting[1])["name"], "1 registration(s) discarded.")
    tap.equal("nobody waits", admin.user_registrations(), [])
    answers = [pymisp.register_user(scene.url, f"r{n}@example.test") for n in range(12)]
    tap.check("an address asks a few times", "saved" not in answers[-1] and answers[0].get("saved") is True, answers[-1])


def check_audit(tap, scene, server, org, user):
    admin = scene.admin

    def ask(path, key=server.key):
        status, _, body = server.ask("GET", path, key=key)
        return status, json.loads(body) if body.startswith(b"{") else body

    his = scene.client("audited@example.test", org, 3)
    made = his.add_event(event(), pythonify=True)
    attribute = made.attributes[0]
    attribute.comment = "changed once"
    his.update_attribute(attribute)
    status, found = ask(f"/api/audit?about=event&id={made.id}")
    tap.equal("an event's entries, oldest first", [(e["action"], e["by"]["email"]) for e in found["entries"]],
              [("add", "audited@example.test"), ("edit", "audited@example.test")])
    tap.equal("with counts", (found["entries"][0]["attributes_added"], found["entries"][1]["attributes_changed"]), (1, 1))
    tap.check("and from where", found["entries"][0]["by"]["address"] == "127.0.0.1" and found["entries"][0]["by"]["key"] > 0)
    other = scene.client("elsewhere@example.test", scene.org("Elsewhere"), 3)
    status, found = ask(f"/api/history/{attribute.id}", other.key)
    tap.equal("other organisations' users are not named", [v.get("by") for v in found["versions"]],
              [{"org": int(org.id), "org_name": org.name}, None])
    hidden = his.add_event(event(distribution=0), pythonify=True)
    tap.equal("what is hidden has no history", ask(f"/api/history/{hidden.attributes[0].id}", other.key)[0], 404)
    his.delete_event(hidden)
    status, found = ask(f"/api/history/{attribute.id}")
    tap.equal("an attribute's versions", [(v["comment"], v.get("by", {}).get("email")) for v in found["versions"]],
              [("", "audited@example.test"), ("changed once", None)])
    status, found = ask("/api/audit?about=tag")
    tap.equal("changes of tags", [(e["action"], e["changes"]["after"]["colour"]) for e in found["entries"]][:2],
              [("edit", "#445566"), ("add", "#112233")])
    admin.update_user({"nids_sid": "4711"}, user.id)
    status, found = ask(f"/api/audit?about=user&id={user.id}")
    last = found["entries"][-1]
    tap.check("a user's change, only what differs", "nids_sid" in last["changes"]["after"] and "email" not in last["changes"]["after"], last)
    tap.check("no secret is told", "argon2" not in json.dumps(found) and "*****" in json.dumps(found), found)
    status, page = ask("/api/audit?limit=2")
    more = ask(f"/api/audit?limit=2&cursor={page['cursor']}")[1]
    tap.check("page after page", len(page["entries"]) == len(more["entries"]) == 2
              and page["entries"][1]["entry"] != more["entries"][0]["entry"])
    status, _, lines = server.ask("GET", "/api/audit/export?user=audited@example.test")
    tap.equal("an export has all", len([json.loads(line) for line in lines.splitlines()]), 4)
    status, found = ask("/api/audit?user=nobody@example.test")
    tap.equal("somebody who is not there did nothing", found["entries"], [])
    tap.equal("a wrong filter is told", ask("/api/audit?colour=red")[0], 400)
    own = ask("/api/audit?limit=1000", his.key)[1]["entries"]
    tap.equal("others see what their organisation did", {e["by"]["org"] for e in own}, {int(org.id)})
    logs = admin.search_logs(model="Event", email="audited@example.test", pythonify=True)
    tap.equal("in MISP's shape", [(entry.action, entry.model) for entry in logs],
              [("delete", "Event"), ("add", "Event"), ("edit", "Event"), ("add", "Event")])
    tap.equal("and its newer one", admin.direct_call("audit_logs/index", {"model": "Event", "limit": 1})[0]["User"]["email"],
              "audited@example.test")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        with Store(sys.argv[1], pathlib.Path(folder, "store")).serve() as server:
            scene = Scene(server)
            org = check_organisations(tap, scene)
            check_roles(tap, scene)
            his, user = check_users(tap, scene, org)
            check_org_admin(tap, scene, org)
            check_keys(tap, scene, his, user)
            check_rules(tap, scene, org)
            check_settings(tap, scene, his)
            check_registrations(tap, scene, org)
            check_audit(tap, scene, server, org, user)
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
