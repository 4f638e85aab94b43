"""Perception as others have published it, with deployments."""

from collections.abc import Iterator, Sequence

import msgspec

from api.editions import cells, charts
from api.editions.areas import report_tile, shade_tiles
from api.editions.charts import NamedCharts
from api.editions.report import (
    ForStatisticians,
    KeyFigure,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    ReportTile,
    drill_down_links,
    measure_links,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    association_rows,
    bounded_row,
    counted_dates,
    estimate_row,
    no_rate_reason,
    rate_row,
)
from api.locales import edition_gettext as _
from api.locales import (
    format_dates,
    format_day,
    format_interval,
    format_number,
    format_short_day,
    format_whole,
    item_name,
)
from survey.editions import Edition, perception
from survey.editions.figures import Estimate, SeriesMark
from survey.sentences import N_

MOST_LEADING = 3
UNIT = N_("percentage points")
# Another rule than that of limits around an index, so other words.
SAID: dict[perception.TilePosition, str] = {
    "above": N_("higher than the whole force"),
    "within": N_("no clear difference from the whole force"),
    "below": N_("lower than the whole force"),
    "withheld": N_("not compared"),
}
LEGEND = SAID | {"withheld": N_("no figure, or not compared")}


def published_sections(edition: Edition) -> Iterator[ReportSection]:
    """The last quarter of each item, as tiles and as a table, and the conclusion."""
    names = cells.area_namer(edition)
    for item in dict.fromkeys(row.item for row in edition.beside):
        rows = last_quarter_rows(edition.beside, item)
        areas = {tile.area for tile in edition.tiles}
        local = [row for row in rows if row.perception.domain in areas]
        # The publisher's figure for the whole force comes under a code that is no borough's.
        force = next((row.perception for row in rows if row.perception.domain not in areas), None)
        yield ReportSection(
            key=f"published-{item.replace('_', '-')}",
            heading=_("{item}: published figures to {day}").format(
                item=item_name(item), day=format_day(rows[0].quarter_end)
            ),
            period=_("{months} months to {day}").format(
                months=rows[0].months, day=format_day(rows[0].quarter_end)
            ),
            words=(published_words(force, rows[0].months),),
            tiles=shade_tiles(
                (published_tile(tile, local, force) for tile in edition.tiles),
                (own_value(tile.area, local) for tile in edition.tiles),
            ),
            legend=tuple((position, _(words)) for position, words in LEGEND.items()),
            tables=(published_table(local, names),),
            measures=measure_links("published_perception", "deployment_rate"),
            rows=drill_down_links(edition, "files"),
        )
    if edition.published_association is not None:
        yield ReportSection(
            key="published",
            heading=_("Published perception and deployments together"),
            verdict=cells.report_verdict(edition.published_association),
            points=edition.published_association.caveats,
            for_statisticians=ForStatisticians(
                words=tuple(cells.verdict_facts(edition.published_association, UNIT))
            ),
            measures=measure_links("association"),
        )


def leads(edition: Edition) -> bool:
    """Whether published perception is all that an edition knows of perception."""
    return bool(edition.beside) and not any(
        estimate.value is not None for estimate in edition.index
    )


def key_figures(edition: Edition) -> Iterator[KeyFigure]:
    """The newest published figures of the whole force, where there is no index of our own."""
    if not leads(edition):
        return
    areas = {tile.area for tile in edition.tiles}
    for item in list(dict.fromkeys(row.item for row in edition.beside))[:MOST_LEADING]:
        for row in last_quarter_rows(edition.beside, item):
            estimate = row.perception
            if estimate.domain not in areas and estimate.value is not None:
                limits = format_interval(estimate.low, estimate.high)
                yield KeyFigure(
                    label=item_name(item),
                    window=_("{months} months to {day}").format(
                        months=row.months, day=format_day(row.quarter_end)
                    ),
                    value=ReportCell(f"{format_share(estimate.value)}%"),
                    change=cells.no_figure_before(edition),
                    meaning=_("As published by others."),
                    interval="" if estimate.low is None else cells.level_text(limits),
                    measure=measure_links("published_perception")[0],
                )


