#!/usr/bin/env -S python3 -B
"""The faults of SECURITY.md as files, and what `ee-measure quote verify` says of
each: the code, and an exit status other than 0. Genuine quotes that a policy
would refuse are genuine here. TAP."""
import json
import subprocess
from pathlib import Path

from tap import BIN, finish, folder, ok
import verdict_cases as vc

MEASURE = BIN / "ee-measure"


def judge(case):
    """Exit status and verdict."""
    for name, data in (("quote", case.quote), ("bundle", case.bundle),
                       ("root", case.root)):
        Path(name).write_bytes(data)
    p = subprocess.run(
        [MEASURE, "quote", "verify", "--collateral", "bundle", "--at",
         str(case.time), "--authentic-only", "--insecure-sim-root", "root",
         "-o", "json", "quote"], capture_output=True, check=False)
    try:
        return p.returncode, json.loads(p.stdout)
    except ValueError:
        return p.returncode, {"reason_code": (p.stdout + p.stderr).decode()}


def wrong(case):
    name, code, *genuine = case.name.split(":")
    rc, said = judge(case)
    want = "OK" if genuine else code
    if said["reason_code"] == want and (rc == 0) == (want == "OK") and rc < 4:
        return []
    return ["%s: %s wanted, got %s (%s), status %d" % (
        name, want, said["reason_code"], said.get("detail"), rc)]


def main():
    faults, forged, genuine = [], 0, 0
    with folder():
        for case in vc.peer_cases("named faults", "faultbook", "cases"):
            faults += wrong(case)
            genuine += case.name.endswith(":genuine")
            forged += not case.name.endswith(":genuine")
    ok(not faults and forged > 150, "each of %d forgeries is refused by its "
       "code" % forged, *faults[:20])
    ok(not faults and genuine > 50, "each of %d genuine quotes is not" %
       genuine)


main()
finish()
