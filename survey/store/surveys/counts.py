"""SQL for how many people answered a survey, and how often they gave each answer.

Responses that are in the sums are counted already, by a trigger (30_answer_counts.sql). Those that
still wait, as a rule of the last seconds, are counted when they are asked for: an index finds them.
"""

import datetime

import msgspec

from survey.store.database import Connection
from survey.store.rows import load_structs


class WeekCount(msgspec.Struct, frozen=True):
    """How many answers came in the week from this Monday."""

    week: datetime.date
    answers: int


async def count_by_week(connection: Connection, slug: str) -> list[WeekCount]:
    """Number of answers to a survey, in any version, per week from Monday by London time."""
    return await load_structs(
        connection,
        WeekCount,
        """
        SELECT week, sum(answers)::bigint AS answers
          FROM (SELECT week, answers FROM week_counts WHERE instrument = $1
                 UNION ALL
                SELECT week_of(received_at), 1 FROM responses
                 WHERE instrument = $1 AND NOT summed) every
         GROUP BY week HAVING sum(answers) > 0 ORDER BY week
        """,
        slug,
    )


async def count_by_survey(connection: Connection) -> dict[str, int]:
    """Number of answers to each survey that has any, in any version."""
    rows = await connection.fetch(
        """
        SELECT instrument, sum(answers)::bigint AS answers
          FROM (SELECT instrument, answers FROM week_counts
                 UNION ALL
                SELECT instrument, 1 FROM responses WHERE NOT summed) every
         GROUP BY instrument
        """
    )
    return {row["instrument"]: row["answers"] for row in rows}


async def count_all(connection: Connection, slug: str) -> int:
    """The number of answers to a survey, in any version."""
    return sum(one.answers for one in await count_by_week(connection, slug))


class AnswerCount(msgspec.Struct, frozen=True):
    """How often an answer was given to a question of a version; '' is by how many people at all."""

    version: int
    item: str
    answer: str
    answers: int


async def count_by_answer(connection: Connection, slug: str) -> list[AnswerCount]:
    """How often each answer was given to the closed questions of a survey, by version.

    Each of several choices counts.
    """
    return await load_structs(
        connection,
        AnswerCount,
        """
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
        """,
        slug,
    )
