"""What the reports before this one printed of the city, each borough, theme and question, and what
became of a figure since.

There is one meaning of "before" on a page: the edition whose days end just before those of this
one begin, which is four weeks before for weekly editions and the month before for monthly ones.
"""

from collections.abc import Iterator
from typing import NamedTuple

from analysis.disclosure import ROUNDING
from api.editions.report import (
    FigureWord,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    has_before,
    label_of_period,
    page_before_label,
)
from api.locales import edition_gettext as _
from api.locales import format_count, format_interval, format_number
from survey.editions import Edition, window_before
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
# What the rule of findings says of a figure, with a sign.
CHANGE_WORDS = {
    "rose": ("▲", N_("Rose")),
    "fell": ("▼", N_("Fell")),
    "none_larger": ("=", N_("About the same")),
    "unclear": ("=", N_("No clear change")),
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


class Before(NamedTuple):
    """The value and the count of a figure before, and a key of CHANGE_WORDS, "" if nothing says
    what became of it.
    """

    was: float | None
    events: int | None
    verdict: str = ""


def figure_before(edition: Edition, measure: str, domain: str) -> Before | None:
    """An index or a rate as the edition before printed it; None if that one did not print it, or
    counted other days.
    """
    if measure == "index" and domain == edition.city:
        return index_before(edition)
    series = edition.history.find(measure, domain) if edition.history else None
    at = place_before(edition, measure)
    if series is None or at is None or series.counts[at] is None:
        return None
    return Before(series.values[at], series.counts[at], verdict_of(edition, series, at))


def index_before(edition: Edition) -> Before | None:
    """The city's index in the window before, as the first finding compares it."""
    for finding in edition.findings:
        if finding.was is not None:
            return Before(finding.was, None, finding.verdict)
    return None


def place_before(edition: Edition, measure: str) -> int | None:
    """Where the edition before stands in the history, if it counted as many days as this one or
    each counted its whole month: a count of fewer days is smaller without anything having changed.
    """
    start = window_before(edition.kind, edition.start)
    reports = edition.history.reports if edition.history else ()
    for at, report in enumerate(reports[:-1]):
        pair = report, reports[-1]
        name = "deployments" if measure == "deployments" else "complaints"
        days = [getattr(printed, name) for printed in pair]
        as_long = len({last - first for first, last in days}) == 1
        whole = days == [(printed.start, printed.end) for printed in pair]
        if report.start == start and (measure == "index" or as_long or whole):
            return at
    return None


def verdict_of(edition: Edition, series: FigureSeries, at: int) -> str:
    """Rose or fell only where the edition's own list of changes is sure of it, and never for a
    count that moved by one step of rounding.
    """
    was, now = series.counts[at], series.counts[-1]
    rounded = series.measure != "index" and not (
        series.measure == "deployments" and edition.as_published
    )
    if was is None or now is None:
        return ""
    if rounded and abs(now - was) <= ROUNDING:
        return "none_larger"
    if not has_before(edition):
        return ""
    named = ("index", "perception index", series.domain, "points")
    if series.measure != "index":
        named = ("rates", series.measure, series.domain, "per_10_000")
    for change in edition.moved:
        if (change.table, change.figure, change.domain, change.unit) == named:
            return way_of(change.low, change.high)
    # Both print the figure, and the list leaves out what moved by no more than its rounding.
    return "none_larger" if series.values[at] is not None else ""


def way_of(low: float | None, high: float | None) -> str:
    """What an interval of a change is sure of; "" without one."""
    if low is None or high is None:
        return ""
    if low > 0:
        return "rose"
    return "fell" if high < 0 else "unclear"


def verdict_word(verdict: str) -> FigureWord | None:
    sign, words = CHANGE_WORDS.get(verdict, ("", ""))
    return FigureWord(sign, _(words)) if words else None


def said_before(edition: Edition, measure: str, domain: str) -> str:
    """The figure before, with the name of that time; or that there is none to compare."""
    before = figure_before(edition, measure, domain)
    was = ""
    if before and measure == "index" and before.was is not None:
        was = format_number(before.was)
    elif before and before.events is not None:
        was = format_count(before.events)
    return f"{page_before_label(edition)}: {was or _('no figure to compare')}"
