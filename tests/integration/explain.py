#!/usr/bin/env -S python3 -B
"""ee-measure explain as a user meets it: references and registers from the real
program, quotes and event logs made here. The gallery of README.md and the files
tests/golden/explain-*.txt are what the program prints for made-up firmware and
disks, whose bytes never change; `explain.py --write` writes them again. Then
the image that was built, and real quotes and logs. TAP."""
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

from tap import BIN, OVMF, ROOT, SHARED, finish, folder, ok, run, same, skip
import tdx_peer as peer

GOLDEN = ROOT / "tests/golden"
README = ROOT / "README.md"
WRITE = sys.argv[1:] == ["--write"]
NOTE = "ee-measure: releases/notes.json: not a reference"
BEGIN, END = "<!-- gallery: explain.py -->\n", "<!-- end of gallery -->\n"
TYPES = {"EV_SEPARATOR": 4, "EV_EVENT_TAG": 6, "EV_PLATFORM_CONFIG_FLAGS": 10,
         "EV_IPL": 13, "EV_EFI_VARIABLE_DRIVER_CONFIG": 0x80000001,
         "EV_EFI_VARIABLE_BOOT": 0x80000002,
         "EV_EFI_BOOT_SERVICES_APPLICATION": 0x80000003,
         "EV_EFI_GPT_EVENT": 0x80000006, "EV_EFI_ACTION": 0x80000007,
         "EV_EFI_PLATFORM_FIRMWARE_BLOB2": 0x8000000a,
         "EV_EFI_HANDOFF_TABLES2": 0x8000000b}


def must(*args):
    rc, out, err = run(*args)
    if rc != 0:
        raise SystemExit("Bail out! ee-measure %s: %s" % (args[0], err))
    return out


# ---- quotes and logs: form only, for explain verifies no signature

def quote(td, padding=0, debug=False):
    regs = [td["mrtd"]] + td["rtmr"]
    body = bytes(120) + struct.pack("<QQ", 0x10000000 | debug, 0x600e7)
    body += regs[0] + bytes(144) + b"".join(regs[1:]) + bytes(64)
    head = struct.pack("<HHI", 4, 2, 0x81) + bytes(4)
    head += bytes.fromhex("939a7233f79c4ca9940a0db3957f0607") + bytes(20)
    cert = bytes(384 + 64) + struct.pack("<HHI", 0, 5, 4) + b"none"
    sig = bytes(128) + struct.pack("<HI", 6, len(cert)) + cert
    return head + body + struct.pack("<I", len(sig)) + sig + bytes(padding)


def event_data(ev):
    if "data" in ev:
        return ev["data"]
    if ev["type"] == "EV_SEPARATOR":
        return bytes(4)
    if "VARIABLE" in ev["type"]:
        name = ev["what"].split()[0]
        return peer.GLOBAL + struct.pack("<QQ", len(name), 0) + \
            name.encode("utf-16le")
    return ev["what"].encode()


def ccel(events):
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1,
                                              12, 48, 0)
    out = struct.pack("<II20xI", 1, 3, len(spec)) + spec
    for ev in events:
        data = event_data(ev)
        out += struct.pack("<IIIH", ev["rtmr"] + 1, TYPES[ev["type"]], 1, 12)
        out += bytes.fromhex(ev["digest"]) + struct.pack("<I", len(data)) + data
    return (out + b"\xff" * 64).ljust(8192, b"\xff")


def td_of(events, mrtd):
    regs = [peer.replay([bytes.fromhex(e["digest"]) for e in events
                         if e["rtmr"] == r]) for r in range(4)]
    return {"mrtd": bytes.fromhex(mrtd), "rtmr": regs, "events": events}


def boot(*args):
    """What a machine shows, as ee-measure image predicts it."""
    p = json.loads(must("image", *args, "-o", "json"))
    return td_of(p["events"], p["mrtd"])


def event(rtmr, kind, what, data):
    return {"rtmr": rtmr, "type": kind, "what": what,
            "digest": hashlib.sha384(data).hexdigest()}


def edited(td, edit):
    events = [dict(e) for e in td["events"]]
    edit(events)
    return td_of(events, td["mrtd"].hex())


def find(events, kind, what=""):
    return next(i for i, e in enumerate(events)
                if e["type"] == kind and what in e["what"])


