"""The functions of ODK XForms about days and times of day."""

import calendar
import datetime
import math
import re

from survey.formats.expressions.values import (
    CLOCK,
    DAY,
    EPOCH,
    Argument,
    Value,
    days_since_1970,
    parse_date_time,
    to_string,
    to_value,
)


def to_date(given: Argument) -> Value:
    found = to_value(given)
    count = days_since_1970(found) if isinstance(found, str) else found
    if math.isnan(count):
        return ""
    # Python has no dates after 9999: the meter makes the error an empty answer.
    return DAY + f"{EPOCH + datetime.timedelta(days=math.floor(count)):%Y-%m-%d}"


def to_date_time(given: Argument) -> Value:
    found = to_value(given)
    return DAY + found if isinstance(found, str) and parse_date_time(found) else to_date(found)


def decimal_time(given: Argument) -> float:
    """The time of day as a fraction of a day."""
    text = to_string(given)
    match = CLOCK.fullmatch(text.partition("T")[2] or text)
    if not match:
        return math.nan
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def formatted_date(given: Argument, pattern: Argument) -> str:
    found = to_value(given)
    at = parse_date_time(found if isinstance(found, str) else to_string(to_date(found)))
    if at is None:
        return ""
    # Not strftime: XForms has letters of its own, such as %n, %e and %3.
    parts = {
        "Y": f"{at.year:04}", "y": f"{at.year % 100:02}", "m": f"{at.month:02}", "n": str(at.month),
        "b": calendar.month_abbr[at.month], "d": f"{at.day:02}", "e": str(at.day),
        "H": f"{at.hour:02}", "h": str(at.hour), "M": f"{at.minute:02}", "S": f"{at.second:02}",
        "3": "000", "a": calendar.day_abbr[at.weekday()], "A": calendar.day_name[at.weekday()],
        "W": f"{at.isocalendar().week:02}", "%": "%",
    }  # fmt: skip
    return re.sub(r"%(.)", lambda match: parts.get(match[1], match[0]), to_string(pattern))
