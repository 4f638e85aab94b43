"""A chart of an edition: on a page of its own with its table and address, and as a picture."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Template
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from api.dependencies import FromDatabase
from api.editions import charts, files, report_view
from api.editions.areas import map_section
from api.editions.report import ReportChart, ReportSection, ReportView
from api.notifications import public_base
from api.pages.public_copies import AT_ONCE
from api.pages.reports.downloads import named_file
from api.pages.reports.editions import (
    KindParameter,
    NumberParameter,
    ServedEdition,
    language_switch,
    load_edition,
)
from api.pages.shell import AnyRequest
from api.process.installation import import_lock
from survey.editions import Edition
from survey.editions.refusals import unknown_part
from survey.sources.places import CityOutlines, city_outlines
from survey.store import places
from survey.store.database import Database

MEDIA_TYPES: dict[str, str] = {"svg": "image/svg+xml", "png": "image/png"}


@get("/reports/{kind:str}/{start:date}/chart/{name:str}", include_in_schema=False)
async def show_chart(
    request: AnyRequest,
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    name: FromPath[str],
    number: NumberParameter = None,
) -> Template:
    """The page of one chart: its table, its files, its address, and how to show it elsewhere."""
    served = await load_edition(database, kind, start, number)
    outlines = await load_outlines(database)
    base = public_base(request.app.state.settings)
    context = await anyio.to_thread.run_sync(chart_context, served, name, outlines, base)
    return Template("report/chart.html", context=context | language_switch())


@get("/reports/{kind:str}/{start:date}/charts/{file:str}", include_in_schema=False)
async def download_chart(
    request: AnyRequest,
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    file: FromPath[str],
    number: NumberParameter = None,
) -> Response[bytes]:
    served = await load_edition(database, kind, start, number)
    outlines = await load_outlines(database)
    base = public_base(request.app.state.settings)
    return await anyio.to_thread.run_sync(
        edition_picture, served, base, file, outlines, limiter=AT_ONCE
    )


async def load_outlines(database: Database) -> CityOutlines:
    """The outlines of the city's boroughs; none if it has no boundaries."""
    async with database.connection() as connection:
        city = await places.get_city(connection)
        boundaries = await places.load_boundaries(connection)
    return city_outlines(msgspec.structs.replace(city, boundaries=boundaries))


def charts_and_maps(
    edition: Edition, view: ReportView, outlines: CityOutlines
) -> tuple[dict[str, charts.Chart], list[ReportSection]]:
    """Every chart of an edition by its name, and the sections; those of tiles have their map."""
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    named = dict(drawing.translated_charts(edition))
    sections: list[ReportSection] = []
    for section in view.every_section:
        shown = section
        if section.tiles and outlines.outlines:
            shown, named[section.key] = map_section(section, outlines)
        sections.append(shown)
    return named, sections


def chart_context(
    served: ServedEdition, name: str, outlines: CityOutlines, base: str
) -> dict[str, Any]:
    """What the page of a chart shows. Called in a thread, for drawing takes a while."""
    edition = served.edition
    view = report_view(edition, served.sha256)
    named, sections = charts_and_maps(edition, view, outlines)
    section = next((section for section in sections if chart_name(section, named) == name), None)
    if section is None:
        raise unknown_part(f"chart {name!r}")
    with import_lock("api.editions.drawing"):
        from api.editions import drawing

    shown = [(name, named[name])] if name in named else []
    drawn = drawing.render_named_charts(shown)
    own_files = dict(files.files_of_sections(edition, [section], drawn)).get(section.key)
    return {
        "sheet": view,
        "section": section,
        "name": name,
        "charts": {key: Markup(svg) for key, svg in drawn.items()},  # noqa: S704 - ours
        "alt": " ".join(f"{chart.title}. {chart.description}" for _name, chart in shown),
        "tables": own_files.tables if own_files else (),
        "newer": served.newest if served.newest > edition.number else None,
        "withdrawn": served.withdrawn,
        "public": f"{base}/reports/{edition.kind}/{edition.start}",
        "source": files.source_lines(view, base),
    }


def chart_name(section: ReportSection, named: Mapping[str, charts.Chart]) -> str:
    """The name of a section's chart or tiles in an address, or ''."""
    if section.figure and section.figure.chart in named:
        return section.figure.chart
    return section.key if section.tiles else ""


def edition_picture(
    served: ServedEdition, base: str, file: str, outlines: CityOutlines
) -> Response[bytes]:
    """A chart of an edition as a picture. Called in a thread, for drawing takes a while."""
    edition = served.edition
    view = report_view(edition, served.sha256)
    named, sections = charts_and_maps(edition, view, outlines)
    source = files.source_lines(view, base)
    prefix = f"{edition.kind}-{edition.start}-{edition.number}"
    return picture_response(named, sections, file, source, prefix)


def picture_response(
    named: Mapping[str, charts.Chart],
    sections: Iterable[ReportSection],
    file: str,
    source: tuple[str, ...],
    prefix: str,
) -> Response[bytes]:
    """One of these charts as SVG or PNG, with its title and source."""
    with import_lock("api.editions.drawing"):
        from api.editions import drawing
        from api.editions.drawing import svg

    name, _dot, ending = file.rpartition(".")
    titles = {
        section.figure.chart: picture_titles(section, section.figure)
        for section in sections
        if section.figure
    }
    if name not in named or name not in titles or ending not in MEDIA_TYPES:
        raise unknown_part(f"chart {file!r}")
    drawn = drawing.render_named_charts([(name, named[name])], drawing.PAPER)[name]
    title, *below = titles[name]
    picture = svg.standalone_svg(drawn, svg.PictureWords(title, tuple(below), source))
    body = svg.picture_as_png(picture) if ending == "png" else picture.encode()
    return named_file(body, MEDIA_TYPES[ending], f"{prefix}-{file}", "inline")


def picture_titles(section: ReportSection, figure: ReportChart) -> tuple[str, ...]:
    """The title of a picture and the lines below it."""
    said = f"{figure.title} {figure.subtitle}"
    below = () if section.heading in said else (section.heading,)
    return tuple(filter(None, (figure.title, *below, figure.subtitle)))


PAGES: list[ControllerRouterHandler] = [show_chart]
FILES: list[ControllerRouterHandler] = [download_chart]
