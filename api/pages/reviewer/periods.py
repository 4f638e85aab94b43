"""The days that a page of rows is about: from the address, or the last ones, and ways to others."""

import datetime

import msgspec

from api import clock
from api.jobs import calendar
from survey.problems import Invalid

WEEK = datetime.timedelta(weeks=1)
DAY = datetime.timedelta(days=1)


class Period(msgspec.Struct, frozen=True):
    """Both days included."""

    first: datetime.date
    last: datetime.date

    @property
    def query(self) -> str:
        return f"start={self.first}&end={self.last}"


def period_of(
    start: datetime.date | None, end: datetime.date | None, window: datetime.timedelta
) -> Period:
    last = end or clock.today()
    first = start or clock.before(last, window)
    if first > last:
        raise Invalid(
            "period.backwards",
            f"The first day, {first:%-d %B %Y}, is after the last, {last:%-d %B %Y}.",
            "Go back and choose the earlier day first.",
        )
    return Period(first, last)


def presets(today: datetime.date) -> list[tuple[str, str]]:
    """Words and query of the periods that are asked for most; whole weeks from Monday to Sunday."""
    sunday = calendar.this_week(today) - DAY
    found = [
        (f"Last {weeks} weeks", Period(sunday - weeks * WEEK + DAY, sunday))
        for weeks in (4, 13, 52)
    ]
    month = calendar.last_month(today)
    found.append((f"{month:%B %Y}", Period(month, calendar.month_end(month))))
    return [(words, period.query) for words, period in found]
