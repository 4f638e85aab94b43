"""Many tests at once: Benjamini-Hochberg within a family, Holm for the few confirmatory tests."""

import numpy as np

from analysis.statistics.sampling.variance import Flags, Floats, Ints

FALSE_DISCOVERY_RATE = 0.10


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