# ---- the made-up machines

SIM = ("--platform", "sim", "--memory", "2G", "--cpus", "2")
GCP = ("--platform", "gcp", "--stub-keys", "--machine-type")


def reference(name, disk, *entries, kind="production"):
    args = ["reference", "--image", disk, "--kind", kind, "--lock", "lock",
            "--toolchain", "gcc"]
    for e in entries:
        args += ["--entry", e]
    Path(name).write_text(must(*args))


def make_files():
    for name, seed in (("OVMF.fd", 1), ("OVMF-2025.fd", 3)):
        Path(name).write_bytes(peer.make_firmware(3, peer.SMALL, seed=seed))
    for name, tail in (("disk.raw", b""), ("next.raw", b"next" * 4),
                       ("dev.raw", b"dev!" * 4)):
        Path(name).write_bytes(peer.make_gpt(peer.make_fat12(
            peer.make_pe(tail=tail))))
    disk = bytearray(Path("disk.raw").read_bytes())
    disk[512 + 56] ^= 0x55  # the disk's GUID, and the header's CRC
    disk[512 + 16:512 + 20] = bytes(4)
    disk[512 + 16:512 + 20] = struct.pack(
        "<I", peer.zlib.crc32(bytes(disk[512:512 + 92])))
    Path("copied.raw").write_bytes(disk)
    Path("lock").write_bytes(b"lock\n")
    Path("config.json").write_bytes(b'{"role":"executor"}')
    Path("releases").mkdir()
    sim = "platform=sim,firmware=OVMF.fd,memory=2G,cpus=2"
    reference("measurements.json", "disk.raw", sim)
    reference("releases/1.3.0.json", "next.raw", sim)
    reference("releases/dev.json", "dev.raw", sim, kind="sim")
    Path("releases/notes.json").write_text("{}")
    Path("shipped").mkdir()
    reference("shipped/1.2.0.json", "disk.raw", sim)
    gcp = "platform=gcp,firmware=OVMF.fd,machine-type=%s,stub-keys=1"
    reference("gcp.json", "disk.raw", gcp % "c3-standard-4")


def sim(*more, fw="OVMF.fd", disk="disk.raw"):
    args = dict(zip(SIM[::2], SIM[1::2]))
    args.update(zip(more[::2], more[1::2]))
    flags = [x for pair in args.items() for x in pair]
    return boot("--firmware", fw, "--image", disk, *flags)


def gcp(machine="c3-standard-4", *more):
    return boot("--firmware", "OVMF.fd", "--image", "disk.raw", *GCP, machine,
                *more)


def two_disks():
    Path("order").write_bytes(struct.pack("<HHH", 1, 2, 0))
    return gcp("c3-standard-4", "--efi-var", "BootOrder=order")


def separator():
    return boot("--firmware", "OVMF.fd", "--image", "disk.raw", *SIM,
                "--old-separator")


def two_pass():
    return boot("--firmware", "OVMF.fd", "--image", "disk.raw", *SIM,
                "--two-pass")


def with_options(events):
    text = "console=ttyS0 debug"
    events.append(event(2, "EV_EVENT_TAG", "LOADED_IMAGE::LoadOptions",
                        (text + "\0").encode("utf-16le")))


def no_kek(events):
    del events[find(events, "EV_EFI_VARIABLE_DRIVER_CONFIG", "KEK")]


def cut(log):
    """An event that the log has and the register does not."""
    i = find(log, "EV_EFI_ACTION", "Invocation")
    log.insert(i, event(1, "EV_EFI_ACTION", "Booting from the recovery disk",
                        b"Booting from the recovery disk"))


def with_table(log):
    """As the firmware logs it: the partition table itself."""
    disk = Path("copied.raw").read_bytes()
    log[find(log, "EV_EFI_GPT_EVENT")]["data"] = \
        disk[512:604] + struct.pack("<Q", 1) + disk[1024:1152]


def zero(td, rtmr3=bytes(48)):
    return {"mrtd": td["mrtd"], "rtmr": [bytes(48)] * 3 + [rtmr3],
            "events": []}


