#!/usr/bin/env -S python3 -B
"""Predictions against real firmware: OVMF boots a disk under QEMU with a TPM,
and its event log, SHA-384 bank, must hold the events that ee-measure predicts.
Under TDX the same code of edk2 extends RTMR0 with what goes to PCR 1 and 7 here,
and RTMR1 with what goes to PCR 2 to 6. The program that is booted is made here:
it leaves the boot services and halts. TAP."""
import json
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

from tap import BIN, OVMF, finish, folder, needs, ok, same

MEMORY = 128 << 20
TIMEOUT_S = 240
TYPES = {4: "EV_SEPARATOR", 6: "EV_EVENT_TAG", 0xd: "EV_IPL",
         0x80000001: "EV_EFI_VARIABLE_DRIVER_CONFIG",
         0x80000002: "EV_EFI_VARIABLE_BOOT",
         0x80000003: "EV_EFI_BOOT_SERVICES_APPLICATION",
         0x80000006: "EV_EFI_GPT_EVENT", 0x80000007: "EV_EFI_ACTION"}


def each(got, want, title):
    """A test for every event: its type, digest and place in the order."""
    for i in range(max(len(got), len(want))):
        a, b = [x[i] if i < len(x) else None for x in (got, want)]
        same(a, b, "%s, event %d: %s" % (title, i + 1, (b or a)[0]))
    return ok(got and len(got) == len(want), "%s: %d events" %
              (title, len(want)))


# ---- the program that is booted

def efi_app():
    """PE32+, also a Linux kernel by its setup header: GetMemoryMap and
    ExitBootServices until that works, one X on the serial port, halt. Code at
    0x1000, data at 0x2000."""
    code = b""

    def rip(opcode, data):
        nonlocal code
        at = 0x1000 + len(code) + len(opcode) + 4
        code += opcode + struct.pack("<i", 0x2000 + data - at)

    code += bytes.fromhex("4883ec68"  # sub rsp, 0x68
                          "4889ce"  # mov rsi, rcx: image handle
                          "488b5a60")  # mov rbx, [rdx + 0x60]: services
    again = len(code)
    rip(b"\x48\x8d\x0d", 0)  # lea rcx, size
    code += bytes.fromhex("48c70100000100")  # mov qword [rcx], 0x10000
    rip(b"\x48\x8d\x15", 0x1000)  # lea rdx, map
    rip(b"\x4c\x8d\x05", 8)  # lea r8, key
    rip(b"\x4c\x8d\x0d", 16)  # lea r9, descriptor size
    rip(b"\x48\x8d\x05", 24)  # lea rax, descriptor version
    code += bytes.fromhex("4889442420"  # mov [rsp + 0x20], rax
                          "ff5338"  # call [rbx + 0x38]: GetMemoryMap
                          "4889f1")  # mov rcx, rsi
    rip(b"\x48\x8b\x15", 8)  # mov rdx, key
    code += bytes.fromhex("ff93e8000000"  # call [rbx + 0xe8]: ExitBootServices
                          "4885c0")  # test rax, rax
    code += b"\x75" + struct.pack("b", again - len(code) - 2)  # jnz again
    code += bytes.fromhex("baf8030000b058ee"  # out 0x3f8, 'X'
                          "f4ebfd")  # hlt, and again
    opt = struct.pack("<HBBIIIII", 0x20b, 0, 0, 512, 0, 0x20000, 0x1000,
                      0x1000)
    opt += struct.pack("<QIIHHHHHHIIIIHH", 0, 4096, 512, 0, 0, 0, 0, 0, 0, 0,
                       0x22000, 1024, 0, 10, 0)
    opt += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(128)
    coff = struct.pack("<HHIIIHH", 0x8664, 2, 0, 0, 0, len(opt), 0x22)
    table = b".text".ljust(8, b"\0") + struct.pack(
        "<IIIIIIHHI", len(code), 0x1000, 512, 1024, 0, 0, 0, 0, 0x60000020)
    table += b".data".ljust(8, b"\0") + struct.pack(
        "<IIIIIIHHI", 0x20000, 0x2000, 0, 0, 0, 0, 0, 0, 0xc0000080)
    head = bytearray((b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) +
                      b"PE\0\0" + coff + opt + table).ljust(1024, b"\0"))
    assert len(code) <= 512 and len(coff + opt + table) < 0x1f1 - 68
    head[0x1f1] = 1  # one setup sector more
    head[0x1fe:0x200] = b"\x55\xaa"
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, 0x20f)
    head[0x211] = 1
    return bytes(head) + code.ljust(512, b"\0")


# ---- one boot

