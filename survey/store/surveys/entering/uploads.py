"""SQL for uploads of answers: which answers came with which upload, and whether it was undone."""

import datetime

import msgspec

from survey.store.statements import SQL, execute, first, many, value, values


class AnswerUpload(msgspec.Struct, frozen=True):
    """One upload of a survey's answers; people call it by its number and its day."""

    id: str
    number: int
    made_on: datetime.date
    answers: int
    undone_on: datetime.date | None


@execute
def lock_survey(slug: str) -> SQL:
    """Let one upload of a survey at a time look for rows that were stored before, and store."""
    return "SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE"


@many(AnswerUpload)
def load(slug: str) -> SQL:
    """The uploads of a survey, the newest first."""
    return """
        SELECT id::text, number, made_on, answers, undone_on FROM answer_uploads
         WHERE survey = $1 ORDER BY number DESC
        """


@first(AnswerUpload)
def find(slug: str, ident: str) -> SQL:
    """One upload of a survey; nobody else changes it until the end of the transaction."""
    return """
        SELECT id::text, number, made_on, answers, undone_on FROM answer_uploads
         WHERE survey = $1 AND id = $2::uuid FOR UPDATE
        """


@value(int)
def insert(slug: str, ident: str, answers: int) -> SQL:
    """Add an upload under the next number of its survey, which is returned."""
    return """
        INSERT INTO answer_uploads (id, survey, number, answers)
        SELECT $2::uuid, $1, coalesce(max(number), 0) + 1, $3 FROM answer_uploads WHERE survey = $1
        RETURNING number
        """


@execute
def insert_answers(ident: str, references: list[str], marks: list[bytes]) -> SQL:
    """Save which answers came with an upload, and the marks of their rows."""
    return """
        INSERT INTO uploaded_answers (reference, upload, row_mark)
        SELECT reference, $1::uuid, mark FROM unnest($2::text[], $3::bytea[]) AS a (reference, mark)
        """


@values(set[bytes])
def load_stored_marks(marks: list[bytes]) -> SQL:
    """Which of these marks are of rows whose answers are stored already."""
    return "SELECT DISTINCT row_mark FROM uploaded_answers WHERE row_mark = ANY($1)"


@values(list[str])
def load_references(ident: str) -> SQL:
    """The answers of an upload that are still there."""
    return "SELECT reference FROM uploaded_answers WHERE upload = $1::uuid ORDER BY reference"


@execute
def forget_reference(reference: str) -> SQL:
    """Forget with which upload an answer came, and the row it was read from."""
    return "DELETE FROM uploaded_answers WHERE reference = $1"


@execute
def set_undone(ident: str) -> SQL:
    return """
        UPDATE answer_uploads SET undone_on = (now() AT TIME ZONE 'Europe/London')::date
         WHERE id = $1::uuid
        """
