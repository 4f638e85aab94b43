"""SQL for how people come to a survey: its settings, the ways to it and how many came on each, and
kiosks: their links, and marks of answers that came from them.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence

import asyncpg
import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, find_struct, first, many, value_or_none
from survey.surveys.sharing import (
    MOST_WAYS,
    SurveySettings,
    Way,
    WayWeek,
    existing_way,
    too_many_ways,
)


async def get_settings(connection: Connection, slug: str) -> SurveySettings:
    """The settings of a survey; the usual ones if nobody has changed any."""
    found = await find_struct(
        connection,
        SurveySettings,
        """
        SELECT password_hash, embedded_by, logo_tag, asks_proof
          FROM survey_settings WHERE slug = $1
        """,
        slug,
    )
    return found or SurveySettings()


@value_or_none(bytes)
def find_logo(slug: str) -> SQL:
    """The logo of who asks, as a JPEG."""
    return "SELECT logo FROM survey_settings WHERE slug = $1"


@execute
def save_shown(slug: str, shown: Mapping[str, object]) -> SQL:
    """Save fields that hold from now on instead of those of the survey's versions."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, shown) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET shown = survey_settings.shown || excluded.shown
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


@execute
def drop_shown(slug: str, fields: Sequence[str]) -> SQL:
    """Let these fields of the newest version hold again."""
    return """
        WITH changed AS (
            UPDATE survey_settings SET shown = shown - $2::text[] WHERE slug = $1 RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM changed
        """


@execute
def save_password(slug: str, password_hash: str) -> SQL:
    """Save the hash of a survey's password; empty for none."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, password_hash) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET password_hash = excluded.password_hash
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


@execute
def save_asks_proof(slug: str, *, asks: bool) -> SQL:
    """Save whether the devices of those who answer a survey solve a puzzle first."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, asks_proof) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET asks_proof = excluded.asks_proof
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


@execute
def save_origins(slug: str, origins: Sequence[str]) -> SQL:
    """Save the websites that may show the card of a survey."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, embedded_by) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET embedded_by = excluded.embedded_by
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


async def save_logo(connection: Connection, slug: str, logo: bytes | None) -> None:
    """Save the logo of who asks; None deletes it."""
    await connection.execute(
        """
        WITH saved AS (
            INSERT INTO survey_settings (slug, logo, logo_tag) VALUES ($1, $2, $3)
            ON CONFLICT (slug) DO UPDATE SET logo = excluded.logo, logo_tag = excluded.logo_tag
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """,
        slug,
        logo,
        hashlib.sha256(logo).hexdigest()[:16] if logo else "",
    )


@many(Way)
def load_ways(slug: str) -> SQL:
    """The ways of a survey: the usual ones, then those that the organiser named."""
    return """
        SELECT code, slug, kind, name FROM survey_ways
         WHERE slug = $1 ORDER BY kind = 'named', lower(name)
        """


@first(Way)
def find_way(code: str) -> SQL:
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
