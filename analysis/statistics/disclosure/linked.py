"""Which figures to hide in linked tables, so that nobody can work out a small one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from analysis.statistics.disclosure.suppression import SLACK, THRESHOLD, WIDTH
from analysis.statistics.sampling.variance import Flags, Floats, Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkedFigures:
    """Figures that are sums of the same unknown counts.

    `sums` figures x cells of 0 and 1: which cells a figure is the sum of; `low` and `high` the
    range that a reader who knows the rounding can infer for each published figure; `links` rows x
    cells: each row times the cells is known to be 0 or more (for example, cases never exceed
    complaints). `dear` figures are hidden last.
    """

    sums: Ints
    low: Floats
    high: Floats
    links: Ints
    dear: Flags


def figures_to_hide(
    published: LinkedFigures,
    cells: Ints,
    withheld: Flags,
    *,
    threshold: int = THRESHOLD,
    width: float = WIDTH,
) -> Flags:
    """The figures to hide: those `withheld`, and others until no small withheld figure is narrow.

    `cells` the true counts. A withheld figure below `threshold` is narrow where the least and the
    most that agree with everything published lie less than `width` apart: two linear programs. Then
    the smallest figure that binds one of them (its shadow price is not 0) is hidden too, a `dear`
    one only if no other binds: without it that proof fails. Counts that agreed once still agree
    when more is hidden, so no small figure is checked twice.
    Errors: ValueError where `cells` violate the links.
    Source: Fischetti & Salazar (2001); statistics.md 2.14 (HiGHS by scipy).
    """
    if (published.links @ cells < 0).any():
        raise ValueError("the counts do not keep what links them")
    true = published.sums @ cells
    small = np.flatnonzero(withheld & (true < threshold))
    reader = LinkedFiguresAttacker(published, true, withheld, width)
    while len(left := reader.narrow(small)):
        reader.widen(left)
        if len(reader.narrow(small)) == len(left):
            break
    for one in small[:, None]:
        while len(reader.narrow(one)):
            binding = reader.widen(one)
            if len(reader.narrow(one)):
                reader.lose(binding)
    return reader.gone


class LinkedFiguresAttacker:
    """What a reader can work out from everything published."""

    def __init__(self, published: LinkedFigures, true: Ints, withheld: Flags, width: float) -> None:
        self.published, self.true, self.gone, self.width = published, true, withheld.copy(), width
        self.least, self.most = true.astype(np.float64), true.astype(np.float64)

    def narrow(self, figures: Ints) -> Ints:
        """The figures for which no two feasible values `width` apart have been found yet."""
        apart = self.most[figures] - self.least[figures]
        return figures[apart < self.width - SLACK]

    def widen(self, figures: Ints) -> Flags:
        """Find the extremes of the figures' sum; returns the figures that limit it."""
        binding = np.zeros(len(self.gone), dtype=bool)
        aim = self.published.sums[figures].sum(axis=0).astype(np.float64)
        for sign in (1.0, -1.0):
            cells, bound = extreme_cells(self.published, self.gone, sign * aim)
            reached = self.published.sums @ cells
            self.least = np.minimum(self.least, reached)
            self.most = np.maximum(self.most, reached)
            binding |= bound
            if not len(self.narrow(figures)):
                break
        return binding

    def lose(self, binding: Flags) -> None:
        others = np.flatnonzero(binding & ~self.gone)
        if not len(others):
            raise ValueError("what links the counts tells a small one by itself")
        cheapest = np.lexsort((self.true[others], self.published.dear[others]))[0]
        self.gone[others[cheapest]] = True


def extreme_cells(published: LinkedFigures, gone: Flags, aim: Floats) -> tuple[Floats, Flags]:
    """Feasible cells that maximise `aim` times the cells, and the figures that limit it.

    Cells are 0 or more; a figure limits the sum if its shadow price is not 0. Where nothing does,
    the cells are far larger than any figure.
    Errors: ValueError where the figures contradict each other.
    """
    seen = np.flatnonzero(~gone)
    far = 10.0 * (1.0 + float(published.high[seen].max(initial=1.0)))
    rows = scipy.sparse.csr_array(published.sums[seen].astype(np.float64))
    links = scipy.sparse.csr_array(-published.links.astype(np.float64))
    found: Any = scipy.optimize.linprog(
        -aim,
        A_ub=scipy.sparse.vstack([rows, -rows, links]),
        b_ub=np.concatenate([published.high[seen], -published.low[seen], np.zeros(links.shape[0])]),
        bounds=(0.0, far),
        method="highs",
    )
    if found.x is None:
        raise ValueError("the figures contradict each other")
    price = np.abs(np.asarray(found.ineqlin.marginals)) > SLACK
    binding = np.zeros(len(gone), dtype=bool)
    binding[seen] = price[: len(seen)] | price[len(seen) : 2 * len(seen)]
    return np.asarray(found.x), binding
