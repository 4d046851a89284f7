#!/usr/bin/env -S python3 -B
"""ee-measure gcp against endorsements that tests/peers/gcp_peer.py signs anew,
each wrong in one way, and against quotes made for them. TAP."""
import hashlib
import json
import os
import struct
from pathlib import Path

from tap import SHARED, finish, folder, ok, run, same, skip, write
import gcp_peer as gcp
import tdx_peer as peer

NOW = gcp.NOW
DAY = gcp.DAY


def judge(data, at=NOW, root="root.pem"):
    args = ["--root", root] if root else []
    return run("gcp", "endorsement", write("e", data), "--at", at, *args)


# ---- whose an endorsement is

def test_chain(pki):
    """Each has a certificate that OpenSSL's own rules, or ours, refuse."""
    other = gcp.Key()

    def leaf(**how):
        return gcp.certificate(pki.signer, how.pop("by", pki.root), **how)

    def with_leaf(**how):
        return gcp.endorse(pki, leaf=leaf(**how))

    good = gcp.endorse(pki)
    for want, says, why, data in (
            (0, "verified", "as it should be", good),
            (0, "verified", "signed with PKCS1-v1_5 and SHA-512",
             with_leaf(scheme="pkcs1", hash_name="sha512")),
            (0, "verified", "signed with PSS and SHA-384",
             with_leaf(hash_name="sha384")),
            (1, "did not sign", "by another key", with_leaf(by=other)),
            (1, "did not sign", "by itself", with_leaf(by=pki.signer)),
            (1, "another issuer", "of another issuer",
             with_leaf(issuer="GCE-cc-tcb-root-2")),
            (1, "not that of a signer", "of another name",
             with_leaf(cn="GCE-uefi-signer-2")),
            (1, "not that of a signer", "of a CA", with_leaf(ca=True)),
            (1, "not that of a signer", "of a CA that may sign, too",
             with_leaf(ca=True, usage=0x86)),
            (1, "not that of a signer", "that may not sign",
             with_leaf(usage=0x20)),
            (1, "is valid", "not valid yet", with_leaf(begin=NOW + 10)),
            (1, "is valid", "no longer valid", with_leaf(end=NOW - 10)),
            (1, "a version we do not support", "with a salt of 20",
             with_leaf(salt=20)),
            (1, "a version we do not support", "that names two algorithms",
             with_leaf(inner=gcp.algorithm("pss", "sha384"))),
            (1, "a version we do not support", "of version 2",
             with_leaf(version=1)),
            (1, "a version we do not support", "with an unknown critical part",
             with_leaf(extra=gcp.extension("7f", True, b"\5\0"))),
            (0, "verified", "with an unknown part",
             with_leaf(extra=gcp.extension("7f", False, b"\5\0"))),
            (1, "occurs twice", "with a part twice",
             with_leaf(extra=gcp.extension("0f", True, b"\3\2\7\x80"))),
            (1, "certificate", "that is none",
             gcp.endorse(pki, leaf=b"\x30\x03abc")),
            (1, "certificate", "with a byte more",
             gcp.endorse(pki, leaf=pki.leaf + b"\0"))):
        rc, out, err = judge(data)
        ok(rc == want and says in out, "a certificate %s: %s" % (why, says),
           rc, out, err)


def test_small_keys(pki):
    small = gcp.Key(1024)
    leaf = gcp.certificate(small, pki.root)
    rc, out, _ = judge(gcp.endorse(pki, leaf=leaf, signer=small))
    ok(rc == 1 and "larger than its limit" in out, "a key of 1024 bits", out)


