#!/usr/bin/env -S python3 -B
"""ee-measure release: what is signed is verified by other people's programs, what
they sign is verified here, and everything that is wrong is named. TAP."""
import base64
import copy
import fcntl
import hashlib
import json
import os
import select
import subprocess
import sys
from pathlib import Path

from tap import BIN, ROOT, finish, folder, ok, run, same, skip, tool, write
import seal
import tdx_peer as peer

NOW = "2026-06-01T00:00:00Z"
TYPE = "application/vnd.in-toto+json"


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


# ---- a release

def make_disk(name, efi):
    """A GPT disk of 6 MiB with one FAT volume."""
    with open("esp", "wb") as f:
        f.truncate(4 << 20)
    tool("mkfs.fat", "-F", 12, "-i", "12345678", "esp")
    tool("mmd", "-i", "esp", "::/EFI", "::/EFI/BOOT")
    write("boot", efi)
    tool("mcopy", "-i", "esp", "boot", "::/EFI/BOOT/BOOTX64.EFI")
    with open(name, "wb") as f:
        f.truncate(6 << 20)
    tool("sgdisk", "-n", "1:2048:+4M", "-t", "1:ef00", name)
    with open(name, "r+b") as f:
        f.seek(1 << 20)
        f.write(Path("esp").read_bytes())


def make_release(where, version, counter, tail=b"", revoked=(), lock=None,
                 entry=()):
    """A folder with the files of a release, and its reference."""
    Path(where).mkdir()
    efi = peer.make_pe(tail=tail)
    write(where + "/BOOTX64.EFI", efi)
    make_disk(where + "/ee-appliance.raw", efi)
    write(where + "/ee-appliance-gcp.tar.gz", b"an archive of " + efi[:99])
    write(where + "/sources.lock", lock or b"tool gcc-12 12.2.0\n")
    rc, out, err = run(
        "reference", "--kind", "production", "--image",
        where + "/ee-appliance.raw", "--lock", where + "/sources.lock",
        "--toolchain", "gcc 12", "--gcp-tar",
        where + "/ee-appliance-gcp.tar.gz", "--pinned", "--version", version,
        "--counter", counter, "--commit", "ab" * 20,
        "--not-before", "2026-01-01T00:00:00Z",
        "--not-after", "2027-01-01T00:00:00Z",
        "--entry", "platform=qemu,firmware=small.fd,memory=512M,cpus=1",
        "--entry", "platform=sim,firmware=small.fd,memory=1G,cpus=2",
        "--entry", "platform=sim,firmware=small.fd,memory=1G,cpus=1,image=" +
        where + "/BOOTX64.EFI", *entry,
        *[w for r in revoked for w in ("--revoked", r)])
    if not ok(rc == 0, "the reference of release %s" % version, err):
        sys.exit(1)
    write(where + "/measurements.json", out)
    return json.loads(out)


def sign(where, key="key.pem", out=None):
    out = out or where + ".dsse"
    return run("release", "sign", "--key", key, "--reference",
               where + "/measurements.json", "--artefacts", where,
               "--out", out)


def verify(envelope, *args, key="pub.pem", at=NOW):
    rc, out, err = run("release", "verify", envelope, "--key", key, "--at", at,
                       *args, "-o", "json")
    return rc, json.loads(out or "{}"), err


FULL = ("--artefacts", "r7", "--firmware", "small.fd")


# ---- other people's programs

def pae(payload, kind=TYPE):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload),
                                    payload)


def openssl_sign(payload, key="key.pem", kind=TYPE):
    """An envelope whose signature is openssl's."""
    write("pae", pae(payload, kind))
    sig = tool("openssl", "dgst", "-sha256", "-sign", key, "pae")
    return json.dumps({
        "payloadType": kind, "payload": base64.b64encode(payload).decode(),
        "signatures": [{"sig": base64.b64encode(sig).decode()}]})


