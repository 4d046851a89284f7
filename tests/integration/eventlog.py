#!/usr/bin/env -S python3 -B
"""ee-measure eventlog against a second implementation (tests/peers/
eventlog_peer.py): what it prints, its verdicts on quotes, and its exit codes.
TAP."""
import json
import random
import resource
from pathlib import Path

import tap
from tap import finish, folder, ok, same, skip, write
import eventlog_peer as peer

ZERO = "00" * 48
REGISTERS = ("rtmr0", "rtmr1", "rtmr2", "rtmr3")


def run(*args, stdin=b"", limit=None):
    """limit: bytes of address space that the program may have."""
    def less():
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    rc, out, err = tap.run("eventlog", *args, stdin=stdin, preexec_fn=less)
    assert out.isascii()
    return rc, out, err


def replay(name, *args):
    rc, out, err = run("replay", "-o", "json", name, *args)
    return (rc, json.loads(out)) if out else (rc, err)


def registers(values):
    return dict(zip(REGISTERS, values))


BOOT = [(1, peer.SEPARATOR, bytes(4)), (2, peer.ACTION, b"Exit"),
        (2, peer.SEPARATOR, bytes(4)), (3, peer.IPL, b"MokList\0"),
        (1, peer.NO_ACTION, b"StartupLocality\0"), (4, peer.ACTION, b"late")]
EXTENDS = [(n - 1, peer.sha384(d)) for n, t, d in BOOT
           if t != peer.NO_ACTION]
VALUES = peer.replay(EXTENDS)


def boot_log():
    return peer.head(1, [peer.SHA384]) + b"".join(peer.event(*e) for e in BOOT)


def test_replay():
    write("log", boot_log())
    same(replay("log"), (0, dict(registers(VALUES), events=6, format="ccel")),
         "replay -o json")
    same(run("replay", "log")[:2],
         (0, "".join("%s: %s\n" % x for x in zip(REGISTERS, VALUES))),
         "replay")
    same(run("replay", "-", stdin=boot_log())[1], run("replay", "log")[1],
         "replay of standard input")
    for fill in (b"\xff", b"\0"):
        write("padded", boot_log() + fill * 65536)
        same(replay("padded")[1]["rtmr1"], VALUES[1],
             "padded with 0x%s" % fill.hex())
    write("more", boot_log() + peer.event(1, peer.SEPARATOR, bytes(4)))
    same(["3 separators" in run("replay", x)[2] for x in ("log", "more")],
         [False, True], "one separator too many is told")
    write("empty", peer.head(1, [peer.SHA384]))
    same(replay("empty")[1]["rtmr0"], ZERO, "a log of no events")


def test_random():
    """Many logs, with banks, registers, types and sizes at random."""
    rng = random.Random(1)
    good = 0
    for _ in range(60):
        algs = [peer.SHA1, peer.SHA256, peer.SHA384]
        rng.shuffle(algs)
        log, extends = peer.head(0, algs), []
        for _ in range(rng.randrange(40)):
            pcr, data = rng.randrange(24), rng.randbytes(rng.randrange(300))
            kind = rng.choice([1, 3, 5, 8, 13, 0x80000007, 0xdeadbeef])
            log += peer.event(pcr, kind, data, algs=algs)
            rtmr = {1: 0, 7: 0}.get(pcr, 1 if 2 <= pcr <= 6 else
                                    2 if 8 <= pcr <= 15 else None)
            if rtmr is not None and kind != peer.NO_ACTION:
                extends.append((rtmr, peer.sha384(data)))
        write("tpm", log)
        rc, out = replay("tpm")
        good += rc == 0 and out["format"] == "tcg2" and \
            [out[r] for r in REGISTERS] == peer.replay(extends)
        good += run("show", "-o", "json", "tpm")[0] == 0
    same(good, 120, "sixty logs of a TPM at random")


