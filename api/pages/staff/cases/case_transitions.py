"""Change a case: each transition is checked against the version the person saw."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, post

from api.dependencies import Reference
from api.operations import case_commands
from api.operations.case_commands import CaseCommand
from api.pages.forms import Form
from api.pages.registry import StaffPage
from api.pages.staff.cases.case import case_page, load_case_view
from api.pages.staff.inbox.complaints import OUTCOMES, load_handlers
from api.pages.staff.inbox.replies import insert_template
from api.pages.work import FromPage, StaffRequest
from api.security.people import Person
from survey.cases.complaints import CaseEvent
from survey.problems import Conflict
from survey.store.cases import complaints, events, inbox
from survey.store.database import Connection

TRANSITIONS = (
    "acknowledged",
    "assigned",
    "asked",
    "told",
    "outcome",
    "closed",
    "reopened",
    "noted",
)
MESSAGE_PROMPTS = {
    "asked": "Write the message to the person",
    "told": "Write the message to the person",
    "outcome": "Explain the outcome to the person: they will read this",
    "closed": "Explain to the person why the case is closed: they will read this",
}
NOTE_PROMPTS = {"reopened": "Say why the case is opened again", "noted": "Write the note"}
MOST_NOTE = 2_000
MOST_MESSAGE = 5_000


@post("/work/complaints/{reference:str}/moves")
async def change_case(page: FromPage, reference: Reference) -> Response[Any]:
    async with page.connection() as connection:
        case = await complaints.get(connection, reference)
        staff = await load_handlers(connection)
        templates = await inbox.load_reply_templates(connection)
        explained = await events.is_explained(connection, case.id)
    # Before any check: whoever inserts a template has not finished the form.
    if page.form["insert"]:
        insert_template(page.form, templates)
        return await case_page(page, reference)
    check_transition_form(page.form, case.allegations, staff, explained=explained)
    if page.form.errors:
        return await case_page(page, reference)
    event = parse_event(page.form, page.person)
    message = (page.form["message"] or None) if event.kind in MESSAGE_PROMPTS else None
    deed = case_command(event, page.form, page.person, message=message)

    async def keep() -> None:
        detail = audit_detail(event)
        async with page.write(f"case {event.kind}", reference, detail) as connection:
            await save_transition(connection, reference, deed)

    return await save_and_redirect(page, reference, keep)


async def save_transition(connection: Connection, reference: str, deed: CaseCommand) -> None:
    """Save the transition.

    Only the handler may write to the complainant. Somebody with an old version of the case gets the
    conflict of a changed case, not the refusal for not being its handler.
    """
    if deed.message is not None and deed.by is not None:
        # Read within the transaction: the handler may have changed since the page was checked.
        case = await complaints.get(connection, reference)
        # With an old version the refusal below is the better one: it shows what others did.
        if case.version == deed.expected:
            case_commands.require_caseworker(case, deed.by)
    await case_commands.apply_command(connection, reference, deed)


def case_command(
    event: CaseEvent, form: Form, person: Person, *, message: str | None = None
) -> CaseCommand:
    return CaseCommand(
        event=event,
        side="reviewer",
        expected=int(form["version"]),
        by=person.id,
        message=message,
    )


async def save_and_redirect(
    page: StaffRequest, reference: str, save: Callable[[], Awaitable[None]]
) -> Response[Any]:
    """Save by calling `save` and go back to the case.

    If somebody changed the case first, or it is no longer possible, show what was typed.
    """
    try:
        await save()
    except Conflict as refused:
        return await case_conflict_page(page, reference, refused)
    query = {"done": page.form["kind"]} | ({"list": page.form["list"]} if page.form["list"] else {})
    return page.to(f"/work/complaints/{reference}?{urlencode(query)}")


def has_version(form: Form) -> bool:
    return form.number("version") is not None


def check_note(form: Form, kind: str, why: str = "") -> None:
    """Check the note; `why` is the error if a note is required and missing."""
    form.require(form["note"] or not why, f"{kind}-note", why)
    short = len(form["note"]) <= MOST_NOTE
    form.require(short, f"{kind}-note", f"Use {MOST_NOTE:,} characters or fewer for the note")


def check_transition_form(
    form: Form, allegations: list[str], staff: dict[str, str], *, explained: bool
) -> None:
    """Check the form; each field has the name of its transition before it.

    `explained` if the complainant can read already why the case was decided so.
    """
    kind = form["kind"]
    known = kind in TRANSITIONS and has_version(form)
    form.require(known, "", "Choose what to do with this case")
    if kind == "outcome":
        about = "Choose the allegation that this is about"
        form.require(form["allegation"] in allegations, "outcome-allegation", about)
        form.require(form["outcome"] in OUTCOMES, "outcome-outcome", "Choose an outcome")
    if kind == "assigned":
        known = form["to"] == "me" or form["to"] in staff
        form.require(known, "assigned-to", "Choose who will handle this case")
    if kind in MESSAGE_PROMPTS:
        # A person must be able to read why a case was closed, but not twice.
        check_message(form, kind, needed=not (explained and kind == "closed"))
    check_note(form, kind, NOTE_PROMPTS.get(kind, ""))


def check_message(form: Form, kind: str, *, needed: bool = True) -> None:
    form.require(form["message"] or not needed, f"{kind}-message", MESSAGE_PROMPTS[kind])
    short = len(form["message"]) <= MOST_MESSAGE
    form.require(short, f"{kind}-message", f"Use {MOST_MESSAGE:,} characters or fewer")


def parse_event(form: Form, person: Person) -> CaseEvent:
    kind, to = form["kind"], form["to"]
    decided = kind == "outcome"
    return msgspec.convert(
        {
            "kind": kind,
            "note": form["note"],
            "allegation": form["allegation"] if decided else None,
            "outcome": form["outcome"] if decided else None,
            "to": (person.id if to == "me" else to) if kind == "assigned" else None,
        },
        CaseEvent,
    )


def audit_detail(event: CaseEvent) -> dict[str, Any] | None:
    """The audit detail of a transition, without any free text."""
    if event.outcome:
        return {"allegation": event.allegation, "outcome": event.outcome}
    return {"to": event.to} if event.to else None


async def case_conflict_page(
    page: StaffRequest, reference: str, refused: Conflict
) -> Response[Any]:
    """What others did in the meantime, and what the person had typed, so that nothing is lost."""
    shown = await page.load(load_case_view, page.person, reference)
    expected = int(page.form["version"])
    # Only what the person cannot have seen, so that they can judge whether theirs still fits.
    since = [one for one in shown["happened"] if one.version > expected]
    context = shown | {"refused": refused, "since": since}
    return page.show("cases/complaint_changed", status=refused.status, **context)


PAGES = [StaffPage([change_case], linked_from="/work/complaints/{reference:str}")]
