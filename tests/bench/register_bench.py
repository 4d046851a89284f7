"""Registrations at a control plane of its own, with its store on the disk of the
build folder: how long each takes when 1, 8 and 64 agents come at once, beside
the parts that it cannot do without, measured in the same run; and whether
anything is lost. Part of bench.py.

An agent connects, asks for a challenge, quotes and registers; what it takes to
make the quote is not counted. All agents are one process on the same machine
(tests/peers/regclient.c), which does its half of every TLS handshake: that is in
the times, and in the parts."""
import collections
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

# (agents at once, how many): 10,000 together. The control plane has 128
# connections, so that of the last ones some have to wait, or to connect again.
LOADS = ((1, 1000), (8, 2000), (64, 5000), (200, 2000))
# Agents one by one and the parts take turns.
ROUNDS = 10
PARTS = 30
ATTESTATION_BYTES = 8000


def quantile(values, q):
    return sorted(values)[int(q * (len(values) - 1))]


class Plane:
    """ee-cp serving, and its clients."""

    def __init__(self, build, folder):
        self.dir = folder
        self.bin = os.path.join(build, "bin")
        self.client = os.path.join(build, "peers", "regclient")
        self.trust()
        self.daemon = self.serve()
        self.port = self.wait_port()

    def trust(self):
        state = ["--state", self.dir + "/cp"]
        ee_cp = os.path.join(self.bin, "ee-cp")
        subprocess.run([ee_cp, "init", *state], check=True,
                       stdout=subprocess.DEVNULL)
        with open(self.dir + "/reference.json", "wb") as f:
            subprocess.run([self.client, "reference"], check=True, stdout=f)
        subprocess.run([ee_cp, "trust", *state, "--reference",
                        self.dir + "/reference.json"], check=True,
                       stdout=subprocess.DEVNULL)
        # the development PKI is made by its first user
        self.port = "1"
        self.ask("register", "x", "0")

    def serve(self):
        pki = self.dir + "/pki"
        with open(self.dir + "/log", "wb") as log:
            return subprocess.Popen(
                [os.path.join(self.bin, "ee-cp"), "serve", "--state",
                 self.dir + "/cp", "--listen", "127.0.0.1:0", "--collateral",
                 pki + "/collateral.json", "--insecure-sim-root",
                 pki + "/root.pem"], stdout=log, stderr=log)

    def wait_port(self):
        for _ in range(200):
            with open(self.dir + "/log", encoding="utf-8") as f:
                found = re.search(r"event=listening.* port=(\d+)", f.read())
            if found:
                return found.group(1)
            time.sleep(0.05)
        sys.exit("bench: ee-cp does not listen")

    def ask(self, verb, *args):
        return subprocess.run(
            [self.client, verb, "127.0.0.1", self.port,
             self.dir + "/cp/ca.pem", self.dir + "/pki", *args], check=True,
            stdout=subprocess.PIPE, text=True).stdout.splitlines()

    def stop(self):
        self.daemon.terminate()
        return self.daemon.wait()


class Disk:
    """A database like that of ee-cp, beside it."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB)")

    def commit_us(self):
        """A row as large as an agent's."""
        row = os.urandom(ATTESTATION_BYTES)
        start = time.perf_counter()
        self.db.execute("INSERT INTO t (a) VALUES (?)", (row,))
        return (time.perf_counter() - start) * 1e6


def verify_us(build):
    tool = os.path.join(build, "bench", "verify_bench")
    case = subprocess.run([tool, "case"], check=True,
                          stdout=subprocess.PIPE).stdout
    return json.loads(subprocess.run(
        [tool], input=case, check=True,
        stdout=subprocess.PIPE).stdout)["cached_chain_us"]


def lost(path, answers):
    """How much of what was answered is not in the store, or is there twice."""
    db = sqlite3.connect(path)
    told = {(vm, agent) for vm, _, agent in answers}
    stored = set(db.execute("SELECT vm_name, agent_id FROM agents"))
    accepted = collections.Counter(vm for vm, in db.execute(
        "SELECT agent_vm_name FROM attestation_events WHERE result ="
        " 'accepted'"))
    used = db.execute("SELECT count(*) FROM nonces WHERE used_at IS NOT NULL")
    faults = len(told ^ stored) + abs(used.fetchone()[0] - len(answers))
    faults += sum(n != 1 for n in accepted.values())
    faults += abs(len(accepted) - len(answers))
    refused = db.execute("SELECT count(*) FROM attestation_events WHERE result"
                         " = 'rejected'").fetchone()[0]
    db.close()
    return faults + refused


def register(plane, prefix, at_once, count):
    """The answers, the microseconds of each, and the seconds of all."""
    start = time.perf_counter()
    lines = [line.split() for line in plane.ask(
        "register", prefix, str(count), str(at_once))]
    took = time.perf_counter() - start
    return ([(f[1], f[2], f[3]) for f in lines],
            [int(f[4]) + int(f[5]) for f in lines], took)


def rows(b, at_once, us, took):
    median = statistics.median(us)
    b.row(f"registration_ms_at_{at_once}", round(median / 1e3, 2),
          "ms, the median", "99 of 100, and all, are below",
          f"{quantile(us, .99) / 1e3:.2f}, {max(us) / 1e3:.2f} ms")
    b.row(f"registration_spread_at_{at_once}",
          round(quantile(us, .99) / median, 2), "x")
    b.row(f"registrations_per_s_at_{at_once}", round(len(us) / took), "1/s")


def one_by_one(b, plane, folder, count):
    """Agents one after the other, and the parts of that."""
    answers, us, took, connects, commits = [], [], 0.0, [], []
    disk = Disk(folder + "/db")
    for i in range(ROUNDS):
        connects += map(int, plane.ask("connect", str(PARTS)))
        commits += [disk.commit_us() for _ in range(PARTS)]
        said, each, all_of_it = register(plane, f"a1-{i}", 1, count // ROUNDS)
        answers, us, took = answers + said, us + each, took + all_of_it
    rows(b, 1, us, took)
    parts = statistics.median(connects) + verify_us(b.build) + \
        statistics.median(commits)
    b.row("registration_parts_ratio", round(statistics.median(us) / parts, 2),
          "x", "connecting, two P-256 verifications and one commit",
          f"{parts / 1e3:.2f} ms")
    return answers


def bench(b):
    """Adds the rows to the Bench b."""
    with tempfile.TemporaryDirectory(dir=b.build) as tmp:
        plane = Plane(b.build, tmp)
        try:
            answers = one_by_one(b, plane, tmp, LOADS[0][1])
            for at_once, count in LOADS[1:]:
                said, us, took = register(plane, f"a{at_once}", at_once, count)
                rows(b, at_once, us, took)
                answers += said
        finally:
            status = plane.stop()
        if status != 0:
            sys.exit(f"bench: ee-cp ended with {status}")
        b.row("registrations_lost", lost(tmp + "/cp/cp.db", answers),
              f"of {len(answers)}")
