"""Complaints: the list, and one case as the working group reads it."""

import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Template

from api import casework, clock, intake, paging
from api.pages.templating import AnyRequest, kind
from api.pages.work import acting, day, done, moment, page, typed
from api.people import Person, SignedIn
from api.wiring import Cursor, FromDatabase, FromPerson, Reference
from survey.complaints import Event, Status, decisions, possible
from survey.instruments import Choices, Instrument, said
from survey.store import cases, complaints, instruments, places
from survey.store.database import Connection, Database

ON_A_PAGE = 25
FEWEST_REASON = 10
MOST_REASON = 300
Key = tuple[datetime.datetime, str]
Standing = Annotated[
    Literal["all", "new", "open", "decided", "closed"], QueryParameter(required=False)
]
OUTCOMES = {
    "service_acceptable": "The service was acceptable",
    "service_not_acceptable": "The service was not acceptable",
    "referred_for_misconduct": "Referred as possible misconduct",
    "resolved": "Resolved",
    "not_able_to_determine": "It cannot be determined",
    "withdrawn": "Withdrawn",
}
reviewers = [SignedIn("reviewer")]


class Listed(msgspec.Struct, frozen=True):
    reference: str
    borough: str
    received: str
    allegations: list[str]
    status: Status


class Happened(msgspec.Struct, frozen=True):
    """One line of a case's history."""

    version: int
    event: Event
    at: str
    name: str | None


@get("/work/complaints", guards=reviewers, include_in_schema=False)
async def every(
    database: FromDatabase, person: FromPerson, standing: Standing = "all", after: Cursor = None
) -> Template:
    key = paging.decode(after, Key)
    async with database.connection() as connection:
        counts = await complaints.by_status(connection)
        wanted = None if standing == "all" else standing
        rows = await complaints.page(connection, key, ON_A_PAGE + 1, wanted)
        boroughs = {area.code: area.name for area in (await places.get_city(connection)).areas}
        names = allegation_names((await instruments.get(connection, intake.COMPLAINT))[0])

    def listed(row: Any) -> Listed:
        return Listed(
            reference=row["reference"],
            borough=boroughs.get(row["area"], row["area"]),
            received=day(row["received_at"]),
            allegations=[names.get(one, one) for one in row["allegations"]],
            status=row["status"],
        )

    found = paging.page_of(rows, ON_A_PAGE, listed, "received_at id")
    return page(
        "complaints",
        person,
        rows=found.items,
        next=found.next,
        standing=standing,
        counts=counts,
        total=sum(counts.values()),
    )


def allegation_names(form: Instrument) -> dict[str, str]:
    asked = next((one for one in form.questions() if one.name == "allegations"), None)
    options = asked.options if isinstance(asked, Choices) else ()
    return {option.name: said(option.text) for option in options}


@get("/work/complaints/{reference:str}", guards=reviewers, include_in_schema=False)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Template:
    return await case_page(database, person, reference, done=done(request))


@post("/work/complaints/{reference:str}/words", guards=reviewers, include_in_schema=False)
async def read_words(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    """The words as written, on this answer only, for a reason that is kept for good."""
    form = await typed(request)
    reason = form.get("reason", "")
    if not FEWEST_REASON <= len(reason) <= MOST_REASON:
        wrong = f"Say why you need the words as written, in {FEWEST_REASON} to {MOST_REASON} signs"
        errors = [("reason", wrong)]
        return await case_page(database, person, reference, status=422, errors=errors, typed=form)
    detail = {"reason": reason}
    async with acting(database, person, "words read", reference, detail) as connection:
        case = await complaints.get(connection, reference)
        words = await complaints.words(connection, case["id"])
    return await case_page(database, person, reference, words=words)


async def case_page(
    database: Database, person: Person, reference: str, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        shown = await case_of(connection, reference)
    return page("complaint", person, status=status, **({"words": None} | shown | context))


async def case_of(connection: Connection, reference: str) -> dict[str, Any]:
    """Everything that the page shows of a case; its words without personal data."""
    case = await complaints.get(connection, reference)
    form, _ = await instruments.get(connection, intake.COMPLAINT)
    happened = await history(connection, case["id"])
    events = [one.event for one in happened]
    stands = await casework.stands_now(connection, case)
    city = await places.get_city(connection)
    areas = city.areas
    return {
        "case": case,
        "boroughs": city.boroughs(),
        "borough": next((area.name for area in areas if area.code == case["area"]), case["area"]),
        "received": moment(case["received_at"]),
        "items": [(one, kind(one)) for one in form.questions() if one.name != "allegations"],
        "questions": {one.name: said(one.text) for one in form.questions()},
        "names": allegation_names(form),
        "redacted": await complaints.redacted(connection, case["id"]),
        "happened": happened,
        "standing": stands.status,
        "possible": possible(stands, "reviewer", clock.today()),
        "decided": decisions(events, case["allegations"]),
        "outcomes": OUTCOMES,
    }


async def history(connection: Connection, complaint: str) -> list[Happened]:
    rows = await cases.told(connection, complaint)
    return [
        Happened(
            version=row["version"],
            event=msgspec.convert(row["event"], Event),
            at=moment(row["at"]),
            name=row["name"],
        )
        for row in rows
    ]


HANDLERS = [every, read, read_words]
