"""One case as the working group reads it: what it is, what is due, and what can be done with it."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, get, post
from litestar.response import Template

from api import casework, clock
from api.pages.reviewer import case_beside, case_files, case_told
from api.pages.reviewer.case_due import due_words
from api.pages.reviewer.case_search import CHANNELS, asked_in
from api.pages.reviewer.complaints import OUTCOMES, handlers, reviewers
from api.pages.templating import AnyRequest, kind
from api.pages.work import acting, done, moment, page
from api.people import Person
from api.wiring import FromDatabase, FromKeyring, FromPerson, Reference
from survey import allegations
from survey.complaints import Standing, decisions, possible
from survey.instruments import said
from survey.ready import COMPLAINT
from survey.store import (
    case_mails,
    case_owners,
    cases,
    complaints,
    inbox,
    instruments,
    people,
    places,
    redactions,
    reply_templates,
)
from survey.store.database import Connection, Database

# What is most often done next, by where a case stands: its form is open.
NEXT = {"new": "acknowledged", "open": "outcome", "decided": "closed", "disputed": "reopened"}


@get("/work/complaints/{reference:str}", guards=reviewers, include_in_schema=False)
async def read(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Template:
    query = request.query_params.get("list", "")
    return await case_page(database, person, reference, list_query=query, done=done(request))


@post("/work/complaints/{reference:str}/contact", guards=reviewers, include_in_schema=False)
async def read_contact(
    database: FromDatabase, person: FromPerson, keyring: FromKeyring, reference: Reference
) -> Response[Any]:
    """Name and addresses, on this answer only, for whoever works on the case."""
    async with acting(database, person, "contact read", reference) as connection:
        case = await complaints.get(connection, reference)
        casework.must_handle(case, person.id)
        sealed = await case_owners.contact(connection, case["id"])
        contact = keyring.unseal(reference, sealed) if sealed else None
    return await case_page(database, person, reference, contact=contact)


async def case_page(
    database: Database,
    person: Person,
    reference: str,
    *,
    status: int = 200,
    list_query: str = "",
    **context: Any,
) -> Template:
    """`list_query` is the search of the inbox that the person came from."""
    asked = asked_in(dict(parse_qsl(list_query or context.get("typed", {}).get("list", ""))))
    async with database.connection() as connection:
        shown = await case_of(connection, person, reference)
        wanted = asked.wanted(clock.today(), person.id)
        before, after = await inbox.neighbours(connection, wanted, reference)
    empty = {"words": None, "contact": None, "list_query": asked.query()}
    near = {"before": before, "after": after}
    return page("complaint", person, status=status, **(empty | near | shown | context))


async def case_of(connection: Connection, person: Person, reference: str) -> dict[str, Any]:
    """Everything that the page shows of a case; its words without personal data."""
    case = await complaints.get(connection, reference)
    form, _ = await instruments.get(connection, COMPLAINT)
    city = await places.get_city(connection)
    boroughs = {area.code: area.name for area in city.areas}
    names = {one: allegations.title(one) for one in (*allegations.kinds(), *case["allegations"])}
    staff = {row["id"]: row["name"] for row in await people.everyone(connection)}
    mine = case["handler"] == person.id
    happened, messages = await case_told.history(connection, case["id"], staff, mine=mine)
    stands = await casework.stands_now(connection, case)
    return {
        "case": case,
        "boroughs": city.boroughs(),
        "borough": boroughs.get(case["area"], case["area"]),
        "received": moment(case["received_at"]),
        "channel": CHANNELS[case["channel"]],
        "items": [(one, kind(one)) for one in form.questions() if one.name != "allegations"],
        "questions": {one.name: said(one.text) for one in form.questions()},
        "names": names,
        "happened": happened,
        "messages": messages,
        "mine": mine,
        "handler": staff.get(case["handler"], ""),
        "handlers": await handlers(connection),
        "decided": decisions([one.event for one in happened], case["allegations"]),
        "outcomes": OUTCOMES,
        **standing_of(stands),
        **await words_of(connection, case),
        **await beside(connection, case, boroughs),
        "earlier_records": await case_told.earlier(connection, case["id"], boroughs, names),
        "linked": case_beside.linked(happened),
        "files": await case_files.of_case(connection, case),
        "templates": await reply_templates.every(connection),
        "explained": await cases.is_explained(connection, case["id"]),
        "undelivered": undelivered(await case_mails.undelivered(connection, case["id"]), case),
    }


def undelivered(rows: list[Any], case: Any) -> list[Any]:
    """What the person did not get, and what the one who works on the case now did not."""
    return [row for row in rows if row["account"] in (None, case["handler"])]


def standing_of(stands: Standing) -> dict[str, Any]:
    """Where the case stands, whose turn it is, by when, and what can be done."""
    today = clock.today()
    theirs, over = stands.status == "waiting", stands.status in ("closed", "merged")
    return {
        "standing": stands.status,
        "due": due_words(stands.status, stands.due, today),
        "overdue": stands.is_overdue(today),
        "turn": "The person" if theirs else "Nobody" if over else "The working group",
        "disputable_until": stands.disputable_until,
        "same_person": stands.same_person,
        "possible": possible(stands, "reviewer", today),
        "next_move": NEXT.get(stands.status, ""),
    }


async def words_of(connection: Connection, case: Any) -> dict[str, Any]:
    """The words as they are shown, and who decided what is masked of them."""
    history = await redactions.history(connection, case["id"])
    return {
        "shown": await redactions.masked(connection, case["id"]),
        "redactions": [dict(row) | {"at": moment(row["at"])} for row in history],
        "has_contact": await case_owners.contact(connection, case["id"]) is not None,
    }


async def beside(connection: Connection, case: Any, boroughs: dict[str, str]) -> dict[str, Any]:
    return {
        "merged": await cases.merged(connection, case["id"]),
        "candidates": await case_beside.candidates(connection, case, boroughs),
        "records": await case_beside.records(connection, case),
    }


HANDLERS = [read, read_contact]
