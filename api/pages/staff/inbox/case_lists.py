"""Actions on many cases of the inbox at once: assign them, or download the list."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, get, post
from litestar.response import Redirect

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.operations import case_commands
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.inbox.case_search import OLDER_NUMBER, parse_case_search
from api.pages.staff.inbox.complaints import (
    INBOX,
    case_row,
    load_handlers,
    load_inbox,
)
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, staff_page
from api.security.people import Person
from survey.cases.complaints import CaseEvent
from survey.formats.csv_files import write_csv
from survey.problems import Problem
from survey.store import places
from survey.store.cases import inbox
from survey.store.database import Database

MOST_AT_ONCE = 100
MOST_IN_FILE = 20_000
CSV_HEAD = (
    *("Case", "Status", "Next step", "Due", "Handled by", "Borough", "Allegations", "Received"),
    "Channel",
)


@post(f"{INBOX}/assign")
async def assign_cases(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Assign the chosen cases to one person; cases that can no longer be are reported."""
    form = await read_form(request)
    chosen = [one for one in form.all("case") if OLDER_NUMBER.fullmatch(one)]
    query, to = form["list"], form["to"]
    async with database.connection() as connection:
        staff = await load_handlers(connection)
    account = person.id if to == "me" else to
    if account not in staff or not chosen or len(chosen) > MOST_AT_ONCE:
        return await assignment_error_page(database, person, form, chosen)
    # One transaction for each case, so that one refusal does not undo the others.
    left = [one for one in chosen if not await assign_case(database, person, one, account)]
    done = f"assigned-{len(chosen) - len(left)}-{len(left)}"
    # Rebuilt from what is understood, because the form brings the search as free text.
    search = parse_case_search(dict(parse_qsl(query))).query()
    return Redirect(f"{INBOX}?{search}{'&' if search else ''}done={done}", status_code=303)


async def assign_case(database: Database, person: Person, reference: str, account: str) -> bool:
    """Assign one case; returns False if it was closed or merged in the meantime."""
    event = CaseEvent(kind="assigned", to=account)
    try:
        async with audited_transaction(
            database, person, "case assigned", reference, {"to": account}
        ) as connection:
            await case_commands.apply_to_latest(
                connection, reference, event, "reviewer", by=person.id
            )
    except Problem:
        return False
    return True


async def assignment_error_page(
    database: Database, person: Person, form: Form, chosen: list[str]
) -> Response[Any]:
    form.require(chosen, "cases", "Select the cases to assign")
    few = len(chosen) <= MOST_AT_ONCE
    form.require(few, "cases", f"Select up to {MOST_AT_ONCE} cases at once")
    if not form["to"] or not form.errors:
        form.add_error("assign-to", "Select who will handle them")
    asked = parse_case_search(dict(parse_qsl(form["list"])))
    async with database.connection() as connection:
        shown = await load_inbox(connection, person, asked, None)
    given: dict[str, Any] = {"asked": asked.parameters(), "chosen_cases": chosen}
    return staff_page("inbox/complaints", person, form=form, **given, **shown)


@get(f"{INBOX}/list.csv")
async def download_case_list(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[bytes]:
    """The cases of a search as a CSV file, without any free text."""
    wanted = parse_case_search(dict(request.query_params)).inbox_search(clock.today(), person.id)
    async with audited_transaction(
        database, person, "case list exported", "complaints"
    ) as connection:
        rows = await inbox.load_page(connection, wanted, None, MOST_IN_FILE)
        city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    lines = [case_row(row, names) for row in rows]
    table = [
        (
            *(one.reference, one.status.capitalize(), one.due, one.due_on or "", one.handler),
            *(one.borough, "; ".join(one.allegations), one.received, one.channel),
        )
        for one in lines
    ]
    return Response(
        write_csv([CSV_HEAD, *table], byte_order_mark=True),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="cases-{clock.today()}.csv"',
            "Cache-Control": "no-store",
        },
    )


PAGES = [StaffPage([assign_cases, download_case_list], linked_from="/work/complaints")]
