#!/usr/bin/env -S python3 -B
"""ee-measure token against tokens that python3-cryptography signs. TAP."""
import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (ec, padding, rsa,
                                                       utils)

from tap import ROOT, finish, folder, ok, run, same, skip, write

NOW = 1800000000
PORTAL = "https://portal.trustauthority.intel.com"


def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


KEY = rsa.generate_private_key(65537, 3072)


def jwks(alg="PS384"):
    pub = KEY.public_key().public_numbers()
    return compact({"keys": [{
        "kty": "RSA", "kid": "k", "alg": alg, "e": "AQAB",
        "n": b64u(pub.n.to_bytes(384, "big"))}]})


def claims(**tdx):
    td = {"attester_type": "TDX", "attester_tcb_status": "UpToDate",
          "tdx_is_debuggable": False, "tdx_seam_attributes": "00" * 8,
          "tdx_td_attributes": "0000001000000000",
          "tdx_xfam": "e700060000000000", "tdx_tee_tcb_svn": "08" * 16,
          "tdx_mrtd": "aa" * 48, "tdx_report_data": "00" * 64}
    for name in ("mrseam", "mrsignerseam", "mrconfigid", "mrowner",
                 "mrownerconfig"):
        td["tdx_" + name] = "00" * 48
    for i in range(4):
        td["tdx_rtmr%d" % i] = "%02x" % (16 + i) * 48
    td.update(tdx)
    return {"iss": PORTAL, "exp": NOW + 300, "iat": NOW, "nbf": NOW,
            "ver": "2.0.0", "tdx": td}


def token(body):
    text = b64u(compact({"alg": "PS384", "kid": "k", "typ": "JWT"}))
    text += "." + b64u(compact(body))
    h = hashes.SHA384()
    return (text + "." + b64u(KEY.sign(text.encode(), padding.PSS(
        padding.MGF1(h), 48), h))).encode()


def verify(*more, body=None, at=NOW, keys="jwks", issuer=PORTAL):
    write("token", token(body or claims()) + b"\n")
    return run("token", "verify", "token", "--jwks", keys, "--issuer", issuer,
               "--at", str(at), *more)


def is_exit(got, want, code, title):
    ok(got[0] == want and (code is None or code in got[1]),
       "exit %d: %s" % (want, title), got)


def test_verdicts():
    policy = ("--policy", "policy")
    is_exit(verify(*policy), 0, "verdict: accepted\n", "the policy's image")
    is_exit(verify("--authentic-only"), 0, "no policy was asked", "genuine")
    is_exit(verify(*policy, body=claims(tdx_mrtd="ab" * 48)), 1, "EE-ATT-014",
            "another MRTD")
    is_exit(verify(*policy, body=claims(tdx_rtmr1="00" * 48)), 1, "EE-ATT-016",
            "another RTMR1")
    is_exit(verify(*policy, body=claims(attester_tcb_status="OutOfDate")), 1,
            "EE-ATT-015", "a TCB status that is not allowed")
    is_exit(verify(*policy, issuer="Intel Trust Authority"), 1, "EE-ATT-010",
            "another issuer")
    is_exit(verify(*policy, at=NOW + 300), 1, "EE-ATT-008", "expired")
    is_exit(verify(*policy, "--leeway", "1", at=NOW + 300), 0, None,
            "expired, and a leeway")
    is_exit(verify(*policy, at=NOW - 1), 1, "EE-ATT-009", "not valid yet")
    is_exit(verify(*policy, "--audience", "me"), 1, "EE-ATT-011",
            "for nobody")
    is_exit(verify(*policy, "--audience", "me",
                   body=dict(claims(), aud="me")), 0, None, "for me")
    is_exit(verify(*policy, body=dict(claims(), aud="me")), 1, "EE-ATT-011",
            "for somebody")
    is_exit(verify(*policy, keys="rs256"), 1, "EE-ATT-007",
            "a key for another algorithm")
    is_exit(verify(*policy, body=claims(tdx_mrtd="a")), 3, "EE-ATT-012",
            "a claim that cannot be read")
    code, out, _ = verify(*policy, "-o", "json")
    v = json.loads(out)
    ok(code == 0 and v["verdict"] == "accepted" and
       v["measurements"]["mrtd"] == "aa" * 48 and
       v["quote_version"] is None and v["tcb_evaluation_number"] is None,
       "the verdict as JSON", out)


def test_held():
    val, stamp, data = b"a", b"b", b"data\n"
    digest = hashes.Hash(hashes.SHA512())
    digest.update(val + stamp + data)
    nonce = {"val": base64.b64encode(val).decode(), "signature": "",
             "iat": base64.b64encode(stamp).decode()}
    body = claims(verifier_nonce=nonce,
                  tdx_report_data=digest.finalize().hex())
    write("held", data)
    write("other", data + b"\n")
    only = "--authentic-only"
    is_exit(verify(only, "--held-data", "held", body=body), 0, None,
            "REPORTDATA binds the held data")
    is_exit(verify(only, "--held-data", "other", body=body), 1, "EE-ATT-005",
            "other held data")
    is_exit(verify(only, "--held-data", "gone", body=body), 4, None,
            "held data that are not there")


