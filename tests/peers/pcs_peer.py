#!/usr/bin/env -S python3 -B
"""pcs_peer.py FOLDER [plain] - Intel's Provisioning Certification Service and a
PCCS of our own, on loopback, over TLS: the routes of version 4, issuer chains
percent-encoded in headers, collateral of a root of its own or out of a bundle.
It writes into FOLDER what a client needs (ca.pem, root.pem, fmspc, url) and
serves until it is killed; FOLDER/fault, when it is there, names what it does
wrong (FAULTS), FOLDER/number is the evaluation number to serve.

Written from Intel's documentation of the service and with python3-cryptography;
it shares no code with what it tests."""
import datetime
import hashlib
import http.server
import ipaddress
import json
import ssl
import struct
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import \
    decode_dss_signature
from cryptography.x509.oid import NameOID

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
ROOT_CN = "Test SGX Root CA"
CA_CN = {"platform": "Intel SGX PCK Platform CA",
         "processor": "Intel SGX PCK Processor CA"}
TCB_CN = "Intel SGX TCB Signing"
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def now():
    return datetime.datetime.now(UTC).replace(microsecond=0)


def stamp(t):
    return t.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- certificates

def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def certificate(cn, key, issuer, signer, ca=False, days=365, extra=(),
                path=None, since=None):
    since = since or now() - 30 * DAY
    b = x509.CertificateBuilder(name(issuer), name(cn), key.public_key(),
                                x509.random_serial_number(), since,
                                since + days * DAY)
    usage = dict.fromkeys(("digital_signature", "content_commitment",
                           "key_encipherment", "data_encipherment",
                           "key_agreement", "key_cert_sign", "crl_sign",
                           "encipher_only", "decipher_only"), False)
    for u in ("key_cert_sign", "crl_sign") if ca else ("digital_signature",):
        usage[u] = True
    b = b.add_extension(x509.BasicConstraints(ca, path), True)
    b = b.add_extension(x509.KeyUsage(**usage), True)
    for e in extra:
        b = b.add_extension(e, False)
    return b.sign(signer, hashes.SHA256())


def pem(*certs):
    return b"".join(c.public_bytes(PEM) for c in certs)


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    size = bytes([n]) if n < 128 else (
        b"\x81" + bytes([n]) if n < 256 else b"\x82" + struct.pack(">H", n))
    return bytes([tag]) + size + body


def sgx_oid(*last):
    return tlv(6, bytes.fromhex("2a864886f84d010d01") + bytes(last))


def sgx_extension(fmspc):
    """1.2.840.113741.1.13.1 (Intel SGX PCK Certificate and CRL Profile)."""
    def octets(n, raw):
        return tlv(0x30, sgx_oid(n), tlv(4, raw))
    svns = [tlv(0x30, sgx_oid(2, i), tlv(2, bytes([5 if i < 17 else 11])))
            for i in range(1, 18)]
    svns.append(tlv(0x30, sgx_oid(2, 18), tlv(4, bytes([5] * 16))))
    return tlv(0x30, octets(1, b"\x07" * 16),
               tlv(0x30, sgx_oid(2), tlv(0x30, *svns)), octets(3, b"\0\0"),
               octets(4, fmspc), tlv(0x30, sgx_oid(5), tlv(10, b"\1")))


