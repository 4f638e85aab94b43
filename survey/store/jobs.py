"""SQL for the job queue: enqueue, claim, finish, retry, hold, and how far a job is.

A worker claims a job, does it and deletes it in one transaction: a worker that dies leaves the job
as it was, and nothing of what it did. What has to be seen meanwhile is committed apart.
"""

import datetime
import traceback
import uuid

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection


class ClaimedJob(msgspec.Struct, frozen=True):
    """A job that a worker holds; `tries` counts its earlier failures, `failure` is the last."""

    id: int
    kind: str
    key: str
    tries: int
    failure: str


@sql.execute
def enqueue(kind: str, key: str = "") -> sql.SQL:
    return "INSERT INTO jobs (kind, key) VALUES ($1, $2)"


@sql.execute
def enqueue_later(kind: str, key: str, delay: datetime.timedelta) -> sql.SQL:
    """Enqueue a job that is due only after some time."""
    return "INSERT INTO jobs (kind, key, due_at) VALUES ($1, $2, now() + $3)"


@sql.execute
def enqueue_up_to(kind: str, most: int) -> sql.SQL:
    """Enqueue jobs of a kind until `most` of them wait or run."""
    return """
        INSERT INTO jobs (kind)
        SELECT $1 FROM generate_series(1, $2 - (SELECT count(*) FROM jobs
                                                 WHERE kind = $1 AND NOT held))
        """


async def enqueue_unless_waiting(connection: Connection, kind: str, key: str = "") -> bool:
    """Enqueue a job; False if it is queued or running already, even if two people ask at once.

    Keys are the same if their first words are: the rest says how to do the job.
    """
    # NOT EXISTS alone does not see a job that another transaction has not committed yet.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"ask {kind}")
    asked = await connection.fetchval(
        """
        INSERT INTO jobs (kind, key)
        SELECT $1, $2 WHERE NOT EXISTS (
            SELECT FROM jobs
             WHERE kind = $1 AND NOT held AND split_part(key, ' ', 1) = split_part($2, ' ', 1))
        RETURNING true
        """,
        kind,
        key,
    )
    return bool(asked)


@sql.boolean
def enqueue_once(kind: str, key: str) -> sql.SQL:
    """Enqueue a job that the calendar says is due, only once ever; False if it was enqueued
    before.
    """
    # One statement, as a job without its note would be asked for again, and a note alone never.
    return """
        WITH noted AS (
            INSERT INTO calendar (key) VALUES ($1 || ' ' || $2) ON CONFLICT DO NOTHING RETURNING key
        )
        INSERT INTO jobs (kind, key) SELECT $1, $2 FROM noted RETURNING true
        """


@sql.first(ClaimedJob)
def claim(kinds: list[str]) -> sql.SQL:
    """Claim the next job that is due, locked until the end of this transaction."""
    # A kind that this program does not know waits for a worker that knows it.
    return """
        SELECT id, kind, key, tries, coalesce(failure ->> 'exception_type', '') AS failure FROM jobs
         WHERE NOT held AND due_at <= now() AND kind = ANY($1)
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        """


@sql.value(int)
def record_start(job: ClaimedJob, worker: uuid.UUID) -> sql.SQL:
    """Record that this worker starts a job; return how many starts did not end, this one included.

    On a connection of its own: what the job does is rolled back if the worker dies. A worker that
    starts the job again has not died, so it counts once.
    """
    return """
        INSERT INTO job_starts AS s (job, worker, starts) VALUES ($job.id, $worker, 1)
            ON CONFLICT (job) DO UPDATE SET worker = excluded.worker,
               starts = s.starts + (s.worker <> excluded.worker)::int
        RETURNING starts
        """


async def postpone_lost(
    connection: Connection, job: ClaimedJob, delay: datetime.timedelta, failure: Exception
) -> bool:
    """Put back a job whose connection ended, with a longer delay after each start; its next start
    counts as another. False if the job had not begun, or was committed.
    """
    await connection.execute(
        """
        UPDATE jobs j SET due_at = now() + $2::interval * 2 ^ (s.starts - 1), failure = $3
          FROM job_starts s WHERE j.id = $1 AND s.job = j.id
        """,
        job.id,
        delay,
        msgspec.to_builtins(failure_of(failure)),
    )
    # Nobody's start: so whoever starts it next, the same worker too, counts as another.
    begun = await connection.fetchval(
        "UPDATE job_starts SET worker = gen_random_uuid() WHERE job = $1 RETURNING true", job.id
    )
    return bool(begun)


@sql.execute
def delete_start(job: ClaimedJob) -> sql.SQL:
    """Delete the record of a job's starts, once it ended or was put back in the queue."""
    return "DELETE FROM job_starts WHERE job = $job.id"


