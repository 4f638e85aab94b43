"""SQL for the marks that members give alone, and for what they say together.

What one member said reaches nobody else before `alone_closed_at`: every statement here that reads
marks of several members asks for it, and the others read the marks of one account, or joint ones.
"""

import datetime

import msgspec

from survey.scrutiny.panels import JointMark, MemberMark, OwnMark, SeatProgress
from survey.scrutiny.refusals import closed_marking, meeting_moved_on
from survey.store.statements import SQL, first, many, pairs, require


@require(closed_marking)
def save_mark(record: str, account: str, mark: OwnMark) -> SQL:
    """Save the mark of a member, also in place of theirs from before; raises unless it is open."""
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
        INSERT INTO scrutiny_marks (record, account, colour, reasons, words, watched_video)
        SELECT open.id, $account::uuid, $mark.colour, $mark.reasons, $mark.words,
               $mark.watched_video
          FROM open
            ON CONFLICT (record, account) DO UPDATE
           SET colour = $mark.colour, reasons = $mark.reasons, words = $mark.words,
               watched_video = $mark.watched_video
        RETURNING true
        """


@first(OwnMark)
def find_own_mark(record: str, account: str) -> SQL:
    return """
        SELECT colour, reasons, words, watched_video FROM scrutiny_marks
         WHERE record = $1::uuid AND account = $2::uuid
        """


@pairs(dict[int, str])
def load_own_marks(meeting: str, account: str) -> SQL:
    """What a member has said so far, by the number of the record: a colour, or 'aside'."""
    return """
        SELECT r.number, CASE WHEN c.record IS NULL THEN m.colour ELSE 'aside' END AS said
          FROM scrutiny_records r
          LEFT JOIN scrutiny_marks m ON m.record = r.id AND m.account = $2::uuid
          LEFT JOIN scrutiny_conflicts c ON c.record = r.id AND c.account = $2::uuid
         WHERE r.meeting = $1::uuid AND num_nonnulls(m.record, c.record) > 0
        """


@many(SeatProgress)
def load_progress(meeting: str) -> SQL:
    """How far each member of a meeting is: numbers of records, and never a mark."""
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
    """A meeting at which somebody has records to mark alone: how many of how many are left."""

    meeting: str
    panel_name: str
    number: int
    held_on: datetime.date
    left: int
    records: int


@many(OpenMarking)
def load_open_markings(account: str) -> SQL:
    """The meetings at which this account still has records to mark, the newest day first."""
    return """
        SELECT g.id::text AS meeting, p.name AS panel_name, g.number, g.held_on, n.left, n.records
          FROM scrutiny_attendance t
          JOIN scrutiny_meetings g ON g.id = t.meeting
          JOIN scrutiny_panels p ON p.id = g.panel
         CROSS JOIN LATERAL (
               SELECT count(*) AS records,
                      count(*) FILTER (WHERE num_nonnulls(m.record, c.record) = 0) AS left
                 FROM scrutiny_records r
                 LEFT JOIN scrutiny_marks m ON m.record = r.id AND m.account = t.account
                 LEFT JOIN scrutiny_conflicts c ON c.record = r.id AND c.account = t.account
                WHERE r.meeting = t.meeting) n
         WHERE t.account = $1::uuid AND n.left > 0 AND g.marking_at IS NOT NULL
           AND num_nonnulls(g.alone_closed_at, g.closed_at, g.cancelled_at) = 0
         ORDER BY g.held_on DESC, g.id
        """


@many(MemberMark)
def load_marks(meeting: str) -> SQL:
    """The marks of all members of a meeting; none before marking alone is over."""
    return """
        SELECT m.record::text, t.seat, m.colour, m.reasons, m.words, m.watched_video
          FROM scrutiny_marks m
          JOIN scrutiny_records r ON r.id = m.record
          JOIN scrutiny_meetings g ON g.id = r.meeting
          JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = m.account
         WHERE g.id = $1::uuid AND g.alone_closed_at IS NOT NULL
         ORDER BY r.number, t.seat
        """


@require(meeting_moved_on)
def save_joint_mark(mark: JointMark) -> SQL:
    """Save what the panel says of a record together, also in place of what it said before."""
    return """
        WITH open AS (
            SELECT r.id FROM scrutiny_records r JOIN scrutiny_meetings g ON g.id = r.meeting
             WHERE r.id = $mark.record::uuid AND g.alone_closed_at IS NOT NULL
               AND g.closed_at IS NULL
               AND g.cancelled_at IS NULL
               FOR SHARE OF g
        )
        INSERT INTO scrutiny_joint_marks (record, colour, reasons, words, minority)
        SELECT open.id, $mark.colour, $mark.reasons, $mark.words, $mark.minority FROM open
            ON CONFLICT (record) DO UPDATE
           SET colour = $mark.colour, reasons = $mark.reasons, words = $mark.words,
               minority = $mark.minority
        RETURNING true
        """


@many(JointMark)
def load_joint_marks(meeting: str) -> SQL:
    """The joint marks of a meeting, in the order of its records."""
    return """
        SELECT j.record::text, j.colour, j.reasons, j.words, j.minority
          FROM scrutiny_joint_marks j JOIN scrutiny_records r ON r.id = j.record
         WHERE r.meeting = $1::uuid ORDER BY r.number
        """
