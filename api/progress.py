"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Says what begins, and how long it took."""
    began = time.monotonic()
    click.echo(f"{what} ...", nl=False)
    sys.stdout.flush()
    yield
    click.echo(f" {time.monotonic() - began:.1f} s")


@contextlib.contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many more are done."""
    if not sys.stdout.isatty():
        with step(f"{what}: {total:,}"):
            yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)
