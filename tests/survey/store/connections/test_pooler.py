"""Connections through PgBouncer in transaction mode: they leave nothing, and know who they are."""

import asyncio

import asyncpg
import pytest

from api.process.long_work import save_step, shown_progress
from survey.store import jobs
from survey.store.database import WORK_MEM, load_memory_of_sort, open_database
from tests import alone
from tests.servers import run_pgbouncer

pytestmark = pytest.mark.slow
SHARED = 3  # connections of the pooler to the server


@pytest.fixture(scope="module")
async def pooled(server):
    """A database through a pooler that has fewer connections than we use."""
    async with alone.create_database(server, "behind_a_pooler") as dsn:
        connection = await asyncpg.connect(dsn)
        # As use-several-machines.md says: the pooler takes no such setting from us.
        await connection.execute(f"ALTER ROLE soundings SET work_mem = '{WORK_MEM}'")
        with run_pgbouncer(dsn, size=SHARED) as address:
            async with open_database(address, pooled=True) as database:
                yield database
        await connection.execute("ALTER ROLE soundings RESET work_mem")
        await connection.close()


async def test_statements_of_many_share_few_connections(pooled):
    """Each is prepared once by the driver, and run on whichever connection is free."""

    async def ask(number):
        for step in range(20):
            async with pooled.connection() as connection, connection.transaction():
                row = await connection.fetchrow(
                    f"SELECT $1::int + {step % 5} AS sum, pg_backend_pid() AS backend", number
                )
                assert row["sum"] == number + step % 5
                backends.add(row["backend"])

    backends = set()
    await asyncio.gather(*(ask(number) for number in range(16)))
    assert 1 < len(backends) <= SHARED


async def test_nothing_of_one_is_left_for_the_next(pooled):
    async def set_locally():
        async with pooled.connection() as connection, connection.transaction():
            await connection.execute("SELECT set_config('soundings.erasing', 'on', true)")

    await asyncio.gather(*(set_locally() for _ in range(16)))
    for _ in range(2 * SHARED):
        async with pooled.connection() as connection:
            erasing = "SELECT coalesce(current_setting('soundings.erasing', true), '')"
            assert await connection.fetchval(erasing) == ""
            assert await load_memory_of_sort(connection) == 32_768
            # Through a pooler a lock of the session would be another's: we take none.
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            assert await connection.fetchval(held) == 0


async def test_progress_is_that_of_the_process_that_works(pooled):
    """The driver is given a number by the pooler that no process of the server has."""
    async with (
        pooled.connection() as working,
        working.transaction(),
        shown_progress(pooled, working),
    ):
        await save_step("weekly 2007-12-10", "reading")
        async with pooled.connection() as looking:
            await jobs.delete_leftovers(looking)
            [shown] = await jobs.load_progress(looking)
    assert (shown.work, shown.step) == ("weekly 2007-12-10", "reading")
