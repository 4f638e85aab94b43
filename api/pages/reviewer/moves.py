"""What is done with a case: each move guarded by the version that the person saw."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.response import Redirect

from api import casework
from api.casework import Deed
from api.pages.reviewer.complaints import OUTCOMES, case_of, case_page, reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Reference
from survey.complaints import Event
from survey.problems import Conflict
from survey.store import complaints
from survey.store.database import Database

KINDS = ("acknowledged", "outcome", "closed", "reopened")
MOST_NOTE = 2_000


@post("/work/complaints/{reference:str}/moves", guards=reviewers, include_in_schema=False)
async def move(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    form = await typed(request)
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
    if wrong := faults_of(form, case["allegations"]):
        return await case_page(database, person, reference, status=422, errors=wrong, typed=form)
    event, expected = event_in(form), int(form["version"])
    try:
        await keep(database, person, reference, event, expected)
    except Conflict as refused:
        return await changed_page(database, person, reference, refused, form)
    return Redirect(f"/work/complaints/{reference}?done={event.kind}", status_code=303)


async def keep(
    database: Database, person: Person, reference: str, event: Event, expected: int
) -> None:
    detail = {"allegation": event.allegation, "outcome": event.outcome} if event.outcome else None
    async with acting(database, person, f"case {event.kind}", reference, detail) as connection:
        deed = Deed(event=event, side="reviewer", expected=expected, by=person.id)
        await casework.act(connection, reference, deed)


def faults_of(form: dict[str, str], allegations: list[str]) -> Errors:
    """What is missing in the form of a move; each field has the name of its move before it."""
    kind = form.get("kind", "")
    wrong: Errors = []
    if kind not in KINDS or not form.get("version", "")[:6].isdecimal():
        wrong.append(("", "Choose what is to happen with this case"))
    if kind == "outcome" and form.get("allegation") not in allegations:
        wrong.append(("outcome-allegation", "Choose the allegation that this is about"))
    if kind == "outcome" and form.get("outcome") not in OUTCOMES:
        wrong.append(("outcome-outcome", "Choose an outcome"))
    note = form.get("note", "")
    if kind == "reopened" and not note:
        wrong.append(("reopened-note", "Say why the case is opened again"))
    if len(note) > MOST_NOTE:
        wrong.append((f"{kind}-note", f"Use {MOST_NOTE:,} characters or fewer for the note"))
    return wrong


def event_in(form: dict[str, str]) -> Event:
    decided = form["kind"] == "outcome"
    return msgspec.convert(
        {
            "kind": form["kind"],
            "note": form.get("note", ""),
            "allegation": form.get("allegation") if decided else None,
            "outcome": form.get("outcome") if decided else None,
        },
        Event,
    )


async def changed_page(
    database: Database, person: Person, reference: str, refused: Conflict, form: dict[str, str]
) -> Response[Any]:
    """What others did in the meantime, and what the person had typed, so that nothing is lost."""
    async with database.connection() as connection:
        shown = await case_of(connection, reference)
    expected = int(form["version"])
    since = [one for one in shown["happened"] if one.version > expected]
    context = shown | {"refused": refused, "since": since, "typed": form}
    return page("complaint_changed", person, status=refused.status, **context)


HANDLERS = [move]
