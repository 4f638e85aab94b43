"""Files that we make: written whole or not at all, and drawn or typeset in a child process.

The child keeps libraries out of the process that asks, so that this stays small. It is started by
the first call, does one after the other and ends when nobody has asked for a while, or when we end.
It knows none of our settings and secrets. A call blocks: make it in a thread.
"""

import atexit
import contextlib
import io
import os
import resource
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, TypeVar, cast

import click
import msgspec

from api.settings import ROOT
from survey.files.refusals import unwritable_file
from survey.problems import Unavailable

LONGEST_S = 120.0  # on a busy machine the first PDF of a month takes twelve

Made = TypeVar("Made", str, bytes)
OWNER_ONLY = 0o600


class ToolError(RuntimeError):
    """A library could not make a file of what it was given."""


class Workshop:
    """A child process that makes files, while there is one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.line: Connection | None = None

    def ask(self, call: bytes) -> bytes:
        """The child's answer to a call; if the child has ended meanwhile, a new child is asked,
        once only.
        """
        with self.lock:
            if answer := self.ask_once(call):
                return answer
            self.end()
            if answer := self.ask_once(call):
                return answer
            self.end()
        raise stopped_workshop()

    def ask_once(self, call: bytes) -> bytes:
        """The answer of the current child; b"" if it ends before answering. Raises if it takes too
        long.
        """
        with contextlib.suppress(OSError, EOFError):
            line = self.line or self.start()
            line.send_bytes(call)
            if line.poll(LONGEST_S):
                return line.recv_bytes()
            self.end()
            raise stopped_workshop()
        return b""

    def start(self) -> Connection:
        self.line, theirs = Pipe()
        kept = {
            name: text for name, text in os.environ.items() if not name.startswith("SOUNDINGS_")
        }
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own words, no shell
                [sys.executable, "-P", "-m", "api.process.file_tools", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=kept | {"PYTHONPATH": str(ROOT)},
            )
        # What is made may be a letter with a code: no crash writes it to the disk.
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        # One that ends by itself is collected at once.
        threading.Thread(target=self.process.wait, name="workshop", daemon=True).start()
        atexit.register(self.end)
        return self.line

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.line is not None:
            self.line.close()
        self.process = self.line = None


WORKSHOP = Workshop()


def make(tool: Callable[..., Made], *given: object) -> Made:
    """What a tool of `file_tools` makes of `given`, in the child."""
    call = msgspec.msgpack.encode((tool.__name__, given))
    fine, made = msgspec.msgpack.decode(WORKSHOP.ask(call))
    if not fine:
        raise ToolError(made)
    return cast(Made, made)


stopped_workshop = Unavailable.of(
    "workshop.stopped",
    "This file could not be made just now: the program that makes it stopped.",
    "Try again in a minute. If this does not change, contact whoever runs this service: the "
    "machine may have too little memory.",
)


@contextlib.contextmanager
def make_whole_file(path: Path, *, over: bool = True, mode: int = 0o666) -> Iterator[Path]:
    """Yield an empty file to write to; it is named `path` when the block ends.

    A process that dies leaves what was at `path` before. With `over=False` a file that appears
    there meanwhile stays, and FileExistsError is raised.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    # With its mode from the first byte: a chmod comes too late for whoever has opened it.
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield part
        with part.open("rb+") as written:
            # Before it has its name: a power cut could otherwise leave the name and no content.
            os.fsync(written.fileno())
        if over:
            part.replace(path)
        else:
            name_new_file(part, path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def name_new_file(part: Path, path: Path) -> None:
    """Rename a file without replacing another one."""
    try:
        # A link is refused where a file exists; renaming would replace it.
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, such as that of a memory stick
        part.rename(path)


def sync_folder(folder: Path) -> None:
    """Flush a folder to disk: without that, a new file name can be lost in a power cut."""
    with contextlib.suppress(PermissionError):  # a folder that we may write to but not list
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    default="-",
    help="[default: stdout]",
)


@contextlib.contextmanager
def open_whole_file(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file to write to; an existing file of that name is replaced only when this one is complete.

    Devices, pipes and stdout (`-`) are written to directly.
    """
    try:
        if str(path) == "-":
            yield sys.stdout.buffer
            sys.stdout.flush()
        elif path.exists() and not path.is_file():
            with path.open("wb") as opened:
                yield opened
        else:
            with make_whole_file(path, mode=mode) as part, part.open("wb") as opened:
                yield opened
    except BrokenPipeError:  # the reader closed the pipe
        raise
    except OSError as error:
        raise unwritable_file(path, str(error.strerror)) from error


@contextlib.contextmanager
def open_whole_text(path: Path) -> Iterator[IO[str]]:
    """A text file to write to, as with `open_whole_file`; line ends are written as given."""
    with open_whole_file(path) as opened:
        text = io.TextIOWrapper(opened, encoding="utf-8", newline="", write_through=True)
        try:
            yield text
        finally:
            # Or the wrapper would close the file under it, which may be stdout.
            text.detach()
