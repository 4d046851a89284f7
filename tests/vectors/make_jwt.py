#!/usr/bin/env python3
"""Makes jwt.txt: python3 tests/vectors/make_jwt.py > tests/vectors/jwt.txt

    jwks NAME JSON                  a key set
    root NAME PEM, lines joined by | a root certificate
    token WANT JWKS TOKEN WHY       WANT: ok, sig (signature), alg (header), key
                                    (no such key), form
    chain WANT JWKS ROOT TIME WHY   WANT: the name of an enum err

Keys, certificates and signatures are OpenSSL's (through python3-cryptography),
new each time. Only the wrong encodings are made here."""
import base64
import datetime
import hashlib
import hmac
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

HASH = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
NOW = 1800000000
DAY = 86400


def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(n, length=None):
    return b64u(n.to_bytes(length or (n.bit_length() + 7) // 8, "big"))


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def jwk(key, kid, alg, **more):
    pub = key.public_key().public_numbers()
    if isinstance(pub, rsa.RSAPublicNumbers):
        out = {"kty": "RSA", "n": number(pub.n), "e": number(pub.e)}
    else:
        size = pub.curve.key_size // 8
        out = {"kty": "EC", "crv": "P-%d" % pub.curve.key_size,
               "x": number(pub.x, size), "y": number(pub.y, size)}
    out["kid"] = kid
    if alg:
        out["alg"] = alg
    return dict(out, **more)


def sign(key, alg, data, salt=None):
    h = HASH[alg[2:]]
    if alg[:2] == "RS":
        return key.sign(data, padding.PKCS1v15(), h)
    if alg[:2] == "PS":
        return key.sign(data, padding.PSS(
            padding.MGF1(h), h.digest_size if salt is None else salt), h)
    size = key.curve.key_size // 8
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(h)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def head(alg, kid, **more):
    return b64u(compact(dict({"alg": alg, "kid": kid, "typ": "JWT"},
                             **more)).encode())


BODY = b64u(compact({"iss": "test", "exp": NOW}).encode())


def token(key, alg, kid, body=BODY, **more):
    text = head(alg, kid, **more) + "." + body
    return text + "." + b64u(sign(key, alg, text.encode()))


def put_tokens(keys):
    each = [jwk(keys[kind], alg.lower(), alg) for alg, kind in ALGS]
    print("jwks each", compact({"keys": each}))
    twice = [jwk(keys["rsa"], "k", "RS256"), jwk(keys["rsa"], "k", "PS384")]
    print("jwks twice", compact({"keys": twice}))
    print("jwks any", compact({"keys": [jwk(keys["rsa"], "k", None)]}))
    print("jwks other", compact({"keys": [jwk(keys["rsa2"], "k", None)]}))

    def put(want, jwks, text, why):
        print("token", want, jwks, text, why)

    for alg, kind in ALGS:
        put("ok", "each", token(keys[kind], alg, alg.lower()), alg)
    put("ok", "twice", token(keys["rsa"], "PS384", "k"), "the second of a kid")
    put("ok", "twice", token(keys["rsa"], "RS256", "k"), "the first of a kid")
    put("key", "twice", token(keys["rsa"], "RS384", "k"),
        "an algorithm that the kid is not for")
    for alg, kind in ALGS[:6]:
        put("ok", "any", token(keys[kind], alg, "k"), alg + ", key for any")
        put("sig", "other", token(keys[kind], alg, "k"), alg + ", another key")
    put("key", "any", token(keys["p256"], "ES256", "k"), "another type of key")
    put("key", "each", token(keys["rsa"], "RS256", "K"), "another kid")
    put("sig", "each", token(keys["p256b"], "ES256", "es256"), "another P-256")
    put("sig", "each", token(keys["p384b"], "ES384", "es384"), "another P-384")

    text = head("RS256", "rs256") + "." + BODY
    put("sig", "each", text + "." + b64u(sign(
        keys["rsa"], "PS256", text.encode())), "PSS under the name RS256")
    text = head("PS256", "ps256") + "." + BODY
    put("sig", "each", text + "." + b64u(sign(
        keys["rsa"], "RS256", text.encode())), "PKCS1 under the name PS256")
    for salt in (0, 20, 64):
        put("sig", "each", text + "." + b64u(sign(
            keys["rsa"], "PS256", text.encode(), salt)), "a salt of %d" % salt)
    text = head("PS384", "ps384") + "." + BODY
    put("sig", "each", text + "." + b64u(sign(
        keys["rsa"], "PS256", text.encode())), "SHA-256 under the name PS384")
    for alg, kind in ALGS[6:]:
        text = head(alg, alg.lower()) + "." + BODY
        der = keys[kind].sign(text.encode(), ec.ECDSA(HASH[alg[2:]]))
        raw = sign(keys[kind], alg, text.encode())
        half = len(raw) // 2
        order = ORDER[kind].to_bytes(half, "big")
        for bad, why in ((der, "in DER"), (raw[:-1], "a byte short"),
                         (raw + b"\0", "a byte long"),
                         (bytes(2 * half), "zeros"),
                         (bytes(half) + raw[half:], "r of zero"),
                         (raw[:half] + bytes(half), "s of zero"),
                         (order + raw[half:], "r of the order"),
                         (raw[:half] + order, "s of the order"),
                         (raw[half:] + raw[:half], "s and r")):
            put("sig", "each", text + "." + b64u(bad), alg + ", " + why)
    pem = keys["rsa"].public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    for alg in ("HS256", "HS384", "HS512"):
        text = head(alg, "rs256") + "." + BODY
        put("alg", "each", text + "." + b64u(hmac.new(
            pem, text.encode(), hashlib.new("sha" + alg[2:]).name).digest()),
            alg + " with the public key")
    good = token(keys["rsa"], "RS256", "rs256").split(".")
    for alg in ("none", "None", "NONE", "rs256", "RS1", "ES512", "EdDSA", ""):
        put("alg", "each", ".".join([head(alg, "rs256")] + good[1:]),
            "alg '%s'" % alg)
    put("alg", "each", head("none", "rs256") + "." + BODY + ".",
        "alg none and no signature")
    public = jwk(keys["rsa"], "rs256", "RS256")
    for more in ({"jwk": public}, {"x5c": ["AA=="]}, {"x5u": "https://x/"},
                 {"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"},
                 {"x5t": "AA"}, {"x5t#S256": "AA"}, {"enc": "A"},
                 {"extra": 1}):
        put("alg", "each", token(keys["rsa"], "RS256", "rs256", **more),
            "a header with " + list(more)[0])
    put("ok", "each", token(keys["rsa"], "RS256", "rs256", jku="https://x/"),
        "a header with jku, which nobody follows")
    put("form", "each", token(keys["rsa"], "RS256", "rs256", typ="JOSE"),
        "another typ")
    put("form", "each", token(keys["rsa"], "RS256", "rs256", jku=1),
        "a jku that is a number")
    put("form", "each", token(keys["rsa"], "RS256", ""), "an empty kid")
    put("form", "each", token(keys["rsa"], "RS256", "k" * 257), "a long kid")
    put("form", "each", token(keys["rsa"], "RS256", 1), "a kid of 1")
    for body, why in (("", "no claims"), (b64u(b"[]"), "an array of claims"),
                      (b64u(b'{"a":1,"a":2}'), "a claim twice"),
                      (b64u(b'{"a":1} x'), "more after the claims"),
                      (b64u(b'{"a":"\xff"}'), "claims not in UTF-8"),
                      (BODY + "=", "padding"), (BODY + "A", "a stray digit"),
                      (BODY[:-1] + "+", "the other alphabet")):
        put("form", "each", token(keys["rsa"], "RS256", "rs256", body), why)
    double = b64u(b'{"alg":"RS256","alg":"none","kid":"rs256"}')
    for h, why in ((double, "alg twice"), ("", "no header"),
                   (b64u(b'{"kid":"rs256"}'), "no alg"),
                   (b64u(b'{"alg":"RS256"}'), "no kid"),
                   (b64u(b'{"alg":1,"kid":"rs256"}'), "alg of 1"),
                   (b64u(b'"x"'), "a header that is a string")):
        put("form", "each", ".".join([h] + good[1:]), why)
    put("form", "each", ".".join(good[:2]), "two parts")
    put("form", "each", ".".join(good + [""]), "four parts")
    put("form", "each", ".".join(good[:2] + [""]), "no signature")
    put("form", "each", ".".join(good) + "==", "padding after all")
    put("form", "each", "\n".join([".".join(good[:2]) + ".", good[2]])
        .replace("\n", "%0a"), "escapes in the signature")


def cert(subject, key, issuer, issuer_key, ca, path=None, days=(-1, 1),
         sign_usage=None, cn=None, h=hashes.SHA512()):
    def when(d):
        return datetime.datetime.utcfromtimestamp(NOW + d * DAY)

    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    leaf = not ca if sign_usage is None else sign_usage
    return x509.CertificateBuilder(
        issuer_name=name(issuer), subject_name=name(subject),
        public_key=key.public_key(), serial_number=7,
        not_valid_before=when(days[0]), not_valid_after=when(days[1])
    ).add_extension(x509.BasicConstraints(ca, path), True).add_extension(
        x509.KeyUsage(leaf, False, not leaf and not ca, False, False, ca, ca,
                      False, False), True).sign(issuer_key, h)


def der(c):
    return base64.b64encode(c.public_bytes(
        serialization.Encoding.DER)).decode()


def put_chains(keys):
    k, ca, root = keys["rsa"], keys["rsa2"], keys["rsa3"]
    good_root = cert("root", root, "root", root, True)
    good_ca = cert("ca", ca, "root", root, True, 0)
    leaf = cert("leaf", k, "ca", ca, False)
    roots = {
        "root": good_root,
        "other": cert("root", ca, "root", ca, True),
        "late": cert("root", root, "root", root, True, days=(-9, -1)),
        "early": cert("root", root, "root", root, True, days=(1, 9)),
        "noca": cert("root", root, "root", root, False),
        "foreign": cert("root", root, "root", ca, True),
        "flat": cert("root", root, "root", root, True, 0),
    }
    for name, c in roots.items():
        print("root", name, c.public_bytes(serialization.Encoding.PEM)
              .decode().strip().replace("\n", "|"))
    chains = [
        ("OK", "root", "whole", [leaf, good_ca, good_root]),
        ("OK", "root", "without root", [leaf, good_ca]),
        ("OK", "root", "of the root alone",
         [cert("leaf", k, "root", root, False)]),
        ("MISSING", "root", "none", []),
        ("SIGNATURE", "other", "under another root of that name",
         [leaf, good_ca]),
        ("SIGNATURE", "other", "that ends in another root of that name",
         [leaf, good_ca, good_root]),
        ("EXPIRED", "late", "under a root of yesterday", [leaf, good_ca]),
        ("STATE", "early", "under a root of tomorrow", [leaf, good_ca]),
        ("MISMATCH", "noca", "under a root that is no CA", [leaf, good_ca]),
        ("SIGNATURE", "foreign", "under a root not signed by itself",
         [leaf, good_ca]),
        ("MISMATCH", "flat", "too long for its root", [leaf, good_ca]),
        ("MISMATCH", "root", "whose CA is missing", [leaf, good_root]),
        ("MISMATCH", "root", "whose CA is named otherwise",
         [leaf, cert("CA", ca, "root", root, True), good_root]),
        ("MISMATCH", "root", "whose CA is none",
         [leaf, cert("ca", ca, "root", root, False), good_root]),
        ("SIGNATURE", "root", "whose CA has another key",
         [leaf, cert("ca", root, "root", root, True), good_root]),
        ("SIGNATURE", "root", "whose CA the root did not sign",
         [leaf, cert("ca", ca, "root", k, True), good_root]),
        ("EXPIRED", "root", "whose CA has expired",
         [leaf, cert("ca", ca, "root", root, True, days=(-9, -1))]),
        ("STATE", "root", "whose CA is not valid yet",
         [leaf, cert("ca", ca, "root", root, True, days=(1, 9))]),
        ("EXPIRED", "root", "whose certificate has expired",
         [cert("leaf", k, "ca", ca, False, days=(-9, -1)), good_ca]),
        ("STATE", "root", "whose certificate is not valid yet",
         [cert("leaf", k, "ca", ca, False, days=(1, 9)), good_ca]),
        ("MISMATCH", "root", "whose certificate is a CA's",
         [cert("leaf", k, "ca", ca, True), good_ca]),
        ("MISMATCH", "root", "whose certificate is not for signatures",
         [cert("leaf", k, "ca", ca, False, sign_usage=False), good_ca]),
        ("MISMATCH", "root", "deeper than its CA allows",
         [cert("leaf", k, "sub", keys["rsa4"], False),
          cert("sub", keys["rsa4"], "ca", ca, True), good_ca]),
        ("OK", "root", "of four",
         [cert("leaf", k, "sub", keys["rsa4"], False),
          cert("sub", keys["rsa4"], "ca", ca, True),
          cert("ca", ca, "root", root, True, 1), good_root]),
    ]
    for i, (want, under, why, chain) in enumerate(chains):
        more = {"x5c": [der(c) for c in chain]} if chain else {}
        print("jwks chain%d" % i,
              compact({"keys": [jwk(k, "k", "PS384", **more)]}))
        print("chain", want, "chain%d" % i, under, NOW, why)
    print("jwks mixed", compact({"keys": [jwk(
        keys["rsa2"], "k", "PS384", x5c=[der(leaf), der(good_ca)])]}))


ALGS = [("RS256", "rsa"), ("RS384", "rsa"), ("RS512", "rsa"),
        ("PS256", "rsa"), ("PS384", "rsa"), ("PS512", "rsa"),
        ("ES256", "p256"), ("ES384", "p384")]
# SEC 2, 2.4.2 and 2.5.1
ORDER = {
    "p256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
    "p384": int("ffffffffffffffffffffffffffffffffffffffffffffffff"
                "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)}


def main():
    keys = {"rsa" + n: rsa.generate_private_key(65537, 2048)
            for n in ("", "2", "3", "4")}
    for n in ("", "b"):
        keys["p256" + n] = ec.generate_private_key(ec.SECP256R1())
        keys["p384" + n] = ec.generate_private_key(ec.SECP384R1())
    put_tokens(keys)
    put_chains(keys)
    ec_leaf = cert("leaf", keys["p256"], "ca", keys["rsa2"], False)
    for name, key in (("ecright", "p256"), ("ecwrong", "p256b")):
        print("jwks", name, compact({"keys": [jwk(
            keys[key], "k", "ES256", x5c=[der(ec_leaf)])]}))


main()
