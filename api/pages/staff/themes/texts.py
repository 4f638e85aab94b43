"""Texts: searched for by filters and words, listed by theme, and one with all its coding."""

import datetime
from collections import Counter
from itertools import pairwise
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import anyio.to_thread
import msgspec
from babel import Locale, UnknownLocaleError
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import clock, dependencies
from api.dependencies import Cursor, Slug
from api.operations.answers import submissions
from api.pages.filters import moment, short_day
from api.pages.forms import Form
from api.pages.staff.cases import check_reading_reason
from api.pages.staff.themes.double_coding import TYPES
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.problems import Invalid
from survey.store import places
from survey.store.database import Connection
from survey.store.surveys import instruments
from survey.store.themes import campaigns, codebooks, texts
from survey.store.themes.texts import SelectedText, StoredCoding, ToneCount
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import (
    Codebook,
    CommentType,
    Polarity,
    Sentiment,
    ThemeCode,
    ids_counted_as,
    shown_confidence,
)

MOST_READ = 2_000
MOST_WORDS = 10
MOST_CHARACTERS = 200
LAST_DAY = datetime.date.max - datetime.timedelta(days=1)
# A search is only read, and spelling is slow: repeated at will, it must not take every thread.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)
STREAMS = {
    "sampled": "Residents who were asked",
    "open": "People who wrote in",
    "met": "People the police met",
    "complaints": "Complaints",
}
TONES = {
    "negative": "Negative",
    "neutral": "Neutral",
    "positive": "Positive",
    "not_scored": "Not scored",
}
CHOICES: dict[str, Any] = {"streams": STREAMS, "tones": TONES, "comment_types": TYPES}
ON_A_PAGE = 25
Key = tuple[datetime.datetime, str]


class TextSearch(msgspec.Struct, frozen=True, omit_defaults=True):
    """The filters in the address of a list of texts; both dates are included."""

    stream: Literal["sampled", "open", "met", "complaints"] | None = None
    area: str | None = msgspec.field(default=None, name="borough")
    tone: Polarity | Literal["not_scored"] | None = None
    type: CommentType | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None
    words: str = ""
    version: Annotated[int, msgspec.Meta(ge=1, lt=2**31)] | None = None

    def parameters(self) -> dict[str, Any]:
        """The filters as the parameters of an address."""
        parameters: dict[str, Any] = msgspec.to_builtins(self)
        return parameters

    def address(self, page: str) -> str:
        return f"{page}?{urlencode(self.parameters())}"

    def domain(self, book: Codebook, theme: str | None) -> texts.TextSelection:
        """The selection of texts that is searched: those of one theme, or all without `theme`."""
        return texts.TextSelection(
            version=book.version,
            sampled=submissions.PERCEPTION_SURVEY,
            themes=ids_counted_as(book, theme) if theme else (),
            stream=self.stream,
            area=self.area,
            tone=self.tone,
            comment_type=self.type,
            since=clock.midnight(self.since) if self.since else None,
            until=clock.midnight(self.until + datetime.timedelta(days=1)) if self.until else None,
            words=tuple(self.words.split()[:MOST_WORDS]),
        )


def parse_text_search(query: dict[str, str]) -> TextSearch:
    given = {
        name: value[:MOST_CHARACTERS]
        for name, value in query.items()
        if value.isprintable() and value
    }
    try:
        asked = msgspec.convert(given, TextSearch, strict=False)
        if asked.until and asked.until > LAST_DAY:  # no day follows it
            asked = msgspec.structs.replace(asked, until=None)
        return asked
    except msgspec.ValidationError:
        raise unknown_text_filter() from None


unknown_text_filter = Invalid.of(
    "texts.filter",
    "This search is not possible: a choice or a date in the address is not known.",
    "Go back and choose from what the page offers; write dates like 2026-11-30.",
)


async def suggest_search(
    connection: Connection, domain: texts.TextSelection, asked: TextSearch
) -> TextSearch | None:
    """The search with its spelling corrected by the words of the texts; None if it is right."""
    if not asked.words:
        return None
    # The words of these texts are the dictionary: what anybody wrote is not misspelt.
    anywhere = msgspec.structs.replace(domain, words=())
    rows = await texts.load_page(connection, anywhere, None, MOST_READ)
    words = [row.redacted for row in rows]
    spelling = await anyio.to_thread.run_sync(
        corrected_words, asked.words, words, limiter=ONE_AT_A_TIME
    )
    return msgspec.structs.replace(asked, words=spelling) if spelling else None


