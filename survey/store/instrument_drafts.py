"""SQL for surveys on their way to be published."""

import datetime

import asyncpg
import msgspec

from survey.instruments.drafts import Draft
from survey.instruments.sizes import MOST_DRAFTS
from survey.problems import Conflict, NotFound
from survey.store.database import Connection
from survey.store.surveys import SurveyOwner


class SurveyDraft(msgspec.Struct, frozen=True):
    """A draft, whose survey it is of, and when it was last changed."""

    survey: SurveyOwner
    draft: Draft
    changed_at: datetime.datetime


async def insert(connection: Connection, draft: Draft, *, by: str | None) -> None:
    """Begin a draft in the caller's transaction; there is one for each survey."""
    try:
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
        raise Conflict(
            "draft.there",
            f"There is a draft of {draft.instrument.slug!r} already.",
            "Open that one, or choose another name for the address.",
        ) from None
    if not begun:
        raise Conflict(
            "draft.too_many",
            f"You have {MOST_DRAFTS} drafts, which is the most that one person may have.",
            "Publish or discard one of them, then begin this one again.",
        )


async def get(connection: Connection, slug: str) -> Draft:
    draft = await find(connection, slug)
    if draft is None:
        raise NotFound("draft.unknown", f"There is no draft of {slug[:60]!r}.")
    return draft


async def find(connection: Connection, slug: str) -> Draft | None:
    row = await connection.fetchrow(
        "SELECT content, revision FROM instrument_drafts WHERE slug = $1", slug
    )
    if row is None:
        return None
    return draft_of(row)


def draft_of(row: asyncpg.Record) -> Draft:
    draft = msgspec.convert(row["content"], Draft)
    return msgspec.structs.replace(draft, revision=row["revision"])


async def every(connection: Connection) -> list[SurveyDraft]:
    """Each draft, the last changed first."""
    rows = await connection.fetch(
        """
        SELECT d.content, d.revision, d.changed_at, s.slug, s.kind, s.owner::text AS owner
          FROM instrument_drafts d JOIN surveys s USING (slug) ORDER BY d.changed_at DESC, d.slug
        """
    )
    return [
        SurveyDraft(
            SurveyOwner(row["slug"], row["kind"], row["owner"]), draft_of(row), row["changed_at"]
        )
        for row in rows
    ]


async def save(connection: Connection, draft: Draft) -> None:
    """Keep a draft as it is now, unless somebody else has changed it since it was read."""
    kept = await connection.fetchval(
        """
        UPDATE instrument_drafts SET content = $2, revision = revision + 1, changed_at = now()
         WHERE slug = $1 AND revision = $3
        RETURNING revision
        """,
        draft.instrument.slug,
        draft,
        draft.revision,
    )
    if kept is None:
        raise Conflict(
            "draft.changed",
            "Somebody else changed this draft while you had it open.",
            "Look at it as it is now and make your change again. Yours was not kept.",
        )


async def delete(connection: Connection, slug: str) -> None:
    await connection.execute("DELETE FROM instrument_drafts WHERE slug = $1", slug)
