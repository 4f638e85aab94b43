"""SQL for editions: kept as the bytes that were hashed, never changed."""

import datetime
import hashlib

import asyncpg
import msgspec

from survey import problems
from survey.editions import Safe
from survey.store.database import Connection


async def save(connection: Connection, edition: Safe) -> str:
    """Keep a new edition and give its hash; what stands is never overwritten."""
    body = msgspec.json.encode(edition)
    sha256 = hashlib.sha256(body).hexdigest()
    await connection.execute(
        """
        INSERT INTO editions (kind, start_on, number, end_on, body, sha256)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        edition.kind,
        edition.start,
        edition.number,
        edition.end,
        body,
        sha256,
    )
    return sha256


async def next_number(connection: Connection, kind: str, start: datetime.date) -> int:
    """The number that the next edition of this period will have."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext($1 || $2::text))", kind, str(start)
    )
    found: int = await connection.fetchval(
        "SELECT coalesce(max(number), 0) + 1 FROM editions WHERE kind = $1 AND start_on = $2",
        kind,
        start,
    )
    return found


async def get_kept(
    connection: Connection, kind: str, start: datetime.date, number: int | None = None
) -> asyncpg.Record:
    """The bytes of an edition, their hash, its number and the newest number of its period.

    The newest one unless a number is given.
    """
    row = await connection.fetchrow(
        """
        SELECT body, sha256, number,
               (SELECT max(number) FROM editions WHERE kind = $1 AND start_on = $2) AS newest
          FROM editions
         WHERE kind = $1 AND start_on = $2 AND ($3::int IS NULL OR number = $3)
         ORDER BY number DESC LIMIT 1
        """,
        kind,
        start,
        number,
    )
    if row is None:
        which = f", number {number}" if number else ""
        raise problems.unknown_report(f"of the {kind} report for {start}{which}")
    return row


async def get(
    connection: Connection, kind: str, start: datetime.date, number: int | None = None
) -> Safe:
    kept = await get_kept(connection, kind, start, number)
    return msgspec.json.decode(kept["body"], type=Safe)


class Told(msgspec.Struct, frozen=True):
    """What an edition rested on."""

    codebook: int
    data_as_of: datetime.date


async def before(
    connection: Connection, kind: str, start: datetime.date, number: int
) -> Told | None:
    """The edition before this one, of an earlier period or an earlier one of the same."""
    body = await connection.fetchval(
        """
        SELECT body FROM editions WHERE kind = $1 AND (start_on, number) < ($2, $3)
         ORDER BY start_on DESC, number DESC LIMIT 1
        """,
        kind,
        start,
        number,
    )
    return None if body is None else msgspec.json.decode(body, type=Told)


async def earlier(
    connection: Connection, since: datetime.date, until: datetime.datetime | None = None
) -> list[Safe]:
    """Every edition of days from `since` on that was made before `until`, or up to now."""
    rows = await connection.fetch(
        """
        SELECT body FROM editions
         WHERE end_on >= $1 AND made_at < coalesce($2::timestamptz, 'infinity')
         ORDER BY made_at, kind, number
        """,
        since,
        until,
    )
    return [msgspec.json.decode(row["body"], type=Safe) for row in rows]


async def stands(
    connection: Connection, kind: str, start: datetime.date, end: datetime.date
) -> bool:
    """Whether an edition of the whole period was made after the period was over."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM editions
                        WHERE kind = $1 AND start_on = $2 AND end_on = $3
                          AND made_at > ($3::date + 1)::timestamp AT TIME ZONE 'Europe/London')
        """,
        kind,
        start,
        end,
    )
    return found


async def page(
    connection: Connection, before: tuple[datetime.date, str, int] | None, limit: int
) -> list[asyncpg.Record]:
    """Editions, the newest period first."""
    return await connection.fetch(
        """
        SELECT kind, start_on, end_on, number, sha256, made_at FROM editions
         WHERE (start_on, kind, number) < ($1, $2, $3)
         ORDER BY start_on DESC, kind DESC, number DESC LIMIT $4
        """,
        *(before or (datetime.date.max, "z", 2_000_000_000)),
        limit,
    )
