"""SQL for the joint marks of a meeting."""

from survey.scrutiny.marks import JointMark
from survey.scrutiny.refusals import meeting_moved_on
from survey.store.database import Connection
from survey.store.rows import load_structs


async def save_joint_mark(connection: Connection, mark: JointMark) -> None:
    """Save what the panel says of a record together, also in place of what it said before."""
    done = await connection.fetchval(
        """
        WITH open AS (
            SELECT r.id FROM scrutiny_records r JOIN scrutiny_meetings g ON g.id = r.meeting
             WHERE r.id = $1::uuid AND g.alone_closed_at IS NOT NULL AND g.closed_at IS NULL
               AND g.cancelled_at IS NULL
               FOR SHARE OF g
        )
        INSERT INTO scrutiny_joint_marks (record, colour, reasons, words, minority)
        SELECT open.id, $2, $3, $4, $5 FROM open
            ON CONFLICT (record) DO UPDATE
           SET colour = $2, reasons = $3, words = $4, minority = $5
        RETURNING true
        """,
        mark.record,
        mark.colour,
        list(mark.reasons),
        mark.words,
        mark.minority,
    )
    if not done:
        raise meeting_moved_on()


async def load_joint_marks(connection: Connection, meeting: str) -> list[JointMark]:
    """The joint marks of a meeting, in the order of its records."""
    return await load_structs(
        connection,
        JointMark,
        """
        SELECT j.record::text, j.colour, j.reasons, j.words, j.minority
          FROM scrutiny_joint_marks j JOIN scrutiny_records r ON r.id = j.record
         WHERE r.meeting = $1::uuid ORDER BY r.number
        """,
        meeting,
    )
