"""Many tests and changes at once: p, intervals of those that were picked, pooling, equivalence.

Of 33 changes the largest is the one that chance helped most. An estimate that stands alone is then
too large, and its interval misses the truth; one that knows the other 32 is drawn towards no change
as far as they suggest it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Flags, Floats, Ints

FALSE_DISCOVERY_RATE = 0.10
FALSE_COVERAGE_RATE = 0.05
FAMILY_LEVEL = 0.05  # of tests that are held together to one chance of any error
RARE_WIDTH = 5.0  # standard errors: how far one that really changed may have moved
RARE_PRIOR = 10.0  # Beta(1, 10): before looking, one in eleven is thought to have really changed
SPREADS = np.array([0.02, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 4.0])
SHARES = np.array([0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3])
GRID = 2001
# In points; the margin of the verdict on deployments and of changes of the index.
SMALLEST_OF_INTEREST = 2.0
ChangeVerdict = Literal["rose", "fell", "none_larger", "unclear"]


def holm(p: Floats) -> Floats:
    """Adjusted p: max over j ≤ i of min(1, (m-j+1)·p_(j)), which controls the chance of any error.

    `p` any number of p-values, NaN where there was no test: it stays NaN and is not counted.
    Source: Holm (1979); as R `p.adjust("holm")`.
    """
    tested, order, sorted_p = ranked_p_values(p)
    raised = sorted_p * np.arange(len(sorted_p), 0, -1)
    return in_original_order(
        p, tested, order, adjusted=np.minimum(np.maximum.accumulate(raised), 1.0)
    )


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p: min over j ≥ i of min(1, m/j·p_(j)), which controls the share of false findings.

    `p` as for `holm`, one declared family (33 boroughs x one indicator).
    Source: Benjamini & Hochberg (1995); as R `p.adjust("BH")`.
    """
    tested, order, sorted_p = ranked_p_values(p)
    raised = sorted_p * len(sorted_p) / np.arange(1, len(sorted_p) + 1)
    least = np.minimum.accumulate(raised[::-1])[::-1]
    return in_original_order(p, tested, order, adjusted=np.minimum(least, 1.0))


def discoveries(p: Floats, *, rate: float = FALSE_DISCOVERY_RATE) -> Flags:
    """Which tests of a family count as findings; on average `rate` of them are false."""
    # What was not tested is no finding.
    return np.asarray(np.nan_to_num(benjamini_hochberg(p), nan=1.0) <= rate)


def false_coverage_level(picked: int, tested: int, *, rate: float = FALSE_COVERAGE_RATE) -> float:
    """The level 1 - R·q/m of each interval of R results picked from m.

    On average a share q of the picked intervals misses the truth, which 95 % intervals do not
    hold: what was picked is what chance helped.
    Source: Benjamini & Yekutieli (2005).
    """
    return 1 - rate * max(picked, 1) / max(tested, 1)


def any_difference_p(value: Floats, se: Floats) -> float:
    """p that all k values are equal: Q = Σ (y - ȳ)²/se² on χ² with k - 1 df, ȳ weighted by 1/se².

    `value` estimates of groups that share nobody, `se` their errors. Source: Cochran (1954).
    """
    weight = 1 / se**2
    mean = float((weight * value).sum() / weight.sum())
    return float(scipy.stats.chi2.sf((weight * (value - mean) ** 2).sum(), len(value) - 1))


def range_p(value: Floats, se: Floats) -> float:
    """p of the lowest of k values against the highest, allowing for every pair among them.

    The studentised range of k at q = |y₁ - y₂|/√((se₁² + se₂²)/2). Arguments as for
    `any_difference_p`.
    Source: Tukey (1949); Kramer (1956).
    """
    low, high = int(value.argmin()), int(value.argmax())
    q = (value[high] - value[low]) / ((se[low] ** 2 + se[high] ** 2) / 2) ** 0.5
    return float(scipy.stats.studentized_range.sf(q, len(value), np.inf))


def ranked_p_values(p: Floats) -> tuple[Flags, Ints, Floats]:
    tested = np.isfinite(p)
    order = np.argsort(p[tested], kind="stable")
    return tested, order, p[tested][order]


def in_original_order(p: Floats, tested: Flags, order: Ints, *, adjusted: Floats) -> Floats:
    back = np.empty_like(adjusted)
    back[order] = adjusted
    p_values = np.full(p.shape, np.nan)
    p_values[tested] = back
    return p_values


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledChanges:
    """The partially pooled change of each domain, with the ends of its interval."""

    value: Floats
    low: Floats
    high: Floats


def partially_pooled(y: Floats, variance: Floats, *, level: float = 0.95) -> PooledChanges:
    """The mean and the equal-tailed interval of each true change, given all of them.

    y_b ~ N(θ_b, ψ_b), θ_b ~ (1-π)·N(0, τ²) + π·N(0, (5s)²), s² the mean of ψ; τ half-Cauchy(s), π
    Beta(1, 10), both summed over a grid. Small changes are drawn to 0 as far as the changes of all
    suggest, a large one hardly; the interval may be read after picking. Source: Scott & Berger
    (2006); Stephens (2017); Gelman, Hill & Yajima (2012).
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


def is_within_margin(low: float, high: float, margin: float = SMALLEST_OF_INTEREST) -> bool:
    """True if the interval from `low` to `high` lies wholly between -margin and +margin.

    -margin < low and high < margin, all in the unit of the change. An interval of level 1-2α does
    so exactly where two one-sided tests at α both reject: that the change is -margin or less, and
    that it is +margin or more. So the interval that is printed is the test.
    Source: Schuirmann (1987); Berger & Hsu (1996).
    """
    return -margin < low and high < margin


def equivalence_p(
    value: float, se: float, df: float, margin: float = SMALLEST_OF_INTEREST
) -> float:
    """p of the two one-sided tests: P(T ≥ (margin - |value|)/se), T by Student's t on df.

    The larger of both p; that of the nearer side of the margin. Below α exactly where the interval
    of level 1-2α is within the margin.
    Source: Schuirmann (1987).
    """
    return float(scipy.stats.t.sf((margin - abs(value)) / se, df))


def change_verdict(low: float, high: float, margin: float = SMALLEST_OF_INTEREST) -> ChangeVerdict:
    """What may be said of a change by its interval: that it rose or fell, that there is none larger
    than the margin, or nothing clear.

    A change whose interval excludes 0 counts, however small it is. Source: Schuirmann (1987).
    """
    if low > 0:
        return "rose"
    if high < 0:
        return "fell"
    return "none_larger" if is_within_margin(low, high, margin) else "unclear"
