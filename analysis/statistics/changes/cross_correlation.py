"""At which lag two series may move together. Exploratory, and only after prewhitening."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Flags, Floats

FEWEST = 12


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossCorrelation:
    """r at lags 0 to L (the second series after the first), and the limit (±) they must pass.

    Exploratory: what passes is a question for the panel, no finding.
    """

    lags: tuple[int, ...]
    r: Floats
    limit: float
    n: int

    @property
    def passing(self) -> Flags:
        return np.asarray(np.abs(self.r) > self.limit)


def cross_correlation(
    first: Floats, second: Floats, *, lags: int = 4, level: float = 0.95
) -> CrossCorrelation | None:
    """r_k = corr(a_t, b_{t+k}), a and b the AR(1) residuals of each; limits z/√n by Bonferroni.

    `first`, `second` one a week, without gaps. ρ̂ of each series is corrected for its bias,
    ρ̂ + (1+3ρ̂)/n, at most 0.99. z at 1 - (1-level)/(2(L+1)). Two independent AR(0.7) series pass
    ±1.96/√n somewhere in 46 of 100 runs without prewhitening. None with fewer than 12 weeks or a
    series without spread. Errors: ValueError for a gap or series of two lengths.
    Source: Haugh (1976); Kendall (1954); Box, Jenkins & Reinsel (2008) §12.1.
    """
    if len(first) != len(second) or not np.isfinite(first + second).all():
        raise ValueError("two series of one length without gaps")
    if len(first) < FEWEST + lags or not (np.ptp(first) and np.ptp(second)):
        return None
    a, b = prewhitened_series(first), prewhitened_series(second)
    n = len(a)
    spread = float(np.sqrt((a @ a) * (b @ b)))
    r = np.array([float(a[: n - k] @ b[k:]) / spread for k in range(lags + 1)])
    tail = (1 - level) / (2 * (lags + 1))
    limit = float(scipy.stats.norm.ppf(1 - tail)) / n**0.5
    return CrossCorrelation(lags=tuple(range(lags + 1)), r=r, limit=limit, n=n)


def prewhitened_series(series: Floats) -> Floats:
    """Residuals of an AR(1) with bias-corrected ρ, centred."""
    away = series - series.mean()
    rho = float(away[1:] @ away[:-1] / (away @ away))
    rho = min(rho + (1 + 3 * rho) / len(series), 0.99)
    left = away[1:] - rho * away[:-1]
    return np.asarray(left - left.mean())
