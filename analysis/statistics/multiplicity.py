"""Many tests at once: Benjamini-Hochberg within a family, Holm for the few that confirm."""

import numpy as np

from analysis.statistics.variance import Flags, Floats, Whole

RATE = 0.10


def holm(p: Floats) -> Floats:
    """Adjusted p: max over j ≤ i of min(1, (m-j+1)·p_(j)), which keeps the chance of one error.

    `p` any number of p-values, NaN where there was no test: it stays NaN and is not counted.
    Source: Holm (1979); as R `p.adjust("holm")`.
    """
    tested, order, sorted_p = ranked(p)
    raised = sorted_p * np.arange(len(sorted_p), 0, -1)
    return placed(p, tested, order, adjusted=np.minimum(np.maximum.accumulate(raised), 1.0))


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p: min over j ≥ i of min(1, m/j·p_(j)), which keeps the share of false findings.

    `p` as for `holm`, one declared family (33 boroughs x one indicator).
    Source: Benjamini & Hochberg (1995); as R `p.adjust("BH")`.
    """
    tested, order, sorted_p = ranked(p)
    raised = sorted_p * len(sorted_p) / np.arange(1, len(sorted_p) + 1)
    least = np.minimum.accumulate(raised[::-1])[::-1]
    return placed(p, tested, order, adjusted=np.minimum(least, 1.0))


def discoveries(p: Floats, *, rate: float = RATE) -> Flags:
    """Which tests of a family are called findings, `rate` of them false in expectation."""
    return np.asarray(np.nan_to_num(benjamini_hochberg(p), nan=1.0) <= rate)


def ranked(p: Floats) -> tuple[Flags, Whole, Floats]:
    tested = np.isfinite(p)
    order = np.argsort(p[tested], kind="stable")
    return tested, order, p[tested][order]


def placed(p: Floats, tested: Flags, order: Whole, *, adjusted: Floats) -> Floats:
    back = np.empty_like(adjusted)
    back[order] = adjusted
    found = np.full(p.shape, np.nan)
    found[tested] = back
    return found
