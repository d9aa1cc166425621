"""An invented MISP database: its tables, written from the description of their
columns, and rows of every kind; as SQL that fills a server or is a dump."""

import random
import uuid as uuids

KEY, INT, BIG, FLAG, DATE, TEXT, LONG = "key", "int", "big", "flag", "date", "text", "long"
NAME, SPAN = "name", "datetime"
TYPES = {
    KEY: "INT NOT NULL AUTO_INCREMENT PRIMARY KEY", INT: "INT DEFAULT 0", BIG: "BIGINT DEFAULT NULL",
    FLAG: "TINYINT(1) DEFAULT 0", DATE: "DATE NOT NULL", TEXT: "TEXT", LONG: "MEDIUMTEXT",
    NAME: "VARCHAR(255) DEFAULT NULL", SPAN: "DATETIME DEFAULT NULL",
}

TABLES = {
    "organisations": {
        "id": KEY, "name": NAME, "date_created": SPAN, "date_modified": SPAN, "description": TEXT,
        "type": NAME, "nationality": NAME, "sector": NAME, "created_by": INT, "uuid": NAME,
        "contacts": TEXT, "local": FLAG, "restricted_to_domain": TEXT, "landingpage": TEXT,
    },
    "roles": {
        "id": KEY, "name": NAME, "created": SPAN, "perm_add": FLAG, "perm_modify": FLAG,
        "perm_publish": FLAG, "perm_site_admin": FLAG, "perm_auth": FLAG, "perm_tagger": FLAG,
        "default_role": FLAG, "memory_limit": NAME,
    },
    "users": {
        "id": KEY, "password": NAME, "org_id": INT, "server_id": INT, "email": NAME,
        "autoalert": FLAG, "authkey": NAME, "invited_by": INT, "gpgkey": LONG,
        "certif_public": LONG, "nids_sid": INT, "termsaccepted": FLAG, "role_id": INT,
        "change_pw": FLAG, "contactalert": FLAG, "disabled": FLAG, "expiration": SPAN,
        "date_created": BIG, "date_modified": BIG, "totp": NAME,
    },
    "sharing_groups": {
        "id": KEY, "name": NAME, "releasability": TEXT, "description": TEXT, "uuid": NAME,
        "organisation_uuid": NAME, "org_id": INT, "sync_user_id": INT, "active": FLAG,
        "created": SPAN, "modified": SPAN, "local": FLAG, "roaming": FLAG,
    },
    "sharing_group_orgs": {"id": KEY, "sharing_group_id": INT, "org_id": INT, "extend": FLAG},
    "sharing_group_servers": {"id": KEY, "sharing_group_id": INT, "server_id": INT, "all_orgs": FLAG},
    "tags": {
        "id": KEY, "name": NAME, "colour": NAME, "exportable": FLAG, "org_id": INT, "user_id": INT,
        "hide_tag": FLAG, "numerical_value": INT, "is_galaxy": FLAG, "is_custom_galaxy": FLAG,
        "local_only": FLAG,
    },
    "events": {
        "id": KEY, "org_id": INT, "date": DATE, "info": TEXT, "user_id": INT, "uuid": NAME,
        "published": FLAG, "analysis": FLAG, "attribute_count": INT, "orgc_id": INT,
        "timestamp": INT, "distribution": FLAG, "sharing_group_id": INT,
        "proposal_email_lock": FLAG, "locked": FLAG, "threat_level_id": INT,
        "publish_timestamp": INT, "sighting_timestamp": INT, "disable_correlation": FLAG,
        "extends_uuid": NAME,
    },
    "event_tags": {"id": KEY, "event_id": INT, "tag_id": INT, "local": FLAG, "relationship_type": NAME},
    "event_reports": {
        "id": KEY, "uuid": NAME, "event_id": INT, "name": NAME, "content": LONG,
        "distribution": FLAG, "sharing_group_id": INT, "timestamp": INT, "deleted": FLAG,
    },
    "objects": {
        "id": KEY, "name": NAME, "meta-category": NAME, "description": TEXT, "template_uuid": NAME,
        "template_version": INT, "event_id": INT, "uuid": NAME, "timestamp": INT,
        "distribution": FLAG, "sharing_group_id": INT, "comment": TEXT, "deleted": FLAG,
        "first_seen": BIG, "last_seen": BIG,
    },
    "object_references": {
        "id": KEY, "uuid": NAME, "timestamp": INT, "object_id": INT, "event_id": INT,
        "source_uuid": NAME, "referenced_uuid": NAME, "referenced_id": INT,
        "referenced_type": INT, "relationship_type": NAME, "comment": TEXT, "deleted": FLAG,
    },
    "attributes": {
        "id": KEY, "event_id": INT, "object_id": INT, "object_relation": NAME, "category": NAME,
        "type": NAME, "value1": TEXT, "value2": TEXT, "to_ids": FLAG, "uuid": NAME,
        "timestamp": INT, "distribution": FLAG, "sharing_group_id": INT, "comment": TEXT,
        "deleted": FLAG, "disable_correlation": FLAG, "first_seen": BIG, "last_seen": BIG,
    },
    "attribute_tags": {
        "id": KEY, "attribute_id": INT, "event_id": INT, "tag_id": INT, "local": FLAG,
        "relationship_type": NAME,
    },
    "sightings": {
        "id": KEY, "attribute_id": INT, "event_id": INT, "org_id": INT, "date_sighting": BIG,
        "uuid": NAME, "source": NAME, "type": INT,
    },
    "shadow_attributes": {
        "id": KEY, "old_id": INT, "event_id": INT, "type": NAME, "category": NAME, "value1": TEXT,
        "to_ids": FLAG, "uuid": NAME, "value2": TEXT, "org_id": INT, "email": NAME,
        "event_org_id": INT, "comment": TEXT, "event_uuid": NAME, "deleted": FLAG,
        "timestamp": INT, "proposal_to_delete": FLAG, "disable_correlation": FLAG,
        "first_seen": BIG, "last_seen": BIG,
    },
    "galaxies": {
        "id": KEY, "uuid": NAME, "name": NAME, "type": NAME, "description": TEXT, "version": NAME,
        "icon": NAME, "namespace": NAME, "enabled": FLAG, "kill_chain_order": TEXT,
    },
    "galaxy_clusters": {
        "id": KEY, "uuid": NAME, "collection_uuid": NAME, "type": NAME, "value": TEXT,
        "tag_name": NAME, "description": TEXT, "galaxy_id": INT, "source": NAME, "authors": TEXT,
        "version": INT, "distribution": FLAG, "sharing_group_id": INT, "org_id": INT,
        "orgc_id": INT, "default": FLAG, "locked": FLAG, "extends_uuid": NAME,
        "extends_version": INT, "published": FLAG, "deleted": FLAG,
    },
    "galaxy_elements": {"id": KEY, "galaxy_cluster_id": INT, "key": NAME, "value": TEXT},
    "galaxy_cluster_relations": {
        "id": KEY, "galaxy_cluster_id": INT, "referenced_galaxy_cluster_id": INT,
        "referenced_galaxy_cluster_uuid": NAME, "referenced_galaxy_cluster_type": NAME,
        "galaxy_cluster_uuid": NAME, "distribution": FLAG, "sharing_group_id": INT, "default": FLAG,
    },
    # What nobody wants, with what would lead a careless reader astray.
    "logs": {"id": KEY, "title": TEXT},
}