def corrected_words(words: str, written: list[str]) -> str | None:
    """The query with corrected spelling. Called in a thread: loading TextBlob takes a second, the
    first time.
    """
    with import_lock("analysis.text.spelling"):
        from analysis.text import spelling

    counts = Counter(word for text in written for word in spelling.WORD.findall(text.lower()))
    return spelling.suggested_query(words, counts)


class MarkedTextPart(msgspec.Struct, frozen=True):
    """A stretch of a text, with the names of the themes that were found in it."""

    words: str
    themes: tuple[str, ...] = ()


def marked_parts(text: str, codes: list[ThemeCode], names: dict[str, str]) -> list[MarkedTextPart]:
    """The whole text in order, cut wherever a marked passage begins or ends."""
    # A code without a passage, such as one that was reset, has 0 as its end.
    marked = [(at.start, at.end, names.get(at.theme, at.theme)) for at in codes if at.end]
    edges = sorted(
        {0, len(text), *(min(edge, len(text)) for passage in marked for edge in passage[:2])}
    )
    return [
        MarkedTextPart(
            text[start:end], tuple(name for a, b, name in marked if a <= start and end <= b)
        )
        for start, end in pairwise(edges)
    ]


class TextRow(msgspec.Struct, frozen=True):
    """One text of the list, without personal data."""

    id: str
    received: str
    stream: str
    area: str
    tone: str
    comment_type: str
    parts: list[MarkedTextPart]


@get("/work/themes/{theme:str}/texts")
async def list_theme_texts(page: FromPage, theme: Slug, after: Cursor = None) -> Template:
    return await list_page(page, theme, after)


@get("/work/texts")
async def list_all_texts(page: FromPage, after: Cursor = None) -> Template:
    """Show all texts, with or without a theme; the passages of any theme are marked."""
    return await list_page(page, None, after)


async def list_page(page: StaffRequest, theme: str | None, after: str | None) -> Template:
    asked = parse_text_search(dict(page.query))
    key = dependencies.decode_cursor(after, Key)
    async with page.connection() as connection:
        if asked.version is None:
            book = await codebooks.get_newest(connection)
        else:
            book = await codebooks.get(connection, asked.version)
        opened = book.get(theme) if theme else None
        domain = asked.domain(book, theme)
        rows = await texts.load_page(connection, domain, key, ON_A_PAGE + 1)
        counts = await texts.count_by_tone(connection, domain)
        areas = {area.code: area.name for area in (await places.get_city(connection)).local_areas()}
        meant = None if rows else await suggest_search(connection, domain, asked)
    base = f"/work/themes/{theme}/texts" if theme else "/work/texts"
    names = (
        # Themes merged into this one are marked with its name, as they count for it.
        dict.fromkeys(domain.themes, wording_text(opened.name))
        if opened
        else {theme.id: wording_text(theme.name) for theme in book.themes}
    )
    shown_page = dependencies.build_page(
        rows, ON_A_PAGE, lambda row: text_row(row, names, areas), lambda row: row.key
    )
    return page.show(
        "texts/theme_texts",
        theme=opened,
        base=base,
        book=book,
        rows=shown_page.items,
        next=shown_page.next,
        again=asked.address(base),
        asked=asked.parameters(),
        narrowed=asked != TextSearch(version=asked.version),
        chosen=asked != TextSearch(version=asked.version, words=asked.words),
        counts=counts_by_stream(counts),
        total=sum(row.texts for row in counts),
        areas=areas,
        meant=meant,
        **CHOICES,
    )


def theme_codes(row: SelectedText | StoredCoding) -> list[ThemeCode]:
    """The theme codes; after manual redaction their positions are reset, as they have moved."""
    if not row.decided:
        return row.themes
    return [msgspec.structs.replace(theme, start=0, end=0) for theme in row.themes]


def text_row(row: SelectedText, names: dict[str, str], areas: dict[str, str]) -> TextRow:
    codes = theme_codes(row)
    return TextRow(
        id=row.id,
        received=short_day(row.received_at),
        stream=STREAMS[row.stream],
        area=areas.get(row.area, row.area),
        tone=TONES[row.tone or "not_scored"],
        comment_type=TYPES.get(row.comment_type or "", ""),
        parts=marked_parts(row.redacted, [code for code in codes if code.theme in names], names),
    )


def counts_by_stream(rows: list[ToneCount]) -> dict[str, Counter[str]]:
    """The number of texts by stream, then by tone."""
    streams: dict[str, Counter[str]] = {stream: Counter() for stream in STREAMS}
    for row in rows:
        streams[row.stream][row.tone] += row.texts
    return {stream: tones for stream, tones in streams.items() if tones}