def test_roots(pki):
    other = gcp.Pki()

    def root(name, **how):
        der = gcp.certificate(pki.root, how.pop("by", pki.root),
                              how.pop("cn", gcp.ROOT_NAME),
                              **{"ca": True, **how})
        return write(name, gcp.pem(der))

    good = gcp.endorse(pki)
    write("other.pem", gcp.pem(other.root_der))
    write("leaf.pem", gcp.pem(pki.leaf))
    for says, why, name in (
            ("not Google's", "none but the one inside", None),
            ("did not sign", "another's, of the same name", "other.pem"),
            ("not that of a root", "the signer's own", "leaf.pem"),
            ("not that of a root", "no CA",
             root("noca.pem", ca=False, usage=0x06)),
            ("not that of a root", "one that may not certify",
             root("usage.pem", usage=0x02)),
            ("not that of a root", "one by somebody else",
             root("issuer.pem", issuer="Somebody")),
            ("not its own", "one that another key signed",
             root("forged.pem", by=other.root)),
            ("root certificate is valid", "one that is over",
             root("over.pem", end=NOW - 1))):
        rc, out, err = judge(good, root=name)
        ok(rc == 1 and says in out, "root: %s: %s" % (why, says), rc, out, err)
    rc, out, _ = judge(gcp.endorse(pki, bundle=b""))
    ok(rc == 0, "root: given, and none inside", out)
    rc, out, _ = judge(gcp.endorse(pki, bundle=b""), root=None)
    ok(rc == 1 and "no root certificate" in out, "root: none at all", out)
    rc, out, _ = judge(gcp.endorse(pki, bundle=gcp.pem(other.root_der)))
    ok(rc == 0, "root: what is inside does not matter when one is given", out)
    rc, out, _ = judge(good)
    ok("not Google's" in out, "root: what is believed says so", out)


def test_signature(pki):
    other, body = gcp.Key(), gcp.golden(pki)
    good = pki.signer.sign(body)
    for want, says, why, how in (
            (1, "does not fit", "by another key", {"signer": other}),
            (1, "does not fit", "PKCS1-v1_5", {"scheme": "pkcs1"}),
            (1, "does not fit", "SHA-384", {"hash_name": "sha384"}),
            (1, "does not fit", "a salt of 20", {"salt": 20}),
            (1, "does not fit", "no salt", {"salt": 0}),
            (1, "does not fit", "empty", {"signature": b""}),
            (1, "does not fit", "a byte short", {"signature": good[:-1]}),
            (1, "does not fit", "a zero before", {"signature": b"\0" + good}),
            (3, "larger", "of 513 bytes", {"signature": bytes(513)}),
            (3, "list of known", "and a field after", {"tail": b"\x1a\0"}),
            (3, "occurs twice", "twice", {"tail": gcp.blob(2, good)})):
        rc, out, err = judge(gcp.endorse(pki, body, **how))
        ok(rc == want and says in out + err, "a signature %s: %s" % (why, says),
           rc, out, err)
    rc, out, _ = judge(gcp.blob(2, good) + gcp.blob(1, body))
    ok(rc == 0, "the signature may come first", out)


def test_golden(pki):
    twice = gcp.blob(5, gcp.digest("another"))
    tdx = gcp.tdx([gcp.td(gcp.digest("x"))])
    for want, says, why, how in (
            (1, "was made later", "made tomorrow", {"made": NOW + DAY}),
            (1, "built from", "of no origin", {"spec": 0}),
            (0, "not said", "of no origin, before that was asked",
             {"spec": 0, "made": 1720000000}),
            (0, "commit abab", "of a commit alone",
             {"spec": 0, "commit": b"\xab\xab"}),
            (0, "nothing is said of TDX", "without TDX", {"tdx_part": b""}),
            (0, "verified", "with a later field", {"more": gcp.num(15, 1)}),
            (3, "occurs twice", "with two digests", {"more": twice}),
            (3, "occurs twice", "with two TDX parts",
             {"more": gcp.blob(8, tdx)}),
            (3, "golden", "that is cut", {"more": b"\x42\x7f"}),
            (3, "golden", "with a number written long",
             {"spec": 0, "more": b"\x10\x81\x00"}),
            (3, "tdx: a field that is not", "with a later field for TDX",
             {"tdx_part": tdx + gcp.num(3, 1)})):
        rc, out, err = judge(gcp.endorse(pki, **how))
        ok(rc == want and says in out + err, "one %s: %s" % (why, says), rc,
           out, err)


