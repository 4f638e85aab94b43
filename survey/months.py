"""The first and last days of months."""

import calendar
import datetime


def months_before(start: datetime.date, many: int) -> datetime.date:
    """The first day of the month that began so many months before this one."""
    years, left = divmod(12 * start.year + start.month - 1 - many, 12)
    return datetime.date(years, left + 1, 1)


def month_end(day: datetime.date) -> datetime.date:
    """The last day of the month that this day is in."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