def leading_section(edition: Edition) -> Iterator[ReportSection]:
    """The boroughs by the first published item, for the front of an edition without an index."""
    if leads(edition):
        first = next(published_sections(edition))
        yield msgspec.structs.replace(first, key=f"lead-{first.key}", tables=())


def past_sections(edition: Edition) -> Iterator[ReportSection]:
    """Every quarter that is stored of each item, for the whole force."""
    past = edition.published_past
    if past is None:
        return
    for place, series in enumerate(force_series(edition)):
        points = quarter_points(past, series)
        # Every chart has the same events, so their notes are read once.
        marked = () if place else past_notes(edition)
        yield ReportSection(
            key=past_key(series.item),
            heading=_("{item}: every quarter since {day}").format(
                item=item_name(series.item), day=format_day(points[0].start)
            ),
            level=3,
            figure=ReportChart(
                chart=past_key(series.item),
                title=_("{item}, the whole force").format(item=item_name(series.item)),
                subtitle=" ".join(
                    (
                        f"{format_dates(points[0].start, points[-1].start)}.",
                        past_subtitle(past.months),
                    )
                ),
                table=past_table(past, series),
            ),
            words=(charts.line_in_words(points, format_share), *marked),
            measures=measure_links("published_perception"),
        )


def past_notes(edition: Edition) -> Iterator[str]:
    """The notes of all events within the published quarters."""
    past = edition.published_past
    if past is not None:
        yield from charts.event_notes(edition.marks, past.ends[0], past.ends[-1])


def past_subtitle(months: int) -> str:
    return _(
        "Per cent of residents over {months} months to the end of the quarter, as published; band: "
        "95% interval. Neighbouring quarters share most of their interviews. The scale does not "
        "begin at 0."
    ).format(months=months)


def past_key(item: str) -> str:
    return f"past-{item.replace('_', '-')}"


def force_series(edition: Edition) -> list[perception.PublishedSeries]:
    """The series of the whole force: they have a code that is not a borough's."""
    areas = {tile.area for tile in edition.tiles}
    past = edition.published_past
    return [series for series in past.series if series.area not in areas] if past else []


def quarter_points(
    past: perception.PublishedPast, series: perception.PublishedSeries
) -> list[charts.LinePoint]:
    """The quarters of a series from the first to the last that has a figure."""
    points = [
        charts.LinePoint(end, value, low, high, None, flagged=False, row=format_short_day(end))
        for end, value, low, high in zip(
            past.ends, series.values, series.low, series.high, strict=True
        )
    ]
    known = [i for i, point in enumerate(points) if point.value is not None]
    return points[known[0] : known[-1] + 1] if known else []


def past_table(past: perception.PublishedPast, series: perception.PublishedSeries) -> ReportTable:
    return ReportTable(
        caption=_("{item} in every quarter").format(item=item_name(series.item)),
        head=(_("Quarter to"), _("Per cent (95% interval)")),
        rows=tuple(
            (ReportCell(point.row), share_cell(point))
            for point in reversed(quarter_points(past, series))
        ),
    )


def share_cell(point: charts.LinePoint) -> ReportCell:
    if point.value is None:
        return ReportCell(_("not published"))
    return share_with_interval(point.value, point.low, point.high)


def share_with_interval(value: float, low: float | None, high: float | None) -> ReportCell:
    limits = "" if low is None else f" ({format_interval(low, high)})"
    return ReportCell(format_share(value) + limits)


def format_share(value: float) -> str:
    """A percentage as its publisher recorded it: whole or to one decimal."""
    return format_whole(value) if value.is_integer() else format_number(value)


def past_charts(edition: Edition) -> NamedCharts:
    past = edition.published_past
    if past is None:
        return
    for series in force_series(edition):
        yield from past_chart(past, series, edition.marks)


def past_chart(
    past: perception.PublishedPast,
    series: perception.PublishedSeries,
    marks: tuple[SeriesMark, ...],
) -> NamedCharts:
    points = quarter_points(past, series)
    if len(points) < charts.FEWEST_POINTS:
        return
    yield (
        past_key(series.item),
        charts.LineChart(
            title=item_name(series.item),
            description=charts.line_description(points, format_share),
            points=tuple(points),
            end=charts.line_end(points, format_share),
            marks=charts.marks_between(marks, points[0].start, points[-1].start),
            wide=True,
        ),
    )


