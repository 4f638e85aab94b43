"""What the start of a pilot left in the series: one series interrupted, and boroughs in turn."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from analysis import perception
from analysis.material import WEEK, Material
from analysis.statistics import differences, interrupted, staggered
from analysis.statistics.differences import NEVER, EventStudy, Step
from analysis.statistics.interrupted import FEWEST_BEFORE, Interrupted
from analysis.statistics.panel import FEWEST_AREAS, Refusal
from analysis.statistics.staggered import GroupTime, Staggered
from analysis.statistics.variance import Floats, Whole
from survey.panels import Bin, Start

BEFORE, AFTER = -8, 12
WIDTH = 2
SOON = 4
CHOSEN = (
    "A borough starts with its first deployment, which nobody drew by lot: where and when that was "
    "may itself have to do with how people see the police."
)

ALREADY = (
    "Before the start they had moved differently already, so this cannot be read as what the start "
    "did."
)


def of(material: Material, day: datetime.date) -> tuple[Start, ...]:
    """The start on `day`, where the series covers it: the city, and the boroughs where they differ.

    Nothing where there is no start in the series, or too little on a side of it.
    Source: statistics.md 2.12.
    """
    if not material.first < day <= material.end:
        return ()
    week = material.day_of(day) // WEEK
    of_city, of_boroughs = city(material, day, week), boroughs(material, day, week)
    return tuple(one for one in (of_city, of_boroughs) if one is not None)


def city(material: Material, day: datetime.date, week: int) -> Start | None:
    """The step in the city's own series, which has no control."""
    series = np.full(material.weeks, np.nan)
    for one in material.index_weeks:
        at = material.day_of(one.start) // WEEK
        if 0 <= at < material.weeks and one.city.value is not None:
            series[at] = one.city.value
    found = interrupted.interrupted(series, week)
    if found is None:
        return None
    low, high = found.interval()
    return Start(
        day=day,
        design="interrupted",
        step=float(found.beta[2]),
        low=float(low[2]),
        high=float(high[2]),
        strength="weak" if found.weak else "fair",
        sentence=said_of_city(found, float(low[2]), float(high[2])),
    )


def said_of_city(found: Interrupted, low: float, high: float) -> str:
    said = stepped(float(found.beta[2]), low, high, "with the start, beyond its own trend,")
    return " ".join([said, *found.caveats])


def stepped(step: float, low: float, high: float, when: str) -> str:
    if low <= 0 <= high:
        return (
            f"There is no clear evidence that the index moved {when} "
            f"(95 % interval {low:.1f} to {high:.1f} points)."
        )
    ends = sorted((abs(low), abs(high)))
    word = "fell" if step < 0 else "rose"
    return (
        f"The index {word} by {abs(step):.1f} points {when} "
        f"(95 % interval {ends[0]:.1f} to {ends[1]:.1f})."
    )


def boroughs(material: Material, day: datetime.date, week: int) -> Start | None:
    """Boroughs that began against those that had not.

    None where fewer than ten had not begun four weeks on: too few to compare with.
    """
    given = perception.panel_of(material)
    step = Step(
        outcome=given.outcome,
        weight=given.weight,
        start=first_use(given.deployments, week),
    )
    if int((~step.began | (step.start >= week + SOON)).sum()) < FEWEST_AREAS:
        return None
    if step.staggered:
        found = staggered.callaway_santanna(step)
        return None if isinstance(found, Refusal) else in_turn(step, found, day, week)
    at_once = differences.event_study(step)
    return None if isinstance(at_once, Refusal) else together(step, at_once, day, week)


def first_use(deployments: Floats, week: int) -> Whole:
    """The week of each borough's first deployment since the start; NEVER where there was none."""
    used = np.nan_to_num(deployments) > 0
    used[:, :week] = False
    return np.where(used.any(axis=1), used.argmax(axis=1), NEVER).astype(np.int64)


def in_turn(step: Step, found: Staggered, day: datetime.date, week: int) -> Start:
    low, high = found.overall.interval()
    said = stepped(found.overall.value, low, high, "in boroughs after their first deployment")
    bins = tuple(two_weeks(step, found.pairs))
    return Start(
        day=day,
        design="staggered",
        step=found.overall.value,
        low=low,
        high=high,
        strength=strength(week),
        sentence=" ".join([said, CHOSEN, *differed(bins)]),
        bins=bins,
    )


def two_weeks(step: Step, pairs: GroupTime) -> Iterator[Bin]:
    """The effect in every two weeks near the start, each pair by its group's boroughs."""
    step, since = staggered.without_first(step), pairs.period - pairs.group
    for weeks in range(BEFORE, AFTER, WIDTH):
        which = np.flatnonzero((since >= weeks) & (since < weeks + WIDTH))
        if len(which):
            found = staggered.at(step, pairs, which)
            low, high = found.interval()
            yield Bin(weeks=weeks, effect=found.value, low=low, high=high)


def differed(bins: Sequence[Bin]) -> list[str]:
    """What weeks before the start say against reading the rest as an effect."""
    early = [one for one in bins if one.weeks < 0 and one.low is not None and one.high is not None]
    apart = any(not (one.low or 0.0) <= 0 <= (one.high or 0.0) for one in early)
    return [ALREADY] if apart else []


def together(step: Step, found: EventStudy, day: datetime.date, week: int) -> Start | None:
    """All boroughs that began did so in one week: two-way effects, and their bins."""
    whole = differences.difference_in_differences(step)
    if isinstance(whole, Refusal):
        return None
    (low,), (high,) = whole.interval()
    lows, highs = found.fit.interval()
    said = stepped(float(whole.beta[0]), low, high, "in the boroughs that began")
    bins = tuple(
        Bin(weeks=k, effect=float(found.fit.beta[i]), low=float(lows[i]), high=float(highs[i]))
        for i, k in enumerate(found.bins)
    )
    return Start(
        day=day,
        design="event_study",
        step=float(whole.beta[0]),
        low=float(low),
        high=float(high),
        strength=strength(week),
        sentence=" ".join([said, CHOSEN, found.caveat, *differed(bins)]),
        bins=bins,
    )


def strength(before: int) -> Literal["weak", "fair"]:
    return "weak" if before < FEWEST_BEFORE else "fair"
