"""The texts under a theme, all texts, and one text with who or what coded it, when, and how."""

import datetime
from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from babel import Locale, UnknownLocaleError
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from api import intake, paging
from api.pages.reviewer.complaints import FEWEST_REASON, MOST_REASON, reviewers
from api.pages.reviewer.text_search import (
    CHOICES,
    COMMENT_TYPES,
    STREAMS,
    TONES,
    Asked,
    asked_in,
    suggested,
)
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, day, moment, page, typed
from api.people import Person
from api.wiring import Cursor, FromDatabase, FromPerson, Slug
from survey.codebooks import Codebook
from survey.codes import Sentiment, Span, ThemeCode
from survey.instruments import said
from survey.store import codebooks, instruments, places, texts
from survey.store.database import Connection, Database

ON_A_PAGE = 25
Key = tuple[datetime.datetime, str]


class Part(msgspec.Struct, frozen=True):
    """A stretch of a text, with the names of the themes that it was found to say."""

    words: str
    themes: tuple[str, ...] = ()


def parts(text: str, codes: list[ThemeCode], names: dict[str, str]) -> list[Part]:
    """The text cut wherever a marked passage begins or ends; all of it, in order."""
    marked = [(one.start, one.end, names.get(one.theme, one.theme)) for one in codes if one.end]
    edges = sorted({0, len(text), *(min(edge, len(text)) for one in marked for edge in one[:2])})
    return [
        Part(text[start:end], tuple(name for a, b, name in marked if a <= start and end <= b))
        for start, end in pairwise(edges)
    ]


class Listed(msgspec.Struct, frozen=True):
    """One text of the list, without personal data."""

    id: str
    received: str
    stream: str
    borough: str
    tone: str
    comment_type: str
    parts: list[Part]


@get("/work/themes/{theme:str}/texts", guards=reviewers, include_in_schema=False)
async def under(
    request: AnyRequest,
    database: FromDatabase,
    person: FromPerson,
    theme: Slug,
    after: Cursor = None,
) -> Template:
    return await list_page(request, database, person, theme, after)


