"""Seeded mutations of real quotes and bundles: each field, each length, each
certificate, chains of others, collateral. Case n takes the n-th mutation of the
table, so that all have their turn; what it does to the base is drawn from the
seed. Parts that are signed again are in fakecases.c and faults.c."""
import base64
import datetime
import json
import random
import re

ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?",
                 re.S)
HEADER = {"version": (0, 2), "key type": (2, 2), "TEE type": (4, 4),
          "qe svn": (8, 2), "pce svn": (10, 2), "vendor": (12, 16),
          "user data": (28, 20)}
BODY = {"tee_tcb_svn": (0, 16), "mr_seam": (16, 48),
        "mr_signer_seam": (64, 48), "seam_attributes": (112, 8),
        "td_attributes": (120, 8), "xfam": (128, 8), "mrtd": (136, 48),
        "mr_config_id": (184, 48), "mr_owner": (232, 48),
        "mr_owner_config": (280, 48), "rtmr0": (328, 48),
        "rtmr1": (376, 48), "rtmr2": (424, 48), "rtmr3": (472, 48),
        "reportdata": (520, 64)}
BODY15 = {"tee_tcb_svn2": (584, 16), "mr_servicetd": (600, 48)}
QE_REPORT = {"cpusvn": (0, 16), "miscselect": (16, 4), "attributes": (48, 16),
             "mrenclave": (64, 32), "mrsigner": (128, 32),
             "isvprodid": (256, 2), "isvsvn": (258, 2),
             "reportdata": (320, 64)}


class Parts:
    """Where everything is in a good quote."""

    def __init__(self, quote):
        version = int.from_bytes(quote[:2], "little")
        self.body = 54 if version == 5 else 48
        size = (int.from_bytes(quote[50:54], "little") if version == 5 else 584)
        sig = self.body + size
        self.fields = dict(HEADER)
        if version == 5:
            self.fields.update({"body type": (48, 2), "body size": (50, 4)})
        self.add("", self.body, BODY)
        if size == 648:
            self.add("", self.body, BODY15)
        self.fields.update({
            "signature": (sig + 4, 64), "attestation key": (sig + 68, 64),
            "certification type": (sig + 132, 2)})
        report = sig + 138
        self.add("QE ", report, QE_REPORT)
        auth = int.from_bytes(quote[report + 448:report + 450], "little")
        inner = report + 450 + auth
        chain = int.from_bytes(quote[inner + 2:inner + 6], "little")
        self.fields.update({
            "QE signature": (report + 384, 64),
            "QE authentication data": (report + 450, max(auth, 1)),
            "inner certification type": (inner, 2),
            "PCK chain": (inner + 6, chain)})
        self.lengths = {"signature data": (sig, 4), "outer": (sig + 134, 4),
                        "QE auth": (report + 448, 2), "inner": (inner + 2, 4)}
        self.chain = (inner + 6, chain)
        self.end = inner + 6 + chain

    def add(self, prefix, base, table):
        for name, (at, n) in table.items():
            self.fields[prefix + name] = (base + at, n)


def put(data, at, new, old=None):
    return data[:at] + new + data[at + (len(new) if old is None else old):]


