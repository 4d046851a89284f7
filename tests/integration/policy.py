#!/usr/bin/env -S python3 -B
"""Policy files: the parser beside measure/policy.schema.json, `policy check`
and `policy explain`, releases with keys and counters, and quote, token or both
of one TD. The example of README.md is made and compared. TAP."""
import base64
import json
import os
import re
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from jsonedit import at, changed, dropped
from tap import BIN, ROOT, finish, folder, ok, run, same, skip, tool, write
from seal import envelope

SCHEMA = json.loads((ROOT / "measure/policy.schema.json").read_text())
ID = ["%032x" % n for n in (1, 2)]
MR = ["%096x" % n for n in (1, 2, 3)]
AT = "1790000000"  # of the made-up platform: 2026-09-21
BEGIN, END = "<!-- example: policy.py -->\n", "<!-- end of example -->\n"

# ---- the parser and the schema

FULL = {
    "version": 1, "verifier": "both", "simulated": True,
    "measurements": [
        {"platform": "gcp", "mrtd": MR[0], "rtmr0": MR[1], "rtmr1": MR[1],
         "rtmr2": MR[1], "rtmr3": MR[1]},
        {"mrtd": MR[1], "rtmr1": MR[0]}],
    "references": [{"file": "a.json", "key": "k.pem", "min_counter": 3},
                   {"file": "b.json"}],
    "tcb_statuses": ["UpToDate", "SWHardeningNeeded"],
    "tcb_grace_days": {"OutOfDate": 30, "TDRelaunchAdvised": 1},
    "min_tcb_evaluation_number": 17, "tcb_mode": "strict",
    "rtmr_mode": "strict", "ppid": list(ID), "piid": list(ID),
    "mr_seam": list(MR), "mr_seam_mode": "warn",
    "xfam": ["e700060000000000", "e718060000000000"],
    "td_attributes_required": "0000001000000000",
    "td_attributes_allowed": "0000005800000080",
    "mr_config_id": MR[0], "mr_owner": MR[1], "mr_owner_config": MR[2]}
TOKEN = {"version": 1, "verifier": "ita", "simulated": False,
         "min_tcb_evaluation_number": 0, "tcb_mode": "warn",
         "tcb_statuses": ["UpToDate", "OutOfDate"], "mr_seam": [MR[0]],
         "mr_seam_mode": "strict", "measurements": [{"mrtd": MR[0]}],
         "rtmr_mode": "warn"}
OFF = {"version": 1, "tcb_mode": "disabled", "rtmr_mode": "disabled"}
SMALL = {"version": 1}

# What no schema says: td_attributes_required as a part of the allowed ones;
# one file named twice with different counters.
BEYOND = ("td_attributes_required: asks for",
          "references: the same key or entry occurs twice")


def parser(value):
    """Accepted, refused, or "contradiction". What comes after the form is not
    asked here: files that are not there, or no image."""
    write("x", json.dumps(value))
    rc, _, err = run("policy", "check", "x")
    if rc not in (0, 1, 3, 4) or err.count("\n") > 1:
        return "exit %d: %s" % (rc, err)
    if ": policy: " not in err:
        return True
    return "contradiction" if any(b in err for b in BEYOND) else False


def places(value, path=()):
    if path:
        yield path
    inner = (value.items() if isinstance(value, dict) else
             enumerate(value) if isinstance(value, list) else ())
    for k, v in inner:
        yield from places(v, path + (k,))


OTHERS = (None, True, False, 0, -1, 1, 2, 1 << 40, "", "x", "warn", "strict",
          "disabled", "ita", "dcap", "both", "OutOfDate", "UpToDate", "0" * 16,
          "0000001000000000", "0000005000000080", "0000003000000000",
          "0000001000000040", "0300000000000000", "0308000000000000",
          "6700000000000000", "e700020000000000", ID[0], "A" + ID[0][1:],
          MR[0], MR[0] + "0", [], {}, [7], ["OutOfDate"],
          ["UpToDate", "UpToDate"], {"OutOfDate": 1}, {"UpToDate": 1}, {"OutOfDate": 3651}, [ID[1]],
          [{"mrtd": MR[0]}], [{"file": "x y"}], [{"file": "\x1b"}])


