#!/usr/bin/env python3
"""Makes rsa.txt: python3 tests/vectors/make_rsa.py > tests/vectors/rsa.txt

    key NAME BITS N E
    pss|pkcs1 KEY HASH SALT DIGEST SIGNATURE ok|no WHY

Keys are OpenSSL's, new each time, and so are the plain signatures. The others
are made here from RFC 8017 (9.1.1 and 9.2) with the private exponent, each
wrong in one way. OpenSSL says "ok" or "no" of every line, too; the script stops when
that is not what is expected."""
import hashlib
import os
import re
import subprocess
import tempfile

KEYS = [("k2048", 2048, 65537), ("k2049", 2049, 65537), ("k2050", 2050, 65537),
        ("k3072", 3072, 65537), ("k4096", 4096, 65537), ("e3", 2048, 3)]
OID = {"sha256": 1, "sha384": 2, "sha512": 3}


def openssl(*args):
    return subprocess.run(["openssl"] + [str(a) for a in args],
                          capture_output=True)


class Key:
    def __init__(self, name, bits, e):
        self.name, self.bits, self.pem = name, bits, name + ".pem"
        if bits % 2:
            self.odd_key(bits, e)
        else:
            openssl("genpkey", "-algorithm", "RSA", "-out", self.pem,
                    "-pkeyopt", "rsa_keygen_bits:%d" % bits, "-pkeyopt",
                    "rsa_keygen_pubexp:%d" % e)
        text = openssl("pkey", "-in", self.pem, "-noout",
                       "-text").stdout.decode()
        part = {m[0]: int(re.sub(r"[\s:]", "", m[1]), 16) for m in re.findall(
            r"^(modulus|privateExponent):\n((?:    .*\n)+)", text, re.M)}
        self.n, self.d = part["modulus"], part["privateExponent"]
        self.e, self.len = e, (bits + 7) // 8
        assert self.n.bit_length() == bits
        print("key", name, bits, bytes_of(self.n).hex(), bytes_of(e).hex())

    def odd_key(self, bits, e):
        """An RSAPrivateKey of an odd number of bits, which OpenSSL reads and
        does not make."""
        p, q = (int(openssl("prime", "-generate", "-bits", b).stdout)
                for b in (bits // 2 + 1, bits // 2))
        d = pow(e, -1, (p - 1) * (q - 1))
        numbers = (0, p * q, e, d, p, q, d % (p - 1), d % (q - 1),
                   pow(q, -1, p))
        open("der", "wb").write(der(0x30, b"".join(
            der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))
            for n in numbers)))
        openssl("pkey", "-inform", "DER", "-in", "der", "-out", self.pem)

    def raw(self, number):
        return pow(number, self.d, self.n).to_bytes(self.len, "big")


