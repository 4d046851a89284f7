#!/usr/bin/env -S python3 -B
"""ee-cp with a policy that wants tokens of Intel Trust Authority, against one
of our own (tests/peers/ita_peer.py): accepted, every fault refused with its
code, and that nothing is accepted twice or by halves. TAP."""
import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path

from tap import BIN, FAKETIME, finish, folder, needs, ok, same, skip, write
import ita_peer as peer

CP, CLIENT = BIN / "ee-cp", BIN.parent / "peers/regclient"
ITA = {"version": 1, "verifier": "ita", "simulated": True}
PEER = None
count = 0


def tool(*args, stdin="", **how):
    p = subprocess.run([str(a) for a in args], input=stdin, timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, **how)
    return p.returncode, p.stdout, p.stderr


def ita_options(**more):
    opts = {"--ita": PEER.url, "--ita-api-key-file": "api-key",
            "--ita-jwks-url": PEER.url + "/certs", "--ita-ca": "ca.pem",
            "--ita-issuer": PEER.service.issuer, "--ita-root": "root.pem"}
    opts.update(more)
    return [x for k, v in opts.items() if v is not None for x in (k, v)]


def clock():
    """An environment in which the file "clock" says how far ahead it is."""
    write("clock", "+0")
    return dict(os.environ, LD_PRELOAD=str(FAKETIME), FAKETIME_NO_CACHE="1",
                FAKETIME_TIMESTAMP_FILE=os.path.abspath("clock"),
                DONT_FAKE_MONOTONIC="1", FAKETIME_DONT_FAKE_MONOTONIC="1")


class Server:
    def __init__(self, policy, options=None, env=None):
        write("policy.json", json.dumps(policy))
        self.log = open("cp.log", "w+")
        self.p = subprocess.Popen(
            [CP, "serve", "--state", "cp", "--listen", "127.0.0.1:0",
             "--policy", "policy.json", "--collateral", "pki/collateral.json",
             "--insecure-sim-root", "pki/root.pem",
             *(ita_options() if options is None else options)],
            stdout=self.log, stderr=subprocess.STDOUT, env=env)
        self.port = self.find(r"event=listening.* port=(\d+)")

    def text(self):
        return Path("cp.log").read_text()

    def find(self, regex, seconds=10):
        for _ in range(seconds * 50):
            m = re.search(regex, self.text())
            if m:
                return m[1] if m.groups() else m[0]
            time.sleep(0.02)
        return None

    def client(self, *args, **how):
        return tool(CLIENT, args[0], "127.0.0.1", self.port, "cp/ca.pem",
                    "pki", *args[1:], **how)

    def get(self, path):
        tls = ssl.create_default_context(cafile="cp/ca.pem")
        url = "https://127.0.0.1:%s%s" % (self.port, path)
        try:
            with urllib.request.urlopen(url, context=tls) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def ready(self, want=200):
        for _ in range(200):
            got = self.get("/readyz")
            if got[0] == want:
                return True
            time.sleep(0.05)
        return ok(False, "readyz says %d" % want, got)

    def register(self):
        """OK, or the code of the refusal."""
        global count
        count += 1
        code, _, err = self.client("register", "vm%d" % count, "1")
        return "OK" if code == 0 else err.split()[-1]

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        return self.p.wait(20)


def rows(query):
    with sqlite3.connect("cp/cp.db") as db:
        return db.execute(query).fetchall()


def accepted():
    return rows("SELECT count(*) FROM agents")[0][0]


def refused(s, fault, code, title, **how):
    before = accepted()
    PEER.service.set_fault(fault, **how)
    got = s.register()
    PEER.service.set_fault("")
    same((got, accepted()), (code, before), title)


# ---- the command line

