"""Themes: what people wrote about lately, and an edition's theme figures with their texts."""

import datetime
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Template

from analysis import disclosure
from api import clock, locales
from api.dependencies import ON_REPLICA
from api.operations.answers import submissions
from api.pages.filters import moment
from api.pages.reports.editions import KindParameter, NumberParameter, load_edition
from api.pages.staff.themes.texts import STREAMS
from api.pages.work import FromPage, StaffPage
from survey.editions import Edition
from survey.editions.texts import ThemeShare
from survey.store import jobs, places
from survey.store.database import Connection
from survey.store.themes import codebooks, codes
from survey.store.themes import texts as text_store
from survey.store.themes.texts import ThemeToneCount
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook, ids_counted_as

RECENT = datetime.timedelta(weeks=4)
DISCOVERY_JOB = "discover_themes"
Z_95 = 1.96  # standard errors within which a difference of two counts is put down to chance


class ThemeStreamCounts(msgspec.Struct):
    """How many texts of one stream speak of a theme; `tones` are those of the last four weeks.

    `lately_sent` and `earlier_sent` are the texts of campaigns among them.
    """

    lately: int = 0
    earlier: int = 0
    ever: int = 0
    lately_sent: int = 0
    earlier_sent: int = 0
    tones: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def change(self) -> str:
        """The change from the four weeks before, if it is larger than chance alone explains.

        Texts of campaigns are left out: they do not come one by one, as chance supposes.
        """
        lately, earlier = self.lately - self.lately_sent, self.earlier - self.earlier_sent
        by = lately - earlier
        # The variance of the difference of two Poisson counts is the sum of both counts.
        if abs(by) <= Z_95 * (lately + earlier) ** 0.5:
            return "no clear change"
        return "clearly more" if by > 0 else "clearly fewer"


@get("/work/themes", dependencies=ON_REPLICA)
async def show_themes(page: FromPage) -> Template:
    # One day later, because today counts: four whole weeks up to and including today.
    since = clock.today() - RECENT + datetime.timedelta(days=1)
    async with page.connection() as connection:
        book = await codebooks.get_newest(connection)
        spoken, quotes = await load_theme_counts(connection, book, clock.midnight(since))
        newest_discovery = await codebooks.find_newest_discovery(connection)
        shown: dict[str, Any] = {
            "waiting": await codes.count_waiting(connection),
            "draft": await codebooks.find_draft(connection),
            "proposed": len(await codebooks.load_open_proposals(connection)),
            "last_run": moment(newest_discovery.found_at) if newest_discovery else "",
            "coming": bool(await jobs.load_pending(connection, [DISCOVERY_JOB])),
        }
    themes = sorted(
        book.themes,
        key=lambda theme: (
            -sum(theme.lately for theme in spoken[theme.id].values()),
            wording_text(theme.name),
        ),
    )
    return page.show(
        "texts/themes",
        book=book,
        themes=themes,
        spoken=spoken,
        quotes=quotes,
        streams=STREAMS,
        since=since,
        **shown,
    )


async def load_theme_counts(
    connection: Connection, book: Codebook, since: datetime.datetime
) -> tuple[dict[str, dict[str, ThemeStreamCounts]], dict[str, text_store.ThemeExample]]:
    """For each theme: its counts by stream, and one text as an example."""
    # Themes that were merged count for the one that they were merged into.
    counted_as = {
        ident: theme.id for theme in book.themes for ident in ids_counted_as(book, theme.id)
    }
    sampled = submissions.PERCEPTION_SURVEY
    rows = await text_store.count_by_theme(connection, sampled, counted_as, since - RECENT, since)
    # A quote of praise above a bar of blame would contradict it.
    wanted = {ident: usual_tone(rows, theme) for ident, theme in counted_as.items()}
    telling = await text_store.load_examples(connection, sampled, since, wanted)
    quotes = {counted_as[example.theme]: example for example in telling}
    return {theme.id: counts_by_stream(rows, theme.id) for theme in book.themes}, quotes


def usual_tone(rows: list[ThemeToneCount], theme: str) -> str:
    """The tone that most of a theme's texts of the last four weeks have."""
    tones: Counter[str] = Counter()
    for row in rows:
        if row.theme == theme and row.tone != "not_scored":
            tones[row.tone] += row.lately
    return max(sorted(tones), key=lambda tone: tones[tone], default="")


def counts_by_stream(rows: list[ThemeToneCount], theme: str) -> dict[str, ThemeStreamCounts]:
    streams = {stream: ThemeStreamCounts() for stream in STREAMS}
    for row in rows:
        if row.theme == theme:
            stream_counts = streams[row.stream]
            stream_counts.lately += row.lately
            stream_counts.earlier += row.earlier
            stream_counts.ever += row.ever
            stream_counts.lately_sent += row.lately_sent
            stream_counts.earlier_sent += row.earlier_sent
            stream_counts.tones[row.tone] += row.lately
    return {stream: counts for stream, counts in streams.items() if counts.ever}


class ThemeFigureLink(msgspec.Struct, frozen=True):
    """A theme figure of an edition and the address of its texts."""

    where: str
    name: str
    texts: str
    address: str


@get("/work/editions/{kind:str}/{start:date}/themes")
async def show_theme_figures(
    page: FromPage,
    kind: KindParameter,
    start: FromPath[datetime.date],
    number: NumberParameter = None,
) -> Template:
    edition = (await load_edition(page.database, kind, start, number, drafts=True)).edition
    city = await page.load(places.get_city)
    names = {area.code: area.name for area in city.areas}
    return page.show(
        "texts/theme_figures",
        edition=edition,
        streams=STREAMS,
        period=locales.format_dates(*disclosure.text_days(edition)),
        opened={stream: theme_figure_links(edition, stream, names) for stream in STREAMS},
    )


def theme_figure_links(
    edition: Edition, stream: str, names: dict[str, str]
) -> tuple[list[ThemeFigureLink], ...]:
    """The figures of a stream: of the city, then of its boroughs."""
    mine = [theme for theme in edition.themes if theme.stream == stream]
    city = [theme for theme in mine if theme.domain == edition.city]
    rest = sorted(
        (theme for theme in mine if theme not in city), key=lambda theme: names[theme.domain]
    )
    return tuple(
        [theme_figure_link(edition, theme, names) for theme in part] for part in (city, rest)
    )


def theme_figure_link(
    edition: Edition, share: ThemeShare, names: dict[str, str]
) -> ThemeFigureLink:
    since, until = disclosure.text_days(edition)
    query = {
        "version": edition.codebook,
        "stream": share.stream,
        "since": since,
        "until": until,
    }
    if share.domain != edition.city:
        query["borough"] = share.domain
    return ThemeFigureLink(
        where=names.get(share.domain, share.domain),
        name=share.name,
        texts=locales.format_count(share.texts),
        address=f"/work/themes/{share.theme}/texts?{urlencode(query)}",
    )


PAGES = [StaffPage([show_themes, show_theme_figures], menu="Themes", place=80)]
