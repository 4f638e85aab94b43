"""SQL for the job queue: enqueue, claim, finish, retry, hold, and how far a job is.

A worker claims a job, does it and deletes it in one transaction: a worker that dies leaves the job
as it was, and nothing of what it did. What has to be seen meanwhile is committed apart.
"""

import datetime
import traceback
import uuid

import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs


class ClaimedJob(msgspec.Struct, frozen=True):
    """A job that a worker holds; `tries` is how often it failed before, `failure` how at last."""

    id: int
    kind: str
    key: str
    tries: int
    failure: str


async def enqueue(connection: Connection, kind: str, key: str = "") -> None:
    await connection.execute("INSERT INTO jobs (kind, key) VALUES ($1, $2)", kind, key)


async def enqueue_later(
    connection: Connection, kind: str, key: str, delay: datetime.timedelta
) -> None:
    """Enqueue a job that is due only after some time."""
    await connection.execute(
        "INSERT INTO jobs (kind, key, due_at) VALUES ($1, $2, now() + $3)", kind, key, delay
    )


async def enqueue_up_to(connection: Connection, kind: str, most: int) -> None:
    """Enqueue jobs of a kind until there are this many; those that run now are counted too."""
    await connection.execute(
        """
        INSERT INTO jobs (kind)
        SELECT $1 FROM generate_series(1, $2 - (SELECT count(*) FROM jobs
                                                 WHERE kind = $1 AND NOT held))
        """,
        kind,
        most,
    )


async def enqueue_unless_waiting(connection: Connection, kind: str, key: str = "") -> bool:
    """Enqueue a job; False if the same is queued or running, also if two people ask at once.

    Keys are the same if their first words are: the rest says how the job is to be done.
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


async def enqueue_once(connection: Connection, kind: str, key: str) -> bool:
    """Enqueue a job that the calendar says is due, once for ever; False if it was before."""
    # One statement, as a job without its note would be asked for again, and a note alone never.
    asked = await connection.fetchval(
        """
        WITH noted AS (
            INSERT INTO calendar (key) VALUES ($1 || ' ' || $2) ON CONFLICT DO NOTHING RETURNING key
        )
        INSERT INTO jobs (kind, key) SELECT $1, $2 FROM noted RETURNING true
        """,
        kind,
        key,
    )
    return bool(asked)


async def claim(connection: Connection, kinds: list[str]) -> ClaimedJob | None:
    """Claim the next job that is due, locked until the end of this transaction."""
    # A kind that this program does not know waits for a worker that knows it.
    return await find_struct(
        connection,
        ClaimedJob,
        """
        SELECT id, kind, key, tries, coalesce(failure ->> 'exception_type', '') AS failure FROM jobs
         WHERE NOT held AND due_at <= now() AND kind = ANY($1)
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        """,
        kinds,
    )


async def record_start(connection: Connection, job: ClaimedJob, worker: uuid.UUID) -> int:
    """Record that this worker starts a job; how many starts did not end, this one included.

    On a connection of its own: what the job does is rolled back if the worker dies. A worker that
    starts it again has not died, so it counts once.
    """
    found: int = await connection.fetchval(
        """
        INSERT INTO job_starts AS s (job, worker, starts) VALUES ($1, $2, 1)
            ON CONFLICT (job) DO UPDATE SET worker = excluded.worker,
               starts = s.starts + (s.worker <> excluded.worker)::int
        RETURNING starts
        """,
        job.id,
        worker,
    )
    return found


async def postpone_lost(
    connection: Connection, job: ClaimedJob, delay: datetime.timedelta, failure: Exception
) -> bool:
    """Put a job back whose connection ended: for longer each time, and its next start counts;
    False if it had not begun, or was committed.
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


async def delete_start(connection: Connection, job: ClaimedJob) -> None:
    """Delete the record of a job's starts, once it ended or was put back in the queue."""
    await connection.execute("DELETE FROM job_starts WHERE job = $1", job.id)


async def finish(connection: Connection, job: ClaimedJob) -> None:
    """Delete a job that is done, in the transaction that holds what it did."""
    # The job's own row goes, so this is all that says whether workers finish anything.
    await connection.execute(
        """
        WITH done AS (DELETE FROM jobs WHERE id = $1 RETURNING kind),
             gone AS (DELETE FROM job_starts WHERE job = $1)
        INSERT INTO jobs_finished AS f (kind) SELECT kind FROM done
            ON CONFLICT (kind) DO UPDATE SET finished_at = excluded.finished_at
        """,
        job.id,
    )


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
    """The error of a job and where it was raised, without its message; `code` if we refused.

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


async def release_held(connection: Connection) -> int:
    """Let every held job run again; how many there are."""
    # A full hour, as for every new job: a minute could lead to a response.
    rows = await connection.fetch(
        """
        UPDATE jobs SET held = false, tries = 0, due_at = date_trunc('hour', now()) WHERE held
        RETURNING id
        """
    )
    return len(rows)


class QueuedJobs(msgspec.Struct, frozen=True):
    """How many jobs of a kind are waiting, and since when the oldest."""

    kind: str
    jobs: int
    oldest: datetime.datetime


async def load_waiting(connection: Connection) -> list[QueuedJobs]:
    """The jobs that wait or run, by kind."""
    return await load_structs(
        connection,
        QueuedJobs,
        """
        SELECT kind, count(*) AS jobs, min(asked_at) AS oldest FROM jobs WHERE NOT held
         GROUP BY kind ORDER BY kind
        """,
    )


class HeldJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is not tried again by itself, with its last failure."""

    id: int
    kind: str
    key: str
    tries: int
    failure: JobFailure