def test_output(pki):
    rows = [gcp.td(gcp.digest("4"), 4), gcp.td(gcp.digest("8"), 8, True)]
    data = write("e", gcp.endorse(pki, tdx_part=gcp.tdx(rows, svn=7),
                                  spec=(1 << 64) - 1, snp_part=b""))
    args = ("gcp", "endorsement", data, "--at", NOW, "--root", "root.pem")
    rc, out, _ = run(*args, "-o", "json")
    got = json.loads(out)
    same(rc, 0, "JSON")
    same(out, json.dumps(got, sort_keys=True, separators=(",", ":")) + "\n",
         "is canonical")
    same(got["tdx"], {"svn": 7, "measurements": [
        {"early_accept": False, "ram_gib": 4, "mrtd": gcp.digest("4").hex()},
        {"early_accept": True, "ram_gib": 8, "mrtd": gcp.digest("8").hex()}]},
        "has the rows")
    same((got["cl_spec"], got["sev_snp"], got["uefi_sha384"]),
         (str((1 << 64) - 1), None, gcp.digest("uefi").hex()),
         "has all 64 bits of the changelist")
    same(got["signer"]["google_root"], False, "says that it is not Google's")
    rc, out, _ = run("gcp", "endorsement", data, "--at", NOW, "-o", "json")
    same((rc, sorted(json.loads(out)), json.loads(out)["verdict"]),
         (1, ["reason", "verdict"], "refused"),
         "of one that is refused only the reason is printed")
    text = run(*args)[1]
    ok(gcp.digest("8").hex() + " 8 GiB, early accept" in text,
       "the same as text", text)


# ---- quotes

ATTRIBUTES = 1 << 28


def make_quote(mrtd, rtmr0=bytes(48), attributes=ATTRIBUTES, owner=bytes(48)):
    """The form alone: nothing in it is signed."""
    body = (bytes(120) + struct.pack("<QQ", attributes, 0xe7) + mrtd +
            bytes(48) + owner + bytes(48) + rtmr0 + bytes(3 * 48) + bytes(64))
    inner = bytes(384 + 64) + struct.pack("<HHI", 0, 5, 1) + b"x"
    sig = bytes(128) + struct.pack("<HI", 6, len(inner)) + inner
    head = struct.pack("<HHIHH", 4, 2, 0x81, 0, 0) + bytes.fromhex(
        "939a7233f79c4ca9940a0db3957f0607") + bytes(20)
    return head + body + struct.pack("<I", len(sig)) + sig


def ask(mrtd, *args, **how):
    write("q", make_quote(mrtd, **how))
    rc, out, err = run("gcp", "quote", "q", *args, "-o", "json")
    got = json.loads(out) if out else {}
    if out:
        ok(out == json.dumps(got, sort_keys=True, separators=(",", ":"),
                             ensure_ascii=False) + "\n", "canonical JSON")
    return rc, got, err


BOTH = ("--at", NOW, "--root", "root.pem")


def test_endorsed(pki):
    rows = [gcp.td(gcp.digest("4"), 4), gcp.td(gcp.digest("8"), 8)]
    write("a", gcp.endorse(pki))
    write("b", gcp.endorse(pki, tdx_part=gcp.tdx(rows)))
    both = ("--endorsement", "a", "--endorsement", "b", *BOTH)
    rc, got, _ = ask(gcp.digest("8"), *both)
    same((rc, got["verdict"], got["matched_by"]),
         (0, "matched", ["endorsement"]), "an endorsed MRTD")
    same([e["matches"] for e in got["endorsements"]], [False, True],
         "in the second endorsement")
    same((got["quote"]["verified"], got["rtmr0"], got["known"]),
         (False, None, None), "the quote itself is not verified")
    ok(got["url"].endswith("/tdx/%s.binarypb" % gcp.digest("8").hex()),
       "where Google would have it", got["url"])
    text = run("gcp", "quote", "q", *both)[1]
    ok("its signature is not verified" in text and "for 8 GiB" in text,
       "the text says so, and which row", text)
    rc, got, _ = ask(gcp.digest("no"), *both)
    same((rc, got["verdict"], got["matched_by"]), (1, "unmatched", []),
         "another MRTD")
    rc, got, _ = ask(gcp.digest("8"), "--endorsement", "b", "--at", NOW)
    ok(rc == 1 and got["verdict"] == "unmatched" and any(
        "names this MRTD, but is refused" in h for h in got["hints"]),
       "an endorsement that is refused counts for nothing", got)


