"""eventlog_bench.py - `ee-measure eventlog replay` of long logs, for bench.py.

An extend hashes 96 bytes: the register and the digest. The reference hashes as
many bytes in one run, which is less work: for SHA-384, 96 bytes on their own are
a block of 128, so that four blocks of ours are three of the reference's, and an
extend needs the result of the one before it. Logs are made here and not counted;
whole processes are timed, with their start and the reading of the log."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(os.path.dirname(HERE), "peers")
EVENTS = (125_000, 250_000, 500_000, 1_000_000)
EXTEND_BYTES = 96


def make_log(path, events):
    with open(path, "wb") as f:
        subprocess.run([sys.executable,
                        os.path.join(PEERS, "eventlog_peer.py"), str(events)],
                       check=True, stdout=f)


def make_hashed(path, events):
    """As many bytes as the extends of so many events hash. Piece by piece: what
    this process holds counts against the ones that it starts (peak_kib)."""
    with open(path, "wb") as f:
        for _ in range(events // 1000):
            f.write(os.urandom(1000 * EXTEND_BYTES))


def peak_kib(argv):
    """What the process held at most, its mapped files included."""
    with open(os.devnull, "w", encoding="ascii") as null:
        child = subprocess.Popen(argv, stdout=null)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit("bench: %s failed" % argv[0])
    return usage.ru_maxrss


def bench(b, paired):
    """Adds the rows to the Bench b; paired is bench.py's."""
    tool = os.path.join(b.bin, "ee-measure")
    each = []
    with tempfile.TemporaryDirectory() as tmp:
        log, hashed = tmp + "/log", tmp + "/hashed"
        for n in EVENTS:
            make_log(log, n)
            make_hashed(hashed, n)
            ours, ref = paired([tool, "eventlog", "replay", log],
                               ["openssl", "dgst", "-sha384", hashed])
            each.append(ours / n * 1e6)
        size = os.path.getsize(log)
        peak = peak_kib([tool, "eventlog", "replay", log]) - size // 1024
    b.row("eventlog_million_ms", round(ours, 1), "ms",
          f"openssl dgst -sha384 over the {n * EXTEND_BYTES} bytes that "
          "extends hash", f"{ref:.1f} ms")
    b.row("eventlog_bytes_per_s", round(size / ours * 1e3), "bytes of log",
          "the same", f"{n * EXTEND_BYTES / ref * 1e3:.0f} bytes")
    b.row("eventlog_ratio", round(ours / ref, 2), "x")
    for n, ns in zip(EVENTS, each):
        b.row(f"eventlog_{n}_ns_each", round(ns), "ns an event")
    b.row("eventlog_growth", round(each[-1] / each[0], 2),
          "x, ns an event of the longest over the shortest")
    b.row("eventlog_kib_beside_log", peak, "KiB")
