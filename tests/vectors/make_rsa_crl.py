#!/usr/bin/env python3
"""Makes rsa_crl.txt:
python3 tests/vectors/make_rsa_crl.py > tests/vectors/rsa_crl.txt

    cert NAME DER               root, ca, leaf, and another root of that name
    crl NAME DER
    bad WANT DER WHY            WANT: the name of an enum err, of parsing
    case WANT TIME CRLS WHY     TIME: days from now; CRLS: with commas

Keys, certificates and CRLs are OpenSSL's (through python3-cryptography), new
each time; openssl verifies each CRL of the chain, and the script stops when it
does not say what is expected."""
import datetime
import subprocess
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NOW, DAY = 1800000000, 86400
DER = serialization.Encoding.DER
USAGE = ("digital_signature", "content_commitment", "key_encipherment",
         "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
         "encipher_only", "decipher_only")


def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def when(day):
    return datetime.datetime.utcfromtimestamp(NOW + day * DAY)


def certificate(cn, key, issuer, signer, ca, serial, usage):
    on = {u: u in usage for u in USAGE}
    return (x509.CertificateBuilder(name(issuer), name(cn), key.public_key(),
                                    serial, when(-9), when(99))
            .add_extension(x509.BasicConstraints(ca, None), True)
            .add_extension(x509.KeyUsage(**on), True)
            .sign(signer, hashes.SHA512()))


def crl(issuer, signer, revoked=(), begin=-1, end=1, critical=None,
        algorithm=hashes.SHA512()):
    b = x509.CertificateRevocationListBuilder(name(issuer), when(begin),
                                              when(end))
    b = b.add_extension(x509.CRLNumber(7), False)
    if critical:
        b = b.add_extension(critical, True)
    for serial in revoked:
        b = b.add_revoked_certificate(x509.RevokedCertificateBuilder(
            serial, when(-2)).build())
    return b.sign(signer, algorithm).public_bytes(DER)


def checked(lists, issuers):
    """OpenSSL finds the signatures right."""
    with tempfile.TemporaryDirectory() as tmp:
        for k, der in lists.items():
            issuer = issuers.get(k)
            if issuer is None:
                continue
            Path(tmp, "crl").write_bytes(der)
            Path(tmp, "ca").write_bytes(issuer.public_bytes(
                serialization.Encoding.PEM))
            p = subprocess.run(["openssl", "crl", "-inform", "DER", "-in",
                                tmp + "/crl", "-noout", "-CAfile",
                                tmp + "/ca"], capture_output=True)
            assert b"verify OK" in p.stderr, (k, p.stderr)


def main():
    root_key, ca_key, leaf_key, other_key = (
        rsa.generate_private_key(65537, 2048) for _ in range(4))
    sign = ("key_cert_sign", "crl_sign")
    root = certificate("Root", root_key, "Root", root_key, True, 1, sign)
    mute = certificate("Root", root_key, "Root", root_key, True, 1, sign[:1])
    ca = certificate("CA", ca_key, "Root", root_key, True, 2, sign)
    leaf = certificate("Leaf", leaf_key, "CA", ca_key, False, 1000,
                       ("digital_signature",))
    for n, c in (("root", root), ("mute", mute), ("ca", ca), ("leaf", leaf)):
        print("cert", n, c.public_bytes(DER).hex())
    point = x509.IssuingDistributionPoint(None, None, True, False, None,
                                          False, False)
    good = crl("CA", ca_key)
    lists = {
        "root": crl("Root", root_key), "ca": good,
        "ca256": crl("CA", ca_key, algorithm=hashes.SHA256()),
        "others": crl("CA", ca_key, [999, 1001, 1 << 150]),
        "leaf": crl("CA", ca_key, [999, 1000]),
        "rootca": crl("Root", root_key, [2]),
        "old": crl("CA", ca_key, begin=-3, end=-1),
        "oldleaf": crl("CA", ca_key, [1000], begin=-3, end=-1),
        "later": crl("CA", ca_key, begin=1, end=3),
        "forged": crl("CA", other_key),
        "byroot": crl("CA", root_key),
        "flipped": good[:-1] + bytes((good[-1] ^ 1,)),
    }
    checked(lists, {"root": root, "ca": ca, "ca256": ca, "others": ca,
                    "leaf": ca, "rootca": root, "old": ca, "later": ca})
    for k, der in lists.items():
        print("crl", k, der.hex())
    print("bad", "UNSUPP", crl("CA", ca_key, critical=point).hex(),
          "a critical extension that narrows it")
    for line in (
            "OK 0 root,ca nothing is revoked",
            "OK 0 ca,root in another order",
            "OK 0 root,ca256 another hash",
            "OK 0 root,others others are revoked",
            "OK 0 root,old,ca an old one beside",
            "OK -1 root,ca the first second",
            "OK 1 root,ca the last second",
            "REFUSED 0 root,leaf the key's certificate",
            "REFUSED 0 rootca,ca the CA's certificate",
            "REFUSED 0 root,ca,leaf revoked by one of two",
            "REFUSED 0 root,oldleaf,ca revoked by one that is old",
            "MISSING 0 root none of the CA",
            "MISSING 0 ca none of the root",
            "MISSING 0 - none at all",
            "EXPIRED 0 root,old an old one",
            "STATE 0 root,later one for later",
            "SIGNATURE 0 root,forged by another key of that name",
            "SIGNATURE 0 root,byroot by the root in the CA's name",
            "SIGNATURE 0 root,flipped a flipped bit",
            "SIGNATURE 0 root,ca,forged a good one and a forged one"):
        print("case", line)


main()
