"""Perception and deployments together, borough by borough and week by week, and since the start."""

import datetime
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from analysis.disclosure.gates import treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields
from analysis.editions.inputs import WEEK, EditionInputs
from analysis.editions.workings import PILOT, Workings
from analysis.statistics import association, interventions, panel
from analysis.statistics.association import LOOK_LEVEL, smallest_detectable
from analysis.statistics.panel import FEWEST_AREAS, Panel, PanelFit, PanelRefusal
from analysis.statistics.sampling.estimates import finite_or_none
from analysis.statistics.sampling.variance import Floats
from survey.deployments import SEVERITY
from survey.editions.force import (
    AlternativeEffect,
    EditionLagProfile,
    LagEffect,
    StartBin,
    StartEffect,
)
from survey.sentences import N_, Sentence

FIRED = ("fired", "angled_drive_stunned")  # an angled drive stun completes what was fired
CONFIRMED_LAG = 1
SEED = ("wild cluster bootstrap", association.SEED)
TRENDS = N_("With a straight-line trend for each borough")
LOGGED = Sentence("With the logarithm of 1 + deployments, in points per unit of it")
FIRED_ONLY = Sentence("Only uses in which a device was fired")
WITHOUT = N_("With one borough left out: the smallest and the largest estimate")
WILD = N_("With the wild cluster bootstrap, because few boroughs had a deployment")
UNJUDGED_LAGS = Sentence(
    "Estimates without a verdict: whether there is a link is said once a quarter, from the week "
    "before alone."
)
BEFORE, AFTER = -8, 12
WIDTH = 2
SOON = 4
CHOSEN_START_CAVEAT = N_(
    "A borough starts with its first deployment on or after that day. First deployments were not "
    "random: where and when they happened may itself be related to how people see the police."
)
PRE_TREND_CAVEAT = N_(
    "These boroughs had already changed differently before the start, so this cannot be read as an "
    "effect of the start."
)


LimitsAtLevel = Callable[[float], tuple[float, float]]


class StepMessages(NamedTuple):
    """The messages about a step: its size alone, no clear evidence of one, a fall or a rise."""

    estimate: str
    unclear: str
    fell: str
    rose: str


OF_CITY = StepMessages(
    estimate=N_(
        "An estimate, not a verdict: at the start the index changed by {step} points, beyond its "
        "own trend (95% interval {low} to {high})."
    ),
    unclear=N_(
        "There is no clear evidence that the index changed at the start, beyond its own trend (99% "
        "interval {low} to {high} points)."
    ),
    fell=N_(
        "The index fell by {step} points at the start, beyond its own trend (95% interval {low} to "
        "{high})."
    ),
    rose=N_(
        "The index rose by {step} points at the start, beyond its own trend (95% interval {low} to "
        "{high})."
    ),
)
OF_STARTS_IN_TURN = StepMessages(
    estimate=N_(
        "An estimate, not a verdict: in the weeks from a borough's first deployment since the "
        "start, its index changed by {step} points (95% interval {low} to {high})."
    ),
    unclear=N_(
        "There is no clear evidence that the index changed in boroughs from their first "
        "deployment since the start (99% interval {low} to {high} points)."
    ),
    fell=N_(
        "The index fell by {step} points in boroughs from their first deployment since the start "
        "(95% interval {low} to {high})."
    ),
    rose=N_(
        "The index rose by {step} points in boroughs from their first deployment since the start "
        "(95% interval {low} to {high})."
    ),
)
OF_ONE_START = StepMessages(
    estimate=N_(
        "An estimate, not a verdict: in the boroughs that started, the index changed by {step} "
        "points (95% interval {low} to {high})."
    ),
    unclear=N_(
        "There is no clear evidence that the index changed in the boroughs that started (99% "
        "interval {low} to {high} points)."
    ),
    fell=N_(
        "The index fell by {step} points in the boroughs that started (95% interval {low} to "
        "{high})."
    ),
    rose=N_(
        "The index rose by {step} points in the boroughs that started (95% interval {low} to "
        "{high})."
    ),
)


