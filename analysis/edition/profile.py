"""Perception beside deployments at other lags, and under other choices than the one set down."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import scipy

from analysis import perception
from analysis.material import Material
from analysis.statistics import bootstrap, panel, sensitivity, small_sample
from analysis.statistics.association import NOT_CAUSE
from analysis.statistics.estimates import known
from analysis.statistics.panel import FEWEST_AREAS, POWER, Fit, Panel, Refusal
from analysis.statistics.variance import Floats
from survey.deployments import SEVERITY
from survey.panels import Lag, Otherwise, Profile

FIRED = ("fired", "angled_drive_stunned")  # an angled drive stun completes what was fired
ASKED = 1
LEVEL = 0.05
SEED = ("wild cluster bootstrap", bootstrap.SEED)


def of(material: Material) -> Profile | None:
    """Lags 0 to 4 with Holm, the lead placebo, and β at lag 1 under other choices.

    None where the panel of boroughs and weeks cannot be fitted. Source: statistics.md 2.10.
    """
    given = perception.panel_of(material)
    found = panel.fit(given, lags=(ASKED,))
    if isinstance(found, Refusal):
        return None
    at_each = panel.profile(given)
    placebo = panel.lead_placebo(given)
    lags = tuple(
        lag_of(lag, fit, float(p))
        for lag, fit, p in zip(at_each.lags, at_each.fits, at_each.holm, strict=True)
    )
    before = lag_of(-1, placebo, float(placebo.p[0]) if isinstance(placebo, Fit) else math.nan)
    return Profile(
        lags=lags,
        placebo=before,
        otherwise=tuple(otherwise(given, found, fired(material))),
        sentence=sentence(lags, before, at_each.fits),
    )


def seeds(found: Profile | None) -> tuple[tuple[str, int], ...]:
    """The seed that the profile's figures hang on, where one was used."""
    used = found is not None and any(one.choice == WILD for one in found.otherwise)
    return (SEED,) if used else ()


def lag_of(lag: int, found: Fit | Refusal, p: float) -> Lag:
    if isinstance(found, Refusal):
        return Lag(lag=lag, beta=None, low=None, high=None, p=None)
    low, high = found.interval()
    return Lag(
        lag=lag,
        beta=float(found.beta[0]),
        low=float(low[0]),
        high=float(high[0]),
        p=known(p),
    )


def fired(material: Material) -> Floats | None:
    """Deployments in which a device was fired; None where the figures do not tell the tactic."""
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


def otherwise(given: Panel, found: Fit, fired_only: Floats | None) -> Iterator[Otherwise]:
    """β at lag 1 under each other choice, in the order of the method."""
    beta = float(found.beta[0])
    strict = small_sample.cr2(given)
    if strict is not None and math.isfinite(strict.df) and strict.df > 0:
        reach = float(scipy.stats.t.ppf(0.975, strict.df)) * strict.se
        yield Otherwise(choice=CR2, beta=beta, low=beta - reach, high=beta + reach)
    others = sensitivity.sensitivities(given, fired=fired_only)
    for choice, fit in (
        (TRENDS, others.area_trends),
        (LOGGED, others.logged),
        (FIRED_ONLY, others.fired_only),
    ):
        if isinstance(fit, Fit):
            yield chosen(choice, fit)
    low, high = others.widest
    yield Otherwise(choice=WITHOUT, beta=beta, low=known(low), high=known(high))
    wild = bootstrap.wild_cluster(given) if found.exposed < FEWEST_AREAS else None
    if wild is not None:
        yield Otherwise(choice=WILD, beta=beta, low=known(wild.low), high=known(wild.high))


def chosen(choice: str, found: Fit) -> Otherwise:
    low, high = found.interval()
    return Otherwise(
        choice=choice, beta=float(found.beta[0]), low=float(low[0]), high=float(high[0])
    )


def sentence(lags: Sequence[Lag], placebo: Lag, fits: Sequence[Fit | Refusal]) -> str:
    """What the lags say together: only lag 1 was asked beforehand, the others guard it."""
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
    error = [float(fit.se[0]) for fit in fits if isinstance(fit, Fit)]
    if not error:
        return "The lags could not be compared with one another: too few weeks have all of them."
    return (
        f"At none of {len(lags)} lags is there clear evidence of an association; one smaller than "
        f"{POWER * float(np.median(error)):.1f} points would usually go unseen."
    )
