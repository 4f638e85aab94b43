"""A real connection pool on its own database, for tests of concurrency and crashes."""

import pytest

from survey.store.database import migrate, open_database
from tests import alone
from tests.released import dump, load_dump


@pytest.fixture(scope="session")
async def dsn(server):
    """The address of a migrated database of its own."""
    async with alone.create_database(server, "alone_in_the_store") as dsn:
        yield dsn


@pytest.fixture
async def pool(dsn):
    """A Database with a real pool, emptied of submissions and jobs."""
    async with open_database(dsn) as database:
        async with database.connection() as connection:
            await connection.execute(f"TRUNCATE {alone.FILLED} CASCADE")
        yield database


@pytest.fixture(scope="session")
async def new_tables(server, tmp_path_factory):
    """The tables of a new database, as SQL, after it was written and read once as a release is:
    PostgreSQL then drops some brackets of conditions.
    """
    file = tmp_path_factory.mktemp("new") / "dump"
    async with alone.create_database(server, "alone_and_new", seeded=False) as dsn:
        connection = await alone.connect(dsn)
        await migrate(connection)
        await connection.close()
        written = dump(dsn, file)
    async with alone.create_database(server, "alone_and_read", seeded=False) as dsn:
        await load_dump(dsn, written)
        return dump(dsn, file, "-s")


@pytest.fixture
async def asked(pool):
    """Runs one query on a connection of its own; returns the first value."""

    async def ask(statement, *values):
        async with pool.connection() as connection:
            return await connection.fetchval(statement, *values)

    return ask
