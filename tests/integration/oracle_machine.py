#!/usr/bin/env -S python3 -B
"""The launcher's machine and our production disk against real firmware. Each
machine runs twice: once for `ee-launcher acpi`, which says what its ACPI blobs
and boot variables are, and once with a TPM until our kernel runs, for the log
of what the firmware measured. Every event of PCR 1, 4, 5, 7 and 9 must be the
one that ee-measure predicts from the first run, by name, digest and order; no
value of the log goes into the prediction. Both runs have the TPM, which is in
the ACPI tables. Debian 12's firmware does not measure the ACPI blobs: there the
tables in the guest's memory must be the blobs' bytes. Firmware that measures
them is in the fixtures. TAP."""
import concurrent.futures
import hashlib
import json
import os
import socket
import struct
import subprocess
import time
from pathlib import Path

import oracle
from oracle import each
from tap import BIN, OVMF, SHARED, finish, folder, needs, ok, same, skip

DISK = BIN.parent / "ee-appliance.raw"
PLUCKY = SHARED / "fixtures/firmware/ubuntu-plucky-OVMF.fd"
TYPES = {**oracle.TYPES, 0xa: "EV_PLATFORM_CONFIG_FLAGS"}
MIB = 1 << 20
TIMEOUT_S = 60
# Stands in for QEMU: adds a TPM, and leaves the command line for the second run.
WRAPPER = """#!/bin/sh
[ "$1" = --version ] && exec qemu-system-x86_64 --version
printf '%%s\\n' "$@" >%(here)s/argv
exec qemu-system-x86_64 "$@" %(tpm)s
"""


class Machine:
    made = 0

    def __init__(self, name, firmware=OVMF, mib=128, cpus=1, disks=1,
                 image=DISK):
        self.name, self.firmware, self.image = name, firmware, image
        self.mib, self.cpus, self.disks = mib, cpus, disks
        Machine.made += 1  # short: sockets have short names
        self.here = Path("m%d" % Machine.made).resolve()
        self.log = self.tables = self.said = None

    def tpm(self, run):
        """swtpm for one run, and QEMU's options for it."""
        state = self.here / run
        state.mkdir(parents=True)
        p = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate",
                              "dir=%s" % state, "--ctrl",
                              "type=unixio,path=%s/sock" % state, "--flags",
                              "startup-clear"], stderr=subprocess.DEVNULL)
        oracle.wait_for("swtpm", 10, (state / "sock").exists)
        return p, ["-chardev", "socket,id=c,path=%s/sock" % state, "-tpmdev",
                   "emulator,id=t,chardev=c", "-device", "tpm-tis,tpmdev=t"]

    def capture(self):
        tpm, args = self.tpm("tpm1")
        try:
            wrapper = self.here / "qemu"
            wrapper.write_text(WRAPPER % {"here": self.here,
                                          "tpm": " ".join(args)})
            wrapper.chmod(0o755)
            return subprocess.run(
                [str(BIN / "ee-launcher"), "acpi", "--image", str(self.image),
                 "--firmware", str(self.firmware), "--memory",
                 "%dM" % self.mib, "--cpus", str(self.cpus), "--disks",
                 str(self.disks), "--qemu", str(wrapper), "--out",
                 str(self.here / "acpi"), "-o", "json"],
                capture_output=True, text=True)
        finally:
            tpm.kill()
            tpm.wait()

    def boot(self):
        """The same machine until our kernel runs; keeps log and tables."""
        tpm, args = self.tpm("tpm2")
        argv = (self.here / "argv").read_text().splitlines()
        vm = subprocess.Popen(["qemu-system-x86_64", *argv, *args],
                              cwd=self.here, stderr=subprocess.DEVNULL)
        try:
            console = self.here / "console.log"
            oracle.wait_for("our kernel", TIMEOUT_S, lambda:
                            console.exists() and
                            b"ee: boot" in console.read_bytes())
            self.read()
        finally:
            for p in (vm, tpm):
                p.kill()
                p.wait()

    def read(self):
        """What the firmware used is in the upper 128 MiB below 4 GiB."""
        low = self.mib * MIB if self.mib < 2816 else 2048 * MIB
        base = low - 128 * MIB
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.here / "qmp.sock"))
            f = s.makefile("rw")
            for line in ('{"execute":"qmp_capabilities"}', '{"execute":"stop"}',
                         '{"execute":"pmemsave","arguments":{"val":%d,"size":'
                         '%d,"filename":"memory"}}' % (base, low - base)):
                f.write(line + "\n")
                f.flush()
                while '"return"' not in f.readline():
                    pass
        memory = (self.here / "memory").read_bytes()
        os.unlink(self.here / "memory")
        self.tables = oracle.acpi_tables(memory, base)
        self.log = oracle.event_log(memory, base)

    def run(self):
        self.said = self.capture()
        if self.said.returncode == 0:
            self.boot()
        return self


