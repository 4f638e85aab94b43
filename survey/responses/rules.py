"""The rule of each type of question: an answer as it is kept, or what is wrong with it."""

import datetime
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec

from survey.instruments import (
    Agreement,
    Borough,
    Choice,
    Choices,
    Consent,
    Date,
    Decimal,
    File,
    Grid,
    Image,
    Moment,
    Postcode,
    Range,
    Rank,
    Scale,
    Text,
    Time,
    Whole,
)
from survey.places import City
from survey.problems import Problem

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python also reads 20071210.5 as a date
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
ATTACHED = re.compile(r"[a-z2-7]{26}")

Simple = str | int | float | bool | list[str]
Round = dict[str, Simple]
Answer = str | int | float | bool | list[str | Round]
Answers = dict[str, Answer]


class Around(msgspec.Struct, frozen=True):
    """The day and the city that answers are given in."""

    today: datetime.date
    city: City | None = None


EVERY_OPTION = "needs every option once, in your order"


def one_of(item: Choice, answer: Answer, _: Around) -> Answer:
    if answer not in [option.name for option in item.options]:
        raise ValueError("needs one of the options offered")
    return answer


def some_of(item: Choices, answer: Answer, _: Around) -> Answer:
    names = {option.name for option in item.options}
    chosen = answer if isinstance(answer, list) else [""]
    if not all(isinstance(one, str) and one in names for one in chosen) or twice(chosen):
        raise ValueError("needs some of the options offered, each once")
    if item.most is not None and len(chosen) > item.most:
        raise ValueError(f"needs {item.most} options at most")
    return answer


def ordered(item: Rank, answer: Answer, _: Around) -> Answer:
    """Every option; where a filter offers some of them, the expressions say which are missing."""
    names = sorted(option.name for option in item.options)
    given = sorted(str(one) for one in answer) if isinstance(answer, list) else []
    some = bool(item.filter) and not twice(given) and set(given) <= set(names)
    if given != names and not some:
        raise ValueError(EVERY_OPTION)
    return answer


def twice(chosen: list[Any]) -> bool:
    return len(set(chosen)) < len(chosen)


def one_to_five(item: Agreement | Grid, answer: Answer, _: Around) -> Answer:
    if type(answer) is not int or answer not in range(1, 6):
        raise ValueError("needs a whole number from 1 to 5")
    return answer


def within(item: Scale, answer: Answer, _: Around) -> Answer:
    if type(answer) is not int or answer not in range(item.low, item.high + 1):
        raise ValueError(f"needs a whole number from {item.low} to {item.high}")
    return answer


def whole(item: Whole, answer: Answer, _: Around) -> Answer:
    if type(answer) is not int or not between(item.least, answer, item.most):
        raise ValueError(f"needs a whole number{bounds(item.least, item.most)}")
    return answer


def number(item: Decimal, answer: Answer, _: Around) -> Answer:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ValueError("needs a number")
    if not math.isfinite(answer) or not between(item.least, answer, item.most):
        raise ValueError(f"needs a number{bounds(item.least, item.most)}")
    return answer


def between(least: float | None, answer: float, most: float | None) -> bool:
    return (least is None or least <= answer) and (most is None or answer <= most)


def bounds(least: float | None, most: float | None) -> str:
    low = "" if least is None else f" from {in_digits(least)}"
    return low + ("" if most is None else f" to {in_digits(most)}")


def in_digits(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def stepped(item: Range, answer: Answer, _: Around) -> Answer:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise ValueError("needs a number")
    low, high = sorted((item.low, item.high))
    if not math.isfinite(answer) or not low <= answer <= high:
        raise ValueError(f"needs a number from {low:g} to {high:g}")
    steps = (answer - item.low) / item.step
    if abs(steps - round(steps)) > 1e-9:
        raise ValueError(f"needs a number in steps of {item.step:g} from {item.low:g}")
    return answer


def words(item: Text, answer: Answer, _: Around) -> Answer:
    if not isinstance(answer, str):
        raise ValueError("needs some text")
    text = unicodedata.normalize("NFC", answer).replace("\r\n", "\n").strip()
    if len(text) > item.most:
        raise ValueError(f"needs {item.most:,} characters at most; there are {len(text):,}")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise ValueError("has characters that cannot be printed")
    return text


def day(item: Date | Moment, answer: Answer, around: Around) -> str:
    try:
        written = str(answer)
        found = datetime.date.fromisoformat(written if DAY.fullmatch(written) else "")
    except ValueError:
        raise ValueError("needs a date such as 2007-12-10") from None
    if found > around.today and not item.future:
        raise ValueError("needs a date that is not in the future")
    if found.year < 1900:
        raise ValueError("needs a date after 1900")
    return found.isoformat()


def time(item: Time | Moment, answer: Answer, _: Around) -> str:
    if not isinstance(answer, str) or not CLOCK.fullmatch(answer):
        raise ValueError("needs a time such as 14:30")
    return answer


def moment(item: Moment, answer: Answer, around: Around) -> Answer:
    on, _, at = str(answer).partition("T")
    return f"{day(item, on, around)}T{time(item, at, around)}"


def borough(item: Borough, answer: Answer, around: Around) -> Answer:
    boroughs = around.city.boroughs() if around.city else []
    try:
        area = around.city.find(str(answer)) if around.city else None
    except Problem:
        area = None
    if area is None or area not in boroughs:
        raise ValueError("needs a borough of this city")
    return area.code


def postcode(item: Postcode, answer: Answer, around: Around) -> Answer:
    """The borough of a postcode; a borough is taken too, as where several share a district."""
    city = around.city
    if city is None or not isinstance(answer, str):
        raise ValueError("needs a postcode of this city")
    if answer in [area.code for area in city.boroughs()]:
        return answer
    try:
        return city.at(answer).code
    except Problem as problem:
        shared = ", ".join(fault.sentence for fault in problem.faults)
        if shared:
            raise ValueError(f"is in several boroughs, choose one: {shared}") from None
        raise ValueError("needs a postcode of this city") from None


def attached(item: Image | File, answer: Answer, _: Around) -> Answer:
    if not isinstance(answer, str) or not ATTACHED.fullmatch(answer):
        raise ValueError("needs the id of a file that was sent before")
    return answer


def ticked(item: Consent, answer: Answer, _: Around) -> Answer:
    if not isinstance(answer, bool):
        raise ValueError("needs true or false")
    return answer


Rule = Callable[[Any, Answer, Around], Answer]
RULES: dict[type, Rule] = {
    Choice: one_of,
    Choices: some_of,
    Rank: ordered,
    Agreement: one_to_five,
    Grid: one_to_five,
    Scale: within,
    Range: stepped,
    Whole: whole,
    Decimal: number,
    Text: words,
    Date: day,
    Time: time,
    Moment: moment,
    Consent: ticked,
    Borough: borough,
    Postcode: postcode,
    Image: attached,
    File: attached,
}
