"""What an attacker can still work out of a table with hidden cells, and which more to hide."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Flags, Floats, Ints

THRESHOLD = 5
WIDTH = 5.0
SLACK = 1e-6
UNBOUNDED = 3


class FeasibleInterval(NamedTuple):
    """The least and the largest value of a hidden cell that agree with everything published."""

    low: float
    high: float

    @property
    def wide(self) -> bool:
        """Whether the ends are at least five apart, so that 1 to 4 looks the same as 0."""
        return self.high - self.low >= WIDTH - SLACK


def audit(counts: Ints, hidden: Flags) -> dict[tuple[int, int], FeasibleInterval]:
    """Least and largest value of each hidden cell: two linear programs each.

    `counts` rows x columns of persons or events, whose row and column totals are published;
    `hidden` the cells that are not. The attacker knows that counts are 0 or more.
    Source: Fischetti & Salazar (2001); statistics.md 2.14 (HiGHS by scipy).
    """
    return {
        (int(i), int(j)): feasible_interval(counts, hidden, (int(i), int(j)))
        for i, j in zip(*np.nonzero(hidden), strict=True)
    }


def feasible_interval(counts: Ints, hidden: Flags, cell: tuple[int, int]) -> FeasibleInterval:
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
    return FeasibleInterval(low, high)


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


def cell_bound(sums: Ints, low: Floats, high: Floats, cell: int, *, least: bool = False) -> float:
    """The most (or least) that a cell can hold given every published figure: one linear program.

    `sums` figures x cells of 0 and 1 (which cells a figure is the sum of; may be sparse), each
    published as between `low` and `high`; cells are 0 or more. Where the two are equal a row may
    also subtract cells. Infinite where nothing limits it.
    Errors: ValueError where the figures contradict each other.
    Source: Fischetti & Salazar (2001).
    """
    rows, exact = scipy.sparse.csr_array(sums), low == high
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


def suppressed_cells(counts: Ints, *, threshold: int = THRESHOLD) -> Flags | None:
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
        better = with_cheapest_rectangle(counts, hidden, narrow[0])
        if better is None:
            break
        hidden = better
    return None


def with_cheapest_rectangle(counts: Ints, hidden: Flags, cell: tuple[int, int]) -> Flags | None:
    """The hidden cells with the cheapest rectangle that makes this cell wide; None without one."""
    for _, more in sorted(rectangles(counts, hidden, cell), key=lambda one: one[0]):
        wider = hidden.copy()
        wider[tuple(np.array(more).T)] = True
        if feasible_interval(counts, wider, cell).wide:
            return wider
    return None


def rectangles(
    counts: Ints, hidden: Flags, cell: tuple[int, int]
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
