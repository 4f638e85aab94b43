"""The dashboard: one figure of published editions, for the places and days that a reader chooses.

Nothing is computed here: a panel is a line through figures that editions have published, so no
choice of filters shows more than they do.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlencode

import msgspec

from analysis.disclosure import ROUNDING
from api.editions import charts, history
from api.editions.areas import Placing, known_runs, points_scale
from api.editions.cells import SMALL, estimate_cells, rate_cell
from api.editions.history import REPORT, known_places, known_themes, report_cell, with_gaps
from api.editions.report import ReportCell, ReportTable
from api.editions.rows import ExportRow, period_label
from api.editions.theme_tables import STREAMS, first_figures, share_cell, theme_cells
from api.locales import dimension_name, format_dates, format_number, group_name
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.texts import ThemeShare, counts_differ
from survey.sentences import N_

FigureName = Literal["index", "deployments", "complaints", "groups", "themes"]
FIGURES: Mapping[FigureName, str] = {
    "index": N_("Perception index"),
    "deployments": N_("Deployments per 10,000 residents"),
    "complaints": N_("Complaints per 10,000 residents"),
    "groups": N_("Perception index by group"),
    "themes": N_("Share of texts on a theme"),
}
DIMENSIONS = ("age", "sex", "ethnicity", "disability")
SIDE_BY_SIDE = 4  # as many columns as a table has room for on a small screen


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader chose, as in the address of the page."""

    figure: FigureName = "index"
    kind: str = "weekly"
    places: tuple[str, ...] = ()
    dimension: str = "age"
    theme: str = ""
    stream: str = "sampled"
    first: datetime.date | None = None
    last: datetime.date | None = None


class ExploreSeries(NamedTuple):
    """The figures of one place or group in one report after another, as points and as cells."""

    name: str
    address: str
    points: tuple[charts.LinePoint, ...]
    cells: Mapping[datetime.date, ReportCell]


class ExplorePanel(msgspec.Struct, frozen=True, kw_only=True):
    """A small picture of one series: its lines and bands as SVG points, and its newest figure.

    `figures` are the words of each report's figure, "" where none is drawn.
    """

    name: str
    address: str
    newest: ReportCell
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]
    figures: tuple[str, ...]
    description: str


class Option(NamedTuple):
    value: str
    label: str
    chosen: bool


