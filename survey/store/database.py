"""The database: its connections, what is remembered of it, group commits, and its schema files."""

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import WriteBuffer

from survey import places
from survey.cases.contacts import Sealer
from survey.problems import Problem
from survey.store.connections import condition, refusals
from survey.store.connections.condition import Connection as Connection
from survey.store.connections.memory import CommitGroup, NoticedMemory
from survey.words import LONDON, Words

SCHEMA = Path(__file__).parent / "schema"
# The files up to this one make the tables that the files of before them left (decision 0037).
LAST_OF_BASELINE = "014_jobs.sql"
# Of the files of before, every database has recorded one of these two; what one at the last of them
# has recorded, and no other, has this digest.
FIRST_OF_BEFORE = {"0001_places.sql", "01_places.sql"}
LAST_OF_BEFORE = "5b354c7fb251627ead874a2a11c77a7269fe08c07666bb25497f1597630dedc3"
ASIDE_SCHEMA = "before_restore"  # holds the tables that a restore is about to replace
WORK_MEM_KB = 32_768
WORK_MEM = f"{WORK_MEM_KB}kB"  # sums over some 100,000 cells sort on no disk
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

# What the driver raises if it cannot open a connection; ValueError if it cannot read the address.
UNOPENED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)

# asyncpg raises these for mistakes of ours too, which must not look like a lost server.
CLIENT_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError)

log = logging.getLogger("soundings")
# While the server is away its pool complains each second with a page of traceback; we say it once.
logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)

Row = TypeVar("Row")
Kept = TypeVar("Kept")
Read = TypeVar("Read")
BatchInsert = Callable[[Connection, list[Any]], Awaitable[Sequence[Any]]]


class SealingConnection(asyncpg.Connection):
    """A connection that stores the words and files of cases encrypted, if it has a sealer."""

    sealer: Sealer | None = None


class PlaceFacts(msgspec.Struct, frozen=True):
    """What every program has to know of the place before it begins."""

    time_zone: str = places.USUAL_ZONE
    words: Words = LONDON


class Database:
    """A pool of connections to one PostgreSQL database."""

    sealer: Sealer | None = None

    def __init__(self, pool: asyncpg.Pool, dsn: str = "", place: PlaceFacts | None = None) -> None:
        place = place or PlaceFacts()
        self.pool = pool
        self.time_zone = place.time_zone
        self.words = place.words
        self.schema: dict[str, str] = {}
        self.condition = condition.Condition()
        self.noticed = NoticedMemory(dsn)
        self.groups: dict[BatchInsert, CommitGroup[Any, Any]] = {}
        self.memory: dict[Callable[[Connection], Awaitable[Any]], tuple[float, Any]] = {}
        self.reading: dict[Callable[[Connection], Awaitable[Any]], asyncio.Future[Any]] = {}

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        lost, of_caller = False, None
        try:
            # A busy pool ends in TimeoutError, one of LOST: 503, not an endless queue.
            async with self.pool.acquire(timeout=10) as connection:
                try:
                    yield connection
                except Exception as failure:
                    lost = is_lost(connection)
                    # A file that is not there is an OSError too, and so is a caller's time limit.
                    of_caller = failure if isinstance(failure, OSError) and not lost else None
                    raise
        except (*LOST, asyncpg.PostgresError, *CLIENT_ERRORS) as failure:
            problem = None if failure is of_caller else await self.find_problem(failure, lost)
            if problem is None:
                raise
            raise self.condition.note(problem, failure) from failure

    async def find_problem(self, failure: BaseException, lost: bool) -> Problem | None:
        """What an error says of the database; None if only the statement was at fault."""
        if problem := condition.problem_of(failure):
            return problem
        # The server may say why it ends a connection, or only the driver that it is gone.
        if lost:
            return refusals.interrupted_statement()
        if isinstance(failure, LOST) or self.pool.is_closing():
            return refusals.unreachable_database()
        if isinstance(failure, condition.DOUBTFUL):
            with contextlib.suppress(*LOST, asyncpg.PostgresError, *CLIENT_ERRORS):
                async with self.pool.acquire(timeout=10) as another:
                    return await condition.find_change(another, self.schema)
        return None

    async def check(self) -> None:
        """Raise if nothing can be saved: the database is away, full, damaged or another's."""
        async with self.connection() as connection:
            if problem := await condition.find_change(connection, self.schema):
                raise problem
            await self.condition.check_room(connection)

    async def insert_grouped(
        self,
        insert: Callable[[Connection, list[Row]], Awaitable[Sequence[Kept | Exception]]],
        row: Row,
        size: int = 0,
    ) -> Kept:
        """Insert a row of about this many bytes with others that wait; returns after the commit.

        A row that cannot be inserted fails alone, with its own exception.
        """
        group = self.groups.get(insert)
        if group is None:
            group = self.groups[insert] = CommitGroup(self.connection, insert)
        result: Kept = await group.add(row, size)
        return result

    async def load_noticed(
        self, read: Callable[[Connection, str], Awaitable[Read]], key: str
    ) -> Read:
        """The result of `read`, remembered until surveys change, and for 5 s at most."""

        async def read_it(key: str) -> Read:
            async with self.connection() as connection:
                return await read(connection, key)

        return await self.noticed.load(read_it, read, key)

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
        remembered: Read = known
        return remembered

    async def read_now(self, read: Callable[[Connection], Awaitable[Read]]) -> Read:
        async with self.connection() as connection:
            known = await read(connection)
        self.memory[read] = (time.monotonic() + CACHED_S, known)
        return known

    async def close(self) -> None:
        # Whoever sent these rows still waits for the commit, so the pool has to outlive them.
        for group in self.groups.values():
            await group.drain()
        await self.noticed.stop()