def test_several(pki):
    """What is said of one of several holds for each of them."""
    mrtd = gcp.digest("many")
    rows = [gcp.td(mrtd, 4), gcp.td(gcp.digest("no"), 8),
            gcp.td(mrtd, 16, True)]
    write("a", gcp.endorse(pki, tdx_part=gcp.tdx(rows)))
    write("b", gcp.endorse(pki, mrtds=[mrtd]))
    both = ("--endorsement", "a", "--endorsement", "b", *BOTH)
    rc, got, _ = ask(mrtd, *both)
    same((rc, [e["matches"] for e in got["endorsements"]]), (0, [True, True]),
         "two endorsements of one MRTD both match")
    text = run("gcp", "quote", "q", *both)[1]
    ok("MRTD is in it, for 4 GiB; for 16 GiB, early accept\n" in text and
       "MRTD is in it, for any memory size\n" in text and
       "is not in it" not in text, "the text names every row", text)
    fw = peer.make_firmware(3, peer.SMALL)
    two = ("--firmware", write("1.fd", fw), "--firmware", write("2.fd", fw))
    rc, got, _ = ask(peer.mrtd(fw), *two)
    same((rc, [f["matches"] for f in got["firmware"]]), (0, [True, True]),
         "two copies of a firmware both match")
    ok("MRTD is another" not in run("gcp", "quote", "q", *two)[1],
       "in the text, too")
    name = "\u00e4" * 60 + "/" + "\u00e4" * 90
    Path(name).parent.mkdir(exist_ok=True)
    write(name, gcp.endorse(pki, mrtds=[mrtd]))
    rc, got, err = ask(mrtd, "--endorsement", name, "--at", NOW)
    ok(rc == 1 and any(name in h and h.endswith("not Google's")
                       for h in got["hints"]), "a long name is not cut", err)


def test_unendorsed(pki):
    """Who asks for Google's word gets no yes without it."""
    fw = peer.make_firmware(3, peer.SMALL)
    mrtd = peer.mrtd(fw)
    write("fd", fw)
    write("known", b"2025-01-02 5308 %s\n" % mrtd.hex().encode())
    write("other", gcp.endorse(pki))
    write("its", gcp.endorse(pki, mrtds=[mrtd]))
    for why, args in (
            ("of another firmware", ("other", *BOTH)),
            ("that is refused", ("its", "--at", NOW))):
        for fits in (("--firmware", "fd"), ("--known", "known")):
            rc, got, _ = ask(mrtd, *fits, "--endorsement", *args)
            same((rc, got["verdict"], got["matched_by"]),
                 (1, "unendorsed", [fits[0][2:]]),
                 "%s fits, with an endorsement %s" % (fits[0][2:], why))
    rc, got, _ = ask(mrtd, "--firmware", "fd", "--endorsement", "other",
                     "--endorsement", "its", *BOTH)
    same((rc, got["verdict"]), (0, "matched"), "one that names it is enough")


def test_platform(pki):
    """The firmware is Google's, and everything else need not be."""
    write("e", gcp.endorse(pki))
    mrtd = gcp.digest("mrtd")
    args = ("--endorsement", "e", *BOTH)
    rc, got, _ = ask(mrtd, *args)
    same((rc, got["hints"]), (0, []), "a TD as Google starts them")
    for attributes, says in ((ATTRIBUTES | 1, "debug TD"),
                             (0, "td_attributes are not")):
        rc, got, _ = ask(mrtd, *args, attributes=attributes)
        ok(rc == 0 and any(says in h for h in got["hints"]),
           "one that is endorsed, and yet: " + says, got)
    rc, got, _ = ask(mrtd, *args, owner=b"\1" * 48)
    ok(rc == 0 and any("mr_owner" in h for h in got["hints"]),
       "one with an owner", got)


