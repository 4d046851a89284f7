#!/usr/bin/env -S python3 -B
"""ee-measure token nonce, fetch, jwks and verify against an Intel Trust
Authority of our own (tests/peers/ita_peer.py), over TLS. TAP."""
import base64
import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

from tap import BIN, finish, folder, ok, run, same, write
import ita_peer as peer

DATA = b"what the TD holds\n"
MRTD, RTMR1 = "aa" * 48, "11" * 48
SERVER = None
said = []  # all that the program has put out, to look for the key in


def ask(*args, **how):
    got = run("token", *args, **how)
    said.extend(got[1:])
    return got


def service(*more, key="api-key"):
    return ("--ita", SERVER.url, "--api-key-file", key, "--ca", "ca.pem",
            *more)


def fetch(*more, quote="quote", api="v2"):
    return ask("fetch", quote, *service("--api", api, "--out", "token"), *more)


def make_quote(data=DATA, nonce=None, **fields):
    prefix = b""
    if nonce:
        prefix = b"".join(base64.b64decode(nonce[k]) for k in ("val", "iat"))
    digest = hashlib.sha512(prefix + data).digest()
    fields = dict({"tdx_mrtd": bytes.fromhex(MRTD),
                   "tdx_rtmr1": bytes.fromhex(RTMR1)}, **fields)
    write("quote", peer.make_quote(digest, **fields))


def new_nonce(api="v2"):
    code, _, err = ask("nonce", *service("--api", api, "--out", "nonce"))
    ok(code == 0, "%s: a nonce" % api, err)
    return json.loads(Path("nonce").read_bytes())


def verify(*more, issuer=None, at=None):
    return ask("verify", "token", "--jwks", "jwks", "--jwks-root", "root.pem",
               "--issuer", issuer or SERVER.service.issuer,
               "--at", str(at or int(time.time())), *more)


def jwks():
    return ask("jwks", "--url", SERVER.url + "/certs", "--ca", "ca.pem",
               "--out", "jwks")


def is_exit(got, want, text, title):
    ok(got[0] == want and (text is None or text in got[1] + got[2]),
       "exit %d: %s" % (want, title), got)


# ---- the whole way

def test_way(api, alg):
    """Nonce, quote, token, verdict under a policy."""
    issuer = "Intel Trust Authority" if api == "v1" else SERVER.service.issuer
    SERVER.service.issuer, before = issuer, SERVER.service.issuer
    nonce = new_nonce(api)
    make_quote(nonce=nonce)
    write("data", DATA)
    more = ("--nonce", "nonce", "--runtime-data", "data", "--alg", alg)
    code, out, err = fetch(*more, api=api)
    ok(code == 0 and out == "", "%s %s: a token" % (api, alg), err)
    is_exit(jwks(), 0, None, "the key set")
    bound = ("--held-data", "data", "--nonce", "nonce", "--quote", "quote")
    is_exit(verify("--policy", "policy", *bound, issuer=issuer), 0,
            "verdict: accepted\n", "it is accepted")
    is_exit(verify("--policy", "policy", *bound, issuer="somebody"), 1,
            "EE-ATT-010", "from another issuer it is not")
    is_exit(fetch(*more, api=api), 4, "The nonce was used before",
            "a nonce is good for one token")
    new_nonce(api)
    is_exit(verify("--policy", "policy", *bound, issuer=issuer), 1,
            "EE-ATT-002", "with another nonce it is not accepted")
    SERVER.service.issuer = before


