"""The inbox of complaints, most urgent first."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.response import Redirect

from api import clock, pagination
from api.dependencies import Cursor, FromDatabase, FromPerson
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.staff.cases.case_deadlines import due_words
from api.pages.staff.inbox.case_search import (
    CHANNELS,
    STATUSES,
    CaseSearch,
    parse_case_search,
    typed_case_number,
)
from api.pages.templating import AnyRequest
from api.pages.work import done_word, format_day, staff_page
from api.security.people import Person
from survey.cases import allegations
from survey.cases.complaints import CaseStatus
from survey.store import places
from survey.store.accounts import people
from survey.store.cases import complaints, inbox
from survey.store.cases.inbox import AccountWorkload, InboxCase
from survey.store.database import Connection

INBOX = "/work/complaints"
ON_A_PAGE = 25
FEWEST_REASON = 10
MOST_REASON = 300
OUTCOMES = {
    "service_acceptable": "The service was acceptable",
    "service_not_acceptable": "The service was not acceptable",
    "referred_for_misconduct": "Referred as possible misconduct",
    "resolved": "Resolved",
    "not_able_to_determine": "It cannot be determined",
    "withdrawn": "Withdrawn",
}


def check_reading_reason(form: Form) -> None:
    """Check the reason for reading a text as it was written, which the audit records."""
    wanted = f"Say why you need the text as written, in {FEWEST_REASON} to {MOST_REASON} characters"
    form.require_length("reason", FEWEST_REASON, MOST_REASON, wanted)


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    borough: str
    received: str
    due: str
    due_on: str
    overdue: bool
    allegations: list[str]
    status: CaseStatus
    channel: str
    handler: str
    joined: int


class Workload(msgspec.Struct, frozen=True):
    """How many cases a person handles; `handler` is their value in the filter."""

    name: str
    handler: str
    open: int = 0
    waiting: int = 0
    overdue: int = 0


@get(INBOX)
async def list_complaints(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Response[Any]:
    asked = parse_case_search(dict(request.query_params))
    async with database.connection() as connection:
        number = typed_case_number(asked.q)
        # A number of a case is meant as an address; an unknown one is searched for in the words.
        if number and await complaints.exists(connection, number):
            return Redirect(f"/work/complaints/{number}", status_code=303)
        shown = await load_inbox(connection, person, asked, after)
    return staff_page(
        "inbox/complaints", person, done=done_word(request), asked=asked.parameters(), **shown
    )


async def load_inbox(
    connection: Connection, person: Person, asked: CaseSearch, after: str | None
) -> dict[str, Any]:
    """Everything that the page of the inbox shows."""
    key, today = pagination.decode_cursor(after, inbox.InboxKey), clock.today()
    wanted = asked.inbox_search(today, person.id)
    rows = await inbox.load_page(connection, wanted, key, ON_A_PAGE + 1)
    city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    staff = await load_handlers(connection)
    found = pagination.build_page(
        rows, ON_A_PAGE, lambda row: case_row(row, names), lambda row: row.key
    )
    return {
        "rows": found.items,
        "next": found.next,
        "totals": await inbox.count_matching(connection, wanted),
        "query": asked.query(),
        "chosen": asked != CaseSearch(q=asked.q),
        "views": await inbox.load_saved_views(connection, person.id),
        "workload": workload_rows(await inbox.load_workload(connection, today), staff, person),
        "statuses": STATUSES,
        "boroughs": {one.code: one.name for one in city.boroughs()},
        "kinds": {name: one.title for name, one in allegations.allegation_kinds().items()},
        "handlers": caseworker_choices(staff, person),
        "channels": CHANNELS,
        "takers": {"me": f"Me, {person.name}"}
        | {ident: name for ident, name in staff.items() if ident != person.id},
    }


def case_row(row: InboxCase, boroughs: dict[str, str]) -> CaseRow:
    return CaseRow(
        reference=row.reference,
        borough=boroughs.get(row.area, row.area),
        received=format_day(row.received_at),
        due=due_words(row.status, row.due_on, clock.today()),
        due_on=row.due_on.isoformat() if row.due_on else "",
        overdue=row.overdue,
        allegations=[allegations.allegation_title(one) for one in row.allegations],
        status=row.status,
        channel=CHANNELS[row.channel],
        handler=row.handled_by or "",
        joined=row.joined,
    )


async def load_handlers(connection: Connection) -> dict[str, str]:
    """Who can work on a case: active reviewers and administrators, by account."""
    return {
        one.id: one.name
        for one in await people.load_all(connection)
        if one.active and one.may("reviewer")
    }


def caseworker_choices(staff: dict[str, str], person: Person) -> dict[str, str]:
    """The choices of the handler filter."""
    others = {ident: name for ident, name in staff.items() if ident != person.id}
    return {"me": f"Me, {person.name}", "nobody": "Nobody"} | others


def workload_rows(
    found: list[AccountWorkload], staff: dict[str, str], person: Person
) -> list[Workload]:
    """The workload of each person: unassigned cases first, then by overdue and open ones."""
    known: dict[str | None, str] = dict([(None, "Nobody"), *staff.items()])
    # Everybody is listed, so that who has no case yet can be seen as well.
    counts = {ident: AccountWorkload(ident) for ident in known} | {
        one.handler: one for one in found
    }
    rows = [
        Workload(
            # A closed account may still have cases, which must not be missing here.
            name=known.get(ident, "Someone who has left"),
            handler=ident or "nobody",
            open=one.open,
            waiting=one.waiting,
            overdue=one.overdue,
        )
        for ident, one in counts.items()
    ]
    return sorted(
        rows, key=lambda one: (one.handler != "nobody", -one.overdue, -one.open, one.name)
    )


PAGES = [StaffPage([list_complaints], menu="Complaints", place=30)]
