#!/usr/bin/env -S python3 -B
"""Boot paths against real firmware, as oracle.py does it: a unified kernel
image with Debian's systemd-stub and our kernel, from a disk and with -kernel;
our kernel with -append and -initrd; Debian's shim and grub. What the firmware,
loaders, the stub and the kernel's EFI stub measure into PCR 1, 2 to 9, 11, 12
and 14 must be what ee-measure predicts, by name, digest and order. Under TDX the
same programs extend RTMR2 with what goes to PCR 8 and above here. Our kernel
loads no initrd; where a distribution's kernel is installed, that one is asked
what it measures. shim and grub are where their packages put them, under
$EE_LOADERS or /; $EE_STUB is another stub than the installed one. TAP."""
import glob
import hashlib
import json
import os
import struct
import subprocess
from pathlib import Path

import oracle
from oracle import MEMORY, TYPES
from tap import BIN, OVMF, finish, folder, needs, ok, same, skip

KERNEL = BIN.parent / "BOOTX64.EFI"
STUB = Path(os.environ.get("EE_STUB",
                           "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"))
LOADERS = Path(os.environ.get("EE_LOADERS", "/"))
SHIM = LOADERS / "usr/lib/shim/shimx64.efi.signed"
GRUB = LOADERS / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
LARGE = 512 << 20  # what a distribution's kernel needs
STUB_FORCED = ["--stub-measures", "yes", "--kernel-measures", "yes"]


def ours(said):
    return b"ee: boot" in said


def any_linux(said):
    return b"Linux version" in said


def text_of(kind, data):
    """What an event calls itself, or "" where it does not."""
    name = TYPES.get(kind)
    if name == "EV_EFI_ACTION":
        return data.decode()
    if name == "EV_EVENT_TAG":
        return data[8:].rstrip(b"\0").decode()
    if name == "EV_IPL":
        wide = data[1:2] == b"\0"
        return data.decode("utf-16le" if wide else "ascii").rstrip("\0")
    return ""


def our_text(event):
    kind, what = event["type"], event["what"]
    if kind not in ("EV_EFI_ACTION", "EV_EVENT_TAG", "EV_IPL"):
        return ""
    return what.split(",")[0]


def compare(name, memory, image, *args, log_cmdline=None, named=True):
    """log_cmdline: the stub's event for it has it for a name. named: compare
    the names, too."""
    if not ok(memory is not None, "%s boots" % name):
        return
    log = oracle.event_log(memory)
    for rtmr, pcrs in ((1, range(2, 7)), (2, range(8, 16))):
        got = [(TYPES.get(k, hex(k)), d.hex(), text_of(k, data))
               for pcr, k, d, data in log if pcr in pcrs and k != 3]
        got = [(t, d, "kernel command line" if log_cmdline and
                x.strip() == log_cmdline else x) for t, d, x in got]
        want = [(e["type"], e["digest"], our_text(e))
                for e in events(image, *args) if e["rtmr"] == rtmr]
        if not named:
            got, want = [[e[:2] for e in x] for x in (got, want)]
        same(oracle.once(got), want,
             "%s: every event of RTMR%d, by name and in order" % (name, rtmr))
    variables = [(TYPES[k], d.hex()) for pcr, k, d, _ in log
                 if (pcr, k) in ((7, 0x80000001), (1, 0x80000002))]
    given = oracle.variables(log, name)
    want = [(e["type"], e["digest"]) for e in events(image, *args, *given)
            if e["type"] in ("EV_EFI_VARIABLE_DRIVER_CONFIG",
                             "EV_EFI_VARIABLE_BOOT")]
    same(variables, want, "%s: the variables of RTMR0, in order" % name)


def events(image, *args):
    if "--memory" not in args:
        args += ("--memory", "%d" % MEMORY)
    out = subprocess.run(
        [str(BIN / "ee-measure"), "image", "--firmware", str(OVMF),
         "-o", "json", "--image", image, *args], capture_output=True,
        check=True).stdout
    return json.loads(out)["events"]


