#!/usr/bin/env python3
"""Launch endorsements of a signer of ours, made from the formats' descriptions
(gce-tcb-verifier's endorsement.proto, RFC 5280, RFC 4055), with OpenSSL for
keys and signatures. `gcp_peer.py --vectors ROOT.PEM DIR` writes what the unit
tests and the fuzz corpus have; new keys each time."""
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NOW = 1790000000  # 2026-09-21T14:13:20Z
DAY = 86400
ROOT_NAME, SIGNER_NAME = "GCE-cc-tcb-root", "GCE-uefi-signer"


# ---- DER

def der(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    size = (bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else
            b"\x82" + n.to_bytes(2, "big"))
    return bytes([tag]) + size + content


def number(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def seq(*parts):
    return der(0x30, *parts)


def oid(hexed, *params):
    return seq(der(6, bytes.fromhex(hexed)), *params)


NULL = b"\5\0"
HASHES = {"sha256": ("608648016503040201", 32),
          "sha384": ("608648016503040202", 48),
          "sha512": ("608648016503040203", 64)}
PKCS1 = {"sha256": "2a864886f70d01010b", "sha384": "2a864886f70d01010c",
         "sha512": "2a864886f70d01010d"}


def algorithm(scheme, name, salt=None):
    if scheme == "pkcs1":
        return oid(PKCS1[name], NULL)
    h = oid(HASHES[name][0], NULL)
    return oid("2a864886f70d01010a", seq(
        der(0xa0, h), der(0xa1, oid("2a864886f70d010108", h)),
        der(0xa2, number(HASHES[name][1] if salt is None else salt))))


def name(cn):
    def part(what, text):
        return der(0x31, oid("5504" + what, der(0x13, text.encode())))
    return seq(part("06", "USA"), part("0a", "Nobody"), part("03", cn))


def when(t):
    text = subprocess.run(["date", "-u", "-d", "@%d" % t, "+%y%m%d%H%M%SZ"],
                          capture_output=True, check=True).stdout.strip()
    return der(0x17, text)


class Key:
    def __init__(self, bits=2048):
        self.pem = tempfile.mktemp(dir=".", suffix=".key")
        self.tool("genpkey", "-algorithm", "RSA", "-pkeyopt",
                  "rsa_keygen_bits:%d" % bits, "-out", self.pem)
        self.spki = self.tool("pkey", "-in", self.pem, "-pubout", "-outform",
                              "DER")

    @staticmethod
    def tool(*args, stdin=b""):
        return subprocess.run(["openssl"] + list(args), input=stdin,
                              capture_output=True, check=True).stdout

    def sign(self, data, scheme="pss", name="sha256", salt=None):
        opts = ["-sigopt", "rsa_padding_mode:" + scheme]
        if scheme == "pss":
            n = HASHES[name][1] if salt is None else salt
            opts += ["-sigopt", "rsa_pss_saltlen:%d" % n]
        return self.tool("dgst", "-" + name, "-sign", self.pem, *opts,
                         stdin=data)


def extension(which, critical, value):
    flag = b"\1\1\xff" if critical else b""
    return seq(der(6, bytes.fromhex("551d" + which)), flag, der(4, value))


def certificate(key, signer, cn=SIGNER_NAME, issuer=ROOT_NAME, ca=False,
                usage=None, begin=NOW - DAY, end=NOW + DAY, scheme="pss",
                hash_name="sha256", salt=None, inner=None, extra=b"",
                version=2):
    """usage: the bits of the first byte. inner: the algorithm that the signed
    bytes name, when it is another."""
    usage = (0x06 if ca else 0x80) if usage is None else usage
    unused = (usage & -usage).bit_length() - 1
    alg = algorithm(scheme, hash_name, salt)
    tbs = seq(der(0xa0, number(version)), number(30), inner or alg,
              name(issuer), seq(when(begin), when(end)), name(cn), key.spki,
              der(0xa3, seq(
                  extension("0f", True, der(3, bytes([unused, usage]))),
                  extension("13", True, seq(b"\1\1\xff\2\1\0" if ca else b"")),
                  extra)))
    return seq(tbs, alg, der(3, b"\0", signer.sign(tbs, scheme, hash_name,
                                                   salt)))


def pem(der_bytes):
    text = base64.b64encode(der_bytes).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return ("-----BEGIN CERTIFICATE-----\n" + "\n".join(lines) +
            "\n-----END CERTIFICATE-----\n").encode()


# ---- protocol buffers

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def num(field, n):
    return varint(field << 3) + varint(n)


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def td(mrtd, ram=0, early=False):
    return ((num(1, ram) if ram else b"") + (num(2, 1) if early else b"") +
            blob(3, mrtd))


def tdx(rows, svn=2):
    return num(1, svn) + b"".join(blob(2, r) for r in rows)


def snp(rows, svn=3, policy=0x70000):
    return (num(1, svn) +
            b"".join(blob(2, num(1, n) + blob(2, m)) for n, m in rows) +
            blob(3, bytes(range(16))) + blob(4, bytes(range(16, 32))) +
            num(5, policy) + blob(7, b"a later field"))


def digest(text):
    return hashlib.sha384(text.encode()).digest()


class Pki:
    def __init__(self):
        self.root, self.signer = Key(), Key()
        self.root_der = certificate(self.root, self.root, ROOT_NAME, ca=True,
                                    begin=NOW - 100 * DAY,
                                    end=NOW + 100 * DAY)
        self.leaf = certificate(self.signer, self.root)


def golden(pki, leaf=None, mrtds=None, uefi=None, made=NOW - 1000, spec=77,
           commit=b"", bundle=None, snp_part=None, tdx_part=None, more=b""):
    """Every part can be replaced; b"" leaves most of them out."""
    rows = [td(m) for m in mrtds or [digest("mrtd")]]
    parts = [(1, num(1, made) + num(2, 5)), (3, commit),
             (4, pki.leaf if leaf is None else leaf),
             (5, uefi or digest("uefi")),
             (6, pem(pki.root_der) if bundle is None else bundle),
             (7, snp([(1, digest("1")), (2, digest("2"))])
              if snp_part is None else snp_part),
             (8, tdx(rows) if tdx_part is None else tdx_part)]
    out = b"".join(blob(n, data) for n, data in parts if data)
    return out + (num(2, spec) if spec else b"") + more


def endorse(pki, body=None, signer=None, scheme="pss", hash_name="sha256",
            salt=None, signature=None, tail=b"", **how):
    body = golden(pki, **how) if body is None else body
    sig = (signer or pki.signer).sign(body, scheme, hash_name, salt)
    return (blob(1, body) + blob(2, sig if signature is None else signature) +
            tail)


def write_vectors(root_pem, folder):
    root_pem, folder = Path(root_pem).resolve(), Path(folder).resolve()
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        pki = Pki()
        rows = [td(digest("4 GiB"), 4), td(digest("8 GiB"), 8, True),
                td(digest("any"))]
        whole = endorse(pki, commit=b"\xab" * 20, tdx_part=tdx(rows))
        root_pem.write_bytes(pem(pki.root_der))
        files = {"good": whole, "cut": whole[:1200],
                 "root.der": pki.root_der,
                 "list": b"# a list\n2024-07-01 5865 " + b"a" * 96 +
                         b"\n2026-04-30 5308 " + b"0" * 96 + b"\n",
                 "later-field": endorse(pki, tail=num(3, 1)),
                 "no-bundle": endorse(pki, bundle=b""),
                 "pkcs1": endorse(pki, leaf=certificate(
                     pki.signer, pki.root, scheme="pkcs1",
                     hash_name="sha384")),
                 "long-varint": blob(1, b"\x08" + b"\x80" * 10 + b"\x01")}
        for n, data in files.items():
            (folder / n).write_bytes(data)
        os.chdir("/")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "--vectors":
        sys.exit(__doc__)
    write_vectors(*sys.argv[2:])
