"""SQL for answers that somebody lets in or types in: held ones, uploads, forms on paper."""

import datetime
from typing import Literal

import msgspec

from survey.problems import Problem
from survey.store import statements as sql
from survey.store.answers import responses
from survey.store.answers.responses import NewResponse, mark_by_key
from survey.store.connections.refusals import taken_reference
from survey.store.database import Connection
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import Response, Submission, SubmissionReceipt

Suspicion = Literal["burst", "decoy", "unproven"]
# Whoever knows that somebody answered at a certain moment learns nothing from what appears then:
# an answer is shown on the day after it came, and only to a survey that ten people answered.
HELD_SQL = """h.survey = $1
    AND h.received_at < date_trunc('day', now())
    AND 10 <= (SELECT count(*) FROM (
            SELECT FROM responses r WHERE r.instrument = $1
             UNION ALL SELECT FROM held_answers o WHERE o.survey = $1 LIMIT 10) AS ten)"""


class HeldAnswer(msgspec.Struct, frozen=True):
    """An answer that is held until its organiser looks at it. `name` stands for it on pages and is
    no reference; only the month says when it came.
    """

    reference: str
    name: str
    version: int
    area: str
    language: str
    answers: Answers
    texts: dict[str, str]
    may_quote: bool
    why: Suspicion
    month: datetime.date

    def response(self, slug: str) -> Response:
        return Response(
            instrument=slug,
            version=self.version,
            mode="open",
            area=self.area,
            language=self.language,
            answers=self.answers,
            texts=self.texts,
            may_quote=self.may_quote,
        )


async def hold(
    connection: Connection, arrival: NewResponse, why: Suspicion
) -> SubmissionReceipt | Problem:
    """Hold a response, in one statement; a request that came before gets the receipt it got then.

    Raises if its reference is another answer's.
    """
    _, stored = await insert_held(connection, arrival, why)
    return responses.receipt_or_refusal(arrival, stored)


@sql.unique(taken_reference)
@sql.only_by(mark_by_key)
def insert_held(arrival: NewResponse, why: Suspicion) -> sql.SQL:
    """Store a held response; return what is stored of its request."""
    return """
        WITH marked AS (
            INSERT INTO request_marks (request_key, request_body, reference)
            VALUES ($arrival.request_key, $arrival.request_body, $arrival.reference)
                ON CONFLICT (request_key) DO UPDATE SET request_key = excluded.request_key
            RETURNING request_key, request_body, reference, xmax = 0 AS new
        ), held AS (
            INSERT INTO held_answers (reference, survey, version, area, language, answers,
                                      texts, may_quote, why)
            SELECT reference, $arrival.response.instrument, $arrival.response.version,
                   $arrival.response.area, $arrival.response.language,
                   $arrival.response.answers::jsonb, $arrival.response.texts::jsonb,
                   CASE WHEN $arrival.response.may_quote::bool THEN 'yes' ELSE 'no' END, $why
              FROM marked WHERE new
        )
        SELECT request_key, request_body, reference FROM marked
        """


@sql.many(HeldAnswer)
def load_held(slug: str, limit: int) -> sql.SQL:
    """The held answers to a survey that may be looked at, in an order that says nothing of when
    they came; nobody else can release them until the transaction ends.
    """
    return f"""
        SELECT h.reference, left(encode(sha256(h.reference::bytea), 'hex'), 16) AS name,
               h.version, h.area, h.language, h.answers, h.texts, h.may_quote = 'yes' AS may_quote,
               h.why, date_trunc('month', h.received_at)::date AS month
          FROM held_answers h WHERE {HELD_SQL}
         ORDER BY name LIMIT $2 FOR UPDATE
        """  # noqa: S608 - only our own constant


@sql.value(int)
def count_held(slug: str) -> sql.SQL:
    """How many held answers to a survey may be looked at."""
    return f"SELECT count(*) FROM held_answers h WHERE {HELD_SQL}"  # noqa: S608 - as above


