"""SQL for attachments: sent first, taken by a response later, or forgotten."""

from collections.abc import Iterable, Mapping

import asyncpg

from survey.attachments import Attachment
from survey.store.database import Connection


async def insert(
    connection: Connection, mark: str, instrument: str, item: str, kept: Attachment, *, most: int
) -> bool:
    """Keep a file for two to three hours, if those that wait are not more than `most` bytes."""
    found = await connection.fetchval(
        """
        INSERT INTO attachments (mark, instrument, item, media_type, body)
        SELECT $1, $2, $3, $4, $5::bytea
         WHERE (SELECT coalesce(sum(size), 0) FROM attachments WHERE response IS NULL)
               + octet_length($5) <= $6::bigint
        RETURNING true
        """,
        mark,
        instrument,
        item,
        kept.media_type,
        kept.body,
        most,
    )
    return bool(found)


async def take(
    connection: Connection, reference: str, instrument: str, wanted: Mapping[str, str]
) -> set[str]:
    """Give the files of these marks, each with its question, to a response; those that could be.

    Locked in the order of their marks, so that two responses never wait for each other.
    """
    rows = await connection.fetch(
        """
        WITH found AS (
            SELECT a.mark, r.id
              FROM attachments a JOIN unnest($3::text[], $4::text[]) AS w (mark, item)
                   ON w.mark = a.mark AND w.item = a.item
                   CROSS JOIN (SELECT id FROM responses WHERE reference = $1) r
             WHERE a.instrument = $2 AND a.response IS NULL AND a.expires_at > now()
             ORDER BY a.mark FOR UPDATE OF a
        )
        UPDATE attachments a SET response = f.id, expires_at = NULL
          FROM found f WHERE a.mark = f.mark
        RETURNING a.mark
        """,
        reference,
        instrument,
        list(wanted),
        list(wanted.values()),
    )
    return {row["mark"] for row in rows}


async def hold(connection: Connection, marks: Iterable[str]) -> None:
    """Keep what is waited for as long as if it had been sent now."""
    await connection.execute(
        """
        UPDATE attachments SET expires_at = date_trunc('hour', now()) + interval '3 hours'
         WHERE mark = ANY($1) AND expires_at > now()
           AND expires_at < date_trunc('hour', now()) + interval '3 hours'
        """,
        list(marks),
    )


async def discard(connection: Connection, marks: Iterable[str]) -> None:
    """Drop what its sender no longer wants to send."""
    await connection.execute(
        "DELETE FROM attachments WHERE mark = ANY($1) AND response IS NULL", list(marks)
    )


async def forget_expired(connection: Connection) -> None:
    """Drop what no response took."""
    await connection.execute(
        "DELETE FROM attachments WHERE response IS NULL AND expires_at <= now()"
    )


async def number_of(connection: Connection, instrument: str) -> int:
    """How many files came with answers to one survey."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM attachments WHERE instrument = $1 AND response IS NOT NULL",
        instrument,
    )
    return found


async def listed(
    connection: Connection, instrument: str, skip: int, limit: int
) -> list[asyncpg.Record]:
    """The files that came with answers to one survey, the newest day first, in no order within."""
    return await connection.fetch(
        """
        SELECT a.id::text, a.item, a.media_type, a.size, r.version,
               (r.received_at AT TIME ZONE 'Europe/London')::date AS day
          FROM attachments a JOIN responses r ON r.id = a.response
         WHERE a.instrument = $1
         ORDER BY day DESC, a.id OFFSET $2 LIMIT $3
        """,
        instrument,
        skip,
        limit,
    )


async def find(connection: Connection, instrument: str, ident: str) -> asyncpg.Record | None:
    """One file that came with an answer to this survey."""
    return await connection.fetchrow(
        """
        SELECT item, media_type, body FROM attachments
         WHERE id = $2::uuid AND instrument = $1 AND response IS NOT NULL
        """,
        instrument,
        ident,
    )
