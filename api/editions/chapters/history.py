"""What the reports before this one printed of the city, each borough, theme and question."""

from collections.abc import Iterator

from api.editions.report import ReportCell, ReportSection, ReportTable, measure_links, text_cell
from api.editions.rows import ExportRow, Periods, label_of_period
from api.locales import edition_gettext as _
from api.locales import format_count, format_interval, format_number
from survey.editions import Edition
from survey.editions.figures import FigureSeries, HistoryMeasure, ReportHistory
from survey.sentences import N_

CITY_MEASURES: dict[HistoryMeasure, str] = {
    "index": N_("Perception index (95% interval)"),
    "deployments": N_("Deployments"),
    "complaints": N_("Complaints"),
}
UNITS: dict[HistoryMeasure, str] = {
    "index": "mean",
    "deployments": "per 10,000 residents",
    "complaints": "per 10,000 residents",
    "theme": "share of texts: {of}",
    "question": "per cent who agree: {of}",
}


def history_section(edition: Edition) -> Iterator[ReportSection]:
    """The city's figures in each report of the history, the newest first."""
    history = edition.history
    if history is None:
        return
    columns = [
        (heading, series)
        for measure, heading in CITY_MEASURES.items()
        if (series := history.find(measure, edition.city))
    ]
    yield ReportSection(
        key="history",
        heading=_("What the last reports said"),
        words=(
            _(
                "Each figure is as its own report printed it. Those of every borough, theme and "
                "question are in the files of this report."
            ),
        ),
        tables=(
            ReportTable(
                caption=_("{city} in the last {n} reports").format(
                    city=edition.city, n=len(history.reports)
                ),
                head=(_("Report"), *(_(heading) for heading, _series in columns)),
                rows=tuple(
                    (
                        ReportCell(label_of_period(edition.kind, report.start)),
                        *(history_cell(series, at) for _heading, series in columns),
                    )
                    for at, report in reversed([*enumerate(history.reports)])
                ),
            ),
        )
        if columns
        else (),
        measures=measure_links("perception_index", "uses", "received"),
    )


def history_cell(series: FigureSeries, at: int) -> ReportCell:
    """An index with its interval, or a count of events."""
    value = series.values[at]
    if series.measure != "index" or value is None:
        return text_cell(format_count(None if series.measure == "index" else series.counts[at]))
    return ReportCell(
        f"{format_number(value)} ({format_interval(series.low[at], series.high[at])})"
    )


def history_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    """Every figure of earlier reports; those of this report are in its other tables."""
    history = edition.history
    for series in history.series if history else ():
        table, measure = f"history: {series.measure}", UNITS[series.measure].format(of=series.of)
        for at, period in enumerate(periods_of(history, series) if history else ()):
            count, value = series.counts[at], series.values[at]
            if (count, value) != (None, None):
                figure = count, value, series.low[at], series.high[at]
                status = "withheld" if value is None else "shown"
                key = table, period, series.domain, series.stream, measure
                yield *key, *figure, "as printed", status


def periods_of(history: ReportHistory, series: FigureSeries) -> Iterator[str]:
    """The days that the figures of a series count in each report before this one."""
    for report in history.reports[:-1]:
        first, last = {
            "deployments": report.deployments,
            "complaints": report.complaints,
            "theme": report.texts,
        }.get(series.measure, report.index)
        yield f"{first}/{last}"
