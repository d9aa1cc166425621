#!/usr/bin/env python3
"""MISP's own client and what an administrator does: settings, statistics,
feeds and other servers as documents. Prints TAP; skipped without PyMISP.

usage: test_pymisp_settings.py KIZASHI
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


def check_settings(tap, misp):
    by_name = {s["setting"]: s for s in misp.server_settings()["finalSettings"]}
    tap.equal("a number is one, with MISP's default", by_name["MISP.max_correlations_per_event"]["value"], 5000)
    tap.check("every setting says what it does", all(s["description"] for s in by_name.values()))
    answer = misp.set_server_setting("MISP.max_correlations_per_event", 10)
    tap.equal("a setting is changed", answer["message"], "Field updated")
    tap.equal("and read back", misp.get_server_setting("MISP.max_correlations_per_event")["value"], 10)
    misp.set_server_setting("MISP.live", False, force=True)
    tap.check("a flag is one", misp.get_server_setting("MISP.live")["value"] is False)
    misp.set_server_setting("MISP.live", True, force=True)
    tap.check("what does not fit is refused", refused(misp.set_server_setting("MISP.live", "perhaps"), 403))
    tap.check("there is no such setting", refused(misp.get_server_setting("MISP.nonsense"), 404))
    schema = misp.db_schema_diagnostic()
    tap.equal("the schema is the one expected", schema["actual_db_version"], schema["expected_db_version"])
    tap.equal("no action lacks a rule", misp.remote_acl(), [])
    tap.check("the workers are well", all(misp.get_workers()[q]["ok"] for q in ("default", "prio")))
    for answer in (misp.update_misp(), misp.restart_workers(), misp.restart_dead_workers(),
                   misp.start_worker("default"), misp.stop_worker_by_pid(1), misp.kill_all_workers()):
        tap.check("there is nothing to do for workers", answer.get("saved") is True, answer)


def check_communities(tap, misp):
    found = misp.communities(pythonify=True)
    tap.equal("the first community", found[0].name,
              "CIRCL Private Sector Information Sharing Community - aka MISPPRIV")
    tap.equal("one alone", misp.get_community(found[1], pythonify=True).name, found[1].name)
    tap.equal("by number", misp.get_community(2)["Community"]["uuid"], found[1].uuid)
    tap.check("not there", refused(misp.get_community(99), 404))


def check_statistics(tap, misp):
    event = pymisp.MISPEvent()
    event.info = "counted"
    event.add_tag("tlp:clear")
    event.add_attribute("ip-dst", "192.0.2.5")
    event.add_attribute("domain", "counted.example")
    misp.add_event(event)
    misp.add_sighting({"value": "192.0.2.5"})
    data = misp.users_statistics("data")["stats"]
    tap.equal("events and attributes", (data["event_count"], data["attribute_count"]), (1, 2))
    orgs = misp.users_statistics("orgs")
    tap.equal("by organisation", (orgs["ORGNAME"]["eventCount"], orgs["ORGNAME"]["attributeCount"]), ("1", "2"))
    tap.equal("users", list(misp.users_statistics("users")), ["user", "org_local", "org_external"])
    tags = misp.users_statistics("tags")
    tap.equal("tags", (list(tags), tags["flatData"]["tlp:clear"]["size"]), (["flatData", "treemap"], 1))
    histogram = misp.users_statistics("attributehistogram")
    tap.equal("types", histogram[0]["data"], {"ip-dst": "1", "domain": "1"})
    sighted = misp.users_statistics("sightings")
    tap.equal("sightings", (list(sighted), len(sighted["eventids"])), (["toplist", "eventids"], 1))
    tap.check("techniques", "matrix" in misp.users_statistics("galaxyMatrix"))
    misp.delete_event(event)


def check_feeds(tap, misp):
    feed = pymisp.MISPFeed()
    feed.name, feed.provider, feed.url = "Invented", "Nobody", "http://feed.example"
    made = misp.add_feed(feed, pythonify=True)
    tap.equal("a feed is added", (made.name, made.url, made.enabled), ("Invented", "http://feed.example", False))
    made.name = "Renamed"
    tap.equal("and changed", misp.update_feed(made, pythonify=True).name, "Renamed")
    tap.equal("and deleted", misp.delete_feed(made)["message"], "Feed deleted.")
    tap.check("and gone", refused(misp.get_feed(made.id), 404))
    wrong = misp.add_feed({"name": "n", "url": "gopher://x"})
    tap.check("a wrong one is refused with its field", refused(wrong, 403) and "url" in wrong["errors"][1]["errors"],
              wrong)
    misp.load_default_feeds()
    feeds = misp.feeds(pythonify=True)
    known = {f.name: f for f in feeds}
    tap.equal("a well-known feed", known["The Botvrij.eu Data"].url, "https://www.botvrij.eu/data/feed-osint")
    csv = known["blockrules of rules.emergingthreats.net"]
    on = misp.enable_feed(csv.id, pythonify=True)
    tap.check("enabling changes nothing else", on.enabled and on.settings == csv.settings, on)
    tap.check("caching alone", misp.enable_feed_cache(csv.id, pythonify=True).caching_enabled)
    misp.disable_feed_cache(csv.id)
    tap.check("and off again", not misp.disable_feed(csv.id, pythonify=True).enabled)


def check_feed_jobs(tap, misp):
    """What PyMISP asks of feeds as a whole; none is switched on, so none is fetched."""
    tap.equal("all feeds are cached", misp.cache_all_feeds()["message"], "Feed caching job initiated.")
    tap.equal("those of MISP's format", misp.cache_misp_feeds()["message"], "Feed caching job initiated.")
    tap.equal("and of free text", misp.cache_freetext_feeds()["message"], "Feed caching job initiated.")
    tap.check("all feeds are fetched", misp.fetch_all_feeds()["saved"] is True)
    tap.check("one that is off is not", refused(misp.fetch_feed(misp.feeds()[0]["Feed"]["id"]), 403))
    tap.check("feeds are compared", isinstance(misp.compare_feeds(), list))
    tap.equal("no cache has it", misp.search_feeds(value="192.0.2.1"), [])
    tap.equal("no job came of it", misp.direct_call("jobs/index"), [])


def check_servers(tap, misp, key):
    server = pymisp.MISPServer()
    server.name, server.url, server.remote_org_id, server.authkey = "Far", "https://far.example", 1, key
    made = misp.add_server(server, pythonify=True)
    tap.equal("a server is added", made.name, "Far")
    tap.check("its key is not shown", "authkey" not in made.to_dict(), made.to_dict())
    made.name = "Farther"
    tap.equal("and changed", misp.update_server(made, pythonify=True).name, "Farther")
    tap.equal("and listed", misp.servers(pythonify=True)[0].name, "Farther")
    tap.equal("and deleted", misp.delete_server(made)["name"], "Server deleted")
    tap.equal("and gone", misp.servers(), [])
    config = misp.get_sync_config(pythonify=True)
    tap.check("what another needs to connect", config.authkey == key and config.Organisation["name"] == "ORGNAME",
              config.to_dict())
    taken = misp.import_server(config)
    tap.equal("and takes in", taken["RemoteOrg"]["name"], "ORGNAME")
    echo = misp.direct_call("servers/postTest", {"testString": "äöü"})
    tap.equal("what is sent comes back", echo["body"]["testString"], "äöü")
    number = taken["Server"]["id"]
    tap.equal("a server that is ourselves answers", misp.test_server(number)["status"], 1)
    tap.check("a pull is queued", misp.server_pull(number)["message"].startswith("Pull queued"))
    tap.check("a push is queued", misp.server_push(number)["message"].startswith("Push queued"))
    job = misp.direct_call("jobs/index")[0]["Job"]["id"]
    tap.equal("jobs are shown", misp.direct_call(f"jobs/view/{job}")["Job"]["job_type"], "sync-push")
    misp.delete_server(number)


def check_all(tap, program):
    os.environ["KIZASHI_OFFLINE"] = "1"  # nothing but this machine, whatever a feed says
    with tempfile.TemporaryDirectory() as folder:
        with Store(program, pathlib.Path(folder, "store")).serve() as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key)
            check_settings(tap, misp)
            check_communities(tap, misp)
            check_statistics(tap, misp)
            check_feeds(tap, misp)
            check_feed_jobs(tap, misp)
            check_servers(tap, misp, server.key)
            tap.equal("the server stops in order", server.stop(), 0)


def main():
    tap = Tap()
    check_all(tap, sys.argv[1])
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
