"""SQL for the figures of a survey as its makers see them, and for the answers behind them."""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, execute, many, value_or_none
from survey.surveys.sums import SurveyResults


@value_or_none(SurveyResults)
def find(slug: str) -> SQL:
    """The figures as they are shown, or None if none were shown yet."""
    return "SELECT body FROM shown_results WHERE instrument = $1"


async def find_answers(connection: Connection, slug: str) -> int:
    """At how many answers the figures are that are shown; 0 if none are."""
    found: int | None = await connection.fetchval(
        "SELECT (body ->> 'answers')::int FROM shown_results WHERE instrument = $1", slug
    )
    return found or 0


async def lock(connection: Connection, slug: str) -> SurveyResults | None:
    """The same; until this transaction ends nobody else can change them."""
    # Two processes that moved them at once would show two figures that differ by one person.
    await connection.execute(
        "INSERT INTO shown_results (instrument) VALUES ($1) ON CONFLICT DO NOTHING", slug
    )
    body = await connection.fetchval(
        "SELECT body FROM shown_results WHERE instrument = $1 FOR UPDATE", slug
    )
    return None if body is None else msgspec.convert(body, SurveyResults)


@execute
def save(slug: str, shown: SurveyResults) -> SQL:
    return "UPDATE shown_results SET body = $2 WHERE instrument = $1"


class ReceivedAnswers(msgspec.Struct, frozen=True):
    """What one person answered, in JSON; the day by London time. `opens_results` is whether the
    answer counts toward the thresholds from which figures are shown.
    """

    version: int
    area: str
    language: str
    day: datetime.date
    answers: str
    opens_results: bool = True


@many(ReceivedAnswers)
def load_newest(slug: str, limit: int) -> SQL:
    """The newest answers to a survey, of all its versions."""
    # Version by version, because that is how the index has them.
    return """
        SELECT r.version, r.area, r.language, r.answers::text AS answers, r.opens_results,
               (r.received_at AT TIME ZONE 'Europe/London')::date AS day
          FROM instruments i CROSS JOIN LATERAL (
               SELECT * FROM responses n
                WHERE n.instrument = i.slug AND n.version = i.version AND n.mode = i.mode
                ORDER BY n.received_at DESC LIMIT $2) r
         WHERE i.slug = $1
         ORDER BY r.received_at DESC LIMIT $2
        """
