"""Working days in England: neither weekends nor bank holidays."""

import datetime

import holidays

ENGLAND = holidays.country_holidays("GB", subdiv="ENG")


def working_day_after(day: datetime.date, working_days: int) -> datetime.date:
    """The day this many working days after another, which itself does not count."""
    after: datetime.date = ENGLAND.get_nth_working_day(day, working_days)
    return after


def last_working_day(day: datetime.date) -> datetime.date:
    """The day itself if it is a working day, else the working day before it."""
    return day if ENGLAND.is_working_day(day) else ENGLAND.get_nth_working_day(day, -1)


def working_days_between(day: datetime.date, other: datetime.date) -> int:
    """How many working days come after `day`, up to and including `other`."""
    days = (day + datetime.timedelta(n) for n in range(1, (other - day).days + 1))
    return sum(ENGLAND.is_working_day(one) for one in days)
