"""Cases for tests/peers/verdicts.c and tests/peers/dcap_qvl_client.js: the real
quotes and collateral of the folder EE_SHARED, and how to ask about them."""
import json
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path

from tap import BIN, SHARED

FIXTURES = SHARED / "fixtures"

# quote and bundle: bytes, root: PEM or b"" for Intel's alone. `expected` is
# "PASS STATUS", "PASS" (any status) or "FAIL why"; None when the folder leaves
# it open. `others`: what other verifiers said, by name. `whole`: nothing is
# wrong with the form of the bundle.
Case = namedtuple(
    "Case",
    "set name bundle_name time quote bundle root expected others whole")
# How Intel's library names a status.
QVL_STATUS = {
    "OK": "UpToDate",
    "TCB_SW_HARDENING_NEEDED": "SWHardeningNeeded",
    "TCB_CONFIGURATION_NEEDED": "ConfigurationNeeded",
    "TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED":
        "ConfigurationAndSWHardeningNeeded",
    "TCB_OUT_OF_DATE": "OutOfDate",
    "TCB_OUT_OF_DATE_CONFIGURATION_NEEDED": "OutOfDateConfigurationNeeded",
    "TCB_TD_RELAUNCH_ADVISED": "TDRelaunchAdvised",
    "TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED":
        "TDRelaunchAdvisedConfigurationNeeded",
    "TCB_REVOKED": "Revoked",
    "TCB_NOT_SUPPORTED": "TcbNotSupported"}
OTHERS = ("qvl", "go_tdx_guest")


def load(name):
    return json.loads((FIXTURES / name).read_text())


class Bundles:
    """The files of collateral/, each read once."""

    def __init__(self):
        self.listed = load("collateral/bundles.json")
        self.read = {}

    def bytes(self, name):
        if name not in self.read:
            self.read[name] = (FIXTURES / "collateral" / name).read_bytes()
        return self.read[name]

    def like(self, name, time):
        """This one; or, where the folder lacks it, one of the same platform
        that is good at that time."""
        if (FIXTURES / "collateral" / name).exists():
            return name
        for b in self.listed:
            if (name.split("_")[1] == b["fmspc"] and
                    b["valid_from"] <= time <= b["valid_to"]):
                return b["file"]
        raise FileNotFoundError(name)


def others(row):
    """In one language: Intel's library says FAIL and a status where the
    quote is authentic and the status is not the best."""
    said = {name: row[name] for name in OTHERS if name in row}
    word = said.get("qvl", "").split(" quote ")[-1]
    if word in QVL_STATUS:
        said["qvl"] = "PASS " + QVL_STATUS[word]
    return said


def expected_cases(bundles):
    """Each row for the file as it is; and, where bytes that are not zero follow
    the quote, for the quote alone as well."""
    quotes = {q["id"]: q for q in load("quotes/quotes.json")}
    for path in sorted((FIXTURES / "expected").glob("*.json")):
        for r in json.loads(path.read_text()):
            q = quotes[r["quote"]]
            data = (FIXTURES / q["file"]).read_bytes()
            case = Case("expected", r["quote"], r["bundle"], r["time"], data,
                        bundles.bytes(r["bundle"]), b"",
                        r["result"] + " " + r["status_or_reason"], others(r),
                        True)
            yield case
            if data[q["quote_len"]:].strip(b"\0"):
                yield case._replace(name=r["quote"] + " alone",
                                    quote=data[:q["quote_len"]])


def negative_cases(bundles):
    for n in load("negative/negative.json"):
        name = bundles.like(n["bundle"], n["time"])
        path = FIXTURES / n["file"]
        expected = {"accept": "PASS", "either": None,
                    "reject": "FAIL " + n["why"]}[n["expect"]]
        yield Case("negative", n["why"], Path(name).name, n["time"],
                   path.read_bytes(), bundles.bytes(name), b"", expected,
                   others(n), "/" not in name)


