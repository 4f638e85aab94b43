"""Actions that the working group agreed on: the list, and one with all its changes."""

import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import clock, formatting, pagination
from api.dependencies import Cursor, FromDatabase, FromPerson
from api.pages.registry import StaffPage
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


def action_rows(rows: Any) -> list[ActionRow]:
    return [action_row(row) for row in rows]


def action_row(row: Any) -> ActionRow:
    late = row["status"] == "open" and row["due_on"] < clock.today()
    return ActionRow(
        number=row["id"],
        what=row["what"],
        owner=row["owner"],
        due=formatting.format_day(row["due_on"]),
        standing="Overdue" if late else STATUSES[row["status"]],
        outcome=row["outcome"],
        edition=f"{row['kind']} edition from {formatting.format_day(row['start_on'])}",
        address=f"/work/editions/{row['kind']}/{row['start_on']}/{row['number']}",
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


@get("/work/actions")
async def list_actions(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    """List the open actions by due date, overdue ones first, then the settled ones."""
    async with database.connection() as connection:
        rows = await actions.load_page(
            connection, pagination.decode_cursor(after, Key), ON_A_PAGE + 1
        )
    found = pagination.build_page(rows, ON_A_PAGE, action_row, "settled due_on id")
    return staff_page(
        "actions", person, lines=found.items, next=found.next, done=done_word(request)
    )


@get("/work/actions/{number:int}")
async def show_action(database: FromDatabase, person: FromPerson, number: Number) -> Template:
    return await action_page(database, person, number)


async def action_page(database: Database, person: Person, number: int, **context: Any) -> Template:
    async with database.connection() as connection:
        row = await actions.get(connection, number)
        changes = await actions.load_history(connection, number)
    stands = {"owner": row["owner"], "status": row["status"], "outcome": row["outcome"]}
    told = [
        {
            **dict(one),
            "at": format_moment(one["at"]),
            "due_on": formatting.format_day(one["due_on"]),
        }
        for one in changes
    ]
    given = {
        "line": action_row(row),
        "version": row["version"],
        "changes": told,
        "typed": stands | day_fields("due", row["due_on"]),
        "statuses": STATUSES,
    }
    return staff_page("action", person, **(given | context))


@post("/work/actions/{number:int}")
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
        stands = actions.to_action(await actions.get(connection, number))
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


PAGES = [StaffPage([list_actions, show_action, change_action], menu="Actions", place=50)]
