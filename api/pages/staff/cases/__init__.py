"""The inbox: cases that are searched for, assigned to people, and listed in a file."""

import datetime
import re
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response, get, post

from api import clock, dependencies
from api.dependencies import Cursor
from api.jobs.kinds import this_week
from api.operations import cases
from api.pages.filters import short_day
from api.pages.forms import Form
from api.pages.staff.cases.case_history import due_words
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.people import Person
from survey.cases import (
    ACTIVE_STATUSES,
    CaseEvent,
    CaseStatus,
    Channel,
    allegation_kinds,
    allegation_title,
)
from survey.files.delimited import write_csv
from survey.problems import Invalid, Problem
from survey.receipts import parse_case_number
from survey.store import places
from survey.store.accounts import people
from survey.store.cases import complaints, inbox
from survey.store.cases.inbox import AccountWorkload, InboxCase, InboxSearch
from survey.store.database import Connection
from survey.words import in_local_words

MOST_WORDS = 200
STATUSES = {
    "all": "All, including closed and merged ones",
    "new": "New",
    "open": "Open",
    "waiting": "Waiting for the person",
    "decided": "Decided",
    "disputed": "Disputed",
    "closed": "Closed",
    "merged": "Merged into another",
}
CHANNELS = {
    "online": "Online",
    "phone": "By telephone",
    "paper": "On paper",
    "in_person": "In person",
}
OLDER_NUMBER = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}")
ACCOUNT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
MOST_AT_ONCE = 100
MOST_IN_FILE = 20_000
CSV_HEAD = (
    *("Case", "Status", "Next step", "Due", "Handled by", "Borough", "Allegations", "Received"),
    "Channel",
)
LONGEST_NAME, MOST_VIEWS = 60, 30


class CaseSearch(msgspec.Struct, frozen=True, omit_defaults=True):
    """The search in the address of the inbox; empty means every open case."""

    q: str = ""
    status: Literal["all"] | CaseStatus | None = None
    area: str | None = msgspec.field(default=None, name="borough")
    kind: str | None = None
    handler: str | None = None
    overdue: Literal["yes"] | None = None
    due: Literal["week"] | None = None
    channel: Channel | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    def parameters(self) -> dict[str, Any]:
        """The search as the parameters of an address."""
        parameters: dict[str, Any] = msgspec.to_builtins(self)
        return parameters

    def query(self) -> str:
        return urlencode(self.parameters())

    def inbox_search(self, today: datetime.date, me: str) -> InboxSearch:
        chosen = me if self.handler == "me" else self.handler
        statuses: tuple[CaseStatus, ...] | None = ACTIVE_STATUSES if self.status is None else None
        if self.status is not None and self.status != "all":
            statuses = (self.status,)
        return InboxSearch(
            today=today,
            statuses=statuses,
            area=self.area,
            kind=self.kind,
            handler=chosen if chosen and ACCOUNT.fullmatch(chosen) else None,
            nobody=chosen == "nobody",
            overdue=self.overdue == "yes",
            due_by=sunday(today) if self.due else None,
            channel=self.channel,
            words=self.q or None,
            since=self.since,
            until=self.until,
        )


def sunday(day: datetime.date) -> datetime.date:
    """The last day of the week of this day."""
    return this_week(day) + datetime.timedelta(days=6)


def typed_case_number(words: str) -> str | None:
    """The case number in what was typed, with or without its check letter; None if it is not
    one.
    """
    plain = words.strip().upper()
    return parse_case_number(plain) or (plain if OLDER_NUMBER.fullmatch(plain) else None)


def parse_case_search(query: dict[str, str]) -> CaseSearch:
    given = {
        name: value.strip()[:MOST_WORDS]
        for name, value in query.items()
        # A search inside a form may bring a NUL, which PostgreSQL does not take in a text.
        if value.isprintable() and value.strip()
    }
    try:
        asked = msgspec.convert(given, CaseSearch)
    except msgspec.ValidationError:
        raise unknown_filter() from None
    # The column is a UUID: anything else would be an error of PostgreSQL.
    if asked.handler not in (None, "me", "nobody") and not ACCOUNT.fullmatch(asked.handler or ""):
        raise unknown_filter()
    return asked


unknown_filter = Invalid.of(
    "cases.filter",
    "This search is not possible: a choice in the address is not known.",
    "Go back and choose from what the page offers.",
)


