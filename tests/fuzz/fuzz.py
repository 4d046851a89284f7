#!/usr/bin/env -S python3 -B
"""fuzz.py run BUILD SECONDS TARGET... - libFuzzer on each target until it has
had SECONDS of CPU time, counted over all runs of the same binary; what it found
before goes on. Writes BUILD/fuzz.txt. Exit 1 when there is a finding.
fuzz.py keep BUILD TARGET... - add to tests/fuzz/corpus the grown inputs that
reach an edge which no input there reaches.

targets.txt has a line for each target: the longest input, and the sources whose
lines are counted. NAME.dict, when there, is its dictionary. BUILD/fuzz holds:
  corpus/NAME/     grown; tests/fuzz/corpus/NAME is only read
  found/NAME-*     inputs that failed
  state/NAME.json  what was counted so far
  log/NAME         libFuzzer's own words of its last run"""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SLICE = 120         # seconds on the clock between two looks at the CPU time
INPUT_SECONDS = 25  # an input that takes longer is a finding
KEEP_BYTES = 96 * 1024
KEEP_FILES = 48
PAUSED = 72  # libFuzzer's status after an interrupt
ZERO = {"cpu_s": 0.0, "runs": 0, "edges": 0, "all_edges": 0, "found": []}


def table():
    rows = {}
    for line in (HERE / "targets.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            rows[words[0]] = (int(words[1]), words[2:])
    return rows


class Target:
    def __init__(self, build, name, row):
        fuzz = build / "fuzz"
        self.name = name
        self.max_len, self.sources = row
        self.program = fuzz / ("fuzz_" + name)
        self.counter = fuzz / ("cov_" + name)
        self.seeds = HERE / "corpus" / name
        self.grown = fuzz / "corpus" / name
        self.found = fuzz / "found"
        self.log = fuzz / "log" / name
        self.file = fuzz / "state" / (name + ".json")
        for d in (self.grown, self.found, self.log.parent, self.file.parent):
            d.mkdir(parents=True, exist_ok=True)
        self.binary = hashlib.sha256(self.program.read_bytes()).hexdigest()
        try:
            self.state = json.loads(self.file.read_text())
        except FileNotFoundError:
            self.state = {}
        if self.state.get("binary") != self.binary:
            self.state = dict(ZERO, binary=self.binary, found=[])

    def save(self):
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.state, indent=1, sort_keys=True))
        new.rename(self.file)

    def fuzz(self, *args):
        """Runs libFuzzer: its status, its words, its CPU seconds."""
        dictionary = HERE / (self.name + ".dict")
        cmd = [self.program, "-max_len=%d" % self.max_len,
               "-timeout=%d" % INPUT_SECONDS, "-rss_limit_mb=2048",
               "-artifact_prefix=%s/%s-" % (self.found, self.name)]
        if dictionary.exists():
            cmd.append("-dict=%s" % dictionary)
        with open(self.log, "wb") as log:
            p = subprocess.Popen([*cmd, *args], stdout=log, stderr=log)
            # A key or a kill ends the slice, which still counts.
            for s in (signal.SIGINT, signal.SIGTERM):
                signal.signal(s, lambda *_: os.kill(p.pid, signal.SIGINT))
            _, status, used = os.wait4(p.pid, 0)
            for s in (signal.SIGINT, signal.SIGTERM):
                signal.signal(s, signal.SIG_DFL)
        p.returncode = os.waitstatus_to_exitcode(status)
        return (p.returncode, self.log.read_text(errors="replace"),
                used.ru_utime + used.ru_stime)

    def one_slice(self, left):
        before = set(self.found.iterdir())
        status, words, cpu = self.fuzz(
            "-max_total_time=%d" % max(2, min(SLICE, left + 1)),
            "-print_final_stats=1", self.grown, self.seeds)
        last = re.findall(r"^#(\d+)\s.* cov: (\d+)", words, re.M)
        runs = re.search(r"number_of_executed_units: (\d+)", words)
        of = re.search(r"Loaded 1 modules\s+\((\d+) inline", words)
        s = self.state
        s["cpu_s"] += cpu
        s["runs"] += int(runs[1] if runs else last[-1][0] if last else 0)
        s["edges"] = max([s["edges"]] + [int(c) for _, c in last])
        s["all_edges"] = int(of[1]) if of else s["all_edges"]
        new = sorted(str(f) for f in set(self.found.iterdir()) - before
                     if f.name.startswith(self.name + "-"))
        # A slow unit is reported and is no failure.
        new = [f for f in new if "/%s-slow-unit-" % self.name not in f]
        s["found"] += new
        self.save()
        return status, new

    def run(self, seconds):
        """False when something was found, None when interrupted."""
        while self.state["cpu_s"] < seconds and not self.state["found"]:
            status, new = self.one_slice(seconds - self.state["cpu_s"])
            if status == PAUSED or status < 0:
                return None
            if status != 0 and not new:
                sys.exit("fuzz: %s ended with status %d and no input; see %s"
                         % (self.name, status, self.log))
        for f in self.state["found"]:
            print("fuzz: %s: a finding; see it again with\n  %s %s"
                  % (self.name, self.program, f), flush=True)
        return not self.state["found"]

    def corpus(self):
        return sorted(f for d in (self.seeds, self.grown) for f in d.iterdir())

    def lines(self):
        """Lines of the sources that the corpus reaches, and all of them."""
        files = [str(f) for f in self.corpus()]
        with tempfile.TemporaryDirectory() as d:
            env = dict(os.environ, LLVM_PROFILE_FILE=d + "/%p.profraw")
            for i in range(0, len(files), 500):
                if subprocess.run([self.counter, *files[i:i + 500]], env=env,
                                  stdout=subprocess.DEVNULL,
                                  check=False).returncode != 0:
                    return 0, 0  # an input that fails ends the count
            merged = d + "/merged"
            subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", merged,
                            *Path(d).glob("*.profraw")], check=True)
            out = subprocess.run(
                ["llvm-cov", "export", "-summary-only", self.counter,
                 "-instr-profile", merged,
                 *(str(ROOT / s) for s in self.sources)],
                check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
        seen = json.loads(out)["data"][0]
        if len(seen["files"]) != len(self.sources):
            sys.exit("fuzz: %s: targets.txt names a source that is not in it"
                     % self.name)
        total = seen["totals"]["lines"]
        return total["covered"], total["count"]

    def row(self):
        s = self.state
        got, of = self.lines()
        files = self.corpus()
        form = "%-14s %7.0f %11d %8.0f %6d %8d %6d/%-6d %5d/%-5d %5.1f%% %8d"
        return form % (
            self.name, s["cpu_s"], s["runs"], s["runs"] / max(s["cpu_s"], 1),
            len(files), sum(f.stat().st_size for f in files), s["edges"],
            s["all_edges"], got, of, 100 * got / max(of, 1), len(s["found"]))

    def keep(self):
        with tempfile.TemporaryDirectory() as d:
            for f in self.seeds.iterdir():
                shutil.copy(f, d)
            had = set(os.listdir(d))
            size = sum(os.path.getsize(os.path.join(d, f)) for f in had)
            status, _, _ = self.fuzz("-merge=1", "-use_counters=0", d,
                                     self.grown)
            if status != 0:
                sys.exit("fuzz: the merge failed; see %s" % self.log)
            # The largest have come furthest: the small ones are soon found.
            new = sorted(set(os.listdir(d)) - had, reverse=True,
                         key=lambda f: (os.path.getsize(os.path.join(d, f)), f))
            kept = 0
            for f in new:
                n = os.path.getsize(os.path.join(d, f))
                if size + n <= KEEP_BYTES and len(had) + kept < KEEP_FILES:
                    shutil.copy(os.path.join(d, f), self.seeds / f[:12])
                    size += n
                    kept += 1
        print("fuzz: %s: %d of %d kept" % (self.name, kept, len(new)))


def report(build, row, seconds):
    """The new row beside those of earlier calls."""
    clang = subprocess.run(["clang", "--version"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()[0]
    head = ["# %s; %d CPU s a target asked for; lines: of the sources in "
            "tests/fuzz/targets.txt" % (clang, seconds),
            "%-14s %7s %11s %8s %6s %8s %13s %11s %6s %8s" % (
                "# target", "CPU s", "executions", "a CPU s", "inputs",
                "bytes", "edges", "lines", "", "findings")]
    file = build / "fuzz.txt"
    rows = file.read_text().splitlines() if file.exists() else []
    of = {r.split()[0]: r for r in rows + [row] if not r.startswith("#")}
    new = file.with_suffix(".new")
    new.write_text("\n".join(head + [of[k] for k in sorted(of)]) + "\n")
    new.rename(file)


def main(argv):
    what, build = argv[1], Path(argv[2]).resolve()
    names = argv[4 if what == "run" else 3:]
    rows = table()
    for n in names:
        if n not in rows:
            sys.exit("fuzz: tests/fuzz/targets.txt has no line for %s" % n)
    if what == "keep":
        for n in names:
            Target(build, n, rows[n]).keep()
        return 0
    seconds = int(argv[3])
    good = True
    for n in names:
        t = Target(build, n, rows[n])
        result = t.run(seconds)
        row = t.row()
        report(build, row, seconds)
        print(row, flush=True)
        if result is None:
            print("fuzz: interrupted; the same command goes on")
            return 130
        good = good and result
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
