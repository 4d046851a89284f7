#!/usr/bin/env python3
"""Boot paths against real firmware, as oracle.py does it: a unified kernel
image with Debian's systemd-stub and our kernel, from a disk and with -kernel,
and our kernel with -append and -initrd. What the firmware, the stub and the
kernel's EFI stub measure into PCR 1, 2 to 9, 11 and 12 must be what ee-measure
predicts, by name, digest and order. Under TDX the same programs extend RTMR2
with what goes to PCR 8 and above here. Our kernel loads no initrd; where a
distribution's kernel is installed, that one is asked what it measures. TAP."""
import glob
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import oracle  # noqa: E402
from oracle import BIN, MEMORY, TYPES, ok, same  # noqa: E402

KERNEL = BIN.parent / "BOOTX64.EFI"
STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
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
        return data.decode("utf-16le").rstrip("\0")
    return ""


def our_text(event):
    kind, what = event["type"], event["what"]
    if kind not in ("EV_EFI_ACTION", "EV_EVENT_TAG", "EV_IPL"):
        return ""
    return what.split(",")[0]


def compare(name, memory, image, *args, log_cmdline=None):
    """log_cmdline: the stub's event for it has it for a name."""
    if not ok(memory is not None, "%s boots" % name):
        return
    log = oracle.event_log(memory)
    for rtmr, pcrs in ((1, range(2, 7)), (2, range(8, 16))):
        got = [(TYPES.get(k, hex(k)), d.hex(), text_of(k, data))
               for pcr, k, d, data in log if pcr in pcrs and k != 3]
        got = [(t, d, "kernel command line" if log_cmdline and
                x == log_cmdline else x) for t, d, x in got]
        want = [(e["type"], e["digest"], our_text(e))
                for e in events(image, *args) if e["rtmr"] == rtmr]
        same(oracle.once(got), want,
             "%s: every event of RTMR%d, by name and in order" % (name, rtmr))
    variables = [(TYPES[k], d.hex()) for pcr, k, d, _ in log
                 if pcr == 1 and k == 0x80000002]
    given = oracle.variables(log, name)
    want = [(e["type"], e["digest"]) for e in events(image, *args, *given)
            if e["type"] == "EV_EFI_VARIABLE_BOOT"]
    same(variables, want, "%s: the boot variables of RTMR0" % name)


def events(image, *args):
    if "--memory" not in args:
        args += ("--memory", "%d" % MEMORY)
    out = subprocess.run(
        [str(BIN / "ee-measure"), "image", "--firmware", str(oracle.OVMF),
         "-o", "json", "--image", image, *args], capture_output=True,
        check=True).stdout
    return oracle.json.loads(out)["events"]


def make_uki(path, kernel, parts):
    """Adds sections to the stub. Real tools do it with objcopy, too."""
    args, at = ["objcopy"], 0x1000000
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
            log_cmdline=" c  d")


def test_initrd():
    """A kernel that measures its initrd, alone and in a UKI."""
    found = sorted(glob.glob("/boot/vmlinuz-*"))
    if not found:
        ok(True, "an initrd is measured # SKIP no /boot/vmlinuz-*")
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


def main():
    for need in ("qemu-system-x86_64", "swtpm", "objcopy", oracle.OVMF, STUB,
                 KERNEL):
        if oracle.shutil.which(str(need)) is None and not Path(need).exists():
            print("1..1\nok 1 - real boot paths # SKIP no %s" % need)
            return
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        test_direct()
        test_uki()
        test_initrd()
        os.chdir("/")
    print("1..%d" % oracle.count)
    sys.exit(oracle.bad != 0)


main()
