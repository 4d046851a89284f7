#!/usr/bin/env -S python3 -B
"""ee-measure against a second implementation (tests/peers/tdx_peer.py), on
disks made by gdisk, dosfstools and mtools, on Debian's own firmware, and on what
must be refused. TAP."""
import hashlib
import json
import lzma
import os
import struct
import subprocess
import sys
import uuid
from pathlib import Path

from tap import (BIN, OVMF, ROOT, SHARED, finish, folder, ok, run, same, skip,
                 tool, write)
import tdx_peer as peer
from seal import envelope

os.environ["TZ"] = "UTC"


def image(*args):
    rc, out, err = run("image", *args, "-o", "json")
    if rc != 0:
        print("# %s" % err)
        return {}
    return json.loads(out)


# ---- firmware

def test_mrtd():
    fw = peer.make_firmware(3, peer.SMALL)
    write("small.fd", fw)
    same(run("mrtd", "small.fd"), (0, peer.mrtd(fw).hex() + "\n", ""),
         "mrtd prints one line of 96 digits")
    same(run("mrtd", "-", stdin=fw)[1].strip(), peer.mrtd(fw).hex(),
         "mrtd reads standard input")
    same(run("mrtd", "--two-pass", "small.fd")[1].strip(),
         peer.mrtd(fw, True).hex(), "mrtd in two passes")
    out = json.loads(run("mrtd", "small.fd", "-o", "json")[1])
    same((out["mrtd"], out["firmware_sha256"], len(out["sections"])),
         (peer.mrtd(fw).hex(), hashlib.sha256(fw).hexdigest(), 5),
         "mrtd -o json")
    for i in range(12):
        secs = list(peer.SMALL)
        secs.append((0, 0, 0x2000000 + i * 0x10000, 4096 * (i + 1),
                     peer.PERM if i % 2 else peer.TEMP, i % 2 * (i & 2)))
        if i % 3 == 0:
            secs[2], secs[4] = secs[4], secs[2]
        fw = peer.make_firmware(3 + i, secs, seed=i)
        write("fw", fw)
        same(run("mrtd", "fw")[1].strip(), peer.mrtd(fw).hex(),
             "mrtd of made-up firmware %d" % i)
    fw = peer.make_firmware(3, peer.SMALL, old=True)
    write("fw", fw)
    same(run("mrtd", "fw")[1].strip(), peer.mrtd(fw).hex(),
         "mrtd by the offset of before the GUID table")
    for name, gib in (("c3-standard-4", 16), ("c3-standard-176", 704)):
        same(run("mrtd", "--google-old", name, "fw")[1].strip(),
             peer.mrtd(fw, google_old=gib << 30).hex(),
             "mrtd as Google made it before 2024-11: %s" % name)
    same([run("mrtd", "--google-old", *a, "fw")[0] for a in
          (("c3-standard-5",), ("c3-standard-4", "--two-pass"))], [2, 2],
         "of no such machine, or in two passes, is refused")


def test_debian():
    if not OVMF.exists():
        return skip("Debian's firmware", "ovmf is not installed")
    fw = OVMF.read_bytes()
    same(run("mrtd", OVMF)[1].strip(), peer.mrtd(fw).hex(),
         "mrtd of Debian's OVMF.fd")
    parts = [OVMF.parent.parent / "OVMF" / n
             for n in ("OVMF_VARS.fd", "OVMF_CODE.fd")]
    both = b"".join(p.read_bytes() for p in parts)
    same(run("mrtd", "-", stdin=both)[1].strip(), peer.mrtd(fw).hex(),
         "its split files in one have the same")
    for name in ("OVMF_CODE.fd", "OVMF_VARS.fd", "OVMF_CODE_4M.fd"):
        rc, out, err = run("mrtd", parts[0].parent / name)
        ok(rc == 3 and out == "" and err.count("\n") == 1 and
           "/usr/share/ovmf/OVMF.fd" in err,
           "%s alone is refused in one line that names OVMF.fd" % name, err)


TCG2 = uuid.UUID("f062221e-c607-44c2-b0b4-c3886331d351").bytes_le
LZMA = uuid.UUID("ee4e5898-3914-4259-9d6e-dc7bd79403cf").bytes_le


