"""Files that get their name only once they are complete and on the disk."""

import contextlib
import io
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from survey.files.refusals import unwritable_file

OWNER_ONLY = 0o600


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