def synth_cases():
    root = (FIXTURES / "synth/root.pem").read_bytes()
    for s in load("synth/synth.json"):
        expected = s["expected"].split("(")[0]
        if expected.startswith("either"):
            expected = None
        case = Case("synth", s["case"], Path(s["bundle"]).name, s["time"],
                    (FIXTURES / s["quote"]).read_bytes(),
                    (FIXTURES / s["bundle"]).read_bytes(), root, expected,
                    others(s), False)
        yield case
        yield case._replace(set="synth, Intel's root", root=b"", others={},
                            expected="FAIL another root")


def signed(name):
    """The bytes that are signed, and the signature, of a PCS answer."""
    text = (FIXTURES / name).read_text()
    start = text.index("{", 1)
    end = text.rindex(',"signature"')
    return text[start:end], json.loads(text)["signature"]


def sample_cases():
    """Intel's own sample, as a bundle."""
    folder = FIXTURES / "qvl_sample"
    read = {p.name: p.read_bytes() for p in folder.iterdir()}
    info, info_sig = signed("qvl_sample/tcbInfo.json")
    qe, qe_sig = signed("qvl_sample/qeIdentity.json")
    tcb_chain = read["tcbSignChain.pem"].decode()
    bundle = {
        "tcb_info": info, "tcb_info_signature": info_sig,
        "tcb_info_issuer_chain": tcb_chain,
        "qe_identity": qe, "qe_identity_signature": qe_sig,
        "qe_identity_issuer_chain": tcb_chain,
        "pck_crl": read["intermediateCaCrl.der"].hex(),
        "pck_crl_issuer_chain": read["pckSignChain.pem"].decode(),
        "root_ca_crl": read["rootCaCrl.der"].hex()}
    yield Case("qvl_sample", "quote.dat", "qvl_sample", 1700000000,
               read["quote.dat"], json.dumps(bundle).encode(),
               read["trustedRootCaCert.pem"], "PASS", {"qvl": "PASS quote OK"},
               False)


def fixture_cases():
    bundles = Bundles()
    yield from expected_cases(bundles)
    yield from negative_cases(bundles)
    yield from synth_cases()
    yield from sample_cases()


def peer_cases(kind, name, *args):
    """What fakecases or faultbook writes, as cases."""
    argv = [BIN.parent / "peers" / (name + ".san"), *map(str, args)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as p:
        while True:
            head = p.stdout.readline().decode().split()
            if not head:
                break
            now, *sizes = map(int, head[:4])
            quote, bundle, root = (p.stdout.read(k) for k in sizes)
            yield Case(kind, head[4], "", now, quote, bundle, root, None, {},
                       False)
    if p.returncode != 0:
        raise RuntimeError("%s: status %d" % (name, p.returncode))


def fake_cases(n, seed):
    return peer_cases("re-signed parts", "fakecases", n, seed)


class Asked:
    """A peer at work on cases; lines() waits for its answers."""

    def __init__(self, argv, cases):
        self.argv, self.n = argv, len(cases)
        self.out = tempfile.TemporaryFile()
        with tempfile.TemporaryFile() as stream:
            last = None
            for c in cases:
                again = c.bundle is last
                last = c.bundle
                stream.write(b"%d %d %d %d\n" % (
                    c.time, len(c.quote), -1 if again else len(c.bundle),
                    len(c.root)))
                stream.write(c.quote + (b"" if again else c.bundle) + c.root)
            stream.seek(0)
            self.process = subprocess.Popen(argv, stdin=stream,
                                            stdout=self.out)

    def lines(self):
        rc = self.process.wait()
        self.out.seek(0)
        lines = self.out.read().decode("utf-8", "replace").splitlines()
        self.out.close()
        if rc != 0 or len(lines) != self.n:
            raise RuntimeError("%s: status %d, %d answers to %d cases" %
                               (self.argv[0], rc, len(lines), self.n))
        return lines


class Ours(namedtuple("Ours", "kind status policy detail")):
    """A line of verdicts.c."""

    @property
    def authentic(self):
        return self.kind in ("genuine", "simulated")

    @property
    def accepted(self):
        """By a policy as generous as one may be."""
        return self.authentic and self.policy == "OK"

    def __str__(self):
        return " ".join(self)

    @classmethod
    def read(cls, line):
        return cls(*line.split(" ", 3))
