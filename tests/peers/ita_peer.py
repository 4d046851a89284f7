#!/usr/bin/env -S python3 -B
"""ita_peer.py FOLDER - an Intel Trust Authority of our own, on loopback, over
TLS: both versions of its API, nonces that it signs and takes back once, tokens
in the form of real ones, keys that change. It writes into FOLDER what a client
needs (url, ca.pem, api-key, root.pem, issuer), the port last, and serves until
it is killed; FOLDER/fault, when it is there, is what it does wrong (Faults).

It reads what a token says out of the quote's bytes. It does not verify a quote:
whoever asks it knows what it signs."""
import base64
import datetime
import hashlib
import http.server
import json
import os
import re
import ssl
import sys
import threading
import time
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

PORTAL = "https://portal.trustauthority.intel.com"
API_KEY = "dGhpcy1pcy10aGUtYXBpLWtleS1vZi10aGUtcGVlcg=="
MATCHES = "749dd9b1-234f-41f5-a6ca-42c4312dd4f1"
MATCHES_NOT = "849dd9b1-234f-41f5-a6ca-42c4312dd4f1"
POLICIES = {MATCHES: True, MATCHES_NOT: False}
HASHES = {"PS384": hashes.SHA384(), "RS256": hashes.SHA256()}
LIFE, MAX_BODY, NONCE_LIFE = 300, 500000, 300
DAY = datetime.timedelta(days=1)


def b64(raw):
    return base64.b64encode(raw).decode()


def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


# ---- certificates

def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests")])


def certificate(cn, key, issuer, signer, ca=False, usage=(), path=None,
                days=30, serial=None, sans=()):
    """Signed with SHA-512 by an RSA key, as Intel's are, else with SHA-256."""
    on = dict.fromkeys(("digital_signature", "content_commitment",
                        "key_encipherment", "data_encipherment",
                        "key_agreement", "key_cert_sign", "crl_sign",
                        "encipher_only", "decipher_only"), False)
    on.update(dict.fromkeys(usage, True))
    now = datetime.datetime.utcnow()
    b = x509.CertificateBuilder(name(issuer), name(cn), key.public_key(),
                                serial or x509.random_serial_number(),
                                now - DAY, now + days * DAY)
    b = b.add_extension(x509.BasicConstraints(ca, path), True)
    b = b.add_extension(x509.KeyUsage(**on), ca)
    if sans:
        b = b.add_extension(x509.SubjectAlternativeName(sans), False)
    h = hashes.SHA512() if isinstance(signer, rsa.RSAPrivateKey) \
        else hashes.SHA256()
    return b.sign(signer, h)


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


CA_USAGE = ("key_cert_sign", "crl_sign")


class Pki:
    """Root, signing CA and the keys under it, as Intel's are named."""

    def __init__(self):
        self.root_key, self.ca_key = (rsa.generate_private_key(65537, 3072)
                                      for _ in range(2))
        self.root = certificate("Root CA", self.root_key, "Root CA",
                                self.root_key, True, CA_USAGE)
        self.ca = certificate("ATS Signing CA", self.ca_key, "Root CA",
                              self.root_key, True, CA_USAGE, 0)

    def signing(self):
        return SigningKey(self)

    def crls(self, *revoked):
        """In DER: the root's and the signing CA's, with these certificates."""
        now = datetime.datetime.utcnow()
        out = []
        for cn, key in (("Root CA", self.root_key),
                        ("ATS Signing CA", self.ca_key)):
            b = x509.CertificateRevocationListBuilder(name(cn), now - DAY,
                                                      now + 7 * DAY)
            for c in revoked:
                if c.issuer == name(cn):
                    b = b.add_revoked_certificate(
                        x509.RevokedCertificateBuilder(c.serial_number, now)
                        .build())
            out.append(b.sign(key, hashes.SHA512()).public_bytes(
                serialization.Encoding.DER))
        return out


class SigningKey:
    def __init__(self, pki):
        self.key = rsa.generate_private_key(65537, 3072)
        self.leaf = certificate("Attestation Token Signing", self.key,
                                "ATS Signing CA", pki.ca_key,
                                usage=("digital_signature",))
        self.chain = [self.leaf, pki.ca, pki.root]
        self.kid = hashlib.sha384(der(self.leaf)).hexdigest()

    def jwks(self):
        pub = self.key.public_key().public_numbers()
        return [{"kty": "RSA", "alg": alg, "kid": self.kid, "e": b64u(
            pub.e.to_bytes(3, "big")), "n": b64u(pub.n.to_bytes(384, "big")),
            "x5c": [b64(der(c)) for c in self.chain]} for alg in HASHES]

    def sign(self, alg, data):
        h = HASHES[alg]
        pad = padding.PKCS1v15() if alg == "RS256" else padding.PSS(
            padding.MGF1(h), h.digest_size)
        return self.key.sign(data, pad, h)


