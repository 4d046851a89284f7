#!/usr/bin/env -S python3 -B
"""differential.py [COUNT [SEED]] - our verdicts beside those of the npm package
@phala/dcap-qvl, on every quote of the folder EE_SHARED, on COUNT mutations of
them, and on COUNT made-up platforms with something changed and signed again
(tests/peers/fakecases.c). They agree, or the reason why ours is right is in
tests/peers/verdict_differences.py. TAP."""
import subprocess
import sys
from collections import Counter

from tap import BIN, ROOT, SHARED, finish, ok, skip
from npm_package import fetched
import verdict_cases as vc
from verdict_differences import Differences, module_bytes
from verdict_mutations import mutations

VERSION = "0.3.9"
WHO = "dcap_qvl_js"
PEERS = BIN.parent / "peers"
COUNT = 300   # enough for every written difference to be met
BATCH = 1000  # cases held in memory
SHOWN = 20    # differences printed


def fake_cases(n, seed):
    """What fakecases writes, as cases."""
    with subprocess.Popen([PEERS / "fakecases.san", str(n), str(seed)],
                          stdout=subprocess.PIPE) as p:
        while True:
            head = p.stdout.readline().decode().split()
            if not head:
                break
            now, *sizes = map(int, head[:4])
            quote, bundle, root = (p.stdout.read(k) for k in sizes)
            yield vc.Case("made", head[4], "", now, quote, bundle, root, None,
                          {}, False)
    if p.returncode != 0:
        raise RuntimeError("fakecases: status %d" % p.returncode)


def batches(cases):
    batch = []
    for c in cases:
        batch.append(c)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def agrees(ours, theirs):
    return (theirs == "PASS " + ours.status if ours.accepted
            else theirs.startswith("FAIL"))


def compare(title, cases, differences, modules):
    """One TAP line; returns how many we accepted and refused."""
    faults, said, total, differ = [], Counter(), 0, 0
    for batch in batches(cases):
        us = vc.Asked([PEERS / "verdicts.san"], batch)
        them = vc.Asked(["node", ROOT / "tests/peers/dcap_qvl_client.js",
                         modules], batch)
        for c, line, theirs in zip(batch, us.lines(), them.lines()):
            ours = vc.Ours.read(line)
            total += 1
            said["accepted" if ours.accepted else "refused"] += 1
            if agrees(ours, theirs):
                continue
            differ += 1
            said["alone"] += ours.accepted and not theirs.startswith("PASS")
            note = module_bytes(c) if ours.accepted else ""
            if differences.explain(WHO, ours, theirs, note) is None:
                faults.append("%s %s: we say %s, they say %s" % (
                    c.name, c.bundle_name, ours, theirs))
    ok(not faults and total > 0, "%d %s: %d accepted, %d refused, %d differ "
       "for a reason that is written down, %d for none" % (
           total, title, said["accepted"], said["refused"],
           differ - len(faults), len(faults)), *faults[:SHOWN])
    print("# %d accepted by us alone" % said["alone"])
    return said


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    modules = fetched("@phala/dcap-qvl", VERSION)
    if modules is None:
        skip("verdicts agree with those of dcap-qvl",
             "npm cannot fetch @phala/dcap-qvl@" + VERSION)
        return
    differences = Differences((WHO,))
    said = compare("made-up platforms", fake_cases(n, seed), differences,
                   modules)
    ok(min(said["accepted"], said["refused"]) * 10 > n,
       "the made-up ones are neither all good nor all bad")
    if (SHARED / "fixtures").exists():
        cases = list(vc.fixture_cases())
        compare("quotes of the folder", cases, differences, modules)
        good = [c for c in cases if c.set == "expected" and
                c.expected.startswith("PASS")]
        compare("mutations", mutations(good, n, seed), differences,
                modules)
        for line in differences.unused() if n >= COUNT else ():
            ok(False, "the difference %s / %s is needed" % line[1:3])
    else:
        skip("real quotes and mutations of them",
             "no folder fixtures in EE_SHARED")


main()
finish()