def compute(workings: Workings) -> ChapterFields:
    """The association of index and deployments; for a month also other lags and choices, and the
    start of the pilot.
    """
    inputs = workings.inputs
    if not workings.asked.has_panel(inputs):
        return {}
    fields: dict[str, object] = {"association": perception.index_association(inputs)}
    if inputs.kind == "monthly":
        lags = edition_lag_profile(inputs)
        fields |= {
            "profile": lags,
            "starts": pilot_starts(inputs, PILOT.day),
            "seeds": used_seeds(lags),
        }
    return fields


def edition_lag_profile(inputs: EditionInputs) -> EditionLagProfile | None:
    """Lags 0 to 4 with Holm, the lead placebo, and β at lag 1 under other choices.

    None where the panel of boroughs and weeks cannot be fitted.
    """
    given = perception.weekly_panel(inputs)
    main_fit = panel.fit_panel(given, lags=(CONFIRMED_LAG,))
    if isinstance(main_fit, PanelRefusal):
        return None
    look = perception.is_look(inputs.kind, inputs.end)
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
        otherwise=tuple(alternative_fits(given, main_fit, fired_deployments(inputs))),
        sentence=profile_sentence(lags, before, at_each.fits) if look else UNJUDGED_LAGS,
    )


def used_seeds(profile: EditionLagProfile | None) -> tuple[tuple[str, int], ...]:
    """The random seeds behind the lag profile, to name in the edition; empty if no seed was
    used.
    """
    used = profile is not None and any(
        effect.choice == Sentence(WILD) for effect in profile.otherwise
    )
    return (SEED,) if used else ()


def to_lag(lag: int, fit: PanelFit | PanelRefusal, p: float) -> LagEffect:
    if isinstance(fit, PanelRefusal):
        return LagEffect(lag=lag, beta=None, low=None, high=None, p=None)
    low, high = fit.interval()
    return LagEffect(
        lag=lag,
        beta=float(fit.beta[0]),
        low=float(low[0]),
        high=float(high[0]),
        p=finite_or_none(p),
    )


def fired_deployments(inputs: EditionInputs) -> Floats | None:
    """Deployments in which a device was fired; None if the figures do not give the tactic."""
    if not any(count.tactic in SEVERITY for count in inputs.counts):
        return None
    keep = [i for i, area in enumerate(inputs.areas) if area.per_resident]
    return perception.weekly_deployments(inputs, FIRED)[keep]


def alternative_fits(
    given: Panel, main_fit: PanelFit, fired_only: Floats | None
) -> Iterator[AlternativeEffect]:
    """β at lag 1 under each alternative choice, in the order of the method."""
    beta = float(main_fit.beta[0])
    others = panel.sensitivity_fits(given, fired=fired_only)
    for choice, fit in (
        (Sentence(TRENDS), others.area_trends),
        (LOGGED, others.logged),
        (FIRED_ONLY, others.fired_only),
    ):
        if isinstance(fit, PanelFit):
            yield alternative_fit(choice, fit)
    low, high = others.widest
    yield AlternativeEffect(
        choice=Sentence(WITHOUT), beta=beta, low=finite_or_none(low), high=finite_or_none(high)
    )
    wild = association.wild_cluster(given) if main_fit.exposed < FEWEST_AREAS else None
    if wild is not None:
        yield AlternativeEffect(
            choice=Sentence(WILD),
            beta=beta,
            low=finite_or_none(wild.low),
            high=finite_or_none(wild.high),
        )


def alternative_fit(choice: str, fit: PanelFit) -> AlternativeEffect:
    low, high = fit.interval()
    return AlternativeEffect(
        choice=choice, beta=float(fit.beta[0]), low=float(low[0]), high=float(high[0])
    )


