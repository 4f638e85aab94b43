"""Names and summaries that a language model drafts: asked for, shown, and accepted by a person.

A suggestion fills in a form; only what a person sends with that form enters the codebook.
"""

import datetime
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Template

from analysis.disclosure import FEWEST_TEXTS
from api import clock
from api.dependencies import RowNumber, Slug
from api.jobs.texts.drafts import SUBJECT, broken_rules, load_passage_words
from api.locales import format_dates
from api.pages.filters import moment, short_day
from api.pages.forms import Form, day_fields
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.security.people import Person
from survey.store.database import Connection
from survey.store.themes import codebooks, drafts
from survey.themes import quotes

SUGGESTIONS = "/work/themes/suggestions"
NOTHING_HELD = "Nothing that the language model wrote passed the check."
BASE = "/work/themes/{theme:str}/summaries"
PERIOD = datetime.timedelta(weeks=4)
EARLIEST = datetime.date(1990, 1, 1)
MOST_SHOWN = 20
GONE = "Clear this sentence: a text that it cites may no longer be quoted"
EMPTY = "Leave at least one sentence, or throw the draft away"


class NameSuggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A suggestion for the group `subject` as a page shows it; `number` is 0 if nobody asked for a
    suggestion.
    """

    subject: str
    number: int = 0
    waiting: bool = False
    failure: str = ""
    name: str = ""
    sentence: str = ""
    model: str = ""
    passages: int = 0
    left_out: dict[str, int] = {}
    drops: dict[str, int] = {}

    @property
    def ready(self) -> bool:
        return bool(self.name or self.sentence)

    @property
    def page(self) -> str:
        return page_of_subject(self.subject, "")


async def load_suggestions(
    connection: Connection, subjects: Sequence[str]
) -> dict[str, NameSuggestion]:
    """What to show for each of these groups."""
    newest = await drafts.load_newest(connection, "name", subjects)
    return {subject: name_suggestion(subject, newest.get(subject)) for subject in subjects}


def name_suggestion(subject: str, draft: quotes.Draft | None) -> NameSuggestion:
    # What somebody decided on is over: the button asks again.
    if draft is None or draft.state in ("accepted", "discarded"):
        return NameSuggestion(subject=subject)
    words = {line.number: line.words for line in draft.offered_lines}
    return NameSuggestion(
        subject=subject,
        number=draft.id,
        waiting=draft.state == "waiting",
        failure=draft.failure or ("" if words or draft.state == "waiting" else NOTHING_HELD),
        name=words.get(0, ""),
        sentence=words.get(1, ""),
        model=draft.sent.model if draft.sent else "",
        passages=len(draft.passages),
        left_out=draft.sent.left_out if draft.sent else {},
        drops=draft.drops,
    )


@post(SUGGESTIONS)
async def request_suggestion(page: FromPage) -> Response[Any]:
    """Ask for a name of a group; it is written in the background."""
    if not page.request.app.state.settings.language_model_url:
        raise quotes.no_language_model()
    back = page_of_subject(page.form["subject"], page.form["k"])
    async with page.write("machine draft asked for", page.form["subject"]) as connection:
        await drafts.insert(connection, "name", page.form["subject"], by=page.person.id)
    return page.to(back)


@post(f"{SUGGESTIONS}/{{number:int}}/discard")
async def discard_suggestion(page: FromPage, number: RowNumber) -> Response[Any]:
    async with page.write("machine draft discarded", str(number)) as connection:
        draft = await drafts.get(connection, number)
        if draft.kind != "name":
            raise quotes.unknown_machine_draft()
        await drafts.decide(connection, number, "discarded", by=page.person.id)
    return page.to(page_of_subject(draft.subject, page.form["k"]))


def page_of_subject(subject: str, k: str) -> str:
    """The address at which a group is shown; raises if `subject` names no kind of group."""
    match = SUBJECT.fullmatch(subject)
    if match is None:
        raise quotes.unknown_machine_draft_subject()
    if match[4]:
        return f"/work/themes/codebook/draft/themes/{match[5]}#suggestion"
    if match[1] == "part":
        return f"/work/themes/proposals#proposal-{match[2]}"
    cut = f"?k={k}" if re.fullmatch(r"\d{1,2}", k) else ""
    return f"/work/themes/discovery{cut}#candidate-{match[3]}"


async def accept_suggestion(
    connection: Connection, person: Person, number: int | None, accepted: dict[int, str]
) -> None:
    """Record that a person accepted a suggestion; `accepted` are its lines as the person left them.

    A suggestion that somebody else has decided on meanwhile stays as it is: the codebook is what
    counts.
    """
    if not number:
        return
    draft = await drafts.get(connection, number)
    if draft.kind == "name" and draft.state == "ready":
        await drafts.decide(connection, number, "accepted", by=person.id, accepted=accepted)


async def accept_suggestions(
    connection: Connection, person: Person, form: Form, parts: int
) -> None:
    """Record what a person made of the suggestions that filled in a form."""
    for part in range(parts):
        words = {0: form[f"name-{part}"], 1: form[f"description-{part}"]}
        await accept_suggestion(connection, person, form.number(f"suggestion-{part}"), words)


class SummaryLine(msgspec.Struct, frozen=True):
    """A sentence and what it cites: the number, the words and the text of each passage."""

    number: int
    words: str
    cited: list[tuple[int, str, str]]


class SummaryView(msgspec.Struct, frozen=True, kw_only=True):
    """A summary as the page shows it; `missing` sentences cite what may no longer be quoted."""

    draft: quotes.Draft
    period: str
    asked: str
    decided: str
    model: str
    lines: list[SummaryLine]
    missing: int


@get(BASE)
async def list_summaries(page: FromPage, theme: Slug) -> Template:
    return await summaries_page(page, theme)


async def summaries_page(page: StaffRequest, theme: str, *, mine: int = 0) -> Template:
    async with page.connection() as connection:
        book = await codebooks.get_newest(connection)
        named = book.get(theme)
        summaries = await drafts.load_summaries(connection, f"theme {theme}", MOST_SHOWN)
        words = await load_passage_words(connection, summaries)
    today = clock.today()
    first = today - PERIOD + datetime.timedelta(days=1)
    for name, value in (day_fields("since", first) | day_fields("until", today)).items():
        if name not in page.form:
            page.form.set(name, value)
    views = [summary_view(summary, words.get(summary.id, {})) for summary in summaries]
    return page.show(
        "texts/summaries",
        theme=named,
        base=f"/work/themes/{theme}/summaries",
        accepted=[view for view in views if view.draft.state == "accepted"],
        others=[view for view in views if view.draft.state != "accepted"],
        fewest=FEWEST_TEXTS,
        mine=mine,
    )


def summary_view(draft: quotes.Draft, words: dict[int, str]) -> SummaryView:
    """A draft as shown: only those sentences whose passages may all still be quoted."""
    texts = {passage.number: passage.text for passage in draft.passages}
    accepted = draft.state == "accepted"
    wanted = [line for line in draft.offered_lines if not accepted or line.accepted]
    held = [line for line in wanted if all(number in words for number in line.passages)]
    return SummaryView(
        draft=draft,
        period=format_dates(draft.since, draft.until) if draft.since and draft.until else "",
        asked=f"{draft.asked_by}, {moment(draft.asked_at)}",
        decided=f"{draft.decided_by} on {short_day(draft.decided_at)}" if draft.decided_at else "",
        model=draft.sent.model if draft.sent else "",
        lines=[
            SummaryLine(
                line.number,
                (line.accepted if accepted else line.words) or "",
                [(number, words[number], texts[number]) for number in line.passages],
            )
            for line in held
        ],
        missing=len(wanted) - len(held),
    )


@post(BASE)
async def request_summary(page: FromPage, theme: Slug) -> Response[Any]:
    """Ask for a summary of the texts between two days; it is written in the background."""
    if not page.request.app.state.settings.language_model_url:
        raise quotes.no_language_model()
    since, until = page.form.day("since"), page.form.day("until")
    today = clock.today()
    past = since is not None and EARLIEST <= since <= today
    page.form.require_day("since", past, "Enter a day up to today")
    inside = until is not None and (since or EARLIEST) <= until <= today
    page.form.require_day("until", inside, "Enter a day from the first one up to today")
    if page.form.errors or since is None or until is None:
        return await summaries_page(page, theme)
    subject = f"theme {theme}"
    async with page.write("machine draft asked for", subject) as connection:
        (await codebooks.get_newest(connection)).get(theme)
        await drafts.insert(
            connection, "summary", subject, by=page.person.id, since=since, until=until
        )
    return page.to(f"/work/themes/{theme}/summaries", "asked")


@post(f"{BASE}/{{number:int}}/accept")
async def accept_summary(page: FromPage, theme: Slug, number: RowNumber) -> Response[Any]:
    """Accept a draft as edited; the guard checks a person's sentences just as it checks a
    machine's.
    """
    async with page.connection() as connection:
        draft = await drafts.get(connection, number)
        if draft.kind != "summary" or draft.subject != f"theme {theme}":
            raise quotes.unknown_machine_draft()
        if draft.state != "ready":
            raise quotes.machine_draft_already_decided()
        words = (await load_passage_words(connection, [draft])).get(number, {})
    left = {
        line.number: line for line in draft.offered_lines if page.form[field_name(number, line)]
    }
    await add_broken_rules(page.form, draft, list(left.values()), words)
    if page.form.errors:
        return await summaries_page(page, theme, mine=number)
    accepted = {line: page.form[field_name(number, sentence)] for line, sentence in left.items()}
    async with page.write("machine draft accepted", str(number)) as connection:
        await drafts.decide(connection, number, "accepted", by=page.person.id, accepted=accepted)
    return page.to(f"/work/themes/{theme}/summaries", "accepted")


def field_name(draft: int, line: quotes.DraftLine) -> str:
    return f"words-{draft}-{line.number}"


async def add_broken_rules(
    form: Form, draft: quotes.Draft, left: list[quotes.DraftLine], words: dict[int, str]
) -> None:
    """Add an error at each sentence that a person may not accept."""
    first = next(iter(draft.offered_lines), None)
    form.require(left, field_name(draft.id, first) if first else "", EMPTY)
    whole = {}
    for line in left:
        field = field_name(draft.id, line)
        quotable = all(number in words for number in line.passages)
        form.require(quotable, field, GONE)
        if quotable:
            whole[line.number] = (form[field], line.passages)
    broken = await broken_rules(whole, words)
    for line in left:
        if line.number in broken:
            reason = quotes.DROP_REASONS[broken[line.number]]
            form.add_error(field_name(draft.id, line), f"Change this sentence: {reason}")


@post(f"{BASE}/{{number:int}}/discard")
async def discard_summary(page: FromPage, theme: Slug, number: RowNumber) -> Response[Any]:
    async with page.write("machine draft discarded", str(number)) as connection:
        draft = await drafts.get(connection, number)
        if draft.kind != "summary" or draft.subject != f"theme {theme}":
            raise quotes.unknown_machine_draft()
        await drafts.decide(connection, number, "discarded", by=page.person.id)
    return page.to(f"/work/themes/{theme}/summaries", "discarded")


PAGES = [
    StaffPage([request_suggestion, discard_suggestion], linked_from="/work/themes/discovery"),
    StaffPage(
        [list_summaries, request_summary, accept_summary, discard_summary],
        linked_from="/work/themes/{theme:str}/texts",
    ),
]
