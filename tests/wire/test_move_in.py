#!/usr/bin/env python3
"""Moving in: a MISP database, as a dump and from a running MariaDB, compared
field by field with what was put in. The server is a private one; without
mariadb-server its part is skipped. Prints TAP.

usage: test_move_in.py KIZASHI
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import mariadb  # noqa: E402
from misp_database import World  # noqa: E402
from program import Store, Tap  # noqa: E402


def moment(us):
    if us is None:
        return None
    return datetime.fromtimestamp(us / 1e6, timezone.utc).isoformat(timespec="microseconds")


def by(rows, key):
    found = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


class Expected:
    """The world as MISP's JSON says it, by uuid."""

    def __init__(self, world):
        rows = world.rows
        self.orgs = {row["id"]: row for row in rows["organisations"]}
        self.users = {row["id"]: row for row in rows["users"]}
        self.tags = {row["id"]: row for row in rows["tags"]}
        self.groups = {row["id"]: row for row in rows["sharing_groups"]}
        self.event_tags = by(rows["event_tags"], "event_id")
        self.attribute_tags = by(rows["attribute_tags"], "attribute_id")
        self.sightings = by(rows["sightings"], "attribute_id")
        self.references = by(rows["object_references"], "object_id")
        self.attributes = by(rows["attributes"], "event_id")
        self.objects = by(rows["objects"], "event_id")
        self.reports = by(rows["event_reports"], "event_id")
        self.events = {row["uuid"]: self.event(row) for row in rows["events"]}

    def tag(self, row):
        tag = self.tags[row["tag_id"]]
        return (tag["name"], tag["colour"], bool(row["local"]), row.get("relationship_type") or "")

    def group(self, row):
        """The group's name: its number is another one here."""
        return self.groups[row["sharing_group_id"]]["uuid"] if row["distribution"] == 4 else None

    def attribute(self, row):
        value = row["value1"] + ("|" + row["value2"] if row["value2"] else "")
        return {
            "uuid": row["uuid"], "type": row["type"], "category": row["category"], "value": value,
            "to_ids": bool(row["to_ids"]), "timestamp": str(row["timestamp"]),
            "distribution": str(row["distribution"]), "group": self.group(row),
            "comment": row["comment"], "deleted": bool(row["deleted"]),
            "disable_correlation": bool(row["disable_correlation"]),
            "object_relation": row["object_relation"], "first_seen": moment(row["first_seen"]),
            "last_seen": moment(row["last_seen"]),
            "tags": sorted(self.tag(tag) for tag in self.attribute_tags.get(row["id"], [])),
            "sightings": sorted(
                (s["uuid"], str(s["type"]), str(s["date_sighting"]), s["source"],
                 self.orgs[s["org_id"]]["uuid"]) for s in self.sightings.get(row["id"], [])),
        }

    def object(self, row, attributes):
        return {
            "uuid": row["uuid"], "name": row["name"], "meta-category": row["meta-category"],
            "description": row["description"], "template_uuid": row["template_uuid"],
            "template_version": str(row["template_version"]), "timestamp": str(row["timestamp"]),
            "distribution": str(row["distribution"]), "group": self.group(row),
            "comment": row["comment"], "deleted": bool(row["deleted"]),
            "first_seen": moment(row["first_seen"]), "last_seen": moment(row["last_seen"]),
            "references": sorted(
                (r["uuid"], r["referenced_uuid"], r["relationship_type"], r["comment"])
                for r in self.references.get(row["id"], [])),
            "attributes": sorted((self.attribute(a) for a in attributes), key=lambda a: a["uuid"]),
        }

    def event(self, row):
        attributes = by(self.attributes.get(row["id"], []), "object_id")
        return {
            "uuid": row["uuid"], "info": row["info"], "date": row["date"],
            "published": bool(row["published"]), "analysis": str(row["analysis"]),
            "threat_level_id": str(row["threat_level_id"]), "timestamp": str(row["timestamp"]),
            "publish_timestamp": str(row["publish_timestamp"]), "locked": bool(row["locked"]),
            "distribution": str(row["distribution"]), "group": self.group(row),
            "disable_correlation": bool(row["disable_correlation"]),
            "extends_uuid": row["extends_uuid"], "org": self.orgs[row["org_id"]]["uuid"],
            "orgc": self.orgs[row["orgc_id"]]["uuid"],
            "email": self.users[row["user_id"]]["email"],
            "tags": sorted(self.tag(tag) for tag in self.event_tags.get(row["id"], [])),
            "attributes": sorted((self.attribute(a) for a in attributes.get(0, [])),
                                 key=lambda a: a["uuid"]),
            "objects": sorted((self.object(o, attributes.get(o["id"], []))
                               for o in self.objects.get(row["id"], [])), key=lambda o: o["uuid"]),
            "reports": sorted((r["uuid"], r["name"], r["content"], str(r["timestamp"]))
                              for r in self.reports.get(row["id"], [])),
        }