def test_sign(ref):
    rc, out, err = sign("r7")
    ok((rc, out, err) == (0, "", ""), "release sign", rc, out, err)
    env = json.loads(Path("r7.dsse").read_text())
    payload = base64.b64decode(env["payload"])
    write("pae", pae(payload))
    write("sig", base64.b64decode(env["signatures"][0]["sig"]))
    same(tool("openssl", "dgst", "-sha256", "-verify", "pub.pem", "-signature",
              "sig", "pae"), b"Verified OK\n", "openssl verifies it")
    spki = tool("openssl", "pkey", "-pubin", "-in", "pub.pem", "-outform",
                "DER")
    same((env["payloadType"], env["signatures"][0]["keyid"]),
         (TYPE, hashlib.sha256(spki).hexdigest()), "its type, and keyid")
    same(Path("r7.dsse").read_text(), canonical(env) + "\n", "canonical JSON")
    st = json.loads(payload)
    same(payload.decode(), canonical(st), "as is the statement")
    sha = {n: hashlib.sha256(Path("r7", n).read_bytes()).hexdigest()
           for n in ("BOOTX64.EFI", "ee-appliance.raw",
                     "ee-appliance-gcp.tar.gz")}
    same((st["_type"], st["predicateType"], st["predicate"], st["subject"]),
         ("https://in-toto.io/Statement/v1", "urn:easyenclave:measurements:2",
          ref, [{"name": n, "digest": {"sha256": d}}
                for n, d in sha.items()]),
         "in-toto: the reference, about the three files")
    sign("r7", out="again.dsse")
    same(Path("again.dsse").read_bytes(), Path("r7.dsse").read_bytes(),
         "signing again gives the same bytes")
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        skip("python3-cryptography verifies it", "it is not installed")
    else:
        serialization.load_pem_public_key(
            Path("pub.pem").read_bytes()).verify(
            Path("sig").read_bytes(), pae(payload), ec.ECDSA(hashes.SHA256()))
        ok(True, "python3-cryptography verifies it")


def test_accepted(ref):
    rc, v, err = verify("r7.dsse", *FULL)
    n = sum(len(m["events"]) for m in ref["measurements"])
    given = sum(e["digest"] is None for m in ref["measurements"]
                for e in m["events"])
    same((rc, v.get("verdict"), v.get("what"), v.get("recomputed"),
          v.get("entries_recomputed"), v.get("events_recomputed"),
          v.get("events_given")), (0, "accepted", "", True, 3, n - given,
                                   given), "a release is accepted")
    same(v.get("entries_without_rtmr0"), 1, "one has no RTMR0")
    same(v.get("release"), {k: ref["release"][k] for k in (
        "commit", "counter", "not_after", "not_before", "version")},
         "which one, and until when")
    same(v.get("files"), ["measurements.json", "BOOTX64.EFI",
                          "ee-appliance-gcp.tar.gz", "sources.lock",
                          "ee-appliance.raw"], "the files that were looked at")
    same((v.get("unseen"), v.get("kind")), ([], "production"),
         "none was left out, and no simulation")
    rc, v, err = verify("r7.dsse", "--extract", "out.json")
    same((rc, v.get("recomputed"), v.get("files"),
          Path("out.json").read_bytes()),
         (0, False, [], Path("r7/measurements.json").read_bytes()),
         "the envelope alone gives the reference")
    same(v.get("unseen"), ["BOOTX64.EFI", "ee-appliance-gcp.tar.gz",
                           "sources.lock", "ee-appliance.raw"],
         "and says that no file was looked at")
    rc, out, _ = run("release", "verify", "r7.dsse", "--key", "pub.pem",
                     "--at", NOW, *FULL)
    ok(rc == 0 and out.startswith("verdict: accepted\n") and
       "release: 1.2.3, counter 7, commit abab" in out and
       "3 machines computed again" in out and "kind: production\n" in out and
       "not looked at" not in out and
       "\nno RTMR0: for 1 of 3 machines" in out, "as text", out)
    rc, v, _ = verify("r7.dsse", "--last-counter", "7")
    same(rc, 0, "a release that was seen already")
    payload = base64.b64decode(json.loads(
        Path("r7.dsse").read_text())["payload"])
    write("ossl.dsse", openssl_sign(payload))
    same(verify("ossl.dsse", *FULL)[0], 0, "one that openssl signed")
    tool("openssl", "ec", "-in", "key.pem", "-out", "sec1.pem")
    os.chmod("sec1.pem", 0o600)
    same((sign("r7", "sec1.pem", "sec1.dsse")[0],
          Path("sec1.dsse").read_bytes()), (0, Path("r7.dsse").read_bytes()),
         "the key in its older form signs the same")


def resigned(name, ref, **statement):
    """Another reference, or another statement about it, signed by the key."""
    st = json.loads(base64.b64decode(
        json.loads(Path("r7.dsse").read_text())["payload"]))
    st["predicate"] = ref
    st.update(statement)
    return write(name, openssl_sign(canonical(st).encode()))


def replayed(ref, entry, event, digest):
    """The reference with another digest for one event, and its register."""
    ref = copy.deepcopy(ref)
    m = ref["measurements"][entry]
    m["events"][event]["digest"] = digest
    n = m["events"][event]["rtmr"]
    m["rtmr%d" % n] = peer.replay(
        [bytes.fromhex(e["digest"]) for e in m["events"]
         if e["rtmr"] == n]).hex()
    return ref


