"""SQL for instruments, which are versions of surveys; for the access codes of sampled ones, and
what became of letters that were not answered.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence

import asyncpg
import msgspec

from survey.problems import Problem
from survey.receipts import tidy_code
from survey.store import statements as sql
from survey.store.answers import counts
from survey.store.database import Connection
from survey.store.surveys import SurveyOwner
from survey.surveys import refusals
from survey.surveys.instruments import Instrument
from survey.surveys.samples import LetterOutcome


class SurveyOverview(msgspec.Struct, frozen=True):
    """The newest version of a survey, its owner, and the number of answers to all versions."""

    survey: SurveyOwner
    instrument: Instrument
    closed: bool
    answers: int


async def insert(connection: Connection, instrument: Instrument, *, by: str | None = None) -> None:
    """Publish a version; it never changes afterwards, nor does the survey's mode or kind.

    The next version of a closed survey is closed too, until somebody opens the survey again.
    """
    try:
        await connection.execute(
            """
            WITH claimed AS (
                INSERT INTO surveys (slug, mode, kind, owner) VALUES ($1, $3, $4, $6)
                    ON CONFLICT DO NOTHING
            ), published AS (
                INSERT INTO instruments (slug, version, mode, kind, definition, owner, closed,
                                         limited)
                VALUES ($1, $2, $3, $4, $5, $6, coalesce((SELECT closed FROM instruments
                        WHERE slug = $1 ORDER BY version DESC LIMIT 1), false),
                        EXISTS (SELECT FROM survey_limits WHERE survey = $1))
                RETURNING slug
            )
            SELECT pg_notify('instruments', slug) FROM published
            """,
            instrument.slug,
            instrument.version,
            instrument.mode,
            instrument.kind,
            instrument,
            by,
        )
    except asyncpg.UniqueViolationError:
        raise refusals.published_instrument(instrument.slug, instrument.version) from None
    # The survey's row fixes its mode and its kind; the constraint says which one differs.
    except asyncpg.ForeignKeyViolationError as refused:
        if "kind" in (refused.constraint_name or ""):
            raise refusals.changed_kind(instrument.slug) from None
        raise refusals.changed_mode(instrument.slug, instrument.mode) from None


async def delete_unused(connection: Connection, slug: str, version: int) -> bool:
    """Delete a version to which nothing refers; returns whether there was one."""
    try:
        async with connection.transaction():
            status: str = await connection.execute(
                "DELETE FROM instruments WHERE slug = $1 AND version = $2 AND owner IS NULL",
                slug,
                version,
            )
    except asyncpg.ForeignKeyViolationError:
        return False
    return status == "DELETE 1"


@sql.values(list[Instrument])
def load_history(slug: str) -> sql.SQL:
    """Every version of one survey, the first one first."""
    return "SELECT definition FROM instruments WHERE slug = $1 ORDER BY version"


def survey_not_found(slug: str) -> Problem:
    return refusals.unknown_instrument(slug[:60])


def instrument_with_days(row: asyncpg.Record) -> Instrument:
    """The version, open on the days of the survey's limits if it has any."""
    instrument = msgspec.convert(row["definition"], Instrument)
    if row["survey"] is None:
        return instrument
    return msgspec.structs.replace(instrument, opens=row["opens"], closes=row["closes"])


def with_closing(row: asyncpg.Record) -> tuple[Instrument, bool]:
    return instrument_with_days(row), row["closed"]


@sql.only_by(with_closing, survey_not_found)
def get(slug: str) -> sql.SQL:
    """The newest version with the settings and limits of today, and whether it has been closed."""
    return """
        SELECT i.definition || coalesce(s.shown, '{}') AS definition, i.closed,
               l.survey, l.opens, l.closes
          FROM instruments i LEFT JOIN survey_settings s USING (slug)
          LEFT JOIN survey_limits l ON l.survey = i.slug
         WHERE i.slug = $1 ORDER BY i.version DESC LIMIT 1
        """


async def load_versions(
    connection: Connection, slug: str | None = None
) -> dict[tuple[str, int], Instrument]:
    """Every version of one survey, or of all, by slug and version."""
    rows = await connection.fetch(
        """
        SELECT slug, version, definition FROM instruments
         WHERE $1::text IS NULL OR slug = $1
        """,
        slug,
    )
    return {
        (row["slug"], row["version"]): msgspec.convert(row["definition"], Instrument)
        for row in rows
    }


@sql.many_by(with_closing)
def load_newest(after: str, limit: int) -> sql.SQL:
    """The newest version of each listed survey, and whether it is closed; by slug."""
    # Asked of the newest version alone: an older one may have been listed.
    return """
        SELECT definition, closed, l.survey, l.opens, l.closes FROM (
            SELECT DISTINCT ON (slug) slug, closed,
                   i.definition || coalesce(s.shown, '{}') AS definition
              FROM instruments i LEFT JOIN survey_settings s USING (slug)
             WHERE slug > $1 ORDER BY slug, version DESC
        ) i LEFT JOIN survey_limits l ON l.survey = i.slug
         WHERE NOT coalesce((definition ->> 'unlisted')::boolean, false)
         ORDER BY slug LIMIT $2
        """


