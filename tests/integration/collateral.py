#!/usr/bin/env -S python3 -B
"""ee-measure collateral fetch, show and verify against a PCS and a PCCS of our
own (tests/peers/pcs_peer.py), over TLS, with its collateral and, when they are
there, with Intel's. TAP."""
import datetime
import json
import os
import subprocess
import time
from pathlib import Path

from cryptography import x509

from tap import BIN, SHARED, finish, folder, ok, run, same, skip, write
import pcs_peer as peer

KEY = "hush-key-4711"
FMSPC = "00806f050000"
said = []  # all that the program has put out, to look for the key in
PKI = SERVICE = SERVER = None


def ask(*args, **how):
    got = run("collateral", *args, **how)
    said.extend(got[1:])
    return got


def fetch(*more, server=None, out="out", fmspc=FMSPC, root="root.pem",
          crl="/IntelSGXRootCA.der", ca="ca.pem", sub=""):
    server = server or SERVER
    args = ["fetch", "--pcs", server.url + sub, "--out", out]
    if crl:
        args += ["--root-crl-url", server.url + crl]
    if fmspc:
        args += ["--fmspc", fmspc]
    if root:
        args += ["--insecure-sim-root", root]
    if ca:
        args += ["--ca", ca]
    return ask(*args, *more)


def verify(*more, name="out", at=None, root="root.pem"):
    return ask("verify", name, "--at", str(at or int(time.time())),
               *(("--insecure-sim-root", root) if root else ()), *more)


def is_exit(got, want, text, title):
    return ok(got[0] == want and (text is None or text in got[1] + got[2]),
              "exit %d: %s" % (want, title), got)


def bundle(name="out"):
    return json.loads(Path(name).read_bytes())


def serve(**how):
    SERVICE.collateral = peer.Collateral(PKI, **how)
    SERVICE.fault = {}
    SERVICE.log.clear()


def fresh(out="out"):
    if os.path.exists(out):
        os.unlink(out)


# ---- fetched

def test_fetch():
    serve()
    is_exit(fetch(), 0, "out: created\n", "from a PCS")
    same(bundle(), SERVICE.collateral.bundle(),
         "what is written is what was signed")
    same(os.stat("out").st_mode & 0o777, 0o644, "for all to read")
    is_exit(verify(), 0, "verdict: accepted\nsimulated: true\n", "it verifies")
    same([p for p, _ in SERVICE.log], [
        "/tdx/certification/v4/tcb?fmspc=00806F050000",
        "/tdx/certification/v4/qe/identity",
        "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
        "/IntelSGXRootCA.der"], "four questions")
    before = os.stat("out")
    is_exit(fetch(), 0, "out: unchanged\n", "again")
    after = os.stat("out")
    same((after.st_mtime_ns, after.st_ino), (before.st_mtime_ns, before.st_ino),
         "the file is not touched")
    code, out, _ = fetch("-o", "json")
    v = json.loads(out)
    ok(code == 0 and v["change"] == "unchanged" and
       v["days_left"] in (28, 29) and v["from"] == v["to"] and
       v["to"]["tcb_info"]["evaluation_number"] == 17 and
       v["fmspc"] == FMSPC and v["next"]["what"] == "PCK CRL",
       "as JSON", out)
    SERVICE.v3_header = True
    is_exit(fetch(), 0, "unchanged", "with the header's older name")
    SERVICE.v3_header = False


def test_pccs():
    serve(ca="processor")
    fresh()
    is_exit(fetch("--pccs", "--pck-ca", "processor", "--update", "early",
                  crl=None, sub="/sub"), 0, "created", "from a PCCS")
    same([p for p, _ in SERVICE.log], [
        "/sub/tdx/certification/v4/tcb?fmspc=00806F050000&update=early",
        "/sub/tdx/certification/v4/qe/identity?update=early",
        "/sub/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
        "/sub/sgx/certification/v4/rootcacrl"], "its own four, early")
    same(bundle(), SERVICE.collateral.bundle(), "the same form")
    SERVICE.log.clear()
    is_exit(fetch("--pck-ca", "processor", "--evaluation-number", "17"), 0,
            "unchanged", "of an evaluation number")
    same([p.split("?")[1] for p, _ in SERVICE.log[:2]],
         ["fmspc=00806F050000&tcbEvaluationDataNumber=17",
          "tcbEvaluationDataNumber=17"], "which is asked for")