def test_options():
    """What belongs together, before anything is opened."""
    for missing in ("--ita", "--ita-api-key-file", "--ita-jwks-url",
                    "--ita-issuer"):
        code, _, err = tool(CP, "serve", "--state", "cp", "--listen",
                            "127.0.0.1:0", *ita_options(**{missing: None}))
        ok(code == 2 and missing + " is needed" in err,
           "serve without %s" % missing, err)
    for key in ("--ita", "--ita-jwks-url"):
        code, _, err = tool(CP, "serve", "--state", "cp", *ita_options(
            **{key: "http://api.example.com"}))
        ok(code == 2 and key in err, "%s without TLS" % key, err)
    code, _, err = tool(CP, "serve", "--state", "cp",
                        *ita_options(**{"--ita-root": "api-key"}))
    ok(code == 3, "a root that is no certificate", err)
    write("open-key", peer.API_KEY)
    os.chmod("open-key", 0o644)
    for option, path in (("--ita-api-key-file", "open-key"),
                         ("--ita-api-key-file", "no-key"),
                         ("--ita-ca", "no-ca.pem")):
        code, _, err = tool(CP, "serve", "--state", "cp", *ita_options(
            **{option: path}))
        ok(code == 4 and path in err, "%s %s: told at once" % (option, path),
           err)
    for verifier in ("ita", "both"):
        write("policy.json", json.dumps({"version": 1, "verifier": verifier}))
        code, _, err = tool(CP, "serve", "--state", "cp", "--listen",
                            "127.0.0.1:0", "--policy", "policy.json")
        ok(code == 1 and "--ita" in err,
           "a policy of %s without the service" % verifier, err)


def test_verbs():
    """What the server runs, by hand."""
    code, out, err = tool(CP, "ita", "keys", "--ita-jwks-url",
                          PEER.url + "/certs", "--ita-ca", "ca.pem")
    ok(code == 0 and len(json.loads(out)["keys"]) == 2, "ita keys", err)
    args = (CP, "ita", "token", "--ita", PEER.url, "--ita-ca", "ca.pem",
            "--ita-api-key-file")
    quote = peer.b64(peer.make_quote(bytes(64)))
    body = json.dumps({"tdx": {"quote": quote}})
    code, out, err = tool(*args, "api-key", stdin=body)
    ok(code == 0 and out.count(".") == 2, "ita token", err)
    code, out, err = tool(*args, "api-key", stdin="{}")
    ok(code == 4 and "400" in err and out == "", "a request that is none",
       out, err)
    code, out, err = tool(*args, "open-key", stdin=body)
    ok(code == 4 and peer.API_KEY not in out + err,
       "a key that others can read", out, err)


# ---- registrations

def test_accepted(verifier, policy):
    s = Server(policy)
    s.ready()
    before = len(PEER.service.requests)
    same(s.register(), "OK", "%s: registered" % verifier)
    sent = [r for r in PEER.service.requests[before:] if "attest" in r[1]]
    same([r[:2] for r in sent], [("POST", "/appraisal/v2/attest")],
         "one token was asked for")
    event = rows("SELECT request_id, policy_snapshot, verdict FROM "
                 "attestation_events ORDER BY event_id DESC LIMIT 1")[0]
    same({k.lower(): v for k, v in sent[0][2].items()}.get("request-id"),
         event[0], "under the name that the audit has")
    same(json.loads(event[1])["verifier"], verifier, "who says who vouched")
    v = json.loads(event[2])["verdict"]
    same((v["verdict"], v["tcb_status"], v["simulated"]),
         ("accepted", "UpToDate", True), "and its verdict: simulated")
    return s


WRONG = (("bad-signature", "EE-ATT-007"), ("alg-none", "EE-ATT-007"),
         ("other-issuer", "EE-ATT-010"), ("audience", "EE-ATT-011"),
         ("other-jku", "EE-ATT-010"), ("old-token", "EE-ATT-008"),
         ("other-quote", "EE-ATT-007"), ("other-mrtd", "EE-ATT-014"))
BROKEN = ("html", "empty", "400", "401", "404", "large", "elsewhere",
          "tells-key", "escapes")


def test_refused(verifier, s):
    for fault, code in WRONG:
        refused(s, fault, code, "%s: a token with %s" % (verifier, fault))
    for fault in BROKEN:
        refused(s, fault, "EE-ATT-018", "%s: no token: %s" % (verifier, fault))
    PEER.service.status = "OutOfDate"
    refused(s, "", "EE-ATT-015", "%s: a platform out of date" % verifier)
    PEER.service.status = "UpToDate"
    same(s.register(), "OK", "%s: and then one is accepted" % verifier)