class Found:
    """What a server tells of the same."""

    def __init__(self, server):
        self.server = server
        groups = self.get("/sharing_groups/index")["response"]
        self.groups = {g["SharingGroup"]["id"]: g["SharingGroup"]["uuid"] for g in groups}

    def get(self, path):
        status, _, body = self.server.ask("GET", path, headers={"Accept": "application/json"})
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:300]!r}")
        return json.loads(body)

    def group(self, thing):
        return self.groups[thing["sharing_group_id"]] if thing["distribution"] == "4" else None

    @staticmethod
    def tags(thing):
        return sorted((t["name"], t["colour"], bool(t["local"]), t.get("relationship_type") or "")
                      for t in thing.get("Tag", []))

    def attribute(self, a):
        names = ("uuid", "type", "category", "value", "to_ids", "timestamp", "distribution",
                 "comment", "deleted", "disable_correlation", "object_relation")
        return {
            **{name: a[name] for name in names}, "group": self.group(a),
            "first_seen": a.get("first_seen"), "last_seen": a.get("last_seen"),
            "tags": self.tags(a),
            "sightings": sorted((s["uuid"], s["type"], s["date_sighting"], s["source"],
                                 s["Organisation"]["uuid"]) for s in a.get("Sighting", [])),
        }

    def object(self, o):
        names = ("uuid", "name", "meta-category", "description", "template_uuid",
                 "template_version", "timestamp", "distribution", "comment", "deleted")
        return {
            **{name: o[name] for name in names}, "group": self.group(o),
            "first_seen": o.get("first_seen"), "last_seen": o.get("last_seen"),
            "references": sorted((r["uuid"], r["referenced_uuid"], r["relationship_type"],
                                  r["comment"]) for r in o.get("ObjectReference", [])),
            "attributes": sorted((self.attribute(a) for a in o.get("Attribute", [])),
                                 key=lambda a: a["uuid"]),
        }

    def event(self, uuid):
        e = self.get(f"/events/view/{uuid}/deleted:[0,1]")["Event"]
        names = ("uuid", "info", "date", "published", "analysis", "threat_level_id", "timestamp",
                 "publish_timestamp", "locked", "distribution", "disable_correlation")
        return {
            **{name: e[name] for name in names}, "group": self.group(e),
            "extends_uuid": e["extends_uuid"], "org": e["Org"]["uuid"], "orgc": e["Orgc"]["uuid"],
            "email": e.get("event_creator_email"), "tags": self.tags(e),
            "attributes": sorted((self.attribute(a) for a in e["Attribute"]), key=lambda a: a["uuid"]),
            "objects": sorted((self.object(o) for o in e["Object"]), key=lambda o: o["uuid"]),
            "reports": sorted((r["uuid"], r["name"], r["content"], r["timestamp"])
                              for r in e.get("EventReport", [])),
        }