class World:
    """Rows by table, each a dict; the columns that are missing are NULL."""

    def __init__(self, seed=3, events=40, attributes=12):
        self.random = random.Random(seed)
        self.rows = {name: [] for name in TABLES}
        self.people()
        for number in range(events):
            self.event(number, attributes)
        self.shuffle()

    def uuid(self):
        return str(uuids.UUID(int=self.random.getrandbits(128), version=4))

    def add(self, table, **row):
        row.setdefault("id", len(self.rows[table]) + 1)
        self.rows[table].append(row)
        return row

    def people(self):
        for name, local in (("Harbour CERT", 1), ("灯台 \"Watch\"", 1), ("O'Neil \\ Partners", 0)):
            self.add("organisations", name=name, uuid=self.uuid(), local=local, type="CSIRT",
                     description="line one\nline two", nationality="Japan", sector="energy",
                     contacts="desk@example.test", restricted_to_domain='["example.test"]',
                     date_created="2020-01-02 03:04:05", date_modified="2020-01-02 03:04:05",
                     created_by=1)
        self.add("roles", id=1, name="admin", perm_site_admin=1, perm_add=1)
        self.add("roles", id=3, name="User", perm_add=1, perm_modify=1, perm_auth=1)
        self.add("roles", id=9, name="Night shift", perm_add=1, perm_tagger=1, perm_auth=1)
        for number, (email, role, org, disabled) in enumerate((
                ("root@example.test", 1, 1, 0), ("night@example.test", 9, 2, 0),
                ("gone@example.test", 3, 1, 1)), 1):
            self.add("users", id=number, email=email, role_id=role, org_id=org, disabled=disabled,
                     password="$2a$10$invented", authkey="k" * 40, totp="SECRET", nids_sid=4000 + number,
                     termsaccepted=1, autoalert=number == 2, server_id=0, date_created=1500000000)
        for number in (4, 7):
            self.add("sharing_groups", id=number, name=f"Circle {number}", uuid=self.uuid(),
                     releasability="those in it", description="d", org_id=1,
                     organisation_uuid=self.rows["organisations"][0]["uuid"], active=1, local=1,
                     roaming=0, created="2021-01-01 00:00:00", modified="2021-01-01 00:00:00")
            for org in (1, 2) if number == 4 else (3,):
                self.add("sharing_group_orgs", sharing_group_id=number, org_id=org, extend=org == 1)
        self.add("sharing_group_servers", sharing_group_id=4, server_id=0, all_orgs=0)
        for name, colour in (("tlp:amber", "#ffc000"), ("目印:「灯」", "#123456"),
                             ('misp-galaxy:threat-actor="Lantern \\"Eel\\""', "#0088cc"),
                             ("never-used", "#111111")):
            self.add("tags", name=name, colour=colour, exportable=1, hide_tag=0,
                     is_galaxy=name.startswith("misp-galaxy"), local_only=0)
        self.clusters()
        self.add("logs", title="'); INSERT INTO `events` VALUES (1);\n-- /* ")

    def clusters(self):
        self.add("galaxies", name="Lanterns", type="lantern", uuid=self.uuid(), description="g",
                 version="3", icon="globe", namespace="misp", enabled=1)
        for number, default in ((1, 1), (2, 0), (3, 0)):
            row = self.add(
                "galaxy_clusters", uuid=self.uuid(), collection_uuid="", type="lantern",
                value=f"Eel '{number}'", tag_name=f"t{number}", description="d\nd", galaxy_id=1,
                source="s", authors='["A. Nother", "灯"]', version=number,
                distribution=4 if number == 3 else 1, sharing_group_id=4 if number == 3 else 0,
                org_id=1, orgc_id=2, default=default, locked=0, extends_uuid="",
                extends_version=0, published=1, deleted=0)
            for key, value in (("synonyms", f"eel{number}"), ("synonyms", "鰻"), ("country", "JP")):
                self.add("galaxy_elements", galaxy_cluster_id=row["id"], key=key, value=value)
        first, second = self.rows["galaxy_clusters"][1:]
        self.add("galaxy_cluster_relations", galaxy_cluster_id=first["id"],
                 galaxy_cluster_uuid=first["uuid"], referenced_galaxy_cluster_id=second["id"],
                 referenced_galaxy_cluster_uuid=second["uuid"],
                 referenced_galaxy_cluster_type="similar", distribution=1, sharing_group_id=0,
                 default=0)

    def value(self, number):
        kinds = (
            ("ip-dst", "Network activity", f"192.0.2.{number % 256}", ""),
            ("domain", "Network activity", f"host{number}.example.test", ""),
            ("md5", "Payload delivery", f"{number:032x}", ""),
            ("filename|sha1", "Payload delivery", f"d{number}\\x'{number}.exe", f"{number:040x}"),
            ("ip-dst|port", "Network activity", f"198.51.100.{number % 256}", str(1000 + number % 60000)),
            ("text", "Other", f"say \"{number}\",\n\t'灯台' 🏮 \\{number}", ""),
            ("comment", "Other", f"a|b {number}", ""),
        )
        return kinds[number % len(kinds)]

    def level(self):
        return self.random.choice(((5, 0), (5, 0), (1, 0), (0, 0), (4, 4)))

    def attribute(self, event, number, object_id=0, relation=None):
        kind, category, value1, value2 = self.value(number)
        level, group = self.level()
        seen = 1600000000123456 + number * 1000000 if number % 4 == 0 else None
        row = self.add("attributes", event_id=event["id"], object_id=object_id,
                       object_relation=relation, category=category, type=kind, value1=value1,
                       value2=value2, to_ids=number % 2, uuid=self.uuid(),
                       timestamp=1650000000 + number, distribution=level, sharing_group_id=group,
                       comment=f"c'{number}" if number % 3 else "", deleted=number % 11 == 5,
                       disable_correlation=number % 13 == 1, first_seen=seen,
                       last_seen=seen and seen + 5000000)
        if number % 3 == 0:
            self.add("attribute_tags", attribute_id=row["id"], event_id=event["id"],
                     tag_id=number % 2 + 1, local=number % 2,
                     relationship_type="seen-with" if number % 2 else "")
        if number % 5 == 0:
            self.add("sightings", attribute_id=row["id"], event_id=event["id"],
                     org_id=number % 2 + 1, date_sighting=1660000000 + number, uuid=self.uuid(),
                     source="sensor 7", type=number % 2)
        return row

    def event(self, number, attributes):
        level, group = self.random.choice(((1, 0), (3, 0), (0, 0), (4, 7)))
        before = self.rows["events"][-1]["uuid"] if number % 7 == 3 else ""
        event = self.add(
            "events", id=number * 3 + 10, org_id=number % 2 + 1, orgc_id=number % 3 + 1,
            date=f"2022-{number % 12 + 1:02d}-11", info=f"Lantern #{number}: «eel» \\ 'n' 🏮",
            user_id=number % 3 + 1, uuid=self.uuid(), published=number % 2, analysis=number % 3,
            attribute_count=attributes, timestamp=1660000000 + number, distribution=level,
            sharing_group_id=group, locked=number % 2, threat_level_id=number % 4 + 1,
            publish_timestamp=1660000001 + number if number % 2 else 0, sighting_timestamp=0,
            disable_correlation=number % 9 == 2, extends_uuid=before, proposal_email_lock=0)
        for tag in range(number % 3):
            self.add("event_tags", event_id=event["id"], tag_id=tag + 1, local=tag % 2,
                     relationship_type="")
        # Attributes come when they are noticed: their ids do not lie together.
        own = [self.attribute(event, number * 100 + i) for i in range(attributes)]
        for i in range(number % 3):
            level, group = self.level()
            thing = self.add("objects", name="file", event_id=event["id"], uuid=self.uuid(),
                             template_uuid="688c46fb-5edb-40a3-8273-1af7923e2215",
                             template_version=24, description="a file", comment="o",
                             timestamp=1655000000 + i, distribution=level, sharing_group_id=group,
                             deleted=i == 1, first_seen=1600000000000001, last_seen=None,
                             **{"meta-category": "file"})
            for part in range(2):
                self.attribute(event, number * 100 + 50 + i * 10 + part, thing["id"], f"part{part}")
            self.add("object_references", uuid=self.uuid(), timestamp=1655000000 + i,
                     object_id=thing["id"], event_id=event["id"], source_uuid=thing["uuid"],
                     referenced_uuid=own[0]["uuid"], referenced_id=own[0]["id"], referenced_type=0,
                     relationship_type="dropped-by", comment="r", deleted=0)
        if number % 4 == 1:
            self.add("event_reports", uuid=self.uuid(), event_id=event["id"], name=f"Report {number}",
                     content="# 見出し\n\n'quoted' \\ text", distribution=5, sharing_group_id=0,
                     timestamp=1661000000, deleted=0)
        if number % 6 == 0:
            self.proposals(event, own)

    def proposals(self, event, own):
        common = {"event_id": event["id"], "event_uuid": event["uuid"], "org_id": 3,
                  "event_org_id": event["org_id"], "email": "night@example.test", "to_ids": 1,
                  "timestamp": 1662000000, "disable_correlation": 0}
        self.add("shadow_attributes", old_id=0, type="ip-src", category="Network activity",
                 value1="203.0.113.9", value2="", uuid=self.uuid(), comment="new", deleted=0,
                 proposal_to_delete=0, **common)
        self.add("shadow_attributes", old_id=own[1]["id"], type=own[1]["type"],
                 category=own[1]["category"], value1=own[1]["value1"], value2=own[1]["value2"],
                 uuid=own[1]["uuid"], comment="better", deleted=0, proposal_to_delete=0, **common)
        self.add("shadow_attributes", old_id=0, type="ip-src", category="Network activity",
                 value1="203.0.113.10", value2="", uuid=self.uuid(), comment="answered", deleted=1,
                 proposal_to_delete=0, **common)

    def shuffle(self):
        """Rows by id, but ids of children not in the order of events."""
        for table in ("attributes", "attribute_tags", "sightings"):
            self.random.shuffle(self.rows[table])

    def orphan(self):
        """What a database that lived long has: rows of what is gone."""
        self.add("attributes", event_id=999, object_id=0, type="ip-dst", value1="192.0.2.99",
                 value2="", category="Network activity", uuid=self.uuid(), to_ids=1, timestamp=1)
        self.add("attributes", event_id=10, object_id=77777, type="ip-dst", value1="192.0.2.98",
                 value2="", category="Network activity", uuid=self.uuid(), to_ids=1, timestamp=1)
        self.add("attributes", event_id=10, object_id=0, type="ip-dst", value1="no address",
                 value2="", category="Network activity", uuid=self.uuid(), to_ids=1, timestamp=1)
        self.add("event_tags", event_id=10, tag_id=4711, local=0)

    def sql(self):
        """All of it as a dump (bytes), tables in the order of their names."""
        lines = ["-- An invented dump", "/*!40101 SET NAMES utf8mb4 */;"]
        for table in sorted(self.rows):
            columns = TABLES[table]
            body = ",\n".join(f"  `{name}` {TYPES[kind]}" for name, kind in columns.items())
            lines.append(f"CREATE TABLE `{table}` (\n{body}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;")
            rows = [",".join(literal(row.get(name)) for name in columns) for row in self.rows[table]]
            for start in range(0, len(rows), 100):
                values = ",\n".join(f"({row})" for row in rows[start:start + 100])
                lines.append(f"INSERT INTO `{table}` VALUES\n{values};")
        return ("\n".join(lines) + "\n").encode()


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(int(value))
    text = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{text}'"
