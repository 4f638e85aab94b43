"""SQL for a restore: the tables that are here step aside until the backup has taken their place."""

import asyncpg

from survey.store.database import ASIDE, Connection, Record


async def set_aside(dsn: str) -> None:
    """Rename the schema that holds everything, and make an empty one in its place."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
            await connection.execute("CREATE SCHEMA public")
    finally:
        await connection.close()


async def bring_back(dsn: str) -> bool:
    """Put back what was set aside, in place of a restore that failed; whether there was any."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            if await connection.fetchval("SELECT to_regnamespace($1) IS NULL", ASIDE):
                return False
            await connection.execute("DROP SCHEMA public CASCADE")
            await connection.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
    finally:
        await connection.close()
    return True


async def marks_aside(dsn: str) -> list[Record]:
    """The marks of what was erased, as the tables that were set aside hold them."""
    connection = await asyncpg.connect(dsn)
    try:
        table = f"{ASIDE}.erasure_marks"
        if await connection.fetchval("SELECT to_regclass($1) IS NULL", table):
            return []  # nothing was set aside, or it is of before there were marks
        return await connection.fetch(f"SELECT salt, mark FROM {table}")  # noqa: S608
    finally:
        await connection.close()


async def marks_of(dsn: str) -> list[Record]:
    """The marks of what was erased in another database."""
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('public.erasure_marks') IS NULL"):
            return []
        return await connection.fetch("SELECT salt, mark FROM erasure_marks")
    finally:
        await connection.close()


async def drop_aside(connection: Connection) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE")


async def tables(dsn: str) -> int:
    """How many tables the database has."""
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    return found


async def others(dsn: str) -> int:
    """How many other programs are connected to the database."""
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval(
            """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
               AND backend_type = 'client backend' AND pid <> pg_backend_pid()
            """
        )
    finally:
        await connection.close()
    return found