def test_quote():
    fmspc = bytes.fromhex("90c06f000000")
    for ca in ("platform", "processor"):
        serve(fmspc=fmspc, ca=ca)
        fresh()
        write("quote", PKI.quote(fmspc, ca))
        is_exit(fetch("--quote", "quote", fmspc=None), 0,
                "fmspc: 90c06f000000\n", "for the platform of a quote")
        ok("ca=%s&" % ca in SERVICE.log[2][0], "and its CA", SERVICE.log)
    write("quote", PKI.quote(fmspc)[:-1])
    is_exit(fetch("--quote", "quote", fmspc=None), 3, "not a quote",
            "half a quote")
    is_exit(fetch("--quote", "gone", fmspc=None), 4, None, "no quote")


def test_newer():
    day, first = peer.DAY, peer.now() - 3 * peer.DAY
    serve(issued=first)
    fresh()
    is_exit(fetch(), 0, "created", "the first")
    serve(issued=first + day, number=18)
    code, out, err = fetch()
    ok(code == 0 and "out: replaced\n" in out and
       "tcb_info.evaluation_number: 17 -> 18\n" in out and
       "tcb_info.issued: %s -> %s\n" % (peer.stamp(first),
                                        peer.stamp(first + day)) in out and
       "root_crl.issued: %s -> " % peer.stamp(first) in out,
       "newer takes its place, and is told", out, err)
    same(bundle(), SERVICE.collateral.bundle(), "the new one is there")
    kept = Path("out").read_bytes()
    # name: what is older, and what is said
    older = {
        "number": (dict(number=17, qe_number=18),
                   "the TCB info's evaluation number goes back from 18 to 17"),
        "QE number": (dict(number=18, qe_number=17),
                      "the QE identity's evaluation number goes back"),
        "issue date": (dict(number=18, issued=first, crl_issued=first + day),
                       "the TCB info's issue date goes back from"),
        "PCK CRL": (dict(number=18, crl_issued=first,
                         root_issued=first + day),
                    "the PCK CRL's date goes back"),
        "root CRL": (dict(number=18, root_issued=first),
                     "the root CRL's date goes back"),
        "CRL number": (dict(number=18, crl_number=0),
                       "the PCK CRL's number goes back"),
    }
    for what, (how, text) in older.items():
        serve(**dict(dict(issued=first + day), **how))
        is_exit(fetch(), 1, text, "an older " + what)
        ok(Path("out").read_bytes() == kept, "the file is kept")
    code, out, err = fetch("--allow-rollback")
    ok(code == 0 and "rolled_back" in out and "CRL's number goes back" in err,
       "unless that is allowed, which is noted", out, err)
    same(bundle(), SERVICE.collateral.bundle(), "then it is written")