def measures(fw):
    """Whether TdTcg2Dxe is in the firmware's compressed volume."""
    at = fw.index(LZMA)
    start = at - 4 + struct.unpack_from("<H", fw, at + 16)[0]
    d = lzma.LZMADecompressor(lzma.FORMAT_ALONE)
    return TCG2 in d.decompress(fw[start:])


def test_firmware_note():
    found = sorted(SHARED.glob("fixtures/firmware/*.fd"))
    if OVMF.exists():
        found.append(OVMF)
    if not found:
        return skip("firmware that measures nothing", "there is no firmware")
    for fw in found:
        args = ["image", "--firmware", fw, "--image", "small.disk"]
        rc, _, err = run(*args)
        same((rc, "no driver for RTMRs" in err),
             (0, not measures(fw.read_bytes())),
             "%s: a note when TdTcg2Dxe is not in it" % fw.name)
        rc, _, err = run(*args, "--platform", "sim")
        same((rc, err), (0, ""), "%s: none in a simulation" % fw.name)


def test_fixtures():
    listing = SHARED / "fixtures/firmware/firmware.json"
    if not listing.exists():
        return skip("published MRTDs", "no fixtures in EE_SHARED")
    for f in json.loads(listing.read_text()):
        path = SHARED / "fixtures" / f["file"]
        if not path.exists():
            skip(f["file"], "not there")
            continue
        same(run("mrtd", path)[1].strip(), f["mrtd_single_pass"], f["file"])
        same(peer.mrtd(path.read_bytes()).hex(), f["mrtd_single_pass"],
             "and the peer says the same")


# ---- disks made by other tools

def make_disk(name, bits, efi, fragment=False):
    """A GPT disk with one FAT volume of `bits`, by sgdisk, mkfs.fat, mtools."""
    mib = {12: 4, 16: 24, 32: 70}[bits]
    with open("esp", "wb") as f:
        f.truncate(mib << 20)
    tool("mkfs.fat", "-F", bits, "-i", "12345678", "esp")
    tool("mmd", "-i", "esp", "::/EFI", "::/EFI/BOOT")
    if fragment:
        write("gap", bytes(9000))
        for i in range(40):
            tool("mcopy", "-i", "esp", "gap", "::/GAP%d" % i)
        for i in range(0, 40, 2):
            tool("mdel", "-i", "esp", "::/GAP%d" % i)
    write("boot", efi)
    tool("mcopy", "-i", "esp", "boot", "::/EFI/BOOT/BOOTX64.EFI")
    with open(name, "wb") as f:
        f.truncate((mib + 2) << 20)
    tool("sgdisk", "-n", "1:2048:+%dM" % mib, "-t", "1:ef00", "-c", "1:ESP",
         "-U", "00112233-4455-6677-8899-aabbccddeeff",
         "-u", "1:ffeeddcc-bbaa-9988-7766-554433221100", name)
    with open(name, "r+b") as f:
        f.seek(1 << 20)
        f.write(Path("esp").read_bytes())
    return Path(name).read_bytes()


def expect_rtmr1(title, args, digests):
    got = image("--firmware", "small.fd", *args)
    events = [e["digest"] for e in got.get("events", []) if e["rtmr"] == 1]
    same(events, [d.hex() for d in digests], title + ": events")
    same(got.get("rtmr1"), peer.replay(digests).hex(), title + ": RTMR1")
    return got


def test_disks():
    big = peer.make_pe(tail=bytes(range(256)) * 500)
    for bits in (12, 16, 32):
        disk = make_disk("disk%d" % bits, bits, big)
        expect_rtmr1("FAT%d" % bits, ("--image", "disk%d" % bits),
                     peer.rtmr1(peer.authenticode(big), disk))
    disk = make_disk("pieces", 16, big, fragment=True)
    expect_rtmr1("a fragmented file", ("--image", "pieces"),
                 peer.rtmr1(peer.authenticode(big), disk))
    disk = peer.make_gpt(peer.make_fat12(peer.make_pe()))
    write("small.disk", disk)
    for memory in ("64M", "512M", "2G", "2815M", "2816M", "2818M", "200G"):
        n = int(memory[:-1]) << (20 if memory[-1] == "M" else 30)
        fw = Path("small.fd").read_bytes()
        got = image("--firmware", "small.fd", "--image", "small.disk",
                    "--platform", "sim", "--memory", memory)
        same((got.get("mrtd"), got.get("rtmr0")),
             (peer.mrtd(fw).hex(), peer.replay(peer.rtmr0_sim(fw, n)).hex()),
             "sim, %s: MRTD and RTMR0" % memory)
    same((got["rtmr2"], got["rtmr3"]), ("0" * 96, "0" * 96),
         "sim: RTMR2 and RTMR3 are zero")
    for r in range(4):
        same(peer.replay([bytes.fromhex(e["digest"]) for e in got["events"]
                          if e["rtmr"] == r]).hex(), got["rtmr%d" % r],
             "sim: the events of RTMR%d replay to it" % r)


