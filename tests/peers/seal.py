#!/usr/bin/env python3
"""seal.py KEY < measurements.json > envelope: signs a reference as `ee-measure
release sign` does, by its description alone (measure/lib/release.h), and with
openssl."""
import base64
import json
import os
import subprocess
import sys
import tempfile

TYPE = "application/vnd.in-toto+json"
SUBJECTS = (("BOOTX64.EFI", "efi_sha256"), ("ee-appliance.raw", "raw_sha256"),
            ("ee-appliance-gcp.tar.gz", "gcp_tar_sha256"))


def envelope(ref, key):
    """The envelope of a reference, as text."""
    payload = json.dumps({
        "_type": "https://in-toto.io/Statement/v1", "predicate": ref,
        "predicateType": "urn:easyenclave:measurements:2",
        "subject": [{"digest": {"sha256": ref["image"][k]}, "name": n}
                    for n, k in SUBJECTS if ref["image"][k] is not None]},
        sort_keys=True, separators=(",", ":")).encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload),
                                   payload)
    with tempfile.NamedTemporaryFile(delete=False) as f:
        f.write(pae)
    try:
        sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key,
                              f.name], check=True,
                             stdout=subprocess.PIPE).stdout
    finally:
        os.unlink(f.name)
    return json.dumps({
        "payload": base64.b64encode(payload).decode(), "payloadType": TYPE,
        "signatures": [{"sig": base64.b64encode(sig).decode()}]})


if __name__ == "__main__":
    print(envelope(json.load(sys.stdin), sys.argv[1]))
