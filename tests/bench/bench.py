#!/usr/bin/env python3
"""bench.py BUILD - measure what the design sets budgets for, each beside its
reference in the same run; write BUILD/bench.json, print the table, and exit 1
when a budget of tests/bench/budget.txt is exceeded.

Processes are timed whole, alternating with their reference, medians of several
runs. Boots run in software emulation, both through the same firmware, and are
timed by the guest's own clock, which starts when its kernel does. What suits
emulation suits both: a CPU without ERMS and FSRM, which are slow to emulate, and
no calibration or check of a timer (kernel-config/sim.config)."""

import glob
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "peers"))
import eventlog_bench  # noqa: E402
import register_bench  # noqa: E402
import tdx_peer  # noqa: E402
import verify_bench  # noqa: E402

SHARED = os.environ.get("EE_SHARED", "../shared")
FIRMWARE = os.environ.get("EE_FIRMWARE", "/usr/share/ovmf/OVMF.fd")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME",
                                    os.path.expanduser("~/.cache")),
                     "ee-appliance")
RUNS = 11
BOOTS = 3


def budgets():
    rows = {}
    with open(os.path.join(HERE, "budget.txt"), encoding="ascii") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, limit = line.split()
                rows[name] = float(limit)
    return rows


def seconds(argv):
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def paired(ours, reference):
    """Medians of two commands run in turn, in milliseconds."""
    a, b = [], []
    for _ in range(RUNS):
        a.append(seconds(ours) * 1e3)
        b.append(seconds(reference) * 1e3)
    return statistics.median(a), statistics.median(b)


