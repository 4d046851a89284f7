"""tap.py - TAP, and the programs under test, for tests in Python. It puts
tests/peers into the path: import it before a peer."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = (ROOT / os.environ.get("EE_BIN", os.environ.get("B", "build") +
                             "/bin")).resolve()
SHARED = Path(os.environ.get("EE_SHARED", ROOT.parent / "shared")).resolve()
OVMF = Path("/usr/share/ovmf/OVMF.fd")
# preloaded: its program names semaphores by process, and may meet an old one
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
sys.path.insert(0, str(ROOT / "tests/peers"))
os.environ["PATH"] += ":/sbin:/usr/sbin"
count = bad = 0


def ok(good, title, *detail):
    global count, bad
    count += 1
    print("%sok %d - %s" % ("" if good else "not ", count, title), flush=True)
    if not good:
        bad += 1
        for d in detail:
            print("#   " + str(d).replace("\n", "\n#   "))
    return good


def same(got, want, title):
    return ok(got == want, title, "got  %r" % (got,), "want %r" % (want,))


def skip(title, why):
    ok(True, "%s # SKIP %s" % (title, why))


def finish():
    print("1..%d" % count)
    sys.exit(bad != 0)


def needs(title, *things):
    """Skips the whole test without a program or file that it needs."""
    for thing in things:
        if shutil.which(str(thing)) is None and not Path(thing).exists():
            skip(title, "no %s" % thing)
            finish()


@contextlib.contextmanager
def folder():
    """An empty folder as the current one; it goes with all that is in it."""
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        yield
        os.chdir("/")


def write(name, data):
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return name


def run(*args, stdin=b"", **how):
    """What ee-measure says: exit code, standard output, standard error."""
    p = subprocess.run([str(a) for a in (BIN / "ee-measure", *args)],
                       input=stdin, capture_output=True, **how)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def tool(*args):
    """The output of another program, which has to succeed."""
    return subprocess.run([str(a) for a in args], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
