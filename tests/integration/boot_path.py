#!/usr/bin/env -S python3 -B
"""Boot paths that ee-measure predicts, against what others say of them: a boot
of Container-Optimized OS as its event log and quote have it, Authenticode
digests by osslsigncode, disks by gdisk; and what has to be refused. TAP."""
import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import tap
from tap import OVMF, ROOT, SHARED, finish, folder, ok, same, skip, write
import tdx_peer as peer


def run(*args):
    return tap.run("image", "--firmware", OVMF, *args)


def image(*args):
    rc, out, err = run(*args, "-o", "json")
    if rc != 0:
        print("# %s" % err)
        return {"events": []}
    return json.loads(out)


def test_vectors():
    p = subprocess.run([sys.executable, str(ROOT / "tests/peers/tdx_peer.py"),
                        "--boot-vectors"], capture_output=True, check=True)
    same((ROOT / "tests/vectors/boot.h").read_bytes(), p.stdout,
         "tests/vectors/boot.h is what the peer says")


# ---- a boot by shim and grub

def log_events(log):
    """[(register, type, digest, data)] of a CCEL."""
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    while at + 12 <= len(log):
        mr, kind, n = struct.unpack_from("<III", log, at)
        if n != 1:
            return
        size = struct.unpack_from("<I", log, at + 62)[0]
        yield (mr, kind, log[at + 14:at + 62], log[at + 66:at + 66 + size])
        at += 66 + size


def escaped(text):
    return text.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(
        b"\t", b"\\t")


def test_cos():
    log = SHARED / "fixtures/ccel/go-tdx-guest_cos113_ccel.bin"
    if not log.exists():
        skip("a boot of Container-Optimized OS", "no fixtures")
        return
    lines, options = [], []
    for mr, kind, digest, data in log_events(log.read_bytes()):
        text = data.rstrip(b"\0")
        if mr == 3 and b": " in text:
            lines.append(escaped(text))
        elif mr == 3:
            lines.append(digest.hex().encode() + b"  " + text)
        elif kind == 0x800000e0:
            chars = struct.unpack_from("<Q", data, 16)[0]
            name = data[32:32 + 2 * chars].decode("utf-16le")
            options += ["--efi-var", "%s=%s" % (name, write(
                name, data[32 + 2 * chars:]))]
    want = json.loads((SHARED / "fixtures/ccel/ccel.json").read_text())[0]
    write("list", b"\n".join(lines) + b"\n")
    write("shim", peer.make_uki(0, [(".sbat", b"shim,4,UEFI shim\n")]))
    write("grub", peer.make_pe())
    got = image("--image", "shim", "--chain", "shim", "--chain", "grub",
                "--measured", "list", *options)
    ok(len(lines) == 20, "the log of a boot by shim and grub as a list")
    same(got.get("rtmr2"), want["replay"]["MR3"],
         "replays to the RTMR2 of its quote")
    same(image("--image", "shim", "--chain", "shim", "--chain", "grub",
               "--measured", log).get("rtmr2"), want["replay"]["MR3"],
         "as the log itself does")
    same([e["digest"] for e in got["events"]
          if e["type"] == "EV_EFI_VARIABLE_AUTHORITY"],
         [d.hex() for _, kind, d, _ in log_events(log.read_bytes())
          if kind == 0x800000e0], "shim's variables have its digests")
    got = image("--image", "shim", "--chain", "shim", "--chain", "grub")
    ok(got.get("rtmr2", 0) is None and "list" in got["reasons"]["rtmr2"],
       "without the list RTMR2 is unknown, and why")
    same([e["digest"] for e in got["events"]
          if e["type"] == "EV_EFI_VARIABLE_AUTHORITY"], [None, None],
         "nor are shim's variables guessed")


# ---- Authenticode

def test_signed():
    if shutil.which("osslsigncode") is None:
        skip("Authenticode of another tool", "no osslsigncode")
        return
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=x",
                    "-days", "30"], check=True, stderr=subprocess.DEVNULL)
    kernel = peer.set_version(peer.make_pe(linux=True), "6.12")
    files = {"PE32+": peer.make_pe(), "PE32": peer.make_pe(plus=False),
             "sections out of order": peer.make_pe(swap=True),
             "bytes after the sections": peer.make_pe(tail=b"tail" * 6),
             "an odd length": peer.make_pe(tail=b"tails"),
             "a kernel": kernel,
             "a UKI": peer.make_uki(252, peer.PARTS + [(".linux", kernel)])}
    for title, data in files.items():
        write("plain.efi", data)
        Path("signed.efi").unlink(missing_ok=True)
        p = subprocess.run(["osslsigncode", "sign", "-h", "sha384", "-certs",
                            "cert.pem", "-key", "key.pem", "-in", "plain.efi",
                            "-out", "signed.efi"], capture_output=True)
        if p.returncode != 0:
            ok(False, "%s is signed" % title, p.stdout, p.stderr)
            continue
        said = subprocess.run(["osslsigncode", "verify", "-in", "signed.efi"],
                              capture_output=True).stdout.decode()
        want = said.split("Calculated message digest :")[1].split()[0].lower()
        got = image("--image", "signed.efi").get("efi_authenticode_sha384")
        same(got, want, "%s: the digest that osslsigncode signs" % title)
        if len(data) % 8 == 0:
            got = image("--image", "plain.efi").get("efi_authenticode_sha384")
            same(got, want, "and that of the unsigned file")


# ---- disks

