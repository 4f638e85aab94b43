"""Parsers for one cell: each returns its value or raises ValueError with a sentence."""

import datetime
import re
from collections.abc import Callable

from survey.places import City
from survey.problems import Problem
from survey.spreadsheets import needs_guard

# Commas only before three digits, so that a decimal comma never makes 15 of 1,5.
WHOLE_NUMBER = re.compile(r"^[0-9]{1,3}(?:,?[0-9]{3})*$")
BRITISH_DAY = re.compile(r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$")
DECIMAL_NUMBER = re.compile(r"^-?[0-9]+(?:[.,][0-9]+)?$")
LARGEST = 10_000_000


def parse_whole(text: str) -> int:
    if not WHOLE_NUMBER.match(text):
        raise ValueError(f"{text[:40]!r} is not a whole number of 0 or more")
    number = int(text.replace(",", ""))
    if number > LARGEST:
        raise ValueError(f"{number:,} is too large to be true")
    return number


def parse_whole_or_zero(text: str) -> int:
    """The count in a cell; a blank cell means 0."""
    return parse_whole(text) if text else 0


def parse_day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a date such as 2024-03-31") from None


def parse_british_day(text: str) -> datetime.date:
    """The date in a cell: day, month, year."""
    match = BRITISH_DAY.match(text)
    try:
        numbers = [int(part) for part in match.groups()] if match else [0, 0, 0]
        return datetime.date(numbers[2], numbers[1], numbers[0])
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a date such as 31/03/2024") from None


def parse_decimal(text: str) -> float:
    """The number in a cell, with a decimal point or a decimal comma."""
    if not DECIMAL_NUMBER.match(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return float(text.replace(",", "."))


def parse_share(text: str) -> float:
    number = parse_decimal(text)
    if not 0 <= number <= 1:
        raise ValueError(f"{text[:40]!r} is not a share between 0 and 1")
    return number


def choice_parser(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text[:40]!r} is not one of {', '.join(allowed)}")
        return text

    return parse


def parse_filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text[:200]


def parse_series_name(text: str) -> str:
    """The name of a series in a cell: who publishes what, in words. Another name is another
    series.
    """
    name = parse_filled(text)
    # The name becomes a heading and a cell of files that spreadsheets open.
    if len(text) > 120 or not text.isprintable() or needs_guard(text):
        raise ValueError(f"{name[:40]!r} is not the name of a publisher and its figures")
    return name


def area_parser(city: City) -> Callable[[str], str]:
    """A parser for the code of an area of this city, from its code, name or a variant."""

    def parse(text: str) -> str:
        try:
            return city.find(text).code
        except Problem:
            raise ValueError(f"{text[:60]!r} is not an area in {city.name}") from None

    return parse


def check_past(day: datetime.date, known_on: datetime.date) -> datetime.date:
    if day > known_on:
        raise ValueError(f"{day} is after {known_on}, the day on which the file was published")
    return day
