#!/usr/bin/env python3
"""Three servers in a chain, each with the others' sync users: what goes from one
to the next, what does not, and how far. Prints TAP.

usage: test_sync.py KIZASHI
"""

import contextlib
import json
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import ROOT, Store, Tap, free_port  # noqa: E402

NAMES = ["First", "Second", "Third"]
ORGS = [f"5b0e4d3c-0000-4000-8000-0000000000a{i}" for i in range(3)]


class Instance:
    """A server with an organisation of its own and users of others."""

    def __init__(self, server, number):
        self.server, self.number = server, number
        self.url = f"http://127.0.0.1:{server.port}"
        self.orgs = {}
        for i, name in enumerate(NAMES):
            made = self.ask("POST", "/admin/organisations/add", {"name": name, "uuid": ORGS[i], "local": True})
            self.orgs[i] = made["Organisation"]["id"]
        self.set("MISP.external_baseurl", self.url)
        self.set("MISP.host_org_id", int(self.orgs[number]))
        self.admin = self.user("admin", number, 1)
        self.member = self.user("member", number, 3)
        self.links = {}

    def set(self, name, value):
        self.ask("POST", f"/servers/serverSettingsEdit/{name}", {"value": value})

    def user(self, name, org, role):
        made = self.ask("POST", "/admin/users/add", {"email": f"{name}@{NAMES[org].lower()}.example",
                                                     "org_id": self.orgs[org], "role_id": role})
        return made["User"]["authkey"]

    def ask(self, method, path, body=None, key=None, status=200):
        found, _, text = self.server.ask(method, path, json.dumps(body).encode() if body is not None else b"",
                                         key=key or self.server.key)
        answer = json.loads(text) if text.strip() else None
        if status and found != status:
            raise RuntimeError(f"{method} {path}: {found} {answer}")
        return answer if status else (found, answer)

    def link(self, other):
        """Takes in what `other` says a sync user of ours needs."""
        key = other.user(f"sync-{self.number}", self.number, 5)
        config = other.ask("GET", "/servers/createSync", key=key)["Server"]
        made = self.ask("POST", "/servers/import", config, key=self.admin)["Server"]
        self.ask("POST", f"/servers/edit/{made['id']}", {"pull": True}, key=self.admin)
        self.links[other.number] = made["id"]

    def edit_link(self, other, **fields):
        self.ask("POST", f"/servers/edit/{self.links[other.number]}", fields, key=self.admin)

    def job(self, number):
        for _ in range(600):
            job = self.ask("GET", f"/api/jobs/{number}")
            if job["state"] not in ("waiting", "running"):
                return job
            time.sleep(0.05)
        return job

    def pull(self, other, what=""):
        answer = self.ask("POST", f"/servers/pull/{self.links[other.number]}/{what}", key=self.admin)
        return self.job(answer["id"])

    def push(self, other, what=""):
        answer = self.ask("POST", f"/servers/push/{self.links[other.number]}/{what}", key=self.admin)
        return self.job(answer["id"])

    def rest(self):
        """Waits until nothing is left to do."""
        for _ in range(600):
            if not any(j["state"] in ("waiting", "running") for j in self.ask("GET", "/api/jobs")["jobs"]):
                return
            time.sleep(0.05)

    def add(self, info, distribution=3, attributes=(), publish=True, **more):
        made = self.ask("POST", "/events/add", {"info": info, "distribution": str(distribution),
                                                "Attribute": list(attributes), **more}, key=self.admin)["Event"]
        if publish:
            self.ask("POST", f"/events/publish/{made['id']}", key=self.admin)
        return made["uuid"]

    def event(self, uuid, key=None, deleted=False):
        status, answer = self.ask("GET", f"/events/view/{uuid}" + ("/deleted:1" if deleted else ""),
                                  key=key or self.admin, status=None)
        return answer["Event"] if status == 200 else None


def text(value, distribution=5, **more):
    return {"type": "text", "value": value, "distribution": str(distribution), **more}


def values(event):
    return sorted(a["value"] for a in event["Attribute"]) if event else None


def settle(*instances):
    for _ in range(3):
        for instance in instances:
            instance.rest()


