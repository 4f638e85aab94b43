"""The days of a window on which deployments were counted, and why there may be no rate."""

import datetime
from typing import Literal

import msgspec

from survey.sentences import N_

# A rate of fewer days than this share of its window would be read as the rate of the window.
LEAST_COUNTED = 0.8
NoRateReason = Literal["", "none", "long", "few", "whole"]
NO_RATE_REASONS: dict[NoRateReason, str] = {
    "none": N_("No deployments have been reported for this period yet."),
    "long": N_(
        "There is no rate: the publisher gives figures by month or longer, and a weekly edition "
        "has rates only of figures by week."
    ),
    "few": N_(
        "There is no rate: figures cover {days} of the {of_days} days, and a rate needs {least} "
        "of them."
    ),
    "whole": N_(
        "There is no count or rate by borough: the publisher gives figures for a whole force alone."
    ),
}


class CountedDays(msgspec.Struct, frozen=True, kw_only=True):
    """The days of the window `start` to `end` on which deployments were counted.

    `first` and `last` are those of the reported periods that lie within the window, None without
    any; `days` how many days they cover. `no_rate` says why there is no rate: 'none' was reported,
    periods are 'long' (more than a week, in a weekly edition), the days are too 'few', or figures
    are of the 'whole' force and of no borough.
    """

    start: datetime.date
    end: datetime.date
    first: datetime.date | None = None
    last: datetime.date | None = None
    days: int = 0
    no_rate: NoRateReason = ""

    @property
    def of_days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def least_days(self) -> int:
        """The number of days that a rate needs."""
        return least_days(self.of_days)

    @property
    def is_whole(self) -> bool:
        """Whether every day of the window was counted."""
        return self.days == self.of_days

    @property
    def span(self) -> tuple[datetime.date, datetime.date]:
        """The first and last counted day; of the window where none was counted."""
        return self.first or self.start, self.last or self.end

    @property
    def is_unbroken(self) -> bool:
        first, last = self.span
        return self.days == (last - first).days + 1

    @property
    def is_comparable(self) -> bool:
        """Whether complaints can be counted over the same days, next to the deployments.

        Complaints of days with a gap are not published: their weeks could be worked out.
        """
        return not self.no_rate and self.is_unbroken


def least_days(of_days: int) -> int:
    """The number of days of a window that a rate needs: 80%, rounded up."""
    # In whole numbers: 0.8 x 35 is not exactly 28.
    return -(-of_days * round(100 * LEAST_COUNTED) // 100)