def differences(found, expected, path=""):
    """Where two trees differ, one line each."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in expected:
            yield from differences(found.get(key), expected[key], f"{path}.{key}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, (a, b) in enumerate(zip(found, expected)):
            yield from differences(a, b, f"{path}[{number}]")
    elif found != expected:
        yield f"{path}: found {found!r}, expected {expected!r}"


def compare_people(tap, name, world, found):
    orgs = {o["Organisation"]["uuid"]: o["Organisation"] for o in found.get("/organisations/index/scope:all")}
    wrong = []
    for row in world.rows["organisations"]:
        org = orgs.get(row["uuid"], {})
        for key in ("name", "description", "type", "nationality", "sector", "contacts"):
            if org.get(key) != row[key]:
                wrong.append(f"{row['name']}.{key}: {org.get(key)!r}")
        if bool(org.get("local")) != bool(row["local"]):
            wrong.append(f"{row['name']}.local")
    tap.equal(f"{name}: organisations", wrong, [])
    users = {u["User"]["email"]: u for u in found.get("/admin/users/index")}
    wrong = []
    for row in world.rows["users"]:
        user = users.get(row["email"])
        if not user:
            wrong.append(f"{row['email']} is missing")
            continue
        org = next(o for o in world.rows["organisations"] if o["id"] == row["org_id"])
        role = next(r for r in world.rows["roles"] if r["id"] == row["role_id"])
        told = (user["Organisation"]["name"], user["Role"]["name"], user["User"]["disabled"],
                user["User"]["autoalert"], user["User"]["nids_sid"], user["User"]["change_pw"])
        due = (org["name"], role["name"], bool(row["disabled"]), bool(row["autoalert"]),
               str(row["nids_sid"]), True)
        if told != due:
            wrong.append(f"{row['email']}: found {told!r}, expected {due!r}")
    tap.equal(f"{name}: users", wrong, [])
    tap.check(f"{name}: no secret came along",
              not any(word in json.dumps(users) for word in ("$2a$10$", "kkkkkkkk", "SECRET")))
    groups = {g["SharingGroup"]["uuid"]: g for g in found.get("/sharing_groups/index")["response"]}
    wrong = []
    for row in world.rows["sharing_groups"]:
        group = groups.get(row["uuid"], {"SharingGroup": {}, "SharingGroupOrg": []})
        told = (group["SharingGroup"].get("name"), group["SharingGroup"].get("releasability"),
                sorted((o["Organisation"]["uuid"], o["extend"]) for o in group["SharingGroupOrg"]))
        own = {o["id"]: o["uuid"] for o in world.rows["organisations"]}
        due = (row["name"], row["releasability"],
               sorted((own[o["org_id"]], bool(o["extend"])) for o in world.rows["sharing_group_orgs"]
                      if o["sharing_group_id"] == row["id"]))
        if told != due:
            wrong.append(f"{row['name']}: found {told!r}, expected {due!r}")
    tap.equal(f"{name}: sharing groups", wrong, [])


def compare_proposals(tap, name, world, found):
    told = sorted((p["ShadowAttribute"]["uuid"], p["ShadowAttribute"]["value"],
                   p["ShadowAttribute"]["comment"], p["ShadowAttribute"]["event_uuid"])
                  for p in found.get("/shadow_attributes/index/all:1"))
    due = sorted((p["uuid"], p["value1"] + ("|" + p["value2"] if p["value2"] else ""),
                  p["comment"], p["event_uuid"])
                 for p in world.rows["shadow_attributes"] if not p["deleted"])
    tap.equal(f"{name}: proposals", told, due)


def compare_clusters(tap, name, world, found):
    wrong = []
    orgs = {o["id"]: o["uuid"] for o in world.rows["organisations"]}
    groups = {g["id"]: g["uuid"] for g in world.rows["sharing_groups"]}
    for row in world.rows["galaxy_clusters"]:
        if row["default"]:
            continue
        c = found.get(f"/galaxy_clusters/view/{row['uuid']}")["GalaxyCluster"]
        told = (c["value"], c["description"], c["source"], c["authors"], c["version"],
                c["distribution"], c["locked"], c["Org"]["uuid"], c["Orgc"]["uuid"],
                found.groups.get(c["sharing_group_id"]),
                sorted((e["key"], e["value"]) for e in c["GalaxyElement"]),
                [(r["referenced_galaxy_cluster_uuid"], r["referenced_galaxy_cluster_type"])
                 for r in c.get("GalaxyClusterRelation", [])])
        due = (row["value"], row["description"], row["source"], json.loads(row["authors"]),
               str(row["version"]), str(row["distribution"]), bool(row["locked"]),
               orgs[row["org_id"]], orgs[row["orgc_id"]], groups.get(row["sharing_group_id"]),
               sorted((e["key"], e["value"]) for e in world.rows["galaxy_elements"]
                      if e["galaxy_cluster_id"] == row["id"]),
               [(r["referenced_galaxy_cluster_uuid"], r["referenced_galaxy_cluster_type"])
                for r in world.rows["galaxy_cluster_relations"]
                if r["galaxy_cluster_id"] == row["id"]])
        if told != due:
            wrong.append(f"found {told!r}\nexpected {due!r}")
    tap.check(f"{name}: custom clusters", not wrong, "\n".join(wrong))


def compare(tap, name, world, store):
    expected = Expected(world)
    with store.serve() as server:
        key = store.out("key", "reset").decode().split()[-1]
        server.key = key
        found = Found(server)
        wrong = []
        for uuid, event in expected.events.items():
            wrong += differences(found.event(uuid), event, event["info"][:12])
        tap.check(f"{name}: {len(expected.events)} events, field by field", not wrong,
                  "\n".join(wrong[:15]))
        compare_people(tap, name, world, found)
        compare_proposals(tap, name, world, found)
        compare_clusters(tap, name, world, found)
        tags = {t["name"] for t in found.get("/tags/index")["Tag"]}
        tap.check(f"{name}: tags that nothing has", "never-used" in tags, tags)


def summary_of(world):
    return {
        "files": 1, "events": len(world.rows["events"]), "attributes": len(world.rows["attributes"]),
        "objects": len(world.rows["objects"]), "updated": 0, "skipped": 0, "repeated": 0, "error_count": 0,
        "organisations": len(world.rows["organisations"]), "users": len(world.rows["users"]),
        "sharing_groups": len(world.rows["sharing_groups"]),
        "proposals": len([p for p in world.rows["shadow_attributes"] if not p["deleted"]]),
        "clusters": 2, "errors": [],
    }


def move(tap, name, program, folder, world, source):
    store = Store(program, folder / name)
    tap.equal(f"{name}: the summary", store.json("import", "--misp-db", source), summary_of(world))
    compare(tap, name, world, store)
    again = store.json("import", "--misp-db", source)
    tap.equal(f"{name}: again, nothing is new",
              {key: value for key, value in again.items() if value and key != "files"},
              {"skipped": len(world.rows["events"])})
    checked = store.json("verify")
    tap.equal(f"{name}: verify", checked["problems"], 0)


def test_broken(tap, program, folder):
    """A database with damage: each is told with its line, the rest is in."""
    world = World(seed=5, events=4, attributes=5)
    whole = summary_of(world)
    world.orphan()
    text = world.sql()
    line = text[:text.index(b"INSERT INTO `objects`")].count(b"\n") + 2
    text = text.replace(b"INSERT INTO `objects` VALUES\n", b"INSERT INTO `objects` VALUES\n(oops,1),\n", 1)
    dump = folder / "broken.sql"
    dump.write_bytes(text)
    store = Store(program, folder / "broken")
    found = store.json("import", "--misp-db", dump)
    tap.equal("broken: the rest is in", (found["events"], found["attributes"], found["objects"]),
              (whole["events"], whole["attributes"], whole["objects"]))
    told = sorted(error["message"] for error in found["errors"])
    tap.check("broken: five things are told", len(told) == 5, "\n".join(told))
    lines = text.split(b"\n")
    for words, mark in (("not a row", b"oops"), ("event 999 is not there", b"192.0.2.99"),
                        ("object 77777 is not there", b"192.0.2.98"),
                        ("tag 4711 is not there", b"4711"), ("attribute: ", b"no address")):
        errors = [e for e in found["errors"] if e["message"].startswith(words)]
        tap.check(f"broken: {words}", len(errors) == 1 and mark in lines[errors[0]["line"] - 1],
                  found["errors"])
    tap.check("broken: the line of the row", any(e["line"] == line for e in found["errors"]))
    text_file = folder / "no.sql"
    text_file.write_text("CREATE TABLE `x` (`a` int);\nINSERT INTO `x` VALUES (1);\n")
    done = store.run("import", "--misp-db", text_file)
    tap.check("a dump of something else is refused", done.returncode != 0
              and b"has no events of a MISP" in done.stderr, done.stderr)
    done = store.run("import", "--misp-db", "mysql://u:hidden@127.0.0.1:1/misp")
    tap.check("no server is told, without the password", done.returncode != 0
              and b"no connection" in done.stderr and b"hidden" not in done.stderr, done.stderr)


def test_newer(tap, program, folder):
    """A second dump brings what MISP got meanwhile."""
    world = World(seed=9, events=3, attributes=4)
    dump = folder / "first.sql"
    dump.write_bytes(world.sql())
    store = Store(program, folder / "newer")
    store.json("import", "--misp-db", dump)
    event = world.rows["events"][1]
    event.update(timestamp=event["timestamp"] + 100, info="Lantern: renamed")
    added = world.attribute(event, 990)
    dump.write_bytes(world.sql())
    found = store.json("import", "--misp-db", dump)
    tap.equal("newer: one event is merged", [found[key] for key in (
        "events", "updated", "skipped", "attributes", "errors")], [0, 1, 2, 1, []])
    told = json.loads(store.out("event", event["uuid"], "--json"))
    told = told.get("Event", told)
    tap.equal("newer: what it says now", (told["info"], told["Org"]["uuid"], any(
        a["uuid"] == added["uuid"] for a in told["Attribute"])),
        ("Lantern: renamed", world.rows["organisations"][event["org_id"] - 1]["uuid"], True))


def test_killed(tap, program, folder):
    """Killed at any moment and done again, nothing is missing or twice."""
    world = World(seed=11, events=1200, attributes=8)
    dump = folder / "long.sql"
    dump.write_bytes(world.sql())
    store = Store(program, folder / "killed")
    words = [store.program, "import", "--misp-db", dump, "--store", store.folder]
    for delay in (0.1, 0.2, 0.4, 0.8):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    found = store.json("import", "--misp-db", dump)
    tap.equal("killed: all events", found["events"] + found["skipped"], len(world.rows["events"]))
    tap.equal("killed: no errors", found["errors"], [])
    stats = store.json("stats")
    tap.equal("killed: all attributes", int(stats["attributes"]), len(world.rows["attributes"]))
    tap.equal("killed: verify", store.json("verify")["problems"], 0)
    with store.serve() as server:
        server.key = store.out("key", "reset").decode().split()[-1]
        tap.equal("killed: users", len(Found(server).get("/admin/users/index")),
                  len(world.rows["users"]) + 1)
        compare_proposals(tap, "killed", world, Found(server))
        left = [path.name for path in store.folder.iterdir() if path.name.startswith("sort")]
    tap.equal("killed: nothing is left behind", left, [])


def test_servers(tap, program, folder, world):
    if not mariadb.is_installed():
        tap.skip("from a server and its dump", "mariadb-server is not installed")
        return
    with mariadb.MariaDB(folder / "server") as server:
        server.fill("misp", world.sql())
        dump = folder / "server.sql"
        server.dump("misp", dump)
        move(tap, "mariadb-dump", program, folder, world, dump)
        server.dump("misp", dump, "--hex-blob", "--complete-insert", "--skip-extended-insert")
        move(tap, "mariadb-dump-rows", program, folder, world, dump)
        move(tap, "mysql", program, folder, world, server.address("misp"))


def main():
    tap = Tap()
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="kizashi-move-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        world = World()
        dump = folder / "misp.sql.gz"
        dump.write_bytes(gzip.compress(world.sql()))
        move(tap, "dump", program, folder, world, dump)
        test_broken(tap, program, folder)
        test_newer(tap, program, folder)
        test_killed(tap, program, folder)
        (folder / "server").mkdir()
        test_servers(tap, program, folder, world)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
