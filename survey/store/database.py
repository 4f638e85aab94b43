"""The database: connections, schema migrations, and group commits."""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import WriteBuffer
from asyncpg.pool import PoolConnectionProxy

from survey.store.grouping import CommitGroup
from survey.store.refusals import (
    busy_database,
    edited_schema_file,
    incomplete_database,
    newer_database,
    read_only_database,
    unfinished_restore,
    unreachable_database,
    unsafe_database,
    unusable_database,
)

SCHEMA = Path(__file__).parent / "schema"
BASELINE = "09"  # the files up to this number make the tables of the older files (decision 0021)
ASIDE_SCHEMA = "before_restore"  # holds the tables that a restore is about to replace
CACHED_S = 30.0  # reading the city for every answer made intake seven to ten times slower
BUFFERS_OF_DRIVER = 256  # asyncpg sets no more aside
MIGRATION_LOCK = 7_200_711  # any number, the same for all of us
# Whoever waits for a table lock makes all later queries wait too: better to give up soon.
MIGRATION_PATIENCE_S = 5.0

LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # disk, memory or connections at their end
)

# The database was emptied or dropped, or our access revoked, while we ran.
MISSING = (
    asyncpg.UndefinedTableError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
)

log = logging.getLogger("soundings")
# While the server is away its pool complains each second with a page of traceback; we say it once.
logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)

Connection = asyncpg.Connection | PoolConnectionProxy
Row = TypeVar("Row")
Kept = TypeVar("Kept")
Read = TypeVar("Read")
BatchInsert = Callable[[Connection, list[Any]], Awaitable[list[Any]]]


class PooledConnection(asyncpg.Connection):
    """A connection that goes back to the pool as it is; only an open transaction is rolled back.

    The driver would send four statements each time, to undo locks, cursors, listeners and settings
    of the session. We make none: locks and settings end with their transaction, which a test holds.
    """

    __slots__ = ()

    def get_reset_query(self) -> str:
        return ""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.groups: dict[BatchInsert, CommitGroup[Any, Any]] = {}
        self.memory: dict[Callable[[Connection], Awaitable[Any]], tuple[float, Any]] = {}
        self.reading: dict[Callable[[Connection], Awaitable[Any]], asyncio.Future[Any]] = {}

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        try:
            async with (
                # A busy pool ends in TimeoutError, one of LOST: 503, not an endless queue.
                self.pool.acquire(timeout=10) as connection,
                report_lost_connection(connection),
            ):
                yield connection
        except LOST as lost:
            raise unreachable_database() from lost
        except asyncpg.ReadOnlySQLTransactionError as refused:
            raise read_only_database() from refused
        except MISSING as missing:
            log.error("the database is incomplete: %s", type(missing).__name__)
            raise incomplete_database() from missing
        except asyncpg.InterfaceError as complaint:
            # asyncpg raises it for mistakes of ours too, which must not look like a lost server.
            if self.pool.is_closing():
                raise unreachable_database() from complaint
            raise

    async def answers(self) -> None:
        """Run a query that succeeds if the database can be reached; raises if it cannot."""
        async with self.connection() as connection:
            await connection.fetchval("SELECT 1")

    async def insert_grouped(
        self, insert: Callable[[Connection, list[Row]], Awaitable[list[Kept]]], row: Row
    ) -> Kept:
        """Insert a row together with others that wait; returns after the commit.

        A row that cannot be inserted fails alone, with its own exception.
        """
        group = self.groups.setdefault(insert, CommitGroup(self.connection, insert))
        result: Kept = await group.add(row)
        return result

    async def load_cached(self, read: Callable[[Connection], Awaitable[Read]]) -> Read:
        """The result of `read`, at most 30 s old: for what seldom changes, such as the city."""
        until, known = self.memory.get(read, (0.0, None))
        if time.monotonic() > until:
            # Read once for all who ask meanwhile: sixty at once took every connection for seconds.
            reading = self.reading.get(read)
            if reading is None:
                reading = self.reading[read] = asyncio.ensure_future(self.read_now(read))
                reading.add_done_callback(lambda _: self.reading.pop(read, None))
            # Whoever goes away must not end it for the others.
            known = await asyncio.shield(reading)
        found: Read = known
        return found

    async def read_now(self, read: Callable[[Connection], Awaitable[Read]]) -> Read:
        async with self.connection() as connection:
            known = await read(connection)
        self.memory[read] = (time.monotonic() + CACHED_S, known)
        return known

    async def close(self) -> None:
        # Whoever sent these rows still waits for the commit, so the pool has to outlive them.
        for group in self.groups.values():
            await group.drain()


@asynccontextmanager
async def report_lost_connection(connection: Connection) -> AsyncIterator[None]:
    """Report a dead connection as unreachable, not by the error in which it shows."""
    try:
        yield
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as complaint:
        if is_lost(connection):
            raise unreachable_database() from complaint
        raise