def profile_sentence(
    lags: Sequence[LagEffect], placebo: LagEffect, fits: Sequence[PanelFit | PanelRefusal]
) -> Sentence:
    """What the lags say together: only lag 1 was planned, the others are checks on it."""
    # The placebo is read first: where it fails, no later lag may be taken for an effect.
    passing = [lag for lag in lags if lag.p is not None and lag.p < LOOK_LEVEL]
    fitted = placebo.low is not None and placebo.high is not None
    if fitted and not (placebo.low or 0.0) <= 0 <= (placebo.high or 0.0):
        return Sentence(
            "Boroughs with more deployments already differed in the week before these, and what "
            "later weeks show cannot be separated from that. This is association, not proof of "
            "cause."
        )
    if passing:
        return Sentence(
            "After Holm's correction for {lags} lags, the index was associated with deployments "
            "this many weeks before: {weeks}. This is association, not proof of cause. Only the "
            "week before was chosen beforehand.",
            lags=len(lags),
            weeks=", ".join(str(effect.lag) for effect in passing),
        )
    missed = [smallest_detectable(fit) for fit in fits if isinstance(fit, PanelFit)]
    if not missed:
        return Sentence("The lags could not be compared: too few weeks have data for all of them.")
    return Sentence(
        "There is no clear evidence of an association at any of {lags} lags; we would usually miss "
        "one smaller than {points} points per deployment per 10,000 residents.",
        lags=len(lags),
        points=f"{float(np.median(missed)):.1f}",
    )


def pilot_starts(inputs: EditionInputs, day: datetime.date) -> tuple[StartEffect, ...]:
    """The effect of the start on `day` in the city, and in boroughs that started if others had not.

    Empty where there is no start in the series, or too little data on one side of it. Source:
    Linden (2015); Callaway & Sant'Anna (2021).
    """
    if not inputs.first < day <= inputs.end:
        return ()
    start = PilotStart(
        day=day,
        week=inputs.day_of(day) // WEEK,
        look=perception.is_look(inputs.kind, inputs.end),
    )
    of_city, of_areas = city_start(inputs, start), area_start(inputs, start)
    return tuple(effect for effect in (of_city, of_areas) if effect is not None)


class PilotStart(NamedTuple):
    """The day of the start, the number of its week, and whether the edition gives a verdict."""

    day: datetime.date
    week: int
    look: bool

    @property
    def strength(self) -> Literal["weak", "fair"]:
        return "weak" if self.week < interventions.FEWEST_BEFORE else "fair"

    def sentence(self, messages: StepMessages, step: float, limits: LimitsAtLevel) -> Sentence:
        """The step in words; it is judged only in a look's edition, at the level of a look."""
        low, high = limits(0.95)
        if not self.look:
            return Sentence(
                messages.estimate, step=f"{step:+.1f}", low=f"{low:.1f}", high=f"{high:.1f}"
            )
        widest = limits(1 - LOOK_LEVEL)
        if widest[0] <= 0 <= widest[1]:
            return Sentence(messages.unclear, low=f"{widest[0]:.1f}", high=f"{widest[1]:.1f}")
        nearest, furthest = sorted((abs(low), abs(high)))
        return Sentence(
            messages.fell if step < 0 else messages.rose,
            step=f"{abs(step):.1f}",
            low=f"{nearest:.1f}",
            high=f"{furthest:.1f}",
        )


def city_start(inputs: EditionInputs, start: PilotStart) -> StartEffect | None:
    """The step in the city's own series, which has no control."""
    series = np.full(inputs.weeks, np.nan)
    for week in inputs.index_weeks:
        at = inputs.day_of(week.start) // WEEK
        if 0 <= at < inputs.weeks and week.city.value is not None:
            series[at] = week.city.value
    fit = interventions.interrupted_series(series, start.week)
    if fit is None:
        return None

    def limits(level: float) -> tuple[float, float]:
        low, high = fit.interval(level)
        return float(low[2]), float(high[2])

    step, (low, high) = float(fit.beta[2]), limits(0.95)
    return StartEffect(
        day=start.day,
        design="interrupted",
        step=step,
        low=low,
        high=high,
        strength="weak" if fit.weak else "fair",
        sentence=joined_sentences(start.sentence(OF_CITY, step, limits), *fit.caveats),
    )


def joined_sentences(first: Sentence, *others: Sentence) -> Sentence:
    """The sentences one after the other, each of which is translated alone."""
    whole = first
    for sentence in others:
        whole = Sentence("{first} {second}", first=whole, second=sentence)
    return whole


