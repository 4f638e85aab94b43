"""The steps of the demonstration that take long: its texts are read, and its editions are made.

All weekly editions are there when the pages open: each is made after those of the weeks before it,
whose figures its history shows. The monthly ones follow, in order of time, as jobs of the worker.
"""

import asyncio
import contextlib
import datetime
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from api import bootstrap
from api.commands.serving import serve
from api.commands.serving.copies import watch_parent
from api.commands.serving.serve import ChildProcess
from api.jobs import kinds
from api.jobs.kinds import JobKind
from api.settings import Settings
from survey.store import jobs
from survey.store.database import Connection

if TYPE_CHECKING:
    from survey.editions import SafeEdition

CHILD, READER = "demo.child", "reader"
WEEKS, MONTHS = 13, 6
# The newest edition is compared with that of four weeks before. That is the last one made before
# the codebook was taught, so that the newest can show what this changed.
WEEKS_TAUGHT = 4
FOLLOWING = JobKind(
    "demo_edition", "Making an edition of the demonstration", "demo.steps:make_following_edition"
)
WEEK = datetime.timedelta(weeks=1)


def demo_weeks(today: datetime.date, weeks: int = WEEKS) -> list[datetime.date]:
    """The Mondays of the last weeks that are over, the oldest first."""
    last = kinds.last_week(today)
    return [last - n * WEEK for n in reversed(range(weeks))]


def demo_months(today: datetime.date, months: int = MONTHS) -> list[datetime.date]:
    """The first days of the last months that are over, the oldest first.

    The last month of a quarter is always among three of them: only such a month has a verdict on
    deployments.
    """
    days = [kinds.last_month(today)]
    while len(days) < months:
        days.append(kinds.last_month(days[-1]))
    return days[::-1]


async def publish_edition(
    connection: Connection, kind: str, start: datetime.date
) -> tuple["SafeEdition", str]:
    """Make an edition and publish it; returns it and its hash."""
    from api.jobs import edition_marks
    from api.jobs.edition_inputs import editions

    async with connection.transaction():
        if kind == "outcome":
            edition, sha256 = await editions.make_outcome(connection)
        else:
            edition, sha256 = await editions.make_edition(connection, kind, start)
        await edition_marks.publish_at_once(connection, edition.which)
    return edition, sha256


async def make_and_publish(
    connection: Connection, kind: str, start: datetime.date
) -> "SafeEdition":
    with timed_step(f"Making and publishing the {kind} edition of {start}"):
        edition, sha256 = await publish_edition(connection, kind, start)
    click.echo(f"  Edition {edition.number}, SHA-256 {sha256[:12]}")
    return edition


async def queue_following(connection: Connection, months: list[datetime.date]) -> None:
    """Queue the editions that the worker makes: those of these months, the oldest first, and last
    the outcome report of the trial.
    """
    for month in months:
        await jobs.enqueue(connection, FOLLOWING.name, f"monthly {month}")
    await jobs.enqueue(connection, FOLLOWING.name, f"outcome {months[-1]}")


async def make_following_edition(connection: Connection, key: str) -> None:
    kind, start = key.split()
    await publish_edition(connection, kind, datetime.date.fromisoformat(start))


async def count_following(connection: Connection) -> int:
    """How many editions are still to be made."""
    return len(await jobs.load_pending(connection, [FOLLOWING.name]))


async def make_following(connection: Connection) -> None:
    """Make the editions that are still to be made, without a worker."""
    more = True
    while more:
        async with connection.transaction():
            job = await jobs.claim(connection, [FOLLOWING.name])
            more = job is not None
            if job is not None:
                kind, start = job.key.split()
                with timed_step(f"Making and publishing the {kind} edition of {start}"):
                    await make_following_edition(connection, job.key)
                await jobs.finish(connection, job)


def second_reader(settings: Settings) -> ChildProcess | None:
    """A process that reads texts next to this one; None where there is one core for both."""
    if len(os.sched_getaffinity(0)) == 1:
        return None
    return serve.child_process("The second reader", settings, CHILD, READER)


async def read_texts(connection: Connection, reader: ChildProcess | None = None) -> None:
    """Read what people wrote, together with a second reader if there is one."""
    from survey.store.themes import codes

    helping = asyncio.create_task(serve.run_once(reader)) if reader else None
    waiting = await codes.count_waiting(connection)
    with progress_bar("Reading what people wrote", waiting) as advance:
        while await read_batch(connection):
            left = await codes.count_waiting(connection)
            advance(waiting - left)
            waiting = left
        if helping is not None:
            await helping  # whatever it left, an edition would read
        advance(waiting)


async def read_batch(connection: Connection) -> int:
    """Read a batch of texts, as the worker does, so that no transaction lasts for all of them."""
    from api.jobs.texts import coding

    async with connection.transaction():
        return await coding.code_batch(connection)


def help_to_read() -> None:
    """Read texts until none is left: what the second reader does."""
    watch_parent()

    async def read(settings: Settings) -> None:
        async with bootstrap.connect(settings) as database, database.connection() as connection:
            while await read_batch(connection):
                pass

    with bootstrap.open_settings() as settings:
        bootstrap.run_async(read(settings))


@contextlib.contextmanager
def timed_step(what: str) -> Iterator[None]:
    """Print what begins; at the end of the block, print how long it took."""
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
