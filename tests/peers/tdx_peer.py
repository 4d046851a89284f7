#!/usr/bin/env python3
"""A second opinion on measurements, written from the specifications and not
from the C code: TDVF metadata, MRTD, TD HOB lists, Authenticode, the GPT event
and RTMR replay. It also makes the small firmware, PE files and disks that the
tests use. `tdx_peer.py --vectors` prints tests/vectors/measure.h."""
import hashlib
import struct
import sys
import uuid
import zlib

PAGE = 4096
BFV, CFV, HOB, TEMP, PERM = range(5)
FOOTER = uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
ENTRY = uuid.UUID("e47a6535-984a-4798-865e-4685a7bf8ec2").bytes_le
META = uuid.UUID("e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae").bytes_le
GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c").bytes_le
SECURITY = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f").bytes_le
ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b").bytes_le


def sha384(data):
    return hashlib.sha384(data).digest()


# ---- firmware

def make_firmware(pages, sections, seed=1, old=False):
    """Patterned bytes with metadata for sections (off, raw, gpa, mem, type,
    attr); the descriptor lies 0x400 before the end. It is named by the GUID
    table or, in the old form, by an offset 32 bytes before the end."""
    size = pages * PAGE
    fw = bytearray((i * 7 + seed + (i >> 8)) & 0xff for i in range(size))
    desc = b"TDVF" + struct.pack("<III", 16 + 32 * len(sections), 1,
                                 len(sections))
    for off, raw, gpa, mem, kind, attr in sections:
        desc += struct.pack("<IIQQII", off, raw, gpa, mem, kind, attr)
    at = size - 0x400
    fw[at:at + len(desc)] = desc
    if old:
        fw[size - 0x20:size - 0x1c] = struct.pack("<I", at)
        return bytes(fw)
    fw[at - 16:at] = META
    table = struct.pack("<I", 0x400) + struct.pack("<H", 22) + ENTRY
    table += struct.pack("<H", len(table) + 18) + FOOTER
    fw[size - 0x20 - len(table):size - 0x20] = table
    return bytes(fw)


def descriptor(fw):
    end = len(fw) - 0x20
    if fw[end - 16:end] != FOOTER:
        return struct.unpack_from("<I", fw, end)[0]
    table = fw[end - struct.unpack_from("<H", fw, end - 18)[0]:end - 18]
    while table:
        size = struct.unpack_from("<H", table, len(table) - 18)[0]
        if table[-16:] == ENTRY:
            at = len(fw) - struct.unpack_from("<I", table,
                                              len(table) - size)[0]
            assert fw[at - 16:at] == META
            return at
        table = table[:-size]
    raise ValueError("no TDX metadata")


def sections_of(fw):
    at = descriptor(fw)
    assert fw[at:at + 4] == b"TDVF"
    n = struct.unpack_from("<I", fw, at + 12)[0]
    return [struct.unpack_from("<IIQQII", fw, at + 16 + 32 * i)
            for i in range(n)]


def mrtd(fw, two_pass=False, google_old=0):
    """google_old: memory of a machine of Google's before 2024-11."""
    h = hashlib.sha384()

    def leaf(name, gpa):
        h.update((name.ljust(16, b"\0") + struct.pack("<Q", gpa)).ljust(
            128, b"\0"))

    for off, raw, gpa, mem, kind, attr in sections_of(fw):
        data = fw[off:off + raw].ljust(mem, b"\0")
        if google_old:
            attr = 1
            if kind == HOB:
                data = hob(fw, google_old, True, True).ljust(mem, b"\0")
        if attr & 2:
            continue
        order = [(p, True, True) for p in range(0, mem, PAGE)]
        if two_pass:
            order = ([(p, True, False) for p in range(0, mem, PAGE)] +
                     [(p, False, True) for p in range(0, mem, PAGE)])
        for page, add, extend in order:
            if add:
                leaf(b"MEM.PAGE.ADD", gpa + page)
            if extend and attr & 1:
                for c in range(page, page + PAGE, 256):
                    leaf(b"MR.EXTEND", gpa + c)
                    h.update(data[c:c + 256])
    return h.digest()


# ---- TD HOB

