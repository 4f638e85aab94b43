"""Funnels of rates: which boroughs lie outside what chance allows around the city's own rate."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import scipy

from analysis.statistics import funnel
from analysis.statistics.rates import PER
from analysis.statistics.variance import Floats, Ints
from survey.editions.chapters.funnels import Funnel, FunnelLimits, FunnelPoint, FunnelZone
from survey.editions.figures import Rate

WIDE, WIDER = 0.025, 0.001
TAILS = (WIDER, WIDE, 1 - WIDE, 1 - WIDER)
POINTS = 24


def rate_funnels(found: Mapping[str, Sequence[Rate]]) -> tuple[Funnel, ...]:
    """A funnel for each measure with two boroughs or more and an event; tables start with the city.

    The target is the rate of the boroughs together, with exact Poisson limits (95 %, 99.8 %), wider
    where boroughs vary more than chance allows (statistics.md 2.15).
    """
    return tuple(one for measure, table in found.items() for one in rate_funnel(measure, table[1:]))


def rate_funnel(measure: str, boroughs: Sequence[Rate]) -> Iterator[Funnel]:
    events = np.array([one.events or 0 for one in boroughs], dtype=np.int64)
    residents = np.array([one.population for one in boroughs], dtype=np.float64)
    lived = residents > 0
    if lived.sum() < 2 or not events[lived].sum():
        return
    target = PER * float(events[lived].sum() / residents[lived].sum())
    phi = funnel.dispersion(funnel.root_score(events, residents)).phi
    yield Funnel(
        measure=measure,
        target=target,
        spots=tuple(
            FunnelPoint(domain=one.domain, size=one.population, value=one.per_10_000, place=place)
            for one, place in zip(boroughs, rate_places(events, residents), strict=True)
        ),
        limits=tuple(limit_curves(residents[lived], target, phi)),
        phi=phi if phi > 1 else None,
    )


def rate_places(events: Ints, residents: Floats) -> list[FunnelZone]:
    """Outside the 95 % limits is low or high, outside 99.8 % below or above."""
    wide = funnel.dispersed_rate_positions(events, residents, tail=WIDE)
    wider = funnel.dispersed_rate_positions(events, residents, tail=WIDER)
    outside: dict[str, FunnelZone] = {"below": "low", "above": "high"}
    return [
        far if far != "within" else outside.get(near, near)
        for near, far in zip(wide, wider, strict=True)
    ]


def limit_curves(residents: Floats, target: float, phi: float) -> Iterator[FunnelLimits]:
    """The curves to draw, from the smallest borough to the largest."""
    for size in np.linspace(residents.min(), residents.max(), POINTS).tolist():
        expected = size * target / PER
        lowest, low, high, highest = (
            max(0.0, target * ratio_limit(expected, tail, phi)) for tail in TAILS
        )
        yield FunnelLimits(size=size, low=low, high=high, lowest=lowest, highest=highest)


def ratio_limit(expected: float, probability: float, phi: float) -> float:
    """The limit of O/E: Poisson's, or where φ > 1 that of z√φ = 2(√(O+¼) - √E)."""
    if phi == 1.0:
        return funnel.poisson_limit(expected, probability)
    reach = float(scipy.stats.norm.ppf(probability)) * phi**0.5
    return float((max(expected**0.5 + reach / 2, 0.0) ** 2 - 0.25) / expected)