def test_firmware(pki):
    fw = peer.make_firmware(3, peer.SMALL)
    name = write("small.fd", fw)
    mrtd, sha = peer.mrtd(fw), hashlib.sha384(fw).digest()
    write("e", gcp.endorse(pki, mrtds=[mrtd], uefi=sha))
    rc, got, _ = ask(mrtd, "--firmware", name, "--endorsement", "e", *BOTH)
    f = got["firmware"][0]
    same((rc, got["matched_by"]), (0, ["endorsement", "firmware"]),
         "a firmware, recomputed and endorsed")
    cfv = [s for s in peer.sections_of(fw) if s[4] == peer.CFV][0]
    same((f["uefi_sha384"], f["mrtd"], f["cfv_sha384"]),
         (sha.hex(), mrtd.hex(),
          peer.sha384(fw[cfv[0]:cfv[0] + cfv[1]]).hex()), "its digests")
    same((f["endorsement"], f["endorsement_rows"]), ("e", 1),
         "the endorsement's one row follows from the file")
    hobs = {h["machine_type"]: h["sha384"] for h in f["td_hob_sha384"]}
    same((hobs["c3-standard-4"], hobs["c3-standard-176"]),
         tuple(peer.sha384(peer.hob(fw, n << 30, True)).hex()
               for n in (16, 704)), "TD HOB by machine type")
    rc, got, _ = ask(mrtd, "--firmware", name, attributes=1)
    hints = "\n".join(got["hints"])
    ok(rc == 0 and got["matched_by"] == ["firmware"] and
       "that the firmware is Google's" in hints and "td_attributes" in hints,
       "a firmware that nobody endorses is not called Google's", got)
    rc, got, _ = ask(gcp.digest("no"), "--firmware", name)
    same((rc, got["matched_by"]), (1, []), "another firmware")
    rc, got, _ = ask(peer.mrtd(fw, True), "--firmware", name)
    ok(rc == 1 and any("two passes" in h for h in got["hints"]),
       "two passes are named, and are not Google's", got)
    write("e", gcp.endorse(pki, uefi=sha))
    rc, got, _ = ask(mrtd, "--firmware", name, "--endorsement", "e", *BOTH)
    ok(got["firmware"][0]["endorsement_rows"] == 0 and any(
        "1 of its 1 MRTDs do not follow" in h for h in got["hints"]),
       "an endorsement that is wrong about its file", got)


def test_older(pki):
    fw = peer.make_firmware(3, peer.SMALL)
    name, sha = write("small.fd", fw), hashlib.sha384(fw).digest()
    rows = [gcp.td(peer.mrtd(fw, google_old=n << 30), n) for n in (16, 32, 88)]
    write("e", gcp.endorse(pki, uefi=sha, tdx_part=gcp.tdx(rows)))
    rc, got, _ = ask(peer.mrtd(fw, google_old=32 << 30), "--firmware", name,
                     "--endorsement", "e", *BOTH)
    f = got["firmware"][0]
    same((rc, got["matched_by"], f["older_hypervisor"], f["endorsement_rows"]),
         (0, ["endorsement", "firmware"], "c3-standard-8", 3),
         "before 2024-11 the machine was in MRTD")
    text = run("gcp", "quote", "q", "--firmware", name)[1]
    ok("before 2024-11, c3-standard-8" in text, "which the text says", text)


def test_rtmr0():
    fw = peer.make_firmware(3, peer.SMALL)
    write("small.fd", fw)
    write("small.disk", peer.make_gpt(peer.make_fat12(peer.make_pe())))
    write("order", bytes([1, 0, 2, 0, 0, 0]))

    def predicted(machine, *args):
        rc, out, err = run("image", "--platform", "gcp", "--machine-type",
                           machine, "--firmware", "small.fd", "--image",
                           "small.disk", "--stub-keys", "-o", "json", *args)
        return bytes.fromhex(json.loads(out)["rtmr0"]) if rc == 0 else err

    for machine, disks, release, args in (
            ("c3-standard-4", 1, "2026-06", ()),
            ("c3-standard-4", 2, "2026-06", ("--efi-var", "BootOrder=order")),
            ("c3-standard-4", 1, "2026-03", ("--acpi-release", "2026-03")),
            ("c3-standard-44", 1, "2026-04", ())):
        rtmr0 = predicted(machine, *args)
        rc, got, _ = ask(peer.mrtd(fw), "--firmware", "small.fd", rtmr0=rtmr0)
        r = got["rtmr0"]
        same((rc, r["matches"], r.get("machine_type"), r.get("disks"),
              r.get("host_release")), (0, True, machine, disks, release),
             "RTMR0 of %s, %d disks, %s" % (machine, disks, release))
    rc, got, _ = ask(peer.mrtd(fw), "--firmware", "small.fd",
                     "--machine-type", "c3-standard-8", rtmr0=rtmr0)
    ok(rc == 0 and not got["rtmr0"]["matches"] and any(
        "RTMR0 is none of the 2" in h for h in got["hints"]),
       "RTMR0 of another machine than the one named", got)
    keys = []
    for name in ("PK", "KEK", "db", "dbx", "SecureBoot"):
        write(name, b"\1" if name == "SecureBoot" else name.encode() * 20)
        keys += ["--efi-var", "%s=%s" % (name, name)]
    own = predicted("c3-standard-22", *keys)
    rc, got, _ = ask(peer.mrtd(fw), "--firmware", "small.fd", *keys, rtmr0=own)
    same((rc, got["rtmr0"].get("machine_type")), (0, "c3-standard-22"),
         "RTMR0 of an image with keys of its own")
    text = run("gcp", "quote", "q", "--firmware", "small.fd", *keys)[1]
    ok("the variables given" in text, "which the text says", text)
    rc, got, _ = ask(peer.mrtd(fw), "--firmware", "small.fd", *keys[2:],
                     rtmr0=own)
    ok(not got["rtmr0"]["matches"], "not with one of them missing", got)
    rc, got, _ = ask(peer.mrtd(fw), "--firmware", "small.fd",
                     "--machine-type", "c3-standard-88", rtmr0=rtmr0)
    ok(got["rtmr0"]["tried"] == 0 and any("ACPI tables of that" in h
                                          for h in got["hints"]),
       "a machine type of which nobody knows them", got)
    rc, got, _ = ask(peer.mrtd(fw), "--firmware", "small.fd")
    ok(got["rtmr0"]["tried"] > 10 and any("Secure Boot keys" in h
                                          for h in got["hints"]),
       "RTMR0 that nobody can tell", got)


