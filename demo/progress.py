"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import click


@contextlib.contextmanager
def timed_step(what: str) -> Iterator[None]:
    """Print what begins, and how long it took."""
    began = time.monotonic()
    click.echo(f"{what} ...", nl=False)
    sys.stdout.flush()
    yield
    click.echo(f" {time.monotonic() - began:.1f} s")


@contextlib.contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar; yields a function to call with how many more are done."""
    if not sys.stdout.isatty():
        with timed_step(f"{what}: {total:,}"):
            yield lambda _: None
        return
    with click.progressbar(length=total, label=what, show_pos=True) as shown:
        yield shown.update
