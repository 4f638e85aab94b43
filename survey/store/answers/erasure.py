"""SQL for erasure: deletes a response or a complaint with every copy of its words, and keeps a
salted hash of its reference, so that a restored backup is erased again.
"""

import secrets
from collections.abc import Sequence

import msgspec

from survey.store import statements as sql
from survey.store.accounts import sessions
from survey.store.answers import entries, limited_responses, responses, sums
from survey.store.cases import complaints
from survey.store.database import Connection
from survey.store.surveys import fieldwork
from survey.store.themes import codes
from survey.themes.codebook_edits import codebook_without_texts
from survey.themes.codebooks import Codebook


async def erase(connection: Connection, reference: str) -> str | None:
    """Erase the response or complaint with this reference; return which it was, or None.

    In the caller's transaction. Examples taken from its texts leave every version of the codebook
    and the draft, and stored inputs of editions are destroyed where they may contain it.
    """
    # First, because whoever stores an answer holds the limits before anything else.
    await limited_responses.free_place(connection, reference)
    # Next, because a phone that corrects this answer, or sends a file to it, holds this row first.
    await fieldwork.forget_phone_of(connection, reference)
    await fieldwork.forget_point_of(connection, reference)
    # These three read what goes below, and a trigger refuses to delete what is in the sums.
    words = await load_shown_texts(connection, reference)
    await destroy_inputs(connection, reference)
    await sums.subtract_response(connection, reference)
    await delete_texts_and_files(connection, reference)
    await entries.forget_upload(connection, reference)
    what = "response" if await responses.erase(connection, reference) else None
    # Nothing else knows of an answer that waits to be looked at.
    if what is None and await entries.erase_held(connection, reference):
        what = "response"
    if what is None and await complaints.erase(connection, reference):
        what = "complaint"
        await sessions.delete_case_drafts(connection, reference)
    if what is not None:
        await codes.fold_counts(connection)
    if words:
        await remove_from_codebooks(connection, words)
    if what is not None:
        await insert_mark(connection, reference)
    return what


@sql.values(frozenset[str])
def load_shown_texts(reference: str) -> sql.SQL:
    """The texts under a reference as people may have seen them: every redacted version."""
    return """
        SELECT DISTINCT d.redacted
          FROM (SELECT text, redacted FROM codings
                 UNION ALL SELECT text, redacted FROM redactions) d
          JOIN texts t ON t.id = d.text
         WHERE t.response = (SELECT id FROM responses WHERE reference = $1)
            OR t.complaint = (SELECT id FROM complaints WHERE reference = $1)
        """


@sql.execute
def delete_texts_and_files(reference: str) -> sql.SQL:
    """Delete the texts under a reference, what refers to them, and the files of an answer."""
    # Foreign keys would do it too, but over several machines there are none between these tables
    # (distribution.sql).
    return """
        WITH erased AS (
            SELECT id FROM texts
             WHERE response = (SELECT id FROM responses WHERE reference = $1)
                OR complaint = (SELECT id FROM complaints WHERE reference = $1)
        ), unquoted AS (
            UPDATE quotes SET text = NULL WHERE text IN (SELECT id FROM erased)
        ), uncentred AS (
            UPDATE campaigns SET central = NULL WHERE central IN (SELECT id FROM erased)
        ), undrafted AS (
            DELETE FROM machine_draft_passages WHERE text IN (SELECT id FROM erased)
        ), unspoken AS (
            DELETE FROM transcripts WHERE text IN (SELECT id FROM erased)
        ), unflagged AS (
            DELETE FROM answer_flags
             WHERE response = (SELECT id FROM responses WHERE reference = $1)
        ), detached AS (
            DELETE FROM attachments
             WHERE response = (SELECT id FROM responses WHERE reference = $1)
        )
        DELETE FROM texts WHERE id IN (SELECT id FROM erased)
        """


async def remove_from_codebooks(connection: Connection, words: frozenset[str]) -> None:
    """Remove texts from every version of the codebook, and from the draft."""
    for row in await connection.fetch("SELECT version, definition FROM codebooks FOR UPDATE"):
        book = msgspec.convert(row["definition"], Codebook)
        if (rest := codebook_without_texts(book, words)) != book:
            await rewrite_codebook(connection, rest)
    draft = await connection.fetchval("SELECT definition FROM codebook_draft FOR UPDATE")
    if draft is not None:
        rest = codebook_without_texts(msgspec.convert(draft, Codebook), words)
        await connection.execute("UPDATE codebook_draft SET definition = $1", rest)


async def rewrite_codebook(connection: Connection, book: Codebook) -> None:
    """Overwrite a published version of the codebook; erasure is the only reason to."""
    await connection.execute(
        """
        WITH allowed AS MATERIALIZED (SELECT set_config('soundings.erasing', 'on', true))
        UPDATE codebooks SET definition = $2 FROM allowed WHERE version = $1
        """,
        book.version,
        book,
    )
    # The rest of the transaction must not change a published version.
    await connection.execute("SELECT set_config('soundings.erasing', 'off', true)")


class ErasureMark(msgspec.Struct, frozen=True):
    """The salted hash of an erased reference."""

    salt: bytes
    mark: bytes


async def insert_mark(connection: Connection, reference: str) -> None:
    """Store that the reference was erased, under the same salt as the other marks."""
    # With one salt the search for marks hashes each reference once, not once for every mark.
    await connection.execute(
        """
        WITH salted AS (
            SELECT coalesce((SELECT salt FROM erasure_marks LIMIT 1), $2::bytea) AS salt)
        INSERT INTO erasure_marks (salt, mark)
        SELECT salt, sha256(salt || convert_to($1, 'UTF8')) FROM salted
        ON CONFLICT DO NOTHING
        """,
        reference,
        secrets.token_bytes(16),
    )


@sql.many(ErasureMark)
def load_marks() -> sql.SQL:
    return "SELECT salt, mark FROM erasure_marks"


@sql.execute
def insert_marks(marks: Sequence[ErasureMark]) -> sql.SQL:
    """Add the marks of another database to the ones here."""
    return """
        INSERT INTO erasure_marks (salt, mark)
        SELECT * FROM unnest($marks.salt::bytea[], $marks.mark::bytea[]) ON CONFLICT DO NOTHING
        """


@sql.values(list[str])
def load_erased_references() -> sql.SQL:
    """References that are still in the database although they are marked as erased."""
    return """
        WITH held AS (
            SELECT reference FROM responses UNION ALL SELECT reference FROM complaints)
        SELECT reference FROM held
          JOIN (SELECT DISTINCT salt FROM erasure_marks) s ON true
          JOIN erasure_marks m
            ON m.salt = s.salt AND m.mark = sha256(s.salt || convert_to(reference, 'UTF8'))
         ORDER BY reference
        """


@sql.value(int)
def destroy_inputs(reference: str) -> sql.SQL:
    """Destroy all inputs that may contain a reference's data; return how many editions."""
    # Inputs are arrays without references: whatever covers the day may contain it. Those of an
    # outcome report are published figures alone.
    return """
        WITH received AS (
            SELECT received_at FROM responses WHERE reference = $1
            UNION ALL SELECT received_at FROM complaints WHERE reference = $1
        ), gone AS (
            UPDATE edition_inputs SET body = NULL, destroyed_on = current_date
              FROM received
             WHERE body IS NOT NULL AND kind <> 'outcome' AND received_at::date
                   BETWEEN first_on AND end_on
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """
