#!/usr/bin/env python3
"""What changes is told to others: a subscriber of ZeroMQ, as written for MISP,
and changes over MISP's own client. Prints TAP; skipped where PyMISP or pyzmq
are not installed.

usage: test_pymisp_hooks.py KIZASHI
"""

import json
import os
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap, free_port  # noqa: E402


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


class Subscriber:
    """All topics of one address."""

    def __init__(self, context, address):
        self.socket = context.socket(zmq.SUB)
        self.socket.setsockopt_string(zmq.SUBSCRIBE, "")
        self.socket.connect(address)

    def next(self, topic, wait=10):
        """The next message of the topic; others are passed over. None: none came."""
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            if self.socket.poll(left * 1000):
                name, _, body = self.socket.recv().decode().partition(" ")
                if name == topic:
                    return json.loads(body)
        return None

    def drain(self):
        """Topics of what is there."""
        found = []
        while self.socket.poll(300):
            found.append(self.socket.recv().decode().partition(" ")[0])
        return found

    def close(self):
        self.socket.close(0)


def settings(tap, misp, **values):
    for name, value in values.items():
        answer = misp.set_server_setting("Plugin.ZeroMQ_" + name, value, force=True)
        if "errors" in answer:
            tap.check(f"setting {name}", False, answer)


def wait_until(good, wait=10):
    end = time.monotonic() + wait
    while not good() and time.monotonic() < end:
        time.sleep(0.05)
    return good()


def event_of(info):
    event = pymisp.MISPEvent()
    event.info = info
    event.distribution = 0
    event.add_attribute("ip-dst", "192.0.2.77")
    return event


def check_beside(tap, misp, context, folder):
    """The socket beside the store, without any setting."""
    path = folder / "store" / "zmq"
    tap.equal("the socket beside the store is the owner's alone", oct(path.stat().st_mode & 0o777), "0o600")
    event = misp.add_event(event_of("Lantern: pushed"), pythonify=True)
    listener = Subscriber(context, f"ipc://{path}")
    self = listener.next("misp_json_self", 15)
    tap.check("the server says that it is there", self and "status" in self and self["uptime"] >= 0, self)
    answer = misp.push_event_to_ZMQ(event)
    tap.equal("an event is pushed", answer["message"], "Event published to ZMQ")
    message = listener.next("misp_json")
    tap.check("and comes whole", message and message["Event"]["uuid"] == event.uuid and
              message["Event"]["Attribute"][0]["value"] == "192.0.2.77" and
              isinstance(message["Event"]["id"], str) and "action" not in message, message)
    misp.add_attribute(event, {"type": "domain", "value": "quiet.example"})
    tap.equal("what no setting wants is not told", [t for t in listener.drain() if t != "misp_json_self"], [])
    answer = misp.push_event_to_ZMQ(999999)
    tap.equal("an event that is none", answer["errors"][0], 404)
    listener.close()


def check_changes(tap, misp, context):
    port = free_port()
    settings(tap, misp, host="127.0.0.1", port=port, enable=True, event_notifications_enable=True,
             attribute_notifications_enable=True, object_notifications_enable=True,
             sighting_notifications_enable=True, tag_notifications_enable=True)
    tap.check("the publisher follows the settings", wait_until(lambda: misp.direct_call(
        "servers/statusZeroMQServer").get("tcp")))
    listener = Subscriber(context, f"tcp://127.0.0.1:{port}")
    time.sleep(0.5)
    event = misp.add_event(event_of("Lantern: told"), pythonify=True)
    message = listener.next("misp_json_event")
    tap.check("a new event is told", message["action"] == "add" and message["Event"]["info"] == "Lantern: told", message)
    attribute = misp.add_attribute(event, {"type": "domain", "value": "lantern.example"}, pythonify=True)
    message = listener.next("misp_json_attribute")
    tap.check("a new attribute", message["action"] == "add" and message["Attribute"]["value"] == "lantern.example" and
              message["Event"]["id"] == str(event.id), message)
    attribute.comment = "seen"
    misp.update_attribute(attribute)
    message = listener.next("misp_json_attribute")
    tap.check("its edit", message["action"] == "edit" and message["Attribute"]["comment"] == "seen", message)
    misp.tag(attribute.uuid, "tlp:green")
    message = listener.next("misp_json_tag")
    tap.check("a tag on it", message["Tag"]["name"] == "tlp:green" and
              message["AttributeTag"]["attribute_id"] == str(attribute.id), message)
    misp.add_sighting({"value": "lantern.example", "source": "sensor"})
    message = listener.next("misp_json_sighting")
    tap.check("a sighting", message["Sighting"]["source"] == "sensor" and
              message["Sighting"]["attribute_id"] == str(attribute.id), message)
    thing = pymisp.MISPObject("file", strict=False)
    thing.add_attribute("filename", type="filename", value="invoice.exe")
    misp.add_object(event, thing)
    message = listener.next("misp_json_object")
    tap.check("an object", message["Object"]["name"] == "file", message)
    misp.publish(event)
    message = listener.next("misp_json")
    tap.check("publishing", message["Event"]["uuid"] == event.uuid and message["Event"]["published"] is True, message)
    misp.delete_attribute(attribute, hard=True)
    message = listener.next("misp_json_attribute")
    tap.check("an attribute that is gone has its ids", message["action"] == "delete" and
              message["Attribute"]["id"] == str(attribute.id), message)
    misp.delete_event(event)
    tap.equal("an event that is gone", [listener.next("misp_json_event")[k] for k in ("action",)], ["delete"])
    settings(tap, misp, enable=False)
    tap.check("and is switched off again", wait_until(lambda: not misp.direct_call(
        "servers/statusZeroMQServer").get("tcp")))
    listener.close()


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        store = Store(sys.argv[1], folder / "store")
        context = zmq.Context()
        with store.serve() as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key)
            check_beside(tap, misp, context, folder)
            check_changes(tap, misp, context)
            tap.check("the server stops in order", server.stop() == 0)
        context.destroy(0)
    return tap.end()


if __name__ == "__main__":
    in_own_python()
    try:
        import pymisp
        import zmq
    except ImportError as missing:
        print(f"1..0 # SKIP {missing.name} is not installed")
        sys.exit(0)
    sys.exit(main())