class ExploreView(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard, ready to be shown: the choices, the panels on one scale, and the table.

    `rounding` is the step to which the counts behind the lines are rounded, 0 where they are exact.
    """

    title: str
    days: str
    filters: Filters
    figures: tuple[Option, ...]
    kinds: tuple[Option, ...]
    places: tuple[Option, ...]
    dimensions: tuple[Option, ...]
    themes: tuple[Option, ...]
    streams: tuple[Option, ...]
    firsts: tuple[Option, ...]
    lasts: tuple[Option, ...]
    panels: tuple[ExplorePanel, ...]
    reports: tuple[str, ...]
    scale: tuple[str, str] | None
    rounding: int
    table: ReportTable | None
    query: str
    synthetic: bool
    attribution: tuple[str, ...]


def explore_view(every: Sequence[Edition], wished: Filters) -> ExploreView:
    filters = known_filters(every, wished)
    editions = chosen_editions(every, filters)
    series = [shown_series for shown_series in all_series(editions, filters) if shown_series.points]
    scale = series_scale(series)
    exact = all(edition.as_published for edition in editions)
    rounding = (
        ROUNDING
        if filters.figure == "complaints" or (filters.figure == "deployments" and not exact)
        else 0
    )
    return ExploreView(
        title=explore_title(every, filters),
        days=format_dates(editions[0].start, editions[-1].end),
        filters=filters,
        **filter_options(every, filters),
        panels=tuple(
            panel(shown_series, scale, editions, rounded=rounding > 0) for shown_series in series
        ),
        reports=tuple(map(period_label, editions)),
        scale=None if scale is None else (format_number(scale[0]), format_number(scale[1])),
        rounding=rounding,
        table=explore_table(editions, series, filters) if series else None,
        query=filters_query(filters),
        synthetic=editions[-1].synthetic,
        attribution=editions[-1].attribution,
    )


def known_filters(every: Sequence[Edition], wished: Filters) -> Filters:
    """The filters with existing choices in place of unknown ones."""
    kinds = {edition.kind for edition in every}
    kind = wished.kind if wished.kind in kinds else max(kinds)
    places, themes = known_places(every), known_themes(every)
    return msgspec.structs.replace(
        wished,
        kind=kind,
        places=tuple(place for place in places if place in wished.places),
        theme=wished.theme if wished.theme in themes else next(iter(themes), ""),
        stream=wished.stream if wished.stream in STREAMS else "sampled",
        dimension=wished.dimension if wished.dimension in DIMENSIONS else DIMENSIONS[0],
    )


def chosen_editions(every: Sequence[Edition], filters: Filters) -> list[Edition]:
    """The reports of the chosen kind and days; all of that kind if none falls in those days."""
    of_kind = [edition for edition in every if edition.kind == filters.kind]
    # Two days in the wrong order are still the same days.
    first, last = sorted((filters.first or datetime.date.min, filters.last or datetime.date.max))
    return [edition for edition in of_kind if first <= edition.start <= last] or of_kind


def explore_title(every: Sequence[Edition], filters: Filters) -> str:
    if filters.figure == "themes" and filters.theme:
        name = known_themes(every)[filters.theme].name
        return f"{name}: {_(STREAMS[filters.stream])}"
    if filters.figure == "groups":
        return f"{_(FIGURES['groups'])}: {dimension_name(filters.dimension)}"
    return _(FIGURES[filters.figure])


def all_series(editions: Sequence[Edition], filters: Filters) -> Iterator[ExploreSeries]:
    """A series for each chosen place, or for each group of the city."""
    if filters.figure == "groups":
        yield from group_series(editions, filters.dimension)
        return
    names = known_places(editions)
    for place in filters.places or tuple(names):
        points = [point for edition in editions for point in place_points(edition, place, filters)]
        address = f"/reports/boroughs/{place}"
        yield ExploreSeries(
            names.get(place, place),
            address,
            tuple(point for point, _cell in points),
            {point.start: cell for point, cell in points},
        )


def place_points(
    edition: Edition, place: str, filters: Filters
) -> Iterator[tuple[charts.LinePoint, ReportCell]]:
    """The published figure of a place in a report, if the report has it."""
    if filters.figure == "index":
        for estimate in edition.index:
            if estimate.domain == place:
                yield charts.estimate_point(edition.start, estimate), estimate_cells(estimate)[0]
    elif filters.figure == "themes":
        for theme in edition.themes:
            if (theme.theme, theme.stream, theme.domain) == (filters.theme, filters.stream, place):
                yield theme_point(edition, theme)
    else:
        for rate in edition.deployments if filters.figure == "deployments" else edition.complaints:
            if rate.domain == place:
                yield charts.rate_point(edition.start, rate), rate_cell(rate)


def theme_point(edition: Edition, theme: ThemeShare) -> tuple[charts.LinePoint, ReportCell]:
    """The theme's share where it stands for more than the texts received; else its count."""
    theme = first_figures(theme, once=theme.stream != "sampled" and counts_differ([theme]))
    if theme.stream == "sampled" or theme.corrected:
        return history.share_point(edition, theme), share_cell(theme)
    point = charts.LinePoint(edition.start, None, None, None, theme.texts, flagged=False)
    return point, theme_cells(theme, described=False)[0]


def group_series(editions: Sequence[Edition], dimension: str) -> Iterator[ExploreSeries]:
    """The index of each group of the whole city."""
    rows = [
        (edition, group)
        for edition in editions
        for group in edition.groups
        if (group.dimension, group.measure) == (dimension, "index")
    ]
    for category in dict.fromkeys(group.category for _edition, group in rows):
        mine = [(edition, group.estimate) for edition, group in rows if group.category == category]
        yield ExploreSeries(
            group_name(dimension, category),
            "",
            tuple(
                charts.estimate_point(edition.start, group_estimate)
                for edition, group_estimate in mine
            ),
            {edition.start: estimate_cells(estimate)[0] for edition, estimate in mine},
        )


def series_scale(series: Sequence[ExploreSeries]) -> tuple[float, float] | None:
    """The lowest and highest limit of all series: one scale, so that panels can be compared."""
    return points_scale(point for line in series for point in line.points)


def panel(
    series: ExploreSeries,
    scale: tuple[float, float] | None,
    editions: Sequence[Edition],
    *,
    rounded: bool = False,
) -> ExplorePanel:
    points = [*charts.steady_points(series.points, ROUNDING)] if rounded else series.points
    known = [point for point in points if point.value is not None]
    drawn = {point.start for point in known}
    newest = series.cells[series.points[-1].start]
    place = Placing(series.points, scale) if scale and known else None
    runs = list(known_runs(with_gaps(points))) if place else []
    return ExplorePanel(
        name=series.name,
        address=series.address,
        newest=newest,
        lines=tuple(place.line(run) for run in runs if len(run) > 1) if place else (),
        bands=tuple(place.band(run) for run in runs if len(run) > 1) if place else (),
        dots=tuple(place.dot(run[0]) for run in runs if len(run) == 1) if place else (),
        figures=tuple(
            series.cells[edition.start].text if edition.start in drawn else ""
            for edition in editions
        ),
        description=panel_in_words(known),
    )


def panel_in_words(known: Sequence[charts.LinePoint]) -> str:
    if not known:
        return _("No line: withheld, or counts only")
    first, last = (format_number(point.value or 0) for point in (known[0], known[-1]))
    return _("From {first} to {last}").format(first=first, last=last)


def explore_table(
    editions: Sequence[Edition], series: Sequence[ExploreSeries], filters: Filters
) -> ReportTable:
    """Few series side by side, in every report; many below each other, in the first and last."""
    missing = ReportCell(_("not in this report"))
    caption = _("{figure}, with 95% intervals where there are any").format(
        figure=_(FIGURES[filters.figure])
    )
    if len(series) <= SIDE_BY_SIDE:
        return ReportTable(
            caption=caption,
            head=(_(REPORT), *(line.name for line in series)),
            rows=tuple(
                (report_cell(edition), *(line.cells.get(edition.start, missing) for line in series))
                for edition in reversed(editions)
            ),
            note=_(SMALL) if filters.figure in ("index", "groups") else "",
        )
    ends = list(dict.fromkeys((editions[0].start, editions[-1].start)))
    labels = {edition.start: period_label(edition) for edition in editions}
    return ReportTable(
        caption=caption,
        head=(_("Borough or group"), *(labels[day] for day in ends)),
        rows=tuple(
            (
                ReportCell(line.name, address=line.address),
                *(line.cells.get(day, missing) for day in ends),
            )
            for line in series
        ),
    )


def filter_options(every: Sequence[Edition], filters: Filters) -> dict[str, tuple[Option, ...]]:
    of_kind = [edition for edition in every if edition.kind == filters.kind]
    days = [(edition.start.isoformat(), period_label(edition)) for edition in of_kind]
    first, last = filters.first or of_kind[0].start, filters.last or of_kind[-1].start
    kinds = {edition.kind for edition in every}
    return {
        "figures": options({name: _(words) for name, words in FIGURES.items()}, filters.figure),
        "kinds": options(
            {
                kind: words
                for kind, words in (("weekly", _("Weeks")), ("monthly", _("Months")))
                if kind in kinds
            },
            filters.kind,
        ),
        "places": options(known_places(every), *filters.places),
        "dimensions": options(
            {dimension: dimension_name(dimension) for dimension in DIMENSIONS}, filters.dimension
        ),
        "themes": options(
            {theme: share.name for theme, share in known_themes(every).items()}, filters.theme
        ),
        "streams": options({stream: _(words) for stream, words in STREAMS.items()}, filters.stream),
        "firsts": options(dict(days), first.isoformat()),
        "lasts": options(dict(days), last.isoformat()),
    }


def options(labels: Mapping[str, str], *chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value, label, value in chosen) for value, label in labels.items())


