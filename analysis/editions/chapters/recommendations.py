"""The ledger of recommendations, and whether the figures that speak to each moved since.

Both figures are taken as their reports printed them, so nothing is told that the gate withheld.
The error of a change is that of the list of changes. All comparisons of the ledger share one 5%:
each interval has the level 1 - 0.05/m, m how many are compared (Bonferroni), so at most one edition
in twenty says that a figure moved where none did. A revision of published
deployments in between is part of the change; residents are those of each report.
"""

import datetime
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from msgspec.structs import replace

from analysis.disclosure import rounded_figure
from analysis.disclosure.gates import rounded_fields, treatments
from analysis.editions.chapter import Chapter, ChapterFields, Derivation, GateStep
from analysis.editions.comparison import (
    EditionFigure,
    counted_part,
    figure_values,
    figure_variances,
    rounding_variances,
    window_overlap,
)
from analysis.editions.workings import Workings
from analysis.statistics.changes import FAMILY_LEVEL
from analysis.statistics.power import detectable_effect
from survey.editions import Edition
from survey.editions.actions import ChangeUnit
from survey.editions.recommendations import (
    EditionRecommendation,
    LedgerMeasure,
    Movement,
    MovementVerdict,
    as_printed,
)

TABLES: Mapping[LedgerMeasure, tuple[str, str]] = {
    "index": ("index", "perception index"),
    "deployments": ("rates", "deployments"),
    "complaints": ("rates", "complaints"),
}
YEAR = 365.25
DIGITS: Mapping[LedgerMeasure, int] = {"index": 1, "deployments": 2, "complaints": 2}


class CityFigure(NamedTuple):
    """A figure of the city: its value, the variance of its sampling and that of rounding."""

    value: float
    variance: float
    rounding: float


class FigurePair(NamedTuple):
    """A figure before and now, with the error of its change."""

    was: float
    now: float
    error: float


def compute(workings: Workings) -> ChapterFields:
    """The rows of a month; what was entered by mistake is in none."""
    if workings.inputs.kind != "monthly":
        return {}
    return {
        "recommendations": tuple(
            as_printed(row) for row in workings.inputs.ledger if row.decision.status != "withdrawn"
        )
    }


def derive(given: Derivation) -> ChapterFields:
    """The rows with their figures compared, from what reports have published alone."""
    rows = given.safe.recommendations
    moved = moved_figures(
        {row.id: (row.since, row.measures) for row in rows},
        given.safe,
        given.workings.inputs.ledger_from,
    )
    return {"recommendations": tuple(replace(row, movements=moved[row.id]) for row in rows)}


def moved_figures(
    asked: Mapping[int, tuple[datetime.date, Sequence[LedgerMeasure]]],
    now: Edition,
    reports: Sequence[Edition],
) -> dict[int, tuple[Movement, ...]]:
    """Of each number the figures compared since its day: one 5% over all that are compared."""
    pairs = {
        (number, measure): compare_figures(since, measure, now, reports)
        for number, (since, measures) in asked.items()
        for measure in measures
    }
    compared = sum(isinstance(pair, FigurePair) for _report, pair in pairs.values())
    level = 1 - FAMILY_LEVEL / max(compared, 1)
    return {
        number: tuple(to_movement(measure, *pairs[number, measure], level) for measure in measures)
        for number, (_since, measures) in asked.items()
    }


def find_report_before(since: datetime.date, reports: Sequence[Edition]) -> Edition | None:
    """The last of the reports that ended before a day."""
    ended = [report for report in reports if report.end < since]
    return max(ended, key=lambda report: report.end, default=None)


def find_figure(edition: Edition, measure: LedgerMeasure) -> CityFigure | None:
    """The city's figure as an edition published it; None if it did not.

    A rate is put per year, times 365.25/d with d the days that were counted: months differ in
    length, and a rate of 31 days is larger than one of 28 without anything having changed.
    """
    table, name = TABLES[measure]
    unit: ChangeUnit = "points" if measure == "index" else "per_10_000"
    figure = EditionFigure(table, name, edition.city, unit)
    value = figure_values(edition).get(figure)
    variance = figure_variances(edition).get(figure)
    rounding = rounding_variances(edition).get(figure, 0.0)
    days = YEAR if measure == "index" else counted_part(edition, name)[0]
    if value is None or not variance or not days:
        return None
    scale = YEAR / days
    return CityFigure(value * scale, variance * scale**2, rounding * scale**2)


def compare_figures(
    since: datetime.date,
    measure: LedgerMeasure,
    now: Edition,
    reports: Sequence[Edition],
) -> tuple[Edition | None, FigurePair | MovementVerdict]:
    """The report before, and the figure in both; or why they cannot be compared.

    The error of the change is √((1-f)(V₁+V₂) + R₁+R₂), as in the list of changes.
    """
    if now.end < since:
        return None, "early"
    last = find_report_before(since, reports)
    if last is None:
        return None, "none_before"
    before, after = (find_figure(edition, measure) for edition in (last, now))
    if before is None or after is None:
        return last, "missing"
    if last.method_version != now.method_version:
        return last, "method"
    own = 1 - window_overlap(last, now, TABLES[measure][0])
    error = own * (before.variance + after.variance) + before.rounding + after.rounding
    return last, FigurePair(before.value, after.value, error**0.5)


def to_movement(
    measure: LedgerMeasure,
    last: Edition | None,
    pair: FigurePair | MovementVerdict,
    level: float,
) -> Movement:
    """What may be said of a change: it rose or fell only where its interval excludes 0."""
    before = last.end if last else None
    if not isinstance(pair, FigurePair):
        return Movement(measure=measure, verdict=pair, before=before)
    change = pair.now - pair.was
    reach = NormalDist().inv_cdf(0.5 + level / 2) * pair.error
    moved: MovementVerdict = "rose" if change > 0 else "fell"
    return Movement(
        measure=measure,
        verdict=moved if abs(change) > reach else "unclear",
        before=before,
        was=pair.was,
        now=pair.now,
        change=change,
        low=change - reach,
        high=change + reach,
        least=detectable_effect(pair.error, level=level),
        level=round(level, 4),
    )


def gated_recommendations(step: GateStep) -> tuple[EditionRecommendation, ...]:
    """The rows; a figure only where this edition publishes the very same."""
    return tuple(
        replace(
            row,
            movements=tuple(gated_movement(movement, step.gated) for movement in row.movements),
        )
        for row in step.computed.recommendations
    )


def gated_movement(movement: Movement, gated: Edition) -> Movement:
    digits, published = DIGITS[movement.measure], find_figure(gated, movement.measure)
    shown = published and rounded_figure(published.value, digits)
    if movement.now is None or rounded_figure(movement.now, digits) == shown:
        return rounded_fields(movement, "was now change low high least", digits)
    return Movement(measure=movement.measure, verdict="missing", before=movement.before)


CHAPTER = Chapter(
    name="recommendations",
    compute=compute,
    gates={"recommendations": gated_recommendations},
    structs={
        EditionRecommendation: treatments(
            plain="id title source checked made_on addressee due since status decided_on reason "
            "decided_by answers answered_on measures is_condition",
            gated="movements",
        ),
        Movement: treatments(
            plain="measure verdict before level", gated="was now change low high least"
        ),
    },
    derive=derive,
)
