"""What published counts reveal together, and which more to hide so that nothing small shows."""

import bisect
import datetime
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy

from analysis.statistics.sampling.variance import Flags, Floats, Ints

THRESHOLD = 5
WIDTH = 5.0
SLACK = 1e-6  # linear programs are solved to about 1e-7
WEEK = 7
Span = tuple[int, int]


class FeasibleInterval(NamedTuple):
    """The least and the largest value of a hidden cell that agree with everything published."""

    low: float
    high: float


def count_to_hide(
    counts: Sequence[int],
    total: FeasibleInterval,
    shown: Sequence[FeasibleInterval | None],
    width: float = WIDTH,
    *,
    history: Sequence[float] = (),
) -> int | None:
    """Which shown count of a list must be hidden too; None if no hidden count is narrow.

    `counts` one a cell, `total` the published range of their sum and `shown` the published range of
    each count (an interval, since the rounding is known), None where hidden. Hidden cells hold
    together at most u = total.high - Σ shown.low, and at least l = total.low - Σ shown.high. They
    are safe where u ≥ `width` and l ≤ Σm less one m of 4: then each that may be small may be 0,
    even for somebody who assumes all the others to be as small as they can be. m is 4, the most of
    a small count; but 8 more than the least that earlier figures say of a cell (`history`), where
    that is not small. Such a cell is hidden because little was added, and to hide the others with
    it would protect nobody. The smallest shown count is hidden. Source: Hundepool et al. (2012).
    """
    seen = [interval for interval in shown if interval is not None]
    least_of = history or [0.0] * len(shown)
    blank = [low for interval, low in zip(shown, least_of, strict=True) if interval is None]
    may_be_small = [low for low in blank if low < THRESHOLD]
    small = THRESHOLD - 1
    most = total.high - sum(interval.low for interval in seen)
    least = total.low - sum(interval.high for interval in seen)
    others = sum(small if low < THRESHOLD else low + 2 * small for low in blank) - small
    if not may_be_small or not seen or (most >= width and least <= others):
        return None
    return min(
        (i for i, interval in enumerate(shown) if interval is not None), key=lambda i: counts[i]
    )


class PublishedSpan(NamedTuple):
    """A published count: `low` to `high` events from day `first` to before day `end`."""

    first: int
    end: int
    low: float
    high: float


def span_bounds(
    published: Sequence[PublishedSpan], spans: Sequence[Span]
) -> list[FeasibleInterval] | None:
    """Least and most events of each span given all published counts; None if these contradict.

    `published` counts with their days, `spans` days as ordinals. Counts are 0 or more, so with
    S(d) the events before day d each published count reads low ≤ S(end) - S(first) ≤ high, and
    the shortest paths between days are the exact bounds, whole numbers like the counts.
    Source: Cormen et al. (2009) §24.4 (difference constraints), Floyd & Warshall (1962).
    """
    days = sorted({day for count in published for day in count[:2]})
    at = {day: i for i, day in enumerate(days)}
    # S never falls, so from a later day back to an earlier one the difference is at most 0.
    most = np.where(np.tri(len(days), k=0, dtype=bool), 0.0, np.inf)
    for first, end, low, high in published:
        i, j = at[first], at[end]
        most[i, j] = min(most[i, j], high)
        most[j, i] = min(most[j, i], -low)
    most = shortest_paths(most)
    # A cycle below 0: no counts agree with all of these figures.
    if (np.diag(most) < 0).any():
        return None
    return [bounds_between(days, most, span) for span in spans]


def bounds_between(days: Sequence[int], most: Floats, span: Span) -> FeasibleInterval:
    """The bounds of a span from those of the published days around it and within it.

    Of a day on which no figure begins or ends nothing is known but that S never falls there: the
    nearest published days bound it as closely as the whole program with that day in it would.
    """
    first, end = span
    before, after = bisect.bisect_right(days, first) - 1, bisect.bisect_left(days, end)
    high = float(most[before, after]) if before >= 0 and after < len(days) else math.inf
    inner, last = bisect.bisect_left(days, first), bisect.bisect_right(days, end) - 1
    return FeasibleInterval(max(0.0, -float(most[last, inner])) if inner < last else 0.0, high)


def shortest_paths(most: Floats) -> Floats:
    for k in range(len(most)):
        most = np.minimum(most, most[:, k, None] + most[None, k, :])
    return most


