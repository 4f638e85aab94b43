"""Perception as others have published it, next to deployments."""

import datetime

import msgspec

from survey.editions.counted_days import CountedDays
from survey.editions.figures import Estimate, Rate


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
