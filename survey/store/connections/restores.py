"""SQL for a restore: the present tables are set aside until the backup has replaced them. And for
its trial: what a database holds, to be compared with what comes back.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from survey.store import database
from survey.store import statements as sql
from survey.store.answers import erasure
from survey.store.answers.erasure import ErasureMark
from survey.store.connections.refusals import unopened_database
from survey.store.database import ASIDE_SCHEMA, UNOPENED

# Of each table, and of the lines that describe the schema, how many rows and the sum of digests.
Contents: TypeAlias = dict[str, tuple[int, int]]
NOTHING = (0, 0)
SCHEMA = "the schema"
# As values are written as text, by which rows of two servers are compared.
WRITTEN_ALIKE = {
    "search_path": "public",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
DIGESTS = "coalesce(sum(('x' || left(md5(whole::text), 8))::bit(32)::bigint), 0)::bigint"
# Columns, keys and checks, indexes, triggers and functions, each as its server describes it.
# PostgreSQL 18 names what is NOT NULL among the constraints (contype n), as older ones do not; and
# each brackets conditions in its own way, before a backup and after it.
DESCRIPTIONS = """
    SELECT translate(line, '()', '') FROM (
    SELECT concat_ws(' ', c.relname, attname, format_type(atttypid, atttypmod), attnotnull,
                     attgenerated, attidentity, pg_get_expr(adbin, adrelid)) AS line
      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
     WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    ) AS described
"""


@asynccontextmanager
async def connect(dsn: str, **server_settings: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of its own, outside any pool."""
    try:
        connection = await asyncpg.connect(dsn, server_settings=server_settings)
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
        return await sql.load_structs(connection, ErasureMark, statement)


async def load_marks_in(dsn: str) -> list[ErasureMark]:
    """The marks of erased references in another database."""
    async with connect(dsn) as connection:
        if await connection.fetchval("SELECT to_regclass('public.erasure_marks') IS NULL"):
            return []
        return await erasure.load_marks(connection)


@sql.execute
def drop_aside() -> sql.SQL:
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


async def load_contents_during(dump: Callable[[str], None], dsn: str) -> Contents:
    """What the database held at the moment that `dump` saves; it is called with an option of
    pg_dump that names this moment.
    """
    async with (
        connect(dsn, **WRITTEN_ALIKE) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        dump(f"--snapshot={await connection.fetchval('SELECT pg_export_snapshot()')}")
        return await _load_contents(connection)


async def load_contents(dsn: str) -> Contents:
    """What a database holds."""
    async with connect(dsn, **WRITTEN_ALIKE) as connection:
        return await _load_contents(connection)


async def _load_contents(connection: asyncpg.Connection) -> Contents:
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    sources = {name: f'public."{name}"' for (name,) in tables} | {SCHEMA: f"({DESCRIPTIONS})"}
    contents = {}
    for name, source in sources.items():
        statement = f"SELECT count(*), {DIGESTS} FROM {source} AS whole"  # noqa: S608 - names of the catalogue
        [contents[name]] = map(tuple, await connection.fetch(statement))
    return contents
