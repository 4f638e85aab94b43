"""Where each area lies against limits around the city's figure, instead of a league table."""

from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics.rates import PER
from analysis.statistics.sampling.estimates import t_quantile
from analysis.statistics.sampling.variance import Floats, Ints
from survey.editions.force import FunnelLimits, FunnelZone

TAILS = (0.001, 0.025, 0.975, 0.999)  # of the 99.8 % and the 95 % limits
WINSORISED, NULL = 0.1, 0.6787
FEWEST = 10  # winsorising a tenth of fewer areas removes nothing
PLACES = 2


def limits_status(value: float, limits: FunnelLimits) -> FunnelZone:
    """The zone of a value: 'low' or 'high' outside the 95 % limits, 'below' or 'above' 99.8 %.

    By this rule alone a tile, a mark in a chart, a row of a table, a sentence or an alert calls an
    area different. `value` is the figure as it is published and `limits` are those that are drawn,
    so that none of them can contradict another.
    """
    if value < limits.low:
        return "below" if value < limits.lowest else "low"
    if value > limits.high:
        return "above" if value > limits.highest else "high"
    return "within"


def rate_limits(
    residents: float, target: float, *, between: float = 0.0, reach: float = 0.0
) -> FunnelLimits:
    """Limits of a rate per 10,000 at this number of residents, to two decimals.

    Poisson's, interpolated; where areas differ more than chance allows, those of
    z = 2(√(O+¼) - √E) with variance 1 + 4Nτ², N residents/10,000 and τ² = `between` the variance
    between areas of the square root of the rate. `reach` is by how many events a rounded count may
    differ from the true one: the limits are so much further out, so that rounding alone puts no
    area outside them.
    Source: Spiegelhalter (2005).
    """
    expected = residents * target / PER
    more = PER * reach / residents
    ratios = [ratio_limit(expected, tail, 1 + 4 * residents / PER * between) for tail in TAILS]
    lowest, low, high, highest = (target * ratio for ratio in ratios)
    # Interpolated Poisson limits may lie below 0 where little is expected.
    lowest, low = max(0.0, lowest - more), max(0.0, low - more)
    return to_limits(residents, (lowest, low, high + more, highest + more))


def ratio_limit(expected: float, probability: float, phi: float) -> float:
    """The limit of O/E: Poisson's, or where φ > 1 that of z√φ = 2(√(O+¼) - √E)."""
    if phi == 1.0:
        return poisson_limit(expected, probability)
    reach = float(scipy.stats.norm.ppf(probability)) * phi**0.5
    return float((max(expected**0.5 + reach / 2, 0.0) ** 2 - 0.25) / expected)


def mean_limits(
    answers: float, target: float, *, unit: float, degrees: int, between: float = 0.0
) -> FunnelLimits:
    """Limits of a mean at this number of effective answers: target ± t·√(unit/n + τ²), to two
    decimals.

    `unit` is the variance of one effective answer, the same for all areas, and `degrees` its
    degrees of freedom; `between` τ². Without τ² a mean is outside exactly where its interval leaves
    out the target.
    Source: Spiegelhalter (2005).
    """
    error = (unit / answers + between) ** 0.5
    df = np.array([degrees])
    inner, outer = (float(t_quantile(df, 1 - 2 * tail)[0]) * error for tail in TAILS[1::-1])
    return to_limits(answers, (target - outer, target - inner, target + inner, target + outer))


def to_limits(size: float, four: tuple[float, float, float, float]) -> FunnelLimits:
    lowest, low, high, highest = (round(limit, PLACES) for limit in four)
    return FunnelLimits(size=size, low=low, high=high, lowest=lowest, highest=highest)


class Dispersion(NamedTuple):
    """How much more areas differ than chance allows: φ (corrected), and τ² in the unit squared.

    Both are 1 and 0 where φ ≤ 1 + 2√(2/k): the limits then stay exact.
    """

    phi: float
    tau2: float


def dispersion(z: Floats, se: Floats) -> Dispersion:
    """φ = Σz²/k of winsorised z, divided by its expectation under no dispersion, 0.6787.

    `z` one an area, NaN where unknown, and its error `se`: (value - city)/se for means,
    2(√(O+¼) - √E) and 1/(2√N) for the square root of rates, N residents/10,000. Then
    τ² = (kφ - (k-1)) / (Σw - Σw²/Σw), w = 1/se² (DerSimonian & Laird 1986). The outer 10 % on each
    side are drawn in, so that a few outlying areas do not mask themselves; that alone makes φ
    0.6787 where there is no dispersion, which Spiegelhalter (2005) does not correct: false alarms
    were 9.9 % without the correction, 5.0 % with it. With fewer than ten areas there is no
    estimate: φ is 1.
    """
    known = np.isfinite(z)
    k = int(known.sum())
    if k < FEWEST:
        return Dispersion(1.0, 0.0)
    inside = np.clip(z[known], *np.quantile(z[known], [WINSORISED, 1 - WINSORISED]))
    phi = float((inside**2).mean()) / NULL
    if phi <= 1 + 2 * (2 / k) ** 0.5:
        return Dispersion(1.0, 0.0)
    w = 1 / se[known] ** 2
    return Dispersion(
        phi, float(max((k * phi - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()), 0.0))
    )


def root_score(events: Ints, population: Floats) -> Floats:
    """z = 2(√(O+¼) - √E), E by the rate of the whole city; NaN where nobody lives.

    Source: Spiegelhalter (2005).
    """
    lived = population > 0
    # Only against 0 / 0 where nobody lives: such areas become NaN below.
    city = events[lived].sum() / max(float(population[lived].sum()), 1e-300)
    expected = np.where(lived, population * city, np.nan)
    return np.asarray(2 * (np.sqrt(events + 0.25) - np.sqrt(expected)))


def poisson_limit(expected: float, probability: float) -> float:
    """The limit of O/E to draw: (r - a)/E, r the quantile, a = (F(r) - p)/f(r) between counts.

    Source: Spiegelhalter (2005), appendix A.1.1. May lie below 0 where E is small.
    """
    r = float(scipy.stats.poisson.ppf(probability, expected))
    share = (scipy.stats.poisson.cdf(r, expected) - probability) / scipy.stats.poisson.pmf(
        r, expected
    )
    return float((r - share) / expected)
