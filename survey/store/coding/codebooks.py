"""SQL for the codebook: its published versions, and the one draft of the next version."""

import datetime

import asyncpg
import msgspec

from survey.coding.codebooks import AnyEdit, Codebook
from survey.coding.refusals import (
    changed_codebook_draft,
    missing_codebook,
    stale_codebook_draft,
    unknown_codebook,
)
from survey.store.database import Connection
from survey.store.rows import load_structs


class CodebookDraft(msgspec.Struct, frozen=True):
    """The draft of the next version, and who changed it last.

    `revision` is new after every save.
    """

    book: Codebook
    revision: int
    by_name: str | None
    edited_at: datetime.datetime


async def get_newest(connection: Connection) -> Codebook:
    """The codebook in use."""
    found = await connection.fetchval(
        "SELECT definition FROM codebooks ORDER BY version DESC LIMIT 1"
    )
    if found is None:
        raise missing_codebook()
    return msgspec.convert(found, Codebook)


async def get(connection: Connection, version: int) -> Codebook:
    found = await connection.fetchval(
        "SELECT definition FROM codebooks WHERE version = $1", version
    )
    if found is None:
        raise unknown_codebook(version)
    return msgspec.convert(found, Codebook)


async def has_any(connection: Connection) -> bool:
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM codebooks)")
    return found


async def insert(connection: Connection, book: Codebook, *, by: str | None = None) -> None:
    try:
        await connection.execute(
            "INSERT INTO codebooks (version, definition, accepted_by) VALUES ($1, $2, $3::uuid)",
            book.version,
            book,
            by,
        )
    # Somebody else accepted this version first, from the same one in use.
    except asyncpg.UniqueViolationError:
        raise stale_codebook_draft(book.version) from None


class AcceptedCodebook(msgspec.Struct, frozen=True):
    """A version of the codebook with who accepted it, when and why, and the edits that made it."""

    version: int
    accepted_by_name: str | None
    accepted_at: datetime.datetime
    note: str
    edits: tuple[AnyEdit, ...]


async def load_versions(
    connection: Connection, *, before: int | None = None, limit: int | None = None
) -> list[AcceptedCodebook]:
    """The versions, the newest first; those before one if that is given."""
    return await load_structs(
        connection,
        AcceptedCodebook,
        """
        SELECT b.version, p.name AS accepted_by_name, b.accepted_at,
               coalesce(b.definition ->> 'note', '') AS note,
               coalesce(b.definition -> 'edits', '[]') AS edits
          FROM codebooks b LEFT JOIN accounts p ON p.id = b.accepted_by
         WHERE $1::int IS NULL OR b.version < $1
         ORDER BY b.version DESC LIMIT $2
        """,
        before,
        limit,
    )


async def find_draft(connection: Connection) -> CodebookDraft | None:
    return draft_from_row(
        await connection.fetchrow(
            """
            SELECT d.definition, d.revision, p.name, d.edited_at
              FROM codebook_draft d LEFT JOIN accounts p ON p.id = d.edited_by
            """
        )
    )


def draft_from_row(row: asyncpg.Record | None) -> CodebookDraft | None:
    if row is None:
        return None
    book = msgspec.convert(row["definition"], Codebook)
    return CodebookDraft(book, row["revision"], row["name"], row["edited_at"])


async def save_draft(
    connection: Connection, book: Codebook, *, revision: int, by: str | None
) -> int:
    """Save the draft and return its revision; raises if it changed since `revision` (0: none)."""
    # DEFAULT is a number never used before: nobody saves over a draft begun after their own.
    saved: int | None = await connection.fetchval(
        """
        INSERT INTO codebook_draft (definition, edited_by)
        SELECT $1, $3::uuid WHERE $2::bigint = 0 OR EXISTS (SELECT FROM codebook_draft)
            ON CONFLICT (single) DO UPDATE
           SET revision = DEFAULT, definition = excluded.definition,
               edited_by = excluded.edited_by, edited_at = now()
         WHERE codebook_draft.revision = $2
        RETURNING revision
        """,
        book,
        revision,
        by,
    )
    if saved is None:
        raise changed_codebook_draft()
    return saved


async def take_draft(connection: Connection) -> CodebookDraft | None:
    """Delete the draft and return it; it is still there if this transaction fails."""
    return draft_from_row(
        await connection.fetchrow(
            """
            WITH taken AS (DELETE FROM codebook_draft RETURNING *)
            SELECT d.definition, d.revision, p.name, d.edited_at
              FROM taken d LEFT JOIN accounts p ON p.id = d.edited_by
            """
        )
    )


async def discard_draft(connection: Connection) -> None:
    """Delete the draft; proposals that were accepted into it are open again."""
    await connection.execute(
        """
        WITH dropped AS (DELETE FROM codebook_draft RETURNING 1)
        UPDATE proposals SET state = 'open', decided_by = NULL, decided_at = NULL
         WHERE state = 'accepted' AND codebook = (SELECT max(version) FROM codebooks)
           AND EXISTS (SELECT FROM dropped)
        """
    )
