"""Directly age-standardised rates with Dobson's limits; none for fewer than ten events."""

from dataclasses import dataclass

import numpy as np

from analysis.statistics.rates.rates import PER, byar_limits
from analysis.statistics.sampling.variance import Floats, Ints

FEWEST_EVENTS = 10


@dataclass(frozen=True, kw_only=True)
class StandardisedRate:
    """A rate per 10,000 for the ages of the standard population; None below ten events."""

    events: int
    per_10_000: float | None
    low: float | None
    high: float | None
    method: str


def standardised_rate(
    events: Ints, population: Floats, standard: Floats, *, level: float = 0.95
) -> StandardisedRate:
    """r = Σw_j·O_j/n_j with w = std/Σstd; limits r + √(V/O)·(O_lim - O), V = Σw²O/n².

    `events`, `population` and `standard` one an age group; O_lim are Byar's limits of the count of
    all ages. Not given for fewer than ten events. Errors: ValueError where a group of the
    standard has no residents, or a count is below 0.
    Source: Dobson et al. (1991); Morris et al. (2018); OHID Fingertips technical guidance.
    """
    if (events < 0).any() or ((population <= 0) & (standard > 0)).any():
        raise ValueError("counts are 0 or more, and people live in every age group")
    total = int(events.sum())
    if total < FEWEST_EVENTS:
        return StandardisedRate(
            events=total, per_10_000=None, low=None, high=None, method="fewer than 10 events"
        )
    share = standard / standard.sum() / np.where(population > 0, population, 1.0)
    r, spread = float((share * events).sum()), float((share**2 * events).sum())
    limits = byar_limits(total, level=level)
    low, high = (r + (spread / total) ** 0.5 * (one - total) for one in limits)
    return StandardisedRate(
        events=total, per_10_000=PER * r, low=PER * low, high=PER * high, method="Dobson, Byar"
    )
