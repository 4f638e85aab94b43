"""SQL for the records drawn for a meeting, and for members who step aside from one."""

from collections.abc import Sequence

from survey.scrutiny.meetings import DrawnRecord, RecordField
from survey.scrutiny.refusals import stepped_aside, unknown_record
from survey.store.database import Connection
from survey.store.rows import find_struct
from survey.store.statements import SQL, boolean, execute, many, only

RECORD_SQL = """
    SELECT r.id::text, r.meeting::text, r.number, r.reference, r.stratum, r.fields
      FROM scrutiny_records r
"""


async def insert_records(
    connection: Connection,
    meeting: str,
    records: Sequence[tuple[str, str, tuple[RecordField, ...]]],
) -> None:
    """Save the records drawn for a meeting, numbered in this order: reference, stratum, fields."""
    await connection.executemany(
        """
        INSERT INTO scrutiny_records (meeting, number, reference, stratum, fields)
        VALUES ($1::uuid, $2, $3, $4, $5)
        """,
        [(meeting, number, *record) for number, record in enumerate(records, 1)],
    )


@many(DrawnRecord)
def load_records(meeting: str) -> SQL:
    return f"{RECORD_SQL} WHERE r.meeting = $1::uuid ORDER BY r.number"


@only(DrawnRecord, unknown_record)
def get_record(meeting: str, number: int) -> SQL:
    return f"{RECORD_SQL} WHERE r.meeting = $1::uuid AND r.number = $2"


async def get_open_record(
    connection: Connection, meeting: str, number: int, account: str
) -> DrawnRecord:
    """A record of a meeting that this person takes part in; raises if they stepped aside."""
    record = await find_struct(
        connection,
        DrawnRecord,
        f"""
        {RECORD_SQL}
          JOIN scrutiny_meetings g ON g.id = r.meeting
          JOIN scrutiny_attendance t ON t.meeting = g.id AND t.account = $3::uuid
         WHERE r.meeting = $1::uuid AND r.number = $2
           AND g.marking_at IS NOT NULL AND g.cancelled_at IS NULL
        """,
        meeting,
        number,
        account,
    )
    if record is None:
        raise unknown_record()
    if await has_stepped_aside(connection, record.id, account):
        raise stepped_aside()
    return record


@boolean
def has_stepped_aside(record: str, account: str) -> SQL:
    return """
        SELECT EXISTS (SELECT FROM scrutiny_conflicts
                        WHERE record = $1::uuid AND account = $2::uuid)
        """


@boolean
def has_chair_stepped_aside(record: str) -> SQL:
    """Whether every chair of the panel stepped aside from a record: a member then writes for it."""
    return """
        SELECT NOT EXISTS (SELECT FROM scrutiny_records r
                             JOIN scrutiny_meetings g ON g.id = r.meeting
                             JOIN scrutiny_attendance t ON t.meeting = g.id
                             JOIN scrutiny_members m ON m.panel = g.panel
                                  AND m.account = t.account AND m.chairs
                            WHERE r.id = $1::uuid
                              AND NOT EXISTS (SELECT FROM scrutiny_conflicts c
                                               WHERE c.record = r.id AND c.account = m.account))
        """


@execute
def insert_conflict(record: str, account: str) -> SQL:
    """Save that a member steps aside from a record, and delete the mark that they gave it."""
    return """
        WITH unmarked AS (
            DELETE FROM scrutiny_marks m USING scrutiny_records r, scrutiny_meetings g
             WHERE m.record = $1::uuid AND m.account = $2::uuid AND r.id = m.record
               AND g.id = r.meeting AND g.closed_at IS NULL
        )
        INSERT INTO scrutiny_conflicts (record, account) VALUES ($1::uuid, $2::uuid)
            ON CONFLICT DO NOTHING
        """


@boolean
def save_fields(record: str, fields: tuple[RecordField, ...]) -> SQL:
    """Save the fields of a record with more words masked; False once members may see it."""
    return """
        UPDATE scrutiny_records r SET fields = $2 FROM scrutiny_meetings g
         WHERE r.id = $1::uuid AND g.id = r.meeting AND g.marking_at IS NULL
           AND g.cancelled_at IS NULL
        RETURNING true
        """


@execute
def delete_records(meeting: str) -> SQL:
    """Delete the records of a meeting that was cancelled, with every mark of them."""
    return """
        WITH gone AS (SELECT id FROM scrutiny_records WHERE meeting = $1::uuid),
        unmarked AS (DELETE FROM scrutiny_marks WHERE record IN (SELECT id FROM gone)),
        unaside AS (DELETE FROM scrutiny_conflicts WHERE record IN (SELECT id FROM gone)),
        unjoined AS (DELETE FROM scrutiny_joint_marks WHERE record IN (SELECT id FROM gone))
        DELETE FROM scrutiny_records WHERE id IN (SELECT id FROM gone)
        """