# name, what the quote shows, edit of the log or None, options, causes
REF = ("--reference", "measurements.json")
GALLERY = [
    ("memory", lambda: sim("--memory", "3000M"), None, REF, {"memory"}),
    ("firmware", lambda: sim("--memory", "4G", fw="OVMF-2025.fd"), None,
     REF + ("--firmware", "OVMF-2025.fd"), {"firmware", "memory"}),
    ("two-pass", two_pass, None, REF, {"mrtd-order"}),
    ("separator", separator, None, REF, {"separator"}),
    ("release", lambda: sim(disk="next.raw"), None,
     REF + ("--releases", "releases"), {"release"}),
    ("development", lambda: sim(disk="dev.raw"), None,
     REF + ("--releases", "releases"), {"kind"}),
    ("disk-guid", lambda: sim(disk="copied.raw"), None,
     REF + ("--image", "copied.raw"), {"gpt"}),
    ("machine-type", lambda: gcp("c3-standard-8"), None,
     ("--reference", "gcp.json"), {"memory", "cpus"}),
    ("second-disk", two_disks, None, ("--reference", "gcp.json"), {"disks"}),
    ("edited-log", lambda: sim(), cut, REF, {"not-extended"}),
    ("unknown-image", lambda: sim(disk="next.raw"), None, REF,
     {"binary", "gpt"}),
]
MORE = [
    ("command line", lambda: edited(sim(), with_options), None,
     REF + ("--cmdline", "console=ttyS0 debug"), {"command-line"}),
    ("a missing event", lambda: edited(sim(), no_kek), None, REF,
     {"missing-event"}),
    ("a missing event, by the log", lambda: edited(sim(), no_kek),
     lambda log: None, REF, {"missing-event"}),
    ("nothing measured", lambda: zero(sim()), None, REF, {"not-measured"}),
    ("nothing measured but by the guest", lambda: zero(sim(), b"c" * 48), None,
     REF, {"not-measured"}),
    ("nothing measured, nor by the guest", lambda: zero(sim()), None,
     REF + ("--config", "config.json"), {"not-measured", "config-missing"}),
    ("an unknown image, by the log", lambda: sim(disk="next.raw"),
     lambda log: None, REF, {"binary"}),
    ("another disk GUID, by the log", lambda: sim(disk="copied.raw"),
     with_table, REF + ("--image", "disk.raw"), {"gpt"}),
    ("no configuration", lambda: sim(), None,
     REF + ("--config", "config.json"), {"config-missing"}),
    ("a production image where a development build is expected",
     lambda: sim(), None, ("--reference", "releases/dev.json", "--releases",
                           "shipped"), {"release"}),
    ("an older host release", lambda: gcp("c3-standard-4", "--acpi-release",
                                          "2026-03"), None,
     ("--reference", "gcp.json"), {"acpi"}),
]


def prepare(make, log, options):
    """Writes quote and log; the command's arguments."""
    td = make()
    Path("quote").write_bytes(quote(td))
    args = ("explain", "--quote", "quote") + options
    if log is None:
        return args
    events = [dict(e) for e in td["events"]]
    log(events)
    Path("ccel").write_bytes(ccel(events))
    return args + ("--eventlog", "ccel")


def causes(out):
    return {c["cause"] for c in json.loads(out)["causes"]}


def shortened(args, text):
    """For the README: the verdict, and each cause with the first thing that is
    said of it."""
    lines = text.splitlines()
    out = ["$ ee-measure " + " ".join(
        a if " " not in a else '"%s"' % a for a in args), lines[0]]
    for i, line in enumerate(lines):
        if not re.match(r"\d+\. ", line):
            continue
        out.append(line)
        out.append(lines[i + 1])
        if re.match("     (?!expected|extended)", lines[i + 2]):
            out.append(lines[i + 2])
    return "\n".join(out) + "\n"


def test_gallery():
    gallery = "```\n"
    for name, make, log, options, want in GALLERY:
        args = prepare(make, log, options)
        rc, out, err = run(*args)
        notes = [NOTE] if "--releases" in args else []
        same((rc, [line[:len(NOTE)] for line in err.splitlines()]),
             (1, notes), "%s: exit 1" % name)
        same(causes(run(*args, "-o", "json")[1]), want,
             "%s: the cause" % name)
        golden = GOLDEN / ("explain-%s.txt" % name)
        if WRITE:
            golden.write_text(out)
        same(out, golden.read_text() if golden.exists() else None,
             "%s: says what %s says" % (name, golden.name))
        gallery += shortened(args, out) + "\n"
    gallery = gallery.rstrip("\n") + "\n```\n"
    text = README.read_text()
    if WRITE and BEGIN in text:
        at, end = text.index(BEGIN) + len(BEGIN), text.index(END)
        README.write_text(text[:at] + gallery + text[end:])
        text = README.read_text()
    ok(BEGIN + gallery + END in text, "README.md's gallery is what is printed",
       gallery)


