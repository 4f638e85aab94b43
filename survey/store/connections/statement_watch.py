"""Watches the statements of this process: the slow ones are logged, and all can be reported."""

import logging
import re
from collections.abc import Callable

import asyncpg

# Our statements hold no values, but a name or a limit may be written into one.
LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$])\d+(?:\.\d+)?\b")
LONGEST_STATEMENT = 300

slow_log = logging.getLogger("soundings.statements")


class StatementWatch:
    """Statements of this process that take `slow_s` seconds or more are logged; 0 logs none.

    `report` is called with each statement and its seconds, if there is one. For the whole process,
    as logging is: it is set before any database is opened.
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
