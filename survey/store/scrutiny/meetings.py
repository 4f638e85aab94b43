"""SQL for the meetings of scrutiny panels: each step is one statement that takes it once. And for
the records drawn for one, and members who step aside from a record.
"""

import datetime
from collections.abc import Sequence

import msgspec

from survey.scrutiny import DrawnRecord, PanelMeeting, RecordField, refusals
from survey.scrutiny.rules import DrawSummary
from survey.store import statements as sql
from survey.store.database import Connection

MEETING_SQL = """
    SELECT g.id::text, g.panel::text, p.name AS panel_name, g.number, g.held_on, g.areas, g.rule,
           g.reasons, g.scheme, g.seed, g.seeded_at, g.sealed_sha256, g.file_name, g.file_sha256,
           g.drawn_at, g.drawn_sha256, g.draw, g.marking_at, g.alone_closed_at, g.closed_at,
           g.cancelled_at, g.cancelled_because
      FROM scrutiny_meetings g JOIN scrutiny_panels p ON p.id = g.panel
"""


@sql.many(PanelMeeting)
def load_meetings(panel: str) -> sql.SQL:
    """The meetings of a panel, the last first."""
    return f"{MEETING_SQL} WHERE g.panel = $1::uuid ORDER BY g.number DESC"


@sql.many(PanelMeeting)
def load_seeded_meetings() -> sql.SQL:
    """The meetings of all panels whose seed is fixed, also cancelled ones, the newest first."""
    return f"{MEETING_SQL} WHERE g.seeded_at IS NOT NULL ORDER BY g.seeded_at DESC, g.id"


@sql.boolean
def has_seeded_meetings() -> sql.SQL:
    return "SELECT EXISTS (SELECT FROM scrutiny_meetings WHERE seeded_at IS NOT NULL)"


@sql.only(PanelMeeting, refusals.unknown_meeting)
def get_meeting(meeting: str) -> sql.SQL:
    return f"{MEETING_SQL} WHERE g.id = $1::uuid"


@sql.value(str)
def insert_meeting(panel: str, held_on: datetime.date) -> sql.SQL:
    """Save the next meeting of a panel and return its id."""
    # The row of the panel is locked, so that two meetings planned at once have two numbers.
    return """
        WITH panel AS (SELECT id FROM scrutiny_panels WHERE id = $1::uuid FOR UPDATE)
        INSERT INTO scrutiny_meetings (panel, number, held_on)
        SELECT panel.id,
               (SELECT coalesce(max(number), 0) + 1 FROM scrutiny_meetings WHERE panel = $1::uuid),
               $2
          FROM panel RETURNING id::text
        """


@sql.require(refusals.meeting_moved_on)
def save_seed(
    meeting: str, seed: str, sealed_sha256: str | None, *, at: datetime.datetime | None = None
) -> sql.SQL:
    """Fix the seed of a meeting, with its panel's current area, rule, reasons and scheme; raises
    if it has one.

    Here and in the other steps `at` is now, except for past meetings that a simulation makes up.
    """
    return """
        UPDATE scrutiny_meetings g
           SET seed = $2, seeded_at = coalesce($4, now()), sealed_sha256 = $3,
               areas = p.areas, rule = p.rule, reasons = p.reasons, scheme = p.scheme
          FROM scrutiny_panels p
         WHERE g.id = $1::uuid AND p.id = g.panel AND g.seeded_at IS NULL
           AND g.cancelled_at IS NULL
        RETURNING true
        """


class OpenedFile(msgspec.Struct, frozen=True):
    """The file that a draw was made from, by its name and digest."""

    name: str
    sha256: str


@sql.require(refusals.meeting_moved_on)
def save_draw(
    meeting: str,
    file: OpenedFile,
    drawn_sha256: str,
    draw: DrawSummary,
    *,
    at: datetime.datetime | None = None,
) -> sql.SQL:
    """Save that a file was opened and records were drawn from it; only once."""
    return """
        UPDATE scrutiny_meetings
           SET file_name = $file.name, file_sha256 = $file.sha256,
               drawn_at = coalesce($at, now()), drawn_sha256 = $drawn_sha256, draw = $draw
         WHERE id = $meeting::uuid AND seeded_at IS NOT NULL AND drawn_at IS NULL
           AND cancelled_at IS NULL
        RETURNING true
        """


@sql.require(refusals.meeting_moved_on)
def open_marking(meeting: str, *, at: datetime.datetime | None = None) -> sql.SQL:
    """Let the members mark alone."""
    return """
        UPDATE scrutiny_meetings SET marking_at = coalesce($2, now())
         WHERE id = $1::uuid AND drawn_at IS NOT NULL AND marking_at IS NULL
           AND cancelled_at IS NULL
        RETURNING true
        """