def check_links(tap, a, b):
    answer = a.ask("POST", f"/servers/testConnection/{a.links[1]}", key=a.admin)
    tap.check("a server is reached and hears what we say", answer["status"] == 1 and answer["post"] == 1
              and answer["perm_sync"] is True, answer)
    wrong = a.ask("POST", "/servers/add", {"name": "Wrong key", "url": b.url, "authkey": "x" * 40})["Server"]["id"]
    tap.equal("a wrong key", a.ask("POST", f"/servers/testConnection/{wrong}")["status"], 4)
    nobody = a.ask("POST", "/servers/add", {"name": "Nobody", "url": f"http://127.0.0.1:{free_port()}",
                                            "authkey": "x" * 40})["Server"]["id"]
    tap.equal("nobody there", a.ask("POST", f"/servers/testConnection/{nobody}")["status"], 2)
    for number in (wrong, nobody):
        a.ask("POST", f"/servers/delete/{number}")
    rules = b.ask("GET", "/servers/getAvailableSyncFilteringRules")
    tap.check("what one may filter by", set(NAMES) <= set(rules["organisations"]) and "tags" in rules, rules)
    status, _ = a.ask("POST", f"/servers/pull/{a.links[1]}", key=a.member, status=None)
    tap.equal("only administrators pull", status, 403)
    status, _ = a.ask("POST", "/events/filterEventIdsForPush", [], key=a.member, status=None)
    tap.equal("only servers push", status, 403)


def check_push(tap, a, b, c):
    uuid = a.add("pushed", attributes=[text("one")])
    job = a.push(b, uuid)
    there = b.event(uuid)
    tap.check("one event is pushed", job["state"] == "done" and values(there) == ["one"], job)
    tap.equal("it is locked, its maker is kept, its owner is who brought it",
              (there["locked"], there["Orgc"]["name"], there["Org"]["name"], there["published"]),
              (True, "First", "First", True))
    tap.check("again nothing is sent", "0 are wanted" in a.push(b, uuid)["message"])
    unpublished = a.add("draft", attributes=[text("draft")], publish=False)
    own = a.add("ours", 0, [text("ours")])
    community = a.add("community", 1, [text("community")])
    a.push(b)
    tap.equal("drafts and what is for us alone stay", [b.event(u) for u in (unpublished, own, community)],
              [None, None, None])
    shown = a.event(uuid)
    victim = shown["Attribute"][0]["uuid"]
    time.sleep(1.1)  # timestamps are whole seconds
    a.ask("POST", f"/attributes/add/{uuid}", text("two"), key=a.admin)
    a.ask("POST", f"/attributes/delete/{victim}", key=a.admin)
    a.ask("POST", f"/events/publish/{uuid}", key=a.admin)
    job = a.push(b, uuid)
    tap.check("a change is pushed, and what was deleted", values(b.event(uuid)) == ["two"]
              and "1 sent" in job["message"], (job, b.event(uuid)))
    mine = b.add("made here", attributes=[text("b")])
    copy = {"uuid": mine, "info": "not yours", "timestamp": str(int(time.time()) + 1000), "distribution": "3",
            "Attribute": [text("x")], "published": True}
    status, answer = b.ask("POST", f"/events/edit/{mine}", copy, key=a_key(a, b), status=None)
    tap.check("another server cannot change what was made here", status == 403 and b.event(mine)["info"] == "made here",
              answer)


def a_key(a, b):
    """A key of a sync user of A at B."""
    return b.user(f"extra-{time.monotonic_ns()}", a.number, 5)


def complex_event(a):
    return a.add("complex", 3, [text("own", 0), text("community", 1), text("connected", 2), text("all", 3), text("in")],
                 Tag=[{"name": "tlp:clear"}],
                 Object=[{"name": "file", "distribution": "2", "meta-category": "file", "template_version": "1",
                          "Attribute": [{"type": "filename", "value": "own.exe", "object_relation": "filename",
                                         "distribution": "0"},
                                        {"type": "md5", "value": "d41d8cd98f00b204e9800998ecf8427e",
                                         "object_relation": "md5", "distribution": "5"}]}])