def check_reading_reason(form: Form) -> None:
    """Check the reason for reading a text as it was written, which the audit records."""
    wanted = f"Say why you need the text as written, in {FEWEST_REASON} to {MOST_REASON} characters"
    form.require_length("reason", FEWEST_REASON, MOST_REASON, wanted)


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    area: str
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
async def list_complaints(page: FromPage, after: Cursor = None) -> Response[Any]:
    asked = parse_case_search(dict(page.query))
    async with page.connection() as connection:
        number = typed_case_number(asked.q)
        # A number of a case is meant as an address; an unknown one is searched for in the words.
        if number and await complaints.exists(connection, number):
            return page.to(f"/work/complaints/{number}")
        shown = await load_inbox(connection, page.person, asked, after)
    return page.show("inbox/complaints", asked=asked.parameters(), **shown)


async def load_inbox(
    connection: Connection, person: Person, asked: CaseSearch, after: str | None
) -> dict[str, Any]:
    """Everything that the page of the inbox shows."""
    key, today = dependencies.decode_cursor(after, inbox.InboxKey), clock.today()
    wanted = asked.inbox_search(today, person.id)
    rows = await inbox.load_page(connection, wanted, key, ON_A_PAGE + 1)
    city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    staff = await load_handlers(connection)
    page = dependencies.build_page(
        rows, ON_A_PAGE, lambda row: case_row(row, names), lambda row: row.key
    )
    return {
        "rows": page.items,
        "next": page.next,
        "totals": await inbox.count_matching(connection, wanted),
        "query": asked.query(),
        "chosen": asked != CaseSearch(q=asked.q),
        "views": await inbox.load_saved_views(connection, person.id),
        "workload": workload_rows(await inbox.load_workload(connection, today), staff, person),
        "statuses": STATUSES,
        "areas": {area.code: area.name for area in city.local_areas()},
        "kinds": {name: kind.title for name, kind in allegation_kinds().items()},
        "handlers": caseworker_choices(staff, person),
        "channels": CHANNELS,
        "takers": {"me": f"Me, {person.name}"}
        | {ident: name for ident, name in staff.items() if ident != person.id},
    }


def case_row(row: InboxCase, areas: dict[str, str]) -> CaseRow:
    return CaseRow(
        reference=row.reference,
        area=areas.get(row.area, row.area),
        received=short_day(row.received_at),
        due=due_words(row.status, row.due_on, clock.today()),
        due_on=row.due_on.isoformat() if row.due_on else "",
        overdue=row.overdue,
        allegations=[allegation_title(allegation) for allegation in row.allegations],
        status=row.status,
        channel=CHANNELS[row.channel],
        handler=row.handled_by or "",
        joined=row.joined,
    )


async def load_handlers(connection: Connection) -> dict[str, str]:
    """Who can work on a case: active reviewers and administrators, by account."""
    return {
        person.id: person.name
        for person in await people.load_all(connection)
        if person.active and person.may("reviewer")
    }


def caseworker_choices(staff: dict[str, str], person: Person) -> dict[str, str]:
    """The choices of the handler filter."""
    others = {ident: name for ident, name in staff.items() if ident != person.id}
    return {"me": f"Me, {person.name}", "nobody": "Nobody"} | others


def workload_rows(
    workloads: list[AccountWorkload], staff: dict[str, str], person: Person
) -> list[Workload]:
    """The workload of each person: unassigned cases first, then by overdue and open ones."""
    known: dict[str | None, str] = dict([(None, "Nobody"), *staff.items()])
    # Everybody is listed, so that who has no case yet can be seen as well.
    counts = {ident: AccountWorkload(ident) for ident in known} | {
        workload.handler: workload for workload in workloads
    }
    rows = [
        Workload(
            # A closed account may still have cases, which must not be missing here.
            name=known.get(ident, "Someone who has left"),
            handler=ident or "nobody",
            open=workload.open,
            waiting=workload.waiting,
            overdue=workload.overdue,
        )
        for ident, workload in counts.items()
    ]
    return sorted(
        rows, key=lambda row: (row.handler != "nobody", -row.overdue, -row.open, row.name)
    )