def filters_query(filters: Filters) -> str:
    """The filters as the query of an address; the same choice always has the same address."""
    pairs = [
        ("figure", filters.figure),
        ("kind", filters.kind),
        *(("place", place) for place in filters.places),
        *own_filters(filters),
        *((name, str(day)) for name, day in days_chosen(filters)),
    ]
    return urlencode(pairs)


def own_filters(filters: Filters) -> list[tuple[str, str]]:
    """The filters that only this figure has."""
    if filters.figure == "groups":
        return [("dimension", filters.dimension)]
    if filters.figure == "themes":
        return [("theme", filters.theme), ("stream", filters.stream)]
    return []


def days_chosen(filters: Filters) -> Iterator[tuple[str, datetime.date]]:
    if filters.first:
        yield "first", filters.first
    if filters.last:
        yield "last", filters.last


def explore_rows(every: Sequence[Edition], wished: Filters) -> Iterator[ExportRow]:
    """The rows of the chosen figure as editions export them, each with its kind and number."""
    filters = known_filters(every, wished)
    grouped, themed = filters.figure == "groups", filters.figure == "themes"
    table = f"groups: {filters.dimension}" if grouped else filters.figure
    places = () if grouped else filters.places
    editions = chosen_editions(every, filters)
    for row in history.export_rows(editions, filters.theme if themed else ""):
        named = dict(zip(history.HISTORY_HEAD, row, strict=True))
        if (
            named["table"] == table
            and (not grouped or named["measure"] == "index")
            and (not themed or named["stream"] == filters.stream)
            and (not places or str(named["domain"]) in places)
        ):
            yield row
