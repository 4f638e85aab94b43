"""SQL for alerts: incidents that staff reported, who deals with what, and alerts in editions."""

import datetime
from typing import Literal

import msgspec

from survey.editions.chapters.alerts import Alert, AlertAssignment, RaisedAlert
from survey.store.database import Connection
from survey.store.rows import load_structs


class EditionAlerts(msgspec.Struct, frozen=True):
    """The alerts of an edition, and which edition it is."""

    kind: Literal["weekly", "monthly"]
    start: datetime.date
    end: datetime.date
    number: int
    city: str
    compared_start: datetime.date | None = None
    alerts: tuple[Alert, ...] = ()


async def insert_raised(
    connection: Connection, kind: str, area: str, on: datetime.date, *, by: str
) -> None:
    await connection.execute(
        "INSERT INTO raised_alerts (kind, area, on_day, by) VALUES ($1, $2, $3, $4::uuid)",
        kind,
        area,
        on,
        by,
    )


class ReportDays(msgspec.Struct, frozen=True, kw_only=True):
    """Which reports an edition shows: those of incidents up to its last day `end`.

    They were reported up to `until`, and not all in time for the edition before, which knew those
    of incidents up to `end_before` that were reported before `since`.
    """

    since: datetime.date
    until: datetime.date
    end_before: datetime.date
    end: datetime.date


async def load_raised(connection: Connection, days: ReportDays) -> list[RaisedAlert]:
    """Incidents that were reported, first shown in this edition, and not withdrawn."""
    return await load_structs(
        connection,
        RaisedAlert,
        """
        WITH reports AS (
            SELECT *, (at AT TIME ZONE 'Europe/London')::date AS reported FROM raised_alerts)
        SELECT id::text, kind, area, on_day AS on, reported FROM reports
         WHERE reported <= $2 AND on_day <= $4
           AND (reported >= $1 OR on_day > $3)
           AND NOT EXISTS (SELECT FROM raised_alerts_taken_back b WHERE b.alert = id)
         ORDER BY at, id
        """,
        days.since,
        days.until,
        days.end_before,
        days.end,
    )


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


async def load_reports(connection: Connection, since: datetime.datetime) -> list[AlertReport]:
    """Incidents reported since an instant, the newest first."""
    return await load_structs(
        connection,
        AlertReport,
        """
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
        """,
        since,
    )


async def take_back(connection: Connection, alert: str, why: str, *, by: str) -> bool:
    """Withdraw a report; False if there is none or it was withdrawn before."""
    # As text, so that an id that somebody made up finds nothing instead of failing.
    found = await connection.fetchval(
        """
        INSERT INTO raised_alerts_taken_back (alert, why, by)
        SELECT id, $2, $3::uuid FROM raised_alerts WHERE id::text = $1
            ON CONFLICT DO NOTHING RETURNING true
        """,
        alert,
        why,
        by,
    )
    return bool(found)


async def assign(connection: Connection, key: str, owner: str, action: str, *, by: str) -> None:
    await connection.execute(
        "INSERT INTO alert_assignments (key, owner, action, by) VALUES ($1, $2, $3, $4::uuid)",
        key,
        owner,
        action,
        by,
    )


async def load_assignments(connection: Connection) -> list[AlertAssignment]:
    """The latest assignment of each alert."""
    return await load_structs(
        connection,
        AlertAssignment,
        "SELECT DISTINCT ON (key) key, owner, action FROM alert_assignments ORDER BY key, id DESC",
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


async def load_newest_with_assignments(
    connection: Connection, *, drafts: bool
) -> list[NewestEdition]:
    """The newest edition of each kind, the weekly one first; only published ones unless
    `drafts`.
    """
    return await load_structs(
        connection,
        NewestEdition,
        """
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
        """,
        drafts,
    )


async def load_newest(connection: Connection) -> list[EditionAlerts]:
    """The alerts of the newest edition of each kind, the weekly one first."""
    # A correction has a higher number than what it corrects, so the highest one holds.
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (kind) body FROM editions ORDER BY kind DESC, start_on DESC, number DESC
        """
    )
    return [msgspec.json.decode(row["body"], type=EditionAlerts) for row in rows]
