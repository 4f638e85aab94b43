"""The findings and alerts of an edition, next to the truth: what was found that is not so."""

import datetime
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import anyio.to_thread

from analysis.disclosure import index_window
from analysis.editions import gate
from analysis.editions.inputs import index_windows
from api.editions.chapters.handling import STATEMENTS
from api.editions.rows import period_label, with_window_starts
from demo import complaints
from demo.simulation import comparisons
from demo.simulation.true_figures import (
    Days,
    PlantedTruth,
    SaidInterval,
    Subject,
    TrueFigures,
    TruthRow,
    Verdict,
    VerdictCounts,
    count_verdicts,
    interval_row,
    load_truth,
    silent_row,
    statement_row,
)
from survey.editions import Edition, SafeEdition
from survey.editions.actions import Alert
from survey.editions.caseload import HANDLING_GROUPS, POINTS
from survey.editions.force import EditionDisparity
from survey.store import editions
from survey.store.database import Database

ORDER = ("false", "misses", "right", "holds", "silent")
MOST_EDITIONS = 20
Period = tuple[str, datetime.date]
CLOSED_CHAPTER = "People whose case was closed"
TRIAL_CHAPTER = "The trial over its whole life"
CHAPTER = "Findings and alerts"
ONE_DAY = datetime.timedelta(days=1)
NOTHING = "Nothing of the kind was planted"
# Alerts of what the simulation never does.
NEVER_PLANTED = {
    *("index_signal", "deployments_range", "complaints_limit"),
    *("feed_deployments", "feed_answers", "few_answers", "unraked", "unequal_weights"),
}
PLANTED = {"burst": "One letter was sent by 40 people", "under_18": "Some uses are on children"}
GAPS = ("By age,", "By ethnicity,", "The perception index was lower for ")
DEPLOYMENT_RANGES = ("No deployment was recorded in the period", "About {events} deployments")
AREAS_OUTSIDE = "Of {known} boroughs"


def compare_edition(edition: Edition, planted: PlantedTruth) -> tuple[TruthRow, ...]:
    """One row for each statement of the edition."""
    figures = TrueFigures(planted)
    if edition.kind == "outcome":
        return (
            *comparisons.ledger_rows(edition, figures),
            *trial_rows(edition, figures),
        )
    return (
        *statement_rows(edition, figures),
        *comparisons.answer_rows(edition, figures),
        *comparisons.text_rows(edition, figures),
        *comparisons.police_rows(edition, figures),
        *comparisons.encounter_rows(edition),
        *handling_rows(edition),
        *comparisons.ledger_rows(edition, figures),
    )


