"""The words of a case as written, for a reason that is kept, and what a person masks of them."""

import datetime
from typing import Any

import msgspec
from litestar import Response, post

from api import casework, clock
from api.pages.reviewer.case import case_page
from api.pages.reviewer.complaints import FEWEST_REASON, MOST_REASON, reviewers
from api.pages.reviewer.moves import deed_of, has_version, kept
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, typed
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Reference
from survey.codes import Span
from survey.complaints import Event
from survey.problems import Forbidden
from survey.redactions import Redaction, added, chosen, every, lines_of, merged, place_of
from survey.store import complaints, redactions
from survey.store.database import Database

READING = datetime.timedelta(hours=12)  # as long as a session
MOST_LINES, LONGEST_LINE = 50, 100


class Part(msgspec.Struct, frozen=True):
    words: str
    masked: bool


class Suggested(msgspec.Struct, frozen=True):
    """A span that can be masked: what the form calls it, its kind and its words."""

    place: str
    kind: str
    words: str
    ticked: bool


class Written(msgspec.Struct, frozen=True):
    """A text as it was written, in parts that are masked or not, with the spans to decide on."""

    item: str
    parts: list[Part]
    spans: list[Suggested]


@post("/work/complaints/{reference:str}/words", guards=reviewers, include_in_schema=False)
async def read_words(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    """The words as written, on this answer only, for a reason that is kept for good."""
    form = await typed(request)
    reason = form.get("reason", "")
    if not FEWEST_REASON <= len(reason) <= MOST_REASON:
        wrong = (
            f"Say why you need the text as written, in {FEWEST_REASON} to {MOST_REASON} characters"
        )
        errors = [("reason", wrong)]
        return await case_page(database, person, reference, status=422, errors=errors, typed=form)
    return await words_page(database, person, reference, reason)


async def words_page(
    database: Database, person: Person, reference: str, reason: str, **context: Any
) -> Response[Any]:
    """Each time that the words are shown is a line in the audit."""
    ticked = context.pop("ticked", None)
    async with acting(database, person, "words read", reference, {"reason": reason}) as connection:
        case = await complaints.get(connection, reference)
        rows = await redactions.written(connection, case["id"])
    words = [written(row, ticked.get(row["item"]) if ticked else None) for row in rows]
    return await case_page(database, person, reference, words=words, **context)


def spans_in(row: Any) -> tuple[list[Span], list[Span]]:
    """All that the machine or a person would mask of a text, and what is masked now."""
    suggested = msgspec.convert(row["suggested"], list[Span])
    if row["decided"] is None:
        return suggested, suggested
    decided = msgspec.convert(row["decided"], list[Span])
    return every(suggested, decided), decided


def written(row: Any, ticked: list[str] | None) -> Written:
    offered, now = spans_in(row)
    places = {place_of(one) for one in now} if ticked is None else {*ticked}
    body = row["body"]
    return Written(
        item=row["item"],
        parts=parts(body, now),
        spans=[
            Suggested(place, one.kind, body[one.start : one.end], place in places)
            for one in offered
            for place in [place_of(one)]
        ],
    )


def parts(text: str, spans: list[Span]) -> list[Part]:
    found, end = [], 0
    for one in merged(spans):
        found += [Part(text[end : one.start], False), Part(text[one.start : one.end], True)]
        end = one.end
    return [*found, Part(text[end:], False)]


@post("/work/complaints/{reference:str}/redactions", guards=reviewers, include_in_schema=False)
async def decide(
    request: AnyRequest, database: FromDatabase, person: FromPerson, reference: Reference
) -> Response[Any]:
    """What is masked from now on: what was ticked with the words in sight, or more of what is."""
    form = await typed(request) | {"kind": "redacted"}
    sent = await request.form()
    offered, ticked = ([str(one) for one in sent.getall(name, [])] for name in ("offered", "span"))
    item, lines = form.get("item", ""), lines_of(form.get("more", ""))
    reading = await reason_of(database, person, reference) if "written" in form else None
    async with database.connection() as connection:
        case = await complaints.get(connection, reference)
        row = await redactions.get(connection, case["id"], item)
    every_span, now = spans_in(row)
    spans = now if reading is None else chosen(every_span, offered, ticked)
    seen = row["body"] if reading is not None else row["redacted"] or ""
    found, unseen = added(row["body"], spans, lines, seen)
    if wrong := faults_of(form, lines, unseen):
        again: dict[str, Any] = {"status": 422, "errors": wrong, "typed": form}
        if reading is None:
            return await case_page(database, person, reference, **again)
        return await words_page(
            database, person, reference, reading, ticked={item: ticked}, **again
        )

    async def keep() -> None:
        await save(database, person, reference, form, (row["id"], found))

    return await kept(database, person, reference, form, keep)


async def reason_of(database: Database, person: Person, reference: str) -> str:
    """Why the person read the words; nobody bares a word who gave no reason to read it."""
    async with database.connection() as connection:
        since = clock.now() - READING
        reason = await redactions.reason(connection, reference, person.id, since)
    if reason is None:
        raise Forbidden(
            "words.not_read",
            "You can only redact a text while you see it as it was written.",
            "Open the text as written first, and give your reason.",
        )
    return reason


def faults_of(form: dict[str, str], lines: list[str], unseen: list[str]) -> Errors:
    field = f"more-{form.get('item', '')}"
    wrong: Errors = []
    if not has_version(form):
        wrong.append(("", "Read the case again, then redact it"))
    if "written" not in form and not lines:
        wrong.append((field, "Write the words to redact"))
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        wrong.append(
            (field, f"Write {MOST_LINES} lines or fewer, each up to {LONGEST_LINE} characters")
        )
    elif unseen:
        wrong.append((field, f"These words are not in what is shown: {', '.join(unseen)}"))
    return wrong


async def save(
    database: Database,
    person: Person,
    reference: str,
    form: dict[str, str],
    decided: tuple[str, Redaction],
) -> None:
    text, found = decided
    detail = {"item": form["item"], "masked": len(found.spans)}
    async with acting(database, person, "case redacted", reference, detail) as connection:
        event = Event(kind="redacted", items=(form["item"],))
        await casework.act(connection, reference, deed_of(event, form, person))
        await redactions.insert(connection, text, found, by=person.id)


HANDLERS = [read_words, decide]
