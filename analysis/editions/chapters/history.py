"""The figures of boroughs, themes and questions as the reports before printed them, then as this
edition prints them.

The gate reads editions that have passed it, and nothing else: a past figure is taken over as it was
printed, so that no history tells more than its reports did. It changes only with a corrected
edition of its own period, which has passed the gate by itself.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from analysis.disclosure import complaints_window, index_window, text_days, uses_window
from analysis.disclosure.gates import treatments
from analysis.editions.chapter import Chapter, GateStep
from survey.editions import Edition
from survey.editions.figures import Estimate, FigureSeries, PrintedReport, Rate, ReportHistory
from survey.editions.texts import ThemeShare, counted_once, counts_differ

MOST_REPORTS = 13
# What the gate of later editions needs of an edition besides its counts.
PRINTED_FIELDS = ("index", "agreement", "reading")
STREAMS = ("sampled", "open")
BADLY_READ = ("dropped", "below")  # no page prints themes that were read so badly
Printed = Estimate | Rate | ThemeShare


def gated_history(step: GateStep) -> ReportHistory | None:
    """The history up to this edition; None if no report came before it."""
    before = [
        edition
        for edition in step.current
        if edition.kind == step.gated.kind
        and edition.start < step.gated.start
        # Files of case figures and panels' reports are counts without an edition of their own.
        and edition.method_version
    ]
    past = sorted(before, key=lambda edition: edition.start)[1 - MOST_REPORTS :]
    return history_of([*past, step.gated]) if past else None


def history_of(editions: Sequence[Edition]) -> ReportHistory:
    """The figures that these editions print, in one series for each place, theme and question."""
    printed = [
        {series: figure for series, figure in printed_figures(edition)} for edition in editions
    ]
    every = dict.fromkeys(series for figures in reversed(printed) for series in figures)
    return ReportHistory(
        reports=tuple(map(printed_report, editions)),
        series=tuple(
            with_points(series, [figures.get(series) for figures in printed]) for series in every
        ),
    )


def printed_report(edition: Edition) -> PrintedReport:
    return PrintedReport(
        start=edition.start,
        end=edition.end,
        number=edition.number,
        index=index_window(edition),
        deployments=uses_window(edition),
        complaints=complaints_window(edition),
        texts=text_days(edition),
    )


def printed_figures(edition: Edition) -> Iterator[tuple[FigureSeries, Printed]]:
    """The figures of an edition that has passed the gate, each with its series, still empty."""
    for estimate in edition.index:
        yield FigureSeries(measure="index", domain=estimate.domain), estimate
    for rate in edition.deployments:
        yield FigureSeries(measure="deployments", domain=rate.domain), rate
    for rate in edition.complaints:
        yield FigureSeries(measure="complaints", domain=rate.domain), rate
    for theme in edition.themes if edition.reading not in BADLY_READ else ():
        if theme.domain == edition.city and theme.stream in STREAMS:
            series = FigureSeries(
                measure="theme", domain=edition.city, stream=theme.stream, of=theme.theme
            )
            yield series, first_figures(theme)
    for answers in edition.agreement:
        series = FigureSeries(measure="question", domain=edition.city, of=answers.item)
        yield series, answers.agree


def first_figures(theme: ThemeShare) -> ThemeShare:
    """The figures of a theme that are printed first: each campaign counts once. Texts of people who
    wrote in have a share only if labels have corrected it.
    """
    first = counted_once(theme) if counts_differ([theme]) else theme
    return first if first.stream == "sampled" or first.corrected else replace(first, share=None)


def with_points(series: FigureSeries, figures: Sequence[Printed | None]) -> FigureSeries:
    """The series with a point for each report; one without the figure has a point of blanks."""
    points = [(None,) * 4 if figure is None else point_of(figure) for figure in figures]
    counts, values, low, high = zip(*points, strict=True)
    return replace(series, counts=counts, values=values, low=low, high=high)


def point_of(figure: Printed) -> tuple[int | None, float | None, float | None, float | None]:
    """The count, the value and its limits."""
    match figure:
        case Estimate():
            return figure.n, figure.value, figure.low, figure.high
        case Rate():
            return figure.events, figure.per_10_000, figure.low, figure.high
    if figure.share is None:
        return figure.texts, None, None, None
    return figure.texts, figure.share, figure.low, figure.high


CHAPTER = Chapter(
    name="history",
    gates={"history": gated_history},
    structs={
        ReportHistory: treatments(plain="reports", gated="series"),
        PrintedReport: treatments(plain="start end number index deployments complaints texts"),
        FigureSeries: treatments(plain="measure domain stream of", gated="counts values low high"),
    },
)
