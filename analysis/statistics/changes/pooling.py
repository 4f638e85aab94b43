"""Many changes looked at together: what each of them is, once all of them are known.

Of 33 changes the largest is the one that chance helped most. An estimate that stands alone is then
too large, and its interval misses the truth; one that knows the other 32 is drawn towards no change
as far as they suggest it.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Floats

RARE_WIDTH = 5.0  # standard errors: how far one that really changed may have moved
RARE_PRIOR = 10.0  # Beta(1, 10): before looking, one in eleven is thought to have really changed
SPREADS = np.array([0.02, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0])
SHARES = np.array([0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3])
GRID = 2001


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledChanges:
    """The partially pooled change of each domain, with the ends of its interval."""

    value: Floats
    low: Floats
    high: Floats


def partially_pooled(y: Floats, variance: Floats, *, level: float = 0.95) -> PooledChanges:
    """The mean of what each change may be and its equal-tailed interval, given all of them.

    y_b ~ N(θ_b, ψ_b), θ_b ~ (1-π)·N(0, τ²) + π·N(0, (5s)²), s² the mean of ψ; τ half-Cauchy(s), π
    Beta(1, 10), both summed over a grid. Small changes are drawn to 0 as far as the changes of
    all suggest, a large one hardly; the interval may be read after picking.
    Source: Scott & Berger (2006); Stephens (2017); Gelman, Hill & Yajima (2012).
    """
    scale = float(np.sqrt(variance.mean()))
    spread = scale * SPREADS
    rare = (RARE_WIDTH * scale) ** 2
    usual = normal_density(y[:, None], variance[:, None] + spread**2)
    far = normal_density(y, variance + rare)
    both = (1 - SHARES) * usual[:, :, None] + SHARES * far[:, None, None]
    weight = grid_weights(both, spread, scale)
    # How likely each domain is one of the few that really changed, and else under which spread.
    moved = np.einsum("tp,btp->b", weight, SHARES * far[:, None, None] / both)
    stayed = np.einsum("tp,btp->bt", weight, (1 - SHARES) * usual[:, :, None] / both)
    share = np.column_stack([stayed, moved])
    shrink = np.append(spread**2, rare) / (np.append(spread**2, rare) + variance[:, None])
    return mixture_summary(share, shrink * y[:, None], np.sqrt(shrink * variance[:, None]), level)


def normal_density(y: Floats, variance: Floats) -> Floats:
    return np.asarray(np.exp(-(y**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))


def grid_weights(both: Floats, spread: Floats, scale: float) -> Floats:
    """How likely each pair of τ and π is, given all changes."""
    hyper = np.gradient(spread) / (1 + (spread / scale) ** 2)
    rare = np.gradient(SHARES) * (1 - SHARES) ** (RARE_PRIOR - 1)
    log = np.log(both).sum(axis=0) + np.log(hyper)[:, None] + np.log(rare)
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum())


def mixture_summary(share: Floats, mean: Floats, sd: Floats, level: float) -> PooledChanges:
    """Mean and quantiles of a mixture of normals in each row."""
    low, high = (mean - 6 * sd).min(axis=1), (mean + 6 * sd).max(axis=1)
    at = np.linspace(low, high, GRID, axis=1)
    below = np.zeros_like(at)
    for k in range(share.shape[1]):
        z = (at - mean[:, k, None]) / np.maximum(sd[:, k, None], 1e-12)
        below += share[:, k, None] * scipy.special.ndtr(z)
    ends = [
        np.array([np.interp(tail, row, place) for row, place in zip(below, at, strict=True)])
        for tail in ((1 - level) / 2, (1 + level) / 2)
    ]
    return PooledChanges(value=(share * mean).sum(axis=1), low=ends[0], high=ends[1])