def test_refused(ref):
    env = json.loads(Path("r7.dsse").read_text())
    changed = copy.deepcopy(env)
    changed["payloadType"] = "application/json"
    write("type.dsse", json.dumps(changed))
    write("short.dsse", Path("r7.dsse").read_bytes()[:-9])
    payload = base64.b64decode(env["payload"])
    write("other-type.dsse", openssl_sign(payload, kind="application/json"))
    write("spaces.dsse", openssl_sign(payload.replace(b'":"', b'": "', 1)))
    changed["payloadType"] = TYPE
    changed["payload"] = base64.b64encode(
        payload.replace(b'"counter":7', b'"counter":8')).decode()
    write("counter.dsse", json.dumps(changed))
    resigned("subject.dsse", ref, subject=[])
    resigned("predicate.dsse", ref, predicateType="x")
    resigned("format.dsse", {**ref, "format": 1})
    for name, args, want, what in (
            ("type", (), 1, "signature"), ("counter", (), 1, "signature"),
            ("r7", ("key", "other.pub"), 1, "signature"),
            ("r7", ("at", "2025-12-31T23:59:59Z"), 1, "not_before"),
            ("r7", ("at", "2027-01-01T00:00:01Z"), 1, "not_after"),
            ("short", (), 3, None), ("other-type", (), 3, None),
            ("spaces", (), 3, None), ("subject", (), 3, None),
            ("predicate", (), 3, None), ("format", (), 3, None),
            ("r7/measurements.json", (), 4, None),
            ("r7", ("key", "key.pem"), 3, None)):
        rc, v, err = verify(name + ".dsse", **dict([args] if args else []))
        same((rc, v.get("what"), "verdict" in v, err != ""),
             (want, what, want == 1, want != 1), "%s %s: exit %d, %s" % (
                 name, " ".join(args), want, what or "with a message"))
    rc, v, _ = verify("r7.dsse", "--last-counter", "8")
    same((rc, v["what"], v["detail"]),
         (1, "counter", "release 1.2.3 has counter 7, and 8 was seen"),
         "an older release than was seen")
    rc, v, _ = verify("r7.dsse", "--reference", "r8/measurements.json")
    same((rc, v["what"], v["detail"]),
         (1, "revoked", "release 1.2.3 is revoked by 1.2.4: it leaks"),
         "one that a later one revokes")
    later = json.loads(Path("r8/measurements.json").read_text())
    write("r8-other.dsse", seal.envelope(later, "other.pem"))
    write("r8-key.dsse", seal.envelope(later, "key.pem"))
    write("r8-none.dsse", seal.envelope({**later, "revoked": []}, "other.pem"))
    for name, want in (("key", "revoked"), ("other", "reference"),
                       ("none", "reference")):
        rc, v, _ = verify("r7.dsse", "--reference", "r8-%s.dsse" % name)
        same((rc, v.get("what")), (1, want),
             "an envelope that may revoke: %s, %s" % (name, want))
    same(verify("r8.dsse", "--reference", "r7.dsse")[0], 0,
         "but not the later one by it")
    for args in (("--last-counter", "x"), ("--firmware", "small.fd"),
                 ("--key", "pub.pem")):
        same(verify("r7.dsse", *args)[0], 2, "usage: %s" % (args,))


def test_artefacts(ref):
    for name in ("BOOTX64.EFI", "ee-appliance.raw", "ee-appliance-gcp.tar.gz",
                 "sources.lock", "measurements.json"):
        path = Path("r7", name)
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        rc, v, _ = verify("r7.dsse", *FULL)
        same((rc, v.get("what")), (1, name), "%s with one bit changed" % name)
        path.write_bytes(b"")
        rc, v, _ = verify("r7.dsse", *FULL)
        same((rc, v.get("what")), (1, name), "%s is empty" % name)
        if name != "measurements.json":
            same(sign("r7", out="no.dsse")[0], 1, "is not signed for")
        path.write_bytes(good)
    Path("r7/ee-appliance.raw").rename("r7/disk.raw")
    rc, v, _ = verify("r7.dsse", *FULL)
    same((rc, v["files"][-1], v["unseen"]), (0, "disk.raw", []),
         "the disk as the archive names it")
    good = Path("r7/disk.raw").read_bytes()
    write("r7/ee-appliance.raw", good)
    write("r7/disk.raw", good[:-1] + b"x")
    rc, v, _ = verify("r7.dsse", *FULL)
    same((rc, v.get("what")), (1, "disk.raw"), "another disk beside the right one")
    os.remove("r7/ee-appliance.raw")
    write("r7/disk.raw", good)
    os.rename("r7/sources.lock", "away")
    os.mkfifo("r7/sources.lock")
    rc, _, err = verify("r7.dsse", *FULL)
    ok(rc == 4 and "not a plain file" in err, "a pipe is not waited for", rc, err)
    os.rename("away", "r7/sources.lock")
    Path("r7/ee-appliance-gcp.tar.gz").rename("tar")
    rc, v, _ = verify("r7.dsse", *FULL)
    same((rc, v.get("unseen")), (0, ["ee-appliance-gcp.tar.gz"]),
         "a file that is not there is named")
    rc, out, _ = run("release", "verify", "r7.dsse", "--key", "pub.pem",
                     "--at", NOW, *FULL)
    ok("\nnot looked at: ee-appliance-gcp.tar.gz\n" in out, "in text, too", out)
    Path("tar").rename("r7/ee-appliance-gcp.tar.gz")
    Path("r7/disk.raw").rename("away")
    rc, _, err = verify("r7.dsse", *FULL)
    ok(rc == 4 and "ee-appliance.raw" in err, "no disk", rc, err)
    same(sign("r7", out="no.dsse")[0], 4, "is not signed for")
    Path("away").rename("r7/ee-appliance.raw")
    rc, _, err = verify("r7.dsse", "--artefacts", "r7")
    ok(rc == 4 and "small.fd" in err and
       hashlib.sha256(Path("small.fd").read_bytes()).hexdigest() in err,
       "no firmware: says which", rc, err)
    same(verify("r7.dsse", "--artefacts", "none")[0], 4, "no folder")
    ok(not Path("no.dsse").exists(), "and no envelope was left")


