"""A real connection pool on its own database, for tests of concurrency and crashes."""

import pytest

from survey.store.database import open_database
from tests import alone


@pytest.fixture(scope="session")
async def dsn(server):
    async with alone.create_database(server, "alone_in_the_store") as dsn:
        yield dsn


@pytest.fixture
async def pool(dsn):
    """A Database with a real pool, emptied of submissions and jobs."""
    async with open_database(dsn) as database:
        async with database.connection() as connection:
            await connection.execute(f"TRUNCATE {alone.FILLED} CASCADE")
        yield database


@pytest.fixture
async def asked(pool):
    """Runs one query on a connection of its own; returns the first value."""

    async def ask(statement, *values):
        async with pool.connection() as connection:
            return await connection.fetchval(statement, *values)

    return ask
