"""What a figure was over all the time that it is known, and its trend without the season."""

import datetime
from typing import Literal

import msgspec

TrendMeasure = Literal["deployments", "complaints", "index"]
NoTrendReason = Literal["", "short", "few", "fit"]


class AreaMonths(msgspec.Struct, frozen=True, kw_only=True):
    """The deployments of a place, month by month."""

    domain: str
    counts: tuple[int, ...]


class MonthlyDeployments(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of every month that their publisher has released, the city first.

    `starts` are the first days of these months.
    """

    starts: tuple[datetime.date, ...]
    areas: tuple[AreaMonths, ...]


class SeasonalTrend(msgspec.Struct, frozen=True, kw_only=True):
    """The city's change a year with the season taken out: per cent, of the index points.

    `months` says how many calendar months from `first` to `last` have a figure; `reason` why there
    is no trend: the past is too 'short', there are too 'few' events, or the model did not 'fit'.
    """

    measure: TrendMeasure
    first: datetime.date
    last: datetime.date
    months: int
    change: float | None = None
    low: float | None = None
    high: float | None = None
    reason: NoTrendReason = ""