def _free(banks, used):
    out = []
    for lo, hi in banks:
        for a, b in sorted(used) + [(1 << 60, 1 << 60)]:
            if a >= hi:
                a = hi
            if a > lo:
                out.append((lo, a))
            lo = max(lo, min(b, hi))
            if lo >= hi:
                break
    return out


def hob(fw, memory, google, old=False):
    g = 1 << 30
    secs = sections_of(fw)
    base = [s[2] for s in secs if s[4] == HOB][0]
    ram = [(s[2], s[2] + s[3]) for s in secs]
    if google:
        banks = [(0, min(memory, 3 * g)), (4 * g - (2 << 20), 4 * g)]
        at, left, room = 4 * g, max(0, memory - 3 * g), 173 * g
        while left:
            n = min(left, room)
            banks.append((at, at + n))
            at, left, room = at + n, left - n, 176 * g
        rows = [(0, 7, a, b) for a, b in ram]
        rows += [(7, 7 if old and a >= 4 * g else 0x10000007, a, b)
                 for a, b in _free(banks, ram)]
    else:
        ram = [(s[2], s[2] + s[3]) for s in secs if s[4] in (HOB, TEMP)]
        if memory < 0xb0000000:
            banks = [(0, memory)]
        else:
            banks = [(0, 2 * g), (4 * g, 2 * g + memory)]
        rows = [(0, 7, a, b) for a, b in ram]
        rows += [(7, 7, a, b) for a, b in _free(banks, ram)]
        rows.sort(key=lambda r: r[2])
    size = 56 + 48 * len(rows)
    out = struct.pack("<HHIII", 1, 56, 0, 9, 0) + bytes(32)
    out += struct.pack("<Q", base + size + (0 if google else 8))
    for kind, attr, a, b in rows:
        out += struct.pack("<HHI16xIIQQ", 3, 48, 0, kind, attr, a, b - a)
    return out + (struct.pack("<HHI", 0xffff, 8, 0) if old else b"")


# ---- PE

def make_pe(plus=True, cert=b"", tail=b"", swap=False, linux=False):
    """Two sections of 512 bytes; swap puts the first one behind the second in
    the file. linux makes room for a setup header of boot protocol 2.15."""
    headers = 1024 if linux else 512
    opt = (struct.pack("<H", 0x20b if plus else 0x10b) + bytes(58) +
           struct.pack("<II", headers, 0xdeadbeef))
    opt = opt.ljust(108 if plus else 92, b"\0") + struct.pack("<I", 16)
    end = headers + 1024 + len(tail)
    dirs = bytearray(128)
    if cert:
        struct.pack_into("<II", dirs, 32, end, len(cert))
    opt += dirs
    coff = struct.pack("<HHIIIHH", 0x8664, 3, 0, 0, 0, len(opt), 0x22e)
    order = (headers + 512, headers) if swap else (headers, headers + 512)
    table = b""
    for name, at, n in ((b".text", order[0], 512), (b".bss", 0, 0),
                        (b".data", order[1], 512)):
        table += name.ljust(8, b"\0") + struct.pack(
            "<IIIIIIHHI", 512, 4096, n, at, 0, 0, 0, 0, 0x60000020)
    dos = bytearray(b"MZ".ljust(64, b"\0"))
    struct.pack_into("<I", dos, 60, 64)
    img = bytearray((bytes(dos) + b"PE\0\0" + coff + opt + table).ljust(
        headers, b"\0"))
    if linux:
        img[0x1f1] = 1
        img[0x202:0x206] = b"HdrS"
        struct.pack_into("<H", img, 0x206, 0x20f)
        img[0x211] = 1
    img += bytes((i * 5 + 3) & 0xff for i in range(1024)) + tail + cert
    return bytes(img)


def authenticode(img):
    pe = struct.unpack_from("<I", img, 60)[0]
    n, opt_len = struct.unpack_from("<H12xH", img, pe + 6)
    opt = pe + 24
    dirs = opt + (112 if struct.unpack_from("<H", img, opt)[0] == 0x20b
                  else 96)
    headers = struct.unpack_from("<I", img, opt + 60)[0]
    skip = [(opt + 64, opt + 68)]
    cert = 0
    if struct.unpack_from("<I", img, dirs - 4)[0] > 4:
        skip.append((dirs + 32, dirs + 40))
        cert = struct.unpack_from("<I", img, dirs + 36)[0]
    h = hashlib.sha384()
    at = 0
    for a, b in skip:
        h.update(img[at:a])
        at = b
    h.update(img[at:headers])
    total = headers
    secs = [struct.unpack_from("<II", img, opt + opt_len + 40 * i + 16)
            for i in range(n)]
    for size, off in sorted(secs, key=lambda s: s[1]):
        h.update(img[off:off + size])
        total += size
    h.update(img[total:len(img) - cert])
    return h.digest()


