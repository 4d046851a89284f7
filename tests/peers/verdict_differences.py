"""Where verifiers differ on a quote, and why our side is the right one. Each
line: who differs, what we say (a pattern of what tests/peers/verdicts.c
prints), what they say, the reason. The first line that fits counts."""
import json
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

    # -- dcap-qvl, JavaScript --
    ("dcap_qvl_js", r"EE-ATT-012 .*bytes after the signature data", "PASS",
     "as above: nothing signs them"),
    ("dcap_qvl_js", r"(genuine|simulated) (OutOfDate|TDRelaunch)", "PASS",
     "it leaves out the levels of the TDX module, and tee_tcb_svn2"),
    ("dcap_qvl_js", r"(genuine|simulated) Revoked EE-ATT-015", "PASS",
     "it leaves out the levels of the TDX module: this one is revoked"),
    ("dcap_qvl_js", r"(genuine|simulated) TcbNotSupported EE-ATT-015", "PASS",
     "it leaves out tee_tcb_svn2: the module is one that Intel does not know"),
    ("dcap_qvl_js", r"(genuine|simulated) \w+ OK .*\(a level wants more of "
     r"bytes 0 and 1\)",
     "PASS|FAIL (TCB status is invalid|No matching TCB level)",
     "it compares bytes 0 and 1 of tee_tcb_svn with a platform level: those "
     "are the TDX module's, judged by its own levels (Intel's library)"),
    ("dcap_qvl_js", r"(genuine|simulated) \w+ OK",
     "FAIL (QE report hash mismatch|.*RangeError|.*out of range)",
     "it knows authentication data of 32 bytes only: the format gives it a "
     "length, and the QE's report binds all of it"),
    ("dcap_qvl_js", r"(genuine|simulated) \w+ OK",
     "FAIL Certificate is revoked",
     "it looks for each serial in both CRLs: a serial is one issuer's (RFC "
     "5280, 4.1.2.2), and this one was taken back by another"),
    ("dcap_qvl_js", r"(genuine|simulated) \w+ OK", "FAIL Reserved bits in TD",
     "bit 27 of the attributes is LASS (TDX module 1.5): it keeps the TD's "
     "kernel out of its user space and gives its host nothing"),
    ("dcap_qvl_js", r"(genuine|simulated) \w+ EE-ATT-016 .*not allowed is set",
     "PASS",
     "the key locker and the performance counters of a TD are for a policy to "
     "allow by name: ours does not by default"),
    ("dcap_qvl_js", r"EE-ATT-012 .*certification data type.*: well formed",
     "PASS", "it does not read the outer certification data type"),
    ("dcap_qvl_js", r"EE-ATT-012 .*QE certification data size", "PASS",
     "it does not add up the sizes inside"),
    ("dcap_qvl_js", r"EE-ATT-007 .*PCK chain: a required field", "PASS",
     "as above: the root is missing"),
    ("dcap_qvl_js", r"EE-ATT-007 .*PCK chain: (bytes left|a field)", "PASS",
     "it picks certificates out of any text: the chain is three of them and "
     "nothing else"),
    ("dcap_qvl_js", r"EE-ATT-007 .*collateral: a CRL", "PASS",
     "it does not check who signed a CRL: one who can drop a CRL can then "
     "bring back any revoked platform"),
    ("dcap_qvl_js", r"EE-ATT-00[89] .*CRL (has expired|is not valid)", "PASS",
     "it does not read the dates of a CRL: an old one revokes less"),
    ("dcap_qvl_js", r"EE-ATT-018 .*(pck_crl|root_ca_crl)$", "PASS",
     "it goes on without a CRL that it cannot read"),
    ("dcap_qvl_js", r"EE-ATT-00[89] .*PCK CRL issuer's certificate", "PASS",
     "it does not read the chain of the PCK CRL: its certificate has ended, or "
     "has not begun"),
    ("dcap_qvl_js", r"EE-ATT-007 .*collateral: an issuer is revoked", "PASS",
     "it does not read the chain of the PCK CRL: its certificate is revoked"),
    ("dcap_qvl_js", r"EE-ATT-007 .*(Platform|Processor) CA and has", "PASS",
     "it does not read the platform instance id: Intel's library wants it from "
     "the Platform CA and takes none from the Processor CA"),
    ("dcap_qvl_js", r"EE-ATT-018 .*pck_crl_issuer_chain$", "PASS",
     "it does not read the chain of the PCK CRL, as it checks no signature"),
    ("dcap_qvl_js", r"EE-ATT-007 .*collateral: more than one root", "PASS",
     "it does not read the chain of the PCK CRL: ours ends elsewhere"),
    ("dcap_qvl_js", r"EE-ATT-018 .*(tcb_info|qe_identity)_issuer_chain$",
     "PASS", "it takes chains of any length, and so a PCK with its chain as "
     "the signer of TCB info"),
    ("dcap_qvl_js", r"EE-ATT-018 .*(tcb_info|qe_identity)$", "PASS",
     "it reads versions later than TCB info 3 and QE identity 2 as if they "
     "were these"),
    ("dcap_qvl_js", r"EE-ATT-018 .*another PCE", "PASS",
     "it does not compare the PCE's id: PCESVNs of two PCEs have nothing to do "
     "with each other"),
    ("dcap_qvl_js", r"EE-ATT-007 .*TDX module: ", "PASS",
     "it leaves out the identity of the TDX module: its signer, attributes and "
     "version"),
    ("dcap_qvl_js", r"EE-ATT-007 .*(not signed by the root|another issuer|not "
     r"self-signed)", "PASS",
     "it compares no issuer with a subject (RFC 5280, 6.1.3 a 4), nor looks at "
     "the chain of the PCK CRL"),
    ("dcap_qvl_js", r'EE-ATT-007 .*(the leaf is not an|is not a PCK CA$|the '
     r'signer is not ")', "PASS",
     "it does not read names: whatever the root signed is a PCK to it, or a "
     "signer of TCB info"),
    ("dcap_qvl_js", r"EE-ATT-007 .*(root|PCK CA|certificate) is not a CA",
     "PASS", "it does not ask whether an issuer is a CA"),
    ("dcap_qvl_js", r"EE-ATT-012 .*QE vendor id", "PASS",
     "it takes the quoting enclave of any vendor: Intel's is the only one whose "
     "format and identity these are"),
    ("dcap_qvl_js", r"EE-ATT-012 .*body size", "PASS",
     "it does not compare the size of a version 5 body with its type"),
    ("dcap_qvl_js", r"EE-ATT-012 .*size: larger than its limit", "PASS",
     "a quote is some 5 KB: one that is longer than 16 KiB is not read"),
    ("dcap_qvl_js", r"EE-ATT-007 .*does not bind the attestation key", "PASS",
     "it compares 32 of the 64 bytes: the quoting enclave writes zeros behind "
     "them, and one that writes something else is not Intel's"),
    ("dcap_qvl_js", r"EE-ATT-007 .*PCK CRL is that of another CA", "PASS",
     "it looks a PCK up in the CRL that it is given, whoever's: that of the "
     "other CA revokes none of this one's"),
    ("dcap_qvl_js", r"EE-ATT-007 .*PCK chain: (well formed|the same key)",
     "PASS", "it passes over other versions, critical extensions that it does "
     "not know, and names and extensions that come twice (RFC 5280, 4.1 and "
     "4.2)"),
    ("dcap_qvl_js", r"EE-ATT-007 .*key is not for signing", "PASS",
     "it does not read the key usage"),
    ("dcap_qvl_js", r"EE-ATT-007 .*SGX extension: ", "PASS",
     "it searches the extension for the values that it wants: ours reads all "
     "of it, each member once, of its type and length"),
    ("dcap_qvl_js", r"EE-ATT-018 .*no collateral: (an unknown member)?$",
     "PASS", "a member that stands there twice, or that nobody knows: which of "
     "two counts is the JSON reader's choice, so neither does"),

    # -- go-tdx-guest --
    ("go_tdx_guest", r"EE-ATT-012 .*bytes after the signature data", "PASS",
     "as above: nothing signs them"),
    ("go_tdx_guest", r"genuine OutOfDate", "PASS",
     "it asks for the TDX module's status and not for the platform's"),
]


