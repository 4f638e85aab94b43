"""A Debian of its own on this machine, with systemd as its first process and without a network."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from tests.campaigns.docker_engine import CERTIFICATES, copy_sources
from tests.waiting import until_sync

FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NEEDED = ("systemd-nspawn", "mmdebstrap", "nsenter")
# What an operator has or is told to install; PostgreSQL, Caddy and nginx are Debian's.
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,ca-certificates,curl,openssl"
SERVERS = "postgresql,caddy,nginx-light"
PROGRAM = "opt/soundings"
# The root has its control groups in the unified hierarchy, whatever this machine has.
CONTAINER = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
NETWORK = 0x40000000  # CLONE_NEWNET


class BootedDebian:
    """Its root folder, and the number of its first process as this machine counts."""

    def __init__(self, root):
        self.root = root
        self.leader = ""

    def make(self):
        given = ["--variant=minbase", f"--include={PACKAGES},{SERVERS}", "trixie", self.root]
        run_here("mmdebstrap", *given)
        shutil.copy(CERTIFICATES, self.root / CERTIFICATES.lstrip("/"))
        copy_sources(self.root / PROGRAM)
        # The libraries, while there is a network: afterwards the launcher finds them.
        names = ("PIP_CERT", "SSL_CERT_FILE")
        given = [f"--setenv={name}={CERTIFICATES}" for name in names]
        self.nspawn("--pipe", *given, f"/{PROGRAM}/soundings", "--help").wait()

    def nspawn(self, *words):
        quiet = ("--quiet", "--register=no", "--keep-unit", f"--directory={self.root}")
        return subprocess.Popen(
            ["systemd-nspawn", *quiet, *words], env=os.environ | CONTAINER, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    @contextlib.contextmanager
    def boot(self):
        process = self.nspawn("--boot", "--private-network", "--console=pipe")
        try:
            until_sync(self.is_booted, process.pid)
            with self.network():
                yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()

    def is_booted(self, number):
        """Its first process is the child of systemd-nspawn, once others have prepared its root."""
        children = pathlib.Path(f"/proc/{number}/task/{number}/children").read_text().split()
        if not children:
            return False
        self.leader = children[0]
        done = self.try_command("systemctl", "is-system-running")
        return done.stdout.strip() in ("running", "degraded")

    @contextlib.contextmanager
    def network(self):
        """Connections that this thread opens are made in the network of the root."""
        ours = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        theirs = os.open(f"/proc/{self.leader}/ns/net", os.O_RDONLY)
        os.setns(theirs, NETWORK)
        try:
            yield
        finally:
            os.setns(ours, NETWORK)
            os.close(ours)
            os.close(theirs)

    def try_command(self, *words):
        """Run a command of root there, in the environment of somebody who has just signed in."""
        fresh = ["env", "--ignore-environment", f"PATH={FOLDERS}", "HOME=/root", "LANG=C.UTF-8"]
        entered = ["nsenter", f"--target={self.leader}", "--all", "--wdns=/", "--", *fresh, *words]
        return subprocess.run(
            entered, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip

    def run(self, *words, good=True):
        """What a command of root printed there, errors too."""
        done = self.try_command(*words)
        assert (done.returncode == 0) == good, f"{words}:\n{done.stdout[-5000:]}"
        return done.stdout

    def write(self, path, text):
        (self.root / path.lstrip("/")).write_text(text)


def run_here(*words):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@contextlib.contextmanager
def run_debian():
    """Boot a Debian with the program and its libraries in /opt/soundings, not yet installed."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        what = ", ".join(missing) or "root"
        pytest.skip(f"systemd needs root and {what} (docs/how-to/programmers/tests.md)")
    top = pathlib.Path(tempfile.mkdtemp(prefix="soundings-debian-", dir="/tmp"))
    try:
        debian = BootedDebian(top / "root")
        debian.make()
        with debian.boot():
            yield debian
    finally:
        shutil.rmtree(top)
