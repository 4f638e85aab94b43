"""Early warnings: whether the index, or the number of complaints, left what weeks before led to."""

from typing import NamedTuple

import numpy as np
import scipy

from analysis.disclosure import FEWEST_FOR_RATE, FEWEST_RESPONDENTS
from analysis.material import WEEK, Material
from analysis.statistics import control, counts, forecasts
from analysis.statistics.variance import Flags, Floats

HELD = 10  # weeks that no model is fitted to: so long a shift of one deviation takes to be seen
FEWEST_WEEKS = 13
UPPER = 0.999  # of the 99.8 % limits


class Surprise(NamedTuple):
    """Standardised one-step residuals, one a week, and how many weeks the model was fitted to."""

    z: Floats
    baseline: int


def city(material: Material) -> float | None:
    """How far the city's index lies from what was expected, where it warns on two weeks.

    In smoothed residuals; below 0 is lower than expected. None without a warning, and with fewer
    than 13 weeks to learn from. Source: statistics.md 2.16.
    """
    value, variance = np.full((2, material.weeks), np.nan)
    for week in material.index_weeks:
        at, one = material.day_of(week.start) // WEEK, week.city
        if 0 <= at < material.weeks and (one.n or 0) >= FEWEST_RESPONDENTS:
            value[at] = np.nan if one.value is None else one.value
            variance[at] = (one.standard_error or np.nan) ** 2
    (found,) = surprises(value[None], variance[None])
    if found.baseline < FEWEST_WEEKS or not control.city_warns(found.z):
        return None
    return float(control.ewma(found.z).value[-1])


def areas(material: Material, shown: Flags) -> dict[str, float]:
    """The boroughs whose index warns, with how far it lies from what was expected.

    `shown` which boroughs have an index that may be read. The error of a week's figure is that of
    one answer in the city over the effective answers. Source: statistics.md 2.16.
    """
    if material.weeks < control.FEWEST_BASELINE or not shown.any():
        return {}
    direct, n_eff = directly(material)
    variance = np.where(n_eff > 1, of_one(material) / np.maximum(n_eff, 1), np.nan)
    found = surprises(np.where(shown[:, None], direct, np.nan), variance)
    z = np.array([one.z for one in found])
    warn = control.areas_that_warn(z, baseline=np.array([one.baseline for one in found], int))
    last = control.ewma(z).value[:, -1]
    rows = zip(material.codes, last, warn, strict=True)
    return {code: float(far) for code, far, warns in rows if warns}


def surprises(value: Floats, variance: Floats) -> list[Surprise]:
    """The one-step residuals of a model that was not fitted to the last weeks, a row a series.

    Ten weeks are kept from it, or fewer where 26 would not be left. No residual where a model
    cannot be fitted.
    """
    weeks = value.shape[1]
    until = max(weeks - HELD, min(control.FEWEST_BASELINE, weeks - 2), 0)
    levels = forecasts.fits(value[:, :until], variance[:, :until])
    return [
        Surprise(np.full(weeks, np.nan), 0)
        if level is None
        else Surprise(forecasts.residuals(one, error, level), level.baseline)
        for one, error, level in zip(value, variance, levels, strict=True)
    ]


def directly(material: Material) -> tuple[Floats, Floats]:
    """Each borough's own estimate of each week, and the effective answers behind it."""
    shape = len(material.boroughs), material.weeks
    value, n_eff = np.full(shape, np.nan), np.zeros(shape)
    number = {code: i for i, code in enumerate(material.codes)}
    for week in material.index_weeks:
        at = material.day_of(week.start) // WEEK
        for code, one, worth in week.direct if 0 <= at < material.weeks else ():
            value[number[code], at] = np.nan if one is None else one
            n_eff[number[code], at] = worth
    return value, n_eff


def of_one(material: Material) -> float:
    """The variance of one person's index."""
    scored = float(material.sampled.scored.sum())
    if not scored:
        return float("nan")
    mean = float(material.sampled.score.sum()) / scored
    return float(material.sampled.squares.sum()) / scored - mean**2


def too_many_complaints(material: Material) -> bool:
    """Whether the period brought more complaints than the 99.8 % limit of the weeks before.

    Negative binomial, the error of its mean added; 13 weeks or more to learn from, and ten
    complaints or more. Source: statistics.md 2.13, 2.16.
    """
    day = material.complaints.day
    came = int(material.complaints.persons[material.window(day)].sum())
    before = np.zeros(max(material.day_of(material.start) // WEEK, 0))
    early = day < len(before) * WEEK
    np.add.at(before, day[early] // WEEK, material.complaints.persons[early])
    before = np.trim_zeros(before, "f")
    if came < FEWEST_FOR_RATE or len(before) < FEWEST_WEEKS:
        return False
    return came > limit(before, ((material.end - material.start).days + 1) / WEEK)


def limit(weekly: Floats, weeks: float) -> float:
    """The upper 99.8 % limit of the sum of some weeks, by what the weeks before brought.

    NB2 of mean mW with variance mW + (mW)²/(θW) + (W·SE(m))². `weekly` counts one a week, `weeks`
    W. Source: statistics.md 2.13; Lawless (1987).
    """
    ones = np.ones((len(weekly), 1))
    found = counts.negative_binomial(weekly, ones, ones[:, 0])
    mean = float(np.exp(found.beta[0])) * weeks
    more = mean**2 / (found.theta * weeks) if found.theta else 0.0
    more += (mean * float(found.se[0])) ** 2
    size = mean**2 / more
    return float(scipy.stats.nbinom.ppf(UPPER, size, size / (size + mean)))