class Bench:
    def __init__(self, build):
        self.build = build
        self.bin = os.path.join(build, "bin")
        self.rows = []
        self.limits = budgets()

    def row(self, name, value, unit, reference=None, reference_value=None):
        limit = self.limits.get(name)
        row = {"name": name, "value": value, "unit": unit,
               "reference": reference, "reference_value": reference_value,
               "budget": limit, "ok": limit is None or value <= limit}
        self.rows.append(row)
        beside = "" if reference is None else \
            f"   beside {reference}: {reference_value}"
        kept = "" if limit is None else \
            f"   budget {limit:g} {'kept' if row['ok'] else 'EXCEEDED'}"
        print(f"{name:32} {value:>12g} {unit}{beside}{kept}", flush=True)

    # ---- sizes

    def sizes(self):
        for name, path in (("boot_efi_bytes", "BOOTX64.EFI"),
                           ("init_bytes", "init")):
            self.row(name, os.path.getsize(os.path.join(self.build, path)),
                     "bytes")

    # ---- MRTD

    def mrtd_beside_openssl(self, firmware):
        """Milliseconds of ours and of openssl's, and the bytes that both
        hash."""
        tool = os.path.join(self.bin, "ee-measure")
        out = subprocess.run([tool, "mrtd", firmware, "-o", "json"],
                             check=True, stdout=subprocess.PIPE).stdout
        hashed = 0
        for s in json.loads(out)["sections"]:
            pages = s["mem_size"] // 4096
            if not s["attributes"] & 2:
                hashed += pages * 128
            if s["attributes"] & 1:
                hashed += pages * 16 * (128 + 256)
        with tempfile.NamedTemporaryFile() as f:
            f.write(os.urandom(hashed))
            f.flush()
            ours, ref = paired([tool, "mrtd", firmware],
                               ["openssl", "dgst", "-sha384", f.name])
        return ours, ref, hashed

    def mrtd(self):
        """Of the firmware here and of every one among the fixtures."""
        fixtures = sorted(glob.glob(os.path.join(SHARED, "fixtures", "firmware",
                                                 "*.fd")))
        ratios = []
        for firmware in [FIRMWARE] + fixtures:
            ours, ref, hashed = self.mrtd_beside_openssl(firmware)
            ratios.append(ours / ref)
            self.row("mrtd_ms", round(ours, 2),
                     "ms of " + os.path.basename(firmware),
                     f"openssl dgst -sha384 over the same {hashed} bytes",
                     f"{ref:.2f} ms")
        self.row("mrtd_ratio", round(max(ratios), 2), "x, the worst of them")

    def mrtd_growth(self):
        """Firmware of 4, 8, 16 and 32 MiB, all of it measured: nanoseconds a
        byte, the longest over the shortest."""
        tool = os.path.join(self.bin, "ee-measure")
        costs = []
        for mib in (4, 8, 16, 32):
            pages = mib * 256
            with tempfile.NamedTemporaryFile() as f:
                f.write(tdx_peer.make_firmware(pages, [
                    (0, pages << 12, 1 << 32, pages << 12, 0, 1),
                    (0, 0, 0x809000, 0x2000, 2, 0)]))
                f.flush()
                took = statistics.median(seconds([tool, "mrtd", f.name])
                                         for _ in range(RUNS))
            costs.append(took * 1e9 / (mib << 20))
        self.row("mrtd_growth", round(max(costs) / min(costs), 2),
                 "x: ns a byte of " + ", ".join(f"{c:.2f}" for c in costs) +
                 " for 4, 8, 16 and 32 MiB")

    # ---- explain

    def explain(self):
        out = subprocess.run([os.path.join(self.build, "bench",
                                           "explain_bench")],
                             check=True, stdout=subprocess.PIPE).stdout
        t = json.loads(out)
        self.row("explain_candidates_per_s", t["candidates_per_s"], "1/s",
                 f"{t['hashes_per_s']} extends/s of the search; SHA-384 "
                 "extends and nothing else", f"{t['extends_per_s']} /s")
        self.row("explain_hash_ratio", round(t["extends_per_s"] /
                                             t["hashes_per_s"], 2), "x")
        self.row("explain_exhaust_s", t["seconds"], "s",
                 "candidates", t["candidates"])
        self.row("explain_peak_kib", t["peak_kib"], "KiB")

    # ---- boot

    def reference_boot_ms(self):
        folder = os.path.join(CACHE, "reference-boot")
        subprocess.run([os.path.join(HERE, "reference_boot.sh"), folder],
                       check=True)
        out = subprocess.run(
            ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max,-erms,-fsrm",
             "-machine", "q35,usb=off,vmport=off", "-bios", FIRMWARE, "-m",
             "512M", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
             "-kernel", f"{folder}/vmlinuz", "-initrd", f"{folder}/initrd.gz",
             "-append", "console=ttyS0 quiet nolapic_timer no_timer_check",
             "-netdev", "user,id=n0",
             "-device", "virtio-net-pci,netdev=n0,romfile=", "-serial",
             "stdio"],
            check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            timeout=180).stdout.decode(errors="replace")
        found = re.search(r"REFERENCE_READY ([0-9.]+)", out)
        if found is None:
            sys.exit("bench: the reference did not boot:\n" + out[-500:])
        return float(found.group(1)) * 1000

    def boots(self):
        with Road(self) as road:
            ours, ref = [], []
            for i in range(BOOTS):
                ours.append(road.boot_ms(f"b{i}", 128))
                ref.append(self.reference_boot_ms())
            a, b = statistics.median(ours), statistics.median(ref)
            self.row("boot_to_registered_ms", round(a), "ms",
                     "Debian cloud kernel + busybox, to lease and shell",
                     f"{b:.0f} ms")
            self.row("boot_to_registered_ratio", round(a / b, 3), "x")
            smallest = next((m for m in (48, 56, 64, 80, 96, 128)
                             if road.job_runs(m)), 10**6)
            self.row("smallest_ram_mib", smallest, "MiB")

    def write(self):
        path = os.path.join(self.build, "bench.json")
        with open(path, "w", encoding="ascii") as f:
            json.dump({"machine": " ".join(os.uname()), "rows": self.rows}, f,
                      indent=1)
            f.write("\n")
        print(f"written to {path}")
        return all(r["ok"] for r in self.rows)