def qemu_patched(img, memory=1 << 30, initrd=0, video_mode=None):
    if img[0x202:0x206] != b"HdrS":
        return img
    img = bytearray(img)
    img[0x210] = 0xb0
    img[0x211] |= 0x80
    struct.pack_into("<H", img, 0x224, 0xfe00)
    struct.pack_into("<I", img, 0x228, 0x20000)
    if initrd:
        top = struct.unpack_from("<I", img, 0x22c)[0]
        if struct.unpack_from("<H", img, 0x236)[0] & 0x40:
            top = 0xffffffff
        low = memory if memory < 0xb0000000 else 0x80000000
        top = min(top, low - 0x28000 - 1)
        struct.pack_into("<II", img, 0x218, (top - initrd) & ~0xfff, initrd)
    if video_mode is not None:
        struct.pack_into("<H", img, 0x1fa, video_mode)
    return bytes(img)


def set_initrd_max(img, top, above_4g=False):
    """The kernel with these in its header: where an initrd may lie."""
    img = bytearray(img)
    struct.pack_into("<I", img, 0x22c, top)
    struct.pack_into("<H", img, 0x236, 0x40 if above_4g else 0)
    return bytes(img)


def set_version(img, text):
    """The kernel with this as its release."""
    img = bytearray(img)
    struct.pack_into("<H", img, 0x20e, 0x100)
    img[0x300:0x300 + len(text)] = text.encode()
    return bytes(img)


def load_options(text):
    return sha384((text + "\0").encode("utf-16le"))


# ---- unified kernel images

