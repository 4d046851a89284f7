#!/usr/bin/env -S python3 -B
"""How ee-cp looks after its collateral: added, fetched by a process of its own,
replaced by nothing older, kept through every failure of the service, used by
the running server; the policy file beside it; agents judged again."""
import base64
import contextlib
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema

from tap import (BIN, FAKETIME, ROOT, SHARED, finish, folder, ok, run, same,
                 skip, write)
from pcs_peer import FromBundle, Server, Service, Tls, pem

CP, LAUNCHER = BIN / "ee-cp", BIN / "ee-launcher"
CLIENT = BIN.parent / "peers/regclient"
STATE = "cp"
DAY = 24 * 3600
START = int(time.time())


def call(*args):
    """Exit status and all that it says."""
    p = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=120, check=False)
    return p.returncode, p.stdout.decode()


def cp(*args):
    return call(CP, *args[:2 if args[0] == "collateral" else 1],
                "--state", STATE, *args[2 if args[0] == "collateral" else 1:])


def says(got, status, words, title):
    ok(got[0] == status and words in got[1],
       "%s: exit status %d, \"%s\"" % (title, status, words), *got)


def listed():
    rows = json.loads(cp("collateral", "list", "-o", "json")[1])["collateral"]
    return rows[0] if rows else None