# ---- comparing

def name_of(kind, data):
    """What an event calls itself."""
    if kind in (0x80000001, 0x80000002):
        chars = struct.unpack_from("<Q", data, 16)[0]
        return data[32:32 + 2 * chars].decode("utf-16le")
    if kind in (0xa, 0x80000007):
        return data.rstrip(b"\0").decode()
    if kind == 0x80000003:  # the last node of the device path: a file
        return data[data.rindex(b"\x04\x04") + 4:-4].decode(
            "utf-16le").rstrip("\0")
    return {0x80000006: "partition table"}.get(kind, "")


def logged(m, pcrs):
    tpm_log = hashlib.sha384(bytes(65536)).digest()  # only a TPM's machine
    out = []
    for pcr, kind, digest, data in m.log:
        if pcr in pcrs and kind != 3 and digest != tpm_log:
            e = (TYPES.get(kind, hex(kind)), digest.hex(), name_of(kind, data))
            if kind != 4 or e not in out:  # one separator for a register
                out.append(e)
    return out


def predicted(m):
    p = subprocess.run(
        [str(BIN / "ee-measure"), "image", "--firmware", str(m.firmware),
         "--image", str(m.image), "--memory", "%dM" % m.mib, "--cpus",
         str(m.cpus), "--acpi", str(m.here / "acpi"), "-o", "json"],
        capture_output=True, check=True)
    return json.loads(p.stdout)


def named(event, names):
    """Our event as the log would have it: with the log's name for it, if that
    is how ours begins."""
    what = event["what"]
    name = next((n for n in sorted(names, key=len, reverse=True)
                 if n and what.startswith(n)), "")
    return (event["type"], event["digest"], name)


def compare(m):
    if not ok(m.said.returncode == 0 and m.log,
              "%s: captured, and boots to our kernel" % m.name, m.said.stderr):
        return
    files = json.loads(m.said.stdout)["files"]
    same([f["name"] for f in files if hashlib.sha384(
        (m.here / "acpi" / f["name"]).read_bytes()).hexdigest() !=
        f["sha384"]] + [len(files) < 8], [False],
         "%s: the folder holds what was said" % m.name)
    p = predicted(m)
    blobs = m.firmware != OVMF
    rows = (("PCR 7, then 1", 0, (7, 1), ("EV_EFI_VARIABLE_DRIVER_CONFIG",
                                          "EV_SEPARATOR",
                                          "EV_EFI_VARIABLE_BOOT") +
             (("EV_PLATFORM_CONFIG_FLAGS",) if blobs else ())),
            ("PCR 4 and 5", 1, (2, 3, 4, 5, 6), None),
            ("PCR 9", 2, tuple(range(8, 16)), None))
    for title, rtmr, pcrs, types in rows:
        got = logged(m, pcrs)
        names = {n for _, _, n in got}
        want = [named(e, names) for e in p["events"] if e["rtmr"] == rtmr and
                (types is None or e["type"] in types)]
        if want or got:
            each(got, want, "%s: %s" % (m.name, title))
        else:
            ok(rtmr == 2, "%s: %s: no events" % (m.name, title))
    same([p["rtmr0"] is None, p["rtmr2"]], [False, "0" * 96],
         "%s: every register is known" % m.name)
    tables(m)


