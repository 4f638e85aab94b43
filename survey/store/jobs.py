"""SQL for the queue, by pgqueuer: ask, claim, finish, put off, hold."""

import datetime
import traceback
import uuid

import asyncpg
from pgqueuer.domain.models import Job as Job  # the one type of it that a worker sees
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries

from survey.store.database import Connection

STALE = datetime.timedelta(minutes=10)
DOING = "soundings is at: "
# A job is due strictly after its time, and within a transaction the clock stands still.
AT_ONCE = datetime.timedelta(seconds=-1)


def queries(connection: Connection) -> Queries:
    return Queries.from_asyncpg_connection(connection)  # type: ignore[arg-type]


async def ask(connection: Connection, kind: str, key: str = "") -> None:
    await queries(connection).enqueue(kind, key.encode(), execute_after=AT_ONCE)


async def ask_unless_waiting(connection: Connection, kind: str, key: str = "") -> bool:
    """Ask, unless the same is on its way; of two people who ask at once, one is too late.

    Keys are the same where their first words are: what follows says how it is to be done.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"ask {kind}")
    first = key.partition(" ")[0]
    if any(row["key"].partition(" ")[0] == first for row in await asked(connection, [kind])):
        return False
    await ask(connection, kind, key)
    return True


async def ask_once(connection: Connection, kind: str, key: str) -> bool:
    """Ask for what the calendar says is due, once for ever, in one statement."""
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
    """Take the next job that is due, locked until the end of this transaction."""
    jobs = await queries(connection).dequeue(
        1,
        {QueueEntrypoint(kind): EntrypointExecutionParameter(0) for kind in kinds},
        QueueManagerId(worker),
        None,
        STALE,
    )
    return jobs[0] if jobs else None


async def count_start(connection: Connection, job: Job, worker: uuid.UUID) -> int:
    """Write down that this worker begins a job; how many began it and never ended it, with this.

    On a connection of its own: what the job does is rolled back if the worker dies. A worker that
    begins again has not died, so it counts once.
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


async def forget_start(connection: Connection, job: Job) -> None:
    """The job has ended, or was given back in order."""
    await connection.execute("DELETE FROM job_starts WHERE job = $1", job.id)


async def finish(connection: Connection, job: Job) -> None:
    await queries(connection).log_jobs([(job, "successful", None)])
    await forget_start(connection, job)


async def put_off(
    connection: Connection, job: Job, delay: datetime.timedelta, failure: Exception
) -> None:
    await queries(connection).retry_job(job, delay, trace(job, failure))
    await forget_start(connection, job)


async def hold(connection: Connection, job: Job, failure: Exception) -> None:
    """Keep a job that failed too often where a person can see it."""
    await queries(connection).log_jobs([(job, "failed", trace(job, failure))])
    await forget_start(connection, job)


def trace(job: Job, failure: Exception) -> TracebackRecord:
    """Where it failed and how, but never the message: that may quote what a resident wrote.

    A refusal of ours is known by its code.
    """
    return TracebackRecord(
        job_id=job.id,
        timestamp=datetime.datetime.now(datetime.UTC),
        exception_type=type(failure).__name__,
        exception_message="",
        traceback="".join(traceback.format_tb(failure.__traceback__)),
        additional_context={"kind": job.entrypoint, "code": getattr(failure, "code", "")},
    )


async def release(connection: Connection) -> int:
    """Let every held job run again."""
    held = await queries(connection).list_failed_jobs(limit=1_000)
    await queries(connection).requeue_jobs([job.id for job in held])
    return len(held)


async def standing(connection: Connection) -> list[asyncpg.Record]:
    """How many jobs wait or are held, by kind, and how long the oldest has waited."""
    return await connection.fetch(
        """
        SELECT entrypoint AS kind, status::text, count(*) AS jobs, min(created) AS oldest
          FROM pgqueuer GROUP BY entrypoint, status ORDER BY entrypoint, status
        """
    )


async def failures(connection: Connection) -> list[asyncpg.Record]:
    """Held jobs with the last error of each; a key that is no text is shown all the same."""
    return await connection.fetch(
        """
        SELECT q.id, q.entrypoint AS kind, encode(coalesce(q.payload, ''), 'escape') AS key,
               q.attempts,
               (SELECT l.traceback FROM pgqueuer_log l WHERE l.job_id = q.id
                 ORDER BY l.id DESC LIMIT 1) AS traceback
          FROM pgqueuer q WHERE q.status = 'failed' ORDER BY q.id
        """
    )


async def last_finished(connection: Connection) -> datetime.datetime | None:
    """When a worker last brought a job to its end; the hourly forgetting is one an hour."""
    found: datetime.datetime | None = await connection.fetchval(
        "SELECT max(created) FROM pgqueuer_log WHERE status = 'successful'"
    )
    return found


async def asked(connection: Connection, kinds: list[str]) -> list[asyncpg.Record]:
    """Jobs of these kinds that are on their way, with their key and how often they failed."""
    return await connection.fetch(
        """
        SELECT entrypoint AS kind, encode(coalesce(payload, ''), 'escape') AS key, attempts
          FROM pgqueuer WHERE entrypoint = ANY($1) AND status IN ('queued', 'picked') ORDER BY id
        """,
        kinds,
    )


async def forget_log(connection: Connection) -> None:
    """Drop what the queue wrote down of jobs that ended a month ago, and of any that are gone."""
    await connection.execute(
        """
        DELETE FROM pgqueuer_log l WHERE created < now() - interval '30 days'
           AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.id = l.job_id)
        """
    )
    await connection.execute(
        "DELETE FROM job_starts s WHERE NOT EXISTS (SELECT FROM pgqueuer q WHERE q.id = s.job)"
    )


async def tell(connection: Connection, what: str) -> None:
    """Say what this connection is at, for everybody to see at once: the job's own transaction
    hides its rows until it ends, and a worker that dies takes this with it."""
    await connection.execute("SELECT set_config('application_name', $1 || $2, false)", DOING, what)


async def told(connection: Connection) -> list[asyncpg.Record]:
    """What is being done in this database at this moment, and since when."""
    return await connection.fetch(
        """
        SELECT substr(application_name, length($1) + 1) AS what, xact_start AS since
          FROM pg_stat_activity
         WHERE datname = current_database() AND starts_with(application_name, $1)
         ORDER BY xact_start
        """,
        DOING,
    )
