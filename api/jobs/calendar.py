"""When jobs are due: each cadence gives the key of the last time it was due, in London."""

import datetime

from api import clock
from api.operations import case_commands
from survey.coding.double_coding import quarter_of
from survey.months import month_end

MORNING = datetime.time(6)


def settled_day(now: datetime.datetime) -> datetime.date:
    """The last day whose morning has come: work of a day begins at six."""
    return now.date() if now.time() >= MORNING else now.date() - datetime.timedelta(days=1)


def weekly(now: datetime.datetime) -> str:
    """Due each Monday morning, under the first day of the week that is over."""
    return str(last_week(settled_day(now)))


def monthly(now: datetime.datetime) -> str:
    """Due on the first morning of a month, under the first day of the month that is over."""
    return str(last_month(settled_day(now)))


def quarterly(now: datetime.datetime) -> str:
    """Due on the first morning of a quarter, under the first day of the quarter that is over."""
    return str(last_quarter(settled_day(now)))


def every_working_day(now: datetime.datetime) -> str:
    # On a weekend this is Friday's key again, which was queued already.
    return str(case_commands.last_working_day(settled_day(now)))


def hourly(now: datetime.datetime) -> str:
    # By the clock on the wall: in October one hour comes twice, and the second has no run.
    return f"{now:%Y-%m-%d %H}"


def coming_editions(now: datetime.datetime) -> list[tuple[str, datetime.date, datetime.datetime]]:
    """The next edition of each kind: the first day of its period, and when it will be queued."""
    today = now.date() if now.time() < MORNING else now.date() + datetime.timedelta(days=1)
    monday = today + datetime.timedelta(days=-today.weekday() % 7)
    first = today if today.day == 1 else month_end(today) + datetime.timedelta(days=1)
    return [
        ("weekly", last_week(monday), morning_of(monday, now)),
        ("monthly", last_month(first), morning_of(first, now)),
    ]


def morning_of(day: datetime.date, now: datetime.datetime) -> datetime.datetime:
    """Six o'clock on this day, in the time zone of `now`."""
    return datetime.datetime.combine(day, MORNING, now.tzinfo)


def last_week(day: datetime.date) -> datetime.date:
    """The Monday of the last week that is over on this day."""
    return this_week(day) - datetime.timedelta(days=7)


def last_quarter(day: datetime.date) -> datetime.date:
    """The first day of the last quarter that is over on this day."""
    return quarter_of(quarter_of(day) - datetime.timedelta(days=1))


def this_week(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())


def last_month(day: datetime.date) -> datetime.date:
    """The first day of the last month that is over on this day."""
    return (day.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)


def edition_period(kind: str, start: datetime.date) -> tuple[datetime.date, datetime.date]:
    """First and last day; a period that is still running ends today."""
    whole = start + datetime.timedelta(days=6) if kind == "weekly" else month_end(start)
    return start, min(whole, clock.today())
