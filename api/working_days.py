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
