"""Actions that were agreed on, with their changes."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from api import clock, dependencies, locales
from api.dependencies import Cursor, RowNumber
from api.pages.forms import Form, day_fields
from api.pages.work import FromPage, StaffPage
from survey.editions.actions import Action
from survey.editions.refusals import changed_action
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
        due=locales.format_day(action.due),
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
    return f"on the {action.kind} edition from {locales.format_day(action.start)}", edition


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
    form.require_day("due", near, "Enter a real date by which it will be done")
    return form["owner"], due


@get("/work/actions")
async def list_actions(page: FromPage, after: Cursor = None) -> Template:
    """List the open actions by due date, overdue ones first, then the settled ones."""
    rows = await page.load(actions.load_page, dependencies.decode_cursor(after, Key), ON_A_PAGE + 1)
    list_page = dependencies.build_page(rows, ON_A_PAGE, action_row, lambda action: action.key)
    return page.show("editions/actions", lines=list_page.items, next=list_page.next)


async def action_page(page: FromPage, number: RowNumber) -> Template:
    async with page.connection() as connection:
        action = await actions.get(connection, number)
        changes = await actions.load_history(connection, number)
    current = {"owner": action.owner, "status": action.status, "outcome": action.outcome}
    page.fill(current | day_fields("due", action.due))
    return page.show(
        "editions/action",
        line=action_row(action),
        version=action.version,
        changes=changes,
        statuses=STATUSES,
    )


@post("/work/actions/{number:int}")
async def change_action(page: FromPage, number: RowNumber) -> Response[Any]:
    """Append a change, if nobody changed the action since this person saw it."""
    owner, due = parse_owner_and_due(page.form)
    status, outcome = page.form["status"], page.form["outcome"]
    page.form.require(status in STATUSES, "status", "Choose its status")
    wanted = f"Say what the result was, in {MOST_WORDS} characters or fewer"
    page.form.require_length("outcome", 0 if status == "open" else 1, MOST_WORDS, wanted)
    if page.form.errors or due is None:
        return await action_page(page, number)
    async with page.write(f"action {status}", str(number)) as connection:
        current = await actions.get(connection, number)
        changed = msgspec.structs.replace(
            current, owner=owner, due=due, status=status, outcome=outcome
        )
        seen = page.form.number("version") or 0
        if not await actions.append(connection, changed, seen + 1, by=page.person.id):
            raise changed_action()
    return page.to("/work/actions", "changed")


PAGES = [
    StaffPage(
        [list_actions, get("/work/actions/{number:int}")(action_page), change_action],
        menu="Actions",
        place=50,
    ),
]