def mutations(value):
    """One member added, left out, or with another value."""
    for path in places(value):
        name = "/".join(map(str, path))
        was = at(value, path)
        yield "no " + name, dropped(value, path)
        if isinstance(was, dict):
            yield "more in " + name, changed(value, path + ("more",), 1)
        if isinstance(was, list):
            yield name + " and its first", changed(value, path, was + was[:1])
            yield name + ", too many", changed(
                value, path, [was[0]] * 9 + was * 200)
        for to in OTHERS:
            yield "%s is %.30s" % (name, json.dumps(to)), changed(value, path,
                                                                  to)
        if isinstance(was, str):
            for to in (was + "0", was[1:], was.upper(), was + " ",
                       was + "\x7f", was.replace("0", "\u0661"),
                       "\n" + was, was * 9):
                yield "%s is %.40r" % (name, to), changed(value, path, to)
    for member in list(SCHEMA["properties"]) + ["more"]:
        if member not in value:
            for to in OTHERS:
                yield "%s: %.30s" % (member, json.dumps(to)), dict(
                    value, **{member: to})


def test_agree(jsonschema, name, value):
    check = jsonschema.Draft202012Validator(SCHEMA).is_valid
    got = (parser(value), check(value))
    ok(got == (True, True), "%s: parser and schema accept it" % name, got)
    n, accepted, differ = 0, 0, []
    for what, v in mutations(value):
        n += 1
        p, s = parser(v), check(v)
        accepted += p is True
        if p != s and p != "contradiction":
            differ.append("%s: parser %s, schema %s" % (what, p, s))
    ok(n > 700 and accepted > 10 and not differ,
       "%s: both say the same of %d changes" % (name, n), *differ[:20])


def test_schema():
    text = (ROOT / "measure/lib/policy_read.c").read_text()
    known = text[text.index("known[] = { \"version\""):]
    same(sorted(re.findall(r'"(\w+)"', known[:known.index("NULL")])),
         sorted(SCHEMA["properties"]), "the schema has every member")
    page = (ROOT / "measure/cli/ee-measure.1").read_text()
    page = page[page.index(".Sh POLICY"):page.index(".Sh EXIT STATUS")]
    missing = [m for m in SCHEMA["properties"] if not re.search(
        r"^\.(It )?Cm ([\w, ]* )?%s\b" % m, page, re.M)]
    same(missing, [], "and so has the man page")
    try:
        import jsonschema
    except ImportError:
        return skip("parser and schema", "no python3-jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for name, value in (("every member", FULL), ("of a token", TOKEN),
                        ("nothing asked", OFF), ("defaults", SMALL)):
        test_agree(jsonschema, name, value)


# ---- check

def check(policy, *args, code, says, title):
    write("p.json", policy if isinstance(policy, (str, bytes))
          else json.dumps(policy))
    rc, out, err = run("policy", "check", "p.json", *args)
    ok(rc == code and says in out + err, "check: exit %d: %s" % (code, title),
       rc, out, err)
    return out


def release(version, counter, revoked=(), **more):
    ref = json.loads(Path("rep/measurements.json").read_text())
    ref["release"] = dict({
        "commit": "ab" * 20, "counter": counter, "pinned": True,
        "version": version, "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-01-01T00:00:00Z"}, **more)
    ref["revoked"] = list(revoked)
    return ref


def make_files():
    """Releases of the image that the made-up quote shows, signed and not, in a
    folder beside the policies'."""
    Path("rep").mkdir()
    tool(BIN.parent / "unit/test_report_verify.san", "rep")
    report = json.loads(Path("rep/first.json").read_text())
    write("quote", base64.b64decode(report["report"]["attestation"]["quote"]))
    Path("releases").mkdir()
    for key in ("release", "other"):
        tool("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out",
             "releases/%s.key" % key)
        tool("openssl", "pkey", "-in", "releases/%s.key" % key, "-pubout",
             "-out", "releases/%s.pem" % key)
    one = release("1.2.3", 7)
    write("releases/plain.json", json.dumps(one))
    write("releases/1.2.3.dsse", envelope(one, "releases/release.key"))
    write("releases/next.json", json.dumps(release("1.2.4", 8, [
        {"counter": 7, "reason": "it leaks", "version": "1.2.3"}])))
    write("releases/bad.json", "{}")
    write("releases/none.json", "none")


def by(*refs, **more):
    return dict({"version": 1, "references": [
        dict(zip(("file", "key", "min_counter"), r)) for r in refs]}, **more)


SIGNED = ("releases/1.2.3.dsse", "releases/release.pem")


