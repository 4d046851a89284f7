#!/usr/bin/env python3
"""sbom.py BUILD VERSION TIME - print the software bill of materials of the image
in BUILD: SPDX 2.3 as JSON, of what the linker has really put into it.

Which files those are is read from ld's maps of /init, udhcpc and the kernel; an
object counts when one of its sections is in the output. Each is listed by its
source file, or as a member of the archive that Debian has compiled. Versions and
digests come from image/sources.lock. The build, VERSION and TIME, which is like
2026-01-02T03:04:05Z, decide every byte. Exit: 0; 2 usage; 5 a map or a name that
is not understood."""
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOCK = Path(os.environ.get("EE_LOCK", HERE / "sources.lock"))
# component: its name in the lock, its licence, what it is here
COMPONENTS = {
    "ee-init": (None, "MIT", "/init, from this repository"),
    "bearssl": ("bearssl", "MIT", "TLS, X.509 and cryptography"),
    "cjson": ("cjson", "MIT", "JSON"),
    "musl": ("musl-dev", "MIT", "the C library"),
    "gcc": ("gcc-12", "GPL-3.0-or-later WITH GCC-exception-3.1",
            "start files and libgcc"),
    "busybox": ("busybox", "GPL-2.0-only", "udhcpc and what it needs"),
    "linux": ("linux-source-6.12", "GPL-2.0-only WITH Linux-syscall-note",
              "the kernel, with the patches of kernel-config"),
}
NOT_LOADED = re.compile(r"\.(comment|note|debug|group|symtab|strtab|shstrtab)")
PLACED = re.compile(r" (\S+) +0x([0-9a-f]+) +0x([0-9a-f]+) (\S.*)")


class Odd(Exception):
    """Something here is not as this program knows it."""


def placed(path, has_addresses=True):
    """The objects of a map of ld that are in the output. A link that another
    follows (-r) gives no addresses; in one that does, 0 is not loaded."""
    _, _, text = Path(path).read_text().partition(
        "\nLinker script and memory map\n")
    # A section with a long name has it on a line of its own.
    text = re.sub(r"\n (\S+)\n +0x", r"\n \1 0x", text)
    found = set()
    for m in filter(None, map(PLACED.fullmatch, text.splitlines())):
        name, address, size, obj = m[1], int(m[2], 16), int(m[3], 16), m[4]
        if size and not NOT_LOADED.match(name) and name != "*fill*" and \
                (address or not has_addresses):
            found.add(obj)
    if not found:
        raise Odd(f"{path} names no object")
    return found


@functools.cache
def fetched(name):
    return Path(subprocess.run([HERE / "fetch.sh", name], check=True,
                               stdout=subprocess.PIPE, text=True)
                .stdout.strip())


def one_file(tree, pattern):
    files = sorted(tree.glob(pattern))
    if len(files) != 1:
        raise Odd(f"{len(files)} files {pattern}")
    return files[0].relative_to(tree), files[0].read_bytes()


def compiled(path, member):
    """What Debian compiled: an object of its own or in an archive."""
    if not member:
        return Path(path).name, Path(path).read_bytes()
    return f"{Path(path).name}/{member}", subprocess.run(
        ["ar", "p", path, member], check=True, stdout=subprocess.PIPE).stdout


def program_file(obj):
    """(component, path in it, content) of an object of /init or udhcpc."""
    m = re.fullmatch(r"(.*?)(?:\((.*)\))?", obj)
    path, member = m[1], m[2]
    if path.startswith("/usr/lib/x86_64-linux-musl/"):
        return "musl", *compiled(path, member)
    if path.startswith("/usr/lib/gcc/"):
        return "gcc", *compiled(path, member)
    if path.endswith("/libbearssl.a"):
        return "bearssl", *one_file(fetched("bearssl"),
                                    f"src/**/{Path(member).stem}.c")
    if path.endswith("/libcjson.a"):
        return "cjson", *one_file(fetched("cjson"), "cJSON.c")
    ours = re.search(r"/musl/(guest/.*)\.o$", path)
    if ours:
        return "ee-init", *one_file(ROOT, ours[1] + ".c")
    if path.endswith("/lib.a"):
        path = f"{Path(path).parent}/{Path(member).stem}"
    elif path == "applets/built-in.o":
        path = "applets/applets"
    else:
        raise Odd(f"whose is {obj}?")
    return "busybox", *one_file(fetched("busybox"), path + ".c")