def test_known():
    mrtd = gcp.digest("known").hex()
    write("known", ("# a list\n2025-01-02 5308 %s\n2026-03-04 5307 %s\n" %
                    (mrtd, gcp.digest("new").hex())).encode())
    rc, got, _ = ask(gcp.digest("known"), "--known", "known")
    same((rc, got["matched_by"], got["known"]["day"]),
         (0, ["known"], "2025-01-02"), "a listed MRTD")
    ok(any("that the list is Google's" in h for h in got["hints"]),
       "a list is nobody's word", got)
    rc, got, _ = ask(gcp.digest("no"), "--known", "known", attributes=1,
                     owner=b"\1" * 48)
    hints = "\n".join(got["hints"])
    ok(rc == 1 and got["known"]["day"] is None, "one that is not", got)
    for what in ("2 MRTDs up to 2026-03-04", "td_attributes", "mr_owner",
                 "at the url"):
        ok(what in hints, "and the hint: " + what, hints)
    rc, got, _ = ask(bytes(48))
    ok(any("MRTD is zero" in h for h in got["hints"]), "no TD at all", got)


def test_exit_codes(pki):
    write("e", gcp.endorse(pki))
    write("q", make_quote(gcp.digest("x")))
    write("bad", b"2025-01-02 5308\n")
    write("junk", b"\xff" * 100)
    write("none.pem", b"nothing\n")
    odd, json_too = write(os.fsdecode(b"\xff"), b"?"), ("-o", "json")
    write("small.pem", gcp.pem(gcp.certificate(gcp.Key(1024), pki.root)))
    for want, args in (
            (2, ("endorsement", "e")),
            (2, ("endorsement", "--at", "now", "e")),
            (2, ("endorsement", "--at", NOW)),
            (2, ("quote", "q", "--endorsement", "e")),
            (2, ("quote", "q", "--collateral", "e")),
            (2, ("quote", "q", "--at", "never", "--endorsement", "e")),
            (2, ("quote", "q", "--at", NOW)),
            (2, ("quote", "q", "--root", "root.pem")),
            (2, ("quote", "q", "--machine-type", "c3-standard-4")),
            (2, ("quote", "q", "--machine-type", "n2", "--firmware", "q")),
            (2, ("quote", "q", "--efi-var", "PK=q")),
            (2, ("quote", "q", "--efi-var", "BootOrder=q", "--firmware",
                 "small.fd")),
            (2, ("quote", "q", "--efi-var", "SbatLevel=q", "--firmware",
                 "small.fd")),
            (4, ("quote", "q", "--efi-var", "PK=nowhere", "--firmware",
                 "small.fd")),
            (2, ("quote", "q", "--endorsement", odd, "--at", NOW, *json_too)),
            (2, ("quote", "q", "--firmware", odd, *json_too)),
            (3, ("endorsement", "--at", NOW, "junk")),
            (3, ("endorsement", "--at", NOW, "/dev/null")),
            (3, ("endorsement", "--at", NOW, "e", "--root", "/dev/null")),
            (3, ("endorsement", "--at", NOW, "e", "--root", "none.pem")),
            (3, ("endorsement", "--at", NOW, "e", "--root", "small.pem")),
            (3, ("quote", "junk")),
            (3, ("quote", "q", "--endorsement", "junk", "--at", NOW)),
            (3, ("quote", "q", "--firmware", "junk")),
            (3, ("quote", "q", "--known", "bad")),
            (3, ("quote", "q", "--collateral", "junk", "--at", NOW)),
            (4, ("endorsement", "--at", NOW, "nowhere")),
            (4, ("endorsement", "--at", NOW, "e", "--root", "nowhere")),
            (4, ("quote", "q", "--known", "nowhere")),
            (4, ("quote", "nowhere"))):
        rc, out, err = run("gcp", *args)
        ok(rc == want and out == "" and err.startswith("ee-measure: "),
           "gcp %s: exit %d" % (ascii(" ".join(str(a) for a in args)), want),
           rc, out, err)


