#!/usr/bin/env python3
"""Makes hpke.txt: python3 tests/vectors/make_hpke.py > tests/vectors/hpke.txt

Lines "recipient's private key, info, aad, plaintext, enc || ciphertext || tag"
in hex, "-" for nothing. The messages come from the pseudo-code of RFC 9180, 4
and 5, over the primitives of the "cryptography" package; that package's own
HPKE (48.0.0, in Rust over OpenSSL) must open each one that has no aad, which
its interface lacks."""
import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

PEER = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
LENGTHS = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (5, 48, 15), (5, 48, 16),
           (5, 48, 17), (64, 65, 31), (65, 0, 32), (100, 200, 300),
           (11, 48, 1000), (200, 0, 2000)]
KEM_ID, SUITE_ID = b"KEM\0\x20", b"HPKE\0\x20\0\1\0\2"


def extract(salt, suite, label, ikm):
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, "sha256")


def expand(prk, suite, label, info, n):
    info = n.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, info + b"\1", "sha256")[:n]


def seal(ephemeral, pub, info, aad, pt):
    enc = ephemeral.public_key().public_bytes_raw()
    prk = extract(b"", KEM_ID, b"eae_prk", ephemeral.exchange(pub))
    shared = expand(prk, KEM_ID, b"shared_secret",
                    enc + pub.public_bytes_raw(), 32)
    context = (b"\0" + extract(b"", SUITE_ID, b"psk_id_hash", b"") +
               extract(b"", SUITE_ID, b"info_hash", info))
    secret = extract(shared, SUITE_ID, b"secret", b"")
    key = expand(secret, SUITE_ID, b"key", context, 32)
    nonce = expand(secret, SUITE_ID, b"base_nonce", context, 12)
    return enc + AESGCM(key).encrypt(nonce, pt, aad)


def some(name, n):
    return hashlib.shake_128(name.encode()).digest(n)


for i, (ni, na, np) in enumerate(LENGTHS):
    key = X25519PrivateKey.from_private_bytes(some(f"key {i}", 32))
    ephemeral = X25519PrivateKey.from_private_bytes(some(f"ephemeral {i}", 32))
    info, aad, pt = some("info", ni), some("aad", na), some("plaintext", np)
    sealed = seal(ephemeral, key.public_key(), info, aad, pt)
    assert na > 0 or PEER.decrypt(sealed, key, info=info) == pt
    print(*(x.hex() or "-" for x in (key.private_bytes_raw(), info, aad, pt,
                                     sealed)))
