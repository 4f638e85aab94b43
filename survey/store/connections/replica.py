"""Reads from a streaming replica that shows everything committed before they were asked for."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

import asyncpg
import msgspec

from survey.problems import Problem
from survey.store import database
from survey.store import statements as sql
from survey.store.connections import refusals

# A replica on the same network is some milliseconds behind; a page does not wait for a slow one.
MOST_WAIT_S = 0.5
PAUSE_S = 0.002  # between two looks at how far the replica is
# After a failure everybody reads from the primary for so long, instead of waiting one by one.
REST_S = 5.0
FIRST_WORD_S = 10.0  # for a connection that is made to look at a replica

log = logging.getLogger("soundings.replica")


class ReplicaDatabase(database.Database):
    """Reads on a replica, or on the primary where the replica is late or away.

    Each read first asks the primary how far its log is, and uses the replica only once that has
    replayed as much. So whoever saved something sees it, and what was withdrawn or erased is gone,
    as on the primary itself; and no clock has to be right.
    """

    def __init__(self, primary: database.Database, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self.primary = primary
        self.resting_until = 0.0
        self.resting = False
        self.reads = {"replica": 0, "primary": 0}

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[database.Connection]:
        async with contextlib.AsyncExitStack() as held:
            replica = await self.acquire_current(held)
            self.reads["primary" if replica is None else "replica"] += 1
            if replica is None:
                yield await held.enter_async_context(self.primary.connection())
                return
            try:
                yield replica
            except Exception as failure:
                if not is_failure_of_replica(failure, replica):
                    raise
                self.rest(failure)
                raise refusals.lost_replica() from failure

    async def acquire_current(self, held: contextlib.AsyncExitStack) -> database.Connection | None:
        """A connection to the replica once it shows all that is committed by now; None if that
        takes too long. `held` gives the connection back.
        """
        if time.monotonic() < self.resting_until:
            return None
        async with self.primary.connection() as connection:
            position = await load_log_position(connection)
        try:
            async with contextlib.AsyncExitStack() as tried, asyncio.timeout(MOST_WAIT_S):
                replica = await tried.enter_async_context(self.pool.acquire())
                # Nobody tells us when it has: PostgreSQL has no event for it before version 19.
                while not await has_replayed(replica, position):  # noqa: ASYNC110
                    await asyncio.sleep(PAUSE_S)
                await held.enter_async_context(tried.pop_all())
        except (*database.LOST, *database.UNOPENED, Problem) as failure:
            self.rest(failure)
            return None
        if self.resting:
            log.warning("the replica is used again")
            self.resting = False
        return replica

    def rest(self, failure: Exception) -> None:
        """Leave the replica alone for a while; the log says so once."""
        self.resting_until = time.monotonic() + REST_S
        if not self.resting:
            name = failure.code if isinstance(failure, Problem) else type(failure).__name__
            log.warning("the replica is late or away (%s): reading from the primary", name)
        self.resting = True


def is_failure_of_replica(failure: Exception, connection: database.Connection) -> bool:
    """Whether a read failed because the replica died, or ended the read in order to show new
    data.
    """
    # Whoever reads may also fail by a file or a time limit of their own.
    if isinstance(failure, asyncpg.InterfaceError | asyncpg.InternalClientError | OSError):
        return database.is_lost(connection)
    # A replica cancels reads of rows that the primary has deleted for good: a serialisation error.
    return isinstance(failure, (*database.LOST, asyncpg.SerializationError))


@sql.value(str)
def load_log_position() -> sql.SQL:
    """How far the primary's log is; every commit that was acknowledged is before it."""
    # Commits are acknowledged when they are on disk, but for the unsafe servers of tests.
    return """
        SELECT CASE current_setting('synchronous_commit') WHEN 'off'
                    THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text
        """


@sql.boolean
def has_replayed(position: str) -> sql.SQL:
    """Whether a replica shows the primary's log up to `position`; False for any other server."""
    # One that was promoted goes its own way, and its position means nothing to us.
    return """
        SELECT pg_is_in_recovery()
               AND coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)
        """


async def load_identity(connection: database.Connection) -> tuple[int, int]:
    """The number of the server, the same for all its replicas, and that of the database in it."""
    [row] = await connection.fetch(
        """
        SELECT system_identifier, (SELECT oid::bigint FROM pg_database
                                    WHERE datname = current_database())
          FROM pg_control_system()
        """
    )
    return row[0], row[1]


class ReplicaState(msgspec.Struct, frozen=True):
    """Whether a server is ours and follows the primary, and how far it is behind, in bytes."""

    is_ours: bool
    follows: bool
    bytes_behind: int


async def load_replica_state(primary: database.Connection, dsn: str) -> ReplicaState:
    """How the server at an address compares with the primary; raises if it cannot be reached."""
    try:
        replica = await asyncpg.connect(dsn, timeout=FIRST_WORD_S)
    except ValueError as unreadable:
        raise refusals.bad_database_address() from unreadable
    except database.UNOPENED as refused:
        raise refusals.unreachable_replica(str(refused) or type(refused).__name__) from refused
    try:
        is_ours = await load_identity(primary) == await load_identity(replica)
        position = await load_log_position(primary)
        [row] = await replica.fetch(
            """
            SELECT pg_is_in_recovery(), coalesce(pg_wal_lsn_diff($1::text::pg_lsn,
                   pg_last_wal_replay_lsn()), 0)::bigint
            """,
            position,
        )
    finally:
        await replica.close()
    return ReplicaState(is_ours, follows=row[0], bytes_behind=max(0, row[1]))


@contextlib.asynccontextmanager
async def open_read_database(
    dsn: str, primary: database.Database, *, connections: int = 8, pooled: bool = False
) -> AsyncIterator[database.Database]:
    """Yield the database to read reports, exports and dashboards from: without `dsn` the primary.

    A replica may be away for a time; a connection to it is opened when it is needed.
    """
    if not dsn:
        yield primary
        return

    async def prepare(connection: database.Connection) -> None:
        # A position in the log of another server would be a number without a meaning.
        async with primary.connection() as first:
            if await load_identity(first) != await load_identity(connection):
                raise refusals.foreign_replica()
        await database.set_json_codec(connection)

    pool = await database.create_pool(
        dsn,
        prepare,
        sizes=(0, connections),
        pooled=pooled,
        time_zone=primary.time_zone,
        sealer=primary.sealer,
    )
    async with pool:
        yield ReplicaDatabase(primary, pool)