def test_own_disk():
    maker = BIN / "mkdisk"
    if not maker.exists():
        return skip("the image tool's disk", "mkdisk is not built")
    efi = peer.make_pe(tail=bytes(300000))
    write("own.efi", efi)
    tool(maker, "own.efi", "own.disk")
    with open("own.disk", "rb") as f:
        head = f.read(1 << 20)
    want = peer.rtmr1(peer.authenticode(efi), head)
    expect_rtmr1("the image tool's disk", ("--image", "own.disk"), want)


def test_direct():
    kernel = peer.make_pe(linux=True)
    write("kernel.efi", kernel)
    patched = peer.authenticode(peer.qemu_patched(kernel))
    expect_rtmr1("a bare kernel", ("--image", "kernel.efi"),
                 peer.rtmr1(patched))
    expect_rtmr1("a bare kernel, unpatched",
                 ("--image", "kernel.efi", "--unpatched-kernel"),
                 peer.rtmr1(peer.authenticode(kernel)))
    plain = peer.make_pe()
    write("plain.efi", plain)
    expect_rtmr1("a bare EFI binary", ("--image", "plain.efi"),
                 peer.rtmr1(peer.authenticode(plain)))
    rc, out, _ = run("image", "--firmware", "small.fd", "--image", "-", "-o",
                     "json", stdin=kernel)
    same(json.loads(out)["rtmr1"], peer.replay(peer.rtmr1(patched)).hex(),
         "from standard input")


# ---- RTMR0 with everything given

def test_rtmr0():
    fw = Path("small.fd").read_bytes()
    blobs = {n: write("acpi-" + n, (n * 99).encode())
             for n in ("loader", "rsdp", "tables")}
    order = write("order", struct.pack("<HH", 1, 0))
    option, key = write("option", b"boot option"), write("key", b"a key")
    args = ["--image", "small.disk", "--memory", "4G"]
    for n, path in blobs.items():
        args += ["--acpi-" + n, path]
    got = image("--firmware", "small.fd", *args)
    same((got.get("rtmr0"), "boot variables" in got["reasons"]["rtmr0"]),
         (None, True), "without boot variables RTMR0 is null, with a reason")
    args += ["--efi-var", "BootOrder=" + order,
             "--efi-var", "Boot0001=" + option,
             "--efi-var", "Boot0000=" + option, "--efi-var", "db=" + key]
    events = peer.rtmr0_sim(fw, 4 << 30)
    events[5] = peer.variable(peer.SECURITY, "db", b"a key")
    events += [peer.sha384((n * 99).encode()) for n in blobs]
    events += [peer.sha384(struct.pack("<HH", 1, 0)),
               peer.sha384(b"boot option"), peer.sha384(b"boot option")]
    got = image("--firmware", "small.fd", *args)
    same([e["digest"] for e in got["events"] if e["rtmr"] == 0],
         [d.hex() for d in events], "qemu: every event of RTMR0")
    same(got["rtmr0"], peer.replay(events).hex(), "qemu: RTMR0")
    got = image("--firmware", "small.fd", "--old-separator", *args)
    same(got["rtmr0"], peer.replay(events + [peer.sha384(bytes(4))]).hex(),
         "qemu: old firmware's RTMR0")
    config = write("config", b'{"version":1}')
    got = image("--firmware", "small.fd", "--config", config, *args)
    same(got["rtmr3"], peer.replay([peer.sha384(b'{"version":1}')]).hex(),
         "a configuration makes RTMR3")
    got = image("--firmware", "small.fd", "--image", "small.disk",
                "--platform", "gcp", "--machine-type", "c3-standard-22",
                "--stub-keys")
    same(got["events"][0]["digest"],
         peer.sha384(peer.hob(fw, 88 << 30, True)).hex(),
         "gcp: the TD HOB list of the machine type")
    ok(got["rtmr0"] is not None and len(got["events"]) == 14 + 6,
       "gcp: RTMR0 is known")


