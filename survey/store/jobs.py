"""SQL for the job queue, by pgqueuer: enqueue, claim, finish, retry, hold."""

import datetime
import traceback
import uuid

import msgspec
from pgqueuer.domain.models import Job as Job  # the one type of it that a worker sees
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries

from survey.store.database import Connection
from survey.store.rows import load_structs

STALE_AFTER = datetime.timedelta(minutes=10)
PROGRESS_PREFIX = "soundings is at: "
# pgqueuer runs a job strictly after its time, and now() is constant within a transaction.
AT_ONCE = datetime.timedelta(seconds=-1)


def queue_of(connection: Connection) -> Queries:
    return Queries.from_asyncpg_connection(connection)  # type: ignore[arg-type]


async def enqueue(connection: Connection, kind: str, key: str = "") -> None:
    await queue_of(connection).enqueue(kind, key.encode(), execute_after=AT_ONCE)


async def enqueue_unless_waiting(connection: Connection, kind: str, key: str = "") -> bool:
    """Enqueue a job; False if the same is queued or running, also if two people ask at once.

    Keys are the same if their first words are: the rest says how the job is to be done.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"ask {kind}")
    first = key.partition(" ")[0]
    if any(one.key.partition(" ")[0] == first for one in await load_pending(connection, [kind])):
        return False
    await enqueue(connection, kind, key)
    return True


async def enqueue_once(connection: Connection, kind: str, key: str) -> bool:
    """Enqueue a job that the calendar says is due, once for ever; False if it was before."""
    asked = await connection.fetchval(
        """
        WITH noted AS (
            INSERT INTO calendar (key) VALUES ($1 || ' ' || $2) ON CONFLICT DO NOTHING RETURNING key
        )
        INSERT INTO pgqueuer (priority, status, entrypoint, payload)
        SELECT 0, 'queued', $1, convert_to($2, 'UTF8') FROM noted RETURNING true
        """,
        kind,
        key,
    )
    return bool(asked)


async def claim(connection: Connection, kinds: list[str], worker: uuid.UUID) -> Job | None:
    """Claim the next job that is due, locked until the end of this transaction."""
    jobs = await queue_of(connection).dequeue(
        1,
        {QueueEntrypoint(kind): EntrypointExecutionParameter(0) for kind in kinds},
        QueueManagerId(worker),
        None,
        STALE_AFTER,
    )
    return jobs[0] if jobs else None


async def record_start(connection: Connection, job: Job, worker: uuid.UUID) -> int:
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


async def delete_start(connection: Connection, job: Job) -> None:
    """Delete the record of a job's starts, once it ended or was put back in the queue."""
    await connection.execute("DELETE FROM job_starts WHERE job = $1", job.id)


async def finish(connection: Connection, job: Job) -> None:
    await queue_of(connection).log_jobs([(job, "successful", None)])
    await delete_start(connection, job)


async def retry_later(
    connection: Connection, job: Job, delay: datetime.timedelta, failure: Exception
) -> None:
    await queue_of(connection).retry_job(job, delay, failure_trace(job, failure))
    await delete_start(connection, job)


async def hold(connection: Connection, job: Job, failure: Exception) -> None:
    """Keep a job that failed too often in the queue as failed, where staff can see it."""
    await queue_of(connection).log_jobs([(job, "failed", failure_trace(job, failure))])
    await delete_start(connection, job)


def failure_trace(job: Job, failure: Exception) -> TracebackRecord:
    """Where a job failed and how, without the message: that may quote what a resident wrote.

    A refusal of ours is recorded by its code.
    """
    return TracebackRecord(
        job_id=job.id,
        timestamp=datetime.datetime.now(datetime.UTC),
        exception_type=type(failure).__name__,
        exception_message="",
        traceback="".join(traceback.format_tb(failure.__traceback__)),
        additional_context={"kind": job.entrypoint, "code": getattr(failure, "code", "")},
    )


async def release_held(connection: Connection) -> int:
    """Let every held job run again; how many there are."""
    held = await queue_of(connection).list_failed_jobs(limit=1_000)
    await queue_of(connection).requeue_jobs([job.id for job in held])
    return len(held)


