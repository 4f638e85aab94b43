"""SQL for what the force answers to the marks of a panel."""

import datetime

import msgspec

from survey.scrutiny.panels import DAYS_TO_ANSWER, MarkAnswer, Verdict
from survey.store.database import Connection
from survey.store.statements import SQL, execute, many, values

# The marks of closed meetings that ask for an answer, each with the last one; $days is the usual
# number of days.
ANSWER_SQL = """
    SELECT r.id::text AS record, r.number, r.stratum, j.colour,
           coalesce(d.due_on,
                    (m.closed_at AT TIME ZONE 'Europe/London')::date + $days::integer) AS due,
           a.verdict, a.words, a.learning, a.answered_on, coalesce(a.version, 0) AS version
      FROM scrutiny_meetings m
      JOIN scrutiny_records r ON r.meeting = m.id
      JOIN scrutiny_joint_marks j ON j.record = r.id AND j.colour IN ('amber', 'red')
      LEFT JOIN scrutiny_due_days d ON d.meeting = m.id
      LEFT JOIN LATERAL (
            SELECT * FROM scrutiny_answers WHERE record = r.id ORDER BY version DESC LIMIT 1) a
           ON true
     WHERE m.closed_at IS NOT NULL AND m.cancelled_at IS NULL
"""


@many(MarkAnswer)
def load_answers(meeting: str, *, days: int = DAYS_TO_ANSWER) -> SQL:
    """The amber and red marks of a closed meeting, in the order of its records."""
    return f"{ANSWER_SQL} AND m.id = $meeting::uuid ORDER BY r.number"


async def append_answer(
    connection: Connection,
    record: str,
    version: int,
    answer: tuple[Verdict, str, str, datetime.date],
    *,
    by: str,
) -> bool:
    """Save the next version of an answer (verdict, words, learning, day); False if somebody else
    saved it first.
    """
    found = await connection.fetchval(
        """
        INSERT INTO scrutiny_answers (record, version, verdict, words, learning, answered_on, by)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::uuid) ON CONFLICT DO NOTHING RETURNING true
        """,
        record,
        version,
        *answer,
        by,
    )
    return bool(found)


@execute
def save_due_day(meeting: str, due: datetime.date) -> SQL:
    """Change the day by which the force answers the marks of a meeting."""
    return """
        INSERT INTO scrutiny_due_days (meeting, due_on) VALUES ($1::uuid, $2)
            ON CONFLICT (meeting) DO UPDATE SET due_on = $2
        """


class OverdueAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers the force owes a panel since a day: to a meeting, or to its triggers."""

    panel: str
    panel_name: str
    meeting: str | None
    meeting_number: int | None
    answers: int
    due: datetime.date


@many(OverdueAnswers)
def load_overdue(today: datetime.date, *, days: int = DAYS_TO_ANSWER) -> SQL:
    """The answers that are overdue, by meeting, and of triggers by panel; the longest first."""
    return f"""
        WITH owed AS (
            SELECT g.panel, g.id AS meeting, count(*) AS answers, min(o.due) AS due
              FROM ({ANSWER_SQL}) o
              JOIN scrutiny_records r ON r.id = o.record::uuid
              JOIN scrutiny_meetings g ON g.id = r.meeting
             WHERE o.version = 0 AND o.due < $today
             GROUP BY g.panel, g.id
             UNION ALL
            SELECT t.panel, NULL, count(*), min(e.due_on)
              FROM scrutiny_trigger_events e JOIN scrutiny_triggers t ON t.id = e.trigger
             WHERE e.due_on < $today
               AND NOT EXISTS (SELECT FROM scrutiny_trigger_answers a WHERE a.event = e.id)
             GROUP BY t.panel)
        SELECT w.panel::text, p.name AS panel_name, w.meeting::text, g.number AS meeting_number,
               w.answers, w.due
          FROM owed w
          JOIN scrutiny_panels p ON p.id = w.panel
          LEFT JOIN scrutiny_meetings g ON g.id = w.meeting
         ORDER BY w.due, p.name, w.meeting
        """  # noqa: S608 - only our own constant


@values(frozenset[str])
def load_stepped_aside(meeting: str, account: str) -> SQL:
    """The records of a meeting from which a person stepped aside."""
    return """
        SELECT c.record::text FROM scrutiny_conflicts c JOIN scrutiny_records r ON r.id = c.record
         WHERE r.meeting = $1::uuid AND c.account = $2::uuid
        """