async def count_other_connections(connection: Connection) -> int:
    """How many other programs' connections there are to this database."""
    # Autovacuum and parallel workers are connected too, but nobody has to stop those.
    found: int = await connection.fetchval(
        """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
           AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
    )
    return found


def is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken the dead one back already
        return True


@asynccontextmanager
async def open_database(
    dsn: str, *, connections: int = 8, restoring: bool = False
) -> AsyncIterator[Database]:
    """Yield a database whose schema is up to date; drain and close it at the end."""
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=connections,
            init=set_json_codec,
            connection_class=PooledConnection,
            server_settings={"work_mem": "32MB"},  # sums over some 100,000 cells sort on no disk
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as refused:
        raise unusable_database(str(refused)) from refused
    async with pool:
        database = Database(pool)
        async with database.connection() as connection:
            # migrate would make empty tables here, and the service would start without its data.
            if not restoring:
                await check_no_unfinished_restore(connection)
            await migrate(connection)
        try:
            yield database
        finally:
            await database.close()


async def check_no_unfinished_restore(connection: Connection) -> None:
    if await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", ASIDE_SCHEMA):
        raise unfinished_restore()


async def set_json_codec(connection: Connection) -> None:
    """Make msgspec encode and decode jsonb directly."""
    # PostgreSQL's binary jsonb is a version byte, so far always 1, followed by the JSON text.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
        format="binary",
    )


async def migrate(connection: Connection, *, patience_s: float = MIGRATION_PATIENCE_S) -> list[str]:
    """Apply each new schema file once, in order of its number; returns the names of those applied.

    A database from before the baseline is brought up to it first, by the older files. A second
    process waits until the first has ended and then finds nothing to do. A database that is newer
    than this program is refused, and so is one in which somebody holds a table for longer than
    `patience_s`. All files are one transaction: a failure leaves the schema as it was.
    """
    try:
        async with connection.transaction():
            return await apply_new_files(connection, patience_s)
    except asyncpg.LockNotAvailableError as held:
        raise busy_database() from held


async def apply_new_files(connection: Connection, patience_s: float) -> list[str]:
    # The timeout would end this wait too, so it is set afterwards: a second process just waits.
    await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
    await set_lock_timeout(connection, patience_s)
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL)"
    )
    older = await bring_to_baseline(connection)
    return [*older, *await apply_files(connection, read_files(SCHEMA))]


async def bring_to_baseline(connection: Connection) -> list[str]:
    """Apply the rest of the files that were there before the baseline, to a database made by them.

    The last of them leaves exactly the tables of the baseline, so none of its files is run: they
    are recorded instead of the older ones. Afterwards nothing tells the database from a new one.
    """
    older = read_files(SCHEMA / "before_baseline")
    if older.keys().isdisjoint(await load_applied(connection)):
        return []
    applied = await apply_files(connection, older)
    await connection.execute("DELETE FROM migrations")
    # Files after the baseline stay unrecorded: this database still lacks what they do.
    for name, text in read_files(SCHEMA).items():
        if name[: len(BASELINE)] <= BASELINE:
            await record_applied(connection, name, text)
    return applied


async def apply_files(connection: Connection, files: dict[str, str]) -> list[str]:
    """Run and record each file that has not been applied yet; returns their names."""
    done = await load_applied(connection)
    check_known(done, files)
    applied = [name for name in files if name not in done]
    for name in applied:
        await connection.execute(files[name])
        await record_applied(connection, name, files[name])
    return applied


def read_files(folder: Path) -> dict[str, str]:
    # By number, because each file builds on those before it.
    return {file.name: file.read_text() for file in sorted(folder.glob("*.sql"))}


async def load_applied(connection: Connection) -> dict[str, str]:
    """The hash of each schema file that was applied to this database, by its name."""
    rows = await connection.fetch("SELECT name, sha256 FROM migrations")
    return {row["name"]: row["sha256"] for row in rows}


async def record_applied(connection: Connection, name: str, text: str) -> None:
    await connection.execute("INSERT INTO migrations VALUES ($1, $2)", name, text_digest(text))


async def set_lock_timeout(connection: Connection, patience_s: float) -> None:
    """Until the end of this transaction, wait no longer than this for any one lock."""
    await connection.execute(
        "SELECT set_config('lock_timeout', $1, true)", f"{round(patience_s * 1000)}ms"
    )


def check_known(done: dict[str, str], files: dict[str, str]) -> None:
    for name, sha256 in done.items():
        if name not in files:
            raise newer_database(name)
        if text_digest(files[name]) != sha256:
            raise edited_schema_file(name)


async def load_unsafe_settings(connection: Connection) -> list[str]:
    """The settings under which this server may lose data that it acknowledged."""
    rows = await connection.fetch(
        """
        SELECT name FROM pg_settings WHERE setting = 'off'
           AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name
        """
    )
    return [row["name"] for row in rows]


async def check_durable(connection: Connection) -> None:
    """Raise if the server's settings may lose data that it acknowledged."""
    if found := await load_unsafe_settings(connection):
        raise unsafe_database(found)


def clear_driver_buffers() -> None:
    """Overwrite the driver's buffers, which may hold what it sent last: taking one empties it."""
    buffers = [WriteBuffer() for _ in range(BUFFERS_OF_DRIVER)]
    buffers.clear()


def text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
