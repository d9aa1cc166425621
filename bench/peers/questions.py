"""Generated events as tab-separated files, and what is asked about them.

The questions are the same for every store: values that stand in the data and
values that do not, one tag with a type and dates, events of about average size.
"""

import json
import random

COMPOSITE = "|"
AVERAGE = 43  # rows of an event


def _cell(value):
    if value is None:
        return "\\N"
    if value is True or value is False:
        return str(int(value))
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", " ")


class Writer:
    """Spreads events over one file a table, and keeps a sample of them."""

    def __init__(self, folder, seed=1):
        self.random = random.Random(seed)
        self.paths = {
            name: folder / f"{name}.tsv"
            for name in ("events", "attributes", "event_tags", "attribute_tags", "tags", "organisations")
        }
        self.files = {name: open(path, "w", encoding="utf-8") for name, path in self.paths.items()}
        self.tags = {}
        self.organisations = set()
        self.values = []
        self.events_by_distance = []  # of their sizes from the average
        self.names = []
        self.event_tag_id = self.attribute_tag_id = self.attributes = self.events = 0

    def _put(self, table, *cells):
        self.files[table].write("\t".join(map(_cell, cells)) + "\n")

    def _tag(self, tag):
        number = self.tags.get(tag["name"])
        if number is None:
            number = self.tags[tag["name"]] = int(tag["id"])
            self._put("tags", number, tag["name"], tag["colour"], True)
        return number

    def _attribute(self, event_id, row):
        parts = row["value"].split(COMPOSITE, 1) if COMPOSITE in row["type"] else [row["value"], ""]
        self._put(
            "attributes", row["id"], event_id, row["object_id"], row["object_relation"],
            row["category"], row["type"], parts[0], parts[1], row["to_ids"], row["uuid"],
            row["timestamp"], row["distribution"], row["sharing_group_id"], row["comment"],
            row["deleted"], row["disable_correlation"], None, None,
        )
        for tag in row.get("Tag", ()):
            self.attribute_tag_id += 1
            self._put("attribute_tags", self.attribute_tag_id, row["id"], event_id, self._tag(tag), False)
        self.attributes += 1
        if self.random.random() < 0.002:
            self.values.append(row["value"])
        if row["type"] == "domain" and self.random.random() < 0.01:
            self.names.append(row["value"])

    def event(self, event):
        event_id = int(event["id"])
        orgc = event["Orgc"]
        if orgc["id"] not in self.organisations:
            self.organisations.add(orgc["id"])
            self._put("organisations", orgc["id"], orgc["name"], orgc["uuid"], False)
        rows = list(event["Attribute"])
        for thing in event.get("Object", ()):
            rows += thing["Attribute"]
        self._put(
            "events", event_id, event["org_id"], event["date"], event["info"], 1, event["uuid"],
            event["published"], event["analysis"], len(rows), event["orgc_id"], event["timestamp"],
            event["distribution"], event["sharing_group_id"], event["threat_level_id"],
            event["publish_timestamp"], event["disable_correlation"], event["extends_uuid"],
        )
        for tag in event["Tag"]:
            self.event_tag_id += 1
            self._put("event_tags", self.event_tag_id, event_id, self._tag(tag), False)
        for row in rows:
            self._attribute(event_id, row)
        self.events += 1
        self.events_by_distance.append((abs(len(rows) - AVERAGE), event_id, event["uuid"]))

    def close(self):
        for file in self.files.values():
            file.close()

    def questions(self):
        pick = self.random
        present = pick.sample(self.values, min(200, len(self.values)))
        average = sorted(self.events_by_distance)[:20]
        return {
            "present": [v.split(COMPOSITE, 1)[0] for v in present],
            "absent": [f"absent{n}.nowhere.test" for n in range(50)],
            "tag": "tlp:white", "type": "domain", "from": "2024-01-01", "to": "2024-12-31",
            "substring": pick.choice(self.names)[3:11],
            "event_ids": [number for _, number, _ in average],
            "event_uuids": [uuid for _, _, uuid in average],
        }


def spread(lines, folder):
    """Reads NDJSON, writes the files; returns (paths, questions, counts)."""
    writer = Writer(folder)
    for line in lines:
        writer.event(json.loads(line)["Event"])
    writer.close()
    counts = {"events": writer.events, "attributes": writer.attributes}
    return writer.paths, writer.questions(), counts