@sql.row_count
def delete_held(references: list[str]) -> sql.SQL:
    """Delete held answers, because they are counted or thrown away; return how many."""
    return "DELETE FROM held_answers WHERE reference = ANY($1)"


@sql.boolean
def erase_held(reference: str) -> sql.SQL:
    """Delete a held answer, with the mark of its request; False if there is none."""
    return """
        WITH held AS (DELETE FROM held_answers WHERE reference = $1 RETURNING reference),
        unmarked AS (DELETE FROM request_marks WHERE reference IN (SELECT reference FROM held))
        SELECT true FROM held
        """


class AnswerUpload(msgspec.Struct, frozen=True):
    """One upload of a survey's answers; people call it by its number and its day."""

    id: str
    number: int
    made_on: datetime.date
    answers: int
    undone_on: datetime.date | None


@sql.execute
def lock_uploads(slug: str) -> sql.SQL:
    """Let one upload of a survey at a time look for stored rows and store its own."""
    return "SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE"


UPLOAD_SQL = """
        SELECT id::text, number, made_on, answers, undone_on FROM answer_uploads
         WHERE survey = $1
"""


@sql.many(AnswerUpload)
def load_uploads(slug: str) -> sql.SQL:
    """The uploads of a survey, the newest first."""
    return f"{UPLOAD_SQL} ORDER BY number DESC"


@sql.first(AnswerUpload)
def find_upload(slug: str, ident: str) -> sql.SQL:
    """One upload of a survey; nobody else changes it until the end of the transaction."""
    return f"{UPLOAD_SQL} AND id = $2::uuid FOR UPDATE"


@sql.value(int)
def insert_upload(slug: str, ident: str, answers: int) -> sql.SQL:
    """Add an upload under the next number of its survey, which is returned."""
    return """
        INSERT INTO answer_uploads (id, survey, number, answers)
        SELECT $2::uuid, $1, coalesce(max(number), 0) + 1, $3 FROM answer_uploads WHERE survey = $1
        RETURNING number
        """


@sql.execute
def insert_uploaded(ident: str, references: list[str], marks: list[bytes]) -> sql.SQL:
    """Save which answers came with an upload, and the marks of their rows."""
    return """
        INSERT INTO uploaded_answers (reference, upload, row_mark)
        SELECT reference, $1::uuid, mark FROM unnest($2::text[], $3::bytea[]) AS a (reference, mark)
        """


@sql.values(set[bytes])
def load_uploaded_marks(marks: list[bytes]) -> sql.SQL:
    """Which of these marks are of rows whose answers are stored already."""
    return "SELECT DISTINCT row_mark FROM uploaded_answers WHERE row_mark = ANY($1)"


@sql.values(list[str])
def load_uploaded_references(ident: str) -> sql.SQL:
    """The answers of an upload that are still there."""
    return "SELECT reference FROM uploaded_answers WHERE upload = $1::uuid ORDER BY reference"


@sql.execute
def forget_upload(reference: str) -> sql.SQL:
    """Forget with which upload an answer came, and the row it was read from."""
    return "DELETE FROM uploaded_answers WHERE reference = $1"


@sql.execute
def set_upload_undone(ident: str) -> sql.SQL:
    return """
        UPDATE answer_uploads SET undone_on = now()::date
         WHERE id = $1::uuid
        """


SavedCopy = Literal["first", "second", "none"]


class PaperSettings(msgspec.Struct, frozen=True):
    """Where filled forms are sent to, and whether each numbered form is typed in twice."""

    send_to: str = ""
    twice: bool = False


class PaperBatch(msgspec.Struct, frozen=True):
    """Numbered forms that were made together."""

    first_number: int
    last_number: int
    made_on: datetime.date


class PaperForm(msgspec.Struct, frozen=True):
    """A numbered form that was typed in: its copies, until it counts."""

    number: int
    first_copy: Submission | None
    second_copy: Submission | None
    counted: bool