def check_chain(tap, a, b, c):
    a.edit_link(b, push=True)
    b.edit_link(c, push=True)
    b.edit_link(a, push=True)
    uuid = complex_event(a)
    settle(a, b, c)
    first, second, third = a.event(uuid), b.event(uuid), c.event(uuid)
    tap.equal("publishing pushes; each hop goes one step less far",
              (values(first), values(second), values(third)),
              (["all", "community", "connected", "in", "own"], ["all", "connected", "in"], ["all", "in"]))
    tap.equal("connected has become this community", {x["value"]: x["distribution"] for x in second["Attribute"]},
              {"connected": "1", "all": "3", "in": "5"})
    tap.equal("so in objects", [len(e["Object"]) and values(e["Object"][0]) for e in (second, third)],
              [["d41d8cd98f00b204e9800998ecf8427e"], 0])
    tap.equal("tags go along", [t["name"] for t in third["Tag"]], ["tlp:clear"])
    before = {i.number: i.event(uuid)["timestamp"] for i in (a, b, c)}
    settle(a, b, c)
    tap.check("and it does not come back", len(set(before.values())) == 1 and a.event(uuid)["locked"] is False, before)
    a.ask("POST", f"/tags/attachTagToObject", {"uuid": uuid, "tag": "only:here", "local": True}, key=a.admin)
    time.sleep(1.1)
    a.ask("POST", f"/attributes/add/{uuid}", text("later"), key=a.admin)
    a.ask("POST", f"/events/publish/{uuid}", key=a.admin)
    settle(a, b, c)
    tap.equal("a later change runs through the chain", values(c.event(uuid)), ["all", "in", "later"])
    tap.equal("local tags stay", [t["name"] for t in b.event(uuid)["Tag"]], ["tlp:clear"])
    for near, far in ((a, b), (b, c), (b, a)):
        near.edit_link(far, push=False)


def check_pull(tap, a, b, c):
    uuid = complex_event(a)
    job = b.pull(a)
    second = b.event(uuid)
    tap.check("pulling takes what the sync user sees", job["state"] == "done"
              and values(second) == ["all", "community", "connected", "in"], (job, values(second)))
    tap.equal("connected becomes community, community ours",
              {x["value"]: x["distribution"] for x in second["Attribute"]},
              {"connected": "1", "community": "0", "all": "3", "in": "5"})
    tap.equal("who pulls owns", (second["Org"]["name"], second["Orgc"]["name"], second["locked"]),
              ("Second", "First", True))
    tap.equal("again: one conditional request", b.pull(a)["message"], "no event has changed there")
    c.pull(b)
    tap.equal("the next hop has less", values(c.event(uuid)), ["all", "connected", "in"])
    own = b.ask("POST", "/events/edit/" + b.add("ours, there newer", attributes=[text("local")]), {"comment": ""},
                key=b.admin)["Event"]
    later = a.add("later", attributes=[text("later")], Tag=[{"name": "tlp:red"}])
    b.edit_link(a, pull_rules={"tags": {"OR": [], "NOT": ["tlp:red"]}, "orgs": {"OR": [], "NOT": []}})
    b.pull(a)
    tap.equal("rules keep events out", b.event(later), None)
    b.edit_link(a, pull_rules={"tags": {"OR": [], "NOT": []}, "orgs": {"OR": ["Nobody"], "NOT": []}})
    b.pull(a)
    tap.equal("also by organisation", b.event(later), None)
    b.edit_link(a, pull_rules={"tags": {"OR": [], "NOT": []}, "orgs": {"OR": [], "NOT": []}})
    b.pull(a, "update")
    tap.equal("an update brings nothing new", b.event(later), None)
    b.pull(a, later)
    tap.equal("one event is pulled by its uuid", values(b.event(later)), ["later"])
    blocked = a.add("blocked there", attributes=[text("blocked")])
    b.ask("POST", "/eventBlocklists/add", {"uuids": [blocked]}, key=b.admin)
    job = b.pull(a)
    tap.check("what is on a blocklist is not even asked for", b.event(blocked) is None and job["total"] == 0, job)
    tap.check("what was made here is left alone", b.event(own["uuid"])["Org"]["name"] == "Second")