class Road:
    """A control plane and a paper exchange to boot instances against."""

    def __init__(self, bench):
        self.bench = bench
        self.bin = bench.bin
        self.tmp = tempfile.TemporaryDirectory()
        self.dir = self.tmp.name
        self.env = dict(os.environ, XDG_STATE_HOME=self.dir + "/state")
        self.image = os.path.join(bench.build, "sim/ee-appliance.raw")
        self.reference = self.dir + "/measurements.json"
        self.daemons = []

    def tool(self, name, *args, check=True):
        return subprocess.run([os.path.join(self.bin, name), *args],
                              check=check, env=self.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def daemon(self, name, log, *args):
        with open(log, "w", encoding="ascii") as f:
            self.daemons.append(subprocess.Popen(
                [os.path.join(self.bin, name), *args], env=self.env,
                stdout=f, stderr=f))
        for _ in range(200):
            with open(log, encoding="utf-8", errors="replace") as f:
                found = re.search(r"event=listening.* port=(\d+)", f.read())
            if found:
                return found.group(1)
            time.sleep(0.05)
        sys.exit(f"bench: {name} does not listen")

    def make_reference(self):
        entries = []
        for m in (48, 56, 64, 80, 96, 128):
            entries += ["--entry",
                        f"platform=sim,firmware={FIRMWARE},memory={m}M,cpus=1"]
        out = self.tool("ee-measure", "reference", "--image", self.image,
                        "--kind", "sim", "--lock", "image/sources.lock",
                        "--toolchain", "bench", *entries).stdout
        with open(self.reference, "w", encoding="ascii") as f:
            f.write(out)

    def __enter__(self):
        d = self.dir
        self.make_reference()
        self.tool("ee-launcher", "sim-pki")
        pki = d + "/state/ee-launcher/sim-pki"
        self.sim = ["--collateral", pki + "/collateral.json",
                    "--insecure-sim-root", pki + "/root.pem"]
        self.tool("ee-cp", "init", "--state", d + "/cp")
        self.tool("ee-cp", "trust", "--state", d + "/cp", "--reference",
                  self.reference)
        self.cp = self.daemon("ee-cp", d + "/cp.log", "serve", "--state",
                              d + "/cp", "--listen", "127.0.0.1:0", *self.sim)
        self.tool("ee-paper", "account", "--accounts", d + "/a.json",
                  "--credentials", d + "/c.json")
        self.paper = self.daemon("ee-paper", d + "/paper.log", "serve",
                                 "--state", d + "/paper", "--accounts",
                                 d + "/a.json", "--seed", "1", "--speed",
                                 "20000", "--listen", "127.0.0.1:0")
        with open(d + "/p.json", "w", encoding="ascii") as f:
            f.write('{"orderAmount":"60","bidSpread":"0.001","askSpread":'
                    '"0.001","orderRefreshTime":500,"tickSizeMs":200,'
                    '"maxTicks":5}')
        return self

    def __exit__(self, *exc):
        for p in self.daemons:
            p.terminate()
        for p in self.daemons:
            p.wait()
        self.tmp.cleanup()

    def run(self, name, mib):
        return self.tool(
            "ee-launcher", "run", name, "--sim", "--accel", "tcg", "--image",
            self.image, "--firmware", FIRMWARE, "--memory", f"{mib}M",
            "--control-plane", f"https://169.254.169.2:{self.cp}",
            "--control-plane-ca", self.dir + "/cp/ca.pem", "--venue",
            f"binance=https://169.254.169.2:{self.paper},"
            f"ca={self.dir}/paper/ca.pem", check=False).returncode == 0

    def console(self, name):
        path = f"{self.dir}/state/ee-launcher/instances/{name}/console.log"
        try:
            with open(path, encoding="ascii", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def wait_for(self, name, pattern, limit_s):
        end = time.perf_counter() + limit_s
        while time.perf_counter() < end:
            text = self.console(name)
            found = re.search(pattern, text)
            if found:
                return found, time.perf_counter()
            if "FATAL" in text:
                break
            time.sleep(0.002)
        return None, None

    def boot_ms(self, name, mib):
        """The guest's clock at its last step, and from there on ours."""
        self.run(name, mib)
        step, seen = self.wait_for(name, r"ee: step agent (\d+)", 120)
        done, end = self.wait_for(name, r"ee: registered", 120)
        text = self.console(name)
        self.tool("ee-launcher", "stop", name, "--remove", check=False)
        if step is None or done is None:
            sys.exit("bench: the instance did not register:\n" + text[-800:])
        return float(step.group(1)) + (end - seen) * 1000

    def job_runs(self, mib):
        name = f"ram{mib}"
        good = self.run(name, mib) and \
            self.wait_for(name, r"ee: registered", 60)[0] is not None
        if good:
            out = self.tool(
                "ee-launcher", "job", "start", name, *self.sim, "--reference",
                self.reference, "--exchange", "binance", "--pair", "XRP/ETH",
                "--campaign", "bench", "--parameters", self.dir + "/p.json",
                "--credentials", self.dir + "/c.json", "-o", "json",
                check=False)
            good = out.returncode == 0 and self.wait_for(
                name, r"ee: job stopped", 60)[0] is not None
        self.tool("ee-launcher", "stop", name, "--remove", check=False)
        return good


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: bench.py BUILD")
    b = Bench(sys.argv[1])
    b.sizes()
    b.mrtd()
    verify_bench.bench(b, SHARED)
    register_bench.bench(b)
    b.explain()
    eventlog_bench.bench(b, paired)
    b.boots()
    b.mrtd_growth()  # makes this process large, see eventlog_bench.peak_kib
    return 0 if b.write() else 1


if __name__ == "__main__":
    sys.exit(main())
