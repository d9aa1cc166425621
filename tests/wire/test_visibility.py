#!/usr/bin/env python3
"""Who sees what, over every route: invented organisations, sharing groups and
events of all distributions, by seed, compared with a naive reading of the rules.

Every thing carries a mark of its own ("mk-A17") in a text that answers repeat,
so that whatever a route says, the marks in it are what it shows. Prints TAP.

usage: test_visibility.py KIZASHI [SEED ...]
"""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402

MARK = re.compile(r"mk-[A-Z]\d+x")
ORG, COMMUNITY, CONNECTED, ALL, GROUP, INHERIT = range(6)
NOWHERE = 999999
POOL = 14  # values that several events share
EVENTS = 26


# Routes of which nothing more is said here than that they leak nothing.
OTHER_LISTS = (
    "/shadowAttributes/index", "/shadowAttributes/index/all:1", "/eventDelegations",
    "/sightings/index", "/admin/logs/index", "/auditLogs/index", "/api/audit",
    "/api/audit/export", "/api/jobs", "/jobs/index", "/api/feeds", "/organisations/index",
    "/organisations/index/scope:all", "/users/view/me", "/admin/users/index",
    "/analystData/index/Note", "/galaxies/index", "/galaxyClusters/index", "/feeds/searchCaches",
    "/events/csv/download", "/events/xml/download", "/events/nids/suricata/download",
    "/events/nids/snort/download", "/events/hids/md5/download", "/events/rpz/download",
    "/attributes/text/download/all", "/attributes/rpz/download", "/events/restSearchExport",
    "/attributes/attributeStatistics/category", "/api/openapi.json",
)


class Thing:
    """An event or a part of one. `rule` is its (distribution, group)."""

    def __init__(self, kind, number, rule):
        self.kind = kind
        self.mark = f"mk-{kind}{number}x"
        self.rule = rule
        self.id = None
        self.uuid = None


class Event(Thing):
    def __init__(self, number, rule, org):
        super().__init__("E", number, rule)
        self.org = org
        self.published = False
        self.tags = []
        self.attributes = []  # those in objects as well
        self.objects = []
        self.reports = []
        self.shown_to = set()  # organisations it is delegated to
        self.proposals = []
        self.references = []  # (mark, object)


class Attribute(Thing):
    def __init__(self, number, rule, value):
        super().__init__("A", number, rule)
        self.value = value
        self.object = None
        self.deleted = False
        self.tags = []
        self.sightings = []  # (mark, organisation)
        self.proposals = []  # marks


class Person:
    """Who asks: everything (org None) or as a member of an organisation."""

    def __init__(self, name, org, key):
        self.name = name
        self.org = org
        self.key = key
        self.sent = set()  # marks in what he sent


class World:
    """The truth as the test knows it."""

    def __init__(self):
        self.orgs = []
        self.groups = {}  # id: names of organisations
        self.events = []
        self.published_only = False

    def passes(self, person, event, rule):
        distribution, group = rule
        return (
            person.org is None or person.org == event.org
            or distribution in (COMMUNITY, CONNECTED, ALL, INHERIT)
            or (distribution == GROUP and person.org in self.groups.get(group, ()))
        )

    def sees_event(self, person, e):
        if person.org in e.shown_to:
            return True
        hidden = self.published_only and not e.published and person.org not in (None, e.org)
        return e.rule[0] != INHERIT and not hidden and self.passes(person, e, e.rule)

    def sees(self, person, e, part):
        if not self.sees_event(person, e) or not self.passes(person, e, part.rule):
            return False
        inside = getattr(part, "object", None)
        return inside is None or self.passes(person, e, inside.rule)

    def visible_events(self, person):
        return [e for e in self.events if self.sees_event(person, e)]

    def attributes(self, person, e):
        """Live ones that are seen."""
        return [a for a in e.attributes if not a.deleted and self.sees(person, e, a)]

    def all_attributes(self, person):
        return [(e, a) for e in self.visible_events(person) for a in self.attributes(person, e)]

    def sightings(self, person, e, a):
        return {m for m, org in a.sightings if person.org in (None, e.org, org)}

    def related(self, person, e):
        own = {a.value for a in self.attributes(person, e)}
        return {
            o.id for o in self.visible_events(person)
            if o is not e and own & {a.value for a in self.attributes(person, o)}
        }

    def proposals(self, person, e):
        marks = set(e.proposals)
        for a in self.attributes(person, e):
            marks |= set(a.proposals)
        return marks

    def references(self, person, e):
        return {m for m, o in e.references if self.sees(person, e, o)}

    def event_marks(self, person, e):
        """All that a view of the event shows, but for related events."""
        marks = {e.mark} | {a.mark for a in self.attributes(person, e)}
        marks |= {p.mark for p in e.objects + e.reports if self.sees(person, e, p)}
        for a in self.attributes(person, e):
            marks |= self.sightings(person, e, a)
        return marks | self.references(person, e)


