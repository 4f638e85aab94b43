"""SQL for the ways on which people come to a survey and how many came on each, and for kiosks:
their links, and marks of answers that came from them.
"""

import datetime
from collections.abc import Sequence

import asyncpg
import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, first, many
from survey.surveys.sharing import MOST_WAYS, Way, WayWeek, existing_way, too_many_ways


@many(Way)
def load_ways(slug: str) -> SQL:
    """The ways of a survey: the usual ones, then those that the organiser named."""
    return """
        SELECT code, slug, kind, name FROM survey_ways
         WHERE slug = $1 ORDER BY kind = 'named', lower(name)
        """


@first(Way)
def find(code: str) -> SQL:
    return "SELECT code, slug, kind, name FROM survey_ways WHERE code = $1"


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


@many(WayWeek)
def load_weeks(slug: str) -> SQL:
    """How many began and sent by way and week, the newest week first."""
    return """
        SELECT code, week, begun, sent FROM way_weeks JOIN survey_ways USING (code)
         WHERE slug = $1 ORDER BY week DESC, code
        """


async def add_counts(
    connection: Connection, slug: str, week: datetime.date, counts: Sequence[WayWeek]
) -> None:
    """Add to the counts of a week; no code means the full address.

    All ways of the survey are written, also those on which nobody came: which row was written
    last then says nothing about how anybody came.
    """
    await connection.execute(
        """
        INSERT INTO way_weeks (code, week, begun, sent)
        SELECT w.code, $2, coalesce(sum(c.begun), 0), coalesce(sum(c.sent), 0)
          FROM survey_ways w
          LEFT JOIN unnest($3::text[], $4::integer[], $5::integer[]) AS c (code, begun, sent)
                 ON c.code = w.code OR (c.code = '' AND w.kind = 'address')
         WHERE w.slug = $1 GROUP BY w.code ORDER BY w.code
        ON CONFLICT (code, week) DO UPDATE
           SET begun = way_weeks.begun + excluded.begun, sent = way_weeks.sent + excluded.sent
        """,
        slug,
        week,
        [one.code for one in counts],
        [one.begun for one in counts],
        [one.sent for one in counts],
    )


class Kiosk(msgspec.Struct, frozen=True):
    """The link of a survey's kiosk, and the code that opens what waits on the device."""

    survey: str
    token: str
    code: str


@execute
def insert_kiosk(kiosk: Kiosk) -> SQL:
    """Save the link of a kiosk, unless the survey has one."""
    return """
        INSERT INTO kiosks (survey, token, code) VALUES ($kiosk.survey, $kiosk.token, $kiosk.code)
            ON CONFLICT DO NOTHING
        """


@execute
def delete_kiosk(survey: str) -> SQL:
    return "DELETE FROM kiosks WHERE survey = $1"


@first(Kiosk)
def find_kiosk(survey: str) -> SQL:
    return "SELECT survey, token, code FROM kiosks WHERE survey = $1"


@first(Kiosk)
def find_kiosk_by_token(token: str) -> SQL:
    return "SELECT survey, token, code FROM kiosks WHERE token = $1"


@execute
def insert_kiosk_mark(mark: bytes) -> SQL:
    return "INSERT INTO kiosk_marks (mark) VALUES ($1) ON CONFLICT DO NOTHING"


@boolean
def has_kiosk_mark(mark: bytes) -> SQL:
    """Whether the answer with this mark was stored before."""
    return "SELECT EXISTS (SELECT FROM kiosk_marks WHERE mark = $1)"


@execute
def delete_old_kiosk_marks() -> SQL:
    return "DELETE FROM kiosk_marks WHERE received_on < current_date - 365"
