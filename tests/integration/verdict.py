#!/usr/bin/env -S python3 -B
"""What ee-measure says of a quote, as JSON and as an EAT Attestation Result, on
made-up platforms with something wrong and on the real quotes of the folder
EE_SHARED. Other people's code reads it: a JSON Schema validator, OpenSSL's
ECDSA, and the tables of AR4SI below. TAP."""
import base64
import copy
import hashlib
import json
from datetime import datetime, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tap import ROOT, SHARED, finish, folder, ok, run, same, skip, write
import verdict_cases as vc

SCHEMA = json.loads((ROOT / "measure/verdict.schema.json").read_text())
MADE = 60  # made-up platforms
KEY = ec.generate_private_key(ec.SECP256R1())
CLAIMS = ["configuration", "executables", "file-system", "hardware",
          "instance-identity", "runtime-opaque", "sourced-data",
          "storage-opaque"]
# draft-ietf-rats-ar4si-09, 2.3: every value that a claim may have here.
ALWAYS = {-1, 0, 1, 99}
VALUES = {"instance-identity": {2, 96, 97}, "configuration": {2, 3, 32, 96},
          "executables": {2, 3, 32, 33, 96}, "file-system": {2, 32, 96},
          "hardware": {2, 32, 96, 97}, "runtime-opaque": {2, 32, 96},
          "storage-opaque": {2, 32, 96}, "sourced-data": {2, 32, 96}}
GIVEN = set()  # the tiers that tokens gave
TIERS = ["none", "affirming", "warning", "contraindicated"]


def schema_says(value):
    """What is wrong by the schema; [] without a validator."""
    try:
        import jsonschema
    except ImportError:
        return []
    check = jsonschema.Draft202012Validator(SCHEMA)
    return ["%s: %s" % (e.json_path, e.message[:200])
            for e in check.iter_errors(value)]


def tier(value):
    """2.3: none, then affirming from 2, warning from 32, contraindicated
    from 96 on; the negative values are the verifier's own below -1."""
    return (3 if value >= 96 else 2 if value >= 32 else 1 if value >= 2
            else 0)


def b64u(text):
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def unix(text):
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
        tzinfo=timezone.utc).timestamp())


def verify(case, *more):
    write("quote", case.quote)
    write("bundle", case.bundle)
    args = ["quote", "verify", "quote", "--collateral", "bundle",
            "--at", str(case.time), *more]
    if case.root:
        args += ["--insecure-sim-root", write("root", case.root)]
    return run(*args)


def judged(case, *more):
    """The verdict and the token."""
    Path("ear").unlink(missing_ok=True)
    code, out, err = verify(case, "-o", "json", "--ear", "ear", "--ear-key",
                            "key", *more)
    if code not in (0, 1, 3) or not out:
        raise RuntimeError("%s: exit %d: %s" % (case.name, code, err))
    return code, out, json.loads(out), Path("ear").read_bytes()


def dates_wrong(v):
    """Days are those between the dates, and the dates those of the parts."""
    parts = v["tcb_parts"].values()
    for date, days in (("tcb_date", "tcb_days"),
                       ("tcb_out_of_date_since", "tcb_out_of_date_days")):
        want = None if v[date] is None else (
            unix(v["judged_at"]) - unix(v[date])) // 86400
        if v[days] != want:
            yield "%s is %s, not %s" % (days, v[days], want)
    dated = [p["date"] for p in parts]
    want = min(dated) if dated and None not in dated else None
    if v["tcb_date"] != want:
        yield "tcb_date is %s, not %s" % (v["tcb_date"], want)
    since = [p["out_of_date_since"] for p in parts if p["out_of_date_since"]]
    if v["tcb_out_of_date_since"] != (min(since) if since else None):
        yield "tcb_out_of_date_since"
    for p in parts:
        behind = p["status"].startswith("OutOfDate") or p["status"] == "Revoked"
        if p["out_of_date_since"] and not (
                behind and p["out_of_date_since"] > p["date"]):
            yield "out of date since %s" % p["out_of_date_since"]