def bytes_of(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def der(tag, content):
    n = len(content)
    return (bytes([tag]) + (bytes([n]) if n < 128 else
                            b"\x82" + n.to_bytes(2, "big")) + content
            if n < 128 or n > 255 else bytes([tag, 0x81, n]) + content)


def mgf1(name, seed, n):
    out = b""
    while len(out) < n:
        c = (len(out) // hashlib.new(name).digest_size).to_bytes(4, "big")
        out += hashlib.new(name, seed + c).digest()
    return out[:n]


def pss(key, name, digest, salt, trailer=0xbc, mgf=None, pad=b"", one=1,
        top=0, m_zeros=8):
    """EMSA-PSS-ENCODE as a number. pad: what the zeros start with; top: what
    the bits above emBits are."""
    bits = key.bits - 1
    n = (bits + 7) // 8
    h = hashlib.new(name, bytes(m_zeros) + digest + salt).digest()
    db = pad.ljust(n - len(salt) - len(h) - 2, b"\0") + bytes([one]) + salt
    mask = mgf1(mgf or name, h, len(db))
    db = bytearray(a ^ b for a, b in zip(db, mask))
    spare = 8 * n - bits
    db[0] = db[0] & (0xff >> spare) | top
    return int.from_bytes(bytes(db) + h + bytes([trailer]), "big")


def info(name, digest, null=b"\x05\0"):
    oid = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" + bytes([OID[name]])
    alg = b"\x30" + bytes([len(oid + null)]) + oid + null
    rest = alg + b"\x04" + bytes([len(digest)]) + digest
    return b"\x30" + bytes([len(rest)]) + rest


def pkcs1(key, tail, head=b"\0\x01", ff=b"\xff", after=b""):
    n = key.len - len(head) - 1 - len(tail) - len(after)
    return int.from_bytes(head + (ff * n)[:n] + b"\0" + tail + after, "big")


def says(key, scheme, name, salt, digest, sig):
    open("d", "wb").write(digest)
    open("s", "wb").write(sig)
    opts = ["-pkeyopt", "digest:" + name, "-pkeyopt",
            "rsa_padding_mode:" + scheme]
    if scheme == "pss":
        opts += ["-pkeyopt", "rsa_mgf1_md:" + name, "-pkeyopt",
                 "rsa_pss_saltlen:%d" % salt]
    p = openssl("pkeyutl", "-verify", "-inkey", key.pem, "-in", "d",
                "-sigfile", "s", *opts)
    return "ok" if p.returncode == 0 else "no"


def line(key, scheme, name, salt, digest, sig, want, why, peer=None):
    got = says(key, scheme, name, salt, digest, sig)
    assert got == (peer or want), (key.name, scheme, why, got)
    print(scheme, key.name, name, salt, digest.hex(), sig.hex() or "-", want,
          why)


def signed(key, scheme, name, digest, salt):
    open("d", "wb").write(digest)
    opts = ["-pkeyopt", "digest:" + name, "-pkeyopt",
            "rsa_padding_mode:" + scheme]
    if scheme == "pss":
        opts += ["-pkeyopt", "rsa_pss_saltlen:%d" % salt]
    return openssl("pkeyutl", "-sign", "-inkey", key.pem, "-in", "d",
                   *opts).stdout


def good(keys):
    for key in keys:
        for name in OID:
            digest = hashlib.new(name, key.name.encode()).digest()
            for scheme in ("pss", "pkcs1"):
                if key.bits == 4096 and scheme == "pkcs1" and name != "sha384":
                    continue
                n = len(digest) if scheme == "pss" else 0
                line(key, scheme, name, n, digest,
                     signed(key, scheme, name, digest, n), "ok", "plain")


def below(key, make):
    """A number below the modulus, out of new salts until there is one."""
    while True:
        number = make()
        if number < key.n:
            return number


def bad_pss(key, name="sha256"):
    digest = hashlib.new(name, b"bad").digest()
    n = len(digest)

    def put(why, want="no", expect=n, salt=n, **how):
        number = below(key, lambda: pss(key, name, digest, os.urandom(salt),
                                        **how))
        line(key, "pss", name, expect, digest, key.raw(number), want, why)

    put("made by this script", "ok")
    put("no salt, as wanted", "ok", 0, 0)
    put("the longest salt, as wanted", "ok", key.len - n - 2, key.len - n - 2)
    put("no salt", salt=0)
    put("a salt that is shorter", salt=20)
    put("a salt that is longer by one", salt=n + 1)
    put("another trailer", trailer=0xcc)
    for other in ("sha1", "sha256", "sha384", "sha512"):
        if other != name:
            put("MGF1 with " + other, mgf=other)
    put("padding that does not begin with zero", pad=b"\x01")
    put("padding that ends with one", pad=bytes(key.len - 2 * n - 3) + b"\x01")
    put("no one before the salt", one=0)
    put("a two before the salt", one=2)
    put("seven zeros in M'", m_zeros=7)
    put("a bit above emBits", top=0x80)


def bad_sizes(key, name="sha256"):
    digest = hashlib.new(name, b"sizes").digest()
    n = len(digest)
    while True:
        sig = key.raw(pss(key, name, digest, os.urandom(n)))
        more = int.from_bytes(sig, "big") + key.n
        if more < 1 << 8 * key.len and sig[0] != 0:
            break
    for bad, why in ((more.to_bytes(key.len, "big"), "s + n"),
                     (bytes(key.len), "zero"),
                     ((1).to_bytes(key.len, "big"), "one"),
                     (key.n.to_bytes(key.len, "big"), "n"),
                     ((key.n - 1).to_bytes(key.len, "big"), "n - 1"),
                     (b"\xff" * key.len, "all ones"),
                     (sig[:-1], "a byte short"), (sig[1:], "the first missing"),
                     (b"\0" + sig, "a zero before"), (sig + b"\0", "one after"),
                     (b"", "nothing")):
        line(key, "pss", name, n, digest, bad, "no", why)
        line(key, "pkcs1", name, 0, digest, bad, "no", why)
    while sig[0] != 0:
        sig = key.raw(pss(key, name, digest, os.urandom(n)))
    line(key, "pss", name, n, digest, sig, "ok", "one that begins with zero")
    # RFC 8017 8.1.2, step 1, has it refused.
    line(key, "pss", name, n, digest, sig[1:], "no",
         "the same without the zero: OpenSSL takes it", "ok")
    line(key, "pss", name, n, digest, signed(key, "pkcs1", name, digest, 0),
         "no", "the other scheme")
    line(key, "pkcs1", name, 0, digest, signed(key, "pss", name, digest, n),
         "no", "the other scheme")
    other = hashlib.new(name, b"other").digest()
    line(key, "pss", name, n, other, signed(key, "pss", name, digest, n), "no",
         "another message")
    line(key, "pkcs1", name, 0, other, signed(key, "pkcs1", name, digest, 0),
         "no", "another message")


def bad_lead(key, name="sha256"):
    """emBits is a multiple of 8: a whole byte above them."""
    digest = hashlib.new(name, b"lead").digest()
    number = below(key, lambda: (1 << key.bits - 1) + pss(
        key, name, digest, os.urandom(32)))
    line(key, "pss", name, 32, digest, key.raw(number), "no",
         "a byte above emBits")


def bad_pkcs1(key, name="sha256"):
    digest = hashlib.new(name, b"pkcs1").digest()
    whole = info(name, digest)
    for number, want, why in (
            (pkcs1(key, whole), "ok", "made by this script"),
            (pkcs1(key, info(name, digest, b"")), "no", "parameters left out"),
            (pkcs1(key, whole, head=b"\0\x02"), "no", "block type 2"),
            (pkcs1(key, whole, head=b"\0\x00"), "no", "block type 0"),
            (pkcs1(key, whole, ff=b"\xff\xfe"), "no", "padding not all ones"),
            (pkcs1(key, info("sha384" if name != "sha384" else "sha512",
                             digest)), "no", "another hash's name"),
            (pkcs1(key, info(name, digest[:-1])), "no", "a byte less"),
            (pkcs1(key, info(name, digest + b"\0")), "no", "a byte more"),
            (pkcs1(key, info(name, digest, b"\x05\x81\0")), "no",
             "parameters with a long length"),
            (pkcs1(key, info(name, digest, b"\x05\x10" + bytes(16))), "no",
             "parameters with something in them"),
            (pkcs1(key, whole, head=b"\x01\x01"), "no", "no zero at first"),
            (pkcs1(key, digest), "no", "the digest alone"),
            (pkcs1(key, whole, head=b"\0\x01" + b"\xff" * 8 + b"\0" + whole),
             "no", "a second one further on"),
            (pkcs1(key, whole, after=bytes(100)), "no",
             "bytes after the digest")):
        line(key, "pkcs1", name, 0, digest, key.raw(number), want, why)


def cube_root(n):
    """The largest number whose cube is not above n."""
    root = 1 << (n.bit_length() + 2) // 3
    while root ** 3 > n:
        root = (2 * root + n // root ** 2) // 3
    return root


def bad_cube(key, name):
    """What verifiers believe that do not look at all bytes, when e is 3: cubes
    that begin right, and cubes that end right."""
    assert key.e == 3
    whole = info(name, hashlib.new(name, b"cube").digest())
    digest = hashlib.new(name, b"cube").digest()
    for ffs, why in ((8, "a cube that begins right, with little padding"),
                     (30, "a cube that begins right, with more")):
        start = b"\0\x01" + b"\xff" * ffs + b"\0" + whole
        top = int.from_bytes(start.ljust(key.len, b"\xff"), "big")
        root = cube_root(top)
        if not (root ** 3).to_bytes(key.len, "big").startswith(start):
            assert name != "sha256"  # a longer one leaves too few bits free
            continue
        line(key, "pkcs1", name, 0, digest, root.to_bytes(key.len, "big"),
             "no", why)
    n = 0
    while digest[-1] % 2 == 0:
        n += 1
        digest = hashlib.new(name, b"cube %d" % n).digest()
    tail = b"\0" + info(name, digest)
    bits = 8 * len(tail)
    # Odd numbers have one cube root modulo a power of two.
    root = pow(int.from_bytes(tail, "big"), pow(3, -1, 1 << bits - 2),
               1 << bits)
    assert (root ** 3).to_bytes(key.len, "big").endswith(tail)
    line(key, "pkcs1", name, 0, digest, root.to_bytes(key.len, "big"), "no",
         "a cube that ends right")


def bad_halves(key, name="sha256"):
    """PSS with its parts of different hashes: the message's, MGF1's, the
    salt's."""
    digest = hashlib.new(name, b"halves").digest()
    for other in OID:
        if other == name:
            continue
        theirs = hashlib.new(other, b"halves").digest()
        number = below(key, lambda: pss(key, other, theirs, os.urandom(
            len(theirs))))
        line(key, "pss", name, len(digest), digest, key.raw(number), "no",
             "the same message under " + other)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        keys = [Key(*k) for k in KEYS]
        good(keys)
        for name in OID:
            bad_pss(keys[0], name)
            bad_halves(keys[0], name)
            bad_pkcs1(keys[0], name)
            bad_cube(keys[5], name)
        bad_sizes(keys[0])
        bad_lead(keys[1])
        os.chdir("/")


main()
