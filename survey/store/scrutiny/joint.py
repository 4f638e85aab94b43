"""SQL for the joint marks of a meeting."""

from survey.scrutiny.marks import JointMark
from survey.scrutiny.refusals import meeting_moved_on
from survey.store.statements import SQL, many, require


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
