"""Our commands as processes, with data on disk, to be killed and started again."""

import contextlib
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tests import alone
from tests.campaigns.sizes import DEADLINE_S
from tests.waiting import until_sync

DEBIAN_SERVERS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))


class OurCommand:
    """One of our commands, killed at the end of the block with all its children."""

    program, path = (sys.executable, "-P", "-m", "api"), alone.ROOT

    def __init__(self, folder, *words, dsn="", **settings):
        self.folder, self.words = folder, words
        given = {"DATABASE_URL": dsn, "DATA": str(folder / "data"), "SENDS_PER_MINUTE": "1000000"}
        given |= {"SIGN_INS_PER_MINUTE": "1000000", "ALLOW_UNSAFE_DATABASE": str(bool(dsn)).lower()}
        given |= settings
        self.environment = os.environ | {f"SOUNDINGS_{name}": one for name, one in given.items()}
        self.environment |= {"PYTHONPATH": str(self.path), "OPENBLAS_NUM_THREADS": "1"}
        self.log = folder / f"{words[0]}-{id(self)}.log"
        self.process, self.given = None, {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.program, *self.words],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **self.given,
            )  # fmt: skip

    def kill(self):
        """Kill it and all its children with SIGKILL; returns when none of them runs any more."""
        found = [self.process.pid, *descendants(self.process.pid)]
        kill_all(found)
        self.process.wait()
        # A child that is still dying, on a busy machine, still listens at the port.
        until_sync(lambda: not any(map(is_running, found)))

    def children(self, kind):
        """The process ids of the children that run the `pages`, or the `worker`."""
        beneath = set(descendants(self.process.pid))
        return [
            pid for pid, _, words in list_processes()
            if pid in beneath and b"api.commands.serving.child" in words and kind.encode() in words
        ]  # fmt: skip

    def stop(self):
        self.process.terminate()
        return self.process.wait(DEADLINE_S)

    def told(self):
        return self.log.read_text(errors="replace")


class Service(OurCommand):
    """`serve` on a port of its own."""

    def __init__(self, folder, *words, dsn="", **settings):
        self.port = alone.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        super().__init__(folder, "serve", "--port", str(self.port), *words, dsn=dsn, **settings)

    def start(self):
        super().start()
        self.wait_until_it_answers()

    def wait_until_it_answers(self):
        """Wait until it answers; how long that took, in seconds."""
        began = time.monotonic()
        while time.monotonic() < began + DEADLINE_S:
            assert self.process.poll() is None, self.told()
            with contextlib.suppress(OSError, urllib.error.HTTPError):
                urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
                return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"it does not answer: {self.told()}")


class DebianPostgres:
    """The PostgreSQL of the machine, run next to Soundings as an operator does."""

    def __init__(self, folder):
        self.data, self.port = folder / "debian", alone.free_port()
        self.programs = DEBIAN_SERVERS[-1].parent
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.dsn = f"postgresql://soundings@127.0.0.1:{self.port}/postgres"

    def __enter__(self):
        self.data.mkdir(mode=0o700)
        if self.account:
            os.chown(self.data, self.account.pw_uid, self.account.pw_gid)
        words = ("-U", "soundings", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        assert self.run("initdb", *words) == 0
        self.start()
        return self

    def __exit__(self, *_):
        kill_all(self.tree())

    def start(self):
        """Try until it starts: after a kill -9 the old backends need a moment to end."""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        words = ("start", "-w", "-t", "100", "-l", str(self.data / "log"), "-o", options)
        end = time.monotonic() + DEADLINE_S
        while self.run("pg_ctl", *words):
            assert time.monotonic() < end, (self.data / "log").read_text()
            time.sleep(0.2)

    def run(self, program, *words):
        return subprocess.run(
            [self.programs / program, "-D", self.data, *words],
            check=False, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            **run_as_options(self.account),
        ).returncode  # fmt: skip

    def tree(self):
        return find_postgres(self.data)


def run_as_options(account):
    """The arguments that make `subprocess` run a program as this account."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def find_other_account():
    """An account that owns nothing here but can read the program; None if there is none."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("nobody")
    command = [sys.executable, "-P", "-c", "import api"]
    environment = {"PYTHONPATH": str(alone.ROOT)}
    done = subprocess.run(
        command,
        env=environment,
        cwd="/",
        stderr=subprocess.DEVNULL,
        check=False,
        **run_as_options(account),
    )
    return None if done.returncode else account


def list_processes():
    """Every process: its id, its parent's id and its command line."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            yield int(entry.name), parent, words


def descendants(number):
    found, parents = [], [(pid, parent) for pid, parent, _ in list_processes()]
    wanted = {number}
    while wanted:
        wanted = {pid for pid, parent in parents if parent in wanted} - set(found)
        found += wanted
    return found


def is_running(number):
    """False for a process that is gone, or is dead and only waits to be collected."""
    with contextlib.suppress(OSError, IndexError):
        state = pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in "ZX"
    return False


def find_postgres(folder):
    """The process ids of the server on data below this folder and of its backends."""
    tops = [
        pid for pid, _, words in list_processes()
        if words[0].endswith(b"/postgres") and any(os.fsencode(folder) in word for word in words)
    ]  # fmt: skip
    return [*tops, *(pid for top in tops for pid in descendants(top))]


def kill_all(numbers):
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