def module_bytes(case):
    """Said of a case in which a platform level asks more of bytes 0 and 1 of
    tee_tcb_svn than there is, and a TDX module has levels of its own."""
    at = 54 if case.quote[:2] == b"\5\0" else 48
    svn = case.quote[at:at + 16]
    levels = json.loads(json.loads(case.bundle)["tcb_info"])["tcbLevels"]
    wanted = [lv["tcb"]["tdxtcbcomponents"][:2] for lv in levels]
    short = any(w["svn"] > have for two in wanted for w, have in zip(two, svn))
    return ("(a level wants more of bytes 0 and 1)" if svn[1] > 0 and short
            else "")


class Differences:
    """Which of the lines were needed."""

    def __init__(self, who):
        self.lines = [d for d in DIFFERENCES if d[0] in who]
        self.used = [0] * len(self.lines)

    def explain(self, who, ours, theirs, note=""):
        """The reason that is written down; None when there is none. note: what
        else is to be said of the case."""
        for i, (name, we, they, reason) in enumerate(self.lines):
            if (name == who and re.match(we, str(ours) + note) and
                    (they is None or re.match(they, theirs))):
                self.used[i] += 1
                return reason
        return None

    def unused(self):
        return [d for d, n in zip(self.lines, self.used) if n == 0]
