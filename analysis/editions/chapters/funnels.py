"""Funnels: which boroughs lie outside what chance allows around the city's own figure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np
import scipy

from analysis.disclosure import tables
from analysis.disclosure.counts import rounded_figure
from analysis.disclosure.fields import treatments
from analysis.disclosure.tables import GatedCell
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.editions.workings import Workings
from analysis.statistics.rates import funnel
from analysis.statistics.rates.funnel import FunnelPosition
from analysis.statistics.rates.rates import PER
from analysis.statistics.sampling.estimates import Means, finite_or_none, t_quantile
from analysis.statistics.sampling.variance import Floats, Ints
from survey.editions.chapters.funnels import Funnel, FunnelLimits, FunnelPoint, FunnelZone
from survey.editions.edition import Edition
from survey.editions.figures import Rate

WIDE, WIDER = 0.025, 0.001
TAILS = (WIDER, WIDE, 1 - WIDE, 1 - WIDER)
POINTS = 24
INNER, OUTER = 0.95, 0.998
DRAWN = 25


def compute(workings: Workings) -> ChapterFields:
    rates = {"deployments": workings.deployments, "complaints": workings.complaints}
    if workings.rates_counted.no_rate:
        del rates["deployments"]
    return {"funnels": (*index_funnels(workings.inputs, workings.asked), *rate_funnels(rates))}


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
        limits=tuple(rate_limit_curves(residents[lived], target, phi)),
        phi=phi if phi > 1 else None,
    )


def rate_places(events: Ints, residents: Floats) -> list[FunnelZone]:
    """The position of each area: 'low' or 'high' outside the 95 % limits, 'below' or 'above'
    outside 99.8 %.
    """
    wide = funnel.dispersed_rate_positions(events, residents, tail=WIDE)
    wider = funnel.dispersed_rate_positions(events, residents, tail=WIDER)
    outside: dict[str, FunnelZone] = {"below": "low", "above": "high"}
    return [
        far if far != "within" else outside.get(near, near)
        for near, far in zip(wide, wider, strict=True)
    ]


def rate_limit_curves(residents: Floats, target: float, phi: float) -> Iterator[FunnelLimits]:
    """The curves to draw, from the smallest borough to the largest."""
    for size in np.linspace(residents.min(), residents.max(), POINTS).tolist():
        expected = size * target / PER
        # Interpolated Poisson limits may lie below 0 where little is expected.
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


def index_funnels(inputs: EditionInputs, asked: Respondents) -> tuple[Funnel, ...]:
    """The funnel of the index: value by effective answers, around the city's own.

    One unit variance for all, S² = Σ df·se²·n_eff / Σ df, so that the limits are a line and a
    borough lies outside where the chart shows it; τ² is added where boroughs vary more than chance.
    Limits by t on Σ df. Empty where the city has no index.
    Source: statistics.md 2.15.
    """
    city, boroughs = asked.city, asked.boroughs
    sound = (boroughs.df >= 1) & (boroughs.se > 0) & np.isfinite(boroughs.value)
    if not (np.isfinite(city.value[0]) and sound.any()):
        return ()
    target, df = float(city.value[0]), int(boroughs.df[sound].sum())
    spread = boroughs.df * boroughs.se**2 * boroughs.n_eff
    unit = float(spread[sound].sum()) / df
    se = np.sqrt(unit / np.where(boroughs.n_eff > 0, boroughs.n_eff, np.nan))
    even = replace(boroughs, se=np.where(sound, se, np.nan), df=np.where(sound, df, 0))
    between = funnel.dispersion(
        np.where(sound, (boroughs.value - target) / se, np.nan), np.where(sound, se, 1.0)
    ).tau2
    return (
        Funnel(
            measure="index",
            target=target,
            spots=borough_spots(inputs, even, target),
            limits=index_limit_curves(even, target, unit, between),
            between=between or None,
        ),
    )


def borough_spots(inputs: EditionInputs, even: Means, target: float) -> tuple[FunnelPoint, ...]:
    inner, outer = (
        funnel.dispersed_mean_positions(even, target, tail=(1 - level) / 2)
        for level in (INNER, OUTER)
    )
    return tuple(
        FunnelPoint(
            domain=code,
            size=finite_or_none(even.n_eff[i]),
            value=finite_or_none(even.value[i]),
            place=to_place(inner[i], outer[i]),
        )
        for i, code in enumerate(inputs.codes)
    )


def to_place(inner: FunnelPosition, outer: FunnelPosition) -> FunnelZone:
    """A position: 'below' or 'above' outside the 99.8 % limits, 'low' or 'high' outside 95 %."""
    words: dict[FunnelPosition, FunnelZone] = {"below": "low", "above": "high"}
    return outer if outer in ("below", "above") else words.get(inner, inner)


def index_limit_curves(
    even: Means, target: float, unit: float, between: float
) -> tuple[FunnelLimits, ...]:
    """The two pairs of limits from the smallest to the largest borough."""
    known_ = even.df >= 1
    # Closer together where samples are small, since the curve bends most there.
    sizes = np.geomspace(even.n_eff[known_].min(), even.n_eff[known_].max(), DRAWN)
    error = np.sqrt(unit / sizes + between)
    # All boroughs share the pooled df, so the quantile of the first one is that of every one.
    inner, outer = (float(t_quantile(even.df[known_][:1], level)[0]) for level in (INNER, OUTER))
    return tuple(
        FunnelLimits(
            size=size,
            low=target - inner * se,
            high=target + inner * se,
            lowest=target - outer * se,
            highest=target + outer * se,
        )
        for size, se in zip(sizes.tolist(), error.tolist(), strict=True)
    )


def gated_funnels(step: GateStep) -> tuple[Funnel, ...]:
    return tuple(gated_funnel(one, step.gated) for one in step.found.funnels)


def gated_funnel(found: Funnel, gated: Edition) -> Funnel:
    """The gated figures at their sizes; no limits if the city's own figure is withheld."""
    table = tables.gated_tables(gated)[found.measure]
    target = tables.shown_value(table.get(gated.city))
    # Limits are drawn around the city's figure and would give it away.
    hidden = target is None
    return msgspec.structs.replace(
        found,
        target=0.0 if target is None else target,
        spots=tuple(
            gated_spot(one, None if hidden else table.get(one.domain)) for one in found.spots
        ),
        limits=() if hidden else tuple(map(rounded_limits, found.limits)),
        phi=None if hidden else rounded_figure(found.phi, 1),
        between=None if hidden else rounded_figure(found.between, 1),
    )


def gated_spot(found: FunnelPoint, one: GatedCell | None) -> FunnelPoint:
    value = tables.shown_value(one)
    if value is None:
        # Residents are public; a number of answers is not.
        size = found.size if isinstance(one, Rate) else None
        return msgspec.structs.replace(found, size=size, value=None, place="withheld")
    return msgspec.structs.replace(found, size=rounded_figure(found.size, 0), value=value)


def rounded_limits(found: FunnelLimits) -> FunnelLimits:
    """The limits, rounded as finely as the figures within them."""
    return FunnelLimits(
        size=round(found.size),
        low=round(found.low, 2),
        high=round(found.high, 2),
        lowest=round(found.lowest, 2),
        highest=round(found.highest, 2),
    )


CHAPTER = Chapter(
    name="funnels",
    compute=compute,
    gates={"funnels": gated_funnels},
    structs={
        Funnel: treatments(plain="measure", gated="target spots limits phi between"),
        FunnelPoint: treatments(plain="domain", gated="size value place"),
        FunnelLimits: treatments(gated="size low high lowest highest"),
    },
)
