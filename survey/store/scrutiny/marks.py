"""SQL for the marks that members give alone.

What one member said reaches nobody else before `alone_closed_at`: every statement here that reads
marks of several members asks for it, and the others read the marks of one account.
"""

import datetime

import msgspec

from survey.scrutiny.marks import MemberMark, OwnMark, SeatProgress
from survey.scrutiny.refusals import closed_marking
from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs


async def save_mark(connection: Connection, record: str, account: str, mark: OwnMark) -> None:
    """Save the mark of a member, also in place of theirs from before; raises unless it is open."""
    # The meeting is locked, so that no mark comes in after the others were shown.
    done = await connection.fetchval(
        """
        WITH open AS (
            SELECT r.id FROM scrutiny_records r
              JOIN scrutiny_meetings g ON g.id = r.meeting
              JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = $2::uuid
             WHERE r.id = $1::uuid AND g.marking_at IS NOT NULL AND g.alone_closed_at IS NULL
               AND g.cancelled_at IS NULL
               AND NOT EXISTS (SELECT FROM scrutiny_conflicts c
                                WHERE c.record = r.id AND c.account = $2::uuid)
               FOR SHARE OF g
        )
        INSERT INTO scrutiny_marks (record, account, colour, reasons, words, watched_video)
        SELECT open.id, $2::uuid, $3, $4, $5, $6 FROM open
            ON CONFLICT (record, account) DO UPDATE
           SET colour = $3, reasons = $4, words = $5, watched_video = $6
        RETURNING true
        """,
        record,
        account,
        mark.colour,
        list(mark.reasons),
        mark.words,
        mark.watched_video,
    )
    if not done:
        raise closed_marking()


async def find_own_mark(connection: Connection, record: str, account: str) -> OwnMark | None:
    return await find_struct(
        connection,
        OwnMark,
        """
        SELECT colour, reasons, words, watched_video FROM scrutiny_marks
         WHERE record = $1::uuid AND account = $2::uuid
        """,
        record,
        account,
    )


async def load_own_marks(connection: Connection, meeting: str, account: str) -> dict[int, str]:
    """What a member has said so far, by the number of the record: a colour, or 'aside'."""
    rows = await connection.fetch(
        """
        SELECT r.number, CASE WHEN c.record IS NULL THEN m.colour ELSE 'aside' END AS said
          FROM scrutiny_records r
          LEFT JOIN scrutiny_marks m ON m.record = r.id AND m.account = $2::uuid
          LEFT JOIN scrutiny_conflicts c ON c.record = r.id AND c.account = $2::uuid
         WHERE r.meeting = $1::uuid AND num_nonnulls(m.record, c.record) > 0
        """,
        meeting,
        account,
    )
    return {row["number"]: row["said"] for row in rows}


async def load_progress(connection: Connection, meeting: str) -> list[SeatProgress]:
    """How far each member of a meeting is: numbers of records, and never a mark."""
    return await load_structs(
        connection,
        SeatProgress,
        """
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
        """,
        meeting,
    )


class OpenMarking(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting at which somebody has records to mark alone: how many of how many are left."""

    meeting: str
    panel_name: str
    number: int
    held_on: datetime.date
    left: int
    records: int


async def load_open_markings(connection: Connection, account: str) -> list[OpenMarking]:
    """The meetings at which this account still has records to mark, the newest day first."""
    return await load_structs(
        connection,
        OpenMarking,
        """
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
        """,
        account,
    )


async def load_marks(connection: Connection, meeting: str) -> list[MemberMark]:
    """The marks of all members of a meeting; none before marking alone is over."""
    return await load_structs(
        connection,
        MemberMark,
        """
        SELECT m.record::text, t.seat, m.colour, m.reasons, m.words, m.watched_video
          FROM scrutiny_marks m
          JOIN scrutiny_records r ON r.id = m.record
          JOIN scrutiny_meetings g ON g.id = r.meeting
          JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = m.account
         WHERE g.id = $1::uuid AND g.alone_closed_at IS NOT NULL
         ORDER BY r.number, t.seat
        """,
        meeting,
    )
