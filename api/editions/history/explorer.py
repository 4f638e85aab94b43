"""The dashboard: figures of published editions, for the places and days that a reader chooses.

Nothing is computed here: a line goes through figures that editions have published, so no choice of
filters shows more than they do.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from analysis.disclosure import ROUNDING
from api.editions import charts, history
from api.editions.areas import Placing, known_runs, points_scale
from api.editions.cells import SMALL, estimate_cells, rate_cell
from api.editions.chapters.history import figure_before
from api.editions.history import (
    REPORT,
    known_groups,
    known_places,
    known_themes,
    report_cell,
    with_gaps,
)
from api.editions.history.choices import (
    FIGURES,
    Filters,
    Option,
    chosen_editions,
    filter_options,
    filters_query,
    known_filters,
    unknown_choices,
)
from api.editions.report import ReportCell, ReportTable
from api.editions.rows import page_before, period_label
from api.editions.theme_tables import STREAMS, first_figures, share_cell, theme_cells
from api.locales import dimension_name, format_dates, format_number, group_name
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.texts import ThemeShare, counts_differ
from survey.sentences import N_

FIGURE_STREAMS = {"deployments": "police", "complaints": "complaints"}
COUNTED = {"deployments": N_("Deployments"), "complaints": N_("Complaints"), "themes": N_("Texts")}
OTHERS = N_("They lie between {low} and {high}."), N_("The others lie between {low} and {high}.")
STANDINGS = {
    "": N_("{name}: {now}."),
    "rose": N_("{name}: {now}, clearly higher than {before} ({was})."),
    "fell": N_("{name}: {now}, clearly lower than {before} ({was})."),
    "none_larger": N_("{name}: {now}, about the same as {before} ({was})."),
    "unclear": N_("{name}: {now}, no clear change from {before} ({was})."),
}
SIDE_BY_SIDE = 4  # as many columns as a table has room for on a small screen


class ExploreSeries(NamedTuple):
    """The figures of one place or group in one report after another, as points and as cells."""

    name: str
    address: str
    points: tuple[charts.LinePoint, ...]
    cells: Mapping[datetime.date, ReportCell]
    place: str = ""


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


class ExploreFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One chosen figure: a sentence, the line of the city or of the only place, and the others as
    small lines on one scale, from the highest to the lowest.

    `rounding` is the step to which the counts behind the lines are rounded, 0 where they are exact.
    """

    name: str
    title: str
    stream: str
    sentence: str
    draw: charts.Chart | None
    panels: tuple[ExplorePanel, ...]
    scale: tuple[str, str] | None
    rounding: int
    table: ReportTable | None