def check_more(tap, a, b):
    uuid = a.add("seen elsewhere", attributes=[text("seen")])
    b.pull(a)
    there = b.event(uuid)["Attribute"][0]
    sighter = b.user("sighter", 1, 4)
    b.set("Plugin.Sightings_policy", 2)  # otherwise only their owner sees what is sighted there
    b.ask("POST", f"/sightings/add/{there['uuid']}", {"source": "proxy", "type": "0"}, key=sighter)
    job = a.pull(b)
    found = a.ask("POST", "/sightings/restSearch/event", {"id": uuid})["response"]
    tap.check("a sighting there is pulled", [s["Sighting"]["source"] for s in found] == ["proxy"]
              and found[0]["Sighting"]["Organisation"]["name"] == "Second", (job, found))
    a.pull(b)
    tap.equal("once", len(a.ask("POST", "/sightings/restSearch/event", {"id": uuid})["response"]), 1)
    b.ask("POST", f"/sightings/add/{there['uuid']}", {"source": "mail", "type": "1"}, key=sighter)
    b.edit_link(a, push_sightings=True)
    job = b.push(a)
    found = a.ask("POST", "/sightings/restSearch/event", {"id": uuid})["response"]
    tap.equal("or pushed", sorted(s["Sighting"]["source"] for s in found), ["mail", "proxy"])
    b.edit_link(a, push_sightings=False)
    b.ask("POST", f"/shadow_attributes/add/{uuid}", {"type": "text", "category": "Other", "value": "proposed"},
          key=sighter)
    b.ask("POST", f"/shadow_attributes/edit/{there['id']}", {"value": "better"}, key=sighter)
    job = a.pull(b)
    found = a.ask("GET", f"/shadow_attributes/index/{uuid}", key=a.admin)
    found = [p.get("ShadowAttribute", p) for p in found]
    tap.equal("proposals there are pulled", sorted(p["value"] for p in found), ["better", "proposed"])
    own = a.event(uuid)["Attribute"][0]["id"]
    tap.equal("a change is of our attribute", {p["value"]: p["old_id"] for p in found}, {"better": own, "proposed": "0"})
    a.pull(b)
    tap.equal("once as well", len(a.ask("GET", f"/shadow_attributes/index/{uuid}", key=a.admin)), 2)
    note = a.ask("POST", f"/analyst_data/add/Note/{uuid}/Event", {"note": "look here", "distribution": "3"},
                 key=a.admin)["Note"]["uuid"]
    kept = a.ask("POST", f"/analyst_data/add/Note/{uuid}/Event", {"note": "not for you", "distribution": "0"},
                 key=a.admin)["Note"]["uuid"]
    b.edit_link(a, pull_analyst_data=True)
    job = b.pull(a)
    status, answer = b.ask("GET", f"/analyst_data/view/Note/{note}", key=b.admin, status=None)
    tap.check("a note is pulled", status == 200 and answer["Note"]["note"] == "look here", (job, answer))
    tap.equal("not one that is for others", b.ask("GET", f"/analyst_data/view/Note/{kept}", status=None)[0], 404)
    opinion = a.ask("POST", f"/analyst_data/add/Opinion/{uuid}/Event", {"opinion": "80", "comment": "sure",
                                                                         "distribution": "3"},
                    key=a.admin)["Opinion"]["uuid"]
    a.edit_link(b, push_analyst_data=True)
    job = a.push(b, uuid)
    status, answer = b.ask("GET", f"/analyst_data/view/Opinion/{opinion}", key=b.admin, status=None)
    tap.check("an opinion is pushed", status == 200 and answer["Opinion"]["opinion"] == "80", (job, answer))
    a.edit_link(b, push_analyst_data=False)


def check_clusters(tap, a, b):
    library = str(ROOT / "data/library")
    for one in (a, b):
        one.server.ask("POST", "/api/libraries/update", json.dumps({"path": library}).encode())
    galaxies = a.ask("GET", "/galaxies/index", key=a.admin)
    if not galaxies:
        tap.skip("a custom cluster is pulled", "the library has no galaxies")
        return
    galaxy = galaxies[0]["Galaxy"]
    made = a.ask("POST", f"/galaxy_clusters/add/{galaxy['id']}",
                 {"value": "Invented Heron", "description": "wades", "distribution": "2", "authors": ["us", "them"],
                  "GalaxyElement": [{"key": "synonyms", "value": "Stork"}]}, key=a.admin)["GalaxyCluster"]
    a.ask("POST", f"/galaxy_clusters/publish/{made['id']}", key=a.admin)
    b.pull(a)
    tap.equal("clusters are pulled only when asked for",
              b.ask("GET", f"/galaxy_clusters/view/{made['uuid']}", key=b.admin, status=None)[0], 404)
    b.edit_link(a, pull_galaxy_clusters=True)
    job = b.pull(a)
    status, answer = b.ask("GET", f"/galaxy_clusters/view/{made['uuid']}", key=b.admin, status=None)
    there = answer.get("GalaxyCluster", {})
    tap.check("a custom cluster is pulled", status == 200 and there["value"] == "Invented Heron"
              and there["distribution"] == "1" and there["authors"] == ["us", "them"]
              and [e["value"] for e in there["GalaxyElement"]] == ["Stork"], (job, answer))
    job = b.pull(a)
    tap.check("once", not any("clusters new" in line for line in job["log"]), job)
    b.edit_link(a, pull_galaxy_clusters=False)
    pushed = a.ask("POST", f"/galaxy_clusters/add/{galaxy['id']}",
                   {"value": "Invented Crane", "distribution": "3",
                    "GalaxyClusterRelation": [{"referenced_galaxy_cluster_uuid": made["uuid"], "distribution": "3",
                                               "referenced_galaxy_cluster_type": "similar"}]},
                   key=a.admin)["GalaxyCluster"]
    a.ask("POST", f"/galaxy_clusters/publish/{pushed['id']}", key=a.admin)
    a.edit_link(b, push_galaxy_clusters=True)
    job = a.push(b)
    status, answer = b.ask("GET", f"/galaxy_clusters/view/{pushed['uuid']}", key=b.admin, status=None)
    there = answer.get("GalaxyCluster", {})
    tap.check("or pushed, with its relations", status == 200 and there["value"] == "Invented Crane"
              and [r["referenced_galaxy_cluster_uuid"] for r in there["GalaxyClusterRelation"]] == [made["uuid"]]
              and there["Orgc"]["name"] == "First", (job, answer))
    job = a.push(b)
    tap.check("once too", not any("clusters sent" in line for line in job["log"]), job)
    a.edit_link(b, push_galaxy_clusters=False)


