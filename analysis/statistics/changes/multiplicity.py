"""Many tests at once: p for all of them together, and intervals of those that were picked."""

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Flags, Floats, Ints

FALSE_DISCOVERY_RATE = 0.10
FALSE_COVERAGE_RATE = 0.05
FAMILY_LEVEL = 0.05  # of tests that are held together to one chance of any error


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
    """p that all of k values are one: Q = Σ (y - ȳ)²/se² on χ² with k - 1 df, ȳ weighted by 1/se².

    `value` estimates of groups that share nobody, `se` their errors.
    Source: Cochran (1954).
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
    found = np.full(p.shape, np.nan)
    found[tested] = back
    return found
