"""SQL for forms on paper: settings, printed numbers, and copies that wait to be counted."""

import datetime
from typing import Literal

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, find_struct, first, many, value
from survey.surveys.responses import Submission

SavedCopy = Literal["first", "second", "none"]


class PaperSettings(msgspec.Struct, frozen=True):
    """Where filled forms are sent to, and whether each numbered form is typed in twice."""

    send_to: str = ""
    twice: bool = False


class PaperBatch(msgspec.Struct, frozen=True):
    """Numbered forms that were made together."""

    first_number: int
    last_number: int
    made_on: datetime.date


class PaperForm(msgspec.Struct, frozen=True):
    """A numbered form that was typed in: its copies, until it counts."""

    number: int
    first_copy: Submission | None
    second_copy: Submission | None
    counted: bool


async def find_settings(connection: Connection, slug: str) -> PaperSettings:
    found = await find_struct(
        connection,
        PaperSettings,
        "SELECT send_to, twice FROM paper_settings WHERE survey = $1",
        slug,
    )
    return found or PaperSettings()


@execute
def save_settings(slug: str, settings: PaperSettings) -> SQL:
    return """
        INSERT INTO paper_settings (survey, send_to, twice)
        VALUES ($slug, $settings.send_to, $settings.twice)
            ON CONFLICT (survey) DO UPDATE SET send_to = excluded.send_to, twice = excluded.twice
        """


async def insert_batch(connection: Connection, slug: str, number: int) -> None:
    """Add a batch of so many forms under the next numbers of the survey."""
    await connection.execute("SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE", slug)
    await connection.execute(
        """
        INSERT INTO paper_batches (survey, first_number, last_number)
        SELECT $1, coalesce(max(last_number), 0) + 1, coalesce(max(last_number), 0) + $2
          FROM paper_batches WHERE survey = $1
        """,
        *(slug, number),
    )


@many(PaperBatch)
def load_batches(slug: str) -> SQL:
    """The batches of a survey, the newest first."""
    return """
        SELECT first_number, last_number, made_on FROM paper_batches
         WHERE survey = $1 ORDER BY first_number DESC
        """


@many(PaperForm)
def load_forms(slug: str) -> SQL:
    """The forms of a survey that were typed in and do not count yet."""
    return """
        SELECT number, first_copy, second_copy, counted FROM paper_forms
         WHERE survey = $1 AND first_copy IS NOT NULL ORDER BY number
        """


@value(int)
def count_counted(slug: str) -> SQL:
    """The number of numbered forms whose answers count."""
    return "SELECT count(*) FROM paper_forms WHERE survey = $1 AND counted"


@first(PaperForm)
def find_form(slug: str, number: int) -> SQL:
    return """
        SELECT number, first_copy, second_copy, counted FROM paper_forms
         WHERE survey = $1 AND number = $2
        """


async def save_copy(
    connection: Connection, slug: str, number: int, copy: Submission, key: str
) -> SavedCopy:
    """Save what was typed from a form, as its first or second copy; "none" if it has both, or
    counts, or the same page was sent again.
    """
    second = await connection.fetchval(
        """
        INSERT INTO paper_forms AS kept (survey, number, first_copy, first_key)
        VALUES ($1, $2, $3::jsonb, $4)
            ON CONFLICT (survey, number) DO UPDATE
           SET first_copy = coalesce(kept.first_copy, excluded.first_copy),
               first_key = coalesce(kept.first_key, excluded.first_key),
               second_copy = CASE WHEN kept.first_copy IS NULL THEN NULL
                                  ELSE excluded.first_copy END
         WHERE NOT kept.counted AND kept.second_copy IS NULL
           AND kept.first_key IS DISTINCT FROM excluded.first_key
        RETURNING second_copy IS NOT NULL
        """,
        *(slug, number, copy, key),
    )
    return "none" if second is None else "second" if second else "first"


@boolean
def set_counted(slug: str, number: int) -> SQL:
    """Note that a form counts and delete what was typed from it; False if it counted before."""
    return """
        INSERT INTO paper_forms AS kept (survey, number, counted) VALUES ($1, $2, true)
            ON CONFLICT (survey, number) DO UPDATE
           SET counted = true, first_copy = NULL, first_key = NULL, second_copy = NULL
         WHERE NOT kept.counted
        RETURNING true
        """


@boolean
def delete_copies(slug: str, number: int) -> SQL:
    """Delete what was typed from a form that does not count; False if there is nothing."""
    return (
        "DELETE FROM paper_forms WHERE survey = $1 AND number = $2 AND NOT counted RETURNING true"
    )
