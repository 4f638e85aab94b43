"""Published figures of rolling windows: which of them share no interviews."""

import datetime
from collections.abc import Sequence
from typing import TypeVar

Moment = TypeVar("Moment", int, datetime.date)


def disjoint_windows(windows: Sequence[tuple[Moment, Moment]]) -> list[int]:
    """Positions of windows of which no two overlap, choosing the latest first, in time order.

    `windows` (first, last) period of each, both inclusive. Two figures a year apart are separate
    samples; two within a year share interviews, so that their changes are damped and their errors
    understated.
    Source: statistics.md 1 (400 per borough in any rolling twelve months).
    """
    chosen: list[int] = []
    for i in sorted(range(len(windows)), key=lambda at: windows[at][1], reverse=True):
        if not chosen or windows[i][1] < windows[chosen[-1]][0]:
            chosen.append(i)
    return chosen[::-1]
