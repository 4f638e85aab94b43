"""On whom force was used, and what a ratio cannot show."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analysis.statistics.disproportionality import NOT_WHY
from api.editions import charts
from api.editions.cells import LEVEL
from api.editions.charts import NamedCharts
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, bounded_row, figure_row
from api.locales import (
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
from api.locales import edition_gettext as _
from survey.deployments import BENCHMARKS, RESIDENTS
from survey.editions import Edition
from survey.editions.force import EditionDisparity, FiredShare, group_words
from survey.sentences import N_

CANNOT = N_(
    "A ratio does not show why: the people whom police meet are not a random choice of residents."
)
CLEAR = 0.05  # at a smaller p a group's share clearly differs from that of its reference


class ForceWords(NamedTuple):
    """The words around the table and the chart of ratios: one set for each thing that is
    counted.
    """

    heading: str
    title: str
    counts: str
    chart: str


WHAT = {
    "device": ForceWords(
        N_("Recorded use by {dimension}"),
        N_("Recorded use by {dimension}, compared with {reference}"),
        N_("Recorded use by {dimension}: counts"),
        N_("Recorded use by {dimension}, as ratios"),
    ),
    "force": ForceWords(
        N_("Recorded force of any kind by {dimension}"),
        N_("Recorded force of any kind by {dimension}, compared with {reference}"),
        N_("Recorded force of any kind by {dimension}: counts"),
        N_("Recorded force of any kind by {dimension}, as ratios"),
    ),
}


def disparity_sections(edition: Edition) -> Iterator[ReportSection]:
    disparities = edition.disparities
    if not disparities:
        return
    yield ReportSection(
        key="disparities",
        heading=_("On whom force was used"),
        words=(_(CANNOT),),
        for_statisticians=ForStatisticians(
            words=(*unknown_notes(disparities), *edition.disparity_caveats)
        ),
        measures=measure_links("disparity_ratio"),
    )
    for dimension in dict.fromkeys(disparity.dimension for disparity in disparities):
        yield dimension_section(
            dimension, [disparity for disparity in disparities if disparity.dimension == dimension]
        )


def unknown_notes(disparities: tuple[EditionDisparity, ...]) -> Iterator[str]:
    """How often a group was not recorded, and what the range with unknowns is."""
    shares: dict[str, float] = {}
    for row in disparities:
        if row.unknown:
            shares[row.dimension] = max(row.unknown, shares.get(row.dimension, 0))
    for dimension, share in shares.items():
        yield _("Not recorded: {dimension}, in {share} of uses.").format(
            dimension=dimension_name(dimension), share=format_share(share)
        )
    if shares:
        yield _(
            "The range with unknowns is the ratio if all of those were of the reference group, "
            "and if all were of this one."
        )


def dimension_section(dimension: str, rows: list[EditionDisparity]) -> ReportSection:
    named, chart, first = WHAT[rows[0].what], f"disparities-{dimension}", rows[0]
    words, values = group_words(dimension, first.reference)
    about = {
        "dimension": dimension_name(dimension),
        "reference": _(words.inside).format(**values),
    }
    title, days = _(named.title).format(**about), counted_dates(first)
    return ReportSection(
        key=chart,
        heading=_(named.heading).format(**about),
        level=3,
        period=days,
        figure=ReportChart(
            chart=chart,
            title=title,
            subtitle=" ".join((*([f"{days}."] if days else ()), *scale_notes(rows))),
            table=ratio_table(title, rows),
        ),
        for_statisticians=ForStatisticians(
            tables=(count_table(_(named.counts).format(**about), rows),)
        ),
    )


def counted_dates(disparity: EditionDisparity) -> str:
    """The days that the uses were counted over, "" if they are not known."""
    if disparity.since is None or disparity.until is None:
        return ""
    return format_dates(disparity.since, disparity.until)


def scale_notes(rows: list[EditionDisparity]) -> Iterator[str]:
    """What the marks of the chart are, and what no mark of it can show."""
    yield _(
        "How many times as often; bar: {level}. At the line at 1 it is as often; each step of the "
        "scale doubles."
    ).format(level=_(LEVEL))
    if any(row.tipping[0] is not None for row in rows):
        yield _("Thin line: range with unknowns, because some people's group was not recorded.")
    yield _(NOT_WHY)


def ratio_table(title: str, rows: list[EditionDisparity]) -> ReportTable:
    """The ratios as a table; with a column adjusted for age if residents by age and ethnicity
    were imported.
    """
    aged = any(row.adjusted for row in rows)
    ages = (_("At equal ages"),) if aged else ()
    benchmarks = dict.fromkeys(row.benchmark for row in rows)
    caveats = [
        BENCHMARKS[benchmark].cannot_show for benchmark in benchmarks if benchmark in BENCHMARKS
    ]
    return ReportTable(
        caption=title,
        head=(
            _("Group, benchmark"),
            _("Ratio ({level})").format(level=_(LEVEL)),
            _("Range with unknowns"),
            *ages,
        ),
        rows=tuple(
            (
                ReportCell(compared_group(row)),
                text_cell(format_ratio(row.shown.value, row.shown.low, row.shown.high)),
                limits_cell(*row.tipping),
                *((adjusted_cell(row),) if aged else ()),
            )
            for row in rows
        ),
        note=" ".join(map(_, (*caveats, NOT_WHY))) if caveats else "",
    )


def compared_group(disparity: EditionDisparity) -> str:
    """The group and what it is compared by: Black, per resident."""
    return _("{group}, {benchmark}").format(
        group=category_name(disparity.group), benchmark=benchmark_name(disparity.benchmark)
    )


def adjusted_cell(disparity: EditionDisparity) -> ReportCell:
    ratio = disparity.adjusted
    if disparity.benchmark != RESIDENTS:
        return ReportCell("")
    if ratio is None:
        return text_cell(WITHHELD)
    return text_cell(format_ratio(ratio.value, ratio.low, ratio.high))


def limits_cell(low: float | None, high: float | None) -> ReportCell:
    if low is None or high is None:
        return text_cell(WITHHELD)
    return ReportCell(two_places(low, high))


def two_places(low: float, high: float) -> str:
    return format_range(f"{low:.2f}", f"{high:.2f}")


def count_table(caption: str, rows: list[EditionDisparity]) -> ReportTable:
    return ReportTable(
        caption=caption,
        head=(_("Group, benchmark"), _("Uses"), _("Benchmark"), _("Per 10,000")),
        rows=tuple(
            (
                ReportCell(compared_group(row)),
                text_cell(format_count(row.events)),
                ReportCell(format_number(row.people, "#,##0", places=0)),
                text_cell(WITHHELD)
                if row.per_10_000 is None
                else ReportCell(format_number(row.per_10_000, "#,##0.00", places=2)),
            )
            for row in rows
        ),
    )


def fired_section(edition: Edition) -> Iterator[ReportSection]:
    """How often a drawn device was fired, by group: in a sentence, with the shares below it."""
    groups: dict[str, list[FiredShare]] = {}
    for share in edition.fired:
        groups.setdefault(share.dimension, []).append(share)
    if groups:
        yield ReportSection(
            key="fired",
            heading=_("Fired at, of people it was drawn on"),
            level=3,
            words=(
                " ".join(fired_sentence(dimension, rows) for dimension, rows in groups.items()),
                _("This needs no count of residents. But officers also decide whom to draw it on."),
            ),
            for_statisticians=ForStatisticians(
                tables=tuple(fired_table(dimension, rows) for dimension, rows in groups.items())
            ),
            measures=measure_links("fired_given_drawn"),
        )


def fired_sentence(dimension: str, rows: Sequence[FiredShare]) -> str:
    """Which groups it was clearly fired at more or less often than at the first, if any."""
    clear = [row for row in rows if row.p is not None and row.p < CLEAR]
    if all(row.p is None for row in rows):
        message = _("By {dimension}, there are too few uses to compare groups.")
    elif clear:
        message = _("By {dimension}, the share for {first} clearly differs from that for {groups}.")
    else:
        message = _("By {dimension}, no group clearly differs.")
    first, *groups = (
        f"{category_name(row.group)} ({format_share(row.share or 0)})" for row in (rows[0], *clear)
    )
    return message.format(
        dimension=dimension_name(dimension), first=first, groups=", ".join(groups)
    )


def fired_table(dimension: str, rows: Sequence[FiredShare]) -> ReportTable:
    return ReportTable(
        caption=_("Fired at, of people it was drawn on, by {dimension}").format(
            dimension=dimension_name(dimension)
        ),
        head=(
            *(_("Group"), _("Drawn or more"), _("Fired")),
            *(_("Share ({level})").format(level=_(LEVEL)), "p"),
        ),
        rows=tuple(
            (
                ReportCell(category_name(row.group)),
                text_cell(format_count(row.drawn)),
                text_cell(format_count(row.fired)),
                text_cell(format_share_interval(row.share, row.low, row.high)),
                ReportCell("" if row.p is None else f"{row.p:.2f}"),
            )
            for row in rows
        ),
        note=_(
            "p: Fisher's exact test, compared with the first group. It allows for the number of "
            "groups compared (Holm)."
        ),
    )


def disparity_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for disparity in edition.disparities:
        yield from ratio_rows(disparity, group_days(disparity, periods))
    for shots in edition.fired:
        key = (
            f"fired given drawn: {shots.dimension}",
            group_days(shots, periods),
            shots.group,
            "",
            "share",
        )
        p = "" if shots.p is None else f"; p {shots.p:.3f}"
        method = f"Wilson; fired {shots.fired}{p}" if shots.fired is not None else "Wilson"
        yield bounded_row(key, shots.drawn, (shots.share, shots.low, shots.high), method)


def group_days(figure: EditionDisparity | FiredShare, periods: Periods) -> str:
    """The days of counts by group, as first/last; the window of the rates if they are unknown."""
    known = figure.since is not None and figure.until is not None
    return f"{figure.since}/{figure.until}" if known else periods.rates


def ratio_rows(disparity: EditionDisparity, period: str) -> Iterator[ExportRow]:
    table = f"disparities: {disparity.dimension} per {disparity.benchmark}"
    measure = f"ratio to {disparity.reference}"
    for method, ratio in (
        ("mid-P", disparity.shown),
        ("exact", disparity.exact),
        ("equal ages", disparity.adjusted),
    ):
        if ratio is not None:
            key = table, period, disparity.group, "", measure
            figure = ratio.value, ratio.low, ratio.high
            yield bounded_row(key, disparity.events, figure, f"{method}; {disparity.code}")
    low, high = disparity.tipping
    bounds = (
        table,
        period,
        disparity.group,
        "",
        f"{measure} if unknowns were its or the reference's",
    )
    known = low is not None and high is not None
    yield *bounds, disparity.events, None, low, high, "", "shown" if known else "withheld"
    yield figure_row(table, period, disparity.group, "per 10,000", disparity.per_10_000)
    yield figure_row(table, period, disparity.group, "benchmark", disparity.people)
    yield figure_row(
        table, period, disparity.reference, "events of the reference", disparity.reference_events
    )
    yield figure_row(table, period, disparity.group, "share not recorded", disparity.unknown)


def disparity_charts(edition: Edition) -> NamedCharts:
    for dimension in dict.fromkeys(disparity.dimension for disparity in edition.disparities):
        mine = [disparity for disparity in edition.disparities if disparity.dimension == dimension]
        if any(row.shown.value for row in mine):
            yield f"disparities-{dimension}", ratio_chart(mine, dimension)


def ratio_chart(rows: list[EditionDisparity], dimension: str) -> charts.RatioChart:
    ratios = [
        charts.RatioRow(
            name=compared_group(row),
            kind=row.benchmark,
            value=row.shown.value,
            low=row.shown.low,
            high=row.shown.high,
            least=row.tipping[0],
            most=row.tipping[1],
        )
        for row in rows
    ]
    return charts.RatioChart(
        title=_(WHAT[rows[0].what].chart).format(dimension=dimension_name(dimension)),
        description=" ".join(map(ratio_in_words, ratios)),
        rows=tuple(ratios),
    )


def ratio_in_words(row: charts.RatioRow) -> str:
    if row.value is None:
        return _("{name}: withheld.").format(name=row.name)
    value = f"{row.value:.2f}"
    if row.low is None or row.high is None:
        return _("{name}: {value} times.").format(name=row.name, value=value)
    said = {"name": row.name, "value": value, "limits": two_places(row.low, row.high)}
    if row.least is None or row.most is None:
        return _("{name}: {value} times, {limits}.").format(**said)
    return _("{name}: {value} times, {limits}; with unknowns {range}.").format(
        **said, range=two_places(row.least, row.most)
    )