# ---- quotes

BODY, BODY_LEN = 48, 584
FIELDS = {"tdx_tee_tcb_svn": (0, 16), "tdx_mrseam": (16, 48),
          "tdx_mrsignerseam": (64, 48), "tdx_seam_attributes": (112, 8),
          "tdx_td_attributes": (120, 8), "tdx_xfam": (128, 8),
          "tdx_mrtd": (136, 48), "tdx_mrconfigid": (184, 48),
          "tdx_mrowner": (232, 48), "tdx_mrownerconfig": (280, 48),
          "tdx_rtmr0": (328, 48), "tdx_rtmr1": (376, 48),
          "tdx_rtmr2": (424, 48), "tdx_rtmr3": (472, 48),
          "tdx_report_data": (520, 64)}


def make_quote(reportdata, **fields):
    """One in the right form whose signatures are zeros. fields: as FIELDS."""
    body = bytearray(BODY_LEN)
    fields = dict({"tdx_td_attributes": bytes((0, 0, 0, 16, 0, 0, 0, 0)),
                   "tdx_xfam": bytes((0xe7, 0, 6, 0, 0, 0, 0, 0)),
                   "tdx_report_data": reportdata}, **fields)
    for key, value in fields.items():
        at, size = FIELDS[key]
        body[at:at + size] = value.ljust(size, b"\0")
    head = bytes((4, 0, 2, 0, 0x81, 0, 0, 0, 0, 0, 0, 0)) + bytes.fromhex(
        "939a7233f79c4ca9940a0db3957f0607") + bytes(20)
    chain = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    qe = bytes(384 + 64) + (32).to_bytes(2, "little") + bytes(32) + \
        (5).to_bytes(2, "little") + len(chain).to_bytes(4, "little") + chain
    sig = bytes(64 + 64) + (6).to_bytes(2, "little") + \
        len(qe).to_bytes(4, "little") + qe
    return head + bytes(body) + len(sig).to_bytes(4, "little") + sig


def td_claims(quote):
    body = quote[BODY:BODY + BODY_LEN]
    td = {key: body[at:at + size].hex()
          for key, (at, size) in FIELDS.items()}
    bits = int.from_bytes(body[120:128], "little")
    flags = {"debug": 0, "septve_disable": 28, "protection_keys": 30,
             "key_locker": 31, "perfmon": 63}
    for key, bit in flags.items():
        td["tdx_td_attributes_" + key] = bool(bits >> bit & 1)
    td["tdx_is_debuggable"] = bool(bits & 1)
    td["dbgstat"] = "enabled" if bits & 1 else "disabled"
    td["tdx_seamsvn"] = int.from_bytes(body[0:2], "little")
    digest = dict.fromkeys(("qeidcerthash", "qeidcrlhash", "qeidhash",
                            "tcbinfocerthash", "tcbinfocrlhash",
                            "tcbinfohash"), "00" * 32)
    digest["quotehash"] = hashlib.sha256(quote).hexdigest()
    td["tdx_collateral"] = digest
    return td


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def need(condition, text, status=400):
    if not condition:
        raise Refused(status, text)


def octets(value, key, least=1):
    text = value.get(key, "")
    need(isinstance(text, str), key + " is no string")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(400, key + " is not base64") from None
    need(len(raw) >= least, key + " is empty")
    return raw


def only(value, known):
    need(isinstance(value, dict), "not an object")
    for key in value:
        need(key in known, "unknown field \"%s\"" % key)


EVIDENCE = ("quote", "verifier_nonce", "runtime_data", "user_data",
            "event_log")
ABOUT = ("policy_ids", "policy_must_match", "token_signing_alg")