class QueuedJobs(msgspec.Struct, frozen=True):
    """How many jobs of a kind have a status, and since when the oldest."""

    kind: str
    status: str
    jobs: int
    oldest: datetime.datetime


async def load_queue_status(connection: Connection) -> list[QueuedJobs]:
    """The jobs that are waiting or held, by kind and status."""
    return await load_structs(
        connection,
        QueuedJobs,
        """
        SELECT entrypoint AS kind, status::text, count(*) AS jobs, min(created) AS oldest
          FROM pgqueuer GROUP BY entrypoint, status ORDER BY entrypoint, status
        """,
    )


class JobFailure(msgspec.Struct, frozen=True):
    """The error of a job and where it was raised, without its message; `code` if we refused."""

    exception_type: str = ""
    traceback: str = ""
    code: str = ""


class HeldJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is not tried again by itself, with its last failure."""

    id: int
    kind: str
    key: str
    attempts: int
    failure: JobFailure


async def load_failures(connection: Connection) -> list[HeldJob]:
    """Held jobs; a key that is not text is shown escaped.

    The queue stores a failure as JSON within a text of JSON.
    """
    return await load_structs(
        connection,
        HeldJob,
        """
        SELECT q.id, q.entrypoint AS kind, encode(coalesce(q.payload, ''), 'escape') AS key,
               q.attempts,
               coalesce((
                   SELECT jsonb_strip_nulls(jsonb_build_object(
                              'exception_type', trace ->> 'exception_type',
                              'traceback', trace ->> 'traceback',
                              'code', trace #>> '{additional_context,code}'))
                     FROM (SELECT (l.traceback #>> '{}')::jsonb AS trace FROM pgqueuer_log l
                            WHERE l.job_id = q.id ORDER BY l.id DESC LIMIT 1) last
               ), '{}') AS failure
          FROM pgqueuer q WHERE q.status = 'failed' ORDER BY q.id
        """,
    )


async def find_last_finished(connection: Connection) -> datetime.datetime | None:
    """When a worker last finished a job; the retention job alone runs every hour."""
    found: datetime.datetime | None = await connection.fetchval(
        "SELECT max(created) FROM pgqueuer_log WHERE status = 'successful'"
    )
    return found


class PendingJob(msgspec.Struct, frozen=True):
    """A queued or running job, and how often it failed."""

    kind: str
    key: str
    attempts: int


async def load_pending(connection: Connection, kinds: list[str]) -> list[PendingJob]:
    """Queued and running jobs of these kinds, the first one first."""
    return await load_structs(
        connection,
        PendingJob,
        """
        SELECT entrypoint AS kind, encode(coalesce(payload, ''), 'escape') AS key, attempts
          FROM pgqueuer WHERE entrypoint = ANY($1) AND status IN ('queued', 'picked') ORDER BY id
        """,
        kinds,
    )


async def delete_old_log(connection: Connection) -> None:
    """Delete the queue's log of jobs that ended a month ago, and starts of jobs that are gone."""
    await connection.execute(
        """
        DELETE FROM pgqueuer_log l WHERE created < now() - interval '30 days'
           AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.id = l.job_id)
        """
    )
    await connection.execute(
        "DELETE FROM job_starts s WHERE NOT EXISTS (SELECT FROM pgqueuer q WHERE q.id = s.job)"
    )


async def set_progress(connection: Connection, what: str) -> None:
    """Say what this connection is working on, in its application name, which others see at once.

    Rows of the job's own transaction stay hidden until it ends; this disappears with a worker that
    dies.
    """
    await connection.execute(
        "SELECT set_config('application_name', $1 || $2, false)", PROGRESS_PREFIX, what
    )


class JobProgress(msgspec.Struct, frozen=True):
    """What a worker is doing, and since when."""

    what: str
    since: datetime.datetime


async def load_progress(connection: Connection) -> list[JobProgress]:
    """What is being done in this database at this moment."""
    return await load_structs(
        connection,
        JobProgress,
        """
        SELECT substr(application_name, length($1) + 1) AS what, xact_start AS since
          FROM pg_stat_activity
         WHERE datname = current_database() AND starts_with(application_name, $1)
         ORDER BY xact_start
        """,
        PROGRESS_PREFIX,
    )
