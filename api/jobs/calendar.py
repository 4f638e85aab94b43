"""What is due: editions and proposals by week and month, and the hourly forgetting."""

import datetime

from survey.double_coding import quarter_of

MORNING = datetime.time(6)


def due(now: datetime.datetime) -> list[tuple[str, str]]:
    """Kind and key of everything that should have been asked for by now.

    Asked for once each, so it does not matter how often or how late the calendar is read.
    """
    settled = now.date() if now.time() >= MORNING else now.date() - datetime.timedelta(days=1)
    return [
        ("weekly_edition", str(last_week(settled))),
        ("monthly_edition", str(last_month(settled))),
        ("propose_themes", str(last_week(settled))),
        ("double_coding_sample", str(last_quarter(settled))),
        ("retention", f"{now:%Y-%m-%d %H}"),
    ]


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