def test_simulated():
    """A simulated platform, and a policy that does not say so."""
    s = Server({"version": 1, "verifier": "ita"})
    s.ready()
    before = len(PEER.service.requests)
    same(s.register(), "EE-ATT-010", "ita: none that is simulated")
    ok(not any("attest" in r[1] for r in PEER.service.requests[before:]),
       "and the service is not asked about it")
    same(s.stop(), 0, "it ends")


def test_busy(s):
    PEER.service.set_fault("503", 1)
    same(s.register(), "OK", "a service that is busy once is asked again")
    started = time.monotonic()
    refused(s, "silent", "EE-ATT-018", "a service that says nothing")
    took = time.monotonic() - started
    ok(took < 10, "it is waited for %.1f s, and other requests go on" % took)


def challenge(s, name):
    return json.loads(s.get("/api/v1/agents/challenge?vm_name=" + name)[1])[
        "nonce"]


def test_nonce(s):
    """One nonce, several attempts at once."""
    line = "accepted once %s\n" % challenge(s, "once")
    before = accepted()
    clients = [subprocess.Popen(
        [CLIENT, "replay", "127.0.0.1", s.port, "cp/ca.pem", "pki"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(6)]
    got = sorted(c.communicate(line, timeout=60)[0].split()[-1]
                 for c in clients)
    same((got, accepted()), (["EE-ATT-004"] * 5 + ["OK"], before + 1),
         "of six attempts with one nonce one is accepted")
    line = "accepted again %s\n" % challenge(s, "again")
    PEER.service.set_fault("400")
    out = s.client("replay", stdin=line)[1]
    PEER.service.set_fault("")
    ok(out.split()[-1:] == ["EE-ATT-018"], "an attempt without a token", out)
    out = s.client("replay", stdin=line)[1]
    ok(out.split()[-1:] == ["OK"], "leaves the nonce for the next", out)


def test_crowd(s):
    """More at once than may wait: some are told to come again, none is lost."""
    PEER.service.set_fault("silent")
    before = accepted()
    nonces = [challenge(s, "crowd%d" % i) for i in range(12)]
    clients = []
    for i, n in enumerate(nonces):
        c = subprocess.Popen(
            [CLIENT, "replay", "127.0.0.1", s.port, "cp/ca.pem", "pki"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        c.stdin.write("accepted crowd%d %s\n" % (i, n))
        c.stdin.close()
        c.stdin = None
        clients.append(c)
    started = time.monotonic()
    same(s.get("/livez")[0], 200, "others are answered meanwhile")
    took = time.monotonic() - started
    ok(took < 3, "at once (%.2f s)" % took)
    got = [c.communicate(timeout=60)[0].split()[-1] for c in clients]
    PEER.service.set_fault("")
    same((got, accepted()), (["EE-ATT-018"] * 12, before), "all are refused")
    same(s.register(), "OK", "and then one is accepted")


def asked():
    return sum(r[1] == "/certs" for r in PEER.service.requests)


def test_floor(s):
    before = asked()
    PEER.service.rotate()
    refused(s, "", "EE-ATT-007", "a new key, within the floor")
    refused(s, "", "EE-ATT-007", "and again")
    same(asked(), before, "the keys were not asked for")


def test_rotation():
    """A new key is fetched while its token waits, once the floor has passed."""
    if not FAKETIME.exists():
        skip("keys that change", "no libfaketime")
        return
    s = Server(ITA, env=clock())
    s.ready()
    same(s.register(), "OK", "a server with a clock of its own")
    PEER.service.rotate()
    before = asked()
    write("clock", "+61")
    same((s.register(), asked()), ("OK", before + 1),
         "a new key, past the floor: the keys are fetched, and it is accepted")
    same((s.register(), asked()), ("OK", before + 1), "once")
    PEER.service.rotate()
    write("clock", "+122")
    refused(s, "old-keys", "EE-ATT-007", "a key set that lags behind")
    same(asked(), before + 2, "was fetched once")
    refused(s, "", "EE-ATT-007", "and not again within the floor")
    write("clock", "+183")
    same(s.register(), "OK", "but past it")
    same(s.stop(), 0, "it ends")


def test_agree(s):
    """both: what the quote shows and the token does not say."""
    PEER.service.status = "SWHardeningNeeded"
    refused(s, "", "EE-ATT-015", "a status that is another one")
    PEER.service.status = "UpToDate"


def test_secret(s):
    texts = s.text() + "".join(
        str(r) for r in rows("SELECT * FROM attestation_events"))
    ok(len(texts) > 5000 and not any(
        peer.API_KEY[i:i + 8] in texts
        for i in range(len(peer.API_KEY) - 8)),
       "the API key is in no log and no record")
    args = Path("/proc/%d/cmdline" % s.p.pid).read_bytes()
    ok(b"api-key" in args and peer.API_KEY.encode() not in args,
       "nor in an argument")
    memory = b""
    for line in Path("/proc/%d/maps" % s.p.pid).read_text().splitlines():
        if "rw-p" not in line:
            continue
        a, b = (int(x, 16) for x in line.split()[0].split("-"))
        try:
            with open("/proc/%d/mem" % s.p.pid, "rb") as f:
                f.seek(a)
                memory += f.read(b - a)
        except (OSError, ValueError):
            continue
    ok(len(memory) > 1 << 20 and peer.API_KEY.encode() not in memory,
       "nor in the server's memory (%d MiB)" % (len(memory) >> 20))


def children(pid):
    return Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()


def test_stop():
    """Told to end while a token is waited for."""
    s = Server(ITA)
    s.ready()
    PEER.service.set_fault("silent")
    line = "accepted last %s\n" % challenge(s, "last")
    c = subprocess.Popen(
        [CLIENT, "replay", "127.0.0.1", s.port, "cp/ca.pem", "pki"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    c.stdin.write(line)
    c.stdin.flush()
    for _ in range(100):
        left = children(s.p.pid)
        if left:
            break
        time.sleep(0.05)
    started = time.monotonic()
    same(s.stop(), 0, "it ends while somebody waits")
    took = time.monotonic() - started
    ok(took < 9, "in %.1f s" % took)
    PEER.service.set_fault("")
    c.communicate(timeout=60)
    ok(left and not any(Path("/proc", p).exists() for p in left),
       "and the process that asked is gone", left)


def test_key_gone():
    """The file of the API key, after the start: the log says what is wrong."""
    s = Server(ITA)
    s.ready()
    os.rename("api-key", "api-key.away")
    same(s.register(), "EE-ATT-018", "without a key nothing is accepted")
    ok("api-key: No such file" in s.text(), "and the log says why", s.text())
    os.rename("api-key.away", "api-key")
    same(s.register(), "OK", "with one it goes on")
    same(s.stop(), 0, "it ends")


def test_keys_gone():
    """No key set: not ready, and nothing is accepted."""
    PEER.service.set_fault("404")
    s = Server(ITA)
    ok(s.find("event=ita_keys_failed") is not None, "no keys: it is told")
    same(s.get("/readyz")[0], 503, "and it is not ready")
    PEER.service.set_fault("")
    same(s.register(), "EE-ATT-018", "nothing is accepted")
    same(s.stop(), 0, "it ends")


def main():
    global PEER
    needs("registrations with tokens", CLIENT)
    with folder():
        PEER = peer.Server(".").start()
        tool(CP, "init", "--state", "cp")
        write("reference.json", tool(CLIENT, "reference")[1])
        code, _, err = tool(CP, "trust", "--state", "cp", "--reference",
                            "reference.json")
        ok(code == 0, "the made-up registers are trusted", err)
        tool(CLIENT, "register", "127.0.0.1", "1", "cp/ca.pem", "pki", "x",
             "0")
        test_options()
        test_verbs()
        s = test_accepted("ita", ITA)
        test_refused("ita", s)
        same(s.stop(), 0, "it ends")
        s = test_accepted("both", {"version": 1, "verifier": "both",
                                   "simulated": True})
        test_refused("both", s)
        test_agree(s)
        test_busy(s)
        test_nonce(s)
        test_crowd(s)
        test_floor(s)
        test_secret(s)
        same(s.stop(), 0, "it ends")
        test_rotation()
        test_simulated()
        test_stop()
        test_key_gone()
        test_keys_gone()
    finish()


main()