def make_uki(version, parts):
    """A PE file with systemd-stub's mark and these sections, [(name, data)]."""
    parts = [(".text", b"\xc3" * 512),
             (".sdmagic", b"#### LoaderInfo: systemd-stub %d.1 ####\0" %
              version)] + parts
    head = bytearray(1024)
    head[0:2] = b"MZ"
    struct.pack_into("<I", head, 60, 64)
    opt = struct.pack("<H58xII", 0x20b, 1024, 0).ljust(108, b"\0")
    opt += struct.pack("<I", 16) + bytes(128)
    pe = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(parts), 0, 0, 0,
                                  len(opt), 0x22e) + opt
    head[64:64 + len(pe)] = pe
    body = b""
    for i, (name, data) in enumerate(parts):
        raw = data.ljust(-(-len(data) // 512) * 512, b"\0")
        struct.pack_into("<8sIIII", head, 64 + len(pe) + 40 * i,
                         name.encode(), len(data), 4096 * (i + 1), len(raw),
                         1024 + len(body))
        body += raw
    return bytes(head) + body


def cpio_extra(name, data):
    """What systemd-stub makes of a section for the kernel: a newc archive."""
    def entry(inode, mode, nlink, size, path, trailer=False):
        n = len(path) + 1
        text = "070701" + "".join(
            "%08x" % v for v in (inode, mode, 0, 0, nlink, 0, size, 0, 0, 0,
                                 0, n, 0))
        out = (text.upper() if trailer else text).encode()
        out += path.encode() + b"\0"
        return out + bytes(-len(out) % 4)

    return (entry(1, 0o40555, 1, 0, ".extra") +
            entry(2, 0o100444, 1, len(data), ".extra/" + name) + data +
            bytes(-len(data) % 4) + entry(0, 0, 1, 0, "TRAILER!!!", True))


def uki_rtmr2(version, parts, measures, cmdline=None):
    """What a UKI extends RTMR2 with: its sections when `measures`, then what
    the kernel measures."""
    has = dict(parts)
    order = [".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb",
             ".pcrpkey"]
    if version >= 256:
        order = order[:4] + [".ucode", ".splash", ".dtb", ".uname", ".sbat",
                             ".pcrpkey"]
    out = []
    for name in order if measures else []:
        if name in has:
            out += [sha384(name.encode() + b"\0"), sha384(has[name])]
    options = cmdline or has.get(".cmdline", b"").decode()
    options = "".join(" " if c < " " else c for c in options).rstrip()
    if cmdline and measures:
        out.append(load_options(options))
    if options:
        out.append(load_options(options))
    initrd = [has[n] for n in (".ucode", ".initrd")
              if n in has and (n != ".ucode" or version >= 256)]
    for name, file in ((".pcrsig", "tpm2-pcr-signature.json"),
                       (".pcrpkey", "tpm2-pcr-public-key.pem"),
                       (".osrel", "os-release")):
        if name in has and (name != ".osrel" or version >= 257):
            initrd.append(cpio_extra(file, has[name]))
    if len(initrd) > 1:
        initrd = [i + bytes(-len(i) % 4) for i in initrd]
    if initrd:
        out.append(sha384(b"".join(initrd)))
    return out


# ---- disks

def make_gpt(esp, first=64, entries=4):
    """A disk with one EFI system partition that holds esp."""
    last = first + len(esp) // 512 - 1
    total = last + 3
    table = (ESP + bytes(range(16)) + struct.pack("<QQQ", first, last, 0) +
             "EE".encode("utf-16le").ljust(72, b"\0"))
    table = table.ljust(128 * entries, b"\0")
    head = (b"EFI PART" + struct.pack("<IIII", 0x10000, 92, 0, 0) +
            struct.pack("<QQQQ", 1, total - 1, first, last) +
            bytes(range(16, 32)) + struct.pack("<QIII", 2, entries, 128,
                                               zlib.crc32(table)))
    head = head[:16] + struct.pack("<I", zlib.crc32(head)) + head[20:]
    disk = bytearray(total * 512)
    disk[512:512 + 92] = head
    disk[1024:1024 + len(table)] = table
    disk[first * 512:first * 512 + len(esp)] = esp
    return bytes(disk)


def make_fat12(content, chain=None, sectors=48):
    """A FAT12 volume, one sector a cluster, with \\EFI\\BOOT\\BOOTX64.EFI. chain
    lists the file's clusters, in order from 4 on by default."""
    n = -(-len(content) // 512)
    chain = chain or list(range(4, 4 + n))
    fat = bytearray(512)

    def put(c, v):
        at = c * 3 // 2
        x = struct.unpack_from("<H", fat, at)[0]
        x = (x & 0xf | v << 4) if c & 1 else (x & 0xf000 | v)
        struct.pack_into("<H", fat, at, x)

    def row(name, attr, cluster, size=0):
        return name + bytes([attr]) + bytes(14) + struct.pack(
            "<HI", cluster, size)

    put(0, 0xff8)
    put(1, 0xfff)
    put(2, 0xfff)
    put(3, 0xfff)
    for a, b in zip(chain, chain[1:] + [0xfff]):
        put(a, b)
    boot = (b"\xeb\x3c\x90EEMAKER " + struct.pack(
        "<HBHBHHBHHHI", 512, 1, 1, 1, 16, sectors, 0xf8, 1, 1, 1, 0) +
        bytes(4)).ljust(510, b"\0") + b"\x55\xaa"
    root = row(b"EE LABEL   ", 8, 0) + row(b"EFI        ", 16, 2)
    data = bytearray((sectors - 3) * 512)
    data[0:32] = row(b"BOOT       ", 16, 3)
    data[512:544] = row(b"\xe5OOTX64 EFI", 32, 9, 9)
    data[544:576] = row(b"BOOTX64 EFI", 32, chain[0], len(content))
    for i, c in enumerate(chain):
        part = content[512 * i:512 * i + 512]
        data[512 * (c - 2):512 * (c - 2) + len(part)] = part
    return boot + bytes(fat) + root.ljust(512, b"\0") + bytes(data)


def gpt_event(disk):
    lba, n, size = struct.unpack_from("<QII", disk, 512 + 72)
    table = [disk[lba * 512 + i * size:lba * 512 + (i + 1) * size]
             for i in range(n)]
    used = [e for e in table if e[:16] != bytes(16)]
    return sha384(disk[512:512 + 92] + struct.pack("<Q", len(used)) +
                  b"".join(used))


# ---- registers

def replay(digests):
    reg = bytes(48)
    for d in digests:
        reg = sha384(reg + d)
    return reg


def variable(guid, name, data=b""):
    return sha384(guid + struct.pack("<QQ", len(name), len(data)) +
                  name.encode("utf-16le") + data)


def rtmr0_sim(fw, memory):
    cfv = [s for s in sections_of(fw) if s[4] == CFV][0]
    return [sha384(hob(fw, memory, False)),
            sha384(fw[cfv[0]:cfv[0] + cfv[1]]),
            variable(GLOBAL, "SecureBoot"), variable(GLOBAL, "PK"),
            variable(GLOBAL, "KEK"), variable(SECURITY, "db"),
            variable(SECURITY, "dbx"), sha384(bytes(4))]


def rtmr1(pe_digest, disk=None, more=()):
    """more: what starts after the image."""
    call = sha384(b"Calling EFI Application from Boot Option")
    out = list(more) + [sha384(b"Exit Boot Services Invocation"),
                        sha384(b"Exit Boot Services Returned with Success")]
    if disk is None:
        return [pe_digest, call, sha384(bytes(4))] + out
    return [call, sha384(bytes(4)), gpt_event(disk), pe_digest] + out


# ---- the vectors of the unit tests

# off, raw, gpa, mem, type, attr. Not in order of address.
SMALL = [(PAGE, 2 * PAGE, 0xffffe000, 2 * PAGE, BFV, 1),
         (0, PAGE, 0xffffd000, PAGE, CFV, 0),
         (0, 0, 0x810000, 0x10000, TEMP, 0),
         (0, 0, 0x809000, 0x2000, HOB, 0),
         (0, 0, 0x80b000, 0x2000, TEMP, 0)]


def vectors():
    fw = make_firmware(3, SMALL)
    pe, kernel = make_pe(), make_pe(linux=True)
    disk = make_gpt(make_fat12(pe))
    gib = 1 << 30
    rows = [
        ("FIRMWARE_SHA384", sha384(fw)),
        ("FIRMWARE_MRTD", mrtd(fw)),
        ("FIRMWARE_MRTD_TWO_PASS", mrtd(fw, True)),
        ("FIRMWARE_MRTD_GOOGLE_OLD_16G", mrtd(fw, google_old=16 * gib)),
        ("HOB_QEMU_512M", sha384(hob(fw, gib // 2, False))),
        ("HOB_QEMU_2G75", sha384(hob(fw, 0xb0000000, False))),
        ("HOB_QEMU_BELOW_2G75", sha384(hob(fw, 0xaffff000, False))),
        ("HOB_QEMU_64G", sha384(hob(fw, 64 * gib, False))),
        ("HOB_GOOGLE_16G", sha384(hob(fw, 16 * gib, True))),
        ("HOB_GOOGLE_704G", sha384(hob(fw, 704 * gib, True))),
        ("PE_PLUS", authenticode(pe)),
        ("PE_32", authenticode(make_pe(plus=False))),
        ("PE_SWAPPED", authenticode(make_pe(swap=True))),
        ("PE_TAIL_CERT", authenticode(make_pe(tail=b"tail" * 5,
                                              cert=b"cert" * 4))),
        ("KERNEL_AS_IS", authenticode(kernel)),
        ("KERNEL_PATCHED", authenticode(qemu_patched(kernel))),
        ("DISK_SHA384", sha384(disk)),
        ("DISK_GPT_EVENT", gpt_event(disk)),
        ("RTMR0_SIM_512M", replay(rtmr0_sim(fw, gib // 2))),
        ("RTMR1_DISK", replay(rtmr1(authenticode(pe), disk))),
        ("RTMR1_DIRECT", replay(rtmr1(authenticode(qemu_patched(kernel))))),
        ("RTMR3_CONFIG", replay([sha384(b"{}")])),
    ]
    print_vectors("--vectors", "MEASURE", rows)


# The UKI of the unit tests, but for its kernel.
PARTS = [(".osrel", b"NAME=ee\n"), (".cmdline", b"console=ttyS0\tquiet \n"),
         (".initrd", b"initrd" * 3), (".ucode", b"ucode"),
         (".splash", b"BM"), (".uname", b"6.12.1"), (".sbat", b"sbat,1,x\n"),
         (".pcrpkey", b"key\n"), (".pcrsig", b"{}\n")]


def boot_vectors():
    kernel = set_version(make_pe(linux=True), "6.12.1 (ee)")
    pe = make_pe()
    gib = 1 << 30
    initrd = bytes(range(250)) * 20

    def patched(top, above_4g, *args):
        return authenticode(qemu_patched(set_initrd_max(kernel, top,
                                                        above_4g), *args))

    def uki(version, parts):
        return make_uki(version, parts + [(".linux", kernel)])

    def rtmr2(version, measures, cmdline=None, parts=None):
        parts = (PARTS if parts is None else parts) + [(".linux", kernel)]
        return replay(uki_rtmr2(version, parts, measures, cmdline))

    full, inner = uki(252, PARTS), authenticode(kernel)
    rows = [
        ("BOOT_KERNEL_512M", patched(0x7fffffff, False, gib // 2, 5000)),
        ("BOOT_KERNEL_2G", patched(0x7fffffff, False, 2 * gib, 5000)),
        ("BOOT_KERNEL_LOW_MAX", patched(0x37ffffff, False, 2 * gib, 5000)),
        ("BOOT_KERNEL_64G", patched(0x37ffffff, True, 64 * gib, 5000)),
        ("BOOT_KERNEL_VGA", patched(0, False, gib, 0, 0x317)),
        ("BOOT_KERNEL_VGA_ASK", patched(0, False, gib, 0, 0xfffd)),
        ("BOOT_LINUX_RTMR2", replay([load_options("a b initrd=initrd"),
                                     sha384(initrd)])),
        ("BOOT_LINUX_FIRST_RTMR2", replay([load_options("initrd=initrd a b"),
                                           sha384(initrd)])),
        ("BOOT_LINUX_NOINITRD_RTMR2",
         replay([load_options("a noinitrd initrd=initrd")])),
        ("BOOT_UKI", sha384(full)),
        ("BOOT_UKI_252_RTMR1", replay(rtmr1(authenticode(full),
                                            more=[inner]))),
        ("BOOT_UKI_258_RTMR1", replay(rtmr1(authenticode(
            uki(258, PARTS))))),
        ("BOOT_UKI_252_RTMR2", rtmr2(252, False)),
        ("BOOT_UKI_252_LOUD_RTMR2", rtmr2(252, True)),
        ("BOOT_UKI_256_RTMR2", rtmr2(256, True)),
        ("BOOT_UKI_257_RTMR2", rtmr2(257, True)),
        ("BOOT_UKI_258_RTMR2", rtmr2(258, True)),
        ("BOOT_UKI_258_APPEND_RTMR2", rtmr2(258, True, "a b")),
        ("BOOT_UKI_BARE_RTMR2", rtmr2(252, False, parts=[
            (".initrd", b"initrd" * 3)])),
        ("BOOT_CHAIN_RTMR1", replay(rtmr1(
            authenticode(pe), make_gpt(make_fat12(pe)),
            [authenticode(make_pe(plus=False)), inner]))),
        ("BOOT_LIST_RTMR2", replay([
            sha384(b"set default=2"), sha384(b"menuentry x {\n\tboot\\\n}"),
            bytes(range(48)), sha384(b"/vmlinuz ro"), load_options("ro"),
            sha384("BOOT_IMAGE=/vmlinuz ro".encode("utf-16le"))])),
    ]
    print_vectors("--boot-vectors", "BOOT", rows)


def print_vectors(option, name, rows):
    print("/* Expected values of the measurement tests. Generated by\n"
          " * tests/peers/tdx_peer.py %s; do not edit. */\n"
          "/* clang-format off */\n"
          "#ifndef TESTS_VECTORS_%s_H\n#define TESTS_VECTORS_%s_H\n" %
          (option, name, name))
    for name, value in rows:
        text = value.hex()
        print("#define %s \\\n\t\"%s\" \\\n\t\"%s\"" % (name, text[:48],
                                                        text[48:]))
    print("#endif")


if __name__ == "__main__":
    if sys.argv[1:] == ["--vectors"]:
        vectors()
    elif sys.argv[1:] == ["--boot-vectors"]:
        boot_vectors()
    else:
        sys.exit("usage: tdx_peer.py --vectors|--boot-vectors")