@sql.execute
def finish(job: ClaimedJob) -> sql.SQL:
    """Delete a job that is done, in the transaction that holds what it did."""
    # The job's own row goes, so this is all that says whether workers finish anything.
    return """
        WITH done AS (DELETE FROM jobs WHERE id = $job.id RETURNING kind),
             gone AS (DELETE FROM job_starts WHERE job = $job.id)
        INSERT INTO jobs_finished AS f (kind) SELECT kind FROM done
            ON CONFLICT (kind) DO UPDATE SET finished_at = excluded.finished_at
        """


async def retry_later(
    connection: Connection, job: ClaimedJob, delay: datetime.timedelta, failure: Exception
) -> None:
    await connection.execute(
        "UPDATE jobs SET tries = tries + 1, due_at = now() + $2, failure = $3 WHERE id = $1",
        job.id,
        delay,
        msgspec.to_builtins(failure_of(failure)),
    )
    await delete_start(connection, job)


async def hold(connection: Connection, job: ClaimedJob, failure: Exception) -> None:
    """Keep a job that failed too often in the queue, where staff can see it and nobody runs it."""
    await connection.execute(
        "UPDATE jobs SET held = true, failure = $2 WHERE id = $1",
        job.id,
        msgspec.to_builtins(failure_of(failure)),
    )
    await delete_start(connection, job)


class JobFailure(msgspec.Struct, frozen=True):
    """The error of a job and where it was raised, without its message; `code` is that of our
    refusal.

    A message may quote what a resident wrote.
    """

    exception_type: str = ""
    traceback: str = ""
    code: str = ""


def failure_of(failure: Exception) -> JobFailure:
    return JobFailure(
        exception_type=type(failure).__name__,
        # format_exception would add the message.
        traceback="".join(traceback.format_tb(failure.__traceback__)),
        code=getattr(failure, "code", ""),
    )


@sql.row_count
def release_held() -> sql.SQL:
    """Let every held job run again; return how many there are."""
    # A full hour, as for every new job: a minute could lead to a response.
    return "UPDATE jobs SET held = false, tries = 0, due_at = date_trunc('hour', now()) WHERE held"


class QueuedJobs(msgspec.Struct, frozen=True):
    """How many jobs of a kind are waiting, and since when the oldest."""

    kind: str
    jobs: int
    oldest: datetime.datetime


@sql.many(QueuedJobs)
def load_waiting() -> sql.SQL:
    """The jobs that wait or run, by kind."""
    return """
        SELECT kind, count(*) AS jobs, min(asked_at) AS oldest FROM jobs WHERE NOT held
         GROUP BY kind ORDER BY kind
        """


class HeldJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is not tried again by itself, with its last failure."""

    id: int
    kind: str
    key: str
    tries: int
    failure: JobFailure


@sql.many(HeldJob)
def load_held() -> sql.SQL:
    return """
        SELECT id, kind, key, tries, coalesce(failure, '{}') AS failure
          FROM jobs WHERE held ORDER BY id
        """


@sql.value_or_none(datetime.datetime)
def find_last_finished() -> sql.SQL:
    """When a worker last finished a job; the retention job alone runs every hour."""
    return "SELECT max(finished_at) FROM jobs_finished"


class PendingJob(msgspec.Struct, frozen=True):
    """A queued or running job, and how often it failed."""

    kind: str
    key: str
    tries: int


@sql.many(PendingJob)
def load_pending(kinds: list[str]) -> sql.SQL:
    """Queued and running jobs of these kinds, the first one first."""
    return "SELECT kind, key, tries FROM jobs WHERE kind = ANY($1) AND NOT held ORDER BY id"


async def delete_leftovers(connection: Connection) -> None:
    """Delete starts of jobs that are gone, and the progress of workers that died."""
    await connection.execute(
        "DELETE FROM job_starts s WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = s.job)"
    )
    await connection.execute(
        """
        DELETE FROM work_progress w
         WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = w.backend)
        """
    )


@sql.value(int)
def load_backend() -> sql.SQL:
    """The number of the server process that works for this connection."""
    return "SELECT pg_backend_pid()"


@sql.execute
def save_progress(backend: int, work: str, step: str) -> sql.SQL:
    """Save how far the work of a connection is; the server knows that connection as `backend`."""
    return """
        INSERT INTO work_progress (backend, work, step) VALUES ($1, $2, $3)
            ON CONFLICT (backend) DO UPDATE SET work = excluded.work, step = excluded.step,
               since = CASE WHEN work_progress.work = excluded.work THEN work_progress.since
                            ELSE excluded.since END
        """


@sql.execute
def delete_progress(backend: int) -> sql.SQL:
    return "DELETE FROM work_progress WHERE backend = $1"


class WorkProgress(msgspec.Struct, frozen=True):
    """What is being done, how far it is, and since when."""

    work: str
    step: str
    since: datetime.datetime


@sql.many(WorkProgress)
def load_progress() -> sql.SQL:
    """What is being done at this moment; nothing of a worker that died."""
    # The system gives process numbers again, so a later backend of this number is another one.
    return """
        SELECT w.work, w.step, w.since FROM work_progress w
          JOIN pg_stat_activity a ON a.pid = w.backend AND a.backend_start <= w.since
         ORDER BY w.since
        """