def flip(r, data, at, n):
    bit = r.randrange(n * 8)
    return put(data, at + bit // 8, bytes([data[at + bit // 8] ^ 1 << bit % 8]))


def with_chain(quote, chain):
    """The quote around another PCK chain, its three lengths made right."""
    p = Parts(quote)
    grow = len(chain) - p.chain[1]
    for at, n in (p.lengths[k] for k in ("signature data", "outer", "inner")):
        old = int.from_bytes(quote[at:at + n], "little")
        quote = put(quote, at, (old + grow).to_bytes(n, "little"))
    return put(quote, p.chain[0], chain, p.chain[1])


def change_der(r, pem):
    """One bit of a certificate, below the base64."""
    lines = pem.strip().split(b"\n")
    der = base64.b64decode(b"".join(lines[1:-1]))
    text = base64.b64encode(flip(r, der, 0, len(der)))
    wrapped = [text[i:i + 64] for i in range(0, len(text), 64)]
    return b"\n".join([lines[0]] + wrapped + [lines[-1]]) + b"\n"


# Each takes the generator, the case, and another case of the same kind, and
# gives what it did and the case.

def a_field(r, c, _):
    name, (at, n) = r.choice(list(Parts(c.quote).fields.items()))
    return "bit of " + name, c._replace(quote=flip(r, c.quote, at, n))


def a_length(r, c, _):
    name, (at, n) = r.choice(list(Parts(c.quote).lengths.items()))
    old, top = int.from_bytes(c.quote[at:at + n], "little"), 1 << 8 * n
    new = r.choice([0, 1, old - 1, old + 1, old + 2, top - 1, top // 2,
                    r.randrange(top), r.randrange(len(c.quote))]) % top
    return ("length of %s %d for %d" % (name, new, old),
            c._replace(quote=put(c.quote, at, new.to_bytes(n, "little"))))


def a_small_number(r, c, _):
    p = Parts(c.quote)
    name = r.choice([k for k, (_, n) in p.fields.items() if n <= 4])
    at, n = p.fields[name]
    new = r.randrange(12)
    return ("%s is %d" % (name, new),
            c._replace(quote=put(c.quote, at, new.to_bytes(n, "little"))))


def cut(r, c, _):
    n = r.randrange(Parts(c.quote).end)
    return "cut to %d" % n, c._replace(quote=c.quote[:n])


def after(r, c, _):
    more = r.choice([bytes(r.randrange(1, 3000)), b"\n", r.randbytes(9)])
    return ("%d bytes after" % len(more),
            c._replace(quote=c.quote[:Parts(c.quote).end] + more))


def insert(r, c, _):
    at = r.randrange(Parts(c.quote).end)
    return ("a byte more at %d" % at,
            c._replace(quote=c.quote[:at] + r.randbytes(1) + c.quote[at:]))


def remove(r, c, _):
    at = r.randrange(Parts(c.quote).end)
    return ("a byte less at %d" % at,
            c._replace(quote=c.quote[:at] + c.quote[at + 1:]))


def other_part(r, c, other):
    """A field out of another genuine quote."""
    mine, theirs = Parts(c.quote).fields, Parts(other.quote).fields
    name = r.choice([k for k in mine if k in theirs and
                     mine[k][1] == theirs[k][1]])
    at, n = theirs[name]
    return ("another quote's " + name, c._replace(
        quote=put(c.quote, mine[name][0], other.quote[at:at + n])))


def other_sign(r, c, _):
    """s becomes n - s, which is as good a signature; or it is zero."""
    name = r.choice(["signature", "QE signature"])
    at = Parts(c.quote).fields[name][0] + 32
    s = int.from_bytes(c.quote[at:at + 32], "big")
    new = r.choice([ORDER - s, ORDER - s, 0, ORDER])
    return (name + " s", c._replace(
        quote=put(c.quote, at, new.to_bytes(32, "big"))))


def certificates(case):
    at, n = Parts(case.quote).chain
    return PEM.findall(case.quote[at:at + n])


def change_certificates(r, certs):
    """One is dropped, is there twice, or has a bit changed: what was done."""
    i = r.randrange(len(certs))
    what = r.choice(["drop", "twice", "bit"])
    if what == "drop":
        del certs[i]
    elif what == "twice":
        certs.insert(i, r.choice(certs))
    else:
        certs[i] = change_der(r, certs[i])
    return what


def change_order(r, certs, theirs):
    """Two change places, or one or all are another chain's."""
    i, j = r.randrange(len(certs)), r.randrange(len(certs))
    what = r.choice(["swap", "other", "all"])
    if what == "swap":
        certs[i], certs[j] = certs[j], certs[i]
    elif what == "other":
        certs[i] = theirs[i % len(theirs)]
    else:
        certs[:] = theirs
    return what


def a_certificate(r, c, _):
    certs = certificates(c)
    what = change_certificates(r, certs)
    return ("certificates of the quote: " + what,
            c._replace(quote=with_chain(c.quote, b"".join(certs))))


def a_swapped_chain(r, c, other):
    certs = certificates(c)
    what = change_order(r, certs, certificates(other))
    return ("chain of the quote: " + what,
            c._replace(quote=with_chain(c.quote, b"".join(certs))))


def edit(c, change):
    members = json.loads(c.bundle)
    change(members)
    return c._replace(bundle=json.dumps(members).encode())


def a_member(r, c, other):
    """A member of the bundle: another bundle's, another member, empty, gone, or
    with one character changed."""
    name = r.choice(sorted(json.loads(c.bundle)))
    what = r.choice(["other", "swap", "empty", "gone", "character"])

    def change(m):
        if what == "other":
            m[name] = json.loads(other.bundle).get(name, "")
        elif what == "swap":
            k = r.choice(sorted(m))
            m[name], m[k] = m[k], m[name]
        elif what == "empty":
            m[name] = ""
        elif what == "gone":
            del m[name]
        else:
            at = r.randrange(len(m[name]))
            m[name] = (m[name][:at] + r.choice("0123456789abcdefAB\"{}, ") +
                       m[name][at + 1:])
    return "bundle's %s: %s" % (name, what), edit(c, change)


CHAINS = ["tcb_info_issuer_chain", "qe_identity_issuer_chain",
          "pck_crl_issuer_chain"]


def a_bundle_certificate(r, c, _):
    name = r.choice(CHAINS)
    certs = PEM.findall(json.loads(c.bundle)[name].encode())
    what = change_certificates(r, certs)
    return ("certificates of the bundle's %s: %s" % (name, what),
            edit(c, lambda m: m.update({name: b"".join(certs).decode()})))


def a_swapped_bundle_chain(r, c, other):
    """With the same chain of another bundle, or another chain of this one."""
    name, source = r.choice(CHAINS), r.choice([c, other])
    certs = PEM.findall(json.loads(c.bundle)[name].encode())
    theirs = json.loads(source.bundle)[r.choice(CHAINS)].encode()
    what = change_order(r, certs, PEM.findall(theirs))
    return ("chain of the bundle's %s: %s" % (name, what),
            edit(c, lambda m: m.update({name: b"".join(certs).decode()})))


def a_bundle_bit(r, c, _):
    name = r.choice(["pck_crl", "root_ca_crl", "tcb_info_signature",
                     "qe_identity_signature"])

    def change(m):
        data = bytes.fromhex(m[name])
        m[name] = flip(r, data, 0, len(data)).hex()
    return "bit of the bundle's " + name, edit(c, change)


def a_time(r, c, _):
    """A day as it comes, and the edges of the documents' validity."""
    texts = [json.loads(c.bundle)[k] for k in ("tcb_info", "qe_identity")]
    edges = [int(datetime.datetime.fromisoformat(
        json.loads(t)[k].replace("Z", "+00:00")).timestamp())
        for t in texts for k in ("issueDate", "nextUpdate")]
    now = r.choice([r.choice(edges) + r.randrange(-1, 2),
                    c.time + r.randrange(-120, 120) * 86400,
                    r.randrange(2 ** 31), 0])
    return "at %d" % now, c._replace(time=now)


def other_bundle(_, c, other):
    return "another bundle", c._replace(bundle=other.bundle, time=other.time)


KINDS = {
    "each field": [a_field, a_small_number, other_part, other_sign],
    "each length": [a_length, cut, after, insert, remove],
    "each certificate": [a_certificate, a_bundle_certificate],
    "swapped chains": [a_swapped_chain, a_swapped_bundle_chain],
    "collateral and time": [a_member, a_bundle_bit, a_time, other_bundle],
}
MUTATIONS = [(kind, make) for kind, them in KINDS.items() for make in them]


def mutations(bases, count, seed):
    r = random.Random(seed)
    for n in range(count):
        base, other = r.choice(bases), r.choice(bases)
        base = base._replace(quote=base.quote[:Parts(base.quote).end])
        kind, make = MUTATIONS[n % len(MUTATIONS)]
        what, case = make(r, base, other)
        yield case._replace(set=kind, name="%s: %s" % (base.name, what),
                            expected=None, others={}, whole=False)
