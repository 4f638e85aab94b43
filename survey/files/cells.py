"""Parsers for one cell: each returns its value or raises ValueError with a sentence. Numbers,
days, periods, and published words with the categories that they belong to.
"""

import calendar
import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from survey.deployments import month_end
from survey.files.refusals import needs_guard, unreadable_file
from survey.places import City
from survey.problems import Problem

# Commas only before three digits, so that a decimal comma never makes 15 of 1,5.
WHOLE_NUMBER = re.compile(r"^[0-9]{1,3}(?:,?[0-9]{3})*$")
BRITISH_DAY = re.compile(r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$")
DECIMAL_NUMBER = re.compile(r"^-?[0-9]+(?:[.,][0-9]+)?$")
LARGEST = 10_000_000
Period = tuple[datetime.date, datetime.date]
MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
MONTH = "|".join(MONTHS)
LAST_YEAR = re.compile(r"[, ](20\d{2})$")
FINANCIAL = re.compile(r"^(20\d{2})/(\d{2})$")
MOST_UNFORESEEN = 20
KnownWords = Mapping[str, str] | Callable[[str], str | None]


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
    """The name of a series in a cell: a publisher and its figures, in words. A different name makes
    a different series.
    """
    name = parse_filled(text)
    # The name becomes a heading and a cell of files that spreadsheets open.
    if len(text) > 120 or not text.isprintable() or needs_guard(text):
        raise ValueError(f"{name[:40]!r} is not the name of a publisher and its figures")
    return name


def find_force(city: City, text: str) -> str:
    """The code of a police force of the city; '' for other forces, regions and subtotals, which a
    national table has too.
    """
    try:
        return city.force(text).code
    except Problem:
        return ""


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


SPAN = re.compile(
    rf"(?:(\d{{1,2}}) )?({MONTH})(?: (\d{{4}}))? to (?:(\d{{1,2}}) )?({MONTH}) (\d{{4}})"
)


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


SEX = {
    **{word: word for word in ("male", "female", "other")},
    "transgender": "other",
    **dict.fromkeys(("", "don't know", "not reported", "unknown"), "unknown"),
}
YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0"), "no"),
    "": "unknown",
}


class Vocabulary:
    """The categories of one dimension, such as 'age', and the words of a file that it does not
    know.
    """

    def __init__(self, dimension: str, known: KnownWords) -> None:
        self.dimension = dimension
        self.known = known if callable(known) else known.get
        self.groups: dict[str, str] = {}
        self.unforeseen: Counter[str] = Counter()

    def group(self, text: str) -> str:
        """The category of a word, such as 'age:11-17'."""
        if text not in self.groups:
            category = self.known(" ".join(text.casefold().split()))
            if category is None:
                # Not remembered among the groups, so that every row with this word is counted.
                self.unforeseen[text[:60]] += 1
                return f"{self.dimension}:unknown"
            self.groups[text] = f"{self.dimension}:{category}"
        return self.groups[text]


def unknown_word_notes(name: str, vocabularies: Iterable[Vocabulary]) -> list[str]:
    """Notes on the unknown words of each vocabulary; raises if one has too many of them."""
    notes = []
    for vocabulary in vocabularies:
        if len(vocabulary.unforeseen) > MOST_UNFORESEEN:
            seen = ", ".join(repr(word) for word in sorted(vocabulary.unforeseen)[:5])
            raise unreadable_file(
                name,
                f"words of {vocabulary.dimension}",
                f"{len(vocabulary.unforeseen)} others such as {seen}",
            )
        notes += [
            f"{vocabulary.dimension}: {word!r} ({times:,} rows) is not a word known here; "
            "counted as unknown."
            for word, times in sorted(vocabulary.unforeseen.items())
        ]
    return notes


# Publishers' names of the models of Taser, in small letters and without signs.
MODELS: dict[str, str] = {
    **dict.fromkeys(("x26", "x26e", "x26p", "taser x26", "taser x26e", "taser x26p"), "x26"),
    **dict.fromkeys(("x2", "taser x2"), "x2"),
    **dict.fromkeys(("t7", "7", "taser 7", "taser7", "taser t7"), "t7"),
    **dict.fromkeys(("t10", "10", "taser 10", "taser10", "taser t10"), "t10"),
    "other": "other",
}
NO_MODEL = frozenset({"", "unknown", "not stated", "not reported", "not recorded", "not known"})
SIGNS = re.compile(r"[®™().-]+")


def find_model(text: str) -> str | None:
    """The model with this name, 'unknown' where none is stated; None for a name not known here."""
    plain = " ".join(SIGNS.sub(" ", text.casefold()).split())
    return "unknown" if plain in NO_MODEL else MODELS.get(plain)


def parse_model(text: str) -> str:
    """The model in a cell."""
    if (model := find_model(text)) is None:
        raise ValueError(f"{text[:40]!r} is not a model known here: {', '.join(set(MODELS))}")
    return model


# In metres, from the first to below the second.
DISTANCES = ((0, 2), (2, 5), (5, 10))
METRES = re.compile(r"^([0-9]{1,2}(?:[.,][0-9]+)?) ?(?:m|metres?)?$")


def parse_distance(text: str) -> str:
    """The band of a distance in metres, such as '2-5'; 'unknown' for a blank cell."""
    if not text:
        return "unknown"
    if not (match := METRES.match(text.casefold())):
        raise ValueError(f"{text[:40]!r} is not a distance in metres such as 3.5")
    metres = float(match[1].replace(",", "."))
    return next((f"{low}-{high}" for low, high in DISTANCES if metres < high), "10+")


OFFICER_GROUPS = {
    "white": "ethnicity_officer:white",
    "black (or black british)": "ethnicity_officer:black",
    "asian (or asian british)": "ethnicity_officer:asian",
    "chinese": "ethnicity_officer:asian",
    "mixed": "ethnicity_officer:mixed",
    "other": "ethnicity_officer:other",
    "don't know": "ethnicity_officer:unknown",
    "not reported": "ethnicity_officer:unknown",
}
PERCEIVED = {word: group.partition(":")[2] for word, group in OFFICER_GROUPS.items()} | {
    "": "unknown"
}
# data.police.uk: the five words of an officer, and how each of a person's eighteen begins.
OFFICER = {
    "white": "white",
    "black": "black",
    "asian": "asian",
    "mixed": "mixed",
    "other": "other",
    "": "unknown",
}
# The first that fits counts, so 'not stated' comes before the 'other' that it begins with.
SELF_DEFINED = (
    ("other ethnic group - not stated", "unknown"),
    ("white", "white"),
    ("black", "black"),
    ("asian", "asian"),
    ("chinese", "asian"),
    ("mixed", "mixed"),
    ("other", "other"),
    ("not stated", "unknown"),
)


def self_defined_group(text: str) -> str | None:
    """The ethnic group that a person stated; None for words that are not in the list."""
    plain = text.casefold()
    if not plain:
        return "unknown"
    return next((group for words, group in SELF_DEFINED if plain.startswith(words)), None)
