"""SQL for alerts: incidents that staff reported, who deals with what, and alerts in editions."""

import datetime
from typing import Literal

import msgspec

from survey.editions.actions import Alert, AlertAssignment, RaisedAlert
from survey.store.statements import SQL, boolean, execute, many, many_by


class EditionAlerts(msgspec.Struct, frozen=True):
    """The alerts of an edition, and which edition it is."""

    kind: Literal["weekly", "monthly"]
    start: datetime.date
    end: datetime.date
    number: int
    city: str
    compared_start: datetime.date | None = None
    alerts: tuple[Alert, ...] = ()


@execute
def insert_raised(kind: str, area: str, on: datetime.date, *, by: str) -> SQL:
    return "INSERT INTO raised_alerts (kind, area, on_day, by) VALUES ($1, $2, $3, $4::uuid)"


class ReportDays(msgspec.Struct, frozen=True, kw_only=True):
    """Which reports an edition shows: those of incidents up to its last day `end`.

    They were reported up to `until`, and not all in time for the edition before, which knew those
    of incidents up to `end_before` that were reported before `since`.
    """

    since: datetime.date
    until: datetime.date
    end_before: datetime.date
    end: datetime.date


@many(RaisedAlert)
def load_raised(days: ReportDays) -> SQL:
    """Incidents that were reported, first shown in this edition, and not withdrawn."""
    return """
        WITH reports AS (
            SELECT *, (at AT TIME ZONE 'Europe/London')::date AS reported FROM raised_alerts)
        SELECT id::text, kind, area, on_day AS on, reported FROM reports
         WHERE reported <= $days.until AND on_day <= $days.end
           AND (reported >= $days.since OR on_day > $days.end_before)
           AND NOT EXISTS (SELECT FROM raised_alerts_taken_back b WHERE b.alert = id)
         ORDER BY at, id
        """


class AlertReport(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that somebody reported, who deals with it, and who withdrew it and why."""

    id: str
    kind: str
    area: str
    on_day: datetime.date
    at: datetime.datetime
    name: str
    owner: str
    action: str
    why: str | None
    taken_back_by: str | None


@many(AlertReport)
def load_reports(since: datetime.datetime) -> SQL:
    """Incidents reported since an instant, the newest first."""
    return """
        SELECT r.id::text, r.kind, r.area, r.on_day, r.at, p.name,
               coalesce(a.owner, '') AS owner, coalesce(a.action, '') AS action,
               b.why, t.name AS taken_back_by
          FROM raised_alerts r
          JOIN accounts p ON p.id = r.by
          LEFT JOIN raised_alerts_taken_back b ON b.alert = r.id
          LEFT JOIN accounts t ON t.id = b.by
          LEFT JOIN LATERAL (
                SELECT owner, action FROM alert_assignments
                 WHERE key = 'raised/' || r.id ORDER BY id DESC LIMIT 1) a ON true
         WHERE r.at >= $1
         ORDER BY r.at DESC, r.id
        """


@boolean
def take_back(alert: str, why: str, *, by: str) -> SQL:
    """Withdraw a report; False if there is none or it was withdrawn before."""
    # As text, so that an id that somebody made up finds nothing instead of failing.
    return """
        INSERT INTO raised_alerts_taken_back (alert, why, by)
        SELECT id, $2, $3::uuid FROM raised_alerts WHERE id::text = $1
            ON CONFLICT DO NOTHING RETURNING true
        """


@execute
def assign(key: str, owner: str, action: str, *, by: str) -> SQL:
    return "INSERT INTO alert_assignments (key, owner, action, by) VALUES ($1, $2, $3, $4::uuid)"


@many(AlertAssignment)
def load_assignments() -> SQL:
    """The latest assignment of each alert."""
    return (
        "SELECT DISTINCT ON (key) key, owner, action FROM alert_assignments ORDER BY key, id DESC"
    )


class NewestEdition(msgspec.Struct, frozen=True, kw_only=True):
    """The newest edition of a kind and how far it has got, with its alerts and who has which.

    `body` are its bytes, `assignments` the latest of each alert, by the key of the alert.
    """

    kind: Literal["weekly", "monthly"]
    start: datetime.date
    end: datetime.date
    number: int
    sha256: str
    made_at: datetime.datetime
    status: Literal["draft", "reviewed", "published", "withdrawn"]
    body: bytes
    assignments: dict[str, AlertAssignment]

    @property
    def with_alerts(self) -> EditionAlerts:
        return msgspec.json.decode(self.body, type=EditionAlerts)


@many(NewestEdition)
def load_newest_with_assignments(*, drafts: bool) -> SQL:
    """The newest edition of each kind, the weekly one first; only published ones unless
    `drafts`.
    """
    return """
        SELECT DISTINCT ON (kind) kind, start_on AS start, end_on AS end, number, sha256, made_at,
               CASE WHEN withdrawn <> '' THEN 'withdrawn'
                    WHEN published_at IS NOT NULL THEN 'published'
                    WHEN reviewed_at IS NOT NULL THEN 'reviewed' ELSE 'draft' END AS status,
               body,
               (SELECT coalesce(jsonb_object_agg(key, to_jsonb(a)), '{}')
                  FROM (SELECT DISTINCT ON (key) key, owner, action FROM alert_assignments
                         ORDER BY key, id DESC) a) AS assignments
          FROM editions_today WHERE $1 OR published_at IS NOT NULL
         ORDER BY kind DESC, start_on DESC, number DESC
        """


@many_by(lambda row: msgspec.json.decode(row["body"], type=EditionAlerts))
def load_newest() -> SQL:
    """The alerts of the newest edition of each kind, the weekly one first."""
    # A correction has a higher number than what it corrects, so the highest one holds.
    return """
        SELECT DISTINCT ON (kind) body FROM editions ORDER BY kind DESC, start_on DESC, number DESC
        """
