"""A pool over a database of its own, where concurrency and death must be real."""

import pytest

from survey.store.database import open_database
from tests import alone


@pytest.fixture(scope="session")
async def dsn(server):
    async with alone.database_of_its_own(server, "alone_in_the_store") as dsn:
        yield dsn


@pytest.fixture
async def pool(dsn):
    """Our Database over a real pool, emptied of what residents sent and of jobs."""
    async with open_database(dsn) as database:
        async with database.connection() as connection:
            await connection.execute(f"TRUNCATE {alone.FILLED} CASCADE")
        yield database


@pytest.fixture
async def asked(pool):
    """Asks the database one question, on a connection beside all others."""

    async def ask(statement, *values):
        async with pool.connection() as connection:
            return await connection.fetchval(statement, *values)

    return ask
