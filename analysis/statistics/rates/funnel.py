"""Where each area lies against the city, by control limits instead of a league table."""

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import scipy

from analysis.statistics.sampling.estimates import Means, t_quantile
from analysis.statistics.sampling.variance import Flags, Floats, Ints

FunnelPosition = Literal["below", "within", "above", "withheld"]
TAIL = 0.025
WINSORISED, NULL = 0.1, 0.6787
FEWEST = 10  # winsorising a tenth of fewer areas removes nothing


def mean_positions(found: Means, city: float, *, tail: float = TAIL) -> list[FunnelPosition]:
    """(value - city) / se against ±t_df, the 95 % limits by default.

    The same quantile as the area's interval, so that the two never contradict each other.

    Withheld where an area has no estimate or no degrees of freedom.
    Source: Spiegelhalter (2005). About one area in 20 lies outside by chance alone.
    """
    sound = (found.df >= 1) & (found.se > 0)
    z = np.where(sound, found.value - city, np.nan) / np.where(sound, found.se, 1.0)
    limit = np.nan_to_num(t_quantile(found.df, 1 - 2 * tail), nan=np.inf)
    return to_positions(z < -limit, z > limit, np.isfinite(z))


def rate_positions(events: Ints, population: Floats, *, tail: float = TAIL) -> list[FunnelPosition]:
    """Exact: below where P(X ≤ O) < tail, above where P(X ≥ O) < tail, X ~ Poisson(E).

    E = population · ΣO/ΣN. An area without residents is withheld and left out of the city.
    Source: Spiegelhalter (2005); statistics.md 2.15.
    """
    lived = population > 0
    whole = population[lived].sum()
    expected = np.where(lived, population, np.nan) * (events[lived].sum() / whole if whole else 0)
    low, high = (
        scipy.stats.poisson.cdf(events, expected),
        # sf(x) leaves x itself out.
        scipy.stats.poisson.sf(events - 1, expected),
    )
    return to_positions(low < tail, high < tail, np.isfinite(expected))


class Dispersion(NamedTuple):
    """How much more areas differ than chance allows: φ (corrected), and τ² in the unit squared.

    Both are 1 and 0 where φ ≤ 1 + 2√(2/k): the limits then stay exact.
    """

    phi: float
    tau2: float


def dispersion(z: Floats, se: Floats | None = None) -> Dispersion:
    """φ = Σz²/k of winsorised z, divided by its expectation under no dispersion, 0.6787.

    `z` one an area, NaN where unknown: 2(√(O+¼) - √E) for counts, (value - city)/se for means, for
    which `se` gives τ² = (kφ - (k-1)) / (Σw - Σw²/Σw), w = 1/se² (DerSimonian & Laird 1986). The
    outer 10 % on each side are drawn in, so that a few outlying areas do not mask themselves; that
    alone makes φ 0.6787 where there is no dispersion, which Spiegelhalter (2005) does not correct:
    false alarms were 9.9 % without the correction, 5.0 % with it. With fewer than ten areas there
    is no estimate: φ is 1.
    """
    known = np.isfinite(z)
    k = int(known.sum())
    if k < FEWEST:
        return Dispersion(1.0, 0.0)
    inside = np.clip(z[known], *np.quantile(z[known], [WINSORISED, 1 - WINSORISED]))
    phi = float((inside**2).mean()) / NULL
    if phi <= 1 + 2 * (2 / k) ** 0.5:
        return Dispersion(1.0, 0.0)
    if se is None:
        return Dispersion(phi, 0.0)
    w = 1 / se[known] ** 2
    return Dispersion(
        phi, float(max((k * phi - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()), 0.0))
    )


def dispersed_rate_positions(
    events: Ints, population: Floats, *, tail: float = TAIL
) -> list[FunnelPosition]:
    """As `rate_positions`, with limits √φ times as wide where areas differ more than chance allows.

    Below or above where |2(√(O+¼) - √E)| / √φ passes z; the exact limits where φ is 1. Exact limits
    alone call 18 of 100 areas different where rates truly spread by 15 %.
    Source: Spiegelhalter (2005).
    """
    z = root_score(events, population)
    over = dispersion(z).phi
    if over == 1.0:
        return rate_positions(events, population, tail=tail)
    limit = float(scipy.stats.norm.ppf(1 - tail)) * over**0.5
    return to_positions(z < -limit, z > limit, np.isfinite(z))


def dispersed_mean_positions(
    found: Means, city: float, *, tail: float = TAIL
) -> list[FunnelPosition]:
    """As `mean_positions`, with τ² added to variances where areas differ more than by chance.

    Says which areas differ from the spread of all, not which differ from the city.
    Source: Spiegelhalter (2005); statistics.md 2.15.
    """
    sound = (found.df >= 1) & (found.se > 0)
    se = np.where(sound, found.se, 1.0)
    tau2 = dispersion(np.where(sound, (found.value - city) / se, np.nan), se).tau2
    wider = replace(found, se=np.where(sound, np.sqrt(found.se**2 + tau2), found.se))
    return mean_positions(wider, city, tail=tail)


def root_score(events: Ints, population: Floats) -> Floats:
    """z = 2(√(O+¼) - √E), E by the rate of the whole city; NaN where nobody lives.

    Source: statistics.md 2.15.
    """
    lived = population > 0
    # Only against 0 / 0 where nobody lives: such areas become NaN below.
    city = events[lived].sum() / max(float(population[lived].sum()), 1e-300)
    expected = np.where(lived, population * city, np.nan)
    return np.asarray(2 * (np.sqrt(events + 0.25) - np.sqrt(expected)))


def to_positions(below: Flags, above: Flags, known: Flags) -> list[FunnelPosition]:
    return [
        "withheld" if not k else "below" if b else "above" if a else "within"
        for b, a, k in zip(below, above, known, strict=True)
    ]


def poisson_limit(expected: float, probability: float) -> float:
    """The limit of O/E to draw: (r - a)/E, r the quantile, a = (F(r) - p)/f(r) between counts.

    Source: Spiegelhalter (2005), appendix A.1.1. May lie below 0 where E is small.
    """
    r = float(scipy.stats.poisson.ppf(probability, expected))
    share = (scipy.stats.poisson.cdf(r, expected) - probability) / scipy.stats.poisson.pmf(
        r, expected
    )
    return float((r - share) / expected)
