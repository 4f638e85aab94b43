"""SQL for surveys: the slug, its owner, and the mode and kind that never change."""

import asyncpg
import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct


class SurveyOwner(msgspec.Struct, frozen=True):
    """A slug and its owner: an account, or None for a built-in survey."""

    slug: str
    kind: str
    owner: str | None

    @property
    def is_house(self) -> bool:
        return self.owner is None


async def find(connection: Connection, slug: str) -> SurveyOwner | None:
    """The owner of a slug, or None if it is free."""
    return await find_struct(
        connection, SurveyOwner, "SELECT slug, kind, owner::text FROM surveys WHERE slug = $1", slug
    )


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


async def release(connection: Connection, slug: str) -> None:
    """Free a slug that has neither a version nor a draft."""
    await connection.execute(
        """
        DELETE FROM surveys s WHERE slug = $1
           AND NOT EXISTS (SELECT FROM instruments i WHERE i.slug = s.slug)
           AND NOT EXISTS (SELECT FROM instrument_drafts d WHERE d.slug = s.slug)
        """,
        slug,
    )


async def load_claimed_slugs(connection: Connection) -> set[str]:
    """Every slug that is taken."""
    rows: list[asyncpg.Record] = await connection.fetch("SELECT slug FROM surveys")
    return {row["slug"] for row in rows}
