"""SQL for a restore: the present tables are set aside until the backup has replaced them."""

import asyncpg

from survey.store import database, erasure_marks
from survey.store.database import ASIDE_SCHEMA, Connection
from survey.store.erasure_marks import ErasureMark
from survey.store.rows import load_structs


async def set_aside(dsn: str) -> None:
    """Rename the schema that holds everything, and make an empty one in its place."""
    connection = await asyncpg.connect(dsn)
    try:
        # A kill in between leaves the old tables under one name or the other, never under none.
        async with connection.transaction():
            await connection.execute(f"ALTER SCHEMA public RENAME TO {ASIDE_SCHEMA}")
            await connection.execute("CREATE SCHEMA public")
    finally:
        await connection.close()


async def restore_aside(dsn: str) -> bool:
    """Put back what was set aside, in place of a failed restore; False if there was nothing."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            if await connection.fetchval("SELECT to_regnamespace($1) IS NULL", ASIDE_SCHEMA):
                return False
            await connection.execute("DROP SCHEMA public CASCADE")
            await connection.execute(f"ALTER SCHEMA {ASIDE_SCHEMA} RENAME TO public")
    finally:
        await connection.close()
    return True


async def load_marks_aside(dsn: str) -> list[ErasureMark]:
    """The marks of erased references in the tables that were set aside."""
    connection = await asyncpg.connect(dsn)
    try:
        # Whatever was erased here since the backup has to be erased again once it is restored.
        table = f"{ASIDE_SCHEMA}.erasure_marks"
        if await connection.fetchval("SELECT to_regclass($1) IS NULL", table):
            return []  # nothing was set aside, or it is of before there were marks
        statement = f"SELECT salt, mark FROM {table}"  # noqa: S608 - only our own constant
        return await load_structs(connection, ErasureMark, statement)
    finally:
        await connection.close()


async def load_marks_in(dsn: str) -> list[ErasureMark]:
    """The marks of erased references in another database."""
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('public.erasure_marks') IS NULL"):
            return []
        return await erasure_marks.load_marks(connection)
    finally:
        await connection.close()


async def drop_aside(connection: Connection) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {ASIDE_SCHEMA} CASCADE")


async def count_tables(dsn: str) -> int:
    """How many tables the database has."""
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    return found


async def count_other_connections(dsn: str) -> int:
    """How many other programs are connected to the database."""
    connection = await asyncpg.connect(dsn)
    try:
        return await database.count_other_connections(connection)
    finally:
        await connection.close()