def soon(what, seconds=15):
    """Waits until it holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


# ---- collateral of the simulated platform, of any age

def issued(days_ago):
    """A bundle of the same keys, issued then."""
    times = json.loads(Path("pki/times.json").read_text())
    times["created"] = START - 60 * DAY
    times["issued"] = START - days_ago * DAY
    write("pki/times.json", json.dumps(times))
    call(LAUNCHER, "sim-pki", "--out", "pki")
    return Path("pki/collateral.json").read_text()


class Waiting(Service):
    """One that can be told to let its clients wait."""

    def __init__(self, collateral):
        super().__init__(collateral)
        self.go, self.asked = threading.Event(), threading.Event()
        self.go.set()

    def answer(self, path, headers):
        self.asked.set()
        self.go.wait(30)
        return super().answer(path, headers)

    def serve(self, bundle):
        self.collateral = FromBundle(json.loads(bundle))


# ---- the server

class Plane:
    def __init__(self, *options):
        self.log = open("cp.log", "wb")  # pylint: disable=consider-using-with
        # pylint: disable-next=consider-using-with
        self.p = subprocess.Popen(
            [str(CP), "serve", "--state", STATE, "--listen", "127.0.0.1:0",
             "--insecure-sim-root", "pki/root.pem", *options],
            stderr=self.log)
        soon(lambda: self.said("event=listening"))
        port = re.search(r"event=listening.* port=(\d+)", self.text())
        self.port = port.group(1) if port else "0"
        self.tls = ssl.create_default_context(cafile=STATE + "/ca.pem")
        self.token = Path(STATE, "admin.token").read_text().strip()

    def text(self):
        return Path("cp.log").read_text()

    def said(self, words):
        return words in self.text()

    def get(self, path):
        """Status and body."""
        r = urllib.request.Request(
            "https://127.0.0.1:%s%s" % (self.port, path),
            headers={"Authorization": "Bearer " + self.token})
        try:
            with urllib.request.urlopen(r, context=self.tls, timeout=5) as f:
                return f.status, f.read().decode()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read().decode()

    def register(self, name):
        return call(CLIENT, "register", "127.0.0.1", self.port,
                    STATE + "/ca.pem", "pki", name, 1)[1]

    def refusal(self, name):
        """Code and detail of one."""
        said = self.register(name)
        events = json.loads(self.get("/api/v1/admin/attestation-events")[1])
        return said + events["events"][0]["detail"]

    def agents(self):
        return json.loads(self.get("/api/v1/agents")[1])["agents"]

    def agent(self):
        return json.loads(self.get("/api/v1/agents/" +
                                   self.agents()[0]["agent_id"])[1])

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        self.p.wait(20)
        self.log.close()


@contextlib.contextmanager
def plane(*options):
    p = Plane(*options)
    try:
        yield p
    finally:
        p.stop()


# ---- the tests

def conforms(p, path, route=None):
    """The answer is what openapi.json says of it."""
    api = json.loads((ROOT / "host-launcher/plane/openapi.json").read_text())
    schema = api["paths"][route or path]["get"]["responses"]["200"]["content"][
        "application/json"]["schema"]
    status, body = p.get(path)
    faults = [e.message for e in jsonschema.Draft202012Validator(
        {**schema, "components": api["components"]}).iter_errors(
            json.loads(body))]
    ok(status == 200 and not faults, "%s is as described" % (route or path),
       *faults[:3])


def described(p):
    for path in ("/api/v1/admin/attestation-events", "/api/v1/admin/policy",
                 "/api/v1/admin/collateral", "/api/v1/agents",
                 "/api/v1/trusted-mrtds", "/api/v1/admin/trusted-mrtds"):
        conforms(p, path)
    conforms(p, "/api/v1/agents/" + p.agents()[0]["agent_id"],
             "/api/v1/agents/{id}")


def verbs(fmspc):
    add = ("collateral", "add", "--fmspc", fmspc, "--ca")
    says(cp("collateral", "add", "--ca", "platform"), 2, "12 hexadecimal",
         "add without a platform")
    says(cp("collateral", "add", "--fmspc", "1234", "--ca", "platform"), 2,
         "12 hexadecimal", "add of half a one")
    says(cp(*add, "root"), 2, "'platform' or 'processor'", "of no CA")
    says(cp("collateral", "remove", *add[2:], "processor"), 1, "was not kept",
         "remove what is not there")
    says(cp(*add, "processor"), 0, "kept from now on", "add")
    says(cp(*add, "processor"), 1, "kept already", "twice")
    says(cp("collateral", "list"), 0, fmspc + "  processor  -  -", "list")
    says(cp("collateral", "remove", *add[2:], "processor"), 0,
         "not used any more", "remove")
    same(listed(), None, "nothing is left")


def files(fmspc):
    """import: what is taken and what is not."""
    root = ("--insecure-sim-root", "pki/root.pem")
    write("old.json", issued(6))
    write("new.json", issued(5))
    write("half.json", Path("new.json").read_bytes()[:-1])
    says(cp("collateral", "import", "new.json"), 1, "EE-ATT-010",
         "import under a root that is not named")
    same(listed(), None, "leaves nothing")
    says(cp("collateral", "import", *root, "new.json"), 0, "taken for " +
         fmspc, "import")
    digest = listed()["sha256"]
    says(cp("collateral", "import", *root, "old.json"), 1,
         "--allow-rollback goes back", "an older one")
    says(cp("collateral", "import", *root, "half.json"), 3,
         "half.json: not collateral: ",
         "half of one")
    says(cp("collateral", "import", *root, "none.json"), 4, "No such file",
         "none")
    same(listed()["sha256"], digest, "the newer one stays")
    same((listed()["source"], listed()["simulated"]), ("new.json", True),
         "and says whence it is, and what")
    says(cp("collateral", "list"), 0, "  simulated  ", "list, for people")
    says(cp("collateral", "import", *root, "--allow-rollback", "old.json"), 0,
         "taken", "a rollback that is wanted")
    says(cp("collateral", "remove", "--fmspc", fmspc, "--ca", "platform"), 0,
         "not used", "remove")
    write("older.json", issued(7))
    says(cp("collateral", "import", *root, "older.json"), 1, "a rollback",
         "removed, and still nothing older comes")


def fetched(p, fmspc):
    """From nothing to a registration, by what the refusal says."""
    same(p.get("/readyz")[0], 503, "without collateral it is not ready")
    refusal = p.refusal("early")
    command = re.search(r"ee-cp (collateral add --fmspc (\w+) --ca \w+)",
                        refusal)
    ok("EE-ATT-018" in refusal and command is not None and
       command.group(2) == fmspc, "a refusal names the command", refusal)
    says(cp("collateral", "add", "--fmspc", fmspc, "--ca", "platform"), 0,
         "kept", "which is obeyed")
    ok(soon(lambda: p.get("/readyz")[0] == 200),
       "the server has it fetched at once, and is ready", p.text())
    ok(p.register("vm").startswith("accepted"), "and accepts")
    ok(soon(lambda: p.said("event=collateral_refresh status=0")),
       "the log tells of it")
    row = listed()
    same((row["failures"], row["last_error"]), (0, None), "without a failure")
    same(p.agent()["verdict"]["collateral_sha256"], row["sha256"],
         "the agent's record names the bundle")
    kept = p.get("/api/v1/admin/verdict-input?sha256=" + row["sha256"])
    ok(kept[0] == 200 and "tcb_info" in json.loads(kept[1]),
       "which the server keeps")
    same(json.loads(p.get("/api/v1/admin/collateral")[1])["collateral"][0]
         ["sha256"], row["sha256"], "and lists")
    metrics = p.get("/metrics")[1]
    for name in ("age_seconds", "next_update_timestamp_seconds",
                 "refresh_failures"):
        ok(re.search(r'^ee_cp_collateral_%s{fmspc="%s",ca="platform"} \d+$' %
                     (name, fmspc), metrics, re.M), "/metrics has " + name)
    ok("\nee_cp_collateral_current 1\n" in metrics, "and that it is current")


def again(p):
    """Years later, by another program, from what the server kept."""
    agent = p.agent()
    record = agent["verdict"]
    write("then.json", p.get("/api/v1/admin/verdict-input?sha256=" +
                             record["collateral_sha256"])[1])
    same(hashlib.sha256(Path("then.json").read_bytes()).hexdigest(),
         record["collateral_sha256"], "the collateral is that of the record")
    write("then.quote", base64.b64decode(agent["attestation"]["quote_b64"]))
    rules = ()
    if record["policy_sha256"]:
        write("then.rules", p.get("/api/v1/admin/verdict-input?sha256=" +
                                  record["policy_sha256"])[1])
        rules = ("--policy", "then.rules")
    code, out, err = run("quote", "verify", "-o", "json", "--collateral",
                         "then.json", "--at", record["verdict"]["judged_at"],
                         "--insecure-sim-root", "pki/root.pem", "--reference",
                         "reference.json", "then.quote", *rules)
    ok(code == 0 and json.loads(out) == record["verdict"],
       "ee-measure reaches the same verdict, to the letter", err, out,
       json.dumps(record["verdict"]))


def refreshed(p, service, options):
    """A newer bundle is taken and used, an older one neither."""
    refresh = ("collateral", "refresh", "--now", *options)
    first = listed()["sha256"]
    calls = len(service.log)
    says(cp("collateral", "refresh", *options), 0, "", "nothing is due")
    same(len(service.log), calls, "and nobody was asked")
    service.serve(issued(2))
    says(cp(*refresh), 0, "fetched", "newer collateral")
    second = listed()["sha256"]
    ok(second != first, "takes the place")
    ok(soon(lambda: p.said("sha256=" + second)), "the server heeds it")
    ok(p.register("vm").startswith("accepted"), "an agent comes again")
    same(p.agent()["verdict"]["collateral_sha256"], second,
         "and is judged with it")
    service.serve(issued(3))
    says(cp(*refresh), 1, "a rollback", "older collateral, genuine as it is")
    same((listed()["sha256"], listed()["failures"]), (second, 1),
         "is a failure")
    ok("rollback" in listed()["last_error"], "that is listed")
    service.serve(issued(1))
    says(cp(*refresh), 0, "fetched", "the next that is newer")
    same((listed()["failures"], listed()["last_error"]), (0, None),
         "ends that")


def failures(p, service, options):
    """Whatever the service does, what is kept stays."""
    refresh = ("collateral", "refresh", "--now", *options)
    kept = listed()
    for n, (document, fault, status) in enumerate((
            ("tcb", "404", 4), ("tcb", "html", 4), ("qe", "empty", 4),
            ("tcb", "flipped", 1), ("qe", "flipped", 1),
            ("pckcrl", "no-chain", 4), ("rootcrl", "403", 4))):
        service.fault = {document: (fault, 0)}
        got = cp(*refresh)
        row = listed()
        ok(got[0] == status and row["sha256"] == kept["sha256"] and
           row["failures"] == n + 1 and row["last_error"] and
           row["fetched_at"] == kept["fetched_at"],
           "%s of %s: exit status %d, and nothing is lost" %
           (fault, document, status), got, row)
        ok("hush" not in got[1] + row["last_error"],
           "what it said is not repeated")
    service.fault = {}
    ok(p.register("vm").startswith("accepted"), "the server goes on")
    ok(re.search(r'refresh_failures{[^}]*} 7$', p.get("/metrics")[1], re.M),
       "/metrics counts them")
    write("key", "secret-key\n")
    os.chmod("key", 0o644)
    says(cp(*refresh, "--pcs-key", "key"), 4, "chmod 600",
         "a key that others can read")
    os.chmod("key", 0o600)
    says(cp(*refresh, "--pcs-key", "key"), 0, "fetched", "a key")
    ok(any(h.get("Ocp-Apim-Subscription-Key") == "secret-key"
           for _, h in service.log), "is sent")
    says(cp("collateral", "refresh", "--pcs", "ftp://x"), 2, "--pcs ftp://x",
         "a URL that is none")
    says(cp("collateral", "refresh", "--pcs", "http://192.0.2.1"), 2,
         "--pcs http://192.0.2.1", "one without TLS")


def not_blocked(p, service, fmspc):
    """While the service lets its client wait, the server answers."""
    cp("collateral", "remove", "--fmspc", fmspc, "--ca", "platform")
    ok(soon(lambda: p.get("/readyz")[0] == 503), "removed: heeded")
    ok("EE-ATT-018" in p.register("vm"), "and refused")
    service.go.clear()
    service.asked.clear()
    cp("collateral", "add", "--fmspc", fmspc, "--ca", "platform")
    ok(soon(lambda: p.get("/readyz")[0] == 200),
       "added: what was kept is used again, before anybody answers")
    ok(soon(service.asked.is_set, 40), "the service is asked")
    start = time.monotonic()
    ok(p.register("vm").startswith("accepted") and
       time.monotonic() - start < 2 and not service.go.is_set(),
       "and while it lets its client wait, agents need not")
    before = listed()["fetched_at"]
    service.go.set()
    ok(soon(lambda: listed()["fetched_at"] != before),
       "until the answer is there")


def hopeless():
    """A process that can do nothing is not started again and again."""
    cp("collateral", "refresh", "--now", "--pcs", "http://127.0.0.1:9")
    before = listed()["failures"]
    shutil.copy("web.pem", "gone.pem")
    with plane("--pcs", "https://localhost:9", "--pcs-ca", "gone.pem") as p:
        os.remove("gone.pem")
        cp("collateral", "remove", "--fmspc", listed()["fmspc"], "--ca",
           "platform")
        cp("collateral", "add", "--fmspc", "454553494d00", "--ca", "platform")
        ok(soon(lambda: p.said("event=collateral_refresh status=4")),
           "a file that went away is told")
        time.sleep(3)
        same(p.text().count("event=collateral_refresh status="), 1, "once")
    ok(before >= 1 and listed()["sha256"], "and nothing is lost")


def hung_up_early(*options):
    """SIGHUP while it reads its files for the first time."""
    os.mkfifo("early.json")
    with open("early.log", "wb") as log, subprocess.Popen(
            [str(CP), "serve", "--state", STATE, "--listen", "127.0.0.1:0",
             "--policy", "early.json", *options], stderr=log) as p:
        with open("early.json", "wb") as f:  # once it reads
            p.send_signal(signal.SIGHUP)
            write("new.json", '{"version":1,"simulated":true}')
            os.rename("new.json", "early.json")
            f.write(b'{"version":1}')
        digest = hashlib.sha256(b'{"version":1,"simulated":true}').hexdigest()
        ok(soon(lambda: digest in Path("early.log").read_text() or
                p.poll() is not None) and p.poll() is None,
           "SIGHUP before it listens: heeded then",
           Path("early.log").read_text())
        p.terminate()
        same(p.wait(20), 0, "and it ends as it should")


def policy(options):
    write("images.json", json.dumps(
        {"version": 1, "references": [{"file": "measurements.json"}]}))
    write("typo.json", '{"version":1,"tbc_mode":"warn"}')
    says(cp("serve", "--policy", "images.json"), 1, "ee-cp trust --reference",
         "a policy with images")
    says(cp("serve", "--policy", "typo.json"), 3, "typo.json", "with a typo")
    says(cp("serve", "--policy", "none.json"), 4, "No such file", "none")
    says(cp("serve", "--pcs-ca", "web.pem"), 2, "names it",
         "a service's CA and no service")
    says(cp("serve", "--pccs", "https://127.0.0.1", "--pcs-ca", "none.pem"), 4,
         "none.pem: No such file", "a CA that is not there")
    hung_up_early(*options)
    write("policy.json", '{"version":1}')
    with plane(*options, "--policy", "policy.json") as p:
        ok("\"simulated\":true" in p.refusal("vm"),
           "a root by name, and a policy that does not say so")
        ok(soon(lambda: not p.agents()[0]["verified"]),
           "agents that were accepted before are judged by it, too")
        ok("  not verified  simulated  " in cp("agents")[1],
           "and listed as what they are", *cp("agents"))
        write("policy.json", '{"version":1,"simulated":true}')
        p.p.send_signal(signal.SIGHUP)
        ok(soon(lambda: p.said("policy_status=0")), "SIGHUP reads it again")
        ok(p.register("vm").startswith("accepted"), "which is heeded")
        ok(p.agent()["verdict"]["policy_sha256"], "and recorded")
        again(p)
        before = p.get("/api/v1/admin/policy")
        write("policy.json", '{"version":1,"rtmr":"warn"}')
        p.p.send_signal(signal.SIGHUP)
        ok(soon(lambda: p.said("policy_status=3")), "a bad one is told")
        ok(before[0] == 200 and before == p.get("/api/v1/admin/policy") and
           p.register("vm").startswith("accepted"), "and the old one stays")
        same(json.loads(before[1])["file"], '{"version":1,"simulated":true}',
             "it can be read")
        event = json.loads(p.get("/api/v1/admin/attestation-events")[1])
        same(event["events"][0]["policy_snapshot"],
             json.loads(before[1])["rules"], "and is in the audit")
        described(p)
        untrusted(p)


def untrusted(p):
    mrtd = json.loads(cp("trusted", "-o", "json")[1])["trusted_mrtds"][0]
    ok(p.agents()[0]["verified"], "an agent is verified")
    cp("untrust", "--mrtd", mrtd["mrtd"])
    ok(soon(lambda: not p.agents()[0]["verified"]),
       "until its image is trusted no longer")
    ok(p.said("event=agent result=rejected reason_code=EE-ATT-017"),
       "which the log tells")


def real():
    """Intel's own, as it came out over the years."""
    bundles = sorted((SHARED / "fixtures/collateral").glob("bundle_*.json"))
    if not FAKETIME.exists() or not bundles:
        skip("real collateral", "no libfaketime" if bundles
             else "none is here")
        return
    state, newest, dated = "real", {}, []
    call(CP, "init", "--state", state)
    for b in bundles:
        info, qe = (json.loads(json.loads(b.read_text())[k])
                    for k in ("tcb_info", "qe_identity"))
        # some have a CRL that is some days younger
        when = max(datetime.datetime.strptime(d["issueDate"],
                                              "%Y-%m-%dT%H:%M:%SZ")
                   for d in (info, qe)) + datetime.timedelta(days=10)
        dated.append((when, info["tcbEvaluationDataNumber"],
                      info["fmspc"].lower(), b))
    for when, number, fmspc, b in sorted(dated):
        back = number < newest.get(fmspc, 0)
        status, text = call(
            "env", "TZ=UTC", "LD_PRELOAD=%s" % FAKETIME, "FAKETIME=%s" % when,
            CP, "collateral", "import", "--state", state, b)
        ok((status, back) in ((0, False), (1, True)) and
           ("a rollback" in text) == back,
           "%s at its date%s" % (b.name, ": a rollback" if back else ""), text)
        newest[fmspc] = max(number, newest.get(fmspc, 0))
    rows = json.loads(call(CP, "collateral", "list", "--state", state, "-o",
                           "json")[1])["collateral"]
    same({r["fmspc"]: r["tcb_evaluation_number"] for r in rows}, newest,
         "the newest of each platform is kept")