# ---- real ones

def test_fixtures():
    folder = SHARED / "fixtures"
    if not folder.is_dir():
        return skip("Google's own", "no shared fixtures")
    genuine = folder / "gcp/endorsement_c1ee9c16.binarypb"
    rc, out, _ = run("gcp", "endorsement", genuine, "--at",
                     "2026-09-01T00:00:00Z")
    ok(rc == 0 and "root: Google's\n" in out, "Google's endorsement", out)
    rows = json.loads((folder / "negative/endorsement_negative.json")
                      .read_text())
    for r in rows:
        rc, _, err = run("gcp", "endorsement", folder / r["file"], "--at",
                         "2026-09-01T00:00:00Z")
        ok((rc == 0) == r["why"].startswith("control") and rc in (0, 1, 3),
           "%s: %s" % (r["file"], r["why"]), rc, err)
    known = folder / "gcp/gcp_known_mrtds.txt"
    listed = {x.split()[2] for x in known.read_text().splitlines()
              if not x.startswith("#")}
    quotes = json.loads((folder / "quotes/quotes.json").read_text())
    wrong, found = [], 0
    for q in quotes:
        rc, out, err = run("gcp", "quote", folder / q["file"], "--known",
                           known)
        want = 0 if q["mr_td"] in listed else 1
        found += want == 0
        if rc not in (want, 3) or (rc == 3 and q["quote_len"] == q["size"]):
            wrong.append((q["id"], rc, err))
    same(wrong, [], "%d of %d quotes are of a listed firmware" %
         (found, len(quotes)))
    v = json.loads((folder / "gcp/gcp_vector_85ef3b3f.json").read_text())
    args = ["gcp", "quote", folder / ("quotes/%s.bin" % v["quote"]),
            "--known", known, "--collateral",
            folder / "collateral" / v["bundle"], "-o", "json"]
    rc, out, err = run(*args, "--at", v["time"])
    got = json.loads(out)
    same((rc, got["verdict"], got["quote"], got["platform"]["fmspc"]),
         (0, "matched", {"reason": None, "tcb_status": "UpToDate",
                         "verified": True}, "00806f050000"),
         "a quote from Google, verified")
    rc, out, err = run(*args, "--at", v["time"] + 10 * 365 * DAY)
    got = json.loads(out)
    same((rc, got["verdict"], got["quote"]["verified"]),
         (1, "refused", False), "the same ten years later is refused")
    text = run(*args[:-2], "--at", v["time"] + 10 * 365 * DAY)[1]
    ok(text.startswith("verdict: refused\nquote: refused: ") and
       ": %s\n" % got["quote"]["reason"] in text, "as text", text)


def main():
    with folder():
        pki = gcp.Pki()
        write("root.pem", gcp.pem(pki.root_der))
        for test in (test_chain, test_small_keys, test_roots, test_signature,
                     test_golden, test_output, test_endorsed, test_several,
                     test_unendorsed, test_platform, test_firmware,
                     test_older):
            test(pki)
        test_rtmr0()
        test_known()
        test_exit_codes(pki)
        test_fixtures()
    finish()


main()