class Pki:
    """What Intel's provisioning has: a root, two PCK CAs, the TCB signer."""

    def __init__(self):
        self.keys = {k: ec.generate_private_key(ec.SECP256R1())
                     for k in ("root", "platform", "processor", "tcb")}
        root = self.keys["root"]
        self.root = certificate(ROOT_CN, root, ROOT_CN, root, True, path=1)
        self.ca = {k: certificate(CA_CN[k], self.keys[k], ROOT_CN, root, True,
                                  path=0) for k in CA_CN}
        self.tcb = certificate(TCB_CN, self.keys["tcb"], ROOT_CN, root)

    def crl(self, issuer, since, days=30, revoked=(), number=1):
        cn = ROOT_CN if issuer == "root" else CA_CN[issuer]
        b = x509.CertificateRevocationListBuilder(name(cn), since,
                                                  since + days * DAY)
        b = b.add_extension(x509.CRLNumber(number), False)
        for serial in revoked:
            b = b.add_revoked_certificate(
                x509.RevokedCertificateBuilder(serial, since).build())
        return b.sign(self.keys[issuer], hashes.SHA256()).public_bytes(DER)

    def sign(self, text, key="tcb"):
        r, s = decode_dss_signature(
            self.keys[key].sign(text, ec.ECDSA(hashes.SHA256())))
        return (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()

    def quote(self, fmspc, ca="platform"):
        """A version 4 quote of such a platform; no signature in it is one."""
        key = ec.generate_private_key(ec.SECP256R1())
        oid = x509.ObjectIdentifier("1.2.840.113741.1.13.1")
        pck = certificate("Intel SGX PCK Certificate", key, CA_CN[ca],
                          self.keys[ca], extra=[x509.UnrecognizedExtension(
                              oid, sgx_extension(fmspc))])
        chain = pem(pck, self.ca[ca], self.root)
        qe = (bytes(384 + 64) + struct.pack("<H", 32) + bytes(32) +
              struct.pack("<HI", 5, len(chain)) + chain)
        data = bytes(128) + struct.pack("<HI", 6, len(qe)) + qe
        head = struct.pack("<HHIHH", 4, 2, 0x81, 0, 0) + bytes.fromhex(
            "939a7233f79c4ca9940a0db3957f0607") + bytes(20)
        return head + bytes(584) + struct.pack("<I", len(data)) + data


# ---- what it says

def level(tcb, status="UpToDate", advisories=()):
    out = {"tcb": tcb, "tcbDate": "2025-05-14T00:00:00Z", "tcbStatus": status}
    if advisories:
        out["advisoryIDs"] = list(advisories)
    return out


def components(svn):
    return [{"svn": svn, "category": "BIOS", "type": "t"}] + [
        {"svn": svn} for _ in range(15)]


class Collateral:
    """Everything of one platform, as the service holds it."""

    def __init__(self, pki, fmspc=bytes.fromhex("00806f050000"), number=17,
                 issued=None, days=30, ca="platform", crl_issued=None,
                 qe_number=None, crl_number=1, root_issued=None, revoked=()):
        issued = issued or now() - DAY
        crl_issued = crl_issued or issued
        self.pki, self.fmspc, self.ca = pki, fmspc, ca
        dates = {"issueDate": stamp(issued),
                 "nextUpdate": stamp(issued + days * DAY)}
        info = {"id": "TDX", "version": 3, **dates, "fmspc": fmspc.hex(),
                "pceId": "0000", "tcbType": 0,
                "tcbEvaluationDataNumber": number,
                "tdxModule": {"mrsigner": "00" * 48, "attributes": "00" * 8,
                              "attributesMask": "FF" * 8},
                "tdxModuleIdentities": [{
                    "id": "TDX_01", "mrsigner": "00" * 48,
                    "attributes": "00" * 8, "attributesMask": "FF" * 8,
                    "tcbLevels": [level({"isvsvn": 4}),
                                  level({"isvsvn": 2}, "OutOfDate",
                                        ["INTEL-SA-01036"])]}],
                "tcbLevels": [
                    level({"sgxtcbcomponents": components(5), "pcesvn": 11,
                           "tdxtcbcomponents": components(3)}),
                    level({"sgxtcbcomponents": components(2), "pcesvn": 5,
                           "tdxtcbcomponents": components(0)}, "OutOfDate",
                          ["INTEL-SA-00106", "INTEL-SA-00115"])]}
        qe = {"id": "TD_QE", "version": 2, **dates,
              "tcbEvaluationDataNumber": qe_number or number,
              "miscselect": "00000000", "miscselectMask": "FFFFFFFF",
              "attributes": "11" + "00" * 15,
              "attributesMask": "FB" + "FF" * 7 + "00" * 8,
              "mrsigner": "DC" * 32, "isvprodid": 2,
              "tcbLevels": [level({"isvsvn": 4})]}
        self.info, self.qe = (json.dumps(d, separators=(",", ":")).encode()
                              for d in (info, qe))
        self.info_sig, self.qe_sig = pki.sign(self.info), pki.sign(self.qe)
        self.tcb_chain = self.qe_chain = pem(pki.tcb, pki.root)
        self.ca_chain = pem(pki.ca[ca], pki.root)
        self.pck_crl = pki.crl(ca, crl_issued, days, revoked, crl_number)
        self.root_crl = pki.crl("root", root_issued or crl_issued, 365)

    def bundle(self):
        """The one-file form that a client should make of it."""
        return {"tcb_info": self.info.decode(),
                "tcb_info_signature": self.info_sig,
                "tcb_info_issuer_chain": self.tcb_chain.decode(),
                "qe_identity": self.qe.decode(),
                "qe_identity_signature": self.qe_sig,
                "qe_identity_issuer_chain": self.qe_chain.decode(),
                "pck_crl": self.pck_crl.hex(),
                "pck_crl_issuer_chain": self.ca_chain.decode(),
                "root_ca_crl": self.root_crl.hex()}


class FromBundle(Collateral):
    """The same out of a bundle, whoever signed it."""

    def __init__(self, b):  # pylint: disable=super-init-not-called
        self.info, self.qe = b["tcb_info"].encode(), b["qe_identity"].encode()
        self.info_sig = b["tcb_info_signature"]
        self.qe_sig = b["qe_identity_signature"]
        self.tcb_chain = b["tcb_info_issuer_chain"].encode()
        self.qe_chain = b["qe_identity_issuer_chain"].encode()
        self.ca_chain = b["pck_crl_issuer_chain"].encode()
        self.pck_crl = bytes.fromhex(b["pck_crl"])
        self.root_crl = bytes.fromhex(b["root_ca_crl"])
        self.fmspc = bytes.fromhex(json.loads(self.info)["fmspc"])
        self.ca = "processor" if b"Processor CA" in x509.\
            load_pem_x509_certificate(self.ca_chain).subject.public_bytes() \
            else "platform"


# ---- the service

class Answer:
    """One answer, on its way to be made wrong."""

    def __init__(self, body, chain=None, header=None, kind="application/json"):
        self.status, self.body, self.kind = 200, body, kind
        self.headers = [] if header is None else [(header, quote(chain,
                                                                 safe=""))]
        self.chunked = self.cut = False
        self.pause = 0


def set_status(code, *headers):
    def change(a):
        a.status, a.headers, a.body = code, list(headers), b"hush"
    return change


def put(**what):
    def change(a):
        for k, v in what.items():
            setattr(a, k, v(getattr(a, k)) if callable(v) else v)
    return change


def chain(f):
    """f changes the value of the issuer chain's header."""
    return put(headers=lambda h: [(k, f(v)) for k, v in h])


def flip(body):
    """Another last digit of the signature."""
    at = body.rindex(b'"') - 1
    return body[:at] + (b"0" if body[at:at + 1] != b"0" else b"1") + \
        body[at + 1:]


# name: what it does to an answer
FAULTS = {
    "400": set_status(400), "401": set_status(401), "403": set_status(403),
    "404": set_status(404), "410": set_status(410), "500": set_status(500),
    "503": set_status(503),
    "429": set_status(429, ("Retry-After", "1")),
    "429-long": set_status(429, ("Retry-After", "3600")),
    "redirect": set_status(302, ("Location", "/elsewhere")),
    "cut": put(cut=True),
    "slow": put(pause=0.02),
    "chunked": put(chunked=True),
    "empty": put(body=b""),
    "html": put(body=b"<html><body>hush</body></html>"),
    "large": put(body=b"0" * (192 * 1024 + 1)),
    "flipped": put(body=flip),
    "no-chain": put(headers=[]),
    "two-chains": put(headers=lambda h: h + h),
    "raw-chain": chain(lambda v: "-----BEGIN CERTIFICATE-----"),
    "half-escape": chain(lambda v: v[:-1] + "%2"),
    "nul-escape": chain(lambda v: v + "%00"),
    "half-chain": chain(lambda v: v[:len(v) // 2]),
    "plus-chain": chain(lambda v: v.replace("%20", "+")),
    "twice-escaped": chain(lambda v: quote(v, safe="")),
    "one-cert": chain(lambda v: v[:v.index("END") + 25]),
}


class Service:
    """Serves one Collateral; `fault` is {document: (FAULTS name, times)}, times
    0 for ever. Documents: tcb, qe, pckcrl, rootcrl."""

    def __init__(self, collateral, v3_header=False):
        self.collateral, self.v3_header = collateral, v3_header
        self.fault, self.log, self.lock = {}, [], threading.Lock()

    def route(self, path):
        c, url = self.collateral, urlsplit(path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        where = url.path.replace("/sub", "", 1)
        if where == "/tdx/certification/v4/tcb":
            if query.get("fmspc", "").lower() != c.fmspc.hex():
                return "tcb", Answer(b"No TCB info", kind="text/plain"), 404
            head = "SGX-TCB-Info-Issuer-Chain" if self.v3_header \
                else "TCB-Info-Issuer-Chain"
            body = b'{"tcbInfo":%s,"signature":"%s"}' % (
                c.info, c.info_sig.encode())
            return "tcb", Answer(body, c.tcb_chain, head), 200
        if where == "/tdx/certification/v4/qe/identity":
            body = b'{"enclaveIdentity":%s,"signature":"%s"}' % (
                c.qe, c.qe_sig.encode())
            return "qe", Answer(body, c.qe_chain,
                                "SGX-Enclave-Identity-Issuer-Chain"), 200
        if where == "/sgx/certification/v4/pckcrl":
            good = query.get("ca") in CA_CN and query.get("encoding") == "der"
            return "pckcrl", Answer(c.pck_crl, c.ca_chain,
                                    "SGX-PCK-CRL-Issuer-Chain",
                                    "application/pkix-crl"), \
                200 if good else 400
        if where == "/sgx/certification/v4/rootcacrl":
            return "rootcrl", Answer(c.root_crl.hex().encode(),
                                     kind="text/html"), 200
        if where == "/IntelSGXRootCA.der":
            return "rootcrl", Answer(c.root_crl,
                                     kind="application/pkix-crl"), 200
        return "", Answer(b""), 404

    def answer(self, path, headers):
        with self.lock:
            self.log.append((path, dict(headers)))
            document, a, status = self.route(path)
            a.status = status
            fault = self.fault.get(document)
            if fault is not None and status == 200:
                FAULTS[fault[0]](a)
                if fault[1] == 1:
                    del self.fault[document]
                elif fault[1] > 1:
                    self.fault[document] = (fault[0], fault[1] - 1)
            return a


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def do_GET(self):  # pylint: disable=invalid-name
        a = self.server.service.answer(self.path, self.headers)
        self.send_response(a.status)
        self.send_header("Request-ID", hashlib.md5(a.body).hexdigest())
        self.send_header("Warning", '299 - "a test"')
        self.send_header("Content-Type", a.kind)
        for k, v in a.headers:
            self.send_header(k, v)
        if a.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(a.body)))
        self.end_headers()
        try:
            self.send_body(a)
        except OSError:
            self.close_connection = True

    def send_body(self, a):
        if a.cut:
            self.wfile.write(a.body[:len(a.body) // 2])
            self.close_connection = True
        elif a.chunked:
            for i in range(0, len(a.body), 1000):
                part = a.body[i:i + 1000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        elif a.pause:
            step = len(a.body) // 20 + 1
            for i in range(0, len(a.body), step):
                self.wfile.write(a.body[i:i + step])
                self.wfile.flush()
                time.sleep(a.pause)
        else:
            self.wfile.write(a.body)


class Tls:
    """A CA of the web, an intermediate, and a server's certificate."""

    def __init__(self, kind="ec", sans=("localhost",), days=365, since=None):
        keys = [rsa.generate_private_key(65537, 2048) if kind == "rsa" else
                ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        names = [x509.DNSName(s) for s in sans if not s[0].isdigit()]
        names += [x509.IPAddress(ipaddress.ip_address(s)) for s in sans
                  if s[0].isdigit()]
        self.ca = certificate("Web CA", keys[0], "Web CA", keys[0], True)
        between = certificate("Web Sub CA", keys[1], "Web CA", keys[0], True,
                              path=0)
        leaf = certificate("server", keys[2], "Web Sub CA", keys[1],
                           extra=[x509.SubjectAlternativeName(names)],
                           days=days, since=since)
        self.chain = pem(leaf, between)
        self.key = keys[2].private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption())

    def context(self, folder):
        for n, data in (("tls.pem", self.chain), ("tls.key", self.key)):
            (Path(folder) / n).write_bytes(data)
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(Path(folder) / "tls.pem", Path(folder) / "tls.key")
        return c


class SelfSigned(Tls):
    """One certificate, as `openssl req -x509` makes it for a PCCS."""

    def __init__(self):  # pylint: disable=super-init-not-called
        key = rsa.generate_private_key(65537, 3072)
        b = x509.CertificateBuilder(name("pccs"), name("pccs"),
                                    key.public_key(),
                                    x509.random_serial_number(), now() - DAY,
                                    now() + 365 * DAY)
        b = b.add_extension(x509.BasicConstraints(True, None), True)
        b = b.add_extension(x509.SubjectAlternativeName(
            [x509.DNSName("localhost")]), False)
        self.ca = b.sign(key, hashes.SHA256())
        self.chain = pem(self.ca)
        self.key = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())


class Server:
    """A Service on a port of loopback; tls None: plain HTTP."""

    def __init__(self, service, tls=None, folder="."):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.service = service
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None
        if tls is not None:
            self.http.socket = tls.context(folder).wrap_socket(
                self.http.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.http.server_address[1]
        self.url = "%s://localhost:%d" % ("https" if tls else "http",
                                          self.port)
        threading.Thread(target=self.http.serve_forever, args=(0.05,),
                         daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def follow(folder, service, pki):
    """Does what the files in the folder say, until it is killed."""
    number = 17
    while True:
        fault, file = folder / "fault", folder / "number"
        if file.exists() and int(file.read_text()) != number:
            number = int(file.read_text())
            service.collateral = Collateral(pki, number=number)
        words = fault.read_text().split() if fault.exists() else []
        service.fault = {words[0]: (words[1], 0)} if len(words) == 2 else {}
        time.sleep(0.05)


def main():
    folder = Path(sys.argv[1])
    pki = Pki()
    service = Service(Collateral(pki))
    tls = None if sys.argv[2:] == ["plain"] else Tls()
    server = Server(service, tls, folder)
    if tls is not None:
        (folder / "ca.pem").write_bytes(pem(tls.ca))
    (folder / "root.pem").write_bytes(pem(pki.root))
    (folder / "fmspc").write_text(service.collateral.fmspc.hex())
    (folder / "quote").write_bytes(pki.quote(service.collateral.fmspc))
    (folder / "url.new").write_text(server.url)
    (folder / "url.new").rename(folder / "url")
    follow(folder, service, pki)


if __name__ == "__main__":
    main()
