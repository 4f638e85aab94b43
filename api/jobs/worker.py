"""Claims and runs one job at a time; a failed job waits longer after each try, and is then held.

Claim, effect and finish are one transaction: a worker that is killed leaves nothing half done,
and the job can be claimed again at once.
"""

import asyncio
import contextlib
import datetime
import logging
import time
import uuid
from typing import Literal

from api import clock
from api.jobs import attachments, mails
from api.jobs.attachments import Scanner
from api.jobs.kinds import JobFunction, due_jobs, job_kinds
from api.notifications import MailSenders
from api.observing import metrics
from api.observing.logs import failure_place, log_failure, trace_span
from api.process.long_work import shown_progress
from survey.problems import Unavailable
from survey.store import jobs
from survey.store.database import Connection, Database, is_lost
from survey.store.jobs import ClaimedJob

JOBS: dict[str, JobFunction] = {**job_kinds()}
MOST_TRIES = 6
MOST_DEATHS = 4  # workers that may die over one job before it is held
FIRST_DELAY = datetime.timedelta(seconds=5)
POLL = 1.0
LONGEST_POLL = 30.0  # after what we cannot explain

log = logging.getLogger("soundings.worker")


class WorkerDied(Exception):
    """Workers that began this job were killed, perhaps for lack of memory, without an error."""

    code = "job.killed"


class ConnectionLost(Exception):
    """Whenever this job ran, its connection to the database ended while another one worked."""

    code = "job.disconnected"


async def run_next_job(database: Database, worker: uuid.UUID) -> bool:
    """Run the next job that is due; True if there was one."""
    job = None
    try:
        async with database.connection() as connection, connection.transaction():
            # A kind that this version does not know waits for a newer worker.
            job = await jobs.claim(connection, list(JOBS))
            if job is not None:
                await run_claimed(database, connection, job, worker)
    except Unavailable as lost:
        if job is None:
            raise
        await put_back(database, job, lost)
    return job is not None


async def run_claimed(
    database: Database, connection: Connection, job: ClaimedJob, worker: uuid.UUID
) -> None:
    # On another connection: a worker that is killed takes its own transaction with it.
    async with database.connection() as apart:
        begun = await jobs.record_start(apart, job, worker)
    if begun > MOST_DEATHS:
        lost = job.failure == ConnectionLost.__name__
        await hold_job(connection, job, ConnectionLost() if lost else WorkerDied())
        return
    start = time.perf_counter()
    try:
        # A savepoint: what a failed job did is undone, and its row stays locked.
        with trace_span(f"job {job.kind}") if is_by_calendar(job) else contextlib.nullcontext():
            async with shown_progress(database, connection), connection.transaction():
                await JOBS[job.kind](connection, job.key)
                await jobs.finish(connection, job)
        count_outcome(job, "done", start)
    except MemoryError:
        raise  # this worker ends, and its start counts as one that was killed
    except Exception as failure:
        count_outcome(job, "failed", start)
        if is_lost(connection):
            raise  # nothing can be written with it any more
        await retry_or_hold(connection, job, failure)
    except asyncio.CancelledError:
        # Stopping is not dying: a long job would otherwise be held after a few restarts.
        async with database.connection() as apart:
            await jobs.delete_start(apart, job)
        raise


async def put_back(database: Database, job: ClaimedJob, lost: Unavailable) -> None:
    """Let others pass a job whose connection ended, as soon as the database can be reached.

    The job may be the cause: the kernel kills a server that needs too much memory for it, and some
    servers end transactions that take long.
    """
    log.warning("job %s lost its connection: %s", job.kind, lost.sentence)
    while True:
        try:
            async with database.connection() as apart, apart.transaction():
                begun = await jobs.postpone_lost(apart, job, FIRST_DELAY, ConnectionLost())
        except Unavailable as away:
            log_waiting(away)
            await asyncio.sleep(POLL)
            continue
        if not begun:
            raise lost
        return


def log_waiting(away: Unavailable) -> None:
    log.warning("waiting for the database: %s %s", away.sentence, away.remedy)


def is_by_calendar(job: ClaimedJob) -> bool:
    """Whether such jobs come by the calendar alone; any other may come from an answer."""
    return getattr(JOBS[job.kind], "cadence", None) is not None


def count_outcome(job: ClaimedJob, outcome: Literal["done", "failed"], start: float) -> None:
    seconds = time.perf_counter() - start
    metrics.count_job(job.kind, outcome, seconds, by_calendar=is_by_calendar(job))


async def hold_job(connection: Connection, job: ClaimedJob, failure: Exception) -> None:
    log.error(
        "job %s is held: %s",
        job.kind,
        type(failure).__name__,
        extra={"fields": {"job": job.kind, "tries": job.tries + 1} | failure_place(failure)},
    )
    await jobs.hold(connection, job, failure)


async def retry_or_hold(connection: Connection, job: ClaimedJob, failure: Exception) -> None:
    tries = job.tries + 1
    log.warning(
        "job %s failed (try %d): %s",
        job.kind,
        tries,
        type(failure).__name__,
        extra={"fields": {"job": job.kind, "tries": tries} | failure_place(failure)},
    )
    if tries < MOST_TRIES:
        await jobs.retry_later(connection, job, FIRST_DELAY * 2**job.tries, failure)
    else:
        await hold_job(connection, job, failure)


async def run_until_stopped(
    database: Database,
    stop: asyncio.Event,
    post: MailSenders | None = None,
    scanner: Scanner | None = None,
) -> None:
    """Run jobs, send emails and scan files until told to stop; waits for a database that is
    away.
    """
    worker, pause = uuid.uuid4(), POLL
    while not stop.is_set():
        try:
            await run_due_work(database, stop, worker, post, scanner)
            pause = POLL
        except Unavailable as away:
            log_waiting(away)
            pause = POLL
        except MemoryError:
            raise  # nothing works any more: whoever started this process starts another
        except Exception as failure:  # whatever it is, the worker goes on: nobody else would
            log_failure("the worker goes on after", failure)
            pause = min(2 * pause, LONGEST_POLL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def run_due_work(
    database: Database,
    stop: asyncio.Event,
    worker: uuid.UUID,
    post: MailSenders | None,
    scanner: Scanner | None,
) -> None:
    """Run, send and scan everything that is due now: one of each in turn, so that none waits for
    all of another.
    """
    await queue_due_jobs(database)
    found = True
    while found and not stop.is_set():
        found = await run_next_job(database, worker)
        if post and not stop.is_set():
            found |= await send_next_mails(database, post)
        if scanner and not stop.is_set():
            found |= await attachments.scan_next_file(database, scanner)


async def send_next_mails(database: Database, post: MailSenders) -> bool:
    """Send one email of each kind, so that neither kind waits for the other; True if any was
    sent.
    """
    on_case = post.cases and await mails.send_next_case_mail(database, post.cases, post.keyring)
    on_account = post.cases and await mails.send_next_account_mail(database, post.cases)
    on_edition = post.subscribers and await mails.send_next_mail(database, post.subscribers)
    return bool(on_case or on_account or on_edition)


async def queue_due_jobs(database: Database) -> None:
    async with database.connection() as connection:
        for kind, key in due_jobs(clock.now()):
            await jobs.enqueue_once(connection, kind, key)