def test_captured(_):
    """A TD's machine under QEMU: what the publisher captured of it cannot be
    computed, all else is."""
    os.mkdir("machine")
    fw = Path("small.fd").read_bytes()
    for name, data in (("table-loader", b"1"), ("rsdp", b"2"), ("tables", b"3"),
                       ("fw_cfg.BootMenu", bytes(2)),
                       ("fw_cfg.bootorder", b"/disk\0"),
                       ("efivar.BootOrder", b"\1\0\0\0\2\0"),
                       ("efivar.Boot0000", b"menu"),
                       ("efivar.Boot0001", b"disk"),
                       ("efivar.Boot0002", b"shell")):
        write("machine/" + name, data)
    write("machine/machine.json", canonical({
        "cpus": 1, "disks": 1, "format": 1, "memory_bytes": 1 << 30,
        "firmware_sha256": hashlib.sha256(fw).hexdigest(), "phys_bits": 46,
        "qemu": "10.1.2"}))
    entry = "platform=qemu,firmware=small.fd,memory=1G,cpus=1,acpi=machine"
    ref = make_release("rq", "1.2.5", 9, entry=[
        "--entry", entry, "--entry", entry + ",quirk=fw-cfg-events",
        "--entry", entry + ",image=rq/BOOTX64.EFI"])
    known = [m["rtmr0"] is not None for m in ref["measurements"]]
    same(known, [False, True, True, True, True, True], "captured: RTMR0 is known")
    same(sign("rq")[0], 0, "captured: signed")
    rc, v, err = verify("rq.dsse", "--artefacts", "rq", "--firmware",
                        "small.fd")
    none = sum(e["digest"] is None for m in ref["measurements"]
               for e in m["events"])
    same((rc, v.get("entries_recomputed"), v.get("events_given")),
         (0, 6, none + 7 + 9 + 7), "captured: accepted, with what is given counted")
    os.rename("rq/measurements.json", "mq")
    st = json.loads(base64.b64decode(
        json.loads(Path("rq.dsse").read_text())["payload"]))
    resigned("boot.dsse", replayed(ref, 3, 1, "11" * 48),
             subject=[s for s in st["subject"]
                      if s["name"] != "measurements.json"])
    rc, v, err = verify("boot.dsse", "--artefacts", "rq", "--firmware",
                        "small.fd")
    same((rc, v.get("what")), (1, "event"),
         "captured: another CFV beside it is refused")


