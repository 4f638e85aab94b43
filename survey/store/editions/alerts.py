"""SQL for alerts: incidents that staff reported, who deals with what, and alerts in editions."""

import datetime
from typing import Literal

import asyncpg
import msgspec

from survey.editions.chapters.alerts import Alert, AlertAssignment, RaisedAlert
from survey.store.database import Connection


class EditionAlerts(msgspec.Struct, frozen=True):
    """The alerts of an edition, and which edition it is."""

    kind: Literal["weekly", "monthly"]
    start: datetime.date
    end: datetime.date
    number: int
    city: str
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


async def load_raised(
    connection: Connection, since: datetime.date, until: datetime.date
) -> list[RaisedAlert]:
    """Incidents reported from one day to another, both included, and not withdrawn."""
    rows = await connection.fetch(
        """
        SELECT id::text, kind, area, on_day FROM raised_alerts
         WHERE (at AT TIME ZONE 'Europe/London')::date BETWEEN $1 AND $2
           AND NOT EXISTS (SELECT FROM raised_alerts_taken_back b WHERE b.alert = id)
         ORDER BY at, id
        """,
        since,
        until,
    )
    return [
        RaisedAlert(id=row["id"], kind=row["kind"], area=row["area"], on=row["on_day"])
        for row in rows
    ]


async def load_reports(connection: Connection, since: datetime.datetime) -> list[asyncpg.Record]:
    """Incidents reported since an instant, the newest first: who reported each, who deals with
    it, and who withdrew it and why.
    """
    return await connection.fetch(
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
    rows = await connection.fetch(
        "SELECT DISTINCT ON (key) key, owner, action FROM alert_assignments ORDER BY key, id DESC"
    )
    return [AlertAssignment(**row) for row in rows]


async def load_newest(connection: Connection) -> list[EditionAlerts]:
    """The alerts of the newest edition of each kind, the weekly one first."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (kind) body FROM editions ORDER BY kind DESC, start_on DESC, number DESC
        """
    )
    return [msgspec.json.decode(row["body"], type=EditionAlerts) for row in rows]