def past_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    past = edition.published_past
    if past is None:
        return
    for series in past.series:
        for point in quarter_points(past, series):
            key = (
                "published perception, all quarters",
                str(point.start),
                series.area,
                "",
                series.item,
            )
            yield bounded_row(key, None, (point.value, point.low, point.high), "published share")


def last_quarter_rows(
    rows: Sequence[perception.PerceptionComparison], item: str
) -> list[perception.PerceptionComparison]:
    end = max(row.quarter_end for row in rows if row.item == item)
    return [row for row in rows if (row.item, row.quarter_end) == (item, end)]


def published_words(force: Estimate | None, months: int) -> str:
    if force is None or force.value is None:
        return _("Per cent of residents over {months} months, as published.").format(months=months)
    return _(
        "Per cent of residents over {months} months, as published. A sign marks a borough that "
        "clearly differs from the whole force, {figure}."
    ).format(months=months, figure=format_share(force.value))


def own_value(area: str, rows: Sequence[perception.PerceptionComparison]) -> float | None:
    return next((row.perception.value for row in rows if row.perception.domain == area), None)


def published_tile(
    tile: perception.AreaTile,
    rows: Sequence[perception.PerceptionComparison],
    force: Estimate | None,
) -> ReportTile:
    """A borough's published figure on its tile."""
    mine = next((row.perception for row in rows if row.perception.domain == tile.area), None)
    value = mine.value if mine is not None else None
    position = published_standing(mine, force)
    # The zone is that of an index with limits of its own.
    published = report_tile(
        msgspec.structs.replace(tile, value=value, standing=position, zone=None), mine
    )
    if value is None:
        return msgspec.structs.replace(published, said=_(LEGEND["withheld"]))
    return msgspec.structs.replace(published, value=format_share(value), said=_(SAID[position]))


def published_standing(mine: Estimate | None, force: Estimate | None) -> perception.TilePosition:
    if mine is None or mine.low is None or mine.high is None:
        return "withheld"
    # Without a figure for the whole force no borough can be above or below it.
    if force is None or force.value is None or mine.low <= force.value <= mine.high:
        return "within"
    return "below" if mine.high < force.value else "above"


def perception_cell(estimate: Estimate) -> ReportCell:
    """The published figure of a borough with its interval."""
    if estimate.value is None:
        return cells.value_cell(estimate)
    return share_with_interval(estimate.value, estimate.low, estimate.high)


def published_table(
    rows: Sequence[perception.PerceptionComparison], names: cells.AreaNamer
) -> ReportTable:
    areas = sorted(rows, key=lambda row: names(row.perception.domain))
    return ReportTable(
        caption=_("Published perception compared with the quarter's deployments"),
        head=(
            _("Borough"),
            _("Per cent (95% interval)"),
            _("Answers"),
            _("Deployments · per 10,000"),
        ),
        rows=tuple(
            (
                ReportCell(names(row.perception.domain)),
                perception_cell(row.perception),
                ReportCell(
                    _("not published")
                    if row.perception.n is None
                    else format_whole(row.perception.n)
                ),
                cells.rate_cell(row.deployments)
                if row.deployments
                else ReportCell(_("not reported")),
            )
            for row in areas
        ),
        note=" ".join(
            (
                *deployment_days(areas),
                *cells.no_rate_notes(row.deployments for row in areas if row.deployments),
            )
        ),
    )


def deployment_days(rows: Sequence[perception.PerceptionComparison]) -> Iterator[str]:
    """The days of the quarter on which deployments were counted, and why there may be no rate."""
    counted = rows[0].counted if rows else None
    if counted is None:
        return
    if counted.days:
        dates = counted_dates(counted, (counted.start, counted.end))
        yield _("Deployments: {dates}.").format(dates=dates)
    if reason := no_rate_reason(counted):
        yield reason


def comparison_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for row in edition.beside:
        end = str(row.quarter_end)
        yield estimate_row("published perception", end, row.item, row.perception)
        if row.deployments is not None:
            days = "/".join(map(str, row.counted.span)) if row.counted else end
            yield rate_row("published perception: deployments", days, row.deployments)


def panel_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    yield from association_rows("published panel", periods.whole, edition.published_association)