def test_recomputed(ref):
    """References that do not contradict themselves, and yet are not true."""
    os.rename("r7/measurements.json", "m")
    other = "11" * 48
    lying = copy.deepcopy(ref)
    lying["firmware"][0]["mrtd"] = other
    for m in lying["measurements"]:
        m["mrtd"] = other
    resigned("mrtd.dsse", lying)
    lying = copy.deepcopy(ref)
    lying["firmware"][0]["sections"][-1]["address"] += 4096
    resigned("section.dsse", lying)
    lying = copy.deepcopy(ref)
    m = lying["measurements"][1]
    m["events"] = []
    m["rtmr0"] = other
    resigned("rtmr.dsse", lying)
    lying = copy.deepcopy(ref)
    m = lying["measurements"][2]
    dropped = m["events"].pop()
    lying = replayed(lying, 2, next(
        i for i, e in enumerate(m["events"]) if e["rtmr"] == dropped["rtmr"]),
        next(e["digest"] for e in m["events"] if e["rtmr"] == dropped["rtmr"]))
    resigned("dropped.dsse", lying)
    lying = copy.deepcopy(ref)
    m = lying["measurements"][2]
    m["events"].append(dict(m["events"][-1], what="one more"))
    lying = replayed(lying, 2, len(m["events"]) - 1, other)
    resigned("added.dsse", lying)
    for name, kind in (("variable", "EV_EFI_VARIABLE_BOOT"),
                       ("acpi", "EV_PLATFORM_CONFIG_FLAGS")):
        lying = copy.deepcopy(ref)
        m = lying["measurements"][0]
        first = next(i for i, e in enumerate(m["events"]) if e["rtmr"] == 1)
        m["events"].insert(first, {"rtmr": 1, "type": kind, "what": "harmless",
                                   "digest": other})
        resigned(name + ".dsse", replayed(lying, 0, first, other))
    resigned("event.dsse", replayed(ref, 1, 0, other))
    lying = copy.deepcopy(ref)
    lying["image"]["efi_authenticode_sha384"] = other
    resigned("authenticode.dsse", lying)
    for name, what, word in (
            ("mrtd", "mrtd", "small.fd"), ("section", "sections", "small.fd"),
            ("rtmr", "rtmr", "sim, 1024 MiB, 2 CPUs, small.fd: RTMR0"),
            ("event", "event", "event 1 of RTMR0 (TdxTable"),
            ("dropped", "event", "the reference has no event for"),
            ("added", "event", "nothing makes event"),
            ("variable", "event", "in RTMR1, not EV_EFI_VARIABLE_BOOT"),
            ("acpi", "event", "in RTMR1, not EV_PLATFORM_CONFIG_FLAGS"),
            ("authenticode", "efi_authenticode_sha384", "Authenticode")):
        rc, v, err = verify(name + ".dsse", *FULL)
        ok((rc, v.get("what")) == (1, what) and word in v.get("detail", ""),
           "a signed lie about %s is found" % name, rc, v, err)
    os.rename("m", "r7/measurements.json")


def test_revoked():
    """image/revoked, as an editor may leave it."""
    os.mkdir("image")
    for path in (ROOT / "image").iterdir():
        if path.name not in ("revoked", "status.sh"):
            os.symlink(path, Path("image", path.name))
    write("image/status.sh", "#!/bin/sh\necho '{\"release\":true}'\n")
    os.chmod("image/status.sh", 0o755)
    base = ("sh", "image/reference.sh", "production", "r7", BIN,
            "--version", "1.2.3", "--counter", "7", "--commit", "ab" * 20,
            "--not-before", NOW, "--not-after", "2027-01-01T00:00:00Z")
    os.rename("r7/measurements.json", "m")
    os.environ["EE_FIRMWARE"] = "small.fd"
    write("image/revoked", "# why\n\n3 1.0.0 it leaks\n5 1.0.2 so does it")
    tool(*base)
    same(json.loads(Path("r7/measurements.json").read_text())["revoked"],
         [{"counter": 3, "reason": "it leaks", "version": "1.0.0"},
          {"counter": 5, "reason": "so does it", "version": "1.0.2"}],
         "image/revoked: all lines, and the last without its newline")
    for title, text in (
            ("out of order", "5 1.0.2 x\n3 1.0.0 y\n"),
            ("twice", "3 1.0.0 x\n3 1.0.0 x\n"), ("itself", "7 1.2.3 x\n"),
            ("later", "8 1.2.4 x\n"), ("indented", " 3 1.0.0 x\n"),
            ("without a reason", "3 1.0.0\n"), ("no counter", "1.0.0 x y\n")):
        write("image/revoked", text)
        ok(subprocess.run([str(a) for a in base], stderr=subprocess.DEVNULL)
           .returncode == 2, "image/revoked: %s is refused" % title)
    os.rename("m", "r7/measurements.json")
    del os.environ["EE_FIRMWARE"]


def test_core():
    """What a signer that crashes leaves behind: it is stopped where it writes
    what it has signed, to a pipe that nobody empties."""
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
    p = subprocess.Popen([str(BIN / "ee-measure"), "release", "sign", "--key",
                          "key.pem", "--reference", "r7/measurements.json",
                          "--artefacts", "r7"], stdout=w)
    os.close(w)
    select.select([r], [], [], 30)
    limits = Path("/proc/%d/limits" % p.pid).read_text()
    core = next(line for line in limits.splitlines()
                if line.startswith("Max core file size"))
    same(core.split()[4:6], ["0", "0"], "the signer leaves no core")
    args = Path("/proc/%d/cmdline" % p.pid).read_bytes()
    ok(Path("key.pem").read_bytes().split(b"\n")[1] not in args,
       "and has the name of the key alone among its arguments")
    with open(r, "rb") as f:
        same(f.read(), Path("r7.dsse").read_bytes(), "it signs on, to a pipe")
    same(p.wait(), 0, "and is done")


