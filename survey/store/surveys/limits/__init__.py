"""SQL for the limits of surveys: days, one answer each, and the quotas that belong to them."""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, execute
from survey.store.surveys.limits import quotas
from survey.surveys.sharing import OneEach, SurveyLimits


async def find(connection: Connection, survey: str) -> SurveyLimits | None:
    """The limits of a survey; None if it has none."""
    row = await connection.fetchrow(
        "SELECT survey, opens, closes, one_each FROM survey_limits WHERE survey = $1", survey
    )
    if row is None:
        return None
    found = msgspec.convert(dict(row), SurveyLimits)
    # Without the counts, so that what is remembered does not change with every answer.
    listed = [
        msgspec.structs.replace(one, answers=0) for one in await quotas.load(connection, survey)
    ]
    return msgspec.structs.replace(found, quotas=tuple(listed))


async def save(
    connection: Connection,
    survey: str,
    *,
    opens: datetime.date | None,
    closes: datetime.date | None,
    one_each: OneEach,
) -> None:
    """Save the days of a survey and how each person answers once, in the caller's transaction."""
    await mark_limited(connection, survey)
    await connection.execute(
        """
        INSERT INTO survey_limits (survey, opens, closes, one_each) VALUES ($1, $2, $3, $4)
            ON CONFLICT (survey) DO UPDATE
            SET opens = excluded.opens, closes = excluded.closes, one_each = excluded.one_each
        """,
        survey,
        opens,
        closes,
        one_each,
    )
    await send_notice(connection, survey)


async def ensure(
    connection: Connection,
    survey: str,
    opens: datetime.date | None,
    closes: datetime.date | None,
) -> None:
    """Make the row of a survey's limits if there is none, with the days that hold so far, in the
    caller's transaction.
    """
    await mark_limited(connection, survey)
    await connection.execute(
        """
        INSERT INTO survey_limits (survey, opens, closes) VALUES ($1, $2, $3)
            ON CONFLICT (survey) DO NOTHING
        """,
        survey,
        opens,
        closes,
    )
    await send_notice(connection, survey)


async def mark_limited(connection: Connection, survey: str) -> None:
    """Let no answer to a survey be stored any more without its limits.

    Waits for the answers that are being stored, so that a count afterwards finds all of them.
    """
    # Held first, because whoever publishes a version holds it: a new one reads what we leave.
    await connection.execute("SELECT FROM surveys WHERE slug = $1 FOR NO KEY UPDATE", survey)
    await connection.execute(
        "UPDATE instruments SET limited = true WHERE slug = $1 AND NOT limited", survey
    )


@execute
def send_notice(survey: str) -> SQL:
    """Let every process forget what it remembers of surveys, once this is committed."""
    return "SELECT pg_notify('instruments', $1)"


async def lock(connection: Connection, surveys: set[str]) -> None:
    """Hold the limits of these surveys: nobody else stores or erases answers to them meanwhile."""
    # In one order, so that two who hold several never wait for each other.
    await connection.execute(
        "SELECT FROM survey_limits WHERE survey = ANY($1) ORDER BY survey FOR UPDATE",
        sorted(surveys),
    )