async def count_other_connections(connection: Connection) -> int:
    """How many other programs' connections there are to this database."""
    # Autovacuum and parallel workers are connected too, but nobody has to stop those.
    number: int = await connection.fetchval(
        """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
           AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
    )
    return number


def is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken the dead one back already
        return True


async def create_pool(
    dsn: str,
    prepare: Callable[[Any], Coroutine[Any, Any, None]],
    *,
    sizes: tuple[int, int],
    pooled: bool,
    time_zone: str,
    role: condition.Role = "service",
    sealer: Sealer | None = None,
) -> asyncpg.Pool:
    """A pool of connections, each prepared by `prepare` when it is new; `sizes` are the fewest and
    the most. To a statement the day of a moment is that of the `time_zone`.

    `pooled`: the address is a pooler's, such as PgBouncer in transaction mode, where what is set
    for a session would be set for whoever comes next.
    """

    async def prepare_and_watch(connection: Connection) -> None:
        if isinstance(connection, SealingConnection):
            connection.sealer = sealer
        await prepare(connection)
        if condition.WATCH.slow_s or condition.WATCH.report:
            connection.add_query_logger(condition.watch_statement)

    return await asyncpg.create_pool(
        dsn,
        min_size=sizes[0],
        max_size=sizes[1],
        connection_class=SealingConnection,
        init=prepare_and_watch,
        # PgBouncer knows these two, and refuses settings that it does not know; its page in the
        # guide, docs/how-to/operators/use-several-machines.md, sets the third for the account.
        server_settings={
            "application_name": condition.connection_name(role),
            "timezone": time_zone,
        }
        | ({} if pooled else {"work_mem": WORK_MEM}),
        # Locks and settings of ours end with their transaction (a test holds that): the driver's
        # own four statements after each use would reset nothing, or a pooler's other session.
        reset=leave_as_is,
    )


async def leave_as_is(connection: Connection) -> None:
    """Change nothing on a connection that is given back."""


@contextlib.asynccontextmanager
async def open_database(
    dsn: str,
    *,
    connections: int = 8,
    restoring: bool = False,
    pooled: bool = False,
    direct: str = "",
    sealer: Sealer | None = None,
    role: condition.Role = "command",
) -> AsyncIterator[Database]:
    """Yield a database whose schema is up to date; drain and close it at the end.

    `sealer` encrypts the words and files of cases. If `dsn` is the address of a pooler (`pooled`),
    `direct` is the database's own, for listening. Only the role "upgrade" changes tables that a
    service is using.
    """
    try:
        place = await find_place(dsn)
        pool = await create_pool(
            dsn,
            set_json_codec,
            sizes=(1, connections),
            pooled=pooled,
            time_zone=place.time_zone,
            role=role,
            sealer=sealer,
        )
    except UNOPENED as refused:
        raise refusals.unopened_database(refused, dsn) from refused
    async with pool:
        database = Database(pool, direct or dsn, place)
        database.sealer = sealer
        async with database.connection() as connection:
            # migrate would make empty tables here, and the service would start without its data.
            if not restoring:
                await check_no_unfinished_restore(connection)
            await migrate(connection, beside_services=restoring or role == "upgrade")
            database.schema = schema_hashes()
        try:
            yield database
        finally:
            await database.close()


async def find_place(dsn: str) -> PlaceFacts:
    """The time zone and the words of the place that is stored; the usual ones if none is yet."""
    connection = await asyncpg.connect(dsn)
    try:
        # As JSON, because an older version's table has no such columns.
        stored = await connection.fetchval("SELECT to_jsonb(c) - 'boundaries' FROM cities c")
    except asyncpg.UndefinedTableError:
        stored = None
    finally:
        await connection.close()
    return msgspec.json.decode(stored, type=PlaceFacts) if stored else PlaceFacts()


async def check_no_unfinished_restore(connection: Connection) -> None:
    if await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", ASIDE_SCHEMA):
        raise refusals.unfinished_restore()


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


async def migrate(connection: Connection, *, beside_services: bool = True) -> list[str]:
    """Apply each new schema file once, in order of its number; returns the names of those applied.

    A database at the last file before the baseline is taken over first. A second process waits
    until the first has ended and then finds nothing to do. Refused are a database that is newer
    than this program or too old for it, one in which somebody holds a table for longer than
    `MIGRATION_PATIENCE_S`, and (unless `beside_services`) one on which a service runs. All files
    are one transaction: a failure leaves the schema as it was.
    """
    try:
        async with connection.transaction():
            return await apply_new_files(connection, beside_services)
    except asyncpg.LockNotAvailableError as held:
        raise refusals.busy_database() from held


async def wait_for_other_starts(connection: Connection) -> None:
    """Wait until no other program that starts changes the schema or loads the standard data; keep
    such programs waiting until the end of this transaction.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)


