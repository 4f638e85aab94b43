"""SQL for alerts and actions: what staff reported and editions found, who deals with it, what was
agreed, and every change to that.
"""

import datetime
from typing import Literal

import msgspec

from survey.editions import actions
from survey.editions.refusals import unknown_action
from survey.store import statements as sql
from survey.store.database import Connection

# The columns of an action, by the names of its fields.
ACTION_SQL = """
        SELECT a.id::text, a.what, a.owner, a.due_on AS due, a.status, a.agreed_on, a.outcome,
               a.version, a.kind, a.start_on AS start, a.number,
               a.meeting::text, a.panel, a.meeting_number
"""


class StoredAction(actions.Action, frozen=True, kw_only=True):
    """An action with the number of its last change, and where it was agreed: on an edition, or at
    a meeting of a scrutiny panel.
    """

    version: int
    kind: str | None
    start: datetime.date | None
    number: int | None
    meeting: str | None
    panel: str | None
    meeting_number: int | None

    def as_action(self) -> actions.Action:
        """The action alone, as reports print it."""
        return actions.Action(
            **{name: getattr(self, name) for name in actions.Action.__struct_fields__}
        )

    @property
    def key(self) -> tuple[bool, datetime.date, int]:
        """The key after which the next page begins."""
        return self.status != "open", self.due, int(self.id)


@sql.value(int)
def insert(
    which: actions.EditionKey, what: str, owner: str, due: datetime.date, *, by: str
) -> sql.SQL:
    """Store a new action agreed on an edition, and return its number."""
    return """
        WITH agreed AS (
            INSERT INTO actions (kind, start_on, number, what) VALUES ($1, $2, $3, $4) RETURNING id
        )
        INSERT INTO action_changes (action, version, owner, due_on, status, by)
        SELECT id, 1, $5, $6, 'open', $7 FROM agreed RETURNING action
        """


@sql.value(int)
def insert_at_meeting(
    meeting: str, what: str, owner: str, due: datetime.date, *, by: str
) -> sql.SQL:
    """Store a new action agreed at a meeting of a scrutiny panel, and return its number."""
    return """
        WITH agreed AS (
            INSERT INTO actions (meeting, what) VALUES ($1::uuid, $2) RETURNING id
        )
        INSERT INTO action_changes (action, version, owner, due_on, status, by)
        SELECT id, 1, $3, $4, 'open', $5::uuid FROM agreed RETURNING action
        """


@sql.boolean
def append(changed: actions.Action, version: int, *, by: str) -> sql.SQL:
    """Append a change; False if somebody else changed the action first."""
    # Two people may have seen the same version: the primary key lets the first one through.
    return """
        INSERT INTO action_changes (action, version, owner, due_on, status, outcome, by)
        SELECT $changed.id::text::int, $version, $changed.owner, $changed.due, $changed.status,
               $changed.outcome, $by
         WHERE EXISTS (SELECT FROM action_changes
                        WHERE (action, version) = ($changed.id::text::int, $version - 1))
        ON CONFLICT DO NOTHING RETURNING true
        """


async def load_page(
    connection: Connection, after: tuple[bool, datetime.date, int] | None, limit: int
) -> list[StoredAction]:
    """A page of actions: the open ones by due date, then those that are done or dropped."""
    return await sql.load_structs(
        connection,
        StoredAction,
        f"""
        {ACTION_SQL} FROM (SELECT *, status <> 'open' AS settled FROM actions_at('infinity')) a
         WHERE (settled, due_on, a.id) > ($1, $2, $3) ORDER BY settled, due_on, a.id LIMIT $4
        """,  # noqa: S608 - only our own constant
        *(after or (False, datetime.date.min, 0)),
        limit,
    )


@sql.many(StoredAction)
def load_for_edition(which: actions.EditionKey) -> sql.SQL:
    return f"""
        {ACTION_SQL} FROM actions_at('infinity') a WHERE (kind, start_on, number) = ($1, $2, $3)
         ORDER BY a.id
        """


@sql.many(StoredAction)
def load_of_meeting(meeting: str) -> sql.SQL:
    return f"{ACTION_SQL} FROM actions_at('infinity') a WHERE meeting = $1::uuid ORDER BY a.id"


@sql.only(StoredAction, unknown_action)
def get(number: int) -> sql.SQL:
    return f"{ACTION_SQL} FROM actions_at('infinity') a WHERE a.id = $1"


class ActionChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an action, and who made it."""

    version: int
    owner: str
    due_on: datetime.date
    status: actions.ActionStatus
    outcome: str
    at: datetime.datetime
    by: str


@sql.many(ActionChange)
def load_history(number: int) -> sql.SQL:
    """Every change of an action, the newest first."""
    return """
        SELECT c.version, c.owner, c.due_on, c.status, c.outcome, c.at, a.name AS by
          FROM action_changes c JOIN accounts a ON a.id = c.by
         WHERE c.action = $1 ORDER BY c.version DESC
        """


@sql.many(StoredAction)
def load_due(until: datetime.date) -> sql.SQL:
    """The open actions that are due by this day, the longest overdue first."""
    return f"""
        {ACTION_SQL} FROM actions_at('infinity') a WHERE status = 'open' AND due_on <= $1
         ORDER BY due_on, a.id
        """


@sql.many(actions.Action)
def load_as_of(since: datetime.datetime, until: datetime.datetime) -> sql.SQL:
    """Actions as they were at `until`: those open then, and those settled since `since`."""
    return f"""
        {ACTION_SQL} FROM actions_at($2) a WHERE status = 'open' OR changed_at >= $1
         ORDER BY status = 'open' DESC, due_on, a.id
        """


class EditionAlerts(msgspec.Struct, frozen=True):
    """The alerts of an edition, and which edition it is."""

    kind: actions.EditionKind
    start: datetime.date
    end: datetime.date
    number: int
    city: str
    compared_start: datetime.date | None = None
    alerts: tuple[actions.Alert, ...] = ()


@sql.execute
def insert_raised(kind: str, area: str, on: datetime.date, *, by: str) -> sql.SQL:
    return "INSERT INTO raised_alerts (kind, area, on_day, by) VALUES ($1, $2, $3, $4::uuid)"


class ReportDays(msgspec.Struct, frozen=True, kw_only=True):
    """Which reports an edition shows: of incidents up to its last day `end`, made up to `until`.

    Reports that the edition before could show are left out: of incidents up to `end_before`, made
    before `since`.
    """

    since: datetime.date
    until: datetime.date
    end_before: datetime.date
    end: datetime.date


@sql.many(actions.RaisedAlert)
def load_raised(days: ReportDays) -> sql.SQL:
    """Incidents that were reported, first shown in this edition, and not withdrawn."""
    return """
        WITH reports AS (
            SELECT *, at::date AS reported FROM raised_alerts)
        SELECT id::text, kind, area, on_day AS on, reported FROM reports
         WHERE reported <= $days.until AND on_day <= $days.end
           AND (reported >= $days.since OR on_day > $days.end_before)
           AND NOT EXISTS (SELECT FROM raised_alerts_taken_back b WHERE b.alert = id)
         ORDER BY at, id
        """


class AlertReport(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that somebody reported, who deals with it, and who withdrew it and why.

    `account` is that of the owner, None if they have none.
    """

    id: str
    kind: str
    area: str
    on_day: datetime.date
    at: datetime.datetime
    name: str
    owner: str
    account: str | None
    action: str
    why: str | None
    taken_back_by: str | None


@sql.many(AlertReport)
def load_reports(since: datetime.datetime) -> sql.SQL:
    """Incidents reported since an instant, the newest first."""
    return """
        SELECT r.id::text, r.kind, r.area, r.on_day, r.at, p.name,
               coalesce(a.owner, '') AS owner, a.account::text, coalesce(a.action, '') AS action,
               b.why, t.name AS taken_back_by
          FROM raised_alerts r
          JOIN accounts p ON p.id = r.by
          LEFT JOIN raised_alerts_taken_back b ON b.alert = r.id
          LEFT JOIN accounts t ON t.id = b.by
          LEFT JOIN LATERAL (
                SELECT owner, account, action FROM alert_assignments
                 WHERE key = 'raised/' || r.id ORDER BY id DESC LIMIT 1) a ON true
         WHERE r.at >= $1
         ORDER BY r.at DESC, r.id
        """


@sql.boolean
def take_back(alert: str, why: str, *, by: str) -> sql.SQL:
    """Withdraw a report; False if there is none or it was withdrawn before."""
    # As text, so that an id that somebody made up finds nothing instead of failing.
    return """
        INSERT INTO raised_alerts_taken_back (alert, why, by)
        SELECT id, $2, $3::uuid FROM raised_alerts WHERE id::text = $1
            ON CONFLICT DO NOTHING RETURNING true
        """


@sql.execute
def assign(key: str, owner: str, action: str, *, by: str, account: str | None = None) -> sql.SQL:
    """Give an alert to a colleague by account, or to somebody without one by their name alone."""
    return """
        INSERT INTO alert_assignments (key, owner, action, by, account)
        VALUES ($1, $2, $3, $4::uuid, $5::uuid)
        """


@sql.many(actions.AlertAssignment)
def load_assignments() -> sql.SQL:
    """The latest assignment of each alert."""
    return (
        "SELECT DISTINCT ON (key) key, owner, action FROM alert_assignments ORDER BY key, id DESC"
    )


class OwnedAlert(actions.AlertAssignment, frozen=True, kw_only=True):
    """Who deals with an alert, with their account; None if they have none."""

    account: str | None = None


class NewestEdition(msgspec.Struct, frozen=True, kw_only=True):
    """The newest edition of a kind and how far it has got, with its alerts and who has which.

    `body` are its bytes, `assignments` the latest of each alert, by the key of the alert.
    """

    kind: actions.EditionKind
    start: datetime.date
    end: datetime.date
    number: int
    sha256: str
    made_at: datetime.datetime
    status: Literal["draft", "reviewed", "published", "withdrawn"]
    body: bytes
    assignments: dict[str, OwnedAlert]

    @property
    def which(self) -> actions.EditionKey:
        return actions.EditionKey(self.kind, self.start, self.number)

    @property
    def with_alerts(self) -> EditionAlerts:
        return msgspec.json.decode(self.body, type=EditionAlerts)


@sql.many(NewestEdition)
def load_newest_with_assignments(*, drafts: bool) -> sql.SQL:
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
                  FROM (SELECT DISTINCT ON (key) key, owner, account, action
                          FROM alert_assignments ORDER BY key, id DESC) a) AS assignments
          FROM editions_today WHERE $1 OR published_at IS NOT NULL
         ORDER BY kind DESC, start_on DESC, number DESC
        """