@post(f"{INBOX}/assign")
async def assign_cases(page: FromPage) -> Response[Any]:
    """Assign the chosen cases to one person, and say which of them can no longer be assigned."""
    chosen = [reference for reference in page.form.all("case") if OLDER_NUMBER.fullmatch(reference)]
    query, to = page.form["list"], page.form["to"]
    staff = await page.load(load_handlers)
    account = page.person.id if to == "me" else to
    if account not in staff or not chosen or len(chosen) > MOST_AT_ONCE:
        page.form.require(chosen, "cases", "Select the cases to assign")
        few = len(chosen) <= MOST_AT_ONCE
        page.form.require(few, "cases", f"Select up to {MOST_AT_ONCE} cases at once")
        if not page.form["to"] or not page.form.errors:
            page.form.add_error("assign-to", "Select who will handle them")
        asked = parse_case_search(dict(parse_qsl(page.form["list"])))
        shown = await page.load(load_inbox, page.person, asked, None)
        given: dict[str, Any] = {"asked": asked.parameters(), "chosen_cases": chosen}
        return page.show("inbox/complaints", **given, **shown)
    # One transaction for each case, so that one refusal does not undo the others.
    left = [reference for reference in chosen if not await assign_case(page, reference, account)]
    done = f"assigned-{len(chosen) - len(left)}-{len(left)}"
    # Rebuilt from what is understood, because the form brings the search as free text.
    search = parse_case_search(dict(parse_qsl(query))).query()
    return page.to(f"{INBOX}?{search}{'&' if search else ''}done={done}")


async def assign_case(page: StaffRequest, reference: str, account: str) -> bool:
    """Assign one case; returns False if it was closed or merged in the meantime."""
    event = CaseEvent(kind="assigned", to=account)
    try:
        async with page.write("case assigned", reference, {"to": account}) as connection:
            await cases.apply_to_latest(connection, reference, event, "reviewer", by=page.person.id)
    except Problem:
        return False
    return True


@get(f"{INBOX}/list.csv")
async def download_case_list(page: FromPage) -> Response[bytes]:
    """The cases of a search as a CSV file, without any free text."""
    wanted = parse_case_search(dict(page.query)).inbox_search(clock.today(), page.person.id)
    async with page.write("case list exported", "complaints") as connection:
        rows = await inbox.load_page(connection, wanted, None, MOST_IN_FILE)
        city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    lines = [case_row(row, names) for row in rows]
    table = [
        (
            *(line.reference, line.status.capitalize(), line.due, line.due_on or "", line.handler),
            *(line.area, "; ".join(line.allegations), line.received, line.channel),
        )
        for line in lines
    ]
    return Response(
        write_csv([[*map(in_local_words, CSV_HEAD)], *table], byte_order_mark=True),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="cases-{clock.today()}.csv"',
            "Cache-Control": "no-store",
        },
    )


@post("/work/complaints/views")
async def save_view(page: FromPage) -> Response[Any]:
    """Save the search as this page understood it, not as the address had it."""
    name, query = page.form["name"], parse_case_search(dict(parse_qsl(page.form["query"]))).query()
    is_name = 0 < len(name) <= LONGEST_NAME and name.isprintable()
    page.form.require(is_name, "name", f"Give the view a name of 1 to {LONGEST_NAME} characters")
    async with page.connection() as connection:
        known = [view.name for view in await inbox.load_saved_views(connection, page.person.id)]
    has_room = not is_name or name in known or len(known) < MOST_VIEWS
    page.form.require(has_room, "name", f"You have {MOST_VIEWS} views: delete one first")
    if page.form.errors:
        asked = parse_case_search(dict(parse_qsl(query)))
        shown = await page.load(load_inbox, page.person, asked, None)
        return page.show("inbox/complaints", asked=asked.parameters(), **shown)
    # The name is the person's own and may hold anything; the audit says only that there is one.
    async with page.write("view saved", "complaints") as connection:
        await inbox.save_view(connection, page.person.id, name, query)
    return page.to(f"{INBOX}?{query}{'&' if query else ''}done=saved")


@post("/work/complaints/views/delete")
async def delete_view(page: FromPage) -> Response[Any]:
    async with page.write("view deleted", "complaints") as connection:
        await inbox.delete_view(connection, page.person.id, page.form["name"])
    return page.to(INBOX, "deleted")


PAGES = [
    StaffPage([list_complaints], menu="Complaints", place=30),
    StaffPage([assign_cases, download_case_list], linked_from="/work/complaints"),
    StaffPage([save_view, delete_view], linked_from="/work/complaints"),
]