def test_more():
    for name, make, log, options, want in MORE:
        args = prepare(make, log, options)
        rc, out, err = run(*args, "-o", "json")
        same((rc, causes(out or '{"causes":[]}'), err), (1, want, ""), name)
        if "config-missing" in want:
            c = [c["type"] for k in json.loads(out)["causes"]
                 for c in k["changes"] if c["register"] == "rtmr3"]
            same(c, ["EE_CONFIG"], "%s: whose event" % name)
        if log is with_table:
            guids = [str(peer.uuid.UUID(bytes_le=Path(d).read_bytes()[568:584]))
                     for d in ("copied.raw", "disk.raw")]
            ok("says: disk %s" % guids[0] in out and
               "expected: disk.raw: disk %s" % guids[1] in out,
               "%s: both GUIDs are shown" % name, out)


def test_match():
    args = prepare(lambda: sim(), lambda log: None, REF)
    rc, out, err = run(*args)
    ok(rc == 0 and out.startswith("MATCH") and err == "",
       "a quote that matches, with its log: exit 0", out, err)
    td = sim()
    Path("quote").write_bytes(quote(td, padding=500))
    rc, out, _ = run("explain", "--quote", "quote", *REF)
    ok(rc == 0 and "500 bytes" in out, "a padded one matches, and it is said",
       out)
    Path("quote").write_bytes(quote(td, debug=True))
    rc, out, _ = run("explain", "--quote", "quote", *REF)
    ok(rc == 1 and "debug mode" in out, "one in debug mode does not", out)
    Path("quote").write_bytes(quote({"mrtd": b"M" * 48,
                                     "rtmr": [b"R" * 48] * 4}))
    rc, out, _ = run("explain", "--quote", "quote", *REF)
    ok(rc == 1 and "of the same machine?" in out and "proved" not in out,
       "of a quote of something else nothing is claimed", out)
    rc, out, _ = run("explain", "--quote", "quote", *REF, "--budget", "1000")
    ok(rc == 1 and "ended at its budget: --budget" in out,
       "a search that ended early says how it goes on", out)
    Path("quote").write_bytes(quote(td, debug=True))
    v = json.loads(run("explain", "--quote", "quote", *REF, "-o", "json")[1])
    same(sorted(v), ["causes", "changes_not_listed", "exhausted", "expected",
                     "hashes", "match", "registers", "tried"], "the members of the JSON")
    same(sorted(v["registers"]["rtmr0"]),
         ["expected", "explained", "log_replays", "observed", "state",
          "tried"], "and of a register")
    same(sorted(v["causes"][0]), ["advice", "cause", "changes", "proof",
                                  "sentence"], "and of a cause")
    config = Path("config.json").read_bytes()
    td["rtmr"][3] = peer.replay([hashlib.sha384(config).digest()])
    Path("quote").write_bytes(quote(td))
    rc, out, _ = run("explain", "--quote", "quote", *REF, "--config",
                     "config.json")
    ok(rc == 0, "the configuration is in RTMR3", out)


def test_refusals():
    td = sim()
    Path("quote").write_bytes(quote(td))
    Path("log").write_bytes(ccel(td["events"])[:200])
    q = ("--quote", "quote")
    for want, args in (
            (2, ()), (2, q), (2, REF), (2, (*q, *REF, "x")),
            (2, (*q, *REF, "--format", "ccel")),
            (2, (*q, *REF, "--format", "xml", "--eventlog", "log")),
            (2, (*q, *REF, "--budget", "0")),
            (2, (*q, *REF, "--cmdline", "\x01")),
            (3, ("--quote", "lock", *REF)),
            (3, (*q, "--reference", "config.json")),
            (3, (*q, *REF, "--eventlog", "log")),
            (3, (*q, *REF, "--eventlog", "config.json")),
            (3, (*q, *REF, "--firmware", "lock")),
            (3, (*q, *REF, "--image", "lock")),
            (4, ("--quote", "nothing", *REF)),
            (4, (*q, "--reference", "nothing")),
            (4, (*q, *REF, "--releases", "nothing")),
            (4, (*q, *REF, "--eventlog", "nothing"))):
        rc, out, err = run("explain", *args)
        ok(rc == want and out == "" and err.startswith("ee-measure: "),
           "explain %s: exit %d" % (" ".join(args).replace("\x01", "?"),
                                    want), rc, out, err)