async def load_held(connection: Connection) -> list[HeldJob]:
    return await load_structs(
        connection,
        HeldJob,
        """
        SELECT id, kind, key, tries, coalesce(failure, '{}') AS failure
          FROM jobs WHERE held ORDER BY id
        """,
    )


async def find_last_finished(connection: Connection) -> datetime.datetime | None:
    """When a worker last finished a job; the retention job alone runs every hour."""
    found: datetime.datetime | None = await connection.fetchval(
        "SELECT max(finished_at) FROM jobs_finished"
    )
    return found


class PendingJob(msgspec.Struct, frozen=True):
    """A queued or running job, and how often it failed."""

    kind: str
    key: str
    tries: int


async def load_pending(connection: Connection, kinds: list[str]) -> list[PendingJob]:
    """Queued and running jobs of these kinds, the first one first."""
    return await load_structs(
        connection,
        PendingJob,
        "SELECT kind, key, tries FROM jobs WHERE kind = ANY($1) AND NOT held ORDER BY id",
        kinds,
    )


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


async def load_backend(connection: Connection) -> int:
    """The number by which the server knows the process that works for this connection."""
    found: int = await connection.fetchval("SELECT pg_backend_pid()")
    return found


async def save_progress(connection: Connection, backend: int, work: str, step: str) -> None:
    """Save how far the work of another connection is, which is `backend` to the server."""
    await connection.execute(
        """
        INSERT INTO work_progress (backend, work, step) VALUES ($1, $2, $3)
            ON CONFLICT (backend) DO UPDATE SET work = excluded.work, step = excluded.step,
               since = CASE WHEN work_progress.work = excluded.work THEN work_progress.since
                            ELSE excluded.since END
        """,
        backend,
        work,
        step,
    )


async def delete_progress(connection: Connection, backend: int) -> None:
    await connection.execute("DELETE FROM work_progress WHERE backend = $1", backend)


class WorkProgress(msgspec.Struct, frozen=True):
    """What is being done, how far it is, and since when."""

    work: str
    step: str
    since: datetime.datetime


async def load_progress(connection: Connection) -> list[WorkProgress]:
    """What is being done at this moment; nothing of a worker that died."""
    # The system gives process numbers again, so a later backend of this number is another one.
    return await load_structs(
        connection,
        WorkProgress,
        """
        SELECT w.work, w.step, w.since FROM work_progress w
          JOIN pg_stat_activity a ON a.pid = w.backend AND a.backend_start <= w.since
         ORDER BY w.since
        """,
    )


class FailedJob(msgspec.Struct, frozen=True):
    """A job that is not tried again by itself; `code` if we refused it."""

    kind: str
    key: str
    code: str


class CaseWithFailedMail(msgspec.Struct, frozen=True):
    """A case, and how many mails on it failed or may have failed."""

    reference: str
    mails: int


class Failures(msgspec.Struct, frozen=True):
    """Jobs that failed, cases with mails that failed, and how many mails on editions failed."""

    jobs: list[FailedJob]
    cases: list[CaseWithFailedMail]
    edition_mails: int


async def load_failures(connection: Connection) -> Failures:
    """Everything that failed and that somebody has to look at, the oldest first."""
    # A mail that nobody claimed within the hour waits for a worker or a mail server.
    row = await find_struct(
        connection,
        Failures,
        """
        SELECT (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'kind', kind, 'key', key, 'code', coalesce(failure ->> 'code', ''))
                       ORDER BY id), '[]') FROM jobs WHERE held) AS jobs,
               (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.reference), '[]') FROM (
                    SELECT c.reference, count(*) AS mails
                      FROM case_mails m JOIN complaints c ON c.id = m.complaint
                     WHERE m.outcome IN ('refused', 'unknown') OR (m.outcome IS NULL
                           AND coalesce(m.handed_at, m.asked_at) < now() - interval '1 hour')
                     GROUP BY c.reference) f) AS cases,
               (SELECT count(*) FROM mails WHERE outcome IN ('refused', 'unknown'))
                   AS edition_mails
        """,
    )
    assert row is not None
    return row
