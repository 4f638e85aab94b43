"""Deployments of the period compared with the range predicted from before, and week by week."""

import datetime
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from analysis import disclosure
from analysis.editions import spans
from analysis.editions.inputs import EditionInputs
from analysis.editions.spans import Span
from analysis.statistics import rates
from survey.deployments.counts import SEVERITY
from survey.editions.chapters.deployments import PeriodDeployments, WeeklyUses

FEWEST_DAYS = 28
WEEKS_SHOWN = datetime.timedelta(days=96)  # thirteen whole weeks, whatever day it ends on
OTHER_FORMS = ("ced", "not_discharged", "not_stated")


def chapter_fields(material: EditionInputs) -> dict[str, Any]:
    """The figures of the period, and each of the last thirteen weeks that was reported."""
    return {
        "this_period": period_deployments(material),
        "uses_by_week": tuple(uses_by_week(material)),
    }


def period_deployments(material: EditionInputs) -> PeriodDeployments | None:
    """None if no span inside the period was reported."""
    found = spans.uses_by_span(spans.counts_within(material.counts, material.start, material.end))
    if not found:
        return None
    before = uses_before(material)
    low, high = expected_range(material, before, spans.days_covered(found)) or (None, None)
    since, cumulative = material.since_pilot or (material.start, None)
    return PeriodDeployments(
        events=found.total(),
        low=low,
        high=high,
        since=since,
        cumulative=cumulative,
        before=None if low is None else before.total(),
    )


def uses_before(material: EditionInputs) -> Counter[Span]:
    """Deployments of the 13 weeks (or three months) before the period."""
    eve = material.start - spans.DAY
    return spans.uses_by_span(
        spans.counts_within(material.counts, material.start - spans.QUARTER, eve)
    )


def expected_range(
    material: EditionInputs, before: Counter[Span], days: int
) -> tuple[float, float] | None:
    """The predicted range for so many days from those before the period, in whole deployments.

    It uses the published count, because a range from the exact one would reveal it. It allows for
    the year's overdispersion to one decimal, if that was reported in eight spans or more.
    """
    total = disclosure.rounded_count(before.total())
    if total is None or spans.days_covered(before) < FEWEST_DAYS:
        return None
    eve = material.start - spans.DAY
    year = spans.uses_by_span(
        spans.counts_within(material.counts, material.start - spans.YEAR, eve)
    )
    phi = rates.overdispersion(
        np.array(list(year.values())),
        np.array([float(spans.days_covered([span])) for span in year]),
    )
    low, high = rates.prediction_interval(
        total, spans.days_covered(before), coming=days, phi=round(phi, 1)
    )
    return float(np.floor(low)), float(np.ceil(high))


def uses_by_week(material: EditionInputs) -> list[WeeklyUses]:
    """Reported weeks from Monday to Sunday, earliest first; months are not split into weeks."""
    inside = spans.counts_within(material.counts, material.end - WEEKS_SHOWN, material.end)
    weeks: dict[datetime.date, Counter[str]] = defaultdict(Counter)
    for one in inside:
        if spans.is_week((one.start, one.end)):
            weeks[one.start][one.tactic] += one.count
    total: Counter[str] = Counter()
    for week in weeks.values():
        total.update(week)
    shown = shown_forms(total)
    return [
        WeeklyUses(start, tuple((form, week[form]) for form in shown))
        for start, week in sorted(weeks.items())
    ]


def uses_by_tactic(material: EditionInputs) -> tuple[tuple[str, int | None], ...]:
    """Uses in the period by their most severe form, in the order of severity."""
    found: Counter[str] = Counter()
    for one in spans.counts_within(material.counts, material.start, material.end):
        found[one.tactic] += one.count
    return tuple((form, found[form]) for form in shown_forms(found))


def shown_forms(found: Counter[str]) -> tuple[str, ...]:
    """All seven forms if any was reported, and others that were reported."""
    severe = SEVERITY if set(found) & set(SEVERITY) else ()
    others = (form for form in OTHER_FORMS if found[form] or (form in found and not severe))
    return (*severe, *others)
