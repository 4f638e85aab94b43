"""One-step forecasts of a weekly series whose points have sampling errors of known size.

A week's figure is a true level, an AR(1) around a mean, plus the error of asking few people;
charts of raw figures would take either for a change.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize

from analysis.statistics.variance import Floats

FEWEST = 8
MOST_PERSISTENT = 0.98


@dataclass(frozen=True, kw_only=True)
class Level:
    """μ_t = m + ρ(μ_{t-1} - m) + η, V(η) = q; a local level is the limit of ρ towards 1.

    `uncertainty` V(m̂), `baseline` weeks that the parameters were fitted to.
    """

    mean: float
    persistence: float
    innovation: float
    uncertainty: float
    baseline: int


def fit(y: Floats, variance: Floats) -> Level | None:
    """m, ρ and q of y_t = μ_t + ε_t, V(ε_t) known, by restricted maximum likelihood.

    `y` one a week of the baseline, NaN where nobody was asked; `variance` the squared standard
    error of each (the effective n is in it), above 0. The mean is profiled
    out by generalised least squares, ρ in 0 to 0.98. None with fewer than 8 weeks known.
    Source: Harvey (1989) §3.4; Scott & Smith (1974).
    """
    week = np.flatnonzero(np.isfinite(y) & np.isfinite(variance))
    if len(week) < FEWEST:
        return None
    apart = np.abs(week[:, None] - week[None, :])
    known, errors = y[week], np.maximum(variance[week], 1e-9 * variance[week].mean())

    def at(rho: float) -> Best:
        return best_level(known, errors, rho**apart)

    coarse = np.linspace(0.0, MOST_PERSISTENT, 15)
    best = int(np.argmin([at(rho).unlikely for rho in coarse]))
    ends = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
    rho = float(
        optimize.minimize_scalar(
            lambda rho: at(rho).unlikely, bounds=ends, method="bounded", options={"xatol": 1e-3}
        ).x
    )
    found = at(rho)
    return Level(
        mean=found.mean,
        persistence=rho,
        innovation=found.level * (1 - rho**2),
        uncertainty=found.uncertainty,
        baseline=len(week),
    )


class Best(NamedTuple):
    """The variance of μ, q/(1-ρ²), that is likeliest at one ρ, with the mean it goes with."""

    unlikely: float
    level: float
    mean: float
    uncertainty: float


def best_level(y: Floats, variance: Floats, correlation: Floats) -> Best:
    """-2 restricted log likelihood less a constant, by one eigendecomposition for all levels."""
    root = np.sqrt(variance)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    ones, seen = vectors.T @ (1 / root), vectors.T @ (y / root)
    spread = float(y.var(ddof=1)) or float(variance.mean())

    def unlikely(level: Floats) -> tuple[Floats, Floats, Floats]:
        weight = 1 / (1 + level[:, None] * np.maximum(values, 0.0))
        information = (weight * ones**2).sum(axis=1)
        mean = (weight * ones * seen).sum(axis=1) / information
        left = (weight * (seen - mean[:, None] * ones) ** 2).sum(axis=1)
        return left - np.log(weight).sum(axis=1) + np.log(information), mean, information

    steps = spread * np.append(0.0, np.geomspace(1e-4, 30, 60))
    for _ in range(3):
        at = int(np.argmin(unlikely(steps)[0]))
        low, high = steps[max(at - 1, 0)], steps[min(at + 1, len(steps) - 1)]
        best, steps = steps[at], np.unique(np.append(steps[at], np.linspace(low, high, 20)))
    found = unlikely(np.array([best]))
    return Best(float(found[0][0]), float(best), float(found[1][0]), 1 / float(found[2][0]))


def residuals(y: Floats, variance: Floats, level: Level) -> Floats:
    """z_t = (y_t - ŷ_{t|t-1}) / √V_t, V_t = P_{t|t-1} + V(ε_t) + V(m̂): what the charts take.

    `y`, `variance` one a week, NaN where nobody was asked (z is NaN there, and the forecast of the
    weeks after it less sure). Kalman filter from the stationary state. V(m̂) counts only where the
    forecast leans on the mean. Source: Harvey (1989) §3.2.
    """
    rho, found = level.persistence, np.full(len(y), np.nan)
    state, spread, lean = 0.0, level.innovation / (1 - rho**2), 1.0
    for t, (value, error) in enumerate(zip(y, variance, strict=True)):
        if np.isfinite(value) and np.isfinite(error):
            surprise, total = value - level.mean - state, spread + error
            found[t] = surprise / np.sqrt(total + lean**2 * level.uncertainty)
            gain = spread / total
            state, spread, lean = state + gain * surprise, spread * (1 - gain), lean * (1 - gain)
        state, spread = rho * state, rho**2 * spread + level.innovation
        lean = 1 - rho * (1 - lean)  # how far the forecast still rests on the mean: d ŷ / d m
    return found