class Service:
    """What it does, without the network. fault: what it does wrong."""

    def __init__(self, issuer=PORTAL, pki=None):
        self.pki = pki or Pki()
        self.issuer, self.status = issuer, "UpToDate"
        self.nonce_key = rsa.generate_private_key(65537, 3072)
        self.keys = [self.pki.signing()]
        self.issued, self.used = {}, set()
        self.requests = []   # (method, path, headers)
        self.fault, self.fault_times = "", 0
        self.lock = threading.Lock()

    def rotate(self):
        """Signs with a new key from now on and has the old one in no set."""
        self.keys.append(self.pki.signing())

    def jwks(self):
        old = self.fault == "old-keys"
        return compact({"keys": self.keys[-2 if old else -1].jwks()})

    def set_fault(self, what, times=1 << 30):
        self.fault, self.fault_times = what, times

    # -- nonces

    def new_nonce(self):
        val = base64.b64encode(os.urandom(66))
        iat = datetime.datetime.utcnow().strftime(
            "%Y-%m-%d %H:%M:%S +0000 UTC").encode()
        self.issued[val] = time.time()
        return {"val": b64(val), "iat": b64(iat), "signature": b64(
            self.nonce_key.sign(val + iat, padding.PSS(padding.MGF1(
                hashes.SHA384()), 48), hashes.SHA384()))}

    def take_nonce(self, nonce):
        only(nonce, ("val", "iat", "signature"))
        val, iat, sig = (octets(nonce, k) for k in ("val", "iat", "signature"))
        try:
            self.nonce_key.public_key().verify(sig, val + iat, padding.PSS(
                padding.MGF1(hashes.SHA384()), 48), hashes.SHA384())
        except InvalidSignature:
            raise Refused(400, "The nonce is not one of ours") from None
        need(val in self.issued, "The nonce is not one of ours")
        need(val not in self.used, "The nonce was used before")
        need(time.time() - self.issued[val] < NONCE_LIFE,
             "The nonce has expired")
        self.used.add(val)
        return val + iat

    # -- tokens

    def policies(self, body):
        ids = body.get("policy_ids", [])
        need(isinstance(ids, list), "policy_ids is no list")
        out = {True: [], False: []}
        for i in ids:
            need(i in POLICIES, "no policy %s" % i)
            out[POLICIES[i]].append({"id": i, "version": "v1"})
        need(not (body.get("policy_must_match") and out[False]),
             "A policy does not match")
        return {"policy_ids_matched": out[True] or None,
                "policy_ids_unmatched": out[False] or None}

    def bound(self, evidence, td):
        """What REPORTDATA has to bind, as far as anything was handed in."""
        prefix, data = b"", b""
        if "verifier_nonce" in evidence:
            prefix = self.take_nonce(evidence["verifier_nonce"])
            td["verifier_nonce"] = evidence["verifier_nonce"]
        if "runtime_data" in evidence:
            data = octets(evidence, "runtime_data")
            td["attester_held_data"] = evidence["runtime_data"]
        if prefix or data:
            need(hashlib.sha512(prefix + data).hexdigest() ==
                 td["tdx_report_data"], "REPORTDATA does not match")

    def token(self, version, body):
        only(body, EVIDENCE + ABOUT if version == "v1" else ("tdx",) + ABOUT)
        evidence = body if version == "v1" else body.get("tdx")
        if version == "v2":
            only(evidence, EVIDENCE)
        alg = body.get("token_signing_alg", "PS384")
        need(alg in HASHES, "no such token_signing_alg")
        quote = octets(evidence, "quote", BODY + BODY_LEN + 4)
        need(quote[:2] in (b"\4\0", b"\5\0") and quote[4:8] ==
             b"\x81\0\0\0", "Failed to parse quote")
        td = td_claims(quote)
        self.bound(evidence, td)
        td.update(attester_type="TDX", attester_tcb_status=self.status,
                  attester_tcb_date="2025-05-14T00:00:00Z")
        if self.status != "UpToDate":
            td["attester_advisory_ids"] = ["INTEL-SA-01192"]
        now = int(time.time())
        claims = {"exp": now + LIFE, "iat": now, "nbf": now,
                  "iss": self.issuer, "jti": b64u(os.urandom(12)),
                  "intuse": "generic",
                  "eat_profile": self.issuer + "/eat_profile.html"}
        claims.update(self.policies(body))
        self.wrong(claims, td)
        if version == "v1":
            claims.update(td, ver="1.0.0")
        else:
            claims.update(tdx=td, ver="2.0.0",
                          appraisal={"method": "default", "ver": 2})
        return self.sign(alg, claims)

    def wrong(self, claims, td):
        """Faults of a service that signs what it should not."""
        if self.fault == "other-mrtd":
            td["tdx_mrtd"] = "ab" * 48
        if self.fault == "other-nonce":
            td["verifier_nonce"] = self.new_nonce()
            td.pop("attester_held_data", None)
        if self.fault == "other-quote":
            td["tdx_collateral"]["quotehash"] = "ab" * 32
        if self.fault == "other-issuer":
            claims["iss"] = "https://portal.example.com"
        if self.fault == "old-token":
            for key in ("exp", "iat", "nbf"):
                claims[key] -= 2 * LIFE
        if self.fault == "audience":
            claims["aud"] = "somebody"

    def sign(self, alg, claims):
        key = self.keys[-1]
        where = self.issuer if "://" in self.issuer else PORTAL
        head = {"alg": alg, "jku": where + "/certs", "kid": key.kid,
                "typ": "JWT"}
        if self.fault == "other-jku":
            head["jku"] = "https://127.0.0.1:1/certs"
        if self.fault == "alg-none":
            head["alg"] = "none"
        text = b64u(compact(head)) + "." + b64u(compact(claims))
        sig = key.sign(alg, text.encode())
        if self.fault == "bad-signature":
            sig = sig[:-1] + bytes((sig[-1] ^ 1,))
        return text + "." + b64u(sig)


