"""Actions that the working group agreed on: the list, and one with all its changes."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, formatting, pagination
from api.dependencies import Cursor, FromDatabase, FromPerson, RowNumber
from api.pages.forms import Form, day_fields, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_moment, staff_page
from api.security.people import Person
from survey.editions.actions import Action
from survey.editions.refusals import changed_action
from survey.store.database import Database
from survey.store.editions import actions
from survey.store.editions.actions import StoredAction

ON_A_PAGE = 50
MOST_WORDS = 300
MOST_OWNER = 100
LATEST = datetime.timedelta(days=3_660)
Key = tuple[bool, datetime.date, int]
STATUSES = {"open": "Open", "done": "Done", "dropped": "Dropped"}


class ActionRow(msgspec.Struct, frozen=True):
    """An action and its status, and where it was agreed: on an edition or at a meeting."""

    number: int
    what: str
    owner: str
    due: str
    standing: str
    outcome: str
    agreed: str
    address: str


def action_row(action: StoredAction) -> ActionRow:
    late = action.status == "open" and action.due < clock.today()
    agreed, address = place_of_agreement(action)
    return ActionRow(
        number=int(action.id),
        what=action.what,
        owner=action.owner,
        due=formatting.format_day(action.due),
        standing="Overdue" if late else STATUSES[action.status],
        outcome=action.outcome,
        agreed=agreed,
        address=address,
    )


def place_of_agreement(action: StoredAction) -> tuple[str, str]:
    """Where an action was agreed, in words and as an address."""
    if action.start is None:
        meeting = f"/work/scrutiny/meetings/{action.meeting}/report"
        return f"at meeting {action.meeting_number} of {action.panel}", meeting
    edition = f"/work/editions/{action.kind}/{action.start}/{action.number}"
    return f"on the {action.kind} edition from {formatting.format_day(action.start)}", edition


def parse_action(form: Form) -> Action | None:
    """A new action as it was typed; None if something is wrong with it."""
    wanted = f"Say what needs to be done, in {MOST_WORDS} characters or fewer"
    form.require_length("what", 1, MOST_WORDS, wanted)
    owner, due = parse_owner_and_due(form)
    if form.errors or due is None:
        return None
    today = clock.today()
    return Action(id="", what=form["what"], owner=owner, due=due, status="open", agreed_on=today)


def parse_owner_and_due(form: Form) -> tuple[str, datetime.date | None]:
    due, today = form.day("due"), clock.today()
    wanted = f"Say who does it, in {MOST_OWNER} characters or fewer"
    form.require_length("owner", 1, MOST_OWNER, wanted)
    near = due is not None and today - LATEST < due < today + LATEST
    form.require(near, "due-day", "Enter a real date by which it will be done")
    return form["owner"], due


@get("/work/actions")
async def list_actions(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    """List the open actions by due date, overdue ones first, then the settled ones."""
    async with database.connection() as connection:
        rows = await actions.load_page(
            connection, pagination.decode_cursor(after, Key), ON_A_PAGE + 1
        )
    found = pagination.build_page(rows, ON_A_PAGE, action_row, lambda one: one.key)
    return staff_page(
        "editions/actions", person, lines=found.items, next=found.next, done=done_word(request)
    )


@get("/work/actions/{number:int}")
async def show_action(database: FromDatabase, person: FromPerson, number: RowNumber) -> Template:
    return await action_page(database, person, number)


async def action_page(database: Database, person: Person, number: int, **context: Any) -> Template:
    async with database.connection() as connection:
        action = await actions.get(connection, number)
        changes = await actions.load_history(connection, number)
    current = {"owner": action.owner, "status": action.status, "outcome": action.outcome}
    given: dict[str, Any] = {
        "line": action_row(action),
        "version": action.version,
        "changes": [
            (one, format_moment(one.at), formatting.format_day(one.due_on)) for one in changes
        ],
        "form": filled_form(current | day_fields("due", action.due)),
        "statuses": STATUSES,
    }
    return staff_page("editions/action", person, **(given | context))


@post("/work/actions/{number:int}")
async def change_action(
    request: AnyRequest, database: FromDatabase, person: FromPerson, number: RowNumber
) -> Response[Any]:
    """Append a change, if nobody changed the action since this person saw it."""
    form = await read_form(request)
    owner, due = parse_owner_and_due(form)
    status, outcome = form["status"], form["outcome"]
    form.require(status in STATUSES, "status", "Choose its status")
    wanted = f"Say what the result was, in {MOST_WORDS} characters or fewer"
    form.require_length("outcome", 0 if status == "open" else 1, MOST_WORDS, wanted)
    if form.errors or due is None:
        return await action_page(database, person, number, form=form)
    async with audited_transaction(database, person, f"action {status}", str(number)) as connection:
        current = await actions.get(connection, number)
        changed = msgspec.structs.replace(
            current, owner=owner, due=due, status=status, outcome=outcome
        )
        seen = form.number("version") or 0
        if not await actions.append(connection, changed, seen + 1, by=person.id):
            raise changed_action()
    return Redirect("/work/actions?done=changed", status_code=303)


PAGES = [StaffPage([list_actions, show_action, change_action], menu="Actions", place=50)]
