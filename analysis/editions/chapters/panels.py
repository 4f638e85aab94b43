"""Perception and deployments together, borough by borough and week by week, and since the start."""

import datetime
import math
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import scipy

from analysis.disclosure.fields import treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields
from analysis.editions.inputs import WEEK, EditionInputs
from analysis.editions.workings import PILOT, Workings
from analysis.statistics.changes import interventions
from analysis.statistics.changes.interventions import (
    FEWEST_BEFORE,
    NEVER,
    AdoptionPanel,
    EventStudy,
    GroupTimeEffects,
    InterruptedSeries,
    StaggeredEffects,
)
from analysis.statistics.panel import bootstrap, panel
from analysis.statistics.panel.association import NOT_CAUSE
from analysis.statistics.panel.panel import (
    FEWEST_AREAS,
    POWER,
    Panel,
    PanelFit,
    PanelRefusal,
)
from analysis.statistics.sampling.estimates import finite_or_none
from analysis.statistics.sampling.variance import Floats, Ints
from survey.deployments.counts import SEVERITY
from survey.editions.chapters.panels import (
    AlternativeEffect,
    EditionLagProfile,
    LagEffect,
    StartBin,
    StartEffect,
)

FIRED = ("fired", "angled_drive_stunned")  # an angled drive stun completes what was fired
CONFIRMED_LAG = 1
LEVEL = 0.05
SEED = ("wild cluster bootstrap", bootstrap.SEED)
CR2 = "With the stricter error CR2 and Satterthwaite's degrees of freedom"
TRENDS = "With a straight line for each borough"
LOGGED = "By the logarithm of 1 + deployments, points per unit of that"
FIRED_ONLY = "Only uses in which a device was fired"
WITHOUT = "With one borough left out: the least and the largest"
WILD = "By the wild cluster bootstrap, because few boroughs saw a deployment"
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


def compute(workings: Workings) -> ChapterFields:
    """The association of index and deployments; for a month also other lags and choices, and the
    start of the pilot.
    """
    inputs = workings.inputs
    if not workings.asked.has_panel(inputs):
        return {}
    found: dict[str, object] = {"association": perception.index_association(inputs)}
    if inputs.kind == "monthly":
        lags = edition_lag_profile(inputs)
        found |= {
            "profile": lags,
            "starts": pilot_starts(inputs, PILOT.day),
            "seeds": used_seeds(lags),
        }
    return found


def edition_lag_profile(inputs: EditionInputs) -> EditionLagProfile | None:
    """Lags 0 to 4 with Holm, the lead placebo, and β at lag 1 under other choices.

    None where the panel of boroughs and weeks cannot be fitted. Source: statistics.md 2.10.
    """
    given = perception.weekly_panel(inputs)
    found = panel.fit_panel(given, lags=(CONFIRMED_LAG,))
    if isinstance(found, PanelRefusal):
        return None
    at_each = panel.lag_profile(given)
    placebo = panel.lead_placebo(given)
    lags = tuple(
        to_lag(lag, fit, float(p))
        for lag, fit, p in zip(at_each.lags, at_each.fits, at_each.holm, strict=True)
    )
    before = to_lag(-1, placebo, float(placebo.p[0]) if isinstance(placebo, PanelFit) else math.nan)
    return EditionLagProfile(
        lags=lags,
        placebo=before,
        otherwise=tuple(alternative_fits(given, found, fired_deployments(inputs))),
        sentence=profile_sentence(lags, before, at_each.fits),
    )


def used_seeds(found: EditionLagProfile | None) -> tuple[tuple[str, int], ...]:
    """The seeds of the lag profile's figures, to name in the edition; empty if none was used."""
    used = found is not None and any(one.choice == WILD for one in found.otherwise)
    return (SEED,) if used else ()


def to_lag(lag: int, found: PanelFit | PanelRefusal, p: float) -> LagEffect:
    if isinstance(found, PanelRefusal):
        return LagEffect(lag=lag, beta=None, low=None, high=None, p=None)
    low, high = found.interval()
    return LagEffect(
        lag=lag,
        beta=float(found.beta[0]),
        low=float(low[0]),
        high=float(high[0]),
        p=finite_or_none(p),
    )


def fired_deployments(inputs: EditionInputs) -> Floats | None:
    """Deployments in which a device was fired; None if the figures do not give the tactic."""
    if not any(count.tactic in SEVERITY for count in inputs.counts):
        return None
    keep = [i for i, area in enumerate(inputs.boroughs) if area.per_resident]
    return perception.weekly_deployments(inputs, FIRED)[keep]