@sql.require(refusals.meeting_moved_on)
def close_alone(meeting: str, *, at: datetime.datetime | None = None) -> sql.SQL:
    """End marking alone: no mark changes from then on, and the members see what was said."""
    return """
        UPDATE scrutiny_meetings SET alone_closed_at = coalesce($2, now())
         WHERE id = $1::uuid AND marking_at IS NOT NULL AND alone_closed_at IS NULL
           AND cancelled_at IS NULL
        RETURNING true
        """


@sql.require(refusals.meeting_moved_on)
def close_meeting(meeting: str, *, at: datetime.datetime | None = None) -> sql.SQL:
    """End a meeting, if each of its records has a joint mark."""
    return """
        UPDATE scrutiny_meetings SET closed_at = coalesce($2, now())
         WHERE id = $1::uuid AND alone_closed_at IS NOT NULL AND closed_at IS NULL
           AND cancelled_at IS NULL
           AND NOT EXISTS (SELECT FROM scrutiny_records r
                            WHERE r.meeting = $1::uuid
                              AND NOT EXISTS (SELECT FROM scrutiny_joint_marks j
                                               WHERE j.record = r.id))
        RETURNING true
        """


@sql.require(refusals.meeting_moved_on)
def cancel_meeting(meeting: str, because: str) -> sql.SQL:
    """Cancel a meeting that is not closed. Its seed stays published, with the reason."""
    return """
        UPDATE scrutiny_meetings SET cancelled_at = now(), cancelled_because = $2
         WHERE id = $1::uuid AND closed_at IS NULL AND cancelled_at IS NULL
        RETURNING true
        """


@sql.many(PanelMeeting)
def load_meetings_of(panels: Sequence[str]) -> sql.SQL:
    """The meetings of these panels, the newest day first."""
    return f"{MEETING_SQL} WHERE g.panel = ANY($1::uuid[]) ORDER BY g.held_on DESC, g.id"


RECORD_SQL = """
    SELECT r.id::text, r.meeting::text, r.number, r.reference, r.stratum, r.fields
      FROM scrutiny_records r
"""


async def insert_records(
    connection: Connection,
    meeting: str,
    records: Sequence[tuple[str, str, tuple[RecordField, ...]]],
) -> None:
    """Save the records drawn for a meeting (reference, stratum, fields), numbered as listed."""
    await connection.executemany(
        """
        INSERT INTO scrutiny_records (meeting, number, reference, stratum, fields)
        VALUES ($1::uuid, $2, $3, $4, $5)
        """,
        [(meeting, number, *record) for number, record in enumerate(records, 1)],
    )


@sql.many(DrawnRecord)
def load_records(meeting: str) -> sql.SQL:
    return f"{RECORD_SQL} WHERE r.meeting = $1::uuid ORDER BY r.number"


@sql.only(DrawnRecord, refusals.unknown_record)
def get_record(meeting: str, number: int) -> sql.SQL:
    return f"{RECORD_SQL} WHERE r.meeting = $1::uuid AND r.number = $2"


async def get_open_record(
    connection: Connection, meeting: str, number: int, account: str
) -> DrawnRecord:
    """A record of a meeting that this person takes part in; raises if they stepped aside."""
    record = await sql.find_struct(
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
        raise refusals.unknown_record()
    if await has_stepped_aside(connection, record.id, account):
        raise refusals.stepped_aside()
    return record


@sql.boolean
def has_stepped_aside(record: str, account: str) -> sql.SQL:
    return """
        SELECT EXISTS (SELECT FROM scrutiny_conflicts
                        WHERE record = $1::uuid AND account = $2::uuid)
        """


@sql.boolean
def has_chair_stepped_aside(record: str) -> sql.SQL:
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


@sql.execute
def insert_conflict(record: str, account: str) -> sql.SQL:
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


@sql.boolean
def save_fields(record: str, fields: tuple[RecordField, ...]) -> sql.SQL:
    """Save the fields of a record with more words masked; False once members may see it."""
    return """
        UPDATE scrutiny_records r SET fields = $2 FROM scrutiny_meetings g
         WHERE r.id = $1::uuid AND g.id = r.meeting AND g.marking_at IS NULL
           AND g.cancelled_at IS NULL
        RETURNING true
        """


@sql.execute
def delete_records(meeting: str) -> sql.SQL:
    """Delete the records of a meeting that was cancelled, with every mark of them."""
    return """
        WITH gone AS (SELECT id FROM scrutiny_records WHERE meeting = $1::uuid),
        unmarked AS (DELETE FROM scrutiny_marks WHERE record IN (SELECT id FROM gone)),
        unaside AS (DELETE FROM scrutiny_conflicts WHERE record IN (SELECT id FROM gone)),
        unjoined AS (DELETE FROM scrutiny_joint_marks WHERE record IN (SELECT id FROM gone))
        DELETE FROM scrutiny_records WHERE id IN (SELECT id FROM gone)
        """
