"""What can be worked out from counts published for overlapping spans of days."""

import datetime
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from analysis.statistics.disclosure.suppression import WIDTH, FeasibleInterval
from analysis.statistics.sampling.variance import Floats

WEEK = 7
Span = tuple[int, int]


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
    days = sorted({day for one in [*published, *spans] for day in one[:2]})
    at = {day: i for i, day in enumerate(days)}
    most = np.where(np.tri(len(days), k=0, dtype=bool), 0.0, np.inf)
    for first, end, low, high in published:
        i, j = at[first], at[end]
        most[i, j] = min(most[i, j], high)
        most[j, i] = min(most[j, i], -low)
    most = shortest_paths(most)
    if (np.diag(most) < 0).any():
        return None
    return [
        FeasibleInterval(max(0.0, -most[at[b], at[a]]), float(most[at[a], at[b]])) for a, b in spans
    ]


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
    mine = [(one.first, one.end) for one in published]
    edges = sorted({day for span in mine for day in span})
    first, end = edges[0], edges[-1]
    monday = first + -(first - 1) % WEEK
    weeks = [(day, day + WEEK) for day in range(monday, end - WEEK + 1, WEEK)]
    starts = [day for day in range(first, end + 1) if datetime.date.fromordinal(day).day == 1]
    return sorted({*mine, *weeks, *itertools.pairwise(starts), *itertools.pairwise(edges)})