def machine_dir(name, fw, **change):
    """What `ee-launcher acpi` leaves, made up; answers the digests that follow
    from it, in the order of RTMR0."""
    files = {"table-loader": b"loader", "rsdp": b"rsdp", "tables": b"tables",
             "fw_cfg.BootMenu": bytes(2), "fw_cfg.bootorder": b"/disk\0",
             "efivar.BootOrder": struct.pack("<HH", 1, 0xab),
             "efivar.Boot0001": b"disk", "efivar.Boot00AB": b"menu"}
    machine = {"cpus": 2, "disks": 1, "format": 1, "phys_bits": 46,
               "firmware_sha256": hashlib.sha256(fw).hexdigest(),
               "memory_bytes": 1 << 30, "qemu": "10.1.2"}
    machine.update(change)
    os.mkdir(name)
    for path, data in files.items():
        write("%s/%s" % (name, path), data)
    write(name + "/machine.json", json.dumps(machine).encode())
    digests = [peer.sha384(d) for d in files.values()]
    return digests[3:5], digests[:3] + digests[5:]


def test_acpi():
    fw = Path("small.fd").read_bytes()
    items, own = machine_dir("mach", fw)
    sim = peer.rtmr0_sim(fw, 1 << 30)
    base = ["--firmware", "small.fd", "--image", "small.disk", "--memory",
            "1G", "--acpi"]
    want = peer.replay(sim + own).hex()
    same(image(*base, "mach").get("rtmr0"), want, "--acpi: RTMR0 is known")
    got = image(*base, "mach", "--fw-cfg-events")
    newer = peer.replay(sim[:2] + items + sim[2:] + own).hex()
    same(got.get("rtmr0"), newer, "with the items of fw_cfg that newer "
         "firmware measures, before the variables")
    got = image(*base[:-1], "--fw-cfg-events")
    same((got.get("rtmr0"), "QEMU FW CFG" in json.dumps(got["events"])),
         (None, True), "which are not guessed")
    ref = ["reference", "--image", "small.disk", "--kind", "sim", "--lock",
           write("lock", b"x"), "--toolchain", "gcc 12", "--entry"]
    entry = "platform=qemu,firmware=small.fd,memory=1G,acpi="
    rc, out, err = run(*ref, entry + "mach", "--entry",
                       entry + "mach,quirk=fw-cfg-events+two-pass")
    if ok(rc == 0, "reference --entry acpi=DIR", err):
        m = json.loads(out)["measurements"]
        same([e["rtmr0"] for e in m] + [m[1]["mrtd"]],
             [want, newer, peer.mrtd(fw, True).hex()],
             "has the same, and its quirks")
    same(run(*ref, entry + "mach,quirk=none")[0], 2, "no such quirk")
    machine_dir("keys", fw)
    write("keys/efivar.SecureBoot", b"\0")
    sim[2] = peer.variable(peer.GLOBAL, "SecureBoot", b"\0")
    same(image(*base, "keys").get("rtmr0"), peer.replay(sim + own).hex(),
         "the firmware's own SecureBoot is taken, too")
    machine_dir("fw2", fw + b"x")
    machine_dir("cpus", fw, cpus=3)
    machine_dir("more", fw, extra=1)
    machine_dir("gone", fw)
    os.unlink("gone/efivar.Boot00AB")
    same(image(*base[:-3], "--acpi", "cpus").get("rtmr0"),
         image(*base, "cpus", "--cpus", "3")["rtmr0"],
         "memory and CPUs are the folder's, unless they are said")
    for name in ("tables", "fw_cfg.BootMenu", "efivar.Boot0001"):
        machine_dir("no-" + name, fw)
        write("no-%s/%s" % (name, name), b"")
    for name, want in (("fw2", 3), ("cpus", 3), ("more", 3), ("gone", 4),
                       ("nowhere", 4), ("no-tables", 3),
                       ("no-fw_cfg.BootMenu", 3), ("no-efivar.Boot0001", 3)):
        rc, _, err = run("image", *base, name, "--cpus", "2")
        ok(rc == want and err.count("\n") == 1, "refused: " + name, rc, err)
    same([run("image", *base, "mach", *a)[0] for a in
          (["--platform", "sim"], ["--acpi-rsdp", "lock"],
           ["--efi-var", "BootOrder=lock"])], [2, 2, 2],
         "and for another platform, or what is given twice")


