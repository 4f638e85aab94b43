"""A series over time: charts of its one-step residuals, and its change without the season.

A week's figure is a true level, an AR(1) around a mean, plus the sampling error of asking few
people; a chart of raw figures would mistake that error for a change, so charts are of residuals.

No decomposition by smoothing (STL): it gives a trend without an interval.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics import changes, counts
from analysis.statistics.interventions import best_rho, restricted_likelihood
from analysis.statistics.sampling.variance import Flags, Floats, Ints

FEWEST = 8
MOST_PERSISTENT = 0.98  # the stationary variance q / (1 - ρ²) grows without end towards 1
IN_CONTROL_RUN = 491
FEWEST_BASELINE = 26
DAYS_OF_YEAR = 365.25
MONTHS_OF_YEAR = 12
MOST_CORRELATION = 0.9
SMOOTHING, WIDTH = 0.2, 2.962


@dataclass(frozen=True, kw_only=True)
class LevelModel:
    """μ_t = m + ρ(μ_{t-1} - m) + η, V(η) = q; a local level is the limit of ρ towards 1.

    `uncertainty` V(m̂), `baseline` weeks that the parameters were fitted to.
    """

    mean: float
    persistence: float
    innovation: float
    uncertainty: float
    baseline: int


def fit_levels(y: Floats, variance: Floats) -> list[LevelModel | None]:
    """m, ρ and q of y_t = μ_t + ε_t, V(ε_t) known, by restricted maximum likelihood.

    `y` series x weeks of the baseline, NaN where nobody was asked; `variance` the squared standard
    error of each (the effective n is in it), above 0. The mean is profiled out by generalised
    least squares; ρ in 0 to 0.98 and q are the best of a grid that is drawn closer three times.
    None with fewer than 8 weeks known.
    Source: Harvey (1989) §3.4; Scott & Smith (1974).
    """
    known = np.isfinite(y) & np.isfinite(variance)
    baseline = known.sum(axis=1)
    used = np.flatnonzero(baseline >= FEWEST)
    levels: list[LevelModel | None] = [None] * len(y)
    if not len(used):
        return levels
    for i, level in zip(used, best_levels(y[used], variance[used], known[used]), strict=True):
        levels[i] = level
    return levels


class ObservedSeries(NamedTuple):
    """Series x weeks: figures (0 where unknown), their variances, and 1 where known."""

    y: Floats
    variance: Floats
    known: Floats


class GridLikelihood(NamedTuple):
    """-2 restricted log likelihood up to a constant, with the mean and its information."""

    unlikely: Floats
    mean: Floats
    information: Floats


def best_levels(y: Floats, variance: Floats, known: Flags) -> Iterator[LevelModel]:
    size = np.array([row[mine].mean() for row, mine in zip(variance, known, strict=True)])
    spread = np.array([row[mine].var(ddof=1) for row, mine in zip(y, known, strict=True)])
    # A week with an error of 0 would have a likelihood without end.
    errors = np.maximum(np.where(known, variance, 1.0), 1e-9 * size[:, None])
    seen = ObservedSeries(np.where(known, y, 0.0), errors, known.astype(float))
    rho = np.tile(np.linspace(0.0, MOST_PERSISTENT, 15), (len(y), 1))
    # 0 is tried as well, because a true level may not move at all.
    steps = np.append(0.0, np.geomspace(1e-4, 30, 40))
    innovation = np.where(spread > 0, spread, size)[:, None] * steps
    for _ in range(3):
        at = likeliest_cells(grid_likelihood(seen, rho, innovation))
        rho, innovation = refined_grid(rho, at[0]), refined_grid(innovation, at[1])
    likelihood = grid_likelihood(seen, rho, innovation)
    for i, (r, q) in enumerate(zip(*likeliest_cells(likelihood), strict=True)):
        yield LevelModel(
            mean=float(likelihood.mean[i, r, q]),
            persistence=float(rho[i, r]),
            innovation=float(innovation[i, q]),
            uncertainty=1 / float(likelihood.information[i, r, q]),
            baseline=int(known[i].sum()),
        )


def likeliest_cells(likelihood: GridLikelihood) -> tuple[Ints, Ints]:
    """The likeliest ρ and q of each series, as positions in the grid."""
    flat = likelihood.unlikely.reshape(len(likelihood.unlikely), -1).argmin(axis=1)
    rho, innovation = np.unravel_index(flat, likelihood.unlikely.shape[1:])
    return rho, innovation


def refined_grid(grid: Floats, at: Ints) -> Floats:
    """A finer grid for each series: 15 values from one neighbour of its best value to the other."""
    rows, last = np.arange(len(grid)), grid.shape[1] - 1
    low, high = grid[rows, np.maximum(at - 1, 0)], grid[rows, np.minimum(at + 1, last)]
    middle = grid[rows, at]
    return np.hstack([np.linspace(low, middle, 8, axis=1), np.linspace(middle, high, 8, axis=1)])


def grid_likelihood(seen: ObservedSeries, rho: Floats, innovation: Floats) -> GridLikelihood:
    """The likelihood at every ρ and q of each series, by the Kalman filter of the figures and of a
    series of ones, from the stationary state. `rho` series x R, `innovation` series x Q; the result
    series x R x Q.
    """
    rho, innovation = map(
        np.ascontiguousarray, np.broadcast_arrays(rho[:, :, None], innovation[:, None, :])
    )
    state, ones, logs, square, cross, information = np.zeros((6, *rho.shape))
    rho_squared = rho**2
    spread = innovation / (1.0 - rho_squared)
    for y, error, known in zip(*(of.T[:, :, None, None] for of in seen), strict=True):
        total = spread + error
        # A week without a figure has a share of 0, so that the state is only carried on.
        surprise, lean, share = y - state, 1.0 - ones, known / total
        logs += known * np.log(total)
        weighed, gain = share * lean, share * spread
        square += share * surprise * surprise
        cross += weighed * surprise
        information += weighed * lean
        state = rho * (state + gain * surprise)
        ones = rho * (ones + gain * lean)
        spread = rho_squared * (spread - gain * spread) + innovation
    mean = cross / information
    # The last term makes the likelihood restricted, because the mean is estimated as well.
    return GridLikelihood(square - mean * cross + logs + np.log(information), mean, information)


def one_step_residuals(y: Floats, variance: Floats, level: LevelModel) -> Floats:
    """z_t = (y_t - ŷ_{t|t-1}) / √V_t, V_t = P_{t|t-1} + V(ε_t) + V(m̂): what the charts take.

    `y`, `variance` one a week, NaN where nobody was asked (z is NaN there, and the forecast of the
    weeks after it less sure). Kalman filter from the stationary state. V(m̂) counts only where the
    forecast leans on the mean. Source: Harvey (1989) §3.2.
    """
    rho, residuals = level.persistence, np.full(len(y), np.nan)
    state, spread, lean = 0.0, level.innovation / (1 - rho**2), 1.0
    for t, (value, error) in enumerate(zip(y, variance, strict=True)):
        if np.isfinite(value) and np.isfinite(error):
            surprise, total = value - level.mean - state, spread + error
            residuals[t] = surprise / np.sqrt(total + lean**2 * level.uncertainty)
            gain = spread / total
            state, spread, lean = state + gain * surprise, spread * (1 - gain), lean * (1 - gain)
        state, spread = rho * state, rho**2 * spread + level.innovation
        lean = 1 - rho * (1 - lean)  # how far the forecast still depends on the mean: d ŷ / d m
    return residuals


@dataclass(frozen=True, eq=False, kw_only=True)
class Ewma:
    """The smoothed residuals, the limit (±) of each week, and which weeks lie outside it."""

    value: Floats
    limit: Floats
    signal: Flags

    @property
    def p(self) -> Floats:
        """Two-sided p of each week's value by the normal; NaN before the first residual."""
        with np.errstate(invalid="ignore", divide="ignore"):
            # limit / WIDTH is the standard deviation of the smoothed value.
            return np.asarray(2 * scipy.stats.norm.sf(np.abs(self.value) * WIDTH / self.limit))


