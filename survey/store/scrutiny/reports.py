"""SQL for the reports of meetings that a panel published."""

import datetime
import hashlib

import msgspec

from survey.editions.chapters.scrutiny import SafeMeetingReport
from survey.scrutiny.answer_refusals import unknown_report
from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs


class StoredReport(msgspec.Struct, frozen=True, kw_only=True):
    """A published report with its bytes and their hash; `newest` is the last version of it.

    `withdrawn` is the reason if the panel withdrew this version, else ''.
    """

    meeting: str
    version: int
    newest: int
    body: bytes
    sha256: str
    published_on: datetime.date
    published_by: str
    withdrawn: str = ""
    withdrawn_at: datetime.datetime | None = None

    @property
    def report(self) -> SafeMeetingReport:
        return msgspec.json.decode(self.body, type=SafeMeetingReport)


REPORT_SQL = """
    SELECT r.meeting::text, r.version, r.body, r.sha256, a.name AS published_by,
           (r.at AT TIME ZONE 'Europe/London')::date AS published_on,
           max(r.version) OVER (PARTITION BY r.meeting) AS newest,
           coalesce(w.reason, '') AS withdrawn, w.at AS withdrawn_at
      FROM scrutiny_reports r JOIN accounts a ON a.id = r.by
      LEFT JOIN scrutiny_withdrawals w USING (meeting, version)
"""


async def insert_report(connection: Connection, report: SafeMeetingReport, *, by: str) -> int:
    """Publish the next version of a meeting's report, and return its number."""
    body = msgspec.json.encode(report)
    version: int = await connection.fetchval(
        """
        WITH meeting AS (SELECT id FROM scrutiny_meetings WHERE id = $1::uuid FOR UPDATE)
        INSERT INTO scrutiny_reports (meeting, version, body, sha256, by)
        SELECT meeting.id,
               (SELECT coalesce(max(version), 0) + 1 FROM scrutiny_reports
                 WHERE meeting = $1::uuid),
               $2, $3, $4::uuid
          FROM meeting RETURNING version
        """,
        report.meeting,
        body,
        hashlib.sha256(body).hexdigest(),
        by,
    )
    return version


async def get_report(connection: Connection, meeting: str, version: int | None) -> StoredReport:
    """A version of a meeting's published report; the newest where none is named."""
    found = await find_struct(
        connection,
        StoredReport,
        f"""
        SELECT * FROM ({REPORT_SQL} WHERE r.meeting = $1::uuid) r
         WHERE version = coalesce($2, newest)
        """,  # noqa: S608 - only our own constant
        meeting,
        version,
    )
    if found is None:
        raise unknown_report()
    return found


async def load_versions(connection: Connection, meeting: str) -> list[StoredReport]:
    """Every published version of a meeting's report, the newest first."""
    return await load_structs(
        connection,
        StoredReport,
        f"{REPORT_SQL} WHERE r.meeting = $1::uuid ORDER BY r.version DESC",
        meeting,
    )


async def withdraw_newest(connection: Connection, meeting: str, reason: str, *, by: str) -> bool:
    """Withdraw the newest version of a meeting's report; False if there is none, or it is withdrawn
    already.
    """
    return bool(
        await connection.fetchval(
            """
            INSERT INTO scrutiny_withdrawals (meeting, version, reason, by)
            SELECT meeting, version, $2, $3::uuid FROM scrutiny_reports
             WHERE meeting = $1::uuid ORDER BY version DESC LIMIT 1
            ON CONFLICT DO NOTHING RETURNING true
            """,
            meeting,
            reason,
            by,
        )
    )


async def load_reported_meetings(connection: Connection) -> set[str]:
    """The meetings of which a report was published."""
    rows = await connection.fetch("SELECT DISTINCT meeting::text FROM scrutiny_reports")
    return {row["meeting"] for row in rows}


async def load_published(connection: Connection, before: datetime.datetime) -> list[StoredReport]:
    """Every version of every report published before an instant, in order of time."""
    return await load_structs(
        connection,
        StoredReport,
        f"{REPORT_SQL} WHERE r.at < $1 ORDER BY r.at, r.meeting, r.version",
        before,
    )