def test_disk():
    """Several partitions, made by gdisk; the backup table does not count."""
    pe = peer.make_pe()
    volume = peer.make_fat12(pe)
    Path("disk").write_bytes(bytes(16 << 20))
    subprocess.run(["sgdisk", "-a", "1", "-n", "1:2048:4095", "-t", "1:ef02",
                    "-n", "2:4096:%d" % (4096 + len(volume) // 512 - 1), "-t",
                    "2:ef00", "-c", "2:ESP", "-n", "7:8192:16383", "-t",
                    "7:8300", "disk"], check=True, stdout=subprocess.DEVNULL)
    with open("disk", "r+b") as f:
        f.seek(4096 * 512)
        f.write(volume)
    data = Path("disk").read_bytes()
    got = [e["digest"] for e in image("--image", "disk")["events"]
           if e["type"] == "EV_EFI_GPT_EVENT"]
    same(got, [peer.gpt_event(data).hex()], "three partitions in two gaps")
    write("disk", data[:-512] + b"\xff" * 512)
    got2 = [e["digest"] for e in image("--image", "disk")["events"]
            if e["type"] == "EV_EFI_GPT_EVENT"]
    ok(got and got2 == got, "a damaged backup table is not measured")
    write("disk", data[:600] + b"\xff" + data[601:])
    rc, _, err = run("--image", "disk")
    ok(rc == 3 and "CRC" in err, "a damaged first one is refused", err)
    write("disk", bytes(4096) + data[512:1024].ljust(12288, b"\0"))
    rc, _, err = run("--image", "disk")
    ok(rc == 3 and "4096" in err, "so is one of 4096-byte sectors", err)


def disk_with(files):
    """A FAT volume in a GPT disk with a UKI and these folders."""
    uki = peer.make_uki(252, [(".cmdline", b"a"),
                              (".linux", peer.set_version(
                                  peer.make_pe(linux=True), "6.12"))])
    write("uki", uki)
    write("volume", bytes(8 << 20))
    for cmd in [["mkfs.fat", "volume"],
                ["mmd", "-i", "volume", "::/EFI", "::/EFI/BOOT"],
                ["mcopy", "-i", "volume", "uki", "::/EFI/BOOT/BOOTX64.EFI"]]:
        subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL)
    for folder in files:
        subprocess.run(["mmd", "-i", "volume", folder], check=True)
    return write("disk", peer.make_gpt(Path("volume").read_bytes()))


def test_sidecars():
    got = image("--image", disk_with([]))
    ok(got.get("rtmr2"), "a UKI alone on its disk")
    same([e["type"] for e in got["events"] if e["rtmr"] == 2],
         ["EV_EVENT_TAG"], "its kernel measures the command line")
    for folders in (["::/EFI/BOOT/BOOTX64.EFI.extra.d"],
                    ["::/loader", "::/loader/credentials"]):
        got = image("--image", disk_with(folders))
        ok(got.get("rtmr2", 0) is None and
           "folders" in got["reasons"]["rtmr2"],
           "with %s RTMR2 is unknown" % folders[-1])
    got = image("--image", disk_with(["::/loader", "::/x"]))
    ok(got.get("rtmr2"), "other folders do no harm")


# ---- refusals

def test_refusals():
    kernel = write("kernel", peer.set_initrd_max(peer.set_version(
        peer.make_pe(linux=True), "6.12"), 0x7fffffff))
    pe = write("pe", peer.make_pe())
    disk = write("disk", peer.make_gpt(peer.make_fat12(peer.make_pe())))
    twice = write("twice", peer.make_uki(252, [(".linux", b"x")] * 2))
    write("empty", b"")
    write("bad", b"# a comment\ngrub: x\n")
    chain = ["--chain", pe, "--chain", kernel]
    gcp = ["--platform", "gcp", "--machine-type", "c3-standard-4"]
    ok("bad: line 2" in run("--image", pe, *chain, "--measured", "bad")[2],
       "the line of a list that is wrong is named")
    for title, rc, args in [
            ("a list without a chain", 2, ["--image", pe, "--measured",
                                           "bad"]),
            ("a malformed list", 3, ["--image", pe, *chain, "--measured",
                                     "bad"]),
            ("a log that is none", 3, ["--image", pe, *chain, "--measured",
                                       kernel]),
            ("a list that is not there", 4, ["--image", pe, *chain,
                                             "--measured", "none"]),
            ("another chain", 3, ["--image", kernel, *chain]),
            ("a chain of nine", 2, ["--image", pe] + ["--chain", pe] * 9),
            ("a text in a chain", 3, ["--image", pe, "--chain", pe, "--chain",
                                      "bad"]),
            ("-append with a disk", 3, ["--image", disk, "--cmdline", "a"]),
            ("-initrd with a disk", 3, ["--image", disk, "--initrd", "bad"]),
            ("-initrd with no kernel", 3, ["--image", pe, "--initrd", "bad"]),
            ("an empty initrd", 3, ["--image", kernel, "--initrd", "empty"]),
            ("no initrd to go first", 2, ["--image", kernel,
                                          "--initrd-first"]),
            ("a vga= that QEMU refuses", 3, ["--image", kernel, "--cmdline",
                                             "vga=x"]),
            ("neither yes nor no", 2, ["--image", kernel,
                                       "--kernel-measures", "maybe"]),
            ("-append on GCP", 2, ["--image", disk, "--cmdline", "a", *gcp]),
            ("a UKI with a section twice", 3, ["--image", twice])]:
        got, out, err = run(*args)
        ok(got == rc and out == "" and "ee-measure: " in err,
           "%s: %d" % (title, rc), got, out, err)


def main():
    with folder():
        for test in (test_vectors, test_cos, test_signed, test_disk,
                     test_sidecars, test_refusals):
            test()
    finish()


main()
