#!/usr/bin/env python3
"""Files of attachments, over MISP's own client and the downloads. Prints TAP;
skipped where PyMISP is not installed.

usage: test_pymisp_samples.py KIZASHI
"""

import base64
import hashlib
import io
import json
import os
import pathlib
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

from program import Store, Tap  # noqa: E402

BYTES = b"MZ\x00 nothing that runs \xff" * 100
MD5 = hashlib.md5(BYTES).hexdigest()


def in_own_python():
    """Starts again with the Python that has PyMISP, if there is one."""
    venv = os.environ.get("KIZASHI_VENV")
    python = pathlib.Path(venv, "bin/python") if venv else None
    if python and python.exists() and not os.environ.get("KIZASHI_IN_VENV"):
        os.environ["KIZASHI_IN_VENV"] = "1"
        os.execv(python, [str(python), str(HERE), *sys.argv[1:]])


def unpacked(data):
    """{name: bytes} of a zip that opens with MISP's password."""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {i.filename: z.read(i, b"infected") for i in z.infolist() if i.flag_bits & 1}


def lantern():
    event = pymisp.MISPEvent()
    event.info = "Lantern: samples"
    event.distribution = 0
    return event


def check_samples(tap, misp, server):
    event = misp.add_event(lantern(), pythonify=True)
    sample = pymisp.MISPAttribute()
    sample.from_dict(type="malware-sample", value="lan.exe", data=io.BytesIO(BYTES))
    found = misp.add_attribute(event, sample, pythonify=True)
    tap.equal("a bare sample gets its hash", getattr(found, "value", found), f"lan.exe|{MD5}")
    sample = pymisp.MISPAttribute()
    sample.from_dict(type="malware-sample", value="lantern.exe", data=io.BytesIO(BYTES))
    found = misp.add_attribute(event, sample, pythonify=True)
    tap.equal("and its name", getattr(found, "value", found), f"lantern.exe|{MD5}")
    status, headers, body = server.ask("GET", f"/attributes/downloadAttachment/{found.id}")
    tap.equal("the download is MISP's zip", (status, unpacked(body)),
              (200, {MD5: BYTES, f"{MD5}.filename.txt": b"lantern.exe"}))
    tap.equal("of a type that nobody runs", (headers["Content-Type"], headers["Content-Disposition"],
              headers["X-Content-Type-Options"]),
              ("application/zip", 'attachment; filename="lantern.exe.zip"', "nosniff"))
    again = misp.get_attribute(found, pythonify=True)
    tap.equal("the client unpacks it", again.malware_binary.read(), BYTES)
    event = lantern()
    event.add_attribute("malware-sample", "deep.dll", data=io.BytesIO(BYTES))
    thing = pymisp.MISPObject("file", strict=False)
    thing.add_attribute("malware-sample", type="malware-sample", value="inner.exe", data=io.BytesIO(BYTES))
    event.add_object(thing)
    added = misp.add_event(event, pythonify=True)
    tap.equal("also inside of an event and an object",
              [added.attributes[0].value, added.objects[0].attributes[0].value],
              [f"deep.dll|{MD5}", f"inner.exe|{MD5}"])


def check_attachments(tap, misp, server):
    event = misp.add_event(lantern(), pythonify=True)
    found = misp.add_attribute(event, {"type": "attachment", "value": "re\"port.pdf",
                                       "data": base64.b64encode(BYTES).decode()}, pythonify=True)
    status, headers, body = server.ask("GET", f"/attributes/downloadAttachment/{found.uuid}")
    tap.equal("an attachment comes as it was sent", (status, body, headers["Content-Type"],
              headers["Content-Disposition"]),
              (200, BYTES, "application/octet-stream", 'attachment; filename="re_port.pdf"'))
    _, _, body = server.ask("GET", f"/attributes/downloadAttachment/{found.id}/zip:1")
    tap.equal("or in a zip", unpacked(body), {'re"port.pdf': BYTES})
    _, _, body = server.ask("GET", f"/api/attributes/{found.id}/file")
    tap.equal("as our own API always gives it", unpacked(body), {'re"port.pdf': BYTES})
    plain = misp.add_attribute(event, {"type": "domain", "value": "lantern.example"}, pythonify=True)
    tap.equal("what has no file", server.ask("GET", f"/attributes/downloadAttachment/{plain.id}")[0], 404)
    tap.equal("what is not there", server.ask("GET", "/api/attributes/999999/file")[0], 404)
    broken = {"type": "malware-sample", "value": "x.exe", "data": "%%%", "encrypt": True}
    tap.check("what is no base64 is refused", "errors" in misp.add_attribute(event, broken))


def check_limit(tap, misp):
    event = misp.add_event(lantern(), pythonify=True)
    misp.set_server_setting("Kizashi.attachment_max", 1000, force=True)
    large = {"type": "attachment", "value": "large.bin", "data": base64.b64encode(b"x" * 1200).decode()}
    small = {"type": "attachment", "value": "small.bin", "data": base64.b64encode(b"x" * 900).decode()}
    answer = misp.add_attribute(event, large)
    tap.check("a file that is too large is refused with words", "1000 bytes" in json.dumps(answer), answer)
    tap.check("a smaller one is taken", "Attribute" in misp.add_attribute(event, small))


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        store = Store(sys.argv[1], pathlib.Path(name) / "store")
        with store.serve() as server:
            misp = pymisp.PyMISP(f"http://127.0.0.1:{server.port}", server.key)
            check_samples(tap, misp, server)
            check_attachments(tap, misp, server)
            check_limit(tap, misp)
            tap.check("the server stops in order", server.stop() == 0)
    return tap.end()


if __name__ == "__main__":
    in_own_python()
    try:
        import pymisp
    except ImportError:
        print("1..0 # SKIP pymisp is not installed")
        sys.exit(0)
    sys.exit(main())
