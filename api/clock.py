"""The one place that asks what time it is."""

import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime.datetime:
    return datetime.datetime.now(LONDON)


def today() -> datetime.date:
    return now().date()


def midnight(day: datetime.date) -> datetime.datetime:
    """The instant at which a day begins where the residents live."""
    return datetime.datetime.combine(day, datetime.time(), LONDON)


def before(day: datetime.date, span: datetime.timedelta) -> datetime.date:
    """The day that lies so long before; the first of all days where there is none."""
    return datetime.date.fromordinal(max(1, day.toordinal() - span.days))