def test_pieces():
    """Without a nonce, without data, other members of the request."""
    write("data", DATA)
    make_quote()
    is_exit(fetch("--runtime-data", "data"), 0, None, "data and no nonce")
    is_exit(verify("--policy", "policy", "--held-data", "data"), 0, None,
            "are what REPORTDATA binds")
    make_quote(data=b"", nonce=new_nonce())
    is_exit(fetch("--nonce", "nonce"), 0, None, "a nonce and no data")
    is_exit(verify("--policy", "policy"), 0, None, "is as good")
    make_quote()
    is_exit(fetch(), 0, None, "neither")
    is_exit(verify("--policy", "policy"), 0, None, "is a token as well")
    is_exit(verify("--policy", "policy", "--nonce", "nonce"), 1, "EE-ATT-001",
            "of no nonce")
    code, out, _ = ask("fetch", "quote", *service("-o", "json"))
    ok(code == 0 and json.loads(out)["token"].count(".") == 2,
       "the token as JSON, on standard output", out)
    is_exit(fetch("--eventlog", "data", "--user-data", "data",
                  "--policy-id", peer.MATCHES, "--policy-id",
                  peer.MATCHES_NOT, "--request-id", "our-name.1"), 0, None,
            "everything at once")
    sent = {k.lower(): v for k, v in SERVER.service.requests[-1][2].items()}
    need = ("--policy", "policy", "--require-policy-id")
    is_exit(verify(*need, peer.MATCHES), 0, None, "the policy that matched")
    is_exit(verify(*need, peer.MATCHES, *need[2:], peer.MATCHES_NOT), 1,
            peer.MATCHES_NOT, "the one that did not")
    is_exit(verify(*need, "x"), 2, "not a UUID", "one that is none")
    same((sent.get("request-id"), sent.get("content-type")),
         ("our-name.1", "application/json"), "the request has its name")
    is_exit(fetch("--policy-id", peer.MATCHES_NOT, "--policy-must-match"), 4,
            "A policy does not match", "a policy that must match")


# ---- what is refused before anything is sent

def test_local():
    make_quote()
    write("data", DATA)
    write("other", DATA + b"x")
    count = len(SERVER.service.requests)
    is_exit(fetch("--runtime-data", "other"), 1, "EE-ATT-005",
            "data that the quote does not bind")
    new = {"val": "AA==", "iat": "AA==", "signature": ""}
    write("nonce", json.dumps(new))
    is_exit(fetch("--runtime-data", "data", "--nonce", "nonce"), 1,
            "EE-ATT-005", "a nonce that it does not bind")
    write("bad", b"no quote")
    is_exit(fetch(quote="bad"), 3, "not a quote", "no quote")
    is_exit(fetch("--nonce", "quote"), 3, "not a nonce", "no nonce")
    is_exit(fetch("--nonce", "gone"), 4, None, "a nonce that is not there")
    write("empty", b"")
    is_exit(fetch("--runtime-data", "empty"), 3, "is empty", "no data")
    for args, title in ((("--alg", "ES256"), "an algorithm it has not"),
                        (("--alg", "HS256"), "a symmetric algorithm"),
                        (("--policy-id", "x"), "no UUID"),
                        (("--policy-id", peer.MATCHES.upper()),
                         "a UUID in capitals"),
                        (("--policy-must-match",), "no policy to match"),
                        (("--request-id", "a b"), "a name with a space"),
                        (("--request-id", ""), "no name")):
        is_exit(fetch(*args), 2, None, title)
    is_exit(ask("nonce", *service("--api", "v3")), 2, "v1 or v2", "version 3")
    for url in ("http://api.example.com", "ftp://localhost", "localhost",
                "https://u:p@localhost"):
        is_exit(ask("nonce", "--ita", url, "--api-key-file", "api-key",
                    "--ca", "ca.pem"), 2, None, "URL " + url)
    same(len(SERVER.service.requests), count, "nothing of that was sent")


def test_key_file():
    write("wrong", b"another-key-of-the-right-length")
    os.chmod("wrong", 0o600)
    is_exit(ask("nonce", *service(key="wrong")), 4, "is the API key right?",
            "another key")
    same("Unauthorized" in said[-1], True, "the service's own words are told")
    for mode in (0o640, 0o604, 0o660):
        os.chmod("wrong", mode)
        is_exit(ask("nonce", *service(key="wrong")), 4, "chmod 600",
                "a key of mode %o" % mode)
    os.symlink("api-key", "link")
    is_exit(ask("nonce", *service(key="link")), 0, None, "a link to the key")
    for data, title in ((b"", "no key"), (b"short\n", "a short one"),
                        (b"two words of which it is made", "words"),
                        (b"line-of-16-letters\nline-of-16-letters\n",
                         "two lines"), (b"k" * 600, "a long one"),
                        (b"\x00" * 20, "zeros")):
        write("bad", data)
        os.chmod("bad", 0o600)
        is_exit(ask("nonce", *service(key="bad")), 3, "not an API key", title)
    is_exit(ask("nonce", *service(key="gone")), 4, None, "none at all")
    is_exit(ask("nonce", *service(key=".")), 4, None, "a folder")


# ---- a service that cannot be had, or not this one

