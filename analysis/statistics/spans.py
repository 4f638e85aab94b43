"""What can be worked out of counts that were told of overlapping spans of days."""

import datetime
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from analysis.statistics.suppression import WIDTH, Between
from analysis.statistics.variance import Floats

WEEK = 7
Span = tuple[int, int]


class Told(NamedTuple):
    """Between `low` and `high` events were told of the days from `first` to before `end`."""

    first: int
    end: int
    low: float
    high: float


def reach(told: Sequence[Told], spans: Sequence[Span]) -> list[Between] | None:
    """Least and most events of each span that agree with all that was told; None if nothing does.

    `told`, `spans` days as ordinals. Counts are 0 or more, so with S(d) the events before day d
    what is told reads low ≤ S(end) - S(first) ≤ high, and the shortest paths between days are
    the exact bounds, whole numbers like the counts. Source: Cormen et al. (2009) §24.4 (difference
    constraints), Floyd & Warshall (1962).
    """
    days = sorted({day for one in [*told, *spans] for day in one[:2]})
    at = {day: i for i, day in enumerate(days)}
    most = np.where(np.tri(len(days), k=0, dtype=bool), 0.0, np.inf)
    for first, end, low, high in told:
        i, j = at[first], at[end]
        most[i, j] = min(most[i, j], high)
        most[j, i] = min(most[j, i], -low)
    most = closed(most)
    if (np.diag(most) < 0).any():
        return None
    return [Between(max(0.0, -most[at[b], at[a]]), float(most[at[a], at[b]])) for a, b in spans]


def closed(most: Floats) -> Floats:
    for k in range(len(most)):
        most = np.minimum(most, most[:, k, None] + most[None, k, :])
    return most


def narrows(
    told: Sequence[Told], more: Told, *, fewest: float = WIDTH, width: float = WIDTH
) -> bool | None:
    """Whether `more` makes some watched span narrow: small, and known to fewer than `width` values
    more, where it was not without it, or less so.

    A span that is known to hold `fewest` or more is not small. None where what is told contradicts
    itself: then it is not about the same events.
    """
    spans = watched([*told, more])
    before, after = reach(told, spans), reach([*told, more], spans)
    if before is None or after is None:
        return None
    return any(
        now.low < fewest
        and now.high - now.low < min(width, was.high - was.low if was.low < fewest else math.inf)
        for was, now in zip(before, after, strict=True)
    )


def watched(told: Iterable[Told]) -> list[Span]:
    """The spans that a report may ever tell of, those told, whole weeks and whole months, and
    those between one day on which something told begins or ends and the next."""
    mine = [(one.first, one.end) for one in told]
    edges = sorted({day for span in mine for day in span})
    first, end = edges[0], edges[-1]
    monday = first + -(first - 1) % WEEK
    weeks = [(day, day + WEEK) for day in range(monday, end - WEEK + 1, WEEK)]
    starts = [day for day in range(first, end + 1) if datetime.date.fromordinal(day).day == 1]
    return sorted({*mine, *weeks, *itertools.pairwise(starts), *itertools.pairwise(edges)})
