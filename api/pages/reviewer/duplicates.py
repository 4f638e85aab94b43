"""Complaints about the same: one is merged into another, for a reason, and parted again."""

from typing import Any

from litestar import Response, post

from api import casework
from api.pages.reviewer.case import case_page
from api.pages.reviewer.case_search import number_typed
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.moves import deed_of, has_version, kept, note_faults
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Reference
from survey.complaints import Event
from survey.problems import Conflict
from survey.store import cases, complaints
from survey.store.database import Database


@post("/work/complaints/{reference:str}/merge", guards=reviewers, include_in_schema=False)
async def merge(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    form = await typed(request) | {"kind": "merged"}
    into = number_typed(form.get("number") or form.get("case", ""))
    if wrong := await faults_of(database, form, reference, into):
        return await case_page(database, person, reference, status=422, errors=wrong, typed=form)

    async def keep() -> None:
        await save(database, person, reference, form, str(into))

    return await kept(database, person, reference, form, keep)


async def faults_of(
    database: Database, form: dict[str, str], reference: str, into: str | None
) -> Errors:
    wrong: Errors = []
    offers = "case" in form and not form.get("number")  # the page has cases to choose from
    field = "merged-case" if offers else "merged-number"
    if not has_version(form):
        wrong.append(("", "Read the case again, then merge it"))
    async with database.connection() as connection:
        await complaints.get(connection, reference)
        if into is None:
            wrong.append((field, "Choose the case that this complaint belongs to"))
        elif into == reference or not await complaints.exists(connection, into):
            wrong.append((field, "Enter the number of an existing case"))
    if form.get("same_person") not in ("yes", "no"):
        wrong.append(("merged-same_person", "Say whether the same person made both"))
    return wrong + note_faults(form, "merged", "Say why they belong together")


async def save(
    database: Database, person: Person, reference: str, form: dict[str, str], into: str
) -> None:
    same = form["same_person"] == "yes"
    detail = {"into": into, "same_person": same}
    async with acting(database, person, "case merged", reference, detail) as connection:
        case = await complaints.get(connection, reference)
        if await cases.merged(connection, case["id"]):
            raise has_others(reference)
        deed = deed_of(Event(kind="merged", note=form["note"]), form, person)
        await casework.merge(connection, reference, into, deed, same_person=same)


def has_others(reference: str) -> Conflict:
    return Conflict(
        "case.has_merged",
        f"Other complaints were merged into case {reference}.",
        "Merge the other way round, or separate those first: a case counts once.",
    )


@post("/work/complaints/{reference:str}/part", guards=reviewers, include_in_schema=False)
async def part(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    """Undo a merge: the complaint is a case of its own again."""
    form = await typed(request) | {"kind": "parted"}
    wrong = note_faults(form, "parted", "Say why they do not belong together")
    if not has_version(form):
        wrong.append(("", "Read the case again, then separate it"))
    if wrong:
        return await case_page(database, person, reference, status=422, errors=wrong, typed=form)

    async def keep() -> None:
        async with acting(database, person, "case parted", reference) as connection:
            deed = deed_of(Event(kind="parted", note=form["note"]), form, person)
            await casework.part(connection, reference, deed)

    return await kept(database, person, reference, form, keep)


HANDLERS = [merge, part]