def linked(loader):
    """Bytes of etc/acpi/tables that the linker's script writes."""
    out = set()
    for at in range(0, len(loader), 128):
        command = struct.unpack_from("<I", loader, at)[0]
        dest = loader[at + 4:at + 60].rstrip(b"\0")
        if dest != b"etc/acpi/tables":
            continue
        if command == 2:  # ADD_POINTER: destination, source, offset, size
            offset, size = struct.unpack_from("<IB", loader, at + 116)
            out.update(range(offset, offset + size))
        if command == 3:  # ADD_CHECKSUM: file, offset, start, length
            out.add(struct.unpack_from("<I", loader, at + 60)[0])
    return out


def tables(m):
    """The tables in memory are the blob's. The linker's fields differ, and in
    the FADT those that edk2 fills in: FACS and DSDT, of 32 and 64 bits."""
    blob = (m.here / "acpi/tables").read_bytes()
    skip = linked((m.here / "acpi/table-loader").read_bytes())
    fadt = set(range(36, 44)) | set(range(132, 148)) | {9}
    for name, table in sorted(m.tables.items()):
        at = blob.find(table[:8])
        if at < 0:
            ok(False, "%s: ACPI table %s is in the blob" % (m.name, name))
            continue
        differ = [i for i, b in enumerate(table) if b != blob[at + i] and
                  at + i not in skip and not (name == "FACP" and i in fadt)]
        same(differ, [], "%s: ACPI table %s, %d bytes" % (m.name, name,
                                                          len(table)))


# ---- cases

def other_guid():
    subprocess.run(["cp", "--sparse=always", str(DISK), "guid.raw"],
                   check=True)
    subprocess.run(["sgdisk", "-U", "01234567-89ab-cdef-0123-456789abcdef",
                    "guid.raw"], check=True, stdout=subprocess.DEVNULL)
    return Path("guid.raw").resolve()


def machines():
    yield Machine("disk")
    yield Machine("other disk GUID", image=other_guid())
    yield Machine("two disks", disks=2)
    yield Machine("192 MiB, 2 CPUs", mib=192, cpus=2)
    yield Machine("3 GiB", mib=3072)
    if PLUCKY.exists():
        yield Machine("measured ACPI", firmware=PLUCKY)
        yield Machine("measured ACPI, 3 GiB, 2 CPUs, 3 disks",
                      firmware=PLUCKY, mib=3072, cpus=2, disks=3)


def half_written():
    """A folder of another machine, in which one file cannot be written; and a
    QEMU that is named by a path from here."""
    Path("half/tables").mkdir(parents=True)
    Path("half/machine.json").write_text("{}")
    Path("plain").write_text('#!/bin/sh\nexec qemu-system-x86_64 "$@"\n')
    Path("plain").chmod(0o755)
    said = subprocess.run(
        [str(BIN / "ee-launcher"), "acpi", "--image", str(DISK), "--firmware",
         str(OVMF), "--qemu", "./plain", "--out", "half"],
        capture_output=True, text=True)
    ok(said.returncode == 4 and "half: Is a directory" in said.stderr,
       "a machine that cannot be written, of ./QEMU: exit 4", said)
    ok(not Path("half/machine.json").exists(),
       "what is half of it is not called a machine")


def main():
    needs("the launcher's machine", "qemu-system-x86_64", "swtpm", "sgdisk",
          OVMF, DISK, BIN / "ee-launcher")
    begin = time.monotonic()
    with folder():
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(Machine.run, machines()))
        for m in done:
            compare(m)
        same([r for r in ("rtmr0", "rtmr1") if
              len({predicted(m)[r] for m in done[:5]}) < (4, 2)[r == "rtmr1"]],
             [], "each machine has its RTMR0, each disk its RTMR1")
        half_written()
    if not PLUCKY.exists():
        skip("firmware that measures the ACPI blobs", "no fixtures")
    print("# %.0f s" % (time.monotonic() - begin))
    finish()


if __name__ == "__main__":
    main()
