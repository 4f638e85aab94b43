"""SQL for how many people answered a survey, and how often they gave each answer.

Responses that are in the sums are counted already, by a trigger (007_answers.sql). Those that
still wait, as a rule of the last seconds, are counted when they are asked for: an index finds them.

What people read of single answers, their number and their rows, has those of past hours only.
Otherwise whoever stands next to a kiosk would learn which row is of the person who answers now. It
holds for every way in which answers come: no row says which it was, and exceptions would tell.
"""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, many, pairs, value

# Arrivals are stored by the hour: those of this hour wait until it is over.
IN_PAST_HOURS = "received_at < date_trunc('hour', now())"


class WeekCount(msgspec.Struct, frozen=True):
    """How many answers came in the week from this Monday."""

    week: datetime.date
    answers: int


@many(WeekCount)
def count_by_week(slug: str) -> SQL:
    """Number of answers to a survey, in any version, per week from Monday by London time."""
    return """
        SELECT week, sum(answers)::bigint AS answers
          FROM (SELECT week, answers FROM week_counts WHERE instrument = $1
                 UNION ALL
                SELECT week_of(received_at), 1 FROM responses
                 WHERE instrument = $1 AND NOT summed) every
         GROUP BY week HAVING sum(answers) > 0 ORDER BY week
        """


@pairs(dict[str, int])
def count_by_survey() -> SQL:
    """Number of answers of past hours to each survey that has any, in any version."""
    return f"""
        SELECT instrument, sum(answers)::bigint AS answers
          FROM (SELECT instrument, answers FROM week_counts
                 UNION ALL
                SELECT instrument, 1 FROM responses WHERE NOT summed
                 UNION ALL
                SELECT instrument, -1 FROM responses WHERE NOT {IN_PAST_HOURS}) every
         GROUP BY instrument HAVING sum(answers) > 0
        """  # noqa: S608 - our own words


@value(int)
def count_of_past_hours(slug: str) -> SQL:
    """Number of answers of past hours to a survey, in any version: as many as a file has rows."""
    return f"""
        SELECT coalesce(sum(answers), 0)::bigint
          FROM (SELECT answers FROM week_counts WHERE instrument = $1
                 UNION ALL
                SELECT 1 FROM responses WHERE instrument = $1 AND NOT summed
                 UNION ALL
                SELECT -1 FROM responses WHERE instrument = $1 AND NOT {IN_PAST_HOURS}) every
        """  # noqa: S608 - our own words


async def count_all(connection: Connection, slug: str) -> int:
    """Number of answers to a survey, in any version, with those of this hour: only for figures that
    move by ten people or more.
    """
    return sum(one.answers for one in await count_by_week(connection, slug))


class AnswerCount(msgspec.Struct, frozen=True):
    """How often an answer was given to a question of a version; '' is by how many people at all."""

    version: int
    item: str
    answer: str
    answers: int


@many(AnswerCount)
def count_by_answer(slug: str) -> SQL:
    """How often each answer was given to the closed questions of a survey, by version.

    Each of several choices counts.
    """
    return """
          WITH asked AS MATERIALIZED (
               SELECT version, counted_questions(definition) AS questions
                 FROM instruments WHERE slug = $1)
        SELECT version, item, answer, sum(answers)::bigint AS answers
          FROM (SELECT version, item, answer, answers FROM answer_counts WHERE instrument = $1
                 UNION ALL
                SELECT r.version, c.item, c.answer, 1
                  FROM responses r JOIN asked i USING (version)
                 CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
                 WHERE r.instrument = $1 AND NOT r.summed) every
         GROUP BY version, item, answer HAVING sum(answers) > 0
        """
