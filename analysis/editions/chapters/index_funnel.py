"""Which boroughs lie outside what chance, and the ordinary spread of boroughs, would allow."""

from dataclasses import replace

import numpy as np

from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics import funnel
from analysis.statistics.estimates import Means, finite_or_none, t_quantile
from analysis.statistics.funnel import FunnelPosition
from survey.editions.chapters.funnels import Funnel, FunnelLimits, FunnelPoint, FunnelZone

INNER, OUTER = 0.95, 0.998
DRAWN = 25


def index_funnels(material: EditionInputs, asked: Respondents) -> tuple[Funnel, ...]:
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
            spots=borough_spots(material, even, target),
            limits=limit_curves(even, target, unit, between),
            between=between or None,
        ),
    )


def borough_spots(material: EditionInputs, even: Means, target: float) -> tuple[FunnelPoint, ...]:
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
        for i, code in enumerate(material.codes)
    )


def to_place(inner: FunnelPosition, outer: FunnelPosition) -> FunnelZone:
    """Outside 99.8 % 'below' or 'above', outside 95 % 'low' or 'high'."""
    words: dict[FunnelPosition, FunnelZone] = {"below": "low", "above": "high"}
    return outer if outer in ("below", "above") else words.get(inner, inner)


def limit_curves(
    even: Means, target: float, unit: float, between: float
) -> tuple[FunnelLimits, ...]:
    """The two pairs of limits from the smallest to the largest borough."""
    known_ = even.df >= 1
    sizes = np.geomspace(even.n_eff[known_].min(), even.n_eff[known_].max(), DRAWN)
    error = np.sqrt(unit / sizes + between)
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
