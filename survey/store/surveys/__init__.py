"""SQL for surveys: the slug, its owner, the mode and kind that never change; and the draft of one
that is not published yet.
"""

import datetime

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.surveys.instruments import MOST_DRAFTS, drafts

# What a survey is called, in its newest version or else in its draft, and whether it has a version.
TITLE = """
    coalesce((SELECT i.definition -> 'title' FROM instruments i WHERE i.slug = s.slug
               ORDER BY i.version DESC LIMIT 1),
             (SELECT d.content -> 'instrument' -> 'title' FROM instrument_drafts d
               WHERE d.slug = s.slug), '{}') AS title,
    EXISTS (SELECT FROM instruments i WHERE i.slug = s.slug) AS is_published
"""
MOST_STEPS = 20  # that can be taken back
LARGE_BYTES = 100_000  # bytes of a stored draft; for a larger one fewer steps are stored
DRAFT_SQL = "SELECT content, revision FROM instrument_drafts WHERE slug = $1"


class SurveyOwner(msgspec.Struct, frozen=True):
    """A slug and its owner: an account, or None for a built-in survey. `former_owner` is the
    account whose it was before.
    """

    slug: str
    kind: str
    owner: str | None
    former_owner: str | None = None

    @property
    def is_house(self) -> bool:
        return self.owner is None


@sql.first(SurveyOwner)
def find(slug: str) -> sql.SQL:
    """The owner of a slug, or None if it is free."""
    return "SELECT slug, kind, owner::text, former_owner::text FROM surveys WHERE slug = $1"


async def claim(
    connection: Connection, slug: str, mode: str, kind: str, *, owner: str | None
) -> SurveyOwner:
    """Take a slug if it is free, hold it until the end of the transaction, and return its owner.

    Waits for whoever takes the same slug at this moment. While nothing is published of it, its
    owner may still say how it is answered and of what kind it is.
    """
    await connection.execute(
        """
        INSERT INTO surveys (slug, mode, kind, owner) VALUES ($1, $2, $3, $4::uuid)
            ON CONFLICT (slug) DO UPDATE SET mode = excluded.mode, kind = excluded.kind
         WHERE surveys.owner IS NOT DISTINCT FROM excluded.owner
           AND NOT EXISTS (SELECT FROM instruments i WHERE i.slug = surveys.slug)
        """,
        slug,
        mode,
        kind,
        owner,
    )
    # Asked again, because DO UPDATE returns nothing where its condition fails.
    row = await connection.fetchrow(
        "SELECT slug, kind, owner::text FROM surveys WHERE slug = $1 FOR UPDATE", slug
    )
    if row is None:
        raise LookupError(slug)
    return SurveyOwner(**row)


@sql.execute
def release(slug: str) -> sql.SQL:
    """Free a slug that has neither a version nor a draft."""
    return """
        DELETE FROM surveys s WHERE slug = $1
           AND NOT EXISTS (SELECT FROM instruments i WHERE i.slug = s.slug)
           AND NOT EXISTS (SELECT FROM instrument_drafts d WHERE d.slug = s.slug)
        """


@sql.values(set[str])
def load_claimed_slugs() -> sql.SQL:
    """Every slug that is taken."""
    return "SELECT slug FROM surveys"


class OwnedSurvey(msgspec.Struct, frozen=True):
    """A survey as its owner finds it in a list."""

    slug: str
    title: dict[str, str]
    is_published: bool


@sql.many(OwnedSurvey)
def load_owned(account: str) -> sql.SQL:
    """The surveys of an account, published or not, by slug."""
    return f"SELECT s.slug, {TITLE} FROM surveys s WHERE s.owner = $1::uuid ORDER BY s.slug"  # noqa: S608 - only our own words


@sql.boolean
def change_owner(slug: str, *, former: str, new: str) -> sql.SQL:
    """Make an account the owner of a survey and of its draft; False if `former` no longer is."""
    # The update waits for whoever holds the row, and then looks again whose it is.
    return """
        WITH changed AS (
            UPDATE surveys SET owner = $3::uuid WHERE slug = $1 AND owner = $2::uuid
            RETURNING slug
        ), draft AS (
            UPDATE instrument_drafts d SET owner = $3::uuid FROM changed c WHERE d.slug = c.slug
        )
        SELECT true FROM changed
        """


class HandedOverSurvey(OwnedSurvey, frozen=True):
    """A survey that changed hands: from whom, to whom, when; `is_gained` if this account got it."""

    owner: str
    former_owner: str
    at: datetime.datetime
    is_gained: bool


@sql.many(HandedOverSurvey)
def load_handed_over(account: str, since: datetime.datetime) -> sql.SQL:
    """The surveys that this account got or handed over since then, the last first."""
    return f"""
        SELECT s.slug, {TITLE}, o.name AS owner, f.name AS former_owner, s.handed_over_at AS at,
               s.owner = $1::uuid AS is_gained
          FROM surveys s JOIN accounts o ON o.id = s.owner JOIN accounts f ON f.id = s.former_owner
         WHERE (s.owner = $1::uuid OR s.former_owner = $1::uuid) AND s.handed_over_at >= $2
         ORDER BY s.handed_over_at DESC, s.slug
        """  # noqa: S608 - our own words


class SurveyDraft(msgspec.Struct, frozen=True):
    """A draft, its survey, and when it was last changed."""

    survey: SurveyOwner
    draft: drafts.InstrumentDraft
    changed_at: datetime.datetime