def test_quote():
    write("log", boot_log())
    write("quote", peer.quote(VALUES))
    same(replay("log", "--quote", "quote"),
         (0, dict(registers(VALUES), events=6, format="ccel", differs=None,
                  compared=list(REGISTERS))), "the quote of this boot")
    for i, r in enumerate(REGISTERS):
        other = list(VALUES)
        for k in range(i, 4):
            other[k] = "ab" * 48
        write("other", peer.quote(other).hex().encode())
        rc, out, err = run("replay", "log", "--quote", "other")
        ok(rc == 1 and err.endswith("%s is not as in the quote\n" % r) and
           out.count(" NOT as in the quote") == 4 - i,
           "another %s is the first that differs" % r, rc, out, err)
        rc, out = replay("log", "--quote", "other")
        same((rc, out["differs"]), (1, r), "  and in JSON")
    same(replay("log", "--quote", "other", "--register", "0", "--register",
                "2")[1]["compared"], ["rtmr0", "rtmr2"],
         "only the registers that are asked for")
    tpm = peer.head(0, [peer.SHA384]) + b"".join(
        peer.event(n, t, d) for n, t, d in
        ((7, 4, bytes(4)), (4, peer.ACTION, b"Exit"), (4, 4, bytes(4)),
         (8, peer.IPL, b"MokList\0")))
    write("tpm", tpm)
    same([replay("tpm", "--quote", "quote")[1][k] for k in
          ("compared", "differs")], [["rtmr1", "rtmr2"], None],
         "a TPM's log is compared where it can be")
    same([x.rsplit(" ", 1)[1] for x in
          run("replay", "tpm", "--quote", "quote")[1].splitlines()],
         ["compared)", "quote", "quote", "compared)"],
         "and says where it was not compared")
    same(replay("tpm", "--quote", "quote", "--register", "3")[0], 1,
         "elsewhere when asked to")
    firmware = peer.head(1, [peer.SHA384]) + b"".join(
        peer.event(*e) for e in BOOT if e[0] != 4)
    write("firmware", firmware)
    write("zeros", peer.quote([ZERO] * 4))
    write("none", peer.head(1, [peer.SHA384]))
    for log, q, want in (("firmware", "quote", (1, True, False)),
                         ("log", "other", (1, False, False)),
                         ("none", "zeros", (0, False, True))):
        rc, _, err = run("replay", log, "--quote", q)
        same((rc, "after boot is not in a firmware's log" in err,
              "same for an empty log" in err), want,
             "%s with %s: what the comparison does not show" % (log, q))
    write("bad", b"no quote")
    same([run("replay", *a)[0] for a in (
        ("log", "--quote", "bad"), ("log", "--quote", "missing"),
        ("log", "--register", "1"), ("missing",),
        ("log", "--quote", "quote", "--register", "4"))], [3, 4, 2, 4, 2],
        "quotes that are none, and options that make no sense")


def test_show():
    log = boot_log() + peer.event(1, peer.SEPARATOR, b"\1\0\0\0", bytes(4)) + \
        peer.event(0, peer.ACTION, b"an \x1b[31mescape")
    write("log", log)
    rc, out, _ = run("show", "log")
    text = out.splitlines()
    same((rc, len(text)), (0, 24), "show: three lines an event")
    same(text[0:3], ["0 rtmr0 EV_SEPARATOR", "  " + peer.sha384(bytes(4)).hex(),
                     "  4 bytes: 00000000"], "show: the first")
    same(text[12], "4 rtmr0 EV_NO_ACTION (not extended)", "show: no action")
    same(text[18], "6 rtmr0 EV_SEPARATOR MISMATCH: the digest is not that of "
         "the data", "show: data that was changed")
    same((text[21], text[23]),
         ("7 mrtd EV_EFI_ACTION (not extended)", "  14 bytes: " +
          b"an \x1b[31mescape".hex()),
         "show: nothing reaches the terminal as it is")
    rc, out, _ = run("show", "-o", "json", "log")
    doc = json.loads(out)
    same(out, json.dumps(doc, sort_keys=True, separators=(",", ":")) + "\n",
         "show -o json is canonical")
    same(doc["events"][6],
         {"algorithm": "sha384", "data_bytes": 4, "data_matches": False,
          "digest": peer.sha384(bytes(4)).hex(), "extended": True, "index": 6,
          "number": 1, "register": "rtmr0", "text": "4 bytes: 01000000",
          "type": "EV_SEPARATOR", "type_number": 4}, "show -o json: an event")
    write("cut", log[:-1])
    rc, out, err = run("show", "cut")
    ok(rc == 3 and out.count("\n") == 21 and "after 7 events" in err,
       "show: what comes before the damage", rc, out, err)
    same(run("show", "-o", "json", "cut")[:2], (3, ""),
         "show -o json: all or nothing")
    write("tail", log + b"garbage that is no event")
    for name, at in (("cut", len(log) - 80), ("tail", len(log))):
        same([[w for w in run(*c, name)[2].split(" at ")[1:]] for c in
              (("replay",), ("show",), ("show", "-o", "json"))],
             [["byte %d)\n" % at]] * 3, "all say where the damage begins")
    write("old", peer.event1(4, peer.ACTION, b"Exit"))
    same((run("show", "old")[0], run("replay", "old")[0]), (0, 3),
         "a log with SHA-1 alone is shown and not replayed")


