"""The only module that asks for the current time, which is that of the place."""

import datetime
from zoneinfo import ZoneInfo

from survey.places import USUAL_ZONE


class Place:
    """The place whose time this process tells."""

    zone = ZoneInfo(USUAL_ZONE)


def use_zone(name: str) -> None:
    Place.zone = ZoneInfo(name)


def now() -> datetime.datetime:
    return datetime.datetime.now(Place.zone)


def local_time(at: datetime.datetime) -> datetime.datetime:
    """A moment by the clocks of the place."""
    return at.astimezone(Place.zone)


def local_day(at: datetime.datetime) -> datetime.date:
    return local_time(at).date()


def today() -> datetime.date:
    return now().date()


def midnight(day: datetime.date) -> datetime.datetime:
    """The instant at which a day begins."""
    return datetime.datetime.combine(day, datetime.time(), Place.zone)


def day_before(day: datetime.date, span: datetime.timedelta) -> datetime.date:
    """The day this long before another; the earliest possible date if that would underflow."""
    return datetime.date.fromordinal(max(1, day.toordinal() - span.days))