def ewma(z: Floats, *, restart: bool = False) -> Ewma:
    """E_t = λz_t + (1-λ)E_{t-1}, limits ±L·√(λ/(2-λ)·(1-(1-λ)^{2t})), λ = 0.2 and L = 2.962.

    `z` standardised one-step residuals, weeks last (one series, or areas x weeks). A week without a
    residual changes nothing and cannot signal. With `restart` a chart starts again after a signal,
    as when somebody has looked into it. In control, a run lasts 491 weeks on average; a shift of
    one standard deviation is seen after 9.5.
    Source: Roberts (1959); Lucas & Saccucci (1990).
    """
    value, limit = np.full(z.shape, np.nan), np.full(z.shape, np.nan)
    signal = np.zeros(z.shape, dtype=bool)
    now, age = np.zeros(z.shape[:-1]), np.zeros(z.shape[:-1])
    for t in range(z.shape[-1]):
        there = np.isfinite(z[..., t])
        now = np.where(there, SMOOTHING * z[..., t] + (1 - SMOOTHING) * now, now)
        age = age + there
        spread = SMOOTHING / (2 - SMOOTHING) * (1 - (1 - SMOOTHING) ** (2 * age))
        value[..., t] = np.where(age > 0, now, np.nan)
        limit[..., t] = np.where(age > 0, WIDTH * np.sqrt(spread), np.nan)
        signal[..., t] = there & (np.abs(now) > WIDTH * np.sqrt(spread))
        if restart:
            now, age = (np.where(signal[..., t], 0.0, state) for state in (now, age))
    return Ewma(value=value, limit=limit, signal=signal)


