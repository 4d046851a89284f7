#!/usr/bin/env -S python3 -B
"""What verify.h says of every real, damaged and synthetic quote of the folder
EE_SHARED, each at its time, beside what the folder expects and what other
verifiers said. Where these differ the reason is in tests/peers/
verdict_differences.py. The table goes to $(B)/verdicts.txt. TAP."""
from collections import Counter

from tap import BIN, SHARED, finish, needs, ok
import verdict_cases as vc
from verdict_differences import Differences

PEER = BIN.parent / "peers/verdicts.san"


def agrees(who, ours, theirs):
    """go-tdx-guest knows good and bad, and one good status."""
    if who in ("expected", "qvl"):
        return (theirs in ("PASS", "PASS " + ours.status) if ours.authentic
                else theirs.startswith("FAIL"))
    return (theirs == "PASS") == (ours.authentic and
                                  ours.status == "UpToDate")


def wrong(case, ours, differences):
    """What is not right and not written down; and the note for the table."""
    faults, notes = [], []
    claims = dict(case.others)
    claims["expected"] = case.expected
    if case.expected is None:
        del claims["expected"]
        claims["open"] = ""
    for who, theirs in claims.items():
        if who != "open" and agrees(who, ours, theirs):
            continue
        reason = differences.explain(who, ours, theirs)
        notes.append("%s: %s" % (who, theirs))
        if reason is None:
            faults.append("%s says %s" % (who, theirs or "nothing"))
    if ours.authentic and (ours.kind == "simulated") != (case.root != b""):
        faults.append("simulated is not said rightly")
    if case.whole and ours.detail.startswith("no collateral"):
        faults.append("good collateral is not read")
    return faults, notes


def table(cases, answers, notes):
    with open(BIN.parent / "verdicts.txt", "w", encoding="utf-8") as out:
        out.write("# set | quote | bundle | time | ours | expected | "
                  "others that differ\n")
        for c, o, n in zip(cases, answers, notes):
            out.write(" | ".join([
                c.set, c.name, c.bundle_name, str(c.time), str(o).strip(),
                "open" if c.expected is None else c.expected,
                "; ".join(n)]) + "\n")


def every_row(cases):
    """No row of the folder is left out, whatever it says."""
    rows = {"expected": sum(len(vc.load(f)) for f in sorted(
                (vc.FIXTURES / "expected").glob("*.json"))),
            "negative": len(vc.load("negative/negative.json")),
            "synth": len(vc.load("synth/synth.json"))}
    judged = Counter(c.set for c in cases if not c.name.endswith(" alone"))
    ok(all(judged[k] == n > 0 for k, n in rows.items()),
       "judged: " + ", ".join("%d rows of %s" % (n, k)
                              for k, n in rows.items()),
       "judged %s" % dict(judged))


def main():
    needs("the verdict on every quote", SHARED / "fixtures")
    cases = list(vc.fixture_cases())
    lines = vc.Asked([PEER], cases).lines()
    answers = [vc.Ours.read(line) for line in lines]
    differences = Differences(("expected", "open") + vc.OTHERS)
    results = [wrong(c, o, differences) for c, o in zip(cases, answers)]
    groups = {}
    for c, o, (faults, _) in zip(cases, answers, results):
        # The rows of a bundle together; every other case alone.
        key = ((c.set, "rows with " + c.bundle_name) if c.set == "expected"
               else (c.set, c.name))
        groups.setdefault(key, []).append(
            ["%s: we say %s, %s" % (c.name, o, f) for f in faults])
    for (kind, name), members in groups.items():
        ok(not any(members), "%s: %s (%d)" % (kind, name, len(members)),
           *[line for m in members for line in m])
    table(cases, answers, [notes for _, notes in results])
    every_row(cases)
    for who, we, they, _ in differences.unused():
        ok(False, "the difference %s / %s / %s is needed" % (who, we, they))
    said = Counter("authentic" if o.authentic else o.kind for o in answers)
    print("# %d verdicts: %s" % (len(cases), ", ".join(
        "%s %d" % kv for kv in sorted(said.items()))))
    print("# %d accepted differences in %d kinds" % (
        sum(differences.used), len(differences.lines)))


main()
finish()
