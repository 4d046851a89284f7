#!/usr/bin/env python3
"""differ.py [--tree DIR] [--keep DIR] ONE TWO - name what differs first between
two builds of one file, as deep inside as it can be named:

  EFI binary   the file in its initramfs; else the section of the kernel, with the
               function and its object when --tree is the tree that TWO was
               linked in; else the part of the binary
  initramfs    the file in it
  JSON         the member
  others       the byte

--keep: put both versions of the innermost thing into DIR, as one and two.
Exit: 0 equal; 1 not; 2 usage; 4 a file cannot be read."""
import argparse
import bisect
import functools
import json
import mmap
import re
import struct
import subprocess
import sys
from pathlib import Path

CPIO = re.compile(rb"070701[0-9A-Fa-f]{104}")


def cpio_files(data):
    """{name: (header but for the inode, content)} of a newc archive."""
    files, at = {}, 0
    while CPIO.match(data, at):
        field = [int(data[i:i + 8], 16) for i in range(at + 6, at + 110, 8)]
        size, name_len = field[6], field[11]
        name = data[at + 110:at + 109 + name_len].decode("utf-8", "replace")
        start = (at + 110 + name_len + 3) & ~3
        if name == "TRAILER!!!":
            break
        what = "mode {1:o} uid {2} gid {3} links {4} time {5}".format(*field)
        files["/" + name] = what, data[start:start + size]
        at = (start + size + 3) & ~3
    return files


def elf_sections(elf):
    """{name: (address, content)} of a 64-bit ELF's sections that have both."""
    table, = struct.unpack_from("<Q", elf, 40)
    size, n, names = struct.unpack_from("<HHH", elf, 58)
    rows = [struct.unpack_from("<IIQQQQ", elf, table + i * size)
            for i in range(n)]
    strings = rows[names][4]
    out = {}
    for name, kind, flags, address, offset, length in rows:
        end = elf.index(b"\0", strings + name)
        if kind not in (0, 8) and flags & 2:
            out[elf[strings + name:end].decode()] = (
                address, elf[offset:offset + length])
    last = max(r[4] + r[5] for r in rows if r[1] != 8)
    out["(relocations)"] = 0, elf[max(last, table + n * size):]
    return out