def test_race():
    """What is written between the question and the answer counts."""
    serve(number=17)
    fresh()
    SERVICE.fault = {"rootcrl": ("slow", 0)}
    slow = subprocess.Popen(
        [str(BIN / "ee-measure"), "collateral", "fetch", "--pcs", SERVER.url,
         "--root-crl-url", SERVER.url + "/IntelSGXRootCA.der", "--fmspc", FMSPC,
         "--insecure-sim-root", "root.pem", "--ca", "ca.pem", "--out", "out"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while len(SERVICE.log) < 4 and slow.poll() is None:
        time.sleep(0.01)
    newer = peer.Collateral(PKI, number=18)
    write("out", json.dumps(newer.bundle()))
    _, err = slow.communicate()
    ok(slow.returncode == 1 and b"goes back from 18 to 17" in err,
       "newer that was written meanwhile is kept", err)
    same(bundle(), newer.bundle(), "it is there")


def test_other():
    serve()
    fresh()
    fetch()
    kept = Path("out").read_bytes()
    serve(fmspc=bytes.fromhex("90c06f000000"))
    is_exit(fetch("--allow-rollback", fmspc="90C06F000000"), 1,
            "for another FMSPC", "over that of another platform")
    serve(ca="processor")
    is_exit(fetch("--pck-ca", "processor"), 1, "of another PCK CA",
            "over that of another CA")
    other = peer.Pki()
    SERVICE.collateral = peer.Collateral(other)
    write("other.pem", peer.pem(other.root))
    is_exit(fetch(root="other.pem"), 1, "under another root",
            "over that of another root")
    ok(Path("out").read_bytes() == kept, "the file is kept every time")
    serve()
    for data in (b"", b"{}", b"x" * (512 * 1024 + 1), kept[:-100]):
        write("out", data)
        is_exit(fetch(), 3, "out: ", "over %d bytes of something else" %
                len(data))
        ok(Path("out").read_bytes() == data, "which is left alone")
    write("out", kept.replace(b'pcesvn\\":11', b'pcesvn\\":10'))
    is_exit(fetch(), 1, "what is there is not genuine", "over a forged one")
    os.unlink("out")
    os.mkdir("out")
    is_exit(fetch(), 4, "out: ", "over a folder")
    os.rmdir("out")
    is_exit(fetch(out="no/out"), 4, "no/out", "into no folder")


# ---- what goes wrong

# document, fault, exit code, what is said
WRONG = (
    ("tcb", "404", 4, "TCB info: the service knows none for FMSPC " + FMSPC),
    ("tcb", "410", 4, "TCB info: the service knows none for FMSPC"),
    ("qe", "404", 4, "QE identity: localhost: answers 404 Not Found"),
    ("pckcrl", "400", 4, "PCK CRL: localhost: answers 400 Bad Request"),
    ("tcb", "401", 4, "answers 401 Unauthorized: is the API key right?"),
    ("tcb", "403", 4, "answers 403 Forbidden: is the API key right?"),
    ("rootcrl", "redirect", 4, "root CRL: localhost: answers 302, a redirect"),
    ("qe", "429-long", 4, "429 Too Many Requests (1 attempt, it asks for a "
                          "longer wait)"),
    ("tcb", "empty", 3, "TCB info: the answer has a body that is not"),
    ("tcb", "html", 3, "TCB info: the answer has a body that is not"),
    ("qe", "html", 3, "QE identity: the answer has a body that is not"),
    ("pckcrl", "html", 3, "PCK CRL: the answer has a body that is not a CRL"),
    ("rootcrl", "empty", 3, "root CRL: the answer has a body that is not"),
    ("rootcrl", "large", 3, "root CRL: localhost: response: larger than"),
    ("tcb", "flipped", 1, "EE-ATT-007 collateral: the signature"),
    ("qe", "flipped", 1, "EE-ATT-007 collateral: the signature"),
    ("tcb", "no-chain", 3, "TCB info: the answer has no issuer chain"),
    ("qe", "no-chain", 3, "QE identity: the answer has no issuer chain"),
    ("pckcrl", "no-chain", 3, "PCK CRL: the answer has no issuer chain"),
    ("tcb", "two-chains", 3, "more than one issuer chain"),
    ("tcb", "half-escape", 3, "not percent-encoded PEM"),
    ("qe", "nul-escape", 3, "not percent-encoded PEM"),
    ("tcb", "raw-chain", 3, "tcb_info_issuer_chain: "),
    ("pckcrl", "half-chain", 3, "pck_crl_issuer_chain: "),
    ("qe", "plus-chain", 3, "qe_identity_issuer_chain: "),
    ("tcb", "twice-escaped", 3, "tcb_info_issuer_chain: "),
    ("tcb", "one-cert", 3, "tcb_info_issuer_chain: "),
)


def test_faults():
    fresh()
    for document, fault, code, text in WRONG:
        serve()
        SERVICE.fault = {document: (fault, 0)}
        got = fetch()
        is_exit(got, code, text, "%s of %s" % (fault, document))
        ok(not os.path.exists("out") and "hush" not in got[1] + got[2],
           "and nothing is written")
    used = {f for _, f, _, _ in WRONG} | {"500", "503", "429", "cut", "slow",
                                          "chunked"}
    same(used, set(peer.FAULTS), "every fault of the peer is used")


def test_passing():
    """What is over by itself, and what only looks odd."""
    for document, fault, times in (
            ("tcb", "503", 1), ("qe", "500", 2), ("pckcrl", "429", 1),
            ("rootcrl", "cut", 1), ("tcb", "slow", 0), ("tcb", "chunked", 0),
            ("pckcrl", "chunked", 0)):
        serve()
        fresh()
        SERVICE.fault = {document: (fault, times)}
        is_exit(fetch(), 0, "created", "%s of %s, %d times" % (
            fault, document, times))
        same(len(SERVICE.log), 4 + times, "asked once for each")
    for document, fault, text in (("tcb", "503", "answers 503 Service Una"),
                                  ("tcb", "cut", "input ends before")):
        serve()
        fresh()
        SERVICE.fault = {document: (fault, 0)}
        is_exit(fetch(), 4, text, fault + " for ever")
        same(len(SERVICE.log), 4, "four attempts")


def test_judged():
    day = peer.DAY
    fresh()
    for how, text in ((dict(issued=peer.now() - 31 * day,
                            crl_issued=peer.now() - day),
                       "EE-ATT-008 TCB info has expired"),
                      (dict(issued=peer.now() + day, crl_issued=peer.now()),
                       "EE-ATT-009 TCB info is not valid yet"),
                      (dict(crl_issued=peer.now() - 31 * day),
                       "EE-ATT-008 PCK CRL has expired")):
        serve(**how)
        is_exit(fetch(), 1, text, "not in force")
    serve(issued=peer.now() - 31 * day)
    at = int((peer.now() - 20 * day).timestamp())
    is_exit(fetch("--at", str(at)), 0, "created", "in force at another time")
    fresh()
    serve()
    is_exit(fetch(root=None), 1, "EE-ATT-010 the root is not Intel's",
            "under a root that nobody named")
    SERVICE.collateral.root_crl = PKI.crl("root", peer.now() - day, 365,
                                          [PKI.tcb.serial_number])
    is_exit(fetch(), 1, "EE-ATT-007 collateral: an issuer is revoked",
            "of a signer that is revoked")
    serve()
    SERVICE.collateral.ca_chain = peer.pem(PKI.ca["processor"], PKI.root)
    SERVICE.collateral.pck_crl = PKI.crl("processor", peer.now() - day)
    is_exit(fetch(), 1, "of another CA", "with another CA's CRL")
    serve()
    inner = SERVICE.collateral.info.replace(b"00806f050000", b"90c06f000000")
    SERVICE.collateral.info, SERVICE.collateral.info_sig = (
        inner, PKI.sign(inner))
    is_exit(fetch(), 1, "for another FMSPC", "of another platform")
    ok(not os.path.exists("out"), "nothing of it is written")


def test_tls():
    serve()
    fresh()
    tls = peer.Tls("rsa")
    write("rsa.pem", peer.pem(tls.ca))
    os.mkdir("rsa")
    server = peer.Server(SERVICE, tls, "rsa")
    is_exit(fetch(server=server, ca="rsa.pem"), 0, "created",
            "over TLS with RSA certificates")
    is_exit(fetch(server=server), 4, "certificate", "under another CA")
    is_exit(fetch(server=server, ca=None), 4, "certificate",
            "under none of the system's CAs")
    write("both.pem", peer.pem(tls.ca) + Path("ca.pem").read_bytes())
    is_exit(fetch(server=server, ca="both.pem"), 0, "unchanged", "of two CAs")
    server.stop()
    for name, bad in (("another name", peer.Tls(sans=("example.org",))),
                      ("expired", peer.Tls(days=29))):
        os.mkdir(name)
        write("bad.pem", peer.pem(bad.ca))
        server = peer.Server(SERVICE, bad, name)
        is_exit(fetch(server=server, ca="bad.pem"), 4, "TCB info: localhost: ",
                "a server with a certificate: " + name)
        server.stop()
    own = peer.SelfSigned()
    write("own.pem", peer.pem(own.ca))
    os.mkdir("own")
    server = peer.Server(SERVICE, own, "own")
    is_exit(fetch("--pccs", server=server, ca="own.pem", crl=None), 0,
            "unchanged", "a PCCS with a certificate that signs itself")
    is_exit(fetch("--pccs", server=server, crl=None), 4, "certificate",
            "which nobody trusts unless it is given")
    server.stop()
    server = peer.Server(SERVICE)
    is_exit(fetch(server=server, ca=None), 0, "unchanged",
            "plain HTTP on loopback")
    server.stop()
    is_exit(fetch(server=server, ca=None), 4, "Connection refused",
            "nobody is there")
    for ca, code in (("root", 4), ("rsa", 4), ("bundle", 3)):
        write("bundle", "{}")
        is_exit(fetch(ca=ca), code, None, "no CAs: " + ca)


def test_key():
    serve()
    fresh()
    write("key", KEY + "\n")
    os.chmod("key", 0o640)
    is_exit(fetch("--api-key-file", "key"), 4, "chmod 600", "a key for others")
    os.chmod("key", 0o600)
    other = peer.Server(SERVICE)
    is_exit(fetch("--api-key-file", "key", "--root-crl-url",
                  other.url + "/IntelSGXRootCA.der", crl=None), 0, "created",
            "a key")
    other.stop()
    same([h.get("Ocp-Apim-Subscription-Key") for _, h in SERVICE.log],
         [KEY, KEY, KEY, None], "goes to the service, not to the CRL's")
    SERVICE.fault = {"qe": ("401", 0)}
    is_exit(fetch("--api-key-file", "key"), 4, "is the API key right?",
            "a key that is refused")
    for text in ("", "\n", "a b\n", "a\nb\n", "x" * 256, "\x1b\n"):
        write("key", text)
        is_exit(fetch("--api-key-file", "key"), 3, "not one line",
                "no key: %r" % text[:8])
    is_exit(fetch("--api-key-file", "gone"), 4, "gone", "no key file")
    ok(KEY not in "".join(said) and KEY not in Path("out").read_text(),
       "the key is in nothing that was put out")


def test_usage():
    serve()
    for more, text in (
            (("--fmspc", "00806f0500"), "not 12 hex digits"),
            (("--fmspc", FMSPC, "--quote", "quote"), "one of --fmspc"),
            ((), "give one of --fmspc"),
            (("--fmspc", FMSPC, "--pck-ca", "root"), "not platform or"),
            (("--fmspc", FMSPC, "--update", "late"), "not early or"),
            (("--fmspc", FMSPC, "--evaluation-number", "0"), "not a number"),
            (("--fmspc", FMSPC, "--update", "early", "--evaluation-number",
              "1"), "exclude each other"),
            (("--fmspc", FMSPC, "--at", "soon"), "not RFC 3339"),
            (("--fmspc", FMSPC, "--root-crl-url", "http://example.org/x"),
             "http:// to another machine")):
        is_exit(fetch(*more, fmspc=None, crl=None), 2, text,
                "fetch " + " ".join(more))
    is_exit(fetch(out="-"), 2, "a file is needed", "to standard output")
    for url in ("http://example.org", "https://u@h", "api.example.org"):
        is_exit(ask("fetch", "--pcs", url, "--fmspc", FMSPC, "--out", "x"), 2,
                "--pcs", "a URL: " + url)
    is_exit(ask("verify", "out"), 2, "--at", "verify without a time")
    is_exit(ask("verify", "out", "--at", "now"), 2, "--at", "no time")
    for verb, more in (("show", ()), ("verify", ("--at", "1"))):
        is_exit(ask(verb, "gone", *more), 4, "gone", verb + " of no file")
        write("bad", b"{\"tcb_info\":1}")
        is_exit(ask(verb, "bad", *more), 3, "bad: not collateral",
                verb + " of something else")


# ---- told

def test_verify():
    first = peer.now()
    serve(issued=first)
    write("out", json.dumps(SERVICE.collateral.bundle()))
    start = int(first.timestamp())
    end = start + 30 * 86400
    for at, code, text in (
            (start, 0, "days_left: 30\n"), (end - 86400, 0, "days_left: 1\n"),
            (end, 0, "days_left: 0\n"),
            (end + 1, 1, "days_left: -1\n"),
            (end + 1, 1, "reason: EE-ATT-008 "),
            (end + 1, 1, "detail: PCK CRL has expired\n"),
            (start - 1, 1, "reason: EE-ATT-009 ")):
        is_exit(verify(at=at), code, text, "at %+d s" % (at - start))
    is_exit(verify(at=start, root=None), 1, "EE-ATT-010", "no root named")
    code, out, _ = verify("-o", "json", at=peer.stamp(first))
    v = json.loads(out)
    ok(code == 0 and v["verdict"] == "accepted" and v["reason_code"] == "OK"
       and v["simulated"] is True and v["next"] == {
           "at": peer.stamp(first + 30 * peer.DAY), "what": "PCK CRL"}
       and v["collateral"]["pck_crl"]["bytes"] ==
       len(SERVICE.collateral.pck_crl), "as JSON", out)
    b = SERVICE.collateral.bundle()
    b["tcb_info"] = b["tcb_info"].replace('"pcesvn":11', '"pcesvn":10')
    write("out", json.dumps(b))
    is_exit(verify(at=start), 1, "EE-ATT-007", "one digit of it changed")


def test_show():
    serve(revoked=[4711, 4712])
    c = SERVICE.collateral
    write("out", json.dumps(c.bundle()))
    code, out, err = ask("show", "-o", "json", "out")
    v = json.loads(out)
    info = json.loads(c.info)
    same((code, v["fmspc"], v["root"], v["signatures_verify"]),
         (0, FMSPC, "unknown", True), "show, of an unknown root")
    same((v["collateral"]["pck_crl"]["revoked"],
          v["collateral"]["pck_crl"]["issued"],
          v["collateral"]["pck_crl"]["number"],
          v["collateral"]["tcb_info"]["issued"]),
         (2, peer.stamp(crl_date(c.pck_crl)), "01", info["issueDate"]),
         "CRLs and dates")
    same([(p["status"], p["date"], p["pcesvn"], p["sgx"], p["tdx"],
           p["advisories"]) for p in v["levels"]["platform"]],
         [(t["tcbStatus"], t["tcbDate"], t["tcb"]["pcesvn"],
           [s["svn"] for s in t["tcb"]["sgxtcbcomponents"]],
           [s["svn"] for s in t["tcb"]["tdxtcbcomponents"]],
           t.get("advisoryIDs", [])) for t in info["tcbLevels"]],
         "levels of the platform")
    same([[x["isvsvn"] for x in m["levels"]] for m in v["levels"]["modules"]]
         + [x["isvsvn"] for x in v["levels"]["qe"]], [[4, 2], 4],
         "levels of module and QE")
    same((int(v["certificates"]["root"]["serial"], 16),
          v["certificates"]["pck_ca"]["subject"]),
         (PKI.root.serial_number, "Intel SGX PCK Platform CA"), "certificates")
    code, out, err = ask("show", "out", "--insecure-sim-root", "root.pem")
    ok(code == 0 and "root: simulated\n" in out and
       "signatures: verify\n" in out and
       "module_01.level: OutOfDate of 2025-05-14T00:00:00Z isvsvn=2 "
       "[INTEL-SA-01036]\n" in out, "as text", out, err)
    b = c.bundle()
    b["qe_identity_signature"] = "00" * 64
    write("out", json.dumps(b))
    code, out, err = ask("show", "out")
    ok(code == 0 and "signatures: collateral: the signature of " in out,
       "what does not verify is said", out, err)
    b["tcb_info"] = b["tcb_info"].replace("INTEL-SA-00106", "\\u001b[31m")
    write("out", json.dumps(b))
    code, out, err = ask("show", "out")
    ok(code == 3 and out == "" and "not collateral: tcb_info" in err and
       all(ch == "\n" or " " <= ch <= "~" for ch in err),
       "what would move a cursor is no advisory", out, err)


# ---- Intel's own

def crl_date(der):
    """thisUpdate; newer python3-cryptography has another name for it."""
    crl = x509.load_der_x509_crl(der)
    if hasattr(crl, "last_update_utc"):
        return crl.last_update_utc
    return crl.last_update.replace(tzinfo=datetime.timezone.utc)


def test_intel():
    files = sorted((SHARED / "fixtures/collateral").glob("bundle_*.json"))
    if not files:
        skip("Intel's collateral", "no %s" % (SHARED / "fixtures/collateral"))
        return
    dated, good = {}, 0
    for f in files:
        b = json.loads(f.read_bytes())
        c = peer.FromBundle(b)
        SERVICE.collateral, SERVICE.fault = c, {}
        since = max([datetime.datetime.fromisoformat(
            json.loads(t)["issueDate"].replace("Z", "+00:00"))
            for t in (c.info, c.qe)] +
            [crl_date(x) for x in (c.pck_crl, c.root_crl)])
        at = peer.stamp(since + datetime.timedelta(hours=1))
        fresh(f.name)
        got = fetch("--at", at, "--pck-ca", c.ca, out=f.name,
                    fmspc=c.fmspc.hex(), root=None)
        b.pop("pck_certificate_chain", None)
        good += got[0] == 0 and bundle(f.name) == b and verify(
            name=f.name, at=at, root=None)[0] == 0
        if got[0] != 0:
            print("# %s: %s" % (f.name, got[2]))
        key = (json.loads(c.info)["tcbEvaluationDataNumber"], at)
        dated.setdefault(c.fmspc, []).append((key, at, f.name, c))
    same(good, len(files), "all of Intel's %d bundles" % len(files))
    steps = back = 0
    for group in dated.values():
        group.sort(key=lambda x: x[0])
        for (_, _, old, oldc), (_, at, new, newc) in zip(group, group[1:]):
            if not below(oldc, newc):
                continue
            steps += 1
            write("step", Path(new).read_bytes())
            SERVICE.collateral = oldc
            back += fetch("--at", dict((n, a) for _, a, n, _ in group)[old],
                          "--pck-ca", oldc.ca, out="step",
                          fmspc=oldc.fmspc.hex(), root=None)[0] == 1
            write("step", Path(old).read_bytes())
            SERVICE.collateral = newc
            back += fetch("--at", at, "--pck-ca", newc.ca, out="step",
                          fmspc=newc.fmspc.hex(), root=None)[0] == 0
    ok(steps > 10 and back == 2 * steps,
       "%d steps forward are taken, none back" % steps, back)


def rank(c):
    """What must never go back, read with another parser."""
    texts = [json.loads(t) for t in (c.info, c.qe)]
    return [t["tcbEvaluationDataNumber"] for t in texts] + \
        [t["issueDate"] for t in texts] + \
        [crl_date(x) for x in (c.pck_crl, c.root_crl)]


def below(a, b):
    """b may follow a, and is not the same."""
    pairs = list(zip(rank(a), rank(b)))
    return all(x <= y for x, y in pairs) and any(x < y for x, y in pairs)


def main():
    global PKI, SERVICE, SERVER  # pylint: disable=global-statement
    with folder():
        PKI = peer.Pki()
        SERVICE = peer.Service(None)
        tls = peer.Tls()
        SERVER = peer.Server(SERVICE, tls)
        write("ca.pem", peer.pem(tls.ca))
        write("root.pem", peer.pem(PKI.root))
        for test in (test_fetch, test_pccs, test_quote, test_newer, test_race,
                     test_other, test_faults, test_passing, test_judged,
                     test_tls, test_key, test_usage, test_verify, test_show,
                     test_intel):
            test()
    finish()


main()