def test_gcp_digests():
    base = ["--platform", "gcp", "--machine-type", "c3-standard-4", "--image",
            "small.disk", "--stub-keys"]
    mrtd, cfv = ["--endorsed-mrtd", "ab" * 48], ["--cfv-sha384", "cd" * 48]
    got = image(*base, *mrtd, *cfv)
    ev = [e["digest"] for e in got["events"] if e["rtmr"] == 0]
    same((got["mrtd"], ev[0][:16], ev[1], got["rtmr0"]),
         ("ab" * 48, "458994daa60deac8", "cd" * 48,
          peer.replay([bytes.fromhex(d) for d in ev]).hex()),
         "gcp: digests in place of the firmware")
    two = image(*base, *mrtd, *cfv, "--second-disk")
    ok(len(two["events"]) == len(got["events"]) + 1 and
       None not in (two["rtmr0"], got["rtmr0"]) and
       two["rtmr0"] != got["rtmr0"], "gcp: a second disk is in RTMR0")
    for args in (base, base + mrtd, base + cfv,
                 base + mrtd + cfv + ["--firmware", "small.fd"],
                 base + mrtd + ["--cfv-sha384", "cd" * 47],
                 ["--image", "small.disk", *mrtd, *cfv],
                 ["--image", "small.disk", "--firmware", "small.fd",
                  "--second-disk"]):
        same(run("image", *args)[0], 2, "refused: image %s" % (args,))


def test_text():
    rc, out, _ = run("image", "--firmware", "small.fd", "--image",
                     "small.disk", "--platform", "sim")
    lines = out.splitlines()
    names = [x.split()[0] for x in lines if not x.startswith(" ")]
    same(names, ["MRTD", "RTMR0", "RTMR1", "RTMR2", "RTMR3"],
         "text: one line a register")
    ok(len(lines) == 5 + 14, "text: and one for each event")
    ok(any("EV_EFI_GPT_EVENT" in x for x in lines), "text: with its type")


# ---- reference files