async def apply_new_files(connection: Connection, beside_services: bool) -> list[str]:
    # The timeout would end this wait too, so it is set afterwards: a second process just waits.
    await wait_for_other_starts(connection)
    await connection.execute(
        "SELECT set_config('lock_timeout', $1, true)", f"{round(MIGRATION_PATIENCE_S * 1000)}ms"
    )
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL)"
    )
    done = await load_applied(connection)
    if done and not beside_services and not read_files(SCHEMA).keys() <= done.keys():
        await condition.check_not_served(connection, MIGRATION_PATIENCE_S)
    await take_over(connection)
    return await apply_files(connection, read_files(SCHEMA))


async def take_over(connection: Connection) -> None:
    """Record the baseline, without running it, in a database at the last file before it.

    Its tables are those of the baseline already (a test holds that): afterwards it is like a new
    one. Any other database from before the baseline is refused.
    """
    done = await load_applied(connection)
    if FIRST_OF_BEFORE.isdisjoint(done):
        return
    if text_digest("\n".join(f"{name} {done[name]}" for name in sorted(done))) != LAST_OF_BEFORE:
        raise refusals.older_database()
    await connection.execute("DELETE FROM migrations")
    # Files after the baseline stay unrecorded: this database still lacks what they do.
    for name, text in read_files(SCHEMA).items():
        if name <= LAST_OF_BASELINE:
            await record_applied(connection, name, text)


async def apply_files(connection: Connection, files: dict[str, str]) -> list[str]:
    """Run and record each file that has not been applied yet; returns their names."""
    done = await load_applied(connection)
    for name, sha256 in done.items():
        if name not in files:
            raise refusals.newer_database(name)
        if text_digest(files[name]) != sha256:
            raise refusals.edited_schema_file(name)
    applied = [name for name in files if name not in done]
    for name in applied:
        await connection.execute(files[name])
        await record_applied(connection, name, files[name])
    return applied


def read_files(folder: Path) -> dict[str, str]:
    # By number, because each file builds on those before it.
    return {file.name: file.read_text() for file in sorted(folder.glob("*.sql"))}


def schema_hashes() -> dict[str, str]:
    """The hash of each schema file, by its name: what a database of this version has recorded."""
    return {name: text_digest(text) for name, text in read_files(SCHEMA).items()}


async def load_applied(connection: Connection) -> dict[str, str]:
    """The hash of each schema file that was applied to this database, by its name."""
    rows = await connection.fetch("SELECT name, sha256 FROM migrations")
    return {row["name"]: row["sha256"] for row in rows}


async def record_applied(connection: Connection, name: str, text: str) -> None:
    await connection.execute("INSERT INTO migrations VALUES ($1, $2)", name, text_digest(text))


async def load_unsafe_settings(connection: Connection) -> list[str]:
    """The settings under which this server may lose data that it acknowledged."""
    rows = await connection.fetch(
        """
        SELECT name FROM pg_settings WHERE setting = 'off'
           AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name
        """
    )
    return [row["name"] for row in rows]


async def load_memory_of_sort(connection: Connection) -> int:
    """How many kB a sort may take on this connection before it goes to the disk."""
    setting: str = await connection.fetchval(
        "SELECT setting FROM pg_settings WHERE name = 'work_mem'"
    )
    return int(setting)


async def check_durable(connection: Connection) -> None:
    """Raise if the server's settings may lose data that it acknowledged."""
    if settings := await load_unsafe_settings(connection):
        raise refusals.unsafe_database(settings)


def clear_driver_buffers() -> None:
    """Overwrite the driver's buffers, which may hold what it sent last: taking one empties it."""
    buffers = [WriteBuffer() for _ in range(BUFFERS_OF_DRIVER)]
    buffers.clear()


def text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