def test_keys():
    for mode in (0o640, 0o604, 0o660):
        os.chmod("key.pem", mode)
        rc, _, err = sign("r7", out="no.dsse")
        ok(rc == 4 and "chmod 600" in err, "a key of mode %o" % mode, rc, err)
    os.chmod("key.pem", 0o600)
    body = Path("key.pem").read_text().splitlines()[1]
    write("bad.pem", "-----BEGIN PRIVATE KEY-----\n%s\n"
          "-----END PRIVATE KEY-----\n" % body)
    os.chmod("bad.pem", 0o600)
    tool("openssl", "genpkey", "-algorithm", "ed25519", "-out", "ed.pem")
    os.chmod("ed.pem", 0o600)
    for name, want in (("bad.pem", 3), ("ed.pem", 3), ("pub.pem", 3),
                       ("none.pem", 4), (".", 4)):
        if name == "pub.pem":
            os.chmod(name, 0o600)
        rc, out, err = sign("r7", name, "no.dsse")
        ok(rc == want and body not in out + err, "key %s: exit %d" % (
            name, want), rc, err)
    ok(not Path("no.dsse").exists(), "and no envelope was left")
    dev = json.loads(Path("r7/measurements.json").read_text())
    dev["release"] = {"commit": None, "counter": 0, "not_after": None,
                      "not_before": None, "pinned": True, "version": None}
    dev["revoked"] = []
    write("dev.json", canonical(dev) + "\n")
    rc, _, err = run("release", "sign", "--key", "key.pem", "--reference",
                     "dev.json", "--artefacts", "r7")
    ok(rc == 1 and "development build" in err,
       "a development build is not signed", rc, err)


# ---- exports

DECODE = """
import sys, cbor2
def plain(v):
    if isinstance(v, cbor2.CBORTag):
        return {"tag": v.tag, "value": plain(v.value)}
    if isinstance(v, bytes):
        return "h'" + v.hex()
    if isinstance(v, dict):
        return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    return v if isinstance(v, (int, str)) else int(v.timestamp())
import json
data = open(sys.argv[1], "rb").read()
v = cbor2.loads(data)
inner = v.value[1][0].value
print(json.dumps([plain(v), plain(cbor2.loads(inner)),
                  cbor2.dumps(v, canonical=True, datetime_as_timestamp=True) == data,
                  cbor2.dumps(cbor2.loads(inner), canonical=True) == inner]))
"""


def decode_cbor(name):
    """The parts of a CoRIM by python3-cbor2, in JSON; None without it."""
    for python in (sys.executable, "/usr/bin/python3"):
        p = subprocess.run([python, "-c", DECODE, name], capture_output=True)
        if p.returncode == 0:
            return json.loads(p.stdout)
        if b"No module named 'cbor2'" not in p.stderr:
            print("# %s" % p.stderr.decode())
            return []
    return None


def digest(hexed):
    return [[7, "h'" + hexed]]


def test_corim(ref):
    m = ref["measurements"][0]
    rc, out, err = run("release", "export", "r7.dsse", "--as", "corim",
                       "--out", "r7.corim")
    ok(rc == 0 and "2 of 3 entries are left out" in err,
       "corim: without the simulated machines", rc, err)
    got = decode_cbor("r7.corim")
    if got is None:
        skip("corim: decoded by cbor2", "python3-cbor2 is not installed")
        return
    if not ok(len(got) == 4, "corim: decoded by cbor2"):
        return
    name = "easyenclave-production-1.2.3"
    same((got[0]["tag"], got[0]["value"]["0"], got[0]["value"]["1"][0]["tag"]),
         (501, name, 506), "corim: its tags and its id")
    same(got[0]["value"]["4"], {"0": 1767225600, "1": 1798761600},
         "corim: valid as long as the release")
    same(got[1]["1"], {"0": name, "1": 7}, "comid: tag identity")
    same(got[1]["4"], {"0": [[
        {"0": {"1": "EasyEnclave", "2": "qemu, 512 MiB, 1 CPU, small.fd"}},
        [{"0": "mrtd", "1": {"2": digest(m["mrtd"])}},
         {"0": "rtmr", "1": {"14": {"1": digest(m["rtmr1"]),
                                    "2": digest(m["rtmr2"])}}}]]]},
         "comid: a reference triple of MRTD and the registers that are known")
    same(got[2:], [True, True], "corim: in cbor2's canonical encoding")