def levels_wrong(v, bundle):
    """Each part's date and status are those of one level of its list."""
    info = json.loads(bundle["tcb_info"])
    lists = {"platform": info["tcbLevels"],
             "qe": json.loads(bundle["qe_identity"])["tcbLevels"],
             "tdx_module": [level for m in info.get("tdxModuleIdentities", [])
                            for level in m["tcbLevels"]]}
    for name, p in v["tcb_parts"].items():
        known = {(x["tcbDate"], x["tcbStatus"]) for x in lists[name]}
        if p["status"] != "TcbNotSupported" and (
                p["date"], p["status"]) not in known:
            yield "no %s level is %s" % (name, p)


def used_wrong(v, bundle):
    """Digests, dates and numbers are those of the bundle."""
    used = v["collateral"]
    if used is None:
        return
    for name in ("tcb_info", "qe_identity"):
        text, u = bundle[name], used[name]
        doc = json.loads(text)
        if (u["sha256"] != hashlib.sha256(text.encode()).hexdigest() or
                u["evaluation_number"] != doc["tcbEvaluationDataNumber"] or
                (u["issued"], u["next_update"]) != (doc["issueDate"],
                                                    doc["nextUpdate"])):
            yield name
    for name, member in (("pck_crl", "pck_crl"), ("root_crl", "root_ca_crl")):
        der = bytes.fromhex(bundle[member])
        if used[name]["sha256"] != hashlib.sha256(der).hexdigest():
            yield name
    for name, chain in (("tcb_signer", "tcb_info_issuer_chain"),
                        ("qe_signer", "qe_identity_issuer_chain"),
                        ("pck_ca", "pck_crl_issuer_chain")):
        der = [base64.b64decode("".join(b.split("-----")[0].split()))
               for b in bundle[chain].split("-----BEGIN CERTIFICATE-----")[1:]]
        for n, d in ((name, der[0]), ("root", der[1])):
            if used[n + "_sha256"] != hashlib.sha256(d).hexdigest():
                yield n