async def find_paper_settings(connection: Connection, slug: str) -> PaperSettings:
    settings = await sql.find_struct(
        connection,
        PaperSettings,
        "SELECT send_to, twice FROM paper_settings WHERE survey = $1",
        slug,
    )
    return settings or PaperSettings()


@sql.execute
def save_paper_settings(slug: str, settings: PaperSettings) -> sql.SQL:
    return """
        INSERT INTO paper_settings (survey, send_to, twice)
        VALUES ($slug, $settings.send_to, $settings.twice)
            ON CONFLICT (survey) DO UPDATE SET send_to = excluded.send_to, twice = excluded.twice
        """


async def insert_paper_batch(connection: Connection, slug: str, number: int) -> None:
    """Add a batch of `number` forms under the next numbers of the survey."""
    await connection.execute("SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE", slug)
    await connection.execute(
        """
        INSERT INTO paper_batches (survey, first_number, last_number)
        SELECT $1, coalesce(max(last_number), 0) + 1, coalesce(max(last_number), 0) + $2
          FROM paper_batches WHERE survey = $1
        """,
        *(slug, number),
    )


@sql.many(PaperBatch)
def load_paper_batches(slug: str) -> sql.SQL:
    """The batches of a survey, the newest first."""
    return """
        SELECT first_number, last_number, made_on FROM paper_batches
         WHERE survey = $1 ORDER BY first_number DESC
        """


FORM_SQL = """
        SELECT number, first_copy, second_copy, counted FROM paper_forms
         WHERE survey = $1
"""


@sql.many(PaperForm)
def load_paper_forms(slug: str) -> sql.SQL:
    """The forms of a survey that were typed in and do not count yet."""
    return f"{FORM_SQL} AND first_copy IS NOT NULL ORDER BY number"


@sql.value(int)
def count_counted_forms(slug: str) -> sql.SQL:
    """The number of numbered forms whose answers count."""
    return "SELECT count(*) FROM paper_forms WHERE survey = $1 AND counted"


@sql.first(PaperForm)
def find_paper_form(slug: str, number: int) -> sql.SQL:
    return f"{FORM_SQL} AND number = $2"


async def save_copy(
    connection: Connection, slug: str, number: int, copy: Submission, key: str
) -> SavedCopy:
    """Save what was typed from a form, as its first or second copy. Returns "none" if the form has
    both copies, or is counted already, or the same page was sent again.
    """
    second = await connection.fetchval(
        """
        INSERT INTO paper_forms AS kept (survey, number, first_copy, first_key)
        VALUES ($1, $2, $3::jsonb, $4)
            ON CONFLICT (survey, number) DO UPDATE
           SET first_copy = coalesce(kept.first_copy, excluded.first_copy),
               first_key = coalesce(kept.first_key, excluded.first_key),
               second_copy = CASE WHEN kept.first_copy IS NULL THEN NULL
                                  ELSE excluded.first_copy END
         WHERE NOT kept.counted AND kept.second_copy IS NULL
           AND kept.first_key IS DISTINCT FROM excluded.first_key
        RETURNING second_copy IS NOT NULL
        """,
        *(slug, number, copy, key),
    )
    return "none" if second is None else "second" if second else "first"


@sql.boolean
def set_form_counted(slug: str, number: int) -> sql.SQL:
    """Note that a form counts and delete what was typed from it; False if it counted before."""
    return """
        INSERT INTO paper_forms AS kept (survey, number, counted) VALUES ($1, $2, true)
            ON CONFLICT (survey, number) DO UPDATE
           SET counted = true, first_copy = NULL, first_key = NULL, second_copy = NULL
         WHERE NOT kept.counted
        RETURNING true
        """


@sql.boolean
def delete_copies(slug: str, number: int) -> sql.SQL:
    """Delete what was typed from a form that does not count; False if there is nothing."""
    return (
        "DELETE FROM paper_forms WHERE survey = $1 AND number = $2 AND NOT counted RETURNING true"
    )
