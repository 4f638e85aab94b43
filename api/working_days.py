"""Working days in England, by its weekends and bank holidays."""

import datetime

import holidays

ENGLAND = holidays.country_holidays("GB", subdiv="ENG")


def later(day: datetime.date, working_days: int) -> datetime.date:
    """The day so many working days after another; the day itself does not count."""
    return ENGLAND.get_nth_working_day(day, working_days)


def last(day: datetime.date) -> datetime.date:
    """The day itself, or where it is none the working day before it."""
    return day if ENGLAND.is_working_day(day) else ENGLAND.get_nth_working_day(day, -1)


def between(day: datetime.date, other: datetime.date) -> int:
    """How many working days come after one day, up to another and with it."""
    days = (day + datetime.timedelta(n) for n in range(1, (other - day).days + 1))
    return sum(ENGLAND.is_working_day(one) for one in days)
