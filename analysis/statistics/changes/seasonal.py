"""The change of a series a year with its season taken out: a level for each calendar month.

No decomposition by smoothing (STL): it gives a trend without an interval.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics.changes.interventions import best_rho, restricted_likelihood
from analysis.statistics.rates import counts
from analysis.statistics.sampling.variance import Floats

DAYS_OF_YEAR = 365.25
MONTHS_OF_YEAR = 12
MOST_CORRELATION = 0.9


class YearlyChange(NamedTuple):
    """The change a year with its 95 % limits."""

    value: float
    low: float
    high: float


def seasonal_design(days: Sequence[datetime.date]) -> Floats:
    """A column for each calendar month that occurs, then the years since the first day: n x p."""
    month = np.array([day.month for day in days])
    years = np.array([(day - days[0]).days / DAYS_OF_YEAR for day in days])
    return np.column_stack([*(month == one for one in np.unique(month)), years]).astype(np.float64)


def count_trend(
    y: Floats, days: Sequence[datetime.date], exposure: Floats, level: float = 0.95
) -> YearlyChange:
    """The change of a rate in per cent a year: log μ = α_month + βt + log(exposure).

    `y` counts, one a span, `days` the middle of each, in order, `exposure` its days. Poisson with
    the variance times φ(1+ρ)/(1-ρ): φ Pearson's dispersion, not below 1, ρ the correlation of
    neighbouring residuals, not below 0; t with (n-p)(1-ρ)/(1+ρ) df, 1 at least.
    Errors: ValueError as for `counts.poisson`.
    Source: McCullagh & Nelder (1989) §6.2; Bayley & Hammersley (1946) for ρ.
    """
    x = seasonal_design(days)
    found = counts.fit_poisson(y, x, exposure)
    mean = exposure * np.exp(x @ found.beta)
    residual = (y - mean) / np.sqrt(mean)
    together = float((residual[1:] * residual[:-1]).sum() / (residual**2).sum())
    rho = min(max(together, 0.0), MOST_CORRELATION)
    widened = (1 + rho) / (1 - rho)
    degrees = max((len(y) - x.shape[1]) / widened, 1.0)
    error = float(found.se[-1]) * (max(found.phi, 1.0) * widened) ** 0.5
    reach = float(scipy.stats.t.ppf(0.5 + level / 2, degrees)) * error
    slope = float(found.beta[-1])
    return YearlyChange(*(100 * float(np.expm1(slope + by)) for by in (0.0, -reach, reach)))


def level_trend(y: Floats, days: Sequence[datetime.date], level: float = 0.95) -> YearlyChange:
    """The change of a level a year in its own unit: y = α_month + βt, errors AR(1), by REML.

    `y` one a month, `days` its first day, in order; months may be missing. t with
    (n-p)(1-ρ)/(1+ρ) df, ρ not below 0, 1 df at least, as `interrupted_series`.
    Source: Pinheiro & Bates (2000) §5.3.
    """
    x = seasonal_design(days)
    number = np.array([MONTHS_OF_YEAR * day.year + day.month for day in days], dtype=np.float64)
    gap = np.diff(number)
    rho = best_rho(y, x, gap)
    _, beta, bread, rest = restricted_likelihood(y, x, gap, rho)
    n, p = x.shape
    kept = max(rho, 0.0)
    degrees = max((n - p) * (1 - kept) / (1 + kept), 1.0)
    error = float(np.sqrt(bread[-1, -1] * rest / (n - p)))
    reach = float(scipy.stats.t.ppf(0.5 + level / 2, degrees)) * error
    slope = float(beta[-1])
    return YearlyChange(slope, slope - reach, slope + reach)
