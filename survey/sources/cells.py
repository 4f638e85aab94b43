"""What one cell may hold: each function returns its value or raises ValueError with a sentence."""

import calendar
import datetime
import re
from collections.abc import Callable

from survey.places import City
from survey.problems import Problem

WHOLE = re.compile(r"^[0-9]{1,3}(?:,?[0-9]{3})*$")
SLASHED = re.compile(r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$")
DECIMAL = re.compile(r"^-?[0-9]+(?:[.,][0-9]+)?$")
LARGEST = 10_000_000


def whole(text: str) -> int:
    if not WHOLE.match(text):
        raise ValueError(f"{text[:40]!r} is not a whole number of 0 or more")
    number = int(text.replace(",", ""))
    if number > LARGEST:
        raise ValueError(f"{number:,} is too large to be true")
    return number


def whole_or_none(text: str) -> int:
    """A count where a blank cell stands for none."""
    return whole(text) if text else 0


def day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a date such as 2024-03-31") from None


def slashed_day(text: str) -> datetime.date:
    """Day, month, year, in the British order."""
    match = SLASHED.match(text)
    try:
        numbers = [int(part) for part in match.groups()] if match else [0, 0, 0]
        return datetime.date(numbers[2], numbers[1], numbers[0])
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a date such as 31/03/2024") from None


def decimal(text: str) -> float:
    """A number with a decimal point or a decimal comma."""
    if not DECIMAL.match(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return float(text.replace(",", "."))


def share(text: str) -> float:
    number = decimal(text)
    if not 0 <= number <= 1:
        raise ValueError(f"{text[:40]!r} is not a share between 0 and 1")
    return number


def one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text[:40]!r} is not one of {', '.join(allowed)}")
        return text

    return parse


def filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text[:200]


def series(text: str) -> str:
    """Who publishes what, in words: two publishers are two series of figures."""
    name = filled(text)
    if len(text) > 120 or not text.isprintable() or text[0] in "=+-@":
        raise ValueError(f"{name[:40]!r} is not the name of a publisher and its figures")
    return name


def area(city: City) -> Callable[[str], str]:
    """The code of an area of this city, whatever name it goes by."""

    def parse(text: str) -> str:
        try:
            return city.find(text).code
        except Problem:
            raise ValueError(f"{text[:60]!r} is not an area in {city.name}") from None

    return parse


def past(day: datetime.date, known_on: datetime.date) -> datetime.date:
    if day > known_on:
        raise ValueError(f"{day} is after {known_on}, the day on which the file was published")
    return day


def month_end(day: datetime.date) -> datetime.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