# ---- the network

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "peer", ""

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        for key, value in dict({"Content-Type": "application/json",
                                "Content-Length": len(body)},
                               **headers).items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def broken(self, fault):
        """Faults of a service that cannot be had. True: was one."""
        if fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
        elif fault == "silent":
            time.sleep(120)
        elif fault == "large":
            self.answer(200, b" " * 70000)
        elif fault == "html":
            self.answer(200, b"<html>")
        elif fault == "empty":
            self.answer(200, b"{}")
        elif fault == "busy":
            self.answer(429, b"", Retry_After=1)
        elif fault == "long-busy":
            self.answer(429, b"", Retry_After=1000)
        elif fault == "elsewhere":
            self.answer(302, b"", Location="https://127.0.0.1:1/")
        elif fault == "tells-key":
            self.answer(400, compact({"error": "key " + API_KEY}))
        elif fault == "escapes":
            self.answer(400, compact({"error": "\x1b[2J\u202e"}))
        elif fault.isdigit():
            self.answer(int(fault), compact({"message": "fault"}))
        else:
            return False
        self.close_connection = True
        return True

    def serve(self, body):
        s, path = self.server.service, self.path
        with s.lock:
            s.requests.append((self.command, path, dict(self.headers)))
            fault = s.fault
            if s.fault_times == 0:
                fault = s.fault = ""
            else:
                s.fault_times -= 1
        if self.broken(fault):
            return
        if self.command == "GET" and path == "/certs":
            self.answer(200, s.jwks())
            return
        m = re.fullmatch("/appraisal/(v[12])/(nonce|attest)", path)
        try:
            need(m and self.command == ("GET" if m[2] == "nonce" else "POST"),
                 "no such route", 404)
            need(self.headers.get("x-api-key") == API_KEY, "Unauthorized", 401)
            with s.lock:
                self.answer(200, compact(
                    s.new_nonce() if m[2] == "nonce" else
                    {"token": s.token(m[1], json.loads(body))}),
                    trace_id="T-1", request_id=self.headers.get(
                        "request-id", "none"))
        except Refused as e:
            self.answer(e.status, compact({"error": str(e)}), trace_id="T-2")
        except ValueError:
            self.answer(400, compact({"error": "not JSON"}))

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        if size > MAX_BODY:
            self.answer(413, b"")
            self.close_connection = True
            return
        self.serve(self.rfile.read(size))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder, service=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.service = service or Service()
        self.folder = Path(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        ca = certificate("Peer CA", key, "Peer CA", key, True, CA_USAGE)
        own = ec.generate_private_key(ec.SECP256R1())
        cert = certificate("localhost", own, "Peer CA", key,
                           usage=("digital_signature",),
                           sans=[x509.DNSName("localhost")])
        self.url = "https://localhost:%d" % self.server_port
        for file, data in (
                ("ca.pem", pem(ca)), ("root.pem", pem(self.service.pki.root)),
                ("server.pem", pem(cert) + own.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption())),
                ("issuer", self.service.issuer.encode()),
                ("url", self.url.encode())):
            (self.folder / file).write_bytes(data)
        (self.folder / "api-key").touch(0o600)
        (self.folder / "api-key").write_text(API_KEY + "\n")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.folder / "server.pem")
        self.tls = tls

    def finish_request(self, request, client_address):
        try:
            request.settimeout(30)
            with self.tls.wrap_socket(request, server_side=True) as s:
                super().finish_request(s, client_address)
        except OSError:
            pass  # a client that goes away, or trusts somebody else

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self


def main():
    server = Server(sys.argv[1]).start()
    folder = Path(sys.argv[1])
    (folder / "port").write_text(str(server.server_port))
    fault = folder / "fault"
    while True:
        server.service.fault = fault.read_text().strip() \
            if fault.exists() else ""
        server.service.fault_times = 1 << 30
        time.sleep(0.05)


if __name__ == "__main__":
    main()