def named(digest):
    """RFC 6920, 3."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(digest).rstrip(
        b"=").decode()


def vector_wrong(v, vector, status):
    """Values that AR4SI has, the status that follows, and no praise for what
    proves nothing."""
    for name, value in vector.items():
        if value not in VALUES[name] | ALWAYS:
            yield "%s is %d" % (name, value)
    worst = max(map(tier, vector.values()))
    if TIERS.index(status) < worst:
        yield "status %s above the vector" % status
    if v["verdict"] == "refused" and status in ("affirming", "warning"):
        yield "refused, and %s" % status
    if not v["authentic"] and worst in (1, 2):
        yield "not authentic, and a claim is made"
    if v["simulated"] and (tier(vector["hardware"]) in (1, 2) or
                           status in ("affirming", "warning")):
        yield "simulated, and %s" % status
    good = (v["verdict"] == "accepted" and v["tcb_status"] == "UpToDate" and
            v["mode"] == "full" and not v["warnings"] and not v["simulated"])
    if (status == "affirming") != good:
        yield "status %s" % status


def token_wrong(v, token, policy):
    """A JWT under our key that says what the verdict says."""
    parts = token.split(b".")
    if len(parts) != 3:
        yield "%d parts" % len(parts)
        return
    head, claims, sig = json.loads(b64u(parts[0])), json.loads(
        b64u(parts[1])), b64u(parts[2])
    der = utils.encode_dss_signature(int.from_bytes(sig[:32], "big"),
                                     int.from_bytes(sig[32:], "big"))
    try:
        KEY.public_key().verify(der, parts[0] + b"." + parts[1],
                                ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        yield "the signature"
    spki = KEY.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    if len(sig) != 64 or head != {"alg": "ES256", "typ": "JWT", "kid":
                                  hashlib.sha256(spki).hexdigest()}:
        yield "header %s" % head
    if (set(claims) != {"ear.verifier-id", "eat_profile", "iat", "submods"} or
            claims["eat_profile"] != "tag:github.com,2023:veraison/ear" or
            claims["iat"] != unix(v["judged_at"]) or
            set(claims["ear.verifier-id"]) != {"build", "developer"} or
            set(claims["submods"]) != {"tdx"}):
        yield "claims %s" % list(claims)
    td = claims["submods"]["tdx"]
    if td["ear.easyenclave.verdict"] != v:
        yield "another verdict"
    want = None if policy is None else named(hashlib.sha256(policy).digest())
    if td.get("ear.appraisal-policy-id") != want:
        yield "policy %s" % td.get("ear.appraisal-policy-id")
    vector = td["ear.trustworthiness-vector"]
    if sorted(vector) != CLAIMS:
        yield "vector %s" % vector
    GIVEN.add(td["ear.status"])
    yield from vector_wrong(v, vector, td["ear.status"])


def wrong(case, policy=None):
    """All that is wrong with what is said of a case; and the verdict."""
    more = ["--authentic-only"] if policy is None else [
        "--policy", write("policy", policy)]
    code, out, v, token = judged(case, *more)
    faults = schema_says(v)
    if out != json.dumps(v, sort_keys=True, separators=(",", ":"),
                         ensure_ascii=False) + "\n":
        faults.append("not canonical")
    if (code == 0) != (v["verdict"] == "accepted"):
        faults.append("exit %d" % code)
    faults += dates_wrong(v)
    if v["collateral"] is not None:
        bundle = json.loads(case.bundle)
        faults += used_wrong(v, bundle)
        faults += levels_wrong(v, bundle)
    faults += token_wrong(v, token, policy)
    return faults, v


def policy_for(v, *statuses):
    """One that the quote's image satisfies."""
    m = v["measurements"]
    one = {"platform": "p", "mrtd": m["mrtd"]}
    one.update(("rtmr%d" % i, m["rtmr%d" % i]) for i in range(3))
    return json.dumps({
        "version": 1, "measurements": [one], "xfam": [m["xfam"]],
        "tcb_statuses": ["UpToDate", *statuses],
        "simulated": v["simulated"]}).encode()


def check(cases, title, *tiers):
    said, faults, accepted = set(), [], 0
    GIVEN.clear()
    for case in cases:
        bad, v = wrong(case)
        faults += ["%s: %s" % (case.name, b) for b in bad]
        said.add(v["reason_code"])
        if not v["authentic"]:
            continue
        bad, w = wrong(case, policy_for(v))
        accepted += w["verdict"] == "accepted"
        said.add(w["reason_code"])
        faults += ["%s, policy: %s" % (case.name, b) for b in bad]
    ok(not faults and len(said) > 3 and accepted > 0,
       "%s: schema, dates, digests, EAR (%s)" % (title, " ".join(
           sorted(said))), *faults[:30])
    same(sorted(GIVEN), sorted(tiers), "%s: the tiers met" % title)


def test_schema(case):
    """It is no schema that would take anything."""
    try:
        import jsonschema
    except ImportError:
        skip("the schema", "no python3-jsonschema")
        return
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    _, _, v, _ = judged(case, "--authentic-only")
    ok(not schema_says(v), "the schema takes a verdict")
    taken = []
    for name in v:
        for to in ("x\n", -1, [7], {"x": 1}):
            other = copy.deepcopy(v)
            other[name] = to
            if not schema_says(other) and not (
                    isinstance(to, str) and name in ("detail", "platform",
                                                     "reason", "remarks")):
                taken.append("%s = %r" % (name, to))
        other = copy.deepcopy(v)
        del other[name]
        if not schema_says(other):
            taken.append("no " + name)
    for other in (dict(v, more=1), dict(v, authentic=False),
                  dict(v, reason_code="EE-ATT-007"), dict(v, verdict="maybe"),
                  dict(v, measurements=None)):
        if not schema_says(other):
            taken.append("a contradiction")
    ok(not taken, "and no other", *taken)