def test_expected_any(ref):
    m = ref["measurements"][0]
    want = [{"attestation_type": "qemu-tdx", "measurement_id":
             "easyenclave-production-1.2.3 small.fd",
             "measurements": {k: {"expected_any": [m[k]]}
                              for k in ("mrtd", "rtmr1", "rtmr2")}}]
    rc, out, _ = run("release", "export", "r7/measurements.json", "--as",
                     "expected-any")
    same((rc, out), (0, canonical(want) + "\n"), "expected-any")
    write("config", b"{}")
    want[0]["measurements"]["rtmr3"] = {"expected_any": [
        peer.replay([hashlib.sha384(b"{}").digest()]).hex()]}
    rc, out, _ = run("release", "export", "r7", "--as", "expected-any",
                     "--config", "config")
    same((rc, out), (0, canonical(want) + "\n"),
         "expected-any: of one configuration")
    # Two sizes of memory whose RTMR0 is known, and one whose is not.
    two = copy.deepcopy(ref)
    a = replayed(ref, 1, 0, "11" * 48)["measurements"][1]
    b = replayed(ref, 1, 0, "22" * 48)["measurements"][1]
    for e in (a, b):
        e["platform"] = "qemu"
        e["rtmr1"], e["events"] = m["rtmr1"], []
    two["measurements"] = [m, a, b, b]
    write("two.json", canonical(two) + "\n")
    rc, out, _ = run("release", "export", "two.json", "--as", "expected-any")
    got = [x["measurements"].get("rtmr0", {}).get("expected_any")
           for x in json.loads(out)]
    same((rc, got), (0, [None, [a["rtmr0"], b["rtmr0"]]]),
         "expected-any: RTMR0s share a record, an unknown one does not")
    two["measurements"] = ref["measurements"][1:]
    write("sim.json", canonical(two) + "\n")
    for form in ("expected-any", "corim"):
        same(run("release", "export", "sim.json", "--as", form)[0], 1,
             "%s: nothing is left of simulated machines" % form)
    same(run("release", "export", "r7", "--as", "pdf")[0], 2, "no such form")
    same(run("release", "export", "r7", "--as", "corim", "--config",
             "config")[0], 2, "corim has no place for a configuration")


# ---- differences

def sbom(files):
    """A bill of materials as image/sbom.py writes it, but for what is not
    compared."""
    return json.dumps({
        "spdxVersion": "SPDX-2.3", "files": [
            {"fileName": name, "comment": "in " + where, "checksums": [
                {"algorithm": "SHA1", "checksumValue": "0" * 40},
                {"algorithm": "SHA256", "checksumValue": c * 64}]}
            for name, where, c in sorted(files)]})


def changes(*args):
    rc, out, err = run("release", "diff", *args, "-o", "json")
    v = json.loads(out or '{"changes": []}')
    return rc, v, [(c["component"], c["what"], c["from"], c["to"],
                    c["machines"]) for c in v["changes"]], err


