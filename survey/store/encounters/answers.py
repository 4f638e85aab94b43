"""SQL for what people whom the police met answered, counted up to the end of a period."""

import datetime

from survey.store.database import Connection
from survey.store.statements import SQL, many
from survey.store.surveys.counts import AnswerCount

Instants = tuple[datetime.datetime, datetime.datetime]


async def load_answered_surveys(connection: Connection, inside: Instants) -> list[str]:
    """The surveys of people whom the police met that had answers between two instants."""
    rows = await connection.fetch(
        """
        SELECT s.slug FROM surveys s
         WHERE s.mode = 'met'
           AND EXISTS (SELECT FROM responses r JOIN instruments i ON i.slug = s.slug
                        WHERE r.instrument = i.slug AND r.version = i.version AND r.mode = 'met'
                          AND r.received_at >= $1 AND r.received_at < $2)
         ORDER BY s.slug
        """,
        *inside,
    )
    return [row["slug"] for row in rows]


@many(AnswerCount)
def count_until(slug: str, until: datetime.datetime) -> SQL:
    """How often each answer was given to the closed questions of a survey before an instant, by
    version; '' is by how many people.
    """
    return """
          WITH asked AS MATERIALIZED (
               SELECT version, counted_questions(definition) AS questions
                 FROM instruments WHERE slug = $1)
        SELECT r.version, c.item, c.answer, count(*) AS answers
          FROM asked i JOIN responses r USING (version)
         CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
         WHERE r.instrument = $1 AND r.mode = 'met' AND r.received_at < $2
         GROUP BY r.version, c.item, c.answer
        """