@sql.unique(drafts.existing_draft)
@sql.require(lambda: drafts.too_many_drafts(MOST_DRAFTS))
def insert_draft(draft: drafts.InstrumentDraft, *, by: str | None) -> sql.SQL:
    """Store a new draft in the caller's transaction; raises if there is one, or too many."""
    # The survey's row comes with its first draft: nobody else can then publish under the slug.
    return f"""
        WITH claimed AS (
            INSERT INTO surveys (slug, mode, kind, owner)
            VALUES ($draft.instrument.slug, $draft.instrument.mode, $draft.instrument.kind,
                    $by::uuid)
                ON CONFLICT DO NOTHING
        )
        INSERT INTO instrument_drafts (slug, content, owner)
        SELECT $draft.instrument.slug, $draft, $by::uuid
         WHERE $by::uuid IS NULL
            OR (SELECT count(*) FROM instrument_drafts WHERE owner = $by::uuid) < {MOST_DRAFTS}
        RETURNING true
        """  # noqa: S608 - only our own words


def draft_from_row(row: asyncpg.Record) -> drafts.InstrumentDraft:
    draft = msgspec.convert(row["content"], drafts.InstrumentDraft)
    return msgspec.structs.replace(draft, revision=row["revision"])


@sql.only_by(draft_from_row, drafts.unknown_draft)
def get_draft(slug: str) -> sql.SQL:
    return DRAFT_SQL


@sql.first_by(draft_from_row)
def find_draft(slug: str) -> sql.SQL:
    return DRAFT_SQL


@sql.many_by(
    lambda row: SurveyDraft(
        SurveyOwner(row["slug"], row["kind"], row["owner"]), draft_from_row(row), row["changed_at"]
    )
)
def load_drafts() -> sql.SQL:
    """All drafts, the last changed first."""
    return """
        SELECT d.content, d.revision, d.changed_at, s.slug, s.kind, s.owner::text AS owner
          FROM instrument_drafts d JOIN surveys s USING (slug) ORDER BY d.changed_at DESC, d.slug
        """


@sql.require(drafts.changed_draft)
def save_draft(
    draft: drafts.InstrumentDraft,
    *,
    act: str = "Changed the survey",
    most_steps: int = MOST_STEPS,
    large_bytes: int = LARGE_BYTES,
) -> sql.SQL:
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


@sql.value(str)
def find_last_act(slug: str) -> sql.SQL:
    """The last change that can be undone; '' if there is none."""
    return """
        SELECT coalesce((SELECT act FROM draft_steps WHERE slug = $1
                          ORDER BY revision DESC LIMIT 1), '')
        """


@sql.value(str)
def find_undone_act(slug: str) -> sql.SQL:
    """The change that was undone last and can be done again; '' if there is none."""
    return """
        SELECT coalesce((SELECT act FROM undone_steps WHERE slug = $1
                          ORDER BY place DESC LIMIT 1), '')
        """


async def undo(connection: Connection, draft: drafts.InstrumentDraft) -> str:
    """Put a draft back to what it was before the last change, in the caller's transaction.

    Returns what was taken back; `redo` does it again.
    """
    act = await exchange_step(
        connection,
        draft,
        """DELETE FROM draft_steps WHERE slug = $1 AND revision = (
               SELECT max(revision) FROM draft_steps WHERE slug = $1)""",
        """INSERT INTO undone_steps (slug, place, act, content)
           SELECT $1, (SELECT count(*) FROM undone_steps WHERE slug = $1), step.act, d.content""",
    )
    if act is not None:
        return act
    # The step is deleted in this transaction even so: raising brings it back.
    if await find_last_act(connection, draft.instrument.slug):
        raise drafts.changed_draft()
    raise drafts.nothing_to_undo()


async def redo(connection: Connection, draft: drafts.InstrumentDraft) -> str:
    """Redo the change that was undone last, in the caller's transaction; return its act."""
    act = await exchange_step(
        connection,
        draft,
        """DELETE FROM undone_steps WHERE slug = $1 AND place = (
               SELECT max(place) FROM undone_steps WHERE slug = $1)""",
        """INSERT INTO draft_steps (slug, revision, act, content)
           SELECT d.slug, d.revision, step.act, d.content""",
    )
    if act is not None:
        return act
    if await find_undone_act(connection, draft.instrument.slug):
        raise drafts.changed_draft()
    raise drafts.nothing_to_redo()


async def exchange_step(
    connection: Connection, draft: drafts.InstrumentDraft, taken: str, kept: str
) -> str | None:
    """Give the draft the content of the step that `taken` deletes, after `kept` has stored what it
    had; return the act of the step, None if there is none or the draft was changed.
    """
    act: str | None = await connection.fetchval(
        f"""
        WITH step AS ({taken} RETURNING act, content),
             other AS ({kept}
                         FROM step JOIN instrument_drafts d ON d.slug = $1 AND d.revision = $2)
        UPDATE instrument_drafts d
           SET content = step.content, revision = d.revision + 1, changed_at = now()
          FROM step WHERE d.slug = $1 AND d.revision = $2
        RETURNING step.act
        """,  # noqa: S608 - only our own words
        draft.instrument.slug,
        draft.revision,
    )
    return act


@sql.execute
def delete_draft(slug: str) -> sql.SQL:
    return "DELETE FROM instrument_drafts WHERE slug = $1"
