"""SQL for actions: what was agreed, and every change to it."""

import datetime

import msgspec

from survey.editions.actions import Action, ActionStatus, EditionKey
from survey.editions.refusals import unknown_action
from survey.store.database import Connection
from survey.store.statements import SQL, boolean, load_structs, many, only, value

# The columns of an action, by the names of its fields.
ACTION_SQL = """
        SELECT a.id::text, a.what, a.owner, a.due_on AS due, a.status, a.agreed_on, a.outcome,
               a.version, a.kind, a.start_on AS start, a.number,
               a.meeting::text, a.panel, a.meeting_number
"""


class StoredAction(Action, frozen=True, kw_only=True):
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

    def as_action(self) -> Action:
        """The action alone, as reports print it."""
        return Action(**{name: getattr(self, name) for name in Action.__struct_fields__})

    @property
    def key(self) -> tuple[bool, datetime.date, int]:
        """The key after which the next page begins."""
        return self.status != "open", self.due, int(self.id)


@value(int)
def insert(which: EditionKey, what: str, owner: str, due: datetime.date, *, by: str) -> SQL:
    """Store a new action agreed on an edition, and return its number."""
    return """
        WITH agreed AS (
            INSERT INTO actions (kind, start_on, number, what) VALUES ($1, $2, $3, $4) RETURNING id
        )
        INSERT INTO action_changes (action, version, owner, due_on, status, by)
        SELECT id, 1, $5, $6, 'open', $7 FROM agreed RETURNING action
        """


@value(int)
def insert_at_meeting(meeting: str, what: str, owner: str, due: datetime.date, *, by: str) -> SQL:
    """Store a new action agreed at a meeting of a scrutiny panel, and return its number."""
    return """
        WITH agreed AS (
            INSERT INTO actions (meeting, what) VALUES ($1::uuid, $2) RETURNING id
        )
        INSERT INTO action_changes (action, version, owner, due_on, status, by)
        SELECT id, 1, $3, $4, 'open', $5::uuid FROM agreed RETURNING action
        """


@boolean
def append(changed: Action, version: int, *, by: str) -> SQL:
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
    return await load_structs(
        connection,
        StoredAction,
        f"""
        {ACTION_SQL} FROM (SELECT *, status <> 'open' AS settled FROM actions_at('infinity')) a
         WHERE (settled, due_on, a.id) > ($1, $2, $3) ORDER BY settled, due_on, a.id LIMIT $4
        """,  # noqa: S608 - only our own constant
        *(after or (False, datetime.date.min, 0)),
        limit,
    )


@many(StoredAction)
def load_for_edition(which: EditionKey) -> SQL:
    return f"""
        {ACTION_SQL} FROM actions_at('infinity') a WHERE (kind, start_on, number) = ($1, $2, $3)
         ORDER BY a.id
        """


@many(StoredAction)
def load_of_meeting(meeting: str) -> SQL:
    return f"{ACTION_SQL} FROM actions_at('infinity') a WHERE meeting = $1::uuid ORDER BY a.id"


@only(StoredAction, unknown_action)
def get(number: int) -> SQL:
    return f"{ACTION_SQL} FROM actions_at('infinity') a WHERE a.id = $1"


class ActionChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an action, and who made it."""

    version: int
    owner: str
    due_on: datetime.date
    status: ActionStatus
    outcome: str
    at: datetime.datetime
    by: str


@many(ActionChange)
def load_history(number: int) -> SQL:
    """Every change of an action, the newest first."""
    return """
        SELECT c.version, c.owner, c.due_on, c.status, c.outcome, c.at, a.name AS by
          FROM action_changes c JOIN accounts a ON a.id = c.by
         WHERE c.action = $1 ORDER BY c.version DESC
        """


@many(StoredAction)
def load_due(until: datetime.date) -> SQL:
    """The open actions that are due by this day, the longest overdue first."""
    return f"""
        {ACTION_SQL} FROM actions_at('infinity') a WHERE status = 'open' AND due_on <= $1
         ORDER BY due_on, a.id
        """


@many(Action)
def load_as_of(since: datetime.datetime, until: datetime.datetime) -> SQL:
    """Actions as they were at `until`: those open then, and those settled since `since`."""
    return f"""
        {ACTION_SQL} FROM actions_at($2) a WHERE status = 'open' OR changed_at >= $1
         ORDER BY status = 'open' DESC, due_on, a.id
        """
