"""A case and the published record of a deployment: a person links them, says why, or undoes it."""

from typing import Any

from litestar import Response, post

from api import casework
from api.pages.reviewer import case_beside, case_told
from api.pages.reviewer.case import case_page
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.moves import deed_of, has_version, kept, note_faults
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Reference
from survey.complaints import Event, Move
from survey.deployments import Count
from survey.store import complaints
from survey.store.database import Database

WHY = {
    "linked": "Say why the case belongs to this record",
    "unlinked": "Say why the case does not belong to this record",
}
Counted = tuple[Count, str]


@post("/work/complaints/{reference:str}/links", guards=reviewers, include_in_schema=False)
async def link(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    form = await typed(request)
    kind: Move = "unlinked" if form.get("kind") == "unlinked" else "linked"
    form["kind"] = kind
    counted = (await offered(database, reference, kind)).get(form.get("record", ""))
    wrong: Errors = note_faults(form, kind, WHY[kind])
    if counted is None or not has_version(form):
        wrong.insert(0, (f"{kind}-record", "Choose a record from the list"))
    if wrong or counted is None:
        return await case_page(database, person, reference, status=422, errors=wrong, typed=form)
    count, source = counted
    event = Event(kind=kind, note=form["note"], deployment=count, source=source)

    async def keep() -> None:
        await save(database, person, reference, event, form)

    return await kept(database, person, reference, form, keep)


async def offered(database: Database, reference: str, kind: str) -> dict[str, Counted]:
    """The records that can be linked, or those that are and can be unlinked."""
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        happened, _ = await case_told.history(connection, case["id"], {}, mine=False)
        linked = {one.key: one.happened.event for one in case_beside.linked(happened)}
        if kind == "unlinked":
            return {
                key: (event.deployment, event.source)
                for key, event in linked.items()
                if event.deployment
            }
        records = await case_beside.records(connection, case)
    return {one.key: (one.count, one.source) for one in records if one.key not in linked}


async def save(
    database: Database, person: Person, reference: str, event: Event, form: dict[str, str]
) -> None:
    count = event.deployment
    assert count is not None
    detail = {"source": event.source, "tactic": count.tactic, "start": str(count.start)}
    async with acting(database, person, f"case {event.kind}", reference, detail) as connection:
        await casework.act(connection, reference, deed_of(event, form, person))


HANDLERS = [link]
