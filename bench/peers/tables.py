"""The tables a MISP server keeps events in, in the dialects of both peers.

Written from their description (columns, and the twelve secondary indexes on
attributes), not from anybody's SQL. A column is (name, type); `text N` is text
whose index covers the first N characters where the dialect can say so.
"""

TABLES = {
    "events": {
        "columns": [
            ("id", "key"), ("org_id", "int"), ("date", "date"), ("info", "text"),
            ("user_id", "int"), ("uuid", "name 40"), ("published", "flag"),
            ("analysis", "flag"), ("attribute_count", "int"), ("orgc_id", "int"),
            ("timestamp", "int"), ("distribution", "flag"), ("sharing_group_id", "int"),
            ("threat_level_id", "int"), ("publish_timestamp", "int"),
            ("disable_correlation", "flag"), ("extends_uuid", "name 40"),
        ],
        "unique": ["uuid"],
        "indexes": ["info 255", "sharing_group_id", "org_id", "orgc_id", "extends_uuid", "timestamp"],
    },
    "attributes": {
        "columns": [
            ("id", "key"), ("event_id", "int"), ("object_id", "int"),
            ("object_relation", "name 255"), ("category", "name 255"), ("type", "name 100"),
            ("value1", "text"), ("value2", "text"), ("to_ids", "flag"), ("uuid", "name 40"),
            ("timestamp", "int"), ("distribution", "flag"), ("sharing_group_id", "int"),
            ("comment", "text"), ("deleted", "flag"), ("disable_correlation", "flag"),
            ("first_seen", "big"), ("last_seen", "big"),
        ],
        "unique": ["uuid"],
        "indexes": [
            "event_id", "object_id", "object_relation", "value1 255", "value2 255", "type",
            "category", "sharing_group_id", "first_seen", "last_seen", "timestamp",
        ],
    },
    "event_tags": {
        "columns": [("id", "key"), ("event_id", "int"), ("tag_id", "int"), ("local", "flag")],
        "unique": [],
        "indexes": ["event_id", "tag_id"],
    },
    "attribute_tags": {
        "columns": [("id", "key"), ("attribute_id", "int"), ("event_id", "int"),
                    ("tag_id", "int"), ("local", "flag")],
        "unique": [],
        "indexes": ["attribute_id", "event_id", "tag_id"],
    },
    "tags": {
        "columns": [("id", "key"), ("name", "name 255"), ("colour", "name 7"), ("exportable", "flag")],
        "unique": ["name"],
        "indexes": [],
    },
    "organisations": {
        "columns": [("id", "key"), ("name", "name 255"), ("uuid", "name 40"), ("local", "flag")],
        "unique": ["name", "uuid"],
        "indexes": [],
    },
}

MARIADB_TYPES = {
    "key": "INT NOT NULL AUTO_INCREMENT PRIMARY KEY", "int": "INT NOT NULL", "big": "BIGINT",
    "flag": "TINYINT NOT NULL", "date": "DATE NOT NULL", "text": "TEXT NOT NULL", "name": "VARCHAR",
}
SQLITE_TYPES = {
    "key": "INTEGER PRIMARY KEY", "int": "INTEGER NOT NULL", "big": "INTEGER",
    "flag": "INTEGER NOT NULL", "date": "TEXT NOT NULL", "text": "TEXT NOT NULL", "name": "TEXT",
}


def _column(dialect, name, kind):
    word, _, size = kind.partition(" ")
    if dialect == "sqlite":
        return f"{name} {SQLITE_TYPES[word]}"
    return f"{name} {MARIADB_TYPES[word]}" + (f"({size})" if size else "")


def ddl(dialect):
    """The statements that make all tables and indexes, empty."""
    for table, shape in TABLES.items():
        columns = ", ".join(_column(dialect, *column) for column in shape["columns"])
        tail = " ENGINE=InnoDB" if dialect == "mariadb" else ""
        yield f"CREATE TABLE {table} ({columns}){tail}"
        for name in shape["unique"]:
            yield f"CREATE UNIQUE INDEX {table}_{name} ON {table} ({name})"
        for index in shape["indexes"]:
            name, _, length = index.partition(" ")
            part = f"({length})" if length and dialect == "mariadb" else ""
            yield f"CREATE INDEX {table}_{name} ON {table} ({name}{part})"