def marks_in(text, kinds="EAORSPX"):
    return {m for m in MARK.findall(text) if m[3] in kinds}


class Scene:
    """The server, its people, and the world they made."""

    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.world = World()
        self.number = 0
        self.people = []

    def next(self):
        self.number += 1
        return self.number

    # --- asking

    def raw(self, person, method, path, body=None):
        text = None if body is None else json.dumps(body)
        person.sent |= marks_in(text or "")
        status, _, answer = self.server.ask(
            method, path, text, key=person.key,
            headers={"Accept": "application/json", "Content-Type": "application/json"})
        return status, answer.decode(errors="replace")

    def get(self, person, method, path, body=None):
        status, text = self.raw(person, method, path, body)
        if status != 200:
            raise RuntimeError(f"{person.name} {method} {path} {body}: {status} {text[:300]}")
        return text

    def json(self, person, method, path, body=None):
        return json.loads(self.get(person, method, path, body))

    # --- making

    def found_orgs(self, names):
        self.admin = Person("admin", None, self.server.key)
        self.people = [self.admin]
        self.org_ids = {}
        for name in names:
            org = self.json(self.admin, "POST", "/admin/organisations/add", {"name": name})
            self.org_ids[name] = org["Organisation"]["id"]
            user = self.json(self.admin, "POST", "/admin/users/add", {
                "email": f"{name.lower()}@example.org", "org_id": self.org_ids[name],
                "role_id": "2"})
            self.people.append(Person(name, name, user["User"]["authkey"]))
        self.world.orgs = list(names)

    def found_groups(self, count):
        for i in range(count):
            group = self.json(self.admin, "POST", "/sharingGroups/add", {"name": f"group {i}"})
            gid = int(group["SharingGroup"]["id"])
            self.world.groups[gid] = set()
            for org in self.random.sample(self.world.orgs, self.random.randint(0, 3)):
                self.join(gid, org)

    def join(self, gid, org):
        self.get(self.admin, "POST", "/sharingGroups/addOrg",
                 {"sg_id": gid, "org_id": self.org_ids[org]})
        self.world.groups[gid].add(org)

    def leave(self, gid, org):
        self.get(self.admin, "POST", "/sharingGroups/removeOrg",
                 {"sg_id": gid, "org_id": self.org_ids[org]})
        self.world.groups[gid].discard(org)

    def member(self, org):
        return next(p for p in self.people if p.org == org)

    def rule(self, org, highest):
        """A distribution that the organisation may give."""
        own = [g for g, orgs in self.world.groups.items() if org in orgs]
        distribution = self.random.randint(0, highest)
        if distribution == GROUP and not own:
            distribution = ORG
        return distribution, self.random.choice(own) if distribution == GROUP else 0

    def make_attribute(self, org):
        n = self.next()
        shared = self.random.random() < 0.6
        value = f"v{self.random.randrange(POOL)}.example" if shared else f"own{n}.example"
        a = Attribute(n, self.rule(org, INHERIT), value)
        a.tags = self.random.sample(["one", "two", "three"], self.random.randint(0, 2))
        return a

    @staticmethod
    def as_json(thing, **more):
        return {"distribution": thing.rule[0], "sharing_group_id": thing.rule[1], **more}

    def attribute_json(self, a, **more):
        return self.as_json(a, type="domain", value=a.value, comment=a.mark,
                            Tag=[{"name": t} for t in a.tags], **more)

    def make_event(self):
        org = self.random.choice(self.world.orgs)
        e = Event(self.next(), self.rule(org, GROUP), org)
        e.tags = self.random.sample(["one", "two", "four"], self.random.randint(0, 2))
        seen = set()
        for _ in range(self.random.randint(0, 4)):
            a = self.make_attribute(org)
            if a.value not in seen:
                seen.add(a.value)
                e.attributes.append(a)
        for _ in range(self.random.randint(0, 3)):
            o = Thing("O", self.next(), self.rule(org, INHERIT))
            o.attributes = [self.make_attribute(org) for _ in range(self.random.randint(1, 3))]
            for a in o.attributes:
                a.object = o
            e.objects.append(o)
        e.reports = [Thing("R", self.next(), self.rule(org, INHERIT))
                     for _ in range(self.random.randint(0, 2))]
        body = self.as_json(
            e, info=e.mark, Tag=[{"name": t} for t in e.tags],
            Attribute=[self.attribute_json(a) for a in e.attributes],
            Object=[self.as_json(o, name="file", comment=o.mark, Attribute=[
                self.attribute_json(a, object_relation="domain") for a in o.attributes])
                for o in e.objects],
            EventReport=[self.as_json(r, name=r.mark, content="text") for r in e.reports])
        self.learn(e, self.json(self.member(org), "POST", "/events/add", {"Event": body})["Event"])
        self.world.events.append(e)

    @staticmethod
    def learn(e, answer):
        """Ids and uuids by the marks."""
        e.id, e.uuid = int(answer["id"]), answer["uuid"]
        by_mark = {}
        for a in answer["Attribute"]:
            by_mark[a["comment"]] = a
        for o in answer["Object"]:
            by_mark[o["comment"]] = o
            for a in o["Attribute"]:
                by_mark[a["comment"]] = a
        for r in answer["EventReport"]:
            by_mark[r["name"]] = r
        for o in e.objects:
            e.attributes += o.attributes
        for part in e.attributes + e.objects + e.reports:
            found = by_mark[part.mark]
            part.id, part.uuid = int(found["id"]), found["uuid"]

    def sight(self):
        for person in self.people[1:]:
            seen = self.world.all_attributes(person)
            for e, a in self.random.sample(seen, min(4, len(seen))):
                mark = f"mk-S{self.next()}x"
                self.get(person, "POST", f"/sightings/add/{a.id}", {"source": mark})
                a.sightings.append((mark, person.org))

    def propose(self):
        for person in self.people[1:]:
            for e in self.world.visible_events(person):
                if e.org == person.org or self.random.random() < 0.6:
                    continue
                mark = f"mk-P{self.next()}x"
                self.get(person, "POST", f"/shadowAttributes/add/{e.id}", {
                    "type": "text", "category": "Other", "value": mark, "comment": mark})
                e.proposals.append(mark)
                for a in self.world.attributes(person, e)[:2]:
                    mark = f"mk-P{self.next()}x"
                    self.get(person, "POST", f"/shadowAttributes/edit/{a.id}", {
                        "type": "domain", "category": "Network activity",
                        "value": a.value, "comment": mark})
                    a.proposals.append(mark)

    def refer(self):
        for e in self.world.events:
            for o in e.objects:
                target = self.random.choice(e.objects + e.attributes)
                mark = f"mk-X{self.next()}x"
                self.get(self.member(e.org), "POST", "/objectReferences/add", {
                    "object_uuid": o.uuid, "referenced_uuid": target.uuid,
                    "relationship_type": "related-to", "comment": mark})
                e.references.append((mark, o))

    # --- changing

    def change(self):
        """Other rules for some things, other members, some deleted."""
        pick = self.random.choice
        for _ in range(14):
            e = pick(self.world.events)
            owner = self.member(e.org)
            if e.objects:
                o = pick(e.objects)
                o.rule = self.rule(e.org, INHERIT)
                self.get(owner, "POST", f"/objects/edit/{o.id}", {"Object": self.as_json(o)})
            if e.attributes:
                a = pick(e.attributes)
                a.rule = self.rule(e.org, INHERIT)
                self.get(owner, "POST", f"/attributes/edit/{a.id}", self.as_json(a))
            if e.reports:
                r = pick(e.reports)
                r.rule = self.rule(e.org, INHERIT)
                self.get(owner, "POST", f"/eventReports/edit/{r.id}", self.as_json(r))
        for e in self.random.sample(self.world.events, 6):
            e.rule = self.rule(e.org, GROUP)
            self.get(self.member(e.org), "POST", f"/events/edit/{e.id}", self.as_json(e))
            e.published = False
        for e in self.world.events:
            live = [a for a in e.attributes if not a.deleted]
            if live and self.random.random() < 0.2:
                a = pick(live)
                self.get(self.member(e.org), "POST", f"/attributes/delete/{a.id}")
                a.deleted = True
        for gid, orgs in self.world.groups.items():
            org = pick(self.world.orgs)
            (self.leave if org in orgs else self.join)(gid, org)

    def publish(self):
        for e in self.world.events:
            e.published = self.random.random() < 0.5
            path = "publish" if e.published else "unpublish"
            self.get(self.admin, "POST", f"/events/{path}/{e.id}")

    def delegate(self):
        hidden = [e for e in self.world.events if e.rule[0] == ORG]
        for e in self.random.sample(hidden, min(3, len(hidden))):
            to = self.random.choice([o for o in self.world.orgs if o != e.org])
            self.get(self.member(e.org), "POST", f"/eventDelegations/delegateEvent/{e.id}",
                     {"org_id": self.org_ids[to], "distribution": -1})
            e.shown_to.add(to)

    def set_private(self, value):
        self.get(self.admin, "POST", "/servers/serverSettingsEdit/MISP.unpublishedprivate",
                 {"value": value})
        self.world.published_only = value


