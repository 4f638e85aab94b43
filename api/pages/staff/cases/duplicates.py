"""Complaints about the same event: merge one into another, or unmerge it."""

from typing import Any

from litestar import Response, post

from api.dependencies import FromDatabase, FromPerson, Reference
from api.operations import case_commands
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.cases.case import case_page
from api.pages.staff.cases.case_transitions import (
    case_command,
    check_note,
    has_version,
    save_and_redirect,
)
from api.pages.staff.inbox.case_search import typed_case_number
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from api.security.people import Person
from survey.cases.complaints import CaseEvent
from survey.cases.refusals import case_with_merged_complaints
from survey.store.cases import complaints, events
from survey.store.database import Database


@post("/work/complaints/{reference:str}/merge")
async def merge_case(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    form = await read_form(request)
    form.set("kind", "merged")
    into = typed_case_number(form["number"] or form["case"])
    await check_merge(database, form, reference, into)
    if form.errors:
        return await case_page(database, person, reference, form=form)

    async def keep() -> None:
        await save_merge(database, person, reference, form, str(into))

    return await save_and_redirect(database, person, reference, form, keep)


async def check_merge(database: Database, form: Form, reference: str, into: str | None) -> None:
    offers = "case" in form and not form["number"]  # the page has cases to choose from
    field = "merged-case" if offers else "merged-number"
    form.require(has_version(form), "", "Read the case again, then merge it")
    async with database.connection() as connection:
        # Raises for an unknown case, before anything is said about the other one.
        await complaints.get(connection, reference)
        if into is None:
            form.add_error(field, "Choose the case that this complaint belongs to")
        elif into == reference or not await complaints.exists(connection, into):
            form.add_error(field, "Enter the number of an existing case")
    said = form["same_person"] in ("yes", "no")
    form.require(said, "merged-same_person", "Say whether the same person made both")
    check_note(form, "merged", "Say why they belong together")


async def save_merge(
    database: Database, person: Person, reference: str, form: Form, into: str
) -> None:
    same = form["same_person"] == "yes"
    detail = {"into": into, "same_person": same}
    async with audited_transaction(
        database, person, "case merged", reference, detail
    ) as connection:
        case = await complaints.get(connection, reference)
        # A chain of merged cases would leave their owners with a main case that is merged itself.
        if await events.load_merged_references(connection, case.id):
            raise case_with_merged_complaints(reference)
        deed = case_command(CaseEvent(kind="merged", note=form["note"]), form, person)
        await case_commands.merge_cases(connection, reference, into, deed, same_person=same)


@post("/work/complaints/{reference:str}/part")
async def unmerge_case(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    """Undo a merge: the complaint is a case of its own again."""
    form = await read_form(request)
    form.set("kind", "parted")
    check_note(form, "parted", "Say why they do not belong together")
    form.require(has_version(form), "", "Read the case again, then separate it")
    if form.errors:
        return await case_page(database, person, reference, form=form)

    async def keep() -> None:
        async with audited_transaction(database, person, "case parted", reference) as connection:
            deed = case_command(CaseEvent(kind="parted", note=form["note"]), form, person)
            await case_commands.unmerge_case(connection, reference, deed)

    return await save_and_redirect(database, person, reference, form, keep)


PAGES = [StaffPage([merge_case, unmerge_case], linked_from="/work/complaints/{reference:str}")]
