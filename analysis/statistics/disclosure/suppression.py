"""Which more cells of a list to hide, so that what is hidden cannot be worked out."""

from collections.abc import Sequence
from typing import NamedTuple

THRESHOLD = 5
WIDTH = 5.0
SLACK = 1e-6


class FeasibleInterval(NamedTuple):
    """The least and the largest value of a hidden cell that agree with everything published."""

    low: float
    high: float


def count_to_hide(
    counts: Sequence[int],
    total: FeasibleInterval,
    shown: Sequence[FeasibleInterval | None],
    width: float = WIDTH,
) -> int | None:
    """Which shown count of a list must be hidden too; None where no hidden one is narrow.

    `counts` one a cell, `total` the published range of their sum and `shown` of each, None where
    hidden; since the rounding is known, each is an interval. Hidden cells hold together at most u =
    total.high - Σ shown.low, and at least l = total.low - Σ shown.high. They are safe where u ≥
    `width` and l ≤ 4(h-1), h of them: then each of them may be 0, even for somebody who assumes all
    the others are small. The smallest shown count is hidden.
    Source: statistics.md 2.14.
    """
    seen = [one for one in shown if one is not None]
    hidden = len(shown) - len(seen)
    most = total.high - sum(one.low for one in seen)
    least = total.low - sum(one.high for one in seen)
    if not hidden or not seen or (most >= width and least <= (THRESHOLD - 1) * (hidden - 1)):
        return None
    return min((i for i, one in enumerate(shown) if one is not None), key=lambda i: counts[i])
