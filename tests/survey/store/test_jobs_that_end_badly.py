"""A job that ends badly is tried a few times and then held, and keeps nothing else waiting.

Every kind of job, in each way in which a job can end: by an exception, by the death of its
connection, of its worker, or for lack of memory.
"""

import asyncio
import uuid

import pytest

from api.jobs import worker
from api.jobs.kinds import job_kinds
from survey.store import jobs
from survey.store.database import open_database
from tests import alone
from tests.cut_lines import open_line
from tests.waiting import until

KINDS = sorted(job_kinds())


async def raise_error(connection, key):
    raise ValueError(key)


async def lose_connection(connection, key):
    """As the server ends it: by the kernel, or by a limit of its own."""
    await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def stay_idle(connection, key):
    await connection.execute("SET idle_in_transaction_session_timeout = 1")
    reader = connection.is_closed
    while not reader():
        await asyncio.sleep(0)
    await connection.execute("SELECT 1")


async def use_all_memory(connection, key):
    bytearray(1 << 62)


async def be_killed(database, job):
    """Leave the database as a worker does that is killed in the middle of a job."""
    async with database.connection() as connection:
        await jobs.record_start(connection, job, uuid.uuid4())


ENDS = {
    "exception": (raise_error, worker.MOST_TRIES, "ValueError"),
    "lost connection": (lose_connection, worker.MOST_DEATHS, "ConnectionLost"),
    "idle too long": (stay_idle, worker.MOST_DEATHS, "ConnectionLost"),
    "out of memory": (use_all_memory, worker.MOST_DEATHS, "WorkerDied"),
}


@pytest.fixture(scope="module")
async def database(server):
    async with alone.create_database(server, "ends_badly") as dsn, open_database(dsn) as found:
        yield found


async def make_all_due(database):
    async with database.connection() as connection:
        await connection.execute("UPDATE jobs SET due_at = now()")


async def run_until_nothing_is_due(database, number):
    """As a supervised worker does; a new number for each process, which memory at its end ends."""
    while True:
        try:
            if not await worker.run_next_job(database, number):
                return
        except MemoryError:
            number = uuid.uuid4()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_held_after_some_tries_and_others_pass(database, monkeypatch, kind, end):
    function, most, held_as = ENDS[end]
    begun, passed = [], []

    async def end_badly(connection, key):
        begun.append(key)
        await function(connection, key)

    async def note(connection, key):
        passed.append(key)

    monkeypatch.setattr(worker, "JOBS", {kind: end_badly, "note": note})
    async with database.connection() as connection:
        await connection.execute("TRUNCATE jobs, job_starts")
        await jobs.enqueue(connection, kind, "bad")
        await jobs.enqueue(connection, "note", "behind it")
    number = uuid.uuid4()
    await run_until_nothing_is_due(database, number)
    assert passed == ["behind it"]
    for _ in range(most):
        await make_all_due(database)
        await run_until_nothing_is_due(database, number)
    async with database.connection() as connection:
        (held,) = await jobs.load_held(connection)
    assert (held.kind, held.failure.exception_type) == (kind, held_as)
    assert len(begun) == most


async def test_a_job_whose_server_is_away_is_put_back_when_it_is_there_again(
    server, monkeypatch, caplog
):
    """As after the kernel has killed one of its processes: it ends all connections, and starts."""
    monkeypatch.setattr(worker, "POLL", 0.01)
    async with (
        alone.create_database(server, "away_for_a_while") as dsn,
        open_line(dsn) as line,
        open_database(line.dsn) as database,
    ):

        async def lose_everything(connection, key):
            line.cut()
            await connection.execute("SELECT 1")

        monkeypatch.setattr(worker, "JOBS", {"note": lose_everything})
        async with database.connection() as connection:
            await jobs.enqueue(connection, "note", "bad")
        running = asyncio.create_task(worker.run_next_job(database, uuid.uuid4()))
        await until(lambda: "waiting for the database" in caplog.text)
        line.mend()
        assert await running
        async with database.connection() as connection:
            found = "SELECT failure ->> 'exception_type' FROM jobs WHERE due_at > now()"
            assert await connection.fetchval(found) == "ConnectionLost"


async def test_each_turn_does_one_job_sends_and_scans(database, monkeypatch):
    """Emails and scans are behind no job but the one that runs."""
    done = []

    async def note(connection, key):
        done.append("job")

    async def send(*_):
        done.append("email")
        return False

    async def scan(*_):
        done.append("scan")
        return False

    monkeypatch.setattr(worker, "JOBS", {"note": note})
    monkeypatch.setattr(worker, "send_next_mails", send)
    monkeypatch.setattr(worker.attachments, "scan_next_file", scan)
    async with database.connection() as connection:
        await connection.execute("TRUNCATE jobs, job_starts")
        for key in "ab":
            await jobs.enqueue(connection, "note", key)
    await worker.run_due_work(database, asyncio.Event(), uuid.uuid4(), "post", "scanner")
    assert done == ["job", "email", "scan"] * 2 + ["email", "scan"]


WORKER = """
import asyncio, sys
from api.commands.serving import serve
from api.jobs import worker
from api.settings import load_settings

async def use_all_memory(connection, key):
    bytearray(1 << 62)

worker.JOBS = {"note": use_all_memory}
asyncio.run(serve.run_worker(load_settings(database_url=sys.argv[1], data=sys.argv[2])))
"""


async def test_a_worker_out_of_memory_ends_to_be_started_again(server, tmp_path):
    async with alone.create_database(server, "out_of_memory") as dsn:
        connection = await alone.connect(dsn)
        await jobs.enqueue(connection, "note", "greedy")
        with alone.run_scripts() as begin:
            process = begin(WORKER, dsn, str(tmp_path))
            _, told = await asyncio.to_thread(process.communicate)
        assert process.returncode == 1, told
        assert "the worker ends, to be started again: MemoryError" in told
        assert await connection.fetchval("SELECT starts FROM job_starts") == 1
        await connection.close()