def has_city_warning(z: Floats) -> bool:
    """Whether the city's chart signals in both of the last two weeks. `z` as for `ewma`.

    Source: Lucas & Saccucci (1990).
    """
    return bool(len(z) >= 2 and ewma(z).signal[-2:].all())


def warning_areas(z: Floats, *, baseline: Ints) -> Flags:
    """The areas with an early warning in the last week.

    `z` areas x weeks; `baseline` weeks that each area's model was fitted to. An area warns if it
    has 26 weeks of baseline or more, its chart signals in both of the last two weeks, and its p
    passes Benjamini-Hochberg at q = 0.10 across the areas.
    Source: Lucas & Saccucci (1990); Benjamini & Hochberg (1995).
    """
    if z.shape[1] < 2:
        return np.zeros(len(z), dtype=bool)
    chart, enough = ewma(z), baseline >= FEWEST_BASELINE
    twice = chart.signal[:, -2:].all(axis=1) & enough
    # An area that cannot warn is no test, and would only make it harder for the others.
    last = np.where(enough & np.isfinite(z[:, -1]), chart.p[:, -1], np.nan)
    return np.asarray(twice & changes.discoveries(last))


def expected_false_alarms(areas: int, weeks: int) -> float:
    """Number of signals expected by chance on charts with known parameters: areas·weeks / 491.

    Source: Lucas & Saccucci (1990).
    """
    return areas * weeks / IN_CONTROL_RUN


class YearlyChange(NamedTuple):
    """The change a year with its 95 % limits."""

    value: float
    low: float
    high: float


def seasonal_design(days: Sequence[datetime.date]) -> Floats:
    """A column for each calendar month that occurs, then the years since the first day: n x p."""
    month = np.array([day.month for day in days])
    years = np.array([(day - days[0]).days / DAYS_OF_YEAR for day in days])
    return np.column_stack([*(month == number for number in np.unique(month)), years]).astype(
        np.float64
    )


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
    poisson = counts.fit_poisson(y, x, exposure)
    mean = exposure * np.exp(x @ poisson.beta)
    residual = (y - mean) / np.sqrt(mean)
    together = float((residual[1:] * residual[:-1]).sum() / (residual**2).sum())
    rho = min(max(together, 0.0), MOST_CORRELATION)
    widened = (1 + rho) / (1 - rho)
    degrees = max((len(y) - x.shape[1]) / widened, 1.0)
    error = float(poisson.se[-1]) * (max(poisson.phi, 1.0) * widened) ** 0.5
    reach = float(scipy.stats.t.ppf(0.5 + level / 2, degrees)) * error
    slope = float(poisson.beta[-1])
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
