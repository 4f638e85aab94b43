"""SQL for surveys: the slug, its owner, and the mode and kind that never change."""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, first, many, values

# What a survey is called, in its newest version or else in its draft, and whether it has a version.
TITLE = """
    coalesce((SELECT i.definition -> 'title' FROM instruments i WHERE i.slug = s.slug
               ORDER BY i.version DESC LIMIT 1),
             (SELECT d.content -> 'instrument' -> 'title' FROM instrument_drafts d
               WHERE d.slug = s.slug), '{}') AS title,
    EXISTS (SELECT FROM instruments i WHERE i.slug = s.slug) AS is_published
"""


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


@first(SurveyOwner)
def find(slug: str) -> SQL:
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


@execute
def release(slug: str) -> SQL:
    """Free a slug that has neither a version nor a draft."""
    return """
        DELETE FROM surveys s WHERE slug = $1
           AND NOT EXISTS (SELECT FROM instruments i WHERE i.slug = s.slug)
           AND NOT EXISTS (SELECT FROM instrument_drafts d WHERE d.slug = s.slug)
        """


@values(set[str])
def load_claimed_slugs() -> SQL:
    """Every slug that is taken."""
    return "SELECT slug FROM surveys"


class OwnedSurvey(msgspec.Struct, frozen=True):
    """A survey as its owner finds it in a list."""

    slug: str
    title: dict[str, str]
    is_published: bool


@many(OwnedSurvey)
def load_owned(account: str) -> SQL:
    """The surveys of an account, published or not, by slug."""
    return f"SELECT s.slug, {TITLE} FROM surveys s WHERE s.owner = $1::uuid ORDER BY s.slug"  # noqa: S608


@boolean
def change_owner(slug: str, *, former: str, new: str) -> SQL:
    """Make an account the owner of a survey and of its draft; False if `former` is it no more."""
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
    """A survey that changed hands: whose it is and was, and when. `is_gained` by who asks."""

    owner: str
    former_owner: str
    at: datetime.datetime
    is_gained: bool


@many(HandedOverSurvey)
def load_handed_over(account: str, since: datetime.datetime) -> SQL:
    """The surveys that this account got or handed over since then, the last first."""
    return f"""
        SELECT s.slug, {TITLE}, o.name AS owner, f.name AS former_owner, s.handed_over_at AS at,
               s.owner = $1::uuid AS is_gained
          FROM surveys s JOIN accounts o ON o.id = s.owner JOIN accounts f ON f.id = s.former_owner
         WHERE (s.owner = $1::uuid OR s.former_owner = $1::uuid) AND s.handed_over_at >= $2
         ORDER BY s.handed_over_at DESC, s.slug
        """  # noqa: S608 - our own words
