"""SQL for what people whose case was closed say about how it was handled: sums of a quarter.

Nothing here leads from a case to an answer.
"""

import datetime

from survey.cases.handling import HandlingQuarter
from survey.store import statements as sql


@sql.boolean
def has_answered(complaint: str, quarter: datetime.date) -> sql.SQL:
    """Whether the owner of this case has answered about its closing in this quarter."""
    return """
        SELECT EXISTS (
            SELECT FROM closed_case_answered WHERE complaint = $1::uuid AND quarter = $2
        )
        """


@sql.boolean
def mark_answered(complaint: str, quarter: datetime.date) -> sql.SQL:
    """Mark that the owner of this case has answered; False if it is marked already."""
    return """
        INSERT INTO closed_case_answered (complaint, quarter) VALUES ($1::uuid, $2)
            ON CONFLICT DO NOTHING RETURNING true
        """


@sql.boolean
def count_person(quarter: datetime.date) -> sql.SQL:
    """Count one more person who answered; False if the quarter is final.

    Its row stays locked, so that people who answer at once are added one after the other.
    """
    return """
        INSERT INTO closed_case_quarters AS q (quarter, answered) VALUES ($1, 1)
            ON CONFLICT (quarter) DO UPDATE SET answered = q.answered + 1 WHERE q.closed IS NULL
        RETURNING true
        """


@sql.execute
def add_answers(quarter: datetime.date, questions: list[str], answers: list[str]) -> sql.SQL:
    """Add one person's answers to the sums of the quarter."""
    return """
        INSERT INTO closed_case_sums AS s (quarter, question, answer, people)
        SELECT $1, question, answer, 1
          FROM unnest($2::text[], $3::text[]) AS given (question, answer)
            ON CONFLICT (quarter, question, answer) DO UPDATE SET people = s.people + 1
        """


@sql.values(list[datetime.date])
def lock_unfinished(before: datetime.date) -> sql.SQL:
    """The quarters that began before this day and are not final yet, locked."""
    return """
        SELECT quarter FROM closed_case_quarters WHERE quarter < $1 AND closed IS NULL
         ORDER BY quarter FOR UPDATE
        """


@sql.execute
def save_final_counts(
    quarter: datetime.date, start: datetime.datetime, end: datetime.datetime
) -> sql.SQL:
    """Save how many cases were closed from start up to end, and how many of their owners opened
    the case on the day of the closing or later. The quarter is then final.

    Of a case that was erased after its owner had answered, the answer is in the sums: it counts as
    closed and opened.
    """
    return """
        WITH closing AS (
            SELECT complaint, min(at)::date AS day FROM case_events
             WHERE event ->> 'kind' = 'closed' AND at >= $2 AND at < $3 GROUP BY complaint
        ), counted AS (
            SELECT count(*) AS closed,
                   count(*) FILTER (WHERE EXISTS (
                       SELECT FROM case_openings o
                        WHERE o.complaint = closing.complaint AND o.by = 'owner'
                          AND o.opened_on >= closing.day
                   ) OR a.complaint IS NOT NULL) AS returned,
                   count(a.complaint) AS answered
              FROM closing
              LEFT JOIN closed_case_answered a
                ON a.complaint = closing.complaint AND a.quarter = $1
        )
        UPDATE closed_case_quarters q
           SET closed = c.closed + q.answered - c.answered,
               returned = c.returned + q.answered - c.answered
          FROM counted c WHERE q.quarter = $1
        """


@sql.execute
def delete_marks(quarter: datetime.date) -> sql.SQL:
    """Delete whose owner has answered: nobody can answer any more."""
    return "DELETE FROM closed_case_answered WHERE quarter = $1"


@sql.execute
def delete_small_sums(quarter: datetime.date, fewest: int) -> sql.SQL:
    """Delete the sums of a quarter in which fewer people answered."""
    return """
        DELETE FROM closed_case_sums s USING closed_case_quarters q
         WHERE s.quarter = $1 AND q.quarter = s.quarter AND q.answered < $2
        """


@sql.many(HandlingQuarter)
def load_final(since: datetime.date, until: datetime.date) -> sql.SQL:
    """The final quarters that began from `since` to before `until`, the newest first."""
    return """
        SELECT q.quarter, q.closed, q.returned, q.answered,
               coalesce(jsonb_object_agg(question, given) FILTER (WHERE question IS NOT NULL), '{}')
                   AS answers
          FROM closed_case_quarters q
          LEFT JOIN (SELECT quarter, question, jsonb_object_agg(answer, people) AS given
                       FROM closed_case_sums GROUP BY quarter, question) s USING (quarter)
         WHERE q.closed IS NOT NULL AND q.quarter >= $1 AND q.quarter < $2
         GROUP BY q.quarter ORDER BY q.quarter DESC
        """
