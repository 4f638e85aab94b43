"""On whom force was used, and what a ratio cannot show."""

from collections.abc import Iterator

from analysis.statistics.rates.disproportionality import CANNOT_SHOW
from api.editions import charts
from api.editions.cells import (
    LEVEL,
)
from api.editions.charts import NamedCharts
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    figure_row,
)
from api.formatting import (
    WITHHELD,
    benchmark_name,
    category_name,
    dimension_name,
    format_count,
    format_dates,
    format_number,
    format_range,
    format_ratio,
    format_share,
    format_share_interval,
)
from survey.editions.chapters.disparities import EditionDisparity, FiredShare
from survey.editions.edition import Edition

CANNOT = (
    "A ratio cannot show why. Residents are not the people whom police met, and whom police meet "
    "is not left to chance."
)
WHAT = {"device": "Recorded use", "force": "Recorded force of any kind"}


def disparity_sections(edition: Edition) -> Iterator[ReportSection]:
    found = edition.disparities
    if not found:
        return
    yield ReportSection(
        key="disparities",
        heading="On whom force was used",
        words=(CANNOT, *unknown_notes(found)),
        points=edition.disparity_caveats,
        measures=measure_links("disparity_ratio"),
    )
    for dimension in dict.fromkeys(one.dimension for one in found):
        yield dimension_section(dimension, [one for one in found if one.dimension == dimension])


def unknown_notes(found: tuple[EditionDisparity, ...]) -> Iterator[str]:
    for dimension in dict.fromkeys(one.dimension for one in found):
        shares = [one.unknown for one in found if one.dimension == dimension and one.unknown]
        if shares:
            yield (
                f"Not recorded: {dimension_name(dimension)}, in {format_share(max(shares))} "
                "of uses. "
                "The last column holds the ratio if all of those were of the reference group, and "
                "if all were of this one."
            )


def dimension_section(dimension: str, rows: list[EditionDisparity]) -> ReportSection:
    name, first = dimension_name(dimension), rows[0]
    chart, what = f"disparities-{dimension}", WHAT[first.what]
    title = f"{what} by {name}, against {category_name(first.reference)}"
    since = (
        "" if first.since is None or first.until is None else format_dates(first.since, first.until)
    )
    return ReportSection(
        key=chart,
        heading=f"{what} by {name}",
        level=3,
        figure=ReportChart(
            chart=chart,
            title=title,
            subtitle=f"{since}{'. ' if since else ''}Dot: ratio; bar: {LEVEL}; the line at 1 is an "
            "equal rate, and each step of the scale doubles.",
            table=ratio_table(title, rows),
        ),
        tables=(count_table(f"{what} by {name}: counts", rows),),
    )


def ratio_table(title: str, rows: list[EditionDisparity]) -> ReportTable:
    """The ratios as a table; with a column adjusted for age if publishers give age and group
    together.
    """
    aged = any(one.adjusted for one in rows)
    ages = ("At equal ages",) if aged else ()
    return ReportTable(
        caption=title,
        head=("Group, benchmark", "Ratio", "Exact limits", *ages, "If unknowns were"),
        rows=tuple(
            (
                ReportCell(f"{category_name(one.group)}, {benchmark_name(one.benchmark)}"),
                text_cell(format_ratio(one.shown.value, one.shown.low, one.shown.high)),
                limits_cell(one.exact.low, one.exact.high),
                *((adjusted_cell(one),) if aged else ()),
                limits_cell(*one.tipping),
            )
            for one in rows
        ),
        note=benchmark_note(rows),
    )


def benchmark_note(rows: list[EditionDisparity]) -> str:
    """A note on what these benchmarks cannot show."""
    benchmarks = dict.fromkeys(one.benchmark for one in rows)
    words = "; ".join(CANNOT_SHOW[one] for one in benchmarks if one in CANNOT_SHOW)
    return f"{words[:1].upper()}{words[1:]}; this does not show why." if words else ""


def adjusted_cell(one: EditionDisparity) -> ReportCell:
    found = one.adjusted
    if found is None:
        return text_cell(WITHHELD)
    return text_cell(format_ratio(found.value, found.low, found.high))


def limits_cell(low: float | None, high: float | None) -> ReportCell:
    if low is None or high is None:
        return text_cell(WITHHELD)
    return ReportCell(format_range(f"{low:.2f}", f"{high:.2f}"))