def wait_for(what, seconds, test):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.2)
    print("# time is up: %s" % what)
    return False


def boot(name, *args, until=lambda said: said.endswith(b"X"),
         memory=MEMORY):
    """Boots until the program says X, or what else is waited for on the serial
    port; returns the memory, or None. A machine that is switched off stays."""
    here = Path(name).resolve()
    (here / "tpm").mkdir(parents=True)
    monitor, serial, dump = here / "mon", here / "serial", here / "memory"
    tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate",
                            "dir=%s/tpm" % here, "--ctrl",
                            "type=unixio,path=%s/sock" % here, "--flags",
                            "startup-clear"], stderr=subprocess.DEVNULL)
    vm = None
    try:
        if not wait_for("swtpm", 10, (here / "sock").exists):
            return None
        vm = subprocess.Popen(
            ["qemu-system-x86_64", "-M", "pc-q35-7.1", "-accel", "tcg", "-m",
             "%dM" % (memory >> 20), "-nodefaults", "-display", "none",
             "-bios", str(OVMF), "-serial", "file:%s" % serial, "-monitor",
             "unix:%s,server=on,wait=off" % monitor, "-chardev",
             "socket,id=c,path=%s/sock" % here, "-tpmdev",
             "emulator,id=t,chardev=c", "-device", "tpm-tis,tpmdev=t",
             "-no-shutdown", *args])
        if not wait_for("the boot", TIMEOUT_S, lambda: serial.exists() and
                        until(serial.read_bytes())):
            return None
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(monitor))
            s.sendall(b'pmemsave 0 %d "%s"\nquit\n' %
                      (memory, str(dump).encode()))
            said = b"".join(iter(lambda: s.recv(4096), b""))
            vm.wait(60)
        if not dump.exists():
            print("# QEMU: %r" % said)
            return None
        return dump.read_bytes()
    finally:
        for p in (vm, tpm):
            if p is not None and p.poll() is None:
                p.send_signal(signal.SIGKILL)
                p.wait()