def test_check():
    check(by(SIGNED), code=0, says="policy: good\n", title="a signed release")
    check(by(SIGNED), code=0, says="dates: not asked",
          title="its dates unasked")
    check(by(SIGNED), "--at", AT, code=0, says="images: 1\nreferences: 1\n",
          title="in its year")
    check(by(SIGNED), "--at", "2027-01-01T00:00:01Z", code=1,
          says="was good until 2027-01-01", title="a second after it")
    check(by(SIGNED), "--at", "2025-12-31T23:59:59Z", code=1,
          says="is good from 2026-01-01", title="a second before it")
    check(by(SIGNED), "--at", "yesterday", code=2, says="RFC 3339",
          title="a time that is none")
    check(by(SIGNED, ("releases/next.json",)), code=1,
          says="revoked (it leaks)", title="revoked by another of the list")
    check(by(SIGNED + (7,)), code=0, says="good", title="the least counter")
    check(by(SIGNED + (8,)), code=1, says="below min_counter, 8",
          title="below it")
    check(by(("releases/1.2.3.dsse", "releases/other.pem")), code=1,
          says="not signed with that key", title="another publisher")
    check(by(("releases/1.2.3.dsse",)), code=1, says="no key to open it",
          title="signed, and no key")
    check(by(("releases/plain.json", "releases/release.pem")), code=1,
          says="a key, and no envelope", title="a key, and not signed")
    check(by(("releases/gone.json",)), code=4, says="releases/gone.json",
          title="a file that is not there")
    check(by(("releases/plain.json", "releases/gone.pem")), code=4,
          says="releases/gone.pem", title="a key that is not there")
    check(by(("releases/bad.json",)), code=3, says="releases/bad.json: ",
          title="no reference")
    check(by(("releases/none.json",)), code=3,
          says="releases/none.json: not a reference: ", title="no JSON")
    check({"version": 1}, code=3, says="the policy is empty", title="empty")
    check({"version": 1}, "--rules-only", code=0, says="images: 0\n",
          title="rules alone, for ee-cp")
    check(by(SIGNED), "--rules-only", code=3, says="leave both out",
          title="which must have no images")
    check(by(("releases/gone.json",)), "--rules-only", code=3,
          says="leave both out", title="nor such as are not there")
    for verifier, needs in ("dcap", ""), ("ita", "--ita"), ("both", "--ita"):
        got = check({"version": 1, "verifier": verifier}, "--rules-only",
                    code=0, says="verifier: %s\n" % verifier,
                    title="rules of %s, for ee-cp" % verifier)
        ok(("needs: ee-cp serve with --ita\n" in got) == (needs != ""),
           "and what ee-cp needs for them", got)
    check({"version": 1, "ppids": []}, code=3, says="no such member",
          title="an unknown member")
    check('{"version":1,"version":1}', code=3, says="occurs twice",
          title="a member twice")
    check({"version": 1, "mr_seam": []}, code=3, says="mr_seam: ",
          title="a list that allows nothing")
    write("p.json", json.dumps(by(SIGNED)))
    got = json.loads(run("policy", "check", "p.json", "--at", AT, "-o",
                         "json")[1])
    same(got, {"at": "2026-09-21T14:13:20Z", "detail": "", "good": True,
               "images": 1, "references": 1, "verifier": "dcap"},
         "check: the same as JSON")
    os.mkdir("else")
    os.chdir("else")
    same([run("policy", "check", f)[0] for f in
          ("../p.json", Path("../p.json").resolve())], [0, 0],
         "check: paths begin at the policy's folder, not at this one")
    os.chdir("..")


# ---- explain

def test_explain():
    text = (ROOT / "README.md").read_text()
    example = text[text.index(BEGIN):text.index(END)]
    blocks = re.findall(r"```(?:json)?\n(.*?)```", example, re.S)
    same(len(blocks), 2, "README: a policy, and what it says")
    write("policy.json", blocks[0])
    command, shown = blocks[1].split("\n", 1)
    same(command, "$ ee-measure policy explain policy.json", "README: how")
    same(run("policy", "check", "policy.json", "--at", AT)[0], 0,
         "README: its policy is good")
    rc, out, err = run("policy", "explain", "policy.json")
    ok(rc == 0 and out.startswith(shown) and shown.count("\n") > 10,
       "README: what is shown is how it begins", out, err)
    ok(max(map(len, out.splitlines())) <= 96 + 4 and
       out.count("DANGEROUS") == 0, "explain: lines that fit", out)
    v = json.loads(run("policy", "explain", "policy.json", "-o", "json")[1])
    members = ", ".join(r["members"] for r in v["rules"] if r["members"])
    same(sorted(members.split(", ") + ["version", "measurements",
                                       "references"]),
         sorted(SCHEMA["properties"]), "explain: every member has its rule")
    flat = " ".join(out.split())
    ok(all(r["text"] in flat for r in v["rules"]) and
       all(i in flat for i in v["images"]), "explain: JSON says the same")
    write("p.json", json.dumps(dict(OFF, measurements=[{"mrtd": MR[0]}])))
    ok(run("policy", "explain", "p.json")[1].count("DANGEROUS") == 2,
       "explain: what is dangerous says so")
    write("p.json", '{"version":2}')
    same(run("policy", "explain", "p.json")[0], 3, "explain: no policy")