def count_table(caption: str, rows: list[EditionDisparity]) -> ReportTable:
    return ReportTable(
        caption=caption,
        head=("Group, benchmark", "Uses", "Benchmark", "Per 10,000"),
        rows=tuple(
            (
                ReportCell(f"{category_name(one.group)}, {benchmark_name(one.benchmark)}"),
                text_cell(format_count(one.events)),
                ReportCell(format_number(one.people, "#,##0", places=0)),
                text_cell(WITHHELD)
                if one.per_10_000 is None
                else ReportCell(format_number(one.per_10_000, "#,##0.00", places=2)),
            )
            for one in rows
        ),
    )


def fired_sections(edition: Edition) -> Iterator[ReportSection]:
    for dimension in dict.fromkeys(one.dimension for one in edition.fired):
        name = dimension_name(dimension)
        rows = [one for one in edition.fired if one.dimension == dimension]
        yield ReportSection(
            key=f"fired-{dimension}",
            heading=f"Fired, of those on whom it was drawn, by {name}",
            level=3,
            words=("This needs no count of residents. On whom it is drawn is itself a decision.",),
            tables=(
                ReportTable(
                    caption=f"Fired, of those on whom it was drawn, by {name}",
                    head=("Group", "Drawn or more", "Fired", f"Share ({LEVEL})", "p"),
                    rows=tuple(
                        (ReportCell(category_name(one.group)), *fired_cells(one)) for one in rows
                    ),
                    note="p: Fisher's exact test against the reference, which has none.",
                ),
            ),
            measures=measure_links("fired_given_drawn"),
        )


def fired_cells(one: FiredShare) -> tuple[ReportCell, ...]:
    return (
        text_cell(format_count(one.drawn)),
        text_cell(format_count(one.fired)),
        text_cell(format_share_interval(one.share, one.low, one.high)),
        ReportCell("") if one.p is None else ReportCell(f"{one.p:.2f}"),
    )


def disparity_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for one in edition.disparities:
        yield from ratio_rows(one, periods.rates)
    for shots in edition.fired:
        yield fired_row(shots, periods.rates)


def ratio_rows(one: EditionDisparity, period: str) -> Iterator[ExportRow]:
    table = f"disparities: {one.dimension} per {one.benchmark}"
    measure = f"ratio to {one.reference}"
    for method, found in (("mid-P", one.shown), ("exact", one.exact), ("equal ages", one.adjusted)):
        if found is not None:
            key = table, period, one.group, "", measure
            figure = found.value, found.low, found.high
            yield bounded_row(key, one.events, figure, f"{method}; {one.code}")
    low, high = one.tipping
    bounds = table, period, one.group, "", f"{measure} if unknowns were its or the reference's"
    known = low is not None and high is not None
    yield *bounds, one.events, None, low, high, "", "shown" if known else "withheld"
    yield figure_row(table, period, one.group, "per 10,000", one.per_10_000)
    yield figure_row(table, period, one.group, "benchmark", one.people)
    yield figure_row(table, period, one.reference, "events of the reference", one.reference_events)
    yield figure_row(table, period, one.group, "share not recorded", one.unknown)


def fired_row(one: FiredShare, period: str) -> ExportRow:
    key = f"fired given drawn: {one.dimension}", period, one.group, "", "share"
    p = "" if one.p is None else f"; p {one.p:.3f}"
    method = f"Wilson; fired {one.fired}{p}" if one.fired is not None else "Wilson"
    return bounded_row(key, one.drawn, (one.share, one.low, one.high), method)


def disparity_charts(edition: Edition) -> NamedCharts:
    for dimension in dict.fromkeys(one.dimension for one in edition.disparities):
        mine = [one for one in edition.disparities if one.dimension == dimension]
        if any(one.shown.value for one in mine):
            yield f"disparities-{dimension}", ratio_chart(mine, dimension)


def ratio_chart(rows: list[EditionDisparity], dimension: str) -> charts.RatioChart:
    found = [
        charts.RatioRow(
            name=f"{category_name(one.group)}, {benchmark_name(one.benchmark)}",
            kind=one.benchmark,
            value=one.shown.value,
            low=one.shown.low,
            high=one.shown.high,
        )
        for one in rows
    ]
    return charts.RatioChart(
        title=f"Recorded use by {dimension_name(dimension)}, as ratios",
        description=" ".join(f"{one.name}: {ratio_in_words(one)}." for one in found),
        rows=tuple(found),
    )


def ratio_in_words(one: charts.RatioRow) -> str:
    if one.value is None:
        return "withheld"
    limits = "" if one.low is None else f", {one.low:.2f} to {one.high:.2f}"
    return f"{one.value:.2f} times{limits}"
