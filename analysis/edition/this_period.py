"""Deployments of the period beside what the weeks before led one to expect, and week by week."""

import datetime
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from analysis import disclosure
from analysis.edition import spans
from analysis.edition.spans import Span
from analysis.material import Material
from analysis.statistics import rates
from survey.deployments import SEVERITY
from survey.weeks import ThisPeriod, WeekOfUses

FEWEST_DAYS = 28
WEEKS_SHOWN = datetime.timedelta(days=96)  # thirteen whole weeks, whatever day it ends on
OTHER_FORMS = ("ced", "not_discharged", "not_stated")


def parts(material: Material) -> dict[str, Any]:
    """What was told of the period, and each of the last thirteen weeks that was told."""
    return {"this_period": this_period(material), "uses_by_week": tuple(by_week(material))}


def this_period(material: Material) -> ThisPeriod | None:
    """None where no span that lies inside the period was told."""
    found = spans.uses(spans.within(material.counts, material.start, material.end))
    if not found:
        return None
    before = uses_before(material)
    low, high = expected_range(material, before, spans.days(found)) or (None, None)
    since, cumulative = material.since_pilot or (material.start, None)
    return ThisPeriod(
        events=found.total(),
        low=low,
        high=high,
        since=since,
        cumulative=cumulative,
        before=None if low is None else before.total(),
    )


def uses_before(material: Material) -> Counter[Span]:
    """Deployments of the 13 weeks (or three months) before the period."""
    eve = material.start - spans.DAY
    return spans.uses(spans.within(material.counts, material.start - spans.QUARTER, eve))


def expected_range(
    material: Material, before: Counter[Span], days: int
) -> tuple[float, float] | None:
    """The range for so many days by those before the period, in whole deployments.

    It is that of the count as it may be told, or it would give the exact one back. It allows for
    the year's scatter to one decimal, where that was told in eight spans or more.
    """
    total = disclosure.persons(before.total())
    if total is None or spans.days(before) < FEWEST_DAYS:
        return None
    eve = material.start - spans.DAY
    year = spans.uses(spans.within(material.counts, material.start - spans.YEAR, eve))
    phi = rates.scatter(
        np.array(list(year.values())), np.array([float(spans.days([span])) for span in year])
    )
    low, high = rates.expected(total, spans.days(before), coming=days, phi=round(phi, 1))
    return float(np.floor(low)), float(np.ceil(high))


def by_week(material: Material) -> list[WeekOfUses]:
    """Weeks from Monday to Sunday that were told, the earliest first; months are no weeks."""
    inside = spans.within(material.counts, material.end - WEEKS_SHOWN, material.end)
    weeks: dict[datetime.date, Counter[str]] = defaultdict(Counter)
    for one in inside:
        if spans.is_week((one.start, one.end)):
            weeks[one.start][one.tactic] += one.count
    total: Counter[str] = Counter()
    for week in weeks.values():
        total.update(week)
    shown = forms(total)
    return [
        WeekOfUses(start, tuple((form, week[form]) for form in shown))
        for start, week in sorted(weeks.items())
    ]


def tactics(material: Material) -> tuple[tuple[str, int | None], ...]:
    """Uses in the period by their most severe form, in the order of severity."""
    found: Counter[str] = Counter()
    for one in spans.within(material.counts, material.start, material.end):
        found[one.tactic] += one.count
    return tuple((form, found[form]) for form in forms(found))


def forms(found: Counter[str]) -> tuple[str, ...]:
    """All seven where any is told, and what was told otherwise; without them only that."""
    severe = SEVERITY if set(found) & set(SEVERITY) else ()
    others = (form for form in OTHER_FORMS if found[form] or (form in found and not severe))
    return (*severe, *others)