def main():
    with folder():
        call(CP, "init", "--state", STATE)
        call(LAUNCHER, "sim-pki", "--out", "pki")
        fmspc = json.loads(json.loads(issued(5))["tcb_info"])["fmspc"].lower()
        write("reference.json", call(CLIENT, "reference")[1])
        cp("trust", "--reference", "reference.json")
        verbs(fmspc)
        files(fmspc)
        Path(STATE, "cp.db").unlink()
        call(CP, "init", "--state", STATE, "--renew")
        cp("trust", "--reference", "reference.json")
        service = Waiting(FromBundle(json.loads(issued(4))))
        tls = Tls()
        server = Server(service, tls, ".")
        write("web.pem", pem(tls.ca))
        options = ["--pcs", server.url, "--pcs-ca", "web.pem", "--root-crl",
                   server.url + "/IntelSGXRootCA.der"]
        manual = options + ["--insecure-sim-root", "pki/root.pem"]
        with plane(*options) as p:
            fetched(p, fmspc)
            again(p)
            refreshed(p, service, manual)
            failures(p, service, manual)
            described(p)
            pccs = ["--pccs", server.url, *manual[2:4], *manual[6:]]
            says(cp("collateral", "refresh", "--now", *pccs), 0, "fetched",
                 "a PCCS")
            not_blocked(p, service, fmspc)
        policy(options)
        server.stop()
        hopeless()
        real()
        kept = listed()["sha256"]
        got = cp("collateral", "refresh", "--now", *manual)
        ok(got[0] == 4 and listed()["sha256"] == kept,
           "a service that is not there: exit status 4", got)
    finish()


main()
