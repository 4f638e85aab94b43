"""The perception index: of the city over time, by borough, and by a small-area model."""

from collections.abc import Iterator, Sequence

from api.editions import charts
from api.editions.cells import (
    LEVEL,
    SMALL,
    area_namer,
    city_line,
    estimate_cells,
    index_window,
    report_tile,
)
from api.editions.charts import NamedCharts
from api.editions.report import (
    KeyFigure,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, bounded_row, estimate_row
from api.editions.windows import window_label
from api.formatting import (
    format_count,
    format_dates,
    format_day,
    format_interval,
    format_number,
    format_share_interval,
    format_short_day,
    format_whole,
)
from survey.editions.chapters.index import SeriesPoint, SmallAreaEstimate
from survey.editions.edition import Edition
from survey.editions.figures import Estimate, SeriesMark

MODEL = "Small-area estimate: borrows strength from all boroughs."


AREA_LABELS = 162


def key_figure(edition: Edition) -> Iterator[KeyFigure]:
    for one in edition.index:
        if one.domain == edition.city:
            shown = one.value is not None
            base = f"{format_count(one.n)} respondents"
            if one.effective_n is not None:
                base += f", worth {format_whole(one.effective_n)} after weighting"
            yield KeyFigure(
                label="Perception Index",
                window=window_label(edition.index_from, edition),
                value=text_cell(format_number(one.value) if one.value is not None else "withheld"),
                interval=f"of 100; {LEVEL} {format_interval(one.low, one.high)}" if shown else "",
                base=base,
                stream="sampled",
                scale=interval_scale(one),
                measure=measure_links("perception_index")[0],
            )


def interval_scale(one: Estimate) -> tuple[float, float, float] | None:
    if one.value is None or one.low is None or one.high is None:
        return None
    return one.low, one.value, one.high


def boroughs_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.index and edition.tiles:
        yield ReportSection(
            key="boroughs",
            heading="Boroughs at a glance",
            stream="sampled",
            words=(
                f"{index_window(edition)} The Perception Index of each borough, and whether "
                "it lies "
                f"outside what chance alone would allow around the index for {edition.city} at "
                "its number of answers. Each borough has the same room, roughly where it lies.",
            ),
            tiles=tuple(report_tile(tile) for tile in edition.tiles),
            measures=measure_links("perception_index", "funnel_standing"),
            rows=drill_down_links(edition, "answers"),
        )


def index_series_section(edition: Edition) -> Iterator[ReportSection]:
    points = edition.index_series
    if not points:
        return
    table = ReportTable(
        caption="Perception Index over time",
        head=("Week from", f"Index ({LEVEL})", "Answers"),
        rows=tuple(point_cells(point) for point in points),
        note=SMALL if any(p.estimate.status == "flagged" for p in points) else "",
    )
    yield ReportSection(
        key="index",
        heading="Perception Index over time",
        stream="sampled",
        figure=ReportChart(
            chart="index-series",
            title=f"{edition.city}, {format_dates(points[0].start, edition.end)}",
            subtitle=f"0 to 100, where higher is more confident; band: {LEVEL}. The scale does "
            "not begin at 0. Gaps are withheld; hollow points rest on fewer than 100 respondents.",
            table=table,
        ),
        measures=measure_links("perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def point_cells(point: SeriesPoint) -> tuple[ReportCell, ...]:
    return (ReportCell(format_short_day(point.start)), *estimate_cells(point.estimate))


def by_borough_section(edition: Edition) -> Iterator[ReportSection]:
    """Each borough by the small-area model where there is one, else its own answers."""
    if edition.small_areas:
        yield from small_areas_section(edition)
    else:
        yield from index_by_borough_section(edition)


def index_by_borough_section(edition: Edition) -> Iterator[ReportSection]:
    if not edition.index:
        return
    names = area_namer(edition)
    rows = sorted(edition.index, key=lambda one: (one.domain != edition.city, names(one.domain)))
    yield ReportSection(
        key="index-by-borough",
        heading="Perception Index by borough",
        stream="sampled",
        figure=ReportChart(
            chart="index-by-area",
            title="Each borough with its interval, ordered by name",
            subtitle=f"{index_window(edition)} Dot: index; bar: {LEVEL}; dashed line: "
            f"{edition.city}. Where two bars overlap, the order of two boroughs is not known.",
            open=True,
            table=ReportTable(
                caption="Perception Index by borough",
                head=("Borough", f"Index ({LEVEL})", "Answers"),
                rows=tuple((ReportCell(names(one.domain)), *estimate_cells(one)) for one in rows),
                note=SMALL if any(one.status == "flagged" for one in rows) else "",
            ),
        ),
        measures=measure_links("perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def small_areas_section(edition: Edition) -> Iterator[ReportSection]:
    names = area_namer(edition)
    found = sorted(edition.small_areas, key=lambda one: names(one.domain))
    if not found:
        return
    yield ReportSection(
        key="small-areas",
        heading="Perception Index by borough",
        stream="sampled",
        words=(
            f"{MODEL} It stands beside the borough's own answers, and pulls the more the fewer "
            "these are.",
        ),
        figure=ReportChart(
            chart="small-areas",
            title="Each borough's own answers beside the model, ordered by name",
            subtitle=f"{index_window(edition)} Filled dot and bar: model, {LEVEL}; ring: own "
            "answers; "
            f"dashed line: {edition.city}.",
            open=True,
            table=ReportTable(
                caption="Perception Index by borough, own answers and model",
                head=("Borough", "Model", "Own answers", "Answers", "Own part"),
                rows=tuple(
                    (ReportCell(names(one.domain)), *small_area_cells(one)) for one in found
                ),
                note=f"All with their {LEVEL}. Own part: how far its own answers count.",
            ),
        ),
        measures=measure_links("small_area", "perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def small_area_cells(one: SmallAreaEstimate) -> tuple[ReportCell, ...]:
    if one.value is None:
        return (text_cell("withheld"), *estimate_cells(one.direct), text_cell("withheld"))
    model = f"{format_number(one.value)} ({format_interval(one.low, one.high)})"
    return (
        ReportCell(model),
        *estimate_cells(one.direct),
        text_cell(format_share_interval(one.own, None, None)),
    )


def index_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.index:
        yield estimate_row("index", periods.index, "perception index", one)
    for point in edition.index_series:
        yield estimate_row("index series", str(point.start), "perception index", point.estimate)


def small_area_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    table, period = "small areas", periods.index
    for one in edition.small_areas:
        yield estimate_row(table, period, "perception index, own answers", one.direct)
        key = table, period, one.domain, "sampled", "perception index, model"
        own = "" if one.own is None else f"; own part {one.own:.2f}"
        yield bounded_row(key, one.direct.n, (one.value, one.low, one.high), f"Fay-Herriot{own}")


def tile_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for tile in edition.tiles:
        key = "standing", periods.index, tile.area, "sampled", f"standing of {tile.name}"
        hidden = tile.standing == "withheld"
        yield *key, None, tile.value, None, None, tile.standing, "withheld" if hidden else "shown"


def index_charts(edition: Edition) -> NamedCharts:
    if any(point.estimate.value is not None for point in edition.index_series):
        yield "index-series", series_chart(edition)
    # A month shows the model instead of own answers, and no chart is drawn without its section.
    if edition.kind == "monthly" and any(one.value is not None for one in edition.small_areas):
        yield "small-areas", small_area_chart(edition)
    elif any(one.value is not None for one in edition.index):
        yield "index-by-area", area_chart(edition)


def series_chart(edition: Edition) -> charts.LineChart:
    return charts.LineChart(
        title="Perception Index over time",
        description=series_in_words(edition.index_series, edition.marks),
        points=tuple(
            charts.LinePoint(
                start=point.start,
                value=point.estimate.value,
                low=point.estimate.low,
                high=point.estimate.high,
                n=point.estimate.n,
                flagged=point.estimate.status == "flagged",
            )
            for point in edition.index_series
        ),
        marks=edition.marks,
        wide=edition.kind == "monthly",
    )


def series_in_words(points: Sequence[SeriesPoint], marks: Sequence[SeriesMark]) -> str:
    """The chart in words: its first, last, lowest and highest values."""
    # index_charts asks for this chart only where a point is known.
    known = [point for point in points if point.estimate.value is not None]
    first, last = known[0], known[-1]
    low = min(known, key=lambda point: point.estimate.value or 0)
    high = max(known, key=lambda point: point.estimate.value or 0)
    said = [
        f"From {level_in_words(first)} to {level_in_words(last)}, 95 % interval "
        f"{format_interval(last.estimate.low, last.estimate.high)}.",
        f"Lowest: {level_in_words(low)}. Highest: {level_in_words(high)}.",
        *[f"{mark.label}: {format_day(mark.day)}." for mark in marks],
        "The table below holds every figure.",
    ]
    return " ".join(said)


def level_in_words(point: SeriesPoint) -> str:
    return f"{format_number(point.estimate.value or 0)} ({format_day(point.start)})"


def area_chart(edition: Edition) -> charts.DotChart:
    """The chart of each borough's own answers, in order of name, because it is not a ranking."""
    names = area_namer(edition)
    city = next((one for one in edition.index if one.domain == edition.city), None)
    rows = [
        charts.DotRow(names(one.domain), one.value, one.low, one.high, one.status == "flagged")
        for one in edition.index
        if one.domain != edition.city
    ]
    shown = sum(one.value is not None for one in rows)
    return charts.DotChart(
        title="Perception Index by borough, ordered by name",
        description=(
            f"{shown} of {len(rows)} boroughs are shown, each with its 95 % interval; "
            "the others are withheld. The table holds every figure."
        ),
        rows=tuple(sorted(rows, key=lambda one: one.name)),
        line=city_line(city),
        step=20,
    )


def small_area_chart(edition: Edition) -> charts.DotChart:
    """The chart of small areas: the model as a dot on its interval, joined to a ring for the area's
    own answers.
    """
    names = area_namer(edition)
    city = next((one for one in edition.index if one.domain == edition.city), None)
    rows = [
        charts.DotRow(names(one.domain), one.value, one.low, one.high, second=one.direct.value)
        for one in edition.small_areas
    ]
    shown = [one for one in rows if one.value is not None]
    both = sum(one.second is not None for one in shown)
    return charts.DotChart(
        title="Each borough's own answers beside the model, ordered by name",
        description=(
            f"{len(shown)} of {len(rows)} boroughs are shown by the model, {both} also by "
            "their own answers; the others are withheld. The table holds every figure."
        ),
        rows=tuple(sorted(rows, key=lambda one: one.name)),
        line=city_line(city),
        labels=AREA_LABELS,
        step=20,
        rings=True,
    )
