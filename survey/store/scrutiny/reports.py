"""SQL for the reports of meetings: reviewed, published, withdrawn."""

import datetime
import hashlib

import msgspec

from survey.editions.scrutiny import SafeMeetingReport
from survey.scrutiny.refusals import unknown_report
from survey.store import statements as sql
from survey.store.database import Connection


class ReportBytes(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a meeting's report as it was reviewed, and the name of who reviewed it."""

    meeting: str
    version: int
    body: bytes
    reviewed_by: str

    @property
    def report(self) -> SafeMeetingReport:
        return msgspec.json.decode(self.body, type=SafeMeetingReport)


class StoredReport(ReportBytes, frozen=True, kw_only=True):
    """A published report with the hash of its bytes; `newest` is the last version published.

    `withdrawn` is the reason if the panel withdrew this version, else ''.
    """

    newest: int
    sha256: str
    published_on: datetime.date
    published_by: str
    withdrawn: str = ""
    withdrawn_at: datetime.datetime | None = None


class ReviewedReport(ReportBytes, frozen=True, kw_only=True):
    """A report that was reviewed and not published; `reviewer` is the account of who reviewed
    it.
    """

    reviewer: str
    reviewed_at: datetime.datetime


REPORT_SQL = """
    SELECT r.meeting::text, r.version, r.body, r.sha256, b.name AS reviewed_by,
           a.name AS published_by, p.at::date AS published_on,
           max(r.version) OVER (PARTITION BY r.meeting) AS newest,
           coalesce(w.reason, '') AS withdrawn, w.at AS withdrawn_at
      FROM scrutiny_publications p
      JOIN scrutiny_reports r USING (meeting, version)
      JOIN accounts a ON a.id = p.by
      JOIN accounts b ON b.id = r.by
      LEFT JOIN scrutiny_withdrawals w USING (meeting, version)
"""
# The last version of a meeting that was reviewed, where it is not published.
WAITING_SQL = """
    SELECT DISTINCT ON (r.meeting) r.meeting::text, r.version, r.body, r.by::text AS reviewer,
           a.name AS reviewed_by, r.at AS reviewed_at
      FROM scrutiny_reports r JOIN accounts a ON a.id = r.by
     WHERE NOT EXISTS (SELECT FROM scrutiny_publications p
                        WHERE p.meeting = r.meeting AND p.version >= r.version)
"""


async def insert_reviewed(connection: Connection, report: SafeMeetingReport, *, by: str) -> int:
    """Store a report as the next version of its meeting, and return its number."""
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


@sql.first(ReviewedReport)
def find_waiting(meeting: str) -> sql.SQL:
    """The report of a meeting that was reviewed and waits to be published."""
    return f"{WAITING_SQL} AND r.meeting = $1::uuid ORDER BY r.meeting, r.version DESC"


@sql.many(ReviewedReport)
def load_waiting() -> sql.SQL:
    """The reports of all meetings that were reviewed and wait to be published."""
    return f"{WAITING_SQL} ORDER BY r.meeting, r.version DESC"


@sql.boolean
def insert_publication(meeting: str, version: int, *, by: str) -> sql.SQL:
    """Publish a reviewed version; False if it is published already."""
    return """
        INSERT INTO scrutiny_publications (meeting, version, by)
        VALUES ($1::uuid, $2, $3::uuid) ON CONFLICT DO NOTHING RETURNING true
        """


@sql.only(StoredReport, unknown_report)
def get_report(meeting: str, version: int | None) -> sql.SQL:
    """A version of a meeting's published report; the newest where none is named."""
    return f"""
        SELECT * FROM ({REPORT_SQL} WHERE r.meeting = $1::uuid) r
         WHERE version = coalesce($2, newest)
        """  # noqa: S608 - only our own constant


@sql.many(StoredReport)
def load_versions(meeting: str) -> sql.SQL:
    """Every published version of a meeting's report, the newest first."""
    return f"{REPORT_SQL} WHERE r.meeting = $1::uuid ORDER BY r.version DESC"


@sql.boolean
def withdraw_newest(meeting: str, reason: str, *, by: str) -> sql.SQL:
    """Withdraw the newest published version of a meeting's report; False if there is none, or it is
    withdrawn already.
    """
    return """
        INSERT INTO scrutiny_withdrawals (meeting, version, reason, by)
        SELECT meeting, version, $2, $3::uuid FROM scrutiny_publications
         WHERE meeting = $1::uuid ORDER BY version DESC LIMIT 1
        ON CONFLICT DO NOTHING RETURNING true
        """


@sql.values(set[str])
def load_reported_meetings() -> sql.SQL:
    """The meetings of which a report was published."""
    return "SELECT DISTINCT meeting::text FROM scrutiny_publications"


@sql.many(StoredReport)
def load_published(before: datetime.datetime) -> sql.SQL:
    """Every version of every report published before an instant, in order of time."""
    return f"{REPORT_SQL} WHERE p.at < $1 ORDER BY p.at, r.meeting, r.version"


@sql.many_by(lambda row: msgspec.json.decode(row["body"], type=SafeMeetingReport))
def load_reviewed() -> sql.SQL:
    """Every version of every report that was ever reviewed, in order of time.

    The gate has to know them, as each was published or still may be.
    """
    return "SELECT body FROM scrutiny_reports ORDER BY at, meeting, version"