def acpi_tables(memory, base=0):
    """{signature: table} of the XSDT, and the DSDT; base is the memory's
    address. The tables that firmware gives to the system are the last ones."""
    found = {}

    def table(at):
        at -= base
        size = struct.unpack_from("<I", memory, at + 4)[0]
        return memory[at:at + size]

    at = memory.find(b"RSD PTR ")
    while at >= 0:
        if memory[at + 15] >= 2 and sum(memory[at:at + 36]) & 255 == 0:
            xsdt = table(struct.unpack_from("<Q", memory, at + 24)[0])
            found = {t[:4].decode(): t for t in map(table, struct.unpack(
                "<%dQ" % (len(xsdt) // 8 - 4), xsdt[36:].ljust(
                    8 * (len(xsdt) // 8 - 4), b"\0")))}
        at = memory.find(b"RSD PTR ", at + 1)
    if "FACP" in found:
        found["DSDT"] = table(struct.unpack_from("<I", found["FACP"], 40)[0])
    return found


def event_log(memory, base=0):
    """[(pcr, type, sha384, data)] of the firmware's log."""
    return walk_log(*find_log(memory, base))[0]


def raw_log(memory):
    area, at = find_log(memory)
    return area[at:walk_log(area, at)[1]]


def find_log(memory, base=0):
    """Bytes and an offset in them, from where the TPM2 table of ACPI says that
    the log is. Firmware that lets QEMU make this table (OVMF does) writes its
    log elsewhere and leaves that area empty: then it is the log with the most
    events in memory."""
    tpm2 = acpi_tables(memory, base).get("TPM2", b"")
    if len(tpm2) >= 76:
        size, at = struct.unpack_from("<IQ", tpm2, 64)
        area = memory[at - base:at - base + size]
        if area[32:48] == b"Spec ID Event03\0":
            return area, 0
    return search_log(memory)


def search_log(memory):
    best = (0, b"", 0)
    at = memory.find(b"Spec ID Event03\0")
    while at >= 0:
        try:
            n = len(walk_log(memory, at - 32)[0])
        except (struct.error, KeyError):
            n = 0
        best = max(best, (n, memory, at - 32), key=lambda x: x[0])
        at = memory.find(b"Spec ID Event03\0", at + 1)
    return best[1:]


def walk_log(memory, at):
    """The events of the log at `at`, and where it ends."""
    sizes = {4: 20, 0xb: 32, 0xc: 48, 0xd: 64}
    out = []
    if not memory:
        return out, 0
    at += 32 + struct.unpack_from("<I", memory, at + 28)[0]
    while True:
        pcr, kind, n = struct.unpack_from("<III", memory, at)
        if pcr > 23 or n == 0 or n > 5:
            return out, at
        at += 12
        digest = None
        for _ in range(n):
            alg = struct.unpack_from("<H", memory, at)[0]
            if alg == 0xc:
                digest = memory[at + 2:at + 50]
            at += 2 + sizes[alg]
        size = struct.unpack_from("<I", memory, at)[0]
        out.append((pcr, kind, digest, memory[at + 4:at + 4 + size]))
        at += 4 + size


def once(events):
    """TDX has one separator for all PCRs of a register: drop repetitions."""
    out = []
    for e in events:
        if e[0] != "EV_SEPARATOR" or e not in out:
            out.append(e)
    return out


def predicted(rtmr, *args):
    p = subprocess.run([str(BIN / "ee-measure"), "image", "--firmware",
                        str(OVMF), "--platform", "qemu", "--memory",
                        "%dM" % (MEMORY >> 20), "-o", "json", *args],
                       capture_output=True, check=True)
    return [(e["type"], e["digest"]) for e in json.loads(p.stdout)["events"]
            if e["rtmr"] == rtmr]


def variables(log, folder):
    """The options that give this log's variables to ee-measure: the boot
    options, and SecureBoot, which OVMF makes (0) when it is in no TD."""
    args = []
    for _, kind, _, data in log:
        if kind not in (0x80000001, 0x80000002):
            continue
        chars, size = struct.unpack_from("<QQ", data, 16)
        name = data[32:32 + 2 * chars].decode("utf-16le")
        if size == 0:
            continue
        path = Path(folder) / name
        path.write_bytes(data[32 + 2 * chars:32 + 2 * chars + size])
        args += ["--efi-var", "%s=%s" % (name, path)]
    return args


def replayed(name, memory, image):
    """The log itself: the register that follows from it is the one that is
    predicted, and no digest differs from the data that it covers."""
    path = str(Path(name) / "log")
    Path(path).write_bytes(raw_log(memory))

    def tool(*args):
        return json.loads(subprocess.run(
            [str(BIN / "ee-measure"), *args, "-o", "json"],
            capture_output=True, check=True).stdout)
    want = tool("image", "--firmware", str(OVMF), "--image", image,
                "--memory", "%dM" % (MEMORY >> 20))
    same(tool("eventlog", "replay", path)["rtmr1"], want["rtmr1"],
         "%s: eventlog replay" % name)
    events = tool("eventlog", "show", path)["events"]
    same([len(events), [e for e in events if e["data_matches"] is False]],
         [len(event_log(memory)), []], "%s: eventlog show" % name)


def compare(name, memory, image):
    log = event_log(memory)
    if not ok(len(log) > 20, "%s: the firmware has a log of %d events" %
              (name, len(log))):
        return
    got = once([(TYPES.get(k, hex(k)), d.hex()) for pcr, k, d, _ in log
                if 2 <= pcr <= 6 and k != 3])
    each(got, predicted(1, "--image", image), "%s: RTMR1" % name)
    replayed(name, memory, image)
    config = [(TYPES[k], d.hex()) for pcr, k, d, _ in log
              if pcr == 7 and k in TYPES]
    boot = [(TYPES[k], d.hex()) for pcr, k, d, _ in log
            if pcr == 1 and k == 0x80000002]
    own = [e for e in predicted(0, "--image", image,
                                *variables(log, name))
           if e[0] in ("EV_EFI_VARIABLE_DRIVER_CONFIG", "EV_SEPARATOR",
                       "EV_EFI_VARIABLE_BOOT")]
    each(config + boot, own, "%s: variables of RTMR0" % name)
    return boot


def main():
    needs("real firmware", "qemu-system-x86_64", "swtpm", OVMF)
    with folder():
        efi = efi_app()
        Path("app.efi").write_bytes(efi)
        subprocess.run([str(BIN / "mkdisk"), "app.efi", "disk"], check=True)
        memory = boot("from-disk", "-drive",
                      "file=disk,format=raw,if=none,id=d", "-device",
                      "virtio-blk-pci,drive=d")
        if ok(memory is not None, "a disk boots"):
            compare("from-disk", memory, "disk")
        memory = boot("direct", "-kernel", "app.efi")
        if ok(memory is not None, "a bare kernel boots"):
            boot_vars = compare("direct", memory, "app.efi")
            same(boot_vars, [e for e in predicted(0, "--image", "app.efi")
                             if e[0] == "EV_EFI_VARIABLE_BOOT"],
                 "direct: boot variables need not be given")
    finish()


if __name__ == "__main__":
    main()
