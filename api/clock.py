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
