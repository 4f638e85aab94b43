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
from survey.store.statements import SQL, boolean, execute, first_by, many, value


class CodebookDraft(msgspec.Struct, frozen=True):
    """The draft of the next version, and who changed it last.

    `revision` is new after every save.
    """

    book: Codebook
    revision: int
    by_name: str | None
    edited_at: datetime.datetime


@value(Codebook, missing_codebook)
def get_newest() -> SQL:
    """The codebook in use."""
    return "SELECT definition FROM codebooks ORDER BY version DESC LIMIT 1"


async def get(connection: Connection, version: int) -> Codebook:
    found = await connection.fetchval(
        "SELECT definition FROM codebooks WHERE version = $1", version
    )
    if found is None:
        raise unknown_codebook(version)
    return msgspec.convert(found, Codebook)


@boolean
def has_any() -> SQL:
    return "SELECT EXISTS (SELECT FROM codebooks)"


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


@many(AcceptedCodebook)
def load_versions(*, before: int | None = None, limit: int | None = None) -> SQL:
    """The versions, the newest first; those before one if that is given."""
    return """
        SELECT b.version, p.name AS accepted_by_name, b.accepted_at,
               coalesce(b.definition ->> 'note', '') AS note,
               coalesce(b.definition -> 'edits', '[]') AS edits
          FROM codebooks b LEFT JOIN accounts p ON p.id = b.accepted_by
         WHERE $1::int IS NULL OR b.version < $1
         ORDER BY b.version DESC LIMIT $2
        """


def draft_from_row(row: asyncpg.Record) -> CodebookDraft:
    book = msgspec.convert(row["definition"], Codebook)
    return CodebookDraft(book, row["revision"], row["name"], row["edited_at"])


@first_by(draft_from_row)
def find_draft() -> SQL:
    return """
        SELECT d.definition, d.revision, p.name, d.edited_at
          FROM codebook_draft d LEFT JOIN accounts p ON p.id = d.edited_by
        """


@value(int, changed_codebook_draft)
def save_draft(book: Codebook, *, revision: int, by: str | None) -> SQL:
    """Save the draft and return its revision; raises if it changed since `revision` (0: none)."""
    # DEFAULT is a number never used before: nobody saves over a draft begun after their own.
    return """
        INSERT INTO codebook_draft (definition, edited_by)
        SELECT $1, $3::uuid WHERE $2::bigint = 0 OR EXISTS (SELECT FROM codebook_draft)
            ON CONFLICT (single) DO UPDATE
           SET revision = DEFAULT, definition = excluded.definition,
               edited_by = excluded.edited_by, edited_at = now()
         WHERE codebook_draft.revision = $2
        RETURNING revision
        """


@first_by(draft_from_row)
def take_draft() -> SQL:
    """Delete the draft and return it; it is still there if this transaction fails."""
    return """
        WITH taken AS (DELETE FROM codebook_draft RETURNING *)
        SELECT d.definition, d.revision, p.name, d.edited_at
          FROM taken d LEFT JOIN accounts p ON p.id = d.edited_by
        """


@execute
def discard_draft() -> SQL:
    """Delete the draft; proposals that were accepted into it are open again."""
    return """
        WITH dropped AS (DELETE FROM codebook_draft RETURNING 1)
        UPDATE proposals SET state = 'open', decided_by = NULL, decided_at = NULL
         WHERE state = 'accepted' AND codebook = (SELECT max(version) FROM codebooks)
           AND EXISTS (SELECT FROM dropped)
        """
