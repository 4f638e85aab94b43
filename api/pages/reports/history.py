"""Figures over many editions: boroughs, themes, the dashboard, and what is kept in memory."""

import datetime
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal

import anyio
import anyio.to_thread
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from analysis.editions import gate
from api.dependencies import FromDatabase
from api.editions import charts, history, rows
from api.editions.files import rows_as_csv, table_name
from api.editions.history import kept_figures
from api.editions.history.choices import OPENING, Filters, explore_rows, known_filters
from api.editions.history.explorer import explore_view
from api.editions.history.past import past_figures
from api.editions.history.places import place_rows, place_view, places_view
from api.editions.history.theme_list import theme_list_view
from api.editions.history.themes import theme_rows, theme_view
from api.editions.summary import EditionSummary, edition_summary
from api.notifications import public_base
from api.pages.public_copies import AT_ONCE
from api.pages.reports.chart_pages import picture_response
from api.pages.reports.downloads import table_response
from api.pages.reports.editions import language_switch
from api.pages.shell import AnyRequest
from api.process.installation import import_lock
from survey.editions import Edition, SafeEdition
from survey.editions.refusals import place_without_figures, theme_without_figures, unknown_edition
from survey.editions.stored import edition_from_json
from survey.store import editions
from survey.store.database import Connection, Database
from survey.store.editions import EditionLine

KindQuery = Annotated[Literal["weekly", "monthly"] | None, QueryParameter(required=False)]
Code = Annotated[str, PathParameter(max_length=60)]
THEMES = "/reports/themes"
BOROUGHS = "/reports/boroughs"
GROUPED = "monthly"  # the kind of report that has groups of boroughs
FigureQuery = Annotated[list[str] | None, QueryParameter(required=False, max_items=10)]
PlaceQuery = Annotated[list[str] | None, QueryParameter(required=False, max_items=40)]
WordQuery = Annotated[str, QueryParameter(required=False, max_length=60)]
FromDays = NamedDependency[tuple[str, str]]
Chosen = NamedDependency[Filters]
MOST_CACHED = 200
MOST_FIGURES = 1_000  # nearly twenty years of weeks
CACHE: dict[str, EditionSummary] = {}
FIGURES: dict[str, Edition] = {}
MOST_PASTS = 2
PAST: dict[str, Edition] = {}


@get("/reports/boroughs", include_in_schema=False)
async def list_areas(database: FromDatabase, kind: WordQuery = "") -> Template:
    every = await load_all_figures(database)
    past = await load_newest_past(database)
    view = places_view(every, chosen_kind(every, kind), past)
    return await history_page(view, f"{BOROUGHS}/{view.place}", above="/reports", page="place")


@get("/reports/boroughs/{code:str}", include_in_schema=False)
async def show_area(
    database: FromDatabase, code: Code, kind: WordQuery = ""
) -> Template | Redirect:
    every = await load_all_figures(database)
    groups = history.known_groups(every)
    places = history.known_places(every) | groups
    if code not in places:
        # By former names too, so that what links to a borough by name still leads there.
        named = {table_name(tile.name): tile.area for edition in every for tile in edition.tiles}
        named |= {table_name(name): known for known, name in places.items()}
        if table_name(code) in named:
            return Redirect(f"{BOROUGHS}/{named[table_name(code)]}", status_code=302)
        raise place_without_figures(code)
    past = await load_newest_past(database)
    view = place_view(every, chosen_kind(every, GROUPED if code in groups else kind), code, past)
    return await history_page(view, f"{BOROUGHS}/{code}", above=BOROUGHS, page="place")


@get("/reports/themes", include_in_schema=False)
async def list_themes(database: FromDatabase, kind: WordQuery = "") -> Template:
    every = await load_all_figures(database)
    links = [
        history.PageLink(f"{THEMES}/{theme}", share.name, share.meaning)
        for theme, share in history.known_themes(every).items()
    ]
    # Months have more texts on each theme than weeks, so they come first.
    view = theme_list_view(every, chosen_kind(every, kind or "monthly")) if every else None
    context: dict[str, Any] = {"links": links, "view": view}
    return Template("report/themes.html", context=context | language_switch())


@get("/reports/themes/{theme:str}", include_in_schema=False)
async def show_theme(database: FromDatabase, theme: Code, kind: WordQuery = "") -> Template:
    every = await load_all_figures(database)
    if theme not in history.known_themes(every):
        raise theme_without_figures(theme)
    view = theme_view(every, chosen_kind(every, kind), theme)
    return await history_page(view, f"{THEMES}/{theme}", above=THEMES)


