#!/usr/bin/env -S python3 -B
"""measurements.schema.json beside the parser: both accept and refuse the same,
member by member. What the parser refuses because a file contradicts itself no
schema can say. TAP."""
import hashlib
import json
import re
from pathlib import Path

from jsonedit import at, changed, dropped
from tap import ROOT, finish, folder, ok, run, skip

SCHEMA = json.loads((ROOT / "measure/measurements.schema.json").read_text())
MISMATCH = "verified, but not the value that is expected"
H96 = "00112233445566778899aabbccddeeff" * 3
ONCE = hashlib.sha384(bytes(48) + bytes.fromhex(H96)).hexdigest()


def section(kind, at, attributes, offset=0, size=0):
    return {"address": at, "attributes": attributes, "data_offset": offset,
            "data_size": size, "memory_size": 4096, "type": kind}


def example():
    """A release in which no member that may have a value is null."""
    return {
        "firmware": [{"cfv_sha384": H96, "mrtd": H96, "mrtd_two_pass": ONCE,
                      "name": "OVMF.fd", "sha256": H96[:64], "size": 8192,
                      "sections": [section("BFV", 8192, 1, 4096, 4096),
                                   section("CFV", 4096, 0, 0, 4096),
                                   section("TD_HOB", 16384, 0)]}],
        "format": 2,
        "image": {"efi_authenticode_sha384": H96, "efi_sha256": H96[:64],
                  "gcp_tar_sha256": H96[:64], "raw_sha256": H96[:64]},
        "kind": "production",
        "measurements": [
            {"acpi_release": "2026-04", "boot": "disk", "cpus": 4,
             "events": [{"digest": d, "rtmr": 0, "type": "EV_SEPARATOR",
                         "what": "separator"} for d in (H96, None)],
             "firmware": H96[:64], "machine_type": "c3-standard-4",
             "memory_bytes": 1 << 34, "mrtd": ONCE,
             "options": ["stub-keys", "two-pass"], "platform": "gcp",
             "reason": "because", "rtmr0": None, "rtmr1": "0" * 96,
             "rtmr2": "0" * 96}],
        "release": {"commit": "ab" * 20, "counter": 7, "pinned": True,
                    "not_after": "2027-01-01T00:00:00Z", "version": "1.2.3",
                    "not_before": "2026-01-01T00:00:00Z"},
        "revoked": [{"counter": 6, "reason": "leaks", "version": "1.2.2"}],
        "sources": {"lock_sha256": H96[:64]},
        "toolchain": "gcc 12"}


def development():
    v = example()
    v["release"] = {"commit": None, "counter": 0, "not_after": None,
                    "not_before": None, "pinned": False, "version": None}
    v["revoked"] = []
    return v


def parser(value):
    """Accepted, refused, or "contradiction"."""
    Path("x").write_text(json.dumps(value))
    rc, _, err = run("release", "export", "x", "--as", "expected-any")
    if rc == 0:
        return True
    if rc != 3:
        return "exit %d: %s" % (rc, err)
    # How the sections of a firmware must agree is tdvf.h's to say.
    return "contradiction" if MISMATCH in err or ": sections: " in err \
        else False


def places(value, path=()):
    """The path of every object, and of every value in one."""
    if isinstance(value, dict):
        yield path
        for k, v in value.items():
            yield path + (k,)
            yield from (p for p in places(v, path + (k,))
                        if p != path + (k,))
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from places(v, path + (i,))


def mutations(value):
    for path in places(value):
        name = "/".join(map(str, path))
        was = at(value, path)
        if path:
            yield "no " + name, dropped(value, path)
        if isinstance(was, dict):
            yield "more in " + name, changed(value, path + ("more",), 1)
        if isinstance(was, list):
            yield "%s is empty" % name, changed(value, path, [])
            yield "%s and 7" % name, changed(value, path, was + [7])
            yield "%s: too many" % name, changed(value, path, was * 3000)
        for to in (None, True, 0, -1, 7, 1 << 60, "", "x", H96 * 4, [], {}):
            yield "%s is %.20s" % (name, json.dumps(to)), changed(value, path,
                                                                  to)
        if isinstance(was, str):
            for to in (was + "0", was[:-1], was.upper(), was + " ",
                       was.replace("0", "\u0661"), "\n" + was,
                       "\x1b" + was, "\x7f" + was, "\u0085" + was):
                if to != was:
                    yield "%s is %.30r" % (name, to), changed(value, path, to)


def test_agree(jsonschema, name, value):
    check = jsonschema.Draft202012Validator(SCHEMA).is_valid
    got = (parser(value), check(value))
    ok(got == (True, True), "%s: both accept it" % name, got)
    n, differ = 0, []
    for what, v in mutations(value):
        n += 1
        p, s = parser(v), check(v)
        if p != s and p != "contradiction":
            differ.append("%s: parser %s, schema %s" % (what, p, s))
    ok(n > 300 and not differ, "%s: both say the same of %d changes" % (
        name, n), *differ[:20])


def test_words():
    """Words that the schema lists are those of the code."""
    defs = SCHEMA["$defs"]
    text = (ROOT / "measure/lib/eventlist.h").read_text()
    types = re.findall(r"X\(\w+,\s+(\w+),\s+0x", text)
    ok(sorted(t for t in types if t != "EE_CONFIG") ==
       sorted(defs["event"]["properties"]["type"]["enum"]),
       "every type of event", types)
    text = (ROOT / "measure/lib/reference.h").read_text()
    options = re.findall(r'X\(\w+,\s+"([a-z-]+)"\)', text)
    ok(options == defs["measurement"]["properties"]["options"]["items"][
        "enum"], "every option", options)
    text = (ROOT / "measure/lib/tdvf.c").read_text()
    names = re.findall(r'"(\w+)"', text[text.index("tdvf_type_name"):
                                        text.index("return names")])
    ok(names == defs["section"]["properties"]["type"]["enum"],
       "every type of section", names)


def main():
    test_words()
    try:
        import jsonschema
    except ImportError:
        skip("parser and schema", "no python3-jsonschema")
        finish()
    with folder():
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        test_agree(jsonschema, "a release", example())
        test_agree(jsonschema, "a development build", development())
    finish()


main()
