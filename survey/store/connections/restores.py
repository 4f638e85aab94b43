"""SQL for a restore: the present tables are set aside until the backup has replaced them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from survey.store import database
from survey.store.answers import erasure
from survey.store.answers.erasure import ErasureMark
from survey.store.connections.refusals import unopened_database
from survey.store.database import ASIDE_SCHEMA, UNOPENED
from survey.store.statements import SQL, execute, load_structs


@asynccontextmanager
async def connect(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of its own, outside any pool."""
    try:
        connection = await asyncpg.connect(dsn)
    except UNOPENED as refused:
        raise unopened_database(refused, dsn) from refused
    try:
        yield connection
    finally:
        await connection.close()


async def set_aside(dsn: str) -> None:
    """Rename the schema that holds everything, and make an empty one in its place."""
    # A kill in between leaves the old tables under one name or the other, never under none.
    async with connect(dsn) as connection, connection.transaction():
        await connection.execute(f"ALTER SCHEMA public RENAME TO {ASIDE_SCHEMA}")
        await connection.execute("CREATE SCHEMA public")


async def restore_aside(dsn: str) -> bool:
    """Put back what was set aside, in place of a failed restore; False if there was nothing."""
    async with connect(dsn) as connection, connection.transaction():
        if await connection.fetchval("SELECT to_regnamespace($1) IS NULL", ASIDE_SCHEMA):
            return False
        await connection.execute("DROP SCHEMA public CASCADE")
        await connection.execute(f"ALTER SCHEMA {ASIDE_SCHEMA} RENAME TO public")
    return True


async def load_marks_aside(dsn: str) -> list[ErasureMark]:
    """The marks of erased references in the tables that were set aside."""
    async with connect(dsn) as connection:
        # Whatever was erased here since the backup has to be erased again once it is restored.
        table = f"{ASIDE_SCHEMA}.erasure_marks"
        if await connection.fetchval("SELECT to_regclass($1) IS NULL", table):
            return []  # nothing was set aside, or it is of before there were marks
        statement = f"SELECT salt, mark FROM {table}"  # noqa: S608 - only our own constant
        return await load_structs(connection, ErasureMark, statement)


async def load_marks_in(dsn: str) -> list[ErasureMark]:
    """The marks of erased references in another database."""
    async with connect(dsn) as connection:
        if await connection.fetchval("SELECT to_regclass('public.erasure_marks') IS NULL"):
            return []
        return await erasure.load_marks(connection)


@execute
def drop_aside() -> SQL:
    return f"DROP SCHEMA IF EXISTS {ASIDE_SCHEMA} CASCADE"


async def count_tables(dsn: str) -> int:
    async with connect(dsn) as connection:
        number: int = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    return number


async def count_other_connections(dsn: str) -> int:
    """How many other programs are connected to the database."""
    async with connect(dsn) as connection:
        return await database.count_other_connections(connection)


async def load_server_version(dsn: str) -> int:
    """The major version of the server, such as 18."""
    async with connect(dsn) as connection:
        return int(connection.get_server_version().major)


async def find_unknown_setting(dsn: str, settings: list[str]) -> str:
    """The first of these SET statements that the server does not take; empty if it takes all."""
    async with connect(dsn) as connection:
        for statement in settings:
            try:
                await connection.execute(statement)
            except asyncpg.PostgresError:
                return statement
    return ""