def kernel_files(tree, maps):
    """The same of the kernel, from the commands that kbuild has kept."""
    objects = set()
    for m in sorted(Path(maps).glob("*.map")):
        objects |= placed(m, has_addresses=m.name != "vmlinux.o.map")
    for obj in sorted(objects):
        # An object of the EFI stub is copied before it is linked.
        o = Path(obj.replace(".stub.o", ".o"))
        cmd = (tree / o.parent / f".{o.name}.cmd").read_text()
        m = re.search(r"^source_\S+ := (\S+)$", cmd, re.M)
        source = Path(os.path.normpath(m[1])) if m else None
        if source is None or source.is_absolute():
            raise Odd(f"what is {obj} made of?")
        # A generated file has a command of its own. One of them, piggy.S, is
        # of the initramfs that this tree was linked with last.
        if not (tree / source.parent / f".{source.name}.cmd").exists():
            yield "linux", source, (tree / source).read_bytes()


class Document:
    def __init__(self, version, time):
        self.files, self.packages, self.relations = {}, [], []
        self.version, self.time = version, time
        self.pins = [line.split() for line in LOCK.read_text().splitlines()
                     if not line.startswith("#")]

    def relate(self, a, kind, b):
        self.relations.append({"spdxElementId": a, "relationshipType": kind,
                               "relatedSpdxElement": b})

    def file(self, owner, path, data, where, kind="SOURCE"):
        """One file of a package; a second time, `where` is added."""
        name = f"./{owner}/{path}"
        f = self.files.setdefault(name, {
            "SPDXID": "SPDXRef-File-" +
                      hashlib.sha1(name.encode()).hexdigest()[:20],
            "fileName": name,
            "fileTypes": [kind],
            "checksums": [{"algorithm": a.upper(), "checksumValue":
                           hashlib.new(a, data).hexdigest()}
                          for a in ("sha1", "sha256")],
            "comment": f"in {where}",
        })
        if where not in f["comment"]:
            f["comment"] += f" and {where}"
        return f["SPDXID"]

    def package(self, name, version, licence, what, pinned=None):
        """A package of the files that have been added under its name."""
        ident = "SPDXRef-Package-" + name
        mine = [f for n, f in sorted(self.files.items())
                if n.startswith(f"./{name}/")]
        sums = sorted(f["checksums"][0]["checksumValue"] for f in mine)
        p = {"SPDXID": ident, "name": name, "versionInfo": version,
             "downloadLocation": "NOASSERTION", "summary": what,
             "licenseDeclared": licence, "licenseConcluded": "NOASSERTION",
             "copyrightText": "NOASSERTION", "filesAnalyzed": bool(mine)}
        if mine:
            p["packageVerificationCode"] = {
                "packageVerificationCodeValue":
                    hashlib.sha1("".join(sums).encode()).hexdigest()}
        if pinned:
            self.pin(p, pinned)
        self.packages.append(p)
        for f in mine:
            self.relate(ident, "CONTAINS", f["SPDXID"])
        return ident

    def pin(self, p, lock_name):
        """What the lock says of where a package is from: any archive of Debian
        has it, so that the purl and the digests say which, not a location."""
        rows = [r for r in self.pins if r[1] == lock_name]
        if not rows:
            raise Odd(f"{lock_name} is not in the lock")
        kind, p["versionInfo"] = rows[0][0], rows[0][2]
        version = quote(rows[0][2], safe=".-~")
        arch = {"source": "source", "deb": "all", "tool": "amd64"}[kind]
        p["externalRefs"] = [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{lock_name}@{version}"
                                f"?arch={arch}"}]
        if kind == "tool":
            return
        # The .dsc of a source package names the digests of the others.
        main = next(r for r in rows if r[3].endswith((".dsc", ".deb")))
        p["packageFileName"] = main[3]
        p["checksums"] = [{"algorithm": "SHA256", "checksumValue": main[4]}]
        p["sourceInfo"] = "; ".join(f"{r[3]} SHA256:{r[4]}" for r in rows)

    def write(self, out, namespace):
        json.dump({
            "SPDXID": "SPDXRef-DOCUMENT",
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "name": f"ee-appliance-{self.version}",
            "documentNamespace": namespace,
            "creationInfo": {"created": self.time,
                             "creators": ["Tool: ee-appliance-sbom"]},
            "comment": "Files are those whose objects the linker has put into "
                       "/init, udhcpc or the kernel. What is included or "
                       "generated while they are compiled is not listed.",
            "packages": self.packages,
            "files": [f for _, f in sorted(self.files.items())],
            "relationships": self.relations,
        }, out, indent=1, sort_keys=True)
        out.write("\n")