def test_options(case):
    def code(*more):
        return verify(case, "--authentic-only", *more)[0]
    same(code("--ear", "e"), 2, "--ear without its key")
    same(code("--ear-key", "key"), 2, "a key without --ear")
    same(code("--ear", "e", "--ear-key", "gone"), 4, "a key that is not there")
    write("open", Path("key").read_bytes())
    Path("open").chmod(0o644)
    same(code("--ear", "e", "--ear-key", "open"), 4,
         "a key that others can read")
    write("not", b"x")
    Path("not").chmod(0o600)
    same(code("--ear", "e", "--ear-key", "not"), 3, "a key that is none")
    ok(not Path("e").exists(), "and nothing was written")
    same(code("--ear", "no/such", "--ear-key", "key"), 4,
         "a place that is not there")
    judged(case, "--authentic-only")
    first = Path("ear").read_bytes()
    judged(case, "--authentic-only")
    same(Path("ear").read_bytes(), first, "the same verdict, the same token")


def test_policy_id(case):
    """A policy is all the files that it was read from."""
    def digest(data):
        return hashlib.sha256(data).digest()

    def policy_id(*more):
        token = judged(case, *more)[3]
        td = json.loads(b64u(token.split(b".")[1]))["submods"]["tdx"]
        return td["ear.appraisal-policy-id"]
    one = (ROOT / "tests/fuzz/corpus/reference/good.json").read_bytes()
    two = one + b"\n"
    rules = b'{"version":1,"simulated":true,"references":[{"file":"one"}]}'
    write("one", one)
    write("two", two)
    write("rules", rules)
    same(policy_id("--reference", "one"), named(digest(one)), "one reference")
    same(policy_id("--reference", "one", "--reference", "two"),
         named(digest(digest(one) + digest(two))), "two of them")
    same(policy_id("--policy", "rules"),
         named(digest(digest(rules) + digest(one))),
         "a policy and its reference")
    write("rules", b"{}")
    code, _, v, _ = judged(case, "--policy", "rules")
    ok(code == 3 and v["reason_code"] == "EE-ATT-017",
       "a policy that is none, and still a token", code, v["detail"])


def test_text(case):
    code, out, _ = verify(case, "--authentic-only")
    _, _, v, _ = judged(case, "--authentic-only")
    want = ["tcb_status: " + v["tcb_status"],
            "tcb_date: %s, %d days before" % (v["tcb_date"], v["tcb_days"]),
            "ppid: " + v["ppid"], "piid: " + v["piid"],
            "sha256 " + v["collateral"]["tcb_info"]["sha256"],
            "root_certificate_sha256: " + v["collateral"]["root_sha256"],
            "warning: simulated: "]
    missing = [w for w in want if w not in out]
    ok(code == 0 and not missing, "the text says it as well", *missing)


def real_cases():
    """Each quote once with each outcome."""
    seen = set()
    for c in vc.fixture_cases():
        key = (c.name, c.expected)
        if c.set == "expected" and key not in seen:
            seen.add(key)
            yield c


def main():
    pem = KEY.private_bytes(serialization.Encoding.PEM,
                            serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())
    made = list(vc.fake_cases(MADE, 7))
    with folder():
        write("key", pem)
        Path("key").chmod(0o600)
        sound = next(c for c in made if judged(c, "--authentic-only")[2][
            "tcb_status"] == "UpToDate")
        test_schema(sound)
        test_options(sound)
        test_policy_id(sound)
        test_text(sound)
        check(made, "%d made-up platforms" % MADE, "contraindicated", "none")
        if (SHARED / "fixtures").exists():
            check(real_cases(), "real quotes", *TIERS)
        else:
            skip("real quotes", "no %s" % (SHARED / "fixtures"))
    finish()


main()
