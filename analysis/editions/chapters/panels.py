"""Perception and deployments at other lags, and under other choices than the planned one."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import scipy

from analysis.editions import perception
from analysis.editions.inputs import EditionInputs
from analysis.statistics import bootstrap, panel, sensitivity, small_sample
from analysis.statistics.association import NOT_CAUSE
from analysis.statistics.estimates import finite_or_none
from analysis.statistics.panel import FEWEST_AREAS, POWER, Panel, PanelFit, PanelRefusal
from analysis.statistics.variance import Floats
from survey.deployments.counts import SEVERITY
from survey.editions.chapters.panels import (
    AlternativeEffect,
    EditionLagProfile,
    LagEffect,
)

FIRED = ("fired", "angled_drive_stunned")  # an angled drive stun completes what was fired
CONFIRMED_LAG = 1
LEVEL = 0.05
SEED = ("wild cluster bootstrap", bootstrap.SEED)


def edition_lag_profile(material: EditionInputs) -> EditionLagProfile | None:
    """Lags 0 to 4 with Holm, the lead placebo, and β at lag 1 under other choices.

    None where the panel of boroughs and weeks cannot be fitted. Source: statistics.md 2.10.
    """
    given = perception.weekly_panel(material)
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
        otherwise=tuple(alternative_fits(given, found, fired_deployments(material))),
        sentence=profile_sentence(lags, before, at_each.fits),
    )


def used_seeds(found: EditionLagProfile | None) -> tuple[tuple[str, int], ...]:
    """The seed that the profile's figures depend on, if one was used."""
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


def fired_deployments(material: EditionInputs) -> Floats | None:
    """Deployments in which a device was fired; None if the figures do not give the tactic."""
    if not any(count.tactic in SEVERITY for count in material.counts):
        return None
    keep = [i for i, area in enumerate(material.boroughs) if area.per_resident]
    return perception.weekly_deployments(material, FIRED)[keep]


CR2 = "With the stricter error CR2 and Satterthwaite's degrees of freedom"
TRENDS = "With a straight line for each borough"
LOGGED = "By the logarithm of 1 + deployments, points per unit of that"
FIRED_ONLY = "Only uses in which a device was fired"
WITHOUT = "With one borough left out: the least and the largest"
WILD = "By the wild cluster bootstrap, because few boroughs saw a deployment"


def alternative_fits(
    given: Panel, found: PanelFit, fired_only: Floats | None
) -> Iterator[AlternativeEffect]:
    """β at lag 1 under each other choice, in the order of the method."""
    beta = float(found.beta[0])
    strict = small_sample.cr2(given)
    if strict is not None and math.isfinite(strict.df) and strict.df > 0:
        reach = float(scipy.stats.t.ppf(0.975, strict.df)) * strict.se
        yield AlternativeEffect(choice=CR2, beta=beta, low=beta - reach, high=beta + reach)
    others = sensitivity.sensitivity_fits(given, fired=fired_only)
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
