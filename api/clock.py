"""The only module that asks for the current time."""

import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime.datetime:
    return datetime.datetime.now(LONDON)


def today() -> datetime.date:
    return now().date()


def midnight(day: datetime.date) -> datetime.datetime:
    """The instant at which a day begins in London."""
    return datetime.datetime.combine(day, datetime.time(), LONDON)


def day_before(day: datetime.date, span: datetime.timedelta) -> datetime.date:
    """The day this long before another; the earliest possible date if that would underflow."""
    return datetime.date.fromordinal(max(1, day.toordinal() - span.days))