def test_reference():
    fw = Path("small.fd").read_bytes()
    lock = write("lock", b"source x 1 00\n")
    base = ["reference", "--image", "small.disk", "--kind", "sim", "--lock",
            lock, "--toolchain", "gcc 12"]
    rc, out, err = run(*base, "--entry",
                       "platform=sim,firmware=small.fd,memory=512M,cpus=1",
                       "--entry", "platform=qemu,firmware=small.fd,memory=2G",
                       "--gcp-tar", "config", "--pinned")
    if not ok(rc == 0, "reference", err):
        return
    ref = json.loads(out)
    same(ref["image"], {
        "efi_authenticode_sha384": peer.authenticode(peer.make_pe()).hex(),
        "efi_sha256": hashlib.sha256(peer.make_pe()).hexdigest(),
        "gcp_tar_sha256": hashlib.sha256(b'{"version":1}').hexdigest(),
        "raw_sha256": hashlib.sha256(
            Path("small.disk").read_bytes()).hexdigest()},
         "reference: the image")
    m = ref["measurements"]
    same((m[0]["rtmr0"], m[0]["reason"], m[0]["memory_bytes"], m[0]["cpus"]),
         (peer.replay(peer.rtmr0_sim(fw, 512 << 20)).hex(), None, 512 << 20,
          1), "reference: a simulated machine")
    same((m[1]["rtmr0"], "ACPI" in m[1]["reason"], m[1]["rtmr1"]),
         (None, True, m[0]["rtmr1"]), "reference: one that is not all known")
    same((ref["release"], ref["revoked"], ref["kind"], ref["format"],
          ref["sources"]["lock_sha256"]),
         ({"commit": None, "counter": 0, "not_after": None,
           "not_before": None, "pinned": True, "version": None}, [], "sim", 2,
          hashlib.sha256(b"source x 1 00\n").hexdigest()),
         "reference: where it comes from")
    f = ref["firmware"]
    same((len(f), f[0]["sha256"], f[0]["size"], f[0]["name"],
          m[1]["firmware"]),
         (1, hashlib.sha256(fw).hexdigest(), len(fw), "small.fd",
          f[0]["sha256"]), "reference: one firmware for both")
    same((f[0]["mrtd"], f[0]["mrtd_two_pass"]),
         (peer.mrtd(fw).hex(), peer.mrtd(fw, True).hex()),
         "reference: its MRTD, in both orders")
    for i, k in enumerate(("rtmr0", "rtmr1", "rtmr2")):
        same(peer.replay([bytes.fromhex(e["digest"]) for e in m[0]["events"]
                          if e["rtmr"] == i]).hex(), m[0][k],
             "reference: %s is the replay of its events" % k)
    ok(any(e["digest"] is None for e in m[1]["events"]),
       "reference: an event that is not known has no digest")
    same(out, json.dumps(ref, sort_keys=True, separators=(",", ":")) + "\n",
         "reference: canonical JSON")
    entry = ("--entry", "platform=sim,firmware=small.fd")
    release = {"--version": "1.2.3", "--counter": "7", "--commit": "ab" * 20,
               "--not-before": "2026-01-02T03:04:05Z",
               "--not-after": "1800000000"}

    def released(change=(), *more):
        words = [w for kv in {**release, **dict(change)}.items() for w in kv]
        return run(*base, *entry, "--pinned", *words, *more)

    rc, out, err = released((), "--revoked", "5 1.2.1 it leaks", "--revoked",
                            "6 1.2.2 it is slow")
    if ok(rc == 0, "reference: of a release", err):
        ref = json.loads(out)
        same((ref["release"], ref["revoked"]),
             ({"commit": "ab" * 20, "counter": 7, "version": "1.2.3",
               "not_after": "2027-01-15T08:00:00Z", "pinned": True,
               "not_before": "2026-01-02T03:04:05Z"},
              [{"counter": 5, "reason": "it leaks", "version": "1.2.1"},
               {"counter": 6, "reason": "it is slow", "version": "1.2.2"}]),
             "reference: says which, and what it revokes")
    for change in ({"--version": "a b"}, {"--counter": "0"},
                   {"--counter": "4294967296"}, {"--commit": "AB" * 20},
                   {"--not-before": "soon"}, {"--not-after": "1600000000"}):
        same(released(change)[0], 2, "reference: no release with %s" % change)
    for words in (("7 1.2.3 itself",), ("0 1 x",), ("6 1.2.2",), ("6 1.2.2 ",),
                  ("6 1.2.2 b", "5 1.2.1 a")):
        same(released((), *[w for r in words for w in ("--revoked", r)])[0], 2,
             "reference: cannot revoke %s" % (words,))
    same(run(*base, *entry, "--version", "1.2.3")[0], 2,
         "reference: half a release is none")
    rc, _, err = run(*base, "--entry",
                     "platform=qemu,firmware=small.fd,image=kernel.efi")
    ok(rc == 3 and "another EFI binary" in err,
       "reference: an entry with another EFI binary is refused", err)
    for entry in ("platform=sim", "firmware=small.fd", "platform=sim,x=1",
                  "platform=sim,platform=sim", "platform", "platform=xen,"
                  "firmware=small.fd", "platform=sim,firmware=small.fd,"
                  "memory=1T", "platform=gcp,firmware=small.fd"):
        same(run(*base, "--entry", entry)[0], 2,
             "reference: --entry %s is a usage error" % entry)


# ---- reports