@sql.many_by(instrument_with_days)
def load_open_on(day: datetime.date, offset: int, limit: int, apart_from: str) -> sql.SQL:
    """The newest version of each survey open on a day, the built-in ones first."""
    # Ours first, or many surveys of groups would push them off the page.
    return """
        SELECT definition, l.survey, l.opens, l.closes FROM (
            SELECT DISTINCT ON (slug) slug, closed,
                   i.definition || coalesce(s.shown, '{}') AS definition
              FROM instruments i LEFT JOIN survey_settings s USING (slug)
             ORDER BY slug, version DESC
        ) i JOIN surveys s USING (slug) LEFT JOIN survey_limits l ON l.survey = slug
         WHERE NOT i.closed AND slug <> $4
           AND NOT coalesce((definition ->> 'unlisted')::boolean, false)
           AND CASE WHEN l.survey IS NULL
                    THEN coalesce((definition ->> 'opens')::date, $1) <= $1
                     AND coalesce((definition ->> 'closes')::date, $1) >= $1
                    ELSE coalesce(l.opens, $1) <= $1 AND coalesce(l.closes, $1) >= $1 END
         ORDER BY s.house DESC, slug OFFSET $2 LIMIT $3
        """


@sql.execute
def set_closed(slug: str, *, closed: bool) -> sql.SQL:
    # Every process remembers open surveys until it hears of a change, by this notice.
    return """
        WITH changed AS (UPDATE instruments SET closed = $2 WHERE slug = $1 RETURNING slug)
        SELECT pg_notify('instruments', slug) FROM changed
        """


async def insert_invitations(
    connection: Connection, instrument: Instrument, drawn: list[tuple[str, str, str, float]]
) -> None:
    """Store digests of access codes with stratum, sampling unit and probability."""
    await connection.executemany(
        """
        INSERT INTO invitations (code_digest, instrument, version, stratum, psu, probability)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [
            (code_digest(code), instrument.slug, instrument.version, stratum, psu, probability)
            for code, stratum, psu, probability in drawn
        ],
    )


async def copy_invitations_in(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Store many invitations at once: digest, survey, version, stratum, sampling unit, probability,
    whether the code was used, and the day it was made.
    """
    await connection.copy_records_to_table(
        "invitations",
        records=rows,
        columns=(
            *("code_digest", "instrument", "version", "stratum", "psu", "probability"),
            *("used", "drawn_on"),
        ),
    )


async def is_code_unused(connection: Connection, instrument: Instrument, code: str) -> bool:
    """True if an access code still opens this survey, even in a version after the invitation."""
    is_unused: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM invitations WHERE code_digest = $1 AND NOT used
                                                 AND instrument = $2 AND version <= $3)
            OR EXISTS (SELECT FROM member_codes WHERE code_digest = $1 AND NOT used
                                                  AND survey = $2)
        """,
        code_digest(code),
        instrument.slug,
        instrument.version,
    )
    return is_unused


async def find_by_code(connection: Connection, code: str) -> str | None:
    """The slug of the survey that an unused access code opens."""
    slug: str | None = await connection.fetchval(
        """
        SELECT instrument FROM invitations WHERE code_digest = $1 AND NOT used
         UNION ALL SELECT survey FROM member_codes WHERE code_digest = $1 AND NOT used
        """,
        code_digest(code),
    )
    return slug


def code_digest(code: str) -> bytes:
    return hashlib.sha256(tidy_code(code).encode()).digest()


async def load_overview(connection: Connection) -> list[SurveyOverview]:
    """An overview of every survey, by slug."""
    answers = await counts.count_by_survey(connection)
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (i.slug) i.definition || coalesce(t.shown, '{}') AS definition,
               i.closed, s.slug, s.kind, s.owner::text AS owner, l.survey, l.opens, l.closes
          FROM instruments i JOIN surveys s USING (slug) LEFT JOIN survey_settings t USING (slug)
          LEFT JOIN survey_limits l ON l.survey = i.slug
         ORDER BY i.slug, i.version DESC
        """
    )
    return [
        SurveyOverview(
            SurveyOwner(row["slug"], row["kind"], row["owner"]),
            instrument_with_days(row),
            row["closed"],
            answers.get(row["slug"], 0),
        )
        for row in rows
    ]


class StratumCodes(msgspec.Struct, frozen=True):
    """How many access codes of a stratum were sent, and how many were used."""

    stratum: str
    drawn: int
    used: int


@sql.many(StratumCodes)
def count_codes_by_stratum(slug: str, until: datetime.date = datetime.date.max) -> sql.SQL:
    """The access codes of all versions of a survey made by a day, by stratum."""
    return """
        SELECT stratum, count(*) AS drawn, count(*) FILTER (WHERE used) AS used
          FROM invitations
         WHERE instrument = $1 AND coalesce(drawn_on, $2::date) <= $2
         GROUP BY stratum ORDER BY stratum
        """


class OutcomeCount(msgspec.Struct, frozen=True):
    """How many unanswered letters of a stratum had one outcome."""

    stratum: str
    outcome: LetterOutcome
    letters: int


@sql.many(OutcomeCount)
def load_letter_outcomes(slug: str) -> sql.SQL:
    """Why letters of a survey were not answered, as recorded."""
    return """
        SELECT stratum, outcome, letters FROM letter_outcomes
         WHERE instrument = $1 ORDER BY stratum, outcome
        """


async def save_letter_outcomes(
    connection: Connection, slug: str, stratum: str, letters: Mapping[LetterOutcome, int]
) -> None:
    """Save the letters of a stratum by outcome, in place of those recorded before."""
    await connection.executemany(
        """
        INSERT INTO letter_outcomes (instrument, stratum, outcome, letters)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (instrument, stratum, outcome) DO UPDATE SET letters = excluded.letters
        """,
        [(slug, stratum, outcome, number) for outcome, number in letters.items()],
    )
