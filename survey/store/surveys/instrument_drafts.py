"""SQL for drafts of surveys that are not published yet."""

import datetime

import asyncpg
import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, execute, require
from survey.store.surveys.surveys import SurveyOwner
from survey.surveys.instruments.drafts import (
    InstrumentDraft,
    changed_draft,
    existing_draft,
    nothing_to_redo,
    nothing_to_undo,
    too_many_drafts,
    unknown_draft,
)
from survey.surveys.instruments.instrument import MOST_DRAFTS

MOST_STEPS = 20  # that can be taken back
LARGE_BYTES = 100_000  # bytes of a stored draft; for a larger one fewer steps are stored


class SurveyDraft(msgspec.Struct, frozen=True):
    """A draft, its survey, and when it was last changed."""

    survey: SurveyOwner
    draft: InstrumentDraft
    changed_at: datetime.datetime


async def insert(connection: Connection, draft: InstrumentDraft, *, by: str | None) -> None:
    """Store a new draft in the caller's transaction; raises if there is one, or too many."""
    try:
        # The survey's row comes with its first draft: nobody else can then publish under the slug.
        begun = await connection.fetchval(
            """
            WITH one AS (
                INSERT INTO surveys (slug, mode, kind, owner) VALUES ($1, $4, $5, $3)
                    ON CONFLICT DO NOTHING
            )
            INSERT INTO instrument_drafts (slug, content, owner)
            SELECT $1, $2, $3
             WHERE $3::uuid IS NULL
                OR (SELECT count(*) FROM instrument_drafts WHERE owner = $3) < $6
            RETURNING true
            """,
            draft.instrument.slug,
            draft,
            by,
            draft.instrument.mode,
            draft.instrument.kind,
            MOST_DRAFTS,
        )
    except asyncpg.UniqueViolationError:
        raise existing_draft() from None
    if not begun:
        raise too_many_drafts(MOST_DRAFTS)


async def get(connection: Connection, slug: str) -> InstrumentDraft:
    draft = await find(connection, slug)
    if draft is None:
        raise unknown_draft()
    return draft


async def find(connection: Connection, slug: str) -> InstrumentDraft | None:
    row = await connection.fetchrow(
        "SELECT content, revision FROM instrument_drafts WHERE slug = $1", slug
    )
    if row is None:
        return None
    return draft_from_row(row)


def draft_from_row(row: asyncpg.Record) -> InstrumentDraft:
    draft = msgspec.convert(row["content"], InstrumentDraft)
    return msgspec.structs.replace(draft, revision=row["revision"])


async def load_all(connection: Connection) -> list[SurveyDraft]:
    """All drafts, the last changed first."""
    rows = await connection.fetch(
        """
        SELECT d.content, d.revision, d.changed_at, s.slug, s.kind, s.owner::text AS owner
          FROM instrument_drafts d JOIN surveys s USING (slug) ORDER BY d.changed_at DESC, d.slug
        """
    )
    return [
        SurveyDraft(
            SurveyOwner(row["slug"], row["kind"], row["owner"]),
            draft_from_row(row),
            row["changed_at"],
        )
        for row in rows
    ]


@require(changed_draft)
def save(
    draft: InstrumentDraft,
    *,
    act: str = "Changed the survey",
    most_steps: int = MOST_STEPS,
    large_bytes: int = LARGE_BYTES,
) -> SQL:
    """Save a draft, and what it was before `act`, unless somebody else changed it meanwhile.

    A very large draft has fewer steps that can be taken back. What was undone cannot be done again
    afterwards.
    """
    return """
        WITH before AS (
            INSERT INTO draft_steps (slug, revision, act, content)
            SELECT slug, revision, $act, content FROM instrument_drafts
             WHERE slug = $draft.instrument.slug AND revision = $draft.revision
                ON CONFLICT DO NOTHING
        ), older AS (
            DELETE FROM draft_steps s USING instrument_drafts d
             WHERE s.slug = $draft.instrument.slug AND d.slug = $draft.instrument.slug
               AND s.revision <= (
                   SELECT revision FROM draft_steps WHERE slug = $draft.instrument.slug
                    ORDER BY revision DESC LIMIT 1
                   OFFSET CASE WHEN pg_column_size(d.content) > $large_bytes
                               THEN 2 ELSE $most_steps - 1 END)
        ), overtaken AS (
            DELETE FROM undone_steps u USING instrument_drafts d
             WHERE u.slug = $draft.instrument.slug AND d.slug = $draft.instrument.slug
               AND d.revision = $draft.revision
        )
        UPDATE instrument_drafts SET content = $draft, revision = revision + 1, changed_at = now()
         WHERE slug = $draft.instrument.slug AND revision = $draft.revision
        RETURNING revision
        """


async def find_last_act(connection: Connection, slug: str) -> str:
    """The last change that can be undone; '' if there is none."""
    act: str | None = await connection.fetchval(
        "SELECT act FROM draft_steps WHERE slug = $1 ORDER BY revision DESC LIMIT 1", slug
    )
    return act or ""


async def find_undone_act(connection: Connection, slug: str) -> str:
    """The change that was undone last and can be done again; '' if there is none."""
    act: str | None = await connection.fetchval(
        "SELECT act FROM undone_steps WHERE slug = $1 ORDER BY place DESC LIMIT 1", slug
    )
    return act or ""


async def undo(connection: Connection, draft: InstrumentDraft) -> str:
    """Put a draft back to what it was before the last change, in the caller's transaction.

    Returns what was taken back; `redo` does it again.
    """
    act: str | None = await connection.fetchval(
        """
        WITH step AS (
            DELETE FROM draft_steps WHERE slug = $1 AND revision = (
                SELECT max(revision) FROM draft_steps WHERE slug = $1)
            RETURNING act, content
        ), undone AS (
            INSERT INTO undone_steps (slug, place, act, content)
            SELECT $1, (SELECT count(*) FROM undone_steps WHERE slug = $1), step.act, d.content
              FROM step JOIN instrument_drafts d ON d.slug = $1 AND d.revision = $2
        )
        UPDATE instrument_drafts d
           SET content = step.content, revision = d.revision + 1, changed_at = now()
          FROM step WHERE d.slug = $1 AND d.revision = $2
        RETURNING step.act
        """,
        draft.instrument.slug,
        draft.revision,
    )
    if act is not None:
        return act
    # The step is deleted in this transaction even so: raising brings it back.
    if await find_last_act(connection, draft.instrument.slug):
        raise changed_draft()
    raise nothing_to_undo()


async def redo(connection: Connection, draft: InstrumentDraft) -> str:
    """Do the change again that was undone last, in the caller's transaction; which it was."""
    act: str | None = await connection.fetchval(
        """
        WITH step AS (
            DELETE FROM undone_steps WHERE slug = $1 AND place = (
                SELECT max(place) FROM undone_steps WHERE slug = $1)
            RETURNING act, content
        ), done AS (
            INSERT INTO draft_steps (slug, revision, act, content)
            SELECT d.slug, d.revision, step.act, d.content
              FROM step JOIN instrument_drafts d ON d.slug = $1 AND d.revision = $2
        )
        UPDATE instrument_drafts d
           SET content = step.content, revision = d.revision + 1, changed_at = now()
          FROM step WHERE d.slug = $1 AND d.revision = $2
        RETURNING step.act
        """,
        draft.instrument.slug,
        draft.revision,
    )
    if act is not None:
        return act
    if await find_undone_act(connection, draft.instrument.slug):
        raise changed_draft()
    raise nothing_to_redo()


@execute
def delete(slug: str) -> SQL:
    return "DELETE FROM instrument_drafts WHERE slug = $1"