# ---- quotes and tokens

KEY = rsa.generate_private_key(65537, 3072)
ISSUER = "https://portal.trustauthority.intel.com"
FIELDS = (("tee_tcb_svn", 0, 16), ("mrseam", 16, 48), ("mrsignerseam", 64, 48),
          ("seam_attributes", 112, 8), ("td_attributes", 120, 8),
          ("xfam", 128, 8), ("mrtd", 136, 48), ("mrconfigid", 184, 48),
          ("mrowner", 232, 48), ("mrownerconfig", 280, 48), ("rtmr0", 328, 48),
          ("rtmr1", 376, 48), ("rtmr2", 424, 48), ("rtmr3", 472, 48),
          ("report_data", 520, 64))


def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def make_token(status="UpToDate", exp=300, **change):
    """What Intel Trust Authority would say of the quote's TD."""
    body = Path("quote").read_bytes()[48:]
    tdx = {"tdx_" + n: body[o:o + k].hex() for n, o, k in FIELDS}
    tdx.update(attester_type="TDX", attester_tcb_status=status,
               tdx_is_debuggable=False)
    tdx.update({"tdx_" + k: v for k, v in change.items()})
    now = int(AT)
    parts = [b64u(json.dumps(x).encode()) for x in (
        {"alg": "PS384", "kid": "k", "typ": "JWT"},
        {"iss": ISSUER, "exp": now + exp, "iat": now - 60, "nbf": now - 60,
         "ver": "2.0.0", "tdx": tdx})]
    h = hashes.SHA384()
    sig = KEY.sign(".".join(parts).encode(),
                   padding.PSS(padding.MGF1(h), 48), h)
    return ".".join(parts + [b64u(sig)]) + "\n"


def judge(policy, token, code, reason, says, title, how="quote", more=()):
    write("p.json", json.dumps(policy))
    args = ["--policy", "p.json", "--at", AT, "-o", "json"]
    keys = ["--jwks", "jwks", "--issuer", ISSUER]
    if token is not None:
        write("token", token)
    if how == "quote":
        args += ["--collateral", "rep/collateral.json", "--insecure-sim-root",
                 "rep/root.pem"] + (["--token", "token"] + keys
                                    if token is not None else [])
    else:
        args += keys
    rc, out, err = run(how, "verify", how, *args, *more)
    v = json.loads(out or "{}")
    ok((rc, v.get("reason_code")) == (code, reason) and
       says in v["detail"] + v["remarks"] + err,
       "%s, verifier %s: %s: %s" % (how, policy.get("verifier"), reason,
                                    title), rc, out, err)


def test_verifiers():
    n = KEY.public_key().public_numbers().n
    write("jwks", json.dumps({"keys": [{
        "kty": "RSA", "kid": "k", "alg": "PS384", "e": "AQAB",
        "n": b64u(n.to_bytes(384, "big"))}]}))
    dcap, both, ita = (by(SIGNED, simulated=v != "ita", verifier=v)
                       for v in ("dcap", "both", "ita"))
    good = make_token()
    judge(dcap, None, 0, "OK", "", "a quote")
    judge(dict(dcap, simulated=False), None, 1, "EE-ATT-010", "simulated",
          "a simulated one where none may be")
    judge(dcap, make_token(mrtd=MR[0]), 0, "OK", "not looked at",
          "a token is ignored")
    judge(both, good, 0, "OK", "", "quote and token")
    judge(both, None, 1, "EE-ATT-018", "give --token", "no token")
    judge(both, make_token(rtmr3=MR[0]), 1, "EE-ATT-016", "disagree: RTMR3",
          "a token of another TD")
    judge(both, make_token(report_data="01" * 64), 1, "EE-ATT-005",
          "disagree: REPORTDATA", "a token for another request")
    judge(both, make_token(mrtd=MR[0]), 1, "EE-ATT-014", "token: ",
          "a token of another image")
    judge(dict(both, tcb_statuses=["UpToDate", "SWHardeningNeeded"]),
          make_token("SWHardeningNeeded"), 1, "EE-ATT-015", "disagree: TCB",
          "another TCB status")
    judge(both, make_token(exp=-1), 1, "EE-ATT-008", "token: ",
          "a token that has expired")
    judge(both, "x.y.z", 3, "EE-ATT-006", "token: ", "a token that is none")
    judge(dict(both, min_tcb_evaluation_number=1, ppid=["99" * 16],
               tcb_grace_days={"OutOfDate": 9}), good, 0, "OK", "",
          "rules that the quote alone can meet")
    judge(dict(both, ppid=["98" * 16]), good, 1, "EE-ATT-010", "PPID",
          "and does not")
    judge(ita, good, 0, "OK", "", "the token alone")
    judge(ita, None, 1, "EE-ATT-018", "give --token", "no token")
    for policy in (dcap, both):
        judge(policy, good, 1, "EE-ATT-018", "a token alone decides nothing",
              "a token alone", how="token")
    judge(ita, good, 0, "OK", "", "a token alone", how="token")
    judge(dict(dcap, mr_seam=[MR[0]]), None, 0, "OK", "MRSEAM",
          "a TDX module that is not in the list is remarked")
    judge(dict(dcap, mr_seam=[MR[0]], mr_seam_mode="strict"), None, 1,
          "EE-ATT-015", "MRSEAM", "or refused")