def chosen_kind(every: Sequence[Edition], kind: str | None) -> str:
    """The kind of report asked for, if it exists; otherwise weekly, or monthly if no weekly one
    exists.
    """
    kinds = {edition.kind for edition in every}
    if not kinds:
        raise unknown_edition("yet")
    return kind if kind in kinds else max(kinds)


async def history_page(
    view: history.HistoryView, address: str, *, above: str, page: str = "history"
) -> Template:
    drawn = await anyio.to_thread.run_sync(draw_charts, view.draws)
    context: dict[str, Any] = {
        "view": view,
        "charts": as_markup(drawn),
        "address": address,
        "above": above,
    }
    return Template(f"report/{page}.html", context=context | language_switch())


def as_markup(drawn: dict[str, str]) -> dict[str, Markup]:
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704 - ours


def draw_charts(draws: tuple[tuple[str, charts.Chart], ...]) -> dict[str, str]:
    """The charts of a page. Called in a thread: loading the drawing libraries takes a second, the
    first time.
    """
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    return drawing.render_named_charts(draws)


@get("/reports/boroughs/{code:str}/figures.csv", include_in_schema=False)
async def download_area(database: FromDatabase, code: Code) -> Response[bytes]:
    every = await load_all_figures(database)
    rows = list(place_rows(every, code, await load_newest_past(database)))
    if not rows:
        raise place_without_figures(code)
    return table_response(rows_as_csv(history.HISTORY_HEAD, rows), f"borough-{table_name(code)}")


@get("/reports/themes/{theme:str}/figures.csv", include_in_schema=False)
async def download_theme(database: FromDatabase, theme: Code) -> Response[bytes]:
    every = await load_all_figures(database)
    if theme not in history.known_themes(every):
        raise theme_without_figures(theme)
    rows = theme_rows(every, theme)
    return table_response(rows_as_csv(history.HISTORY_HEAD, rows), f"theme-{table_name(theme)}")


@get("/reports/boroughs/{code:str}/charts/{file:str}", include_in_schema=False)
async def download_area_chart(
    request: AnyRequest, database: FromDatabase, code: Code, file: Code, kind: KindQuery = None
) -> Response[bytes]:
    every = await load_all_figures(database)
    groups = history.known_groups(every)
    if code not in history.known_places(every) | groups:
        raise place_without_figures(code)
    past = await load_newest_past(database)
    view = place_view(every, chosen_kind(every, GROUPED if code in groups else kind), code, past)
    return await history_picture(request, view, f"{BOROUGHS}/{code}", file)


@get("/reports/themes/{theme:str}/charts/{file:str}", include_in_schema=False)
async def download_theme_chart(
    request: AnyRequest, database: FromDatabase, theme: Code, file: Code, kind: KindQuery = None
) -> Response[bytes]:
    every = await load_all_figures(database)
    if theme not in history.known_themes(every):
        raise theme_without_figures(theme)
    view = theme_view(every, chosen_kind(every, kind), theme)
    return await history_picture(request, view, f"{THEMES}/{theme}", file)


async def history_picture(
    request: AnyRequest, view: history.HistoryView, address: str, file: str
) -> Response[bytes]:
    base = public_base(request.app.state.settings)
    source = history.history_source(view, f"{base}{address}?kind={view.kind}")
    sections, draws = (*view.sections, *view.published), dict(view.draws)
    prefix = f"{table_name(view.title)}-{view.kind}"
    return await anyio.to_thread.run_sync(
        picture_response, draws, sections, file, source, prefix, limiter=AT_ONCE
    )


def chosen_days(first: WordQuery = "", last: WordQuery = "") -> tuple[str, str]:
    return first, last


def as_day(word: str) -> datetime.date | None:
    with suppress(ValueError):
        return datetime.date.fromisoformat(word)
    return None


def chosen_filters(
    days: FromDays,
    figure: FigureQuery = None,
    kind: WordQuery = "",
    place: PlaceQuery = None,
    dimension: WordQuery = "",
    theme: WordQuery = "",
    stream: WordQuery = "",
) -> Filters:
    return Filters(
        figures=tuple(figure or OPENING),
        kind=kind,
        places=tuple(place or ()),
        dimension=dimension,
        theme=theme,
        stream=stream,
        first=as_day(days[0]),
        last=as_day(days[1]),
        unread=tuple(word for word in days if word and as_day(word) is None),
    )