def fill(doc, build, tree, maps):
    """Everything, from the files to the tools."""
    linked = {"init": set(), "udhcpc": set(), "kernel": {"linux"}}
    for program in "init", "udhcpc":
        for obj in sorted(placed(build / f"{program}.map")):
            owner, path, data = program_file(obj)
            doc.file(owner, path, data, program)
            linked[program].add(owner)
    for owner, path, data in kernel_files(tree, maps):
        doc.file(owner, path, data, "kernel")
    outputs = {n: doc.file("ee-appliance", n, (build / n).read_bytes(),
                           "the image", "BINARY")
               for n in ("BOOTX64.EFI", "init", "udhcpc")}
    doc.file("ee-appliance", "kernel.config", (maps / "config").read_bytes(),
             "no file, but it decides what the kernel is compiled from", "TEXT")
    patches = [doc.file("ee-appliance", p.relative_to(ROOT), p.read_bytes(),
                        "kernel")
               for p in sorted(ROOT.glob("kernel-config/patches/*.patch"))]
    image = doc.package("ee-appliance", doc.version, "NOASSERTION",
                        "bootable Intel TDX guest, one EFI binary")
    doc.relate("SPDXRef-DOCUMENT", "DESCRIBES", image)
    part = {name: doc.package(name, doc.version, licence, what, pinned)
            for name, (pinned, licence, what) in COMPONENTS.items()}
    outputs["kernel"] = outputs["BOOTX64.EFI"]
    for binary, owners in linked.items():
        for owner in sorted(owners):
            own = owner in ("ee-init", "busybox", "linux")
            doc.relate(outputs[binary], "GENERATED_FROM" if own
                       else "STATIC_LINK", part[owner])
    for program in "init", "udhcpc":
        doc.relate(outputs["BOOTX64.EFI"], "CONTAINS", outputs[program])
    for patch in patches:
        doc.relate(patch, "PATCH_FOR", part["linux"])
    for row in doc.pins:
        if row[0] == "tool":
            tool = doc.package("tool-" + row[1], row[2], "NOASSERTION",
                               "of the toolchain", row[1])
            doc.relate(tool, "BUILD_TOOL_OF", image)


def main(args):
    if len(args) != 3 or not re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", args[2]):
        print("usage: sbom.py BUILD VERSION TIME", file=sys.stderr)
        return 2
    build, doc = Path(args[0]), Document(args[1], args[2])
    try:
        with tempfile.TemporaryDirectory() as maps:
            tree = Path(subprocess.run(
                [HERE / "kernel.sh", "--maps", "production", maps], check=True,
                stdout=subprocess.PIPE, text=True).stdout.strip())
            fill(doc, build, tree, Path(maps))
        efi = hashlib.sha256((build / "BOOTX64.EFI").read_bytes()).hexdigest()
    except (Odd, OSError, subprocess.CalledProcessError) as e:
        print(f"sbom: {e}", file=sys.stderr)
        return 5
    doc.write(sys.stdout, f"urn:ee-appliance:{quote(args[1])}:{efi}")
    return 0


sys.exit(main(sys.argv[1:]))