class Check:
    """Compares every route's answers to one person with the world."""

    def __init__(self, scene, person):
        self.scene = scene
        self.world = scene.world
        self.person = person
        self.wrong = []
        self.asked = 0
        self.events = self.world.visible_events(person)
        self.found = self.world.all_attributes(person)
        self.allowed = set()
        for e in self.events:
            self.allowed |= self.world.event_marks(person, e)
            self.allowed |= self.world.proposals(person, e)
            if person.org in (None, e.org):
                self.allowed |= {a.mark for a in e.attributes}
                for a in e.attributes:
                    self.allowed |= self.world.sightings(person, e, a)
                    self.allowed |= set(a.proposals)

    def note(self, what, found, expected):
        self.asked += 1
        if found != expected:
            if isinstance(found, set) and isinstance(expected, set):
                found, expected = sorted(found - expected), sorted(expected - found)
                self.wrong.append(f"{what}: leaked {found}, hid {expected}")
            else:
                self.wrong.append(f"{what}: {found!r}, expected {expected!r}")

    def text(self, method, path, body=None):
        """An answer in which nothing may stand that is hidden."""
        status, text = self.scene.raw(self.person, method, path, body)
        self.asked += 1
        leaked = marks_in(text) - self.allowed
        if status != 200 or leaked:
            self.wrong.append(f"{method} {path} {body}: {status} leaked {sorted(leaked)}")
        return text

    def marks(self, what, kinds, expected, method, path, body=None):
        self.note(what, marks_in(self.text(method, path, body), kinds), expected)

    def run(self):
        for part in (self.lists, self.single_events, self.single_parts, self.searches,
                     self.filters, self.native, self.lookups, self.tags, self.sightings,
                     self.correlations, self.exports, self.deleted, self.groups):
            part()
        return self

    # --- the routes

    def lists(self):
        events = json.loads(self.text("GET", "/events/index"))
        self.note("events/index", {e["info"] for e in events}, {e.mark for e in self.events})
        counts = {e["info"]: int(e["attribute_count"]) for e in events}
        expected = {e.mark: len(self.world.attributes(self.person, e)) for e in self.events}
        self.note("events/index counts", counts, expected)
        minimal = json.loads(self.text("POST", "/events/index", {"minimal": 1}))
        self.note("events/index minimal", {e["uuid"] for e in minimal},
                  {e.uuid for e in self.events})
        found = json.loads(self.text("GET", "/attributes/index/limit:100000"))
        self.note("attributes/index", marks_in(json.dumps(found), "A"),
                  {a.mark for _, a in self.found})
        stats = json.loads(self.text("GET", "/users/statistics"))["stats"]
        self.note("statistics", (stats["event_count"], stats["attribute_count"]),
                  (len(self.events), len(self.found)))
        for path in OTHER_LISTS:
            status, text = self.scene.raw(self.person, "GET", path)
            is_log = "ogs" in path or "audit" in path  # has what his own people did
            hidden = {v for v in self.hidden_values() if v in text and not is_log}
            seen = self.allowed | (self.person.sent if is_log else set())
            self.note(f"{path}: {status}", (marks_in(text) - seen, hidden, status < 500),
                      (set(), set(), True))

    def like_nothing(self, method, path, ref, nothing, body=None):
        """What is hidden answers as what is not there, but for the reference."""
        hidden = self.scene.raw(self.person, method, path.format(ref), body)
        absent = self.scene.raw(self.person, method, path.format(nothing), body)
        same = (hidden[0], hidden[1].replace(str(ref), "REF")) == (
            absent[0], absent[1].replace(str(nothing), "REF"))
        self.note(f"{method} {path} of {ref}", (same, hidden[0] != 200), (True, True))

    def named(self, path, thing, body):
        """The same for references that stand in the body."""
        texts = []
        for ref in (thing.uuid, self.NO_UUID):
            filled = {k: ref if v == "REF" else v for k, v in body.items()}
            status, text = self.scene.raw(self.person, "POST", path, filled)
            texts.append((status, text.replace(ref, "REF")))
        self.note(f"POST {path} with {thing.mark}", texts[0], texts[1])

    NO_UUID = "11111111-2222-4333-8444-555555555555"

    def hidden(self, thing, paths, posts=()):
        for path in paths:
            self.like_nothing("GET", path, thing.id, NOWHERE)
            self.like_nothing("GET", path, thing.uuid, self.NO_UUID)
            self.like_nothing("HEAD", path, thing.id, NOWHERE)
        for path, body in posts:
            self.like_nothing("POST", path, thing.id, NOWHERE, body)
            self.like_nothing("POST", path, thing.uuid, self.NO_UUID, body)

    def single_events(self):
        for e in self.world.events:
            if e not in self.events:
                self.hidden(e, ["/events/view/{}", "/api/events/{}", "/api/correlate/{}",
                                "/eventReports/index/event_id:{}", "/shadowAttributes/index/{}",
                                "/events/view/{}/extended:true"],
                            [("/events/edit/{}", {"info": "x"}), ("/events/delete/{}", {}),
                             ("/attributes/add/{}", {"type": "text", "value": "x"}),
                             ("/objects/add/{}", {"name": "file", "Attribute": []}),
                             ("/events/publish/{}", {}),
                             ("/eventReports/add/{}", {"name": "x", "content": "x"}),
                             ("/events/freeTextImport/{}", {"value": "192.0.2.1"}),
                             ("/shadowAttributes/add/{}", {"type": "text", "value": "x"}),
                             ("/eventDelegations/delegateEvent/{}", {"org_id": 1})])
                continue
            for ref in (e.id, e.uuid):
                text = self.text("GET", f"/events/view/{ref}")
                view = json.loads(text)["Event"]
                related = {int(r["Event"]["id"]) for r in view.pop("RelatedEvent")}
                self.note(f"view {e.mark}", marks_in(json.dumps(view)),
                          self.world.event_marks(self.person, e)
                          | self.world.proposals(self.person, e))
                self.note(f"related {e.mark}", related, self.world.related(self.person, e))
                self.note(f"count {e.mark}", int(view["attribute_count"]),
                          len(self.world.attributes(self.person, e)))
            metadata = json.loads(self.text("GET", f"/events/view/{e.id}/metadata:1"))["Event"]
            self.note(f"metadata {e.mark}", int(metadata["attribute_count"]),
                      len(self.world.attributes(self.person, e)))
            self.note(f"native {e.mark}", marks_in(self.text("GET", f"/api/events/{e.id}")),
                      self.world.event_marks(self.person, e))
            self.marks(f"reports {e.mark}", "R",
                       {r.mark for r in e.reports if self.world.sees(self.person, e, r)},
                       "GET", f"/eventReports/index/event_id:{e.id}")

    def single_parts(self):
        for e in self.world.events:
            for part in e.attributes + e.objects + e.reports:
                name = {"A": "attributes", "O": "objects", "R": "eventReports"}[part.kind]
                deleted = getattr(part, "deleted", False)
                gone = deleted and self.person.org not in (None, e.org)
                if self.world.sees(self.person, e, part) and not gone:
                    if not deleted:
                        self.note(f"view {part.mark}", part.mark in
                                  marks_in(self.text("GET", f"/{name}/view/{part.id}")), True)
                    if part.kind == "O":
                        expected = {a.mark for a in part.attributes
                                    if not a.deleted and self.world.sees(self.person, e, a)}
                        self.marks(f"in {part.mark}", "A", expected, "GET",
                                   f"/objects/view/{part.uuid}")
                    continue
                posts = [(f"/{name}/edit/{{}}", {"comment": "x"}), (f"/{name}/delete/{{}}", {})]
                paths = [f"/{name}/view/{{}}"]
                if part.kind == "A":
                    posts.append(("/sightings/add/{}", {"source": "x"}))
                    posts.append(("/attributes/restore/{}", {}))
                    posts.append(("/shadowAttributes/edit/{}", {"comment": "x"}))
                    paths += ["/api/history/{}", "/api/attributes/{}/file",
                              "/attributes/download/{}", "/attributes/downloadAttachment/{}"]
                self.hidden(part, paths, posts)
                self.named("/tags/attachTagToObject", part, {"uuid": "REF", "tag": "one"})
                self.named("/tags/removeTagFromObject", part, {"uuid": "REF", "tag": "one"})
                self.named("/sightings/add", part, {"uuid": "REF", "source": "x"})
                self.named("/sightings/listSightings", part, {"id": "REF", "context": "attribute"})
                self.named("/sightings/restSearch/attribute", part, {"uuid": "REF"})
                self.named("/objectReferences/add", part, {
                    "object_uuid": "REF", "referenced_uuid": self.NO_UUID,
                    "relationship_type": "x"})

    def searches(self):
        values = {a.value for _, a in self.found}
        attributes = {a.mark for _, a in self.found}
        events = {e.mark for e in self.events}
        parts = set()
        for e in self.events:
            parts |= self.world.event_marks(self.person, e)
        for scope in ("events", "attributes"):
            path = f"/{scope}/restSearch"
            self.marks(f"{scope} json", "A", attributes, "POST", path, {})
            self.marks(f"{scope} csv", "A", attributes, "POST", path, {"returnFormat": "csv"})
            text = self.text("POST", path, {"returnFormat": "text", "published": [0, 1],
                                            "to_ids": [0, 1]})
            self.note(f"{scope} text", set(text.split()), values)
            for more in ("xml", "hashes", "suricata", "snort", "openioc", "yara", "rpz", "cache",
                         "hosts", "netfilter", "opendata", "attack", "context"):
                status, text = self.scene.raw(self.person, "POST", path, {"returnFormat": more})
                if status == 200:
                    hidden = self.hidden_values()
                    self.note(f"{scope} {more}", (marks_in(text) - self.allowed,
                                                  {v for v in hidden if v in text}), (set(), set()))
        self.marks("events json whole", "EAORSX", parts | events, "POST",
                   "/events/restSearch", {})
        self.marks("events metadata", "E", events, "POST", "/events/restSearch", {"metadata": 1})
        self.note("events count", json.loads(self.text(
            "POST", "/events/restSearch", {"returnFormat": "count"})), len(events))
        self.note("attributes count", json.loads(self.text(
            "POST", "/attributes/restSearch", {"returnFormat": "count"})), len(attributes))
        objects = {o.mark for e in self.events for o in e.objects
                   if any(a.object is o for a in self.world.attributes(self.person, e))}
        self.marks("objects json", "O", objects, "POST", "/objects/restSearch", {})
        inside = {a.mark for _, a in self.found if a.object}
        self.marks("objects' attributes", "A", inside, "POST", "/objects/restSearch", {})

    def hidden_values(self):
        """Values of one attribute each that is hidden, long enough not to be
        part of others."""
        seen = {a.value for _, a in self.found}
        return {a.value for e in self.world.events for a in e.attributes
                if a.value not in seen and a.value.startswith("own")}

    def filters(self):
        for value in [f"v{i}.example" for i in range(POOL)]:
            hits = [(e, a) for e, a in self.found if a.value == value]
            self.marks(f"value {value}", "A", {a.mark for _, a in hits}, "POST",
                       "/attributes/restSearch", {"value": value})
            self.marks(f"events of {value}", "E", {e.mark for e, _ in hits}, "POST",
                       "/events/restSearch",
                       {"value": value, "metadata": 1, "includeEventCorrelations": 0})
        for tag in ("one", "three", "four"):
            hits = {a.mark for e, a in self.found if tag in a.tags or tag in e.tags}
            self.marks(f"tag {tag}", "A", hits, "POST", "/attributes/restSearch", {"tags": [tag]})
        for gid, _ in self.world.groups.items():
            rules = (GROUP, gid)
            hits = {a.mark for e, a in self.found
                    if rules in (e.rule, a.rule, a.object.rule if a.object else None)}
            self.marks(f"group {gid}", "A", hits, "POST", "/attributes/restSearch",
                       {"sharinggroup": gid})
        for e in self.world.events:
            for a in e.attributes[:2]:
                seen = a in [x for _, x in self.found]
                self.marks(f"uuid of {a.mark}", "A", {a.mark} if seen else set(), "POST",
                           "/attributes/restSearch", {"uuid": a.uuid})
            self.marks(f"eventid {e.mark}", "A",
                       {a.mark for f, a in self.found if f is e}, "POST",
                       "/attributes/restSearch", {"eventid": e.id})

    def native(self):
        page = json.loads(self.text("GET", "/api/search?limit=1000"))
        self.note("search", {r["comment"] for r in page["rows"]}, {a.mark for _, a in self.found})
        self.note("search total", page["total"], len(self.found))
        sighted = {a.mark for e, a in self.found if self.world.sightings(self.person, e, a)}
        for answer, expected in (("yes", sighted), ("no", {a.mark for _, a in self.found} - sighted)):
            rows = json.loads(self.text("GET", f"/api/search?sighted={answer}&limit=1000"))["rows"]
            self.note(f"sighted={answer}", {r["comment"] for r in rows}, expected)
        facets = json.loads(self.text("GET", "/api/facets"))
        self.note("facets", (facets["total"], facets["events"]),
                  (len(self.found), len({e.id for e, _ in self.found})))
        counts = {}
        for e, a in self.found:
            for tag in set(e.tags) | set(a.tags):
                counts[tag] = counts.get(tag, 0) + 1
        self.note("facets' tags", {t["tag"]: t["count"] for t in facets["tags"]}, counts)
        self.marks("correlate absent", "E", set(), "GET", "/api/search?value=absent.example")

    def lookups(self):
        values = sorted({a.value for e in self.world.events for a in e.attributes})
        answer = json.loads(self.text("POST", "/api/ask", {"text": "\n".join(values)}))
        found = {f["value"]: (f["events"], f["attributes"]) for f in answer["found"]}
        expected = {}
        for value in values:
            hits = [(e.id, a.id) for e, a in self.found if a.value == value]
            if hits:
                expected[value] = (len({e for e, _ in hits}), len(hits))
        self.note("ask", found, expected)
        tags = {f["value"]: set(f["tags"]) for f in answer["found"]}
        sighted = {f["value"]: sum(f["sightings"][k] for k in ("count", "false_positives"))
                   for f in answer["found"]}
        self.note("ask's sightings", sighted, {
            v: sum(len(self.world.sightings(self.person, e, a))
                   for e, a in self.found if a.value == v) for v in expected})
        self.note("ask's tags", tags, {
            v: {t for e, a in self.found if a.value == v for t in set(a.tags) | set(e.tags)}
            for v in expected})

    def tags(self):
        found = {t["name"]: t for t in json.loads(self.text("GET", "/tags/index"))["Tag"]}
        for tag in ("one", "two", "three", "four"):
            if tag not in found:
                continue
            self.note(f"tags/index {tag}", int(found[tag]["count"]),
                      sum(tag in e.tags for e in self.events))
            if "attribute_count" in found[tag]:
                self.note(f"tags/index {tag}: attributes", int(found[tag]["attribute_count"]),
                          sum(tag in a.tags for _, a in self.found))
        types = json.loads(self.text("GET", "/attributes/attributeStatistics/type"))
        if isinstance(types, dict):
            self.note("types", int(types.get("domain", 0)), len(self.found))

    def sightings(self):
        everything = set()
        for e in self.world.events:
            seen = set()
            for a in e.attributes:
                own = self.world.sightings(self.person, e, a)
                if e in self.events and not a.deleted and self.world.sees(self.person, e, a):
                    seen |= own
                    self.marks(f"sightings of {a.mark}", "S", own, "POST",
                               "/sightings/listSightings", {"context": "attribute", "id": a.id})
            everything |= seen
            if e in self.events:
                self.marks(f"sightings of {e.mark}", "S", seen, "POST",
                           "/sightings/listSightings", {"context": "event", "id": e.id})
        self.marks("sightings", "S", everything, "POST", "/sightings/restSearch",
                   {"includeAttribute": 1, "includeEvent": 1})

    def correlations(self):
        for e in self.events:
            shared = json.loads(self.text("GET", f"/api/correlate/{e.id}"))
            found = {v["value"]: {x["id"] for x in v["events"]} for v in shared["values"]}
            expected = {}
            for a in self.world.attributes(self.person, e):
                others = {o.id for o, b in self.found if b.value == a.value and o is not e}
                if others:
                    expected[a.value] = others
            self.note(f"correlate {e.mark}", found, expected)
        answer = json.loads(self.text("POST", "/attributes/restSearch", {"includeCorrelations": 1}))
        for row in answer["response"]["Attribute"]:
            found = {int(r["id"]) for r in row.get("RelatedAttribute", [])}
            expected = {a.id for e, a in self.found
                        if a.value == row["value"] and e.id != int(row["event_id"])}
            self.note(f"related of {row['comment']}", found, expected)

    def exports(self):
        attributes = {a.mark for _, a in self.found}
        gone = self.own_deleted()
        for form in ("misp", "ndjson"):  # events whole: with what was deleted
            self.marks(f"export {form}", "A", attributes | gone, "GET",
                       f"/api/export?format={form}")
        for form in ("attributes", "csv"):
            self.marks(f"export {form}", "A", attributes, "GET", f"/api/export?format={form}")
        self.note("export text", set(self.text("GET", "/api/export?format=text").split()),
                  {a.value for _, a in self.found})

    def own_deleted(self):
        return {a.mark for e in self.events for a in e.attributes
                if a.deleted and self.person.org in (None, e.org)}

    def deleted(self):
        gone = self.own_deleted()
        self.marks("deleted only", "A", gone, "POST", "/attributes/restSearch", {"deleted": "only"})
        for e in self.events:
            if any(a.deleted for a in e.attributes):
                own = {a.mark for a in e.attributes
                       if a.deleted and self.person.org in (None, e.org)}
                self.marks(f"deleted in {e.mark}", "A",
                           own | {a.mark for a in self.world.attributes(self.person, e)},
                           "POST", f"/events/view/{e.id}",
                           {"deleted": [0, 1], "includeEventCorrelations": 0})

    def groups(self):
        own = {g for g, orgs in self.world.groups.items()
               if self.person.org is None or self.person.org in orgs}
        found = json.loads(self.text("GET", "/sharingGroups/index"))["response"]
        self.note("groups", {int(g["SharingGroup"]["id"]) for g in found}, own)
        for gid in set(self.world.groups) - own:
            for path in ("/sharingGroups/view/{}",):
                self.like_nothing("GET", path, gid, NOWHERE)
            self.like_nothing("POST", "/sharingGroups/edit/{}", gid, NOWHERE, {"name": "x"})
            self.like_nothing("POST", "/sharingGroups/delete/{}", gid, NOWHERE, {})
            status, _ = self.scene.raw(self.person, "POST", "/events/add", {
                "info": "x", "distribution": 4, "sharing_group_id": gid})
            self.note(f"use of group {gid}", status, 403)


