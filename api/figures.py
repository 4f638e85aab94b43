"""Figures as they are read: one decimal, thousands apart, a true minus, dates in words."""

import datetime
import re
from functools import cache

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from survey.instruments import said
from survey.ready import ready

LOCALE = "en_GB"
ISO_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
RANGE = re.compile(r"(?<=\d)[-_](?=\d)")
HYPHEN = re.compile(r"(?<![\w-])-(?=\d)")
TO = "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}"
WITHHELD = "withheld"
NONE = "none recorded"

ITEMS = {
    "good_job_local": "Police do a good job in the local area",
    "listens": "Police listen to local concerns",
    "fair": "Police treat everyone fairly",
}
DIMENSIONS = {
    "ethnicity_officer": "ethnicity as officers saw it",
    "ethnicity_self": "ethnicity as people said it",
}
BENCHMARKS = {"residents": "per resident", "stops": "per stop and search"}
TACTICS = {
    "ced": "Any use of the device",
    "angled_drive_stunned": "Angled drive-stun",
    "fired": "Fired",
    "drive_stunned": "Drive-stun",
    "arced": "Arced",
    "red_dotted": "Red-dotted",
    "aimed": "Aimed",
    "drawn": "Drawn",
    "not_stated": "Not stated",
}


def number(value: float, pattern: str = "#,##0.0", *, places: int = 1) -> str:
    """One decimal; what rounds to nought has no sign."""
    return format_decimal(round(value, places) + 0.0, format=pattern, locale=LOCALE).replace(
        "-", "−"
    )


def signed(value: float) -> str:
    """A whole number with its sign."""
    return number(round(value) + 0.0, "+#,##0;-#,##0") if round(value) else "0"


def whole(value: float) -> str:
    return format_decimal(round(value), format="#,##0", locale=LOCALE)


def count(value: int | None) -> str:
    """A count of persons, events or texts after disclosure control."""
    if value is None:
        return WITHHELD
    return whole(value) if value else NONE


def percent(value: float) -> str:
    """A share from 0 to 1."""
    return (
        format_percent(value, format="#,##0\N{NO-BREAK SPACE}%", locale=LOCALE) if value else NONE
    )


def interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return WITHHELD
    return f"{number(low)}{TO}{number(high)}"


def percents(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return WITHHELD
    return f"{whole(100 * low)}{TO}{whole(100 * high)}\N{NO-BREAK SPACE}%"


def spoken(sentence: str) -> str:
    """A sentence made by code, with its dates in words and a true minus before a number."""
    worded = ISO_DATE.sub(lambda found: day(datetime.date.fromisoformat(found[0])), sentence)
    return HYPHEN.sub("−", worded)


def dates(start: datetime.date, end: datetime.date) -> str:
    return f"{short_day(start)} to {short_day(end)}"


def day(date: datetime.date) -> str:
    return format_date(date, format="d MMMM y", locale=LOCALE)


def short_day(date: datetime.date) -> str:
    return format_date(date, format="d MMM y", locale=LOCALE)


def tactic_name(tactic: str) -> str:
    return TACTICS.get(tactic, tactic.replace("_", " ").capitalize())


def item_name(item: str) -> str:
    return ITEMS.get(item, item.replace("_", " ").capitalize())


@cache
def asked() -> dict[str, str]:
    """What each item of the ready surveys is about, in a few words."""
    return {
        item.name: said(item.short or item.text)
        for instrument in ready()
        for item in instrument.questions()
        if instrument.kind == "survey"
    }


def asked_name(item: str) -> str:
    return asked().get(item) or item_name(item)


def dimension_name(dimension: str) -> str:
    return DIMENSIONS.get(dimension, dimension.replace("_", " "))


def benchmark_name(benchmark: str) -> str:
    """What a rate is out of: per resident, or per stop and search."""
    return BENCHMARKS.get(benchmark, f"per {benchmark.replace('_', ' ')}")


def category_name(category: str) -> str:
    """A kind of person in words: 'ethnicity_officer:black' is Black, '25-34' is 25 to 34."""
    kind = RANGE.sub(" to ", category.rpartition(":")[2]).replace("_", " ")
    kind = re.sub(r"(?<=\d)\+$", " and over", kind)
    return kind[:1].upper() + kind[1:]


def group_name(dimension: str, category: str) -> str:
    if dimension == "disability":
        return {"yes": "Disabled", "no": "Not disabled"}.get(category, category)
    return category_name(category)


def ratio(value: float | None, low: float | None, high: float | None) -> str:
    """A ratio with its limits, to two decimals."""
    if value is None:
        return WITHHELD
    if low is None or high is None:
        return f"{value:.2f}"
    return f"{value:.2f} ({low:.2f}{TO}{high:.2f})"


def share_of(value: float | None, low: float | None, high: float | None) -> str:
    """A share from 0 to 1 with its limits."""
    if value is None:
        return WITHHELD
    limits = "" if low is None else f" ({percents(low, high)})"
    return f"{percent(value)}{limits}"


def changed(value: float, pattern: str = "+#,##0.0;-#,##0.0", *, places: int = 1) -> str:
    """A difference with its sign; what rounds to nought has none."""
    return number(value, pattern, places=places) if round(value, places) else "0"
