"""SQL for the marks that members give alone, for what they say together, and for what the force
answers.

What one member said reaches nobody else before `alone_closed_at`: every statement here that reads
marks of several members asks for it; the others read the marks of one account, or joint ones.
"""

import datetime

import msgspec

from survey import scrutiny
from survey.scrutiny.refusals import closed_marking, meeting_moved_on
from survey.store import statements as sql


@sql.require(closed_marking)
def save_mark(record: str, account: str, mark: scrutiny.OwnMark) -> sql.SQL:
    """Save a member's mark in place of an earlier one; raises unless they may mark it now."""
    # The meeting is locked, so that no mark comes in after the others were shown.
    return """
        WITH open AS (
            SELECT r.id FROM scrutiny_records r
              JOIN scrutiny_meetings g ON g.id = r.meeting
              JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = $account::uuid
             WHERE r.id = $record::uuid AND g.marking_at IS NOT NULL AND g.alone_closed_at IS NULL
               AND g.cancelled_at IS NULL
               AND NOT EXISTS (SELECT FROM scrutiny_conflicts c
                                WHERE c.record = r.id AND c.account = $account::uuid)
               FOR SHARE OF g
        )
        INSERT INTO scrutiny_marks
               (record, account, colour, reasons, words, score, steps, watched_video)
        SELECT open.id, $account::uuid, $mark.colour, $mark.reasons, $mark.words, $mark.score,
               $mark.steps, $mark.watched_video
          FROM open
            ON CONFLICT (record, account) DO UPDATE
           SET colour = $mark.colour, reasons = $mark.reasons, words = $mark.words,
               score = $mark.score, steps = $mark.steps, watched_video = $mark.watched_video
        RETURNING true
        """


@sql.first(scrutiny.OwnMark)
def find_own_mark(record: str, account: str) -> sql.SQL:
    return """
        SELECT colour, reasons, words, score, steps, watched_video FROM scrutiny_marks
         WHERE record = $1::uuid AND account = $2::uuid
        """


@sql.pairs(dict[int, str])
def load_own_marks(meeting: str, account: str) -> sql.SQL:
    """What a member has said so far, by the number of the record: a colour, or 'aside'."""
    return """
        SELECT r.number, CASE WHEN c.record IS NULL THEN m.colour ELSE 'aside' END AS said
          FROM scrutiny_records r
          LEFT JOIN scrutiny_marks m ON m.record = r.id AND m.account = $2::uuid
          LEFT JOIN scrutiny_conflicts c ON c.record = r.id AND c.account = $2::uuid
         WHERE r.meeting = $1::uuid AND num_nonnulls(m.record, c.record) > 0
        """


@sql.many(scrutiny.SeatProgress)
def load_progress(meeting: str) -> sql.SQL:
    """How many records each member of a meeting has marked and has left; never which mark."""
    return """
        SELECT t.account::text, a.name, t.seat, n.marked, n.aside, n.records - n.marked - n.aside
               AS left
          FROM scrutiny_attendance t
          JOIN accounts a ON a.id = t.account
         CROSS JOIN LATERAL (
               SELECT count(*) AS records, count(m.record) AS marked, count(c.record) AS aside
                 FROM scrutiny_records r
                 LEFT JOIN scrutiny_marks m ON m.record = r.id AND m.account = t.account
                 LEFT JOIN scrutiny_conflicts c ON c.record = r.id AND c.account = t.account
                WHERE r.meeting = t.meeting) n
         WHERE t.meeting = $1::uuid
         ORDER BY t.seat
        """