def area_start(inputs: EditionInputs, start: PilotStart) -> StartEffect | None:
    """The effect of the start in the boroughs that started, compared with those that had not.

    None if fewer than ten boroughs were still without a start four weeks on: too few to compare
    with.
    """
    given = perception.weekly_panel(inputs)
    used = np.nan_to_num(given.deployments) > 0
    used[:, : start.week] = False
    step = interventions.AdoptionPanel(
        outcome=given.outcome,
        weight=given.weight,
        start=np.where(used.any(axis=1), used.argmax(axis=1), interventions.NEVER).astype(np.int64),
    )
    if int((~step.has_started | (step.start >= start.week + SOON)).sum()) < FEWEST_AREAS:
        return None
    # Two-way effects compare late starters with early ones; simulated, they were a point off.
    if step.is_staggered:
        effects = interventions.callaway_santanna(step)
        return None if isinstance(effects, PanelRefusal) else staggered_start(step, effects, start)
    at_once = interventions.event_study(step)
    return None if isinstance(at_once, PanelRefusal) else simultaneous_start(step, at_once, start)


def staggered_start(
    step: interventions.AdoptionPanel, effects: interventions.StaggeredEffects, start: PilotStart
) -> StartEffect:
    low, high = effects.overall.interval()
    change = start.sentence(OF_STARTS_IN_TURN, effects.overall.value, effects.overall.interval)
    bins = tuple(two_week_bins(step, effects.pairs))
    return StartEffect(
        day=start.day,
        design="staggered",
        step=effects.overall.value,
        low=low,
        high=high,
        strength=start.strength,
        sentence=joined_sentences(change, Sentence(CHOSEN_START_CAVEAT), *pre_trend_caveats(bins)),
        bins=bins,
    )


def two_week_bins(
    step: interventions.AdoptionPanel, pairs: interventions.GroupTimeEffects
) -> Iterator[StartBin]:
    """The effect in every two weeks near the start, each pair weighted by its group's boroughs."""
    # Influence values have a row for each area that the pairs were made from, so without these.
    step, since = interventions.without_early_starters(step), pairs.period - pairs.group
    for weeks in range(BEFORE, AFTER, WIDTH):
        which = np.flatnonzero((since >= weeks) & (since < weeks + WIDTH))
        if len(which):
            effect = interventions.effect_of_pairs(step, pairs, which)
            low, high = effect.interval()
            yield StartBin(weeks=weeks, effect=effect.value, low=low, high=high)


def pre_trend_caveats(bins: Sequence[StartBin]) -> list[Sentence]:
    """A caveat if boroughs already differed in the weeks before the start."""
    early = [
        start_bin
        for start_bin in bins
        if start_bin.weeks < 0 and start_bin.low is not None and start_bin.high is not None
    ]
    apart = any(not (start_bin.low or 0.0) <= 0 <= (start_bin.high or 0.0) for start_bin in early)
    return [Sentence(PRE_TREND_CAVEAT)] if apart else []


def simultaneous_start(
    step: interventions.AdoptionPanel, study: interventions.EventStudy, start: PilotStart
) -> StartEffect | None:
    """The effect if all boroughs that started did so in one week: two-way fixed effects, with
    bins.
    """
    whole = interventions.difference_in_differences(step)
    if isinstance(whole, PanelRefusal):
        return None

    def limits(level: float) -> tuple[float, float]:
        (low,), (high,) = whole.interval(level)
        return float(low), float(high)

    low, high = limits(0.95)
    lows, highs = study.fit.interval()
    change = start.sentence(OF_ONE_START, float(whole.beta[0]), limits)
    bins = tuple(
        StartBin(weeks=k, effect=float(study.fit.beta[i]), low=float(lows[i]), high=float(highs[i]))
        for i, k in enumerate(study.bins)
    )
    return StartEffect(
        day=start.day,
        design="event_study",
        step=float(whole.beta[0]),
        low=low,
        high=high,
        strength=start.strength,
        sentence=joined_sentences(
            change, Sentence(CHOSEN_START_CAVEAT), study.caveat, *pre_trend_caveats(bins)
        ),
        bins=bins,
    )


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
