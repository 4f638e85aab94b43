"""SQL for what the working group does with an edition: marks and comments."""

import datetime

import asyncpg
import msgspec

from survey import problems
from survey.actions import AFTER, Done, Which
from survey.store.database import Connection


class EditionStanding(msgspec.Struct, frozen=True):
    """How an edition stands and who brought it there; a name is empty where a command did.

    `reviewer` is the account of who marked it as reviewed, `withdrawn` the reason or empty.
    """

    made_at: datetime.datetime
    reviewed_at: datetime.datetime | None
    reviewed_by: str | None
    reviewer: str | None
    published_at: datetime.datetime | None
    published_by: str | None
    withdrawn_at: datetime.datetime | None
    withdrawn: str


async def mark(
    connection: Connection, which: Which, mark: Done, *, by: str | None, reason: str = ""
) -> bool:
    """Whether it was its turn: a mark is set once, and after the one that has to be there."""
    found = await connection.fetchval(
        """
        INSERT INTO edition_marks (kind, start_on, number, mark, reason, by)
        SELECT $1, $2, $3, $4, $5, $6::uuid
         WHERE $7::text IS NULL OR EXISTS (
               SELECT FROM edition_marks
                WHERE (kind, start_on, number, mark) = ($1, $2, $3, $7))
        ON CONFLICT DO NOTHING RETURNING true
        """,
        *which,
        mark,
        reason,
        by,
        AFTER[mark],
    )
    return bool(found)


async def get(connection: Connection, which: Which) -> EditionStanding:
    """How an edition stands, drafts too."""
    row = await connection.fetchrow(
        """
        SELECT made_at, reviewed_at, reviewed_by, published_at, published_by, withdrawn_at,
               withdrawn,
               (SELECT by::text FROM edition_marks
                 WHERE (kind, start_on, number, mark) = ($1, $2, $3, 'reviewed')) AS reviewer
          FROM editions_today WHERE (kind, start_on, number) = ($1, $2, $3)
        """,
        *which,
    )
    if row is None:
        raise problems.unknown_report(
            f"of the {which.kind} report for {which.start}, number {which.number}"
        )
    return EditionStanding(**row)


async def insert_comment(
    connection: Connection, which: Which, part: str, words: str, *, by: str
) -> None:
    await connection.execute(
        """
        INSERT INTO edition_comments (kind, start_on, number, part, words, by)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        *which,
        part,
        words,
        by,
    )


async def strike(connection: Connection, which: Which, comment: int, *, by: str) -> bool:
    """Whether the comment stood."""
    found = await connection.fetchval(
        """
        UPDATE edition_comments SET struck_by = $5, struck_at = now()
         WHERE (kind, start_on, number) = ($1, $2, $3) AND id = $4 AND struck_at IS NULL
        RETURNING true
        """,
        *which,
        comment,
        by,
    )
    return bool(found)


async def comments(connection: Connection, which: Which) -> list[asyncpg.Record]:
    """In the order in which they were made."""
    return await connection.fetch(
        """
        SELECT c.id, c.part, c.words, c.at, b.name AS by, c.struck_at, s.name AS struck_by
          FROM edition_comments c JOIN accounts b ON b.id = c.by
          LEFT JOIN accounts s ON s.id = c.struck_by
         WHERE (c.kind, c.start_on, c.number) = ($1, $2, $3) ORDER BY c.id
        """,
        *which,
    )
