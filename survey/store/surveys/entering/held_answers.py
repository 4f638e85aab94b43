"""SQL for answers that look like spam and wait for an organiser: held, looked at, let go."""

import datetime
from typing import Literal

import asyncpg
import msgspec

from survey.problems import Problem
from survey.store.database import Connection
from survey.store.refusals import taken_reference
from survey.store.statements import SQL, boolean, many, value
from survey.store.surveys import responses
from survey.store.surveys.responses import NewResponse
from survey.surveys.item_types.answers import Answers
from survey.surveys.responses import Response, SubmissionReceipt

Suspicion = Literal["burst", "decoy", "unproven"]
# Whoever knows that somebody answered at a certain moment learns nothing from what appears then:
# an answer is shown on the day after it came, and only to a survey that ten people answered.
VISIBLE_SQL = """h.survey = $1
    AND h.received_at < date_trunc('day', now() AT TIME ZONE 'Europe/London')
                        AT TIME ZONE 'Europe/London'
    AND 10 <= (SELECT count(*) FROM (
            SELECT FROM responses r WHERE r.instrument = $1
             UNION ALL SELECT FROM held_answers o WHERE o.survey = $1 LIMIT 10) AS ten)"""


class HeldAnswer(msgspec.Struct, frozen=True):
    """An answer that waits. `name` stands for it on pages and is no reference; of when it came
    the month is given.
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


async def insert(
    connection: Connection, arrival: NewResponse, why: Suspicion
) -> SubmissionReceipt | Problem:
    """Hold a response, in one statement; a request that came before gets the receipt it got then.

    Raises if its reference is another answer's.
    """
    response = arrival.response
    try:
        row = await connection.fetchrow(
            """
            WITH marked AS (
                INSERT INTO request_marks (request_key, request_body, reference)
                VALUES ($1, $2, $3)
                    ON CONFLICT (request_key) DO UPDATE SET request_key = excluded.request_key
                RETURNING request_body, reference, xmax = 0 AS new
            ), held AS (
                INSERT INTO held_answers (reference, survey, version, area, language, answers,
                                          texts, may_quote, why)
                SELECT reference, $4, $5, $6, $7, $8, $9, $10, $11 FROM marked WHERE new
            )
            SELECT request_body, reference FROM marked
            """,
            *(arrival.request_key, arrival.request_body, arrival.reference),
            *(response.instrument, response.version, response.area, response.language),
            *(response.answers, response.texts, responses.consent_value(response), why),
        )
    except asyncpg.UniqueViolationError:
        raise taken_reference() from None
    assert row is not None  # `marked` has a row in any case
    return responses.receipt_or_refusal(arrival, (row["request_body"], row["reference"]))


@many(HeldAnswer)
def load_visible(slug: str, limit: int) -> SQL:
    """The answers to a survey that can be looked at, in an order that says nothing of when they
    came; nobody else lets them go until the end of the transaction.
    """
    return f"""
        SELECT h.reference, left(encode(sha256(h.reference::bytea), 'hex'), 16) AS name,
               h.version, h.area, h.language, h.answers, h.texts, h.may_quote = 'yes' AS may_quote,
               h.why, date_trunc('month', h.received_at AT TIME ZONE 'Europe/London')::date AS month
          FROM held_answers h WHERE {VISIBLE_SQL}
         ORDER BY name LIMIT $2 FOR UPDATE
        """  # noqa: S608 - only our own constant


@value(int)
def count_visible(slug: str) -> SQL:
    """How many answers to a survey wait and can be looked at."""
    return f"SELECT count(*) FROM held_answers h WHERE {VISIBLE_SQL}"  # noqa: S608 - as above


async def delete(connection: Connection, references: list[str]) -> int:
    """Delete answers that wait, because they are counted or thrown away; how many there were."""
    rows = await connection.fetch(
        "DELETE FROM held_answers WHERE reference = ANY($1) RETURNING true", references
    )
    return len(rows)


@boolean
def erase(reference: str) -> SQL:
    """Delete an answer that waits, with the mark of its request; False if there is none."""
    return """
        WITH held AS (DELETE FROM held_answers WHERE reference = $1 RETURNING reference),
        unmarked AS (DELETE FROM request_marks WHERE reference IN (SELECT reference FROM held))
        SELECT true FROM held
        """