def alternative_fits(
    given: Panel, found: PanelFit, fired_only: Floats | None
) -> Iterator[AlternativeEffect]:
    """β at lag 1 under each alternative choice, in the order of the method."""
    beta = float(found.beta[0])
    strict = panel.cr2(given)
    if strict is not None and math.isfinite(strict.df) and strict.df > 0:
        reach = float(scipy.stats.t.ppf(0.975, strict.df)) * strict.se
        yield AlternativeEffect(choice=CR2, beta=beta, low=beta - reach, high=beta + reach)
    others = panel.sensitivity_fits(given, fired=fired_only)
    for choice, fit in (
        (TRENDS, others.area_trends),
        (LOGGED, others.logged),
        (FIRED_ONLY, others.fired_only),
    ):
        if isinstance(fit, PanelFit):
            yield alternative_fit(choice, fit)
    low, high = others.widest
    yield AlternativeEffect(
        choice=WITHOUT, beta=beta, low=finite_or_none(low), high=finite_or_none(high)
    )
    wild = bootstrap.wild_cluster(given) if found.exposed < FEWEST_AREAS else None
    if wild is not None:
        yield AlternativeEffect(
            choice=WILD, beta=beta, low=finite_or_none(wild.low), high=finite_or_none(wild.high)
        )


def alternative_fit(choice: str, found: PanelFit) -> AlternativeEffect:
    low, high = found.interval()
    return AlternativeEffect(
        choice=choice, beta=float(found.beta[0]), low=float(low[0]), high=float(high[0])
    )


def profile_sentence(
    lags: Sequence[LagEffect], placebo: LagEffect, fits: Sequence[PanelFit | PanelRefusal]
) -> str:
    """What the lags say together: only lag 1 was planned, the others are checks on it."""
    # The placebo is read first: where it fails, no later lag may be taken for an effect.
    passing = [one for one in lags if one.p is not None and one.p < LEVEL]
    moved = placebo.low is not None and placebo.high is not None
    if moved and not (placebo.low or 0.0) <= 0 <= (placebo.high or 0.0):
        return (
            "Boroughs with more deployments differed already in the week before them: what is seen "
            f"at later weeks cannot be told from that. It is {NOT_CAUSE}."
        )
    if passing:
        weeks = " and ".join(str(one.lag) for one in passing)
        return (
            f"After Holm's correction for {len(lags)} lags the index went with the deployments of "
            f"{weeks} weeks before; {NOT_CAUSE}. Only those of the week before were asked about "
            "beforehand."
        )
    error = [float(fit.se[0]) for fit in fits if isinstance(fit, PanelFit)]
    if not error:
        return "The lags could not be compared with one another: too few weeks have all of them."
    return (
        f"At none of {len(lags)} lags is there clear evidence of an association; one smaller than "
        f"{POWER * float(np.median(error)):.1f} points would usually go unseen."
    )


def pilot_starts(inputs: EditionInputs, day: datetime.date) -> tuple[StartEffect, ...]:
    """The effect of the start on `day` for the city, and for boroughs if they differ.

    Empty where there is no start in the series, or too little data on one side of it.
    Source: statistics.md 2.12.
    """
    if not inputs.first < day <= inputs.end:
        return ()
    week = inputs.day_of(day) // WEEK
    of_city, of_boroughs = city_start(inputs, day, week), borough_start(inputs, day, week)
    return tuple(one for one in (of_city, of_boroughs) if one is not None)


def city_start(inputs: EditionInputs, day: datetime.date, week: int) -> StartEffect | None:
    """The step in the city's own series, which has no control."""
    series = np.full(inputs.weeks, np.nan)
    for one in inputs.index_weeks:
        at = inputs.day_of(one.start) // WEEK
        if 0 <= at < inputs.weeks and one.city.value is not None:
            series[at] = one.city.value
    found = interventions.interrupted_series(series, week)
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


def borough_start(inputs: EditionInputs, day: datetime.date, week: int) -> StartEffect | None:
    """The effect of the start in the boroughs that started, compared with those that had not.

    None where fewer than ten had not started four weeks on: too few to compare with.
    """
    given = perception.weekly_panel(inputs)
    step = AdoptionPanel(
        outcome=given.outcome,
        weight=given.weight,
        start=first_use_week(given.deployments, week),
    )
    if int((~step.has_started | (step.start >= week + SOON)).sum()) < FEWEST_AREAS:
        return None
    # Two-way effects compare late starters with early ones; simulated, they were a point off.
    if step.is_staggered:
        found = interventions.callaway_santanna(step)
        return None if isinstance(found, PanelRefusal) else staggered_start(step, found, day, week)
    at_once = interventions.event_study(step)
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
    # Influence values have a row for each area that the pairs were made from, so without these.
    step, since = interventions.without_early_starters(step), pairs.period - pairs.group
    for weeks in range(BEFORE, AFTER, WIDTH):
        which = np.flatnonzero((since >= weeks) & (since < weeks + WIDTH))
        if len(which):
            found = interventions.effect_of_pairs(step, pairs, which)
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
    whole = interventions.difference_in_differences(step)
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


CHAPTER = Chapter(
    name="panels",
    compute=compute,
    gates={"association": "digits", "profile": "digits", "starts": "digits", "seeds": "plain"},
    structs={
        LagEffect: treatments(plain="lag", digits="beta low high p"),
        AlternativeEffect: treatments(plain="choice", digits="beta low high"),
        EditionLagProfile: treatments(plain="sentence", gated="lags placebo otherwise"),
        StartBin: treatments(plain="weeks", digits="effect low high"),
        StartEffect: treatments(
            plain="day design strength sentence", digits="step low high", gated="bins"
        ),
    },
)
