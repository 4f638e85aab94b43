"""Themes: what is spoken of lately, and the figures of an edition opened to their texts."""

import datetime
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Template

from api import clock, figures, intake
from api.pages.reader import Kind, Number, find
from api.pages.reviewer.complaints import reviewers
from api.pages.reviewer.text_search import STREAMS
from api.pages.templating import AnyRequest
from api.pages.work import done, moment, page
from api.wiring import FromDatabase, FromPerson
from survey.codebooks import Codebook, told_as
from survey.editions import Edition
from survey.instruments import said
from survey.reports import ThemeShare
from survey.store import codebooks, codes, discoveries, jobs, places, proposals, texts
from survey.store.database import Connection

LATELY = datetime.timedelta(weeks=4)
DISCOVER = "discover_themes"
LIKELY = 1.96  # a difference of two counts is within so many of its standard errors by chance
Rows = list[Any]


class Spoken(msgspec.Struct):
    """How many texts of one stream speak of a theme; `tones` are those of the last four weeks."""

    lately: int = 0
    earlier: int = 0
    ever: int = 0
    tones: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def change(self) -> str:
        """Against the four weeks before, with what chance alone would do to two such counts."""
        by = self.lately - self.earlier
        if abs(by) <= LIKELY * (self.lately + self.earlier) ** 0.5:
            return "no clear change"
        return "clearly more" if by > 0 else "clearly fewer"


class Quote(msgspec.Struct, frozen=True):
    text: str
    words: str


@get("/work/themes", guards=reviewers, include_in_schema=False)
async def read(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    since = clock.today() - LATELY + datetime.timedelta(days=1)
    async with database.connection() as connection:
        book = await codebooks.newest(connection)
        spoken, quotes = await heard(connection, book, clock.midnight(since))
        found = await discoveries.newest(connection)
        shown: dict[str, Any] = {
            "waiting": await codes.waiting(connection),
            "draft": await codebooks.draft(connection),
            "proposed": len(await proposals.open_ones(connection)),
            "found": moment(found.found_at) if found else "",
            "coming": bool(await jobs.asked(connection, [DISCOVER])),
        }
    themes = sorted(book.themes, key=lambda one: (-lately(spoken[one.id]), said(one.name)))
    return page(
        "themes",
        person,
        book=book,
        themes=themes,
        spoken=spoken,
        quotes=quotes,
        streams=STREAMS,
        since=since,
        done=done(request),
        **shown,
    )


def lately(streams: dict[str, Spoken]) -> int:
    return sum(one.lately for one in streams.values())


async def heard(
    connection: Connection, book: Codebook, since: datetime.datetime
) -> tuple[dict[str, dict[str, Spoken]], dict[str, Quote]]:
    """For each theme what was said of it, by stream, and the words of one text."""
    told = {one: theme.id for theme in book.themes for one in told_as(book, theme.id)}
    asked = (book.version, intake.PERCEPTION)
    rows = await texts.by_theme(connection, *asked, told, since - LATELY, since)
    telling = await texts.telling(connection, *asked, since)
    quotes = {
        told[row["theme"]]: Quote(row["text"], passage(row))
        for row in telling
        if row["theme"] in told
    }
    return {theme.id: by_stream(rows, theme.id) for theme in book.themes}, quotes


def passage(row: Any) -> str:
    """What a theme was recognised by, or the whole where that is not known."""
    words: str = row["redacted"]
    return words[row["start"] : row["end"]] if row["end"] else words


def by_stream(rows: Rows, theme: str) -> dict[str, Spoken]:
    found = {stream: Spoken() for stream in STREAMS}
    for row in rows:
        if row["theme"] == theme:
            one = found[row["stream"]]
            one.lately += row["lately"]
            one.earlier += row["earlier"]
            one.ever += row["ever"]
            one.tones[row["tone"]] += row["lately"]
    return {stream: one for stream, one in found.items() if one.ever}


class Opened(msgspec.Struct, frozen=True):
    """A theme figure of an edition and the address of its texts."""

    where: str
    name: str
    texts: str
    address: str


@get("/work/editions/{kind:str}/{start:date}/themes", guards=reviewers, include_in_schema=False)
async def figures_of(
    database: FromDatabase,
    person: FromPerson,
    kind: Kind,
    start: FromPath[datetime.date],
    number: Number = None,
) -> Template:
    edition = (await find(database, kind, start, number, drafts=True)).edition
    async with database.connection() as connection:
        city = await places.get_city(connection)
    names = {area.code: area.name for area in city.areas}
    return page(
        "theme_figures",
        person,
        edition=edition,
        streams=STREAMS,
        period=figures.dates(edition.index_from or edition.start, edition.end),
        opened={stream: opened(edition, stream, names) for stream in STREAMS},
    )


def opened(edition: Edition, stream: str, names: dict[str, str]) -> tuple[list[Opened], ...]:
    """The figures of a stream: of the city, then of its boroughs."""
    mine = [one for one in edition.themes if one.stream == stream]
    city = [one for one in mine if one.domain == edition.city]
    rest = sorted((one for one in mine if one not in city), key=lambda one: names[one.domain])
    return tuple([figure(edition, one, names) for one in part] for part in (city, rest))


def figure(edition: Edition, one: ThemeShare, names: dict[str, str]) -> Opened:
    query = {
        "version": edition.codebook,
        "stream": one.stream,
        "since": edition.index_from or edition.start,
        "until": edition.end,
    }
    if one.domain != edition.city:
        query["borough"] = one.domain
    return Opened(
        where=names.get(one.domain, one.domain),
        name=one.name,
        texts=figures.count(one.texts),
        address=f"/work/themes/{one.theme}/texts?{urlencode(query)}",
    )


HANDLERS = [read, figures_of]
