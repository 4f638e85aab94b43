"""What is done with a case: each move guarded by the version that the person saw."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, post
from litestar.response import Redirect

from api import casework
from api.casework import Deed
from api.pages.reviewer.case import case_of, case_page
from api.pages.reviewer.complaints import OUTCOMES, handlers, reviewers
from api.pages.reviewer.replies import with_template
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, page, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Reference
from survey.complaints import Event
from survey.problems import Conflict
from survey.store import cases, complaints, reply_templates
from survey.store.database import Connection, Database

KINDS = ("acknowledged", "assigned", "asked", "told", "outcome", "closed", "reopened", "noted")
SPOKEN = {
    "asked": "Write the message to the person",
    "told": "Write the message to the person",
    "outcome": "Explain the outcome to the person: they will read this",
    "closed": "Explain to the person why the case is closed: they will read this",
}
NOTES_NEEDED = {"reopened": "Say why the case is opened again", "noted": "Write the note"}
MOST_NOTE = 2_000
MOST_MESSAGE = 5_000


@post("/work/complaints/{reference:str}/moves", guards=reviewers, include_in_schema=False)
async def move(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    form = await typed(request)
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        staff = await handlers(connection)
        templates = await reply_templates.every(connection)
        explained = await cases.is_explained(connection, case["id"])
    if form.get("insert"):
        return await case_page(database, person, reference, typed=with_template(form, templates))
    if wrong := faults_of(form, case["allegations"], staff, explained=explained):
        return await case_page(database, person, reference, status=422, errors=wrong, typed=form)
    event = event_in(form, person)
    message = (form.get("message") or None) if event.kind in SPOKEN else None
    deed = deed_of(event, form, person, message=message)

    async def keep() -> None:
        detail = detail_of(event)
        async with acting(database, person, f"case {event.kind}", reference, detail) as connection:
            await make(connection, reference, deed)

    return await kept(database, person, reference, form, keep)


async def make(connection: Connection, reference: str, deed: Deed) -> None:
    """Only whoever works on a case writes to its owner; who is late is told that it changed."""
    if deed.message is not None and deed.by is not None:
        case = await complaints.get(connection, reference)
        if case["version"] == deed.expected:
            casework.must_handle(case, deed.by)
    await casework.act(connection, reference, deed)


def deed_of(
    event: Event, form: dict[str, str], person: Person, *, message: str | None = None
) -> Deed:
    return Deed(
        event=event,
        side="reviewer",
        expected=int(form["version"]),
        by=person.id,
        message=message,
    )


async def kept(
    database: Database,
    person: Person,
    reference: str,
    form: dict[str, str],
    keep: Callable[[], Awaitable[None]],
) -> Response[Any]:
    """Back to the case; where somebody was faster or it cannot be, what was typed is shown."""
    try:
        await keep()
    except Conflict as refused:
        return await changed_page(database, person, reference, refused, form)
    query = {"done": form["kind"]} | ({"list": form["list"]} if form.get("list") else {})
    return Redirect(f"/work/complaints/{reference}?{urlencode(query)}", status_code=303)


def has_version(form: dict[str, str]) -> bool:
    version = form.get("version", "")
    return version.isascii() and version.isdecimal() and len(version) < 7


def note_faults(form: dict[str, str], kind: str, why: str = "") -> Errors:
    """`why` is what to say where a note is asked for and there is none."""
    note = form.get("note", "")
    if why and not note:
        return [(f"{kind}-note", why)]
    if len(note) > MOST_NOTE:
        return [(f"{kind}-note", f"Use {MOST_NOTE:,} characters or fewer for the note")]
    return []


def faults_of(
    form: dict[str, str], allegations: list[str], staff: dict[str, str], *, explained: bool
) -> Errors:
    """What is missing in the form of a move; each field has the name of its move before it.

    `explained` where the person can read already why the case was decided so.
    """
    kind = form.get("kind", "")
    wrong: Errors = []
    if kind not in KINDS or not has_version(form):
        wrong.append(("", "Choose what to do with this case"))
    if kind == "outcome" and form.get("allegation") not in allegations:
        wrong.append(("outcome-allegation", "Choose the allegation that this is about"))
    if kind == "outcome" and form.get("outcome") not in OUTCOMES:
        wrong.append(("outcome-outcome", "Choose an outcome"))
    if kind == "assigned" and form.get("to") != "me" and form.get("to") not in staff:
        wrong.append(("assigned-to", "Choose who will handle this case"))
    if kind in SPOKEN:
        wrong += message_faults(form, kind, needed=not (explained and kind == "closed"))
    return wrong + note_faults(form, kind, NOTES_NEEDED.get(kind, ""))


def message_faults(form: dict[str, str], kind: str, *, needed: bool = True) -> Errors:
    message = form.get("message", "")
    if not message and needed:
        return [(f"{kind}-message", SPOKEN[kind])]
    if len(message) > MOST_MESSAGE:
        return [(f"{kind}-message", f"Use {MOST_MESSAGE:,} characters or fewer")]
    return []


def event_in(form: dict[str, str], person: Person) -> Event:
    kind, to = form["kind"], form.get("to")
    decided = kind == "outcome"
    return msgspec.convert(
        {
            "kind": kind,
            "note": form.get("note", ""),
            "allegation": form.get("allegation") if decided else None,
            "outcome": form.get("outcome") if decided else None,
            "to": (person.id if to == "me" else to) if kind == "assigned" else None,
        },
        Event,
    )


def detail_of(event: Event) -> dict[str, Any] | None:
    """What the audit tells of a move, without a word that anybody wrote."""
    if event.outcome:
        return {"allegation": event.allegation, "outcome": event.outcome}
    return {"to": event.to} if event.to else None


async def changed_page(
    database: Database, person: Person, reference: str, refused: Conflict, form: dict[str, str]
) -> Response[Any]:
    """What others did in the meantime, and what the person had typed, so that nothing is lost."""
    async with database.connection() as connection:
        shown = await case_of(connection, person, reference)
    expected = int(form["version"])
    since = [one for one in shown["happened"] if one.version > expected]
    context = shown | {"refused": refused, "since": since, "typed": form}
    return page("complaint_changed", person, status=refused.status, **context)


HANDLERS = [move]
