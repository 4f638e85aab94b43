"""Link a case to the published record of a deployment, with a reason, or undo it."""

from typing import Any

from litestar import Response, post

from api.dependencies import FromDatabase, FromPerson, Reference
from api.operations import case_commands
from api.pages.forms import Form, read_form
from api.pages.registry import StaffPage
from api.pages.staff.cases import case_related, case_timeline
from api.pages.staff.cases.case import case_page
from api.pages.staff.cases.case_transitions import (
    case_command,
    check_note,
    has_version,
    save_and_redirect,
)
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction
from api.security.people import Person
from survey.cases.complaints import CaseEvent, CaseTransition
from survey.deployments.counts import DeploymentCount
from survey.store.cases import complaints
from survey.store.database import Database

NOTE_PROMPTS = {
    "linked": "Say why the case belongs to this record",
    "unlinked": "Say why the case does not belong to this record",
}
CountWithSource = tuple[DeploymentCount, str]


@post("/work/complaints/{reference:str}/links")
async def link_or_unlink_case(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    form = await read_form(request)
    kind: CaseTransition = "unlinked" if form["kind"] == "unlinked" else "linked"
    form.set("kind", kind)
    # Looked up among what may be linked now: the count itself is never taken from the form.
    counted = (await load_linkable_records(database, reference, kind)).get(form["record"])
    known = counted is not None and has_version(form)
    form.require(known, f"{kind}-record", "Choose a record from the list")
    check_note(form, kind, NOTE_PROMPTS[kind])
    if form.errors or counted is None:
        return await case_page(database, person, reference, form=form)
    count, source = counted
    event = CaseEvent(kind=kind, note=form["note"], deployment=count, source=source)

    async def keep() -> None:
        await save_link(database, person, reference, event, form)

    return await save_and_redirect(database, person, reference, form, keep)


async def load_linkable_records(
    database: Database, reference: str, kind: str
) -> dict[str, CountWithSource]:
    """The records that can be linked, or those that are and can be unlinked."""
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        happened, _ = await case_timeline.load_timeline(connection, case.id, {}, mine=False)
        linked = {one.key: one.happened.event for one in case_related.linked_records(happened)}
        if kind == "unlinked":
            return {
                key: (event.deployment, event.source)
                for key, event in linked.items()
                if event.deployment
            }
        records = await case_related.load_deployment_records(connection, case)
    return {one.key: (one.count, one.source) for one in records if one.key not in linked}


async def save_link(
    database: Database, person: Person, reference: str, event: CaseEvent, form: Form
) -> None:
    count = event.deployment
    assert count is not None
    detail = {"source": event.source, "tactic": count.tactic, "start": str(count.start)}
    async with audited_transaction(
        database, person, f"case {event.kind}", reference, detail
    ) as connection:
        await case_commands.apply_command(connection, reference, case_command(event, form, person))


PAGES = [StaffPage([link_or_unlink_case], linked_from="/work/complaints/{reference:str}")]
