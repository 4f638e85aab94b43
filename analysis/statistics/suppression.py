"""What an attacker can still work out of a table with hidden cells, and which to hide beside."""

from typing import NamedTuple

import numpy as np
from scipy import optimize

from analysis.statistics.variance import Flags, Whole

THRESHOLD = 5
WIDTH = 5.0
SLACK = 1e-6


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
        sign * float(optimize.linprog(sign * aim, A_eq=equal, b_eq=totals, method="highs").fun)
        for sign in (1.0, -1.0)
    )
    return Between(low, high)


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
