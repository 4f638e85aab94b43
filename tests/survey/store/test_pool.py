"""Connections of the pool: nothing of one request is left for the next, without a statement."""

import asyncio
import re

import asyncpg
import pytest

from survey.problems import Unavailable
from tests.house.trees import ROOT

LOCK = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
# What outlives a transaction, and so would go along to whoever gets the connection next.
LASTING = re.compile(
    r"pg_(?:try_)?advisory_lock|set_config\([^)]*false\)|[\";]\s*SET (?!LOCAL)[a-z]"
    r"|WITH HOLD|CREATE TEMP(?!(?:ORARY)? TABLE \w+ ON COMMIT DROP)|[\";]\s*LISTEN "
)


async def test_a_released_connection_takes_no_statement(pool):
    async with pool.connection() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
    async with pool.connection() as connection:
        last = "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        before = await connection.fetchval("SELECT pg_backend_pid()")
        assert before == backend
        # The driver itself would have sent RESET ALL and three more between the two.
        assert "query FROM" in await connection.fetchval(last)
    statements = []
    async with pool.pool.acquire() as connection:
        connection.add_query_logger(lambda record: statements.append(record.query))
        await connection.fetchval("SELECT 1")
    await asyncio.sleep(0)
    assert statements == ["SELECT 1"]


async def test_locks_settings_and_open_transactions_end_with_their_request(pool):
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(7), set_config('a.b', 'c', true)")
    async with pool.connection() as connection:
        assert await connection.fetchval(LOCK) == 0
        assert not await connection.fetchval("SELECT current_setting('a.b', true)")
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with pool.connection() as connection, connection.transaction():
            await connection.execute("SELECT 1 / 0")
    async with pool.connection() as connection:
        assert not connection.is_in_transaction()


def test_no_statement_of_the_store_outlives_its_transaction():
    files = [*(ROOT / "survey" / "store").rglob("*.py")]
    found = {file.name: LASTING.findall(file.read_text()) for file in files}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("failure", [FileNotFoundError("edition.pdf"), TimeoutError()])
async def test_what_fails_in_the_hands_of_the_caller_is_no_lost_database(pool, failure):
    with pytest.raises(type(failure)) as raised:
        async with pool.connection() as connection, connection.transaction():
            raise failure
    assert raised.value is failure
    async with pool.connection() as connection:
        assert not connection.is_in_transaction()


async def test_a_line_that_breaks_is_a_lost_database(pool):
    async def lose():
        async with pool.connection() as connection:
            connection.terminate()
            raise ConnectionResetError

    with pytest.raises(Unavailable):
        await lose()


async def test_of_many_who_ask_at_once_one_reads(pool):
    reads = []

    async def read(connection):
        reads.append(await connection.fetchval("SELECT 1"))
        return "the city"

    assert await asyncio.gather(*(pool.load_cached(read) for _ in range(40))) == ["the city"] * 40
    assert await pool.load_cached(read) == "the city"
    assert reads == [1]


async def test_a_reading_that_fails_is_tried_again_and_who_goes_ends_it_for_nobody(pool):
    tries = []

    async def read(connection):
        tries.append(await connection.fetchval("SELECT 1"))
        if len(tries) == 1:
            raise ValueError("not yet")
        return "the city"

    failed = await asyncio.gather(
        *(pool.load_cached(read) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in failed] == [ValueError] * 3
    first, second = (asyncio.ensure_future(pool.load_cached(read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "the city"
    assert len(tries) == 2