@get("/work/texts", guards=reviewers, include_in_schema=False)
async def every(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    """Whatever was written, also without a theme; marked is what any theme was found by."""
    return await list_page(request, database, person, None, after)


async def list_page(
    request: AnyRequest, database: Database, person: Person, theme: str | None, after: str | None
) -> Template:
    asked = asked_in(dict(request.query_params))
    key = paging.decode(after, Key)
    async with database.connection() as connection:
        book = await book_of(connection, asked.version)
        opened = book.get(theme) if theme else None
        domain = asked.domain(book, theme)
        rows = await texts.page(connection, domain, key, ON_A_PAGE + 1)
        counts = await texts.tally(connection, domain)
        boroughs = {one.code: one.name for one in (await places.get_city(connection)).boroughs()}
        meant = None if rows else await suggested(connection, domain, asked)
    base = f"/work/themes/{theme}/texts" if theme else "/work/texts"
    names = (
        dict.fromkeys(domain.themes, said(opened.name))
        if opened
        else {one.id: said(one.name) for one in book.themes}
    )
    found = paging.page_of(
        rows, ON_A_PAGE, lambda row: text_line(row, names, boroughs), "received_at id"
    )
    return page(
        "theme_texts",
        person,
        theme=opened,
        base=base,
        book=book,
        rows=found.items,
        next=found.next,
        again=asked.address(base),
        asked=asked.given(),
        narrowed=asked != Asked(version=asked.version),
        chosen=asked != Asked(version=asked.version, words=asked.words),
        counts=counts_by(counts),
        total=sum(row["texts"] for row in counts),
        boroughs=boroughs,
        meant=meant,
        **CHOICES,
    )


def codes_of(row: Any) -> list[ThemeCode]:
    """Where a person decided what is masked, a passage is the whole text: its place has moved."""
    codes = msgspec.convert(row["themes"], list[ThemeCode])
    if not row["decided"]:
        return codes
    return [msgspec.structs.replace(one, start=0, end=0) for one in codes]


def text_line(row: Any, names: dict[str, str], boroughs: dict[str, str]) -> Listed:
    codes = codes_of(row)
    return Listed(
        id=row["id"],
        received=day(row["received_at"]),
        stream=STREAMS[row["stream"]],
        borough=boroughs.get(row["area"], row["area"]),
        tone=TONES[row["tone"] or "not_scored"],
        comment_type=COMMENT_TYPES.get(row["comment_type"], ""),
        parts=parts(row["redacted"], [one for one in codes if one.theme in names], names),
    )


def counts_by(rows: list[Any]) -> dict[str, Counter[str]]:
    """Texts by stream, then by tone."""
    found: dict[str, Counter[str]] = {stream: Counter() for stream in STREAMS}
    for row in rows:
        found[row["stream"]][row["tone"]] += row["texts"]
    return {stream: tones for stream, tones in found.items() if tones}


async def book_of(connection: Connection, version: int | None) -> Codebook:
    if version is None:
        return await codebooks.newest(connection)
    return await codebooks.get(connection, version)


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """One coding of a text as a person reads it."""

    coder: str
    coder_version: str
    codebook: int
    at: str
    language: str
    parts: list[Part]
    masked: list[str]
    themes: list[tuple[str, str, float, str]]
    tone: Sentiment | None
    comment_type: str


@get("/work/texts/{text:uuid}", guards=reviewers, include_in_schema=False)
async def read(database: FromDatabase, person: FromPerson, text: FromPath[UUID]) -> Template:
    return await text_page(database, person, str(text))


@post("/work/texts/{text:uuid}/words", guards=reviewers, include_in_schema=False)
async def read_words(
    request: AnyRequest, database: FromDatabase, person: FromPerson, text: FromPath[UUID]
) -> Response[Any]:
    """The words as written, on this answer only, for a reason that is kept for good."""
    ident, form = str(text), await typed(request)
    reason = form.get("reason", "")
    if not FEWEST_REASON <= len(reason) <= MOST_REASON:
        wrong = (
            f"Say why you need the text as written, in {FEWEST_REASON} to {MOST_REASON} characters"
        )
        errors: Errors = [("reason", wrong)]
        return await text_page(database, person, ident, status=422, errors=errors, typed=form)
    async with acting(database, person, "words read", ident, {"reason": reason}) as connection:
        await texts.get(connection, ident, intake.PERCEPTION)
        words = await texts.body(connection, ident)
    return await text_page(database, person, ident, words=words)


async def text_page(
    database: Database, person: Person, ident: str, *, status: int = 200, **context: Any
) -> Template:
    async with database.connection() as connection:
        text = await texts.get(connection, ident, intake.PERCEPTION)
        coded = [await coded_in(connection, row) for row in await texts.codings(connection, ident)]
        form, _ = await instruments.get(connection, text["instrument"])
        city = await places.get_city(connection)
    shown = {
        "text": text,
        "received": moment(text["received_at"]),
        "stream": STREAMS[text["stream"]],
        "borough": next((a.name for a in city.areas if a.code == text["area"]), text["area"]),
        "question": next((said(i.text) for i in form.questions() if i.name == text["item"]), ""),
        "codings": coded,
        "words": None,
    }
    return page("text", person, status=status, **(shown | context))


async def coded_in(connection: Connection, row: Any) -> Coded:
    """A coding with the names that its themes had in its own version of the codebook."""
    book = await codebooks.get(connection, row["codebook"])
    names = {theme.id: said(theme.name) for theme in book.themes}
    text, codes = row["redacted"], codes_of(row)
    return Coded(
        coder=row["coder"],
        coder_version=row["coder_version"],
        codebook=row["codebook"],
        at=moment(row["coded_at"]),
        language=language_name(row["language"]),
        parts=parts(text, codes, names),
        masked=[span.kind for span in msgspec.convert(row["spans"], list[Span])],
        themes=[
            (one.theme, names[one.theme], one.strength, text[one.start : one.end]) for one in codes
        ],
        tone=msgspec.convert(row["sentiment"], Sentiment | None),
        comment_type=COMMENT_TYPES.get(row["comment_type"], ""),
    )


def language_name(code: str) -> str:
    try:
        return Locale.parse(code, sep="-").english_name or code
    except (ValueError, UnknownLocaleError):
        return code


HANDLERS = [under, every, read, read_words]
