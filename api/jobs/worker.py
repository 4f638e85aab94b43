"""Claims one job at a time and runs it; what fails is put off longer each time, then held.

Claim, effect and finish are one transaction: a worker that is killed leaves nothing half done
and the job is free again at once.
"""

import asyncio
import datetime
import logging
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
FIRST_DELAY = datetime.timedelta(seconds=5)
POLL = 1.0

log = logging.getLogger("soundings.worker")


async def run_one(database: Database, worker: uuid.UUID) -> bool:
    """Run the next job that is due; whether there was one."""
    async with database.connection() as connection, connection.transaction():
        job = await jobs.claim(connection, list(KINDS), worker)
        if job is None:
            return False
        key = (job.payload or b"").decode()
        try:
            async with connection.transaction():
                await KINDS[job.entrypoint](connection, key)
                await jobs.finish(connection, job)
        except Exception as failure:
            await put_off_or_hold(connection, job, failure)
    return True


async def put_off_or_hold(connection: Connection, job: Job, failure: Exception) -> None:
    tries = job.attempts + 1
    log.warning("job %s failed (try %d): %s", job.entrypoint, tries, type(failure).__name__)
    if tries < MOST_TRIES:
        await jobs.put_off(connection, job, FIRST_DELAY * 2**job.attempts, failure)
    else:
        await jobs.hold(connection, job, failure)


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
    worker = uuid.uuid4()
    while not stop.is_set():
        try:
            await ask_what_is_due(database)
            while not stop.is_set() and await run_one(database, worker):
                pass
            while not stop.is_set() and post and await send_next(database, post):
                pass
            while not stop.is_set() and scanner and await scanning.scan_one(database, scanner):
                pass
        except Unavailable:
            log.warning("the database is away; waiting for it")
        try:
            await asyncio.wait_for(stop.wait(), POLL)
        except TimeoutError:
            continue


async def send_next(database: Database, post: Post) -> bool:
    """Send one mail of each kind, so that neither waits for the other's many; whether any was."""
    on_case = post.cases and await case_mailing.send_one(database, post.cases, post.keyring)
    on_edition = post.subscribers and await mailing.send_one(database, post.subscribers)
    return bool(on_case or on_edition)


async def ask_what_is_due(database: Database) -> None:
    async with database.connection() as connection:
        for kind, key in calendar.due(clock.now()):
            await jobs.ask_once(connection, kind, key)
