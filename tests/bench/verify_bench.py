"""How many quotes a core judges in a second, beside the P-256 verifications that
this takes and beside other verifiers of the same quote with the same collateral,
one after the other, one thread each. Part of bench.py."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "peers"))
from npm_package import fetched  # noqa: E402

# A real quote and collateral that all call UpToDate then.
QUOTE = "quotes/08458c5dc5ff516f.bin"
BUNDLE = "collateral/bundle_b0c06f000000_ev19_2026-08-07.json"
NOW = 1787373570
KINDS = ("cold", "cached_collateral", "cached_chain")
# The argument of dcap_qvl_bench.mjs, the package, whether it takes any root.
PEERS = (("js", "@phala/dcap-qvl", "0.3.9", True),
         ("wasm", "@phala/dcap-qvl-web", "0.3.3", False))


def real_case(fixtures):
    """What verify_bench.c reads; None when the folder is not there."""
    parts = []
    try:
        for name in (QUOTE, BUNDLE):
            with open(os.path.join(fixtures, name), "rb") as f:
                parts.append(f.read())
    except FileNotFoundError:
        return None
    head = b"%d %d %d 0\n" % (NOW, len(parts[0]), len(parts[1]))
    return head + b"".join(parts)


def asked(argv, case):
    return json.loads(subprocess.run(argv, input=case, check=True,
                                     stdout=subprocess.PIPE).stdout)


def peers(case, any_root):
    """(name, microseconds) of each that can judge the case."""
    for kind, package, version, takes_root in PEERS:
        name = f"{package} {version}"
        folder = fetched(package, version)
        if folder is None:
            print(f"# {name}: npm cannot fetch it")
        elif any_root and not takes_root:
            print(f"# {name}: knows Intel's root alone, not the case's")
        else:
            said = asked(["node", os.path.join(HERE, "dcap_qvl_bench.mjs"),
                          folder, kind], case)
            if said["status"] != "UpToDate":
                sys.exit(f"bench: {name} says {said['status']}")
            yield f"{name} ({kind})", said["us"]


def bench(b, shared):
    """Adds the rows to the Bench b."""
    tool = os.path.join(b.build, "bench", "verify_bench")
    case = real_case(os.path.join(shared, "fixtures"))
    made = case is None
    if made:
        case = subprocess.run([tool, "case"], check=True,
                              stdout=subprocess.PIPE).stdout
    t = asked([tool], case)
    of = "a quote of the development PKI" if made else "a real quote"
    b.row("p256_per_s", round(1e6 / t["p256_us"]), "1/s")
    for kind in KINDS:
        n = t[kind + "_operations"]
        floor = n * t["p256_us"]
        b.row(f"verify_{kind}_per_s", round(1e6 / t[kind + "_us"]),
              "1/s of " + of, f"{n} P-256 verifications and nothing else",
              f"{1e6 / floor:.0f} /s")
        b.row(f"verify_{kind}_ratio", round(t[kind + "_us"] / floor, 2), "x")
    beside = list(peers(case, made))
    for name, us in beside:
        b.row("verify_cold_speedup", round(us / t["cold_us"], 1), "x", name,
              f"{1e6 / us:.0f} /s")
    if beside:
        b.row("verify_cold_in_fastest_peer", round(
            t["cold_us"] / min(us for _, us in beside), 3), "x")
