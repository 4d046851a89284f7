"""Where verifiers differ on a quote, and why our side is the right one. Each
line: who differs, what we say (a pattern of what tests/peers/verdicts.c
prints), what they say, the reason. The first line that fits counts."""
import re

DIFFERENCES = [
    # -- the expected outcomes of the folder --
    ("expected", r"EE-ATT-012 .*bytes after the signature data", "PASS",
     "bytes that are not zero after the quote: nothing signs them and nothing "
     "pads with them, so they are somebody's attempt or an error; zeros are "
     "how platforms send a page whole"),
    ("expected", r"EE-ATT-018 .*tcb_info$", "PASS",
     "Intel's sample has component SVNs above 255: a component SVN is a byte "
     "(PCS API v4), and a library that keeps the low eight bits makes another "
     "number of it"),
    ("open", r"EE-ATT-007 .*PCK chain: a required field", None,
     "the root certificate is missing: the format is leaf, intermediate, root"),
    ("open", r"EE-ATT-010 .*the PCK chain's root", None,
     "a chain in another order: the format is leaf, intermediate, root"),
    ("open", r"EE-ATT-007 .*PCK chain: bytes left over", None,
     "a fourth certificate: the format is leaf, intermediate, root"),
    ("open", r"EE-ATT-007 .*collateral: the signature of TCB info", None,
     "TCB info written anew: the signature covers Intel's bytes, and one who "
     "verifies others than he got verifies his own writer"),
    ("open", r"simulated SWHardeningNeeded OK", None,
     "TCB levels out of order: Intel's algorithm takes the first that fits, "
     "and to sort first finds a better status than the signed order gives"),

    # -- Intel's quote verification library --
    ("qvl", r"EE-ATT-009 .*PCK certificate is not valid yet", "PASS",
     "a certificate counts from its notBefore on (RFC 5280, 4.1.2.5)"),
    ("qvl", r"EE-ATT-012 .*bytes after the signature data", "PASS",
     "as above: nothing signs them"),
    ("qvl", r"EE-ATT-007 .*collateral: the signature of TCB info", "PASS",
     "as above: it verifies its own writing of TCB info"),
    ("qvl", r"simulated SWHardeningNeeded OK", "PASS UpToDate",
     "as above: it sorts the levels"),
    ("qvl", r"EE-ATT-018 .*tcb_info$", "PASS",
     "as above: SVNs above 255"),

    # -- go-tdx-guest --
    ("go_tdx_guest", r"EE-ATT-012 .*bytes after the signature data", "PASS",
     "as above: nothing signs them"),
    ("go_tdx_guest", r"genuine OutOfDate", "PASS",
     "it asks for the TDX module's status and not for the platform's"),
]


class Differences:
    """Which of the lines were needed."""

    def __init__(self, who):
        self.lines = [d for d in DIFFERENCES if d[0] in who]
        self.used = [0] * len(self.lines)

    def explain(self, who, ours, theirs):
        """The reason that is written down; None when there is none."""
        for i, (name, we, they, reason) in enumerate(self.lines):
            if (name == who and re.match(we, str(ours)) and
                    (they is None or re.match(they, theirs))):
                self.used[i] += 1
                return reason
        return None

    def unused(self):
        return [d for d, n in zip(self.lines, self.used) if n == 0]