class ExploreView(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard, ready to be shown: the choices, then the figures side by side.

    `unknown` is what the address asked for and no report has.
    """

    days: str
    filters: Filters
    choices: Mapping[str, tuple[Option, ...]]
    shown: tuple[ExploreFigure, ...]
    reports: tuple[str, ...]
    unknown: tuple[str, ...]
    query: str
    synthetic: bool
    attribution: tuple[str, ...]


def explore_view(every: Sequence[Edition], wished: Filters) -> ExploreView:
    filters = known_filters(every, wished)
    editions = chosen_editions(every, filters)
    return ExploreView(
        days=format_dates(editions[0].start, editions[-1].end),
        filters=filters,
        choices=filter_options(every, filters),
        shown=tuple(explore_figure(every, editions, filters, name) for name in filters.figures),
        reports=tuple(map(period_label, editions)),
        unknown=unknown_choices(every, wished),
        query=filters_query(filters),
        synthetic=editions[-1].synthetic,
        attribution=editions[-1].attribution,
    )


def explore_figure(
    every: Sequence[Edition], editions: Sequence[Edition], filters: Filters, name: str
) -> ExploreFigure:
    """A figure of the chosen reports and places."""
    series = [line for line in all_series(editions, filters, name) if line.points]
    exact = name == "deployments" and all(edition.as_published for edition in editions)
    rounding = ROUNDING if name in FIGURE_STREAMS and not exact else 0
    newest = editions[-1]
    lead = next((line for line in series if line.name == newest.city or len(series) == 1), None)
    draw = lead_line(newest, lead, name, rounding) if lead else None
    small = by_value([line for line in series if line is not lead or draw is None])
    scale = series_scale(small)
    return ExploreFigure(
        name=name,
        title=figure_title(every, filters, name),
        stream=FIGURE_STREAMS.get(name, filters.stream if name == "themes" else "sampled"),
        sentence=figure_sentence(newest, series, lead, name),
        draw=draw,
        panels=tuple(panel(line, scale, editions, rounded=rounding > 0) for line in small),
        scale=None if scale is None else (format_number(scale[0]), format_number(scale[1])),
        rounding=rounding,
        table=explore_table(editions, series, name) if series else None,
    )


def figure_title(every: Sequence[Edition], filters: Filters, name: str) -> str:
    if name == "themes" and filters.theme:
        theme = known_themes(every)[filters.theme].name
        return f"{theme}: {_(STREAMS[filters.stream])}"
    if name == "groups":
        return f"{_(FIGURES['groups'])}: {dimension_name(filters.dimension)}"
    return _(FIGURES[name])


def lead_line(
    newest: Edition, lead: ExploreSeries, name: str, rounding: int
) -> charts.Chart | None:
    """The line of the city, or of the only place, as a large picture."""
    # A count that moves by one step of rounding is drawn level: it may be no change.
    points = [*charts.steady_points(lead.points, rounding)] if rounding else lead.points
    title, counted = f"{lead.name}: {_(FIGURES[name])}", _(COUNTED.get(name, N_("Respondents")))
    lines = history.line_chart(name, title, points, counted, writer_of(name), newest.marks)
    return dict(lines).get(name)


def writer_of(name: str) -> Callable[[float], str]:
    """How the values of a figure are written."""
    if name in FIGURE_STREAMS:
        return history.two_decimals
    return "{:.0f}%".format if name == "themes" else format_number


def by_value(series: Sequence[ExploreSeries]) -> list[ExploreSeries]:
    """The lines from the highest newest figure to the lowest, those without a figure last."""
    return sorted(
        series, key=lambda line: (-(line.points[-1].value or 0), line.points[-1].value is None)
    )


def figure_sentence(
    newest: Edition, series: Sequence[ExploreSeries], lead: ExploreSeries | None, name: str
) -> str:
    """What one sees: where the leading line stands against the time before, by the rule of
    findings, and between which figures the others lie.
    """
    values = {
        line.name: value
        for line in series
        if (value := line.points[-1].value) is not None and line.points[-1].start == newest.start
    }
    written, said = writer_of(name), ""
    if lead and lead.name in values:
        before = figure_before(newest, name, lead.place)
        verdict = before.verdict if before and before.was is not None else ""
        said = _(STANDINGS[verdict]).format(
            name=lead.name,
            now=written(values.pop(lead.name)),
            before=page_before(newest),
            was=written(before.was or 0) if before else "",
        )
    if len(values) > 1:
        span = (
            _("The others lie between {low} and {high}.")
            if said
            else _("They lie between {low} and {high}.")
        )
        low, high = (written(end(values.values())) for end in (min, max))
        said = f"{said} {span.format(low=low, high=high)}".strip()
    return said


def all_series(
    editions: Sequence[Edition], filters: Filters, figure: str
) -> Iterator[ExploreSeries]:
    """A series for each chosen place, or for each group of the city."""
    if figure == "groups":
        yield from group_series(editions, filters.dimension)
        return
    names, groups = known_places(editions), known_groups(editions)
    for place in filters.places or tuple(names):
        points = [
            point for edition in editions for point in place_points(edition, place, filters, figure)
        ]
        address = f"/reports/boroughs/{place}"
        yield ExploreSeries(
            (names | groups).get(place, place),
            address,
            tuple(point for point, _cell in points),
            {point.start: cell for point, cell in points},
            place,
        )


def place_points(
    edition: Edition, place: str, filters: Filters, figure: str
) -> Iterator[tuple[charts.LinePoint, ReportCell]]:
    """The published figure of a place in a report, if the report has it."""
    if figure == "index":
        for estimate in edition.index:
            if estimate.domain == place:
                yield charts.estimate_point(edition.start, estimate), estimate_cells(estimate)[0]
    elif figure == "themes":
        for theme in edition.themes:
            if (theme.theme, theme.stream, theme.domain) == (filters.theme, filters.stream, place):
                yield theme_point(edition, theme)
    else:
        for rate in edition.deployments if figure == "deployments" else edition.complaints:
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
    editions: Sequence[Edition], series: Sequence[ExploreSeries], figure: str
) -> ReportTable:
    """Few series side by side, in every report; many below each other, in the first and last."""
    missing = ReportCell(_("not in this report"))
    caption = _("{figure}, with 95% intervals where there are any").format(
        figure=_(FIGURES[figure])
    )
    if len(series) <= SIDE_BY_SIDE:
        return ReportTable(
            caption=caption,
            head=(_(REPORT), *(line.name for line in series)),
            rows=tuple(
                (report_cell(edition), *(line.cells.get(edition.start, missing) for line in series))
                for edition in reversed(editions)
            ),
            note=_(SMALL) if figure in ("index", "groups") else "",
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