@get("/explore", include_in_schema=False)
async def explore(database: FromDatabase, filters: Chosen) -> Template:
    every = await load_all_figures(database)
    if not every:
        raise unknown_edition("yet")
    view = explore_view(every, filters)
    draws = tuple((figure.name, figure.draw) for figure in view.shown if figure.draw)
    drawn = await anyio.to_thread.run_sync(draw_charts, draws)
    context: dict[str, Any] = {"view": view, "charts": as_markup(drawn)}
    return Template("report/explore.html", context=context | language_switch())


@get("/explore/figures.csv", include_in_schema=False)
async def download_figures(database: FromDatabase, filters: Chosen) -> Response[bytes]:
    every = await load_all_figures(database)
    if not every:
        raise unknown_edition("yet")
    rows = list(explore_rows(every, filters))
    return table_response(
        rows_as_csv(history.HISTORY_HEAD, rows),
        f"figures-{'-'.join(known_filters(every, filters).figures)}",
    )


FILTERS = {
    "days": Provide(chosen_days, sync_to_thread=False),
    "filters": Provide(chosen_filters, sync_to_thread=False),
}


PAGES: list[ControllerRouterHandler] = [
    list_areas,
    show_area,
    list_themes,
    show_theme,
    Router("/", route_handlers=[explore], dependencies=FILTERS),
]


FILES: list[ControllerRouterHandler] = [
    download_area,
    download_theme,
    download_area_chart,
    download_theme_chart,
    Router("/", route_handlers=[download_figures], dependencies=FILTERS),
]


async def newest_summary(database: Database) -> EditionSummary | None:
    """The summary of the newest published edition that was not withdrawn."""
    return await database.load_cached(load_newest_summary)


async def load_newest_summary(
    connection: Connection, kind: str | None = None
) -> EditionSummary | None:
    line = await editions.find_newest_published(connection, kind)
    return None if line is None else await load_edition_summary(connection, line)


async def load_edition_summary(connection: Connection, line: EditionLine) -> EditionSummary:
    """The summary of one edition; computed once, because an edition never changes."""
    if line.sha256 in CACHE:
        return CACHE[line.sha256]
    stored = await editions.get_stored(connection, line.kind, line.start, line.number)
    return await summary_of_body(stored.body, line.sha256)


async def summary_of_body(body: bytes, sha256: str) -> EditionSummary:
    """The summary of an edition whose bytes are at hand."""
    if sha256 not in CACHE:
        # In a thread, because decoding a whole edition would hold up every other request.
        summary = await anyio.to_thread.run_sync(summarise, body)
        remember(CACHE, sha256, summary, MOST_CACHED)
    return CACHE[sha256]


async def load_all_figures(database: Database) -> list[Edition]:
    """What pages over time need of each period's newest published edition, the oldest first.

    Each edition is read once.
    """
    figures = []
    async with database.connection() as connection:
        for line in await editions.load_current(connection):
            kept = FIGURES.get(line.sha256)
            if kept is None:
                stored = await editions.get_stored(connection, line.kind, line.start, line.number)
                kept = await anyio.to_thread.run_sync(read_figures, stored.body)
                remember(FIGURES, line.sha256, kept, MOST_FIGURES)
            figures.append(kept)
    return figures


async def load_newest_past(database: Database) -> Edition | None:
    """The newest published monthly edition with only what it knows of all earlier times."""
    async with database.connection() as connection:
        line = await editions.find_newest_published(connection, "monthly")
        if line is None:
            return None
        if line.sha256 not in PAST:
            stored = await editions.get_stored(connection, line.kind, line.start, line.number)
            kept = await anyio.to_thread.run_sync(read_past, stored.body)
            remember(PAST, line.sha256, kept, MOST_PASTS)
    return PAST[line.sha256]


def remember(cache: dict[str, Any], key: str, content: object, most: int) -> None:
    """Store what was read under `key`; beyond `most` entries the oldest is dropped."""
    while len(cache) >= most:
        cache.pop(next(iter(cache)), None)
    cache[key] = content


def read_figures(body: bytes) -> Edition:
    return kept_figures(read_edition(body))


def read_past(body: bytes) -> Edition:
    return past_figures(read_edition(body))


def summarise(body: bytes) -> EditionSummary:
    edition = rows.with_window_starts(read_edition(body))
    return edition_summary(edition, rows.period_label(edition))


def read_edition(body: bytes) -> SafeEdition:
    """A stored edition without what today's gate withholds."""
    return gate.as_served(edition_from_json(body))
