"""Quotes: chosen from texts whose writers agreed, approved by a second person, or withdrawn."""

import datetime
import itertools
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Template

from analysis.themes.quotes import quote_preview
from api import dependencies, locales
from api.dependencies import Cursor, RowNumber
from api.jobs.texts import quotes as quoting_job
from api.jobs.texts.quotes import chosen_quote, redact_again
from api.pages.filters import short_day
from api.pages.work import FromPage, StaffPage
from api.security.people import Person
from survey.problems import Conflict
from survey.store import places
from survey.store.accounts import people
from survey.store.answers import erasure, responses
from survey.store.database import Connection
from survey.store.themes import codebooks, quotes
from survey.store.themes.quotes import QuotableText, StoredQuote
from survey.surveys.instruments import wording_text
from survey.themes.quotes import (
    PrintedQuote,
    quotable_spans,
    quote_already_decided,
    text_sha256,
    unquotable_text,
)

MOST_QUOTES = 200
ON_A_PAGE = 15
THEME_PASSAGE = "Here the theme was recognised"
MOST_REFERENCE = 20
STREAM_LABELS = {
    "open": "Chose to write",
    "sampled": "Was asked",
    "met": "Met the police",
    "complaints": "Complained",
}
Key = tuple[datetime.date, str]
ThemeAsked = Annotated[str, QueryParameter(name="theme", max_length=100)]


class QuoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of quotes: `quote` as it would be printed, or in `wrong` why it may not be
    printed.
    """

    number: int
    theme: str
    standing: str
    history: list[str]
    uses: list[tuple[str, str]]
    quote: PrintedQuote | None = None
    wrong: str = ""
    own: bool = False


class QuotableTextRow(msgspec.Struct, frozen=True):
    """A text that may be quoted, and its sentences with their places and a hint."""

    text: str
    about: str
    tone: str
    sentences: list[tuple[str, str, str]]


async def quotes_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        rows = await quotes.load_all(connection, MOST_QUOTES)
        names = await load_theme_names(connection)
        city = await places.get_city(connection)
        others = await people.has_other_reviewers(connection, page.person.id)
    areas = {area.code: area.name for area in city.areas}
    # Redaction may have become stricter since a quote was chosen.
    redacted = await redact_again([row.text for row in rows])
    lines = [
        quote_row(row, text, names.get(row.theme, row.theme), areas, page.person)
        for row, text in zip(rows, redacted, strict=True)
    ]
    return page.show("texts/quotes", lines=lines, names=names, others=others)


async def load_theme_names(connection: Connection) -> dict[str, str]:
    book = await codebooks.get_newest(connection)
    return {theme.id: wording_text(theme.name) for theme in book.themes}


def quote_row(
    row: StoredQuote, redacted: str, name: str, areas: dict[str, str], asker: Person
) -> QuoteRow:
    quote, wrong = None, ""
    try:
        place = areas.get(row.text.area, "") if row.text else ""
        quote = quote_preview(chosen_quote(row, redacted), name, place)
    except Conflict as refused:
        wrong = refused.sentence
    return QuoteRow(
        number=row.id,
        theme=name,
        standing=quote_status(row),
        history=list(quote_history(row)),
        uses=[edition_link(use) for use in row.uses],
        quote=quote,
        wrong=wrong,
        own=row.proposer == asker.id,
    )


def quote_status(row: StoredQuote) -> str:
    if row.withdrawn_at:
        return "withdrawn"
    return "approved" if row.approved_at else "waiting"


def quote_history(row: StoredQuote) -> list[str]:
    lines = [f"Proposed by {row.proposed_by}"]
    if row.approved_at:
        lines.append(f"approved by {row.approved_by} on {short_day(row.approved_at)}")
    if row.withdrawn_at:
        lines.append(f"withdrawn by {row.withdrawn_by} on {short_day(row.withdrawn_at)}")
    return lines


def edition_link(edition: str) -> tuple[str, str]:
    """An edition that printed a quote: its name and its address."""
    kind, start, number = edition.split()
    name = f"{kind} edition {number} from {locales.format_day(datetime.date.fromisoformat(start))}"
    return name, f"/work/editions/{kind}/{start}/{number}"


@get("/work/quotes/new")
async def show_quotable_texts(page: FromPage, theme: ThemeAsked, after: Cursor = None) -> Template:
    """Show the texts of a theme whose writers agreed to be quoted, sentence by sentence: the newest
    first, with the tones in turn.

    Only texts whose passage on the theme says something are offered.
    """
    async with page.connection() as connection:
        name = wording_text((await codebooks.get_newest(connection)).get(theme).name)
        key = dependencies.decode_cursor(after, Key)
        rows = await quotes.load_quotable(connection, theme, key, ON_A_PAGE + 1)
    text_page = dependencies.build_page(
        rows,
        ON_A_PAGE,
        lambda row: quotable_row(row, theme),
        key=lambda row: [row.received_on, row.id],
    )
    return page.show(
        "texts/quotes_new",
        theme=theme,
        name=name,
        texts=in_turn([item for item in text_page.items if item.sentences]),
        next=text_page.next,
    )


def quotable_row(row: QuotableText, theme: str) -> QuotableTextRow:
    text, tone = row.redacted, row.tone or ""
    spans, marked = quotable_spans(text, row.themes, theme)
    said = f", the machine reads it as {tone}" if tone else ""
    return QuotableTextRow(
        row.id,
        f"{STREAM_LABELS[row.stream]}, {locales.format_day(row.received_on)}{said}",
        tone,
        [
            (f"{start}-{end}", text[start:end], THEME_PASSAGE if place < marked else "")
            for place, (start, end) in enumerate(spans)
        ],
    )


def in_turn(rows: list[QuotableTextRow]) -> list[QuotableTextRow]:
    """The texts reordered so that tones take turns: whoever chooses a quote then sees every
    tone.
    """
    by_tone: dict[str, list[QuotableTextRow]] = {}
    for row in rows:
        by_tone.setdefault(row.tone, []).append(row)
    turns = itertools.zip_longest(*by_tone.values())
    return [row for turn in turns for row in turn if row is not None]


@post("/work/quotes")
async def propose_quote(page: FromPage) -> Response[Any]:
    theme, text, place = (page.form[name] for name in ("theme", "text", "sentence"))
    async with page.connection() as connection:
        if theme not in await load_theme_names(connection):
            raise unquotable_text("there is no such theme")
        source = await quotes.get_source(connection, parse_text_id(text))
    # Looked up among the sentences of today: nobody can quote a stretch of their own choosing.
    spans, _ = quotable_spans(source.redacted, source.themes, theme)
    span = next((span for span in spans if place == f"{span[0]}-{span[1]}"), None)
    if span is None:
        raise unquotable_text("no sentence of the text that says something was chosen")
    if source.consent != "yes":
        raise unquotable_text("its writer does not agree to be quoted")
    # Otherwise words would be chosen that are masked as soon as the text is read again.
    if text_sha256((await redact_again([source]))[0]) != text_sha256(source.redacted):
        raise unquotable_text(
            "its text would be redacted differently today, and has to be read again"
        )
    async with page.write("quote proposed", text, {"theme": theme}) as connection:
        await quotes.insert(connection, source, theme, span, by=page.person.id)
    return page.to("/work/quotes", "proposed")


def parse_text_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise unquotable_text("there is no such text") from None


@post("/work/quotes/{number:int}/approve")
async def approve_quote(page: FromPage, number: RowNumber) -> Response[Any]:
    detail: dict[str, str] = {}
    async with page.write("quote approved", str(number), detail) as connection:
        detail |= await quoting_job.approve_quote(connection, number, by=page.person.id)
    return page.to("/work/quotes", "approved")


@post("/work/quotes/{number:int}/withdraw")
async def withdraw_quote(page: FromPage, number: RowNumber) -> Response[Any]:
    async with page.write("quote withdrawn", str(number)) as connection:
        await quotes.get(connection, number)
        if not await quotes.withdraw(connection, number, by=page.person.id):
            raise quote_already_decided(number)
    return page.to("/work/quotes", "withdrawn")


@post("/work/quotes/consent")
async def withdraw_consent(page: FromPage) -> Response[Any]:
    """Withdraw a writer's consent to be quoted, by the reference they were given.

    If words of that writer were chosen as quotes, stored inputs of editions may hold them: these
    inputs are destroyed.
    """
    reference = page.form["reference"].upper()[:MOST_REFERENCE]
    known = await page.load(responses.has_consent, reference)
    if not known:
        wanted = "Enter the reference of an answer or a complaint whose writer had agreed"
        page.form.add_error("reference", wanted)
        return await quotes_page(page)
    async with page.write("consent to quotes withdrawn", reference) as connection:
        await responses.set_consent(connection, reference, "withdrawn")
        # Other inputs hold no words of theirs, and an edition without inputs cannot be rebuilt.
        if await responses.has_chosen_words(connection, reference):
            await erasure.destroy_inputs(connection, reference)
    return page.to("/work/quotes", "consent")


PAGES = [
    StaffPage(
        [
            get("/work/quotes")(quotes_page),
            show_quotable_texts,
            propose_quote,
            approve_quote,
            withdraw_quote,
            withdraw_consent,
        ],
        menu="Quotes",
        place=110,
    )
]
