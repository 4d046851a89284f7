#!/usr/bin/env python3
"""Makes report.json, a report as guest/lib/report.h describes it, without any
code of this project: python3 tests/vectors/make_report.py > tests/vectors/report.json

Needs the "cryptography" package for ECDSA with RFC 6979. The key is the number
7, the binding's other keys and digests are runs of one byte."""
import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(b):
    return base64.b64encode(b).decode()


def canonical(v):
    return json.dumps(v, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False).encode()


key = ec.derive_private_key(7, ec.SECP256R1())
pub = key.public_key().public_bytes(Encoding.X962,
                                    PublicFormat.UncompressedPoint)
body = {
    "version": 1,
    "agent_id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    "campaign_id": "campaign-7",
    "config_sha384": "44" * 48,
    "exchange": "paper",
    "inputs_sha384": "a1" * 48,
    "job_id": "job-1",
    "job_type": "market_making",
    "metrics": {"trades": 3, "pnl_quote": "-0.25", "note": "caf\u00e9 \"x\""},
    "outputs_sha384": "b2" * 48,
    "pair": "BTC/USDT",
    "previous_sha384": "00" * 48,
    "sequence": 12,
    "simulated": True,
    "status": "stopped",
    "time": {"bound_ms": 250, "source": "control-plane"},
    "vm_name": "vm-1",
    "window": {"from": "2026-01-02T03:04:05.678Z",
               "to": "2026-01-02T04:04:05.678Z"},
    "attestation": {
        "binding": {
            "config_sha384": "44" * 48,
            "nonce": bytes(range(32)).hex(),
            "report_public_key": b64(pub),
            "role": "register",
            "seal_public_key": b64(b"\3" * 32),
            "tls_public_key": b64(b"\4" + b"\1" * 64),
            "vm_name": "vm-1",
        },
        "provider": "tdx_guest",
        "quote": b64(b"not a quote, but bytes"),
    },
}
digest = hashlib.sha384(canonical(body)).digest()
r, s = utils.decode_dss_signature(key.sign(
    digest, ec.ECDSA(utils.Prehashed(hashes.SHA384()),
                     deterministic_signing=True)))
sys.stdout.buffer.write(canonical({
    "report": body, "sha384": digest.hex(),
    "signature": b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))}))
