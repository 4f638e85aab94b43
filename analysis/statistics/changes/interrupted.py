"""One series before and after a day: interrupted time series with AR(1) errors by REML."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Floats

FEWEST_BEFORE = 24
FEWEST = 3
NAMES = ("level", "trend", "step", "change of trend")
UNCONTROLLED = (
    "The whole city began on one day: nothing was left to compare with, and whatever else changed "
    "that week is in the step too."
)


@dataclass(frozen=True, eq=False, kw_only=True)
class InterruptedSeries:
    """β of level, trend, step and change of trend, with t on `df`·(1-ρ)/(1+ρ) degrees of freedom.

    `rho` autocorrelation of neighbouring weeks, `sigma` standard deviation of the errors; `before`
    and `after` weeks with a figure. `caveats` are to be printed with it.
    """

    beta: Floats
    covariance: Floats
    df: float
    rho: float
    sigma: float
    before: int
    after: int
    caveats: tuple[str, ...]

    @property
    def se(self) -> Floats:
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def weak(self) -> bool:
        """Whether there are fewer than 24 weeks before; say so wherever it is shown."""
        return self.before < FEWEST_BEFORE

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        reach = float(scipy.stats.t.ppf(0.5 + level / 2, self.df)) * self.se
        return self.beta - reach, self.beta + reach


def interrupted_series(y: Floats, start: int) -> InterruptedSeries | None:
    """y_t = β₀ + β₁t + β₂post + β₃(t-T₀)post, errors AR(1), by restricted maximum likelihood.

    `y` one a week, NaN where there is none; `start` T₀, the first week after. V = σ²(X'R⁻¹X)⁻¹, σ²
    = e'R⁻¹e/(n-4), R_ij = ρ^|i-j|, ρ at the largest restricted likelihood; t with (n-4)(1-ρ)/(1+ρ)
    df, ρ not below 0, and 1 df at least. Newey-West is not used: with ten weeks before its
    intervals covered the truth in only 56 to 78 of 100 simulations. None with fewer than three
    weeks on either side.
    Source: Turner et al. (2021); Pinheiro & Bates (2000) §5.3, as R `nlme::gls(corAR1)`.
    """
    week = np.flatnonzero(np.isfinite(y))
    before, after = int((week < start).sum()), int((week >= start).sum())
    if min(before, after) < FEWEST:
        return None
    post = (week >= start).astype(float)
    x = np.column_stack([np.ones(len(week)), week, post, (week - start) * post])
    gap, own = np.diff(week), y[week]
    rho = best_rho(own, x, gap)
    _, beta, bread, rest = restricted_likelihood(own, x, gap, rho)
    n, p = x.shape
    variance = rest / (n - p)
    small = max((n - p) * (1 - max(rho, 0.0)) / (1 + max(rho, 0.0)), 1.0)
    return InterruptedSeries(
        beta=beta,
        covariance=variance * bread,
        df=small,
        rho=rho,
        sigma=variance**0.5,
        before=before,
        after=after,
        caveats=series_caveats(before),
    )


def series_caveats(before: int) -> tuple[str, ...]:
    if before >= FEWEST_BEFORE:
        return (UNCONTROLLED,)
    return (
        f"Weak: only {before} weeks before the start, {FEWEST_BEFORE} are asked for.",
        UNCONTROLLED,
    )


def best_rho(y: Floats, x: Floats, gap: Floats) -> float:
    def unlikely(rho: float) -> float:
        return -restricted_likelihood(y, x, gap, rho)[0]

    coarse = np.linspace(-0.95, 0.99, 40)
    best = int(np.argmin([unlikely(rho) for rho in coarse]))
    ends = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
    found = scipy.optimize.minimize_scalar(
        unlikely, bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x)


def restricted_likelihood(
    y: Floats, x: Floats, gap: Floats, rho: float
) -> tuple[float, Floats, Floats, float]:
    """Restricted log likelihood up to a constant, β, (X'R⁻¹X)⁻¹ and e'R⁻¹e at one ρ."""
    carried = rho**gap
    scale = np.sqrt(1 - carried**2)
    both = np.column_stack([x, y])
    white = np.vstack([both[:1], (both[1:] - carried[:, None] * both[:-1]) / scale[:, None]])
    bread: Floats = np.asarray(np.linalg.inv(white[:, :-1].T @ white[:, :-1]), dtype=np.float64)
    beta = bread @ (white[:, :-1].T @ white[:, -1])
    rest = float(((white[:, -1] - white[:, :-1] @ beta) ** 2).sum())
    n, p = x.shape
    logs = 2 * float(np.log(scale).sum()) - float(np.linalg.slogdet(bread)[1])
    return float(-0.5 * ((n - p) * np.log(rest) + logs)), beta, bread, rest