def test_options():
    write("p.json", json.dumps(by(SIGNED, simulated=True)))
    base = ("quote", "verify", "quote", "--collateral", "rep/collateral.json",
            "--at", AT, "--insecure-sim-root", "rep/root.pem")
    for args, title in (
            (("--reference", "releases/plain.json", "--token", "token",
              "--jwks", "jwks", "--issuer", "x"), "a token, and no policy"),
            (("--policy", "p.json", "--token", "token"), "no keys for it"),
            (("--policy", "p.json", "--jwks", "jwks"), "keys, and no token"),
            (("--policy", "p.json", "--policy", "p.json"), "two policies"),
            (("--policy", "p.json", "--reference-key", "releases/release.pem"),
             "a key beside a policy, which names its own")):
        same(run(*base, *args)[0], 2, "usage: " + title)
    write("p.json", json.dumps(by(SIGNED + (8,), simulated=True)))
    rc, out, _ = run(*base, "--policy", "p.json")
    ok(rc == 1 and "EE-ATT-017" in out and "min_counter" in out,
       "a release below its least counter is no policy", out)
    write("p.json", json.dumps({"version": 1, "simulated": True}))
    rules = ("--policy", "p.json", "--reference")
    rc, out, _ = run(*base, *rules[:2])
    ok(rc == 1 and "EE-ATT-017" in out, "rules alone accept no image", out)
    rc, out, _ = run(*base, *rules, "releases/plain.json")
    ok(rc == 0 and "verdict: accepted\n" in out,
       "with --reference they do, as ee-cp's with its images", out)
    rc, out, _ = run(*base, *rules, "releases/1.2.3.dsse", "--reference-key",
                     "releases/release.pem")
    ok(rc == 0, "or with a signed one", out)
    write("p.json", json.dumps({"version": 1}))
    rc, out, _ = run(*base, *rules, "releases/plain.json")
    ok(rc == 1 and "EE-ATT-010" in out and '"simulated":true' in out,
       "and they are heeded", out)
    write("p.json", json.dumps(by(SIGNED, simulated=True)))
    rc, _, err = run(*base, *rules, "releases/plain.json")
    ok(rc == 2 and "names images of its own" in err,
       "a policy with images takes no others", err)
    rc, _, err = run(*base, *rules, "releases/plain.json", "--authentic-only")
    ok(rc == 2 and "--authentic-only alone" in err,
       "nor is anything asked of what is only to be authentic", err)
    rc, _, err = run("report", "verify", "rep/first.json", *base[3:])
    ok(rc == 2 and "what to accept" in err and "authentic" not in err,
       "what a report is judged by has to be said", err)
    for name, want in (("rep/first.json", 0), ("rep/rtmr3.json", 1)):
        got = run("report", "verify", name, *base[3:], "--policy", "p.json")
        same(got[0], want, "report verify: %s by the policy" % name)
    write("p.json", json.dumps(by(SIGNED, simulated=True, verifier="both")))
    rc, out, _ = run("report", "verify", "rep/first.json", *base[3:],
                     "--policy", "p.json")
    ok(rc == 1 and "EE-ATT-018" in out, "a report holds no token", out)


def main():
    with folder():
        make_files()
        test_schema()
        test_check()
        test_explain()
        test_verifiers()
        test_options()
    finish()


main()
