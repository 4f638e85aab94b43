"""Nothing that a job or the database does ends the worker for good, or blocks it for ever."""

import asyncio
import uuid

import pytest

from api.jobs import worker
from api.jobs.texts import coding
from api.operations.answers import submissions
from survey.problems import Unavailable
from survey.store import jobs
from survey.surveys.responses import Submission
from tests import alone
from tests.jobs import run_all_jobs
from tests.waiting import until

SUBMISSION = Submission(area="Hackney", answers={"subject": "taser", "story": "They explained it."})


@pytest.fixture
def ran(monkeypatch):
    """Keys of the jobs that ran, in order; the worker knows one kind, `note`."""
    keys = []

    async def note(connection, key):
        keys.append(key)

    monkeypatch.setattr(worker, "JOBS", {"note": note})
    return keys


async def die_during_job(db):
    """Leave the database as a worker does that is killed in the middle of a job."""
    async with db.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        job = await jobs.claim(connection, ["note"])
        await transaction.rollback()
        await jobs.record_start(connection, job, uuid.uuid4())


async def test_a_job_over_which_workers_die_is_held_with_its_cause(db, ran):
    await jobs.enqueue(db.the_connection, "note", "too large")
    for _ in range(worker.MOST_DEATHS):
        await die_during_job(db)
    await run_all_jobs(db)
    assert ran == []
    (found,) = await jobs.load_held(db.the_connection)
    assert (found.key, found.failure.exception_type) == ("too large", "WorkerDied")
    await jobs.release_held(db.the_connection)
    await db.the_connection.execute("UPDATE jobs SET due_at = now()")
    await run_all_jobs(db)
    assert ran == ["too large"]


async def test_a_job_that_ends_has_its_deaths_forgotten(db, ran):
    await jobs.enqueue(db.the_connection, "note", "a")
    for _ in range(worker.MOST_DEATHS - 1):
        await die_during_job(db)
    await run_all_jobs(db)
    assert ran == ["a"]
    assert await db.the_connection.fetchval("SELECT count(*) FROM job_starts") == 0


async def test_a_worker_that_begins_again_has_not_died(db, ran):
    me = uuid.uuid4()
    await jobs.enqueue(db.the_connection, "note", "a")
    async with db.connection() as connection, connection.transaction():
        job = await jobs.claim(connection, ["note"])
        assert [await jobs.record_start(connection, job, me) for _ in range(3)] == [1, 1, 1]
        assert await jobs.record_start(connection, job, uuid.uuid4()) == 2


async def test_a_start_is_written_down_before_the_job_and_apart_from_it(pool, monkeypatch, asked):
    seen = []

    async def look(connection, key):
        seen.append(await asked("SELECT starts FROM job_starts"))

    monkeypatch.setattr(worker, "JOBS", {"look": look})
    async with pool.connection() as connection:
        await jobs.enqueue(connection, "look")
    await run_all_jobs(pool)
    assert seen == [1]


async def wait_for_log(caplog, words):
    async def is_said():
        return words in caplog.text

    await until(is_said)


@pytest.fixture
async def apart(server):
    """A database of its own, whose settings a test may change."""
    from survey.store.database import open_database

    name = f"apart_{uuid.uuid4().hex[:8]}"
    async with alone.create_database(server, name) as dsn, open_database(dsn) as database:
        yield database


async def set_read_only(database, value):
    """Set whether new transactions may only read, as on a standby."""
    async with database.connection() as connection:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(
            f"ALTER DATABASE {name} SET default_transaction_read_only = {value}"
        )
    await database.pool.expire_connections()


async def test_a_read_only_database_is_waited_for_and_answers_503(apart, ran, caplog):
    async with apart.connection() as connection:
        await jobs.enqueue(connection, "note", "later")
    await set_read_only(apart, "on")
    for _ in range(2):
        with pytest.raises(Unavailable) as refused:
            await submissions.submit_response(apart, "feedback", SUBMISSION)
        assert refused.value.code == "database.read_only"
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run_until_stopped(apart, stop))
    await wait_for_log(caplog, "cannot be changed")
    assert not running.done()
    await set_read_only(apart, "off")

    async def has_run():
        return ran == ["later"]

    await until(has_run)
    stop.set()
    await running


async def test_a_database_that_was_emptied_is_503_with_what_to_do(apart, ran, caplog):
    async with apart.connection() as connection:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with pytest.raises(Unavailable) as refused:
        await submissions.submit_response(apart, "feedback", SUBMISSION)
    assert refused.value.code == "database.incomplete"
    assert "./soundings migrate" in refused.value.remedy
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run_until_stopped(apart, stop))
    await wait_for_log(caplog, "waiting for the database")
    assert not running.done()
    stop.set()
    await running


async def test_what_nobody_foresaw_does_not_end_the_worker(pool, ran, monkeypatch, caplog):
    stop, calls = asyncio.Event(), []

    async def stumble(database):
        calls.append(database)
        if len(calls) == 1:
            raise ZeroDivisionError("what Amina wrote")
        stop.set()

    monkeypatch.setattr(worker, "queue_due_jobs", stumble)
    monkeypatch.setattr(worker, "POLL", 0.01)
    await asyncio.wait_for(worker.run_until_stopped(pool, stop), 30)
    assert "ZeroDivisionError" in caplog.text
    assert "Amina" not in caplog.text


async def test_a_batch_is_given_back_when_the_worker_is_told_to_stop(pool, asked, monkeypatch):
    """Texts are read in slices; the slice in progress is dropped, and none of it is stored."""
    await submissions.submit_response(pool, "feedback", SUBMISSION)
    begun = asyncio.Event()

    async def never(*_):
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(coding, "run_in_thread", never)
    running = asyncio.create_task(worker.run_until_stopped(pool, asyncio.Event()))
    await asyncio.wait_for(begun.wait(), 30)
    assert await asked("SELECT count(*) FROM job_starts") == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await asked("SELECT count(*) FROM texts WHERE due") == 1
    assert await asked("SELECT count(*) FROM job_starts") == 0
    assert await asked("SELECT count(*) FROM jobs WHERE kind = 'code_texts'") == 1