def trial_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows on a trial: what moved over it, its months, and its ratios. In the simulation rates
    do not change, and the index does as its true levels do.
    """
    trial = edition.trial
    if trial is None:
        return
    yield from comparisons.movement_rows(edition, figures, TRIAL_CHAPTER, "The trial", trial.moved)
    for month in trial.months:
        about = Subject(TRIAL_CHAPTER, "index of a month", f"{month.start:%B %Y}")
        said = SaidInterval(month.index, month.low, month.high, 1)
        yield interval_row(about, said, figures.index(edition.city, (month.start, month.end)))
    for ratio in trial.ratios:
        truth = comparisons.planted_ratio(ratio.dimension, ratio.group, "residents")
        if truth is not None:
            about = Subject(TRIAL_CHAPTER, "ratio of use", f"{ratio.group} and {ratio.reference}")
            yield interval_row(about, SaidInterval(*ratio.now, 2), truth)


def handling_rows(edition: Edition) -> Iterator[TruthRow]:
    """The rows on closed cases: who answered, and the groups of answers to each statement."""
    for table in edition.tables_of("handling"):
        told: list[tuple[str, str, str, float]] = [
            ("answered", "", "People who answered", complaints.HANDLING_ANSWERED)
        ]
        for name, shares in complaints.HANDLING.items():
            for group, points in HANDLING_GROUPS.items():
                true = sum(shares[POINTS.index(point)] for point in points)
                told.append((name, group, f"{STATEMENTS[name]}: {group}", true))
        for name, row, what, true in told:
            kind = "share of an answer" if row else "share that answered"
            value, low, high = map(comparisons.percent, table.figure(name, row).cells)
            about = Subject(CLOSED_CHAPTER, kind, f"{what}, quarter from {table.first}")
            yield interval_row(about, SaidInterval(value, low, high, 0, "%"), 100 * true)


class ComparedChapter(NamedTuple):
    """The rows of a chapter: first the statements that were wrong, then all others, last what was
    not said.
    """

    title: str
    counts: VerdictCounts
    rows: list[TruthRow]


def compared_chapters(rows: tuple[TruthRow, ...]) -> list[ComparedChapter]:
    """The rows by chapter, in the order of the first row of each."""
    order = list(dict.fromkeys(row.chapter for row in rows))
    ordered = sorted(rows, key=lambda row: (order.index(row.chapter), ORDER.index(row.verdict)))
    return [
        ComparedChapter(title, count_verdicts(mine), mine)
        for title, of in groupby(ordered, key=lambda row: row.chapter)
        for mine in [list(of)]
    ]


async def truth_context(
    database: Database, folder: Path, period: Period | None = None
) -> dict[str, object]:
    """What the page shows of the newest edition, or of the edition of `period`.

    For a demonstration without planted values, or without an edition, it shows no figures.
    """
    planted = await anyio.to_thread.run_sync(load_truth, folder)
    async with database.connection() as connection:
        lines = await editions.load_page(connection, None, MOST_EDITIONS)
        newest = await editions.find_newest_published(connection)
        if period is None and newest is not None:
            period = newest.kind, newest.start
        if planted is None or period is None:
            return {"lines": lines, "edition": None}
        edition = await editions.get(connection, *period)
    context = await anyio.to_thread.run_sync(edition_context, planted, edition)
    return context | {"lines": lines}


def edition_context(planted: PlantedTruth, edition: SafeEdition) -> dict[str, object]:
    """The verdicts on an edition as readers see it, by chapter and in total."""
    shown = with_window_starts(gate.as_served(edition))
    rows = compare_edition(shown, planted)
    return {
        "edition": shown,
        "label": period_label(shown),
        "chapters": compared_chapters(rows),
        "counts": count_verdicts(rows),
    }


def statement_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    yield from finding_rows(edition, figures)
    for alert in edition.alerts:
        if alert.standing != "closed":
            yield alert_row(edition, figures, alert)


def finding_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """A row for each finding that can be compared."""
    sources = {sentence.english: sentence for sentence in edition.sentences}
    ratios = {disparity.sentence: disparity for disparity in edition.disparities}
    for finding in edition.findings:
        source = sources.get(finding.sentence)
        if finding.sentence in ratios:
            yield ratio_row(ratios[finding.sentence])
        elif source is not None:
            truth = FindingTruth(edition, figures, finding.sentence, dict(source.values))
            row = truth.row(source.message)
            if row is not None:
                yield row


def ratio_row(disparity: EditionDisparity) -> TruthRow:
    about = Subject(CHAPTER, "finding: ratio of use", "Finding")
    truth = comparisons.planted_ratio(disparity.dimension, disparity.group, disparity.benchmark)
    if truth is None:
        return silent_row(about, disparity.sentence, "No ratio was planted by age and sex")
    return statement_row(about, disparity.sentence, f"{truth:.2f}", is_true=truth > 1)


class FindingTruth:
    """One finding of an edition, with the values that were put into its message."""

    def __init__(
        self, edition: Edition, figures: TrueFigures, says: str, values: Mapping[str, str]
    ) -> None:
        self.edition, self.figures = edition, figures
        self.says, self.values = says, values

    def row(self, message: str) -> TruthRow | None:
        """The row for a finding with this message; None if the finding is compared as a figure
        already.
        """
        if "{area}" in message:
            area = self.values["area"]
            codes = {name: code for code, name in comparisons.area_names(self.edition).items()}
            domain = codes.get(area, area)
            kind = "change of London" if domain == self.edition.city else "change of a borough"
            now, before = (self.figures.index(domain, days) for days in self.windows())
            return self.change(kind, message, now - before)
        if "{item}" in message:
            city = self.edition.city
            now, before = (self.figures.agreement(city, days).net for days in self.windows())
            return self.change("change of a question", message, now - before)
        if message.startswith(GAPS):
            return self.statement("gap between groups", "No group differs", is_true=False)
        if message.startswith(DEPLOYMENT_RANGES):
            return self.statement("deployments out of range", NOTHING, is_true=False)
        if message.startswith(AREAS_OUTSIDE):
            return self.areas_outside()
        return None

    def change(self, kind: str, message: str, truth: float) -> TruthRow:
        """A change with its interval; a fall is written as a positive number."""
        sign = -1 if "fell" in message else 1
        low, high = sorted(sign * float(self.values[name]) for name in ("low", "high"))
        verdict: Verdict = "holds" if low <= truth <= high else "misses"
        about = Subject(CHAPTER, f"finding: {kind}", "Finding")
        if "{size}" not in message:
            about = about._replace(kind=f"{about.kind}, unclear")
        elif sign * truth <= 0:
            verdict = "false"
        return TruthRow(
            **about._asdict(), says=self.says, truth=f"{truth:+.1f} points", verdict=verdict
        )

    def windows(self) -> tuple[Days, Days]:
        return index_window(self.edition), window_before(self.edition)

    def areas_outside(self) -> TruthRow:
        """The row on boroughs outside the funnel's limits: right if each borough below or above
        them truly lies below or above London's figure.
        """
        days, city = index_window(self.edition), self.edition.city
        whole = self.figures.index(city, days)
        spots = [
            (spot.place, self.figures.index(spot.domain, days) - whole)
            for funnel in self.edition.funnels
            if funnel.measure == "index"
            for spot in funnel.spots
            if spot.place in ("below", "above")
        ]
        right = all((away < 0) == (place == "below") for place, away in spots)
        truth = ", ".join(f"{place}: {away:+.1f} points from London" for place, away in spots)
        return self.statement("boroughs outside the expected range", truth, is_true=right)

    def statement(self, kind: str, truth: str, *, is_true: bool) -> TruthRow:
        about = Subject(CHAPTER, f"finding: {kind}", "Finding")
        return statement_row(about, self.says, truth, is_true=is_true)


def window_before(edition: Edition) -> Days:
    """The days of the earlier window with which an edition compares its own index window."""
    before, own = index_windows(edition.kind, edition.start, edition.end)
    return before, own - ONE_DAY


def alert_row(edition: Edition, figures: TrueFigures, alert: Alert) -> TruthRow:
    about = Subject(
        CHAPTER,
        f"alert: {alert.rule}",
        f"Alert, {comparisons.area_names(edition).get(alert.domain, alert.domain)}",
    )
    # Uses on children are a part of all uses that never changes.
    if alert.rule in NEVER_PLANTED or (alert.rule == "under_18" and alert.of == "more"):
        return statement_row(about, alert.sentence, NOTHING, is_true=False)
    if alert.rule in PLANTED:
        return statement_row(about, alert.sentence, PLANTED[alert.rule], is_true=True)
    if alert.rule.startswith("funnel_"):
        return funnel_row(edition, figures, alert, about)
    if alert.rule == "disparity":
        dimension, _, group, benchmark = alert.of.split(":")
        truth = comparisons.planted_ratio(dimension, group, benchmark)
        if truth is not None:
            return statement_row(about, alert.sentence, f"{truth:.2f}", is_true=truth > 1)
    return silent_row(about, alert.sentence, "Not planted")


def funnel_row(edition: Edition, figures: TrueFigures, alert: Alert, about: Subject) -> TruthRow:
    """The row of a funnel alert: right if the borough's true figure lies on that side of
    London's.
    """
    measure = alert.rule.removeprefix("funnel_")
    if measure == "index":
        days = index_window(edition)
        away = figures.index(alert.domain, days) - figures.index(edition.city, days)
        truth = f"{away:+.1f} points from London"
    else:
        of_city = {
            "deployments": figures.weekly_mean,
            "complaints": figures.weekly_complaints,
        }[measure]
        mine, whole = (figures.rate(of_city, area, 7) for area in (alert.domain, edition.city))
        away, truth = mine - whole, f"{mine / whole:.2f} times the rate of London"
    side = next(
        (
            spot.place
            for funnel in edition.funnels
            if funnel.measure == measure
            for spot in funnel.spots
            if spot.domain == alert.domain
        ),
        "within",
    )
    if side not in ("below", "low", "high", "above"):
        return silent_row(about, alert.sentence, truth)
    right = (away < 0) == (side in ("below", "low"))
    return statement_row(about, alert.sentence, truth, is_true=right)