def test_diff(ref):
    rc, v, got, _ = changes("r7", "r7")
    same((rc, v), (0, {"changes": [], "more": 0, "same": True}),
         "a release does not differ from itself")
    same(run("release", "diff", "r7.dsse", "r7")[:2],
         (0, "nothing differs\n"), "nor from its envelope")
    kernel, agent = "./linux/mm/memory.c", "./ee-init/guest/agent/api.c"
    write("r7/sbom.spdx.json", sbom([(kernel, "kernel", "1"),
                                     (agent, "init", "1"),
                                     ("./linux/old.c", "kernel", "1"),
                                     ("./same.c", "kernel", "1")]))
    write("r8/sbom.spdx.json", sbom([(kernel, "kernel", "2"),
                                     (agent, "init", "2"),
                                     ("./linux/new.c", "kernel", "1"),
                                     ("./same.c", "kernel", "1")]))
    rc, v, got, err = changes("r7", "r8")
    other = json.loads(Path("r8/measurements.json").read_text())

    def event(r, entry, kind):
        return [e["digest"] for e in r["measurements"][entry]["events"]
                if e["type"] == kind]

    ok(rc == 1 and not v["same"], "two releases differ", rc, err)
    for title, want in (
            ("version", ("release", "version", "1.2.3", "1.2.4", 0)),
            ("revocation", ("revoked", "1.2.3", "", "it leaks", 0)),
            ("a locked version", ("lock", "deb linux-source-6.12", "6.12.38-1",
                                  "6.12.41-1", 0)),
            ("new bytes of one version", ("lock", "source bearssl",
                                          "0.6 aa", "0.6 ab", 0)),
            ("a tool that is gone", ("lock", "tool zstd", "1.5", "", 0)),
            ("a file of the kernel", ("kernel", kernel, "1" * 64, "2" * 64,
                                      0)),
            ("one of /init", ("init", agent, "1" * 64, "2" * 64, 0)),
            ("one that is gone", ("kernel", "./linux/old.c", "1" * 64, "",
                                  0)),
            ("a new one", ("kernel", "./linux/new.c", "", "1" * 64, 0)),
            ("the image", ("image", "BOOTX64.EFI: kernel, initramfs, command "
                           "line", ref["image"]["efi_sha256"],
                           other["image"]["efi_sha256"], 0)),
            ("its event in RTMR1, on all machines that boot it so", (
                "image", "RTMR1: EV_EFI_BOOT_SERVICES_APPLICATION: "
                "\\EFI\\BOOT\\BOOTX64.EFI",
                event(ref, 0, "EV_EFI_BOOT_SERVICES_APPLICATION")[0],
                event(other, 0, "EV_EFI_BOOT_SERVICES_APPLICATION")[0], 2)),
            ("the disk's identifiers", (
                "disk", "RTMR1: EV_EFI_GPT_EVENT: " + next(
                    e["what"] for e in ref["measurements"][0]["events"]
                    if e["type"] == "EV_EFI_GPT_EVENT"),
                event(ref, 0, "EV_EFI_GPT_EVENT")[0],
                event(other, 0, "EV_EFI_GPT_EVENT")[0], 2))):
        ok(want in got, "diff: " + title, want,
           *[g for g in got if g[0] == want[0]])
    ok(not [g for g in got if g[0] in ("firmware", "machine") or
            g[1] == "./same.c"], "diff: and nothing of what is the same", got)
    rc, out, _ = run("release", "diff", "r7", "r8")
    ok(rc == 1 and "lock: deb linux-source-6.12\n  - 6.12.38-1\n"
       "  + 6.12.41-1\n" in out and "(2 machines)" in out, "diff: as text",
       out)
    changed = copy.deepcopy(ref)
    changed["firmware"][0].update(
        cfv_sha384="11" * 48, sha256="22" * 32, mrtd="33" * 48)
    for m in changed["measurements"]:
        m.update(firmware="22" * 32, mrtd="33" * 48)
    changed["measurements"].pop()
    changed = replayed(changed, 1, 1, "11" * 48)
    write("fw.json", canonical(changed) + "\n")
    rc, v, got, err = changes("r7", "fw.json")
    same((rc, [g[:2] for g in got]),
         (1, [("firmware", "small.fd"), ("firmware", "small.fd: code, in MRTD"),
              ("firmware", "small.fd: variable store, in RTMR0"),
              ("firmware", "RTMR0: EV_EFI_PLATFORM_FIRMWARE_BLOB2: "
               "CFV: the firmware's variable store"),
              ("machine", "sim, 1024 MiB, 1 CPU, small.fd, -kernel")]),
         "diff: another firmware, and a machine less")
    changed = copy.deepcopy(ref)
    events = changed["measurements"][1]["events"]
    at = next(i for i, e in enumerate(events) if e["rtmr"] == 0) + 1
    events.insert(at, {"rtmr": 0, "type": "EV_PLATFORM_CONFIG_FLAGS",
                       "what": "one more table", "digest": "11" * 48})
    for e in events:
        if e["what"].startswith("SecureBoot"):
            e["digest"] = "44" * 48
    write("more.json", canonical(replayed(changed, 1, at, "11" * 48)) + "\n")
    rc, v, got, err = changes("r7", "more.json")
    same((rc, [(g[0], g[2] != "") for g in got]),
         (1, [("variables", True), ("acpi", False)]),
         "diff: an event that came in is not held against those behind it")
    same(run("release", "diff", "rq.dsse", "rq.dsse")[:2],
         (0, "nothing differs\n"), "diff: machines that differ in an option")
    write("r8/sbom.spdx.json", "{}")
    same(changes("r7", "r8")[0], 3, "diff: no bill of materials")
    write("r8/sbom.spdx.json", sbom([]))
    write("r8/sources.lock", b"tool \x1b[2J 1\n")
    same(changes("r7", "r8")[0], 3, "diff: no lock")
    same(changes("r7", "none")[0], 4, "diff: no such release")


LOCK = b"""# a comment
source bearssl 0.6 bearssl_0.6.dsc aa
source bearssl 0.6 bearssl_0.6.tar.gz bb
deb linux-source-6.12 6.12.38-1 linux-source.deb cc
tool zstd 1.5
"""


def main():
    with folder():
        write("small.fd", peer.make_firmware(3, peer.SMALL))
        for key, pub in (("key.pem", "pub.pem"), ("other.pem", "other.pub")):
            tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-out", key)
            os.chmod(key, 0o600)
            tool("openssl", "pkey", "-in", key, "-pubout", "-out", pub)
        ref = make_release("r7", "1.2.3", 7, lock=LOCK)
        make_release("r8", "1.2.4", 8, tail=b"more",
                     revoked=("7 1.2.3 it leaks",), lock=LOCK.replace(
                         b"6.12.38", b"6.12.41").replace(b" aa", b" ab")
                     .replace(b"tool zstd 1.5\n", b""))
        test_sign(ref)
        same(sign("r8")[0], 0, "the next release is signed")
        for test in (test_accepted, test_refused, test_artefacts,
                     test_recomputed, test_captured, test_corim,
                     test_expected_any, test_diff):
            test(ref)
        test_revoked()
        test_core()
        test_keys()
    finish()


main()
