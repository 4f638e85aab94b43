"""Complaints: the inbox, in the order in which cases want to be worked on."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.response import Redirect

from api import clock, paging
from api.pages.reviewer.case_due import due_words
from api.pages.reviewer.case_search import CHANNELS, STATUSES, Asked, asked_in, number_typed
from api.pages.templating import AnyRequest
from api.pages.work import day, done, page
from api.people import Person, SignedIn
from api.wiring import Cursor, FromDatabase, FromPerson
from survey import allegations
from survey.complaints import Status
from survey.store import complaints, inbox, people, places, saved_views
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
reviewers = [SignedIn("reviewer")]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    borough: str
    received: str
    due: str
    due_on: str
    overdue: bool
    allegations: list[str]
    status: Status
    channel: str
    handler: str
    joined: int


class Load(msgspec.Struct, frozen=True):
    """How many cases wait with a person; `handler` is what the filter calls them."""

    name: str
    handler: str
    open: int = 0
    waiting: int = 0
    overdue: int = 0


@get(INBOX, guards=reviewers, include_in_schema=False)
async def every(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Response[Any]:
    asked = asked_in(dict(request.query_params))
    async with database.connection() as connection:
        number = number_typed(asked.q)
        if number and await complaints.exists(connection, number):
            return Redirect(f"/work/complaints/{number}", status_code=303)
        shown = await inbox_of(connection, person, asked, after)
    return page("complaints", person, done=done(request), asked=asked.given(), **shown)


async def inbox_of(
    connection: Connection, person: Person, asked: Asked, after: str | None
) -> dict[str, Any]:
    """Everything that the page shows."""
    key, today = paging.decode(after, inbox.Key), clock.today()
    wanted = asked.wanted(today, person.id)
    rows = await inbox.page(connection, wanted, key, ON_A_PAGE + 1)
    city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    staff = await handlers(connection)
    found = paging.page_of(
        rows, ON_A_PAGE, lambda row: case_line(row, names), "in_time due received_at id"
    )
    return {
        "rows": found.items,
        "next": found.next,
        "totals": await inbox.totals(connection, wanted),
        "query": asked.query(),
        "chosen": asked != Asked(q=asked.q),
        "views": await saved_views.every(connection, person.id),
        "workload": loads(await inbox.workload(connection, today), staff, person),
        "statuses": STATUSES,
        "boroughs": {one.code: one.name for one in city.boroughs()},
        "kinds": {name: one.title for name, one in allegations.kinds().items()},
        "handlers": whom(staff, person),
        "channels": CHANNELS,
        "takers": {"me": f"Me, {person.name}"}
        | {ident: name for ident, name in staff.items() if ident != person.id},
    }


def case_line(row: Any, boroughs: dict[str, str]) -> Listed:
    return Listed(
        reference=row["reference"],
        borough=boroughs.get(row["area"], row["area"]),
        received=day(row["received_at"]),
        due=due_words(row["status"], row["due_on"], clock.today()),
        due_on=row["due_on"].isoformat() if row["due_on"] else "",
        overdue=row["overdue"],
        allegations=[allegations.title(one) for one in row["allegations"]],
        status=row["status"],
        channel=CHANNELS[row["channel"]],
        handler=row["handled_by"] or "",
        joined=row["joined"],
    )


async def handlers(connection: Connection) -> dict[str, str]:
    """Who can work on a case: active reviewers and administrators, by account."""
    return {
        row["id"]: row["name"]
        for row in await people.everyone(connection)
        if row["active"] and row["role"] in ("reviewer", "administrator")
    }


def whom(staff: dict[str, str], person: Person) -> dict[str, str]:
    """Whose cases can be asked for."""
    others = {ident: name for ident, name in staff.items() if ident != person.id}
    return {"me": f"Me, {person.name}", "nobody": "Nobody"} | others


def loads(found: dict[str | None, Any], staff: dict[str, str], person: Person) -> list[Load]:
    """Who works on how much: nobody's cases first, then by what is overdue and open."""
    known: dict[str | None, str] = dict([(None, "Nobody"), *staff.items()])
    told = [
        Load(
            name=known.get(ident, "Someone who has left"),
            handler=ident or "nobody",
            **{name: row[name] for name in ("open", "waiting", "overdue")} if row else {},
        )
        for ident in [*known, *(one for one in found if one not in known)]
        for row in [found.get(ident)]
    ]
    return sorted(
        told, key=lambda one: (one.handler != "nobody", -one.overdue, -one.open, one.name)
    )


HANDLERS = [every]
