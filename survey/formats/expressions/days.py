"""The functions of ODK XForms about days and times of day."""

import calendar
import datetime
import math
import re
from typing import Any

from survey.formats.expressions.values import (
    CLOCK,
    DAY,
    EPOCH,
    Value,
    days,
    moment,
    string,
    value,
)


def as_date(given: Any) -> Value:
    found = value(given)
    count = days(found) if isinstance(found, str) else found
    if math.isnan(count):
        return ""
    return DAY + f"{EPOCH + datetime.timedelta(days=math.floor(count)):%Y-%m-%d}"


def as_moment(given: Any) -> Value:
    found = value(given)
    return DAY + found if isinstance(found, str) and moment(found) else as_date(found)


def decimal_time(given: Any) -> float:
    """The part of a day that has gone by."""
    text = string(given)
    match = CLOCK.fullmatch(text.partition("T")[2] or text)
    if not match:
        return math.nan
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def formatted(given: Any, pattern: Any) -> str:
    found = value(given)
    at = moment(found if isinstance(found, str) else string(as_date(found)))
    if at is None:
        return ""
    parts = {
        "Y": f"{at.year:04}", "y": f"{at.year % 100:02}", "m": f"{at.month:02}", "n": str(at.month),
        "b": calendar.month_abbr[at.month], "d": f"{at.day:02}", "e": str(at.day),
        "H": f"{at.hour:02}", "h": str(at.hour), "M": f"{at.minute:02}", "S": f"{at.second:02}",
        "3": "000", "a": calendar.day_abbr[at.weekday()], "A": calendar.day_name[at.weekday()],
        "W": f"{at.isocalendar().week:02}", "%": "%",
    }  # fmt: skip
    return re.sub(r"%(.)", lambda match: parts.get(match[1], match[0]), string(pattern))
