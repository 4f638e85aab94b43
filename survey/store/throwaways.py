"""Cleans up after test runs that were killed: homes of throwaway servers, and the servers."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

NOTE_FILE = "folder"  # in a home: the path of the folder that uses it
# A killed process may start again in the same folder and expect its data there.
ABANDONED_AFTER_S = 3_600.0
PATIENCE_S = 30.0


def note_folder(home: Path, folder: Path) -> None:
    (home / NOTE_FILE).write_text(str(folder))


def clear_abandoned(outside: Path) -> None:
    """Stop abandoned servers and delete their homes; a home without a note is left alone."""
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
    end = time.monotonic() + PATIENCE_S
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