def makes_span_narrow(
    published: Sequence[PublishedSpan],
    more: PublishedSpan,
    *,
    fewest: float = WIDTH,
    width: float = WIDTH,
) -> bool | None:
    """Whether publishing `more` makes a watched span narrow, or narrower than it was.

    A span is narrow if it may hold fewer than `fewest` events and its bounds lie less than `width`
    apart. None where the published counts contradict each other: then they are not about the same
    events.
    """
    spans = watched_spans([*published, more])
    # Both, because what earlier editions gave away cannot be taken back by hiding more now.
    before, after = span_bounds(published, spans), span_bounds([*published, more], spans)
    if before is None or after is None:
        return None
    return any(
        now.low < fewest
        and now.high - now.low < min(width, was.high - was.low if was.low < fewest else math.inf)
        for was, now in zip(before, after, strict=True)
    )


def watched_spans(published: Iterable[PublishedSpan]) -> list[Span]:
    """The spans to protect: those published, whole weeks, whole months, and all gaps.

    Gaps lie between one day on which a published span begins or ends and the next such day.
    """
    mine = [(count.first, count.end) for count in published]
    edges = sorted({day for span in mine for day in span})
    first, end = edges[0], edges[-1]
    # The ordinal 1 is a Monday.
    monday = first + -(first - 1) % WEEK
    weeks = [(day, day + WEEK) for day in range(monday, end - WEEK + 1, WEEK)]
    starts = [day for day in range(first, end + 1) if datetime.date.fromordinal(day).day == 1]
    return sorted({*mine, *weeks, *itertools.pairwise(starts), *itertools.pairwise(edges)})


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
    one only if no other binds: once it is hidden, that bound no longer holds. Counts that agreed
    once still agree when more is hidden, so no small figure is checked twice. Errors: ValueError
    where `cells` violate the links. Source: Fischetti & Salazar (2001) (HiGHS by scipy).
    """
    if (published.links @ cells < 0).any():
        raise ValueError("the counts do not keep what links them")
    true = published.sums @ cells
    small = np.flatnonzero(withheld & (true < threshold))
    reader = LinkedFiguresAttacker(published, true, withheld, width)
    # All small figures in one sum first: two programs may show many of them to be wide.
    while len(left := reader.narrow(small)):
        reader.widen(left)
        # The sum has nothing more to show; what is left is looked at one by one.
        if len(reader.narrow(small)) == len(left):
            break
    for figure in small[:, None]:
        while len(reader.narrow(figure)):
            binding = reader.widen(figure)
            if len(reader.narrow(figure)):
                reader.lose(binding)
    return reader.gone


class LinkedFiguresAttacker:
    """Works out what a reader can from everything published."""

    def __init__(self, published: LinkedFigures, true: Ints, withheld: Flags, width: float) -> None:
        self.published, self.true, self.gone, self.width = published, true, withheld.copy(), width
        # The truth agrees with everything published, so each solution found can only widen this.
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
        # `lexsort` sorts by its last key first.
        cheapest = np.lexsort((self.true[others], self.published.dear[others]))[0]
        self.gone[others[cheapest]] = True


def extreme_cells(published: LinkedFigures, gone: Flags, aim: Floats) -> tuple[Floats, Flags]:
    """Feasible cells that maximise `aim` times the cells, and the figures that limit it.

    Cells are 0 or more; a figure limits the sum if its shadow price is not 0. Where nothing does,
    the cells are far larger than any figure.
    Errors: ValueError where the figures contradict each other.
    """
    seen = np.flatnonzero(~gone)
    # An end where nothing limits the aim: without one the program would have no solution.
    far = 10.0 * (1.0 + float(published.high[seen].max(initial=1.0)))
    rows = scipy.sparse.csr_array(published.sums[seen].astype(np.float64))
    links = scipy.sparse.csr_array(-published.links.astype(np.float64))
    result: scipy.optimize.OptimizeResult = scipy.optimize.linprog(
        -aim,
        A_ub=scipy.sparse.vstack([rows, -rows, links]),
        b_ub=np.concatenate([published.high[seen], -published.low[seen], np.zeros(links.shape[0])]),
        bounds=(0.0, far),
        method="highs",
    )
    if result.x is None:
        raise ValueError("the figures contradict each other")
    price = np.abs(np.asarray(result.ineqlin.marginals)) > SLACK
    binding = np.zeros(len(gone), dtype=bool)
    binding[seen] = price[: len(seen)] | price[len(seen) : 2 * len(seen)]
    return np.asarray(result.x), binding
