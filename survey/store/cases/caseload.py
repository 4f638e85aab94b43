"""SQL for figures on complaints as cases: complaints, cases and their events.

And for what owners of closed cases say of the handling: sums of a quarter, which lead to no case.

A merged complaint belongs to the case at the end of its chain of merges.
"""

import datetime
from uuid import UUID

import msgspec

from survey.cases import Channel
from survey.editions.caseload import CaseloadEvent, HandlingQuarter, SafeCaseload
from survey.store import statements as sql

# The cases received from $1 up to $2, each with itself and all that was merged into it.
FAMILY = """
        WITH RECURSIVE family (root, complaint) AS (
            SELECT id, id FROM complaints
             WHERE merged_into IS NULL AND received_at >= $1 AND received_at < $2
            UNION SELECT f.root, c.id FROM family f JOIN complaints c ON c.merged_into = f.complaint
        )
"""


class PeriodComplaint(msgspec.Struct, frozen=True):
    """A complaint, and the case that it belongs to now; `same_person` if whoever made it had
    complained in that case before.
    """

    area: str
    channel: Channel
    root: UUID
    same_person: bool


@sql.many(PeriodComplaint)
def load_complaints(start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """Complaints received from start up to end, each with the case that it belongs to now."""
    # UNION and not UNION ALL: it would end even if merges went in a circle.
    return """
        WITH RECURSIVE climb (id, root, up) AS (
            SELECT id, id, merged_into FROM complaints WHERE received_at >= $1 AND received_at < $2
            UNION SELECT climb.id, c.id, c.merged_into
                    FROM climb JOIN complaints c ON c.id = climb.up
        )
        SELECT c.area, c.channel, climb.root,
               c.same_person AND c.merged_into IS NOT NULL AS same_person
          FROM climb JOIN complaints c USING (id)
         WHERE climb.up IS NULL
         ORDER BY c.id
        """


@sql.pairs(dict[datetime.date, int])
def by_month(start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """How many complaints were received from start up to end, by the first day of their month."""
    return """
        SELECT date_trunc('month', received_at)::date AS month,
               count(*) AS complaints
          FROM complaints WHERE received_at >= $1 AND received_at < $2 GROUP BY 1
        """


class PeriodCase(msgspec.Struct, frozen=True):
    """A case with the kinds of all its complaints."""

    id: UUID
    area: str
    received_at: datetime.datetime
    kinds: list[str]


@sql.many(PeriodCase)
def load_cases(start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """Cases received from start up to end, with the kinds of all their complaints."""
    return f"""
        {FAMILY}
        SELECT c.id, c.area, c.received_at,
               coalesce(array_agg(DISTINCT a.kind ORDER BY a.kind)
                            FILTER (WHERE a.kind IS NOT NULL), '{{}}') AS kinds
          FROM family f
          JOIN complaints c ON c.id = f.root
          LEFT JOIN allegations a ON a.complaint = f.complaint
         GROUP BY c.id
         ORDER BY c.id
        """  # noqa: S608 - only our own constant


class PeriodEvent(CaseloadEvent, frozen=True, kw_only=True):
    """An event, and the case that it belongs to now."""

    root: UUID


@sql.many(PeriodEvent)
def load_events(start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """Events of cases received from `start` up to `end`, merged complaints included, in order."""
    return f"""
        {FAMILY}
        SELECT f.root, f.root = f.complaint AS own, e.at, e.event ->> 'kind' AS kind,
               e.event ->> 'allegation' AS allegation, e.event ->> 'outcome' AS outcome
          FROM family f JOIN case_events e USING (complaint)
         ORDER BY f.root, e.at, f.complaint, e.version
        """  # noqa: S608 - only our own constant


@sql.value(int)
def count_erased(start: datetime.date, end: datetime.date) -> sql.SQL:
    """How many complaints were erased that were received in weeks beginning in these days."""
    # Of an erased case only its week is known, so a period has the weeks that begin in it.
    return "SELECT count(*) FROM erased_cases WHERE received_week BETWEEN $1 AND $2"


@sql.value_or_none(datetime.datetime)
def find_first_received() -> sql.SQL:
    return "SELECT min(received_at) FROM complaints"


@sql.execute
def insert_figures(caseload: SafeCaseload, *, by: str) -> sql.SQL:
    return """
        INSERT INTO case_figures (start_on, end_on, figures, by)
        VALUES ($caseload.start, $caseload.end, $caseload, $by::uuid)
        """


@sql.value_or_none(SafeCaseload)
def find_figures(start: datetime.date) -> sql.SQL:
    """The figures of the quarter that begins on this day, None if they were never published."""
    return "SELECT figures FROM case_figures WHERE start_on = $1"


@sql.values(list[SafeCaseload])
def load_figures_from(first: datetime.date) -> sql.SQL:
    """The figures of every file that covers days from `first` on."""
    return "SELECT figures FROM case_figures WHERE end_on >= $1 ORDER BY start_on"


class ReceivedCase(msgspec.Struct, frozen=True):
    """Where and in which hour a case was received, and whether a Taser was involved."""

    area: str
    received_at: datetime.datetime
    taser: bool


@sql.many_by(lambda row: ReceivedCase(*row))
def load_received(start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """The cases received from start up to end."""
    return """
        SELECT area, received_at,
               EXISTS (SELECT FROM allegations a
                        WHERE a.complaint = c.id AND a.kind = 'use_of_force_taser') AS taser
          FROM complaints c
         WHERE received_at >= $1 AND received_at < $2
         ORDER BY id
        """


@sql.many_by(lambda row: (row["month"], row["complaints"]))
def count_by_month(since: datetime.datetime, until: datetime.datetime) -> sql.SQL:
    """How many complaints were received in each month from `since` to before `until`; months
    without any are there too.
    """
    return """
        SELECT month::date AS month, count(c.id) AS complaints
          FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 day',
                               interval '1 month') AS month
          LEFT JOIN complaints c
            ON date_trunc('month', c.received_at) = month
           AND c.received_at >= $1 AND c.received_at < $2
         GROUP BY month ORDER BY month
        """


class ReturnCounts(msgspec.Struct, frozen=True):
    """Complaints received in a period, and how many of them their owner opened on a later day."""

    received: int
    returned: int


@sql.only(ReturnCounts)
def count_returned(start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """How many complaints came from start up to end, and how many people came back to theirs."""
    return """
        SELECT count(*) AS received, count(*) FILTER (WHERE EXISTS (
                   SELECT FROM case_openings o
                    WHERE o.complaint = c.id AND o.by = 'owner'
                      AND o.opened_on > c.received_at::date
               )) AS returned
          FROM complaints c WHERE c.received_at >= $1 AND c.received_at < $2
        """


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
