"""Perception as others have published it, next to deployments."""

import datetime

import msgspec

from survey.editions.counted_days import CountedDays
from survey.editions.figures import Estimate, Rate


class PublishedSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The published per cent of an item in an area, quarter by quarter; None where there is none.

    `low` and `high` are the 95 % limits that the number of answers allows.
    """

    item: str
    area: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class PublishedPast(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of every quarter that is stored; `ends` are their last days."""

    ends: tuple[datetime.date, ...]
    months: int
    series: tuple[PublishedSeries, ...]


class PerceptionComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Published perception of an area in a quarter, next to that quarter's deployments.

    The published figure rests on interviews of `months` months; `counted` are the days of the
    quarter on which deployments were counted.
    """

    quarter_end: datetime.date
    item: str
    perception: Estimate
    deployments: Rate | None = None
    months: int = 12
    counted: CountedDays | None = None
