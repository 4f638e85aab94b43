"""Where each area stands against the city, by control limits instead of a league table."""

from typing import Literal

import numpy as np
from scipy import stats

from analysis.statistics.estimates import Means, quantile
from analysis.statistics.variance import Flags, Floats, Whole

Standing = Literal["below", "within", "above", "withheld"]
TAIL = 0.025


def means(found: Means, city: float, *, tail: float = TAIL) -> list[Standing]:
    """(value - city) / se against ±t_df, the 95 % limits unless told otherwise.

    The same quantile as the area's interval, so that the two never contradict each other.

    Withheld where an area has no estimate or no degrees of freedom. Source: Spiegelhalter (2005).
    About one area in 20 lies outside by chance alone.
    """
    sound = (found.df >= 1) & (found.se > 0)
    z = np.where(sound, found.value - city, np.nan) / np.where(sound, found.se, 1.0)
    limit = np.nan_to_num(quantile(found.df, 1 - 2 * tail), nan=np.inf)
    return placed(z < -limit, z > limit, np.isfinite(z))


def rates(events: Whole, population: Floats, *, tail: float = TAIL) -> list[Standing]:
    """Exact: below where P(X ≤ O) < tail, above where P(X ≥ O) < tail, X ~ Poisson(E).

    E = population · ΣO/ΣN. An area without residents is withheld and left out of the city.
    """
    lived = population > 0
    whole = population[lived].sum()
    expected = np.where(lived, population, np.nan) * (events[lived].sum() / whole if whole else 0)
    low, high = stats.poisson.cdf(events, expected), stats.poisson.sf(events - 1, expected)
    return placed(low < tail, high < tail, np.isfinite(expected))


def placed(below: Flags, above: Flags, known: Flags) -> list[Standing]:
    return [
        "withheld" if not k else "below" if b else "above" if a else "within"
        for b, a, k in zip(below, above, known, strict=True)
    ]


def poisson_limit(expected: float, probability: float) -> float:
    """The limit of O/E to draw: (r - a)/E, r the quantile, a = (F(r) - p)/f(r) between counts.

    Source: Spiegelhalter (2005), appendix A.1.1. May lie below 0 where E is small.
    """
    r = float(stats.poisson.ppf(probability, expected))
    share = (stats.poisson.cdf(r, expected) - probability) / stats.poisson.pmf(r, expected)
    return float((r - share) / expected)
