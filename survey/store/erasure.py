"""SQL for erasure: a response or a complaint goes, and every copy of its words with it."""

import msgspec

from survey.codebooks import Codebook
from survey.edits import forgotten
from survey.store import complaints, erasure_marks, inputs, responses, sessions, sums
from survey.store.database import Connection


async def erase(connection: Connection, reference: str) -> str | None:
    """Erase what a reference stands for, and say which it was, in the caller's transaction.

    What people took from it as an example leaves every version of the codebook and the draft, and
    what editions were made from is destroyed where it may hold it.
    """
    words = await words_under(connection, reference)
    await inputs.destroy(connection, reference)
    await sums.take_out(connection, reference)
    what = "response" if await responses.erase(connection, reference) else None
    if what is None and await complaints.erase(connection, reference):
        what = "complaint"
        await sessions.delete_drafts_of(connection, reference)
    if words:
        await forget(connection, words)
    if what is not None:
        await erasure_marks.insert_mark(connection, reference)
    return what


async def words_under(connection: Connection, reference: str) -> frozenset[str]:
    """The texts under a reference as people may have seen them: redacted, by whomever."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT d.redacted
          FROM (SELECT text, redacted FROM codings
                 UNION ALL SELECT text, redacted FROM redactions) d
          JOIN texts t ON t.id = d.text
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         WHERE r.reference = $1 OR c.reference = $1
        """,
        reference,
    )
    return frozenset(row["redacted"] for row in rows)


async def forget(connection: Connection, words: frozenset[str]) -> None:
    """Take the words out of every version of the codebook, and out of the draft."""
    for row in await connection.fetch("SELECT version, definition FROM codebooks FOR UPDATE"):
        book = msgspec.convert(row["definition"], Codebook)
        if (rest := forgotten(book, words)) != book:
            await rewrite(connection, rest)
    draft = await connection.fetchval("SELECT definition FROM codebook_draft FOR UPDATE")
    if draft is not None:
        rest = forgotten(msgspec.convert(draft, Codebook), words)
        await connection.execute("UPDATE codebook_draft SET definition = $1", rest)


async def rewrite(connection: Connection, book: Codebook) -> None:
    """The one way in which a version that stands may change."""
    await connection.execute(
        """
        WITH allowed AS MATERIALIZED (SELECT set_config('soundings.erasing', 'on', true))
        UPDATE codebooks SET definition = $2 FROM allowed WHERE version = $1
        """,
        book.version,
        book,
    )
    await connection.execute("SELECT set_config('soundings.erasing', 'off', true)")
