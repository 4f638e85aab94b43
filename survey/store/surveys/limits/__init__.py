"""SQL for the limits of surveys: days, one answer each, and the quotas that belong to them."""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.surveys.limits import quotas
from survey.surveys.limits import OneEach, SurveyLimits


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
    """Save the days of a survey and how each person answers once."""
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
    """Make the row of a survey's limits if there is none, with the days that hold so far."""
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


async def send_notice(connection: Connection, survey: str) -> None:
    """Let every process forget what it remembers of surveys, once this is committed."""
    await connection.execute("SELECT pg_notify('instruments', $1)", survey)


async def lock(connection: Connection, surveys: set[str]) -> None:
    """Hold the limits of these surveys: nobody else stores or erases answers to them meanwhile."""
    # In one order, so that two who hold several never wait for each other.
    await connection.execute(
        "SELECT FROM survey_limits WHERE survey = ANY($1) ORDER BY survey FOR UPDATE",
        sorted(surveys),
    )