def check_round(tap, scene, what):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        checks = list(pool.map(lambda p: Check(scene, p).run(), scene.people))
    asked = sum(c.asked for c in checks)
    wrong = [f"{c.person.name}: {w}" for c in checks for w in c.wrong]
    tap.check(f"{what}: {asked} answers, none leaks or hides", not wrong,
              f"{len(wrong)} wrong\n" + "\n".join(w[:300] for w in wrong[:int(os.environ.get("KIZASHI_SHOWN", 12))]))


def check_seed(tap, program, seed):
    with tempfile.TemporaryDirectory(prefix="kz-visibility-") as folder:
        store = Store(program, pathlib.Path(folder, "store"))
        with store.serve() as server:
            scene = Scene(server, seed)
            scene.found_orgs(["Alpha", "Beta", "Gamma", "Delta"])
            scene.found_groups(4)
            for _ in range(EVENTS):
                scene.make_event()
            scene.sight()
            scene.propose()
            scene.refer()
            check_round(tap, scene, f"seed {seed}")
            scene.change()
            check_round(tap, scene, f"seed {seed}, rules changed")
            scene.publish()
            scene.delegate()
            scene.set_private(True)
            check_round(tap, scene, f"seed {seed}, unpublished events are private")
            tap.equal(f"seed {seed}: the server stops in order", server.stop(), 0)
        verified = store.run("verify")
        tap.check(f"seed {seed}: the store is whole", verified.returncode == 0,
                  verified.stderr.decode(errors="replace"))


def main():
    tap = Tap()
    for seed in [int(s) for s in sys.argv[2:]] or [1, 2]:
        check_seed(tap, sys.argv[1], seed)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
