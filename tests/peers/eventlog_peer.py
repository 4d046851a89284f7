#!/usr/bin/env python3
"""Event logs, written and replayed by a second implementation.

eventlog_peer.py N writes a CCEL of N events to standard output; the same N gives
the same bytes."""
import hashlib
import struct
import sys

NO_ACTION, SEPARATOR, TAG, FLAGS, IPL = 3, 4, 6, 10, 13
VARIABLE, BOOT, APPLICATION, GPT, ACTION = (0x80000001, 0x80000002, 0x80000003,
                                            0x80000006, 0x80000007)
SHA1, SHA256, SHA384, SM3 = 4, 11, 12, 18
LENGTHS = {SHA1: 20, SHA256: 32, SHA384: 48, SM3: 32}
HASHES = {SHA1: hashlib.sha1, SHA256: hashlib.sha256, SHA384: hashlib.sha384}
VENDOR = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")


def sha384(data):
    return hashlib.sha384(data).digest()


def head(number, algs, vendor=b""):
    data = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2,
                                              len(algs))
    data += b"".join(struct.pack("<HH", a, LENGTHS[a]) for a in algs)
    data += bytes([len(vendor)]) + vendor
    return struct.pack("<II20xI", number, NO_ACTION, len(data)) + data


def event(number, kind, data, hashed=None, algs=(SHA384,), digest=None):
    """TCG_PCR_EVENT2. digest, when given, stands for every algorithm."""
    hashed = data if hashed is None else hashed
    out = struct.pack("<III", number, kind, len(algs))
    for a in algs:
        d = digest if digest is not None else HASHES[a](hashed).digest()
        out += struct.pack("<H", a) + d
    return out + struct.pack("<I", len(data)) + data


def event1(number, kind, data):
    """TCG_PCClientPCREvent."""
    return (struct.pack("<II", number, kind) + hashlib.sha1(data).digest() +
            struct.pack("<I", len(data)) + data)


def replay(extends):
    """[(rtmr, digest)] to four registers in hex."""
    reg = [bytes(48)] * 4
    for i, digest in extends:
        reg[i] = sha384(reg[i] + digest)
    return [r.hex() for r in reg]


def quote(rtmrs):
    """A quote of version 4 that holds these registers in hex and is right in
    form alone: its signatures are zeros."""
    body = bytes(328) + b"".join(bytes.fromhex(r) for r in rtmrs) + bytes(64)
    auth = (bytes(384 + 64) + struct.pack("<H", 0) +
            struct.pack("<HI", 5, 4) + b"PEM\n")
    sig = bytes(64 + 64) + struct.pack("<HI", 6, len(auth)) + auth
    return (struct.pack("<HHIHH", 4, 2, 0x81, 0, 0) + VENDOR + bytes(20) +
            body + struct.pack("<I", len(sig)) + sig)


def long_log(n):
    """A CCEL of n events in all three registers that firmware extends: actions
    of 30 bytes, so that an event has 96."""
    parts = [head(1, [SHA384])]
    start = struct.Struct("<IIIH")
    size = struct.pack("<I", 30)
    for i in range(n):
        data = b"event %024d" % i
        parts.append(start.pack(1 + i % 3, ACTION, 1, SHA384) + sha384(data) +
                     size + data)
    return b"".join(parts)


def main():
    sys.stdout.buffer.write(long_log(int(sys.argv[1])))


if __name__ == "__main__":
    main()