class TextCodingView(msgspec.Struct, frozen=True, kw_only=True):
    """One coding of a text as the page shows it."""

    coder: str
    coder_version: str
    codebook: int
    at: str
    language: str
    parts: list[MarkedTextPart]
    masked: list[str]
    themes: list[tuple[str, str, float, str]]
    tone: Sentiment | None
    confidence: float | None
    statements: list[tuple[str, str, list[str]]]
    left_out: list[str]
    comment_type: str


@get("/work/texts/{text:uuid}")
async def show_text(page: FromPage, text: FromPath[UUID]) -> Template:
    return await text_page(page, str(text))


@post("/work/texts/{text:uuid}/words")
async def show_written_words(page: FromPage, text: FromPath[UUID]) -> Response[Any]:
    """Show the original text, on this response only, for a reason that is recorded."""
    ident = str(text)
    check_reading_reason(page.form)
    if page.form.errors:
        return await text_page(page, ident)
    async with page.write("words read", ident, {"reason": page.form["reason"]}) as connection:
        # Raises for an unknown text, so that no audit line speaks of one that was never read.
        await texts.get(connection, ident, submissions.PERCEPTION_SURVEY)
        words = await texts.get_body(connection, ident)
    page.form = Form()
    return await text_page(page, ident, words=words)


async def text_page(page: StaffRequest, ident: str, **context: Any) -> Template:
    async with page.connection() as connection:
        text = await texts.get(connection, ident, submissions.PERCEPTION_SURVEY)
        coded = [
            await load_coding(connection, row)
            for row in await texts.load_codings(connection, ident)
        ]
        decided = await campaigns.find_coding_of_text(connection, ident)
        instrument, _ = await instruments.get(connection, text.instrument)
        city = await places.get_city(connection)
    shown: dict[str, Any] = {
        "text": text,
        "stream": STREAMS[text.stream],
        "area": next((a.name for a in city.areas if a.code == text.area), text.area),
        "question": next(
            (wording_text(i.text) for i in instrument.questions() if i.name == text.item), ""
        ),
        "codings": coded,
        "decided": decided,
        "words": None,
    }
    return page.show("texts/text", **(shown | context))


async def load_coding(connection: Connection, row: StoredCoding) -> TextCodingView:
    """A coding with the names that its themes had in its own version of the codebook."""
    book = await codebooks.get(connection, row.codebook)
    names = {theme.id: wording_text(theme.name) for theme in book.themes}
    text, codes = row.redacted, theme_codes(row)
    return TextCodingView(
        coder=row.coder,
        coder_version=row.coder_version,
        codebook=row.codebook,
        at=moment(row.coded_at),
        language=language_name(row.language),
        parts=marked_parts(text, codes, names),
        masked=[span.kind for span in row.spans],
        themes=[
            (code.theme, names[code.theme], code.strength, text[code.start : code.end])
            for code in codes
        ],
        tone=row.sentiment,
        confidence=shown_confidence(row.sentiment) if row.sentiment else None,
        statements=mixed_statements(row, names),
        left_out=courtesies_left_out(row),
        comment_type=TYPES.get(row.comment_type or "", ""),
    )


def mixed_statements(row: StoredCoding, names: dict[str, str]) -> list[tuple[str, str, list[str]]]:
    """Words, tone and themes of each sentence of a text with praise and blame; otherwise empty."""
    # After manual redaction the positions have moved.
    statements = row.sentiment.statements if row.sentiment and not row.decided else ()
    if not {"negative", "positive"} <= {statement.label for statement in statements}:
        return []
    return [
        (
            row.redacted[statement.start : statement.end],
            TONES[statement.label],
            [
                names[code.theme]
                for code in row.themes
                if code.start < statement.end and code.end > statement.start
            ],
        )
        for statement in statements
    ]


def courtesies_left_out(row: StoredCoding) -> list[str]:
    # After manual redaction the positions have moved.
    if not row.sentiment or row.decided:
        return []
    return [row.redacted[start:end].strip() for start, end in row.sentiment.left_out]


def language_name(code: str) -> str:
    try:
        return Locale.parse(code, sep="-").english_name or code
    except (ValueError, UnknownLocaleError):
        return code


PAGES = [
    StaffPage(
        [list_theme_texts, list_all_texts, show_text, show_written_words],
        linked_from="/work/themes",
    ),
]
