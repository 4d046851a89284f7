#!/usr/bin/env python3
"""Makes ecdsa.txt: python3 tests/vectors/make_ecdsa.py > tests/vectors/ecdsa.txt

Lines "name public-key digest r||s good|bad": signatures over P-256 where
implementations go wrong, after the classes of Project Wycheproof. The arithmetic
is this file's own, from the curve's definition (SP 800-186). An own verdict is
not trusted: OpenSSL must say the same of every line."""
import hashlib
import subprocess
import tempfile

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def add(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def mul(k, a):
    r = None
    while k:
        if k & 1:
            r = add(r, a)
        a, k = add(a, a), k >> 1
    return r


def lift(x):
    """The point of that x with the even y, or None."""
    square = (x**3 - 3 * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    return (x, y if y % 2 == 0 else P - y) if y * y % P == square else None


def number(label):
    return int.from_bytes(hashlib.sha512(label.encode()).digest(), "big") % N


def digest(label, n=32):
    return hashlib.shake_256(label.encode()).digest(n)


def z_of(d):
    return int.from_bytes(d[:32], "big")


def sign(key, d, k):
    r = mul(k, G)[0] % N
    return r, pow(k, -1, N) * (z_of(d) + r * key) % N


def pub(q):
    return b"\4" + q[0].to_bytes(32, "big") + q[1].to_bytes(32, "big")


def openssl(key, d, r, s):
    def integer(v):
        b = v.to_bytes(v.bit_length() // 8 + 1, "big")
        return bytes([2, len(b)]) + b
    body = integer(r) + integer(s)
    with tempfile.TemporaryDirectory() as t:
        for name, data in (("k", SPKI + key), ("d", d),
                           ("s", bytes([0x30, len(body)]) + body)):
            with open(f"{t}/{name}", "wb") as f:
                f.write(data)
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER",
             "-inkey", f"{t}/k", "-in", f"{t}/d", "-sigfile", f"{t}/s"],
            capture_output=True, check=False).returncode == 0


def cases():
    key = number("key")
    q = mul(key, G)
    for n in (20, 28, 32, 48, 64):
        d = digest(f"digest {n}", n)
        yield (f"digest-of-{n}", pub(q), d, *sign(key, d, number(f"k{n}")),
               True)
    d = digest("digest")
    r, s = sign(key, d, number("k"))
    yield "other-s", pub(q), d, r, N - s, True
    yield "r-zero", pub(q), d, 0, s, False
    yield "s-zero", pub(q), d, r, 0, False
    yield "both-zero", pub(q), d, 0, 0, False
    yield "r-order", pub(q), d, N, s, False
    yield "s-order", pub(q), d, r, N, False
    yield "both-order", pub(q), d, N, N, False
    yield "r-prime", pub(q), d, P, s, False
    yield "r-top", pub(q), d, 2**256 - 1, s, False
    yield "s-top", pub(q), d, r, 2**256 - 1, False
    yield "r-negative", pub(q), d, N - r, s, False
    yield "swapped", pub(q), d, s, r, False
    yield "r-one", pub(q), d, 1, s, False
    yield "s-one", pub(q), d, r, 1, False
    yield "other-key", pub(mul(number("other"), G)), d, r, s, False
    yield "negative-key", pub((q[0], P - q[1])), d, r, s, False
    # scalars of the sum
    for name, z in (("u1-zero", 0), ("digest-order", N), ("digest-one", 1),
                    ("digest-top", 2**256 - 1), ("digest-less", N - 1)):
        d = z.to_bytes(32, "big")
        yield name, pub(q), d, *sign(key, d, number(name)), True
    for k in (1, 2, 3, N - 1, N - 2, (N + 1) // 2):
        name = f"k-{k if k < 9 else 'large-' + str(k % 1000)}"
        yield name, pub(q), d, *sign(key, d, k), True
    # keys that meet the multiples of G in the sum
    for small in (1, 2, 3, 5, 15, 31, 32, 63, 64, 65, 127):
        for v in (small, N - small):
            d = digest(f"key {v}")
            name = f"key-{small}" + ("" if v == small else "-negative")
            yield name, pub(mul(v, G)), d, *sign(v, d, number(name)), True
    # s = r = x(G), z such that u1 = -u2 * key: the sum is infinity
    r = number("infinity")
    z = (-r * key) % N
    yield "infinity", pub(q), z.to_bytes(32, "big"), r, number("s"), False
    # u1 * G = u2 * Q: the last addition is a doubling
    z = r * key % N
    k2 = 2 * z * pow(number("t"), -1, N) % N
    r2 = mul(k2, G)[0] % N
    z2 = r2 * key % N
    yield ("doubling", pub(q), z2.to_bytes(32, "big"), r2,
           2 * z2 * pow(k2, -1, N) % N, True)
    # a sum whose x is not below the order: r is x less the order
    x = N
    while lift(x) is None:
        x += 1
    for name, r, good in (("x-above-order", x - N, True),
                          ("x-not-reduced", x, False)):
        u1, u2 = number("u1"), number("u2")
        t = add(lift(x), mul(N - u1, G))
        s = (x - N) * pow(u2, -1, N) % N
        z = u1 * s % N
        yield (name, pub(mul(pow(u2, -1, N), t)), z.to_bytes(32, "big"), r, s,
               good)
    # r below p - N whose x is r: r + order must be tried and not confused
    x = 1
    while lift(x) is None:
        x += 1
    u1, u2 = number("u1"), number("u2")
    t = add(lift(x), mul(N - u1, G))
    s = x * pow(u2, -1, N) % N
    yield ("x-small", pub(mul(pow(u2, -1, N), t)),
           (u1 * s % N).to_bytes(32, "big"), x, s, True)
    # keys that are none
    x = 5
    while lift(x) is None:
        x += 1
    small = lift(x)
    d = digest("no key")
    yield "not-on-curve", pub((q[0], q[1] ^ 1)), d, r, s, False
    yield "zero-key", b"\4" + bytes(64), d, r, s, False
    yield "x-not-reduced-key", pub((small[0] + P, small[1])), d, r, s, False
    yield "compressed-tag", b"\2" + pub(q)[1:], d, r, s, False
    yield "hybrid-tag", b"\6" + pub(q)[1:], d, r, s, False


def main():
    for name, key, d, r, s, good in cases():
        ours_alone = name == "hybrid-tag"  # OpenSSL takes that form of key
        if not ours_alone and openssl(key, d, r, s) != good:
            raise SystemExit(f"OpenSSL does not agree about {name}")
        print(name, key.hex(), d.hex(),
              r.to_bytes(32, "big").hex() + s.to_bytes(32, "big").hex(),
              "good" if good else "bad")


main()
