"""What can be done with a case on its page: moves, merges and links, and the replies' templates."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Template

from api.dependencies import Reference
from api.operations import cases
from api.pages.forms import Form, filled_form
from api.pages.staff.cases import OUTCOMES, case_history, load_handlers, typed_case_number
from api.pages.staff.cases.case import case_page, load_case_view
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.people import Person
from survey.cases import CaseEvent, CaseTransition
from survey.cases.refusals import case_with_merged_complaints
from survey.deployments import DeploymentCount
from survey.problems import Conflict
from survey.store.cases import complaints, events, inbox
from survey.store.cases.inbox import ReplyTemplate
from survey.store.database import Database

CASE = "/work/complaints/{reference:str}"
ADDRESS = "/work/complaints/replies"
LONGEST_NAME, LONGEST_BODY, MOST = 60, 5_000, 100
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
GAP = re.compile(r"\[[^\[\]]+\]")
MOST_NOTE = 2_000
MOST_MESSAGE = 5_000
LINK_PROMPTS = {
    "linked": "Say why the case belongs to this record",
    "unlinked": "Say why the case does not belong to this record",
}
CountWithSource = tuple[DeploymentCount, str]
SaveForm = Callable[[StaffRequest, str], Awaitable[bool]]


def case_form(path: str) -> Callable[[SaveForm], HTTPRouteHandler]:
    """Make the handler of a form on a case's page from the function that checks and saves it.

    The function says whether it saved: then the person goes back to the case. If not, the page is
    shown again with what was typed and what is wrong with it. If somebody changed the case first,
    or it allows this no longer, the person sees what happened meanwhile, and what was typed.
    """

    def answer_by(save: SaveForm) -> HTTPRouteHandler:
        async def handle(page: FromPage, reference: Reference) -> Response[Any]:
            try:
                if not await save(page, reference):
                    return await case_page(page, reference)
            except Conflict as refused:
                return await changed_case_page(page, reference, refused)
            query = {"done": page.form["kind"]}
            query |= {"list": page.form["list"]} if page.form["list"] else {}
            return page.to(f"/work/complaints/{reference}?{urlencode(query)}")

        handle.__name__, handle.__module__, handle.__doc__ = (
            save.__name__,
            save.__module__,
            save.__doc__,
        )
        return post(f"{CASE}/{path}")(handle)

    return answer_by


async def changed_case_page(page: StaffRequest, reference: str, refused: Conflict) -> Template:
    shown = await page.load(load_case_view, page.person, reference)
    expected = int(page.form["version"])
    # Only what the person cannot have seen, so that they can judge whether theirs still fits.
    since = [event for event in shown["happened"] if event.version > expected]
    context = shown | {"refused": refused, "since": since}
    return page.show("cases/complaint_changed", status=refused.status, **context)


@case_form("moves")
async def change_case(page: StaffRequest, reference: str) -> bool:
    async with page.connection() as connection:
        case = await complaints.get(connection, reference)
        staff = await load_handlers(connection)
        templates = await inbox.load_reply_templates(connection)
        explained = await events.is_explained(connection, case.id)
    # Before any check: whoever inserts a template has not finished the form.
    if page.form["insert"]:
        insert_template(page.form, templates)
        return False
    if gaps := unfilled_gaps(page.form["message"], templates):
        page.form.add_error(f"{page.form['kind']}-message", f"Fill in {', '.join(gaps)}")
    event = read_event(page.form, page.person, case.allegations, staff, explained=explained)
    if event is None:
        return False
    # What the audit says of a transition has no free text.
    detail: dict[str, str | None] | None = {"to": event.to} if event.to else None
    if event.outcome:
        detail = {"allegation": event.allegation, "outcome": event.outcome}
    async with page.write(f"case {event.kind}", reference, detail) as connection:
        message = (page.form["message"] or None) if event.kind in MESSAGE_PROMPTS else None
        deed = cases.reviewer_command(
            event, int(page.form["version"]), page.person.id, message=message
        )
        if message is not None:
            # Only the handler may write to the complainant. Read within the transaction: the
            # handler may have changed since the page was checked. With an old version the
            # refusal below is the better one: it shows what others did.
            now = await complaints.get(connection, reference)
            if now.version == deed.expected:
                cases.require_caseworker(now, page.person.id)
        await cases.apply_command(connection, reference, deed)
    return True


def insert_template(form: Form, templates: list[ReplyTemplate]) -> None:
    """Put the chosen template below the message: what was typed so far must not be replaced."""
    chosen = next(
        (template for template in templates if str(template.id) == form["template"]), None
    )
    parts = [form["message"], chosen.body if chosen else ""]
    form.set("message", "\n\n".join(part for part in parts if part))


def unfilled_gaps(message: str, templates: list[ReplyTemplate]) -> list[str]:
    """What the message still has in square brackets as a template has it, such as "[day]".

    Other brackets are the writer's own: a quoted text has [name] where a name was.
    """
    left_open = {gap for template in templates for gap in GAP.findall(template.body)}
    return [gap for gap in dict.fromkeys(GAP.findall(message)) if gap in left_open]


def read_event(
    form: Form, person: Person, allegations: list[str], staff: dict[str, str], *, explained: bool
) -> CaseEvent | None:
    """The event that the form asks for, or None where something is wrong with the form.

    `explained` if the complainant can read already why the case was decided so. Each field of the
    page has the name of its transition before it.
    """
    kind = form["kind"]
    known = kind in TRANSITIONS and form.number("version") is not None
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
        needed = not (explained and kind == "closed")
        form.require(form["message"] or not needed, f"{kind}-message", MESSAGE_PROMPTS[kind])
        short = len(form["message"]) <= MOST_MESSAGE
        form.require(short, f"{kind}-message", f"Use {MOST_MESSAGE:,} characters or fewer")
    check_note(form, kind, NOTE_PROMPTS.get(kind, ""))
    if form.errors:
        return None
    handler = person.id if form["to"] == "me" else form["to"]
    decided = kind == "outcome"
    return msgspec.convert(
        {
            "kind": kind,
            "note": form["note"],
            "allegation": form["allegation"] if decided else None,
            "outcome": form["outcome"] if decided else None,
            "to": handler if kind == "assigned" else None,
        },
        CaseEvent,
    )


def check_note(form: Form, kind: str, why: str = "") -> None:
    """Check the note; `why` is the error if a note is required and missing."""
    form.require(form["note"] or not why, f"{kind}-note", why)
    short = len(form["note"]) <= MOST_NOTE
    form.require(short, f"{kind}-note", f"Use {MOST_NOTE:,} characters or fewer for the note")


@case_form("merge")
async def merge_case(page: StaffRequest, reference: str) -> bool:
    page.form.set("kind", "merged")
    into = typed_case_number(page.form["number"] or page.form["case"])
    await check_merge(page.database, page.form, reference, into)
    if page.form.errors:
        return False
    same = page.form["same_person"] == "yes"
    event = CaseEvent(kind="merged", note=page.form["note"])
    deed = cases.reviewer_command(event, int(page.form["version"]), page.person.id)
    detail = {"into": into, "same_person": same}
    async with page.write("case merged", reference, detail) as connection:
        case = await complaints.get(connection, reference)
        # A chain of merged cases would leave their owners with a main case that is merged itself.
        if await events.load_merged_references(connection, case.id):
            raise case_with_merged_complaints(reference)
        await cases.merge_cases(connection, reference, str(into), deed, same_person=same)
    return True


async def check_merge(database: Database, form: Form, reference: str, into: str | None) -> None:
    offers = "case" in form and not form["number"]  # the page has cases to choose from
    field = "merged-case" if offers else "merged-number"
    check_version(form, "merge it")
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


def check_version(form: Form, act: str) -> None:
    """Without the version that the person has seen, nobody could tell what they decided on."""
    form.require(form.number("version") is not None, "", f"Read the case again, then {act}")


@case_form("part")
async def unmerge_case(page: StaffRequest, reference: str) -> bool:
    """Undo a merge: the complaint is a case of its own again."""
    page.form.set("kind", "parted")
    check_note(page.form, "parted", "Say why they do not belong together")
    check_version(page.form, "separate it")
    if page.form.errors:
        return False
    event = CaseEvent(kind="parted", note=page.form["note"])
    deed = cases.reviewer_command(event, int(page.form["version"]), page.person.id)
    async with page.write("case parted", reference) as connection:
        await cases.unmerge_case(connection, reference, deed)
    return True


@case_form("links")
async def link_or_unlink_case(page: StaffRequest, reference: str) -> bool:
    kind: CaseTransition = "unlinked" if page.form["kind"] == "unlinked" else "linked"
    page.form.set("kind", kind)
    # Looked up among what may be linked now: the count itself is never taken from the form.
    counted = (await load_linkable_records(page.database, reference, kind)).get(page.form["record"])
    known = counted is not None and page.form.number("version") is not None
    page.form.require(known, f"{kind}-record", "Choose a record from the list")
    check_note(page.form, kind, LINK_PROMPTS[kind])
    if page.form.errors or counted is None:
        return False
    record, source = counted
    event = CaseEvent(kind=kind, note=page.form["note"], deployment=record, source=source)
    deed = cases.reviewer_command(event, int(page.form["version"]), page.person.id)
    detail = {"source": source, "tactic": record.tactic, "start": str(record.start)}
    async with page.write(f"case {kind}", reference, detail) as connection:
        await cases.apply_command(connection, reference, deed)
    return True


async def load_linkable_records(
    database: Database, reference: str, kind: str
) -> dict[str, CountWithSource]:
    """The records that can be linked to a case; for `kind` "unlinked", those that are linked
    now.
    """
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        happened, _ = await case_history.load_timeline(connection, case.id, {}, mine=False)
        linked = {
            record.key: record.happened.event for record in case_history.linked_records(happened)
        }
        if kind == "unlinked":
            return {
                key: (event.deployment, event.source)
                for key, event in linked.items()
                if event.deployment
            }
        records = await case_history.load_deployment_records(connection, case)
    return {
        record.key: (record.count, record.source) for record in records if record.key not in linked
    }


@get(ADDRESS)
async def list_templates(page: FromPage) -> Template:
    chosen = page.query.get("change", "")
    templates = await page.load(inbox.load_reply_templates)
    known = next((template for template in templates if str(template.id) == chosen), None)
    page.fill({"name": known.name, "body": known.body} if known else {})
    return page.show("inbox/replies", templates=templates)


@post(ADDRESS)
async def save_template(page: FromPage) -> Response[Any]:
    templates = await page.load(inbox.load_reply_templates)
    known = [template.name for template in templates]
    name = page.form["name"]
    is_name = 0 < len(name) <= LONGEST_NAME and name.isprintable()
    page.form.require(
        is_name, "name", f"Give the template a name of 1 to {LONGEST_NAME} characters"
    )
    wanted = f"Write the text of the template, up to {LONGEST_BODY:,} characters"
    page.form.require_length("body", 1, LONGEST_BODY, wanted)
    # A known name replaces its template, so it is allowed at the limit too.
    has_room = name in known or len(known) < MOST
    page.form.require(has_room, "name", f"There are {MOST} templates: delete one first")
    if page.form.errors:
        return page.show("inbox/replies", templates=templates)
    async with page.write("reply template saved", page.form["name"]) as connection:
        await inbox.save_reply_template(connection, page.form["name"], page.form["body"])
    return page.to(ADDRESS, "saved")


@post(f"{ADDRESS}/delete")
async def delete_template(page: FromPage) -> Response[Any]:
    """Delete a template and fill in the form with it: saving the form undoes the deletion."""
    form = page.form
    number = form["id"]
    async with page.database.connection() as connection:
        templates = await inbox.load_reply_templates(connection)
    gone = next((template for template in templates if str(template.id) == number), None)
    if gone is None:
        return page.to(ADDRESS)
    async with page.write("reply template deleted", gone.name) as connection:
        await inbox.delete_reply_template(connection, gone.id)
        reply_templates = await inbox.load_reply_templates(connection)
    form = filled_form({"name": gone.name, "body": gone.body})
    return page.show("inbox/replies", form=form, done="deleted", templates=reply_templates)


PAGES = [
    StaffPage([list_templates, save_template, delete_template], linked_from="/work/complaints"),
    StaffPage([change_case, merge_case, unmerge_case, link_or_unlink_case], linked_from=CASE),
]
