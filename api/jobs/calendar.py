"""Which jobs are due: editions and proposals by week and month, reminders by working day, and the
hourly deletion of old data.
"""

import datetime

from api.operations import working_days
from survey.coding.double_coding import quarter_of

MORNING = datetime.time(6)


def due_jobs(now: datetime.datetime) -> list[tuple[str, str]]:
    """Kind and key of every job that should have been queued by now.

    Each is queued only once, so it does not matter how often or how late this is called.
    """
    settled = now.date() if now.time() >= MORNING else now.date() - datetime.timedelta(days=1)
    return [
        ("weekly_edition", str(last_week(settled))),
        ("monthly_edition", str(last_month(settled))),
        ("propose_themes", str(last_week(settled))),
        ("double_coding_sample", str(last_quarter(settled))),
        ("nudge_cases", str(working_days.last_working_day(settled))),
        ("retention", f"{now:%Y-%m-%d %H}"),
    ]


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


def month_end(start: datetime.date) -> datetime.date:
    following = (start.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
    return following - datetime.timedelta(days=1)
