#!/usr/bin/env -S python3 -B
"""differential.py [COUNT [SEED]] - our verdicts beside those of the npm package
@phala/dcap-qvl, on every quote of the folder EE_SHARED, on COUNT mutations of
them, on COUNT made-up platforms with something changed and signed again
(tests/peers/fakecases.c), and on each named fault (tests/peers/faults.h). They
agree, or the reason why ours is right is in tests/peers/verdict_differences.py.
What was compared, and how often each reason was needed, goes to
$(B)/differential.txt. TAP."""
import sys
from collections import Counter

from tap import BIN, ROOT, SHARED, finish, ok, skip
from npm_package import fetched
import verdict_cases as vc
from verdict_differences import Differences, module_bytes
from verdict_mutations import KINDS, mutations

VERSION = "0.3.9"
WHO = "dcap_qvl_js"
PEERS = BIN.parent / "peers"
COUNT = 300   # enough for every written difference to be met
BATCH = 1000  # cases held in memory
SHOWN = 20    # differences printed


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


def compare(title, cases, differences, kinds, modules):
    """One TAP line; counts into kinds, by what was done to the case."""
    faults = []
    for batch in batches(cases):
        us = vc.Asked([PEERS / "verdicts.san"], batch)
        them = vc.Asked(["node", ROOT / "tests/peers/dcap_qvl_client.js",
                         modules], batch)
        for c, line, theirs in zip(batch, us.lines(), them.lines()):
            ours = vc.Ours.read(line)
            said = kinds.setdefault(c.set, Counter())
            said["cases"] += 1
            said["accepted" if ours.accepted else "refused"] += 1
            if agrees(ours, theirs):
                said["agree"] += 1
                continue
            said["they alone" if not ours.accepted else
                 "another status" if theirs.startswith("PASS") else
                 "we alone"] += 1
            note = module_bytes(c) if ours.accepted else ""
            if differences.explain(WHO, ours, theirs, note) is None:
                said["no reason"] += 1
                faults.append("%s %s: we say %s, they say %s" % (
                    c.name, c.bundle_name, ours, theirs))
    ok(not faults, "%s: one verdict, or the reason for two is written down" %
       title, *faults[:SHOWN])
    if len(faults) > SHOWN:
        print("#   and %d more" % (len(faults) - SHOWN))


# Of all cases: what we say; then how the two verdicts compare.
COLUMNS = ("cases", "accepted", "refused", "agree", "they alone", "we alone",
           "another status", "no reason")


def report(kinds, differences, n, seed):
    """The summary, to a file, and its numbers as TAP comments."""
    total = Counter()
    for said in kinds.values():
        total.update(said)
    rows = [("what was done",) + COLUMNS]
    rows += [(kind,) + tuple(said[k] for k in COLUMNS)
             for kind, said in list(kinds.items()) + [("all", total)]]
    used = sorted(zip(differences.used, differences.lines),
                  key=lambda row: -row[0])
    with open(BIN.parent / "differential.txt", "w", encoding="utf-8") as out:
        out.write("Our verdicts beside those of @phala/dcap-qvl %s: %d "
                  "mutations, %d made-up platforms, seed %d.\naccepted, "
                  "refused: by us. they alone, we alone: accepted by one. "
                  "no reason: a difference\nthat nobody explained.\n\n" %
                  (VERSION, n, n, seed))
        for row in rows:
            line = "%-20s" % row[0] + "".join("%15s" % k for k in row[1:])
            out.write(line + "\n")
            print("# " + " ".join(line.split()))
        out.write("\ncases  what we say, and why the difference is right\n")
        for count, (_, we, _, reason) in used:
            out.write("%5d  %s\n       %s\n" % (count, we, reason))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    modules = fetched("@phala/dcap-qvl", VERSION)
    if modules is None:
        skip("verdicts agree with those of dcap-qvl",
             "npm cannot fetch @phala/dcap-qvl@" + VERSION)
        return
    differences, kinds = Differences((WHO,)), {}
    compare("named faults", vc.peer_cases("named faults", "faultbook",
                                          "cases"), differences, kinds, modules)
    compare("made-up platforms", vc.fake_cases(n, seed), differences, kinds,
            modules)
    made = kinds["re-signed parts"]
    ok(made["cases"] == n and min(made["accepted"], made["refused"]) * 10 > n,
       "the made-up ones are neither all good nor all bad")
    if (SHARED / "fixtures").exists():
        cases = list(vc.fixture_cases())
        good = [c for c in cases if c.set == "expected" and
                c.expected.startswith("PASS")]
        compare("quotes of the folder",
                [c._replace(set="folder: " + c.set) for c in cases],
                differences, kinds, modules)
        compare("mutations", mutations(good, n, seed), differences, kinds,
                modules)
        ok(all(kinds[k]["cases"] * 10 > n for k in KINDS),
           "mutations of every kind: " + ", ".join(KINDS))
        for line in differences.unused() if n >= COUNT else ():
            ok(False, "the difference %s / %s is needed" % line[1:3])
    else:
        skip("real quotes and mutations of them",
             "no folder fixtures in EE_SHARED")
    report(kinds, differences, n, seed)


main()
finish()
