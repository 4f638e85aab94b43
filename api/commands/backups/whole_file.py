"""Files that get their name only once they are complete and on the disk."""

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from api.process.whole_files import make_whole_file
from survey.files import unwritable_file

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    default="-",
    help="[default: stdout]",
)


def is_stdout(path: Path) -> bool:
    return str(path) == "-"


@contextlib.contextmanager
def open_whole_file(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file to write to; an existing file of that name is replaced only when this one is complete.

    Devices, pipes and stdout (`-`) are written to directly.
    """
    try:
        if is_stdout(path):
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
