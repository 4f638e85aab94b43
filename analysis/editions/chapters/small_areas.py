"""Boroughs' own estimates and those of a model that borrows strength from all of them."""

import numpy as np

from analysis.editions import perception
from analysis.editions.inputs import EditionInputs
from analysis.editions.respondents import Respondents
from analysis.statistics import estimates, fay_herriot
from analysis.statistics.estimates import Means, finite_or_none
from analysis.statistics.variance import Floats
from survey.editions.chapters.sample import SmallAreaEstimate

FEWEST_AREAS = 10
SENTENCE = "Small-area estimate: borrows strength from all boroughs."


def small_area_estimates(
    material: EditionInputs, asked: Respondents
) -> tuple[SmallAreaEstimate, ...]:
    """Fay-Herriot on the index of the boroughs, with smoothed variances and one census covariate.

    Nothing with fewer than ten boroughs that have an index and two answers.
    """
    boroughs, variance = asked.boroughs, variance_within_boroughs(asked)
    usable = np.isfinite(boroughs.value) & np.isfinite(variance)
    if usable.sum() < FEWEST_AREAS or not np.nansum(variance):
        return ()
    y = np.where(usable, boroughs.value, np.nan)
    psi = np.where(usable, smoothed_variances(boroughs, variance), np.inf)
    found = fay_herriot.fay_herriot(y, psi, covariates(material))
    direct = estimates.to_estimates(
        boroughs, material.codes, stream="sampled", method=perception.INDEX_METHOD
    )
    low, high = found.interval()
    return tuple(
        SmallAreaEstimate(
            domain=code,
            direct=direct[i],
            value=finite_or_none(found.value[i]),
            low=finite_or_none(low[i]),
            high=finite_or_none(high[i]),
            own=float(found.gamma[i]),
        )
        for i, code in enumerate(material.codes)
    )


def variance_within_boroughs(asked: Respondents) -> Floats:
    """s² of the index within each borough; NaN for fewer than two answers."""
    sampled = asked.sampled
    n, score, squares = (
        np.bincount(sampled.area, one, minlength=asked.areas)
        for one in (sampled.scored, sampled.score, sampled.squares)
    )
    some = np.where(n > 1, n, np.nan)
    return np.asarray(np.maximum(squares - score**2 / some, 0.0) / (some - 1))


def smoothed_variances(boroughs: Means, variance: Floats) -> Floats:
    """ψ = S²·deff/n, S² pooled within boroughs, and one deff for all: Σ df·se²n/S² / Σ df.

    The design effect of a single borough depends on a handful of PSUs; pooled over all it is
    reliable.
    """
    simple = fay_herriot.smoothed_variance(variance, boroughs.n.astype(np.float64))
    sound = (boroughs.df >= 1) & np.isfinite(boroughs.se) & np.isfinite(simple)
    if not sound.any():
        return simple
    df, effect = boroughs.df[sound], boroughs.se[sound] ** 2 / simple[sound]
    return np.asarray(simple * float((df * effect).sum() / df.sum()))


def covariates(material: EditionInputs) -> Floats:
    """A column of ones and the centred share of residents below 16, where the census gives it."""
    ones = np.ones(len(material.boroughs))
    adults = material.targets.get("area", np.zeros(0))
    if len(adults) != len(ones) or not (material.residents > 0).all():
        return ones[:, None]
    young = 1 - adults / material.residents
    away = young - young.mean()
    if not away.std() > 1e-9:
        return ones[:, None]
    return np.column_stack([ones, away / away.std()])
