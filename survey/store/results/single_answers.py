"""SQL for single answers to a survey, for those who made it.

The newest thousand, in blocks of ten or more that came in hours that are over.
"""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, load_structs, many

MOST_LISTED = 1_000
OF_SURVEY_SQL = """instruments i CROSS JOIN LATERAL (
               SELECT id, received_at FROM responses n
                WHERE n.instrument = i.slug AND n.version = i.version AND n.mode = i.mode
                  AND n.received_at >= {since} AND n.received_at < {until} {which}
                ORDER BY n.received_at DESC LIMIT {limit}) r"""


async def show_more(connection: Connection, slug: str) -> None:
    """Let the answers be seen that came in hours that are over, if they are ten or more; a few of
    an hour from one source count.
    """
    await connection.execute(
        "INSERT INTO shown_results (instrument) VALUES ($1) ON CONFLICT DO NOTHING", slug
    )
    waiting = OF_SURVEY_SQL.format(
        since="coalesce(s.answers_until, '-infinity')",
        until="date_trunc('hour', now())",
        which="AND n.opens_results",
        limit=10,
    )
    await connection.execute(
        f"""
        UPDATE shown_results s SET answers_until = date_trunc('hour', now())
         WHERE instrument = $1 AND 10 <= (SELECT count(*) FROM {waiting} WHERE i.slug = $1)
        """,  # noqa: S608 - only our own constants
        slug,
    )


class ListedAnswer(msgspec.Struct, frozen=True):
    """One answer that can be seen; `name` stands for it and says nothing of when it came."""

    id: str
    name: str
    flagged: bool


async def load_listed(connection: Connection, slug: str) -> list[ListedAnswer]:
    """The answers that can be seen, in an order that says nothing of when they came."""
    visible = OF_SURVEY_SQL.format(
        since="'-infinity'",
        until="(SELECT answers_until FROM shown_results WHERE instrument = $1)",
        which="",
        limit=MOST_LISTED,
    )
    return await load_structs(
        connection,
        ListedAnswer,
        f"""
        WITH newest AS (
            SELECT r.id FROM {visible} WHERE i.slug = $1
             ORDER BY r.received_at DESC LIMIT {MOST_LISTED})
        SELECT n.id::text, left(encode(sha256(n.id::text::bytea), 'hex'), 16) AS name,
               f.response IS NOT NULL AS flagged
          FROM newest n LEFT JOIN answer_flags f ON f.response = n.id
         ORDER BY name
        """,  # noqa: S608 - only our own constants
        slug,
    )


class WrittenAnswer(msgspec.Struct, frozen=True):
    """What one person wrote in answer to one question, without personal data."""

    item: str
    redacted: str


class SingleAnswer(msgspec.Struct, frozen=True):
    """One person's answers, in JSON; of when they came the month alone, by London time."""

    reference: str
    version: int
    area: str
    language: str
    month: datetime.date
    answers: str


async def get(connection: Connection, response: str) -> SingleAnswer:
    [found] = await load_structs(
        connection,
        SingleAnswer,
        """
        SELECT reference, version, area, language, answers::text AS answers,
               date_trunc('month', received_at AT TIME ZONE 'Europe/London')::date AS month
          FROM responses WHERE id = $1::uuid
        """,
        response,
    )
    return found


@many(WrittenAnswer)
def load_written(response: str) -> SQL:
    """What a person wrote, if they were told beforehand who reads it."""
    return """
        SELECT t.item,
               coalesce((SELECT x.redacted FROM redactions x WHERE x.text = d.text
                          ORDER BY x.number DESC LIMIT 1), d.redacted) AS redacted
          FROM texts t
          JOIN current_codings c ON c.text = t.id
          JOIN codings d USING (text, coder_version, codebook)
         WHERE t.response = $1::uuid
           AND c.received_at >= (SELECT since FROM own_words_promise)
        """


async def set_flag(connection: Connection, response: str, *, by: str, flagged: bool) -> None:
    if flagged:
        await connection.execute(
            "INSERT INTO answer_flags (response, account) VALUES ($1::uuid, $2::uuid)"
            " ON CONFLICT DO NOTHING",
            response,
            by,
        )
    else:
        await connection.execute("DELETE FROM answer_flags WHERE response = $1::uuid", response)
