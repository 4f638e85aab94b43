"""What killed runs of the tests left: homes of throwaway servers, and servers at work there."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

NOTE = "folder"  # in a home: the folder of those who use it
# Whoever is killed may begin again in the same folder and expect its data there.
ABANDONED_AFTER_S = 3_600.0
PATIENCE_S = 30.0


def note_folder(home: Path, folder: Path) -> None:
    (home / NOTE).write_text(str(folder))


def clear_abandoned(outside: Path) -> None:
    """Stop the servers and remove the homes that nobody uses; one without a note is left alone."""
    for home in outside.glob("throwaway-*"):
        with contextlib.suppress(OSError):
            folder = Path((home / NOTE).read_text())
            with _abandoned(folder) as is_abandoned:
                if is_abandoned and _stop(home / "data"):
                    shutil.rmtree(home)
                    (folder / "home").unlink(missing_ok=True)


@contextlib.contextmanager
def _abandoned(folder: Path) -> Iterator[bool]:
    """Whether nobody has used a folder for a while; nobody can begin to until the block is left."""
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


def _stop(data: Path) -> bool:
    """Whether no server runs on these data any more; nothing of them has to be saved."""
    try:
        number = (data / "postmaster.pid").read_text().partition("\n")[0]
    except FileNotFoundError:
        return True
    end = time.monotonic() + PATIENCE_S
    while is_server(number, data) and time.monotonic() < end:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGQUIT)
        time.sleep(0.05)
    return not is_server(number, data)


def is_server(number: str, data: Path) -> bool:
    """Whether the process of this number runs on these data: a number alone proves nothing."""
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(data) in words
