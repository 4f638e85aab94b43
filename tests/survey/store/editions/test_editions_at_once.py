"""Editions are made one at a time, since each must know what all earlier ones published."""

import asyncio
import datetime

import pytest

from api.jobs.edition_inputs import editions
from survey.store import editions as reports
from tests.analysis.editions.made_up_edition import WEEK, sample
from tests.waiting import until

MONTH = datetime.date(2007, 12, 1)
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def others_seen(monkeypatch):
    """How many editions the database held each time a new one began to read."""
    found = []
    gather = editions.load_edition_inputs

    async def look_and_gather(connection, *values, **named):
        found.append(await connection.fetchval("SELECT count(*) FROM editions"))
        return await gather(connection, *values, **named)

    monkeypatch.setattr(editions, "load_edition_inputs", look_and_gather)
    return found


@pytest.fixture(autouse=True)
async def no_editions(pool):
    """Deletes all editions before and after each test."""
    await delete_editions(pool)
    yield
    await delete_editions(pool)


async def delete_editions(pool):
    async with pool.connection() as connection:
        await connection.execute("TRUNCATE editions CASCADE")


async def make_edition(pool, kind, start):
    async with pool.connection() as connection, connection.transaction():
        return (await editions.make_edition(connection, kind, start))[0]


@pytest.mark.parametrize(("kind", "start", "number"), [("monthly", MONTH, 1), ("weekly", WEEK, 2)])
async def test_an_edition_begins_to_read_when_the_one_before_is_committed(
    pool, asked, others_seen, kind, start, number
):
    async with pool.connection() as connection:
        async with connection.transaction():
            await reports.wait_for_count_lock(connection)
            await reports.save(connection, sample(number=1))
            other = asyncio.create_task(make_edition(pool, kind, start))

            async def waits_or_is_over():
                return other.done() or await asked(WAITS)

            await until(waits_or_is_over)
        assert (await other).number == number
    assert others_seen == [1]


async def test_nobody_else_publishes_counts_while_an_edition_is_made(pool):
    async with pool.connection() as first, pool.connection() as second:
        async with first.transaction():
            await editions.make_edition(first, "weekly", WEEK)
            assert not await reports.try_lock_counts(second)
        assert await reports.try_lock_counts(second)
