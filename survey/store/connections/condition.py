"""The condition of a database: what is wrong, who uses it, and which statements are slow."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from typing import Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from survey.problems import Problem
from survey.store.connections import refusals

Connection = asyncpg.Connection | PoolConnectionProxy
Role = Literal["service", "command", "upgrade"]
SAID_AGAIN_S = 60.0

# The database was emptied or dropped, or our access revoked, while we ran.
MISSING = (
    asyncpg.UndefinedTableError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
)
# Its files are gone or cannot be read.
DAMAGED = (
    asyncpg.UndefinedFileError,
    asyncpg.DuplicateFileError,
    asyncpg.PostgresIOError,
    asyncpg.DataCorruptedError,
    asyncpg.IndexCorruptedError,
)
# A mistake of ours, or the tables are those of another version.
DOUBTFUL = (
    asyncpg.SyntaxOrAccessError,
    asyncpg.NotNullViolationError,
    asyncpg.CheckViolationError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
# A server that is not up yet, as after a start of the whole machine.
NOT_YET = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)
PATIENCE_S = 5.0
# A megabyte that is taken back: what a full disk has no room for.
TAKE_ROOM = """
    CREATE TEMPORARY TABLE room ON COMMIT DROP AS
        SELECT md5(n::text) AS filled FROM generate_series(1, 16000) n
"""

log = logging.getLogger("soundings")


class Condition:
    """The last problem that was found with a database, by whoever could not use it."""

    def __init__(self) -> None:
        self.wrong: Problem | None = None
        self.said_at: dict[str, float] = {}

    def note(self, problem: Problem, failure: BaseException) -> Problem:
        """Remember the problem until `check_room` finds that it is over, and log it."""
        self.wrong = problem
        now = time.monotonic()
        if now - self.said_at.get(problem.code, -SAID_AGAIN_S) >= SAID_AGAIN_S:
            self.said_at[problem.code] = now
            log.error(
                "%s [%s, %s]", problem.sentence, problem.code, type(failure).__name__,
                extra={"fields": {"error": type(failure).__name__}},
            )  # fmt: skip
        return problem

    async def check_room(self, connection: Connection) -> None:
        """If a problem was noted, check that it is over, and raise if it is not."""
        if self.wrong is not None:
            async with connection.transaction():
                await connection.execute(TAKE_ROOM)
            self.wrong = None


def problem_of(failure: BaseException) -> Problem | None:
    """What a server's error says of the whole database; None if it is about the statement."""
    if isinstance(failure, asyncpg.DiskFullError):
        return refusals.full_database()
    if isinstance(failure, MISSING):
        return refusals.incomplete_database()
    if isinstance(failure, DAMAGED):
        return refusals.damaged_database()
    if isinstance(failure, asyncpg.ReadOnlySQLTransactionError):
        return refusals.read_only_database()
    return None


async def find_change(connection: Connection, known: dict[str, str]) -> Problem | None:
    """The problem if the tables were changed or lost since this program started; None otherwise.

    `known` has the hash of each of its schema files.
    """
    rows = await connection.fetch("SELECT name, sha256 FROM migrations")
    if {row["name"]: row["sha256"] for row in rows} != known:
        return refusals.changed_database()
    # A folder that was deleted below a running server still answers from memory.
    if not await connection.fetchval("SELECT pg_relation_size('migrations')"):
        return refusals.damaged_database()
    return None


def connection_name(role: Role) -> str:
    """The name by which the server knows a program's connections."""
    return f"soundings {role}"


async def wait_until_reachable(dsn: str, most_s: float, say: Callable[[], object]) -> None:
    """Return as soon as a server answers there, at the latest after `most_s` seconds: whoever opens
    the database then says what is wrong. `say` is called if it has to be waited for.
    """
    end, said = time.monotonic() + most_s, False
    while time.monotonic() < end:
        try:
            await (await asyncpg.connect(dsn, timeout=PATIENCE_S)).close()
        except NOT_YET:
            if not said:
                say()
            said = True
            await asyncio.sleep(1)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError):
            return
        else:
            return


async def check_not_served(connection: Connection, patience_s: float) -> None:
    """Raise if the pages or a worker are connected to this database, and do not go away soon.

    Versions that gave their connections no name count too; whoever looks at the database with
    another program, such as psql, does not.
    """
    end = time.monotonic() + patience_s
    while await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                        WHERE datname = current_database() AND backend_type = 'client backend'
                          AND pid <> pg_backend_pid() AND application_name IN ('', $1))
          FROM (SELECT pg_stat_clear_snapshot()) AS look_again
        """,
        connection_name("service"),
    ):
        if time.monotonic() > end:
            raise refusals.served_database()
        await asyncio.sleep(0.1)


# Our statements hold no values, but a name or a limit may be written into one.
LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$])\d+(?:\.\d+)?\b")
LONGEST_STATEMENT = 300

slow_log = logging.getLogger("soundings.statements")


class StatementWatch:
    """Statements of this process that take `slow_s` seconds or more are logged; 0 logs none.

    `report`, if given, is called with each statement and its seconds. As with logging, this is for
    the whole process and set before any database is opened.
    """

    def __init__(self) -> None:
        self.slow_s = 0.0
        self.report: Callable[[str, float], None] | None = None


WATCH = StatementWatch()


def watch_statement(query: asyncpg.connection.LoggedQuery) -> None:
    """Report a statement, and log it if it took long, without the values that it was given."""
    if WATCH.report:
        WATCH.report(query.query, query.elapsed)
    if not WATCH.slow_s or query.elapsed < WATCH.slow_s:
        return
    seconds, statement = round(query.elapsed, 3), statement_without_values(query.query)
    slow_log.warning(
        "a statement took %.1f s: %s",
        seconds,
        statement,
        extra={"fields": {"seconds": seconds, "statement": statement}},
    )


def statement_without_values(statement: str) -> str:
    """The start of a statement on one line, with a `?` for each value written into it."""
    return " ".join(LITERAL.sub("?", statement).split())[:LONGEST_STATEMENT]