class OpenMarking(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting with records that somebody has still to mark alone: `left` of its `records`, of
    which `first` is the first.
    """

    meeting: str
    panel_name: str
    number: int
    held_on: datetime.date
    left: int
    records: int
    first: int


@sql.many(OpenMarking)
def load_open_markings(account: str) -> sql.SQL:
    """The meetings at which this account still has records to mark, the newest day first."""
    return """
        SELECT g.id::text AS meeting, p.name AS panel_name, g.number, g.held_on, n.left, n.records,
               n.first
          FROM scrutiny_attendance t
          JOIN scrutiny_meetings g ON g.id = t.meeting
          JOIN scrutiny_panels p ON p.id = g.panel
         CROSS JOIN LATERAL (
               SELECT count(*) AS records,
                      count(*) FILTER (WHERE num_nonnulls(m.record, c.record) = 0) AS left,
                      min(r.number) FILTER (WHERE num_nonnulls(m.record, c.record) = 0) AS first
                 FROM scrutiny_records r
                 LEFT JOIN scrutiny_marks m ON m.record = r.id AND m.account = t.account
                 LEFT JOIN scrutiny_conflicts c ON c.record = r.id AND c.account = t.account
                WHERE r.meeting = t.meeting) n
         WHERE t.account = $1::uuid AND n.left > 0 AND g.marking_at IS NOT NULL
           AND num_nonnulls(g.alone_closed_at, g.closed_at, g.cancelled_at) = 0
         ORDER BY g.held_on DESC, g.id
        """


@sql.many(scrutiny.MemberMark)
def load_marks(meeting: str) -> sql.SQL:
    """The marks of all members of a meeting; none before marking alone is over."""
    return """
        SELECT m.record::text, t.seat, m.colour, m.reasons, m.words, m.score, m.steps,
               m.watched_video
          FROM scrutiny_marks m
          JOIN scrutiny_records r ON r.id = m.record
          JOIN scrutiny_meetings g ON g.id = r.meeting
          JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = m.account
         WHERE g.id = $1::uuid AND g.alone_closed_at IS NOT NULL
         ORDER BY r.number, t.seat
        """


@sql.require(meeting_moved_on)
def save_joint_mark(mark: scrutiny.JointMark) -> sql.SQL:
    """Save what the panel says of a record together, also in place of what it said before."""
    return """
        WITH open AS (
            SELECT r.id FROM scrutiny_records r JOIN scrutiny_meetings g ON g.id = r.meeting
             WHERE r.id = $mark.record::uuid AND g.alone_closed_at IS NOT NULL
               AND g.closed_at IS NULL
               AND g.cancelled_at IS NULL
               FOR SHARE OF g
        )
        INSERT INTO scrutiny_joint_marks
               (record, colour, reasons, words, score, steps, video, minority)
        SELECT open.id, $mark.colour, $mark.reasons, $mark.words, $mark.score, $mark.steps,
               $mark.video, $mark.minority
          FROM open
            ON CONFLICT (record) DO UPDATE
           SET colour = $mark.colour, reasons = $mark.reasons, words = $mark.words,
               score = $mark.score, steps = $mark.steps, video = $mark.video,
               minority = $mark.minority
        RETURNING true
        """


@sql.many(scrutiny.JointMark)
def load_joint_marks(meeting: str) -> sql.SQL:
    """The joint marks of a meeting, in the order of its records."""
    return """
        SELECT j.record::text, j.colour, j.reasons, j.words, j.score, j.steps, j.video, j.minority
          FROM scrutiny_joint_marks j JOIN scrutiny_records r ON r.id = j.record
         WHERE r.meeting = $1::uuid ORDER BY r.number
        """


# The marks of closed meetings that ask for an answer, each with the last one; $days is the usual
# number of days.
ANSWER_SQL = """
    SELECT r.id::text AS record, r.number, r.stratum, j.colour,
           coalesce(d.due_on,
                    m.closed_at::date + $days::integer) AS due,
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


@sql.many(scrutiny.MarkAnswer)
def load_answers(meeting: str, *, days: int = scrutiny.DAYS_TO_ANSWER) -> sql.SQL:
    """The amber and red marks of a closed meeting, with the force's answers, by record."""
    return f"{ANSWER_SQL} AND m.id = $meeting::uuid ORDER BY r.number"


@sql.boolean
def append_answer(
    record: str, version: int, answer: tuple[scrutiny.Verdict, str, str, datetime.date], *, by: str
) -> sql.SQL:
    """Save the next version of an answer (verdict, words, learning, day); False if somebody else
    saved it first.
    """
    return """
        INSERT INTO scrutiny_answers (record, version, verdict, words, learning, answered_on, by)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::uuid) ON CONFLICT DO NOTHING RETURNING true
        """


@sql.execute
def save_due_day(meeting: str, due: datetime.date) -> sql.SQL:
    """Change the day by which the force answers the marks of a meeting."""
    return """
        INSERT INTO scrutiny_due_days (meeting, due_on) VALUES ($1::uuid, $2)
            ON CONFLICT (meeting) DO UPDATE SET due_on = $2
        """


class OverdueAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers the force owes a panel since a day: on marks, or on trigger events."""

    panel: str
    panel_name: str
    meeting: str | None
    meeting_number: int | None
    answers: int
    due: datetime.date


@sql.many(OverdueAnswers)
def load_overdue(today: datetime.date, *, days: int = scrutiny.DAYS_TO_ANSWER) -> sql.SQL:
    """How many answers are overdue: on marks by meeting, on triggers by panel; the oldest first."""
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


@sql.values(frozenset[str])
def load_stepped_aside(meeting: str, account: str) -> sql.SQL:
    """The records of a meeting from which a person stepped aside."""
    return """
        SELECT c.record::text FROM scrutiny_conflicts c JOIN scrutiny_records r ON r.id = c.record
         WHERE r.meeting = $1::uuid AND c.account = $2::uuid
        """