def check_groups(tap, a, b):
    group = a.ask("POST", "/sharing_groups/add", {"name": "Two of us", "releasability": "test"}, key=a.admin)
    number = group["SharingGroup"]["id"]
    for org in (0, 1):
        a.ask("POST", "/sharingGroups/addOrg", {"sg_id": number, "org_id": a.orgs[org]}, key=a.admin)
    a.ask("POST", "/sharingGroups/addServer", {"sg_id": number, "server_id": 0}, key=a.admin)
    shut = a.add("with a part for few", 3, [text("for all"), text("for two", 4, sharing_group_id=number)])
    a.push(b, shut)
    tap.equal("a group that names no other server does not leave", values(b.event(shut)), ["for all"])
    a.ask("POST", f"/sharing_groups/edit/{number}", {"roaming": True}, key=a.admin)
    open_ = a.add("with a part for few again", 3, [text("for all"), text("for two", 4, sharing_group_id=number)])
    a.push(b, open_)
    there = b.event(open_)
    tap.equal("a roaming one does", values(there), ["for all", "for two"])
    groups = b.ask("GET", "/sharing_groups/index", key=b.admin)["response"]
    tap.equal("and is made there", [g["SharingGroup"]["name"] for g in groups], ["Two of us"])
    pulled = a.add("pulled with a part for few", 3, [text("for all"), text("for two", 4, sharing_group_id=number)])
    b.pull(a)
    tap.equal("pulling brings the group as well", values(b.event(pulled)), ["for all", "for two"])
    row = next(x for x in b.event(pulled)["Attribute"] if x["value"] == "for two")
    tap.equal("as the group it is there", (row["distribution"], row["sharing_group_id"]),
              ("4", groups[0]["SharingGroup"]["id"]))
    outsider = b.user("outsider", 2, 3)
    tap.equal("for its members alone", values(b.event(open_, key=outsider)), ["for all"])


def check_many(tap, a, b):
    count = 400
    for _ in range(4):
        lines = [json.dumps({"Event": {"uuid": f"5b0e4d3c-1111-4000-8000-{_ * count + i:012d}", "info": f"many {i}",
                                       "date": "2026-05-05", "timestamp": "1800000000", "published": True,
                                       "distribution": "3", "publish_timestamp": "1800000000",
                                       "Attribute": [text(f"many-{_}-{i}-{k}", 5,
                                                          uuid=f"5b0e4d3c-2222-4000-8000-{(_ * count + i) * 10 + k:012d}")
                                                     for k in range(5)]}}) for i in range(count)]
        path = pathlib.Path(a.server.store.folder.parent, f"many{_}.json")
        path.write_text("\n".join(lines))
        a.server.ask("POST", "/api/import", json.dumps({"paths": [str(path)]}).encode())
    began = time.monotonic()
    job = b.pull(a)
    seconds = time.monotonic() - began
    tap.check("many events come in one pull", job["state"] == "done" and job["done"] >= 4 * count, job)
    print(f"# {4 * count} events in {seconds:.1f} s, {4 * count / seconds:.0f}/s", flush=True)


def check_all(tap, program):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Store(program, pathlib.Path(folder, name)).serve()) for name in NAMES]
        a, b, c = (Instance(s, i) for i, s in enumerate(servers))
        for near, far in ((a, b), (b, a), (b, c), (c, b)):
            near.link(far)
        check_links(tap, a, b)
        check_push(tap, a, b, c)
        check_chain(tap, a, b, c)
        check_pull(tap, a, b, c)
        check_more(tap, a, b)
        check_clusters(tap, a, b)
        check_groups(tap, a, b)
        check_many(tap, a, b)
        for server in servers:
            tap.equal("a server stops in order", server.stop(), 0)


def main():
    tap = Tap()
    check_all(tap, sys.argv[1])
    return tap.end()


sys.exit(main())
