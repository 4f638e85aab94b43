"""Actions that the working group agreed on: the list, and one with all its changes."""

import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock, formatting, pagination
from api.dependencies import Cursor, FromDatabase, FromPerson
from api.pages.staff.inbox.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import (
    Errors,
    audited_transaction,
    day_fields,
    done_word,
    format_moment,
    parse_day,
    read_form,
    staff_page,
)
from api.security.people import Person
from survey.editions.actions import Action
from survey.problems import Conflict
from survey.store.database import Database
from survey.store.editions import actions
from survey.store.editions.actions import StoredAction

ON_A_PAGE = 50
MOST_WORDS = 300
MOST_OWNER = 100
LATEST = datetime.timedelta(days=3_660)
Number = Annotated[int, PathParameter(ge=1, lt=2**31)]
Key = tuple[bool, datetime.date, int]
STATUSES = {"open": "Open", "done": "Done", "dropped": "Dropped"}


class ActionRow(msgspec.Struct, frozen=True):
    """An action and its status, with the edition it was agreed on."""

    number: int
    what: str
    owner: str
    due: str
    standing: str
    outcome: str
    edition: str
    address: str


def action_row(action: StoredAction) -> ActionRow:
    late = action.status == "open" and action.due < clock.today()
    return ActionRow(
        number=int(action.id),
        what=action.what,
        owner=action.owner,
        due=formatting.format_day(action.due),
        standing="Overdue" if late else STATUSES[action.status],
        outcome=action.outcome,
        edition=f"{action.kind} edition from {formatting.format_day(action.start)}",
        address=f"/work/editions/{action.kind}/{action.start}/{action.number}",
    )


def parse_action(form: dict[str, str]) -> tuple[Action | None, Errors]:
    """A new action as it was typed, or what is wrong with it."""
    errors: Errors = []
    what = form.get("what", "")
    if not 0 < len(what) <= MOST_WORDS:
        errors.append(("what", f"Say what needs to be done, in {MOST_WORDS} characters or fewer"))
    owner, due = parse_owner_and_due(form, errors)
    if errors or due is None:
        return None, errors
    today = clock.today()
    found = Action(id="", what=what, owner=owner, due=due, status="open", agreed_on=today)
    return found, []


def parse_owner_and_due(form: dict[str, str], errors: Errors) -> tuple[str, datetime.date | None]:
    owner, due = form.get("owner", ""), parse_day(form, "due")
    if not 0 < len(owner) <= MOST_OWNER:
        errors.append(("owner", f"Say who does it, in {MOST_OWNER} characters or fewer"))
    today = clock.today()
    if due is None or not today - LATEST < due < today + LATEST:
        errors.append(("due-day", "Enter a real date by which it will be done"))
    return owner, due


@get("/work/actions", guards=reviewers, include_in_schema=False)
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
        "actions", person, lines=found.items, next=found.next, done=done_word(request)
    )


@get("/work/actions/{number:int}", guards=reviewers, include_in_schema=False)
async def show_action(database: FromDatabase, person: FromPerson, number: Number) -> Template:
    return await action_page(database, person, number)


async def action_page(database: Database, person: Person, number: int, **context: Any) -> Template:
    async with database.connection() as connection:
        action = await actions.get(connection, number)
        changes = await actions.load_history(connection, number)
    stands = {"owner": action.owner, "status": action.status, "outcome": action.outcome}
    given: dict[str, Any] = {
        "line": action_row(action),
        "version": action.version,
        "changes": [
            (one, format_moment(one.at), formatting.format_day(one.due_on)) for one in changes
        ],
        "typed": stands | day_fields("due", action.due),
        "statuses": STATUSES,
    }
    return staff_page("action", person, **(given | context))


@post("/work/actions/{number:int}", guards=reviewers, include_in_schema=False)
async def change_action(
    request: AnyRequest, database: FromDatabase, person: FromPerson, number: Number
) -> Response[Any]:
    """Append a change, if nobody changed the action since this person saw it."""
    form = await read_form(request)
    errors: Errors = []
    owner, due = parse_owner_and_due(form, errors)
    status, outcome = form.get("status", ""), form.get("outcome", "")
    if status not in STATUSES:
        errors.append(("status", "Choose its status"))
    if len(outcome) > MOST_WORDS or (status != "open" and not outcome):
        errors.append(("outcome", f"Say what the result was, in {MOST_WORDS} characters or fewer"))
    if errors or due is None:
        return await action_page(database, person, number, status=422, errors=errors, typed=form)
    async with audited_transaction(database, person, f"action {status}", str(number)) as connection:
        stands = await actions.get(connection, number)
        changed = msgspec.structs.replace(
            stands, owner=owner, due=due, status=status, outcome=outcome
        )
        seen = int(form["version"]) if form.get("version", "").isdecimal() else 0
        if not await actions.append(connection, changed, min(seen, 1_000_000) + 1, by=person.id):
            raise Conflict(
                "action.changed",
                "Someone else has changed this action since you opened it.",
                "Look at it again, then make your change.",
            )
    return Redirect("/work/actions?done=changed", status_code=303)


HANDLERS = [list_actions, show_action, change_action]