def test_refused():
    """What claims to be large gets no memory: the address space that suffices
    for a right log suffices for these."""
    right, limit = boot_log(), 512 << 20
    write("log", right)
    same(run("replay", "log", limit=limit)[0], 0, "512 MiB are enough")
    table = b"CCEL" + (56).to_bytes(4, "little") + bytes(48)
    gib = (1 << 30).to_bytes(4, "little")
    cases = {
        "a data length of 1 GiB": right[:65 + 62] + gib + right[65 + 66:],
        "2^30 digests": right[:65 + 8] + gib + right[65 + 12:],
        "2^30 algorithms": right[:56] + gib + right[60:],
        "a first record of 1 GiB": right[:28] + gib + right[32:],
        "SM3 alone": peer.head(1, [peer.SM3]) +
        peer.event(1, 4, bytes(4), algs=(peer.SM3,), digest=bytes(32)),
        "the ACPI table": table,
        "nothing": b"",
        "JSON without end": b"[" * 100000,
        "an unknown register": peer.head(1, [peer.SHA384]) +
        peer.event(5, 4, bytes(4)),
        "one byte more": right + b"\1",
    }
    for title, data in cases.items():
        write("bad", data)
        rc = [run(c, *a, "bad", limit=limit)[0]
              for c in ("replay", "show") for a in ((), ("-o", "json"))]
        same(rc, [3, 3, 3, 3], "refused: " + title)
    write("bad", table)
    ok("/sys/firmware/acpi/tables/data/CCEL" in run("show", "bad")[2],
       "the ACPI table: where the log is")
    write("bad", b'\n{"quote":"00","event_log":"[]"}')
    ok("array, which its answers hold as event_log" in run("show", "bad")[2],
       "a JSON object: where the log is")
    evil = write("e\x1b[31mvil\nname", b"x")
    same(run("show", evil)[2].split(": ")[1], "e?[31mvil?name",
         "nor do the names of files reach the terminal as they are")
    same([run(*a)[0] for a in (
        ("show", "log", "--format", "ccel"), ("show", "log", "--format", "x"),
        ("show", "log", "--format", "cel"), ("show",), ("show", "a", "b"))],
        [0, 2, 3, 2, 2], "the form of a log, when it is given")


def test_sysfs():
    """Its files say that they are regular, and cannot be mapped."""
    path = Path("/sys/kernel/uevent_seqnum")
    if not path.is_file() or path.stat().st_size == 0:
        skip("a file of sysfs is read", "no sysfs here")
        return
    rc, _, err = run("show", path)
    ok(rc == 3 and "the log ends" in err, "a file of sysfs is read", rc, err)


def test_numbers():
    """What the numbers of registers mean, when the log does not say."""
    log = peer.head(0, [peer.SHA384]) + peer.event(4, peer.ACTION, b"x")
    write("log", log)
    same([[k for k in REGISTERS if replay("log", *a)[1][k] != ZERO] for a in
          ((), ("--format", "ccel"))], [["rtmr1"], ["rtmr3"]],
         "PCR 4 is RTMR1, CC register 4 is RTMR3")


def test_long():
    write("log", peer.long_log(20000))
    rc, out = replay("log")
    want = peer.replay([(i % 3, peer.sha384(b"event %024d" % i))
                        for i in range(20000)])
    same((rc, [out[r] for r in REGISTERS]), (0, want), "20,000 events")


def main():
    with folder():
        for test in (test_replay, test_random, test_quote, test_show,
                     test_refused, test_sysfs, test_numbers, test_long):
            test()
    finish()


main()
