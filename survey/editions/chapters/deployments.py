"""Deployments of a period, next to what the weeks before lead one to expect."""

import datetime
from typing import Literal

import msgspec

from survey.editions.counted_days import CountedDays


class PeriodDeployments(msgspec.Struct, frozen=True, kw_only=True):
    """Deployments of the period; `low` to `high` is the range expected from the 13 weeks before.

    `lowest` to `highest` is the range outside which deployments are a finding: 99 % instead of 95.
    `before` is how many those were, None where they give no range; `since` and `cumulative` count
    from the day the pilot began, or from the first day with data, `until` the last reported day;
    `elsewhere` of the period were in no borough, None where that is not public.
    """

    events: int | None
    low: float | None
    high: float | None
    since: datetime.date
    cumulative: int | None
    before: int | None = None
    until: datetime.date | None = None
    elsewhere: int | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def is_far_outside(self) -> bool:
        """Whether the deployments are a finding; never in editions that do not know the range."""
        if self.events is None or self.lowest is None or self.highest is None:
            return False
        return not self.lowest <= self.events <= self.highest

    @property
    def side(self) -> Literal["below", "within", "above", "unknown"]:
        """Where the deployments lie against the expected range."""
        if self.events is None or self.low is None or self.high is None:
            return "unknown"
        if self.low <= self.events <= self.high:
            return "within"
        return "below" if self.events < self.low else "above"


class WeeklyUses(msgspec.Struct, frozen=True):
    """One week's deployments by their most severe use."""

    start: datetime.date
    tactics: tuple[tuple[str, int | None], ...]


class VulnerableUses(msgspec.Struct, frozen=True, kw_only=True):
    """Uses on people who may need special care, in the period and before.

    `kind` is 'under_18', 'over_64', 'mental', 'physical' or 'any_disability'; `window` the number
    in the window from `since` to `until`, `typical` the mean over as long a time in the year before
    it; `counted` the days of the period that have such counts.
    """

    kind: str
    period: int | None
    since: datetime.date
    window: int | None
    typical: float | None
    until: datetime.date | None = None
    counted: CountedDays | None = None