# What it does, the exit code, what is told of it, and who is asked: those that
# are tried four times take seconds.
BROKEN = (("500", 4, "(4 attempts)", "nonce"),
          ("503", 4, "(4 attempts)", "token"),
          ("cut", 4, "(4 attempts)", "keys"),
          ("long-busy", 4, "asks for a longer wait", "nonce token keys"),
          ("404", 4, "404", "nonce token keys"),
          ("403", 4, "is the API key right?", "nonce token"),
          ("elsewhere", 4, "not followed", "nonce token keys"),
          ("large", 4, "", "nonce token"),
          ("html", 3, " not a ", "nonce token keys"),
          ("empty", 3, " not a ", "nonce token keys"),
          ("tells-key", 4, "400", "nonce token keys"),
          ("escapes", 4, "?[2J", "nonce token"))


def test_broken():
    s = SERVER.service
    make_quote()
    asked = {"nonce": lambda: ask("nonce", *service()), "token": fetch,
             "keys": jwks}
    for fault, code, text, who in BROKEN:
        s.set_fault(fault)
        for w in who.split():
            is_exit(asked[w](), code, text, "%s: %s" % (w, fault))
    for fault in ("500", "busy", "cut"):
        s.set_fault(fault, 1)
        is_exit(fetch(), 0, None, "after %s once it is there" % fault)
    s.set_fault("")
    same(Path("token").read_bytes().count(b"\n"), 1, "one line")


def test_tls():
    write("others.pem", peer.pem(peer.certificate(
        "Other CA", SERVER.service.pki.ca_key, "Other CA",
        SERVER.service.pki.ca_key, True, peer.CA_USAGE)))
    count = len(SERVER.service.requests)
    args = ("nonce", "--ita", SERVER.url, "--api-key-file", "api-key")
    is_exit(ask(*args, "--ca", "others.pem"), 4, "trusted", "another CA")
    is_exit(ask(*args), 4, None, "the system's CAs")
    is_exit(ask(*args, "--ca", "api-key"), 3, "no CAs", "no CA")
    ip = SERVER.url.replace("localhost", "127.0.0.1")
    is_exit(ask("nonce", "--ita", ip, "--api-key-file", "api-key", "--ca",
                "ca.pem"), 4, None, "the address instead of the name")
    is_exit(ask("jwks", "--url", SERVER.url + "/certs"), 4, None,
            "keys from a server that nobody vouches for")
    same(len(SERVER.service.requests), count, "nothing of that was sent")


# ---- a service that signs what it should not

WRONG = (("other-mrtd", "EE-ATT-014"), ("other-issuer", "EE-ATT-010"),
         ("old-token", "EE-ATT-008"), ("audience", "EE-ATT-011"),
         ("bad-signature", "EE-ATT-007"), ("alg-none", "EE-ATT-007"),
         ("other-jku", "EE-ATT-010"))


def test_wrong():
    s = SERVER.service
    make_quote()
    write("data", DATA)
    is_exit(jwks(), 0, None, "the key set")
    for api in ("v1", "v2"):
        for fault, code in WRONG:
            s.set_fault(fault)
            is_exit(fetch("--runtime-data", "data", api=api), 0, None,
                    "%s: a token with %s" % (api, fault))
            s.set_fault("")
            is_exit(verify("--policy", "policy"), 1, code, "is refused")
    s.set_fault("other-quote")
    is_exit(fetch(), 0, None, "a token of another quote")
    is_exit(verify("--policy", "policy", "--quote", "quote"), 1,
            "of another quote", "is refused")
    s.set_fault("other-nonce")
    make_quote(nonce=new_nonce())
    write("data", DATA)
    s.set_fault("other-nonce")
    is_exit(fetch("--nonce", "nonce", "--runtime-data", "data"), 0, None,
            "a token with another nonce")
    is_exit(verify("--policy", "policy", "--nonce", "nonce"), 1, "EE-ATT-002",
            "is refused")
    s.set_fault("")
    s.status = "OutOfDate"
    is_exit(fetch(), 0, None, "a platform that is out of date")
    is_exit(verify("--policy", "policy"), 1, "EE-ATT-015", "is refused")
    s.status = "UpToDate"
    is_exit(fetch(), 0, None, "a good one")
    is_exit(verify("--policy", "policy", at=int(time.time()) + 400), 1,
            "EE-ATT-008", "is refused when its life is over")


