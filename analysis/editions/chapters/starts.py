"""What the start of a pilot changed in the series: one interrupted series, and boroughs in turn."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from analysis.editions import perception
from analysis.editions.inputs import WEEK, EditionInputs
from analysis.statistics import differences, interrupted, staggered
from analysis.statistics.differences import NEVER, AdoptionPanel, EventStudy
from analysis.statistics.interrupted import FEWEST_BEFORE, InterruptedSeries
from analysis.statistics.panel import FEWEST_AREAS, PanelRefusal
from analysis.statistics.staggered import GroupTimeEffects, StaggeredEffects
from analysis.statistics.variance import Floats, Ints
from survey.editions.chapters.panels import StartBin, StartEffect

BEFORE, AFTER = -8, 12
WIDTH = 2
SOON = 4
CHOSEN_START_CAVEAT = (
    "A borough starts with its first deployment, which nobody drew by lot: where and when that was "
    "may itself have to do with how people see the police."
)

PRE_TREND_CAVEAT = (
    "Before the start they had moved differently already, so this cannot be read as what the start "
    "did."
)


def pilot_starts(material: EditionInputs, day: datetime.date) -> tuple[StartEffect, ...]:
    """The effect of the start on `day` for the city, and for boroughs if they differ.

    Empty where there is no start in the series, or too little data on one side of it.
    Source: statistics.md 2.12.
    """
    if not material.first < day <= material.end:
        return ()
    week = material.day_of(day) // WEEK
    of_city, of_boroughs = city_start(material, day, week), borough_start(material, day, week)
    return tuple(one for one in (of_city, of_boroughs) if one is not None)


def city_start(material: EditionInputs, day: datetime.date, week: int) -> StartEffect | None:
    """The step in the city's own series, which has no control."""
    series = np.full(material.weeks, np.nan)
    for one in material.index_weeks:
        at = material.day_of(one.start) // WEEK
        if 0 <= at < material.weeks and one.city.value is not None:
            series[at] = one.city.value
    found = interrupted.interrupted_series(series, week)
    if found is None:
        return None
    low, high = found.interval()
    return StartEffect(
        day=day,
        design="interrupted",
        step=float(found.beta[2]),
        low=float(low[2]),
        high=float(high[2]),
        strength="weak" if found.weak else "fair",
        sentence=city_sentence(found, float(low[2]), float(high[2])),
    )


def city_sentence(found: InterruptedSeries, low: float, high: float) -> str:
    said = step_sentence(float(found.beta[2]), low, high, "with the start, beyond its own trend,")
    return " ".join([said, *found.caveats])


def step_sentence(step: float, low: float, high: float, when: str) -> str:
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


def borough_start(material: EditionInputs, day: datetime.date, week: int) -> StartEffect | None:
    """Boroughs that started against boroughs that had not.

    None where fewer than ten had not started four weeks on: too few to compare with.
    """
    given = perception.weekly_panel(material)
    step = AdoptionPanel(
        outcome=given.outcome,
        weight=given.weight,
        start=first_use_week(given.deployments, week),
    )
    if int((~step.began | (step.start >= week + SOON)).sum()) < FEWEST_AREAS:
        return None
    if step.staggered:
        found = staggered.callaway_santanna(step)
        return None if isinstance(found, PanelRefusal) else staggered_start(step, found, day, week)
    at_once = differences.event_study(step)
    return (
        None if isinstance(at_once, PanelRefusal) else simultaneous_start(step, at_once, day, week)
    )


def first_use_week(deployments: Floats, week: int) -> Ints:
    """The week of each borough's first deployment since the start; NEVER where there was none."""
    used = np.nan_to_num(deployments) > 0
    used[:, :week] = False
    return np.where(used.any(axis=1), used.argmax(axis=1), NEVER).astype(np.int64)


def staggered_start(
    step: AdoptionPanel, found: StaggeredEffects, day: datetime.date, week: int
) -> StartEffect:
    low, high = found.overall.interval()
    said = step_sentence(found.overall.value, low, high, "in boroughs after their first deployment")
    bins = tuple(two_week_bins(step, found.pairs))
    return StartEffect(
        day=day,
        design="staggered",
        step=found.overall.value,
        low=low,
        high=high,
        strength=design_strength(week),
        sentence=" ".join([said, CHOSEN_START_CAVEAT, *pre_trend_caveats(bins)]),
        bins=bins,
    )


def two_week_bins(step: AdoptionPanel, pairs: GroupTimeEffects) -> Iterator[StartBin]:
    """The effect in every two weeks near the start, each pair weighted by its group's boroughs."""
    step, since = staggered.without_early_starters(step), pairs.period - pairs.group
    for weeks in range(BEFORE, AFTER, WIDTH):
        which = np.flatnonzero((since >= weeks) & (since < weeks + WIDTH))
        if len(which):
            found = staggered.effect_of_pairs(step, pairs, which)
            low, high = found.interval()
            yield StartBin(weeks=weeks, effect=found.value, low=low, high=high)


def pre_trend_caveats(bins: Sequence[StartBin]) -> list[str]:
    """A caveat if boroughs already differed in the weeks before the start."""
    early = [one for one in bins if one.weeks < 0 and one.low is not None and one.high is not None]
    apart = any(not (one.low or 0.0) <= 0 <= (one.high or 0.0) for one in early)
    return [PRE_TREND_CAVEAT] if apart else []


def simultaneous_start(
    step: AdoptionPanel, found: EventStudy, day: datetime.date, week: int
) -> StartEffect | None:
    """All boroughs that started did so in one week: two-way effects, and their bins."""
    whole = differences.difference_in_differences(step)
    if isinstance(whole, PanelRefusal):
        return None
    (low,), (high,) = whole.interval()
    lows, highs = found.fit.interval()
    said = step_sentence(float(whole.beta[0]), low, high, "in the boroughs that began")
    bins = tuple(
        StartBin(weeks=k, effect=float(found.fit.beta[i]), low=float(lows[i]), high=float(highs[i]))
        for i, k in enumerate(found.bins)
    )
    return StartEffect(
        day=day,
        design="event_study",
        step=float(whole.beta[0]),
        low=float(low),
        high=float(high),
        strength=design_strength(week),
        sentence=" ".join([said, CHOSEN_START_CAVEAT, found.caveat, *pre_trend_caveats(bins)]),
        bins=bins,
    )


def design_strength(before: int) -> Literal["weak", "fair"]:
    return "weak" if before < FEWEST_BEFORE else "fair"
