"""What an attacker can still work out of a table with hidden cells, and which to hide beside."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics.variance import Flags, Floats, Whole

THRESHOLD = 5
WIDTH = 5.0
SLACK = 1e-6
UNBOUNDED = 3


class Between(NamedTuple):
    """The least and the largest value of a hidden cell that agree with all that is shown."""

    low: float
    high: float

    @property
    def wide(self) -> bool:
        """At least five apart, so that no cell of fewer than five can be told from none."""
        return self.high - self.low >= WIDTH - SLACK


def audit(counts: Whole, hidden: Flags) -> dict[tuple[int, int], Between]:
    """Least and largest value of each hidden cell: two linear programs each.

    `counts` rows x columns of persons or events, whose row and column totals are published;
    `hidden` the cells that are not. The attacker knows that counts are 0 or more.
    Source: Fischetti & Salazar (2001); statistics.md 2.14 (HiGHS by scipy).
    """
    return {
        (int(i), int(j)): between(counts, hidden, (int(i), int(j)))
        for i, j in zip(*np.nonzero(hidden), strict=True)
    }


def between(counts: Whole, hidden: Flags, cell: tuple[int, int]) -> Between:
    rows, columns = np.nonzero(hidden)
    equal = np.vstack(
        [rows == np.arange(len(counts))[:, None], columns == np.arange(counts.shape[1])[:, None]]
    ).astype(float)
    unseen = np.where(hidden, counts, 0)
    totals = np.concatenate([unseen.sum(axis=1), unseen.sum(axis=0)])
    aim = ((rows == cell[0]) & (columns == cell[1])).astype(float)
    low, high = (
        sign
        * float(scipy.optimize.linprog(sign * aim, A_eq=equal, b_eq=totals, method="highs").fun)
        for sign in (1.0, -1.0)
    )
    return Between(low, high)


def beside_total(
    counts: Sequence[int], total: Between, shown: Sequence[Between | None], width: float = WIDTH
) -> int | None:
    """Which shown count of a list has to be hidden too, or None where no hidden one is narrow.

    `counts` one a cell, `total` what is told of their sum and `shown` of each, None where hidden;
    with rounding known, each is an interval. Hidden cells hold together at most
    u = total.high - Σ shown.low, and at least l = total.low - Σ shown.high. They are safe where
    u ≥ `width` and l ≤ 4(h-1), h of them: then each of them may be 0, even for somebody who takes
    all the others for small ones. The smallest shown count is given up. Source: statistics.md 2.14.
    """
    seen = [one for one in shown if one is not None]
    hidden = len(shown) - len(seen)
    most = total.high - sum(one.low for one in seen)
    least = total.low - sum(one.high for one in seen)
    if not hidden or not seen or (most >= width and least <= (THRESHOLD - 1) * (hidden - 1)):
        return None
    return min((i for i, one in enumerate(shown) if one is not None), key=lambda i: counts[i])


def extreme(told: Whole, low: Floats, high: Floats, cell: int, *, least: bool = False) -> float:
    """The most (or least) that a cell can hold by every figure told: one linear program.

    `told` figures x cells of 0 and 1 (which cells a figure is the sum of; may be sparse), each
    told to lie from `low` to `high`; cells are 0 or more. Where the two are equal a row may take
    cells away as well. Infinite where nothing limits it.
    Errors: ValueError where the figures contradict each other.
    Source: Fischetti & Salazar (2001).
    """
    rows, exact = scipy.sparse.csr_array(told), low == high
    above, below = np.isfinite(high) & ~exact, (low > 0) & ~exact
    aim = np.zeros(rows.shape[1])
    aim[cell] = 1.0 if least else -1.0
    found = scipy.optimize.linprog(
        aim,
        A_ub=scipy.sparse.vstack([rows[above], -rows[below]]),
        b_ub=np.concatenate([high[above], -low[below]]),
        A_eq=rows[exact],
        b_eq=low[exact],
        method="highs",
    )
    if found.status == UNBOUNDED:
        return float(np.inf)
    if found.fun is None:
        raise ValueError("the figures contradict each other")
    return float(found.fun if least else -found.fun)


def suppressed(counts: Whole, *, threshold: int = THRESHOLD) -> Flags | None:
    """Which cells to hide: those of 1 to `threshold` - 1, and others until none can be worked out.

    For a cell that an attacker could narrow to less than five, the cheapest rectangle with it is
    hidden (least sum of counts; cells of 0 hide nothing), until every hidden cell is five wide.
    None where no rectangles do it: the table is too small or too empty to be shown at all.
    Source: Willenborg & de Waal (2001) ch. 5, the hypercube method; statistics.md 2.14.
    """
    hidden: Flags = (counts > 0) & (counts < threshold)
    for _ in range(counts.size):
        found = audit(counts, hidden)
        narrow = [cell for cell, limits in found.items() if not limits.wide]
        if not narrow:
            return hidden
        better = beside(counts, hidden, narrow[0])
        if better is None:
            break
        hidden = better
    return None


def beside(counts: Whole, hidden: Flags, cell: tuple[int, int]) -> Flags | None:
    """The cheapest rectangle that makes this cell wide enough, hidden too; None without one."""
    for _, more in sorted(rectangles(counts, hidden, cell), key=lambda one: one[0]):
        wider = hidden.copy()
        wider[tuple(np.array(more).T)] = True
        if between(counts, wider, cell).wide:
            return wider
    return None


def rectangles(
    counts: Whole, hidden: Flags, cell: tuple[int, int]
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Cost and corners of every rectangle with this cell in it, cells of 0 left out."""
    i, j = cell
    found = []
    for k in range(len(counts)):
        for m in range(counts.shape[1]):
            corners = [(i, m), (k, j), (k, m)]
            if k != i and m != j and all(counts[at] > 0 for at in corners):
                found.append((sum(int(counts[at]) for at in corners if not hidden[at]), corners))
    return found
