"""Deployments of every month that is known, and the city's trends with the season taken out."""

from collections.abc import Iterator

from analysis.statistics import rates
from api.editions import charts
from api.editions.chapters.titles import titled_chart
from api.editions.charts import NamedCharts, event_notes, marks_between
from api.editions.report import ReportSection, drill_down_links, measure_links
from api.editions.rows import ExportRow, Periods, bounded_row, words_row
from api.editions.tables import Column, DeclaredTable, Row
from api.locales import edition_gettext as _
from api.locales import format_change, format_dates, format_month, format_range, format_whole
from survey.editions import Edition
from survey.editions.figures import MonthlyDeployments, SeasonalTrend, TrendMeasure
from survey.sentences import N_

FEWEST_MONTHS = 24
MONTHS = N_("Deployments by month")
ROSE = N_(
    "{what}: with the season taken out, a rise of about {change} a year ({dates}; 95% interval "
    "{interval} a year)."
)
FELL = N_(
    "{what}: with the season taken out, a fall of about {change} a year ({dates}; 95% interval "
    "{interval} a year)."
)
NO_TREND = N_(
    "{what}: with the season taken out, no clear trend ({dates}; 95% interval {interval} a year)."
)
NAMES: dict[TrendMeasure, str] = {
    "deployments": N_("Deployments"),
    "complaints": N_("Complaints"),
    "index": N_("Perception index, from monthly reports"),
}
SHORT = N_("{what}: too early for a trend. It needs {fewest} months; known so far: {n}.")
NO_SEASON = N_(
    "{what}: no trend. One calendar month had none in any year, so the season cannot be taken out."
)
FEW = N_("{what}: too few a month for a trend.")


def trend_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.trends:
        yield ReportSection(
            key="trends",
            heading=_("Trend with the season taken out"),
            words=tuple(trend_sentence(trend) for trend in edition.trends),
            measures=measure_links("seasonal_trend"),
        )


def trend_sentence(trend: SeasonalTrend) -> str:
    """The trend in one sentence, or why there is none."""
    if trend.reason == "short":
        return _(SHORT).format(
            what=_(NAMES[trend.measure]), n=format_whole(trend.months), fewest=FEWEST_MONTHS
        )
    if trend.change is None or trend.low is None or trend.high is None:
        message = NO_SEASON if trend.reason == "fit" else FEW
        return _(message).format(what=_(NAMES[trend.measure]))
    message = ROSE if trend.low > 0 else FELL if trend.high < 0 else NO_TREND
    unit = _("{n} points") if trend.measure == "index" else "{n}%"
    return _(message).format(
        what=_(NAMES[trend.measure]),
        change=unit.format(n=format_change(abs(trend.change)).lstrip("+")),
        dates=format_dates(trend.first, trend.last),
        interval=format_range(*(unit.format(n=format_change(x)) for x in (trend.low, trend.high))),
    )


def months_section(edition: Edition) -> Iterator[ReportSection]:
    """The city's deployments month by month, as their publisher has released them."""
    months = edition.monthly_deployments
    if months is None:
        return
    first, last = months.starts[0], months.starts[-1]
    points = [*month_points(months, edition.city)]
    yield ReportSection(
        key="months",
        heading=_(MONTHS),
        figure=titled_chart(
            edition,
            "months",
            f"{_(MONTHS)}, {edition.city}",
            _(
                "{months}. Deployments in the boroughs, exactly as published: {source}. Band: 95% "
                "interval of chance. The scale does not begin at 0."
            ).format(
                months=format_range(format_month(first), format_month(last)),
                source=edition.as_published,
            ),
            months_table(months, edition.city).page,
        ),
        words=(
            charts.line_in_words(points, format_whole, format_month),
            *event_notes(edition.marks, first, edition.end),
        ),
        measures=measure_links("uses"),
        rows=drill_down_links(edition, "deployments"),
    )


def months_table(months: MonthlyDeployments, domain: str) -> DeclaredTable:
    return DeclaredTable(
        _(MONTHS),
        _("Month"),
        (Column(_("Deployments"), "deployments", format_whole),),
        [
            Row(format_month(day), ("deployments by month", str(day), domain, ""), (count,))
            for area in months.areas
            if area.domain == domain
            for day, count in zip(months.starts, area.counts, strict=True)
        ],
    )


def month_points(deployments: MonthlyDeployments, domain: str) -> Iterator[charts.LinePoint]:
    """The months of a place, each with the interval that chance alone gives its count."""
    for area in deployments.areas:
        if area.domain == domain:
            for start, count in zip(deployments.starts, area.counts, strict=True):
                few = count < rates.BYAR_FROM
                low, high = (rates.exact_limits if few else rates.byar_limits)(count)
                yield charts.LinePoint(
                    start, float(count), low, high, None, flagged=False, row=format_month(start)
                )


def trend_charts(edition: Edition) -> NamedCharts:
    yield from month_charts(edition, edition.city)


def month_charts(edition: Edition, domain: str) -> NamedCharts:
    """The months of a place as a line, if there are enough of them."""
    months = edition.monthly_deployments
    points = tuple(month_points(months, domain)) if months else ()
    if months and len(points) >= charts.FEWEST_POINTS:
        yield (
            "months",
            charts.LineChart(
                title=_(MONTHS),
                description=charts.line_description(points, format_whole),
                points=points,
                end=charts.line_end(points, format_whole),
                marks=marks_between(edition.marks, months.starts[0], edition.end),
                wide=True,
            ),
        )


def trend_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for trend in edition.trends:
        period = f"{trend.first}/{trend.last}"
        unit = "points a year" if trend.measure == "index" else "per cent a year"
        if trend.reason:
            yield words_row("trends", period, edition.city, trend.measure, trend_sentence(trend))
        else:
            key = "trends", period, edition.city, "", f"{trend.measure}, {unit}"
            limits = trend.change, trend.low, trend.high
            yield bounded_row(key, trend.months, limits, "season taken out")
    months = edition.monthly_deployments
    if months is None:
        return
    for area in months.areas:
        yield from months_table(months, area.domain).export()
