"""Which boroughs lie outside what chance, and the ordinary spread of boroughs, would allow."""

from dataclasses import replace

import numpy as np

from analysis.edition.respondents import Respondents
from analysis.material import Material
from analysis.statistics import funnel
from analysis.statistics.estimates import Means, known, quantile
from analysis.statistics.funnel import Standing
from survey.funnels import Funnel, Limits, Place, Spot

INNER, OUTER = 0.95, 0.998
DRAWN = 25


def of(material: Material, asked: Respondents) -> tuple[Funnel, ...]:
    """The funnel of the index: value by effective answers, about the city's own.

    One unit variance for all, S² = Σ df·se²·n_eff / Σ df, so that the limits are a line and a spot
    lies outside where the picture shows it; τ² is added where boroughs spread wider than chance.
    Limits by t on Σ df. Nothing where the city has no index. Source: statistics.md 2.15.
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
            spots=spots(material, even, target),
            limits=limits(even, target, unit, between),
            between=between or None,
        ),
    )


def spots(material: Material, even: Means, target: float) -> tuple[Spot, ...]:
    inner, outer = (
        funnel.dispersed_means(even, target, tail=(1 - level) / 2) for level in (INNER, OUTER)
    )
    return tuple(
        Spot(
            domain=code,
            size=known(even.n_eff[i]),
            value=known(even.value[i]),
            place=placed(inner[i], outer[i]),
        )
        for i, code in enumerate(material.codes)
    )


def placed(inner: Standing, outer: Standing) -> Place:
    """Outside 99.8 % 'below' or 'above', outside 95 % 'low' or 'high'."""
    words: dict[Standing, Place] = {"below": "low", "above": "high"}
    return outer if outer in ("below", "above") else words.get(inner, inner)


def limits(even: Means, target: float, unit: float, between: float) -> tuple[Limits, ...]:
    """The two pairs of limits from the smallest to the largest borough."""
    known_ = even.df >= 1
    sizes = np.geomspace(even.n_eff[known_].min(), even.n_eff[known_].max(), DRAWN)
    error = np.sqrt(unit / sizes + between)
    inner, outer = (float(quantile(even.df[known_][:1], level)[0]) for level in (INNER, OUTER))
    return tuple(
        Limits(
            size=size,
            low=target - inner * se,
            high=target + inner * se,
            lowest=target - outer * se,
            highest=target + outer * se,
        )
        for size, se in zip(sizes.tolist(), error.tolist(), strict=True)
    )