def test_manual():
    words = re.findall(r'X\([A-Z_]+, *"([a-z-]+)"',
                       (ROOT / "measure/lib/explain.h").read_text())
    page = (ROOT / "measure/cli/ee-measure.1").read_text()
    listed = re.search(r"^Causes:\n((?:\.Cm .*\n)+)", page, re.M).group(1)
    same(re.findall(r"[a-z][a-z-]+", listed.replace(".Cm", "")), words,
         "the manual page lists every cause")


# ---- the image that was built

def test_built():
    disk = BIN.parent / "sim/ee-appliance.raw"
    if not disk.exists() or not OVMF.exists():
        return skip("the image that was built", "no image or no firmware")
    entry = "platform=sim,memory=%s,firmware=%s"
    reference("built.json", disk, entry % ("512M", OVMF), kind="sim")
    base = ("--firmware", OVMF, "--image", disk, "--platform", "sim",
            "--memory")
    ref = ("--reference", "built.json")
    for name, td, want in (
            ("as it is", boot(*base, "512M"), set()),
            ("with 96 MiB", boot(*base, "96M"), {"memory"}),
            ("by old edk2 with 1 GiB",
             boot(*base, "1G", "--old-separator"), {"memory", "separator"}),
            ("without KEK", edited(boot(*base, "512M"), no_kek),
             {"missing-event"})):
        Path("quote").write_bytes(quote(td))
        rc, out, err = run("explain", "--quote", "quote", *ref, "-o", "json")
        same((rc, causes(out or '{"causes":[]}'), err),
             (1 if want else 0, want, ""), "the built image %s" % name)


# ---- real quotes with their logs

def from_log(events, mrtd, firmware, gib):
    """A reference that expects what a log says."""
    td = td_of(events, mrtd)
    return {
        "format": 2, "kind": "production", "revoked": [],
        "release": {"commit": None, "counter": 0, "not_after": None,
                    "not_before": None, "pinned": False, "version": None},
        "image": {"efi_authenticode_sha384": "00" * 48, "efi_sha256": "00" * 32,
                  "gcp_tar_sha256": None, "raw_sha256": None},
        "sources": {"lock_sha256": "00" * 32}, "toolchain": "unknown",
        "firmware": [dict(firmware, mrtd=mrtd)],
        "measurements": [{
            "acpi_release": None, "boot": "efi", "cpus": 1,
            "events": [{"digest": e["digest"], "rtmr": e["rtmr"],
                        "type": e["type"], "what": e["what"]} for e in events],
            "firmware": firmware["sha256"], "machine_type": None,
            "memory_bytes": gib << 30, "mrtd": mrtd, "options": [],
            "platform": "qemu", "reason": None,
            "rtmr0": td["rtmr"][0].hex(), "rtmr1": td["rtmr"][1].hex(),
            "rtmr2": td["rtmr"][2].hex()}]}


def read_log(path):
    """A dstack log without what goes into RTMR3."""
    rows = json.loads(must("eventlog", "show", path, "-o", "json"))["events"]
    return [{"rtmr": int(r["register"][4]), "type": r["type"],
             "digest": r["digest"], "what": r["text"][:90]} for r in rows
            if r["extended"] and r["register"] != "rtmr3"]


def differing(a, b):
    """Pairs of digests, where two logs are alike but for digests."""
    if [(e["rtmr"], e["type"]) for e in a] != \
            [(e["rtmr"], e["type"]) for e in b]:
        return None
    return {(x["digest"], y["digest"]) for x, y in zip(a, b)
            if x["digest"] != y["digest"]}


def quotes_of(entry, known):
    for name in entry["quotes"]:
        q = known.get(name)
        if q is not None:
            path = SHARED / "fixtures" / q["file"]
            if path.exists():
                return path
    return None


