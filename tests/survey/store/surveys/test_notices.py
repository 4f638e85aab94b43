"""Surveys are remembered by each process until PostgreSQL says that one has changed."""

import asyncio
from types import SimpleNamespace

import pytest

from api.operations.answers import submissions
from survey.problems import Gone
from survey.store.connections import memory as memory_store
from survey.store.database import open_database
from survey.store.surveys import instruments
from survey.surveys.responses import Submission
from tests.waiting import until

ANSWERS = {"subject": "taser", "story": "They explained it."}
SENT = Submission(area="Hackney", answers=ANSWERS)


@pytest.fixture
async def other(dsn):
    """Another process's view of the same database, as far as one process can have it."""
    async with open_database(dsn) as database:
        yield database


@pytest.fixture
async def listening(pool, monkeypatch):
    """The pool, which has read the survey and remembers it for an hour unless it hears more."""
    monkeypatch.setattr(memory_store, "LONGEST_S", 3600.0)
    await pool.load_noticed(instruments.get, "feedback")

    async def heard():
        return pool.noticed.notices > 0  # the first listening counts as one

    await until(heard)
    await submissions.submit_response(pool, "feedback", SENT)
    yield pool
    async with pool.connection() as connection:
        await instruments.set_closed(connection, "feedback", closed=False)


def count_reads(monkeypatch):
    reads = []
    load = instruments.get

    async def counted(connection, slug):
        reads.append(slug)
        return await load(connection, slug)

    monkeypatch.setattr(instruments, "get", counted)
    return reads


async def test_the_survey_is_read_once_for_many_answers(listening, monkeypatch):
    reads = count_reads(monkeypatch)
    for _ in range(3):
        await submissions.submit_response(listening, "feedback", SENT)
    assert reads == ["feedback"]


async def test_nothing_is_given_for_longer_than_five_seconds_while_reading_hangs(monkeypatch):
    now, memory, answered = [0.0], memory_store.NoticedMemory(), asyncio.Event()
    monkeypatch.setattr(memory_store, "time", SimpleNamespace(monotonic=lambda: now[0]))

    async def read(key):
        if now[0]:
            await answered.wait()
        return f"as of {now[0]}"

    async def load_at(moment):
        now[0] = moment
        return await memory.load(read, "survey", "feedback")

    assert await load_at(0.0) == "as of 0.0"
    waiting = asyncio.create_task(load_at(4.9))
    await until(lambda: now[0] == 4.9)
    assert await load_at(4.95) == "as of 0.0"  # read again by one for all
    later = asyncio.create_task(load_at(5.1))
    await until(lambda: now[0] == 5.1)
    answered.set()
    assert await later == "as of 5.1"
    await waiting


async def is_refused(database):
    try:
        await submissions.submit_response(database, "feedback", SENT)
    except Gone as refused:
        return refused.code == "survey.closed"
    return False


async def test_a_survey_that_another_process_closes_takes_no_more_answers(listening, other):
    async with other.connection() as connection:
        await instruments.set_closed(connection, "feedback", closed=True)
    await until(is_refused, listening)


async def test_it_listens_again_after_its_connection_was_cut(listening, other):
    before = listening.noticed.notices
    async with other.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            " AND datname = current_database()"
        )

    async def listens_again():
        return listening.noticed.notices >= before + 2  # it lost one, then began anew

    await until(listens_again)
    await submissions.submit_response(listening, "feedback", SENT)
    async with other.connection() as connection:
        await instruments.set_closed(connection, "feedback", closed=True)
    await until(is_refused, listening)


async def test_closing_the_database_ends_the_listening(dsn):
    async with open_database(dsn) as database:
        await database.load_noticed(instruments.get, "feedback")
        task = database.noticed.listening
        assert task in asyncio.all_tasks()
    assert task.done()
