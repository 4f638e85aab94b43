"""SQL for uploads of answers: which answers came with which upload, and whether it was undone."""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs


class AnswerUpload(msgspec.Struct, frozen=True):
    """One upload of a survey's answers; people call it by its number and its day."""

    id: str
    number: int
    made_on: datetime.date
    answers: int
    undone_on: datetime.date | None


async def lock_survey(connection: Connection, slug: str) -> None:
    """Let one upload of a survey at a time look for rows that were stored before, and store."""
    await connection.execute("SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE", slug)


async def load(connection: Connection, slug: str) -> list[AnswerUpload]:
    """The uploads of a survey, the newest first."""
    return await load_structs(
        connection,
        AnswerUpload,
        """
        SELECT id::text, number, made_on, answers, undone_on FROM answer_uploads
         WHERE survey = $1 ORDER BY number DESC
        """,
        slug,
    )


async def find(connection: Connection, slug: str, ident: str) -> AnswerUpload | None:
    """One upload of a survey; nobody else changes it until the end of the transaction."""
    return await find_struct(
        connection,
        AnswerUpload,
        """
        SELECT id::text, number, made_on, answers, undone_on FROM answer_uploads
         WHERE survey = $1 AND id = $2::uuid FOR UPDATE
        """,
        *(slug, ident),
    )


async def insert(connection: Connection, slug: str, ident: str, answers: int) -> int:
    """Add an upload under the next number of its survey, which is returned."""
    number: int = await connection.fetchval(
        """
        INSERT INTO answer_uploads (id, survey, number, answers)
        SELECT $2::uuid, $1, coalesce(max(number), 0) + 1, $3 FROM answer_uploads WHERE survey = $1
        RETURNING number
        """,
        *(slug, ident, answers),
    )
    return number


async def insert_answers(
    connection: Connection, ident: str, references: list[str], marks: list[bytes]
) -> None:
    """Save which answers came with an upload, and the marks of their rows."""
    await connection.execute(
        """
        INSERT INTO uploaded_answers (reference, upload, row_mark)
        SELECT reference, $1::uuid, mark FROM unnest($2::text[], $3::bytea[]) AS a (reference, mark)
        """,
        *(ident, references, marks),
    )


async def load_stored_marks(connection: Connection, marks: list[bytes]) -> set[bytes]:
    """Which of these marks are of rows whose answers are stored already."""
    rows = await connection.fetch(
        "SELECT DISTINCT row_mark FROM uploaded_answers WHERE row_mark = ANY($1)", marks
    )
    return {row["row_mark"] for row in rows}


async def load_references(connection: Connection, ident: str) -> list[str]:
    """The answers of an upload that are still there."""
    rows = await connection.fetch(
        "SELECT reference FROM uploaded_answers WHERE upload = $1::uuid ORDER BY reference", ident
    )
    return [row["reference"] for row in rows]


async def forget_reference(connection: Connection, reference: str) -> None:
    """Forget with which upload an answer came, and the row it was read from."""
    await connection.execute("DELETE FROM uploaded_answers WHERE reference = $1", reference)


async def set_undone(connection: Connection, ident: str) -> None:
    await connection.execute(
        """
        UPDATE answer_uploads SET undone_on = (now() AT TIME ZONE 'Europe/London')::date
         WHERE id = $1::uuid
        """,
        ident,
    )