def test_real():
    folder = SHARED / "fixtures/eventlogs"
    fw = SHARED / "fixtures/firmware/debian12-OVMF.fd"
    more = SHARED / "fixtures/firmware/ubuntu-plucky-OVMF.fd"
    if not all(p.exists() for p in (folder, fw, more)):
        return skip("real quotes and logs", "no test data; see EE_SHARED")
    reference("layout.json", "disk.raw", "platform=sim,memory=1G,firmware=%s" %
              fw)
    firmware = json.loads(Path("layout.json").read_text())["firmware"][0]
    index = json.loads((folder / "eventlogs.json").read_text())
    known = json.loads((SHARED / "fixtures/quotes/quotes.json").read_text())
    known = {q["id"]: q for q in known} if isinstance(known, list) else known
    logs = []
    for name, entry in sorted(index.items()):
        q = quotes_of(entry, known)
        if q is not None:
            logs.append((name, read_log(folder / name), q))
    ok(len(logs) >= 5, "%d real quotes with their logs" % len(logs))
    sizes = {peer.sha384(peer.hob(f.read_bytes(), g << 30, False)).hex(): g
             for f in (fw, more) for g in range(1, 257)}
    told = {}
    for i, (name, events, _) in enumerate(logs):
        other, log, path = logs[(i + 1) % len(logs)]
        title = "%s against %s" % (other[:6], name[:6])
        mrtd = json.loads(must("quote", "show", path, "-o",
                               "json"))["td_report"]["mrtd"]
        gib = sizes.get(events[0]["digest"], 200)
        Path("real.json").write_text(json.dumps(
            from_log(events, mrtd, firmware, gib), sort_keys=True,
            separators=(",", ":")) + "\n")
        rc, out, err = run("explain", "--quote", path, "--eventlog",
                           folder / other, "--reference", "real.json",
                           "--firmware", more, "-o", "json")
        v = json.loads(out or '{"causes":[],"registers":{}}')
        changes = [c for k in v["causes"] for c in k["changes"]]
        want = differing(events, log)
        if want is not None:
            same({(c["expected"], c["observed"]) for c in changes
                  if c["type"]}, want,
                 "%s: the %d digests that differ" % (title, len(want)))
        ok(rc == (0 if want == set() else 1) and v["registers"] and
           all(r["explained"] for r in v["registers"].values()),
           "%s: all explained" % title, rc, err, out)
        got = sizes.get(log[0]["digest"])
        if got is not None and sizes.get(events[0]["digest"]) not in (None,
                                                                      got):
            ok("%d MiB instead of %d MiB" % (got * 1024, gib * 1024) in
               [c["detail"] for c in changes],
               "%s: %d GiB instead of %d" % (title, got, gib), out)
        for k in v["causes"]:
            key = "%s (%s)" % (k["cause"], k["proof"])
            told[key] = told.get(key, 0) + 1
    ok(told.get("memory (proved)", 0) >= 5, "memory sizes are named")
    print("# told: %s" % ", ".join("%s %d" % t for t in sorted(told.items())))


def write_reference(name, ref, **machine):
    ref["measurements"][0].update(machine)
    Path(name).write_text(json.dumps(ref, sort_keys=True,
                                     separators=(",", ":")) + "\n")


def test_hardware():
    """A quote from Google's hardware whose events are known, by search alone,
    against what a c3-standard-8 with one disk would show."""
    vector = SHARED / "fixtures/gcp/gcp_vector_85ef3b3f.json"
    q = SHARED / "fixtures/quotes/85ef3b3f9b0c7a04.bin"
    fw = SHARED / "fixtures/firmware/debian12-OVMF.fd"
    if not all(p.exists() for p in (vector, q, fw)):
        return skip("a quote from Google's hardware",
                    "no test data; see EE_SHARED")
    v = json.loads(vector.read_text())
    kinds = (["EV_EFI_HANDOFF_TABLES2", "EV_EFI_PLATFORM_FIRMWARE_BLOB2"] +
             ["EV_EFI_VARIABLE_DRIVER_CONFIG"] * 5 + ["EV_SEPARATOR"] +
             ["EV_PLATFORM_CONFIG_FLAGS"] * 3 + ["EV_EFI_VARIABLE_BOOT"] * 4,
             ["EV_EFI_ACTION", "EV_SEPARATOR", "EV_EFI_GPT_EVENT"] +
             ["EV_EFI_BOOT_SERVICES_APPLICATION"] * 2 + ["EV_EFI_ACTION"] * 2,
             ["EV_EVENT_TAG"] * 2)
    shown = [{"rtmr": r, "type": kind, "what": what, "digest": d}
             for r in range(3)
             for kind, (what, d) in zip(kinds[r], v["rtmr%d_events" % r])]
    reference("layout.json", "disk.raw", "platform=sim,memory=1G,firmware=%s" %
              fw)
    firmware = json.loads(Path("layout.json").read_text())["firmware"][0]
    firmware["cfv_sha384"] = shown[1]["digest"]
    here = {"platform": "gcp", "boot": "disk", "options": ["stub-keys"],
            "cpus": 4, "machine_type": "c3-standard-4"}
    write_reference("c3.json", from_log(shown, v["mrtd"], firmware, 16),
                    **here)
    rc, out, err = run("explain", "--quote", q, "--reference", "c3.json")
    ok(rc == 0, "Google's quote shows what its events say", out, err)
    other = json.loads(must("image", "--firmware", "OVMF.fd", "--image",
                            "disk.raw", *GCP, "c3-standard-8", "-o", "json"))
    events = [dict(e) for e in shown if e["what"] != "Boot0002"]
    for i in (8, 9, 10, 11):
        events[i] = other["events"][i]
    events[0]["digest"] = peer.sha384(peer.hob(fw.read_bytes(), 32 << 30,
                                               True)).hex()
    here.update(cpus=8, machine_type="c3-standard-8")
    write_reference("c3.json", from_log(events, v["mrtd"], firmware, 32),
                    **here)
    rc, out, err = run("explain", "--quote", q, "--reference", "c3.json",
                       "-o", "json")
    found = json.loads(out or '{"causes":[]}')
    same((rc, {(c["cause"], c["proof"]) for c in found["causes"]}),
         (1, {("memory", "proved"), ("cpus", "proved"), ("disks", "proved"),
              ("padded", "proved")}),
         "against a c3-standard-8 with one disk: three causes, by search")
    ok({(c["expected"], c["observed"]) for k in found["causes"]
        for c in k["changes"] if c["type"] and c["expected"]} ==
       {(events[i]["digest"], shown[i]["digest"]) for i in (0, 8, 9, 10, 11)},
       "with the digests of each event", out)


def test_cos():
    """Container-Optimized OS: shim and grub, 43 events."""
    log = SHARED / "fixtures/ccel/go-tdx-guest_cos113_ccel.bin"
    q = SHARED / "fixtures/quotes/00b2526ab190710e.bin"
    fw = SHARED / "fixtures/firmware/debian12-OVMF.fd"
    if not all(p.exists() for p in (log, q, fw)):
        return skip("a log of shim and grub", "no test data; see EE_SHARED")
    events = read_log(log)
    reference("layout.json", "disk.raw", "platform=sim,memory=1G,firmware=%s" %
              fw)
    firmware = json.loads(Path("layout.json").read_text())["firmware"][0]
    mrtd = json.loads(must("quote", "show", q, "-o",
                           "json"))["td_report"]["mrtd"]
    args = ("explain", "--quote", q, "--eventlog", log, "--reference",
            "cos.json")
    write_reference("cos.json", from_log(events, mrtd, firmware, 16))
    rc, out, err = run(*args)
    ok(rc == 0 and out.count("the log replays to it") == 3,
       "shim, grub and a kernel: all as expected", out, err)
    grub = [i for i, e in enumerate(events) if e["type"] == "EV_IPL"]
    without = [e for i, e in enumerate(events) if i not in grub[-3:]]
    write_reference("cos.json", from_log(without, mrtd, firmware, 16))
    rc, out, err = run(*args, "-o", "json")
    found = json.loads(out or '{"causes":[]}')
    ok(rc == 1 and [(c["cause"], len(c["changes"])) for c in found["causes"]
                    if c["cause"] != "padded"] == [("loader", 3)],
       "three commands of grub that are not expected", out, err)


def main():
    with folder():
        make_files()
        test_gallery()
        test_more()
        test_match()
        test_refusals()
        test_manual()
        test_built()
        test_real()
        test_hardware()
        test_cos()
    finish()


main()
