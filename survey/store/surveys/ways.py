"""SQL for the ways on which people come to a survey, and how many came on each."""

import datetime
from collections.abc import Sequence

import asyncpg

from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs
from survey.surveys.sharing import MOST_WAYS, Way, WayWeek, existing_way, too_many_ways


async def load_ways(connection: Connection, slug: str) -> list[Way]:
    """The ways of a survey: the usual ones, then those that the organiser named."""
    return await load_structs(
        connection,
        Way,
        """
        SELECT code, slug, kind, name FROM survey_ways
         WHERE slug = $1 ORDER BY kind = 'named', lower(name)
        """,
        slug,
    )


async def find(connection: Connection, code: str) -> Way | None:
    return await find_struct(
        connection, Way, "SELECT code, slug, kind, name FROM survey_ways WHERE code = $1", code
    )


async def insert_missing(connection: Connection, ways: Sequence[Way]) -> None:
    """Store the usual ways that a survey has not yet."""
    await connection.executemany(
        """
        INSERT INTO survey_ways (code, slug, kind) VALUES ($1, $2, $3)
            ON CONFLICT (slug, kind, name) DO NOTHING
        """,
        [(way.code, way.slug, way.kind) for way in ways],
    )


async def insert_named(connection: Connection, way: Way) -> None:
    """Store a way that the organiser named; raises if there is one of this name, or too many."""
    try:
        stored = await connection.fetchval(
            """
            INSERT INTO survey_ways (code, slug, kind, name) SELECT $1, $2, 'named', $3
             WHERE (SELECT count(*) FROM survey_ways WHERE slug = $2 AND kind = 'named') < $4
            RETURNING true
            """,
            way.code,
            way.slug,
            way.name,
            MOST_WAYS,
        )
    except asyncpg.UniqueViolationError:
        raise existing_way() from None
    if not stored:
        raise too_many_ways()


async def load_weeks(connection: Connection, slug: str) -> list[WayWeek]:
    """How many began and sent by way and week, the newest week first."""
    return await load_structs(
        connection,
        WayWeek,
        """
        SELECT code, week, begun, sent FROM way_weeks JOIN survey_ways USING (code)
         WHERE slug = $1 ORDER BY week DESC, code
        """,
        slug,
    )


async def count_begun(connection: Connection, slug: str, code: str, week: datetime.date) -> None:
    """Count one who began to answer; without a code, as one who came by the full address."""
    await connection.execute(
        """
        INSERT INTO way_weeks (code, week, begun)
        SELECT code, $3, 1 FROM survey_ways
         WHERE slug = $1 AND (code = $2 OR ($2 = '' AND kind = 'address'))
        ON CONFLICT (code, week) DO UPDATE SET begun = way_weeks.begun + 1
        """,
        slug,
        code,
        week,
    )


async def count_sent(connection: Connection, slug: str, code: str, week: datetime.date) -> None:
    """Count one who sent answers; without a code, as one who came by the full address."""
    await connection.execute(
        """
        INSERT INTO way_weeks (code, week, sent)
        SELECT code, $3, 1 FROM survey_ways
         WHERE slug = $1 AND (code = $2 OR ($2 = '' AND kind = 'address'))
        ON CONFLICT (code, week) DO UPDATE SET sent = way_weeks.sent + 1
        """,
        slug,
        code,
        week,
    )
