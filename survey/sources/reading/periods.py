"""Parses periods as published tables write them: in words, or as a financial year."""

import calendar
import datetime
import re

from survey.months import month_end

Period = tuple[datetime.date, datetime.date]
MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
MONTH = "|".join(MONTHS)
SPAN = re.compile(
    rf"(?:(\d{{1,2}}) )?({MONTH})(?: (\d{{4}}))? to (?:(\d{{1,2}}) )?({MONTH}) (\d{{4}})"
)
LAST_YEAR = re.compile(r"[, ](20\d{2})$")
FINANCIAL = re.compile(r"^(20\d{2})/(\d{2})$")


def period_in_title(title: str) -> Period | None:
    """The period in a title such as '1 april 2017 to 31 march 2018', 'january to march 2017',
    or with a year at the end; None if there is none.
    """
    span = SPAN.search(title)
    if span:
        day, month, year, last_day, last_month, last_year = span.groups()
        start = datetime.date(int(year or last_year), MONTHS[month], int(day or 1))
        end = datetime.date(int(last_year), MONTHS[last_month], int(last_day or 1))
        return start, end if last_day else month_end(end)
    alone = LAST_YEAR.search(title)
    if alone:
        return datetime.date(int(alone[1]), 1, 1), datetime.date(int(alone[1]), 12, 31)
    return None


def parse_financial_year(text: str) -> Period:
    """The period of a financial year: '2017/18' is 1 April to 31 March."""
    match = FINANCIAL.match(text)
    # '2017/19' is a slip of the pen that would otherwise be read as 2017/18.
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError(f"{text[:40]!r} is not a financial year such as 2017/18")
    year = int(match[1])
    return datetime.date(year, 4, 1), datetime.date(year + 1, 3, 31)