def test_root():
    is_exit(verify("--authentic-only", "--jwks-root", "root"), 1, "EE-ATT-007",
            "a key without the chain that is wanted")
    is_exit(verify("--authentic-only", "--jwks-root", "jwks"), 3, None,
            "a root that is no certificate")


def test_bad_files():
    only = "--authentic-only"
    is_exit(verify(only, keys="policy"), 3, "EE-ATT-018", "no key set")
    is_exit(verify(only, keys="gone"), 4, None, "a key set that is not there")
    is_exit(verify("--policy", "jwks"), 3, "EE-ATT-017", "no policy")
    is_exit(verify(), 2, None, "nothing to accept by")
    is_exit(verify(only, "--leeway", "301"), 2, None, "a leeway too long")
    is_exit(verify(only, "--leeway", "-1"), 2, None, "a leeway below zero")
    is_exit(verify(only, "--audience", ""), 2, None, "an empty audience")
    for data, title in ((b"", "nothing"), (b"a.b.c", "no token"),
                        (b" " + token(claims()), "a space before a token"),
                        (b"x" * (1 << 17), "128 KiB"),
                        (b"x" * ((1 << 17) + 1), "more than 128 KiB")):
        write("bad", data)
        got = run("token", "verify", "bad", "--jwks", "jwks", "--issuer", PORTAL,
                  "--at", str(NOW), only)
        is_exit(got, 3, None, title)
        is_exit(run("token", "show", "bad"), 3, None, "to show: " + title)


def test_schema():
    """Verdicts on tokens by the schema of those on quotes."""
    try:
        import jsonschema
    except ImportError:
        skip("a token's verdict and the schema", "no python3-jsonschema")
        return
    check = jsonschema.Draft202012Validator(json.loads(
        (ROOT / "measure/verdict.schema.json").read_text()))
    wrong = []
    for body in (claims(), claims(attester_tcb_status="OutOfDate"),
                 claims(attester_tcb_date="2025-05-14T00:00:00Z"),
                 claims(attester_advisory_ids=["INTEL-SA-1", "INTEL-SA-1"]),
                 claims(tdx_mrtd="a"), dict(claims(), exp=1)):
        out = verify("--policy", "policy", "-o", "json", body=body)[1]
        wrong += [e.message for e in check.iter_errors(json.loads(out))]
    ok(not wrong, "a token's verdict and the schema", *wrong)


def test_result():
    """The verdict on a token as an EAT Attestation Result, read by OpenSSL."""
    key = ec.generate_private_key(ec.SECP256R1())
    write("key", key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    Path("key").chmod(0o600)

    def result(**tdx):
        code, out, _ = verify("--policy", "policy", "--ear", "ear",
                              "--ear-key", "key", "-o", "json",
                              body=claims(**tdx))
        head, body, sig = Path("ear").read_bytes().split(b".")
        raw = base64.urlsafe_b64decode(sig + b"==")
        key.public_key().verify(
            utils.encode_dss_signature(int.from_bytes(raw[:32], "big"),
                                       int.from_bytes(raw[32:], "big")),
            head + b"." + body, ec.ECDSA(hashes.SHA256()))
        td = json.loads(base64.urlsafe_b64decode(body + b"=="))["submods"][
            "tdx"]
        return (code, td["ear.status"],
                td["ear.trustworthiness-vector"]["hardware"],
                td["ear.easyenclave.verdict"] == json.loads(out))
    same(result(), (0, "affirming", 2, True), "a token's result")
    same(result(attester_tcb_status="OutOfDate"),
         (1, "contraindicated", 96, True), "one of a platform behind")
    same(result(tdx_mrtd="ab" * 48), (1, "contraindicated", 2, True),
         "one of another image")


def test_show():
    body = claims(more="\x1b[31m\u202e", list=[1, {"a": "\u00e9"}])
    write("token", token(body))
    code, out, _ = run("token", "show", "token")
    ok(code == 0 and out.startswith("nothing is verified\n") and
       'header.alg: "PS384"\n' in out and
       'claims.tdx.tdx_mrtd: "%s"\n' % ("aa" * 48) in out and
       "claims.exp: %d\n" % (NOW + 300) in out, "show", out)
    ok(all(c == "\n" or " " <= c <= "~" for c in out),
       "nothing that moves a cursor", out)
    code, out, _ = run("token", "show", "-o", "json", "token")
    v = json.loads(out)
    ok(code == 0 and v["claims"] == body and v["verified"] is False and
       v["header"]["kid"] == "k" and len(v["signature"]) == 768,
       "show as JSON", out)
    is_exit(run("token", "show", "gone"), 4, None, "a token that is not there")


def main():
    with folder():
        write("jwks", jwks())
        write("rs256", jwks("RS256"))
        for line in (ROOT / "tests/vectors/jwt.txt").read_text().splitlines():
            if line.startswith("root root "):
                write("root", line[10:].replace("|", "\n") + "\n")
        write("policy", compact({
            "version": 1, "verifier": "ita", "xfam": ["e700060000000000"],
            "measurements": [{"platform": "here", "mrtd": "aa" * 48,
                              "rtmr1": "11" * 48}]}))
        test_verdicts()
        test_held()
        test_root()
        test_bad_files()
        test_show()
        test_schema()
        test_result()
    finish()


main()
