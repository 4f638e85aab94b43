"""The original texts of a case, shown for a recorded reason, and their redaction."""

import datetime
from typing import Any

import msgspec
from litestar import Response, post

from api import clock
from api.dependencies import Reference
from api.operations import cases
from api.pages.forms import Form
from api.pages.staff.cases import check_reading_reason
from api.pages.staff.cases.case import case_page
from api.pages.staff.cases.case_moves import CASE, case_form, check_version
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.cases import CaseEvent
from survey.problems import Forbidden
from survey.store.cases import complaints
from survey.store.themes import codes
from survey.store.themes.codes import WrittenText
from survey.themes import redactions
from survey.themes.codebooks import Span

READING_TIME = datetime.timedelta(hours=12)  # as long as a session
MOST_LINES, LONGEST_LINE = 50, 100


class RedactionPart(msgspec.Struct, frozen=True):
    words: str
    masked: bool


class RedactionChoice(msgspec.Struct, frozen=True):
    """A span that can be masked: what the form calls it, its kind and its words."""

    place: str
    kind: str
    words: str
    ticked: bool


class RedactableText(msgspec.Struct, frozen=True):
    """A text as it was written, in parts that are masked or not, with the spans to decide on."""

    item: str
    parts: list[RedactionPart]
    spans: list[RedactionChoice]


@post(f"{CASE}/words")
async def show_written_words(page: FromPage, reference: Reference) -> Response[Any]:
    """Show the original texts, on this response only, for a reason that is recorded."""
    check_reading_reason(page.form)
    if page.form.errors:
        return await case_page(page, reference)
    reason, page.form = page.form["reason"], Form()
    return await case_page(page, reference, words=await read_words(page, reference, reason))


async def read_words(
    page: StaffRequest, reference: str, reason: str, ticked: dict[str, list[str]] | None = None
) -> list[RedactableText]:
    """The texts of a case as they were written; each time they are read is an audit line.

    `ticked` are the spans that somebody chose in the text with this name.
    """
    async with page.write("words read", reference, {"reason": reason}) as connection:
        case = await complaints.get(connection, reference)
        # Within the transaction: the words are not shown unless their audit line can be written.
        texts = await codes.load_written_texts(connection, case.id)
    return [redactable_text(text, (ticked or {}).get(text.item)) for text in texts]


def maskable_spans(text: WrittenText) -> tuple[list[Span], list[Span]]:
    """Two lists of spans: all that the model or a person would mask, and those masked now."""
    if text.decided is None:
        return text.suggested, text.suggested
    return redactions.distinct_spans(text.suggested, text.decided), text.decided


def redactable_text(text: WrittenText, ticked: list[str] | None) -> RedactableText:
    offered, now = maskable_spans(text)
    places = (
        {redactions.span_key(masked_span) for masked_span in now} if ticked is None else {*ticked}
    )
    parts, end = [], 0
    for span in redactions.merged_spans(now):
        parts += [
            RedactionPart(text.body[end : span.start], False),
            RedactionPart(text.body[span.start : span.end], True),
        ]
        end = span.end
    return RedactableText(
        item=text.item,
        parts=[*parts, RedactionPart(text.body[end:], False)],
        spans=[
            RedactionChoice(
                place,
                offered_span.kind,
                text.body[offered_span.start : offered_span.end],
                place in places,
            )
            for offered_span in offered
            for place in [redactions.span_key(offered_span)]
        ],
    )


@case_form("redactions")
async def decide_redactions(page: StaffRequest, reference: str) -> bool:
    """Save what is masked from now on.

    If the person saw the original texts, exactly the ticked spans are masked; otherwise words can
    only be added to what is masked.
    """
    page.form.set("kind", "redacted")
    offered, ticked = page.form.all("offered"), page.form.all("span")
    item, lines = page.form["item"], redactions.lines_to_mask(page.form["more"])
    reading = await load_reading_reason(page, reference) if "written" in page.form else None
    async with page.connection() as connection:
        case = await complaints.get(connection, reference)
        text = await codes.get_written_text(connection, case.id, item)
    every_span, now = maskable_spans(text)
    # Nobody may unmask what they have not read, so without the words the spans stay as they are.
    spans = now if reading is None else redactions.spans_to_mask(every_span, offered, ticked)
    # Otherwise words could be tried until one is found, which shows what a mark hides.
    seen = text.body if reading is not None else text.redacted or ""
    redaction, unseen = redactions.redact_lines(text.body, spans, lines, seen)
    field = f"more-{page.form['item']}"
    check_version(page.form, "redact it")
    page.form.require("written" in page.form or lines, field, "Write the words to redact")
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        wanted = f"Write {MOST_LINES} lines or fewer, each up to {LONGEST_LINE} characters"
        page.form.add_error(field, wanted)
    elif unseen:
        page.form.add_error(field, f"These words are not in what is shown: {', '.join(unseen)}")
    if page.form.errors:
        if reading is not None:
            page.add(words=await read_words(page, reference, reading, {item: ticked}))
        return False
    event = CaseEvent(kind="redacted", items=(item,))
    deed = cases.reviewer_command(event, int(page.form["version"]), page.person.id)
    detail = {"item": item, "masked": len(redaction.spans)}
    async with page.write("case redacted", reference, detail) as connection:
        # First, because it refuses a page that is out of date, before anything is saved.
        await cases.apply_command(connection, reference, deed)
        await codes.insert_redaction(connection, text.id, redaction, by=page.person.id)
    return True


async def load_reading_reason(page: StaffRequest, reference: str) -> str:
    """The reason this person gave to read the original texts; raises without one, because then they
    may unmask nothing.
    """
    async with page.connection() as connection:
        since = clock.now() - READING_TIME
        reason = await codes.find_reading_reason(connection, reference, page.person.id, since)
    if reason is None:
        raise unread_words()
    return reason


unread_words = Forbidden.of(
    "words.not_read",
    "You can only redact a text while you see it as it was written.",
    "Open the text as written first, and give your reason.",
)


PAGES = [StaffPage([show_written_words, decide_redactions], linked_from=CASE)]
