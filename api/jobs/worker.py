"""Claims one job at a time and runs it; what fails is put off longer each time, then held.

Claim, effect and finish are one transaction: a worker that is killed leaves nothing half done
and the job is free again at once.
"""

import asyncio
import contextlib
import datetime
import logging
import traceback
import uuid
from collections.abc import Awaitable, Callable

from api import clock
from api.jobs import (
    calendar,
    campaigns,
    case_mailing,
    coding,
    discovery,
    double_coding,
    editions,
    mailing,
    nudging,
    proposals,
    recoding,
    retention,
    scanning,
)
from api.mail import Post
from api.scanning import Scanner
from survey.problems import Unavailable
from survey.store import jobs
from survey.store.database import Connection, Database
from survey.store.jobs import Job

KINDS: dict[str, Callable[[Connection, str], Awaitable[None]]] = {
    "code_texts": coding.run,
    "recode_texts": recoding.run,
    "propose_themes": proposals.weekly,
    "find_campaigns": campaigns.run,
    "discover_themes": discovery.run,
    "weekly_edition": editions.weekly,
    "monthly_edition": editions.monthly,
    "double_coding_sample": double_coding.run,
    "nudge_cases": nudging.run,
    "digest": mailing.digest,
    "retention": retention.run,
}
MOST_TRIES = 6
MOST_DEATHS = 4  # workers that may die over one job before it is held
FIRST_DELAY = datetime.timedelta(seconds=5)
POLL = 1.0
LONGEST_POLL = 30.0  # after what we cannot explain

log = logging.getLogger("soundings.worker")


class WorkerDied(Exception):
    """Workers that began this job were killed, perhaps for lack of memory, and wrote no error."""

    code = "job.killed"


async def run_one(database: Database, worker: uuid.UUID) -> bool:
    """Run the next job that is due; whether there was one."""
    async with database.connection() as connection, connection.transaction():
        job = await jobs.claim(connection, list(KINDS), worker)
        if job is None:
            return False
        async with database.connection() as apart:
            begun = await jobs.count_start(apart, job, worker)
        if begun > MOST_DEATHS:
            await hold(connection, job, WorkerDied())
            return True
        try:
            async with connection.transaction():
                await KINDS[job.entrypoint](connection, (job.payload or b"").decode())
                await jobs.finish(connection, job)
        except UnicodeDecodeError as failure:
            await hold(connection, job, failure)  # the key of the job stays what it is
        except Exception as failure:
            await put_off_or_hold(connection, job, failure)
        except asyncio.CancelledError:
            async with database.connection() as apart:
                await jobs.forget_start(apart, job)
            raise
    return True


async def hold(connection: Connection, job: Job, failure: Exception) -> None:
    log.error("job %s is held: %s", job.entrypoint, type(failure).__name__)
    await jobs.hold(connection, job, failure)


async def put_off_or_hold(connection: Connection, job: Job, failure: Exception) -> None:
    tries = job.attempts + 1
    log.warning("job %s failed (try %d): %s", job.entrypoint, tries, type(failure).__name__)
    if tries < MOST_TRIES:
        await jobs.put_off(connection, job, FIRST_DELAY * 2**job.attempts, failure)
    else:
        await hold(connection, job, failure)


async def exhaust(database: Database) -> int:
    """Run until nothing waits; the tests use this instead of a clock."""
    worker, done = uuid.uuid4(), 0
    while await run_one(database, worker):
        done += 1
    return done


async def run(
    database: Database,
    stop: asyncio.Event,
    post: Post | None = None,
    scanner: Scanner | None = None,
) -> None:
    """Work, send mails and scan files until told to stop; a database that is away is waited for."""
    worker, pause = uuid.uuid4(), POLL
    while not stop.is_set():
        try:
            await work_off(database, stop, worker, post, scanner)
            pause = POLL
        except Unavailable as away:
            log.warning("waiting for the database: %s %s", away.sentence, away.remedy)
            pause = POLL
        except Exception as failure:  # whatever it is, the worker goes on: nobody else would
            log.error("the worker stumbled over %s and goes on: %s", *described(failure))
            pause = min(2 * pause, LONGEST_POLL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def work_off(
    database: Database,
    stop: asyncio.Event,
    worker: uuid.UUID,
    post: Post | None,
    scanner: Scanner | None,
) -> None:
    """Everything that is due now."""
    await ask_what_is_due(database)
    while not stop.is_set() and await run_one(database, worker):
        pass
    while not stop.is_set() and post and await send_next(database, post):
        pass
    while not stop.is_set() and scanner and await scanning.scan_one(database, scanner):
        pass


def described(failure: Exception) -> tuple[str, str]:
    """Its kind and where it happened; never the message, which may quote what a resident wrote."""
    place = traceback.extract_tb(failure.__traceback__)[-1]
    return type(failure).__name__, f"{place.filename}:{place.lineno}"


async def send_next(database: Database, post: Post) -> bool:
    """Send one mail of each kind, so that neither waits for the other's many; whether any was."""
    on_case = post.cases and await case_mailing.send_one(database, post.cases, post.keyring)
    on_edition = post.subscribers and await mailing.send_one(database, post.subscribers)
    return bool(on_case or on_edition)


async def ask_what_is_due(database: Database) -> None:
    async with database.connection() as connection:
        for kind, key in calendar.due(clock.now()):
            await jobs.ask_once(connection, kind, key)
