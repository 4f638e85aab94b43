"""The last twelve months of a place next to the twelve months before them."""

import datetime
from typing import Literal

import msgspec

from survey.editions.counted_days import CountedDays
from survey.editions.figures import Estimate, Rate

YearMeasure = Literal["deployments", "complaints"]
NoChangeReason = Literal["", "short", "before"]


class YearRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place: its rate in the twelve months and in those before, and the change in per cent.

    `before` is None where the year before was not counted; `change` with its 95 % limits `low` to
    `high` is that of the rate per day, None where either count is too small.
    """

    domain: str
    now: Rate
    before: Rate | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None


class YearCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments or complaints of the twelve months, by place, the city first.

    `counted` are the days that were counted, `counted_before` those of the year before. `phi` says
    how many times as much as chance alone the counts vary. `no_change` says why there are no rows
    or no changes: the twelve months themselves are too 'short', or the year 'before' is.
    """

    measure: YearMeasure
    counted: CountedDays
    counted_before: CountedDays
    rows: tuple[YearRow, ...] = ()
    phi: float = 1.0
    no_change: NoChangeReason = ""


class YearIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The perception index of a place over twelve months, and its change in points."""

    domain: str
    now: Estimate
    before: Estimate | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None


class TwelveMonths(msgspec.Struct, frozen=True, kw_only=True):
    """The twelve months from `start` to `end`; the year before begins on `before`."""

    start: datetime.date
    end: datetime.date
    before: datetime.date
    counts: tuple[YearCounts, ...] = ()
    index: tuple[YearIndex, ...] = ()
