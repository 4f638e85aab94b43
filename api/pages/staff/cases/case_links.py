"""What belongs to a case: another complaint about the same event, and counts of deployments."""

from typing import Any

from litestar import Response, post

from api.dependencies import Reference
from api.operations import case_commands
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.staff.cases import case_history
from api.pages.staff.cases.case import case_page
from api.pages.staff.cases.case_transitions import (
    case_command,
    check_note,
    has_version,
    save_and_redirect,
)
from api.pages.staff.inbox.case_search import typed_case_number
from api.pages.work import FromPage, StaffRequest
from survey.cases.complaints import CaseEvent, CaseTransition
from survey.cases.refusals import case_with_merged_complaints
from survey.deployments import DeploymentCount
from survey.store.cases import complaints, events
from survey.store.database import Database


@post("/work/complaints/{reference:str}/merge")
async def merge_case(page: FromPage, reference: Reference) -> Response[Any]:
    page.form.set("kind", "merged")
    into = typed_case_number(page.form["number"] or page.form["case"])
    await check_merge(page.database, page.form, reference, into)
    if page.form.errors:
        return await case_page(page, reference)

    async def keep() -> None:
        await save_merge(page, reference, str(into))

    return await save_and_redirect(page, reference, keep)


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


async def save_merge(page: StaffRequest, reference: str, into: str) -> None:
    same = page.form["same_person"] == "yes"
    detail = {"into": into, "same_person": same}
    async with page.write("case merged", reference, detail) as connection:
        case = await complaints.get(connection, reference)
        # A chain of merged cases would leave their owners with a main case that is merged itself.
        if await events.load_merged_references(connection, case.id):
            raise case_with_merged_complaints(reference)
        deed = case_command(
            CaseEvent(kind="merged", note=page.form["note"]), page.form, page.person
        )
        await case_commands.merge_cases(connection, reference, into, deed, same_person=same)


@post("/work/complaints/{reference:str}/part")
async def unmerge_case(page: FromPage, reference: Reference) -> Response[Any]:
    """Undo a merge: the complaint is a case of its own again."""
    page.form.set("kind", "parted")
    check_note(page.form, "parted", "Say why they do not belong together")
    page.form.require(has_version(page.form), "", "Read the case again, then separate it")
    if page.form.errors:
        return await case_page(page, reference)

    async def keep() -> None:
        async with page.write("case parted", reference) as connection:
            deed = case_command(
                CaseEvent(kind="parted", note=page.form["note"]), page.form, page.person
            )
            await case_commands.unmerge_case(connection, reference, deed)

    return await save_and_redirect(page, reference, keep)


NOTE_PROMPTS = {
    "linked": "Say why the case belongs to this record",
    "unlinked": "Say why the case does not belong to this record",
}
CountWithSource = tuple[DeploymentCount, str]


@post("/work/complaints/{reference:str}/links")
async def link_or_unlink_case(page: FromPage, reference: Reference) -> Response[Any]:
    kind: CaseTransition = "unlinked" if page.form["kind"] == "unlinked" else "linked"
    page.form.set("kind", kind)
    # Looked up among what may be linked now: the count itself is never taken from the form.
    counted = (await load_linkable_records(page.database, reference, kind)).get(page.form["record"])
    known = counted is not None and has_version(page.form)
    page.form.require(known, f"{kind}-record", "Choose a record from the list")
    check_note(page.form, kind, NOTE_PROMPTS[kind])
    if page.form.errors or counted is None:
        return await case_page(page, reference)
    count, source = counted
    event = CaseEvent(kind=kind, note=page.form["note"], deployment=count, source=source)

    async def keep() -> None:
        await save_link(page, reference, event)

    return await save_and_redirect(page, reference, keep)


async def load_linkable_records(
    database: Database, reference: str, kind: str
) -> dict[str, CountWithSource]:
    """The records that can be linked, or those that are and can be unlinked."""
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        happened, _ = await case_history.load_timeline(connection, case.id, {}, mine=False)
        linked = {one.key: one.happened.event for one in case_history.linked_records(happened)}
        if kind == "unlinked":
            return {
                key: (event.deployment, event.source)
                for key, event in linked.items()
                if event.deployment
            }
        records = await case_history.load_deployment_records(connection, case)
    return {one.key: (one.count, one.source) for one in records if one.key not in linked}


async def save_link(page: StaffRequest, reference: str, event: CaseEvent) -> None:
    count = event.deployment
    assert count is not None
    detail = {"source": event.source, "tactic": count.tactic, "start": str(count.start)}
    async with page.write(f"case {event.kind}", reference, detail) as connection:
        await case_commands.apply_command(
            connection, reference, case_command(event, page.form, page.person)
        )


PAGES = [
    StaffPage([merge_case, unmerge_case], linked_from="/work/complaints/{reference:str}"),
    StaffPage([link_or_unlink_case], linked_from="/work/complaints/{reference:str}"),
]