def efi_parts(data):
    """(vmlinux, {name: rest}) of an x86 bzImage with a zstd payload, or None."""
    if data[0x202:0x206] != b"HdrS":
        return None
    setup = (data[0x1f1] + 1) * 512
    offset, length = struct.unpack_from("<II", data, 0x248)
    payload = data[setup + offset:setup + offset + length]
    if not payload.startswith(b"\x28\xb5\x2f\xfd"):
        return None
    # What follows the frame is its size.
    got = subprocess.run(["zstd", "-dcq"], input=payload[:-4], check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if not got.stdout.startswith(b"\x7fELF"):
        return None
    return got.stdout, {
        "setup code and headers": data[:setup],
        "decompressor, before the kernel": data[setup:setup + offset],
        "compression of the kernel": payload,
        "decompressor, after the kernel": data[setup + offset + length:]}


def initramfs(vmlinux):
    """Where the archive begins in the kernel's data."""
    m = CPIO.search(vmlinux)
    return vmlinux[m.start():] if m else b""


@functools.cache
def nm(tree, *args):
    return subprocess.run(["nm", *args], cwd=tree, check=False, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def symbol(tree, section, address):
    """" in FUNCTION (OBJECT)" for an address in a section of a tree's kernel."""
    rows = sorted((int(line.split()[0], 16), line.split()[2])
                  for line in nm(tree, "-n", "vmlinux").splitlines()
                  if line.count(" ") == 2 and " __st" not in line)
    at = bisect.bisect_right(rows, (address, "~")) - 1
    if at < 0 or rows[at][0] < section:
        return ""
    name = rows[at][1]
    objects = re.findall(rf"^(?:vmlinux\.a:)?([^:\n]+):\S+ \w {re.escape(name)}$",
                         nm(tree, "-A", "--defined-only", "vmlinux.a"), re.M)
    return f" in {name}" + (f" ({' or '.join(objects[:3])})" if objects else "")


def first_byte(one, two):
    """Where they differ; the shorter one's length when that is its end."""
    n = min(len(one), len(two))
    for at in range(0, n, 4096):
        a, b = one[at:at + 4096], two[at:at + 4096]
        for i, (x, y) in enumerate(zip(a, b)) if a != b else ():
            if x != y:
                return at + i
    return n


def bytes_differ(what, one, two):
    yield (f"{what}: at {first_byte(one, two)} of {len(one)} bytes"
           + (f" and {len(two)}" if len(two) != len(one) else ""), one, two)


def cpio_differ(what, one, two):
    a, b = cpio_files(one), cpio_files(two)
    for name in sorted(a.keys() | b.keys()):
        if name not in a or name not in b:
            yield (f"{what}: {name} is in the "
                   f"{'second' if name in b else 'first'} only", b"", b"")
        elif a[name][1] != b[name][1]:
            yield from bytes_differ(f"{what}: {name}", a[name][1], b[name][1])
        elif a[name][0] != b[name][0]:
            yield (f"{what}: {name}: {a[name][0]} and {b[name][0]}", b"", b"")
    if list(a) != list(b):
        yield f"{what}: the order of its files", b"", b""
    elif a == b and one != two:
        yield from bytes_differ(what, one, two)


def efi_differ(what, one, two, tree):
    """The initramfs moves what follows it: it alone is named when it differs."""
    (kernel1, parts1), (kernel2, parts2) = efi_parts(one), efi_parts(two)
    a, b = initramfs(kernel1), initramfs(kernel2)
    if cpio_files(a) != cpio_files(b):
        yield from cpio_differ(f"{what}: initramfs", a, b)
        return
    a, b = elf_sections(kernel1), elf_sections(kernel2)
    for name in a if list(a) == list(b) else sorted(a.keys() | b.keys()):
        at, x = a.get(name, (0, b""))
        to, y = b.get(name, (0, b""))
        if x != y:
            where = symbol(tree, to, to + first_byte(x, y)) if tree else ""
            yield from bytes_differ(f"{what}: kernel: {name}{where}", x, y)
        elif at != to:
            yield f"{what}: kernel: {name} at {at:#x} and {to:#x}", b"", b""
    if kernel1 == kernel2:
        for name, x in parts1.items():
            if x != parts2[name]:
                yield from bytes_differ(f"{what}: {name}", x, parts2[name])


def members(value):
    """{path: leaf} of a JSON value."""
    out, todo = {}, [("", value)]
    while todo:
        path, v = todo.pop()
        if isinstance(v, dict):
            todo += [(f"{path}.{k}" if path else k, x) for k, x in v.items()]
        elif isinstance(v, list):
            todo += [(f"{path}[{i}]", x) for i, x in enumerate(v)]
        else:
            out[path] = v
    return out


def json_differ(what, one, two):
    a, b = members(json.loads(one)), members(json.loads(two))
    for path in sorted(a.keys() | b.keys()):
        if a.get(path) != b.get(path) or (path in a) != (path in b):
            yield (f"{what}: {path}: {json.dumps(a.get(path))} and "
                   f"{json.dumps(b.get(path))}", b"", b"")
    if a == b:
        yield from bytes_differ(what, one, two)


def differences(what, one, two, tree=None):
    if efi_parts(one) and efi_parts(two):
        return efi_differ(what, one, two, tree)
    if CPIO.match(one) and CPIO.match(two):
        return cpio_differ(what, one, two)
    if what.endswith(".json"):
        try:
            return json_differ(what, one, two)
        except ValueError:
            pass
    return bytes_differ(what, one, two)


def content(path):
    """A disk is too much for memory."""
    if path.stat().st_size < 1 << 26:
        return path.read_bytes()
    with open(path, "rb") as f:
        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)


def main():
    p = argparse.ArgumentParser(usage=__doc__.split(" - ")[0])
    p.add_argument("--tree", type=Path)
    p.add_argument("--keep", type=Path)
    p.add_argument("one", type=Path)
    p.add_argument("two", type=Path)
    o = p.parse_args()
    try:
        one, two = content(o.one), content(o.two)
    except OSError as e:
        print(f"differ: {e}", file=sys.stderr)
        return 4
    if len(one) == len(two) == first_byte(one, two):
        return 0
    found = list(differences(o.one.name, one, two, o.tree))
    for text, _, _ in found[:10]:
        print(text)
    if len(found) > 10:
        print(f"{o.one.name}: and {len(found) - 10} more")
    if o.keep:
        o.keep.mkdir(parents=True, exist_ok=True)
        (o.keep / "one").write_bytes(found[0][1])
        (o.keep / "two").write_bytes(found[0][2])
    return 1


sys.exit(main())
