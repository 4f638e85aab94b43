"""The date range of a page of rows: from the address or the latest days, and presets."""

import datetime

import msgspec

from api import clock
from api.formatting import format_day
from api.jobs import calendar
from survey.months import month_end
from survey.problems import Invalid

WEEK = datetime.timedelta(weeks=1)
DAY = datetime.timedelta(days=1)


class ReviewerPeriod(msgspec.Struct, frozen=True):
    """A range of days, both included."""

    first: datetime.date
    last: datetime.date

    @property
    def query(self) -> str:
        return f"start={self.first}&end={self.last}"


def requested_period(
    start: datetime.date | None, end: datetime.date | None, window: datetime.timedelta
) -> ReviewerPeriod:
    last = end or clock.today()
    first = start or clock.day_before(last, window)
    if first > last:
        raise backwards_period(first, last)
    return ReviewerPeriod(first, last)


def backwards_period(first: datetime.date, last: datetime.date) -> Invalid:
    return Invalid(
        "period.backwards",
        f"The first day, {format_day(first)}, is after the last, {format_day(last)}.",
        "Go back and choose the earlier day first.",
    )


def period_presets(today: datetime.date) -> list[tuple[str, str]]:
    """The label and query of common date ranges; weeks run from Monday to Sunday."""
    # Only weeks that are over: the current one does not have all its counts yet.
    sunday = calendar.this_week(today) - DAY
    found = [
        (f"Last {weeks} weeks", ReviewerPeriod(sunday - weeks * WEEK + DAY, sunday))
        for weeks in (4, 13, 52)
    ]
    month = calendar.last_month(today)
    found.append((f"{month:%B %Y}", ReviewerPeriod(month, month_end(month))))
    return [(words, period.query) for words, period in found]
