#!/usr/bin/env python3
"""spdx_rules.py SBOM VERSION BUILD ARCHIVE... - hold a bill of materials against
the rules of SPDX 2.3 (clauses in brackets) and against what other tools say is
in /init: the names of source files that its symbol table still has, and for each
listed member of an ARCHIVE one of its symbols. TAP lines without a plan, numbered
by the caller: "ok - TITLE"."""
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

text = Path(sys.argv[1]).read_text()
doc = json.loads(text)
version, build, archives = sys.argv[2], Path(sys.argv[3]), sys.argv[4:]
HEX = {"SHA1": 40, "SHA256": 64}
RELATIONS = {"DESCRIBES", "CONTAINS", "GENERATED_FROM", "STATIC_LINK",
             "PATCH_FOR", "BUILD_TOOL_OF"}
LICENCE = re.compile(r"NOASSERTION|MIT|GPL-2\.0-only|GPL-2\.0-only WITH "
                     r"Linux-syscall-note|GPL-3\.0-or-later WITH "
                     r"GCC-exception-3\.1")


def ok(bad, title):
    """bad: what is wrong, a list."""
    print(f"{'not ok' if bad else 'ok'} - {title}")
    for b in list(bad)[:5]:
        print(f"#   {b}")


def no_duplicates(pairs):
    assert len(dict(pairs)) == len(pairs), "a member twice"
    return dict(pairs)


json.loads(text, object_pairs_hook=no_duplicates)
packages, files = doc["packages"], doc["files"]
ids = ["SPDXRef-DOCUMENT"] + [e["SPDXID"] for e in packages + files]
ok([k for k, want in (("spdxVersion", "SPDX-2.3"), ("dataLicense", "CC0-1.0"),
                      ("SPDXID", "SPDXRef-DOCUMENT"),
                      ("name", f"ee-appliance-{version}"))
    if doc.get(k) != want], "the document's own members are right [6.1-6.4]")
ok([] if re.fullmatch(r"urn:[a-z0-9-]+:[^#\s]+:[0-9a-f]{64}",
                      doc["documentNamespace"]) else [doc["documentNamespace"]],
   "its name space is a URI without a fragment, of this build [6.5]")
info = doc["creationInfo"]
ok([] if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", info["created"]) and
   all(re.match(r"(Tool|Organization|Person): ", c) for c in info["creators"])
   and info["creators"] else [info], "its creation is a time and a tool [6.8, 6.9]")
ok([i for i in ids if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i)] +
   [i for i, n in Counter(ids).items() if n > 1],
   "every identifier is well formed and there once [7.2, 8.2]")
ok([p["name"] for p in packages if not p.get("downloadLocation") or not p["name"]
    or not LICENCE.fullmatch(p["licenseDeclared"]) or
    p.get("filesAnalyzed") not in (True, False)],
   "every package has name, origin and licence [7.1, 7.7, 7.15]")
ok([c for e in packages + files for c in e.get("checksums", ())
    if not re.fullmatch("[0-9a-f]{%d}" % HEX.get(c["algorithm"], 0),
                        c["checksumValue"])] +
   [f["fileName"] for f in files
    if "SHA1" not in [c["algorithm"] for c in f["checksums"]]],
   "every digest has its length, and every file a SHA-1 [7.10, 8.4]")
ok([f["fileName"] for f in files if not re.fullmatch(
    r"\./[^/].*", f["fileName"]) or "/../" in f["fileName"]],
   "every file name is relative, from ./ [8.1]")
ok([r for r in doc["relationships"] if r["relationshipType"] not in RELATIONS or
    r["spdxElementId"] not in ids or r["relatedSpdxElement"] not in ids],
   "every relationship is a known one between elements [11.1]")
ok([] if any(r["relationshipType"] == "DESCRIBES" for r in doc["relationships"])
   else ["none"], "the document describes a package [11.1]")
members = {p["SPDXID"]: [] for p in packages}
by_id = {f["SPDXID"]: f for f in files}
for r in doc["relationships"]:
    if r["relationshipType"] == "CONTAINS" and r["spdxElementId"] in members:
        members[r["spdxElementId"]].append(by_id[r["relatedSpdxElement"]])
ok([f for f, n in Counter(f["SPDXID"] for m in members.values()
                          for f in m).items() if n != 1] +
   sorted(by_id.keys() - {f["SPDXID"] for m in members.values() for f in m}),
   "every file is in one package")
ok([p["name"] for p in packages if p["filesAnalyzed"] != bool(
    members[p["SPDXID"]]) or (p["filesAnalyzed"] and hashlib.sha1("".join(sorted(
        c["checksumValue"] for f in members[p["SPDXID"]] for c in f["checksums"]
        if c["algorithm"] == "SHA1")).encode()).hexdigest() !=
        p["packageVerificationCode"]["packageVerificationCodeValue"])],
   "every verification code is that of its files [7.8, 7.9]")
ok([x["referenceLocator"] for p in packages for x in p.get("externalRefs", ())
    if not re.fullmatch(r"pkg:deb/debian/[a-z0-9.+-]+@[A-Za-z0-9.~%-]+"
                        r"\?arch=(source|all|amd64)", x["referenceLocator"])],
   "every package URL is one [7.21]")

init = [Path(f["fileName"]) for f in files if re.search(
    r"\binit\b", f["comment"])]
symbols = subprocess.run(["readelf", "-sW", build / "init.debug"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
rows = [line.split() for line in symbols.splitlines()
        if re.match(r" +\d+: ", line)]
# A file's own symbols follow its name; without any, nothing of it is left.
sources = {r[7] for r, after in zip(rows, rows[1:]) if r[3] == "FILE" and
           len(r) == 8 and after[3] in ("FUNC", "OBJECT")}
ok(sorted(sources - {p.name for p in init} - {"Scrt1.c", "crtstuff.c"}),
   f"all {len(sources)} source files that /init's symbols name are listed")
defined = {r[7] for r in rows if len(r) == 8 and r[6] != "UND"}
for archive in archives:
    names, member = {}, ""
    for line in subprocess.run(["nm", "--defined-only", archive], check=True,
                               stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL).stdout.splitlines():
        if line.endswith(":"):
            member = Path(line[:-1]).stem
        elif line:
            names.setdefault(member, set()).add(line.split()[-1])
    listed = [p for p in init if p.stem in names and p.parts[0] ==
              {"libbearssl.a": "bearssl", "libc.a": "musl"}[Path(archive).name]]
    ok([p for p in listed if not names[p.stem] & defined] +
       ([] if listed else ["none"]),
       f"of each of {len(listed)} files of {Path(archive).name} something is "
       f"in /init")