def make_uki(path, kernel, parts):
    """Adds sections behind those of the stub. Real tools do it with objcopy,
    too."""
    stub = STUB.read_bytes()
    opt = struct.unpack_from("<I", stub, 60)[0] + 24
    base, size = [struct.unpack_from(f, stub, opt + o)[0]
                  for f, o in (("<Q", 24), ("<I", 56))]
    args, at = ["objcopy"], base + -(-size // 4096) * 4096
    for name, data in parts + [(".linux", Path(kernel).read_bytes())]:
        file = Path(path + name)
        file.write_bytes(data)
        args += ["--add-section", "%s=%s" % (name, file),
                 "--set-section-flags", "%s=data,readonly" % name,
                 "--change-section-vma", "%s=%#x" % (name, at)]
        at += -(-len(data) // 4096) * 4096
    subprocess.run(args + [str(STUB), path], check=True)


def test_direct():
    Path("initrd").write_bytes(b"no archive" * 777)
    compare("append", oracle.boot("append", "-kernel", str(KERNEL), "-append",
                                  "a b vga=0x317", "-initrd", "initrd",
                                  until=ours),
            str(KERNEL), "--cmdline", "a b vga=0x317", "--initrd", "initrd",
            "--noinitrd", "--kernel-measures", "yes")


def test_uki():
    make_uki("uki", KERNEL,
             [(".osrel", b"NAME=ee\n"), (".initrd", b"initrd" * 99 + b"x"),
              (".cmdline", b" a\tb=ttyS0 \n"), (".splash", b"BM"),
              (".uname", b"6.12"), (".pcrpkey", b"key\n"),
              (".pcrsig", b"{}\n")])
    subprocess.run([str(BIN / "mkdisk"), "uki", "disk"], check=True)
    compare("uki-disk", oracle.boot("uki-disk", "-drive",
                                    "file=disk,format=raw,if=none,id=d",
                                    "-device", "virtio-blk-pci,drive=d",
                                    until=ours),
            "disk", "--noinitrd", *STUB_FORCED)
    compare("uki-kernel", oracle.boot("uki-kernel", "-kernel", "uki",
                                      "-append", " c  d ", until=ours),
            "uki", "--cmdline", " c  d ", "--noinitrd", *STUB_FORCED,
            log_cmdline="c  d")


def test_initrd():
    """A kernel that measures its initrd, alone and in a UKI."""
    found = sorted(glob.glob("/boot/vmlinuz-*"))
    if not found:
        skip("an initrd is measured", "no /boot/vmlinuz-*")
        return
    kernel, cmdline = found[-1], "console=ttyS0 earlyprintk=ttyS0"
    large = ["--memory", str(LARGE)]
    Path("initrd").write_bytes(b"no archive" * 777)
    compare("served", oracle.boot("served", "-kernel", kernel, "-append",
                                  cmdline, "-initrd", "initrd",
                                  until=any_linux, memory=LARGE),
            kernel, "--cmdline", cmdline, "--initrd", "initrd",
            "--kernel-measures", "yes", *large)
    make_uki("uki", kernel,
             [(".cmdline", cmdline.encode()), (".initrd", b"initrd" * 99),
              (".pcrpkey", b"key\n"), (".pcrsig", b"{}\n")])
    compare("uki-served", oracle.boot("uki-served", "-kernel", "uki",
                                      until=any_linux, memory=LARGE),
            "uki", *STUB_FORCED, *large)


GRUB_CFG = """set timeout=0
set x="back\\\\slash and\ttab"
menuentry 'ee' {
\tlinux /kernel a b
}
"""


def chain_disk():
    """shim, grub, its configuration and a kernel, by gdisk and mtools."""
    Path("grub.cfg").write_text(GRUB_CFG)
    Path("volume").write_bytes(bytes(32 << 20))
    Path("disk").write_bytes(bytes(40 << 20))
    for cmd in (["mkfs.fat", "-F", "16", "volume"],
                ["mmd", "-i", "volume", "::/EFI", "::/EFI/BOOT",
                 "::/EFI/debian"],
                ["mcopy", "-i", "volume", SHIM, "::/EFI/BOOT/BOOTX64.EFI"],
                ["mcopy", "-i", "volume", GRUB, "::/EFI/BOOT/grubx64.efi"],
                ["mcopy", "-i", "volume", "grub.cfg", "::/EFI/debian"],
                ["mcopy", "-i", "volume", KERNEL, "::/kernel"],
                ["sgdisk", "-n", "1:2048:+32M", "-t", "1:ef00", "disk"],
                ["dd", "if=volume", "of=disk", "bs=512", "seek=2048",
                 "conv=notrunc", "status=none"]):
        subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL)


def chain_list(log):
    """The list for --measured: commands as the log has them, files by their
    own digests; only shim's keys are digests of the log's."""
    files = {"grub.cfg": Path("grub.cfg"), "kernel": KERNEL}
    for pcr, kind, digest, data in log:
        if not 8 <= pcr <= 15:
            continue
        if kind == 6:
            yield "grub_load_options: BOOT_IMAGE=/kernel a b"
            continue
        text = data.rstrip(b"\0").decode()
        if ": " in text:
            yield text.replace("\\", "\\\\").replace("\n", "\\n").replace(
                "\t", "\\t")
            continue
        file = files.get(text.split("/")[-1])
        if file is not None:
            digest = hashlib.sha384(file.read_bytes()).digest()
        yield "%s  %s" % (digest.hex(), text)


def test_chain():
    if not SHIM.exists() or not GRUB.exists():
        skip("shim and grub",
             "no packages shim-signed and grub-efi-amd64-signed")
        return
    chain_disk()
    memory = oracle.boot("chain", "-drive",
                         "file=disk,format=raw,if=none,id=d", "-device",
                         "virtio-blk-pci,drive=d", until=ours, memory=LARGE)
    if not ok(memory is not None, "shim, grub and a kernel boot"):
        return
    log = oracle.event_log(memory)
    Path("list").write_text("\n".join(chain_list(log)))
    shims = {b"SbatLevel": b"", b"MokListTrusted": b""}
    got = []
    for pcr, kind, digest, data in log:
        if kind == 0x800000e0:
            chars = int.from_bytes(data[16:24], "little")
            name = data[32:32 + 2 * chars:2]
            shims[name] = data[32 + 2 * chars:]
            got.append(digest.hex())
    args = ["--memory", str(LARGE), "--measured", "list"]
    for file in (SHIM, GRUB):
        args += ["--chain", str(file)]
    for name, data in shims.items():
        Path(name.decode()).write_bytes(data)
        args += ["--efi-var", "%s=%s" % (name.decode(), name.decode())]
    compare("chain", memory, "disk", *args, named=False)
    same(got, [e["digest"] for e in events("disk", *args)
               if e["type"] == "EV_EFI_VARIABLE_AUTHORITY"],
         "chain: shim's variables in RTMR0")


def main():
    needs("real boot paths", "qemu-system-x86_64", "swtpm", "objcopy", OVMF,
          STUB, KERNEL)
    with folder():
        test_direct()
        test_uki()
        test_initrd()
        test_chain()
    finish()


main()