def test_rotation():
    s = SERVER.service
    make_quote()
    is_exit(jwks(), 0, None, "the key set")
    s.rotate()
    is_exit(fetch(), 0, None, "a token under a new key")
    is_exit(verify("--policy", "policy"), 1, "EE-ATT-007",
            "is refused with the old key set")
    s.set_fault("old-keys")
    is_exit(jwks(), 0, None, "a key set that lags behind")
    is_exit(verify("--policy", "policy"), 1, "EE-ATT-007", "does not help")
    s.set_fault("")
    is_exit(jwks(), 0, None, "the key set of now")
    is_exit(verify("--policy", "policy"), 0, None, "does")


def test_revoked():
    s = SERVER.service
    leaf, ca = s.keys[-1].leaf, s.pki.ca
    more = ("--policy", "policy", "--jwks-crl", "crl0", "--jwks-crl", "crl1")
    make_quote()
    is_exit(fetch(), 0, None, "a token")
    is_exit(jwks(), 0, None, "the key set")
    for revoked, code, text, title in (
            ((), 0, "accepted", "nothing is revoked"),
            ((leaf,), 1, "EE-ATT-007", "the key's certificate is revoked"),
            ((ca,), 1, "EE-ATT-007", "its CA's is")):
        for i, crl in enumerate(s.pki.crls(*revoked)):
            write("crl%d" % i, crl)
        is_exit(verify(*more), code, text, title)
    for i, crl in enumerate(s.pki.crls()):
        write("crl%d" % i, "-----BEGIN X509 CRL-----\n%s-----END X509 CRL----"
              "-\n" % base64.encodebytes(crl).decode())
    is_exit(verify(*more), 0, "accepted", "the same in PEM")
    is_exit(verify(*more[:4]), 1, "EE-ATT-018", "the CA's list is missing")
    is_exit(verify(*more[:3], "policy"), 3, "not a CRL", "no list")
    is_exit(ask("verify", "token", "--jwks", "jwks", "--issuer", "x", "--at",
                "1", *more), 2, "needs --jwks-root", "lists without a root")


def test_chain():
    """A key set of somebody who knows the kid."""
    s = SERVER.service
    other = peer.Service(s.issuer, peer.Pki())
    is_exit(fetch(), 0, None, "a token")
    mine = json.loads(s.jwks())["keys"]
    theirs = json.loads(other.jwks())["keys"]
    for k, o in zip(mine, theirs):
        o["kid"] = k["kid"]
    write("jwks", peer.compact({"keys": theirs}))
    is_exit(verify("--policy", "policy"), 1, "EE-ATT-007", "other keys")
    for k, o in zip(mine, theirs):
        k["x5c"] = o["x5c"]
    write("jwks", peer.compact({"keys": mine}))
    is_exit(verify("--policy", "policy"), 3, "EE-ATT-018",
            "a chain that is of another key")


def test_secret():
    """The key is in no output, in no argument and in no request but where it
    belongs."""
    key = peer.API_KEY
    ok(len(said) > 200 and not any(key[:8] in s or key[-8:] in s
                                   for s in said),
       "the key is in nothing that was put out (%d texts)" % len(said))
    certs = [r for r in SERVER.service.requests if r[1] == "/certs"]
    ok(len(certs) > 5 and not any(key in json.dumps(r) for r in certs),
       "nor in a request for the key set")
    ok(not any(key in r[1] for r in SERVER.service.requests),
       "nor in a path")
    SERVER.service.set_fault("silent", 1)
    p = subprocess.Popen([BIN / "ee-measure", "token", "nonce", *service()],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(100):
        if SERVER.service.fault_times == 0:
            break
        time.sleep(0.05)
    args = Path("/proc/%d/cmdline" % p.pid).read_bytes()
    env = subprocess.run(["cat", "/proc/%d/environ" % p.pid],
                         capture_output=True).stdout
    ok(b"token" in args and key.encode() not in args + env,
       "nor in the arguments or environment of the process that asks")
    p.kill()
    p.communicate()
    SERVER.service.set_fault("")


def main():
    global SERVER
    with folder():
        SERVER = peer.Server(".").start()
        write("policy", json.dumps({
            "version": 1, "verifier": "ita",
            "measurements": [{"platform": "tests", "mrtd": MRTD,
                              "rtmr1": RTMR1}],
            "xfam": ["e700060000000000"]}))
        for api in ("v1", "v2"):
            for alg in ("PS384", "RS256"):
                test_way(api, alg)
        for test in (test_pieces, test_local, test_key_file, test_broken,
                     test_tls, test_wrong, test_rotation, test_revoked,
                     test_chain,
                     test_secret):
            test()
    finish()


main()