def test_report():
    maker = BIN.parent / "unit/test_report_verify.san"
    Path("rep").mkdir()
    tool(maker, "rep")
    os.chdir("rep")
    base = ("--collateral", "collateral.json", "--at", "1790000000",
            "--reference")
    trust = base + ("measurements.json", "--insecure-sim-root", "root.pem")
    text = Path("first.json").read_bytes()
    write("digit.json", text.replace(b'"trades":"7"', b'"trades":"8"'))
    write("cut.json", text[:-1])
    write("more.json", text + b"x")
    write("spaces.json", text.replace(b'"trades":"7"', b'"trades": "7"'))
    for name, args, want in (
            ("first", trust, (0, "OK", "")),
            ("second", trust + ("--previous", "first.json"), (0, "OK", "")),
            ("first", trust + ("--config", "config.json"), (0, "OK", "")),
            ("first", trust + ("--config", "root.pem"), (1, None, "config")),
            ("foreign-key", trust + ("--config", "root.pem"),
             (1, "EE-ATT-005", "reportdata")),
            ("digit", trust, (1, "EE-ATT-007", "sha384")),
            ("foreign-key", trust, (1, "EE-ATT-005", "reportdata")),
            ("rtmr3", trust, (1, "EE-ATT-016", "rtmr3")),
            ("role", trust, (1, "EE-ATT-011", "role")),
            ("no-previous", trust, (1, None, "previous_sha384")),
            ("first", trust + ("--previous", "second.json"),
             (1, None, "previous")),
            ("second", trust + ("--previous", "digit.json"),
             (1, "EE-ATT-007", "previous")),
            ("first", base + ("measurements.json",),
             (1, "EE-ATT-010", "quote")),
            ("first", base + ("other.json", "--insecure-sim-root",
                              "root.pem"), (1, "EE-ATT-014", "quote"))):
        rc, out, err = run("report", "verify", name + ".json", *args, "-o",
                           "json")
        v = json.loads(out or "{}")
        same((rc, v.get("reason_code"), v.get("what")), want,
             "report %s: %s" % (name, want[1] or want[2]))
        ok(v.get("verdict") == ("accepted" if rc == 0 else "refused") and
           (rc != 0 or v["simulated"] is True), "with that verdict", out, err)
    released = json.loads(Path("measurements.json").read_text())
    released["release"] = {
        "commit": "ab" * 20, "counter": 7, "pinned": True, "version": "1.2.3",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-01-01T00:00:00Z"}
    write("plain.json", json.dumps(released).encode())
    for key in ("release", "other"):
        tool("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out",
             key + ".key")
        tool("openssl", "pkey", "-in", key + ".key", "-pubout", "-out",
             key + ".pub")
    write("signed.json", envelope(released, "release.key").encode())
    for file, key, want in (
            ("signed", "release", (0, "OK", "")),
            ("plain", None, (0, "OK", "")),
            ("signed", "other", (1, None, "not signed with that key")),
            ("signed", None, (1, None, "an envelope, and no key")),
            ("plain", "release", (1, None, "a key, and no envelope"))):
        more = ("--reference-key", key + ".pub") if key else ()
        rc, out, err = run("report", "verify", "first.json", *base,
                           file + ".json", "--insecure-sim-root", "root.pem",
                           *more, "-o", "json")
        v = json.loads(out or "{}")
        ok(rc == want[0] and want[2] in v.get("detail", "") and
           want[1] in (None, v["reason_code"]),
           "report: %s reference, key %s: exit %d" % (file, key, rc), out, err)
    same(run("report", "verify", "first.json", *base[:-1], "--policy",
             "plain.json", "--reference-key", "release.pub")[0], 2,
         "a key for a policy is a mistake")
    shown = json.loads(run("report", "verify", "first.json", *trust, "-o",
                           "json")[1])["report"]["config_sha384"]
    same(shown, hashlib.sha384(Path("config.json").read_bytes()).hexdigest(),
         "the configuration is shown")
    same(run("report", "verify", "first.json", *trust, "--config",
             "nothing")[0], 4, "a configuration that is not there")
    for name in ("cut", "more", "spaces", "collateral"):
        rc, out, err = run("report", "verify", name + ".json", *trust)
        ok(rc == 3 and out == "" and "not a report" in err,
           "report %s is malformed" % name, rc, err)
    same(run("report", "verify", "-", *trust, stdin=text)[0], 0,
         "report from standard input")
    body = json.loads(text)["report"]
    lines = run("report", "verify", "first.json", *trust)[1].splitlines()
    same(lines[2:-1],
         ["%s: %s" % (k, body[k]) for k in ("vm_name", "agent_id", "job_id",
                                            "exchange", "pair", "status")] +
         ["%s: %s" % (k, body["window"][k]) for k in ("from", "to")],
         "as text, an accepted report says which it is")
    rc, out, _ = run("report", "verify", "digit.json", *trust)
    ok("wrong: sha384" in out and "EE-ATT-007" in out,
       "as text, the first thing that is wrong is named", out)
    os.chdir("..")


# ---- what must be refused

def test_exit_codes():
    write("empty", b"")
    write("text", b"hello\n" * 2000)
    disk = bytearray(Path("small.disk").read_bytes())
    disk[1024 + 60] ^= 1
    write("crc.disk", bytes(disk))
    img = ("--firmware", "small.fd", "--image")
    for want, args in (
            (2, ()), (2, ("nothing",)), (2, ("mrtd",)),
            (2, ("mrtd", "a", "b")), (2, ("mrtd", "--what", "a")),
            (2, ("mrtd", "--two-pass=1", "a")), (2, ("mrtd", "-x", "a")),
            (2, ("mrtd", "-o", "xml", "a")), (2, ("mrtd", "a", "-o")),
            (2, ("quote",)), (2, ("quote", "what")),
            (2, ("image", "--image", "small.disk")),
            (2, ("image", "--firmware", "small.fd", "--image", "-",
                 "--config", "-")),
            (2, ("image", *img, "small.disk", "--memory", "lots")),
            (2, ("image", *img, "small.disk", "--memory", "2G", "--memory",
                 "2G")),
            (2, ("image", *img, "small.disk", "--cpus", "0")),
            (2, ("image", *img, "small.disk", "--platform", "xen")),
            (2, ("image", *img, "small.disk", "--machine-type", "x")),
            (2, ("image", *img, "small.disk", "--platform", "gcp")),
            (2, ("image", *img, "small.disk", "--efi-var", "Foo=small.fd")),
            (2, ("image", *img, "small.disk", "--efi-var", "PK")),
            (3, ("mrtd", "empty")), (3, ("mrtd", "text")),
            (3, ("image", *img, "text")), (3, ("image", *img, "crc.disk")),
            (3, ("image", *img, "empty")),
            (3, ("image", *img, "small.disk", "--memory", "8M")),
            (2, ("image", *img, "small.disk", "--memory", "2048")),
            (2, ("image", *img, "small.disk", "--memory", "1048575")),
            (3, ("image", *img, "small.disk", "--memory", "1048576")),
            (3, ("image", *img, "kernel.efi", "--platform", "gcp",
                 "--machine-type", "c3-standard-4")),
            (4, ("mrtd", "not-there")), (4, ("mrtd", ".")),
            (4, ("image", *img, "not-there"))):
        rc, out, err = run(*args)
        ok(rc == want and out == "" and err.startswith(("ee-measure: ",
                                                        "usage: ")),
           "%s: exit %d" % (" ".join(args) or "no command", want), rc, out,
           err)
    for args, want, words in (
            (("quote",), 2, "quote: say which of these"),
            (("quote", "verifi"), 2, "unknown command quote verifi"),
            (("quote", "--help"), 0, "quote verify")):
        rc, out, err = run(*args)
        ok(rc == want and words in out + err and "policy" not in
           err.replace("the policy wants", "") and (out == "") == (want != 0),
           "%s lists the commands of that name" % " ".join(args), out, err)
    with open("/dev/full", "w") as full:
        p = subprocess.run([str(BIN / "ee-measure"), "mrtd", "small.fd"],
                           stdout=full, stderr=subprocess.PIPE)
    same(p.returncode, 4, "a full disk is noticed")


def test_help():
    rc, out, _ = run("--help")
    commands = [x[2:20].strip() for x in out.splitlines()
                if x.startswith("  ")]
    ok(rc == 0 and len(commands) >= 5, "--help lists the commands", out)
    page = (ROOT / "measure/cli/ee-measure.1").read_text()
    for c in commands:
        rc, out, _ = run(*c.split(), "--help")
        ok(rc == 0 and out.startswith("usage: ee-measure " + c),
           "%s --help" % c, out)
        ok(".Cm " + c in page, "%s is in the man page" % c)
        for opt in [x.split()[0] for x in out.splitlines()
                    if x.startswith("  --")]:
            if opt not in ("--help",):
                ok("Fl " + opt[1:] in page,
                   "%s %s is in the man page" % (c, opt))


def test_page():
    p = subprocess.run(["mandoc", "-T", "lint", "-W", "warning",
                        str(ROOT / "measure/cli/ee-measure.1")],
                       capture_output=True)
    same((p.returncode, p.stdout), (0, b""), "mandoc finds no fault")


def test_vectors():
    out = subprocess.run([sys.executable, "-B",
                          str(ROOT / "tests/peers/tdx_peer.py"), "--vectors"],
                         capture_output=True, check=True).stdout
    ok(out == (ROOT / "tests/vectors/measure.h").read_bytes(),
       "tests/vectors/measure.h is what the peer says")


def main():
    with folder():
        for test in (test_vectors, test_mrtd, test_debian, test_fixtures,
                     test_disks, test_own_disk, test_direct, test_rtmr0,
                     test_acpi, test_gcp_digests, test_text, test_firmware_note, test_reference,
                     test_report, test_exit_codes, test_help, test_page):
            test()
    finish()


main()
