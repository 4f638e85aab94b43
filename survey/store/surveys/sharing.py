"""SQL for how people come to a survey: its settings, the ways to it and how many came on each, and
kiosks: their links, and marks of answers that came from them.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.surveys import sharing


async def get_settings(connection: Connection, slug: str) -> sharing.SurveySettings:
    """The settings of a survey; the usual ones if nobody has changed any."""
    settings = await sql.find_struct(
        connection,
        sharing.SurveySettings,
        """
        SELECT password_hash, embedded_by, logo_tag, asks_proof
          FROM survey_settings WHERE slug = $1
        """,
        slug,
    )
    return settings or sharing.SurveySettings()


@sql.value_or_none(bytes)
def find_logo(slug: str) -> sql.SQL:
    """The logo of who asks, as a JPEG."""
    return "SELECT logo FROM survey_settings WHERE slug = $1"


def with_notice(change: sql.SQL) -> sql.SQL:
    """SQL of a change to a survey's settings that also notifies every process."""
    return f"""
        WITH changed AS ({change} RETURNING slug)
        SELECT pg_notify('instruments', slug) FROM changed
        """  # noqa: S608 - only our own words


def setting_sql(column: str) -> sql.SQL:
    """SQL that saves $2 as this setting of the survey $1."""
    return with_notice(f"""
            INSERT INTO survey_settings (slug, {column}) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET {column} = excluded.{column}""")  # noqa: S608 - only our own words


@sql.execute
def save_shown(slug: str, shown: Mapping[str, object]) -> sql.SQL:
    """Save fields that hold from now on instead of those of the survey's versions."""
    return with_notice("""
            INSERT INTO survey_settings (slug, shown) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET shown = survey_settings.shown || excluded.shown""")


@sql.execute
def drop_shown(slug: str, fields: Sequence[str]) -> sql.SQL:
    """Let these fields of the newest version hold again."""
    return with_notice("UPDATE survey_settings SET shown = shown - $2::text[] WHERE slug = $1")


@sql.execute
def save_password(slug: str, password_hash: str) -> sql.SQL:
    """Save the hash of a survey's password; empty for none."""
    return setting_sql("password_hash")


@sql.execute
def save_asks_proof(slug: str, *, asks: bool) -> sql.SQL:
    """Save whether the devices of those who answer a survey solve a puzzle first."""
    return setting_sql("asks_proof")


@sql.execute
def save_origins(slug: str, origins: Sequence[str]) -> sql.SQL:
    """Save the websites that may show the card of a survey."""
    return setting_sql("embedded_by")


async def save_logo(connection: Connection, slug: str, logo: bytes | None) -> None:
    """Save the logo of who asks; None deletes it."""
    await connection.execute(
        with_notice("""
            INSERT INTO survey_settings (slug, logo, logo_tag) VALUES ($1, $2, $3)
            ON CONFLICT (slug) DO UPDATE SET logo = excluded.logo, logo_tag = excluded.logo_tag"""),
        slug,
        logo,
        hashlib.sha256(logo).hexdigest()[:16] if logo else "",
    )


@sql.many(sharing.Way)
def load_ways(slug: str) -> sql.SQL:
    """The ways of a survey: the usual ones, then those that the organiser named."""
    return """
        SELECT code, slug, kind, name FROM survey_ways
         WHERE slug = $1 ORDER BY kind = 'named', lower(name)
        """


@sql.first(sharing.Way)
def find_way(code: str) -> sql.SQL:
    return "SELECT code, slug, kind, name FROM survey_ways WHERE code = $1"


@sql.execute
def insert_missing(ways: Sequence[sharing.Way]) -> sql.SQL:
    """Store the usual ways that a survey does not have yet."""
    return """
        INSERT INTO survey_ways (code, slug, kind)
        SELECT * FROM unnest($ways.code::text[], $ways.slug::text[], $ways.kind::text[])
            ON CONFLICT (slug, kind, name) DO NOTHING
        """


@sql.unique(sharing.existing_way)
@sql.require(sharing.too_many_ways)
def insert_named(way: sharing.Way) -> sql.SQL:
    """Store a way that the organiser named; raises if there is one of this name, or too many."""
    return f"""
        INSERT INTO survey_ways (code, slug, kind, name)
        SELECT $way.code, $way.slug, 'named', $way.name
         WHERE (SELECT count(*) FROM survey_ways
                 WHERE slug = $way.slug AND kind = 'named') < {sharing.MOST_WAYS}
        RETURNING true
        """  # noqa: S608 - only our own constant


@sql.many(sharing.WayWeek)
def load_weeks(slug: str) -> sql.SQL:
    """How many people began and how many sent answers, by way and week, the newest week first."""
    return """
        SELECT code, week, begun, sent FROM way_weeks JOIN survey_ways USING (code)
         WHERE slug = $1 ORDER BY week DESC, code
        """


@sql.execute
def add_counts(slug: str, week: datetime.date, counts: Sequence[sharing.WayWeek]) -> sql.SQL:
    """Add to the counts of a week; a count without a code is of the survey's full address.

    All ways of the survey are written, even those on which nobody came: which row was written last
    then says nothing about how anybody came.
    """
    return """
        INSERT INTO way_weeks (code, week, begun, sent)
        SELECT w.code, $week, coalesce(sum(c.begun), 0), coalesce(sum(c.sent), 0)
          FROM survey_ways w
          LEFT JOIN unnest($counts.code::text[], $counts.begun::integer[], $counts.sent::integer[])
                    AS c (code, begun, sent)
                 ON c.code = w.code OR (c.code = '' AND w.kind = 'address')
         WHERE w.slug = $slug GROUP BY w.code ORDER BY w.code
        ON CONFLICT (code, week) DO UPDATE
           SET begun = way_weeks.begun + excluded.begun, sent = way_weeks.sent + excluded.sent
        """


class Kiosk(msgspec.Struct, frozen=True):
    """The link of a survey's kiosk, and the code that opens what waits on the device."""

    survey: str
    token: str
    code: str


@sql.execute
def insert_kiosk(kiosk: Kiosk) -> sql.SQL:
    """Save the link of a kiosk, unless the survey has one."""
    return """
        INSERT INTO kiosks (survey, token, code) VALUES ($kiosk.survey, $kiosk.token, $kiosk.code)
            ON CONFLICT DO NOTHING
        """


@sql.execute
def delete_kiosk(survey: str) -> sql.SQL:
    return "DELETE FROM kiosks WHERE survey = $1"


@sql.first(Kiosk)
def find_kiosk(survey: str) -> sql.SQL:
    return "SELECT survey, token, code FROM kiosks WHERE survey = $1"


@sql.first(Kiosk)
def find_kiosk_by_token(token: str) -> sql.SQL:
    return "SELECT survey, token, code FROM kiosks WHERE token = $1"


@sql.execute
def insert_kiosk_mark(mark: bytes) -> sql.SQL:
    return "INSERT INTO kiosk_marks (mark) VALUES ($1) ON CONFLICT DO NOTHING"


@sql.boolean
def has_kiosk_mark(mark: bytes) -> sql.SQL:
    """Whether the answer with this mark was stored before."""
    return "SELECT EXISTS (SELECT FROM kiosk_marks WHERE mark = $1)"


@sql.execute
def delete_old_kiosk_marks() -> sql.SQL:
    return "DELETE FROM kiosk_marks WHERE received_on < current_date - 365"
